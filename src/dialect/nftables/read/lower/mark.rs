//! Assignments to marks.

use super::super::syntax::{BitOperator, Expr};
use super::field::Kind;
use super::value::number;
use crate::ruleset::Masked;

/// A mark after an assignment: the old one with some bits kept, then some bits turned over.
#[derive(Clone, Copy)]
struct Change {
    keep: u32,
    flip: u32,
}

/// The bits that an assignment sets, if it sets bits to constants and leaves the others alone.
pub(super) fn assigned(mark: &str, value: &Expr) -> Option<Masked> {
    let Change { keep, flip } = change(mark, value)?;
    // A bit that is kept and turned over has no constant.
    (keep & flip == 0).then_some(Masked { mask: !keep, value: flip })
}

fn change(mark: &str, value: &Expr) -> Option<Change> {
    if let Expr::Field(field) = value {
        return (field.as_ref() == mark).then_some(Change { keep: u32::MAX, flip: 0 });
    }
    if let Some(flip) = constant(value) {
        return Some(Change { keep: 0, flip });
    }
    let Expr::Bits(operator, parts) = value else { return None };
    let (first, rest) = parts.split_first()?;
    // The operators do not mind the order: the mark may stand in any place.
    let others = || parts.iter().filter(|part| constant(part).is_none());
    let (start, constants): (&Expr, Vec<u32>) = if constant(first).is_none() {
        (first, rest.iter().map(constant).collect::<Option<_>>()?)
    } else {
        let start = others().next()?;
        (start, parts.iter().filter(|part| !std::ptr::eq(*part, start)).map(constant).collect::<Option<_>>()?)
    };
    let start = change(mark, start)?;
    constants.into_iter().try_fold(start, |Change { keep, flip }, bits| {
        Some(match operator {
            BitOperator::And => Change { keep: keep & bits, flip: flip & bits },
            BitOperator::Or => Change { keep: keep & !bits, flip: flip | bits },
            BitOperator::Xor => Change { keep, flip: flip ^ bits },
            BitOperator::ShiftLeft | BitOperator::ShiftRight => return None,
        })
    })
}

fn constant(value: &Expr) -> Option<u32> {
    number(Kind::Mark, value).ok().and_then(|value| u32::try_from(value).ok())
}
