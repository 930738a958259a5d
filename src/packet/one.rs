//! One packet.

use std::net::IpAddr;

use super::{Family, Protocol};

/// One packet, with what connection tracking knows of it, as a rule set sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Who sends it.
    pub source: IpAddr,
    /// Who is to receive it; of the same family.
    pub destination: IpAddr,
    /// What it carries.
    pub payload: Payload,
    /// The state of its connection.
    pub state: State,
    /// Whether it answers its connection's first packet.
    pub reply: bool,
    /// The conntrack helper, by the kernel's name, of its connection or of the one that expected it.
    pub helper: Option<String>,
    /// The interface it arrives by; empty for one that this machine sends.
    pub in_interface: String,
    /// The interface it leaves by; empty for one that is for this machine.
    pub out_interface: String,
    /// Its mark.
    pub mark: u32,
    /// Its connection's mark.
    pub connection_mark: u32,
}

impl Packet {
    /// The family of its addresses.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.source)
    }
}

/// What a packet carries above IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payload {
    /// TCP.
    Tcp {
        /// The source port.
        source_port: u16,
        /// The destination port.
        destination_port: u16,
        /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
        flags: u8,
    },
    /// Another protocol that has ports.
    Ports {
        /// The protocol, not TCP.
        protocol: Protocol,
        /// The source port.
        source_port: u16,
        /// The destination port.
        destination_port: u16,
    },
    /// ICMP, or ICMPv6 over IPv6.
    Icmp {
        /// ICMP or ICMPv6.
        protocol: Protocol,
        /// The type.
        kind: u8,
        /// The code.
        code: u8,
    },
    /// Anything else.
    Other(Protocol),
}

impl Payload {
    /// The protocol above IP.
    #[must_use]
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Tcp { .. } => Protocol::Tcp,
            Self::Ports { protocol, .. } | Self::Icmp { protocol, .. } | Self::Other(protocol) => protocol,
        }
    }

    /// The source and the destination port, of a protocol that has ports.
    #[must_use]
    pub fn ports(self) -> Option<(u16, u16)> {
        match self {
            Self::Tcp { source_port, destination_port, .. }
            | Self::Ports { source_port, destination_port, .. } => Some((source_port, destination_port)),
            Self::Icmp { .. } | Self::Other(_) => None,
        }
    }
}

/// What connection tracking makes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum State {
    /// It fits no connection and opens none.
    Invalid,
    /// It belongs to a connection that has been seen in both directions.
    Established,
    /// It opens a connection that was expected, or is an ICMP error about a known one.
    Related,
    /// It opens a connection that nothing expected.
    #[default]
    New,
    /// Connection tracking was told to leave it alone.
    Untracked,
}

impl State {
    /// Every state, in the order that nft prints them.
    pub const ALL: [Self; 5] = [Self::Invalid, Self::Established, Self::Related, Self::New, Self::Untracked];

    /// The name that rule sets use, in lower case.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Established => "established",
            Self::Related => "related",
            Self::New => "new",
            Self::Untracked => "untracked",
        }
    }
}
