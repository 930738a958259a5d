//! What the machine of a firewall is set to; and its memory for connections, which may be too short (FTP042).

use super::finding::{self, Finding};
use super::{Place, Request, RuleId, Subject};
use crate::deployment::Firewall;
use crate::ruleset::{Fact, Host};

/// The ports that outgoing connections take.
pub(super) const EPHEMERAL: &str = "net.ipv4.ip_local_port_range";
/// The ports that they do not take of their own accord.
pub(super) const RESERVED: &str = "net.ipv4.ip_local_reserved_ports";
/// For how many seconds of silence an established connection is remembered.
const ESTABLISHED: &str = "net.netfilter.nf_conntrack_tcp_timeout_established";
/// The same of pf, whose default is a day.
const PF_ESTABLISHED: &str = "tcp.established";

/// The least time that an established connection has to be remembered: 2 hours and 4 minutes (RFC 5382 §5, REQ-5), in
/// seconds.
const LEAST: i64 = 7440;

/// A machine is set to something that does not suit FTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// It forgets a silent connection too soon.
    Forgets {
        /// After how many seconds.
        after: i64,
        /// How many seconds it should remember it at least.
        least: i64,
    },
}

/// FTP042: a firewall that forgets the control connection in the midst of a long transfer.
pub(super) fn timeout(request: &Request<'_>, subject: &Subject<'_>) -> Vec<Finding> {
    let firewall = subject.firewall;
    let host = of(request, firewall);
    let of_pf = host.timeouts.get(PF_ESTABLISHED).filter(|_| firewall.dialect.is_pf());
    let after = match of_pf {
        Some(fact) => fact.value.parse().ok(),
        None if firewall.dialect.is_pf() => None,
        None => host.sysctl_number(ESTABLISHED),
    };
    let Some(after) = after.filter(|&after| after < LEAST) else { return Vec::new() };
    let message = Message::Forgets { after, least: LEAST };
    let mut finding = Finding::new(RuleId::FTP042, finding::Message::Machine(message));
    finding.firewall = Some(firewall.name.clone());
    match of_pf {
        Some(fact) => finding.places.extend(fact.origin.map(Place::Text)),
        None => point(&mut finding, &host, ESTABLISHED, place(request, firewall)),
    }
    vec![finding]
}

/// What is known of a firewall's machine: what the deployment declares, and what was read with the rules, which holds
/// where both say something.
pub(super) fn of(request: &Request<'_>, firewall: &Firewall) -> Host {
    let mut host = firewall.host.clone();
    for subject in request.subjects.iter().filter(|subject| subject.firewall.name == firewall.name) {
        host.merge(subject.rules.host.clone());
    }
    host
}

/// Which of the deployment's firewalls it is.
pub(super) fn place(request: &Request<'_>, firewall: &Firewall) -> usize {
    let is_meant = |other: &Firewall| other.name == firewall.name;
    request.deployment.firewalls.iter().position(is_meant).unwrap_or_default()
}

/// Lets a finding point to where a sysctl is set, if it is: in a text, or in the deployment, whose firewall `index` it
/// is.
pub(super) fn point(finding: &mut Finding, host: &Host, name: &str, index: usize) {
    match host.sysctl(name) {
        Some(Fact { origin: Some(origin), .. }) => finding.places.push(Place::Text(*origin)),
        Some(Fact { origin: None, .. }) => {
            finding.declared.push(format!("firewalls[{index}].host.sysctls.{name}"));
        }
        None => {}
    }
}
