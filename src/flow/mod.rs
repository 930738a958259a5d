//! The flows that a deployment requires at one firewall, and the rule set that grants exactly those.

mod connection;
mod grant;
mod id;
mod passage;
mod path;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub use connection::{Connection, connections};
pub use grant::{Grant, Proxy, Shape, grant, helper_chains, rules_for, translating_chains};
pub use id::{Channel, End, FlowId, Mode};
pub use passage::{Passage, Translation, passages};
pub use path::{View, Views, at_server, dialled_servers, views};

use crate::deployment::{Deployment, Firewall, Side, Strategy};
use crate::packet::{AddressSet, Family, PortRange, PortSet};
use crate::ruleset::Direction;

/// One of the eight flows, as it is at one firewall in one family. TCP, always (RFC 959 §3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Which of the eight.
    pub id: FlowId,
    /// The address family.
    pub family: Family,
    /// Into or out of what the firewall protects.
    pub direction: Direction,
    /// Who sends these packets.
    pub source: Endpoint,
    /// Who receives them.
    pub destination: Endpoint,
    /// The conntrack state of its first packet. Later ones are established.
    pub state: FlowState,
    /// What else there is to know about it at this firewall, most important first.
    pub notes: Vec<Note>,
}

impl Flow {
    /// Whether the firewall can let it through at all.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        !self.notes.contains(&Note::PortNamesPrivateAddress)
    }
}

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Client or server.
    pub end: End,
    /// Its addresses, as the filter rules of the firewall see them.
    pub addresses: AddressSet,
    /// Its addresses as seen outside of the firewall, where the firewall translates them.
    pub outside: Option<AddressSet>,
    /// Its ports. The firewall never translates them.
    pub ports: PortSet,
}

/// The conntrack state of the first packet of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlowState {
    /// It opens a connection.
    New,
    /// It opens a connection that a helper (or ftp-proxy) expected.
    Related,
    /// It answers: the connection exists.
    Established,
}

impl FlowState {
    /// The name that rule sets use.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Related => "related",
            Self::Established => "established",
        }
    }
}

/// What else there is to know about a flow at a firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    /// `PORT` names an address that the server cannot reach, and no helper mends that: the flow cannot work.
    PortNamesPrivateAddress,
    /// The gateway translates the destination, and has to keep every port.
    DestinationTranslated,
    /// The gateway translates the source, and has to keep the port.
    SourceTranslated,
    /// A helper, or ftp-proxy with pf, has to read the control connection to expect this one.
    Expected,
    /// Encrypted control connections can be read by no helper: only declared ports open this flow.
    BlindedByTls,
}

/// The flows that `deployment` requires at `firewall`, in the order of their ids, IPv4 before IPv6.
///
/// Includes those that the firewall cannot let through ([`Flow::is_possible`]), so that they can be told of.
#[must_use]
pub fn flows(deployment: &Deployment, firewall: &Firewall) -> Vec<Flow> {
    let views = views(deployment, firewall);
    let modes = deployment.service.modes;
    FlowId::ALL
        .into_iter()
        .filter(|id| match id.mode() {
            Mode::Active => modes.active,
            Mode::Passive => modes.passive,
        })
        .flat_map(|id| deployment.families().map(move |family| (id, family)))
        .map(|(id, family)| flow(deployment, firewall, &views, id, family))
        .collect()
}

fn flow(deployment: &Deployment, firewall: &Firewall, views: &Views, id: FlowId, family: Family) -> Flow {
    let endpoint = |end: End| {
        let pick = |view: &View| match end {
            End::Client => view.clients.of(family),
            End::Server => view.servers.of(family),
        };
        let (addresses, outside) = (pick(&views.filter), pick(&views.outside));
        let outside = (outside != addresses).then_some(outside);
        Endpoint { end, addresses, outside, ports: ports(deployment, end, id) }
    };
    let source = endpoint(id.sender());
    let destination = endpoint(id.sender().other());
    let towards_protected = match firewall.side {
        Side::Server => End::Server,
        Side::Client => End::Client,
    };
    let direction = if destination.end == towards_protected { Direction::In } else { Direction::Out };
    let state = if !id.opens() {
        FlowState::Established
    } else if firewall.strategy == Strategy::Helper && id.channel() == Channel::Data {
        FlowState::Related
    } else {
        FlowState::New
    };
    let notes = notes(deployment, firewall, id, state, (&source, &destination));
    Flow { id, family, direction, source, destination, state, notes }
}

/// The ports that `end` has in the flow `id`.
fn ports(deployment: &Deployment, end: End, id: FlowId) -> PortSet {
    let service = &deployment.service;
    match (end, id.channel(), id.mode()) {
        (End::Client, _, _) => deployment.clients.ports.into(),
        (End::Server, Channel::Control, _) => service.control_port.into(),
        (End::Server, Channel::Data, Mode::Active) => service.active_source.ports(),
        (End::Server, Channel::Data, Mode::Passive) => service.passive_ports.unwrap_or(PortRange::ANY).into(),
    }
}

fn notes(
    deployment: &Deployment,
    firewall: &Firewall,
    id: FlowId,
    state: FlowState,
    (source, destination): (&Endpoint, &Endpoint),
) -> Vec<Note> {
    let active_data = id.mode() == Mode::Active && id.channel() == Channel::Data;
    let unreachable = active_data
        && firewall.side == Side::Client
        && firewall.strategy == Strategy::Static
        && source.outside.as_ref().or(destination.outside.as_ref()).is_some();
    if unreachable {
        return vec![Note::PortNamesPrivateAddress];
    }
    let opens_data = id.opens() && id.channel() == Channel::Data;
    let conditions = [
        (id.opens() && destination.outside.is_some(), Note::DestinationTranslated),
        (id.opens() && source.outside.is_some(), Note::SourceTranslated),
        (state == FlowState::Related, Note::Expected),
        (opens_data && deployment.service.tls.encrypts(), Note::BlindedByTls),
    ];
    conditions.into_iter().filter_map(|(holds, note)| holds.then_some(note)).collect()
}
