//! What is to be known of packets besides whether they go through, as labels of the sets of packets.
//!
//! Going backwards, a set holds the packets that go on from some point, and a label says what is known of them already:
//! who lets them through, or that a helper is attached. Who drops packets is known at once.

use std::collections::HashMap;

use crate::packet::{PacketSet, Space, TooComplex};
use crate::ruleset::trace::{Decider, Verdict};

/// The label of packets of which nothing is known yet.
const NOBODY: u32 = 0;
/// The label of packets of connections that the helper is attached to.
const HELPED: u32 = 1;
/// The label of packets that others let through than the one who is asked about.
const OTHERS: u32 = 1;

/// The most that let packets through and are told apart. Labels for more would make sets that nothing can be done with.
const MOST_ACCEPTING: usize = 4096;

/// Whose decisions are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Everybody's.
    Everybody,
    /// Those of whoever lets packets through. What is refused is in no set, so that a list of any length that refuses
    /// is as simple as its union.
    Accepting,
    /// Those of policies that let packets through.
    Policies,
    /// Those of one who lets packets through.
    Only(Decider),
}

/// What is to be known.
#[derive(Debug)]
pub(super) enum Asked<'a> {
    /// Which packets go through. Sets have no labels.
    Through,
    /// Who decides on each packet.
    Deciders(Labels),
    /// Whether this helper is attached to the packet's connection.
    Helper(&'a str),
}

impl Asked<'_> {
    /// The packets that leave, nothing being known of them.
    pub(super) fn nobody_decided(set: PacketSet, space: &mut Space) -> Result<PacketSet, TooComplex> {
        let nobody = space.label(NOBODY)?;
        space.intersection(set, nobody)
    }

    /// What a label means.
    pub(super) fn decision(&self, label: u32) -> Option<(Verdict, Decider)> {
        match self {
            Self::Deciders(labels) => labels.decisions.get(usize::try_from(label).ok()?).copied(),
            Self::Through | Self::Helper(_) => None,
        }
    }

    /// The label of a decision, if anything was decided so.
    pub(super) fn label(&self, decision: (Verdict, Decider)) -> Option<u32> {
        match self {
            Self::Deciders(labels) => labels.known.get(&decision).copied(),
            Self::Through | Self::Helper(_) => None,
        }
    }

    /// The packets of `set` that are helped.
    pub(super) fn helped(set: PacketSet, space: &mut Space) -> Result<PacketSet, TooComplex> {
        space.labelled(set, HELPED)
    }

    /// The packets that `by` does not let through: those that it is asked about, or none.
    pub(super) fn refused(
        &mut self,
        verdict: Verdict,
        by: Decider,
        space: &mut Space,
    ) -> Result<PacketSet, TooComplex> {
        match self {
            Self::Deciders(labels) if labels.whose == Whose::Everybody => {
                let label = labels.of((verdict, by))?;
                space.label(label)
            }
            _ => Ok(PacketSet::EMPTY),
        }
    }

    /// `onward`, let through by `by` where nobody after it decides.
    pub(super) fn let_through(
        &mut self,
        onward: PacketSet,
        verdict: Verdict,
        by: Decider,
        space: &mut Space,
    ) -> Result<PacketSet, TooComplex> {
        let Self::Deciders(labels) = self else { return Ok(onward) };
        let open = space.labelled(onward, NOBODY)?;
        if open.is_empty() {
            return Ok(onward);
        }
        let label = labels.of((verdict, by))?;
        let (by_it, nobody) = (space.label(label)?, space.label(NOBODY)?);
        let by_it = space.intersection(open, by_it)?;
        let by_others = space.difference(onward, nobody)?;
        space.union(by_it, by_others)
    }

    /// `onward`, after `helper` has been attached, which nothing after it can change (`nft_ct_helper_obj_eval` and
    /// `xt_ct_target` leave alone what has a helper).
    pub(super) fn attached(
        &self,
        onward: PacketSet,
        helper: &str,
        space: &mut Space,
    ) -> Result<PacketSet, TooComplex> {
        let Self::Helper(asked) = self else { return Ok(onward) };
        let label = space.label(if *asked == helper { HELPED } else { NOBODY })?;
        let onward = space.unlabelled(onward)?;
        space.intersection(onward, label)
    }
}

/// The decisions so far, each with its index as label.
#[derive(Debug)]
pub(super) struct Labels {
    whose: Whose,
    decisions: Vec<(Verdict, Decider)>,
    known: HashMap<(Verdict, Decider), u32>,
}

impl Labels {
    pub(super) fn new(whose: Whose) -> Self {
        // Nobody decides on what is let through without meeting a chain.
        let open = (Verdict::Accept, Decider::Nothing);
        let mut decisions = vec![open];
        if matches!(whose, Whose::Policies | Whose::Only(_)) {
            decisions.push((Verdict::Unknown, Decider::Nothing));
        }
        Self { whose, decisions, known: HashMap::from([(open, NOBODY)]) }
    }

    fn of(&mut self, decision: (Verdict, Decider)) -> Result<u32, TooComplex> {
        let asked = match self.whose {
            Whose::Everybody | Whose::Accepting => true,
            Whose::Policies => matches!(decision, (Verdict::Accept, Decider::Policy { .. })),
            Whose::Only(by) => decision == (Verdict::Accept, by),
        };
        if !asked {
            return Ok(OTHERS);
        }
        let next = self.decisions.len();
        if self.whose == Whose::Accepting && next > MOST_ACCEPTING {
            return Err(TooComplex);
        }
        let next = u32::try_from(next).map_err(|_| TooComplex)?;
        Ok(*self.known.entry(decision).or_insert_with(|| {
            self.decisions.push(decision);
            next
        }))
    }
}
