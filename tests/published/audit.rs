//! What an audit says of each: the finding that the published idea is known for, and everything else that is true.

use std::collections::BTreeSet;

use ftpfw::audit::{Level, Request, Subject, audit};
use ftpfw::deployment::{self, Deployment};

use crate::{PUBLISHED, Published, collection, content};

/// What an audit finds in a file, as ids between spaces.
struct Found {
    name: &'static str,
    /// What the idea is known for, at any level.
    known_for: &'static str,
    /// All errors and all warnings.
    grave: [(Level, &'static str); 2],
}

const fn found(
    name: &'static str,
    known_for: &'static str,
    errors: &'static str,
    warnings: &'static str,
) -> Found {
    Found { name, known_for, grave: [(Level::Error, errors), (Level::Warning, warnings)] }
}

#[rustfmt::skip]
const FOUND: &[Found] = &[
    found("01-ports-20-and-21.sh", "FTP010 FTP023", "FTP005 FTP009", "FTP006 FTP010 FTP022"),
    found("03-modprobe-and-established.sh", "FTP009 FTP010", "FTP005 FTP009", "FTP010"),
    found("05-dnat-passive-range.sh", "FTP027", "FTP027 FTP047", ""),
    found("07-raw-ct-helper.sh", "", "", ""),
    found("09-ct-helper-object.nft", "", "", ""),
    found("11-helper-for-a-whitelist.nft", "", "", "FTP019"),
    found("11-passive-range-on-an-old-kernel.sh", "FTP010", "", "FTP010 FTP019"),
    found("13-helper-for-one-family.nft", "FTP016", "FTP005 FTP016", "FTP019"),
    found("15-helper-match-without-assignment.sh", "FTP009", "FTP005 FTP009", ""),
    found("17-automatic-helper-switched-on.sh", "FTP010", "FTP005", "FTP010"),
    found("19-high-ports-to-high-ports.sh", "FTP003", "FTP003", ""),
    found("19-high-ports-with-state.sh", "FTP010", "FTP005 FTP009 FTP021 FTP047", "FTP010"),
    found("21-any-to-any-both-ways.pf.conf", "FTP005 FTP024", "FTP005", "FTP022"),
    found("23-accept-after-reject.rules.v4", "FTP026", "FTP004 FTP005 FTP026 FTP047", ""),
    found("25-ports-of-the-module.sh", "FTP010", "FTP005 FTP009 FTP010 FTP047", ""),
    found("27-ufw-any-protocol.rules", "FTP005 FTP024", "FTP005 FTP047", ""),
    found("29-wide-passive-range.rules.v4", "FTP006 FTP032", "", "FTP006"),
    found("31-range-for-fifty-clients.sh", "", "", ""),
    found("33-own-port-and-multiport.sh", "FTP032", "", ""),
    found("35-ct-target-in-filter.sh", "FTP017", "FTP005 FTP017", ""),
    found("37-anything-from-port-20.sh", "FTP001", "FTP001", ""),
    found("39-all-high-ports.sh", "FTP002", "FTP002", ""),
    found("41-control-port-only.nft", "FTP009", "FTP005 FTP009", ""),
    found("43-proxy-anchor-without-divert.pf.conf", "FTP038", "FTP005 FTP047", "FTP038"),
    found("45-proxy-for-everybody.pf.conf", "FTP038", "", "FTP038"),
    found("47-static-range-behind-nat.pf.conf", "", "", ""),
    found("49-published-to-other-ports.rules.v4", "FTP028", "FTP028 FTP047", ""),
    found("51-ufw-profile-with-port-20.rules", "FTP023", "", ""),
    found("53-outwards-from-low-ports.sh", "FTP001 FTP021", "FTP001 FTP021 FTP047", "FTP006"),
];

fn deployed(name: &str, edit: impl Fn(String) -> String) -> Deployment {
    let stem = name.split('.').next().expect("a name");
    let yaml = format!("{stem}.yaml");
    let reading = deployment::read(&yaml, edit(content(&yaml)).as_bytes(), None);
    reading.deployment.unwrap_or_else(|| panic!("{yaml}: {:?}", reading.problems))
}

/// The findings in a file and their levels, with its deployment edited.
fn audited(name: &str, edit: impl Fn(String) -> String) -> BTreeSet<(&'static str, Level)> {
    let published: &Published = PUBLISHED.iter().find(|published| published.name == name).expect("a file");
    let rules = collection(published);
    let deployment = deployed(name, edit);
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
    let result = audit(&Request { deployment: &deployment, subjects, strict: false });
    assert!(result.too_complex.is_empty(), "{name}");
    result.findings.iter().map(|finding| (finding.rule.id(), finding.level)).collect()
}

#[test]
fn an_audit_finds_what_is_wrong_with_each_and_nothing_else() {
    let names: Vec<&str> = FOUND.iter().map(|found| found.name).collect();
    assert_eq!(names, PUBLISHED.iter().map(|published| published.name).collect::<Vec<_>>());
    for Found { name, known_for, grave } in FOUND {
        let found = audited(name, |yaml| yaml);
        for id in known_for.split_whitespace() {
            assert!(found.iter().any(|(other, _)| *other == id), "{name}: {id} is not in {found:?}");
        }
        for (level, expected) in grave {
            let ids: BTreeSet<&str> =
                found.iter().filter(|(_, other)| other == level).map(|(id, _)| *id).collect();
            assert_eq!(ids, expected.split_whitespace().collect(), "{name}: {level:?}");
        }
    }
}

/// A helper cannot read encrypted sessions.
#[test]
fn a_rule_set_that_is_right_in_the_clear_is_wrong_with_tls() {
    for name in ["07-raw-ct-helper.sh", "09-ct-helper-object.nft", "11-helper-for-a-whitelist.nft"] {
        let encrypted = |yaml: String| {
            yaml.replace("service:\n", "service:\n  tls: explicit-required\n")
                .replace("strategy: helper", "strategy: static")
        };
        assert!(audited(name, encrypted).contains(&("FTP011", Level::Error)), "{name}");
    }
}

/// That the kernel attaches the helper is in doubt only while it is not known which kernel that is.
#[test]
fn no_kernel_of_today_attaches_a_helper_by_itself() {
    let automatic = FOUND.iter().filter(|found| found.known_for.contains("FTP010"));
    let mut tried = 0;
    for Found { name, .. } in automatic.filter(|found| !found.name.contains("old-kernel")) {
        let today = |yaml: String| format!("{yaml}    host: {{ kernel: \"6.12\" }}\n");
        assert!(audited(name, today).contains(&("FTP010", Level::Error)), "{name}");
        tried += 1;
    }
    assert!(tried > 3);
}
