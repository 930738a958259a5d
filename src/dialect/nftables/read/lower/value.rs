//! Values to conditions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use super::super::syntax::{BitOperator, Expr};
use super::super::text::number as numeral;
use super::field::Kind;
use super::names;
use crate::packet::{AddressSet, Family, PortRange, PortSet, Protocol};
use crate::ruleset::{AddressType, CtDirection, IcmpMatch, Interface, Masked, Match, States, TcpFlags};

/// Why there is no exact condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// It is not modelled.
    Opaque,
    /// The field has no such value.
    Value(String),
    /// There is no such set.
    Set(String),
    /// There is too much of it.
    TooLarge,
}

/// The first and the last of some values.
pub(super) type Span = (u128, u128);

/// The families by the numbers of their sockets and of their frames.
const SOCKET_FAMILIES: [(u128, Family); 2] = [(2, Family::Ipv4), (10, Family::Ipv6)];
const ETHER_TYPES: [(u128, Family); 2] = [(0x0800, Family::Ipv4), (0x86dd, Family::Ipv6)];

/// The conntrack states by their bits.
pub(super) const STATES: [(u128, States); 5] = [
    (0x01, States::INVALID),
    (0x02, States::ESTABLISHED),
    (0x04, States::RELATED),
    (0x08, States::NEW),
    (0x40, States::UNTRACKED),
];

/// The values that an expression without sets stands for.
pub(super) fn span(kind: Kind, expr: &Expr) -> Result<Span, Gap> {
    match expr {
        Expr::Any => Ok((0, kind.greatest())),
        Expr::Range(ends) => {
            let (first, last) = (number(kind, &ends.0)?, number(kind, &ends.1)?);
            if first <= last { Ok((first, last)) } else { Err(Gap::Value(expr.to_string())) }
        }
        Expr::Prefix(base, length) => {
            let base = number(kind, base)?;
            let bits = 128 - kind.greatest().leading_zeros();
            let host = bits.checked_sub(u32::from(*length)).ok_or_else(|| Gap::Value(expr.to_string()))?;
            let hosts = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
            Ok((base & !hosts, base | hosts))
        }
        single => number(kind, single).map(|value| (value, value)),
    }
}

/// The number that a single value stands for.
pub(super) fn number(kind: Kind, expr: &Expr) -> Result<u128, Gap> {
    let value = match expr {
        Expr::Number(number) if kind.address_family() != Some(Family::Ipv6) => u128::from(*number),
        Expr::Address(IpAddr::V4(address)) if kind.address_family() == Some(Family::Ipv4) => {
            u128::from(u32::from(*address))
        }
        Expr::Address(IpAddr::V6(address)) if kind.address_family() == Some(Family::Ipv6) => {
            u128::from(*address)
        }
        Expr::Word(word) => match (names::value(kind, word), numeral(word)) {
            (Some(value), _) => value,
            (None, Some(value)) => return number(kind, &Expr::Number(value)),
            (None, None) => return Err(Gap::Value(word.to_string())),
        },
        Expr::List(parts) => {
            parts.iter().try_fold(0, |bits, part| number(kind, part).map(|part| bits | part))?
        }
        Expr::Bits(operator, parts) => {
            let mut parts = parts.iter().map(|part| number(kind, part));
            let first = parts.next().unwrap_or(Err(Gap::Opaque))?;
            parts.try_fold(first, |bits, part| part.map(|part| combine(*operator, bits, part)))?
                & kind.greatest()
        }
        Expr::Number(_) | Expr::Address(_) => return Err(Gap::Value(expr.to_string())),
        _ => return Err(Gap::Opaque),
    };
    if value <= kind.greatest() { Ok(value) } else { Err(Gap::Value(expr.to_string())) }
}

fn combine(operator: BitOperator, left: u128, right: u128) -> u128 {
    let places = u32::try_from(right).unwrap_or(u32::MAX);
    match operator {
        BitOperator::Or => left | right,
        BitOperator::Xor => left ^ right,
        BitOperator::And => left & right,
        BitOperator::ShiftLeft => left.checked_shl(places).unwrap_or(0),
        BitOperator::ShiftRight => left.checked_shr(places).unwrap_or(0),
    }
}

/// The condition that the field has one of these values.
pub(super) fn matching(kind: Kind, spans: Vec<Span>) -> Result<Match, Gap> {
    Ok(match kind {
        Kind::Source(family) => Match::Source(addresses(family, spans)),
        Kind::Destination(family) => Match::Destination(addresses(family, spans)),
        Kind::OriginalSource(family) => Match::CtOriginalSource(addresses(family, spans)),
        Kind::OriginalDestination(family) => Match::CtOriginalDestination(addresses(family, spans)),
        Kind::SourcePort => Match::SourcePort(ports(&spans)),
        Kind::DestinationPort => Match::DestinationPort(ports(&spans)),
        Kind::OriginalDestinationPort => Match::CtOriginalDestinationPort(ports(&spans)),
        Kind::Protocol => any(bytes(&spans).map(|number| Match::Protocol(Protocol::from_number(number)))),
        Kind::SocketFamily => families(&SOCKET_FAMILIES, &spans),
        Kind::EtherType => families(&ETHER_TYPES, &spans),
        Kind::TcpFlags => any(bytes(&spans).map(|value| Match::TcpFlags(TcpFlags { mask: 0xff, value }))),
        Kind::IcmpType(family) => {
            Match::Icmp(IcmpMatch { family, types: bytes(&spans).collect(), code: None })
        }
        Kind::IcmpCode(family) => any(bytes(&spans)
            .map(|code| Match::Icmp(IcmpMatch { family, types: (0..=u8::MAX).collect(), code: Some(code) }))),
        Kind::State => states(|bit| contains(&spans, bit)),
        Kind::CtDirection => {
            let directions = [(0, CtDirection::Original), (1, CtDirection::Reply)];
            any(directions
                .into_iter()
                .filter(|(number, _)| contains(&spans, *number))
                .map(|(_, way)| Match::CtDirection(way)))
        }
        Kind::Mark => any(masks(&spans).into_iter().map(Match::Mark)),
        Kind::ConnMark => any(masks(&spans).into_iter().map(Match::ConnMark)),
        Kind::SourceType => address_types(&spans, Match::SourceType)?,
        Kind::DestinationType => address_types(&spans, Match::DestinationType)?,
        Kind::CtStatus | Kind::Helper | Kind::InInterface | Kind::OutInterface | Kind::Other => {
            return Err(Gap::Opaque);
        }
    })
}

/// The condition that a field of text is this.
pub(super) fn text_match(kind: Kind, expr: &Expr) -> Result<Match, Gap> {
    let Expr::Word(text) = expr else { return Err(Gap::Opaque) };
    match kind {
        Kind::Helper => Ok(Match::Helper(text.to_string())),
        Kind::InInterface => Ok(Match::InInterface(interface(text))),
        Kind::OutInterface => Ok(Match::OutInterface(interface(text))),
        _ => Err(Gap::Opaque),
    }
}

/// An interface: a `*` at the end stands for the rest of a name, unless a backslash takes that away.
fn interface(text: &str) -> Interface {
    if let Some(literal) = text.strip_suffix("\\*") {
        return Interface::named(format!("{literal}*"));
    }
    match text.strip_suffix('*') {
        Some(start) => Interface { name: start.into(), prefix: true },
        None => Interface::named(text),
    }
}

/// The condition that one of several holds.
pub(super) fn any(conditions: impl IntoIterator<Item = Match>) -> Match {
    let mut conditions: Vec<Match> = conditions.into_iter().collect();
    match conditions.len() {
        1 => conditions.swap_remove(0),
        _ => Match::AnyOf(conditions.into_iter().map(|condition| vec![condition]).collect()),
    }
}

/// The condition on the flags that the mask names. One flag is either set or not, and is said without a negation.
pub(super) fn flags(mask: u8, value: u8, equal: bool) -> Match {
    if value & !mask != 0 {
        // Flags that are not looked at are never set.
        return if equal { Match::AnyOf(Vec::new()) } else { Match::AnyOf(vec![Vec::new()]) };
    }
    let condition = |value| Match::TcpFlags(TcpFlags { mask, value });
    match (equal, mask.count_ones()) {
        (true, _) => condition(value),
        (false, 1) => condition(value ^ mask),
        (false, _) => condition(value).negated(),
    }
}

/// The condition that the state's bit is accepted.
pub(super) fn states(accepts: impl Fn(u128) -> bool) -> Match {
    let accepted = STATES.into_iter().filter(|(bit, _)| accepts(*bit));
    Match::State(accepted.fold(States::default(), |all, (_, state)| all.union(state)))
}

fn contains(spans: &[Span], value: u128) -> bool {
    spans.iter().any(|&(first, last)| first <= value && value <= last)
}

/// All values, in order, each once.
fn bytes(spans: &[Span]) -> impl Iterator<Item = u8> {
    (0..=u8::MAX).filter(|&byte| contains(spans, u128::from(byte)))
}

fn ports(spans: &[Span]) -> PortSet {
    let port = |value: u128| u16::try_from(value).unwrap_or(u16::MAX);
    spans.iter().filter_map(|&(first, last)| PortRange::new(port(first), port(last))).collect()
}

/// The addresses that the numbers of `spans` stand for.
pub(super) fn addresses(family: Family, spans: Vec<Span>) -> AddressSet {
    let narrow = |value: u128| Ipv4Addr::from(u32::try_from(value).unwrap_or(u32::MAX));
    let nets = spans.into_iter().flat_map(|(first, last)| -> Box<dyn Iterator<Item = IpNet>> {
        match family {
            Family::Ipv4 => Box::new(Ipv4Subnets::new(narrow(first), narrow(last), 0).map(IpNet::V4)),
            Family::Ipv6 => {
                let ends = (Ipv6Addr::from(first), Ipv6Addr::from(last));
                Box::new(Ipv6Subnets::new(ends.0, ends.1, 0).map(IpNet::V6))
            }
        }
    });
    nets.collect()
}

fn families(numbers: &[(u128, Family)], spans: &[Span]) -> Match {
    any(numbers
        .iter()
        .filter(|(number, _)| contains(spans, *number))
        .map(|&(_, family)| Match::Family(family)))
}

fn address_types(spans: &[Span], of: fn(AddressType) -> Match) -> Result<Match, Gap> {
    let types = spans.iter().map(|&(first, last)| match (first, last) {
        (1, 1) => Ok(AddressType::Unicast),
        (2, 2) => Ok(AddressType::Local),
        (3, 3) => Ok(AddressType::Broadcast),
        (5, 5) => Ok(AddressType::Multicast),
        _ => Err(Gap::Opaque),
    });
    Ok(any(types.map(|kind| kind.map(of)).collect::<Result<Vec<_>, _>>()?))
}

/// The values as comparisons of leading bits.
fn masks(spans: &[Span]) -> Vec<Masked> {
    let narrow = |value: u128| u64::try_from(value).unwrap_or(u64::MAX).min(u64::from(u32::MAX));
    let mut masks = Vec::new();
    for &(first, last) in spans {
        let (mut first, last) = (narrow(first), narrow(last));
        while first <= last {
            // The largest aligned block that starts here and does not go too far.
            let aligned = first.trailing_zeros().min(32);
            let fits = (last - first + 1).ilog2();
            let size = 1_u64 << aligned.min(fits);
            let value = u32::try_from(first).unwrap_or(u32::MAX);
            let mask = u32::try_from(size - 1).unwrap_or(u32::MAX);
            masks.push(Masked { mask: !mask, value });
            first += size;
        }
    }
    masks
}
