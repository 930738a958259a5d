//! Exact sets of packets, over both families.
//!
//! A [`Space`] holds the sets; a [`PacketSet`] is a handle into it, and two handles of one space are equal
//! exactly when the sets are. Inside they are binary decision diagrams ([`arena`]) over the bits of a packet
//! ([`layout`]) and over *opaque predicates*: conditions that are known by their text only, such as a rate
//! limit. A set that depends on them stands for one set of packets for each of their values; [`Space::may`]
//! is the union of those, [`Space::must`] what they have in common.
//!
//! Decision diagrams of ragged sets can grow exponentially. Everything that makes one returns
//! [`TooComplex`] when the budget of the space is used up; the space stays usable for what it holds.

mod arena;
mod describe;
mod fields;
mod first_match;
mod label;
mod layout;
mod part;
mod read;
mod register;
mod sample;

#[cfg(test)]
mod expression;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use arena::{Arena, Ref, Variable};

pub use describe::Description;
pub use fields::{Field, NameField};
pub use first_match::Case;
pub use part::{Names, Part};
pub use sample::Membership;

/// A set needs more nodes or more work than the budget of its space allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too complex")]
pub struct TooComplex;

/// What a space may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Nodes, of 12 bytes, and 8 to 16 more for finding them again.
    pub nodes: usize,
    /// Steps of work, of some 50 ns.
    pub steps: u64,
}

impl Default for Budget {
    /// Sixteen million nodes (some 400 MB when used up) and a thousand million steps.
    fn default() -> Self {
        Self { nodes: 1 << 24, steps: 1 << 30 }
    }
}

/// A set of packets in a [`Space`].
///
/// It means nothing in another space than its own: what is answered about it there is arbitrary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PacketSet(Ref);

impl PacketSet {
    /// No packet.
    pub const EMPTY: Self = Self(Ref::FALSE);
    /// Every packet.
    pub const FULL: Self = Self(Ref::TRUE);

    /// Whether it holds no packet, whatever the opaque predicates are. Constant time.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// Whether it holds every packet, whatever the opaque predicates are. Constant time.
    #[must_use]
    pub fn is_full(self) -> bool {
        self == Self::FULL
    }

    /// The packets that are not in it. Constant time.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(self.0.not())
    }
}

/// Where sets of packets live.
///
/// Binary operations take time and space in proportion to the product of both sets' nodes at worst, and to
/// their sum as a rule. None panics, and none recurses deeper than there are variables.
#[derive(Debug)]
pub struct Space {
    arena: Arena,
    /// The variable of each opaque predicate, by its text.
    opaque: HashMap<String, Variable>,
    /// The texts, in the order of their variables.
    opaque_texts: Vec<String>,
    /// The numbers of the tags that have been asked for.
    tags: HashMap<String, u16>,
    /// The names and patterns that sets have been made of: what descriptions are made of.
    names: BTreeSet<part::Pattern>,
    /// The packets that have ports, which every set of ports refers to; `None` until it is needed.
    with_ports: Option<PacketSet>,
}

impl Default for Space {
    fn default() -> Self {
        Self::new(Budget::default())
    }
}

impl Space {
    /// A space that holds only the empty set and the full one.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self {
            arena: Arena::new(budget),
            opaque: HashMap::new(),
            opaque_texts: Vec::new(),
            tags: HashMap::new(),
            names: BTreeSet::new(),
            with_ports: None,
        }
    }

    /// The packets that are in either set.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn union(&mut self, a: PacketSet, b: PacketSet) -> Result<PacketSet, TooComplex> {
        self.arena.or(a.0, b.0).map(PacketSet)
    }

    /// The packets that are in any of the sets.
    ///
    /// Joined pairwise, so that n sets take log n passes over what they amount to, not n.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn union_all(&mut self, sets: impl IntoIterator<Item = PacketSet>) -> Result<PacketSet, TooComplex> {
        let mut sets: Vec<PacketSet> = sets.into_iter().collect();
        while sets.len() > 1 {
            let pairs = sets.chunks(2).map(|pair| match *pair {
                [a, b] => self.union(a, b),
                [a] => Ok(a),
                _ => Ok(PacketSet::EMPTY),
            });
            sets = pairs.collect::<Result<_, _>>()?;
        }
        Ok(sets.pop().unwrap_or(PacketSet::EMPTY))
    }

    /// The packets that are in both sets.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn intersection(&mut self, a: PacketSet, b: PacketSet) -> Result<PacketSet, TooComplex> {
        self.arena.and(a.0, b.0).map(PacketSet)
    }

    /// The packets that are in all of the sets; every packet when there is none.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn intersection_all(
        &mut self,
        sets: impl IntoIterator<Item = PacketSet>,
    ) -> Result<PacketSet, TooComplex> {
        sets.into_iter().try_fold(PacketSet::FULL, |all, set| self.intersection(all, set))
    }

    /// The packets that are in `a` and not in `b`.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn difference(&mut self, a: PacketSet, b: PacketSet) -> Result<PacketSet, TooComplex> {
        self.intersection(a, b.complement())
    }

    /// The packets of `set` that are in `then`, and the others that are in `otherwise`.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn choose(
        &mut self,
        set: PacketSet,
        then: PacketSet,
        otherwise: PacketSet,
    ) -> Result<PacketSet, TooComplex> {
        let inside = self.intersection(set, then)?;
        let outside = self.difference(otherwise, set)?;
        self.union(inside, outside)
    }

    /// Whether every packet of `a` is in `b`.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn is_subset(&mut self, a: PacketSet, b: PacketSet) -> Result<bool, TooComplex> {
        Ok(!self.arena.meet(a.0, b.complement().0)?)
    }

    /// Whether the sets have a packet in common.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn intersects(&mut self, a: PacketSet, b: PacketSet) -> Result<bool, TooComplex> {
        self.arena.meet(a.0, b.0)
    }

    /// The packets that are in the set for some values of the opaque predicates.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn may(&mut self, set: PacketSet) -> Result<PacketSet, TooComplex> {
        if self.opaque_texts.is_empty() {
            return Ok(set);
        }
        self.arena.exists(set.0, layout::FIRST_OPAQUE, layout::END).map(PacketSet)
    }

    /// The packets that are in the set for all values of the opaque predicates.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn must(&mut self, set: PacketSet) -> Result<PacketSet, TooComplex> {
        self.may(set.complement()).map(PacketSet::complement)
    }

    /// The packets that are in the set for all values of the opaque predicates, but for those predicates that only
    /// ever take packets away: these do not hold. That is what a rule set accepts where an unknown list of banned
    /// addresses has nobody on it.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn undenied(&mut self, set: PacketSet) -> Result<PacketSet, TooComplex> {
        let opaque: Vec<Variable> =
            self.arena.support(set.0).range(layout::FIRST_OPAQUE..layout::END).copied().collect();
        let mut left = set;
        for variable in opaque {
            let (free, held) = (self.settle(left, variable, false)?, self.settle(left, variable, true)?);
            if self.is_subset(held, free)? {
                left = free;
            }
        }
        self.must(left)
    }

    /// The set where it is known of an opaque predicate whether it holds.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn assume(&mut self, set: PacketSet, text: &str, holds: bool) -> Result<PacketSet, TooComplex> {
        let Some(&variable) = self.opaque.get(text) else { return Ok(set) };
        self.settle(set, variable, holds)
    }

    fn settle(&mut self, set: PacketSet, variable: Variable, holds: bool) -> Result<PacketSet, TooComplex> {
        self.arena.assign(set.0, variable, 1, u128::from(holds) << 127).map(PacketSet)
    }

    /// The texts of the opaque predicates that the set depends on, in the order in which they became known.
    ///
    /// Time in proportion to the nodes of the set.
    #[must_use]
    pub fn opaque_of(&self, set: PacketSet) -> Vec<&str> {
        let variables = self.arena.support(set.0);
        let opaque = variables.range(layout::FIRST_OPAQUE..layout::END);
        opaque.filter_map(|variable| self.opaque_text(*variable)).collect()
    }

    /// How many nodes the set consists of: a measure of how ragged it is, not of how many packets it holds.
    #[must_use]
    pub fn nodes_of(&self, set: PacketSet) -> usize {
        self.arena.size(set.0)
    }

    /// How many nodes there are in all.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.arena.node_count()
    }

    fn opaque_text(&self, variable: Variable) -> Option<&str> {
        let index = variable.checked_sub(layout::FIRST_OPAQUE)?;
        self.opaque_texts.get(usize::from(index)).map(String::as_str)
    }
}
