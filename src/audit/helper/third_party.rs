//! FTP020: data connections with third parties.

use super::Message;
use super::rules::helper_rules;
use crate::audit::context::milder;
use crate::audit::end_to_end::Works;
use crate::audit::finding::{self, Finding};
use crate::audit::{Place, Request, RuleId};
use crate::deployment::ForeignAddresses;

/// FTP020: by the helper, or by the server.
pub(in crate::audit) fn third_party(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let finding = |firewall, message| Finding {
        firewall,
        ..Finding::new(RuleId::FTP020, finding::Message::Helper(message))
    };
    let mut findings = Vec::new();
    for subject in &request.subjects {
        let host = subject.host();
        if host.parameter_switch("nf_conntrack_ftp", "loose") != Some(true) {
            continue;
        }
        let mut one = finding(Some(subject.firewall.name.clone()), Message::LooseHelper);
        let origin = host.parameter("nf_conntrack_ftp", "loose").and_then(|fact| fact.origin);
        one.places = origin.map(Place::Text).into_iter().collect();
        // Without a connection that has the helper, the parameter does nothing.
        if helper_rules(&subject.rules.ruleset).next().is_none() {
            one.level = milder(one.level);
        }
        findings.push(one);
    }
    if request.deployment.service.foreign_addresses == ForeignAddresses::Allowed {
        let mut one = finding(None, Message::LooseServer);
        one.demanded_by = vec!["service.foreign_addresses"];
        findings.push(one);
    }
    findings
}
