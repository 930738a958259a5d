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

/// A data connection as agreed over `control`.
pub(super) fn open(agreed: Agreed, control: &TcpStream, shared: &Shared) -> io::Result<TcpStream> {
    let stream = match agreed {
        Agreed::Passive(_, arriving) => arrival(&arriving, control, shared)?,
        Agreed::Active(client) => connect(client, control.local_addr()?.ip(), shared)?.0,
    };
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SLICE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn arrival(arriving: &Receiver<TcpStream>, control: &TcpStream, shared: &Shared) -> io::Result<TcpStream> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match arriving.recv_timeout(SLICE) {
            Ok(stream) => return Ok(stream),
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::ConnectionAborted.into()),
            Err(RecvTimeoutError::Timeout) if shared.ended.is_requested() || Instant::now() > deadline => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Err(RecvTimeoutError::Timeout) if has_given_up(control)? => {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Whether the client has left, or wants the transfer to end (RFC 959 §4.1.3).
fn has_given_up(control: &TcpStream) -> io::Result<bool> {
    let mut beginning = [0; 64];
    control.set_nonblocking(true)?;
    let peeked = control.peek(&mut beginning);
    control.set_nonblocking(false)?;
    match peeked {
        Ok(length) => Ok(length == 0 || beginning[..length].windows(4).any(|word| word == b"ABOR")),
        Err(error) => Ok(!crate::probe::tls::is_patience(&error)),
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
