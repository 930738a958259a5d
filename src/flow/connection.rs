//! Flows joined to connections: what opens one and what answers it.

use super::{Endpoint, Flow, FlowId, FlowState};
use crate::packet::Family;
use crate::ruleset::Direction;

/// A connection that a firewall has to let through: the flows that open it, and those that answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The flows that open it. The control connection of both modes is the same one: `A1` and `P1`.
    pub openers: Vec<FlowId>,
    /// The flows that answer.
    pub replies: Vec<FlowId>,
    /// The address family.
    pub family: Family,
    /// The direction of the openers.
    pub direction: Direction,
    /// Who opens it.
    pub source: Endpoint,
    /// To whom.
    pub destination: Endpoint,
    /// Whether a helper expects it, so that its first packet is not new but related.
    pub expected: bool,
}

impl Connection {
    /// The flows of the packets that go in `direction`.
    #[must_use]
    pub fn flows_going(&self, direction: Direction) -> &[FlowId] {
        if direction == self.direction { &self.openers } else { &self.replies }
    }
}

/// The connections that `flows`, those of one firewall, belong to. Impossible flows are left out, and flows
/// that are the same packets share a connection.
#[must_use]
pub fn connections(flows: &[Flow]) -> Vec<Connection> {
    let mut connections: Vec<Connection> = Vec::new();
    for flow in flows.iter().filter(|flow| flow.is_possible()) {
        if let Some(opener) = flow.id.answers() {
            let answered = connections
                .iter_mut()
                .find(|known| known.family == flow.family && known.openers.contains(&opener));
            if let Some(known) = answered {
                known.replies.push(flow.id);
            }
            continue;
        }
        let same = connections.iter_mut().find(|known| {
            known.family == flow.family
                && known.source == flow.source
                && known.destination == flow.destination
        });
        match same {
            Some(known) => known.openers.push(flow.id),
            None => connections.push(Connection {
                openers: vec![flow.id],
                replies: Vec::new(),
                family: flow.family,
                direction: flow.direction,
                source: flow.source.clone(),
                destination: flow.destination.clone(),
                expected: flow.state == FlowState::Related,
            }),
        }
    }
    connections
}
