//! Whether a packet arrives, decided without waiting for one that does not.
//!
//! Three parts:
//!
//! * The **packet** ([`crate::packet`]), with the addresses and ports that the case asks for.
//! * The **fence** ([`crate::fence`]): a command and its reply on a control connection that was open before. Both
//!   cross the same links behind the packet, and cannot overtake it (see [`crate::cpu`]). When the reply is
//!   here, the packet has arrived or never will.
//! * The **observer**: a raw socket where it should arrive. The kernel hands it every packet of the protocol that
//!   the rules let in, whether anybody listens on the port or not, and before any reply is sent. A rule set
//!   that lets a SYN in and the answer not out is seen for what it lets in.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrStorage, bind, recv, sendto, setsockopt, socket,
    sockopt::Mark,
};

use crate::fence::Fence;
use crate::packet::Packet;
use crate::plan::Family;
use crate::topology::{Host, PROBE_MARK, Topology};

/// A packet, and where to look out for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe {
    /// What it is.
    pub(crate) packet: Packet,
    /// The machine that sends it.
    pub(crate) from: Host,
    /// The sender's address and port. ICMP has no ports; then it is 0.
    pub(crate) source: SocketAddr,
    /// The address and port that it is sent to.
    pub(crate) destination: SocketAddr,
    /// The machine that it is looked out for on.
    pub(crate) observer: Host,
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {} at {}", self.packet.name(), self.source, self.destination, self.observer)
    }
}

/// Sends a probe, and says whether it arrived.
///
/// # Panics
///
/// When the system refuses what has nothing to do with the rules: a socket, an address.
pub(crate) fn reaches(topology: &Topology, fence: &mut Fence, probe: &Probe) -> Result<bool, String> {
    let observer = topology.host(probe.observer).enter(|| raw_socket(probe));
    topology.host(probe.from).enter(|| send(probe));
    fence.pass()?;
    Ok(saw(&observer, probe))
}

impl Probe {
    fn family(&self) -> Family {
        if self.destination.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    fn fail(&self, action: &str, error: Errno) -> ! {
        panic!("{self}: {action}: {error}")
    }
}

/// Sends a probe from the namespace of the calling thread.
fn send(probe: &Probe) {
    let sender = raw_socket(probe);
    setsockopt(&sender, Mark, &PROBE_MARK).unwrap_or_else(|error| probe.fail("SO_MARK", error));
    // Raw sockets have no ports, and in IPv6 refuse to be given one.
    let [source, destination] = [probe.source, probe.destination]
        .map(|address| SockaddrStorage::from(SocketAddr::new(address.ip(), 0)));
    bind(sender.as_raw_fd(), &source).unwrap_or_else(|error| probe.fail("bind", error));
    let packet = probe.packet.bytes(probe.source, probe.destination);
    match sendto(sender.as_raw_fd(), &packet, &destination, MsgFlags::empty()) {
        // EPERM is the answer of the sender's own firewall.
        Ok(_) | Err(Errno::EPERM) => {}
        Err(error) => probe.fail("send", error),
    }
}

/// A raw socket for packets of the probe's kind, in the namespace of the calling thread, that does not block.
fn raw_socket(probe: &Probe) -> OwnedFd {
    let family = match probe.destination.ip() {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    socket(family, SockType::Raw, flags, probe.packet.protocol(probe.family()))
        .unwrap_or_else(|error| probe.fail("raw socket", error))
}

/// Whether the probe is among the packets that a raw socket has received so far. Only one probe is under way at a
/// time, so its kind and destination port tell it from everything else; its source may have been translated.
fn saw(observer: &OwnedFd, probe: &Probe) -> bool {
    let mut buffer = [0; 2048];
    loop {
        match recv(observer.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(length) if probe.packet.is(&buffer[..length], probe.family(), probe.destination.port()) => {
                return true;
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => return false,
            Err(error) => probe.fail("recv", error),
        }
    }
}
