//! What an attempt to connect says about the path.

use std::io;
use std::net::IpAddr;

use crate::packet::Family;
use crate::probe::conclusion::{Cause, Evidence};
use crate::probe::observation::{Dial, DialError, IcmpError};

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
/// IPv6, protocol unreachable `ENOPROTOOPT`; a route that prohibits is `EACCES` in IPv4, a black hole `EINVAL`. A reset by
/// this machine's own rules cannot be told from one of the server; an ICMP message can, where the system names its sender.
pub(super) fn answer(dial: &Dial) -> Answer {
    use io::ErrorKind;
    let kind = match dial.outcome {
        Ok(()) => return Answer::Established,
        Err(DialError::TimedOut) => return Answer::Blocked(Cause::Dropped),
        Err(DialError::Unsent(_)) => return Answer::Here,
        Err(DialError::Errno(_)) if is_own_rule(dial) => return Answer::Here,
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

/// Whether this machine's own rules sent the ICMP message. It tells itself as well that nobody answers for the address
/// ("host unreachable"), and that is no rule.
fn is_own_rule(dial: &Dial) -> bool {
    let is_rule = |told: &IcmpError| match told.from {
        IpAddr::V4(_) => (told.kind, told.code) != (3, 1),
        IpAddr::V6(_) => (told.kind, told.code) != (1, 3),
    };
    let own = |told: &IcmpError| dial.local.is_some_and(|local| local.ip() == told.from);
    // Where client and server are one machine, either may have sent it.
    dial.peer.ip() != dial.local.map_or(dial.peer.ip(), |local| local.ip())
        && dial.icmp.as_ref().is_some_and(|told| own(told) && is_rule(told))
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
    Evidence {
        errno,
        icmp: dial.icmp,
        took: Some(dial.took),
        local: dial.local,
        peer: Some(dial.peer),
        ..Evidence::default()
    }
}
