//! The ports that rules for FTP speak of, and those that a rule names.

use super::super::context::Context;
use super::way::Way;
use crate::deployment::ActiveSource;
use crate::packet::{PortRange, PortSet};
use crate::ruleset::{Match, Rule};

/// The ports of FTP (20, 21) and of FTP over implicit TLS (989, 990), as rules by source port name them.
const WELL_KNOWN: [u16; 4] = [20, 21, 989, 990];
/// Half of all ports.
pub(super) const HALF: u32 = 1 << 15;

/// The ports that rules for FTP speak of.
pub(super) struct Ports {
    /// Those that the server listens on.
    pub(super) listening: PortSet,
    /// Those that it opens active data connections from, where they are fixed and that mode is on offer.
    pub(super) active: PortSet,
    /// Those that rules by source port speak of.
    pub(super) sources: PortSet,
    /// Those that only active data connections come from: nothing listens there.
    pub(super) data: PortSet,
}

impl Ports {
    pub(super) fn new(context: &Context<'_>, way: &Way) -> Self {
        let service = &context.request.deployment.service;
        let control = PortRange::single(service.control_port);
        let passive = service.passive_ports.filter(|_| service.modes.passive);
        let listening: PortSet = passive.into_iter().chain([control]).collect();
        let active = match &service.active_source {
            ActiveSource::Ports(ports) if service.modes.active => ports.clone(),
            _ => PortSet::default(),
        };
        let well_known = WELL_KNOWN.map(PortRange::single);
        let sources = well_known.into_iter().chain([control]).chain(active.ranges().iter().copied());
        let data = active.ranges().iter().copied().chain([PortRange::single(20)]);
        let data = data.filter(|range| way.ports.overlap(*range).is_none()).collect();
        Self { listening, active: active.clone(), sources: sources.collect(), data }
    }
}

/// The destination ports that the conditions of a rule name.
pub(super) fn named(rule: &Rule) -> Option<PortSet> {
    let of = |condition: &Match| match condition {
        Match::DestinationPort(ports) => Some(ports.clone()),
        Match::AnyOf(alternatives) => {
            let named = alternatives.iter().map(|all| {
                all.iter().find_map(|condition| match condition {
                    Match::DestinationPort(ports) => Some(ports.clone()),
                    _ => None,
                })
            });
            let named: Vec<PortSet> = named.collect::<Option<_>>()?;
            Some(named.iter().flat_map(PortSet::ranges).copied().collect())
        }
        _ => None,
    };
    rule.matches.iter().find_map(of)
}

/// Whether a rule has a condition of a kind, and not its opposite.
pub(super) fn names(rule: &Rule, kind: fn(&Match) -> bool) -> bool {
    let mut open: Vec<&Match> = rule.matches.iter().collect();
    while let Some(condition) = open.pop() {
        match condition {
            Match::AnyOf(alternatives) => open.extend(alternatives.iter().flatten()),
            other if kind(other) => return true,
            _ => {}
        }
    }
    false
}

pub(super) fn is_source_port(condition: &Match) -> bool {
    matches!(condition, Match::SourcePort(ports) if !ports.is_any())
}

pub(super) fn is_destination_port(condition: &Match) -> bool {
    matches!(condition, Match::DestinationPort(ports) if !ports.is_any())
}

/// Whether these are high ports only, and half of them or more.
pub(super) fn is_high(ports: &PortSet) -> bool {
    ports.ranges().first().is_some_and(|range| range.first() >= 1024) && ports.count() >= HALF
}
