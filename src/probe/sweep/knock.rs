//! Many connections at once.

use std::collections::HashMap;
use std::io::{self, Read};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use socket2::SockRef;

use super::{at, pause};
use crate::probe::Stop;
use crate::probe::observation::{Dial, DialError};
use crate::probe::plan::Plan;
use crate::probe::socket::SLICE;
use crate::probe::token::{Claim, Conversation};

/// Files beside the connections.
const FILES_BESIDE: u64 = 256;
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

/// Connects to all `ports` at once, as far as files and the plan allow, and waits for its time-out.
pub(super) fn knock(
    plan: &Plan,
    server: IpAddr,
    ports: &[u16],
    conversation: &Conversation,
    stop: &Stop,
) -> Vec<(u16, Knock)> {
    let families = plan.servers.len().max(1);
    let wanted = (ports.len() * families) as u64 + FILES_BESIDE;
    let files = rlimit::increase_nofile_limit(wanted).unwrap_or(AT_ONCE).saturating_sub(FILES_BESIDE);
    let at_once = usize::try_from(files).unwrap_or(usize::MAX) / families;
    let at_once = at_once.min(plan.jobs).max(1);
    let mut knocks: Vec<(u16, Knock)> = Vec::with_capacity(ports.len());
    for ports in ports.chunks(at_once) {
        // One by one, each has an ICMP error of its own.
        if at_once == 1 && knocks.last().is_some_and(|(_, last)| last.is_error()) {
            pause(stop);
        }
        if stop.is_requested() {
            knocks.extend(ports.iter().map(|&port| (port, Knock::Untried)));
        } else {
            knocks.extend(together(server, ports, plan.timeout, conversation, stop));
        }
    }
    knocks
}

/// A connection on its way, and what it has brought.
struct Pending {
    stream: TcpStream,
    line: Vec<u8>,
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
                pending.insert(port, Pending { stream, line: Vec::new() });
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
        for event in &events {
            let Ok(port) = u16::try_from(event.token().0) else { continue };
            let Some(own) = pending.get_mut(&port) else { continue };
            if let Some(answer) = look(own, port, conversation) {
                answers.insert(port, answer);
                pending.remove(&port);
            }
        }
        if events.is_empty() {
            // Some errors wake nobody up, and are there for whoever asks.
            pending.retain(|port, own| match own.stream.take_error() {
                Ok(Some(error)) => {
                    answers.insert(*port, failure(&error));
                    false
                }
                _ => true,
            });
        }
    }
    let stopped = stop.is_requested();
    let late = |port: &u16| match pending.get(port) {
        Some(own) if own.stream.peer_addr().is_ok() => Knock::Unproven,
        _ if stopped => Knock::Untried,
        _ => Knock::Silent,
    };
    ports.iter().map(|port| (*port, answers.get(port).copied().unwrap_or_else(|| late(port)))).collect()
}

/// A connection whose opening alone is no news: the responder speaks first. It ends by a reset, so that thousands of them
/// leave nothing behind at either end.
fn begin(server: IpAddr, port: u16, poll: &Poll) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(at(server, port))?;
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    poll.registry().register(&mut stream, Token(usize::from(port)), Interest::READABLE)?;
    Ok(stream)
}

/// What a connection has come to; `None` if that is not yet known.
fn look(own: &mut Pending, port: u16, conversation: &Conversation) -> Option<Knock> {
    let mut buffer = [0; LONGEST];
    loop {
        match own.stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => own.line.extend_from_slice(&buffer[..length]),
            // There is nothing yet, or no connection yet.
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected) => {
                return None;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A connection that breaks has existed.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
            Err(error) => return Some(failure(&error)),
        }
        if own.line.contains(&b'\n') || own.line.len() > LONGEST {
            break;
        }
    }
    let line = String::from_utf8_lossy(&own.line);
    let proven = conversation.accepts(Claim::Port(port), line.trim_end());
    Some(if proven { Knock::Proven } else { Knock::Unproven })
}

fn failure(error: &io::Error) -> Knock {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::ConnectionRefused, _) => Knock::Refused,
        (io::ErrorKind::TimedOut, _) => Knock::Silent,
        (_, Some(errno)) => Knock::Error(errno),
        (_, None) => Knock::Untried,
    }
}

impl Knock {
    /// Whether something answered that may have been an ICMP error.
    fn is_error(self) -> bool {
        matches!(self, Self::Refused | Self::Error(_))
    }
}

/// An attempt of the probe's own, which found nobody to prove anything.
impl From<&Dial> for Knock {
    fn from(dial: &Dial) -> Self {
        match dial.outcome {
            Ok(()) => Self::Unproven,
            Err(DialError::TimedOut) => Self::Silent,
            Err(DialError::Errno(errno) | DialError::Unsent(errno)) => {
                failure(&io::Error::from_raw_os_error(errno))
            }
            Err(DialError::Other(kind)) => failure(&kind.into()),
            Err(DialError::Stopped) => Self::Untried,
        }
    }
}
