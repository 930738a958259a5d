//! The ICMP message that ends an attempt to connect: who sent it, and which it was. Linux tells any program that asks
//! (ip(7), `IP_RECVERR`; for TCP since 5.8); other systems keep it to themselves.

use std::net::{IpAddr, SocketAddr};

use mio::net::TcpStream;

use super::observation::IcmpError;

/// Begins to connect to `peer`, and to keep what ICMP has to say about it.
#[cfg(target_os = "linux")]
pub(super) fn connect(peer: SocketAddr) -> std::io::Result<TcpStream> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(peer), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // Without it only the sender's name is missing.
    let _ = linux::keep(&socket, peer, true);
    match socket.connect(&peer.into()) {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        other => other?,
    }
    Ok(TcpStream::from_std(socket.into()))
}

/// Begins to connect to `peer`.
#[cfg(not(target_os = "linux"))]
pub(super) fn connect(peer: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect(peer)
}

/// The message that ended the attempt to reach `peer`, if there was one and the system tells.
pub(super) fn error(stream: &TcpStream, peer: SocketAddr) -> Option<IcmpError> {
    #[cfg(target_os = "linux")]
    return linux::first(stream, peer);
    #[cfg(not(target_os = "linux"))]
    return None.filter(|_: &IcmpError| stream.peer_addr().is_ok_and(|other| other == peer));
}

/// From here on messages of ICMP are hints again: a connection that is established survives them.
pub(super) fn established(stream: &TcpStream, peer: SocketAddr) {
    #[cfg(target_os = "linux")]
    let _ = linux::keep(stream, peer, false);
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, peer);
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSliceMut;
    use std::os::fd::{AsFd, AsRawFd};

    use libc::{SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, sock_extended_err, sockaddr_in6};
    use nix::sys::socket::sockopt::{Ipv4RecvErr, Ipv6RecvErr};
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt};

    use super::{IcmpError, IpAddr, SocketAddr, TcpStream};

    /// Whether the system keeps the errors of this socket.
    pub(super) fn keep(socket: &impl AsFd, peer: SocketAddr, wanted: bool) -> nix::Result<()> {
        if peer.is_ipv4() {
            setsockopt(socket, Ipv4RecvErr, &wanted)
        } else {
            setsockopt(socket, Ipv6RecvErr, &wanted)
        }
    }

    pub(super) fn first(stream: &TcpStream, peer: SocketAddr) -> Option<IcmpError> {
        let mut space = nix::cmsg_space!(sock_extended_err, sockaddr_in6);
        let mut packet = [0; 64];
        let mut into = [IoSliceMut::new(&mut packet)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<SockaddrStorage>(stream.as_raw_fd(), &mut into, Some(&mut space), flags).ok()?;
        let errors = message.cmsgs().ok()?;
        let told = errors.filter_map(|error| match error {
            ControlMessageOwned::Ipv4RecvErr(error, Some(from)) if error.ee_origin == SO_EE_ORIGIN_ICMP => {
                Some((error, IpAddr::from(u32::from_be(from.sin_addr.s_addr).to_be_bytes())))
            }
            ControlMessageOwned::Ipv6RecvErr(error, Some(from)) if error.ee_origin == SO_EE_ORIGIN_ICMP6 => {
                Some((error, IpAddr::from(from.sin6_addr.s6_addr)))
            }
            _ => None,
        });
        let mut told = told.filter(|(_, from)| from.is_ipv4() == peer.is_ipv4());
        told.next().map(|(error, from)| IcmpError { from, kind: error.ee_type, code: error.ee_code })
    }
}
