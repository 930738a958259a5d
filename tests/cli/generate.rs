//! `generate`: what people see of it. That it is right is proven in the lab and by the properties of `flow::grant`.

use std::fs;
use std::path::Path;

use crate::runner::{assert_snapshot, ftpfw, has_chinese, run};

/// Every dialect, side, place, strategy and translation that the snapshots show, with a name.
const CASES: [(&str, &str); 10] = [
    ("iptables-server-host", "--dialect iptables"),
    ("nftables-client-host-helper", "--dialect nftables --side client --strategy helper"),
    (
        "nftables-server-gateway-nat",
        "--dialect nftables --place gateway --outside eth0 --inside eth1 --public 198.51.100.5 --private 203.0.113.10 --advertised 198.51.100.5",
    ),
    (
        "iptables-client-gateway-nat-helper",
        "--dialect iptables --side client --place gateway --outside eth0 --inside eth1 --strategy helper --public 198.51.100.5 --private 10.0.0.0/8",
    ),
    (
        "iptables-server-gateway-nat",
        "--dialect iptables --place gateway --public 198.51.100.5 --private 203.0.113.10 --advertised 198.51.100.5",
    ),
    (
        "pf-openbsd-server-gateway-nat",
        "--dialect pf-openbsd --place gateway --outside em0 --inside em1 --public 198.51.100.5 --private 203.0.113.10 --advertised 198.51.100.5",
    ),
    (
        "pf-freebsd-server-gateway-nat",
        "--dialect pf-freebsd --place gateway --outside em0 --inside em1 --public 198.51.100.5 --private 203.0.113.10 --advertised 198.51.100.5",
    ),
    (
        "pf-openbsd-client-gateway-helper",
        "--dialect pf-openbsd --side client --place gateway --outside em0 --inside em1 --strategy helper",
    ),
    (
        "pf-freebsd-client-gateway-helper",
        "--dialect pf-freebsd --side client --place gateway --outside em0 --inside em1 --strategy helper",
    ),
    ("pf-openbsd-server-host", "--dialect pf-openbsd --tls implicit"),
];

const SERVICE: &str = "--server 203.0.113.10 --server 2001:db8::10 --pasv 30000-30019";

#[test]
fn rule_sets_are_as_shown() {
    for (name, arguments) in CASES {
        for shape in ["complete", "fragment"] {
            let command = format!("generate --{shape} {SERVICE} {arguments}");
            let first = run(&mut ftpfw(&command));
            assert_eq!(first.code, Some(0), "{command}: {}", first.stderr);
            assert_eq!(first.stdout, run(&mut ftpfw(&command)).stdout, "the output is the same every time");
            // Every rule says what it is for, and no rule is for UDP.
            let rules =
                first.stdout.lines().filter(|line| line.starts_with("-A") || line.starts_with("\t\t"));
            for rule in rules.filter(|rule| rule.contains("accept") || rule.contains("-j")) {
                assert!(rule.contains("ftpfw") || rule.contains("policy"), "{rule}");
            }
            assert!(!first.stdout.contains("udp"));
            assert_snapshot(&format!("generate_{name}_{shape}"), &first.stdout);
        }
    }
}

#[test]
fn headers_are_in_the_language_asked_for_and_rules_are_not() {
    for (_, arguments) in CASES {
        for shape in ["complete", "fragment"] {
            let texts = ["en", "zh"].map(|lang| {
                run(&mut ftpfw(&format!("--lang {lang} generate --{shape} {SERVICE} {arguments}"))).stdout
            });
            let [english, chinese] = &texts;
            assert!(has_chinese(chinese) && !has_chinese(english));
            let rules = |text: &str| -> Vec<String> {
                // With pf, the comment of a rule stands above it, and is the same in both.
                text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
            };
            assert_eq!(rules(english), rules(chinese));
        }
    }
}

#[test]
fn every_firewall_gets_its_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/demo/ftpfw.yaml");
    let command = format!("generate {} -o {}", demo.display(), folder.path().display());
    assert_eq!(run(&mut ftpfw(&command)).code, Some(0));
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names, ["edge.rules.v4", "edge.rules.v6", "ftp-host.nft", "laptop.nft", "office.pf.conf"]);
}

#[test]
fn a_complete_policy_without_a_way_in_is_cautioned_against() {
    let caution = "CAUTION: no way in for administration is declared";
    let without = run(&mut ftpfw(&format!("generate {SERVICE}"))).stdout;
    assert!(without.contains(caution));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ftpfw.yaml");
    let yaml = "version: 1\nservice: { addresses: [203.0.113.10], passive: { ports: 30000-30019 } }\nfirewalls:\n  \
                - { name: a, side: server, place: host, also_allow: [ { proto: tcp, port: 22 } ] }\n";
    fs::write(&file, yaml).expect("a file");
    let with = run(ftpfw("generate").current_dir(folder.path())).stdout;
    assert!(!with.contains(caution) && with.contains("tcp dport 22"), "{with}");
}
