//! The names of values. Each table is sorted by name.

use super::field::Kind;
use crate::dialect::service;
use crate::packet::Family;

/// The value that a name stands for.
pub(super) fn value(kind: Kind, name: &str) -> Option<u128> {
    let table = match kind {
        Kind::Protocol => PROTOCOLS,
        Kind::SourcePort | Kind::DestinationPort | Kind::OriginalDestinationPort => {
            return service::port(name).map(u128::from);
        }
        Kind::IcmpType(Family::Ipv4) => ICMP_TYPES,
        Kind::IcmpType(Family::Ipv6) => ICMPV6_TYPES,
        Kind::IcmpCode(Family::Ipv4) => ICMP_CODES,
        Kind::IcmpCode(Family::Ipv6) => ICMPV6_CODES,
        Kind::TcpFlags => TCP_FLAGS,
        Kind::State => STATES,
        Kind::CtDirection => DIRECTIONS,
        Kind::CtStatus => CT_STATUSES,
        Kind::SocketFamily => SOCKET_FAMILIES,
        Kind::EtherType => ETHER_TYPES,
        Kind::SourceType | Kind::DestinationType => ADDRESS_TYPES,
        _ => return None,
    };
    let at = table.binary_search_by_key(&name, |(known, _)| known).ok()?;
    table.get(at).map(|&(_, value)| u128::from(value))
}

/// Protocols above IP, as `/etc/protocols` names them.
const PROTOCOLS: &[(&str, u32)] = &[
    ("ah", 51),
    ("ax.25", 93),
    ("comp", 108),
    ("dccp", 33),
    ("ddp", 37),
    ("egp", 8),
    ("eigrp", 88),
    ("encap", 98),
    ("esp", 50),
    ("etherip", 97),
    ("fc", 133),
    ("ggp", 3),
    ("gre", 47),
    ("hip", 139),
    ("hmp", 20),
    ("icmp", 1),
    ("icmpv6", 58),
    ("idpr-cmtp", 38),
    ("idrp", 45),
    ("igmp", 2),
    ("igp", 9),
    ("ip", 0),
    ("ipcomp", 108),
    ("ipencap", 4),
    ("ipip", 94),
    ("ipv6", 41),
    ("ipv6-frag", 44),
    ("ipv6-icmp", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("ipv6-route", 43),
    ("isis", 124),
    ("iso-tp4", 29),
    ("l2tp", 115),
    ("manet", 138),
    ("mobility-header", 135),
    ("mpls-in-ip", 137),
    ("ospf", 89),
    ("pim", 103),
    ("pup", 12),
    ("rdp", 27),
    ("rohc", 142),
    ("rspf", 73),
    ("rsvp", 46),
    ("sctp", 132),
    ("shim6", 140),
    ("skip", 57),
    ("st", 5),
    ("tcp", 6),
    ("udp", 17),
    ("udplite", 136),
    ("vmtp", 81),
    ("vrrp", 112),
    ("wesp", 141),
    ("xns-idp", 22),
    ("xtp", 36),
];

/// Types of ICMP.
const ICMP_TYPES: &[(&str, u32)] = &[
    ("address-mask-reply", 18),
    ("address-mask-request", 17),
    ("destination-unreachable", 3),
    ("echo-reply", 0),
    ("echo-request", 8),
    ("info-reply", 16),
    ("info-request", 15),
    ("parameter-problem", 12),
    ("redirect", 5),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("source-quench", 4),
    ("time-exceeded", 11),
    ("timestamp-reply", 14),
    ("timestamp-request", 13),
];

/// Types of ICMPv6.
const ICMPV6_TYPES: &[(&str, u32)] = &[
    ("destination-unreachable", 1),
    ("echo-reply", 129),
    ("echo-request", 128),
    ("ind-neighbor-advert", 142),
    ("ind-neighbor-solicit", 141),
    ("mld-listener-done", 132),
    ("mld-listener-query", 130),
    ("mld-listener-reduction", 132),
    ("mld-listener-report", 131),
    ("mld2-listener-report", 143),
    ("nd-neighbor-advert", 136),
    ("nd-neighbor-solicit", 135),
    ("nd-redirect", 137),
    ("nd-router-advert", 134),
    ("nd-router-solicit", 133),
    ("packet-too-big", 2),
    ("parameter-problem", 4),
    ("router-renumbering", 138),
    ("time-exceeded", 3),
];

/// Codes of ICMP.
const ICMP_CODES: &[(&str, u32)] = &[
    ("admin-prohibited", 13),
    ("frag-needed", 4),
    ("host-prohibited", 10),
    ("host-unreachable", 1),
    ("net-prohibited", 9),
    ("net-unreachable", 0),
    ("port-unreachable", 3),
    ("prot-unreachable", 2),
];

/// Codes of ICMPv6.
const ICMPV6_CODES: &[(&str, u32)] = &[
    ("addr-unreachable", 3),
    ("admin-prohibited", 1),
    ("no-route", 0),
    ("policy-fail", 5),
    ("port-unreachable", 4),
    ("reject-route", 6),
];

/// Flags of TCP.
const TCP_FLAGS: &[(&str, u32)] = &[
    ("ack", 0x10),
    ("cwr", 0x80),
    ("ece", 0x40),
    ("ecn", 0x40),
    ("fin", 0x01),
    ("psh", 0x08),
    ("rst", 0x04),
    ("syn", 0x02),
    ("urg", 0x20),
];

/// The states of a connection, as bits.
const STATES: &[(&str, u32)] =
    &[("established", 0x02), ("invalid", 0x01), ("new", 0x08), ("related", 0x04), ("untracked", 0x40)];

/// The directions of a connection.
const DIRECTIONS: &[(&str, u32)] = &[("original", 0), ("reply", 1)];

/// What may have happened to a connection.
const CT_STATUSES: &[(&str, u32)] = &[
    ("assured", 0x04),
    ("confirmed", 0x08),
    ("dnat", 0x20),
    ("dying", 0x200),
    ("expected", 0x01),
    ("seen-reply", 0x02),
    ("snat", 0x10),
];

/// Families by the numbers of their sockets.
const SOCKET_FAMILIES: &[(&str, u32)] =
    &[("arp", 3), ("bridge", 7), ("inet", 1), ("ipv4", 2), ("ipv6", 10), ("netdev", 5)];

/// Families by the numbers of their frames.
const ETHER_TYPES: &[(&str, u32)] = &[
    ("8021ad", 0x88a8),
    ("8021q", 0x8100),
    ("arp", 0x0806),
    ("ip", 0x0800),
    ("ip6", 0x86dd),
    ("vlan", 0x8100),
];

/// Kinds of addresses.
const ADDRESS_TYPES: &[(&str, u32)] = &[
    ("anycast", 4),
    ("blackhole", 6),
    ("broadcast", 3),
    ("local", 2),
    ("multicast", 5),
    ("prohibit", 8),
    ("unicast", 1),
    ("unreachable", 7),
    ("unspec", 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        let tables = [
            PROTOCOLS,
            ICMP_TYPES,
            ICMPV6_TYPES,
            ICMP_CODES,
            ICMPV6_CODES,
            TCP_FLAGS,
            STATES,
            DIRECTIONS,
            SOCKET_FAMILIES,
            ETHER_TYPES,
            ADDRESS_TYPES,
        ];
        for table in tables {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0), "{table:?}");
        }
    }
}
