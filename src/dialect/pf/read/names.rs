//! Names for numbers: protocols, services, types of ICMP.

use crate::dialect::service;
use crate::packet::{Family, Protocol};

/// Protocols, from IANA's "Protocol Numbers".
const PROTOCOLS: [(&str, u8); 26] = [
    ("ip", 0),
    ("icmp", 1),
    ("igmp", 2),
    ("ipencap", 4),
    ("tcp", 6),
    ("egp", 8),
    ("igp", 9),
    ("udp", 17),
    ("dccp", 33),
    ("ipv6", 41),
    ("ipv6-route", 43),
    ("ipv6-frag", 44),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("icmp6", 58),
    ("ipv6-icmp", 58),
    ("ipv6-nonxt", 59),
    ("eigrp", 88),
    ("ospf", 89),
    ("etherip", 97),
    ("pim", 103),
    ("carp", 112),
    ("sctp", 132),
    ("pfsync", 240),
];

/// Types of ICMP, by the names of `icmp(4)`.
const ICMP_TYPES: [(&str, u8); 25] = [
    ("echorep", 0),
    ("unreach", 3),
    ("squench", 4),
    ("redir", 5),
    ("althost", 6),
    ("echoreq", 8),
    ("routeradv", 9),
    ("routersol", 10),
    ("timex", 11),
    ("paramprob", 12),
    ("timereq", 13),
    ("timerep", 14),
    ("inforeq", 15),
    ("inforep", 16),
    ("maskreq", 17),
    ("maskrep", 18),
    ("trace", 30),
    ("dataconv", 31),
    ("mobredir", 32),
    ("ipv6-where", 33),
    ("ipv6-here", 34),
    ("mobregreq", 35),
    ("mobregrep", 36),
    ("skip", 39),
    ("photuris", 40),
];

/// Types of ICMPv6, by the names of `icmp6(4)`.
const ICMPV6_TYPES: [(&str, u8); 26] = [
    ("unreach", 1),
    ("toobig", 2),
    ("timex", 3),
    ("paramprob", 4),
    ("echoreq", 128),
    ("echorep", 129),
    ("groupqry", 130),
    ("listqry", 130),
    ("grouprep", 131),
    ("listenrep", 131),
    ("groupterm", 132),
    ("listendone", 132),
    ("routersol", 133),
    ("routeradv", 134),
    ("neighbrsol", 135),
    ("neighbradv", 136),
    ("redir", 137),
    ("routrrenum", 138),
    ("wrureq", 139),
    ("fqdnreq", 139),
    ("niqry", 139),
    ("wrurep", 140),
    ("fqdnrep", 140),
    ("nirep", 140),
    ("mtraceresp", 200),
    ("mtrace", 201),
];

/// Codes of ICMP types, by the names of `icmp(4)`: the name, the type, the code.
const ICMP_CODES: [(&str, u8, u8); 30] = [
    ("net-unr", 3, 0),
    ("host-unr", 3, 1),
    ("proto-unr", 3, 2),
    ("port-unr", 3, 3),
    ("needfrag", 3, 4),
    ("srcfail", 3, 5),
    ("net-unk", 3, 6),
    ("host-unk", 3, 7),
    ("isolate", 3, 8),
    ("net-prohib", 3, 9),
    ("host-prohib", 3, 10),
    ("net-tos", 3, 11),
    ("host-tos", 3, 12),
    ("filter-prohib", 3, 13),
    ("host-preced", 3, 14),
    ("cutoff-preced", 3, 15),
    ("redir-net", 5, 0),
    ("redir-host", 5, 1),
    ("redir-tos-net", 5, 2),
    ("redir-tos-host", 5, 3),
    ("normal-adv", 9, 0),
    ("common-adv", 9, 16),
    ("transit", 11, 0),
    ("reassemb", 11, 1),
    ("badhead", 12, 0),
    ("optmiss", 12, 1),
    ("badlen", 12, 2),
    ("unknown-ind", 40, 0),
    ("auth-fail", 40, 1),
    ("decrypt-fail", 40, 2),
];

/// Codes of ICMPv6 types, by the names of `icmp6(4)`: the name, the type, the code.
const ICMPV6_CODES: [(&str, u8, u8); 12] = [
    ("noroute-unr", 1, 0),
    ("admin-unr", 1, 1),
    ("notnbr-unr", 1, 2),
    ("beyond-unr", 1, 2),
    ("addr-unr", 1, 3),
    ("port-unr", 1, 4),
    ("transit", 3, 0),
    ("reassemb", 3, 1),
    ("badhead", 4, 0),
    ("nxthdr", 4, 1),
    ("redironlink", 137, 0),
    ("redirrouter", 137, 1),
];

/// The protocol of this name or number.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    let number = text.parse().ok();
    number.or_else(|| find(&PROTOCOLS, text)).map(Protocol::from_number)
}

/// The port of this number or service.
pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().or_else(|| service::port(text))
}

/// The ICMP type of this number or name.
pub(super) fn icmp_type(family: Family, text: &str) -> Option<u8> {
    let names: &[(&str, u8)] = match family {
        Family::Ipv4 => &ICMP_TYPES,
        Family::Ipv6 => &ICMPV6_TYPES,
    };
    text.parse().ok().or_else(|| find(names, text))
}

/// The code of this number or name, of an ICMP type.
pub(super) fn icmp_code(family: Family, of: u8, text: &str) -> Option<u8> {
    let names: &[(&str, u8, u8)] = match family {
        Family::Ipv4 => &ICMP_CODES,
        Family::Ipv6 => &ICMPV6_CODES,
    };
    let by_name =
        || names.iter().find(|(name, kind, _)| *name == text && *kind == of).map(|&(_, _, code)| code);
    text.parse().ok().or_else(by_name)
}

fn find<T: Copy>(names: &[(&str, T)], text: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == text).map(|&(_, value)| value)
}
