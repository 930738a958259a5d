//! Who has which address.
//!
//! The outside has the addresses of a public network, the inside private ones (in IPv4; IPv6 has no need of any).
//! Each end has, beside the address that the deployment declares, one that it does not.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A version of IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::V4, Self::V6];
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// Whose end a firewall protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The server's.
    Server,
    /// The client's.
    Client,
}

/// The addresses of one topology.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Which end is the inside.
    pub(crate) side: Side,
    /// Whether the gateway translates between the inside's IPv4 addresses and its own.
    pub(crate) nat: bool,
}

/// What the gateway is in either network; hosts have other numbers.
const GATEWAY: u8 = 1;
/// The server as declared.
const SERVER: u8 = 5;
/// The client as declared.
const CLIENT: u8 = 10;
/// The undeclared second address of either.
const UNDECLARED: u8 = 66;

/// The client's IPv4 network when it is private.
pub(crate) const CLIENT_PRIVATE_NETWORK: &str = "192.168.7.0/24";

impl Plan {
    /// The network on the client's end of the gateway.
    fn client_network(self, family: Family, host: u8) -> IpAddr {
        match (family, self.side) {
            (Family::V4, Side::Server) => Ipv4Addr::new(198, 51, 100, host).into(),
            (Family::V4, Side::Client) => Ipv4Addr::new(192, 168, 7, host).into(),
            (Family::V6, _) => Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, u16::from(host)).into(),
        }
    }

    /// The network on the server's end of the gateway.
    fn server_network(self, family: Family, host: u8) -> IpAddr {
        match (family, self.side) {
            (Family::V4, Side::Server) => Ipv4Addr::new(10, 0, 0, host).into(),
            (Family::V4, Side::Client) => Ipv4Addr::new(198, 51, 100, host).into(),
            (Family::V6, _) => Ipv6Addr::new(0x2001, 0xdb8, 2, 0, 0, 0, 0, u16::from(host)).into(),
        }
    }

    /// Whether the gateway translates packets of this family on their way from or to `side`.
    pub(crate) fn translates(self, family: Family, side: Side) -> bool {
        self.nat && family == Family::V4 && self.side == side
    }

    /// The client's declared address.
    pub(crate) fn client(self, family: Family) -> IpAddr {
        self.client_network(family, CLIENT)
    }

    /// The client's undeclared address.
    pub(crate) fn undeclared_client(self, family: Family) -> IpAddr {
        self.client_network(family, UNDECLARED)
    }

    /// The server's declared address, its own.
    pub(crate) fn server(self, family: Family) -> IpAddr {
        self.server_network(family, SERVER)
    }

    /// The server's undeclared address.
    pub(crate) fn undeclared_server(self, family: Family) -> IpAddr {
        self.server_network(family, UNDECLARED)
    }

    /// The address that clients reach the server at.
    pub(crate) fn service(self, family: Family) -> IpAddr {
        if self.translates(family, Side::Server) {
            self.client_network(family, SERVER)
        } else {
            self.server(family)
        }
    }

    /// The address that the server sees the client at.
    pub(crate) fn visible_client(self, family: Family) -> IpAddr {
        if self.translates(family, Side::Client) {
            self.server_network(family, GATEWAY)
        } else {
            self.client(family)
        }
    }

    /// The gateway's address in the client's network.
    pub(crate) fn gateway_of_client(self, family: Family) -> IpAddr {
        self.client_network(family, GATEWAY)
    }

    /// The gateway's address in the server's network.
    pub(crate) fn gateway_of_server(self, family: Family) -> IpAddr {
        self.server_network(family, GATEWAY)
    }
}
