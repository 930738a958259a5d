//! Protocols above IP.

use super::Family;

/// A protocol above IP that rule sets are generated for.
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
}

impl Protocol {
    /// Every protocol, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Tcp, Self::Udp, Self::Icmp, Self::Icmpv6];

    /// The name in deployment files and machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmpv6 => "icmpv6",
        }
    }

    /// Whether its packets have ports.
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }

    /// Whether it occurs in packets of `family`.
    #[must_use]
    pub fn runs_over(self, family: Family) -> bool {
        match self {
            Self::Tcp | Self::Udp => true,
            Self::Icmp => family == Family::Ipv4,
            Self::Icmpv6 => family == Family::Ipv6,
        }
    }
}
