//! What an audit of the rules foretells, the probe sees, cell by cell: the same files are loaded into the kernel and given
//! to `--explain-with`.
//!
//! Here are the rules of the helper matrix. The same is asked of what is generated ([`crate::prove`]), of filters of every
//! kind ([`super::filters`]) and of rules that a patch of the audit mends ([`crate::audit`]).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::run::{Ask, Seen, Verdict};
use crate::backend::{Backend, Loader};
use crate::helper_matrix::{At, Row};
use crate::helpers;
use crate::owned::folder;
use crate::plan::{CLIENT_PRIVATE_NETWORK, Family};
use crate::require::require;
use crate::server::{Config, Server, Software};
use crate::topology::Topology;

/// Longer than it takes until a SYN is sent again, in seconds.
const PATIENCE: u8 = 2;

/// The firewall of a row, as a deployment declares it.
fn declared(topology: &Topology, row: &Row, backend: Backend) -> String {
    let (side, place) = match row.at {
        At::Server => ("server", "host"),
        At::Client => ("client", "host"),
        At::Router => ("server", "gateway"),
        At::Masquerade => ("client", "gateway"),
    };
    let mut firewall = format!("name: one, side: {side}, place: {place}, dialect: {}", backend.dialect());
    if place == "gateway" {
        firewall.push_str(", interfaces: {outside: outside, inside: inside}");
    }
    if row.at == At::Masquerade {
        let public = topology.plan.visible_client(Family::V4);
        let _ = write!(firewall, ", nat: {{public: {public}, private: {CLIENT_PRIVATE_NETWORK}}}");
    }
    firewall
}

/// The files of a row, and the commands that load them.
fn files(row: &Row, backend: Backend) -> (Vec<(&'static str, String)>, &'static str) {
    if backend == Backend::Nft {
        return (vec![("rules.nft", row.nft())], "nft -f rules.nft");
    }
    // Neighbour discovery is IPv6's alone, and the word by which its file is known.
    let both = row.iptables();
    let ipv4 = both.lines().filter(|line| !line.contains("ipv6-icmp"));
    let ipv4 = ipv4.fold(String::new(), |text, line| text + line + "\n");
    let load = "iptables-restore < rules.v4; ip6tables-restore < rules.v6";
    (vec![("rules.v4", ipv4), ("rules.v6", both)], load)
}

/// Loads the rules of one row, probes, and takes them away again.
fn faults(topology: &Topology, server: &Server, loader: &Loader, row: &Row) -> Vec<String> {
    let host = topology.host(helpers::host(row));
    let directory = folder("agreement");
    let (rules, load) = files(row, loader.backend());
    for (name, text) in &rules {
        fs::write(directory.path().join(name), text).expect("a file in a new folder");
    }
    loader.execute(host, directory.path(), load).unwrap_or_else(|failure| panic!("{}: {failure}", row.name));
    let ask = Ask {
        firewall: declared(topology, row, loader.backend()),
        clients: Family::ALL.map(|family| format!("\"{}\"", topology.plan.client(family))).join(", "),
        rules,
        timeout: PATIENCE,
        ..Ask::of(Software::Vsftpd, &Config::default())
    };
    // Where addresses are translated, the outside does not know the way to the inside's IPv6 network.
    let ask = if row.at == At::Masquerade { ask.over(Family::V4) } else { ask };
    let seen = ask.with("--read-only").probe(topology, Some(server));
    let mut faults = seen.disagreements();
    faults.extend(experience(row, &seen));
    loader
        .execute(host, directory.path(), "nft flush ruleset; conntrack -F")
        .unwrap_or_else(|failure| panic!("{}: {failure}", row.name));
    faults.into_iter().map(|fault| format!("{}: {fault}", row.name)).collect()
}

/// What the probe saw otherwise than real clients do, by the row's own word, or concluded otherwise.
fn experience(row: &Row, seen: &Seen) -> Vec<String> {
    let mut faults = Vec::new();
    let expected: BTreeSet<String> = row.conclusions.iter().map(|&name| name.to_owned()).collect();
    if seen.conclusions() != expected {
        faults.push(format!("{:?}, not {expected:?}", seen.conclusions()));
    }
    for ((family, tls), seen) in seen.connections().unwrap_or_default() {
        let same = (seen.passive == Verdict::Pass, seen.active == Verdict::Pass) == (row.passive, row.active);
        if tls == row.tls && !same {
            faults.push(format!("{family}: {seen:?}"));
        }
    }
    faults
}

/// Probes through the rules of the matrix.
fn prove(backend: Backend) {
    require();
    let loader = Loader::new(backend);
    let mut all = Vec::new();
    for (topology, rows) in helpers::stages() {
        let server = Server::run(&topology, Software::Vsftpd, &Config::default());
        all.extend(rows.into_iter().flat_map(|row| faults(&topology, &server, &loader, row)));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn nft() {
    prove(Backend::Nft);
}

#[test]
fn iptables_nft() {
    prove(Backend::IptablesNft);
}

/// Probes what is declared, and says where the rules in these files foretold something else.
pub(crate) fn disagreements(
    topology: &Topology,
    server: &Server,
    deployment: &str,
    rules: &[PathBuf],
    options: &[&str],
) -> Vec<String> {
    let mut all = super::run::trusting(Some(server.certificate()));
    all.extend(super::run::explained_with(rules));
    all.extend(options.iter().map(|&option| option.to_owned()));
    Seen::of(topology, deployment, PATIENCE, &all).disagreements()
}
