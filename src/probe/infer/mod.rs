//! From what a probe saw to what it means: pure, so that every conclusion can be tested without a network.
//!
//! One session is judged after the other, each connection by itself ([`control`], [`passive`], [`active`]); then the
//! sessions are held against each other, since a helper, a translation or a gap between the families only shows in
//! what one session can do and another cannot ([`across`]). A wrong verdict is worse than none: what has more than one
//! explanation is inconclusive.

mod across;
mod active;
mod control;
mod dialled;
mod merge;
mod offers;
mod passive;
mod policy;
mod swept;
#[cfg(test)]
mod tests;
mod words;

use super::conclusion::{Conclusion, Conclusions, Evidence, FlowVerdict, Kind, Verdict};
use super::observation::{Exchange, Method, Observation, Trouble, Visit};
use super::plan::Plan;
use super::sweep::Sweep;
use crate::audit::Session;
use crate::flow::{Channel, FlowId, Mode};
use crate::packet::Family;

/// What follows from `seen`, which came of `plan`.
#[must_use]
pub fn conclude(plan: &Plan, seen: &Observation) -> Conclusions {
    conclude_beside(plan, seen, &[])
}

/// The same where `sweeps` went on at the same time.
#[must_use]
pub fn conclude_beside(plan: &Plan, seen: &Observation, sweeps: &[Sweep]) -> Conclusions {
    let mut judged: Vec<Judged<'_>> = Vec::new();
    for visit in &seen.visits {
        let mut found = Vec::new();
        let control = control::judge(visit, &mut found);
        let passive = passive::judge(plan, visit, &mut found);
        let active = active::judge(plan, visit, &mut found);
        policy::judge(plan, visit, &mut found);
        judged.push(Judged { visit, control, passive, active, found });
    }
    judged.sort_by_key(|one| (one.family(), one.visit.session));
    swept::limit(&mut judged, sweeps);
    let mut conclusions = across::compare(plan, &mut judged);
    conclusions.extend(offers::judge(plan, &mut judged));
    let flows = judged.iter().flat_map(|one| one.verdicts(plan)).collect();
    for one in &judged {
        let (family, session) = (one.family(), one.visit.session);
        conclusions.extend(one.found.iter().map(|found| found.clone().seen(Some(family), Some(session))));
    }
    let all: Vec<(Family, Session)> = judged.iter().map(|one| (one.family(), one.visit.session)).collect();
    Conclusions { flows, conclusions: merge::merged(conclusions, &all) }
}

/// A session with what was concluded from it.
#[derive(Debug)]
struct Judged<'a> {
    visit: &'a Visit,
    control: control::Control,
    passive: Data,
    active: Data,
    found: Vec<Found>,
}

impl Judged<'_> {
    fn family(&self) -> Family {
        self.visit.family()
    }

    fn data(&self, mode: Mode) -> &Data {
        match mode {
            Mode::Active => &self.active,
            Mode::Passive => &self.passive,
        }
    }

    /// The verdicts on the flows of the modes that were asked for.
    fn verdicts(&self, plan: &Plan) -> Vec<FlowVerdict> {
        FlowId::ALL.into_iter().map(|flow| self.verdict(flow, plan)).collect()
    }

    fn verdict(&self, flow: FlowId, plan: &Plan) -> FlowVerdict {
        let wanted = match flow.mode() {
            Mode::Active => plan.modes.active,
            Mode::Passive => plan.modes.passive,
        };
        let (verdict, evidence) = match (wanted, flow.channel()) {
            (false, _) => (Verdict::Skipped, None),
            (true, Channel::Control) => {
                let verdict = if flow.opens() { self.control.opening } else { self.control.answering };
                (verdict, Some(self.control.evidence.clone()))
            }
            (true, Channel::Data) => {
                let data = self.data(flow.mode());
                let verdict = if flow.opens() { data.opening } else { data.answering };
                (verdict, data.evidence.clone())
            }
        };
        FlowVerdict { flow, family: self.family(), session: self.visit.session, verdict, evidence }
    }

    /// Takes back the conclusions of one kind, since a better one explains them.
    fn withdraw(&mut self, kinds: &[Kind]) -> Option<Found> {
        let at = self.found.iter().position(|found| kinds.contains(&found.kind))?;
        let first = self.found.remove(at);
        self.found.retain(|found| !kinds.contains(&found.kind));
        Some(first)
    }
}

/// Both flows of the data connections of one mode.
#[derive(Debug, Clone)]
struct Data {
    /// The verdict on the packets of the end that opens them.
    opening: Verdict,
    /// The verdict on the packets of the other end.
    answering: Verdict,
    /// What they rest on.
    evidence: Option<Evidence>,
}

impl Data {
    /// Nothing can be said.
    fn unknown(evidence: Option<Evidence>) -> Self {
        Self { opening: Verdict::Inconclusive, answering: Verdict::Inconclusive, evidence }
    }
}

/// A conclusion from one session.
#[derive(Debug, Clone)]
struct Found {
    kind: Kind,
    method: Option<Method>,
    flows: Vec<FlowId>,
    ports: Vec<u16>,
    evidence: Evidence,
}

impl Found {
    fn new(kind: Kind, evidence: Evidence) -> Self {
        Self { kind, method: None, flows: Vec::new(), ports: Vec::new(), evidence }
    }

    fn by(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }

    fn stops(self, flows: &[FlowId]) -> Self {
        Self { flows: flows.to_vec(), ..self }
    }

    fn at(self, ports: impl IntoIterator<Item = u16>) -> Self {
        let mut ports: Vec<u16> = ports.into_iter().collect();
        ports.sort_unstable();
        ports.dedup();
        Self { ports, ..self }
    }

    fn seen(self, family: Option<Family>, session: Option<Session>) -> Conclusion {
        let Self { kind, method, flows, ports, evidence } = self;
        Conclusion { kind, family, session, method, flows, ports, evidence }
    }
}

/// The raw lines of a reply, or of what came in its place.
fn said(exchange: &Exchange) -> Vec<String> {
    match &exchange.reply {
        Ok(reply) => reply.lines.clone(),
        Err(Trouble::NotAReply(text) | Trouble::Tls(text)) => vec![text.clone()],
        Err(_) => Vec::new(),
    }
}

/// `exchange` as evidence.
fn evidence(exchange: &Exchange) -> Evidence {
    Evidence {
        errno: match exchange.reply {
            Err(Trouble::Broken(errno)) => errno,
            _ => None,
        },
        took: Some(exchange.took),
        command: exchange.command.clone(),
        reply: said(exchange),
        ..Evidence::default()
    }
}

/// The text of a reply, in lower case; empty if there is none.
fn text(exchange: &Exchange) -> String {
    said(exchange).join("\n").to_lowercase()
}

/// The code of a reply, if there is one.
fn code(exchange: &Exchange) -> Option<u16> {
    exchange.reply.as_ref().ok().map(|reply| reply.code)
}
