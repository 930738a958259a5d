//! `diff`: what one rule set lets through and another does not.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::runner::{assert_snapshot, ftpfw, has_chinese, run};

/// The same policy in two dialects, but for the last ports of the range.
const IPTABLES: &str = "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -s 198.51.100.0/24 -p tcp --dport 21 -j ACCEPT
-A INPUT -s 198.51.100.0/24 -p tcp --dport 60000:60010 -j ACCEPT
COMMIT
";
const NFT: &str = "\
table ip t {
    chain i {
        type filter hook input priority 0; policy drop;
        ct state established accept
        ip saddr 198.51.100.0/24 tcp dport { 21, 60000-60020 } accept
    }
    chain f {
        type filter hook forward priority 0; policy drop;
    }
}
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.rules.v4"), IPTABLES).expect("a file");
    fs::write(folder.path().join("b.nft"), NFT).expect("a file");
    fs::write(folder.path().join("c.nft"), NFT.replace("60020", "60010")).expect("a file");
    folder
}

#[test]
fn the_difference_is_shown_with_a_packet_that_trace_confirms() {
    let folder = folder();
    for lang in ["en", "zh"] {
        let run = run(ftpfw(&format!("--lang {lang} diff a.rules.v4 b.nft")).current_dir(folder.path()));
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
        assert!(run.stdout.contains("60011-60020"), "{}", run.stdout);
        assert_eq!(has_chinese(&run.stdout), lang == "zh");
        assert_snapshot(&format!("diff.{lang}"), &run.stdout);
    }
    let run = run(ftpfw("diff a.rules.v4 b.nft").current_dir(folder.path()));
    let (_, sample) = run.stdout.split_once("For example: ").expect("a sample");
    let pairs = sample.split_whitespace().collect::<Vec<_>>().join(",");
    for (rules, verdict) in [("a.rules.v4", "DROP"), ("b.nft", "ACCEPT")] {
        let command = format!("trace {rules} --packet {pairs}");
        let trace = crate::runner::run(ftpfw(&command).current_dir(folder.path()));
        assert!(trace.stdout.starts_with(verdict), "{command}\n{}", trace.stdout);
    }
}

#[test]
fn json_is_as_its_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/schema/diff.json")).expect("a schema in JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let folder = folder();
    for (other, code) in [("b.nft", 1), ("c.nft", 0)] {
        let command = format!("diff --format json a.rules.v4 {other}");
        let run = run(ftpfw(&command).current_dir(folder.path()));
        assert_eq!(run.code, Some(code), "{}", run.stdout);
        let value: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:#?}");
        let differences = value["differences"].as_array().expect("differences");
        assert_eq!(differences.is_empty(), code == 0);
        for difference in differences {
            assert_eq!((&difference["hook"], &difference["only"]), (&"input".into(), &"b".into()));
            assert!(ftpfw::ruleset::trace::spec::parse(&difference["sample"].to_string()).is_ok());
        }
    }
}

#[test]
fn equal_rule_sets_of_different_dialects_are_equal() {
    let folder = folder();
    let run = run(ftpfw("diff a.rules.v4 c.nft").current_dir(folder.path()));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.stdout);
}

#[test]
fn what_is_generated_in_different_dialects_means_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = "--server 203.0.113.10 --pasv 30000-30019 --client 198.51.100.0/24";
    for dialect in ["iptables", "nftables", "pf-openbsd", "pf-freebsd"] {
        let output = folder.path().join(dialect);
        let command = format!("generate {service} --dialect {dialect} -o {}", output.display());
        assert_eq!(run(&mut ftpfw(&command)).code, Some(0));
    }
    // The file of iptables speaks of IPv4 only, so that of IPv6 is left open by it.
    for (a, b, code) in [
        ("pf-openbsd/firewall.pf.conf", "pf-freebsd/firewall.pf.conf", 0),
        ("nftables/firewall.nft", "iptables/firewall.rules.v4", 1),
    ] {
        let run = run(ftpfw(&format!("diff {a} {b}")).current_dir(folder.path()));
        assert_eq!(run.code, Some(code), "{a} {b}\n{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_file_without_rules_is_said_to_be_one() {
    let folder = folder();
    fs::write(folder.path().join("empty.nft"), "# nothing yet\n").expect("a file");
    for (lang, said) in
        [("en", "empty.nft has neither a rule nor a chain"), ("zh", "empty.nft 中既没有规则也没有链")]
    {
        let run = run(ftpfw(&format!("--lang {lang} diff empty.nft b.nft")).current_dir(folder.path()));
        assert!(run.stderr.contains(said), "{}", run.stderr);
        assert!(!run.stderr.contains("b.nft"), "{}", run.stderr);
    }
}
