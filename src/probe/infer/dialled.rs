//! What an attempt to connect says about the path.

use std::io;
use std::time::Duration;

use crate::packet::Family;
use crate::probe::conclusion::{Cause, Evidence};
use crate::probe::observation::{Dial, DialError};

/// What became of a SYN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The connection is there.
    Established,
    /// It was turned away on the path or at its end.
    Blocked(Cause),
    /// This machine itself did not let it out.
    Here,
    /// Nothing can be said: the probe was stopped, or has no port left.
    Unknown,
}

/// The answer to `dial`, where a round trip to the server takes `round_trip`, if that is known.
///
/// How Linux passes ICMP errors on was measured: administratively prohibited is `EHOSTUNREACH` in IPv4 and `EACCES` in
/// IPv6, protocol unreachable `ENOPROTOOPT`; a route that prohibits is `EACCES` in IPv4, a black hole `EINVAL`.
pub(super) fn answer(dial: &Dial, round_trip: Option<Duration>) -> Answer {
    use io::ErrorKind;
    let kind = match dial.outcome {
        Ok(()) => return Answer::Established,
        Err(DialError::TimedOut) => return Answer::Blocked(Cause::Dropped),
        Err(DialError::Unsent(_)) => return Answer::Here,
        Err(DialError::Stopped) => return Answer::Unknown,
        Err(DialError::Errno(errno)) => {
            if is_protocol_unreachable(errno) {
                return turned_away(dial, round_trip, Cause::Rejected);
            }
            io::Error::from_raw_os_error(errno).kind()
        }
        Err(DialError::Other(kind)) => kind,
    };
    match kind {
        ErrorKind::TimedOut => Answer::Blocked(Cause::Dropped),
        ErrorKind::ConnectionRefused => turned_away(dial, round_trip, Cause::Refused),
        ErrorKind::PermissionDenied if Family::of(dial.peer.ip()) == Family::Ipv4 => Answer::Here,
        ErrorKind::InvalidInput => Answer::Here,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::PermissionDenied => {
            turned_away(dial, round_trip, Cause::Rejected)
        }
        _ => Answer::Unknown,
    }
}

/// An error that came back faster than any packet from the server could have is one of this machine. Where the server is
/// so near that this cannot be told, it is taken as one from the path.
fn turned_away(dial: &Dial, round_trip: Option<Duration>, cause: Cause) -> Answer {
    const NEAR: Duration = Duration::from_millis(2);
    match round_trip {
        Some(round_trip) if round_trip >= NEAR && dial.took < round_trip / 3 => Answer::Here,
        _ => Answer::Blocked(cause),
    }
}

/// `ENOPROTOOPT`, for which the standard library has no name.
fn is_protocol_unreachable(errno: i32) -> bool {
    let number = match std::env::consts::OS {
        "linux" | "android" => 92,
        "windows" => 10042,
        _ => 42,
    };
    errno == number
}

/// `dial` as evidence.
pub(super) fn evidence(dial: &Dial) -> Evidence {
    let errno = match dial.outcome {
        Err(DialError::Errno(errno) | DialError::Unsent(errno)) => Some(errno),
        _ => None,
    };
    Evidence { errno, took: Some(dial.took), local: dial.local, peer: Some(dial.peer), ..Evidence::default() }
}
