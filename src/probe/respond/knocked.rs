//! The ports at which a sweep has knocked in vain: a SYN arrived, and the connection did not come about.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::packet::{PortRange, PortSet};

/// How often to look. Where a rule of this machine drops its own answer, Linux forgets the SYN after a second.
const OFTEN: Duration = Duration::from_millis(250);
/// The part of the time that looking may take, where there are very many sockets.
const PART: u32 = 10;

/// What has been seen since a sweep began.
#[derive(Debug)]
pub(super) struct Knocked {
    own: IpAddr,
    client: IpAddr,
    /// `None` where the system does not tell.
    ports: Option<BTreeSet<u16>>,
    next: Instant,
}

impl Knocked {
    /// Begins to look for SYNs from `client` to ports of `own`.
    pub(super) fn new(own: IpAddr, client: IpAddr) -> Self {
        Self { own, client, ports: Some(BTreeSet::new()), next: Instant::now() + OFTEN }
    }

    /// Looks, if it is time to.
    pub(super) fn look(&mut self) {
        let now = Instant::now();
        if now >= self.next {
            self.look_now();
            self.next = now + OFTEN.max(now.elapsed() * PART);
        }
    }

    fn look_now(&mut self) {
        match (half_open(self.own, self.client), &mut self.ports) {
            (Some(found), Some(ports)) => ports.extend(found),
            (None, ports) => *ports = None,
            (_, None) => {}
        }
    }

    /// All that were seen until now.
    pub(super) fn ports(&mut self) -> Option<PortSet> {
        self.look_now();
        Some(self.ports.as_ref()?.iter().map(|&port| PortRange::single(port)).collect())
    }
}

/// The ports of `own` to which a SYN from `client` has arrived that the connection has not followed: sockets that have
/// answered and hear nothing (state 03 in proc(5), `/proc/net/tcp`). `None` where the system does not tell.
fn half_open(own: IpAddr, client: IpAddr) -> Option<Vec<u16>> {
    const SYN_RECEIVED: &str = "03";
    let table = match own {
        IpAddr::V4(_) => "/proc/net/tcp",
        IpAddr::V6(_) => "/proc/net/tcp6",
    };
    let text = std::fs::read_to_string(table).ok()?;
    let ports = text.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (local, remote, state) = (fields.next()?, fields.next()?, fields.next()?);
        let (local, remote) = (socket_address(local)?, socket_address(remote)?);
        (state == SYN_RECEIVED && local.ip() == own && remote.ip() == client).then_some(local.port())
    });
    Some(ports.collect())
}

/// An address as proc(5) prints it: words of the machine's byte order in hexadecimal digits, then the port.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words = address.as_bytes().chunks(8).map(|word| {
        if word.len() != 8 {
            return None;
        }
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        Some(word.to_ne_bytes())
    });
    let bytes: Vec<u8> = words.collect::<Option<Vec<_>>>()?.concat();
    let ip = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_of_the_kernel() {
        assert_eq!(socket_address("0100007F:EA61"), "127.0.0.1:60001".parse().ok());
        assert_eq!(socket_address("00000000000000000000000001000000:0015"), "[::1]:21".parse().ok());
        for wrong in ["", "01:", "0100007F", "0100007F:zz", "010000:1"] {
            assert_eq!(socket_address(wrong), None, "{wrong}");
        }
    }
}
