//! What is too broad: instead of the rule, those that `generate` would write for what it is needed for.

use super::apply::applied;
use super::missing::{granted, narrowed, ports};
use super::{Edit, Fix, dialect_of};
use crate::audit::Place;
use crate::audit::broad::{Kind, Message};
use crate::audit::context::Context;
use crate::audit::finding::{Finding, Sample};
use crate::audit::matrix::Judged;
use crate::packet::TooComplex;
use crate::ruleset::evaluate::{Question, decisions};
use crate::ruleset::trace::{Decider, RuleRef, Tracer, Verdict};

/// How many rules that decide on the packets of one flow are looked at.
const MOST_RULES: usize = 64;

/// The mend of a rule that lets in too much. What a policy lets through, and what may be meant for others, is left to
/// people.
pub(super) fn mend(
    context: &mut Context<'_>,
    finding: &Finding,
    message: &Message,
) -> Result<Option<Fix>, TooComplex> {
    let at = match (&message.kind, finding.places.first()) {
        (Kind::Related(_) | Kind::Undeclared | Kind::UndeclaredElsewhere(_), _) => return Ok(None),
        (_, Some(&Place::Rule(at))) => at,
        _ => return Ok(None),
    };
    let Some(rule) = context.rule(Place::Rule(at)) else { return Ok(None) };
    // A line that says more than this rule is not to be taken out for it.
    let rules = &context.ruleset().chains[at.chain].rules;
    if rules.iter().filter(|other| other.origin == rule.origin).count() > 1 {
        return Ok(None);
    }
    let mut edits = vec![Edit::Delete { at }];
    for judged in context.judged.clone() {
        if !needed_for(context, at, &judged, &mut edits)? {
            return Ok(None);
        }
    }
    Ok(Some(Fix::new(edits)))
}

/// Adds what required packets need that only this rule lets through. False if there is nothing that would do.
fn needed_for(
    context: &mut Context<'_>,
    at: RuleRef,
    judged: &Judged,
    edits: &mut Vec<Edit>,
) -> Result<bool, TooComplex> {
    let crossing = &judged.crossing;
    let ruleset = context.ruleset();
    let question = Question { path: crossing.path, within: crossing.packets, onward: crossing.onward };
    let decisions = decisions(ruleset, question, MOST_RULES, &mut context.space)?;
    let own = |decision: &&crate::ruleset::evaluate::Decision| decision.by == Decider::Rule(at);
    let Some(decided) = decisions.known.iter().find(own) else { return Ok(true) };
    let Some(sample) = context.sample(decided.packets, crossing.path)? else { return Ok(true) };
    let passes = |edits: &[Edit]| {
        let changed = applied(ruleset, edits);
        let Sample { path, packet } = &sample;
        Tracer::new(&changed).trace(packet, *path).verdict == Verdict::Accept
    };
    if passes(edits) {
        return Ok(true);
    }
    let ports = ports(context, decided.packets)?;
    let Some(dialect) = dialect_of(ruleset, at.chain, context.firewall()) else { return Ok(false) };
    for (_, rule) in granted(context, judged, dialect) {
        let rule = narrowed(rule, ports.as_ref());
        let Some(edit) = Edit::insertion(ruleset, (at.chain, Some(at.rule)), rule, dialect) else { continue };
        let mut more = edits.clone();
        more.push(edit);
        if passes(&more) {
            *edits = more;
            return Ok(true);
        }
    }
    Ok(false)
}
