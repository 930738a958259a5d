//! Translation that changes port numbers: the same without.

use std::net::IpAddr;

use super::{Edit, Fix, Written, dialect_of};
use crate::audit::Place;
use crate::audit::context::Context;
use crate::audit::finding::Finding;
use crate::packet::{PortRange, PortSet};
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Action, Match, NewAddress, Rule};

/// Instead of rules that change the ports of the passive range, one that leaves them as they are; what they do to other
/// ports, they do still.
pub(super) fn mend(
    context: &Context<'_>,
    finding: &Finding,
    private: IpAddr,
    range: PortRange,
) -> Option<Fix> {
    let ruleset = context.ruleset();
    let found = finding.places.iter().find_map(|place| match place {
        Place::Rule(at) => Some(*at),
        _ => None,
    })?;
    let (chain, dialect) =
        (&ruleset.chains[found.chain], dialect_of(ruleset, found.chain, context.firewall())?);
    let mut kept: Vec<Rule> = Vec::new();
    let mut others: Vec<(RuleRef, Option<usize>, Option<Rule>)> = Vec::new();
    for (place, rule) in chain.rules.iter().enumerate() {
        if !changes_ports(rule, private, range) {
            continue;
        }
        let (own, rest) = split(rule, range)?;
        let known = kept.iter_mut().find(|known| is_same_but_for_ports(known, &own));
        let first = if let Some(known) = known {
            add_ports(known, &own);
            None
        } else {
            kept.push(own);
            Some(kept.len() - 1)
        };
        others.push((RuleRef { chain: found.chain, rule: place }, first, rest));
    }
    let mut edits = Vec::new();
    for (at, first, rest) in others {
        let rules = first.map(|first| kept[first].clone()).into_iter().chain(rest);
        let by: Option<Vec<Written>> = rules.map(|rule| Written::altered(rule, chain, dialect)).collect();
        edits.push(Edit::Replace { at, by: by? });
    }
    (!edits.is_empty()).then_some(Fix::new(edits))
}

/// The address that a rule translates to where it gives a port, too.
fn translated(action: &Action) -> Option<Action> {
    let address = match action {
        Action::DestinationNat { address, port: Some(_) } => *address,
        Action::Translate(translation) if translation.ports.is_some() => match translation.to {
            NewAddress::One(address) => Some(address),
            _ => return None,
        },
        _ => return None,
    };
    address.map(|address| Action::DestinationNat { address: Some(address), port: None })
}

/// Whether a rule gives connections to the range other ports, or leads others to it.
fn changes_ports(rule: &Rule, private: IpAddr, range: PortRange) -> bool {
    let kept = rule.actions.iter().find_map(translated);
    let is_meant =
        matches!(kept, Some(Action::DestinationNat { address: Some(address), .. }) if address == private);
    let leads_there = rule.actions.iter().any(|action| match action {
        Action::DestinationNat { port: Some(port), .. } => range.contains(*port),
        Action::Translate(translation) => {
            translation.ports.is_some_and(|ports| ports.intersection(range).is_some())
        }
        _ => false,
    });
    let comes_from_there = ports(rule).is_none_or(|ports| ports.overlap(range).is_some());
    is_meant && (leads_there || comes_from_there)
}

/// The ports that a rule is about, if it names any.
fn ports(rule: &Rule) -> Option<&PortSet> {
    rule.matches.iter().find_map(|condition| match condition {
        Match::DestinationPort(ports) => Some(ports),
        _ => None,
    })
}

fn is_same_but_for_ports(a: &Rule, b: &Rule) -> bool {
    let others = |rule: &Rule| -> Vec<Match> {
        rule.matches.iter().filter(|one| !matches!(one, Match::DestinationPort(_))).cloned().collect()
    };
    a.actions == b.actions && a.quick == b.quick && others(a) == others(b)
}

fn add_ports(rule: &mut Rule, more: &Rule) {
    let Some(more) = ports(more) else { return };
    for condition in &mut rule.matches {
        if let Match::DestinationPort(own) = condition {
            *own = own.union(more);
        }
    }
}

/// The rule for the passive range, with the ports as they are, and that for the other ports that it names.
fn split(rule: &Rule, range: PortRange) -> Option<(Rule, Option<Rule>)> {
    let several = rule.matches.iter().filter(|one| matches!(one, Match::DestinationPort(_))).count() > 1;
    if several {
        return None;
    }
    let named = ports(rule).cloned().unwrap_or_else(PortSet::any);
    let range = PortSet::from(range);
    let (own, others) = if named.overlaps(&range) {
        (named.intersection(&range), Some(named.difference(&range)).filter(|rest| !rest.is_empty()))
    } else {
        // Clients never come to these: they were told ports of the range.
        (range, None)
    };
    let with = |ports: PortSet| {
        let mut rule = rule.clone();
        let mut is_said = false;
        for condition in &mut rule.matches {
            if let Match::DestinationPort(known) = condition {
                (*known, is_said) = (ports.clone(), true);
            }
        }
        if !is_said {
            rule.require([Match::DestinationPort(ports)]);
        }
        rule
    };
    let mut kept = with(own);
    kept.actions.replace(translated);
    Some((kept, others.map(with)))
}
