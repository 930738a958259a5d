//! Connections that are opened and awaited with a deadline, and with the system's own words for what went wrong.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use ring::rand::{SecureRandom, SystemRandom};

use super::observation::{Dial, DialError, IcmpError};
use super::{Stop, icmp};
use crate::packet::PortRange;

/// How long nobody looks at [`Stop`].
pub(super) const SLICE: Duration = Duration::from_millis(100);
/// How many ports are tried for a listener.
const TRIES: u16 = 32;

/// Connects to `peer`, and tells how that went. The stream blocks, and sends small packets at once.
pub(super) fn dial(peer: SocketAddr, timeout: Duration, stop: &Stop) -> (Dial, Option<TcpStream>) {
    let start = Instant::now();
    let result = connect(peer, start + timeout, stop);
    let took = start.elapsed();
    match result {
        Ok(stream) => {
            let local = stream.local_addr().ok();
            (Dial { peer, local, took, outcome: Ok(()), icmp: None }, Some(stream))
        }
        Err(failed) => {
            let Failed { error, local, icmp } = failed;
            (Dial { peer, local, took, outcome: Err(error), icmp }, None)
        }
    }
}

/// Why there is no connection, and what is known of the attempt.
struct Failed {
    error: DialError,
    local: Option<SocketAddr>,
    icmp: Option<IcmpError>,
}

fn connect(peer: SocketAddr, deadline: Instant, stop: &Stop) -> Result<TcpStream, Failed> {
    let mut stream =
        icmp::connect(peer).map_err(|error| Failed { error: unsent(&error), local: None, icmp: None })?;
    let mut established = || -> Result<(), DialError> {
        let mut poll = Poll::new().map_err(|error| dial_error(&error))?;
        poll.registry()
            .register(&mut stream, Token(0), Interest::WRITABLE)
            .map_err(|error| dial_error(&error))?;
        let mut events = Events::with_capacity(4);
        // Some errors wake nobody up: Linux keeps an ICMP error that comes while the socket is busy for whoever asks.
        let mut turn = Duration::from_millis(1);
        loop {
            if stop.is_requested() {
                return Err(DialError::Stopped);
            }
            // The last look is after the deadline: on a busy machine this thread may not have run before.
            let left = deadline.saturating_duration_since(Instant::now());
            match poll.poll(&mut events, Some(left.min(turn))) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(dial_error(&error)),
                Ok(()) => {}
            }
            if let Ok(Some(error)) | Err(error) = stream.take_error() {
                return Err(dial_error(&error));
            }
            if !events.is_empty() && stream.peer_addr().is_ok() {
                return Ok(());
            }
            if left.is_zero() {
                return Err(DialError::TimedOut);
            }
            turn = SLICE.min(turn * 2);
        }
    };
    if let Err(error) = established() {
        let local = stream.local_addr().ok().filter(|local| !local.ip().is_unspecified());
        return Err(Failed { error, local, icmp: icmp::error(&stream) });
    }
    icmp::established(&stream, peer);
    let stream = TcpStream::from(stream);
    let settled = stream.set_nonblocking(false).and_then(|()| stream.set_nodelay(true));
    let local = stream.local_addr().ok();
    settled.map_err(|error| Failed { error: dial_error(&error), local, icmp: None })?;
    Ok(stream)
}

fn dial_error(error: &io::Error) -> DialError {
    error.raw_os_error().map_or(DialError::Other(error.kind()), DialError::Errno)
}

/// An error that came before anything could have answered.
fn unsent(error: &io::Error) -> DialError {
    use io::ErrorKind::{HostUnreachable, InvalidInput, NetworkUnreachable, PermissionDenied};
    match (error.kind(), error.raw_os_error()) {
        (NetworkUnreachable | HostUnreachable | PermissionDenied | InvalidInput, Some(errno)) => {
            DialError::Unsent(errno)
        }
        _ => dial_error(error),
    }
}

/// Listens at `address` on a port out of `ports`; any free one where clients may listen everywhere.
pub(super) fn listen(address: IpAddr, ports: PortRange) -> io::Result<TcpListener> {
    let listener = if ports.contains(1024) && ports.contains(u16::MAX) {
        TcpListener::bind((address, 0))?
    } else {
        let mut random = [0; 4];
        let _ = SystemRandom::new().fill(&mut random);
        let start = u32::from_le_bytes(random) % ports.count();
        let tries = (0..u32::from(TRIES).min(ports.count())).map(|step| (start + step) % ports.count());
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        let bound = tries.filter_map(|offset| u16::try_from(offset).ok()).find_map(|offset| {
            TcpListener::bind((address, ports.first() + offset)).map_err(|error| last = error).ok()
        });
        bound.ok_or(last)?
    };
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Random letters and digits, for a name that nobody else has.
pub(super) fn random_name() -> String {
    let mut random = [0; 8];
    let _ = SystemRandom::new().fill(&mut random);
    random.iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(20);

    #[test]
    fn an_open_and_a_closed_port() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let peer = listener.local_addr().expect("an address");
        let (seen, stream) = dial(peer, TIMEOUT, &Stop::default());
        assert_eq!(seen.outcome, Ok(()));
        assert_eq!(seen.local, stream.expect("a stream").local_addr().ok());
        drop(listener);
        let (seen, stream) = dial(peer, TIMEOUT, &Stop::default());
        assert!(matches!(seen.outcome, Err(DialError::Errno(_))), "{seen:?}");
        assert!(stream.is_none());
    }

    #[test]
    fn a_request_to_stop_ends_the_wait() {
        let stop = Stop::default();
        stop.request();
        // Nobody answers at an address of documentation, and nothing is waited for.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (seen, _) = dial(listener.local_addr().expect("an address"), TIMEOUT, &stop);
        assert_eq!(seen.outcome, Err(DialError::Stopped));
    }

    #[test]
    fn listeners_stay_in_their_range() {
        let address = IpAddr::from([127, 0, 0, 1]);
        let range = PortRange::new(21_310, 21_330).expect("a range");
        let port = listen(address, range).expect("a listener").local_addr().expect("an address").port();
        assert!(range.contains(port));
        let any = PortRange::new(1024, u16::MAX).expect("a range");
        assert!(listen(address, any).is_ok());
    }
}
