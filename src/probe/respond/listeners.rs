//! The ports that a responder listens on, and what arrives there.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Instant;

use ipnet::IpNet;
use mio::{Events, Interest, Poll, Token};

use super::session;
use super::shared::{Delivery, Shared};
use super::{BindError, Event, Options};
use crate::probe::Stop;
use crate::probe::socket::SLICE;

/// Files beside the listeners: standard streams, sessions and their data connections.
const FILES_BESIDE: u64 = 256;

/// What a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Control,
    Data,
}

/// Listeners, each with its address and purpose.
#[derive(Debug)]
pub(super) struct Listeners {
    all: Vec<(mio::net::TcpListener, SocketAddr, Purpose)>,
}

impl Listeners {
    /// Listens on every port of `options`.
    pub(super) fn bind(options: &Options) -> Result<Self, Vec<BindError>> {
        let ports = options.passive_ports.map_or(0, |range| u64::from(range.count()));
        // One file is open for each; where the system allows fewer, binding says so.
        let _ = rlimit::increase_nofile_limit(ports * options.addresses.len() as u64 + FILES_BESIDE);
        let mut all = Vec::new();
        let mut errors = Vec::new();
        let mut bind = |address: SocketAddr, purpose: Purpose| match listen(address) {
            Ok((listener, address)) => all.push((listener, address, purpose)),
            Err(error) => errors.push(BindError { address, error }),
        };
        for &address in &options.addresses {
            bind(SocketAddr::new(address, options.control_port), Purpose::Control);
            for port in options.passive_ports.into_iter().flat_map(|range| range.first()..=range.last()) {
                bind(SocketAddr::new(address, port), Purpose::Data);
            }
        }
        if errors.is_empty() { Ok(Self { all }) } else { Err(errors) }
    }

    /// Where control connections arrive.
    pub(super) fn control(&self) -> Vec<SocketAddr> {
        let control = self.all.iter().filter(|(_, _, purpose)| *purpose == Purpose::Control);
        control.map(|(_, address, _)| *address).collect()
    }

    /// Takes what arrives until `stop` is requested or `end` has come.
    pub(super) fn serve(
        &mut self,
        shared: &Arc<Shared>,
        stop: &Stop,
        events: &Sender<Event>,
        end: Instant,
    ) -> io::Result<()> {
        let mut poll = Poll::new()?;
        for (number, (listener, ..)) in self.all.iter_mut().enumerate() {
            poll.registry().register(listener, Token(number), Interest::READABLE)?;
        }
        let mut ready = Events::with_capacity(256);
        while !stop.is_requested() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match poll.poll(&mut ready, Some(left.min(SLICE))) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => other?,
            }
            for event in &ready {
                if let Some((listener, at, purpose)) = self.all.get(event.token().0) {
                    accept_all(listener, *at, *purpose, shared, events);
                }
            }
        }
        Ok(())
    }
}

fn listen(address: SocketAddr) -> io::Result<(mio::net::TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((mio::net::TcpListener::from_std(listener), address))
}

/// Takes every connection that waits. Out of files, the rest is tried again at the next turn.
fn accept_all(
    listener: &mio::net::TcpListener,
    at: SocketAddr,
    purpose: Purpose,
    shared: &Arc<Shared>,
    events: &Sender<Event>,
) {
    while let Ok((stream, peer)) = listener.accept() {
        let stream = TcpStream::from(stream);
        // Where a dual-stack listener is not meant, addresses of one family are what they are.
        if !shared.options.clients.contains(&IpNet::from(peer.ip())) {
            let _ = events.send(Event::Stranger(peer));
            continue;
        }
        match purpose {
            Purpose::Control => begin(stream, peer, shared, events),
            Purpose::Data => {
                if let Delivery::Swept(mut stream, proof) = shared.deliver(stream, at, peer) {
                    // The line fits into any buffer, so that nothing waits.
                    let _ = stream.write_all(format!("{proof}\r\n").as_bytes());
                }
            }
        }
    }
}

/// Begins a session in a thread of its own.
fn begin(mut stream: TcpStream, peer: SocketAddr, shared: &Arc<Shared>, events: &Sender<Event>) {
    if stream.set_nonblocking(false).and_then(|()| stream.set_nodelay(true)).is_err() {
        return;
    }
    if shared.sessions.fetch_add(1, Ordering::Relaxed) >= shared.options.sessions {
        shared.sessions.fetch_sub(1, Ordering::Relaxed);
        let _ = stream.set_write_timeout(Some(SLICE));
        let _ = stream.write_all(b"421 Too many sessions.\r\n");
        let _ = events.send(Event::Full(peer));
        return;
    }
    let (shared, events) = (Arc::clone(shared), events.clone());
    std::thread::spawn(move || {
        let _ = events.send(Event::Connected(peer));
        session::serve(stream, peer, &shared, &events);
        shared.end_sweep(peer);
        shared.sessions.fetch_sub(1, Ordering::Relaxed);
        let _ = events.send(Event::Left(peer));
    });
}
