//! `probe` as JSON: an interface, with stable names; only the values of `title`, `meaning` and `advice` are for people.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::prediction::{Foretold, suggestion};
use super::sweep::{arrived_id, failure_id, outcome_id};
use super::{Report, advice, errno, heading, meaning};
use crate::audit::Session;
use crate::flow::Mode;
use crate::lang::Lang;
use crate::probe::Mend;
use crate::probe::conclusion::{Cause, Conclusion, Evidence, FlowVerdict, Gravity, Kind, Verdict};
use crate::probe::prediction::Prediction;
use crate::probe::sweep::{Arrived, Outcome, Run, Sweep};
use crate::ruleset::Hook;

/// The version of the format.
const VERSION: u8 = 1;

/// The whole of a probe. `docs/schema/probe.json` describes it.
#[must_use]
pub fn json(report: &Report<'_>, lang: Lang) -> Value {
    let found = &report.conclusions.conclusions;
    let mut kinds: Vec<Kind> = Vec::new();
    for conclusion in found {
        if !kinds.contains(&conclusion.kind) {
            kinds.push(conclusion.kind);
        }
    }
    json!({
        "version": VERSION,
        "flows": report.conclusions.flows.iter().map(flow).collect::<Vec<_>>(),
        "conclusions": kinds.iter().map(|kind| kind.id()).collect::<Vec<_>>(),
        "details": found.iter().map(|conclusion| detail(conclusion, lang)).collect::<Vec<_>>(),
        "mends": report.mends.iter().map(mend).collect::<Vec<_>>(),
        "sweep": report.sweeps.map(|sweeps| sweeps.iter().map(sweep).collect::<Vec<_>>()),
        "prediction": report.foretold.map(|flows| flows.iter().map(|one| foretold(one, lang)).collect::<Vec<_>>()),
        "interrupted": report.interrupted,
    })
}

fn flow(flow: &FlowVerdict) -> Value {
    let cause = match flow.verdict {
        Verdict::Blocked(cause) => cause.map(Cause::id),
        _ => None,
    };
    let nothing = Evidence::default();
    json!({
        "flow": flow.flow.id(),
        "mode": match flow.flow.mode() {
            Mode::Active => "active",
            Mode::Passive => "passive",
        },
        "family": flow.family.id(),
        "tls": flow.session == Session::Tls,
        "verdict": flow.verdict.id(),
        "cause": cause,
        "evidence": evidence(flow.evidence.as_ref().unwrap_or(&nothing)),
    })
}

fn detail(conclusion: &Conclusion, lang: Lang) -> Value {
    json!({
        "conclusion": conclusion.kind.id(),
        "gravity": match conclusion.kind.gravity() {
            Gravity::Fault => "fault",
            Gravity::Warning => "warning",
            Gravity::Note => "note",
        },
        "family": conclusion.family.map(crate::packet::Family::id),
        "tls": conclusion.session.map(|session| session == Session::Tls),
        "command": conclusion.method.map(crate::probe::observation::Method::id),
        "flows": conclusion.flows.iter().map(|flow| flow.id()).collect::<Vec<_>>(),
        "ports": conclusion.ports,
        "evidence": evidence(&conclusion.evidence),
        "title": heading(conclusion, lang),
        "meaning": meaning(conclusion.kind, lang),
        "advice": advice(conclusion.kind, lang),
    })
}

fn mend(mend: &Mend) -> Value {
    let rule = |(hook, rule): &(Hook, String)| json!({ "hook": hook.id(), "rule": rule });
    json!({
        "firewall": mend.firewall,
        "dialect": mend.dialect.id(),
        "flow": mend.flow.id(),
        "family": mend.family.id(),
        "rules": mend.rules.iter().map(rule).collect::<Vec<_>>(),
    })
}

fn foretold(one: &Foretold, lang: Lang) -> Value {
    let Prediction { predicted, observed, agreement } = &one.prediction;
    json!({
        "flow": predicted.flow.id(),
        "family": predicted.family.id(),
        "tls": predicted.session == Session::Tls,
        "predicted": predicted.verdict.id(),
        "firewall": predicted.firewall,
        "by": one.by,
        "observed": observed.id(),
        "agreement": agreement.id(),
        "meaning": suggestion(*agreement, lang),
    })
}

fn sweep(sweep: &Sweep) -> Value {
    let run = |run: &Run| {
        let errno = match run.outcome {
            Outcome::Rejected(errno) => Some(errno),
            _ => None,
        };
        json!({
            "first": run.first,
            "last": run.last,
            "outcome": outcome_id(run.outcome),
            "errno": errno,
            "error": errno.and_then(errno::name),
        })
    };
    let active = |&(port, arrived): &(u16, Arrived)| {
        let (from, errno) = match arrived {
            Arrived::From(port) => (Some(port), None),
            Arrived::Failed(errno) => (None, Some(errno)),
            Arrived::Elsewhere | Arrived::Silent => (None, None),
        };
        json!({
            "port": port,
            "outcome": arrived_id(arrived),
            "from": from,
            "errno": errno,
            "error": errno.and_then(errno::name),
        })
    };
    json!({
        "family": sweep.family.id(),
        "passive": sweep.runs().iter().map(run).collect::<Vec<_>>(),
        "active": sweep.active.iter().map(active).collect::<Vec<_>>(),
        "failure": sweep.failure.as_ref().map(failure_id),
    })
}

/// Every field always there, null or empty where there is nothing to say.
fn evidence(evidence: &Evidence) -> Value {
    json!({
        "errno": evidence.errno,
        "error": evidence.errno.and_then(errno::name),
        "icmp": evidence.icmp.map(|told| json!({ "from": told.from.to_string(), "type": told.kind, "code": told.code })),
        "ms": evidence.took.map(milliseconds),
        "local": evidence.local.as_ref().map(SocketAddr::to_string),
        "peer": evidence.peer.as_ref().map(SocketAddr::to_string),
        "command": evidence.command,
        "reply": evidence.reply,
    })
}

/// Milliseconds with three decimals.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
