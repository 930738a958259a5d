//! Running `ftpfw probe` on the client, and what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::owned::folder;
use crate::plan::Family;
use crate::server::{Config, DATA_PORT, PASSIVE_PORTS, Server, Software, Tls};
use crate::topology::{CLIENT_LISTENING_PORTS, Host, Topology};

/// What a probe prints is as documented.
static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = include_str!("../../../docs/schema/probe.json");
    jsonschema::validator_for(&serde_json::from_str(schema).expect("JSON")).expect("a schema")
});

/// What responders and their probes share.
pub(crate) const TOKEN: &str = "a token of the lab";

/// What became of the packets that open one kind of connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Pass,
    Dropped,
    Rejected,
    Refused,
    /// Blocked, and there is no telling how.
    Blocked,
    Inconclusive,
    Skipped,
}

impl Verdict {
    /// As the probe writes it.
    fn read(flow: &Value) -> Self {
        match (flow["verdict"].as_str(), flow["cause"].as_str()) {
            (Some("pass"), None) => Self::Pass,
            (Some("blocked"), Some("dropped")) => Self::Dropped,
            (Some("blocked"), Some("rejected")) => Self::Rejected,
            (Some("blocked"), Some("refused")) => Self::Refused,
            (Some("blocked"), None) => Self::Blocked,
            (Some("inconclusive"), None) => Self::Inconclusive,
            (Some("skipped"), None) => Self::Skipped,
            _ => panic!("no verdict: {flow}"),
        }
    }
}

/// What one session saw: the control connection, passive and active data connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connections {
    pub(crate) control: Verdict,
    pub(crate) passive: Verdict,
    pub(crate) active: Verdict,
}

impl Connections {
    /// Everything works.
    pub(crate) const OPEN: Self =
        Self { control: Verdict::Pass, passive: Verdict::Pass, active: Verdict::Pass };

    /// The control connection does not come about, so nothing is known of the others.
    pub(crate) const fn without(control: Verdict) -> Self {
        Self { control, passive: Verdict::Inconclusive, active: Verdict::Inconclusive }
    }

    /// All works but passive data connections.
    pub(crate) const fn passive(passive: Verdict) -> Self {
        Self { passive, ..Self::OPEN }
    }

    /// All works but active data connections.
    pub(crate) const fn active(active: Verdict) -> Self {
        Self { active, ..Self::OPEN }
    }
}

/// A family, and whether the session is encrypted.
pub(crate) type Session = (Family, bool);

/// The sessions of a server that has no TLS.
pub(crate) const PLAIN: [Session; 2] = [(Family::V4, false), (Family::V6, false)];
/// The sessions of a server that has it and does not demand it.
pub(crate) const BOTH: [Session; 4] =
    [(Family::V4, false), (Family::V4, true), (Family::V6, false), (Family::V6, true)];

/// What is declared of the server, and asked of the probe.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) families: Vec<Family>,
    pub(crate) tls: Tls,
    pub(crate) range: RangeInclusive<u16>,
    pub(crate) advertised: Option<String>,
    /// The port that active data connections come from; else any.
    pub(crate) source: Option<u16>,
    pub(crate) modes: &'static str,
    /// Who may be a client.
    pub(crate) clients: String,
    /// The firewall that is declared.
    pub(crate) firewall: String,
    /// Its rules by the names of their files, for a prediction.
    pub(crate) rules: Vec<(&'static str, String)>,
    pub(crate) options: Vec<String>,
    /// How long the probe waits for an answer, in seconds.
    pub(crate) timeout: u8,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            families: Family::ALL.into(),
            tls: Tls::None,
            range: PASSIVE_PORTS,
            advertised: None,
            source: Some(DATA_PORT),
            modes: "active, passive",
            clients: "any".to_owned(),
            firewall: "name: host, side: server, place: host, dialect: nftables".to_owned(),
            rules: Vec::new(),
            options: Vec::new(),
            timeout: 1,
        }
    }
}

impl Ask {
    /// What is true of a server.
    pub(crate) fn of(software: Software, config: &Config) -> Self {
        Self {
            tls: config.tls,
            range: config.range.clone(),
            advertised: config.advertised.map(|address| address.to_string()),
            source: software.has_data_port().then_some(DATA_PORT),
            ..Self::default()
        }
    }

    /// The same, with options.
    pub(crate) fn with(mut self, options: &str) -> Self {
        self.options.extend(options.split_whitespace().map(str::to_owned));
        self
    }

    /// Likewise, over one family.
    pub(crate) fn over(mut self, family: Family) -> Self {
        self.families = vec![family];
        self
    }

    /// The deployment file.
    pub(crate) fn deployment(&self, topology: &Topology) -> String {
        let addresses: Vec<String> =
            self.families.iter().map(|&family| format!("\"{}\"", topology.plan.service(family))).collect();
        let tls = match self.tls {
            Tls::None => "none",
            Tls::Explicit => "explicit",
            Tls::Required => "explicit-required",
            Tls::Implicit => "implicit",
        };
        let mut yaml = format!(
            "\
version: 1
service:
  name: files
  addresses: [{}]
  control_port: 21
  tls: {tls}
  modes: [{}]
  passive:
    ports: {}-{}
",
            addresses.join(", "),
            self.modes,
            self.range.start(),
            self.range.end(),
        );
        if let Some(advertised) = &self.advertised {
            let _ = writeln!(yaml, "    advertised_address: {advertised}");
        }
        if self.modes.contains("active") {
            let source = self.source.map_or("ephemeral".to_owned(), |port| port.to_string());
            let _ = writeln!(yaml, "  active: {{ source_port: {source} }}");
        }
        let (first, last) = (CLIENT_LISTENING_PORTS.start(), CLIENT_LISTENING_PORTS.end());
        let _ = writeln!(yaml, "clients:\n  addresses: [{}]\n  ports: {first}-{last}", self.clients);
        let _ = writeln!(yaml, "firewalls:\n- {{{}}}", self.firewall);
        yaml
    }

    /// Has the client probe.
    ///
    /// # Panics
    ///
    /// When what the probe prints is no JSON.
    pub(crate) fn probe(&self, topology: &Topology, server: Option<&Server>) -> Seen {
        let certificate = server.filter(|_| self.tls != Tls::None).map(Server::certificate);
        let files = folder("rules");
        let rules = self.rules.iter().map(|(name, text)| {
            let file = files.path().join(name);
            fs::write(&file, text).expect("a file in a new folder");
            file
        });
        let mut options = trusting(certificate);
        options.extend(explained_with(&rules.collect::<Vec<_>>()));
        options.extend(self.options.iter().cloned());
        Seen::of(topology, &self.deployment(topology), self.timeout, &options)
    }

    /// What the probe prints with other options.
    pub(crate) fn print(&self, topology: &Topology, options: &[&str]) -> String {
        let own = self.options.iter().map(String::as_str);
        let options: Vec<String> = options.iter().copied().chain(own).map(str::to_owned).collect();
        let output = run(topology, &self.deployment(topology), self.timeout, &options);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// The options that have a probe believe a certificate.
pub(crate) fn trusting(certificate: Option<PathBuf>) -> Vec<String> {
    certificate.into_iter().flat_map(|file| ["--ca".to_owned(), file.display().to_string()]).collect()
}

/// The options for a prediction from the rules in these files.
pub(crate) fn explained_with(files: &[PathBuf]) -> Vec<String> {
    files.iter().flat_map(|file| ["--explain-with".to_owned(), file.display().to_string()]).collect()
}

/// Runs the probe on the client.
fn run(topology: &Topology, deployment: &str, timeout: u8, options: &[String]) -> Output {
    let files = folder("probe");
    let file = files.path().join("deployment.yaml");
    fs::write(&file, deployment).expect("a file in a new folder");
    let mut command = topology.host(Host::Client).command(env!("CARGO_BIN_EXE_ftpfw"));
    command.args(["--lang", "en", "probe", "--timeout", &timeout.to_string()]).arg(&file);
    command.args(options).stdin(Stdio::null());
    // Anonymous users may have any password, and nobody else has one here.
    command.env("FTPFW_PASSWORD", "ftpfw@lab.example").env("FTPFW_TOKEN", TOKEN);
    command.output().expect("`ip` can be run")
}

/// What a probe said.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) json: Value,
    pub(crate) code: Option<i32>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.json)
    }
}

impl Seen {
    /// Has the client probe what is deployed.
    ///
    /// # Panics
    ///
    /// When what the probe prints is no JSON.
    pub(crate) fn of(topology: &Topology, deployment: &str, timeout: u8, options: &[String]) -> Self {
        let json = ["--format", "json"].map(str::to_owned);
        let output = run(topology, deployment, timeout, &[&json, options].concat());
        let stdout = String::from_utf8_lossy(&output.stdout);
        let json = serde_json::from_str(&stdout).unwrap_or_else(|error| {
            let stderr = String::from_utf8_lossy(&output.stderr);
            panic!("{error}: {}\n{stdout}{stderr}\n{deployment}", output.status)
        });
        let faults: Vec<String> = SCHEMA.iter_errors(&json).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}\n{json:#}");
        Self { json, code: output.status.code() }
    }

    /// Where what was seen is not what the rules foretell; and where one of the two says nothing and should.
    pub(crate) fn disagreements(&self) -> Vec<String> {
        let flows = self.json["flows"].as_array().map_or(0, Vec::len);
        let predictions = self.json["prediction"].as_array().cloned().unwrap_or_default();
        let mut faults = Vec::new();
        if flows == 0 || predictions.len() != flows {
            faults.push(format!("{} predictions of {flows} flows", predictions.len()));
        }
        let session = |one: &Value| (one["family"].clone(), one["tls"].clone());
        for one in &predictions {
            let control = predictions
                .iter()
                .find(|other| other["flow"] == "P1" && session(other) == session(one))
                .map(|other| other["observed"] == "pass");
            // One end cannot tell which way a packet was lost, and without a control connection there is no other.
            let unknown = one["observed"] == "inconclusive"
                && (control != Some(true) || matches!(one["flow"].as_str(), Some("A2" | "A4" | "P2" | "P4")));
            let agreed = one["agreement"] == "agree" || (unknown && one["agreement"] == "undecided");
            if !agreed {
                faults.push(one.to_string());
            }
        }
        faults
    }

    /// The names of its conclusions.
    pub(crate) fn conclusions(&self) -> BTreeSet<String> {
        let conclusions = self.json["conclusions"].as_array().into_iter().flatten();
        conclusions.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// What each session saw; or what is odd about it.
    pub(crate) fn connections(&self) -> Result<BTreeMap<(String, bool), Connections>, String> {
        let mut flows: BTreeMap<(String, bool), BTreeMap<&str, Verdict>> = BTreeMap::new();
        for flow in self.json["flows"].as_array().into_iter().flatten() {
            let (Some(id), Some(family), Some(tls)) =
                (flow["flow"].as_str(), flow["family"].as_str(), flow["tls"].as_bool())
            else {
                return Err(format!("no flow: {flow}"));
            };
            flows.entry((family.to_owned(), tls)).or_default().insert(id, Verdict::read(flow));
        }
        flows.into_iter().map(|(session, flows)| connections(&flows).map(|it| (session, it))).collect()
    }

    /// How this differs from what should be seen.
    pub(crate) fn faults(&self, expected: &[(Session, Connections)], conclusions: &[&str]) -> Vec<String> {
        let mut faults = Vec::new();
        match self.connections() {
            Err(failure) => faults.push(failure),
            Ok(mut seen) => {
                for &((family, tls), expected) in expected {
                    let name = family.to_string().to_lowercase();
                    let seen = seen.remove(&(name, tls));
                    if seen != Some(expected) {
                        let kind = if tls { "TLS" } else { "plain" };
                        faults.push(format!("{family}, {kind}: {seen:?}, not {expected:?}"));
                    }
                }
                faults.extend(seen.into_keys().map(|session| format!("{session:?} was probed too")));
            }
        }
        let wanted: BTreeSet<String> = conclusions.iter().map(|&name| name.to_owned()).collect();
        if self.conclusions() != wanted {
            faults.push(format!("{:?}, not {wanted:?}", self.conclusions()));
        }
        faults
    }

    /// The same, as an assertion.
    ///
    /// # Panics
    ///
    /// When there are faults.
    pub(crate) fn expect(&self, what: &str, expected: &[(Session, Connections)], conclusions: &[&str]) {
        let faults = self.faults(expected, conclusions);
        assert!(faults.is_empty(), "{what}:\n  {}\n{self}", faults.join("\n  "));
    }
}

/// What one session saw, from the verdicts on its flows.
fn connections(flows: &BTreeMap<&str, Verdict>) -> Result<Connections, String> {
    let verdict = |id: &str| flows.get(id).copied().ok_or_else(|| format!("no verdict on {id}: {flows:?}"));
    // Each opening flow with the one that answers it, which passes if and only if the connection works, and of which
    // one end can say nothing else.
    let both = |opening: &str, answering: &str| {
        let (opening, answering) = (verdict(opening)?, verdict(answering)?);
        let expected = match opening {
            Verdict::Pass | Verdict::Skipped => opening,
            _ => Verdict::Inconclusive,
        };
        if answering == expected { Ok(opening) } else { Err(format!("the answers: {flows:?}")) }
    };
    let controls = BTreeSet::from([both("A1", "A2")?, both("P1", "P2")?]);
    let used: Vec<_> = controls.into_iter().filter(|&verdict| verdict != Verdict::Skipped).collect();
    match used[..] {
        [control] => Ok(Connections { control, passive: both("P3", "P4")?, active: both("A3", "A4")? }),
        _ => Err(format!("the control connection of either mode: {flows:?}")),
    }
}

/// The same expectation of several sessions.
pub(crate) fn all(sessions: &[Session], expected: Connections) -> Vec<(Session, Connections)> {
    sessions.iter().map(|&session| (session, expected)).collect()
}
