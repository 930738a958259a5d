//! One transfer: the request for a data connection, the connection, what goes over it, and the last reply.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::Stop;
use super::control::{Control, Wire};
use super::observation::{Arrival, DataConnection, Exchange, Method, Offer, Reply, Transfer, Trouble, Work};
use super::plan::Plan;
use super::reply::{address_of_pasv, port_of_epsv};
use super::socket::{SLICE, dial, listen};
use super::timed::Timed;
use super::tls::Tls;
use crate::flow::Mode;
use crate::packet::Family;

/// Bytes of a listing or file that are read before the transfer is broken off.
const MOST: u64 = 1 << 20;
/// How many time-outs a server may take to send them.
const LONGEST: u32 = 4;
/// How often two things are looked at in turn that may both happen.
const TURN: Duration = Duration::from_millis(5);

/// A file of the probe's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    /// Its name on the server.
    pub(super) name: &'a str,
    /// Its contents.
    pub(super) content: &'a [u8],
}

/// What transfers of one session have in common.
pub(super) struct Transfers<'a> {
    pub(super) plan: &'a Plan,
    /// How data connections are encrypted, if they are.
    pub(super) tls: Option<&'a Tls>,
    pub(super) stop: &'a Stop,
}

impl Transfers<'_> {
    /// Carries out `work` over a data connection that `method` asks for.
    pub(super) fn run(&self, control: &mut Control, method: Method, work: Work, file: File<'_>) -> Transfer {
        match method.mode() {
            Mode::Passive => self.passive(control, method, work, file),
            Mode::Active => self.active(control, method, work, file),
        }
    }

    fn passive(&self, control: &mut Control, method: Method, work: Work, file: File<'_>) -> Transfer {
        let (offer, after) = asked_for(control, method);
        let mut transfer = Transfer::new(method, work, offer.exchange);
        let Some(port) = offer.port else {
            transfer.completion = after;
            return transfer;
        };
        // The address in the reply is the server's word, which may be wrong or bad: the control connection shows a right
        // one, and only addresses that are declared are tried besides.
        let declared =
            |address: &IpAddr| self.plan.servers.contains(address) || self.plan.aliases.contains(address);
        let elsewhere = offer.address.filter(|address| *address != control.peer.ip()).filter(declared);
        let mut attempts = Vec::new();
        let mut stream = None;
        for address in std::iter::once(control.peer.ip()).chain(elsewhere) {
            let (attempt, opened) = dial(SocketAddr::new(address, port), self.plan.timeout, self.stop);
            attempts.push(attempt);
            stream = opened;
            if stream.is_some() {
                break;
            }
        }
        transfer.data = Some(DataConnection::Dialled { advertised: offer.address, attempts });
        if let Some(stream) = stream {
            let command = control.ask(&command(work, file));
            let goes_on = is_preliminary(&command);
            transfer.command = Some(command);
            if goes_on {
                self.carry(control, &mut transfer, stream, file, None);
            }
        }
        transfer
    }

    fn active(&self, control: &mut Control, method: Method, work: Work, file: File<'_>) -> Transfer {
        let listener = match listen(control.own_address(), self.plan.client_ports) {
            Ok(listener) => listener,
            Err(error) => {
                let reply = Err(Trouble::Broken(error.raw_os_error()));
                return Transfer::new(method, work, Exchange { command: None, reply, took: Duration::ZERO });
            }
        };
        let own = listener.local_addr().unwrap_or(control.local);
        let mut awaited = Awaited {
            listener,
            own,
            server: control.peer.ip(),
            start: Instant::now(),
            arrivals: Vec::new(),
            stream: None,
        };
        let request = port_command(method, own);
        let asked = self.ask_and_await(control, &request, &mut awaited);
        let (asked, after) = belated(control, asked);
        awaited.look();
        let mut transfer = Transfer::new(method, work, asked);
        if !transfer.request.is_positive() {
            transfer.completion = after;
            transfer.data = Some(awaited.record());
            return transfer;
        }
        let start = Instant::now();
        let command = self.ask_and_await(control, &command(work, file), &mut awaited);
        let goes_on = is_preliminary(&command);
        let mut last = None;
        transfer.command = Some(command);
        // The server may have said that it will connect before it has.
        while goes_on && last.is_none() && awaited.stream.is_none() && !self.stop.is_requested() {
            let late = start.elapsed() >= self.plan.timeout;
            awaited.look();
            if awaited.stream.is_none()
                && let Some(reply) = control.poll(TURN)
            {
                last = Some(Exchange { command: None, reply, took: start.elapsed() });
                // A short listing is sent, and its end reported, while the reply is awaited.
                awaited.look();
            }
            if late {
                break;
            }
        }
        transfer.data = Some(awaited.record());
        match awaited.stream.take() {
            Some(stream) if goes_on => self.carry(control, &mut transfer, stream, file, last),
            _ => transfer.completion = last,
        }
        transfer
    }

    /// Sends a command and awaits its reply, and takes whoever connects meanwhile: some servers do so at `PORT`, some
    /// before they answer to `LIST`.
    fn ask_and_await(&self, control: &mut Control, command: &str, awaited: &mut Awaited) -> Exchange {
        let start = Instant::now();
        let exchange = |reply| Exchange { command: Some(command.to_owned()), reply, took: start.elapsed() };
        if let Err(trouble) = control.send(command) {
            return exchange(Err(trouble));
        }
        loop {
            awaited.look();
            if let Some(reply) = control.poll(TURN) {
                awaited.look();
                return exchange(reply);
            }
            if self.stop.is_requested() {
                return exchange(Err(Trouble::Stopped));
            }
            if start.elapsed() >= self.plan.timeout {
                return exchange(Err(Trouble::TimedOut));
            }
        }
    }

    /// Moves the bytes, and awaits the last reply, unless it is known.
    fn carry(
        &self,
        control: &mut Control,
        transfer: &mut Transfer,
        stream: TcpStream,
        file: File<'_>,
        last: Option<Exchange>,
    ) {
        let stream = Timed::new(stream);
        let wire = match self.tls {
            None => Some(Wire::Plain(stream)),
            Some(tls) => {
                let (handshake, stream) = tls.wrap(stream, self.plan.timeout, self.stop);
                transfer.handshake = Some(handshake);
                stream.map(|stream| Wire::Encrypted(Box::new(stream)))
            }
        };
        let mut intact = true;
        if let Some(mut wire) = wire {
            let moved = match transfer.work {
                Work::Store => send(&mut wire, file.content, self.plan.timeout),
                Work::List | Work::Retrieve => {
                    let received = self.receive(&mut wire);
                    intact = transfer.work == Work::List || received.beginning == file.content;
                    transfer.cut = received.cut;
                    received.moved
                }
            };
            transfer.bytes = moved;
            wire.finish();
        }
        let last = last.unwrap_or_else(|| control.listen());
        // What came back may not be what was stored.
        let reply = if intact { last.reply } else { last.reply.and(Err(Trouble::Broken(None))) };
        transfer.completion = Some(Exchange { reply, ..last });
    }

    /// Reads until the end, or until there has been enough for a verdict.
    fn receive(&self, wire: &mut Wire) -> Received {
        let mut received = Received::default();
        let mut buffer = [0; 8192];
        let start = Instant::now();
        let mut last = start;
        while !self.stop.is_requested() {
            if received.moved >= MOST || start.elapsed() >= self.plan.timeout * LONGEST {
                received.cut = received.moved > 0;
                break;
            }
            match wire.read(&mut buffer, SLICE) {
                // A peer that ends without TLS's farewell has ended all the same.
                Ok(Some(0)) | Err(_) => break,
                Ok(Some(length)) => {
                    received.moved += length as u64;
                    if received.beginning.len() < buffer.len() {
                        received.beginning.extend_from_slice(&buffer[..length]);
                    }
                    last = Instant::now();
                }
                Ok(None) if last.elapsed() >= self.plan.timeout => break,
                Ok(None) => {}
            }
        }
        received
    }
}

/// What has arrived.
#[derive(Default)]
struct Received {
    moved: u64,
    /// Its beginning, to be compared.
    beginning: Vec<u8>,
    /// Whether there would have been more.
    cut: bool,
}

/// Asks for a passive data connection.
pub(super) fn offer(control: &mut Control, method: Method) -> Offer {
    asked_for(control, method).0
}

/// Likewise, with what was asked afterwards for lack of a reply.
fn asked_for(control: &mut Control, method: Method) -> (Offer, Option<Exchange>) {
    let exchange = control.ask(method.id());
    let (exchange, after) = belated(control, exchange);
    let (address, port) = match (&exchange.reply, method) {
        (Ok(reply), Method::Pasv) if reply.code == 227 => address_of_pasv(reply).unzip(),
        (Ok(reply), Method::Epsv) if reply.code == 229 => (None, port_of_epsv(reply)),
        _ => (None, None),
    };
    (Offer { method, exchange, address, port, dial: None }, after)
}

/// Asks for something else after a request that got no reply in time. The first reply to that is the belated one of a
/// slow server; unless it is the only one, which says that the server goes on and the request is still open.
///
/// Returns the request as it now stands, and what the other question brought, if there is still no reply to the request.
fn belated(control: &mut Control, request: Exchange) -> (Exchange, Option<Exchange>) {
    const QUESTION: &str = "SYST";
    const ITS_REPLY: u16 = 215;
    if request.reply != Err(Trouble::TimedOut) {
        return (request, None);
    }
    let first = control.ask(QUESTION);
    if first.reply.as_ref().map_or(true, |reply| reply.code == ITS_REPLY) {
        return (request, Some(first));
    }
    if control.listen().reply.is_err() {
        return (request, Some(first));
    }
    let took = request.took + first.took;
    (Exchange { reply: first.reply, took, ..request }, None)
}

/// Somebody who is to connect.
struct Awaited {
    listener: TcpListener,
    own: SocketAddr,
    /// Whose connections are taken.
    server: IpAddr,
    /// When the server was told where to connect.
    start: Instant,
    arrivals: Vec<Arrival>,
    stream: Option<TcpStream>,
}

impl Awaited {
    /// Takes who is there. Strangers are written down and sent away.
    fn look(&mut self) {
        const MOST_STRANGERS: usize = 16;
        while self.stream.is_none() && self.arrivals.len() < MOST_STRANGERS {
            let (stream, peer) = match self.listener.accept() {
                Ok(arrived) => arrived,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            self.arrivals.push(Arrival { peer, took: self.start.elapsed() });
            let settled = stream.set_nonblocking(false).and_then(|()| stream.set_nodelay(true));
            if peer.ip() == self.server && settled.is_ok() {
                self.stream = Some(stream);
            }
        }
    }

    fn record(&self) -> DataConnection {
        DataConnection::Awaited { listener: self.own, arrivals: self.arrivals.clone() }
    }
}

fn is_preliminary(exchange: &Exchange) -> bool {
    matches!(&exchange.reply, Ok(Reply { code: 100..=199, .. }))
}

fn command(work: Work, file: File<'_>) -> String {
    match work {
        Work::List => "LIST".to_owned(),
        Work::Store => format!("STOR {}", file.name),
        Work::Retrieve => format!("RETR {}", file.name),
    }
}

/// `PORT` (RFC 959 §4.1.2) or `EPRT` (RFC 2428 §2) for this listener.
pub(super) fn port_command(method: Method, listener: SocketAddr) -> String {
    match (method, listener.ip()) {
        (Method::Port, IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            let [high, low] = listener.port().to_be_bytes();
            format!("PORT {a},{b},{c},{d},{high},{low}")
        }
        (_, address) => {
            let family = match Family::of(address) {
                Family::Ipv4 => 1,
                Family::Ipv6 => 2,
            };
            format!("EPRT |{family}|{address}|{}|", listener.port())
        }
    }
}

/// Sends everything. What could not be sent shows in the last reply.
fn send(wire: &mut Wire, content: &[u8], timeout: Duration) -> u64 {
    match wire.write(content, timeout) {
        Ok(()) => content.len() as u64,
        Err(_) => 0,
    }
}
