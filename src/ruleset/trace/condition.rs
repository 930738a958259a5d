//! Whether a packet meets a condition.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{Doubts, Path};
use crate::packet::{AddressSet, Family, Packet, Payload, State};
use crate::ruleset::translation::own_source_in;
use crate::ruleset::{
    AddressType, CtDirection, CtStatus, Direction, Endpoint, Hook, IcmpMatch, Interface, Masked, Match,
    States,
};

/// The answers that are tried for conditions that are not modelled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answers(BTreeMap<String, bool>);

impl Answers {
    /// These answers, and one more.
    pub(super) fn with(&self, words: &str, answer: bool) -> Self {
        let mut answers = self.clone();
        answers.0.insert(words.to_owned(), answer);
        answers
    }

    /// What has been asked.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        self.0.keys().cloned()
    }

    /// The answer, or the words to ask it with.
    pub(super) fn ask(&self, words: &str) -> Result<bool, String> {
        self.0.get(words).copied().ok_or_else(|| words.to_owned())
    }
}

/// A packet where it meets a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meeting<'a> {
    /// The packet as it is now.
    pub(super) packet: &'a Packet,
    /// The packet as it came: connection tracking remembers it.
    pub(super) original: &'a Packet,
    /// What connection tracking knows here.
    pub(super) state: State,
    /// Whether all that it knows is a template that a rule has given the packet.
    pub(super) templated: bool,
    /// Where.
    pub(super) hook: Hook,
    /// pf: whether it arrives or leaves.
    pub(super) direction: Option<Direction>,
    /// On which way.
    pub(super) path: Path,
    /// What is not known of it.
    pub(super) doubts: Doubts<'a>,
    /// What is known of its connection's translation.
    pub(super) translated: Translated,
    /// pf: whether its source has become an address of the machine's own.
    pub(super) own_source: bool,
    /// pf: the tag that it has.
    pub(super) tag: Option<&'a str>,
}

impl Meeting<'_> {
    /// Whether all conditions hold, or the words of one that is not modelled and decides.
    pub(super) fn meets_all(&self, conditions: &[Match], answers: &Answers) -> Result<bool, String> {
        let mut asked = None;
        for condition in conditions {
            match self.meets(condition, answers) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(words) => asked = asked.or(Some(words)),
            }
        }
        asked.map_or(Ok(true), Err)
    }

    /// Whether a condition holds, or the words to ask it with.
    pub(super) fn meets(&self, condition: &Match, answers: &Answers) -> Result<bool, String> {
        let packet = self.packet;
        let within = |set: &AddressSet, address| set.contains(&IpNet::from(address));
        // What cannot be looked up fails the rule, also where the rule asks for the opposite (`nft_ct_get_eval`,
        // `conntrack_mt`, `connmark_mt`).
        if is_of_connection(condition) && !has_connection(self.state) {
            return Ok(false);
        }
        if let Some(holds) = of_template(condition).filter(|_| self.templated) {
            return Ok(holds);
        }
        Ok(match condition {
            Match::Family(family) => packet.family() == *family,
            Match::Direction(direction) => self.direction == Some(*direction),
            Match::InInterface(interface) => return self.passes(interface, &packet.in_interface, answers),
            Match::OutInterface(interface) => return self.passes(interface, self.out_interface(), answers),
            Match::Source(set) if self.own_source => {
                let possible = set.families().any(|family| family == packet.family());
                return if possible { answers.ask(&own_source_in(set)) } else { Ok(false) };
            }
            Match::SourceType(kind) if self.own_source => *kind == AddressType::Local,
            Match::Source(set) => match self.doubts.source.and_then(|doubt| doubt.address_in(set)) {
                Some(known) => return known.or_else(|words| answers.ask(&words)),
                None => within(set, packet.source),
            },
            Match::Destination(set) => {
                match self.doubts.destination.and_then(|doubt| doubt.address_in(set)) {
                    Some(known) => return known.or_else(|words| answers.ask(&words)),
                    None => within(set, packet.destination),
                }
            }
            Match::SourceType(kind) => return self.source_is(*kind, answers),
            Match::DestinationType(kind) => return self.destination_is(*kind, answers),
            Match::Protocol(protocol) => packet.payload.protocol() == *protocol,
            Match::SourcePort(set) => packet.payload.ports().is_some_and(|(port, _)| set.contains(port)),
            Match::DestinationPort(set) => match self.doubts.destination.and_then(|doubt| doubt.port_in(set))
            {
                Some(known) => return known.or_else(|words| answers.ask(&words)),
                None => packet.payload.ports().is_some_and(|(_, port)| set.contains(port)),
            },
            Match::TcpFlags(wanted) => match packet.payload {
                Payload::Tcp { flags, .. } => flags & wanted.mask == wanted.value,
                _ => false,
            },
            Match::Icmp(icmp) => is_icmp(packet, icmp),
            Match::State(states) => states.contains(States::of(self.state)),
            Match::CtDirection(direction) => packet.reply == (*direction == CtDirection::Reply),
            Match::CtStatus(status) => return self.has_status(*status, answers),
            Match::CtOriginalSource(set) => match self.first_packet(Endpoint::Source) {
                Some((source, _)) => within(set, source),
                None => return answers.ask(&format!("original saddr {set}")),
            },
            Match::CtOriginalDestination(set) => match self.first_packet(Endpoint::Destination) {
                Some((destination, _)) => within(set, destination),
                None => return answers.ask(&format!("original daddr {set}")),
            },
            Match::CtOriginalDestinationPort(set) => match self.first_packet(Endpoint::Destination) {
                Some((_, port)) => port.is_some_and(|port| set.contains(port)),
                None => return answers.ask(&format!("original proto-dst {set}")),
            },
            Match::Helper(name) => {
                let helper = packet.helper.as_deref().filter(|_| has_connection(self.state));
                helper.unwrap_or_default() == name
            }
            Match::Mark(wanted) => has_bits(packet.mark, *wanted),
            Match::ConnMark(wanted) => has_bits(packet.connection_mark, *wanted),
            Match::Tagged(tag) => self.tag == Some(tag),
            Match::Not(inner) => return self.meets(inner, answers).map(|held| !held),
            Match::AnyOf(alternatives) => {
                let mut asked = None;
                for alternative in alternatives {
                    match self.meets_all(alternative, answers) {
                        Ok(true) => return Ok(true),
                        Ok(false) => {}
                        Err(words) => asked = asked.or(Some(words)),
                    }
                }
                return asked.map_or(Ok(false), Err);
            }
            Match::Opaque(words) => return answers.ask(words),
        })
    }

    /// Whether the packet passes an interface. With pf, a name without a number may be that of a group, and only the
    /// machine knows which interfaces are in it.
    fn passes(&self, wanted: &Interface, name: &str, answers: &Answers) -> Result<bool, String> {
        let numbered = wanted.name.ends_with(|last: char| last.is_ascii_digit());
        if wanted.matches(name) || name.is_empty() || self.direction.is_none() || numbered {
            return Ok(wanted.matches(name));
        }
        answers.ask(&format!("{name}: {}", wanted.name))
    }

    /// The interface that the packet leaves by, which has no name before routing has found it.
    fn out_interface(&self) -> &str {
        if self.hook == Hook::Prerouting { "" } else { &self.packet.out_interface }
    }

    /// One end of the first packet of the connection, where this is it, or where nothing is ever translated: then the
    /// later ones have the same ends.
    fn first_packet(&self, end: Endpoint) -> Option<(IpAddr, Option<u16>)> {
        let first = begins_connection(self.state, self.packet.payload);
        let later = self.state == State::Established && !self.translated.may_be();
        if self.templated || !(first || later) {
            return None;
        }
        let (source_port, destination_port) = self.original.payload.ports().unzip();
        Some(match (end, !first && self.original.reply) {
            (Endpoint::Source, false) | (Endpoint::Destination, true) => (self.original.source, source_port),
            (Endpoint::Destination, false) | (Endpoint::Source, true) => {
                (self.original.destination, destination_port)
            }
        })
    }

    /// What has happened to the connection of the packet, as far as its state tells (`resolve_normal_ct`).
    fn has_status(&self, status: CtStatus, answers: &Answers) -> Result<bool, String> {
        let first = begins_connection(self.state, self.packet.payload);
        let error = !first && self.state == State::Related;
        let known = match status {
            CtStatus::Expected => first.then_some(self.state == State::Related),
            CtStatus::SeenReply => (!error).then_some(!first),
            CtStatus::Assured => first.then_some(false),
            CtStatus::Confirmed => Some(!first),
            CtStatus::SourceNat => self.translated.source.known(self.state),
            CtStatus::DestinationNat => self.translated.destination.known(self.state),
        };
        known.map_or_else(|| answers.ask(&format!("ct status {}", status.id())), Ok)
    }

    /// The way of a packet tells which addresses are this machine's own.
    fn source_is(&self, kind: AddressType, answers: &Answers) -> Result<bool, String> {
        if self.doubts.source.is_some_and(|doubt| doubt.is_own()) {
            return Ok(kind == AddressType::Local);
        }
        let local = match (self.path, self.hook) {
            // A packet that has left over the loopback interface comes back in.
            (Path::Input, _) if self.packet.in_interface == "lo" => Some(true),
            (Path::Output, Hook::Postrouting) => None,
            // It may have been translated to an address of the machine's own.
            (Path::Forward, Hook::Postrouting) if self.translated.source.by_rules => None,
            (Path::Output, _) => Some(true),
            (Path::Input | Path::Forward, _) => Some(false),
        };
        address_is(kind, local, self.packet.source, "source", answers)
    }

    fn destination_is(&self, kind: AddressType, answers: &Answers) -> Result<bool, String> {
        let local = match (self.path, self.hook) {
            (Path::Input, _) => Some(!self.packet.destination.is_multicast()),
            // What is local before its destination is translated may be forwarded all the same.
            (Path::Forward, Hook::Prerouting) | (Path::Output, _) => {
                self.packet.destination.is_loopback().then_some(true)
            }
            (Path::Forward, _) => Some(false),
        };
        address_is(kind, local, self.packet.destination, "destination", answers)
    }
}

fn address_is(
    kind: AddressType,
    local: Option<bool>,
    address: IpAddr,
    end: &str,
    answers: &Answers,
) -> Result<bool, String> {
    let ask = |kind: &str| answers.ask(&format!("{end} {address} is {kind}"));
    let multicast = address.is_multicast();
    match (kind, local) {
        (AddressType::Multicast, _) => Ok(multicast),
        _ if multicast => Ok(false),
        (AddressType::Local, Some(local)) => Ok(local),
        (AddressType::Local, None) => ask("local"),
        (AddressType::Broadcast | AddressType::Unicast, Some(true)) => Ok(false),
        // Only the machine knows the broadcast addresses of its networks; IPv6 has none.
        (AddressType::Broadcast, _) if Family::of(address) == Family::Ipv6 => Ok(false),
        (AddressType::Broadcast, _) => ask("broadcast"),
        (AddressType::Unicast, _) => ask("unicast"),
    }
}

/// What is known of the translation of both ends of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Translated {
    pub(super) source: TranslatedEnd,
    pub(super) destination: TranslatedEnd,
}

impl Translated {
    fn may_be(self) -> bool {
        self.source.by_rules || self.destination.by_rules
    }
}

/// What is known of the translation of one end of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TranslatedEnd {
    /// Whether there are rules that translate it.
    pub(super) by_rules: bool,
    /// Whether the first packet has been translated so far, if that is known.
    pub(super) so_far: Option<bool>,
}

impl TranslatedEnd {
    /// Whether the connection of a packet in this state is translated. One that a helper expects is if the one that
    /// announced it is.
    fn known(self, state: State) -> Option<bool> {
        match (self.by_rules, state) {
            (false, _) => Some(false),
            (true, State::New) => self.so_far,
            (true, _) => None,
        }
    }
}

/// Whether this is the first packet of its connection: an ICMP error is related to one that is there.
pub(super) fn begins_connection(state: State, payload: Payload) -> bool {
    state == State::New || (state == State::Related && !matches!(payload, Payload::Icmp { .. }))
}

/// Whether connection tracking has a connection for a packet in this state.
pub(super) fn has_connection(state: State) -> bool {
    !matches!(state, State::Invalid | State::Untracked)
}

/// Whether a condition asks something of the connection that only a connection can answer.
pub(in crate::ruleset) fn is_of_connection(condition: &Match) -> bool {
    match condition {
        Match::Not(inner) => is_of_connection(inner),
        // A key of several fields has one of the connection in every value.
        Match::AnyOf(alternatives) => {
            !alternatives.is_empty() && alternatives.iter().all(|all| all.iter().any(is_of_connection))
        }
        Match::CtDirection(_)
        | Match::CtStatus(_)
        | Match::CtOriginalSource(_)
        | Match::CtOriginalDestination(_)
        | Match::CtOriginalDestinationPort(_)
        | Match::ConnMark(_) => true,
        _ => false,
    }
}

/// Whether a condition holds of a template: the answer of a connection that is yet to be.
pub(in crate::ruleset) fn of_template(condition: &Match) -> Option<bool> {
    match condition {
        Match::CtDirection(direction) => Some(*direction == CtDirection::Original),
        // `xt_ct_tg_check`.
        Match::CtStatus(status) => Some(*status == CtStatus::Confirmed),
        Match::Helper(name) => Some(name.is_empty()),
        Match::ConnMark(wanted) => Some(wanted.value == 0),
        _ => None,
    }
}

fn is_icmp(packet: &Packet, wanted: &IcmpMatch) -> bool {
    match packet.payload {
        Payload::Icmp { kind, code, .. } => {
            packet.family() == wanted.family
                && wanted.types.contains(&kind)
                && wanted.code.is_none_or(|wanted| wanted == code)
        }
        _ => false,
    }
}

fn has_bits(mark: u32, wanted: Masked) -> bool {
    mark & wanted.mask == wanted.value
}
