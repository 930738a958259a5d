//! A small FTP server inside the test, for what no real one does.
//!
//! It is well-behaved, but for what its script says: for each command, and for the greeting, the script may say
//! something else to do. Its data ports go round, so that what a probe is offered is known beforehand.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::plan::Family;
use crate::server::{CONTROL_PORT, DATA_PORT, PASSIVE_PORTS};
use crate::topology::{Host, Topology};

/// How often a thread looks whether it should end.
const TICK: Duration = Duration::from_millis(20);
/// How long a session, or a client that should open a data connection, may stay silent.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to do instead of what a server does.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Say something. The line ends are part of it.
    Say(Vec<u8>),
    /// Say the same again and again, with a pause in between.
    Repeat(Vec<u8>, Duration),
    /// Say nothing more.
    Hang,
    /// Close the connection.
    Close,
}

impl Act {
    /// One reply.
    pub(super) fn reply(text: &str) -> Self {
        Self::Say(format!("{text}\r\n").into_bytes())
    }
}

/// What a script is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The command in capitals; empty for the greeting.
    pub(super) verb: &'a str,
    /// What follows it.
    pub(super) argument: &'a str,
    /// Whether the session is encrypted.
    pub(super) tls: bool,
}

/// A script: `None` is what a server does.
pub(super) type Script = fn(Asked<'_>) -> Option<Act>;

/// What a server is made of.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    pub(super) script: Script,
    /// The passive ports, in the order in which they are offered.
    pub(super) ports: fn(Asked<'_>) -> Vec<u16>,
    /// What encrypts sessions, if they can be.
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// Whether data connections are encrypted when that was agreed on.
    pub(super) protects: bool,
    /// What is said at the end of an encrypted transfer.
    pub(super) complaint: Option<&'static str>,
}

impl Cast {
    /// A good server, but for this script.
    pub(super) fn of(script: Script) -> Self {
        Self { script, ..Self::default() }
    }
}

/// What encrypts sessions, and lets none be resumed.
pub(super) fn encryption() -> Arc<ServerConfig> {
    let own = rcgen::generate_simple_self_signed(["lab".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a certificate and its key");
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

impl Default for Cast {
    /// A good server without TLS.
    fn default() -> Self {
        Self {
            script: |_| None,
            ports: |_| PASSIVE_PORTS.collect(),
            tls: None,
            protects: true,
            complaint: None,
        }
    }
}

/// The server, until it is dropped.
#[derive(Debug)]
pub(super) struct Scripted {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Scripted {
    /// Starts it in both families.
    ///
    /// # Panics
    ///
    /// When it cannot listen.
    pub(super) fn start(topology: &Topology, cast: &Cast) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let host = topology.host(Host::Server);
        host.set(&[("ipv6/bindv6only", "1")]);
        let next = Arc::new(AtomicUsize::new(0));
        let threads = Family::ALL.map(|family| {
            let address = SocketAddr::new(topology.plan.server(family), CONTROL_PORT);
            // Threads that are started in a namespace stay there.
            host.enter(|| {
                let listener = TcpListener::bind(address).expect("the control port is free");
                listener.set_nonblocking(true).expect("a listener that does not block");
                let (stop, cast, next) = (stop.clone(), cast.clone(), next.clone());
                thread::spawn(move || accept(&listener, &cast, &next, &stop))
            })
        });
        Self { stop, threads: threads.into() }
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Gives each client a thread, and waits for all of them in the end.
fn accept(listener: &TcpListener, cast: &Cast, next: &Arc<AtomicUsize>, stop: &Arc<AtomicBool>) {
    let mut sessions = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let Ok((client, _)) = listener.accept() else {
            thread::sleep(TICK);
            continue;
        };
        let (cast, next, stop) = (cast.clone(), next.clone(), stop.clone());
        sessions.push(thread::spawn(move || {
            // The client may go at any moment.
            let _ = Session::new(client, cast, next, stop).and_then(|mut session| session.run());
        }));
    }
    for session in sessions {
        let _ = session.join();
    }
}

/// A connection, encrypted or not.
trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// How the next data connection comes about.
enum Data {
    Listener(TcpListener),
    Peer(SocketAddr),
}

struct Session {
    socket: TcpStream,
    control: BufReader<Box<dyn Stream>>,
    cast: Cast,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    tls: bool,
    protected: bool,
    data: Option<Data>,
    stored: Arc<Mutex<Vec<u8>>>,
}

impl Session {
    fn new(socket: TcpStream, cast: Cast, next: Arc<AtomicUsize>, stop: Arc<AtomicBool>) -> io::Result<Self> {
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let control: Box<dyn Stream> = Box::new(socket.try_clone()?);
        Ok(Self {
            socket,
            control: BufReader::new(control),
            cast,
            next,
            stop,
            tls: false,
            protected: false,
            data: None,
            stored: Arc::default(),
        })
    }

    /// The whole session.
    fn run(&mut self) -> io::Result<()> {
        self.answer("", "")?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.control.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
            self.answer(&verb.to_uppercase(), argument)?;
        }
    }

    fn answer(&mut self, verb: &str, argument: &str) -> io::Result<()> {
        let asked = Asked { verb, argument, tls: self.tls };
        match (self.cast.script)(asked) {
            None => self.usual(asked),
            Some(Act::Say(text)) => self.write(&text),
            Some(Act::Repeat(text, pause)) => {
                while !self.stop.load(Ordering::Relaxed) {
                    self.write(&text)?;
                    thread::sleep(pause);
                }
                Ok(())
            }
            Some(Act::Hang) => io::copy(&mut self.control, &mut io::sink()).map(|_| ()),
            Some(Act::Close) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let stream = self.control.get_mut();
        stream.write_all(text)?;
        stream.flush()
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.write(format!("{text}\r\n").as_bytes())
    }

    /// What a server does.
    fn usual(&mut self, asked: Asked<'_>) -> io::Result<()> {
        let Asked { verb, argument, .. } = asked;
        match verb {
            "" => self.say("220 ready"),
            "USER" => self.say("331 password please"),
            "PASS" => self.say("230 welcome"),
            "SYST" => self.say("215 UNIX Type: L8"),
            "FEAT" => self.say("211-Features:\r\n EPSV\r\n211 End"),
            "PWD" => self.say("257 \"/\" is the current directory"),
            "AUTH" if self.cast.tls.is_some() => {
                self.say("234 go on")?;
                let socket: Box<dyn Stream> = Box::new(self.socket.try_clone()?);
                self.control = BufReader::new(self.encrypt(socket)?);
                self.tls = true;
                Ok(())
            }
            "PROT" => {
                self.protected = argument == "P";
                self.say("200 done")
            }
            "TYPE" | "PBSZ" | "OPTS" | "NOOP" | "CLNT" | "HOST" | "CWD" | "MODE" | "STRU" => {
                self.say("200 done")
            }
            "PASV" | "EPSV" if argument == "ALL" => self.say("200 done"),
            "PASV" | "EPSV" => self.listen(asked),
            "PORT" | "EPRT" => match peer(argument) {
                Some(peer) => {
                    self.data = Some(Data::Peer(peer));
                    self.say("200 done")
                }
                None => self.say("501 what?"),
            },
            "LIST" | "NLST" | "MLSD" | "STOR" | "RETR" => self.transfer(verb),
            "DELE" => self.say("250 done"),
            "ABOR" => self.say("226 done"),
            "QUIT" => {
                self.say("221 bye")?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            _ => self.say("502 not here"),
        }
    }

    fn encrypt(&self, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        let config = self.cast.tls.clone().ok_or(io::ErrorKind::Unsupported)?;
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    }

    fn listen(&mut self, asked: Asked<'_>) -> io::Result<()> {
        let address = self.socket.local_addr()?.ip();
        let ports = (self.cast.ports)(asked);
        let listener = (0..ports.len()).find_map(|_| {
            let port = ports[self.next.fetch_add(1, Ordering::Relaxed) % ports.len()];
            TcpListener::bind((address, port)).ok()
        });
        let Some(listener) = listener else { return self.say("425 no port is free") };
        let port = listener.local_addr()?.port();
        self.data = Some(Data::Listener(listener));
        match address {
            IpAddr::V4(address) if asked.verb == "PASV" => {
                let [a, b, c, d] = address.octets();
                self.say(&format!(
                    "227 Entering Passive Mode ({a},{b},{c},{d},{},{}).",
                    port / 256,
                    port % 256
                ))
            }
            _ => self.say(&format!("229 Entering Extended Passive Mode (|||{port}|)")),
        }
    }

    fn transfer(&mut self, verb: &str) -> io::Result<()> {
        let connection = match self.data.take() {
            Some(Data::Listener(listener)) => self.await_client(&listener),
            Some(Data::Peer(peer)) => self.dial(peer),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        let Ok(connection) = connection else { return self.say("425 no data connection") };
        self.say("150 here it comes")?;
        let mut stream: Box<dyn Stream> = Box::new(connection);
        let encrypted = self.protected && self.cast.protects;
        if encrypted {
            stream = self.encrypt(stream)?;
        }
        let stored = self.stored.clone();
        let mut stored = stored.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let done = match verb {
            "STOR" => {
                stored.clear();
                stream.read_to_end(&mut stored).map(|_| ())
            }
            "RETR" => stream.write_all(&stored),
            _ => stream.write_all(b"-rw-r--r-- 1 ftp ftp 4 Jan 1 00:00 file\r\n"),
        };
        let done = done.and_then(|()| stream.flush());
        drop(stream);
        match self.cast.complaint {
            Some(complaint) if encrypted => self.say(complaint),
            _ => self.say(if done.is_ok() { "226 done" } else { "426 broken" }),
        }
    }

    fn await_client(&self, listener: &TcpListener) -> io::Result<TcpStream> {
        listener.set_nonblocking(true)?;
        let mut waited = Duration::ZERO;
        loop {
            match listener.accept() {
                Ok((client, _)) => {
                    client.set_nonblocking(false)?;
                    client.set_read_timeout(Some(PATIENCE))?;
                    return Ok(client);
                }
                Err(_) if waited < PATIENCE && !self.stop.load(Ordering::Relaxed) => {
                    thread::sleep(TICK);
                    waited += TICK;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// From the usual port, as long as no connection of before is in the way.
    fn dial(&self, peer: SocketAddr) -> io::Result<TcpStream> {
        let own = SocketAddr::new(self.socket.local_addr()?.ip(), DATA_PORT);
        let socket = socket2::Socket::new(socket2::Domain::for_address(peer), socket2::Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&own.into())?;
        socket.connect_timeout(&peer.into(), PATIENCE)?;
        Ok(socket.into())
    }
}

/// The address in `PORT` or `EPRT`.
fn peer(argument: &str) -> Option<SocketAddr> {
    if let Some(fields) = argument.strip_prefix('|') {
        let mut fields = fields.split('|').skip(1);
        return Some(SocketAddr::new(fields.next()?.parse().ok()?, fields.next()?.parse().ok()?));
    }
    let numbers: Vec<u8> = argument.split(',').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [a, b, c, d, high, low] = numbers[..] else { return None };
    Some(SocketAddr::new(IpAddr::from([a, b, c, d]), u16::from_be_bytes([high, low])))
}
