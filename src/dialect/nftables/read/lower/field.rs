//! What a field means, and what using it implies.

use crate::packet::{Family, Protocol};
use crate::ruleset::TableFamily;

/// What a field is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Source(Family),
    Destination(Family),
    OriginalSource(Family),
    OriginalDestination(Family),
    SourcePort,
    DestinationPort,
    OriginalDestinationPort,
    Protocol,
    /// The family, by the number of its sockets.
    SocketFamily,
    /// The family, by the number of its frames.
    EtherType,
    TcpFlags,
    IcmpType(Family),
    IcmpCode(Family),
    State,
    CtDirection,
    CtStatus,
    Helper,
    Mark,
    ConnMark,
    InInterface,
    OutInterface,
    SourceType,
    DestinationType,
    /// Not modelled.
    Other,
}

/// What a field is, and the packets that have it at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) kind: Kind,
    pub(super) family: Option<Family>,
    pub(super) protocol: Option<Protocol>,
}

/// The meaning of a field in a table.
pub(super) fn meaning(field: &str, table: TableFamily) -> Meaning {
    let (header, rest) = field.split_once(' ').unwrap_or((field, ""));
    let (family, protocol) = match header {
        "ip" => (Some(Family::Ipv4), None),
        "ip6" | "frag" | "hbh" | "mh" | "dst" | "rt0" | "rt2" | "srh" => (Some(Family::Ipv6), None),
        "icmp" => (Some(Family::Ipv4), Some(Protocol::Icmp)),
        "icmpv6" => (Some(Family::Ipv6), Some(Protocol::Icmpv6)),
        "tcp" => (None, Some(Protocol::Tcp)),
        "udp" => (None, Some(Protocol::Udp)),
        "udplite" => (None, Some(Protocol::UDPLITE)),
        "sctp" => (None, Some(Protocol::SCTP)),
        "dccp" => (None, Some(Protocol::DCCP)),
        "igmp" => (Some(Family::Ipv4), Some(Protocol::Other(2))),
        "esp" => (None, Some(Protocol::Other(50))),
        "ah" => (None, Some(Protocol::Other(51))),
        "comp" => (None, Some(Protocol::Other(108))),
        "ct" => (tracked_family(rest, table), None),
        _ => (None, None),
    };
    let kind = kind(field, header, rest, family);
    Meaning { kind, family, protocol }
}

fn kind(field: &str, header: &str, rest: &str, family: Option<Family>) -> Kind {
    match (header, rest, family) {
        ("ip" | "ip6", "saddr", Some(family)) => Kind::Source(family),
        ("ip" | "ip6", "daddr", Some(family)) => Kind::Destination(family),
        ("ip", "protocol", _) | ("ip6", "nexthdr", _) | ("meta", "l4proto", _) => Kind::Protocol,
        ("tcp" | "udp" | "udplite" | "sctp" | "dccp" | "th", "sport", _) => Kind::SourcePort,
        ("tcp" | "udp" | "udplite" | "sctp" | "dccp" | "th", "dport", _) => Kind::DestinationPort,
        ("tcp", "flags", _) => Kind::TcpFlags,
        ("icmp" | "icmpv6", "type", Some(family)) => Kind::IcmpType(family),
        ("icmp" | "icmpv6", "code", Some(family)) => Kind::IcmpCode(family),
        ("meta", "nfproto", _) => Kind::SocketFamily,
        ("meta", "protocol", _) | ("ether", "type", _) => Kind::EtherType,
        ("meta", "mark", _) => Kind::Mark,
        ("ct", "mark", _) => Kind::ConnMark,
        ("ct", "state", _) => Kind::State,
        ("ct", "direction", _) => Kind::CtDirection,
        ("ct", "status", _) => Kind::CtStatus,
        ("ct", "helper", _) => Kind::Helper,
        ("ct", "original saddr" | "original ip saddr" | "original ip6 saddr", Some(family)) => {
            Kind::OriginalSource(family)
        }
        ("ct", "original daddr" | "original ip daddr" | "original ip6 daddr", Some(family)) => {
            Kind::OriginalDestination(family)
        }
        ("ct", "original proto-dst", _) => Kind::OriginalDestinationPort,
        _ => match field {
            "iif" | "iifname" => Kind::InInterface,
            "oif" | "oifname" => Kind::OutInterface,
            "fib saddr type" => Kind::SourceType,
            "fib daddr type" => Kind::DestinationType,
            _ => Kind::Other,
        },
    }
}

/// The family of the connections that have an address: named, or that of the table.
fn tracked_family(rest: &str, table: TableFamily) -> Option<Family> {
    if !rest.ends_with("addr") {
        return None;
    }
    match (rest.contains("ip6 "), rest.contains("ip "), table) {
        (true, _, _) | (_, false, TableFamily::Ip6) => Some(Family::Ipv6),
        (_, true, _) | (_, _, TableFamily::Ip) => Some(Family::Ipv4),
        _ => None,
    }
}

impl Kind {
    /// The greatest value.
    pub(super) fn greatest(self) -> u128 {
        match self {
            Self::Source(family)
            | Self::Destination(family)
            | Self::OriginalSource(family)
            | Self::OriginalDestination(family) => match family {
                Family::Ipv4 => u128::from(u32::MAX),
                Family::Ipv6 => u128::MAX,
            },
            Self::Mark | Self::ConnMark | Self::CtStatus | Self::SourceType | Self::DestinationType => {
                u128::from(u32::MAX)
            }
            Self::SourcePort | Self::DestinationPort | Self::OriginalDestinationPort | Self::EtherType => {
                u128::from(u16::MAX)
            }
            _ => u128::from(u8::MAX),
        }
    }

    /// The family of its addresses.
    pub(super) fn address_family(self) -> Option<Family> {
        match self {
            Self::Source(family)
            | Self::Destination(family)
            | Self::OriginalSource(family)
            | Self::OriginalDestination(family) => Some(family),
            _ => None,
        }
    }

    /// Whether its values are strings.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::InInterface | Self::OutInterface | Self::Helper)
    }
}
