//! Protocols above IP.

use std::fmt;

use super::Family;

/// A protocol above IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP, number 6.
    Tcp,
    /// UDP, number 17.
    Udp,
    /// ICMP for IPv4, number 1.
    Icmp,
    /// ICMP for IPv6, number 58.
    Icmpv6,
    /// Any other, by its number. Never one of the above: [`Protocol::from_number`] sees to that.
    Other(u8),
}

impl Protocol {
    /// The protocols that have a name, in the order of the documentation.
    pub const NAMED: [Self; 4] = [Self::Tcp, Self::Udp, Self::Icmp, Self::Icmpv6];

    /// DCCP (RFC 4340).
    pub const DCCP: Self = Self::Other(33);
    /// SCTP (RFC 9260).
    pub const SCTP: Self = Self::Other(132);
    /// UDP-Lite (RFC 3828).
    pub const UDPLITE: Self = Self::Other(136);

    /// The protocol with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::NAMED.into_iter().find(|named| named.number() == number).unwrap_or(Self::Other(number))
    }

    /// Its number (IANA, "Protocol Numbers").
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Icmp => 1,
            Self::Icmpv6 => 58,
            Self::Other(number) => number,
        }
    }

    /// Its name in deployment files and machine-readable output; empty for one that has none.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmpv6 => "icmpv6",
            Self::Other(_) => "",
        }
    }

    /// Whether its packets have ports.
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::DCCP | Self::SCTP | Self::UDPLITE)
    }

    /// Whether it occurs in packets of `family`.
    #[must_use]
    pub fn runs_over(self, family: Family) -> bool {
        match self {
            Self::Tcp | Self::Udp | Self::Other(_) => true,
            Self::Icmp => family == Family::Ipv4,
            Self::Icmpv6 => family == Family::Ipv6,
        }
    }
}

impl fmt::Display for Protocol {
    /// The name, or the number of one that has none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(f, "{number}"),
            named => f.write_str(named.id()),
        }
    }
}
