//! The packets that meet a condition.

use crate::packet::{AddressSet, Family, NameField, PacketSet, Protocol, Space, State, TooComplex};
use crate::ruleset::trace::{Path, is_of_connection};
use crate::ruleset::translation::Doubt;
use crate::ruleset::{AddressType, CtDirection, Endpoint, Hook, Interface, Match, States};

/// Where a condition is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The hook.
    pub(super) hook: Hook,
    /// The way of the packet.
    pub(super) path: Path,
    /// The state of every packet, before connection tracking has looked.
    pub(super) state: Option<State>,
    /// Whether a rule may have translated destinations before.
    pub(super) translated: bool,
    /// What may not be known of packets since.
    pub(super) doubts: &'a [Doubt<'a>],
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
        if place.state.is_some() {
            return Ok(PacketSet::EMPTY);
        }
        let tracked = space.state(&[State::New, State::Established, State::Related])?;
        let met = modelled(space, condition, place)?;
        return space.intersection(met, tracked);
    }
    modelled(space, condition, place)
}

fn modelled(space: &mut Space, condition: &Match, place: Place<'_>) -> Result<PacketSet, TooComplex> {
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
        Match::CtOriginalSource(set) => {
            let now = space.source(set)?;
            original(space, now, &format!("original saddr {set}"), place)
        }
        Match::CtOriginalDestination(set) => {
            let now = space.destination(set)?;
            original(space, now, &format!("original daddr {set}"), place)
        }
        Match::CtOriginalDestinationPort(set) => {
            let now = space.destination_port(set)?;
            original(space, now, &format!("original proto-dst {set}"), place)
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

/// A condition on the first packet of the connection, which is `now` where this is that packet and nothing has
/// translated it yet.
fn original(
    space: &mut Space,
    now: PacketSet,
    words: &str,
    place: Place<'_>,
) -> Result<PacketSet, TooComplex> {
    let unknown = space.opaque(words)?;
    if place.translated || place.state.is_some() {
        return Ok(unknown);
    }
    let first = first_packets(space)?;
    let known = space.intersection(first, now)?;
    let other = space.difference(unknown, first)?;
    space.union(known, other)
}

/// See [`trace`](crate::ruleset::trace): the way of a packet tells which addresses are this machine's own.
fn source_is(space: &mut Space, kind: AddressType, place: Place<'_>) -> Result<PacketSet, TooComplex> {
    let multicast = space.source(&multicast())?;
    let local = match (place.path, place.hook) {
        (Path::Input, _) => space.name(NameField::InInterface, "lo")?,
        (Path::Output, Hook::Postrouting) => space.opaque("source: local")?,
        (Path::Output, _) => PacketSet::FULL,
        (Path::Forward, _) => PacketSet::EMPTY,
    };
    let v6 = space.family(Family::Ipv6)?;
    address_is(space, kind, multicast, local, v6, "source")
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
