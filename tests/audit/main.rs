//! Audits of rule sets that are wrong in one way, and of close neighbours that are right.
//!
//! The cases are in `findings/`; see [`fixtures`]. What else an audit finds is told by a line `also: FTP006 FTP026` in a
//! comment of the case, and nothing more may be found.

mod catalogue;
mod fix;
#[path = "../support/fixtures.rs"]
mod fixtures;
#[path = "../support/helper_matrix.rs"]
mod helper_matrix;
mod json;
mod matrix;

use std::collections::BTreeSet;

use ftpfw::audit::addresses::as_deployed;
use ftpfw::audit::{Audit, CellVerdict, Level, Message, Request, RuleId, Subject, audit};
use ftpfw::deployment::Deployment;
use ftpfw::dialect::collection::Collection;
use ftpfw::packet::Packet;
use ftpfw::ruleset::Action;
use ftpfw::ruleset::trace::{Tracer, Verdict};

use self::fixtures::Fixture;

/// One rule set and what it is to be.
struct Case {
    finding: String,
    name: String,
    wrong: bool,
    deployment: Deployment,
    rules: Collection,
    also: BTreeSet<String>,
}

fn every_case() -> Vec<Case> {
    let mut cases = Vec::new();
    for fixture in Fixture::all() {
        let lines = fixture.texts.iter().flat_map(|text| text.content.lines());
        let also = lines.filter_map(|line| line.split_once("also: "));
        let also = also.flat_map(|(_, ids)| ids.split_whitespace().map(str::to_owned)).collect();
        let (deployment, rules) = (fixture.deployment(), fixture.rules());
        let Fixture { finding, name, wrong, .. } = fixture;
        cases.push(Case { finding, name, wrong, deployment, rules, also });
    }
    cases
}

fn audited(case: &Case) -> Audit {
    let subjects = vec![Subject { firewall: &case.deployment.firewalls[0], rules: &case.rules }];
    audit(&Request { deployment: &case.deployment, subjects, strict: false })
}

#[test]
fn each_finding_is_raised_where_it_should_be_and_nowhere_else() {
    let mut faults = Vec::new();
    for case in every_case() {
        let found = audited(&case);
        assert!(found.too_complex.is_empty(), "{}", case.name);
        let mut ids: BTreeSet<String> =
            found.findings.iter().map(|finding| finding.rule.id().to_owned()).collect();
        let mut expected = case.also.clone();
        if case.wrong {
            expected.insert(case.finding.clone());
        }
        // That nothing works any more is what other findings come to.
        if !expected.contains("FTP047") {
            ids.remove("FTP047");
        }
        if ids != expected {
            let Case { finding, name, .. } = &case;
            faults.push(format!("{finding}/{name}: found {ids:?}, expected {expected:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_finding_has_a_wrong_case_and_a_right_one() {
    let cases = every_case();
    for id in RuleId::ALL {
        for wrong in [true, false] {
            let there = cases.iter().any(|case| case.finding == id.id() && case.wrong == wrong);
            assert!(there, "{}: no case that is {}", id.id(), if wrong { "wrong" } else { "right" });
        }
    }
}

#[test]
fn a_trace_confirms_every_sample() {
    for case in every_case() {
        let subject = Subject { firewall: &case.deployment.firewalls[0], rules: &case.rules };
        let rules = as_deployed(&subject);
        let tracer = Tracer::new(&rules.ruleset);
        for cell in audited(&case).matrix {
            let Some(uncovered) = cell.uncovered else { continue };
            let Some(sample) = uncovered.sample else { continue };
            let trace = tracer.trace(&sample.packet, sample.path);
            let verdict = trace.verdict;
            // What gets through did not become what it has to be behind a translation.
            let nat = case.deployment.firewalls[0].nat;
            let chains = &case.rules.ruleset.chains;
            let mut actions = trace.met.iter().flat_map(|met| &*chains[met.chain].rules[met.rule].actions);
            // It may take any of several ports.
            let open = actions.any(|action| matches!(action, Action::Translate(_)));
            let arrives = nat.is_none_or(|nat| {
                let ports = |packet: &Packet| packet.payload.ports();
                !open
                    && trace.packet.destination == nat.private.addr()
                    && ports(&trace.packet) == ports(&sample.packet)
            });
            assert!(!(verdict == Verdict::Accept && arrives), "{}/{}: {sample:?}", case.finding, case.name);
            let unknown = cell.verdict == CellVerdict::Conditional;
            assert_eq!(verdict == Verdict::Unknown, unknown, "{}: {sample:?}", case.name);
        }
    }
}

#[test]
fn banned_sources_are_a_warning_and_everything_works_for_the_others() {
    let cases = every_case();
    for name in ["banned.", "csf."] {
        let is_meant = |case: &&Case| case.finding == "FTP004" && case.name.starts_with(name);
        let found = audited(cases.iter().find(is_meant).expect("a case"));
        assert!(found.end_to_end.iter().all(|works| works.works), "{:?}", found.end_to_end);
        assert!(found.findings.iter().all(|finding| finding.level == Level::Warning), "{:?}", found.findings);
        assert!(found.matrix.iter().any(|cell| cell.verdict == CellVerdict::Partly), "{:?}", found.matrix);
    }
}

#[test]
fn a_trace_confirms_what_is_let_through_too_much() {
    let mut confirmed = 0;
    for case in every_case() {
        let rules = as_deployed(&Subject { firewall: &case.deployment.firewalls[0], rules: &case.rules });
        let tracer = Tracer::new(&rules.ruleset);
        for finding in audited(&case).findings {
            let Message::Broad(message) = &finding.message else { continue };
            let sample = finding.sample.expect("a sample");
            let verdict = tracer.trace(&sample.packet, sample.path).verdict;
            let milder = finding.level < ftpfw::audit::entry(finding.rule).level();
            let doubtful = milder && !message.kind.is_meant();
            let expected = if doubtful { Verdict::Unknown } else { Verdict::Accept };
            assert_eq!(verdict, expected, "{}: {sample:?}", case.name);
            confirmed += 1;
        }
    }
    assert!(confirmed > 20);
}

/// The rules with a list of banned sources, which is not at hand, asked before all others; `None` where it cannot be
/// put there by hand.
fn with_ban(text: &str) -> Option<String> {
    const OF_IPTABLES: &str = "-A INPUT -m set --match-set banned src -j DROP\n\
        -A FORWARD -m set --match-set banned src -j DROP\n\
        -A OUTPUT -m set --match-set banned src -j DROP";
    const OF_PF: &str = "block quick from <banned>";
    let mut table = "";
    let mut banned = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        table = line.strip_prefix('*').unwrap_or(table);
        let of_pf = ["block", "pass", "match", "anchor"].iter().any(|word| line.starts_with(word));
        let first = match banned {
            None if table.is_empty() && of_pf => Some(OF_PF),
            _ if table == "filter" && line.starts_with("-A") && banned != Some(table) => Some(OF_IPTABLES),
            _ => None,
        };
        if first.is_some() {
            banned = Some(table);
        }
        lines.extend(first);
        lines.push(line);
    }
    banned.map(|_| lines.join("\n") + "\n")
}

#[test]
fn an_unknown_ban_hides_no_finding() {
    let mut tried = 0;
    let mut faults = Vec::new();
    for mut fixture in Fixture::all().into_iter().filter(|fixture| fixture.wrong) {
        let mut banning = false;
        for text in &mut fixture.texts {
            if let Some(with) = with_ban(&text.content) {
                text.content = with;
                banning = true;
            }
        }
        if !banning {
            continue;
        }
        tried += 1;
        let (deployment, rules) = (fixture.deployment(), fixture.rules());
        let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
        let found = audit(&Request { deployment: &deployment, subjects, strict: false }).findings;
        let ids: BTreeSet<&str> = found.iter().map(|one| one.rule.id()).collect();
        if !ids.contains(fixture.finding.as_str()) {
            faults.push(format!("{}/{}: {ids:?}", fixture.finding, fixture.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tried > 50, "{tried}");
}
