//! Problems with how a firewall fits together, and with the service.

use std::net::{IpAddr, Ipv4Addr};

use super::Severity;
use crate::deployment::{Side, Tls};
use crate::packet::{AddressSet, Protocol};

/// Values of a firewall that do not fit together, or not with the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirewallProblem {
    /// A name that another firewall has.
    DuplicateName {
        /// The name.
        name: String,
        /// Whether the two differ in upper and lower case only.
        by_case: bool,
    },
    /// A helper, which reads the control connection, where that may be encrypted.
    HelperWithTls {
        /// The kind of TLS declared.
        tls: Tls,
    },
    /// ftp-proxy on the FTP server or client itself: pf redirects forwarded packets only.
    ProxyOnHost,
    /// ftp-proxy without the interface that its connections come in by.
    ProxyWithoutInterface {
        /// `inside` or `outside`.
        interface: &'static str,
        /// Whose end the firewall protects.
        side: Side,
    },
    /// A gateway that lets everything leave, without the interfaces that say what leaving is.
    OpenEgressWithoutInterface {
        /// `inside` or `outside`.
        interface: &'static str,
    },
    /// Both sides of a gateway on one interface.
    SameInterface {
        /// The interface.
        name: String,
    },
    /// What is wrong with the address translation.
    Nat(NatProblem),
    /// The name of a firewall that there is not.
    NotDeclared {
        /// The name.
        name: String,
        /// The firewall that was probably meant.
        suggestion: Option<String>,
        /// The firewalls that there are.
        known: Vec<String>,
    },
    /// Traffic from the machine to itself, which no firewall sees but on loopback.
    SelfToSelf,
    /// `self` as one item of a list of addresses.
    SelfInList,
    /// Traffic between other machines, on a host that forwards nothing.
    ForwardOnHost,
    /// Ports of a protocol that has none.
    PortWithoutPorts {
        /// The protocol.
        protocol: Protocol,
    },
    /// A protocol and addresses of families that it does not run over.
    ProtocolFamily {
        /// The protocol.
        protocol: Protocol,
    },
    /// Two ends without a family in common.
    EndsApart {
        /// One end.
        from: AddressSet,
        /// The other.
        to: AddressSet,
    },
}

/// What is wrong with address translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NatProblem {
    /// On a host: nothing is forwarded, so nothing is translated.
    OnHost,
    /// Between an address and itself.
    SameAddress {
        /// The address.
        address: IpAddr,
    },
    /// Between the families.
    Families,
    /// From the public address of a server to a network rather than to the server.
    ServerPrefix {
        /// The network.
        private: ipnet::IpNet,
    },
    /// For another server than the declared one.
    OtherServer {
        /// The address on the outside.
        public: IpAddr,
        /// The address on the inside.
        private: IpAddr,
    },
    /// For other clients than the declared ones.
    OtherClients {
        /// The network translated.
        private: ipnet::IpNet,
        /// The clients declared.
        clients: AddressSet,
    },
    /// Of a server that names its private address in the reply to `PASV`.
    NotAdvertised {
        /// The address on the outside.
        public: Ipv4Addr,
        /// The address on the inside.
        private: Ipv4Addr,
    },
    /// Of a server that names its public address itself, in front of which a conntrack helper would do it: the
    /// helper takes the address for a third party's, and expects no connection to it.
    AdvertisedUnderHelper {
        /// The address on the outside.
        public: Ipv4Addr,
    },
    /// Of a server that names yet another address in the reply to `PASV`.
    AdvertisedDiffers {
        /// The address that the server names.
        advertised: Ipv4Addr,
        /// The address on the outside.
        public: IpAddr,
    },
    /// Of clients that name their private address in `PORT`.
    ActiveClients {
        /// Whether there is another mode.
        passive: bool,
        /// Whether sessions may be encrypted, which rules a helper out.
        tls: Tls,
    },
}

impl FirewallProblem {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::Nat(
                NatProblem::NotAdvertised { .. }
                | NatProblem::AdvertisedUnderHelper { .. }
                | NatProblem::ActiveClients { passive: true, .. },
            ) => Severity::Warning,
            _ => Severity::Error,
        }
    }
}
