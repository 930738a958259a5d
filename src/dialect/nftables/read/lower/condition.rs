//! Comparisons to conditions.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::super::syntax::{BitOperator, Comparison, Element, Expr};
use super::field::{Kind, Meaning, meaning};
use super::value::{Gap, Span, any, flags, matching, number, span, states, text_match};
use crate::packet::{Family, Protocol};
use crate::ruleset::{CtStatus, Masked, Match, TableFamily};

/// How many elements of sets all rules together may mean. A set stands in every rule that uses it.
const MAX_ELEMENTS: usize = 1 << 22;

/// What the rules of a table can refer to.
pub(super) struct View {
    pub(super) family: TableFamily,
    pub(super) sets: HashMap<String, Rc<[Element]>>,
    /// The sets that packets add to or delete from.
    pub(super) updated: HashSet<Rc<str>>,
    pub(super) chains: HashSet<String>,
}

/// What holds for all rule sets that are read together.
pub(super) struct Limits {
    /// How many more elements of sets may be looked at.
    pub(super) elements: usize,
    /// Whether a rule sets the packets' mark to something that is not known.
    pub(super) any_mark: bool,
    /// The same of the connections' mark.
    pub(super) any_conn_mark: bool,
}

impl Limits {
    pub(super) fn new() -> Self {
        Self { elements: MAX_ELEMENTS, any_mark: false, any_conn_mark: false }
    }
}

/// What the conditions of a rule so far say about the packet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) family: Option<Family>,
    pub(super) protocol: Option<Protocol>,
}

impl Known {
    /// Says that the packet has a field, where that is not known.
    pub(super) fn imply(&mut self, meaning: Meaning, matches: &mut Vec<Match>) {
        if let Some(family) = meaning.family
            && self.family != Some(family)
        {
            self.family = Some(family);
            matches.push(Match::Family(family));
        }
        if let Some(protocol) = meaning.protocol
            && self.protocol != Some(protocol)
        {
            self.protocol = Some(protocol);
            matches.push(Match::Protocol(protocol));
        }
    }

    /// Takes note of a condition.
    pub(super) fn learn(&mut self, condition: &Match) {
        match condition {
            Match::Family(family) => self.family = Some(*family),
            Match::Protocol(protocol) => self.protocol = Some(*protocol),
            _ => {}
        }
    }
}

/// Comparisons in one table.
pub(super) struct Conditions<'a> {
    pub(super) view: &'a View,
    pub(super) limits: &'a mut Limits,
}

impl Conditions<'_> {
    /// Adds the conditions that a comparison amounts to. Where it has no exact ones, what it implies and a condition
    /// that may hold or not.
    pub(super) fn compare(
        &mut self,
        key: &Expr,
        comparison: Comparison,
        value: &Expr,
        known: &mut Known,
        matches: &mut Vec<Match>,
    ) -> Result<(), Gap> {
        self.imply(key, known, matches);
        let condition = self.condition(key, comparison, value);
        match condition {
            Ok(Match::AnyOf(mut several)) if several.len() == 1 => {
                let conditions = several.swap_remove(0);
                for condition in &conditions {
                    known.learn(condition);
                }
                matches.extend(conditions);
                Ok(())
            }
            Ok(condition) => {
                known.learn(&condition);
                matches.push(condition);
                Ok(())
            }
            Err(gap) => {
                matches.push(Match::Opaque(format!("{key} {}{value}", comparison.symbol())));
                if gap == Gap::Opaque { Ok(()) } else { Err(gap) }
            }
        }
    }

    /// Says that the packet has all fields of a key.
    pub(super) fn imply(&self, key: &Expr, known: &mut Known, matches: &mut Vec<Match>) {
        match key {
            Expr::Field(field) => known.imply(meaning(field, self.view.family), matches),
            Expr::Concat(parts) | Expr::Bits(_, parts) => {
                parts.iter().for_each(|part| self.imply(part, known, matches));
            }
            _ => {}
        }
    }

    fn condition(&mut self, key: &Expr, comparison: Comparison, value: &Expr) -> Result<Match, Gap> {
        match key {
            Expr::Field(field) => {
                let kind = self.kind(field)?;
                self.single(kind, comparison, value)
            }
            Expr::Concat(fields) => {
                let equal = equality(comparison)?;
                let condition = self.concatenated(fields, value)?;
                Ok(if equal { condition } else { condition.negated() })
            }
            Expr::Bits(BitOperator::And, parts) => {
                let [Expr::Field(field), masks @ ..] = parts.as_ref() else { return Err(Gap::Opaque) };
                let kind = self.kind(field)?;
                let mask = masks
                    .iter()
                    .try_fold(kind.greatest(), |all, mask| number(kind, mask).map(|mask| all & mask))?;
                self.masked(kind, mask, comparison, value)
            }
            _ => Err(Gap::Opaque),
        }
    }

    /// What a field is, if it is modelled and its value is known.
    fn kind(&self, field: &str) -> Result<Kind, Gap> {
        match meaning(field, self.view.family).kind {
            Kind::Other => Err(Gap::Opaque),
            Kind::Mark if self.limits.any_mark => Err(Gap::Opaque),
            Kind::ConnMark if self.limits.any_conn_mark => Err(Gap::Opaque),
            kind => Ok(kind),
        }
    }

    fn single(&mut self, kind: Kind, comparison: Comparison, value: &Expr) -> Result<Match, Gap> {
        let whole = matches!(value, Expr::Set(_) | Expr::Named(_) | Expr::Range(_) | Expr::Prefix(..));
        match (kind, comparison) {
            // A bit field without an operator: any of the bits.
            (Kind::State, Comparison::Implicit) if !whole => {
                let wanted = number(kind, value)?;
                return Ok(states(|bit| bit & wanted != 0));
            }
            (Kind::State, Comparison::NoneOf) => {
                let refused = number(kind, value)?;
                return Ok(states(|bit| bit & refused == 0));
            }
            (Kind::CtStatus, Comparison::Implicit | Comparison::NoneOf) if !whole => {
                let happened = status(number(kind, value)?)?;
                return Ok(if comparison == Comparison::NoneOf { happened.negated() } else { happened });
            }
            // All of its bits are compared, of which not all are known here.
            (Kind::CtStatus, _) => return Err(Gap::Opaque),
            (Kind::TcpFlags, Comparison::Implicit | Comparison::NoneOf) if !whole => {
                let mask = byte(number(kind, value)?);
                return Ok(flags(mask, 0, comparison == Comparison::NoneOf));
            }
            _ => {}
        }
        let greatest = kind.greatest();
        let spans = match comparison {
            Comparison::Less => {
                number(kind, value)?.checked_sub(1).map(|last| (0, last)).into_iter().collect()
            }
            Comparison::LessOrEqual => vec![(0, number(kind, value)?)],
            Comparison::Greater => {
                let first = number(kind, value)?.checked_add(1).filter(|&first| first <= greatest);
                first.map(|first| (first, greatest)).into_iter().collect()
            }
            Comparison::GreaterOrEqual => vec![(number(kind, value)?, greatest)],
            Comparison::Implicit | Comparison::Equal | Comparison::NotEqual | Comparison::NoneOf => {
                let equal = equality(comparison)?;
                return match (kind, self.one_of(kind, value)?) {
                    (_, condition) if equal => Ok(condition),
                    // No state is two: that the five are all there are makes a negation a set as well.
                    (Kind::State, Match::State(refused)) => Ok(others(refused)),
                    // Where there is no helper, the rule fails (`nft_ct_get_eval`).
                    (Kind::Helper, refused) => {
                        let none = Match::Helper(String::new());
                        Ok(Match::AnyOf(vec![vec![refused], vec![none]]).negated())
                    }
                    (_, condition) => Ok(condition.negated()),
                };
            }
        };
        matching(kind, spans)
    }

    /// The condition that a field has one of the values of an expression, which may be a set.
    fn one_of(&mut self, kind: Kind, value: &Expr) -> Result<Match, Gap> {
        if kind.is_text() {
            let mut texts = Vec::new();
            self.each(value, &mut |leaf| {
                texts.push(text_match(kind, leaf)?);
                Ok(())
            })?;
            return Ok(any(texts));
        }
        let mut spans: Vec<Span> = Vec::new();
        self.each(value, &mut |leaf| {
            spans.push(span(kind, leaf)?);
            Ok(())
        })?;
        matching(kind, spans)
    }

    /// The condition that several fields have the values of one element.
    fn concatenated(&mut self, fields: &[Expr], value: &Expr) -> Result<Match, Gap> {
        let kinds = fields.iter().map(|field| match field {
            Expr::Field(field) => Ok((field, meaning(field, self.view.family).kind)),
            _ => Err(Gap::Opaque),
        });
        let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
        let limits = (self.limits.any_mark, self.limits.any_conn_mark);
        let mut several = Vec::new();
        self.each(value, &mut |leaf| {
            let parts = match leaf {
                Expr::Concat(parts) if parts.len() == kinds.len() => parts,
                Expr::Any => {
                    several.push(Vec::new());
                    return Ok(());
                }
                _ => return Err(Gap::Value(leaf.to_string())),
            };
            let conditions = kinds.iter().zip(parts.iter()).map(|(&(field, kind), part)| match kind {
                Kind::Other => Ok(Match::Opaque(format!("{field} {part}"))),
                Kind::Mark if limits.0 => Ok(Match::Opaque(format!("{field} {part}"))),
                Kind::ConnMark if limits.1 => Ok(Match::Opaque(format!("{field} {part}"))),
                _ if kind.is_text() => text_match(kind, part),
                _ => matching(kind, vec![span(kind, part)?]),
            });
            several.push(conditions.collect::<Result<Vec<_>, _>>()?);
            Ok(())
        })?;
        Ok(Match::AnyOf(several))
    }

    /// The condition on some bits of a field.
    fn masked(&mut self, kind: Kind, mask: u128, comparison: Comparison, value: &Expr) -> Result<Match, Gap> {
        let equal = equality(comparison)?;
        if kind == Kind::State {
            let mut wanted = Vec::new();
            self.each(value, &mut |leaf| {
                wanted.push(number(kind, leaf)?);
                Ok(())
            })?;
            return Ok(states(|bit| wanted.contains(&(bit & mask)) == equal));
        }
        if kind == Kind::CtStatus {
            // Nothing of it, or all where it is one bit.
            let wanted = number(kind, value)?;
            let happened = status(mask)?;
            return match wanted {
                0 if equal => Ok(happened.negated()),
                0 => Ok(happened),
                _ if wanted == mask && mask.is_power_of_two() && equal => Ok(happened),
                _ if wanted == mask && mask.is_power_of_two() => Ok(happened.negated()),
                _ => Err(Gap::Opaque),
            };
        }
        let mut conditions = Vec::new();
        self.each(value, &mut |leaf| {
            let value = number(kind, leaf)?;
            let possible = value & !mask == 0;
            conditions.push(match kind {
                Kind::TcpFlags => flags(byte(mask), byte(value), true),
                _ if !possible => Match::AnyOf(Vec::new()),
                Kind::Mark => Match::Mark(masked(mask, value)),
                Kind::ConnMark => Match::ConnMark(masked(mask, value)),
                _ => {
                    // The leading bits of an address are a prefix; other bits are not modelled.
                    let hosts = kind.greatest() & !mask;
                    if kind.address_family().is_none() || hosts & hosts.wrapping_add(1) != 0 {
                        return Err(Gap::Opaque);
                    }
                    matching(kind, vec![(value, value | hosts)])?
                }
            });
            Ok(())
        })?;
        Ok(match (equal, conditions.as_slice()) {
            (true, _) => any(conditions),
            (false, [Match::TcpFlags(one)]) => flags(one.mask, one.value, false),
            (false, _) => any(conditions).negated(),
        })
    }

    /// Visits the elements of a set, or the one value.
    pub(super) fn each(
        &mut self,
        value: &Expr,
        visit: &mut dyn FnMut(&Expr) -> Result<(), Gap>,
    ) -> Result<(), Gap> {
        match value {
            Expr::Set(elements) => elements.iter().try_for_each(|element| match &element.value {
                None => self.each(&element.key, visit),
                // As in `tcp dport { 60000:60020 }`: a map, where nft takes a set only.
                Some(value) => Err(Gap::Value(format!("{}:{value}", element.key))),
            }),
            Expr::Named(name) => {
                let elements = self.elements(name)?;
                elements.iter().try_for_each(|element| self.each(&element.key, visit))
            }
            leaf => {
                self.limits.elements = self.limits.elements.checked_sub(1).ok_or(Gap::TooLarge)?;
                visit(leaf)
            }
        }
    }

    /// What a named set or map holds, if that is known.
    pub(super) fn elements(&self, name: &Rc<str>) -> Result<Rc<[Element]>, Gap> {
        if self.view.updated.contains(name) {
            return Err(Gap::Opaque);
        }
        self.view.sets.get(name.as_ref()).cloned().ok_or_else(|| Gap::Set(name.to_string()))
    }
}

/// Whether a comparison is for equality, or for the opposite.
fn equality(comparison: Comparison) -> Result<bool, Gap> {
    match comparison {
        Comparison::Implicit | Comparison::Equal => Ok(true),
        Comparison::NotEqual => Ok(false),
        _ => Err(Gap::Opaque),
    }
}

/// Any of what the bits stand for having happened to the connection.
fn status(bits: u128) -> Result<Match, Gap> {
    let known = CtStatus::ALL.iter().filter(|(bit, _)| bits & u128::from(*bit) != 0);
    let unknown = CtStatus::ALL.iter().fold(bits, |left, (bit, _)| left & !u128::from(*bit));
    if unknown != 0 {
        return Err(Gap::Opaque);
    }
    Ok(any(known.map(|(_, status)| Match::CtStatus(*status))))
}

/// The states that are not in a set.
fn others(refused: crate::ruleset::States) -> Match {
    states(|bit| {
        let state = super::value::STATES.iter().find(|(known, _)| *known == bit);
        state.is_none_or(|(_, state)| refused.union(*state) != refused)
    })
}

/// A value of at most eight bits.
fn byte(value: u128) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn masked(mask: u128, value: u128) -> Masked {
    let narrow = |bits: u128| u32::try_from(bits).unwrap_or(u32::MAX);
    Masked { mask: narrow(mask), value: narrow(value) }
}
