//! Whether passive ports suffice for the sessions (FTP034), what happens when they do not (FTP035), and whether the
//! tables of connection tracking do (FTP036).

use super::context::Context;
use super::end_to_end::Works;
use super::finding::{self, Finding};
use super::{Request, RuleId, machine, range};
use crate::deployment::{Side, Software, Strategy, enough_ports};
use crate::packet::PortRange;

/// What is too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The passive range.
    Ports {
        /// The range.
        range: PortRange,
        /// How many sessions there are to be.
        sessions: u32,
        /// How many can transfer at once.
        carries: u32,
        /// The server program; where it is `None`, one port for each transfer is taken.
        software: Option<Software>,
    },
    /// The passive range, and the server takes ports outside it.
    Overflow {
        /// The range.
        range: PortRange,
        /// How many sessions there are to be, if that is declared.
        sessions: Option<u32>,
        /// The server program.
        software: Software,
    },
    /// The table of connections.
    Connections {
        /// How many it holds.
        holds: i64,
        /// How many sessions there are to be.
        sessions: u32,
        /// How many connections they have at least.
        needed: i64,
    },
    /// The table of connections that helpers expect.
    Expectations {
        /// How many it holds.
        holds: i64,
        /// How many sessions there are to be.
        sessions: u32,
    },
}

const MAX_SESSIONS: &str = "service.max_sessions";

/// FTP034: too few passive ports for the sessions.
pub(super) fn sessions(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let service = &request.deployment.service;
    let (Some(range), Some(sessions)) = (range::range(request), service.max_sessions) else {
        return Vec::new();
    };
    let carries = match service.software {
        // As most programs hold a port for as long as a transfer takes.
        None => Some(range.count()),
        Some(software) => software.capacity(range.count()),
    };
    let Some(carries) = carries.filter(|&carries| carries < sessions) else { return Vec::new() };
    let message = Message::Ports { range, sessions, carries, software: service.software };
    let finding = about(RuleId::FTP034, message, &["service.passive.ports", MAX_SESSIONS]);
    vec![if service.software.is_some() { finding } else { finding.milder() }]
}

/// FTP035: a small range that the server leaves when it is exhausted.
pub(super) fn overflow(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let service = &request.deployment.service;
    let (Some(range), Some(software)) = (range::range(request), service.software) else { return Vec::new() };
    let sessions = service.max_sessions;
    // Where no number of sessions is declared, what is enough for a small service.
    let least = sessions.unwrap_or(enough_ports(None));
    if !software.leaves_range() || range.count() >= least {
        return Vec::new();
    }
    let message = Message::Overflow { range, sessions, software };
    let finding =
        about(RuleId::FTP035, message, &["service.passive.ports", MAX_SESSIONS, "service.software"]);
    vec![if sessions.is_some() { finding } else { finding.milder() }]
}

/// FTP036: tables that do not hold what the sessions need.
pub(super) fn tracking(context: &Context<'_>) -> Vec<Finding> {
    let (request, firewall) = (context.request, context.firewall());
    let Some(sessions) = request.deployment.service.max_sessions else { return Vec::new() };
    // A client's firewall sees only some of the sessions.
    if firewall.side == Side::Client || firewall.dialect.is_pf() {
        return Vec::new();
    }
    let host = machine::of(request, firewall);
    let index = machine::place(request, firewall);
    let set = |name: &'static str| Some((name, host.sysctl_number(name)?));
    // One for control and one for data. The kernel takes 0 for no limit.
    let needed = 2 * i64::from(sessions);
    let connections = set("net.netfilter.nf_conntrack_max").or(set("net.nf_conntrack_max"));
    let connections = connections
        .filter(|&(_, holds)| (1..needed).contains(&holds))
        .map(|(name, holds)| (name, Message::Connections { holds, sessions, needed }));
    // A helper expects one data connection of each session.
    let helped = firewall.strategy == Strategy::Helper || !context.helped.is_empty();
    let expectations = set("net.netfilter.nf_conntrack_expect_max")
        .filter(|&(_, holds)| helped && holds < i64::from(sessions))
        .map(|(name, holds)| (name, Message::Expectations { holds, sessions }));
    let findings = connections.into_iter().chain(expectations).map(|(name, message)| {
        let mut finding = about(RuleId::FTP036, message, &[]);
        finding.firewall = Some(firewall.name.clone());
        machine::point(&mut finding, &host, name, index);
        finding.declared.push(MAX_SESSIONS.to_owned());
        finding
    });
    findings.collect()
}

fn about(rule: RuleId, message: Message, declared: &[&str]) -> Finding {
    let mut finding = Finding::new(rule, finding::Message::Capacity(message));
    finding.declared = declared.iter().map(|&path| path.to_owned()).collect();
    finding
}
