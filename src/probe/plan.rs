//! What is probed, and how.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::audit::Session;
use crate::deployment::{ActiveSource, Modes, Tls};
use crate::packet::{Family, PortRange};

/// Everything that a probe has to know. It connects to [`servers`](Self::servers) and nowhere else.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The addresses of the server, as clients dial them: one of each family at most.
    pub servers: Vec<IpAddr>,
    /// Addresses that belong to the same server and may be named in its reply to `PASV` ([`advertised`](Self::advertised) among them).
    pub aliases: Vec<IpAddr>,
    /// The name that the server was asked for by, for the certificate, SNI and `HOST` (RFC 7151).
    pub name: Option<String>,
    /// Where the control connection goes.
    pub control_port: u16,
    /// Whether and how sessions are encrypted.
    pub tls: Tls,
    /// The kinds of session to open.
    pub sessions: Vec<Session>,
    /// The modes to try.
    pub modes: Modes,
    /// Where the server is declared to listen for data connections.
    pub passive_ports: Option<PortRange>,
    /// The address that the reply to `PASV` is declared to name.
    pub advertised: Option<Ipv4Addr>,
    /// Where the server is declared to open data connections from.
    pub active_source: ActiveSource,
    /// Where clients are declared to listen for data connections.
    pub client_ports: PortRange,
    /// Who logs in.
    pub login: Login,
    /// Which certificates are believed.
    pub trust: Trust,
    /// Whether TLS is given up on control connections after the login (`CCC`, RFC 4217 §5), so that helpers on the path can
    /// read what follows.
    pub clear_control: bool,
    /// Whether nothing is written to the server.
    pub read_only: bool,
    /// Whether the server's policy on `PORT` and `EPSV ALL` is checked.
    pub policy: bool,
    /// How many passive listeners to ask for at once, to see whether the range is large enough.
    pub burst: Option<u16>,
    /// How many replies to `PASV` and `EPSV` are collected in each session, to see where in the range they are.
    pub samples: u8,
    /// How long one connection attempt, or one reply, may take.
    pub timeout: Duration,
    /// How many connections may be attempted at once.
    pub jobs: usize,
}

impl Plan {
    /// A plain session in both modes with the server at these addresses, whose data connections may have any port, for
    /// `login`: one connection after the other, each with five seconds, and nothing beyond the transfers.
    #[must_use]
    pub fn plain(servers: Vec<IpAddr>, control_port: u16, login: Login) -> Self {
        Self {
            servers,
            aliases: Vec::new(),
            name: None,
            control_port,
            tls: Tls::None,
            sessions: vec![Session::Plain],
            modes: Modes { active: true, passive: true },
            passive_ports: None,
            advertised: None,
            active_source: ActiveSource::Ephemeral,
            client_ports: PortRange::between(1024, u16::MAX),
            login,
            trust: Trust::System,
            clear_control: false,
            read_only: false,
            policy: false,
            burst: None,
            samples: 0,
            timeout: Duration::from_secs(5),
            jobs: 1,
        }
    }

    /// The families that are probed, IPv4 first.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(|&family| self.servers.iter().any(|&one| Family::of(one) == family))
    }
}

/// A user and the password.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

impl Login {
    /// A user with this password.
    #[must_use]
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: Secret::new(password.to_owned()) }
    }
}

/// A text that is sent to the server and shown to nobody.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being shown.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for sending it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Which certificates are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those that the system believes.
    System,
    /// Those signed by one of these certificates, in PEM.
    Roots(Vec<u8>),
    /// All: the connection is encrypted to whoever answers.
    Anything,
}
