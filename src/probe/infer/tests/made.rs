//! Observations made by hand.

use std::net::SocketAddr;
use std::time::Duration;

use crate::audit;
use crate::deployment::{ActiveSource, Tls};
use crate::packet::{Family, PortRange};
use crate::probe::observation::{
    Arrival, Burst, DataConnection, Dial, DialError, Encryption, Exchange, Halt, Handshake, IcmpError,
    Method, Offer, Policy, PolicyCheck, Reply, Transfer, Trouble, Visit, Work,
};
use crate::probe::plan::{Login, Plan};

/// The address that the plan declares for replies to `PASV`.
pub(super) const ADVERTISED: &str = "198.51.100.5";

/// A plan for a service with passive ports 60000-60020 and active data connections from port 20.
pub(super) fn plan() -> Plan {
    let servers = ["203.0.113.10", "2001:db8::10"].map(|address| address.parse().expect("address"));
    Plan {
        tls: Tls::Explicit,
        sessions: vec![audit::Session::Plain, audit::Session::Tls],
        passive_ports: PortRange::new(60_000, 60_020),
        advertised: Some(ADVERTISED.parse().expect("address")),
        active_source: ActiveSource::Ports(20.into()),
        timeout: Duration::from_secs(3),
        jobs: 8,
        ..Plan::plain(servers.to_vec(), 21, Login::new("anonymous", "guest"))
    }
}

/// What became of a data connection: the server's port, and how long it took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    port: u16,
    took: Duration,
    result: Result<(), DialError>,
    icmp: Option<IcmpError>,
}

fn outcome(port: u16, milliseconds: u64, result: Result<(), DialError>) -> Outcome {
    Outcome { port, took: Duration::from_millis(milliseconds), result, icmp: None }
}

pub(super) fn ok(port: u16) -> Outcome {
    outcome(port, 1, Ok(()))
}

/// Likewise, and it is known who says so: `kind` and `code` of ICMP.
pub(super) fn rejected_by(from: &str, [kind, code]: [u8; 2], port: u16) -> Outcome {
    let icmp = IcmpError { from: from.parse().expect("address"), kind, code };
    Outcome { icmp: Some(icmp), ..rejected(port) }
}

pub(super) fn slow(port: u16) -> Outcome {
    outcome(port, 1018, Ok(()))
}

pub(super) fn dropped(port: u16) -> Outcome {
    outcome(port, 2000, Err(DialError::TimedOut))
}

pub(super) fn rejected(port: u16) -> Outcome {
    outcome(port, 1, Err(DialError::Errno(113)))
}

/// By a route of this machine.
pub(super) fn prohibited(port: u16) -> Outcome {
    outcome(port, 0, Err(DialError::Errno(13)))
}

pub(super) fn refused(port: u16) -> Outcome {
    outcome(port, 1, Err(DialError::Errno(111)))
}

/// A session in the making.
pub(super) struct Session(Visit);

impl Session {
    pub(super) fn plain() -> Self {
        Self::of(audit::Session::Plain)
    }

    pub(super) fn tls() -> Self {
        Self::of(audit::Session::Tls)
    }

    fn of(session: audit::Session) -> Self {
        let server = SocketAddr::new("203.0.113.10".parse().expect("address"), 21);
        let local = SocketAddr::new("192.0.2.7".parse().expect("address"), 40_000);
        let control = Dial {
            peer: server,
            local: Some(local),
            took: Duration::from_millis(1),
            outcome: Ok(()),
            icmp: None,
        };
        let mut visit = Visit::new(server, session, control);
        visit.exchanges.push(exchange(None, "220 ready"));
        Self(visit)
    }

    pub(super) fn visit(self) -> Visit {
        self.0
    }

    pub(super) fn at_family(mut self, family: Family) -> Self {
        if family == Family::Ipv6 {
            self.0.server.set_ip("2001:db8::10".parse().expect("address"));
            self.0.control.peer = self.0.server;
        }
        self
    }

    pub(super) fn control(mut self, outcome: Result<(), DialError>) -> Self {
        self.0.control.outcome = outcome;
        self.0.exchanges.clear();
        self
    }

    pub(super) fn round_trip(mut self, took: Duration) -> Self {
        self.0.control.took = took;
        for exchange in &mut self.0.exchanges {
            exchange.took = took;
        }
        self
    }

    pub(super) fn halted(mut self, halt: Halt, reply: Option<&str>) -> Self {
        if halt.stage == crate::probe::observation::Stage::Greeting {
            self.0.exchanges.clear();
        }
        match (reply, &halt.trouble) {
            (Some(reply), _) => self.0.exchanges.push(exchange(None, reply)),
            (None, Some(trouble)) => self.0.exchanges.push(Exchange {
                command: None,
                reply: Err(trouble.clone()),
                took: Duration::from_secs(2),
            }),
            (None, None) => {}
        }
        self.0.halt = Some(halt);
        self
    }

    /// One good transfer of each mode.
    pub(super) fn healthy(self) -> Self {
        self.passive(ok(60_001)).active(ok(20))
    }

    /// A passive transfer whose connection has this outcome.
    pub(super) fn passive(mut self, outcome: Outcome) -> Self {
        let peer = SocketAddr::new(self.0.server.ip(), outcome.port);
        let dial = Dial {
            peer,
            local: self.0.control.local,
            took: outcome.took,
            outcome: outcome.result,
            icmp: outcome.icmp,
        };
        let data = DataConnection::Dialled { advertised: None, attempts: vec![dial] };
        let request = exchange(Some("EPSV"), &format!("229 Entering (|||{}|)", outcome.port));
        let mut transfer = transfer(Method::Epsv, request, Some(data));
        if outcome.result.is_ok() {
            complete(&mut transfer);
        }
        self.0.transfers.push(transfer);
        self
    }

    /// A passive transfer over a connection that opened, without a word of how it ended.
    pub(super) fn falls_silent(mut self, port: u16) -> Self {
        self = self.passive(ok(port));
        let transfer = self.0.transfers.last_mut().expect("a transfer");
        transfer.bytes = 0;
        let silence = Exchange { command: None, reply: Err(Trouble::TimedOut), took: Duration::from_secs(3) };
        transfer.completion = Some(silence);
        self
    }

    /// A passive request with this result, and nothing after it.
    pub(super) fn passive_request(mut self, reply: Result<Reply, Trouble>) -> Self {
        let request = Exchange { command: Some("EPSV".into()), reply, took: Duration::from_millis(1) };
        self.0.transfers.push(transfer(Method::Epsv, request, None));
        self
    }

    pub(super) fn passive_reply(self, reply: &str) -> Self {
        self.passive_request(Ok(said(reply)))
    }

    /// An active transfer, the connection of which comes from this port.
    pub(super) fn active(mut self, outcome: Outcome) -> Self {
        let peer = SocketAddr::new(self.0.server.ip(), outcome.port);
        let arrivals = vec![Arrival { peer, took: outcome.took }];
        let mut transfer =
            transfer(Method::Port, exchange(Some("PORT"), "200 Ok."), Some(self.awaited(arrivals)));
        complete(&mut transfer);
        self.0.transfers.push(transfer);
        self
    }

    fn awaited(&self, arrivals: Vec<Arrival>) -> DataConnection {
        DataConnection::Awaited { listener: self.0.control.local.expect("an address"), arrivals }
    }

    /// An active transfer that was begun and got no connection.
    pub(super) fn promised(self) -> Self {
        self.lacks("200 Ok.", Some("150 Here it comes."), None)
    }

    /// An active transfer that the server gives up with this reply.
    pub(super) fn fails_with(self, reply: &str, took: Duration) -> Self {
        self.lacks("200 Ok.", Some("150 Here it comes."), Some((reply, took)))
    }

    fn lacks(mut self, request: &str, command: Option<&str>, completion: Option<(&str, Duration)>) -> Self {
        let mut transfer =
            transfer(Method::Port, exchange(Some("PORT"), request), Some(self.awaited(Vec::new())));
        transfer.command = command.map(|reply| exchange(Some("LIST"), reply));
        transfer.completion = completion.map(|(reply, took)| Exchange { took, ..exchange(None, reply) });
        self.0.transfers.push(transfer);
        self
    }

    /// An active transfer to which the server says nothing, and brings no connection.
    pub(super) fn unanswered(mut self) -> Self {
        self = self.lacks("200 Ok.", Some("150 Here it comes."), None);
        let command = self.0.transfers.last_mut().and_then(|transfer| transfer.command.as_mut());
        command.expect("a command").reply = Err(Trouble::TimedOut);
        self
    }

    /// This reply to `PORT`.
    pub(super) fn answers_port(mut self, reply: &str, took: Duration) -> Self {
        let request = Exchange { took, ..exchange(Some("PORT"), reply) };
        self.0.transfers.push(transfer(Method::Port, request, None));
        self
    }

    /// No reply to `PORT`, and then one to `SYST`, or none either.
    pub(super) fn stalls_at_port(mut self, answers: bool) -> Self {
        let silence = |command: &str| Exchange {
            command: Some(command.into()),
            reply: Err(Trouble::TimedOut),
            took: Duration::from_secs(2),
        };
        let mut transfer = transfer(Method::Port, silence("PORT"), Some(self.awaited(Vec::new())));
        let after = if answers { exchange(Some("SYST"), "215 UNIX Type: L8") } else { silence("SYST") };
        transfer.completion = Some(after);
        self.0.transfers.push(transfer);
        self
    }

    /// An active transfer to which somebody else connects.
    pub(super) fn stranger(mut self) -> Self {
        let peer = SocketAddr::new("203.0.113.99".parse().expect("address"), 20);
        let data = self.awaited(vec![Arrival { peer, took: Duration::from_millis(1) }]);
        self.0.transfers.push(transfer(Method::Port, exchange(Some("PORT"), "200 Ok."), Some(data)));
        self
    }

    /// A passive transfer with this result of TLS on its connection, and this last reply.
    pub(super) fn data_tls(mut self, port: u16, outcome: Result<(), Trouble>, reply: &str) -> Self {
        self = self.passive(ok(port));
        let transfer = self.0.transfers.last_mut().expect("a transfer");
        let outcome = outcome.map(|()| Encryption { version: "TLSv1.3".into(), resumed: false });
        transfer.handshake = Some(Handshake { took: Duration::from_millis(1), outcome });
        transfer.bytes = 0;
        transfer.completion = Some(exchange(None, reply));
        self
    }

    /// A reply to `PASV` that names this address.
    pub(super) fn advertises(mut self, address: &str, port: u16) -> Self {
        self.0.offers.push(Offer {
            method: Method::Pasv,
            exchange: exchange(Some("PASV"), "227 Entering Passive Mode"),
            address: Some(address.parse().expect("address")),
            port: Some(port),
            dial: None,
        });
        self
    }

    /// A further port that was only connected to.
    pub(super) fn sample(mut self, outcome: Outcome) -> Self {
        let peer = SocketAddr::new(self.0.server.ip(), outcome.port);
        self.0.offers.push(Offer {
            method: Method::Epsv,
            exchange: exchange(Some("EPSV"), &format!("229 Entering (|||{}|)", outcome.port)),
            address: None,
            port: Some(outcome.port),
            dial: Some(Dial {
                peer,
                local: self.0.control.local,
                took: outcome.took,
                outcome: outcome.result,
                icmp: outcome.icmp,
            }),
        });
        self
    }

    pub(super) fn burst(mut self, ports: &[u16], refusal: Option<&str>) -> Self {
        let refusals = refusal.map(|reply| exchange(Some("EPSV"), reply)).into_iter().collect();
        self.0.burst = Some(Burst { asked: 2, ports: ports.to_vec(), refusals });
        self
    }

    pub(super) fn policies(mut self, checks: &[(Policy, &str)]) -> Self {
        let check = |(policy, reply): &(Policy, &str)| PolicyCheck {
            policy: *policy,
            exchange: exchange(Some("PORT"), reply),
        };
        self.0.policies = checks.iter().map(check).collect();
        self
    }
}

fn said(line: &str) -> Reply {
    Reply { code: line[..3].parse().expect("a code"), lines: vec![line.to_owned()] }
}

fn exchange(command: Option<&str>, reply: &str) -> Exchange {
    Exchange { command: command.map(str::to_owned), reply: Ok(said(reply)), took: Duration::from_millis(1) }
}

fn transfer(method: Method, request: Exchange, data: Option<DataConnection>) -> Transfer {
    Transfer { data, ..Transfer::new(method, Work::List, request) }
}

fn complete(transfer: &mut Transfer) {
    transfer.command = Some(exchange(Some("LIST"), "150 Here it comes."));
    transfer.bytes = 64;
    transfer.completion = Some(exchange(None, "226 Done."));
}
