//! What the sessions of a responder have in common.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Options;
use crate::probe::Stop;
use crate::probe::token::Conversation;

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
            if let std::collections::hash_map::Entry::Vacant(free) =
                awaiting.entry((SocketAddr::new(address, port), client))
            {
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
        if let Some(sweep) = locked(&self.sweeps).get_mut(&client) {
            sweep.reached.insert(at.port());
            let proof = sweep.conversation.proof(crate::probe::token::Claim::Port(at.port()));
            return Delivery::Swept(stream, proof);
        }
        match locked(&self.awaiting).remove(&(at, client)) {
            Some(session) if session.send(stream).is_ok() => Delivery::Taken,
            _ => Delivery::Unwanted,
        }
    }

    /// Lets `client` try all ports.
    pub(super) fn begin_sweep(&self, client: IpAddr, conversation: Conversation) {
        locked(&self.sweeps).insert(client, Sweep { conversation, reached: BTreeSet::new() });
    }

    /// The ports that `client` has reached; `None` if it sweeps nothing.
    pub(super) fn reached(&self, client: IpAddr) -> Option<BTreeSet<u16>> {
        locked(&self.sweeps).get(&client).map(|sweep| sweep.reached.clone())
    }

    /// The sweep of `client` is over.
    pub(super) fn end_sweep(&self, client: IpAddr) {
        locked(&self.sweeps).remove(&client);
    }
}

/// A thread that failed has left nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
