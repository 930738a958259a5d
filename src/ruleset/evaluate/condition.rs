//! The packets that meet a condition.

use crate::packet::{AddressSet, Family, NameField, PacketSet, Protocol, Space, State, TooComplex};
use crate::ruleset::trace::{Path, is_of_connection, of_template};
use crate::ruleset::translation::Doubt;
use crate::ruleset::{AddressType, CtDirection, CtStatus, Endpoint, Hook, Interface, Match, States};

/// Where a condition is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The hook.
    pub(super) hook: Hook,
    /// The way of the packet.
    pub(super) path: Path,
    /// The state of every packet, before connection tracking has looked.
    pub(super) state: Option<State>,
    /// Whether rules translate sources, and destinations.
    pub(super) translates: Translates,
    /// What may not be known of packets since.
    pub(super) doubts: &'a [Doubt<'a>],
}

/// What rules translate: which ends, and whether control connections may be among the connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Translates {
    pub(super) sources: bool,
    pub(super) destinations: bool,
    pub(super) announcing: bool,
}

/// The notes of packets whose source, and whose destination, has been translated.
pub(super) const SOURCE_TRANSLATED: u8 = 0;
pub(super) const DESTINATION_TRANSLATED: u8 = 1;

/// Whether a condition asks whether the connection is translated.
pub(super) fn asks_translated(condition: &Match) -> bool {
    match condition {
        Match::CtStatus(status) => matches!(status, CtStatus::SourceNat | CtStatus::DestinationNat),
        Match::Not(inner) => asks_translated(inner),
        Match::AnyOf(alternatives) => alternatives.iter().flatten().any(asks_translated),
        _ => false,
    }
}

/// The packets that meet all conditions.
pub(super) fn all(
    space: &mut Space,
    conditions: &[Match],
    place: Place<'_>,
) -> Result<PacketSet, TooComplex> {
    let mut set = PacketSet::FULL;
    for condition in conditions {
        let met = one(space, condition, place)?;
        set = space.intersection(set, met)?;
        if set.is_empty() {
            break;
        }
    }
    Ok(set)
}

fn one(space: &mut Space, condition: &Match, place: Place<'_>) -> Result<PacketSet, TooComplex> {
    // What cannot be looked up fails the rule, also where the rule asks for the opposite.
    if is_of_connection(condition) {
        match place.state {
            None => {}
            Some(State::New) => return modelled(space, condition, place),
            Some(_) => return Ok(PacketSet::EMPTY),
        }
        let tracked = space.state(&[State::New, State::Established, State::Related])?;
        let met = modelled(space, condition, place)?;
        return space.intersection(met, tracked);
    }
    modelled(space, condition, place)
}

fn modelled(space: &mut Space, condition: &Match, place: Place<'_>) -> Result<PacketSet, TooComplex> {
    if let (Some(State::New), Some(holds)) = (place.state, of_template(condition)) {
        return Ok(constant(holds));
    }
    match condition {
        Match::Family(family) => space.family(*family),
        Match::InInterface(interface) => named(space, NameField::InInterface, interface),
        // Before routing there is none.
        Match::OutInterface(interface) if place.hook == Hook::Prerouting => {
            Ok(constant(interface.matches("")))
        }
        Match::OutInterface(interface) => named(space, NameField::OutInterface, interface),
        Match::Source(set) => {
            let known = space.source(set)?;
            doubtful(space, Endpoint::Source, known, place, |doubt| doubt.address_in(set))
        }
        Match::Destination(set) => {
            let known = space.destination(set)?;
            doubtful(space, Endpoint::Destination, known, place, |doubt| doubt.address_in(set))
        }
        Match::SourceType(kind) => source_is(space, *kind, place),
        Match::DestinationType(kind) => destination_is(space, *kind, place),
        Match::Protocol(protocol) => space.protocol(*protocol),
        Match::SourcePort(ports) => space.source_port(ports),
        Match::DestinationPort(ports) => {
            let known = space.destination_port(ports)?;
            doubtful(space, Endpoint::Destination, known, place, |doubt| doubt.port_in(ports))
        }
        Match::TcpFlags(flags) => space.tcp_flags(flags.mask, flags.value),
        Match::Icmp(icmp) => {
            let codes = || icmp.code.map_or(0..=u8::MAX, |code| code..=code);
            let mut kinds = Vec::with_capacity(icmp.types.len());
            for &kind in &icmp.types {
                kinds.push(space.icmp(kind..=kind, codes())?);
            }
            let icmp_types = space.union_all(kinds)?;
            let family = space.family(icmp.family)?;
            let protocol = space.protocol(match icmp.family {
                Family::Ipv4 => Protocol::Icmp,
                Family::Ipv6 => Protocol::Icmpv6,
            })?;
            space.intersection_all([icmp_types, family, protocol])
        }
        Match::State(states) => in_state(space, *states, place),
        Match::CtDirection(direction) => space.reply(*direction == CtDirection::Reply),
        Match::CtStatus(status) => has_status(space, *status, place),
        Match::CtOriginalSource(set) => {
            let ends = [space.source(set)?, space.destination(set)?];
            original(space, ends, &format!("original saddr {set}"), place)
        }
        Match::CtOriginalDestination(set) => {
            let ends = [space.destination(set)?, space.source(set)?];
            original(space, ends, &format!("original daddr {set}"), place)
        }
        Match::CtOriginalDestinationPort(set) => {
            let ends = [space.destination_port(set)?, space.source_port(set)?];
            original(space, ends, &format!("original proto-dst {set}"), place)
        }
        Match::Helper(name) => helper(space, name, place),
        Match::Mark(mark) => space.mark(mark.value, mark.mask),
        Match::ConnMark(mark) => space.connection_mark(mark.value, mark.mask),
        Match::Tagged(tag) => space.tag(tag),
        // Answered for pf before; nobody else asks.
        Match::Direction(_) => Ok(PacketSet::EMPTY),
        Match::Not(inner) => Ok(modelled(space, inner, place)?.complement()),
        Match::AnyOf(alternatives) => {
            let mut sets = Vec::with_capacity(alternatives.len());
            for alternative in alternatives {
                sets.push(all(space, alternative, place)?);
            }
            space.union_all(sets)
        }
        Match::Opaque(words) => space.opaque(words),
    }
}

fn named(space: &mut Space, field: NameField, interface: &Interface) -> Result<PacketSet, TooComplex> {
    if interface.prefix {
        space.name_prefix(field, &interface.name)
    } else {
        space.name(field, &interface.name)
    }
}

fn in_state(space: &mut Space, states: States, place: Place<'_>) -> Result<PacketSet, TooComplex> {
    if let Some(state) = place.state {
        return Ok(constant(states.contains(States::of(state))));
    }
    let wanted: Vec<State> =
        State::ALL.into_iter().filter(|&state| states.contains(States::of(state))).collect();
    space.state(&wanted)
}

fn helper(space: &mut Space, name: &str, place: Place<'_>) -> Result<PacketSet, TooComplex> {
    if place.state.is_some() {
        return Ok(constant(name.is_empty()));
    }
    let named = space.name(NameField::Helper, name)?;
    let known = space.state(&[State::New, State::Established, State::Related])?;
    if name.is_empty() { space.union(named, known.complement()) } else { space.intersection(named, known) }
}

fn constant(holds: bool) -> PacketSet {
    if holds { PacketSet::FULL } else { PacketSet::EMPTY }
}

/// `known`, but for packets of which `answer` says that a doubt stands in its place.
fn doubtful(
    space: &mut Space,
    end: Endpoint,
    known: PacketSet,
    place: Place<'_>,
    answer: impl Fn(&Doubt<'_>) -> Option<Result<bool, String>>,
) -> Result<PacketSet, TooComplex> {
    let mut set = known;
    for (index, doubt) in place.doubts.iter().enumerate().filter(|(_, doubt)| doubt.translation.end == end) {
        let held = match answer(doubt) {
            Some(Ok(held)) => constant(held),
            Some(Err(words)) => space.opaque(&words)?,
            None => continue,
        };
        let doubted = super::doubt::standing(space, index, doubt)?;
        set = space.choose(doubted, held, set)?;
    }
    Ok(set)
}

/// The first packets of connections. ICMP errors are related to one that is there.
pub(super) fn first_packets(space: &mut Space) -> Result<PacketSet, TooComplex> {
    let first = space.state(&[State::New, State::Related])?;
    let related = space.state(&[State::Related])?;
    let icmp = [space.protocol(Protocol::Icmp)?, space.protocol(Protocol::Icmpv6)?];
    let icmp = space.union_all(icmp)?;
    let errors = space.intersection(related, icmp)?;
    space.difference(first, errors)
}

/// A condition on the first packet of the connection: of the two `ends`, the first one's where this packet goes the same
/// way. See [`trace`](crate::ruleset::trace) for where that is known.
fn original(
    space: &mut Space,
    [forth, back]: [PacketSet; 2],
    words: &str,
    place: Place<'_>,
) -> Result<PacketSet, TooComplex> {
    let unknown = space.opaque(words)?;
    let Translates { sources, destinations, .. } = place.translates;
    if destinations || place.state.is_some() {
        return Ok(unknown);
    }
    let first = first_packets(space)?;
    let known = space.choose(first, forth, unknown)?;
    if sources {
        return Ok(known);
    }
    let (established, reply) = (space.state(&[State::Established])?, space.reply(true)?);
    let later = space.choose(reply, back, forth)?;
    space.choose(established, later, known)
}

/// The question for what only the kernel knows of a connection.
pub(super) fn status_words(status: CtStatus) -> String {
    format!("ct status {}", status.id())
}

/// See [`trace`](crate::ruleset::trace): what has happened to the connection, as far as its state tells.
fn has_status(space: &mut Space, status: CtStatus, place: Place<'_>) -> Result<PacketSet, TooComplex> {
    let unknown = space.opaque(&status_words(status))?;
    let first = first_packets(space)?;
    let related = space.state(&[State::Related])?;
    let errors = space.difference(related, first)?;
    let of = |end: bool, note| if end { Some(note) } else { None };
    let note = match status {
        CtStatus::Expected => return space.choose(first, related, unknown),
        CtStatus::SeenReply => return space.choose(errors, unknown, first.complement()),
        CtStatus::Assured => return space.difference(unknown, first),
        CtStatus::Confirmed => return Ok(first.complement()),
        CtStatus::SourceNat => of(place.translates.sources, SOURCE_TRANSLATED),
        CtStatus::DestinationNat => of(place.translates.destinations, DESTINATION_TRANSLATED),
    };
    let Some(note) = note else { return Ok(PacketSet::EMPTY) };
    let (new, noted) = (space.state(&[State::New])?, space.noted(note)?);
    space.choose(new, noted, unknown)
}

/// See [`trace`](crate::ruleset::trace): the way of a packet tells which addresses are this machine's own.
fn source_is(space: &mut Space, kind: AddressType, place: Place<'_>) -> Result<PacketSet, TooComplex> {
    let multicast = space.source(&multicast())?;
    let local = match (place.path, place.hook) {
        (Path::Input, _) => space.name(NameField::InInterface, "lo")?,
        (Path::Output, Hook::Postrouting) => space.opaque("source: local")?,
        (Path::Forward, Hook::Postrouting) if place.translates.sources => space.opaque("source: local")?,
        (Path::Output, _) => PacketSet::FULL,
        (Path::Forward, _) => PacketSet::EMPTY,
    };
    let v6 = space.family(Family::Ipv6)?;
    let known = address_is(space, kind, multicast, local, v6, "source")?;
    let own = |doubt: &Doubt<'_>| doubt.is_own().then_some(Ok(kind == AddressType::Local));
    doubtful(space, Endpoint::Source, known, place, own)
}

fn destination_is(space: &mut Space, kind: AddressType, place: Place<'_>) -> Result<PacketSet, TooComplex> {
    let multicast = space.destination(&multicast())?;
    let local = match (place.path, place.hook) {
        (Path::Input, _) => PacketSet::FULL,
        (Path::Forward, Hook::Prerouting) | (Path::Output, _) => {
            let loopback = space.destination(&loopback())?;
            let other = space.opaque("destination: local")?;
            space.union(loopback, other)?
        }
        (Path::Forward, _) => PacketSet::EMPTY,
    };
    let v6 = space.family(Family::Ipv6)?;
    address_is(space, kind, multicast, local, v6, "destination")
}

fn address_is(
    space: &mut Space,
    kind: AddressType,
    multicast: PacketSet,
    local: PacketSet,
    v6: PacketSet,
    end: &str,
) -> Result<PacketSet, TooComplex> {
    let set = match kind {
        AddressType::Multicast => return Ok(multicast),
        AddressType::Local => local,
        AddressType::Broadcast => {
            let broadcast = space.opaque(&format!("{end}: broadcast"))?;
            let possible = space.difference(broadcast, local)?;
            space.difference(possible, v6)?
        }
        AddressType::Unicast => {
            let unicast = space.opaque(&format!("{end}: unicast"))?;
            space.difference(unicast, local)?
        }
    };
    space.difference(set, multicast)
}

fn addresses(texts: [&str; 2]) -> AddressSet {
    texts.iter().filter_map(|text| text.parse::<ipnet::IpNet>().ok()).collect()
}

fn multicast() -> AddressSet {
    addresses(["224.0.0.0/4", "ff00::/8"])
}

fn loopback() -> AddressSet {
    addresses(["127.0.0.0/8", "::1/128"])
}
