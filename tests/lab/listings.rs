//! Rule sets as the usual programs leave them on a machine (ufw, Docker, firewalld, libvirt, fail2ban, Kubernetes): what
//! the real programs print of them is read without complaint, and only what no packet tells is left open.

use std::collections::BTreeSet;

use ftpfw::dialect::iptables::{self, Input};
use ftpfw::dialect::nftables;
use ftpfw::dialect::reading::Reading;
use ftpfw::packet::Family;
use ftpfw::ruleset::{Action, Match};

use crate::backend::{Backend, Loader};
use crate::command::{feed, run};
use crate::namespace::Namespace;
use crate::owned::folder;
use crate::require::require;

/// A rule set, and what is left open of it.
type Listing = (&'static str, &'static str, &'static [&'static str]);

/// For iptables.
const SAVED: [Listing; 5] = [
    (
        "ufw",
        include_str!("listings/ufw.rules"),
        &[
            "-m limit --limit 3/min",
            "-m limit --limit 3/min --limit-burst 10",
            "-m recent --set --name DEFAULT --mask 255.255.255.255 --rsource",
            "-m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource",
        ],
    ),
    ("docker", include_str!("listings/docker.rules"), &[]),
    ("libvirt", include_str!("listings/libvirt.rules"), &[]),
    ("fail2ban", include_str!("listings/fail2ban.rules"), &[]),
    (
        "kubernetes",
        include_str!("listings/kubernetes.rules"),
        &[
            "-m mark --mark 0x4000/0x4000",
            "-m mark --mark 0x8000/0x8000",
            "-m statistic --mode random --probability 0.50000000000",
        ],
    ),
];

/// For nft.
const LISTED: [Listing; 4] = [
    (
        "firewalld",
        include_str!("listings/firewalld.nft"),
        &["fib saddr . mark . iif oif missing", "limit rate 5/minute"],
    ),
    ("libvirt", include_str!("listings/libvirt.nft"), &[]),
    ("fail2ban", include_str!("listings/fail2ban.nft"), &[]),
    (
        "kubernetes",
        include_str!("listings/kubernetes.nft"),
        &["meta mark & 16384 0", "numgen random mod 2 { 0 }", "numgen random mod 2 { 1 }"],
    ),
];

/// The set of ipset that a rule of fail2ban's asks.
const SETS: &str = "create f2b-sshd hash:ip timeout 600\nadd f2b-sshd 198.51.100.99\n";

#[test]
fn iptables_nft() {
    saved(Backend::IptablesNft);
}

#[test]
fn iptables_legacy() {
    saved(Backend::IptablesLegacy);
}

fn saved(backend: Backend) {
    require();
    let loader = Loader::new(backend);
    for (name, rules, open) in SAVED {
        let namespace = Namespace::new("listing");
        feed(namespace.command("ipset").arg("restore"), SETS);
        let sets = run(namespace.command("ipset").arg("save"));
        let folder = folder("listing");
        std::fs::write(folder.path().join("rules"), rules).expect("a file");
        let printed = loader
            .output(&namespace, folder.path(), "iptables-restore < rules; iptables-save -c")
            .unwrap_or_else(|failure| panic!("{name}: {failure}"));
        let (sets, problems) = iptables::read_sets(&sets, 0);
        assert_eq!(problems, [], "{name}");
        let input = Input { number: 0, family: Family::Ipv4, table: "filter", sets: &sets };
        check(name, &printed, &iptables::read(&printed, input), open);
    }
}

#[test]
fn nft() {
    require();
    for (name, rules, open) in LISTED {
        let namespace = Namespace::new("listing");
        feed(namespace.command("nft").args(["-f", "-"]), rules);
        let text = run(namespace.command("nft").args(["list", "ruleset"]));
        check(name, &text, &nftables::read(&text, 0, &mut |_| None), open);
        let json = run(namespace.command("nft").args(["-j", "list", "ruleset"]));
        check(name, &json, &nftables::read_json(&json, 0), open);
    }
}

fn check(name: &str, printed: &str, reading: &Reading, open: &[&str]) {
    assert_eq!(reading.problems, [], "{name}:\n{printed}");
    let mut left = BTreeSet::new();
    for rule in reading.ruleset.chains.iter().flat_map(|chain| &chain.rules) {
        for condition in &rule.matches {
            left_open(condition, &mut left);
        }
        for action in &rule.actions {
            if let Action::Unknown(words) = action {
                left.insert(words.clone());
            }
        }
    }
    assert_eq!(left.iter().collect::<Vec<_>>(), open, "{name}:\n{printed}");
}

fn left_open(condition: &Match, left: &mut BTreeSet<String>) {
    match condition {
        Match::Opaque(words) => {
            left.insert(words.clone());
        }
        Match::Not(inner) => left_open(inner, left),
        Match::AnyOf(alternatives) => {
            alternatives.iter().flatten().for_each(|condition| left_open(condition, left));
        }
        _ => {}
    }
}
