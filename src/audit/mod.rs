//! What is wrong with the rule sets of a deployment: the verdict on every flow at every firewall, what works from
//! end to end, and the findings of the catalogue.
//!
//! Everything is decided on packet sets. A flow is open when the rule set accepts every packet that it needs
//! ([`crossing`]); a rule set is too broad when a rule that serves FTP accepts more. The text of a rule matters only
//! where a fault lies in the text itself, and for saying where to look.

pub mod addresses;
mod ban;
pub mod baseline;
pub mod broad;
pub mod capacity;
mod catalogue;
mod context;
mod crossing;
mod end_to_end;
pub mod family;
mod finding;
mod fix;
pub mod helper;
pub mod machine;
mod matrix;
pub mod missing;
pub mod nat;
pub mod outcome;
pub mod pf;
mod proxy;
pub mod range;
mod registry;
pub mod shadow;
mod some_clients;
mod subject;
pub mod suppress;
mod survey;
pub mod syntax;
#[cfg(test)]
mod tests;
pub mod tls;

pub use catalogue::{Bilingual, Entry, Example, ExampleDialect, entry};
pub use crossing::{Moment, Session};
pub use end_to_end::{Blocked, Outlook, Works};
pub use finding::{Finding, Level, Message, Packets, Place, Sample};
pub use fix::{Edit, Fix, Patch, Trials, Written};
pub use matrix::{Cell, CellVerdict, Uncovered};
pub use registry::RuleId;
pub use subject::Subject;

use std::borrow::Cow;

use crate::deployment::{Deployment, Firewall};
use crate::dialect::collection::Collection;
use context::Context;
use registry::{CHECKS, Check};

/// What an audit is about.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The deployment.
    pub deployment: &'a Deployment,
    /// The rule sets, one of each firewall that has any.
    pub subjects: Vec<Subject<'a>>,
    /// Whether everything counts that is accepted beyond the declared traffic.
    pub strict: bool,
}

/// What an audit found.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// The findings, by firewall in the order of the deployment, then by rule.
    pub findings: Vec<Finding>,
    /// The verdict on every flow, per firewall and family.
    pub matrix: Vec<Cell>,
    /// What works over all firewalls.
    pub end_to_end: Vec<Works>,
    /// What becomes of each flow over all firewalls, in each family and kind of session.
    pub outlook: Vec<Outlook>,
    /// The firewalls whose rule sets outgrew what can be evaluated; there are only findings about their texts.
    pub too_complex: Vec<String>,
    /// The findings that [`suppress`](suppress::suppress) took out.
    pub suppressed: Vec<suppress::Suppressed>,
    /// The suppressions that leave nothing out.
    pub idle: Vec<suppress::Idle>,
}

/// Audits the rule sets.
#[must_use]
pub fn audit(request: &Request<'_>) -> Audit {
    let rules: Vec<Cow<'_, Collection>> =
        request.subjects.iter().map(|subject| addresses::as_deployed(request.deployment, subject)).collect();
    let subjects = request.subjects.iter().zip(&rules);
    let subjects = subjects.map(|(subject, rules)| Subject { firewall: subject.firewall, rules }).collect();
    let request = &Request { deployment: request.deployment, subjects, strict: request.strict };
    let mut audit = Audit::default();
    let mut contexts = Vec::new();
    for subject in &request.subjects {
        match Context::new(request, subject) {
            Ok(context) => contexts.push(context),
            Err(_) => audit.too_complex.push(subject.firewall.name.clone()),
        }
    }
    (audit.end_to_end, audit.outlook) = end_to_end::all(request.deployment, &mut contexts);
    for context in &mut contexts {
        audit.matrix.extend(context.matrix.iter().cloned());
        let first = audit.findings.len();
        for check in CHECKS {
            let found = match check {
                Check::Firewall(check) => check(context),
                Check::Plain(check) => Ok(check(context)),
                Check::Text(_) | Check::Service(_) => continue,
            };
            match found {
                Ok(found) => audit.findings.extend(found),
                Err(_) => audit.too_complex.push(context.firewall().name.clone()),
            }
        }
        for finding in &mut audit.findings[first..] {
            finding.fix = fix::proposed(context, finding);
        }
    }
    for check in CHECKS {
        match check {
            Check::Firewall(_) | Check::Plain(_) => {}
            Check::Text(check) => {
                audit.findings.extend(request.subjects.iter().flat_map(|subject| check(request, subject)));
            }
            Check::Service(check) => audit.findings.extend(check(request, &audit.end_to_end)),
        }
    }
    let position = |finding: &Finding| {
        let is_meant = |firewall: &Firewall| finding.firewall.as_ref() == Some(&firewall.name);
        request.deployment.firewalls.iter().position(is_meant).unwrap_or(usize::MAX)
    };
    audit.findings.sort_by_key(|finding| (position(finding), finding.rule));
    audit.too_complex.dedup();
    audit
}
