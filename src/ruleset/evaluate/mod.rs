//! What a rule set does with all packets at once: the set of those that it lets through.
//!
//! The same meaning as [`trace`](super::trace), for sets: conditions that are not modelled are variables of the
//! set, so that [`Space::may`] and [`Space::must`] say what goes through for some of their answers, and for all.

mod condition;
mod netfilter;
mod pf;

use super::Ruleset;
use super::trace::Path;
use crate::packet::{PacketSet, Space, TooComplex};

/// Why a rule set has no symbolic answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// The sets outgrew the budget of their space.
    TooComplex,
    /// It has rules for pf of a kind that are only traced so far: tags, `match` rules that translate, anchors with
    /// `quick`.
    Pf,
}

impl From<TooComplex> for NoAnswer {
    fn from(_: TooComplex) -> Self {
        Self::TooComplex
    }
}

/// The packets, as they arrive, that `ruleset` lets through along `path`.
///
/// # Errors
///
/// See [`NoAnswer`].
pub fn accepted(ruleset: &Ruleset, path: Path, space: &mut Space) -> Result<PacketSet, NoAnswer> {
    let through = pf::Evaluation { ruleset, path, space }.accepted(PacketSet::FULL)?;
    Ok(netfilter::Evaluation::new(ruleset, path, space).accepted(through)?)
}
