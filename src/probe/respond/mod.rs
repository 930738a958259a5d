//! The other end of a probe where no FTP server runs: as much of one as `probe`, curl and others need for transfers, with
//! every port of the passive range open at once.
//!
//! It listens on declared addresses only, serves declared clients only, connects to nobody but the client of a session
//! (RFC 2577 §3), has no files but what a session has stored in memory, and ends by itself.

pub mod command;
mod data;
mod knocked;
mod listeners;
mod session;
mod shared;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use self::listeners::Listeners;
use self::shared::Shared;
use super::Stop;
use super::plan::Secret;
use crate::deployment::ActiveSource;
use crate::packet::{AddressSet, PortRange};

/// What a responder does.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens.
    pub addresses: Vec<IpAddr>,
    /// Where control connections arrive; 0 is any free port.
    pub control_port: u16,
    /// Where data connections arrive. `None` refuses passive mode.
    pub passive_ports: Option<PortRange>,
    /// What its reply to `PASV` names instead of its own address.
    pub advertised: Option<Ipv4Addr>,
    /// Where it opens data connections from. `None` refuses active mode.
    pub active_source: Option<ActiveSource>,
    /// Whom it serves.
    pub clients: AddressSet,
    /// Who may sweep: whoever knows this.
    pub token: Secret,
    /// How many sessions it serves at once.
    pub sessions: usize,
    /// When it ends by itself.
    pub duration: Duration,
}

/// What a responder tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session began.
    Connected(SocketAddr),
    /// A connection was closed at once: its peer is no declared client.
    Stranger(SocketAddr),
    /// A connection was closed at once: there are as many sessions as there may be.
    Full(SocketAddr),
    /// A transfer ended, with this reply.
    Transferred(SocketAddr, String),
    /// A sweep began.
    Swept(SocketAddr),
    /// A session ended.
    Left(SocketAddr),
}

/// Something that could not be listened on.
#[derive(Debug)]
pub struct BindError {
    /// Where.
    pub address: SocketAddr,
    /// What the system says.
    pub error: io::Error,
}

/// A responder that listens already.
#[derive(Debug)]
pub struct Responder {
    listeners: Listeners,
    shared: Arc<Shared>,
}

impl Responder {
    /// Listens on all ports of `options`.
    ///
    /// # Errors
    ///
    /// Every address and port that is not to be had.
    pub fn bind(options: Options) -> Result<Self, Vec<BindError>> {
        let listeners = Listeners::bind(&options)?;
        Ok(Self { listeners, shared: Arc::new(Shared::new(options)) })
    }

    /// Where control connections arrive.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.control()
    }

    /// Serves until `stop` is requested or the time is over.
    ///
    /// # Errors
    ///
    /// What the system says when nothing more can be awaited.
    pub fn run(mut self, stop: &Stop, events: &Sender<Event>) -> io::Result<()> {
        let end = Instant::now() + self.shared.options.duration;
        let served = self.listeners.serve(&self.shared, stop, events, end);
        // The sessions end with it.
        self.shared.ended.request();
        served
    }
}
