//! One session with a responder: commands in, replies out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::Event;
use super::command::{Lines, eprt, parted, port};
use super::data::{Agreed, connect, open, receive, send};
use super::knocked::Knocked;
use super::shared::Shared;
use crate::packet::{Family, PortSet};
use crate::probe::socket::SLICE;
use crate::probe::tls::is_patience;
use crate::probe::token::{self, Claim, Conversation};

/// How long a session may be silent.
const IDLE: Duration = Duration::from_secs(120);
/// Files that a session may store.
const MOST_FILES: usize = 8;

/// Serves the client at the other end of `stream` until it leaves.
pub(super) fn serve(stream: TcpStream, peer: SocketAddr, shared: &Shared, events: &Sender<Event>) {
    let Ok(own) = stream.local_addr() else { return };
    let session = Session {
        stream,
        own: own.ip(),
        peer,
        shared,
        events,
        agreed: None,
        epsv_only: false,
        files: BTreeMap::new(),
        greeted: None,
        proven: false,
        knocked: None,
    };
    session.serve();
}

struct Session<'a> {
    stream: TcpStream,
    own: IpAddr,
    peer: SocketAddr,
    shared: &'a Shared,
    events: &'a Sender<Event>,
    agreed: Option<Agreed>,
    /// After `EPSV ALL`.
    epsv_only: bool,
    files: BTreeMap<String, Vec<u8>>,
    /// The conversation about the token, once it has begun.
    greeted: Option<Conversation>,
    /// Whether the client has shown that it knows the token.
    proven: bool,
    /// What its sweep has knocked at, once there is one.
    knocked: Option<Knocked>,
}

/// The session is over.
struct Over;

impl Session<'_> {
    fn serve(mut self) {
        let settled = self
            .stream
            .set_read_timeout(Some(SLICE))
            .and_then(|()| self.stream.set_write_timeout(Some(IDLE)));
        if settled.is_ok() {
            let _ = self.converse();
        }
        self.forget();
    }

    fn converse(&mut self) -> Result<(), Over> {
        self.reply("220 ftpfw responder")?;
        let mut lines = Lines::default();
        let mut buffer = [0; 1024];
        let mut last = Instant::now();
        loop {
            if self.shared.ended.is_requested() || last.elapsed() > IDLE {
                return self.reply("421 Closing.").and(Err(Over));
            }
            if let Some(knocked) = &mut self.knocked {
                knocked.look();
            }
            while let Some(line) = lines.next_line() {
                let Ok(line) = line else {
                    self.reply("500 Line too long.")?;
                    return Err(Over);
                };
                self.obey(&line)?;
                last = Instant::now();
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(Over),
                Ok(length) => lines.push(&buffer[..length]),
                Err(error) if is_patience(&error) => {}
                Err(_) => return Err(Over),
            }
        }
    }

    /// Sends a reply, in one write.
    fn reply(&mut self, text: &str) -> Result<(), Over> {
        self.stream.write_all(format!("{text}\r\n").as_bytes()).map_err(|_| Over)
    }

    /// Forgets what was agreed on.
    fn forget(&mut self) {
        if let Some(Agreed::Passive(port, _)) = self.agreed.take() {
            self.shared.withdraw(self.own, port, self.peer.ip());
        }
    }

    fn obey(&mut self, line: &str) -> Result<(), Over> {
        let (command, argument) = parted(line);
        match command.as_str() {
            "USER" => self.reply("331 Any password."),
            "PASS" => self.reply("230 Welcome."),
            "SYST" => self.reply("215 UNIX Type: L8"),
            "FEAT" => self
                .reply("211-Features:\r\n EPRT\r\n EPSV\r\n MLST type*;size*;\r\n SIZE\r\n UTF8\r\n211 End"),
            "PWD" | "XPWD" => self.reply("257 \"/\""),
            "CWD" | "CDUP" if matches!(argument, "" | "/" | "." | "..") => self.reply("250 Done."),
            "CWD" => self.reply("550 No such folder."),
            "TYPE" | "MODE" | "STRU" | "OPTS" | "NOOP" | "ALLO" | "ACCT" | "CLNT" => self.reply("200 Done."),
            "HELP" => self.reply("214 RFC 959, RFC 2428."),
            "PASV" | "EPSV" | "PORT" | "EPRT" => self.agree(&command, argument),
            "LIST" | "NLST" | "MLSD" => {
                let listing = self.listing(&command);
                self.transfer(|stream, _| send(stream, listing.as_bytes()).map(|()| None))
            }
            "RETR" | "SIZE" | "DELE" | "STOR" => self.file(&command, argument),
            "ABOR" => {
                self.forget();
                self.reply("226 Done.")
            }
            "SITE" => self.site(argument),
            "QUIT" => {
                self.reply("221 Bye.")?;
                Err(Over)
            }
            _ => self.reply("502 Not implemented."),
        }
    }

    fn agree(&mut self, command: &str, argument: &str) -> Result<(), Over> {
        let options = &self.shared.options;
        let offered = match command {
            "PASV" | "EPSV" => options.passive_ports.is_some(),
            _ => options.active_source.is_some(),
        };
        if !offered {
            return self.reply("502 Not on offer.");
        }
        if self.epsv_only && command != "EPSV" {
            return self.reply("503 EPSV only.");
        }
        self.forget();
        match command {
            "PORT" => self.active(port(argument)),
            "EPRT" => self.active(eprt(argument)),
            "EPSV" if argument.eq_ignore_ascii_case("ALL") => {
                self.epsv_only = true;
                self.reply("200 EPSV only.")
            }
            _ => self.passive(command, argument),
        }
    }

    /// Whoever the client is, data connections go to no other address, and to no privileged port (RFC 2577 §3).
    fn active(&mut self, client: Option<SocketAddr>) -> Result<(), Over> {
        match client {
            None => self.reply("501 Syntax error."),
            Some(client) if Family::of(client.ip()) != Family::of(self.own) => {
                let family = own_family(self.own);
                self.reply(&format!("522 Use ({family})."))
            }
            Some(client) if client.ip() != self.peer.ip() || client.port() < 1024 => {
                self.reply("504 Foreign address.")
            }
            Some(client) => {
                self.agreed = Some(Agreed::Active(client));
                self.reply("200 Done.")
            }
        }
    }

    fn passive(&mut self, command: &str, argument: &str) -> Result<(), Over> {
        let family = own_family(self.own);
        if command == "EPSV" && !argument.is_empty() && argument != family {
            return self.reply(&format!("522 Use ({family})."));
        }
        let address = match (command, self.own) {
            ("EPSV", own) => own,
            (_, IpAddr::V4(own)) => self.shared.options.advertised.unwrap_or(own).into(),
            (_, IpAddr::V6(_)) => return self.reply("425 Use EPSV."),
        };
        let Some((port, arriving)) = self.shared.offer(self.own, self.peer.ip()) else {
            return self.reply("425 No port is free.");
        };
        self.agreed = Some(Agreed::Passive(port, arriving));
        match (command, address) {
            ("PASV", IpAddr::V4(address)) => {
                let [a, b, c, d] = address.octets();
                let [high, low] = port.to_be_bytes();
                self.reply(&format!("227 Passive ({a},{b},{c},{d},{high},{low})."))
            }
            _ => self.reply(&format!("229 Passive (|||{port}|).")),
        }
    }

    /// Carries out a transfer: `work` has the data connection, and returns a reply if it is no usual one.
    fn transfer(
        &mut self,
        work: impl FnOnce(TcpStream, &mut Self) -> std::io::Result<Option<&'static str>>,
    ) -> Result<(), Over> {
        let Some(agreed) = self.agreed.take() else { return self.reply("425 Use PASV or PORT.") };
        let port = if let Agreed::Passive(port, _) = &agreed { Some(*port) } else { None };
        self.reply("150 Opening.")?;
        let opened = open(agreed, &self.stream, self.shared);
        if let Some(port) = port {
            self.shared.withdraw(self.own, port, self.peer.ip());
        }
        let reply = match opened {
            Err(error) => format!("425 No data connection: {error}."),
            Ok(stream) => match work(stream, self) {
                Ok(reply) => reply.unwrap_or("226 Done.").to_owned(),
                Err(error) => format!("426 Aborted: {error}."),
            },
        };
        let _ = self.events.send(Event::Transferred(self.peer, reply.clone()));
        self.reply(&reply)
    }

    fn listing(&self, command: &str) -> String {
        let mut listing = String::new();
        for (name, content) in &self.files {
            let size = content.len();
            let _ = match command {
                "NLST" => write!(listing, "{name}\r\n"),
                "MLSD" => write!(listing, "type=file;size={size}; {name}\r\n"),
                _ => write!(listing, "-rw------- 1 ftp ftp {size} Jan 01 00:00 {name}\r\n"),
            };
        }
        listing
    }

    fn file(&mut self, command: &str, argument: &str) -> Result<(), Over> {
        let name = argument.trim_start_matches('/').to_owned();
        let known = self.files.get(&name).cloned();
        match (command, known) {
            ("STOR", _) if name.is_empty() || name.contains('/') => self.reply("553 Bad name."),
            ("STOR", None) if self.files.len() >= MOST_FILES => self.reply("552 Too many files."),
            ("STOR", _) => self.transfer(|stream, session| match receive(stream, session.shared)? {
                Some(content) => {
                    session.files.insert(name, content);
                    Ok(None)
                }
                None => Ok(Some("552 Too large.")),
            }),
            (_, None) => self.reply("550 No such file."),
            ("SIZE", Some(content)) => self.reply(&format!("213 {}", content.len())),
            ("DELE", Some(_)) => {
                self.files.remove(&name);
                self.reply("250 Done.")
            }
            (_, Some(content)) => self.transfer(|stream, _| send(stream, &content).map(|()| None)),
        }
    }

    /// What only a probe with the token may ask for.
    fn site(&mut self, argument: &str) -> Result<(), Over> {
        let words: Vec<&str> = argument.split_ascii_whitespace().collect();
        let ["FTPFW", rest @ ..] = words.as_slice() else { return self.reply("502 Not implemented.") };
        match (rest, self.proven) {
            (["HELLO", number], _) => self.hello(number),
            (["PROVE", proof], _) => {
                self.proven = self.greeted.as_ref().is_some_and(|known| known.accepts(Claim::Probe, proof));
                self.reply(if self.proven { "200 Proven." } else { "530 Wrong token." })
            }
            (_, false) => self.reply("530 Prove the token."),
            (["SWEEP"], true) => self.sweep(),
            (["SEEN"], true) => self.seen(),
            (["CONNECT", port], true) => self.connect(port),
            (["END"], true) => {
                self.shared.end_sweep(self.peer);
                self.knocked = None;
                self.reply("200 Done.")
            }
            _ => self.reply("501 Syntax error."),
        }
    }

    fn hello(&mut self, number: &str) -> Result<(), Over> {
        const LONGEST: usize = 64;
        let usable = number.len() <= LONGEST && number.bytes().all(|byte| byte.is_ascii_hexdigit());
        let Some(own) = token::number().ok().filter(|_| usable) else {
            return self.reply("501 Syntax error.");
        };
        let token = self.shared.options.token.clone();
        let conversation = Conversation { token, probe: number.to_owned(), responder: own };
        let reply = format!("200 {} {}", conversation.responder, conversation.proof(Claim::Responder));
        self.greeted = Some(conversation);
        self.proven = false;
        self.reply(&reply)
    }

    /// From now on every port is the client's to try, except those that it is told.
    fn sweep(&mut self) -> Result<(), Over> {
        let Some(conversation) = self.greeted.clone() else { return self.reply("530 Prove the token.") };
        let Some(awaited) = self.shared.begin_sweep(self.own, self.peer, conversation) else {
            return self.reply("450 Another session sweeps.");
        };
        if self.knocked.is_none() {
            self.knocked = Some(Knocked::new(self.own, self.peer.ip()));
            let _ = self.events.send(Event::Swept(self.peer));
        }
        let mut reply = "200-Sweep".to_owned();
        list(&mut reply, "awaited", &awaited);
        self.reply(&(reply + "\r\n200 End"))
    }

    /// The ports that the client has reached, and those that it has knocked at in vain.
    fn seen(&mut self) -> Result<(), Over> {
        let mut reply = "211-Seen".to_owned();
        list(&mut reply, "reached", &self.shared.reached(self.peer));
        match self.knocked.as_mut().and_then(Knocked::ports) {
            Some(ports) => list(&mut reply, "knocked", &ports),
            None => reply.push_str("\r\n unknown"),
        }
        self.reply(&(reply + "\r\n211 End"))
    }

    /// Opens an active data connection, and closes it again.
    fn connect(&mut self, port: &str) -> Result<(), Over> {
        let Some(port) = port.parse().ok().filter(|&port| port >= 1024_u16) else {
            return self.reply("501 Syntax error.");
        };
        if self.shared.options.active_source.is_none() {
            return self.reply("502 Not on offer.");
        }
        match connect(SocketAddr::new(self.peer.ip(), port), self.own, self.shared) {
            Ok((_, from)) => self.reply(&format!("200 {from}")),
            Err(error) => self.reply(&format!("425 {} {error}", error.raw_os_error().unwrap_or(0))),
        }
    }
}

/// The number of the family in `EPSV` and `EPRT` (RFC 2428 §2).
fn own_family(address: IpAddr) -> &'static str {
    match Family::of(address) {
        Family::Ipv4 => "1",
        Family::Ipv6 => "2",
    }
}

/// Adds lines with ports to a reply, each short enough for a reader.
fn list(reply: &mut String, word: &str, ports: &PortSet) {
    for ranges in ports.ranges().chunks(100) {
        let _ = write!(reply, "\r\n {word}");
        for range in ranges {
            let _ = write!(reply, " {}-{}", range.first(), range.last());
        }
    }
}
