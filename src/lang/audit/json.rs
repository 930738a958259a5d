//! `audit` as JSON: an interface, with stable names; only the values of `message` and `help` are for people.

use serde_json::{Map, Value, json};

use super::finding::{advice, words};
use super::sources::{Sources, Spot};
use super::{counts, suppress};
use crate::audit::suppress::Idle;
use crate::audit::{Audit, Cell, Finding, Packets, Place, Sample, Session, Uncovered, Works};
use crate::flow::Mode;
use crate::lang::Lang;
use crate::report::patch::unified;
use crate::ruleset::trace::Decider;
use crate::ruleset::trace::spec::fields;

/// The version of the format.
const VERSION: u8 = 1;

/// The whole of an audit. `docs/schema/audit.json` describes it.
#[must_use]
pub fn json(audit: &Audit, sources: Sources<'_>, lang: Lang) -> Value {
    let counting = audit.findings.iter().map(|found| finding(found, sources, lang));
    let suppressed = audit.suppressed.iter().map(|suppressed| {
        let mut value = finding(&suppressed.finding, sources, lang);
        value["suppressed"] = json!({ "by": suppressed.by.id(), "reason": suppressed.reason });
        value
    });
    let [errors, warnings, infos] = counts(audit);
    json!({
        "version": VERSION,
        "findings": counting.chain(suppressed).collect::<Vec<_>>(),
        "matrix": audit.matrix.iter().map(|found| cell(found, sources)).collect::<Vec<_>>(),
        "end_to_end": audit.end_to_end.iter().map(|found| works(found, sources)).collect::<Vec<_>>(),
        "idle_suppressions": audit.idle.iter().map(|found| idle(found, sources, lang)).collect::<Vec<_>>(),
        "too_complex": audit.too_complex,
        "summary": {
            "error": errors,
            "warning": warnings,
            "info": infos,
            "suppressed": audit.suppressed.len(),
        },
    })
}

fn finding(finding: &Finding, sources: Sources<'_>, lang: Lang) -> Value {
    let words = words(finding, lang);
    let firewall = finding.firewall.as_deref();
    let spot = |place: &Place| sources.spot(firewall, *place).as_ref().map(location);
    let first = finding.places.first();
    let declared = sources.declared(finding);
    let declared = declared.iter().filter_map(|position| sources.in_file(position).as_ref().map(location));
    let mut located = finding.places.iter().filter_map(spot).chain(declared);
    // A policy stands nowhere, and is told by itself.
    let at_fault =
        if first.is_some_and(|&place| matches!(place, Place::Policy(_))) { None } else { located.next() };
    let (packets, more) = packets(finding.packets.as_ref());
    json!({
        "rule": finding.rule.id(),
        "level": finding.level.id(),
        "firewall": firewall,
        "flows": finding.flows.iter().map(|flow| flow.id()).collect::<Vec<_>>(),
        "message": words.title,
        "help": advice(finding, &words, lang),
        "location": at_fault,
        "policy": first.and_then(|&place| sources.policy(firewall, place)),
        "related": located.collect::<Vec<_>>(),
        "packets": packets,
        "more": more,
        "sample": finding.sample.as_ref().map(sample),
        "demanded_by": demand(finding, sources),
        "fix": patch(finding, sources),
    })
}

/// What mends it, once that was tried: the first file that it changes, and the patch.
fn patch(finding: &Finding, sources: Sources<'_>) -> Option<Value> {
    let tried = finding.fix.as_ref()?.tried.as_ref()?;
    let texts = sources.subject(finding.firewall.as_deref()?)?.texts;
    let (changed, _) = texts.iter().zip(tried).find(|(before, after)| before != after)?;
    Some(json!({ "file": changed.name, "patch": unified(texts, tried) }))
}

/// The field of the deployment that demands otherwise: the first that is declared.
fn demand(finding: &Finding, sources: Sources<'_>) -> Option<Value> {
    finding.demanded_by.iter().find_map(|&path| {
        let position = sources.deployment.position(path)?;
        let in_file = position.option.is_none();
        Some(json!({
            "path": path,
            "file": in_file.then_some(&sources.deployment.source.name),
            "line": in_file.then_some(position.line),
            "option": position.option,
        }))
    })
}

fn location(spot: &Spot<'_>) -> Value {
    let (line, column) = spot.line_and_column();
    json!({ "file": spot.name, "line": line, "column": column })
}

/// The larger part of packets, and how many more parts there are.
fn packets(packets: Option<&Packets>) -> (Vec<String>, u64) {
    packets.map_or((Vec::new(), 0), |packets| {
        (packets.parts.iter().map(ToString::to_string).collect(), packets.left_out)
    })
}

fn sample(sample: &Sample) -> Map<String, Value> {
    fields(sample.path, &sample.packet)
}

fn cell(cell: &Cell, sources: Sources<'_>) -> Value {
    json!({
        "firewall": cell.firewall,
        "flow": cell.flow.id(),
        "family": cell.family.id(),
        "verdict": cell.verdict.id(),
        "uncovered": cell.uncovered.as_ref().map(|found| uncovered(found, &cell.firewall, sources)),
    })
}

fn uncovered(uncovered: &Uncovered, firewall: &str, sources: Sources<'_>) -> Value {
    let place = match uncovered.by {
        Decider::Rule(rule) => Some(Place::Rule(rule)),
        Decider::Policy { chain } => Some(Place::Policy(chain)),
        Decider::Nothing => None,
    };
    let by = place.map(|place| {
        json!({
            "location": sources.spot(Some(firewall), place).as_ref().map(location),
            "policy": sources.policy(Some(firewall), place),
        })
    });
    let (packets, more) = packets(uncovered.packets.as_ref());
    json!({ "packets": packets, "more": more, "sample": uncovered.sample.as_ref().map(sample), "by": by })
}

fn works(works: &Works, sources: Sources<'_>) -> Value {
    let blocked_by = works.blocked_by.as_ref().map(|blocked| {
        let firewall = Some(blocked.firewall.as_str());
        let spot = blocked.by.and_then(|place| sources.spot(firewall, place));
        json!({
            "firewall": firewall,
            "flow": blocked.flow.id(),
            "verdict": blocked.extent.id(),
            "location": spot.as_ref().map(location),
            "policy": blocked.by.and_then(|place| sources.policy(firewall, place)),
        })
    });
    json!({
        "mode": match works.mode {
            Mode::Active => "active",
            Mode::Passive => "passive",
        },
        "family": works.family.id(),
        "tls": works.session == Session::Tls,
        "works": works.works,
        "conditional": works.conditional,
        "blocked_by": blocked_by,
    })
}

fn idle(idle: &Idle, sources: Sources<'_>, lang: Lang) -> Value {
    json!({
        "by": idle.by.id(),
        "rule": idle.rule,
        "firewall": idle.firewall,
        "why": idle.why.id(),
        "message": suppress::title(idle, lang),
        "location": sources.suppression(idle).as_ref().map(location),
    })
}
