//! Many connections at once.

use std::collections::HashMap;
use std::io::{self, Read};
use std::net::{IpAddr, Shutdown};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::at;
use crate::probe::Stop;
use crate::probe::socket::SLICE;
use crate::probe::token::{Claim, Conversation};

/// Files beside the connections.
const FILES_BESIDE: u64 = 64;
/// Connections at once where the system does not say how many files there may be.
const AT_ONCE: u64 = 512;
/// Bytes of the line that proves where a connection arrived.
const LONGEST: usize = 128;

/// What a port answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knock {
    /// A connection, and the proof that it is the responder's.
    Proven,
    /// A connection, and no proof.
    Unproven,
    /// A reset, or an ICMP message that reads like one.
    Refused,
    /// An error of the system: its number.
    Error(i32),
    /// Nothing.
    Silent,
    /// Nothing, twice.
    SilentAgain,
    /// It was not asked.
    Untried,
}

/// Connects to all `ports` at once, as far as files allow, and waits for `timeout`.
pub(super) fn knock(
    server: IpAddr,
    ports: &[u16],
    timeout: Duration,
    conversation: &Conversation,
    stop: &Stop,
) -> Vec<(u16, Knock)> {
    let wanted = ports.len() as u64 + FILES_BESIDE;
    let limit = rlimit::increase_nofile_limit(wanted).unwrap_or(AT_ONCE);
    let at_once = usize::try_from(limit.saturating_sub(FILES_BESIDE)).unwrap_or(usize::MAX).max(1);
    let mut knocks = Vec::with_capacity(ports.len());
    for ports in ports.chunks(at_once) {
        if stop.is_requested() {
            knocks.extend(ports.iter().map(|&port| (port, Knock::Untried)));
        } else {
            knocks.extend(together(server, ports, timeout, conversation, stop));
        }
    }
    knocks
}

/// A connection on its way.
struct Pending {
    stream: TcpStream,
    line: Vec<u8>,
    established: bool,
}

fn together(
    server: IpAddr,
    ports: &[u16],
    timeout: Duration,
    conversation: &Conversation,
    stop: &Stop,
) -> Vec<(u16, Knock)> {
    let mut answers: HashMap<u16, Knock> = HashMap::with_capacity(ports.len());
    let mut pending: HashMap<u16, Pending> = HashMap::with_capacity(ports.len());
    let Ok(mut poll) = Poll::new() else { return ports.iter().map(|&port| (port, Knock::Untried)).collect() };
    for &port in ports {
        match begin(server, port, &poll) {
            Ok(stream) => {
                pending.insert(port, Pending { stream, line: Vec::new(), established: false });
            }
            Err(error) => {
                answers.insert(port, failure(&error));
            }
        }
    }
    let end = Instant::now() + timeout;
    let mut events = Events::with_capacity(1024);
    while !pending.is_empty() && !stop.is_requested() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        if poll.poll(&mut events, Some(left.min(SLICE))).is_err() {
            continue;
        }
        // Some errors wake nobody up, and are there for whoever asks.
        pending.retain(|port, own| match own.stream.take_error() {
            Ok(Some(error)) => {
                answers.insert(*port, failure(&error));
                false
            }
            _ => true,
        });
        for event in &events {
            let Ok(port) = u16::try_from(event.token().0) else { continue };
            let Some(own) = pending.get_mut(&port) else { continue };
            if let Some(answer) = look(own, port, conversation) {
                answers.insert(port, answer);
                pending.remove(&port);
            }
        }
    }
    let stopped = stop.is_requested();
    ports
        .iter()
        .map(|port| {
            let late = match pending.get(port) {
                Some(own) if own.established => Knock::Unproven,
                _ if stopped => Knock::Untried,
                _ => Knock::Silent,
            };
            (*port, answers.get(port).copied().unwrap_or(late))
        })
        .collect()
}

fn begin(server: IpAddr, port: u16, poll: &Poll) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(at(server, port))?;
    poll.registry().register(
        &mut stream,
        Token(usize::from(port)),
        Interest::READABLE | Interest::WRITABLE,
    )?;
    Ok(stream)
}

/// What a connection has come to; `None` if that is not yet known.
fn look(own: &mut Pending, port: u16, conversation: &Conversation) -> Option<Knock> {
    if let Ok(Some(error)) | Err(error) = own.stream.take_error() {
        return Some(failure(&error));
    }
    if !own.established {
        // Not connected yet: an event of another kind.
        own.stream.peer_addr().ok()?;
        own.established = true;
    }
    let mut buffer = [0; LONGEST];
    loop {
        match own.stream.read(&mut buffer) {
            Ok(0) => return Some(verdict(own, port, conversation)),
            Ok(length) => own.line.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Some(verdict(own, port, conversation)),
        }
        if own.line.len() > LONGEST {
            return Some(Knock::Unproven);
        }
    }
    own.line.contains(&b'\n').then(|| verdict(own, port, conversation))
}

fn verdict(own: &Pending, port: u16, conversation: &Conversation) -> Knock {
    let _ = own.stream.shutdown(Shutdown::Both);
    let line = String::from_utf8_lossy(&own.line);
    if conversation.accepts(Claim::Port(port), line.trim_end()) { Knock::Proven } else { Knock::Unproven }
}

fn failure(error: &io::Error) -> Knock {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::ConnectionRefused, _) => Knock::Refused,
        (io::ErrorKind::TimedOut, _) => Knock::Silent,
        (_, Some(errno)) => Knock::Error(errno),
        (_, None) => Knock::Untried,
    }
}
