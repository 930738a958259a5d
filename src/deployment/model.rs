//! The deployment as the rest of the program sees it: valid, with every default filled in.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use ipnet::IpNet;

use crate::dialect::Dialect;
use crate::packet::{AddressSet, Family, PortRange, PortSet, Protocol};
use crate::ruleset::Host;

/// One FTP service, who uses it, and the firewalls in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The FTP service.
    pub service: Service,
    /// Who connects to it.
    pub clients: Clients,
    /// The firewalls, in the order of the file. Those of one side and place are crossed in that
    /// order on the way from the clients to the server.
    pub firewalls: Vec<Firewall>,
    /// The findings that `audit` leaves out, in the order of the file: entry *n* is the field `ignore[n]`.
    pub ignore: Vec<Ignore>,
}

impl Deployment {
    /// The families in which a client can reach the service: both ends have addresses of them.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(|&family| {
            self.service.addresses.iter().any(|&address| Family::of(address) == family)
                && self.clients.addresses.families().any(|other| other == family)
        })
    }
}

/// An FTP service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// A short name, used in the names of chains and anchors: at most 15 of `a-z`, `A-Z`, `0-9`, `-`, `_`.
    pub name: String,
    /// The server's addresses, at least one, without duplicates, in the order of the file.
    pub addresses: Vec<IpAddr>,
    /// Where the control connection goes: 21, or 990 with implicit TLS, unless declared.
    pub control_port: u16,
    /// Whether and how sessions are encrypted.
    pub tls: Tls,
    /// The modes on offer, at least one.
    pub modes: Modes,
    /// Where the server opens active data connections from.
    pub active_source: ActiveSource,
    /// Where the server listens for passive data connections. Always there when passive mode is on offer.
    pub passive_ports: Option<PortRange>,
    /// The address that the reply to `PASV` names. IPv4, since that reply has no room for another (RFC 959 §4.1.2).
    pub advertised_address: Option<Ipv4Addr>,
    /// The server program, for advice about its settings.
    pub software: Option<Software>,
    /// How many sessions the service is meant to carry at once.
    pub max_sessions: Option<u32>,
    /// Whether data connections may go to or come from another address than the control connection's.
    pub foreign_addresses: ForeignAddresses,
    /// Whom clients log in as.
    pub user: Option<String>,
}

impl Service {
    /// Whether clients log in without a password that is worth anything (RFC 1635).
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.user.as_deref() == Some("anonymous")
    }
}

/// Whether a server takes data connections with another address than the client's, as for transfers between two
/// servers (RFC 2577 §3): `pasv_promiscuous` and `port_promiscuous` of vsftpd, `AllowForeignAddress` of `ProFTPD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForeignAddresses {
    /// It refuses them.
    Refused,
    /// It takes them.
    Allowed,
}

impl ForeignAddresses {
    /// Both, in the order of the documentation.
    pub const ALL: [Self; 2] = [Self::Refused, Self::Allowed];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Allowed => "allowed",
        }
    }
}

/// Whether and how FTP sessions are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tls {
    /// Plaintext only.
    None,
    /// The client may ask for TLS (`AUTH TLS`, RFC 4217 §4), plaintext sessions remain possible.
    Explicit,
    /// The client has to ask for TLS.
    ExplicitRequired,
    /// TLS from the first byte, by custom on port 990.
    Implicit,
}

impl Tls {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::None, Self::Explicit, Self::ExplicitRequired, Self::Implicit];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Explicit => "explicit",
            Self::ExplicitRequired => "explicit-required",
            Self::Implicit => "implicit",
        }
    }

    /// Whether there are sessions with an encrypted control connection, which no helper can read.
    #[must_use]
    pub fn encrypts(self) -> bool {
        self != Self::None
    }
}

/// The data connection modes on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes {
    /// The server opens the data connection (`PORT`, `EPRT`).
    pub active: bool,
    /// The client opens the data connection (`PASV`, `EPSV`).
    pub passive: bool,
}

/// Where a server opens active data connections from: a property of its software (RFC 959 §3.2 asks
/// for the control port minus one, many servers do otherwise).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActiveSource {
    /// One of these ports.
    Ports(PortSet),
    /// Any unprivileged port that the operating system picks.
    Ephemeral,
}

impl ActiveSource {
    /// The ports that a data connection can come from.
    #[must_use]
    pub fn ports(&self) -> PortSet {
        match self {
            Self::Ports(ports) => ports.clone(),
            // Systems differ (Linux 32768-60999, Windows and BSD 49152-65535) and can be set
            // otherwise; the server's is not declared.
            Self::Ephemeral => PortRange::new(1024, u16::MAX).into_iter().collect(),
        }
    }
}

/// FTP server programs with settings and findings of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Software {
    /// vsftpd.
    Vsftpd,
    /// `ProFTPD`.
    Proftpd,
    /// Pure-FTPd.
    PureFtpd,
    /// `FileZilla` Server 1.x.
    FilezillaServer,
    /// Serv-U.
    ServU,
    /// The FTP service of IIS 7 and later.
    Iis,
}

impl Software {
    /// Every program, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::Vsftpd, Self::Proftpd, Self::PureFtpd, Self::FilezillaServer, Self::ServU, Self::Iis];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Vsftpd => "vsftpd",
            Self::Proftpd => "proftpd",
            Self::PureFtpd => "pure-ftpd",
            Self::FilezillaServer => "filezilla-server",
            Self::ServU => "serv-u",
            Self::Iis => "iis",
        }
    }

    /// The program's own spelling of its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Vsftpd => "vsftpd",
            Self::Proftpd => "ProFTPD",
            Self::PureFtpd => "Pure-FTPd",
            Self::FilezillaServer => "FileZilla Server",
            Self::ServU => "Serv-U",
            Self::Iis => "IIS",
        }
    }
}

/// Who connects to the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clients {
    /// The addresses that clients have; never empty.
    pub addresses: AddressSet,
    /// The ports that clients connect from, and listen on in active mode: 1024-65535 unless declared.
    pub ports: PortRange,
}

/// A firewall between the clients and the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firewall {
    /// A unique name, also the name of the files generated for it.
    pub name: String,
    /// Whose end it protects.
    pub side: Side,
    /// Where it runs.
    pub place: Place,
    /// What its rule sets are written in.
    pub dialect: Dialect,
    /// How it comes to let data connections through.
    pub strategy: Strategy,
    /// The interface towards the other side.
    pub outside: Option<String>,
    /// The interface towards the protected side.
    pub inside: Option<String>,
    /// What it translates.
    pub nat: Option<Nat>,
    /// What may leave the protected side.
    pub egress: Egress,
    /// The rule sets that `audit` reads when none is named.
    pub rulesets: Vec<PathBuf>,
    /// Other traffic that is meant to pass.
    pub also_allow: Vec<AlsoAllow>,
    /// What its machine is set to, as far as that is declared.
    pub host: Host,
}

/// Whose end a firewall protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The server's.
    Server,
    /// The clients'.
    Client,
}

impl Side {
    /// Both sides.
    pub const ALL: [Self; 2] = [Self::Server, Self::Client];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// Where a firewall runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// On the FTP server or client itself.
    Host,
    /// On a machine that forwards the packets.
    Gateway,
}

impl Place {
    /// Both places.
    pub const ALL: [Self; 2] = [Self::Host, Self::Gateway];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Gateway => "gateway",
        }
    }
}

/// How a firewall comes to let data connections through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strategy {
    /// The declared ports are open to the declared addresses.
    Static,
    /// A conntrack helper, or ftp-proxy with pf, reads the control connection and expects each data connection.
    Helper,
}

impl Strategy {
    /// Both strategies.
    pub const ALL: [Self; 2] = [Self::Static, Self::Helper];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Helper => "helper",
        }
    }
}

/// Address translation at a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nat {
    /// The address on the outside.
    pub public: IpAddr,
    /// What it stands for on the inside: the server's own address (a full-length prefix), or the
    /// network of the clients. The same family as `public`.
    pub private: IpNet,
}

/// What may leave the protected side of a firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Egress {
    /// Only the packets of the FTP flows and of `also_allow`.
    Restricted,
    /// Every new connection.
    Open,
}

impl Egress {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Restricted, Self::Open];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Open => "open",
        }
    }
}

/// Traffic beside FTP that is meant to pass a firewall. The connection's later packets and replies are included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoAllow {
    /// The protocol above IP.
    pub protocol: Protocol,
    /// Who opens the connection.
    pub from: Party,
    /// Whom it is opened to.
    pub to: Party,
    /// The destination ports; `None` is every port. Only with TCP and UDP.
    pub ports: Option<PortSet>,
    /// What it is for, for whoever reads the rule set. No control characters.
    pub note: Option<String>,
}

/// One end of the traffic that `also_allow` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// The machine that the firewall runs on.
    ThisHost,
    /// Machines with these addresses. Never empty.
    Addresses(AddressSet),
}

/// A finding that `audit` is to leave out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ignore {
    /// Its name: `FTP` and three digits.
    pub rule: String,
    /// The firewall that it is left out for; `None` is every one.
    pub firewall: Option<String>,
    /// Why. Never blank.
    pub reason: String,
}
