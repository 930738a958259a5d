//! What a rule looks at.

use crate::packet::{AddressSet, Family, PortSet, Protocol, State};

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// The address family.
    Family(Family),
    /// pf: whether the packet arrives or leaves.
    Direction(Direction),
    /// The interface it came in by. A packet from this machine has none, and never matches.
    InInterface(Interface),
    /// The interface it leaves by. A packet for this machine has none, and never matches.
    OutInterface(Interface),
    /// The source address.
    Source(AddressSet),
    /// The destination address.
    Destination(AddressSet),
    /// What kind of address the source is on this machine.
    SourceType(AddressType),
    /// What kind of address the destination is on this machine.
    DestinationType(AddressType),
    /// The protocol above IP.
    Protocol(Protocol),
    /// The source port, of a protocol that has ports.
    SourcePort(PortSet),
    /// The destination port, of a protocol that has ports.
    DestinationPort(PortSet),
    /// The flags of a TCP packet.
    TcpFlags(TcpFlags),
    /// The ICMP or ICMPv6 type and code.
    Icmp(IcmpMatch),
    /// The connection's state.
    State(States),
    /// Whether the packet goes the way of the connection's first one.
    CtDirection(CtDirection),
    /// The source address of the connection's first packet, before any translation.
    CtOriginalSource(AddressSet),
    /// The destination address of the connection's first packet, before any translation.
    CtOriginalDestination(AddressSet),
    /// The destination port of the connection's first packet, before any translation.
    CtOriginalDestinationPort(PortSet),
    /// What has happened to the connection.
    CtStatus(CtStatus),
    /// The conntrack helper, by the kernel's name, of the connection that expected this one. The empty name is that of
    /// none, which is also what a packet has that connection tracking knows nothing of.
    Helper(String),
    /// The packet's mark.
    Mark(Masked),
    /// The connection's mark.
    ConnMark(Masked),
    /// pf: a tag that an earlier rule set.
    Tagged(String),
    /// The opposite of a condition.
    Not(Box<Match>),
    /// At least one of these conjunctions: the elements of a set of concatenated fields, for example.
    AnyOf(Vec<Vec<Match>>),
    /// Something that is not modelled, in the words of the rule. The same words are the same condition.
    Opaque(String),
}

// There are several for each of a million rules.
const _: () = assert!(size_of::<Match>() <= 32);

impl Match {
    /// A connection's first packet over TCP: SYN set, and FIN, RST and ACK not (RFC 9293 §3.5).
    pub const SYN: Self = Self::TcpFlags(TcpFlags { mask: 0x17, value: 0x02 });

    /// pf: `flags S/SA`, SYN set and ACK not, which a rule that keeps state asks of TCP unless it says otherwise.
    pub const PF_SYN: Self = Self::TcpFlags(TcpFlags { mask: 0x12, value: 0x02 });

    /// pf: the same of a rule that speaks of no protocol, and lets every packet of others through.
    #[must_use]
    pub fn pf_syn_if_tcp() -> Self {
        let other = Self::Protocol(Protocol::Tcp).negated();
        Self::AnyOf(vec![vec![other], vec![Self::PF_SYN]])
    }

    /// The opposite of this condition.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// The direction in which a packet passes an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It arrives.
    In,
    /// It leaves.
    Out,
}

/// An interface, or all whose names start alike.
///
/// pf: a name that does not end in a digit may be that of a group of interfaces, and which those are is not said,
/// other than that `lo` is every loopback interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interface {
    /// The name, or how it starts; without the `+` or `*` of the dialects.
    pub name: Box<str>,
    /// Whether longer names match too.
    pub prefix: bool,
}

impl Interface {
    /// The interface of this name.
    pub fn named(name: impl Into<Box<str>>) -> Self {
        Self { name: name.into(), prefix: false }
    }

    /// Whether an interface called `name` is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        if self.prefix { name.starts_with(&*self.name) } else { *name == *self.name }
    }
}

/// What an address is on this machine (`addrtype` of iptables, `fib` of nftables).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressType {
    /// One of its own. pf: `self`.
    Local,
    /// A broadcast address of a network that it is in.
    Broadcast,
    /// A multicast address.
    Multicast,
    /// Any other that can be routed.
    Unicast,
}

/// A comparison of TCP flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpFlags {
    /// The flags that are looked at.
    pub mask: u8,
    /// Those of them that have to be set.
    pub value: u8,
}

/// ICMP types of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IcmpMatch {
    /// Whether these are types of ICMP (RFC 792) or of ICMPv6 (RFC 4443).
    pub family: Family,
    /// The types, in ascending order; never empty.
    pub types: Box<[u8]>,
    /// The code; `None` is every code.
    pub code: Option<u8>,
}

/// Whether a packet goes the way of its connection's first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CtDirection {
    /// It does.
    Original,
    /// It answers.
    Reply,
}

/// What may have happened to a connection: the bits of its status that rules ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CtStatus {
    /// Another connection's helper expected it.
    Expected,
    /// It has been answered.
    SeenReply,
    /// Traffic has gone both ways for good, so that it is not the first to be forgotten.
    Assured,
    /// Its first packet has left the machine, or reached a program on it.
    Confirmed,
    /// Its source has been translated.
    SourceNat,
    /// Its destination has been translated.
    DestinationNat,
}

impl CtStatus {
    /// Every one, by its bit in the kernel (`enum ip_conntrack_status`).
    pub const ALL: [(u32, Self); 6] = [
        (0x01, Self::Expected),
        (0x02, Self::SeenReply),
        (0x04, Self::Assured),
        (0x08, Self::Confirmed),
        (0x10, Self::SourceNat),
        (0x20, Self::DestinationNat),
    ];

    /// The name that nft uses.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::SeenReply => "seen-reply",
            Self::Assured => "assured",
            Self::Confirmed => "confirmed",
            Self::SourceNat => "snat",
            Self::DestinationNat => "dnat",
        }
    }
}

/// A comparison of, or an assignment to, some bits of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Masked {
    /// The bits.
    pub mask: u32,
    /// Their value.
    pub value: u32,
}

/// A set of conntrack states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct States(u8);

impl States {
    /// No state.
    pub const NONE: Self = Self(0);
    /// Only packets that fit no connection and open none.
    pub const INVALID: Self = Self(1);
    /// Only packets of connections that have been seen in both directions.
    pub const ESTABLISHED: Self = Self(2);
    /// Only the first packets of expected connections, and ICMP errors about known ones.
    pub const RELATED: Self = Self(4);
    /// Only the first packets of connections that nothing expected.
    pub const NEW: Self = Self(8);
    /// Only packets that connection tracking was told to leave alone.
    pub const UNTRACKED: Self = Self(16);

    /// The set of one state.
    #[must_use]
    pub fn of(state: State) -> Self {
        match state {
            State::Invalid => Self::INVALID,
            State::Established => Self::ESTABLISHED,
            State::Related => Self::RELATED,
            State::New => Self::NEW,
            State::Untracked => Self::UNTRACKED,
        }
    }

    /// The states in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all states of `other` are in this set.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the states in the set, lower case, in the order that nft prints them.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        State::ALL.into_iter().filter(|&state| self.contains(Self::of(state))).map(State::id).collect()
    }
}
