//! The values of options: addresses, ports, flags, states, marks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

use super::names;
use super::problem::{Expected, Problem};
use crate::dialect::service;
use crate::packet::{AddressSet, Family, PortRange, PortSet, Protocol};
use crate::ruleset::{CtDirection, CtStatus, IcmpMatch, Masked, States, TcpFlags};

/// Why an argument is not what its option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is something else.
    Not(Expected),
    /// It is the name of a host.
    Host,
    /// It is the name of a service that is not known here.
    Service,
}

impl Fault {
    /// The problem of `option` with the argument `found`.
    pub(super) fn problem(self, option: &str, found: &str) -> Problem {
        match self {
            Self::Not(expected) => {
                Problem::Argument { option: option.to_owned(), found: found.to_owned(), expected }
            }
            Self::Host => Problem::HostName(found.to_owned()),
            Self::Service => Problem::Service(found.to_owned()),
        }
    }
}

/// A list of addresses and networks. `None` is every address.
pub(super) fn addresses(text: &str, family: Family) -> Result<Option<AddressSet>, Fault> {
    if !text.contains(',') {
        let net = network(text, family)?;
        return Ok((net.prefix_len() > 0).then(|| AddressSet::from(net)));
    }
    let nets: Vec<IpNet> = text.split(',').map(|one| network(one, family)).collect::<Result<_, _>>()?;
    let set: AddressSet = nets.into_iter().collect();
    Ok((!set.is_any(family)).then_some(set))
}

/// A network: an address, alone or with the length or the bits of its mask.
pub(super) fn network(text: &str, family: Family) -> Result<IpNet, Fault> {
    let (address, mask) = match text.split_once('/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (text, None),
    };
    let fault = || Fault::Not(Expected::Address);
    match family {
        Family::Ipv4 => {
            let address = ipv4(address).ok_or_else(|| {
                let numeric = address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                if numeric || address.contains(':') { fault() } else { Fault::Host }
            })?;
            let length = match mask {
                None => 32,
                Some(mask) => match mask.parse::<u8>() {
                    Ok(length) => length,
                    Err(_) => {
                        ipnet::ipv4_mask_to_prefix(ipv4(mask).ok_or_else(fault)?).map_err(|_| fault())?
                    }
                },
            };
            Ipv4Net::new(address, length).map(IpNet::from).map_err(|_| fault())
        }
        Family::Ipv6 => {
            let address: Ipv6Addr = address.parse().map_err(|_| {
                if address.contains(':') || ipv4(address).is_some() { fault() } else { Fault::Host }
            })?;
            let length = match mask {
                None => 128,
                Some(mask) => match mask.parse::<u8>() {
                    Ok(length) => length,
                    Err(_) => {
                        ipnet::ipv6_mask_to_prefix(mask.parse().map_err(|_| fault())?).map_err(|_| fault())?
                    }
                },
            };
            Ipv6Net::new(address, length).map(IpNet::from).map_err(|_| fault())
        }
    }
}

/// An IPv4 address; parts that are left out at its end are zero.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let mut octets = [0_u8; 4];
    for (index, part) in text.split('.').enumerate() {
        *octets.get_mut(index)? = part.parse().ok().filter(|_| !part.starts_with('+'))?;
    }
    Some(octets.into())
}

/// A single address of `family`.
pub(super) fn address(text: &str, family: Family) -> Option<IpAddr> {
    match family {
        Family::Ipv4 => text.parse().ok().map(IpAddr::V4),
        Family::Ipv6 => text.parse().ok().map(IpAddr::V6),
    }
}

/// A range of addresses, `first-last`, or a single one.
pub(super) fn address_range(text: &str, family: Family) -> Option<AddressSet> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    range(address(first, family)?, address(last, family)?)
}

/// The addresses from `first` to `last`, both included.
pub(super) fn range(first: IpAddr, last: IpAddr) -> Option<AddressSet> {
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
            Some(Ipv4Subnets::new(first, last, 0).map(IpNet::from).collect())
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
            Some(Ipv6Subnets::new(first, last, 0).map(IpNet::from).collect())
        }
        _ => None,
    }
}

/// A port, by its number or by a common name.
pub(super) fn port(text: &str) -> Result<u16, Fault> {
    match text.parse() {
        Ok(port) if !text.starts_with('+') => Ok(port),
        _ if text.starts_with(|first: char| first.is_ascii_alphabetic()) => {
            service::port(&text.to_ascii_lowercase()).ok_or(Fault::Service)
        }
        _ => Err(Fault::Not(Expected::Ports)),
    }
}

/// A port or a range of ports; an end that is left out is the lowest or the highest.
pub(super) fn ports(text: &str) -> Result<PortRange, Fault> {
    let Some((first, last)) = text.split_once(':') else { return port(text).map(PortRange::single) };
    let first = if first.is_empty() { 0 } else { port(first)? };
    let last = if last.is_empty() { u16::MAX } else { port(last)? };
    PortRange::new(first, last).ok_or(Fault::Not(Expected::Ports))
}

/// A list of ports and ranges.
pub(super) fn port_list(text: &str) -> Result<PortSet, Fault> {
    text.split(',').map(ports).collect()
}

/// The flags that are looked at, and those that have to be set.
pub(super) fn tcp_flags(mask: &str, value: &str) -> Option<TcpFlags> {
    Some(TcpFlags { mask: flags(mask)?, value: flags(value)? })
}

fn flags(text: &str) -> Option<u8> {
    text.split(',').try_fold(0, |all, name| {
        let bits = match name.to_ascii_uppercase().as_str() {
            "FIN" => 0x01,
            "SYN" => 0x02,
            "RST" => 0x04,
            "PSH" => 0x08,
            "ACK" => 0x10,
            "URG" => 0x20,
            "ALL" => 0x3f,
            "NONE" => 0,
            _ => return None,
        };
        Some(all | bits)
    })
}

/// A protocol. `None` is every one.
pub(super) fn protocol(text: &str) -> Result<Option<Protocol>, Fault> {
    let number = names::protocol_number(text).ok_or(Fault::Not(Expected::Protocol))?;
    Ok((number != 0).then(|| Protocol::from_number(number)))
}

/// An ICMP type, with a code or without. `None` is every type.
pub(super) fn icmp(text: &str, family: Family) -> Result<Option<IcmpMatch>, Fault> {
    if text.eq_ignore_ascii_case("any") || (family == Family::Ipv4 && text == "255") {
        return Ok(None);
    }
    let (kind, code) = icmp_type(text, family).ok_or(Fault::Not(Expected::IcmpType))?;
    Ok(Some(IcmpMatch { family, types: [kind].into(), code }))
}

fn icmp_type(text: &str, family: Family) -> Option<(u8, Option<u8>)> {
    Some(match text.split_once('/') {
        Some((kind, code)) => (kind.parse().ok()?, Some(code.parse().ok()?)),
        None => match text.parse() {
            Ok(kind) => (kind, None),
            Err(_) => names::icmp_type(family, text)?,
        },
    })
}

/// What a list of connection states comes to: the states that the model has, and whether the connection's source
/// or destination being translated counts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StateList {
    /// The states.
    pub(super) states: States,
    /// `SNAT` is among them.
    pub(super) source_translated: bool,
    /// `DNAT` is among them.
    pub(super) destination_translated: bool,
}

/// A list of connection states.
pub(super) fn states(text: &str) -> Option<StateList> {
    let mut list = StateList::default();
    for name in text.split(',') {
        let state = match name.to_ascii_uppercase().as_str() {
            "NEW" => States::NEW,
            "ESTABLISHED" => States::ESTABLISHED,
            "RELATED" => States::RELATED,
            "INVALID" => States::INVALID,
            "UNTRACKED" => States::UNTRACKED,
            "SNAT" => {
                list.source_translated = true;
                continue;
            }
            "DNAT" => {
                list.destination_translated = true;
                continue;
            }
            _ => return None,
        };
        list.states = list.states.union(state);
    }
    Some(list)
}

/// A list of what may have happened to a connection, in any of the beginnings of its words. `NONE` asks for nothing.
pub(super) fn statuses(text: &str) -> Option<Vec<CtStatus>> {
    const NAMES: [(&str, Option<CtStatus>); 5] = [
        ("NONE", None),
        ("EXPECTED", Some(CtStatus::Expected)),
        ("SEEN_REPLY", Some(CtStatus::SeenReply)),
        ("ASSURED", Some(CtStatus::Assured)),
        ("CONFIRMED", Some(CtStatus::Confirmed)),
    ];
    let mut list = Vec::new();
    for name in text.split(',') {
        let upper = name.to_ascii_uppercase();
        let mut known = NAMES.iter().filter(|(full, _)| !upper.is_empty() && full.starts_with(&upper));
        list.extend(known.next()?.1);
    }
    Some(list)
}

/// The direction of a packet within its connection.
pub(super) fn direction(text: &str) -> Option<CtDirection> {
    match text.to_ascii_uppercase().as_str() {
        "ORIGINAL" => Some(CtDirection::Original),
        "REPLY" => Some(CtDirection::Reply),
        _ => None,
    }
}

/// A value with the mask of the bits that count, which is all of them where none is given. Bits of the value
/// outside of the mask are kept: what they mean is for the option to say.
pub(super) fn masked(text: &str) -> Option<Masked> {
    let (value, mask) = match text.split_once('/') {
        Some((value, mask)) => (value, number(mask)?),
        None => (text, u32::MAX),
    };
    Some(Masked { mask, value: number(value)? })
}

/// A number as C writes it: decimal, hexadecimal or octal.
pub(super) fn number(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}
