//! What is known of all packets that a question is about, to leave out rules that cannot meet any of them, and
//! conditions that all of them meet, before any set is made of them.

use std::collections::HashSet;

use crate::packet::{AddressSet, Field, PacketSet, PortSet, Protocol, Space, State, TooComplex};
use crate::ruleset::trace::is_of_connection;
use crate::ruleset::{Match, States};

/// Whether the packets meet a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Met {
    Never,
    /// Some may, or none, or all: that is not known.
    Maybe,
    Always,
}

impl Met {
    fn of(by_none: bool, by_all: bool) -> Self {
        if by_none {
            Self::Never
        } else if by_all {
            Self::Always
        } else {
            Self::Maybe
        }
    }

    fn not(self) -> Self {
        match self {
            Self::Never => Self::Always,
            Self::Maybe => Self::Maybe,
            Self::Always => Self::Never,
        }
    }
}

/// So many prefixes are compared with those of every rule; of a more ragged set, the addresses count as unknown.
const MOST_PREFIXES: usize = 16;

/// The packets of a question, anywhere on their way: with every value in the fields that a rule may have changed.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) packets: PacketSet,
    /// Where they come from; everywhere if that is too ragged to compare.
    pub(super) sources: AddressSet,
    destinations: AddressSet,
    source_ports: PortSet,
    destination_ports: PortSet,
    protocols: HashSet<Protocol>,
    states: Vec<State>,
}

impl Reach {
    pub(super) fn of(
        changed: &[Field<'_>],
        within: PacketSet,
        space: &mut Space,
    ) -> Result<Self, TooComplex> {
        let mut packets = within;
        for &field in changed {
            packets = space.forget(packets, field)?;
        }
        let few = |addresses: AddressSet| {
            if addresses.nets().len() > MOST_PREFIXES { AddressSet::any() } else { addresses }
        };
        let mut states = Vec::new();
        for state in State::ALL {
            let one = space.state(&[state])?;
            if space.intersects(packets, one)? {
                states.push(state);
            }
        }
        Ok(Self {
            packets,
            sources: few(space.sources_of(packets)?),
            destinations: few(space.destinations_of(packets)?),
            source_ports: space.source_ports_of(packets)?,
            destination_ports: space.destination_ports_of(packets)?,
            protocols: space.protocols_of(packets)?.into_iter().collect(),
            states,
        })
    }

    /// Which of the packets meet all conditions, where connection tracking has looked if it is `tracked`.
    pub(super) fn meets_all(&self, conditions: &[Match], tracked: bool) -> Met {
        conditions.iter().map(|condition| self.meets(condition, tracked)).min().unwrap_or(Met::Always)
    }

    pub(super) fn meets(&self, condition: &Match, tracked: bool) -> Met {
        // What fails where there is no connection.
        if is_of_connection(condition) {
            return Met::Maybe;
        }
        match condition {
            Match::Source(set) => addresses(&self.sources, set),
            Match::Destination(set) => addresses(&self.destinations, set),
            Match::SourcePort(set) => self.ports(&self.source_ports, set),
            Match::DestinationPort(set) => self.ports(&self.destination_ports, set),
            Match::Protocol(protocol) => {
                let among = self.protocols.contains(protocol);
                Met::of(!among, among && self.protocols.len() == 1)
            }
            Match::TcpFlags(_) => Met::of(!self.protocols.contains(&Protocol::Tcp), false),
            Match::Icmp(_) => {
                let icmp = [Protocol::Icmp, Protocol::Icmpv6];
                Met::of(!icmp.iter().any(|protocol| self.protocols.contains(protocol)), false)
            }
            Match::Family(family) => {
                let among = self.sources.families().any(|other| other == *family);
                Met::of(!among, among && self.sources.families().count() == 1)
            }
            Match::State(states) if tracked => {
                let among = |state: &State| states.contains(States::of(*state));
                Met::of(!self.states.iter().any(among), self.states.iter().all(among))
            }
            Match::Not(inner) => self.meets(inner, tracked).not(),
            Match::AnyOf(alternatives) => {
                let each = alternatives.iter().map(|all| self.meets_all(all, tracked));
                each.max().unwrap_or(Met::Never)
            }
            _ => Met::Maybe,
        }
    }

    fn ports(&self, known: &PortSet, asked: &PortSet) -> Met {
        let mut ranges = known.ranges().iter();
        Met::of(
            ranges.clone().all(|range| asked.overlap(*range).is_none()),
            self.protocols.iter().all(|protocol| protocol.has_ports())
                && ranges.all(|range| asked.overlap(*range) == Some(*range)),
        )
    }
}

fn addresses(known: &AddressSet, asked: &AddressSet) -> Met {
    let overlaps = |net| asked.contains(net) || asked.nets().iter().any(|own| net.contains(own));
    Met::of(!known.nets().iter().any(overlaps), known.nets().iter().all(|net| asked.contains(net)))
}
