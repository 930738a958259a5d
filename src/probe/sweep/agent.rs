//! The control connection of a sweep: what the responder is asked for.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::time::{Duration, Instant};

use super::{Arrived, Failure};
use crate::audit::Session;
use crate::probe::Stop;
use crate::probe::control::Control;
use crate::probe::observation::Reply;
use crate::probe::plan::{Plan, Secret};
use crate::probe::socket::SLICE;
use crate::probe::token::{self, Claim, Conversation};
use crate::probe::visit::enter;

/// How often two things are looked at in turn that may both happen.
const TURN: Duration = Duration::from_millis(5);

/// A responder that knows the token.
pub(super) struct Agent {
    control: Control,
    pub(super) conversation: Conversation,
}

/// What arrived at the other end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The ports with a connection.
    pub(super) reached: BTreeSet<u16>,
    /// The ports with a SYN that nothing followed; `None` where its system does not tell.
    pub(super) knocked: Option<BTreeSet<u16>>,
}

impl Agent {
    /// Logs in, and has both ends prove that they know `token`.
    pub(super) fn enter(plan: &Plan, server: IpAddr, token: &Secret, stop: &Stop) -> Result<Self, Failure> {
        let (_, ready) = enter(plan, server, Session::Plain, stop);
        let mut control = ready.ok_or(Failure::NoControl)?.control;
        let own = token::number().map_err(|_| Failure::NoResponder)?;
        let hello = said(&mut control, &format!("SITE FTPFW HELLO {own}"))?;
        let line = hello.lines.first().map(String::as_str).unwrap_or_default();
        let words: Vec<&str> = line.split(' ').collect();
        let (200, ["200", number, proof]) = (hello.code, words.as_slice()) else {
            return Err(Failure::NoResponder);
        };
        let conversation = Conversation { token: token.clone(), probe: own, responder: (*number).to_owned() };
        if !conversation.accepts(Claim::Responder, proof) {
            return Err(Failure::WrongToken);
        }
        let proof = conversation.proof(Claim::Probe);
        if said(&mut control, &format!("SITE FTPFW PROVE {proof}"))?.code != 200 {
            return Err(Failure::WrongToken);
        }
        Ok(Self { control, conversation })
    }

    pub(super) fn own_address(&self) -> IpAddr {
        self.control.own_address()
    }

    /// From now on every port answers with a proof, except those where a transfer of this client is awaited: these.
    pub(super) fn begin(&mut self) -> Result<BTreeSet<u16>, Failure> {
        let reply = said(&mut self.control, "SITE FTPFW SWEEP")?;
        if reply.code == 450 {
            return Err(Failure::Busy);
        }
        Ok(listed(&reply).filter(|(word, _)| *word == "awaited").flat_map(|(_, ports)| ports).collect())
    }

    /// Those of `ports` where a transfer is awaited still, after its session had some time to notice that it has ended.
    pub(super) fn freed(
        &mut self,
        ports: &[u16],
        timeout: Duration,
        stop: &Stop,
    ) -> Result<BTreeSet<u16>, Failure> {
        let start = Instant::now();
        loop {
            let late = start.elapsed() >= timeout || stop.is_requested();
            let awaited = self.begin()?;
            if late || !ports.iter().any(|port| awaited.contains(port)) {
                return Ok(awaited);
            }
            std::thread::sleep(SLICE);
        }
    }

    pub(super) fn end(&mut self) -> Result<(), Failure> {
        said(&mut self.control, "SITE FTPFW END").map(|_| ())
    }

    pub(super) fn leave(self) {
        self.control.quit();
    }

    /// What has arrived there.
    pub(super) fn seen(&mut self) -> Result<Seen, Failure> {
        let reply = said(&mut self.control, "SITE FTPFW SEEN")?;
        let mut seen = Seen { knocked: Some(BTreeSet::new()), ..Seen::default() };
        for (word, ports) in listed(&reply) {
            match (word, &mut seen.knocked) {
                ("reached", _) => seen.reached.extend(ports),
                ("knocked", Some(knocked)) => knocked.extend(ports),
                ("unknown", _) => seen.knocked = None,
                _ => {}
            }
        }
        Ok(seen)
    }

    /// Has the responder connect to `port`, where `listener` is.
    pub(super) fn connect(
        &mut self,
        port: u16,
        listener: &TcpListener,
        timeout: Duration,
        stop: &Stop,
    ) -> Result<Arrived, Failure> {
        let peer = self.control.peer.ip();
        self.control.send(&format!("SITE FTPFW CONNECT {port}")).map_err(Failure::Lost)?;
        let start = Instant::now();
        let mut arrived = None;
        let mut reply = None;
        // The reply may come before the connection is seen here, and the reverse.
        while !stop.is_requested() && start.elapsed() < timeout && (reply.is_none() || arrived.is_none()) {
            match listener.accept() {
                Ok((_, from)) if from.ip() == peer => arrived = Some(from.port()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            if reply.is_none() {
                reply = self.control.poll(TURN).transpose().map_err(Failure::Lost)?;
            }
            if let Some(Reply { code: 400.., .. }) = &reply {
                break;
            }
        }
        Ok(match (arrived, reply) {
            (Some(from), _) => Arrived::From(from),
            (None, Some(reply)) if reply.code == 200 => Arrived::Elsewhere,
            (None, Some(reply)) => {
                let errno = reply.lines.first().and_then(|line| line.split(' ').nth(1)?.parse().ok());
                errno.filter(|&errno| errno != 0).map_or(Arrived::Silent, Arrived::Failed)
            }
            (None, None) => Arrived::Silent,
        })
    }
}

fn said(control: &mut Control, command: &str) -> Result<Reply, Failure> {
    control.ask(command).reply.map_err(Failure::Lost)
}

/// The lines of a reply that are a word and ranges of ports.
fn listed(reply: &Reply) -> impl Iterator<Item = (&str, impl Iterator<Item = u16>)> {
    reply.lines.iter().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let word = words.next()?;
        let ranges = words.filter_map(|range| {
            let (first, last) = range.split_once('-')?;
            Some(first.parse::<u16>().ok()?..=last.parse().ok()?)
        });
        Some((word, ranges.flatten()))
    })
}
