//! Rules that would let required packets through if an earlier one, or none at all, did not decide first (FTP026).

use super::context::Context;
use super::crossing::Crossing;
use super::finding::{Finding, Place};
use super::matrix::Judged;
use super::{RuleId, finding};
use crate::packet::{PacketSet, TooComplex};
use crate::ruleset::evaluate::{Evaluator, Question};
use crate::ruleset::trace::{Decider, Path, RuleRef};
use crate::ruleset::{Action, Chain, Hook, Match, Rule, Ruleset};

/// How many rules are tried in the place of the first one.
const MOST_CANDIDATES: usize = 64;
/// How many rules are named that decide first.
const MOST_NAMED: usize = 4;

/// An accept rule that decides on nothing that it is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Why.
    pub cause: Cause,
    /// Whether the rules are pf's, where the last match counts.
    pub is_pf: bool,
}

/// Why a rule decides on nothing that it is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Rules before it do.
    Earlier,
    /// pf: rules after it do.
    Later,
    /// No packet comes to its chain.
    NotEntered,
}

/// FTP026: the rules that never decide.
pub(super) fn unreached(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let openers = context.judged.iter().filter(|judged| judged.crossing.opens() && !judged.crossing.own);
    let openers: Vec<Judged> = openers.cloned().collect();
    if openers.iter().all(|judged| judged.closed.is_empty()) {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    for place in candidates(context).into_iter().take(MOST_CANDIDATES) {
        findings.extend(one(context, place, &openers)?);
    }
    Ok(findings)
}

fn one(context: &mut Context<'_>, place: RuleRef, openers: &[Judged]) -> Result<Option<Finding>, TooComplex> {
    let ruleset = context.ruleset();
    let bases = ruleset.bases_of(place.chain);
    let entered = !bases.is_empty();
    for path in Path::ALL {
        // A rule of a chain for one way is not meant for what takes another.
        if entered && !bases.iter().any(|base| path.passes(base.hook)) {
            continue;
        }
        let here = openers.iter().filter(|judged| judged.crossing.path == path);
        let would = alone_at_first(ruleset, place, path);
        let would = Evaluator::new(&would);
        let (mut meant, mut flows) = (PacketSet::EMPTY, Vec::new());
        for judged in here {
            let Crossing { packets: within, onward, flow, .. } = judged.crossing;
            let space = &mut context.space;
            let through = would.accepted(Question { path, within, onward }, space)?;
            let through = space.must(through)?;
            meant = space.union(meant, through)?;
            if space.intersects(through, judged.closed)? {
                flows.push(flow);
            }
        }
        if flows.is_empty() {
            continue;
        }
        let question = Question::about(path, meant);
        if decides(context, place, question)? {
            continue;
        }
        let by = others(context, question)?;
        let is_pf = ruleset.chains[place.chain].base.is_some_and(|base| base.hook == Hook::PfFilter);
        let cause = if !entered {
            Cause::NotEntered
        } else if is_pf && by.iter().any(|rule| *rule > place) {
            Cause::Later
        } else {
            Cause::Earlier
        };
        let message = Message { cause, is_pf };
        let mut finding = context.finding(RuleId::FTP026, finding::Message::Shadow(message));
        flows.sort_unstable();
        flows.dedup();
        finding.flows = flows;
        finding.places = std::iter::once(place).chain(by).map(Place::Rule).collect();
        finding.packets = Some(context.packets(meant)?);
        finding.sample = context.sample(meant, path)?;
        return Ok(Some(finding));
    }
    Ok(None)
}

/// Whether a rule lets any packet of the question through.
fn decides(context: &mut Context<'_>, place: RuleRef, question: Question) -> Result<bool, TooComplex> {
    let by = Decider::Rule(place);
    // As a rule the first packet tells.
    if let Some(packet) = context.space.sample(question.within)?
        && context.tracer.trace(&packet, question.path).by == by
    {
        return Ok(true);
    }
    let decided = context.evaluator.accepted_by(question, by, &mut context.space)?;
    Ok(!decided.is_empty())
}

/// The first rules that decide on packets of the question.
fn others(context: &mut Context<'_>, question: Question) -> Result<Vec<RuleRef>, TooComplex> {
    let (mut rest, mut rules) = (question.within, Vec::new());
    while rules.len() < MOST_NAMED {
        let Some(packet) = context.space.sample(rest)? else { break };
        let by = context.tracer.trace(&packet, question.path).by;
        let Decider::Rule(rule) = by else { break };
        let own = context.evaluator.may_meet(question, by, &mut context.space)?;
        // A rule that asks what cannot be told may not match.
        let own = context.space.may(own)?;
        if rules.contains(&rule) || !context.space.intersects(rest, own)? {
            break;
        }
        rules.push(rule);
        rest = context.space.difference(rest, own)?;
    }
    Ok(rules)
}

/// The rules that accept by ports that the service uses.
fn candidates(context: &Context<'_>) -> Vec<RuleRef> {
    let service = &context.request.deployment.service;
    let used = |condition: &Match| match condition {
        Match::DestinationPort(ports) => {
            !ports.is_any()
                && (ports.contains(service.control_port)
                    || service.passive_ports.is_some_and(|range| ports.overlap(range).is_some()))
        }
        Match::SourcePort(ports) => {
            let active = service.active_source.ports();
            !ports.is_any() && ports.ranges().iter().any(|&range| active.overlap(range).is_some())
        }
        _ => false,
    };
    let serves = |rule: &Rule| {
        rule.actions.contains(&Action::Accept)
            && rule.matches.iter().any(|condition| match condition {
                Match::AnyOf(alternatives) => alternatives.iter().flatten().any(used),
                other => used(other),
            })
    };
    let mut found = Vec::new();
    for (chain, rules) in context.ruleset().chains.iter().enumerate() {
        if rules.base.is_some_and(|base| base.nat || matches!(base.hook, Hook::PfNat | Hook::PfRdr)) {
            continue;
        }
        let own = rules.rules.iter().enumerate().filter(|(_, rule)| serves(rule));
        found.extend(own.map(|(rule, _)| RuleRef { chain, rule }));
    }
    found
}

/// The rules as they would be if that at `place` were the only one of its table's chains at the hooks of `path`.
fn alone_at_first(ruleset: &Ruleset, place: RuleRef, path: Path) -> Ruleset {
    let rule = Rule { quick: true, ..ruleset.chains[place.chain].rules[place.rule].clone() };
    let drop = Rule { quick: true, actions: [Action::Drop].into(), ..Rule::default() };
    let Chain { table, base: own, .. } = &ruleset.chains[place.chain];
    let hooks: &[Hook] = match path {
        Path::Input => &[Hook::Input, Hook::PfFilter],
        Path::Forward => &[Hook::Forward, Hook::PfFilter],
        Path::Output => &[Hook::Output, Hook::PfFilter],
    };
    let is_meant = |chain: &Chain| {
        chain.table == *table
            && chain.base.is_some_and(|base| match own {
                Some(own) => (own.hook, own.priority) == (base.hook, base.priority),
                None => hooks.contains(&base.hook) && !base.nat,
            })
    };
    let chains = ruleset.chains.iter().map(|chain| {
        if is_meant(chain) {
            let Chain { table, name, base, .. } = chain;
            let rules = vec![rule.clone(), drop.clone()];
            Chain { table: table.clone(), name: name.clone(), base: *base, rules }
        } else {
            chain.clone()
        }
    });
    Ruleset {
        skipped_interfaces: ruleset.skipped_interfaces.clone(),
        helper_objects: ruleset.helper_objects.clone(),
        chains: chains.collect(),
    }
}
