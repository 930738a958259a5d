//! What is too broad: instead of the rule, those that `generate` would write for what it is needed for.

use std::mem::discriminant;

use super::apply::passes;
use super::missing::{granted, narrowed, ports};
use super::{Edit, Fix, Written, dialect_of};
use crate::audit::Place;
use crate::audit::broad::{Kind, Message};
use crate::audit::context::Context;
use crate::audit::finding::Finding;
use crate::audit::matrix::Judged;
use crate::dialect::rule_lines;
use crate::packet::{PortRange, PortSet, TooComplex};
use crate::ruleset::evaluate::Question;
use crate::ruleset::trace::{Decider, RuleRef};
use crate::ruleset::{Match, Rule};

/// The ports of FTP (20, 21) and of FTP over implicit TLS (989, 990).
const WELL_KNOWN: [u16; 4] = [20, 21, 989, 990];

/// Where the ports begin that no service has for itself.
const FIRST_HIGH: u16 = 1024;

/// The mend of a rule that lets in too much. What a policy lets through, and what may be meant for others, is left to
/// people.
pub(super) fn mend(
    context: &mut Context<'_>,
    finding: &Finding,
    message: &Message,
) -> Result<Option<Fix>, TooComplex> {
    let at = match (&message.kind, finding.places.first()) {
        (Kind::Related { .. } | Kind::Undeclared | Kind::UndeclaredElsewhere(_), _) => return Ok(None),
        (_, Some(&Place::Rule(at))) => at,
        _ => return Ok(None),
    };
    let Some(rule) = context.rule(Place::Rule(at)) else { return Ok(None) };
    // A line that says more than this rule is not to be taken out for it.
    let rules = &context.ruleset().chains[at.chain].rules;
    if rules.iter().filter(|other| other.origin == rule.origin).count() > 1 {
        return Ok(None);
    }
    if !is_for_ftp_alone(rule, message, context) {
        return Ok(None);
    }
    let mut by = Vec::new();
    for judged in context.judged.clone() {
        if !needed_for(context, at, &judged, &mut by)? {
            return Ok(None);
        }
    }
    Ok(Some(Fix::new(vec![Edit::Replace { at, by }])))
}

/// Adds what required packets need that only this rule lets through. False if there is nothing that would do.
fn needed_for(
    context: &mut Context<'_>,
    at: RuleRef,
    judged: &Judged,
    by: &mut Vec<Written>,
) -> Result<bool, TooComplex> {
    let crossing = &judged.crossing;
    let ruleset = context.ruleset();
    let question = Question { path: crossing.path, within: crossing.packets, onward: crossing.onward };
    let decided = context.evaluator.accepted_by(question, Decider::Rule(at), &mut context.space)?;
    let Some(sample) = context.sample(decided, crossing.path)? else { return Ok(true) };
    let passes = |by: &[Written]| passes(ruleset, &[Edit::Replace { at, by: by.to_vec() }], &sample);
    if passes(by) {
        return Ok(true);
    }
    let Some(old) = context.rule(Place::Rule(at)) else { return Ok(false) };
    let ports = ports(context, decided)?;
    let Some(dialect) = dialect_of(ruleset, at.chain, context.firewall()) else { return Ok(false) };
    for (_, rule) in granted(context, judged, dialect) {
        let rule = within(narrowed(rule, ports.as_ref()), old);
        let lines = rule_lines(&rule, &ruleset.chains[at.chain], dialect);
        by.push(Written { rule, lines });
        if passes(by) {
            return Ok(true);
        }
        by.pop();
    }
    Ok(false)
}

/// Whether a rule is there for FTP and nothing else: whoever lets in SSH by the same rule must not lose it.
fn is_for_ftp_alone(rule: &Rule, message: &Message, context: &Context<'_>) -> bool {
    let service = &context.request.deployment.service;
    let replies = matches!(message.kind, Kind::Stateless(_));
    let mut own: Vec<PortRange> = WELL_KNOWN.map(PortRange::single).to_vec();
    own.push(PortRange::single(service.control_port));
    own.extend(service.passive_ports);
    own.extend(message.required.ranges());
    // Whether a rule without ports is one of these.
    let everything = match &message.kind {
        Kind::NearlyAll { .. } | Kind::HighToHigh => {
            own.extend(PortRange::new(FIRST_HIGH, u16::MAX));
            true
        }
        Kind::SourcePort(_) => return is_plain(rule),
        Kind::Stateless(_) => false,
        Kind::Wider { ports, .. } | Kind::DataPort(ports) | Kind::Udp(ports) => {
            own.extend(ports.ranges());
            false
        }
        Kind::Related { .. } | Kind::Undeclared | Kind::UndeclaredElsewhere(_) => return false,
    };
    let own: PortSet = own.into_iter().collect();
    let named = rule.matches.iter().find_map(|condition| match condition {
        Match::SourcePort(ports) if replies => Some(ports),
        Match::DestinationPort(ports) if !replies => Some(ports),
        _ => None,
    });
    let is_own = |range: &PortRange| (range.first()..=range.last()).all(|port| own.contains(port));
    let all = |range: &PortRange| everything && range.first() <= 1 && range.last() == u16::MAX;
    is_plain(rule)
        && named.map_or(everything, |ports| ports.ranges().iter().all(|one| is_own(one) || all(one)))
}

/// Whether everything that a rule asks is understood, and asked by itself.
fn is_plain(rule: &Rule) -> bool {
    let asks_more = |condition: &Match| {
        matches!(condition, Match::Opaque(_) | Match::AnyOf(_) | Match::Not(_) | Match::Mark(_))
    };
    !rule.matches.iter().any(asks_more)
}

/// A rule for no other addresses and interfaces than `old` had.
fn within(mut rule: Rule, old: &Rule) -> Rule {
    let mut matches = rule.matches.into_vec();
    for condition in &old.matches {
        let known = matches.iter_mut().find(|known| discriminant(*known) == discriminant(condition));
        match (condition, known) {
            (Match::Source(wide), Some(Match::Source(own)))
            | (Match::Destination(wide), Some(Match::Destination(own))) => {
                let common = own.intersection(wide);
                if !common.is_empty() {
                    *own = common;
                }
            }
            (Match::InInterface(_) | Match::OutInterface(_), None) => matches.insert(0, condition.clone()),
            (Match::Source(_) | Match::Destination(_), None) => {
                // Behind the family, which says what addresses these are.
                let place = matches.iter().position(|known| matches!(known, Match::Family(_)));
                matches.insert(place.map_or(0, |place| place + 1), condition.clone());
            }
            _ => {}
        }
    }
    rule.matches = matches.into();
    rule
}
