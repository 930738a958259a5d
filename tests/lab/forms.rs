//! Every match and target of iptables-extensions(8), plain and negated, and the statements of nft(8): what the real
//! programs take is read without complaint.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use ftpfw::dialect::iptables::{self, Input};
use ftpfw::dialect::nftables;
use ftpfw::packet::Family;

use crate::command::{fed, feed};
use crate::namespace::Namespace;
use crate::owned::folder;
use crate::require::{find_program, require};

/// A rule a line: the families by their numbers, the table, the chain, the rule.
const IPTABLES: &str = include_str!("forms/iptables.txt");

/// A rule a line, after the kind of its chain.
const NFT: &str = include_str!("forms/nft.txt");

/// The sets and other objects that the rules of nft name.
const OBJECTS: &str = include_str!("forms/objects.nft");

/// The sets that the rules of iptables name.
const SETS: &str =
    "create blk hash:ip\nadd blk 192.0.2.1\ncreate blk6 hash:ip family inet6\nadd blk6 2001:db8::1\n";

/// What is no match or target to be named, or is one by another name.
const NO_FORMS: [&str; 3] = ["standard", "NAT", "icmp6"];

#[test]
fn iptables_forms() {
    require();
    let namespace = Namespace::new("forms");
    namespace.enter(|| feed(Command::new("ipset").arg("restore"), SETS));
    let lock = folder("forms");
    let (sets, problems) = iptables::read_sets(SETS, 0);
    assert_eq!(problems, []);
    for line in IPTABLES.lines() {
        let [families, table, chain, rule] = parts(line);
        for family in Family::ALL.into_iter().filter(|family| families.contains(number(*family))) {
            let text = format!("*{table}\n-A {chain} {rule}\nCOMMIT\n");
            let outcomes = ["xtables-legacy-multi", "xtables-nft-multi"].map(|multi| {
                let name = if family == Family::Ipv4 { "iptables-restore" } else { "ip6tables-restore" };
                let mut command = Command::new(find_program(multi).expect("`require` has seen it"));
                command.args([name, "--test"]).env("XTABLES_LOCKFILE", lock.path().join("lock"));
                namespace.enter(|| fed(&mut command, &text))
            });
            assert!(outcomes.iter().any(Result::is_ok), "{line}\n{outcomes:?}");
            let reading = iptables::read(&text, Input { number: 0, family, table: "filter", sets: &sets });
            assert_eq!(reading.problems, [], "{line}");
        }
    }
}

#[test]
fn iptables_forms_are_of_every_extension() {
    require();
    let named: BTreeSet<&str> = IPTABLES
        .split_whitespace()
        .zip(IPTABLES.split_whitespace().skip(1))
        .filter(|(option, _)| matches!(*option, "-m" | "-j"))
        .map(|(_, name)| name)
        .collect();
    let installed = fs::read_dir("/usr/lib").expect("a folder").flatten();
    let folders = installed.map(|entry| entry.path().join("xtables")).filter(|folder| folder.is_dir());
    let mut seen = 0;
    for name in folders.flat_map(|folder| extensions(&folder)) {
        assert!(named.contains(name.as_str()) || NO_FORMS.contains(&name.as_str()), "no form of `{name}`");
        seen += 1;
    }
    assert!(seen > 100, "only {seen} extensions are installed");
}

#[test]
fn nft_forms() {
    require();
    let namespace = Namespace::new("forms");
    for line in NFT.lines() {
        let (kind, rule) = line.split_once(' ').expect("a kind and a rule");
        let base = match kind {
            "dstnat" => "type nat hook prerouting priority dstnat;",
            "srcnat" => "type nat hook postrouting priority srcnat;",
            "prerouting" => "type filter hook prerouting priority mangle;",
            _ => "type filter hook input priority filter;",
        };
        let text = format!(
            "table inet t {{\n{OBJECTS}\nchain user {{\nreturn\n}}\nchain c {{\n{base}\n{rule}\n}}\n}}\n"
        );
        let outcome = namespace.enter(|| fed(Command::new("nft").args(["-c", "-f", "-"]), &text));
        // A kernel may lack what a rule needs; that nft understands it is what counts.
        let lacking = ["Could not process rule", "No such file or directory"];
        if let Err(failure) = outcome {
            assert!(lacking.iter().any(|lacks| failure.contains(lacks)), "{line}\n{failure}");
        }
        let reading = nftables::read(&text, 0, &mut |_| None);
        assert_eq!(reading.problems, [], "{line}");
    }
}

/// The first three words of a line, and the rest.
fn parts(line: &str) -> [&str; 4] {
    let mut parts = line.splitn(4, ' ');
    [0; 4].map(|_| parts.next().unwrap_or_else(|| panic!("four parts: {line}")))
}

fn number(family: Family) -> char {
    if family == Family::Ipv4 { '4' } else { '6' }
}

/// The matches and targets that a folder of iptables has.
fn extensions(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("a folder").flatten();
    let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names = names.filter_map(|name| {
        let name = name.strip_suffix(".so")?;
        let (kind, name) = name.split_once('_')?;
        ["libxt", "libipt", "libip6t"].contains(&kind).then(|| name.to_owned())
    });
    names.collect()
}
