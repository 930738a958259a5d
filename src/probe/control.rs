//! The control connection: one command per write, one record for each reply.

use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustls::StreamOwned;

use super::Stop;
use super::observation::{Exchange, Handshake, Reply, Trouble};
use super::plan::Secret;
use super::reply::Parser;
use super::socket::SLICE;
use super::timed::Timed;
use super::tls::{Tls, TlsStream, is_patience, trouble};

/// Where bytes go.
pub(super) enum Wire {
    Plain(Timed),
    Encrypted(Box<TlsStream>),
}

impl Wire {
    fn timed(&mut self) -> &mut Timed {
        match self {
            Self::Plain(timed) => timed,
            Self::Encrypted(stream) => &mut stream.sock,
        }
    }

    /// Reads what there is within `wait`; `None` if there is nothing yet.
    pub(super) fn read(&mut self, buffer: &mut [u8], wait: Duration) -> Result<Option<usize>, Trouble> {
        self.timed().within(wait);
        let read = match self {
            Self::Plain(timed) => timed.read(buffer),
            Self::Encrypted(stream) => stream.read(buffer),
        };
        match read {
            Ok(length) => Ok(Some(length)),
            Err(error) if is_patience(&error) => Ok(None),
            Err(error) => Err(trouble(&error)),
        }
    }

    /// Writes all of `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8], timeout: Duration) -> Result<(), Trouble> {
        self.timed().within(timeout);
        let written = match self {
            Self::Plain(timed) => timed.write_all(bytes),
            Self::Encrypted(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        };
        written.map_err(|error| if is_patience(&error) { Trouble::TimedOut } else { trouble(&error) })
    }

    /// Says that nothing more will be sent.
    pub(super) fn finish(&mut self) {
        self.timed().within(SLICE);
        if let Self::Encrypted(stream) = self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.timed().socket().shutdown(Shutdown::Write);
    }
}

/// A control connection.
pub(super) struct Control {
    /// Nothing after TLS failed on it.
    wire: Option<Wire>,
    parser: Parser,
    timeout: Duration,
    stop: Stop,
    /// The server's end.
    pub(super) peer: SocketAddr,
    /// The probe's own end.
    pub(super) local: SocketAddr,
}

impl Control {
    /// A control connection over `stream`, on which each reply may take `timeout`.
    pub(super) fn new(stream: TcpStream, timeout: Duration, stop: &Stop) -> Option<Self> {
        let (peer, local) = (stream.peer_addr().ok()?, stream.local_addr().ok()?);
        let wire = Some(Wire::Plain(Timed::new(stream)));
        Some(Self { wire, parser: Parser::default(), timeout, stop: stop.clone(), peer, local })
    }

    /// The address that data connections have on this side.
    pub(super) fn own_address(&self) -> IpAddr {
        self.local.ip()
    }

    /// Encrypts the connection. What the server has sent before is forgotten: it was sent by anybody.
    pub(super) fn encrypt(&mut self, tls: &Tls) -> Handshake {
        self.parser = Parser::default();
        match self.wire.take() {
            Some(Wire::Plain(stream)) => {
                let (handshake, stream) = tls.wrap(stream, self.timeout, &self.stop);
                self.wire = stream.map(|stream| Wire::Encrypted(Box::new(stream)));
                handshake
            }
            other => {
                self.wire = other;
                Handshake { took: Duration::ZERO, outcome: Err(Trouble::Broken(None)) }
            }
        }
    }

    /// Goes on without TLS, after both ends have said that they end it.
    pub(super) fn clear(&mut self) -> Result<(), Trouble> {
        let Some(Wire::Encrypted(mut stream)) = self.wire.take() else { return Err(Trouble::Broken(None)) };
        stream.conn.send_close_notify();
        stream.sock.within(self.timeout);
        // The other end's farewell; some servers send none and just go on.
        stream.flush().map_err(|error| trouble(&error))?;
        stream.sock.within(SLICE);
        match stream.read(&mut [0; 64]) {
            Ok(_) => {}
            Err(error) if is_patience(&error) => {}
            Err(error) => return Err(trouble(&error)),
        }
        let StreamOwned { sock, .. } = *stream;
        self.wire = Some(Wire::Plain(sock));
        Ok(())
    }

    /// Sends a command and awaits its reply.
    pub(super) fn ask(&mut self, command: &str) -> Exchange {
        self.said(command, command)
    }

    /// Sends a command that ends in something secret.
    pub(super) fn confide(&mut self, command: &str, secret: &Secret) -> Exchange {
        self.said(&format!("{command} {}", secret.reveal()), &format!("{command} ***"))
    }

    fn said(&mut self, command: &str, shown: &str) -> Exchange {
        let start = Instant::now();
        let reply = self.send(command).and_then(|()| self.reply(start + self.timeout));
        Exchange { command: Some(shown.to_owned()), reply, took: start.elapsed() }
    }

    /// Awaits a reply that no command asks for, or one more to the last command.
    pub(super) fn listen(&mut self) -> Exchange {
        let start = Instant::now();
        let reply = self.reply(start + self.timeout);
        Exchange { command: None, reply, took: start.elapsed() }
    }

    /// Sends a command, in one write: a conntrack helper drops the packet with half of a `PORT`.
    pub(super) fn send(&mut self, command: &str) -> Result<(), Trouble> {
        // A line end inside would be a second command.
        let line = command.replace(['\r', '\n', '\0'], "");
        let timeout = self.timeout;
        self.wire()?.write(format!("{line}\r\n").as_bytes(), timeout)
    }

    /// Awaits a reply until `deadline`.
    fn reply(&mut self, deadline: Instant) -> Result<Reply, Trouble> {
        loop {
            if self.stop.is_requested() {
                return Err(Trouble::Stopped);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if let Some(reply) = self.poll(left.min(SLICE)) {
                return reply;
            }
            if left.is_zero() {
                return Err(Trouble::TimedOut);
            }
        }
    }

    /// A reply that is there, or arrives within `wait`.
    pub(super) fn poll(&mut self, wait: Duration) -> Option<Result<Reply, Trouble>> {
        let ready = self.parser.next_reply();
        if ready.is_some() {
            return ready;
        }
        let mut buffer = [0; 4096];
        let read = self.wire().and_then(|wire| wire.read(&mut buffer, wait));
        match read {
            Ok(Some(0)) => Some(Err(Trouble::Closed)),
            Ok(Some(length)) => {
                self.parser.push(&buffer[..length]);
                self.parser.next_reply()
            }
            Ok(None) => None,
            Err(trouble) => Some(Err(trouble)),
        }
    }

    fn wire(&mut self) -> Result<&mut Wire, Trouble> {
        self.wire.as_mut().ok_or(Trouble::Closed)
    }

    /// Takes leave, and waits until the server has ended the session.
    pub(super) fn part(mut self) {
        let deadline = Instant::now() + self.timeout;
        let _ = self.send("QUIT");
        while self.reply(deadline).is_ok() {}
    }

    /// Takes leave. Nobody waits for the answer.
    pub(super) fn quit(self) {
        self.leave(&["QUIT"]);
    }

    /// Takes leave of a server that is in the middle of a transfer (RFC 959 §4.1.3).
    pub(super) fn abandon(self) {
        self.leave(&["ABOR", "QUIT"]);
    }

    fn leave(mut self, commands: &[&str]) {
        for command in commands {
            let _ = self.send(command);
        }
        if let Some(wire) = &mut self.wire {
            wire.finish();
        }
    }
}
