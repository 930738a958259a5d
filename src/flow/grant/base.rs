//! What IP itself needs, whatever else a policy drops.

use crate::packet::{Family, Protocol};
use crate::ruleset::{IcmpMatch, Match};

/// ICMP errors: destination unreachable (3, path MTU discovery among it: RFC 1191), time exceeded (11) and
/// parameter problem (12).
const ICMP_ERRORS: [u8; 3] = [3, 11, 12];

/// ICMPv6 errors: destination unreachable (1), packet too big (2), time exceeded (3) and parameter problem
/// (4), which RFC 4890 §4.3.1 says must not be dropped.
const ICMPV6_ERRORS: [u8; 4] = [1, 2, 3, 4];

/// Neighbour discovery: router solicitation and advertisement, neighbour solicitation and advertisement
/// (RFC 4861). Redirects (137) are left out: RFC 4890 §4.4.3 leaves them to the site.
const NEIGHBOUR_DISCOVERY: [u8; 4] = [133, 134, 135, 136];

/// Multicast listener discovery: query, report, done (RFC 2710) and the report of version 2 (RFC 3810).
/// Without it a snooping switch stops delivering neighbour solicitations.
const LISTENER_DISCOVERY: [u8; 4] = [130, 131, 132, 143];

/// ICMP errors of `family`.
pub(super) fn icmp_errors(family: Family) -> Vec<Match> {
    match family {
        Family::Ipv4 => icmp(family, &ICMP_ERRORS),
        Family::Ipv6 => icmp(family, &ICMPV6_ERRORS),
    }
}

/// Neighbour discovery. That it comes from the same link is the kernel's own check (RFC 4861 §6.1, §7.1).
pub(super) fn neighbour_discovery() -> Vec<Match> {
    icmp(Family::Ipv6, &NEIGHBOUR_DISCOVERY)
}

/// Multicast listener discovery.
pub(super) fn listener_discovery() -> Vec<Match> {
    icmp(Family::Ipv6, &LISTENER_DISCOVERY)
}

fn icmp(family: Family, types: &[u8]) -> Vec<Match> {
    let protocol = match family {
        Family::Ipv4 => Protocol::Icmp,
        Family::Ipv6 => Protocol::Icmpv6,
    };
    vec![
        Match::Family(family),
        Match::Protocol(protocol),
        Match::Icmp(IcmpMatch { family, types: types.into(), code: None }),
    ]
}
