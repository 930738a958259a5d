//! Reading the findings that are to be left out.

use super::check::{At, Check, closest, optional};
use super::model::{Firewall, Ignore};
use super::problem::FirewallProblem;
use super::service::{field, list};
use super::shape::{self, FieldId};

/// Reads the entries. Without `firewalls`, which could not be read, any name may be that of one.
pub(super) fn read(check: &mut Check, at: Option<&At<'_>>, firewalls: Option<&[Firewall]>) -> Vec<Ignore> {
    let (Some(at), Some(field)) = (at, field(shape::ROOT, FieldId::Ignore)) else { return Vec::new() };
    let entries = list(check, at, field, |check, at| entry(check, at, firewalls));
    let (places, entries): (Vec<At<'_>>, Vec<Ignore>) = entries.into_iter().unzip();
    let what: Vec<_> = entries.iter().map(|entry| (&entry.rule, &entry.firewall)).collect();
    check.duplicates(&places, &what, |(rule, _)| (*rule).clone());
    entries
}

fn entry(check: &mut Check, at: &At<'_>, firewalls: Option<&[Firewall]>) -> Option<Ignore> {
    let fields = check.mapping(at, shape::IGNORE)?;
    let rule = fields.get(FieldId::IgnoreRule).and_then(|at| check.rule_id(at));
    let firewall = optional(fields.get(FieldId::IgnoreFirewall), |at| {
        let name = check.firewall_name(at)?;
        let known: Vec<&str> = firewalls?.iter().map(|firewall| firewall.name.as_str()).collect();
        if !known.contains(&name.as_str()) {
            let suggestion = closest(&name, &known).map(str::to_owned);
            let known = known.into_iter().map(str::to_owned).collect();
            check.report(at, FirewallProblem::NotDeclared { name, suggestion, known });
            return None;
        }
        Some(name)
    });
    let reason = fields.get(FieldId::IgnoreReason).and_then(|at| check.reason(at));
    Some(Ignore { rule: rule?, firewall: firewall.ok()?, reason: reason? })
}
