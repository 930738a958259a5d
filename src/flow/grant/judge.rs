//! A deliberately naive evaluator for tests: one packet, one rule at a time, written from nft(8) and
//! `pf.conf(5)`. It knows only what `grant` builds.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::packet::{Family, Protocol};
use crate::ruleset::{Action, AddressType, Chain, Direction, Hook, Match, Policy, Rule, Ruleset, States};

/// A packet that a rule set decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: Protocol,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) syn: bool,
    pub(super) state: States,
    /// Whether the FTP helper expected it.
    pub(super) helped: bool,
    /// The interface it arrives by; `None` for one that this machine sends.
    pub(super) arrival: Option<&'static str>,
    /// The interface it leaves by; `None` for one that is for this machine.
    pub(super) departure: Option<&'static str>,
}

impl Packet {
    pub(super) fn family(&self) -> Family {
        Family::of(self.source)
    }
}

/// The packet as it comes out of netfilter, or nothing if it does not.
pub(super) fn netfilter(ruleset: &Ruleset, packet: &Packet, own_addresses: &[IpAddr]) -> Option<Packet> {
    let mut packet = packet.clone();
    let opens = packet.state == States::NEW;
    let chains = |hook| ruleset.chains.iter().filter(move |chain| base_hook(chain) == Some(hook));
    if opens {
        for chain in chains(Hook::Prerouting) {
            translate(&chain.rules, &mut packet, None);
        }
    }
    let hook = match (packet.arrival, packet.departure) {
        (_, None) => Hook::Input,
        (None, _) => Hook::Output,
        _ => Hook::Forward,
    };
    let mut accepted = true;
    for chain in chains(hook) {
        if chain.table.family.sees(packet.family()) {
            let decides = |rule: &&Rule| matches!(rule.actions.last(), Some(Action::Accept | Action::Drop));
            let verdict =
                chain.rules.iter().filter(decides).find(|rule| fits(rule, &packet, None, own_addresses));
            // A chain of a fragment is entered from a policy that drops.
            let default = chain.base.is_some_and(|base| base.policy == Policy::Accept);
            accepted &= verdict.map_or(default, |rule| rule.actions.contains(&Action::Accept));
        }
    }
    if opens && accepted {
        for chain in chains(Hook::Postrouting) {
            translate(&chain.rules, &mut packet, None);
        }
    }
    accepted.then_some(packet)
}

/// The hook of a base chain, or for one of ours the hook that its name says an existing policy enters it from.
fn base_hook(chain: &Chain) -> Option<Hook> {
    let by_name = [
        ("-in", Hook::Input),
        ("-out", Hook::Output),
        ("-fwd", Hook::Forward),
        ("-dnat", Hook::Prerouting),
        ("-snat", Hook::Postrouting),
    ];
    chain.base.map(|base| base.hook).or_else(|| {
        by_name.into_iter().find(|(suffix, _)| chain.name.ends_with(suffix)).map(|(_, hook)| hook)
    })
}

/// The opening packet of a connection as it comes out of pf, or nothing if it does not.
pub(super) fn pf(
    ruleset: &Ruleset,
    packet: &Packet,
    default: Policy,
    own_addresses: &[IpAddr],
) -> Option<Packet> {
    let mut packet = packet.clone();
    let section = |hook| {
        ruleset
            .chains
            .iter()
            .filter(move |chain| chain.base.map(|base| base.hook) == Some(hook))
            .flat_map(|chain| &chain.rules)
    };
    let mut passed = true;
    let passages =
        [(Direction::In, packet.arrival, Hook::PfRdr), (Direction::Out, packet.departure, Hook::PfNat)];
    for (direction, interface, translation) in passages {
        if interface.is_none() {
            continue;
        }
        let rules: Vec<Rule> = section(translation).cloned().collect();
        translate(&rules, &mut packet, Some(direction));
        let mut decision: Option<&Rule> = None;
        for rule in section(Hook::PfFilter) {
            if rule.actions.iter().any(|action| matches!(action, Action::Anchor(_))) {
                continue;
            }
            if fits(rule, &packet, Some(direction), own_addresses) {
                decision = Some(rule);
                if rule.quick {
                    break;
                }
            }
        }
        passed &= decision.map_or(default == Policy::Accept, |rule| rule.actions.contains(&Action::Accept));
        if let Some(rule) = decision {
            apply(&rule.actions, &mut packet);
        }
    }
    passed.then_some(packet)
}

/// Applies the first translation rule that matches.
fn translate(rules: &[Rule], packet: &mut Packet, direction: Option<Direction>) {
    if let Some(rule) = rules.iter().find(|rule| fits(rule, packet, direction, &[])) {
        apply(&rule.actions, packet);
    }
}

fn apply(actions: &[Action], packet: &mut Packet) {
    for action in actions {
        match action {
            Action::DestinationNat { address, port } => {
                packet.destination = address.expect("an address");
                packet.destination_port = port.unwrap_or(packet.destination_port);
            }
            Action::SourceNat { address, .. } => packet.source = address.expect("an address"),
            _ => {}
        }
    }
}

fn fits(rule: &Rule, packet: &Packet, direction: Option<Direction>, own_addresses: &[IpAddr]) -> bool {
    rule.matches.iter().all(|matching| meets(matching, packet, direction, own_addresses))
}

fn meets(matching: &Match, packet: &Packet, direction: Option<Direction>, own_addresses: &[IpAddr]) -> bool {
    match matching {
        Match::Family(family) => packet.family() == *family,
        Match::Direction(wanted) => direction == Some(*wanted),
        Match::InInterface(interface) => packet.arrival.is_some_and(|name| interface.matches(name)),
        Match::OutInterface(interface) => packet.departure.is_some_and(|name| interface.matches(name)),
        Match::Source(addresses) => addresses.contains(&IpNet::from(packet.source)),
        Match::Destination(addresses) => addresses.contains(&IpNet::from(packet.destination)),
        Match::SourceType(AddressType::Local) => own_addresses.contains(&packet.source),
        Match::DestinationType(AddressType::Local) => own_addresses.contains(&packet.destination),
        Match::Protocol(protocol) => packet.protocol == *protocol,
        Match::SourcePort(ports) => ports.contains(packet.source_port),
        Match::DestinationPort(ports) => ports.contains(packet.destination_port),
        &(Match::SYN | Match::PF_SYN) => packet.syn,
        Match::Not(inner) => !meets(inner, packet, direction, own_addresses),
        Match::AnyOf(alternatives) => {
            alternatives.iter().any(|all| all.iter().all(|one| meets(one, packet, direction, own_addresses)))
        }
        Match::Icmp(_) => false,
        Match::State(states) => *states == packet.state,
        Match::Helper(name) => packet.helped && name == "ftp",
        other => panic!("{other:?} is not built"),
    }
}
