//! What the sessions of a responder have in common.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Options;
use crate::packet::{PortRange, PortSet};
use crate::probe::Stop;
use crate::probe::token::{Claim, Conversation};

/// What the sessions have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    /// Whether the responder is at its end.
    pub(super) ended: Stop,
    /// How many sessions there are.
    pub(super) sessions: AtomicUsize,
    /// The port of the range that is offered next.
    next: AtomicU32,
    /// Who awaits a data connection: to this address, from this client.
    awaiting: Mutex<HashMap<(SocketAddr, IpAddr), Sender<TcpStream>>>,
    /// The sweeps, by client.
    sweeps: Mutex<HashMap<IpAddr, Sweep>>,
}

/// A client that tries all ports.
#[derive(Debug)]
struct Sweep {
    /// Whose it is: the session with this end of a control connection.
    session: SocketAddr,
    conversation: Conversation,
    /// The ports that it has reached.
    reached: BTreeSet<u16>,
}

/// What becomes of a data connection.
#[derive(Debug)]
pub(super) enum Delivery {
    /// A session has it.
    Taken,
    /// It belongs to a sweep: the line that proves where it arrived.
    Swept(TcpStream, String),
    /// Nobody wants it.
    Unwanted,
}

impl Shared {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            ended: Stop::default(),
            sessions: AtomicUsize::new(0),
            next: AtomicU32::new(0),
            awaiting: Mutex::default(),
            sweeps: Mutex::default(),
        }
    }

    /// Awaits a data connection from `client` at a port of `address`: the next one of the range that is not taken.
    pub(super) fn offer(&self, address: IpAddr, client: IpAddr) -> Option<(u16, Receiver<TcpStream>)> {
        let range = self.options.passive_ports?;
        let mut awaiting = locked(&self.awaiting);
        for _ in 0..range.count() {
            let offset = self.next.fetch_add(1, Ordering::Relaxed) % range.count();
            let port = range.first() + u16::try_from(offset).ok()?;
            if let Entry::Vacant(free) = awaiting.entry((SocketAddr::new(address, port), client)) {
                let (sender, receiver) = channel();
                free.insert(sender);
                return Some((port, receiver));
            }
        }
        None
    }

    /// Awaits no longer.
    pub(super) fn withdraw(&self, address: IpAddr, port: u16, client: IpAddr) {
        locked(&self.awaiting).remove(&(SocketAddr::new(address, port), client));
    }

    /// Hands `stream`, which arrived at `at`, to whoever awaits it.
    pub(super) fn deliver(&self, stream: TcpStream, at: SocketAddr, peer: SocketAddr) -> Delivery {
        let client = peer.ip();
        if let Some(session) = locked(&self.awaiting).remove(&(at, client)) {
            return if session.send(stream).is_ok() { Delivery::Taken } else { Delivery::Unwanted };
        }
        let mut sweeps = locked(&self.sweeps);
        let Some(sweep) = sweeps.get_mut(&client) else { return Delivery::Unwanted };
        sweep.reached.insert(at.port());
        Delivery::Swept(stream, sweep.conversation.proof(Claim::Port(at.port())))
    }

    /// Lets the session with `peer` try all ports of `own`, except those where transfers of the same client are awaited:
    /// these. `None` if another session of that client is at it.
    pub(super) fn begin_sweep(
        &self,
        own: IpAddr,
        peer: SocketAddr,
        conversation: Conversation,
    ) -> Option<PortSet> {
        let mut sweeps = locked(&self.sweeps);
        match sweeps.entry(peer.ip()) {
            Entry::Occupied(known) if known.get().session != peer => return None,
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => {
                free.insert(Sweep { session: peer, conversation, reached: BTreeSet::new() });
            }
        }
        let awaiting = locked(&self.awaiting);
        let of_client = awaiting.keys().filter(|(at, client)| (at.ip(), *client) == (own, peer.ip()));
        Some(of_client.map(|(at, _)| PortRange::single(at.port())).collect())
    }

    /// The ports that the sweep of the session with `peer` has reached.
    pub(super) fn reached(&self, peer: SocketAddr) -> PortSet {
        let sweeps = locked(&self.sweeps);
        let own = sweeps.get(&peer.ip()).filter(|sweep| sweep.session == peer);
        own.into_iter().flat_map(|sweep| &sweep.reached).map(|&port| PortRange::single(port)).collect()
    }

    /// The sweep of the session with `peer` is over, if there is one.
    pub(super) fn end_sweep(&self, peer: SocketAddr) {
        let mut sweeps = locked(&self.sweeps);
        if sweeps.get(&peer.ip()).is_some_and(|sweep| sweep.session == peer) {
            sweeps.remove(&peer.ip());
        }
    }
}

/// A thread that failed has left nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
