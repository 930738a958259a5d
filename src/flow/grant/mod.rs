//! The rule set that grants exactly the required flows.

mod base;
#[cfg(test)]
mod judge;
mod netfilter;
mod pf;
#[cfg(test)]
mod tests;

use super::{Connection, Endpoint, FlowId, connections, flows};
use crate::deployment::{AlsoAllow, Deployment, Egress, Firewall, Side, Strategy};
use crate::dialect::Dialect;
use crate::packet::{AddressSet, Family, PortRange, Protocol};
use crate::ruleset::{Action, Attachment, BaseChain, Hook, Match, Rule, Ruleset};

/// Whether a rule set stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// A whole policy: everything is dropped that is neither FTP, nor `also_allow`, nor what IP itself needs.
    Complete,
    /// Only the FTP part, to be entered from a policy that exists.
    Fragment,
}

/// A generated rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The rules.
    pub ruleset: Ruleset,
    /// Where an existing policy has to enter them. Empty for a complete one.
    pub attachments: Vec<Attachment>,
    /// How ftp-proxy has to be started, with pf and the strategy `helper`.
    pub proxies: Vec<Proxy>,
}

/// An ftp-proxy(8) process that pf needs beside the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The family that it serves; one process serves one.
    pub family: Family,
    /// Its arguments; empty for the defaults.
    pub arguments: String,
}

/// The rule set by which `firewall`, one of the deployment's, lets exactly the required flows through.
#[must_use]
pub fn grant(deployment: &Deployment, firewall: &Firewall, shape: Shape) -> Grant {
    let request = Request {
        deployment,
        firewall,
        shape,
        connections: connections(&flows(deployment, firewall)),
        families: deployment.families().collect(),
    };
    request.grant()
}

/// The rules by which `firewall` lets `connections` through where nothing else does, each with the hook of the chain
/// that it belongs into: those of a fragment.
#[must_use]
pub fn rules_for(
    deployment: &Deployment,
    firewall: &Firewall,
    connections: &[Connection],
) -> Vec<(Hook, Rule)> {
    let firewall = Firewall { egress: Egress::Restricted, ..firewall.clone() };
    let connections = connections.to_vec();
    let families = deployment.families().collect();
    let request = Request { deployment, firewall: &firewall, shape: Shape::Fragment, connections, families };
    let Grant { ruleset, attachments, .. } = request.grant();
    let mut rules = Vec::new();
    for chain in ruleset.chains {
        let entered = || attachments.iter().find(|entry| entry.chain == chain.name);
        let hook = chain.base.map(|base| base.hook).or_else(|| entered().map(|entry| entry.hook));
        if let Some(hook) = hook {
            rules.extend(chain.rules.into_iter().map(|rule| (hook, rule)));
        }
    }
    rules
}

/// The chains by which `firewall` attaches the conntrack helper to the control connections of `families`, with the objects
/// that they do it by. Empty for pf, and where no session can be read.
#[must_use]
pub fn helper_chains(deployment: &Deployment, firewall: &Firewall, families: &[Family]) -> Ruleset {
    let firewall = &Firewall { strategy: Strategy::Helper, ..firewall.clone() };
    let mut connections = connections(&flows(deployment, firewall));
    connections.retain(|connection| families.contains(&connection.family));
    let attaches = |rule: &Rule| rule.actions.iter().any(|action| matches!(action, Action::AssignHelper(_)));
    let mut ruleset = complete(deployment, firewall, connections);
    ruleset.chains.retain(|chain| chain.rules.iter().any(attaches));
    ruleset
}

/// The chains by which `firewall` translates `connections`. Empty for OpenBSD's pf, whose rules that pass translate, too.
#[must_use]
pub fn translating_chains(
    deployment: &Deployment,
    firewall: &Firewall,
    connections: Vec<Connection>,
) -> Ruleset {
    let mut ruleset = complete(deployment, firewall, connections);
    ruleset.helper_objects.clear();
    let translates = |base: BaseChain| base.nat || matches!(base.hook, Hook::PfNat | Hook::PfRdr);
    ruleset.chains.retain(|chain| chain.base.is_some_and(translates) && !chain.rules.is_empty());
    ruleset
}

/// The complete rule set that grants `connections`.
fn complete(deployment: &Deployment, firewall: &Firewall, connections: Vec<Connection>) -> Ruleset {
    let families = deployment.families().collect();
    Request { deployment, firewall, shape: Shape::Complete, connections, families }.grant().ruleset
}

/// What there is to grant.
struct Request<'a> {
    deployment: &'a Deployment,
    firewall: &'a Firewall,
    shape: Shape,
    connections: Vec<Connection>,
    /// The families that the service is used in.
    families: Vec<Family>,
}

impl Request<'_> {
    fn grant(&self) -> Grant {
        match self.firewall.dialect {
            Dialect::Iptables | Dialect::Nftables => netfilter::grant(self),
            Dialect::PfOpenbsd | Dialect::PfFreebsd => pf::grant(self),
        }
    }

    /// The name of a chain or anchor of ours in somebody else's rule set: unique for each service, and with
    /// at most 28 bytes, which is what iptables takes.
    fn chain_name(&self, suffix: &str) -> String {
        format!("ftpfw-{}{suffix}", self.deployment.service.name)
    }

    /// Where the source ports of translated connections have to lie. Many clients share the public address,
    /// and their ports may collide; the server's port says what its connection is, and stays.
    fn translated_ports(&self) -> Option<PortRange> {
        match self.firewall.side {
            Side::Client => Some(self.deployment.clients.ports),
            Side::Server => None,
        }
    }
}

/// A rule that accepts.
fn accept(matches: Vec<Match>, comment: String) -> Rule {
    rule(matches, Action::Accept, comment)
}

/// A rule that decides.
fn rule(matches: Vec<Match>, action: Action, comment: String) -> Rule {
    Rule {
        matches: matches.into(),
        actions: [action].into(),
        quick: true,
        comment: Some(comment.into()),
        origin: None,
    }
}

/// The comment of a rule that serves FTP: the ids of its flows.
fn flow_comment<'a>(ids: impl IntoIterator<Item = &'a FlowId>) -> String {
    let mut ids: Vec<FlowId> = ids.into_iter().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.iter().fold("ftpfw".to_owned(), |text, id| text + " " + id.id())
}

/// The comment of a rule for traffic beside FTP.
fn also_comment(allowed: &AlsoAllow) -> String {
    match &allowed.note {
        Some(note) => format!("ftpfw also_allow: {note}"),
        None => "ftpfw also_allow".to_owned(),
    }
}

/// What packets from `source` to `destination` over TCP look like. An end that may have any address or port
/// is not mentioned.
fn tcp_between(family: Family, source: &Endpoint, destination: &Endpoint) -> Vec<Match> {
    let mut matches = addresses(family, &source.addresses, &destination.addresses);
    matches.push(Match::Protocol(Protocol::Tcp));
    if !source.ports.is_any() {
        matches.push(Match::SourcePort(source.ports.clone()));
    }
    if !destination.ports.is_any() {
        matches.push(Match::DestinationPort(destination.ports.clone()));
    }
    matches
}

/// Packets of one family between these addresses.
fn addresses(family: Family, source: &AddressSet, destination: &AddressSet) -> Vec<Match> {
    let mut matches = vec![Match::Family(family)];
    if !source.is_any(family) {
        matches.push(Match::Source(source.clone()));
    }
    if !destination.is_any(family) {
        matches.push(Match::Destination(destination.clone()));
    }
    matches
}
