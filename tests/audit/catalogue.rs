//! The examples of the catalogue are read without complaint, but for those that are about what cannot be read. The lab
//! has nft and iptables load them; for pf there is nothing but this.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ftpfw::audit::{ExampleDialect, Request, RuleId, Subject, audit, entry};
use ftpfw::deployment::{self, Deployment};
use ftpfw::dialect::collection::{Text, read};
use ftpfw::dialect::{Dialect, Format};

use crate::fixtures::Fixture;

/// The findings whose wrong examples are no rules.
const UNREADABLE: [&str; 2] = ["FTP043", "FTP044"];

/// What a deployment of clients adds to the service, for examples that are about them.
const CLIENTS: [&str; 2] = [
    "clients: { addresses: [198.51.100.0/24] }
firewalls: [{ name: gateway, side: client, place: gateway, dialect: DIALECT, egress: open, \
     interfaces: { outside: em0, inside: em1 } }]",
    "clients: { addresses: [198.51.100.0/24] }
firewalls: [{ name: gateway, side: client, place: gateway, dialect: DIALECT, egress: restricted, strategy: helper, \
     interfaces: { outside: em0, inside: em1 } }]",
];

/// The examples, by their place in the entry, that are about two files, one for each family.
const OF_TWO_FILES: [(&str, usize); 2] = [("FTP016", 1), ("FTP025", 0)];

fn format(dialect: ExampleDialect, text: &str) -> Option<Format> {
    Some(match dialect {
        ExampleDialect::Iptables if text.contains("2001:db8:") => Format::Ip6tables,
        ExampleDialect::Iptables => Format::Iptables,
        ExampleDialect::Nftables => Format::Nft,
        ExampleDialect::PfOpenbsd => Format::PfOpenbsd,
        ExampleDialect::PfFreebsd => Format::PfFreebsd,
        ExampleDialect::Sysctl => Format::Sysctl,
        ExampleDialect::Modprobe => Format::Modprobe,
        ExampleDialect::Deployment => return None,
    })
}

fn problems(dialect: ExampleDialect, text: &str) -> Option<usize> {
    let format = format(dialect, text)?;
    let text = Text { name: "example".to_owned(), content: text.to_owned() };
    Some(read(vec![(text, format)], &mut |_| None).problems.len())
}

#[test]
fn examples_are_read_without_complaint() {
    let mut tried = 0;
    for &rule in RuleId::ALL {
        for example in entry(rule).examples {
            for (text, right) in [(&example.wrong, false), (&example.right, true)] {
                let Some(problems) = problems(example.dialect, text) else { continue };
                let unreadable = !right && UNREADABLE.contains(&rule.id());
                assert_eq!(problems > 0, unreadable, "{}, {}:\n{text}", rule.id(), example.dialect.id());
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

/// What an audit of the example finds. Of a table with a few rules only those are shown: the policy is to drop, and what
/// answers passes.
fn found(format: Format, text: &str, deployment: &Deployment) -> Vec<RuleId> {
    let of_iptables = matches!(format, Format::Iptables | Format::Ip6tables);
    let whole = !of_iptables || text.lines().any(|line| line.starts_with('*'));
    let content = if whole {
        text.to_owned()
    } else {
        let chains = ["INPUT", "FORWARD", "OUTPUT"];
        let policies = chains.map(|chain| format!(":{chain} DROP [0:0]\n")).concat();
        let established = if text.contains("ESTABLISHED") {
            String::new()
        } else {
            chains.map(|chain| format!("-A {chain} -m conntrack --ctstate ESTABLISHED -j ACCEPT\n")).concat()
        };
        format!("*filter\n{policies}{established}{text}COMMIT\n")
    };
    let rules = read(vec![(Text { name: "example".to_owned(), content }, format)], &mut |_| None);
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
    let findings = audit(&Request { deployment, subjects, strict: false }).findings;
    findings.iter().map(|finding| finding.rule).collect()
}

/// A deployment that is written for an example, if there is one, as a file of the folder `examples`: what most examples
/// are about is said by the finding's own cases. `part` is empty, or `.right` where the right way is to declare something
/// else, too.
fn own_deployment(rule: RuleId, place: usize, part: &str) -> Option<Deployment> {
    let name = format!("{}.{place}{part}.yaml", rule.id());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/examples").join(&name);
    let yaml = fs::read(path).ok()?;
    let reading = deployment::read(&name, &yaml, None);
    Some(reading.deployment.unwrap_or_else(|| panic!("{name}: {:?}", reading.problems)))
}

/// The deployments of the finding's own cases that `dialect` can serve, with their passive range and with the one that
/// most examples have.
fn deployments(rule: RuleId, dialect: ExampleDialect) -> Vec<Deployment> {
    let dialect = match dialect {
        ExampleDialect::Iptables => Dialect::Iptables,
        ExampleDialect::Nftables => Dialect::Nftables,
        ExampleDialect::PfOpenbsd => Dialect::PfOpenbsd,
        ExampleDialect::PfFreebsd => Dialect::PfFreebsd,
        ExampleDialect::Deployment | ExampleDialect::Sysctl | ExampleDialect::Modprobe => return Vec::new(),
    };
    let name = dialect.id();
    let is_pf = |dialect| matches!(dialect, Dialect::PfOpenbsd | Dialect::PfFreebsd);
    let mut tried = BTreeSet::new();
    let mut deployments = Vec::new();
    for fixture in Fixture::all().into_iter().filter(|fixture| fixture.finding == rule.id()) {
        for range in ["30000-30019", "60000-60020"] {
            let fixture = Fixture { yaml: fixture.yaml.replace("30000-30019", range), ..fixture.clone() };
            let mut deployment = fixture.deployment();
            if is_pf(deployment.firewalls[0].dialect) == is_pf(dialect) && tried.insert(fixture.yaml) {
                deployment.firewalls[0].dialect = dialect;
                deployments.push(deployment);
            }
        }
    }
    for clients in CLIENTS {
        let yaml = format!(
            "version: 1\nservice: {{ name: files, addresses: [203.0.113.10], passive: {{ ports: 60000-60020 }} }}\n{}\n",
            clients.replace("DIALECT", name)
        );
        let reading = deployment::read("clients", yaml.as_bytes(), None);
        deployments.push(reading.deployment.unwrap_or_else(|| panic!("{yaml}: {:?}", reading.problems)));
    }
    deployments
}

#[test]
fn the_audit_tells_wrong_examples_from_right_ones() {
    let (mut tried, mut faults) = (0, Vec::new());
    for &rule in RuleId::ALL {
        for (place, example) in entry(rule).examples.iter().enumerate() {
            let Some(format) = format(example.dialect, &example.right) else { continue };
            let raises =
                |text: &str, deployment: &Deployment| found(format, text, deployment).contains(&rule);
            let told_apart = if let Some(own) = own_deployment(rule, place, "") {
                let right = own_deployment(rule, place, ".right");
                raises(&example.wrong, &own) && !raises(&example.right, right.as_ref().unwrap_or(&own))
            } else {
                let deployments = deployments(rule, example.dialect);
                if deployments.is_empty() {
                    continue;
                }
                deployments.iter().any(|deployment| {
                    raises(&example.wrong, deployment) && !raises(&example.right, deployment)
                })
            };
            tried += usize::from(told_apart);
            if told_apart == OF_TWO_FILES.contains(&(rule.id(), place)) {
                faults.push(format!("{}, {place}: told apart: {told_apart}", rule.id()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tried > 90, "{tried}");
}
