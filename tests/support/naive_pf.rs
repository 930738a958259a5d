//! pf as its manual describes it, one packet and one rule at a time.
//!
//! Written from pf.conf(5) of OpenBSD and of FreeBSD alone, to be compared with what evaluates rule sets for real: it
//! is slow and simple on purpose. It knows nothing that only a running machine does; `None` is its answer where an
//! opaque condition, an unknown action or an anchor that somebody else fills comes into play.

use std::net::IpAddr;

use ftpfw::packet::{Family, Protocol};
use ftpfw::ruleset::{Action, AddressType, Chain, Direction, Endpoint, Hook, Match, Rule, Ruleset};
use ipnet::IpNet;

/// How deep anchors may be entered from each other.
const MAX_ANCHORS: usize = 64;

/// The first packet of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: Protocol,
    /// Of a protocol with ports; otherwise 0.
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    /// Of TCP; otherwise 0.
    pub(crate) flags: u8,
    /// The type and code, of ICMP and ICMPv6.
    pub(crate) icmp: (u8, u8),
    /// Where it came in; `None` for one of this machine's own.
    pub(crate) arrival: Option<String>,
    /// Where it leaves; `None` for one that is for this machine.
    pub(crate) departure: Option<String>,
}

/// What became of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It passed, and looks like this now. Whether state was kept wherever it passed: then replies pass too.
    Passed { packet: Packet, stateful: bool },
    /// It was discarded.
    Blocked {
        /// Whether the sender is told.
        told: bool,
    },
}

/// What the last matching rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Pass { stateful: bool },
    Block { told: bool },
}

/// A machine with pf on it.
pub(crate) struct Machine<'a> {
    pub(crate) ruleset: &'a Ruleset,
    /// Its own addresses.
    pub(crate) own: &'a [IpAddr],
}

/// Where a packet stands while the rules are gone through.
struct Visit {
    direction: Direction,
    /// The packet as the rules see it now.
    packet: Packet,
    /// "TAGGING": a packet has one tag at a time, which sticks.
    tag: Option<String>,
    decision: Option<Decision>,
    /// What the last matching rule does besides: translation that takes effect when it remains the last.
    pending: Vec<Action>,
    /// How many rules passed or blocked it.
    decided: usize,
    /// A rule with `quick` matched.
    ended: bool,
}

impl Machine<'_> {
    /// Section "PACKET FILTERING": a packet is looked at on each interface that it passes, as it comes in and as it
    /// goes out.
    pub(crate) fn filter(&self, packet: &Packet) -> Option<Outcome> {
        let mut packet = packet.clone();
        let mut stateful = true;
        let mut tag = None;
        for direction in [Direction::In, Direction::Out] {
            let interface = match direction {
                Direction::In => &packet.arrival,
                Direction::Out => &packet.departure,
            };
            let Some(interface) = interface.clone() else { continue };
            if self.is_skipped(&interface) {
                continue;
            }
            let mut visit = Visit {
                direction,
                packet,
                tag,
                decision: None,
                pending: Vec::new(),
                decided: 0,
                ended: false,
            };
            let passed_by_translation = self.translate(&mut visit)?;
            if !passed_by_translation {
                if let Some(chain) = self.base(Hook::PfFilter).first() {
                    self.rules(chain, &mut visit, 0)?;
                }
                for action in std::mem::take(&mut visit.pending) {
                    apply(&action, &mut visit.packet)?;
                }
            }
            // "If no rule matches the packet, the default action is to pass it", and keeps no state.
            match visit.decision {
                Some(Decision::Block { told }) => return Some(Outcome::Blocked { told }),
                Some(Decision::Pass { stateful: own }) => stateful &= own,
                None => stateful &= passed_by_translation,
            }
            (packet, tag) = (visit.packet, visit.tag);
        }
        Some(Outcome::Passed { packet, stateful })
    }

    /// Section "OPTIONS", `set skip on`: as if pf were disabled there.
    fn is_skipped(&self, interface: &str) -> bool {
        let group = interface.trim_end_matches(|digit: char| digit.is_ascii_digit());
        self.ruleset.skipped_interfaces.iter().any(|name| name == interface || name == group)
    }

    /// The base chains at a hook, in the order of their priorities.
    fn base(&self, hook: Hook) -> Vec<&Chain> {
        let at_hook = |chain: &&Chain| chain.base.is_some_and(|base| base.hook == hook);
        let mut chains: Vec<&Chain> = self.ruleset.chains.iter().filter(at_hook).collect();
        chains.sort_by_key(|chain| chain.base.map(|base| base.priority));
        chains
    }

    /// Section "TRANSLATION" of FreeBSD: before the filter rules, which see the result. The first rule that matches
    /// counts; one with `no` ends its own kind only. Whether the filter rules are left out (`pass`).
    fn translate(&self, visit: &mut Visit) -> Option<bool> {
        let hook = match visit.direction {
            Direction::In => Hook::PfRdr,
            Direction::Out => Hook::PfNat,
        };
        for chain in self.base(hook) {
            let Some(rule) = self.first(chain, visit, 0)? else { continue };
            if *rule.actions == [Action::Accept] {
                continue;
            }
            for action in &rule.actions {
                match action {
                    Action::Tag(name) => visit.tag = Some(name.clone()),
                    Action::SkipFilter => {}
                    other => apply(other, &mut visit.packet)?,
                }
            }
            return Some(rule.actions.contains(&Action::SkipFilter));
        }
        Some(false)
    }

    /// The first translation rule that matches, in anchors as well.
    #[expect(clippy::option_option, reason = "outside: whether it is known; inside: whether there is one")]
    fn first<'r>(&'r self, chain: &'r Chain, visit: &Visit, depth: usize) -> Option<Option<&'r Rule>> {
        for rule in &chain.rules {
            if !self.all(&rule.matches, visit)? {
                continue;
            }
            match &*rule.actions {
                [Action::Anchor(path)] => {
                    let Some(inner) = self.anchor(path, chain, depth)? else { continue };
                    if let Some(found) = self.first(inner, visit, depth + 1)? {
                        return Some(Some(found));
                    }
                }
                _ => return Some(Some(rule)),
            }
        }
        Some(None)
    }

    /// The filter rules of a chain, in order: each that matches takes the place of the one before.
    fn rules(&self, chain: &Chain, visit: &mut Visit, depth: usize) -> Option<()> {
        for rule in &chain.rules {
            if visit.ended {
                return Some(());
            }
            if !self.all(&rule.matches, visit)? {
                continue;
            }
            self.rule(rule, chain, visit, depth)?;
            visit.ended |= rule.quick && !is_anchor(rule);
        }
        Some(())
    }

    fn rule(&self, rule: &Rule, chain: &Chain, visit: &mut Visit, depth: usize) -> Option<()> {
        let mut decision = None;
        let mut translation = Vec::new();
        let mut stateful = true;
        for action in &rule.actions {
            match action {
                Action::Accept => decision = Some(Decision::Pass { stateful }),
                Action::Drop => decision = Some(Decision::Block { told: false }),
                Action::Reject => decision = Some(Decision::Block { told: true }),
                Action::Notrack => stateful = false,
                // Section "TAGGING": it sticks, whether this remains the last matching rule or not.
                Action::Tag(name) => visit.tag = Some(name.clone()),
                Action::Anchor(path) => {
                    // Section "ANCHORS": its rules take part as if they stood here. With `quick`, evaluation ends
                    // if any of them matched.
                    let before = visit.decided;
                    if let Some(inner) = self.anchor(path, chain, depth)? {
                        self.rules(inner, visit, depth + 1)?;
                    }
                    visit.ended |= rule.quick && visit.decided > before;
                    return Some(());
                }
                Action::DestinationNat { .. }
                | Action::SourceNat { .. }
                | Action::MoveNetwork { .. }
                | Action::Divert { .. } => {
                    translation.push(action.clone());
                }
                _ => return None,
            }
        }
        if decision.is_some() {
            visit.decision = decision;
            visit.decided += 1;
            visit.pending = translation;
        } else {
            // `match`: takes effect at once, and later rules see the packet as it then is.
            for action in &translation {
                apply(action, &mut visit.packet)?;
            }
        }
        Some(())
    }

    /// The chain of an anchor that a chain evaluates: none where the anchor is known to have no rules of this kind.
    #[expect(clippy::option_option, reason = "outside: whether it is known; inside: whether there is one")]
    fn anchor(&self, path: &str, from: &Chain, depth: usize) -> Option<Option<&Chain>> {
        let inside: Vec<&Chain> =
            self.ruleset.chains.iter().filter(|chain| chain.table.name == path).collect();
        // Filled by somebody else, or entered from itself.
        if inside.is_empty() || depth >= MAX_ANCHORS {
            return None;
        }
        Some(inside.into_iter().find(|chain| chain.name == from.name))
    }

    /// Whether all conditions hold.
    fn all(&self, matches: &[Match], visit: &Visit) -> Option<bool> {
        let mut unknown = false;
        for matching in matches {
            match self.one(matching, visit) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(true) }
    }

    /// Section "PARAMETERS": whether one condition holds.
    fn one(&self, matching: &Match, visit: &Visit) -> Option<bool> {
        let packet = &visit.packet;
        let is_named = |interface: &ftpfw::ruleset::Interface, name: &Option<String>| match name {
            None => Some(false),
            Some(name) if interface.matches(name) => Some(true),
            // A name without a number may be that of a group, and nobody says which interfaces are in it.
            Some(_) => interface.name.ends_with(|last: char| last.is_ascii_digit()).then_some(false),
        };
        let has_ports = packet.protocol.has_ports();
        Some(match matching {
            Match::Family(family) => Family::of(packet.source) == *family,
            Match::Direction(direction) => visit.direction == *direction,
            Match::InInterface(interface) => return is_named(interface, &packet.arrival),
            Match::OutInterface(interface) => {
                return if visit.direction == Direction::Out {
                    is_named(interface, &packet.departure)
                } else {
                    Some(false)
                };
            }
            Match::Source(set) => set.contains(&packet.source.into()),
            Match::Destination(set) => set.contains(&packet.destination.into()),
            Match::SourceType(AddressType::Local) => self.own.contains(&packet.source),
            Match::DestinationType(AddressType::Local) => self.own.contains(&packet.destination),
            Match::Protocol(protocol) => packet.protocol == *protocol,
            Match::SourcePort(ports) => has_ports && ports.contains(packet.source_port),
            Match::DestinationPort(ports) => has_ports && ports.contains(packet.destination_port),
            Match::TcpFlags(flags) => {
                packet.protocol == Protocol::Tcp && packet.flags & flags.mask == flags.value
            }
            Match::Icmp(icmp) => {
                let protocol = match icmp.family {
                    Family::Ipv4 => Protocol::Icmp,
                    Family::Ipv6 => Protocol::Icmpv6,
                };
                packet.protocol == protocol
                    && icmp.types.contains(&packet.icmp.0)
                    && icmp.code.is_none_or(|code| code == packet.icmp.1)
            }
            Match::Tagged(name) => visit.tag.as_ref() == Some(name),
            Match::Not(inner) => !self.one(inner, visit)?,
            Match::AnyOf(alternatives) => {
                let mut unknown = false;
                for all in alternatives {
                    match self.all(all, visit) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                return if unknown { None } else { Some(false) };
            }
            _ => return None,
        })
    }
}

fn is_anchor(rule: &Rule) -> bool {
    matches!(&*rule.actions, [Action::Anchor(_)])
}

/// Translates a packet. What its new address is may be known to the machine only.
fn apply(action: &Action, packet: &mut Packet) -> Option<()> {
    match action {
        Action::DestinationNat { address, port } => {
            packet.destination = (*address)?;
            packet.destination_port = port.unwrap_or(packet.destination_port);
        }
        Action::SourceNat { address, ports } => {
            packet.source = (*address)?;
            // A port out of the range is replaced by one in it, and which one pf draws is not known.
            if let Some(ports) = ports.filter(|ports| !ports.contains(packet.source_port))
                && packet.protocol.has_ports()
            {
                packet.source_port = ports.first();
            }
        }
        // Section "POOL OPTIONS", `bitmask`: the network of the pool, and the rest of the address.
        Action::MoveNetwork { end: Endpoint::Source, network } => {
            packet.source = grafted(packet.source, network)?;
        }
        Action::MoveNetwork { end: Endpoint::Destination, network } => {
            packet.destination = grafted(packet.destination, network)?;
        }
        Action::Divert { .. } => {}
        _ => return None,
    }
    Some(())
}

/// The address, bit by bit: of the network as far as that goes. IPv4 is all that is asked here.
fn grafted(address: IpAddr, network: &IpNet) -> Option<IpAddr> {
    let (IpAddr::V4(address), IpNet::V4(network)) = (address, network) else { return None };
    let bit = |at: u32| {
        let from = if at < u32::from(network.prefix_len()) { network.addr() } else { address };
        u32::from(from) & (1 << (31 - at))
    };
    Some(IpAddr::V4((0..32).map(bit).sum::<u32>().into()))
}
