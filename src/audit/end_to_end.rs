//! What works from the clients to the server, through all firewalls.

use super::context::Context;
use super::crossing::Session;
use super::finding::Place;
use super::matrix::CellVerdict;
use crate::deployment::{self, Deployment, Side};
use crate::flow::{FlowId, Mode};
use crate::packet::Family;

/// Whether a mode works in one family and one kind of session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Works {
    /// The mode.
    pub mode: Mode,
    /// The family.
    pub family: Family,
    /// With or without TLS.
    pub session: Session,
    /// Whether every firewall lets every packet through that it needs.
    pub works: bool,
    /// Whether that depends on something that is not modelled.
    pub conditional: bool,
    /// Where it is blocked first.
    pub blocked_by: Option<Blocked>,
}

/// Where a mode is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The firewall.
    pub firewall: String,
    /// The flow.
    pub flow: FlowId,
    /// Whether all of its packets are, or some.
    pub extent: CellVerdict,
    /// The rule or policy that decides so, if one does.
    pub by: Option<Place>,
}

/// What becomes of one flow over all firewalls, in one family and one kind of session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The flow.
    pub flow: FlowId,
    /// The family.
    pub family: Family,
    /// With or without TLS.
    pub session: Session,
    /// The worst verdict of all firewalls. A flow that answers another is no better than that one.
    pub verdict: CellVerdict,
    /// The first firewall with that verdict, unless it is open.
    pub firewall: Option<String>,
}

/// What works over the firewalls of `contexts`, for each declared mode, family and kind of session; and what becomes of
/// each flow.
pub(super) fn all(deployment: &Deployment, contexts: &mut [Context<'_>]) -> (Vec<Works>, Vec<Outlook>) {
    let (mut all, mut outlook) = (Vec::new(), Vec::new());
    // In the order of the path: from the clients to the server.
    let mut contexts: Vec<&mut Context<'_>> = contexts.iter_mut().collect();
    contexts.sort_by_key(|context| {
        let firewall = context.firewall();
        match (firewall.side, firewall.place) {
            (Side::Client, deployment::Place::Host) => 0,
            (Side::Client, deployment::Place::Gateway) => 1,
            (Side::Server, deployment::Place::Gateway) => 2,
            (Side::Server, deployment::Place::Host) => 3,
        }
    });
    let modes =
        [(Mode::Active, deployment.service.modes.active), (Mode::Passive, deployment.service.modes.passive)];
    for (mode, _) in modes.into_iter().filter(|(_, declared)| *declared) {
        for family in deployment.families() {
            for &session in Session::offered(deployment.service.tls) {
                all.push(one(mode, family, session, &mut contexts, &mut outlook));
            }
        }
    }
    (all, outlook)
}

fn one(
    mode: Mode,
    family: Family,
    session: Session,
    contexts: &mut [&mut Context<'_>],
    outlook: &mut Vec<Outlook>,
) -> Works {
    let mut conditional = false;
    let mut blocked_by: Option<Blocked> = None;
    // Step by step as a session goes: each flow has to pass all firewalls before the next one starts.
    for flow in FlowId::ALL.into_iter().filter(|flow| flow.mode() == mode) {
        let mut worst = Outlook { flow, family, session, verdict: CellVerdict::Open, firewall: None };
        for context in contexts.iter_mut() {
            // What is too complex to be told is not told.
            let extent = context.verdict_in(flow, family, session).unwrap_or(CellVerdict::Conditional);
            if extent > worst.verdict {
                worst.verdict = extent;
                worst.firewall = Some(context.firewall().name.clone());
            }
            match extent {
                CellVerdict::Open => {}
                CellVerdict::Conditional => conditional = true,
                // Where nothing passes is worth more than where some of it does not.
                CellVerdict::Partly | CellVerdict::Blocked => {
                    if blocked_by.as_ref().is_none_or(|known| known.extent < extent) {
                        let by = context.blocker(flow, family, session);
                        let firewall = context.firewall().name.clone();
                        blocked_by = Some(Blocked { firewall, flow, extent, by });
                    }
                }
            }
        }
        outlook.push(worst);
    }
    Works { mode, family, session, works: blocked_by.is_none(), conditional, blocked_by }
}
