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
use ftpfw::audit::{Audit, CellVerdict, Finding, Level, Message, Request, RuleId, Subject, audit};
use ftpfw::deployment::Deployment;
use ftpfw::dialect::collection::Collection;
use ftpfw::flow::FlowId;
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
        let rules = as_deployed(&case.deployment, &subject);
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
        let rules = as_deployed(
            &case.deployment,
            &Subject { firewall: &case.deployment.firewalls[0], rules: &case.rules },
        );
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

/// The rules with others asked before all of a base chain: of iptables' filter table those of `of_iptables`, of pf
/// `of_pf`. `None` where they cannot be put there by hand.
fn with_first(text: &str, of_iptables: &str, of_pf: &str) -> Option<String> {
    let mut table = "";
    let mut put = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        table = line.strip_prefix('*').unwrap_or(table);
        let pf = ["block", "pass", "match", "anchor"].iter().any(|word| line.starts_with(word));
        let first = match put {
            None if table.is_empty() && pf => Some(of_pf),
            _ if table == "filter" && line.starts_with("-A") && put != Some(table) => Some(of_iptables),
            _ => None,
        };
        if first.is_some() {
            put = Some(table);
        }
        lines.extend(first);
        lines.push(line);
    }
    put.map(|_| lines.join("\n") + "\n")
}

/// The case with such rules in all of its files; `None` if there are none for them.
fn fixture_with_first(fixture: &Fixture, of_iptables: &str, of_pf: &str) -> Option<Fixture> {
    let mut changed = fixture.clone();
    let mut any = false;
    for text in &mut changed.texts {
        if let Some(with) = with_first(&text.content, of_iptables, of_pf) {
            text.content = with;
            any = true;
        }
    }
    any.then_some(changed)
}

fn findings(fixture: &Fixture) -> BTreeSet<(RuleId, Level)> {
    let (deployment, rules) = (fixture.deployment(), fixture.rules());
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
    let found = audit(&Request { deployment: &deployment, subjects, strict: false }).findings;
    found.iter().map(|finding| (finding.rule, finding.level)).collect()
}

#[test]
fn an_unknown_ban_hides_no_finding() {
    const OF_IPTABLES: &str = "-A INPUT -m set --match-set banned src -j DROP\n\
        -A FORWARD -m set --match-set banned src -j DROP\n\
        -A OUTPUT -m set --match-set banned src -j DROP";
    let mut tried = 0;
    let mut faults = Vec::new();
    for fixture in Fixture::all().into_iter().filter(|fixture| fixture.wrong) {
        let Some(banning) = fixture_with_first(&fixture, OF_IPTABLES, "block quick from <banned>") else {
            continue;
        };
        tried += 1;
        let found = findings(&banning);
        if !found.iter().any(|(rule, _)| rule.id() == fixture.finding) {
            faults.push(format!("{}/{}: {found:?}", fixture.finding, fixture.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tried > 50, "{tried}");
}

/// A client that fail2ban and its like turn away, a log, a rule for something else: for all others everything is as it
/// was. That somebody is turned away is told as a warning.
#[test]
fn what_is_not_for_ftp_changes_no_finding() {
    // There more than the banned source is closed, which is told of all together; or a rule that nothing reaches would
    // let it in.
    const TOGETHER: [(&str, &str); 2] =
        [("FTP030", "iptables.wrong.rules"), ("FTP045", "pf-openbsd.wrong.conf")];
    let banned = [(RuleId::FTP004, Level::Warning), (RuleId::FTP005, Level::Warning)];
    let mut tried = 0;
    let mut faults = Vec::new();
    for (first, of_pf) in [
        (
            "-A INPUT -s 192.0.2.77/32 -j DROP\n-A FORWARD -s 192.0.2.77/32 -j DROP",
            "block in quick from 192.0.2.77",
        ),
        ("-A INPUT -j LOG\n-A FORWARD -j LOG\n-A OUTPUT -j LOG", "pass in log inet proto icmp"),
        (
            "-A INPUT -p udp -m udp --dport 5353 -j DROP\n-A FORWARD -p udp -m udp --dport 5353 -j DROP",
            "block in quick proto udp to any port 5353",
        ),
        (
            "-A INPUT -m conntrack --ctstate INVALID -j DROP\n-A FORWARD -m conntrack --ctstate INVALID -j DROP",
            "block in quick inet from no-route",
        ),
        (
            "-A INPUT -p tcp -m tcp --dport 22 -m set --match-set trusted src -j ACCEPT",
            "pass in quick proto tcp from <trusted> to any port 22",
        ),
    ] {
        let bans = first.contains("192.0.2.77");
        for fixture in Fixture::all() {
            let of_ipv6 = fixture.texts.iter().any(|text| text.name.contains('6'));
            if bans && (of_ipv6 || TOGETHER.contains(&(&fixture.finding, &fixture.name))) {
                continue;
            }
            let Some(changed) = fixture_with_first(&fixture, first, of_pf) else { continue };
            tried += 1;
            let (mut before, mut after) = (findings(&fixture), findings(&changed));
            if bans {
                before.retain(|finding| !banned.contains(finding));
                after.retain(|finding| !banned.contains(finding));
            }
            if before != after {
                let Fixture { finding, name, .. } = fixture;
                faults.push(format!("{finding}/{name}, {first}: {before:?}, then {after:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tried > 300, "{tried}");
}

/// Where a helper reads the sessions of some clients, their data connections pass, and only those of the others do not.
#[test]
fn a_helper_for_some_clients_serves_these() {
    let cases = every_case();
    let case = cases.iter().find(|case| case.finding == "FTP009" && case.name == "some-clients.wrong.rules");
    let audit = audited(case.expect("the case"));
    let others = "tcp !198.51.100.0/24:1024-65535 -> 203.0.113.10:30000-30019";
    let cell = audit.matrix.iter().find(|cell| cell.flow == FlowId::P3).expect("a cell");
    assert_eq!(cell.verdict, CellVerdict::Partly);
    let findings = audit.findings.iter().filter(|finding| ["FTP005", "FTP009"].contains(&finding.rule.id()));
    let packets = findings.map(|finding| finding.packets.as_ref());
    let all: Vec<_> =
        packets.chain([cell.uncovered.as_ref().and_then(|uncovered| uncovered.packets.as_ref())]).collect();
    assert_eq!(all.len(), 3);
    for packets in all {
        let parts: Vec<String> = packets.expect("packets").parts.iter().map(ToString::to_string).collect();
        assert_eq!(parts, [others]);
    }
}

/// What does not get through is never left without a word: some finding is about it, or about why it is so.
#[test]
fn what_is_not_open_has_a_finding() {
    let mut faults = Vec::new();
    for case in every_case() {
        let audit = audited(&case);
        // Who is turned away for every purpose has no other connections either.
        let is_ban =
            |finding: &Finding| matches!(&finding.message, Message::Missing(message) if message.banned);
        if audit.findings.iter().any(is_ban) {
            continue;
        }
        for cell in audit.matrix.iter().filter(|cell| cell.verdict != CellVerdict::Open) {
            let opener = cell.flow.answers().unwrap_or(cell.flow);
            let is_about = |flows: &[FlowId]| flows.contains(&cell.flow) || flows.contains(&opener);
            if !audit.findings.iter().any(|finding| finding.level != Level::Info && is_about(&finding.flows))
            {
                let ids: Vec<&str> = audit.findings.iter().map(|finding| finding.rule.id()).collect();
                faults.push(format!(
                    "{}/{}: {} {:?}: {ids:?}",
                    case.finding,
                    case.name,
                    cell.flow.id(),
                    cell.verdict
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
