//! A rule as it comes together from its parts, which may stand in any order.

use super::address::any_of;
use crate::packet::{Family, PortSet, Protocol};
use crate::ruleset::{Action, Direction, Hook, IcmpMatch, Interface, Match, TcpFlags};

/// What a rule says of TCP flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Flags {
    /// Nothing.
    #[default]
    Unsaid,
    /// `flags any`.
    Any,
    /// `flags S/SA` and the like.
    These(TcpFlags),
}

/// What a rule says of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Keep {
    /// Nothing: rules that pass keep it.
    #[default]
    Unsaid,
    /// `keep state`, `modulate state`, `synproxy state`.
    State,
    /// `no state`.
    Nothing,
}

/// An interface in a rule; `None` is any but loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct On {
    pub(super) not: bool,
    pub(super) interface: Option<Interface>,
}

/// The parts of a rule.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) direction: Option<Direction>,
    pub(super) quick: bool,
    pub(super) on: Vec<On>,
    pub(super) family: Option<Family>,
    pub(super) protocols: Vec<Protocol>,
    pub(super) source: Option<Match>,
    pub(super) destination: Option<Match>,
    pub(super) source_port: Option<Match>,
    pub(super) destination_port: Option<Match>,
    pub(super) icmp: Vec<IcmpMatch>,
    pub(super) flags: Flags,
    pub(super) keep: Keep,
    /// Conditions beside those of the packet's addresses and ports.
    pub(super) others: Vec<Match>,
    /// What is done beside passing or blocking: tags, translation.
    pub(super) actions: Vec<Action>,
    /// What decides instead of the rule, because it is not known here.
    pub(super) unknown: Option<Action>,
}

impl Draft {
    /// The ports that packets go to, where the rule names them and all are known.
    pub(super) fn destination_ports(&self) -> Option<&PortSet> {
        match &self.destination_port {
            Some(Match::DestinationPort(ports)) => Some(ports),
            _ => None,
        }
    }

    /// Whether the rule has ports and no protocol with ports, which `pfctl` refuses.
    pub(super) fn lacks_protocol(&self) -> bool {
        let ports = self.source_port.is_some() || self.destination_port.is_some();
        ports && !self.protocols.iter().any(|protocol| protocol.has_ports())
    }

    /// The conditions of the rule in a chain at `hook`, in the order that pf prints them. `keeps` says whether
    /// it lets packets through and keeps state: then it is about those that open a connection.
    pub(super) fn matches(&self, hook: Hook, keeps: bool) -> Vec<Match> {
        let mut matches: Vec<Match> = self.direction.map(Match::Direction).into_iter().collect();
        matches.extend(self.interfaces(hook));
        matches.extend(self.family.map(Match::Family));
        matches.extend(self.source.clone());
        matches.extend(self.destination.clone());
        let protocols = self.protocols.iter().map(|protocol| vec![Match::Protocol(*protocol)]).collect();
        matches.extend(any_of(protocols));
        matches.extend(self.source_port.clone());
        matches.extend(self.destination_port.clone());
        let icmp = self.icmp.iter().map(|icmp| vec![Match::Icmp(icmp.clone())]).collect();
        matches.extend(any_of(icmp));
        matches.extend(self.flags(keeps));
        matches.extend(self.others.iter().cloned());
        matches
    }

    fn flags(&self, keeps: bool) -> Option<Match> {
        let flags = match self.flags {
            Flags::Any => return None,
            Flags::Unsaid if !keeps => return None,
            Flags::Unsaid => Match::PF_SYN,
            Flags::These(flags) => Match::TcpFlags(flags),
        };
        let of_tcp = |protocol: &Protocol| *protocol == Protocol::Tcp;
        if !self.protocols.is_empty() && !self.protocols.iter().any(of_tcp) {
            None
        } else if self.protocols.iter().all(of_tcp) && !self.protocols.is_empty() {
            Some(flags)
        } else {
            // Only packets of TCP have flags to look at.
            Some(Match::AnyOf(vec![vec![Match::Protocol(Protocol::Tcp).negated()], vec![flags]]))
        }
    }

    /// A packet passes the filter on one interface at a time: arriving by it or leaving by it.
    fn interfaces(&self, hook: Hook) -> Option<Match> {
        let directions = match (self.direction, hook) {
            (Some(direction), _) => vec![direction],
            (None, Hook::PfNat) => vec![Direction::Out],
            (None, Hook::PfRdr) => vec![Direction::In],
            (None, _) => vec![Direction::In, Direction::Out],
        };
        let both = directions.len() > 1;
        let alternatives = directions.iter().flat_map(|&direction| {
            self.on.iter().map(move |on| {
                let interface = on.interface.clone();
                // `on any` leaves out loopback.
                let not = on.not != interface.is_none();
                let interface = interface.unwrap_or_else(|| Interface { name: "lo".into(), prefix: true });
                let matching = match direction {
                    Direction::In => Match::InInterface(interface),
                    Direction::Out => Match::OutInterface(interface),
                };
                let matching = if not { matching.negated() } else { matching };
                both.then_some(Match::Direction(direction)).into_iter().chain([matching]).collect()
            })
        });
        any_of(alternatives.collect())
    }
}
