//! What an attempt to connect says about the path.

use std::io;

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

/// The answer to `dial`.
///
/// How Linux passes ICMP errors on was measured: administratively prohibited is `EHOSTUNREACH` in IPv4 and `EACCES` in
/// IPv6, protocol unreachable `ENOPROTOOPT`; a route that prohibits is `EACCES` in IPv4, a black hole `EINVAL`. An error
/// of this machine's own rules cannot be told from one of a gateway nearby.
pub(super) fn answer(dial: &Dial) -> Answer {
    use io::ErrorKind;
    let kind = match dial.outcome {
        Ok(()) => return Answer::Established,
        Err(DialError::TimedOut) => return Answer::Blocked(Cause::Dropped),
        Err(DialError::Unsent(_)) => return Answer::Here,
        Err(DialError::Stopped) => return Answer::Unknown,
        Err(DialError::Errno(errno)) => {
            if is_protocol_unreachable(errno) {
                return Answer::Blocked(Cause::Rejected);
            }
            io::Error::from_raw_os_error(errno).kind()
        }
        Err(DialError::Other(kind)) => kind,
    };
    match kind {
        ErrorKind::TimedOut => Answer::Blocked(Cause::Dropped),
        ErrorKind::ConnectionRefused => Answer::Blocked(Cause::Refused),
        ErrorKind::PermissionDenied if Family::of(dial.peer.ip()) == Family::Ipv4 => Answer::Here,
        ErrorKind::InvalidInput => Answer::Here,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::PermissionDenied => {
            Answer::Blocked(Cause::Rejected)
        }
        _ => Answer::Unknown,
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
