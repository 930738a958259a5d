//! Data connections of a responder.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::shared::Shared;
use crate::deployment::ActiveSource;
use crate::probe::socket::SLICE;

/// How long a data connection may take to come about, and to bring something.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that a session may store in a file.
pub(super) const LARGEST: usize = 64 << 10;

/// What a client has asked for.
#[derive(Debug)]
pub(super) enum Agreed {
    /// It will connect to this port.
    Passive(u16, Receiver<TcpStream>),
    /// It listens there.
    Active(SocketAddr),
}

/// A data connection as agreed.
pub(super) fn open(agreed: Agreed, own: IpAddr, shared: &Shared) -> io::Result<TcpStream> {
    let stream = match agreed {
        Agreed::Passive(_, arriving) => arrival(&arriving, shared)?,
        Agreed::Active(client) => connect(client, own, shared)?.0,
    };
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SLICE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn arrival(arriving: &Receiver<TcpStream>, shared: &Shared) -> io::Result<TcpStream> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match arriving.recv_timeout(SLICE) {
            Ok(stream) => return Ok(stream),
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Err(RecvTimeoutError::Timeout) if shared.ended.is_requested() || Instant::now() > deadline => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Connects to `client` from a declared port, and returns the port that it came from: another where the declared ones
/// are not to be had.
pub(super) fn connect(client: SocketAddr, own: IpAddr, shared: &Shared) -> io::Result<(TcpStream, u16)> {
    let declared: Vec<u16> = match &shared.options.active_source {
        Some(ActiveSource::Ports(ports)) => {
            ports.ranges().iter().flat_map(|range| range.first()..=range.last()).take(16).collect()
        }
        _ => Vec::new(),
    };
    // Any port serves where none of the declared ones can be bound: the reply says which.
    let socket = declared.into_iter().chain([0]).find_map(|port| bound(SocketAddr::new(own, port)).ok());
    let socket = socket.ok_or(io::ErrorKind::AddrNotAvailable)?;
    socket.connect_timeout(&client.into(), PATIENCE)?;
    let stream = TcpStream::from(socket);
    let port = stream.local_addr()?.port();
    Ok((stream, port))
}

fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // One port serves many clients, and again while the last connection lingers.
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Sends `content` and closes.
pub(super) fn send(mut stream: TcpStream, content: &[u8]) -> io::Result<()> {
    stream.write_all(content)?;
    stream.shutdown(std::net::Shutdown::Write)
}

/// Reads until the end; `None` if there is more than a session may store.
pub(super) fn receive(mut stream: TcpStream, shared: &Shared) -> io::Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    let mut buffer = [0; 8192];
    let mut last = Instant::now();
    while !shared.ended.is_requested() && last.elapsed() <= PATIENCE {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(Some(content)),
            Ok(length) => content.extend_from_slice(&buffer[..length]),
            Err(error) if crate::probe::tls::is_patience(&error) => continue,
            Err(error) => return Err(error),
        }
        if content.len() > LARGEST {
            return Ok(None);
        }
        last = Instant::now();
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// The ports of `own` to which a SYN from `client` has arrived that the connection has not followed: sockets that have
/// answered and hear nothing (state 03 in proc(5), `/proc/net/tcp`). `None` where the system does not tell.
pub(super) fn half_open(own: IpAddr, client: IpAddr) -> Option<Vec<u16>> {
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
