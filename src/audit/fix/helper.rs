//! A helper that is not attached: the rules that `generate` would write for it, where it is attached in time, and away
//! with rules that can have no effect.

use super::chain::{added, at_first, in_built_in};
use super::{Edit, Fix, Written, dialect_of};
use crate::audit::Place;
use crate::audit::context::Context;
use crate::audit::crossing::FTP_HELPER;
use crate::audit::finding::{Finding, Level};
use crate::audit::helper::{Cause, Message, Misnamed};
use crate::deployment::{self, Firewall};
use crate::dialect::Dialect;
use crate::flow::{helper_chains, views};
use crate::packet::{AddressSet, Family};
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Action, Chain, HelperObject, Match, Rule, priority};

/// What mends a finding about a helper, where rules can.
pub(super) fn mend(context: &Context<'_>, finding: &Finding, message: &Message) -> Option<Fix> {
    let at = finding.places.iter().find_map(|place| match place {
        Place::Rule(at) => Some(*at),
        _ => None,
    });
    let edits = match message {
        Message::NotAttached { data, .. } | Message::Automatic { data, .. } => {
            attached(context, at, &data.families)?
        }
        Message::Ineffective { cause, families } => ineffective(context, finding, at?, cause, families)?,
        Message::Misnamed(Misnamed { name, kernel: Some(kernel) }) => {
            vec![replaced(context, at?, |condition| renamed(condition, name, kernel))?]
        }
        Message::Misnamed(Misnamed { kernel: None, .. }) => {
            let families = without_helper(context);
            instead(context, at?, finding.level == Level::Error, &families)?
        }
        Message::BeforeSeqadjFix { .. } => {
            let table = &context.ruleset().chains[at?.chain].table;
            let families: Vec<Family> =
                context.request.deployment.families().filter(|&family| table.family.sees(family)).collect();
            is_for_this_service(context, at?).then_some(())?;
            instead(context, at?, true, &families)?
        }
        // Without a helper nothing is expected, so that nothing has to be let through for it.
        Message::OnlyNew { .. } | Message::Superfluous { proxy: false } => {
            return without(context, finding);
        }
        _ => return None,
    };
    Some(Fix::new(edits))
}

/// Without the rules that attach a helper: trying it tells whether none is needed.
pub(super) fn without(context: &Context<'_>, finding: &Finding) -> Option<Fix> {
    let attaches = |rule: &Rule| rule.actions.iter().any(|action| matches!(action, Action::AssignHelper(_)));
    let mut edits = Vec::new();
    for place in &finding.places {
        match place {
            &Place::Rule(at) if context.rule(*place).is_some_and(attaches) => {
                is_for_this_service(context, at).then_some(())?;
                edits.push(Edit::Replace { at, by: Vec::new() });
            }
            _ => {}
        }
    }
    (!edits.is_empty()).then_some(Fix::new(edits))
}

/// Whether nobody else can count on a rule that attaches the helper: a gateway may have one rule for many servers.
fn is_for_this_service(context: &Context<'_>, at: RuleRef) -> bool {
    let firewall = context.firewall();
    let views = views(context.request.deployment, firewall);
    let own = |addresses: &AddressSet| {
        [&views.outside.servers, &views.filter.servers]
            .into_iter()
            .any(|own| addresses.nets().iter().all(|net| own.contains(net)))
    };
    let names_own = |condition: &Match| matches!(condition, Match::Destination(addresses) if own(addresses));
    firewall.place == deployment::Place::Host
        || context.rule(Place::Rule(at)).is_some_and(|rule| rule.matches.iter().any(names_own))
}

fn ineffective(
    context: &Context<'_>,
    finding: &Finding,
    at: RuleRef,
    cause: &Cause,
    families: &[Family],
) -> Option<Vec<Edit>> {
    match cause {
        Cause::BeforeConntrack { .. } | Cause::OutsideRaw { .. } | Cause::UnknownObject { .. } => {
            instead(context, at, !finding.flows.is_empty(), families)
        }
        // It may be there for another service, or for another role of the machine.
        Cause::WrongChain { .. } | Cause::Family(_) | Cause::Port { .. } => {
            attached(context, Some(at), families)
        }
        Cause::Translated { right, .. } => {
            let renamed = |condition: &Match| match condition {
                Match::Destination(_) => Some(Match::Destination(right.clone())),
                _ => None,
            };
            let edit = replaced(context, at, renamed).map(|edit| vec![edit]);
            edit.or_else(|| instead(context, at, true, families))
        }
    }
}

/// The families of the service in which no helper reads the control connections.
fn without_helper(context: &Context<'_>) -> Vec<Family> {
    let families = context.request.deployment.families();
    families.filter(|family| !context.helped.contains(family)).collect()
}

/// A condition on a helper, by the kernel's name for it.
fn renamed(condition: &Match, name: &str, kernel: &str) -> Option<Match> {
    match condition {
        Match::Helper(known) if known == name => Some(Match::Helper(kernel.to_owned())),
        Match::Not(inner) => Some(renamed(inner, name, kernel)?.negated()),
        _ => None,
    }
}

/// A rule with another condition.
fn replaced(context: &Context<'_>, at: RuleRef, other: impl Fn(&Match) -> Option<Match>) -> Option<Edit> {
    let ruleset = context.ruleset();
    let mut rule = context.rule(Place::Rule(at))?.clone();
    for condition in &mut rule.matches {
        if let Some(other) = other(condition) {
            *condition = other;
        }
    }
    let dialect = dialect_of(ruleset, at.chain, context.firewall())?;
    Some(Edit::Replace { at, by: vec![Written::altered(rule, &ruleset.chains[at.chain], dialect)?] })
}

/// A rule without effect goes, and if anything needs a helper, one comes that has it.
fn instead(context: &Context<'_>, at: RuleRef, is_needed: bool, families: &[Family]) -> Option<Vec<Edit>> {
    let (mut by, mut edits) = (Vec::new(), Vec::new());
    for edit in if is_needed { attached(context, Some(at), families)? } else { Vec::new() } {
        match edit {
            Edit::Insert { chain, before: Some(rule), rule: new } if at == (RuleRef { chain, rule }) => {
                by.push(new);
            }
            other => edits.push(other),
        }
    }
    edits.insert(0, Edit::Replace { at, by });
    Some(edits)
}

/// The rules that attach the helper to the control connections of `families`: in a chain that is there, or in one of
/// their own. `near` says whose rules they are to be among where there are those of several programs.
fn attached(context: &Context<'_>, near: Option<RuleRef>, families: &[Family]) -> Option<Vec<Edit>> {
    let ruleset = context.ruleset();
    let chain = near
        .map(|near| near.chain)
        .or_else(|| ruleset.chains.iter().position(|chain| chain.base.is_some()))?;
    let dialect = dialect_of(ruleset, chain, context.firewall())?;
    let firewall = Firewall { dialect, ..context.firewall().clone() };
    let part = helper_chains(context.request.deployment, &firewall, families);
    let mut edits = Vec::new();
    for chain in &part.chains {
        let edit = match dialect {
            Dialect::Iptables => in_built_in(ruleset, chain),
            _ => in_table(context, chain, &part.helper_objects),
        };
        edits.extend(edit?);
    }
    (!edits.is_empty()).then_some(edits)
}

/// In a chain that runs in time, if its table has an object to attach; or else in a chain of its own, by an object that
/// is there if there is one.
fn in_table(context: &Context<'_>, wanted: &Chain, objects: &[HelperObject]) -> Option<Vec<Edit>> {
    let ruleset = context.ruleset();
    // Where the server is translated, what its rules name are addresses from before that.
    let end = match context.firewall().nat {
        Some(_) => priority::DESTINATION_NAT,
        None => i32::MAX,
    };
    let hook = wanted.base?.hook;
    let families: Vec<Family> = Family::ALL
        .into_iter()
        .filter(|family| wanted.rules.iter().any(|rule| rule.matches.contains(&Match::Family(*family))))
        .collect();
    let serves = |object: &&HelperObject| {
        object.helper == FTP_HELPER
            && families.iter().all(|&family| {
                object.table.family.sees(family) && object.family.is_none_or(|own| own == family)
            })
    };
    let Some(object) = ruleset.helper_objects.iter().find(serves) else {
        return Some(vec![added(ruleset, wanted.clone(), objects.to_vec())?]);
    };
    let mut rules = wanted.rules.clone();
    for rule in &mut rules {
        let own = Action::AssignHelper(object.name.clone());
        rule.actions.replace(|action| matches!(action, Action::AssignHelper(_)).then(|| own.clone()));
    }
    let is_in_time = |chain: &Chain| {
        chain.table == object.table
            && !chain.rules.is_empty()
            && chain.base.is_some_and(|base| {
                base.hook == hook && !base.nat && !base.is_before_conntrack() && base.priority < end
            })
    };
    if let Some(chain) = ruleset.chains.iter().position(is_in_time) {
        return at_first(ruleset, chain, rules, Dialect::Nftables);
    }
    let chain = Chain { table: object.table.clone(), rules, ..wanted.clone() };
    Some(vec![added(ruleset, chain, Vec::new())?])
}
