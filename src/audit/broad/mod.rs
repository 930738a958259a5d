//! What is let through beyond what is required.
//!
//! Each rule that decides on packets of FTP is judged by the first packets that it lets through, not by its text. Of
//! those, the ordinary audit compares what people mean by a rule: the ports that connections lead to, the addresses at
//! the other end, the protocol. What nearly every rule set leaves open and hardly anybody can use matters to a strict
//! audit only: the clients' source ports, the flags, the interface beside an address, addresses that a host does not
//! have. So do rules for everything, of any protocol: to whom they are open is trusted with more than FTP.

mod attribution;
mod connections;
mod ports;
mod related;
mod strict;
#[cfg(test)]
mod tests;
mod way;

use super::RuleId;
use super::context::{Context, milder, place};
use super::finding::{self, Finding};
use crate::deployment::Side;
use crate::flow::FlowId;
use crate::packet::{AddressSet, PacketSet, PortSet, TooComplex};
use crate::ruleset::Direction;
use crate::ruleset::trace::{Decider, Path};

pub(super) use related::related;

/// Packets that are let through and not required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Why they are.
    pub kind: Kind,
    /// Whose end the firewall protects.
    pub side: Side,
    /// Into or out of what it protects.
    pub direction: Direction,
    /// Whether a policy lets them through, and not a rule.
    pub policy: bool,
    /// The ports that would be enough.
    pub required: PortSet,
    /// The addresses of the other end that would be enough.
    pub peers: AddressSet,
}

/// Why packets are let through that are not required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Because they come from these ports (FTP001).
    SourcePort(PortSet),
    /// Because nearly all ports are open (FTP002): these, by translation too or not.
    NearlyAll {
        /// The open ones.
        ports: PortSet,
        /// Whether a rule translates the destination of them.
        translated: bool,
        /// Whether to nobody but the clients, by a rule that names no port.
        clients_only: bool,
    },
    /// Because any high port may reach any other, both ways (FTP003).
    HighToHigh,
    /// Because a rule is wider than the service (FTP006).
    Wider {
        /// The surplus ports; none if it is only about addresses.
        ports: PortSet,
        /// Whether addresses are let in, or reached, that are not declared.
        addresses: bool,
    },
    /// Because a helper may expect them (FTP019).
    Related {
        /// On these ports.
        ports: PortSet,
        /// Whether the rule names the helper: then it is about nothing else that is related.
        named: bool,
    },
    /// Because they leave from ports that only replies come from (FTP022).
    Stateless(PortSet),
    /// Because a rule opens ports that only active data connections come from (FTP023).
    DataPort(PortSet),
    /// Because a rule opens these ports for UDP (FTP024).
    Udp(PortSet),
    /// Because they are not declared (a strict audit, FTP006).
    Undeclared,
    /// The same for so many other rules.
    UndeclaredElsewhere(usize),
}

impl Kind {
    /// Whether it is less grave than such findings are as a rule, being what somebody meant: all ports for the clients and
    /// nobody else, or what a helper expects and nothing else that is related.
    #[must_use]
    pub fn is_meant(&self) -> bool {
        matches!(self, Self::NearlyAll { clients_only: true, .. } | Self::Related { named: true, .. })
    }
}

/// FTP001: connections from the ports of an FTP server.
pub(super) fn source_port(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    found(context, RuleId::FTP001)
}

/// FTP002: nearly all ports.
pub(super) fn nearly_all_ports(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    found(context, RuleId::FTP002)
}

/// FTP003: any high port to any other.
pub(super) fn high_to_high(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    found(context, RuleId::FTP003)
}

/// FTP006: more ports or addresses than the service needs, and in a strict audit whatever is not declared.
pub(super) fn surplus(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let mut findings = found(context, RuleId::FTP006)?;
    if context.request.strict {
        let known = all(context)?.to_vec();
        findings.extend(strict::undeclared(context, &known)?);
    }
    Ok(findings)
}

/// FTP022: replies without connection state.
pub(super) fn stateless_replies(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    found(context, RuleId::FTP022)
}

/// FTP023: connections to the port that active data connections come from.
pub(super) fn data_port(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    found(context, RuleId::FTP023)
}

/// FTP024: UDP.
pub(super) fn udp(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    found(context, RuleId::FTP024)
}

fn found(context: &mut Context<'_>, rule: RuleId) -> Result<Vec<Finding>, TooComplex> {
    Ok(all(context)?.iter().filter(|finding| finding.rule == rule).cloned().collect())
}

/// All of these findings but the strict ones and FTP019.
fn all<'c>(context: &'c mut Context<'_>) -> Result<&'c [Finding], TooComplex> {
    if context.broad.is_none() {
        context.broad = Some(connections::all(context)?);
    }
    Ok(context.broad.as_deref().unwrap_or_default())
}

/// What a finding of this family is made of.
struct Found {
    rule: RuleId,
    message: Message,
    flows: Vec<FlowId>,
    by: Decider,
    path: Path,
    /// The packets; never empty.
    packets: PacketSet,
}

impl Found {
    fn finding(self, context: &mut Context<'_>) -> Result<Finding, TooComplex> {
        let certain = context.space.must(self.packets)?;
        let packets = if certain.is_empty() { context.space.may(self.packets)? } else { certain };
        let meant = self.message.kind.is_meant();
        let mut finding = context.finding(self.rule, finding::Message::Broad(self.message));
        if certain.is_empty() || meant {
            finding.level = milder(finding.level);
        }
        finding.flows = self.flows;
        finding.places = place(self.by).into_iter().collect();
        finding.packets = Some(context.packets(packets)?);
        finding.sample = context.sample(packets, self.path)?;
        Ok(finding)
    }
}
