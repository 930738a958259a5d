//! FTP015: rules that match a helper where they should attach one, or by a name that the kernel does not know.

use std::collections::BTreeSet;

use super::rules::{self, helper_rules};
use super::{Message, level_if};
use crate::audit::context::Context;
use crate::audit::crossing::{FTP_HELPER, Session};
use crate::audit::finding::{self, Finding};
use crate::audit::{Place, RuleId};
use crate::flow::FlowId;
use crate::packet::State;
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Match, Rule, States, System};

/// A match that never holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Misnamed {
    /// The name that is matched.
    pub name: String,
    /// The kernel's name of the helper, if `name` is that of an object; otherwise an assignment was meant.
    pub kernel: Option<String>,
}

/// FTP015: `ct helper "..."` without `set`, or with the name of an object.
pub(in crate::audit) fn matched_instead(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = rules::findings(context, RuleId::FTP015);
    let closed = closed_data(context);
    for (place, misnamed) in misnamed(context) {
        let message = finding::Message::Helper(Message::Misnamed(misnamed));
        let mut finding = context.finding(RuleId::FTP015, message);
        finding.level = level_if(!closed.is_empty(), finding.level);
        finding.flows.clone_from(&closed);
        finding.places = vec![Place::Rule(place)];
        findings.push(finding);
    }
    findings
}

/// The flows that open data connections of plain sessions and do not all get through.
fn closed_data(context: &Context<'_>) -> Vec<FlowId> {
    let closed = context.judged.iter().filter(|judged| {
        let crossing = &judged.crossing;
        let opens_data = crossing.opens() && crossing.is_data();
        opens_data && crossing.sessions.contains(&Session::Plain) && !judged.doubtful.is_empty()
    });
    let flows: BTreeSet<FlowId> = closed.map(|judged| judged.crossing.flow).collect();
    flows.into_iter().collect()
}

/// The matches of nftables that never hold.
pub(super) fn misnamed(context: &Context<'_>) -> Vec<(RuleRef, Misnamed)> {
    let mut all = Vec::new();
    let ruleset = context.ruleset();
    // Where a helper is attached, its control connections may be matched by it.
    let attaches = helper_rules(ruleset).next().is_some();
    for (chain, one) in ruleset.chains.iter().enumerate() {
        if one.table.system != System::Nftables {
            continue;
        }
        for (index, rule) in one.rules.iter().enumerate() {
            let Some(name) = matched(rule) else { continue };
            let is_meant = |object: &&crate::ruleset::HelperObject| {
                object.table == one.table && object.name == *name && object.helper != *name
            };
            let object = ruleset.helper_objects.iter().find(is_meant);
            let kernel = object.map(|object| object.helper.clone()).filter(|_| !opens_control(context, rule));
            let known = name == FTP_HELPER || object.is_some_and(|object| object.helper == FTP_HELPER);
            if kernel.is_some() || (known && !attaches && opens_control(context, rule)) {
                all.push((RuleRef { chain, rule: index }, Misnamed { name: name.clone(), kernel }));
            }
        }
    }
    all
}

/// The name of the helper that a rule matches.
fn matched(rule: &Rule) -> Option<&String> {
    rule.matches.iter().find_map(|condition| match condition {
        Match::Helper(name) => Some(name),
        Match::Not(inner) => match &**inner {
            Match::Helper(name) => Some(name),
            _ => None,
        },
        _ => None,
    })
}

/// Whether a rule is about the first packets of control connections.
fn opens_control(context: &Context<'_>, rule: &Rule) -> bool {
    let control = context.request.deployment.service.control_port;
    let names_port = |condition: &Match| match condition {
        Match::DestinationPort(ports) | Match::CtOriginalDestinationPort(ports) => ports.contains(control),
        _ => false,
    };
    let related_only = |condition: &Match| matches!(condition, Match::State(states) if !states.contains(States::of(State::New)) && states.contains(States::RELATED));
    rule.matches.iter().any(names_port) && !rule.matches.iter().any(related_only)
}
