//! What is missing: the rules that `generate` would write for it.

use std::mem::discriminant;

use super::apply::{applied, passes};
use super::chain::in_translating;
use super::{Edit, Fix, dialect_of};
use crate::audit::context::Context;
use crate::audit::finding::Sample;
use crate::audit::matrix::{CellVerdict, Judged};
use crate::audit::missing::{Message, concerned};
use crate::deployment::{Firewall, Strategy};
use crate::dialect::Dialect;
use crate::flow::{Connection, FlowId, connections, flows, rules_for, translating_chains};
use crate::packet::{Packet, PacketSet, PortRange, PortSet, TooComplex};
use crate::ruleset::trace::{Decider, Path, RuleRef, Trace, Tracer, Verdict};
use crate::ruleset::{Action, Hook, Match, Rule, Ruleset, translated_end};

/// How many parts of a set are looked at for the ports that a rule has to name.
const PARTS: usize = 8;

/// A place for a new rule: a chain, and the rule to come before; `None` is the end of the chain.
type Place = (usize, Option<usize>);

/// The rules that let through what is missing. A ban is meant, and what depends on unknown conditions may be, too.
pub(super) fn mend(context: &mut Context<'_>, message: &Message) -> Result<Option<Fix>, TooComplex> {
    if message.banned || message.extent == CellVerdict::Conditional {
        return Ok(None);
    }
    let closed = concerned(context, message.connection, message.part)?.closed;
    all_passing(context, closed)
}

/// The same for findings that say why something is missing: what of their flows is closed.
pub(super) fn mend_flows(context: &mut Context<'_>, flows: &[FlowId]) -> Result<Option<Fix>, TooComplex> {
    let meant = |judged: &&Judged| flows.contains(&judged.crossing.flow);
    let closed = context.judged.iter().filter(meant).cloned().collect();
    all_passing(context, closed)
}

/// The rules by which all of these go through.
fn all_passing(context: &mut Context<'_>, all: Vec<Judged>) -> Result<Option<Fix>, TooComplex> {
    let mut edits: Vec<Edit> = Vec::new();
    for judged in all.into_iter().filter(|judged| !judged.closed.is_empty()) {
        let Some(more) = passing(context, &judged)? else { return Ok(None) };
        for edit in more {
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    Ok((!edits.is_empty()).then_some(Fix::new(edits)))
}

/// The fewest new rules by which a packet of these goes through.
fn passing(context: &mut Context<'_>, judged: &Judged) -> Result<Option<Vec<Edit>>, TooComplex> {
    let path = judged.crossing.path;
    let Some(sample) = context.unbanned(judged)? else { return Ok(None) };
    let ports = ports(context, judged.closed)?;
    let trace = context.tracer.trace(&sample.packet, path);
    let ruleset = context.ruleset();
    if trace.verdict == Verdict::Accept {
        return Ok(translated(context, judged, &trace));
    }
    // Where pf's last match counts, whoever comes later and knows better is to be heard.
    let overruling = matches!(trace.by, Decider::Rule(by) if is_last_match(ruleset, by));
    for place in places(&trace, ruleset) {
        let (mut edits, mut chains, mut next) = (Vec::new(), Vec::new(), Some(place));
        while let Some(place) = next {
            chains.push(place.0);
            let Some(dialect) = dialect_of(ruleset, place.0, context.firewall()) else { break };
            for (hook, rule) in granted(context, judged, dialect) {
                let place =
                    if is_filter(hook, path) { Some(place) } else { translating(ruleset, hook, place.0) };
                let mut rule = narrowed(rule, ports.as_ref());
                rule.quick &= !overruling;
                see_translated(&mut rule, &sample.packet, &trace.packet);
                edits.extend(place.and_then(|place| Edit::insertion(ruleset, place, rule, dialect)));
            }
            if passes(ruleset, &edits, &sample) {
                return Ok(Some(needed(ruleset, edits, &sample)));
            }
            // The rules of another table may block it too, in chains that have not been changed.
            let changed = applied(ruleset, &edits);
            let trace = Tracer::new(&changed).trace(&sample.packet, path);
            let blocked = trace.verdict != Verdict::Accept;
            let more = places(&trace, &changed).into_iter().filter(|_| blocked);
            next = more.into_iter().find(|(chain, _)| !chains.contains(chain));
        }
    }
    Ok(None)
}

/// pf: what `match` rules have translated before is no longer as it was `sent`, and needs no translation: the rule is for
/// the packet as they `met` it.
fn see_translated(rule: &mut Rule, sent: &Packet, met: &Packet) {
    let translated = rule.actions.iter().find_map(|action| match *action {
        Action::SourceNat { address: Some(new), .. } if sent.source != new && met.source == new => {
            Some(Match::Source([new].into_iter().collect()))
        }
        Action::DestinationNat { address: Some(new), .. }
            if sent.destination != new && met.destination == new =>
        {
            Some(Match::Destination([new].into_iter().collect()))
        }
        _ => None,
    });
    let Some(translated) = translated else { return };
    for condition in &mut rule.matches {
        if discriminant(condition) == discriminant(&translated) {
            *condition = translated.clone();
        }
    }
    let others = rule.actions.iter().filter(|action| translated_end(action).is_none());
    rule.actions = others.cloned().collect::<Vec<_>>().into();
}

/// The rules by which the connection passes that the packets belong to.
pub(super) fn granted(context: &Context<'_>, judged: &Judged, dialect: Dialect) -> Vec<(Hook, Rule)> {
    let (firewall, own) = connections_of(context, judged, dialect);
    rules_for(context.request.deployment, &firewall, &own)
}

/// The connections that the packets belong to, and the firewall as it would let them through.
fn connections_of(context: &Context<'_>, judged: &Judged, dialect: Dialect) -> (Firewall, Vec<Connection>) {
    let crossing = &judged.crossing;
    let strategy = if crossing.expected { Strategy::Helper } else { Strategy::Static };
    let firewall = Firewall { dialect, strategy, ..context.firewall().clone() };
    let own = |known: &Connection| {
        known.family == crossing.family
            && (known.openers.contains(&crossing.flow) || known.replies.contains(&crossing.flow))
    };
    let all = connections(&flows(context.request.deployment, &firewall));
    let own = all.into_iter().filter(own).collect();
    (firewall, own)
}

/// The rules that translate what is let through untranslated.
fn translated(context: &Context<'_>, judged: &Judged, trace: &Trace) -> Option<Vec<Edit>> {
    let ruleset = context.ruleset();
    let chain = match trace.by {
        Decider::Rule(by) => by.chain,
        Decider::Policy { chain } => chain,
        Decider::Nothing => return None,
    };
    let dialect = dialect_of(ruleset, chain, context.firewall())?;
    let mut edits = Vec::new();
    if dialect == Dialect::PfOpenbsd {
        // The rules that pass translate, so that it is those that decide.
        let translates = |rule: &Rule| rule.actions.iter().any(|action| translated_end(action).is_some());
        for (_, rule) in granted(context, judged, dialect).into_iter().filter(|(_, rule)| translates(rule)) {
            let place = places(trace, ruleset).into_iter().next()?;
            edits.push(Edit::insertion(ruleset, place, rule, dialect)?);
        }
        return (!edits.is_empty()).then_some(edits);
    }
    let (firewall, own) = connections_of(context, judged, dialect);
    for chain in &translating_chains(context.request.deployment, &firewall, own).chains {
        edits.extend(in_translating(ruleset, chain, dialect)?);
    }
    (!edits.is_empty()).then_some(edits)
}

/// Where a rule has to be for the packet to meet it: before the rule that decides (after it, where the last match counts),
/// or at the end of the chain whose policy does; where that is never reached, before the rule that leaves the chain.
fn places(trace: &Trace, ruleset: &Ruleset) -> Vec<Place> {
    match trace.by {
        _ if trace.verdict == Verdict::Unknown => Vec::new(),
        Decider::Rule(by) => {
            let next = if is_last_match(ruleset, by) { by.rule + 1 } else { by.rule };
            let (chain, next) = if next == by.rule { entrance(trace, ruleset, by) } else { (by.chain, next) };
            vec![(chain, (next < ruleset.chains[chain].rules.len()).then_some(next))]
        }
        Decider::Policy { chain } => {
            let leaves = |action: &Action| matches!(action, Action::Goto(_) | Action::Return);
            let left = trace.met.iter().rev().filter(|met| {
                met.chain == chain && ruleset.chains[met.chain].rules[met.rule].actions.iter().any(leaves)
            });
            std::iter::once((chain, None)).chain(left.map(|met| (chain, Some(met.rule)))).collect()
        }
        Decider::Nothing => Vec::new(),
    }
}

/// Where the packet came from to the chain that decides, if others come to it from elsewhere: what drops everything that
/// is sent to it, banned sources too, is no place for a rule that accepts.
fn entrance(trace: &Trace, ruleset: &Ruleset, by: RuleRef) -> (usize, usize) {
    let mut place = by;
    // Each step goes back on the way of the packet.
    for at in (0..trace.met.len()).rev() {
        let chain = &ruleset.chains[place.chain];
        let enters = |rule: &Rule| {
            let to = |action: &Action| matches!(action, Action::Jump(name) | Action::Goto(name) if *name == chain.name);
            rule.actions.iter().any(to)
        };
        let met = trace.met[at];
        let from = &ruleset.chains[met.chain];
        if from.table != chain.table || !enters(&from.rules[met.rule]) {
            continue;
        }
        let own = ruleset.chains_of(&chain.table).flat_map(|chain| &chain.rules);
        if chain.base.is_some() || own.filter(|rule| enters(rule)).count() < 2 {
            break;
        }
        place = met;
    }
    (place.chain, place.rule)
}

/// Whether a rule decides because no later one does, as with pf.
fn is_last_match(ruleset: &Ruleset, by: RuleRef) -> bool {
    let chain = &ruleset.chains[by.chain];
    chain.base.is_some_and(|base| base.hook == Hook::PfFilter) && !chain.rules[by.rule].quick
}

/// Whether a chain at `hook` filters what takes `path`.
pub(super) fn is_filter(hook: Hook, path: Path) -> bool {
    match path {
        _ if hook == Hook::PfFilter => true,
        Path::Input => hook == Hook::Input,
        Path::Forward => hook == Hook::Forward,
        Path::Output => hook == Hook::Output,
    }
}

/// The start of the chain that translates at `hook`, if there is one beside the chain at `beside`.
fn translating(ruleset: &Ruleset, hook: Hook, beside: usize) -> Option<Place> {
    let beside = &ruleset.chains[beside].table;
    let found = ruleset.chains.iter().position(|chain| {
        let fits = chain.base.is_some_and(|base| base.hook == hook && base.nat);
        fits && (chain.table.system, chain.table.family) == (beside.system, beside.family)
    })?;
    let first = if ruleset.chains[found].rules.is_empty() { None } else { Some(0) };
    Some((found, first))
}

/// The source and destination ports that packets have.
pub(super) fn ports(context: &mut Context<'_>, set: PacketSet) -> Result<Option<[PortSet; 2]>, TooComplex> {
    let shape = context.space.endpoints(set)?;
    let description = context.space.describe(shape, PARTS)?;
    if description.left_out > 0 {
        return Ok(None);
    }
    let parts = &description.parts;
    let source = parts.iter().flat_map(|part| part.source_ports.ranges().to_vec()).collect();
    let destination = parts.iter().flat_map(|part| part.destination_ports.ranges().to_vec()).collect();
    Ok(Some([source, destination]))
}

/// A rule for no more than these ports.
pub(super) fn narrowed(mut rule: Rule, ports: Option<&[PortSet; 2]>) -> Rule {
    let Some([source, destination]) = ports else { return rule };
    for condition in &mut rule.matches {
        let (own, wanted) = match condition {
            Match::SourcePort(own) => (own, source),
            Match::DestinationPort(own) => (own, destination),
            _ => continue,
        };
        let common: PortSet = wanted.ranges().iter().flat_map(|range| within(own, *range)).collect();
        if !common.is_empty() {
            *own = common;
        }
    }
    rule
}

/// The ports of `set` in `range`.
fn within(set: &PortSet, range: PortRange) -> Vec<PortRange> {
    set.ranges().iter().filter_map(|own| own.intersection(range)).collect()
}

/// Those of `edits` without which the packet does not go through.
fn needed(ruleset: &Ruleset, mut edits: Vec<Edit>, sample: &Sample) -> Vec<Edit> {
    for place in (0..edits.len()).rev() {
        let mut fewer = edits.clone();
        fewer.remove(place);
        if passes(ruleset, &fewer, sample) {
            edits = fewer;
        }
    }
    edits
}
