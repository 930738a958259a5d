//! What a probe saw: every step with its times, addresses, raw errors and raw replies.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::audit::Session;
use crate::flow::Mode;
use crate::packet::Family;

/// Everything that a probe saw.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// The sessions: for each address of the server, plain before TLS.
    pub visits: Vec<Visit>,
    /// Whether it was told to end before it was done.
    pub interrupted: bool,
}

/// One session with the server, and the connections that belong to it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Where the control connection goes.
    pub server: SocketAddr,
    /// The kind of session.
    pub session: Session,
    /// How the control connection came about.
    pub control: Dial,
    /// The commands up to the transfers and their replies, the greeting (without a command) first.
    pub exchanges: Vec<Exchange>,
    /// How TLS came about on the control connection, if that was tried.
    pub handshake: Option<Handshake>,
    /// What kept the session from transferring anything.
    pub halt: Option<Halt>,
    /// The replies to `PASV` and `EPSV`.
    pub offers: Vec<Offer>,
    /// The transfers that were tried, in their order.
    pub transfers: Vec<Transfer>,
    /// What the server made of requests that it should refuse.
    pub policies: Vec<PolicyCheck>,
    /// What became of many listeners asked for at once.
    pub burst: Option<Burst>,
}

impl Visit {
    /// A session that nothing is known of yet but how its control connection came about.
    #[must_use]
    pub fn new(server: SocketAddr, session: Session, control: Dial) -> Self {
        Self {
            server,
            session,
            control,
            exchanges: Vec::new(),
            handshake: None,
            halt: None,
            offers: Vec::new(),
            transfers: Vec::new(),
            policies: Vec::new(),
            burst: None,
        }
    }

    /// The family.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.server.ip())
    }
}

/// An attempt to open a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Where to.
    pub peer: SocketAddr,
    /// Where from, if it got so far.
    pub local: Option<SocketAddr>,
    /// From the first SYN until the outcome was known.
    pub took: Duration,
    /// Whether it was established.
    pub outcome: Result<(), DialError>,
    /// The ICMP message that ended it, where the system tells.
    pub icmp: Option<IcmpError>,
}

/// An ICMP message that ended an attempt to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IcmpError {
    /// Who sent it.
    pub from: IpAddr,
    /// Its type, of ICMP or ICMPv6 as the address says.
    pub kind: u8,
    /// Its code.
    pub code: u8,
}

/// Why a connection was not established.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DialError {
    /// Nothing came back in time.
    TimedOut,
    /// The system's error number, as it stands (connect(2)).
    Errno(i32),
    /// The same, from a system that did not even try: there is no route, or none that may be used.
    Unsent(i32),
    /// An error of the system without a number.
    Other(std::io::ErrorKind),
    /// The probe was told to end.
    Stopped,
}

/// A command and its reply; or, without a command, a reply that the server sends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The command as it was sent, without its line end. A password is replaced by `***`.
    pub command: Option<String>,
    /// What came back.
    pub reply: Result<Reply, Trouble>,
    /// From sending the command, or from being ready for the reply, until the outcome was known.
    pub took: Duration,
}

/// A reply of the server (RFC 959 §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its code, from 100 to 599.
    pub code: u16,
    /// Its lines as they arrived, with their codes, without line ends. What is no UTF-8 is replaced. Hostile: to be
    /// escaped before it is printed.
    pub lines: Vec<String>,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// None came in time.
    TimedOut,
    /// The server closed the connection in order.
    Closed,
    /// The connection broke; the system's error number.
    Broken(Option<i32>),
    /// What came is no reply: its beginning.
    NotAReply(String),
    /// It was longer than any reply of a server.
    TooLong,
    /// TLS failed; the words of the TLS library.
    Tls(String),
    /// The probe was told to end.
    Stopped,
}

/// How TLS came about on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// From its first message until the outcome was known.
    pub took: Duration,
    /// What was agreed on, or why nothing.
    pub outcome: Result<Encryption, Trouble>,
}

/// What a handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// The version as the specifications write it: `TLSv1.3`.
    pub version: String,
    /// Whether it resumed the session of another connection.
    pub resumed: bool,
}

/// What kept a session from transferring anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// Where it ended.
    pub stage: Stage,
    /// Why: a refusal has `None`, its reply is the last of [`Visit::exchanges`].
    pub trouble: Option<Trouble>,
}

/// The stages of a session before its transfers, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Opening the control connection.
    Connect,
    /// The first reply.
    Greeting,
    /// `AUTH TLS` (RFC 4217 §4).
    Auth,
    /// TLS on the control connection.
    Handshake,
    /// `USER` and `PASS`.
    Login,
    /// `PBSZ` and `PROT` (RFC 4217 §9).
    Protect,
    /// `FEAT`, `SYST`, `TYPE`.
    Prepare,
}

/// How a data connection is agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// `EPSV` (RFC 2428 §3).
    Epsv,
    /// `PASV`.
    Pasv,
    /// `EPRT` (RFC 2428 §2).
    Eprt,
    /// `PORT`.
    Port,
}

impl Method {
    /// All of them, passive before active.
    pub const ALL: [Self; 4] = [Self::Epsv, Self::Pasv, Self::Eprt, Self::Port];

    /// The command.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Epsv => "EPSV",
            Self::Pasv => "PASV",
            Self::Eprt => "EPRT",
            Self::Port => "PORT",
        }
    }

    /// Who opens the data connection.
    #[must_use]
    pub fn mode(self) -> Mode {
        match self {
            Self::Epsv | Self::Pasv => Mode::Passive,
            Self::Eprt | Self::Port => Mode::Active,
        }
    }

    /// Whether its commands can name an address of `family`.
    #[must_use]
    pub fn serves(self, family: Family) -> bool {
        match self {
            Self::Epsv | Self::Eprt => true,
            Self::Pasv | Self::Port => family == Family::Ipv4,
        }
    }
}

/// The reply to `PASV` or `EPSV`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which of the two.
    pub method: Method,
    /// The command and the reply.
    pub exchange: Exchange,
    /// The address that the reply names: `PASV` only.
    pub address: Option<IpAddr>,
    /// The port that the reply names; `None` if it names none, or is a refusal.
    pub port: Option<u16>,
    /// The attempt to reach it, if one was made.
    pub dial: Option<Dial>,
}

/// What a transfer moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// A listing of the server's folder.
    List,
    /// A small file of its own to the server.
    Store,
    /// The same file back.
    Retrieve,
}

/// One transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// How its data connection was agreed on.
    pub method: Method,
    /// What it moves.
    pub work: Work,
    /// `PASV`, `EPSV`, `PORT` or `EPRT`, and the reply.
    pub request: Exchange,
    /// The data connection. `None` where the request was refused.
    pub data: Option<DataConnection>,
    /// `LIST`, `STOR` or `RETR`, and the first reply to it. `None` where it was not sent.
    pub command: Option<Exchange>,
    /// TLS on the data connection, if that was tried.
    pub handshake: Option<Handshake>,
    /// How many bytes of the listing or file were moved.
    pub bytes: u64,
    /// Whether the probe broke it off, having seen enough.
    pub cut: bool,
    /// The last reply: 226 where all went well. `None` where none was waited for.
    pub completion: Option<Exchange>,
}

impl Transfer {
    /// A transfer of which only the answer to its request is known.
    #[must_use]
    pub fn new(method: Method, work: Work, request: Exchange) -> Self {
        Self {
            method,
            work,
            request,
            data: None,
            command: None,
            handshake: None,
            bytes: 0,
            cut: false,
            completion: None,
        }
    }

    /// Whether everything went well, from the request to the last reply.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        let encrypted = self.handshake.as_ref().is_none_or(|handshake| handshake.outcome.is_ok());
        encrypted && (self.cut || self.completion.as_ref().is_some_and(Exchange::is_positive))
    }

    /// Whether the data connection opened, and the server then had no word for how the transfer ended.
    #[must_use]
    pub fn fell_silent(&self) -> bool {
        let opened = self.data.as_ref().is_some_and(|data| match data {
            DataConnection::Dialled { attempts, .. } => attempts.iter().any(|dial| dial.outcome.is_ok()),
            DataConnection::Awaited { arrivals, .. } => !arrivals.is_empty(),
        });
        let last = self.completion.as_ref().or(self.command.as_ref());
        opened && !self.cut && last.is_some_and(|exchange| exchange.reply == Err(Trouble::TimedOut))
    }
}

impl Exchange {
    /// Whether the command was carried out (a reply of 2xx).
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.reply.as_ref().is_ok_and(|reply| (200..300).contains(&reply.code))
    }
}

/// How the data connection of a transfer came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataConnection {
    /// The probe opened it.
    Dialled {
        /// The address that the reply named: `PASV` only. Never connected to unless it is one of the plan's.
        advertised: Option<IpAddr>,
        /// The attempts, the first one to the address of the control connection.
        attempts: Vec<Dial>,
    },
    /// The server was to open it.
    Awaited {
        /// Where the probe listened: what `PORT` or `EPRT` named.
        listener: SocketAddr,
        /// Who came, and how long after the request. Connections of strangers are closed and listed, but carry nothing.
        arrivals: Vec<Arrival>,
    },
}

/// A connection that somebody opened to the probe's listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Who.
    pub peer: SocketAddr,
    /// From sending `PORT` or `EPRT` until it was accepted.
    pub took: Duration,
}

/// Something that a server should refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// A `PORT` to a privileged port of the probe's own address (RFC 2577 §3).
    PrivilegedPort,
    /// A `PORT` to the address of somebody else: one that documentation uses (RFC 5737), to which nothing is sent.
    ForeignAddress,
    /// `PASV` after `EPSV ALL` (RFC 2428 §4).
    PasvAfterEpsvAll,
}

/// What a server made of a request that it should refuse. No transfer follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyCheck {
    /// Which.
    pub policy: Policy,
    /// The command and its reply.
    pub exchange: Exchange,
}

/// What became of many listeners asked for at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burst {
    /// How many sessions asked for one.
    pub asked: u16,
    /// The ports that were offered.
    pub ports: Vec<u16>,
    /// The replies and troubles that were no offer.
    pub refusals: Vec<Exchange>,
}
