//! Mutants of generated rule sets: what is removed is missed, and what is widened is too broad.

use super::super::addresses::as_deployed;
use super::super::context::Context;
use super::super::{Audit, CellVerdict, Request, RuleId, Subject, audit};
use super::way::Way;
use crate::deployment::{Deployment, Egress, Side, Strategy};
use crate::dialect::collection::Collection;
use crate::flow::sample::every;
use crate::flow::{FlowId, Shape, grant, views};
use crate::packet::{
    AddressSet, Budget, Field, NameField, PacketSet, PortRange, PortSet, Space, State, TooComplex,
};
use crate::ruleset::evaluate::{Question, accepted};
use crate::ruleset::trace::{Path, Tracer, Verdict};
use crate::ruleset::{Chain, Direction, Match, Ruleset};

/// Every so many of the deployments: they differ in turn in everything that matters.
const STEP: usize = 397;
/// Every so many of the mutants.
const EVERY_SO_MANY: usize = 13;

fn deployments() -> impl Iterator<Item = Deployment> {
    every().into_iter().step_by(STEP).filter(|deployment| {
        let firewall = &deployment.firewalls[0];
        let blind = firewall.strategy == Strategy::Helper && deployment.service.tls.encrypts();
        !(blind || firewall.strategy == Strategy::Helper && firewall.dialect.is_pf())
    })
}

fn generated(deployment: &Deployment) -> Ruleset {
    grant(deployment, &deployment.firewalls[0], Shape::Complete).ruleset
}

fn audited(deployment: &Deployment, ruleset: Ruleset, strict: bool) -> Audit {
    let rules = Collection { ruleset, ..Collection::default() };
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
    audit(&Request { deployment, subjects, strict })
}

/// The rules of a rule set, by chain and place.
fn rules(ruleset: &Ruleset) -> Vec<(usize, usize)> {
    let of = |(chain, rules): (usize, usize)| (0..rules).map(move |rule| (chain, rule));
    ruleset.chains.iter().map(|chain| chain.rules.len()).enumerate().flat_map(of).collect()
}

/// What may be written in place of a condition so that it holds more often; `None` leaves it out.
fn wider(condition: &Match) -> Vec<Option<Match>> {
    let mut all = vec![None];
    let more = |ports: &PortSet| {
        let last = ports.ranges().last().map_or(0, |range| range.last());
        let range = PortRange::new(last, last.saturating_add(500)).expect("a range");
        ports.ranges().iter().copied().chain([range]).collect::<PortSet>()
    };
    let half =
        |set: &crate::packet::AddressSet| set.nets().iter().filter_map(ipnet::IpNet::supernet).collect();
    match condition {
        Match::DestinationPort(ports) => {
            all.push(Some(Match::DestinationPort(more(ports))));
            let high = PortRange::new(1024, u16::MAX).into_iter();
            all.push(Some(Match::DestinationPort(ports.ranges().iter().copied().chain(high).collect())));
        }
        Match::SourcePort(ports) => all.push(Some(Match::SourcePort(more(ports)))),
        Match::Source(set) => all.push(Some(Match::Source(half(set)))),
        Match::Destination(set) => all.push(Some(Match::Destination(half(set)))),
        _ => {}
    }
    all
}

/// Whether `b` lets packets through that open a connection and `a` does not.
fn opens_more(a: &Ruleset, b: &Ruleset) -> Result<bool, TooComplex> {
    let mut space = Space::new(Budget::default());
    for path in Path::ALL {
        let within = opening(path, &mut space)?;
        let question = Question::about(path, within);
        let (a, b) = (accepted(a, question, &mut space)?, accepted(b, question, &mut space)?);
        if !space.is_subset(b, a)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether somebody may open a connection through one of the firewall's ways, from whichever port, because a rule for FTP
/// was widened.
fn opens_more_for_ftp(
    deployment: &Deployment,
    original: &Ruleset,
    mutant: &Mutant,
) -> Result<bool, TooComplex> {
    let (chain, rule) = mutant.rule;
    let rule = &mutant.ruleset.chains[chain].rules[rule];
    let is_for = |flow: &FlowId| rule.comment.as_ref().is_some_and(|comment| comment.contains(flow.id()));
    if !FlowId::ALL.iter().any(is_for) {
        return Ok(false);
    }
    let rules = Collection { ruleset: original.clone(), ..Collection::default() };
    let subject = Subject { firewall: &deployment.firewalls[0], rules: &rules };
    let request = Request { deployment, subjects: vec![subject], strict: false };
    let mut context = Context::new(&request, &subject)?;
    for direction in [Direction::In, Direction::Out] {
        let everything = rule.matches.is_empty() || subject.firewall.egress == Egress::Open;
        if direction == Direction::Out && everything {
            continue;
        }
        let way = Way::new(&mut context, direction)?;
        let space = &mut context.space;
        // Where nobody says which interface leads outside, the clients are told by their addresses.
        let clients = &views(deployment, subject.firewall).filter.clients;
        let back = if way.towards_server { space.destination(clients)? } else { space.source(clients)? };
        let back = if *clients == AddressSet::any() { PacketSet::EMPTY } else { back };
        let within = space.difference(way.opening, back)?;
        let question = Question { within, ..way.question };
        let before = accepted(original, question, space)?;
        let after = accepted(&mutant.ruleset, question, space)?;
        let before = space.forget(before, Field::SourcePort(0))?;
        let after = space.forget(after, Field::SourcePort(0))?;
        if !space.is_subset(after, before)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn opening(path: Path, space: &mut Space) -> Result<PacketSet, TooComplex> {
    let arrives = space.name(NameField::InInterface, "")?.complement();
    let leaves = space.name(NameField::OutInterface, "")?.complement();
    let interfaces = match path {
        Path::Input => space.difference(arrives, leaves)?,
        Path::Forward => space.intersection(arrives, leaves)?,
        Path::Output => space.difference(leaves, arrives)?,
    };
    let new = [space.state(&[State::New])?, space.reply(false)?, space.mark(0, u32::MAX)?];
    space.intersection_all([interfaces, new[0], new[1], new[2]])
}

fn is_broad(rule: RuleId) -> bool {
    [
        RuleId::FTP001,
        RuleId::FTP002,
        RuleId::FTP003,
        RuleId::FTP006,
        RuleId::FTP019,
        RuleId::FTP022,
        RuleId::FTP023,
        RuleId::FTP024,
    ]
    .contains(&rule)
}

/// A rule set of which one rule has been widened.
struct Mutant {
    ruleset: Ruleset,
    /// The rule, by chain and place.
    rule: (usize, usize),
    /// What was done.
    name: String,
}

/// The rule set with one condition widened or left out, for each way to do so.
fn widened(original: &Ruleset) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (chain, rule) in rules(original) {
        let matches = &original.chains[chain].rules[rule].matches;
        for (place, condition) in matches.iter().enumerate() {
            for wide in wider(condition) {
                let mut mutant = original.clone();
                let mut matches = matches.to_vec();
                let name = format!("{condition:?} -> {wide:?} in {:?}", original.chains[chain].rules[rule]);
                match wide {
                    Some(wide) => matches[place] = wide,
                    None => drop(matches.remove(place)),
                }
                mutant.chains[chain].rules[rule].matches = matches.into();
                mutants.push(Mutant { ruleset: mutant, rule: (chain, rule), name });
            }
        }
    }
    mutants
}

/// Of the mutants that open more, how many are found.
///
/// A strict audit finds all of them (871 when every one was tried). The ordinary audit is asked about those alone by which
/// somebody may open another connection through the firewall because of a rule for FTP (143, of which it finds all):
/// other ports, other addresses at either end, connections where there were only replies. It leaves to the strict one
/// what nearly every rule set that people write leaves open and hardly anybody can use: flags, source ports, the
/// interface beside an address, packets for addresses that a host does not have. Nor is it about rules that are not for
/// FTP: ICMP, loopback, other services, and what lets everything leave.
#[test]
fn what_a_mutant_opens_is_found() {
    let (mut mutants, mut strictly, mut for_ftp, mut plainly) = (0, 0, 0, 0);
    let mut missed = Vec::new();
    let all = deployments().flat_map(|deployment| {
        let original = generated(&deployment);
        widened(&original).into_iter().map(move |mutant| (deployment.clone(), original.clone(), mutant))
    });
    for (deployment, original, mutant) in all.step_by(EVERY_SO_MANY) {
        let Mutant { ruleset, name, .. } = &mutant;
        if !opens_more(&original, ruleset).expect("simple") {
            continue;
        }
        let firewall = &deployment.firewalls[0];
        mutants += 1;
        if opens_more_for_ftp(&deployment, &original, &mutant).expect("simple") {
            for_ftp += 1;
            let found = audited(&deployment, ruleset.clone(), false);
            if found.findings.iter().any(|finding| is_broad(finding.rule)) {
                plainly += 1;
            } else {
                missed.push(format!("ordinary, {firewall:?}: {name}"));
            }
        }
        let found = audited(&deployment, ruleset.clone(), true);
        let rules = Collection { ruleset: ruleset.clone(), ..Collection::default() };
        let rules = as_deployed(&deployment, &Subject { firewall, rules: &rules });
        let tracer = Tracer::new(&rules.ruleset);
        let broad = || found.findings.iter().filter(|finding| is_broad(finding.rule));
        for finding in broad() {
            let sample = finding.sample.as_ref().expect("a sample");
            let verdict = tracer.trace(&sample.packet, sample.path).verdict;
            assert_eq!(verdict, Verdict::Accept, "{finding:?}");
        }
        if broad().next().is_some() {
            strictly += 1;
        } else {
            missed.push(format!("strict, {firewall:?}: {name}"));
        }
    }
    let missed = missed.join("\n");
    assert!(mutants >= 40 && for_ftp >= 8, "{mutants}, {for_ftp}");
    assert!(strictly * 100 >= mutants * 95, "{strictly} of {mutants}\n{missed}");
    assert!(plainly * 100 >= for_ftp * 95, "{plainly} of {for_ftp}\n{missed}");
}

#[test]
fn ports_that_a_rule_for_ftp_opens_beyond_the_range_are_found_by_an_ordinary_audit() {
    for deployment in deployments().step_by(2) {
        let firewall = &deployment.firewalls[0];
        let inwards = firewall.side == Side::Server && deployment.service.modes.passive;
        if !inwards || firewall.nat.is_some() || firewall.strategy == Strategy::Helper {
            continue;
        }
        let passive = deployment.service.passive_ports.expect("a range");
        let mut mutant = generated(&deployment);
        let conditions = mutant.chains.iter_mut().flat_map(|chain| &mut chain.rules);
        for condition in conditions.flat_map(|rule| rule.matches.iter_mut()) {
            if *condition == Match::DestinationPort(passive.into()) {
                let range = PortRange::new(passive.first() - 1000, passive.last()).expect("a range");
                *condition = Match::DestinationPort(range.into());
            }
        }
        let found = audited(&deployment, mutant, false);
        assert!(found.findings.iter().any(|finding| finding.rule == RuleId::FTP006), "{firewall:?}");
    }
}

#[test]
fn what_a_removed_rule_closes_is_found() {
    for deployment in deployments().step_by(2) {
        let firewall = &deployment.firewalls[0];
        // What helpers need has findings of its own.
        if firewall.strategy == Strategy::Helper {
            continue;
        }
        let original = generated(&deployment);
        let closed =
            |audit: &Audit| audit.matrix.iter().filter(|cell| cell.verdict != CellVerdict::Open).count();
        let before = closed(&audited(&deployment, original.clone(), false));
        for (chain, rule) in rules(&original).into_iter().step_by(2) {
            let mut mutant = original.clone();
            let removed = mutant.chains[chain].rules.remove(rule);
            let found = audited(&deployment, mutant, false);
            assert!(closed(&found) <= before || !found.findings.is_empty(), "{firewall:?}: {removed:?}");
        }
    }
}

#[test]
fn a_large_rule_set_has_the_findings_of_a_small_one() {
    let deployment = crate::flow::sample::standard();
    let mut mutant = generated(&deployment);
    for condition in
        mutant.chains.iter_mut().flat_map(|chain| &mut chain.rules).flat_map(|rule| rule.matches.iter_mut())
    {
        if matches!(condition, Match::DestinationPort(ports) if ports.contains(60000)) {
            *condition = Match::DestinationPort(PortRange::new(1024, u16::MAX).into_iter().collect());
        }
    }
    let of = |audit: Audit| -> Vec<(RuleId, usize)> {
        audit.findings.iter().map(|finding| (finding.rule, finding.places.len())).collect()
    };
    let small = of(audited(&deployment, mutant.clone(), false));
    // A chain that nothing enters makes it large, and is quick to evaluate.
    let rules = vec![crate::ruleset::Rule::default(); 5000];
    let unused = Chain { base: None, name: "unused".to_owned(), rules, ..mutant.chains[0].clone() };
    mutant.chains.push(unused);
    let large = of(audited(&deployment, mutant, false));
    assert!(small.iter().any(|(rule, _)| *rule == RuleId::FTP002), "{small:?}");
    let broad = |found: &[(RuleId, usize)]| {
        found.iter().copied().filter(|(rule, _)| is_broad(*rule)).collect::<Vec<_>>()
    };
    assert_eq!(broad(&small), broad(&large));
}
