//! FTP031, FTP041: what the kernel has to have or to be set to where a helper is in use.

use super::rules::{cause, helper_rules, is_before_translation};
use super::{Message, reading};
use crate::audit::addresses::by_way_back;
use crate::audit::context::{Context, milder};
use crate::audit::finding::{self, Finding};
use crate::audit::{Place, RuleId};
use crate::deployment::{self, Side};
use crate::packet::Family;
use crate::ruleset::{Action, Host, Match, Rule, System};

/// The first version with the fix of commit 90918e3b6404; of 6.17, later stable versions have it too.
const SEQADJ_FIXED: (u32, u32) = (6, 18);

/// FTP031: nftables attaches the helper after destination NAT, and the kernel is too old for that.
pub(in crate::audit) fn before_seqadj_fix(context: &Context<'_>) -> Vec<Finding> {
    let firewall = context.firewall();
    let Some(kernel) = context.host.kernel.filter(|&kernel| kernel < SEQADJ_FIXED) else {
        return Vec::new();
    };
    let Some(nat) = firewall.nat.filter(|_| firewall.side == Side::Server) else { return Vec::new() };
    let family = Family::of(nat.public);
    if !context.helped_by_rules.contains(&family) {
        return Vec::new();
    }
    let ruleset = context.ruleset();
    let late = helper_rules(ruleset).find(|&place| {
        let is_late = || ruleset.bases_of(place.chain).into_iter().any(|base| !is_before_translation(base));
        ruleset.chains[place.chain].table.system == System::Nftables
            && cause(context, place, family).is_none()
            && is_late()
    });
    let finding = |place| {
        let message = Message::BeforeSeqadjFix { kernel };
        let mut finding = context.finding(RuleId::FTP031, finding::Message::Helper(message));
        finding.places = vec![Place::Rule(place)];
        finding
    };
    late.map(finding).into_iter().collect()
}

/// FTP041: a helper believes source addresses, and nothing verifies them.
pub(in crate::audit) fn unverified_sources(context: &Context<'_>) -> Vec<Finding> {
    let gateway = context.firewall().place == deployment::Place::Gateway;
    let interfaces = &context.interfaces;
    let off = [&interfaces.outside, &interfaces.inside]
        .into_iter()
        .filter(|name| !name.is_empty())
        .any(|name| reverse_path_filter(&context.host, name) == Some(0));
    let verified = context.ruleset().chains.iter().flat_map(|chain| &chain.rules).any(verifies_sources);
    // The sysctl is about IPv4 only, and of IPv6 nothing is known.
    if !off || verified || !context.helped.contains(&Family::Ipv4) {
        return Vec::new();
    }
    let message = Message::Unverified { gateway };
    let mut finding = context.finding(RuleId::FTP041, finding::Message::Helper(message));
    if !gateway {
        finding.level = milder(finding.level);
    }
    let all = context.host.sysctl("net.ipv4.conf.all.rp_filter").and_then(|fact| fact.origin);
    finding.places = all.map(Place::Text).into_iter().collect();
    finding.places.extend(reading(context, Family::Ipv4).map(Place::Rule));
    vec![finding]
}

/// The mode of the reverse path filter on an interface: the larger of its own and that of all (ip-sysctl). `None` where
/// that is not known.
fn reverse_path_filter(host: &Host, interface: &str) -> Option<i64> {
    let of = |name: &str| host.sysctl_number(&format!("net.ipv4.conf.{name}.rp_filter"));
    // A dot in the name of an interface is a slash in that of its sysctl.
    let own = of(&interface.replace('.', "/")).or_else(|| of("default"))?;
    Some(own.max(of("all")?))
}

/// Whether a rule drops packets whose source belongs to another interface.
fn verifies_sources(rule: &Rule) -> bool {
    let drops = rule.actions.iter().any(|action| matches!(action, Action::Drop | Action::Reject));
    let by_interface = |condition: &Match| matches!(condition, Match::InInterface(_));
    let by_source = |condition: &Match| match condition {
        Match::Source(_) => true,
        Match::Not(inner) => matches!(**inner, Match::Source(_)),
        _ => false,
    };
    let ties = rule.matches.iter().any(by_interface) && rule.matches.iter().any(by_source);
    drops && (rule.matches.iter().any(asks_way_back) || ties)
}

/// Whether a condition asks if a packet came from where its source is, as the rules have it or with what is known.
fn asks_way_back(condition: &Match) -> bool {
    match condition {
        Match::Not(inner) => asks_way_back(inner),
        Match::AnyOf(alternatives) => alternatives.iter().flatten().any(asks_way_back),
        other => by_way_back(other).is_some(),
    }
}
