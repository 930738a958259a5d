//! What works from end to end: what the audit of a case predicts, a real client experiences; and after its mend again.

use ftpfw::audit::{Audit, CellVerdict, Request, Session, Subject, Trials, Works, audit};
use ftpfw::deployment::{self, ActiveSource, Deployment, Tls};
use ftpfw::dialect::Format;
use ftpfw::flow;
use ftpfw::packet;

use super::{audited, is_loadable, renamed};
use crate::backend::{Backend, Loader};
use crate::fixtures::Fixture;
use crate::owned::folder;
use crate::plan::{Family, Plan, Side};
use crate::require::require;
use crate::server::{Config, Software};
use crate::topology::{CLIENT_LISTENING_PORTS, Host, Topology};
use crate::transfer::{Client, Mode, Operation, Program, Transfer};
use crate::vsftpd::Vsftpd;

/// The seconds that a transfer gets that cannot work: what is dropped once and then let through begins within.
const FAILS_AFTER: u8 = 2;
/// The seconds that one may take that works; it takes a tenth of one.
const WORKS_WITHIN: u8 = 10;

/// What a single transfer does not prove wrong: what works for some clients, the lab's among them, and what works or not
/// depending on which of two hooks of one priority was there first.
const UNDECIDED: [&str; 2] = ["FTP009/some-clients.wrong.rules", "FTP014/related.wrong.nft"];

#[test]
fn at_the_server() {
    prove(deployment::Side::Server, deployment::Place::Host, false);
}

#[test]
fn at_the_gateway_of_the_server_that_translates() {
    prove(deployment::Side::Server, deployment::Place::Gateway, true);
}

#[test]
fn at_the_client() {
    prove(deployment::Side::Client, deployment::Place::Host, false);
}

/// Tries all wrong cases of such a firewall.
fn prove(side: deployment::Side, place: deployment::Place, nat: bool) {
    require();
    let plan = Plan { side: if side == deployment::Side::Server { Side::Server } else { Side::Client }, nat };
    let topology = Topology::new(plan);
    let addresses = [
        plan.server(Family::V4),
        plan.service(Family::V4),
        plan.service(Family::V6),
        plan.client(Family::V4),
    ];
    let [private, v4, v6, client] = addresses.map(|address| address.to_string());
    let mut names = vec![
        ("10.0.0.5", &*private),
        ("203.0.113.10", &*v4),
        ("2001:db8::10", &*v6),
        ("192.0.2.7", &*client),
    ];
    if place == deployment::Place::Gateway {
        names.extend([("eth0", "outside"), ("eth1", "inside")]);
    }
    let mut lab = Lab {
        topology: &topology,
        loader: Loader::new(Backend::IptablesNft),
        next_port: *CLIENT_LISTENING_PORTS.start(),
        failed: 0,
        mended: 0,
    };
    let mut tried = Vec::new();
    let mut faults = Vec::new();
    for fixture in Fixture::all() {
        let firewall = &fixture.deployment().firewalls[0];
        let here = (firewall.side, firewall.place, firewall.nat.is_some()) == (side, place, nat);
        if !here || !fixture.wrong || !is_loadable(&fixture) {
            continue;
        }
        let fixture = renamed(&fixture, &names);
        let deployment = fixture.deployment();
        if !is_known(&deployment) {
            continue;
        }
        let firewall = &deployment.firewalls[0];
        let (rules, name) = (fixture.rules(), format!("{}/{}", fixture.finding, fixture.name));
        let before = audited(&deployment, &rules);
        if before.end_to_end.iter().all(|works| works.works) || UNDECIDED.contains(&&*name) {
            continue;
        }
        let subjects = vec![Subject { firewall, rules: &rules }];
        let request = Request { deployment: &deployment, subjects, strict: false };
        let patch = Trials::new(&request, &audit).mend(0, &before);
        faults.extend(
            lab.faults(&fixture, &deployment, &before).into_iter().map(|fault| format!("{name}: {fault}")),
        );
        if !patch.mended.is_empty() {
            let mended = Fixture { texts: patch.texts.clone(), ..fixture.clone() };
            let after = audited(&deployment, &mended.rules());
            lab.mended += usize::from(after.end_to_end.iter().all(|works| works.works));
            let found = lab.faults(&mended, &deployment, &after);
            faults.extend(found.into_iter().map(|fault| format!("{name}, mended: {fault}")));
        }
        tried.push(name);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(lab.failed > 0 && lab.mended > 0, "{} failed, {} mended: {tried:?}", lab.failed, lab.mended);
}

/// Whether the lab's server can be as the deployment says.
fn is_known(deployment: &Deployment) -> bool {
    let service = &deployment.service;
    let from_20 = match &service.active_source {
        ActiveSource::Ports(ports) => ports.contains(20),
        ActiveSource::Ephemeral => false,
    };
    service.control_port == 21
        && service.tls != Tls::Implicit
        && (from_20 || !service.modes.active)
        && deployment.firewalls[0].host == ftpfw::ruleset::Host::default()
}

struct Lab<'lab> {
    topology: &'lab Topology,
    loader: Loader,
    /// Where the next active transfer listens.
    next_port: u16,
    /// How many transfers failed as they had to.
    failed: usize,
    /// How many rule sets were mended altogether.
    mended: usize,
}

impl Lab<'_> {
    /// What differs from what the audit says.
    fn faults(&mut self, fixture: &Fixture, deployment: &Deployment, audit: &Audit) -> Vec<String> {
        let firewall = &deployment.firewalls[0];
        let host = self.topology.host(match (firewall.side, firewall.place) {
            (_, deployment::Place::Gateway) => Host::Gateway,
            (deployment::Side::Server, _) => Host::Server,
            (deployment::Side::Client, _) => Host::Client,
        });
        let directory = folder("findings");
        let execute = |script: &str| self.loader.execute(host, directory.path(), script);
        execute("nft flush ruleset").expect("nft is there");
        let advertised = deployment.service.advertised_address.map(Into::into);
        let mut config = Config { advertised, ..Config::default() };
        if let Some(range) = deployment.service.passive_ports {
            config.range = range.first()..=range.last().min(range.first().saturating_add(9));
        }
        let server = Vsftpd::run(self.topology, Software::Vsftpd, &config);
        let client = Client::new(self.topology, &server).listening_from(self.next_port);
        for (text, format) in fixture.formats() {
            std::fs::write(directory.path().join("rules"), &text.content).expect("a file in a new folder");
            let script = match format {
                Format::Nft => "nft -f rules",
                Format::Ipset => "ipset restore < rules",
                Format::Ip6tables => "ip6tables-restore < rules",
                _ => "iptables-restore < rules",
            };
            if execute(script).is_err() {
                // What such rules do cannot be seen.
                assert_eq!(fixture.finding, "FTP017", "{}", fixture.name);
                return Vec::new();
            }
        }
        self.topology.forget_neighbours();
        let mut faults = Vec::new();
        for works in &audit.end_to_end {
            let Some(expected) = expectation(works, audit) else { continue };
            let transfer = transfer(works);
            let outcome = client.make(transfer, if expected { WORKS_WITHIN } else { FAILS_AFTER });
            self.failed += usize::from(!expected && outcome.is_err());
            match outcome {
                Err(said) if expected => faults.push(format!("{transfer} fails: {said}")),
                Ok(()) if !expected => faults.push(format!("{transfer} works")),
                _ => {}
            }
        }
        self.next_port = client.next_port();
        let _ = self.loader.execute(host, directory.path(), "nft flush ruleset; conntrack -F");
        faults
    }
}

/// Whether the transfer has to work; `None` if it may or may not.
fn expectation(works: &Works, audit: &Audit) -> Option<bool> {
    let found = |id: &str| audit.findings.iter().any(|finding| finding.rule.id() == id);
    let names_address = works.mode == flow::Mode::Passive && works.family == packet::Family::Ipv4;
    match &works.blocked_by {
        // Some of the ports are open.
        Some(blocked) if blocked.extent != CellVerdict::Blocked => None,
        Some(_) => Some(false),
        None if works.conditional => None,
        // The packets would pass, but the client is told another address.
        None if names_address && (found("FTP029") || found("FTP030")) => Some(false),
        None => Some(true),
    }
}

fn transfer(works: &Works) -> Transfer {
    let family = if works.family == packet::Family::Ipv4 { Family::V4 } else { Family::V6 };
    let tls = works.session == Session::Tls;
    let active = works.mode == flow::Mode::Active;
    let mode = match (active, family) {
        (false, Family::V4) => Mode::Pasv,
        (false, Family::V6) => Mode::Epsv,
        (true, Family::V4) => Mode::Port,
        (true, Family::V6) => Mode::Eprt,
    };
    // curl has no active mode under TLS; see `transfers`.
    let program = if active && tls { Program::Lftp } else { Program::Curl };
    Transfer { program, mode, family, tls, operation: Operation::List }
}
