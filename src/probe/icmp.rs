//! The ICMP message that ends an attempt to connect: who sent it, and which it was. Linux tells any program that asks
//! (ip(7), `IP_RECVERR`), of TCP only where it is not too old; other systems keep it to themselves.

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{connect, error, established};
#[cfg(target_os = "linux")]
pub(super) use linux::{connect, error, established};

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, IoSliceMut};
    use std::net::{IpAddr, SocketAddr};
    use std::os::fd::{AsFd, AsRawFd};

    use libc::{SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, sock_extended_err, sockaddr_in6};
    use mio::net::TcpStream;
    use nix::sys::socket::sockopt::{Ipv4RecvErr, Ipv6RecvErr};
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt};
    use socket2::{Domain, Protocol, Socket, Type};

    use crate::probe::observation::IcmpError;

    /// Begins to connect to `peer`, and to keep what ICMP has to say about it.
    pub(in crate::probe) fn connect(peer: SocketAddr) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(peer), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        // Without it only the sender's name is missing.
        let _ = keep(&socket, peer, true);
        match socket.connect(&peer.into()) {
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            other => other?,
        }
        Ok(TcpStream::from_std(socket.into()))
    }

    /// From here on messages of ICMP are hints again: a connection that is established survives them.
    pub(in crate::probe) fn established(stream: &TcpStream, peer: SocketAddr) {
        let _ = keep(stream, peer, false);
    }

    /// Whether the system keeps the errors of this socket.
    fn keep(socket: &impl AsFd, peer: SocketAddr, wanted: bool) -> nix::Result<()> {
        if peer.is_ipv4() {
            setsockopt(socket, Ipv4RecvErr, &wanted)
        } else {
            setsockopt(socket, Ipv6RecvErr, &wanted)
        }
    }

    /// The message that ended an attempt to connect, if there was one.
    pub(in crate::probe) fn error(stream: &TcpStream) -> Option<IcmpError> {
        let mut space = nix::cmsg_space!(sock_extended_err, sockaddr_in6);
        let mut packet = [0; 64];
        let mut into = [IoSliceMut::new(&mut packet)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<SockaddrStorage>(stream.as_raw_fd(), &mut into, Some(&mut space), flags).ok()?;
        let (error, from) = message.cmsgs().ok()?.find_map(|told| match told {
            ControlMessageOwned::Ipv4RecvErr(error, Some(from)) if error.ee_origin == SO_EE_ORIGIN_ICMP => {
                Some((error, IpAddr::from(u32::from_be(from.sin_addr.s_addr).to_be_bytes())))
            }
            ControlMessageOwned::Ipv6RecvErr(error, Some(from)) if error.ee_origin == SO_EE_ORIGIN_ICMP6 => {
                Some((error, IpAddr::from(from.sin6_addr.s6_addr)))
            }
            _ => None,
        })?;
        Some(IcmpError { from, kind: error.ee_type, code: error.ee_code })
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;
    use std::net::SocketAddr;

    use mio::net::TcpStream;

    use crate::probe::observation::IcmpError;

    /// Begins to connect to `peer`.
    pub(in crate::probe) fn connect(peer: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(peer)
    }

    /// Changes nothing.
    pub(in crate::probe) fn established(_: &TcpStream, _: SocketAddr) {}

    /// Nothing is known.
    pub(in crate::probe) fn error(_: &TcpStream) -> Option<IcmpError> {
        None
    }
}
