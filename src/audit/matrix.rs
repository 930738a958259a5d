//! The verdict on each flow at each firewall.

use super::crossing::{Crossing, Session};
use super::finding::{Packets, Sample};
use crate::flow::FlowId;
use crate::packet::{Family, PacketSet, Space, TooComplex};
use crate::ruleset::trace::{Decider, Verdict};

/// Whether a firewall lets a flow through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CellVerdict {
    /// Every packet that it needs.
    Open,
    /// That depends on something that is not modelled.
    Conditional,
    /// Some of its packets, or in some sessions.
    Partly,
    /// A kind of packets that it cannot do without is not let through at all.
    Blocked,
}

impl CellVerdict {
    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Conditional => "conditional",
            Self::Partly => "partly",
            Self::Blocked => "blocked",
        }
    }
}

/// The verdict on one flow at one firewall in one family.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The firewall.
    pub firewall: String,
    /// The flow.
    pub flow: FlowId,
    /// The family.
    pub family: Family,
    /// Whether it is let through.
    pub verdict: CellVerdict,
    /// What is not let through, for a verdict other than open.
    pub uncovered: Option<Uncovered>,
}

/// Required packets that are not let through, or not for certain.
#[derive(Debug, Clone)]
pub struct Uncovered {
    /// The packets. `None` where no packet could ever pass: an address that nobody can reach.
    pub packets: Option<Packets>,
    /// One of them.
    pub sample: Option<Sample>,
    /// What becomes of that one.
    pub verdict: Verdict,
    /// What decides so.
    pub by: Decider,
}

/// A crossing and what a rule set makes of it.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) crossing: Crossing,
    /// The packets that are let through for no answer of what is not modelled.
    pub(super) closed: PacketSet,
    /// The packets that are not let through for every answer, unknown bans aside.
    pub(super) doubtful: PacketSet,
    /// The packets that are let through unless something that is not modelled turns them away, such as a list of
    /// addresses which is not at hand.
    pub(super) bannable: PacketSet,
}

impl Judged {
    /// What becomes of the packets of `crossing` where `through` passes.
    pub(super) fn new(crossing: Crossing, through: PacketSet, space: &mut Space) -> Result<Self, TooComplex> {
        let (may, must) = (space.may(through)?, space.must(through)?);
        let closed = space.difference(crossing.packets, may)?;
        let (mut doubtful, mut bannable) = (closed, PacketSet::EMPTY);
        if may != must {
            let undenied = space.undenied(through)?;
            doubtful = space.difference(crossing.packets, undenied)?;
            let uncertain = space.difference(undenied, must)?;
            bannable = space.intersection(crossing.packets, uncertain)?;
        }
        Ok(Self { crossing, closed, doubtful, bannable })
    }

    /// Whether all of these packets are let through for certain.
    pub(super) fn is_open(&self) -> bool {
        self.doubtful.is_empty() && self.bannable.is_empty()
    }

    /// The verdict on these packets alone, unknown bans included.
    pub(super) fn verdict(&self) -> CellVerdict {
        let verdict = self.unless_banned();
        if verdict == CellVerdict::Open && !self.is_open() { CellVerdict::Conditional } else { verdict }
    }

    /// The verdict on these packets if nobody is on an unknown ban.
    pub(super) fn unless_banned(&self) -> CellVerdict {
        if self.doubtful.is_empty() {
            CellVerdict::Open
        } else if self.closed.is_empty() {
            CellVerdict::Conditional
        } else if self.closed == self.crossing.packets {
            CellVerdict::Blocked
        } else {
            CellVerdict::Partly
        }
    }
}

/// The verdict on a flow, from those on its packets: in each session the worst counts, and a flow that works in some
/// sessions only is partly open.
pub(super) fn verdict<'a>(
    judged: &(impl Iterator<Item = &'a Judged> + Clone),
    offered: &[Session],
) -> CellVerdict {
    let mut sessions = offered.iter().map(|session| {
        let in_session = judged.clone().filter(|judged| judged.crossing.sessions.contains(session));
        // Without a packet there is no way for one.
        in_session.map(Judged::verdict).max().unwrap_or(CellVerdict::Blocked)
    });
    let first = sessions.next().unwrap_or(CellVerdict::Blocked);
    sessions.fold(first, |all, one| match (all, one) {
        (CellVerdict::Blocked, CellVerdict::Blocked) => CellVerdict::Blocked,
        (CellVerdict::Blocked, _) | (_, CellVerdict::Blocked) => CellVerdict::Partly,
        _ => all.max(one),
    })
}
