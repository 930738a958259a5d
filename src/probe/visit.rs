//! A session up to where it can transfer.

use std::net::{IpAddr, SocketAddr};

use super::Stop;
use super::control::Control;
use super::observation::{Exchange, Halt, Stage, Trouble, Visit};
use super::plan::{Plan, Trust};
use super::socket::dial;
use super::tls::Tls;
use crate::audit::Session;
use crate::deployment;

/// A session that may transfer.
pub(super) struct Ready {
    /// The connection.
    pub(super) control: Control,
    /// How its data connections are encrypted, if they are.
    pub(super) tls: Option<Tls>,
}

/// Opens the control connection, encrypts it, logs in. The record says how far that went.
pub(super) fn enter(plan: &Plan, server: IpAddr, session: Session, stop: &Stop) -> (Visit, Option<Ready>) {
    let peer = SocketAddr::new(server, plan.control_port);
    let (connected, stream) = dial(peer, plan.timeout, stop);
    let mut visit = Visit::new(peer, session, connected);
    let control = stream.and_then(|stream| Control::new(stream, plan.timeout, stop));
    let Some(control) = control else {
        visit.halt = Some(Halt { stage: Stage::Connect, trouble: None });
        return (visit, None);
    };
    let mut entry = Entry { plan, control, tls: None, visit };
    match entry.pass() {
        Ok(()) => (entry.visit, Some(Ready { control: entry.control, tls: entry.tls })),
        Err(halt) => {
            entry.visit.halt = Some(halt);
            entry.control.quit();
            (entry.visit, None)
        }
    }
}

struct Entry<'a> {
    plan: &'a Plan,
    control: Control,
    tls: Option<Tls>,
    visit: Visit,
}

impl Entry<'_> {
    fn pass(&mut self) -> Result<(), Halt> {
        let encrypted = self.visit.session == Session::Tls;
        let implicit = encrypted && self.plan.tls == deployment::Tls::Implicit;
        if implicit {
            self.encrypt()?;
        }
        self.greeting()?;
        if encrypted && !implicit {
            let reply = self.control.ask("AUTH TLS");
            self.record(Stage::Auth, reply, |code| code == 234)?;
            self.encrypt()?;
        }
        self.host()?;
        self.login()?;
        if encrypted {
            for command in ["PBSZ 0", "PROT P"] {
                let reply = self.control.ask(command);
                self.record(Stage::Protect, reply, |code| code == 200)?;
            }
            self.clear()?;
        }
        let reply = self.control.ask("TYPE I");
        self.record(Stage::Prepare, reply, |_| true)
    }

    /// 120 says that there is more to wait for (RFC 959 §5.4).
    fn greeting(&mut self) -> Result<(), Halt> {
        const MOST_DELAYS: usize = 3;
        for _ in 0..MOST_DELAYS {
            let greeting = self.control.listen();
            let delayed = greeting.reply.as_ref().is_ok_and(|reply| reply.code == 120);
            self.record(Stage::Greeting, greeting, |code| code == 220 || code == 120)?;
            if !delayed {
                return Ok(());
            }
        }
        Err(Halt { stage: Stage::Greeting, trouble: Some(Trouble::TimedOut) })
    }

    fn encrypt(&mut self) -> Result<(), Halt> {
        let halt = |trouble| Halt { stage: Stage::Handshake, trouble: Some(trouble) };
        let tls = Tls::new(&self.plan.trust, self.plan.name.as_deref(), self.visit.server.ip())
            .map_err(|reason| halt(Trouble::Tls(reason)))?;
        let handshake = self.control.encrypt(&tls);
        self.tls = Some(tls);
        let outcome = handshake.outcome.clone();
        self.visit.handshake = Some(handshake);
        outcome.map(|_| ()).map_err(halt)
    }

    /// Goes on in plain text, if that is wanted and the server agrees.
    fn clear(&mut self) -> Result<(), Halt> {
        if self.plan.clear_control {
            let reply = self.control.ask("CCC");
            let agreed = reply.is_positive();
            self.record(Stage::Protect, reply, |_| true)?;
            if agreed {
                let halt = |trouble| Halt { stage: Stage::Protect, trouble: Some(trouble) };
                self.control.clear().map_err(halt)?;
            }
        }
        Ok(())
    }

    /// Which of the hosts at this address is meant (RFC 7151), where the server asks for it.
    fn host(&mut self) -> Result<(), Halt> {
        let Some(name) = self.plan.name.clone() else { return Ok(()) };
        let features = self.control.ask("FEAT");
        let offered = features
            .reply
            .as_ref()
            .is_ok_and(|reply| reply.lines.iter().any(|line| line.trim().eq_ignore_ascii_case("HOST")));
        self.record(Stage::Login, features, |_| true)?;
        if offered {
            let reply = self.control.ask(&format!("HOST {name}"));
            self.record(Stage::Login, reply, |_| true)?;
        }
        Ok(())
    }

    fn login(&mut self) -> Result<(), Halt> {
        let login = &self.plan.login;
        let user = self.control.ask(&format!("USER {}", login.user));
        let wants_password = user.reply.as_ref().is_ok_and(|reply| reply.code == 331);
        self.record(Stage::Login, user, |code| matches!(code, 230 | 232 | 331))?;
        if wants_password {
            let password = self.control.confide("PASS", &login.password);
            self.record(Stage::Login, password, |code| matches!(code, 230 | 202))?;
        }
        Ok(())
    }

    /// Writes an exchange down. A reply that is not `wanted`, or none, ends the session.
    fn record(&mut self, stage: Stage, exchange: Exchange, wanted: impl Fn(u16) -> bool) -> Result<(), Halt> {
        let halt = match &exchange.reply {
            // 421 says that the connection ends, whatever it answers (RFC 959 §4.2.1).
            Ok(reply) if wanted(reply.code) && reply.code != 421 => None,
            Ok(_) => Some(Halt { stage, trouble: None }),
            Err(trouble) => Some(Halt { stage, trouble: Some(trouble.clone()) }),
        };
        self.visit.exchanges.push(exchange);
        halt.map_or(Ok(()), Err)
    }
}

/// What is wrong with the certificates that a plan believes, if anything: to be said before anybody connects.
///
/// # Errors
///
/// The words of the TLS library.
pub fn check_trust(trust: &Trust) -> Result<(), String> {
    Tls::new(trust, None, IpAddr::from([127, 0, 0, 1])).map(|_| ())
}
