//! One lab case: a server, what is in its way, what is declared of it, and the probe.

use std::any::Any;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};

use super::run::{Ask, Seen};
use super::scripted::{Cast, Scripted};
use crate::command::feed;
use crate::plan::{Family, Plan, Side};
use crate::require::require;
use crate::server::{Config, PASSIVE_PORTS, Server, Software, Tls};
use crate::topology::{Host, Topology};

/// Who answers.
#[derive(Debug)]
enum Answerer {
    Real(Software, Config),
    Scripted(Cast),
}

/// Something that lasts as long as the probe.
type Kept = Box<dyn Any>;

/// A case in the making: everything is open, unless something else is said.
#[derive(Debug)]
pub(super) struct Stage {
    plan: Plan,
    answerer: Answerer,
    ask: Ask,
    trusted: bool,
    rules: Vec<(Host, String)>,
    prepare: Vec<fn(&Topology)>,
    keep: Option<fn(&Topology) -> Kept>,
}

impl Stage {
    fn new(answerer: Answerer, ask: Ask) -> Self {
        Self {
            plan: Plan { side: Side::Server, nat: false },
            answerer,
            ask,
            trusted: true,
            rules: Vec::new(),
            prepare: Vec::new(),
            keep: None,
        }
    }

    /// A real server, declared as it is.
    pub(super) fn real(software: Software, config: Config) -> Self {
        let ask = Ask::of(software, &config);
        Self::new(Answerer::Real(software, config), ask)
    }

    /// vsftpd with what else `tls` says.
    pub(super) fn vsftpd(tls: Tls) -> Self {
        Self::real(Software::Vsftpd, Config { tls, ..Config::default() })
    }

    /// A scripted server, declared as it is.
    pub(super) fn scripted(cast: Cast) -> Self {
        let encrypts = cast.tls.is_some();
        let ask = Ask { tls: if encrypts { Tls::Explicit } else { Tls::None }, ..Ask::default() };
        // Nobody has signed its certificate.
        let ask = if encrypts { ask.with("--insecure") } else { ask };
        Self { trusted: !encrypts, ..Self::new(Answerer::Scripted(cast), ask) }
    }

    /// A gateway at this end, that translates IPv4 addresses.
    pub(super) fn translated(self, side: Side) -> Self {
        Self { plan: Plan { side, nat: true }, ..self }.over(Family::V4)
    }

    /// Over one family.
    pub(super) fn over(self, family: Family) -> Self {
        Self { ask: self.ask.over(family), ..self }
    }

    /// With options of the probe.
    pub(super) fn with(self, options: &str) -> Self {
        Self { ask: self.ask.with(options), ..self }
    }

    /// With another declaration.
    pub(super) fn declared(mut self, declare: fn(&mut Ask)) -> Self {
        declare(&mut self.ask);
        self
    }

    /// With more time for each answer, in seconds.
    pub(super) fn patient(mut self, timeout: u8) -> Self {
        self.ask.timeout = timeout;
        self
    }

    /// The server's certificate is nobody's.
    pub(super) fn untrusted(self) -> Self {
        Self { trusted: false, ..self }
    }

    /// Rules for nft on a machine.
    pub(super) fn rules(mut self, host: Host, rules: &str) -> Self {
        self.rules.push((host, rules.to_owned()));
        self
    }

    /// A base chain of these rules on a machine, which accepts everything else.
    pub(super) fn filter(self, host: Host, hook: &str, rules: &[&str]) -> Self {
        let rules = rules.iter().fold(String::new(), |mut text, rule| {
            let _ = writeln!(text, "  {rule}");
            text
        });
        let table = format!(
            "table inet lab {{\n chain filter {{\n  type filter hook {hook} priority 0;\n{rules} }}\n}}\n"
        );
        self.rules(host, &table)
    }

    /// Does something to the machines first.
    pub(super) fn prepared(mut self, prepare: fn(&Topology)) -> Self {
        self.prepare.push(prepare);
        self
    }

    /// Keeps something while the probe runs.
    pub(super) fn keeping(self, keep: fn(&Topology) -> Kept) -> Self {
        Self { keep: Some(keep), ..self }
    }

    /// Sets all of it up, and probes.
    pub(super) fn probe(self) -> Seen {
        require();
        let topology = Topology::new(self.plan);
        for prepare in self.prepare {
            prepare(&topology);
        }
        for (host, rules) in &self.rules {
            feed(topology.host(*host).command("nft").args(["-f", "-"]), rules);
        }
        let (server, _scripted) = match &self.answerer {
            Answerer::Real(software, config) => (Some(Server::run(&topology, *software, config)), None),
            Answerer::Scripted(cast) => (None, Some(Scripted::start(&topology, cast))),
        };
        let _kept = self.keep.map(|keep| keep(&topology));
        self.ask.probe(&topology, server.as_ref().filter(|_| self.trusted))
    }
}

/// Takes all ports of the range, in either family, so that no server gets one.
pub(super) fn take_every_port(topology: &Topology) -> Kept {
    let taken: Vec<TcpListener> = topology.host(Host::Server).enter(|| {
        let addresses = Family::ALL.map(|family| topology.plan.server(family));
        let all =
            addresses.into_iter().flat_map(|ip| PASSIVE_PORTS.map(move |port| SocketAddr::new(ip, port)));
        all.map(|address| TcpListener::bind(address).expect("a port that nobody has")).collect()
    });
    Box::new(taken)
}
