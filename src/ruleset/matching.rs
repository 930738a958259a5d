//! What a rule looks at.

use crate::packet::{AddressSet, Family, PortSet, Protocol};

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// The address family.
    Family(Family),
    /// pf: whether the packet arrives or leaves.
    Direction(Direction),
    /// The interface it came in by.
    InInterface(String),
    /// The interface it leaves by.
    OutInterface(String),
    /// The source address; the addresses are of one family.
    Source(AddressSet),
    /// The destination address; the addresses are of one family.
    Destination(AddressSet),
    /// pf: the source is an address of this machine.
    SourceThisHost,
    /// pf: the destination is an address of this machine.
    DestinationThisHost,
    /// The protocol above IP.
    Protocol(Protocol),
    /// The TCP or UDP source port.
    SourcePort(PortSet),
    /// The TCP or UDP destination port.
    DestinationPort(PortSet),
    /// SYN set, and FIN, RST and ACK not: the first packet of a connection (RFC 9293 §3.5).
    TcpSyn,
    /// The ICMP or ICMPv6 type.
    Icmp(IcmpMatch),
    /// The connection's state.
    State(States),
    /// The conntrack helper, by the kernel's name, of the connection or of the one that expected it.
    Helper(String),
}

/// The direction in which a packet passes an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It arrives.
    In,
    /// It leaves.
    Out,
}

/// ICMP types of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IcmpMatch {
    /// Whether these are types of ICMP (RFC 792) or of ICMPv6 (RFC 4443).
    pub family: Family,
    /// The types, in ascending order; never empty.
    pub types: Vec<u8>,
}

/// A set of conntrack states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct States {
    /// The first packet of a connection that nothing expected.
    pub new: bool,
    /// A packet of a connection that has been seen in both directions.
    pub established: bool,
    /// The first packet of an expected connection, or an ICMP error about a known one.
    pub related: bool,
}

impl States {
    /// Only the first packet of a connection that nothing expected.
    pub const NEW: Self = Self { new: true, established: false, related: false };
    /// Only packets of connections that have been seen in both directions.
    pub const ESTABLISHED: Self = Self { new: false, established: true, related: false };
    /// Only expected connections and ICMP errors.
    pub const RELATED: Self = Self { new: false, established: false, related: true };

    /// The names of the states in the set, lower case, in the order that nft prints them.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        [(self.established, "established"), (self.related, "related"), (self.new, "new")]
            .into_iter()
            .filter_map(|(present, name)| present.then_some(name))
            .collect()
    }
}
