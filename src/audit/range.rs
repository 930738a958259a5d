//! The passive range as it is declared: whether the server takes it (FTP007), whether it has one of its own (FTP008),
//! and what else uses its ports (FTP032, FTP033); and whether it is larger than it has to be (FTP046).

use super::end_to_end::Works;
use super::finding::{self, Finding};
use super::{Request, RuleId, machine};
use crate::deployment::{Effect, Firewall, LINUX_EPHEMERAL, Party, Place, Side, Software, enough_ports};
use crate::packet::{PortRange, PortSet, Protocol};

/// As many ports as make half of all.
const HALF: u32 = 1 << 15;
/// The ports of SIP, into which gateways look (RFC 3261 §19.1.2).
const SIP: PortRange = PortRange::between(5060, 5061);
/// The ports that take a privilege to listen on.
const PRIVILEGED: PortRange = PortRange::between(1, 1023);

const RANGE: &str = "service.passive.ports";

/// What is wrong with a passive range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The server does not start with it.
    Refused {
        /// The server program.
        software: Software,
        /// The range.
        range: PortRange,
    },
    /// The server takes another one.
    Replaced {
        /// The server program.
        software: Software,
        /// The range.
        range: PortRange,
        /// The one that it takes.
        taken: PortRange,
    },
    /// It is the one that a server takes when it is set to none.
    Default {
        /// The range.
        range: PortRange,
        /// The server program, if it is declared.
        software: Option<Software>,
    },
    /// It holds half of all ports or more.
    Half {
        /// The range.
        range: PortRange,
    },
    /// Outgoing connections of the server may take its ports.
    Ephemeral {
        /// The ports that are in both.
        shared: PortSet,
        /// The ports that outgoing connections take.
        ephemeral: PortRange,
        /// Whether that is known of the machine, or what Linux does unless told otherwise.
        known: bool,
        /// What has to be reserved in all: the range, and what is reserved already.
        reserve: PortSet,
    },
    /// Something else is meant to listen on some of its ports.
    Listener {
        /// Those ports.
        ports: PortSet,
        /// What it is, if that is declared.
        note: Option<String>,
    },
    /// It holds ports of SIP.
    Sip {
        /// Those ports.
        ports: PortRange,
    },
    /// It holds ports below 1024.
    Privileged {
        /// Those ports.
        ports: PortRange,
    },
    /// It is larger than it has to be.
    Surplus {
        /// The range.
        range: PortRange,
        /// How many ports are enough.
        enough: u32,
        /// For how many sessions, if that is declared.
        sessions: Option<u32>,
    },
}

/// FTP007: a range that the server does not take as it is.
pub(super) fn invalid(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let (Some(range), Some(software)) = (range(request), request.deployment.service.software) else {
        return Vec::new();
    };
    let message = match software.effect(range) {
        Effect::Taken => return Vec::new(),
        Effect::Replaced(taken) => Message::Replaced { software, range, taken },
        Effect::Refused => Message::Refused { software, range },
    };
    vec![about(RuleId::FTP007, message, &["service.software"])]
}

/// FTP008: a range that nobody chose.
pub(super) fn unset(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let Some(range) = range(request).filter(|_| !is_invalid(request)) else { return Vec::new() };
    let software = request.deployment.service.software;
    let of = |software: Software| software.default_ranges().contains(&range);
    let message = Message::Default { range, software };
    match software {
        Some(software) if of(software) => vec![about(RuleId::FTP008, message, &["service.software"])],
        _ if range.count() >= HALF => vec![about(RuleId::FTP008, Message::Half { range }, &[])],
        // It may be meant: which program it is for is not declared.
        None if Software::ALL.into_iter().any(of) => vec![about(RuleId::FTP008, message, &[]).milder()],
        _ => Vec::new(),
    }
}

/// FTP032: a range that outgoing connections may take ports of.
pub(super) fn ephemeral(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let Some(range) = chosen(request) else { return Vec::new() };
    let servers: Vec<(usize, &Firewall)> = servers(request).collect();
    let mut findings = Vec::new();
    for &(index, firewall) in servers.iter().filter(|(_, firewall)| !firewall.dialect.is_pf()) {
        let host = machine::of(request, firewall);
        let known = host.sysctl_range(machine::EPHEMERAL);
        let reserved = host.reserved_ports().unwrap_or_default();
        let Some(mut finding) = competing(range, known, &reserved) else { continue };
        finding.firewall = Some(firewall.name.clone());
        for name in [machine::EPHEMERAL, machine::RESERVED] {
            machine::point(&mut finding, &host, name, index);
        }
        findings.push(finding);
    }
    if servers.is_empty() && request.deployment.service.software != Some(Software::Iis) {
        findings.extend(competing(range, None, &PortSet::default()));
    }
    findings
}

fn competing(range: PortRange, known: Option<PortRange>, reserved: &PortSet) -> Option<Finding> {
    let ephemeral = known.unwrap_or(LINUX_EPHEMERAL);
    let shared = PortSet::from(range.intersection(ephemeral)?).difference(reserved);
    if shared.is_empty() {
        return None;
    }
    let reserve = reserved.ranges().iter().copied().chain([range]).collect();
    let message = Message::Ephemeral { shared, ephemeral, known: known.is_some(), reserve };
    let finding = about(RuleId::FTP032, message, &[]);
    // What it depends on is not known.
    Some(if known.is_some() { finding } else { finding.milder() })
}

/// FTP033: a range with ports that something else uses.
pub(super) fn occupied(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let Some(range) = chosen(request) else { return Vec::new() };
    let mut findings = listeners(request, range);
    if let Some(ports) = range.intersection(SIP) {
        findings.push(about(RuleId::FTP033, Message::Sip { ports }, &[]));
    }
    if let Some(ports) = range.intersection(PRIVILEGED) {
        findings.push(about(RuleId::FTP033, Message::Privileged { ports }, &[]));
    }
    findings
}

/// Other traffic that is meant to reach the server on ports of the range.
fn listeners(request: &Request<'_>, range: PortRange) -> Vec<Finding> {
    let addresses = &request.deployment.service.addresses;
    let mut findings = Vec::new();
    for (index, firewall) in firewalls(request).filter(|(_, firewall)| firewall.side == Side::Server) {
        for (number, allowed) in firewall.also_allow.iter().enumerate() {
            let to_server = match &allowed.to {
                Party::ThisHost => firewall.place == Place::Host,
                Party::Addresses(to) => addresses.iter().any(|&address| to.contains(&address.into())),
            };
            let Some(ports) =
                allowed.ports.as_ref().filter(|_| to_server && allowed.protocol == Protocol::Tcp)
            else {
                continue;
            };
            let ports = ports.intersection(&range.into());
            if !ports.is_empty() {
                let message = Message::Listener { ports, note: allowed.note.clone() };
                let other = format!("firewalls[{index}].also_allow[{number}]");
                findings.push(about(RuleId::FTP033, message, &[&other]));
            }
        }
    }
    findings
}

/// FTP046: a range that is larger than it has to be.
pub(super) fn surplus(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let Some(range) = chosen(request) else { return Vec::new() };
    let sessions = request.deployment.service.max_sessions;
    let enough = enough_ports(sessions);
    if range.count() <= enough {
        return Vec::new();
    }
    let message = Message::Surplus { range, enough, sessions };
    vec![about(RuleId::FTP046, message, &["service.max_sessions"])]
}

/// The passive range of a service that offers passive mode.
pub(super) fn range(request: &Request<'_>) -> Option<PortRange> {
    let service = &request.deployment.service;
    service.passive_ports.filter(|_| service.modes.passive)
}

/// The same, if the server takes it and somebody chose it: else that is what has to be mended.
fn chosen(request: &Request<'_>) -> Option<PortRange> {
    range(request).filter(|_| !is_invalid(request) && unset(request, &[]).is_empty())
}

fn is_invalid(request: &Request<'_>) -> bool {
    !invalid(request, &[]).is_empty()
}

/// The firewalls of the deployment, each with its place in it.
fn firewalls<'a>(request: &Request<'a>) -> impl Iterator<Item = (usize, &'a Firewall)> + use<'a> {
    request.deployment.firewalls.iter().enumerate()
}

/// The firewalls on the machine of the server.
fn servers<'a>(request: &Request<'a>) -> impl Iterator<Item = (usize, &'a Firewall)> + use<'a> {
    firewalls(request).filter(|(_, firewall)| (firewall.side, firewall.place) == (Side::Server, Place::Host))
}

/// A finding about the range and other fields of the deployment.
fn about(rule: RuleId, message: Message, others: &[&str]) -> Finding {
    let mut finding = Finding::new(rule, finding::Message::Range(message));
    finding.declared = std::iter::once(&RANGE).chain(others).map(|&path| path.to_owned()).collect();
    finding
}
