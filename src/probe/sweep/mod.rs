//! Every port of the passive range, and the active data connection, from both ends: with a responder that shares a token.
//!
//! A connection that fails says at one end only that nothing came back. The responder says whether the SYN arrived, and
//! so which way the packets were lost.

mod agent;
mod knock;
mod lead;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use self::agent::{Agent, Seen};
use self::knock::{Knock, knock};
use self::lead::Lead;
use super::observation::{Observation, Trouble};
use super::plan::{Plan, Secret};
use super::socket::{SLICE, listen};
use super::{Stop, Watch, probe};
use crate::flow::FlowId;
use crate::packet::Family;

/// How many ports are tried again after ICMP errors, one by one. Linux sends one error a second to each peer
/// (icmp(7), `icmp_ratelimit`).
const AGAIN: usize = 3;
/// The time between two such attempts.
const PAUSE: Duration = Duration::from_millis(1100);
/// How many active data connections are tried.
const ACTIVE: usize = 3;
/// Which part of its time-out a probe is ahead of the sweep beside it, at most.
const LEAD: u32 = 10;

/// What became of all ports in one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// The family.
    pub family: Family,
    /// The ports of the passive range, in order.
    pub passive: Vec<(u16, Outcome)>,
    /// The ports that the responder was asked to connect to.
    pub active: Vec<(u16, Arrived)>,
    /// Why there is not more, if anything went wrong.
    pub failure: Option<Failure>,
}

/// What became of one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The connection reached this responder.
    Open,
    /// It reached somebody else, who does not know the token.
    WrongHost,
    /// Nothing came back, and whether the SYN arrived at the other end: `None` where its system does not tell.
    Silent {
        /// Whether it did.
        arrived: Option<bool>,
    },
    /// An ICMP message came back, or this machine's own error: the system's number.
    Rejected(i32),
    /// A reset came back, and whether the SYN arrived at the other end.
    Refused,
    /// Nothing came back, while ICMP errors answered for other ports: they are sent so seldom that this may be a port
    /// that is rejected as well as one that is dropped.
    RateLimited,
    /// Not tried: the sweep ended before.
    Untried,
}

/// What became of a data connection of the responder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arrived {
    /// It arrived, from this port.
    From(u16),
    /// The responder connected, and somebody else than this probe answered.
    Elsewhere,
    /// Nothing answered the responder, and nothing arrived here.
    Silent,
    /// The responder's system says why: its error number.
    Failed(i32),
}

/// Why a sweep could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// There is no control connection.
    NoControl,
    /// What answers is no responder.
    NoResponder,
    /// The other end does not know the token, or does not accept ours.
    WrongToken,
    /// The responder is at a sweep from the same address already.
    Busy,
    /// The control connection was lost.
    Lost(Trouble),
}

/// Ports in a row with the same outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
    /// What became of them.
    pub outcome: Outcome,
}

impl Sweep {
    /// The ports of the range, those in a row with the same outcome together.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for &(port, outcome) in &self.passive {
            match runs.last_mut() {
                Some(run) if run.outcome == outcome && run.last.checked_add(1) == Some(port) => {
                    run.last = port;
                }
                _ => runs.push(Run { first: port, last: port, outcome }),
            }
        }
        runs
    }

    /// Whether connections of `flow` were seen to fail.
    #[must_use]
    pub fn fails(&self, flow: FlowId) -> bool {
        match flow {
            FlowId::P3 => {
                self.passive.iter().any(|(_, outcome)| !matches!(outcome, Outcome::Open | Outcome::Untried))
            }
            FlowId::A3 => self.active.iter().any(|(_, arrived)| !matches!(arrived, Arrived::From(_))),
            _ => false,
        }
    }

    /// Whether ICMP errors answered at some ports of the range. The system sends few of them in a second.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        let by_errors = |outcome: &Outcome| matches!(outcome, Outcome::Rejected(_) | Outcome::RateLimited);
        self.passive.iter().any(|(_, outcome)| by_errors(outcome))
    }

    /// Whether every port is open, and every active data connection arrived.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.failure.is_none()
            && self.passive.iter().all(|(_, outcome)| *outcome == Outcome::Open)
            && self.active.iter().all(|(_, arrived)| matches!(arrived, Arrived::From(_)))
    }
}

/// Tries all ports of `plan` against a responder that knows `token`, in each family.
#[must_use]
pub fn sweep(plan: &Plan, token: &Secret, stop: &Stop) -> Vec<Sweep> {
    let lead = Lead::default();
    lead.end(&Observation::default());
    thread::scope(|scope| joined(begun(scope, plan, token, stop, &lead)))
}

/// Opens the sessions of `plan` as [`probe`] does, and tries all ports beside that, so that a range from which nothing
/// comes back is waited for once.
#[must_use]
pub fn probe_and_sweep(
    plan: &Plan,
    token: &Secret,
    stop: &Stop,
    watch: &dyn Watch,
) -> (Observation, Vec<Sweep>) {
    let lead = Lead::default();
    thread::scope(|scope| {
        let sweeps = begun(scope, plan, token, stop, &lead);
        let seen = probe(plan, stop, watch);
        lead.end(&seen);
        watch.waits_for_sweep();
        (seen, joined(sweeps))
    })
}

/// A sweep in each family, all at once.
fn begun<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    plan: &'env Plan,
    token: &'env Secret,
    stop: &'env Stop,
    lead: &'env Lead,
) -> Vec<ScopedJoinHandle<'scope, Sweep>> {
    plan.servers.iter().map(|&server| scope.spawn(move || family(plan, server, token, stop, lead))).collect()
}

fn joined(sweeps: Vec<ScopedJoinHandle<'_, Sweep>>) -> Vec<Sweep> {
    sweeps.into_iter().filter_map(|sweep| sweep.join().ok()).collect()
}

fn family(plan: &Plan, server: IpAddr, token: &Secret, stop: &Stop, lead: &Lead) -> Sweep {
    let ports: Vec<u16> = match plan.passive_ports {
        Some(range) if plan.modes.passive => (range.first()..=range.last()).collect(),
        _ => Vec::new(),
    };
    let passive = ports.iter().map(|&port| (port, Outcome::Untried)).collect();
    let mut sweep = Sweep { family: Family::of(server), passive, active: Vec::new(), failure: None };
    if let Err(failure) = fill(&mut sweep, plan, server, token, stop, lead) {
        sweep.failure = Some(failure);
    }
    sweep
}

fn fill(
    sweep: &mut Sweep,
    plan: &Plan,
    server: IpAddr,
    token: &Secret,
    stop: &Stop,
    lead: &Lead,
) -> Result<(), Failure> {
    let mut agent = Agent::enter(plan, server, token, stop)?;
    let ports: Vec<u16> = sweep.passive.iter().map(|(port, _)| *port).collect();
    lead.wait(plan.timeout / LEAD);
    if !ports.is_empty() {
        // What arrives at a port that a transfer awaits would be taken for that transfer.
        let awaited = agent.begin()?;
        let (late, ports): (Vec<u16>, Vec<u16>) = ports.iter().partition(|port| awaited.contains(port));
        let conversation = agent.conversation.clone();
        let knock = |ports: &[u16]| knock(plan, server, ports, &conversation, stop);
        let mut knocks = knock(&ports);
        if !late.is_empty() {
            lead.wait(plan.timeout);
            let awaited = agent.freed(&late, plan.timeout, stop)?;
            knocks
                .extend(late.into_iter().map(|port| (port, afterwards(server, port, &awaited, lead, knock))));
            knocks.sort_unstable_by_key(|(port, _)| *port);
        }
        let is_silent = knocks.iter().any(|(_, knock)| *knock == Knock::Silent);
        let seen = if is_silent { agent.seen()? } else { Seen::default() };
        again(&mut knocks, stop, knock);
        sweep.passive = judged(&knocks, &seen);
        agent.end()?;
    }
    if plan.modes.active {
        sweep.active = active(plan, &mut agent, stop)?;
    }
    agent.leave();
    Ok(())
}

/// A port that was left out at first: what the probe itself met there, or else what it answers now.
fn afterwards(
    server: IpAddr,
    port: u16,
    awaited: &BTreeSet<u16>,
    lead: &Lead,
    knock: impl Fn(&[u16]) -> Vec<(u16, Knock)>,
) -> Knock {
    match lead.attempt(at(server, port)) {
        Some(dial) => Knock::from(&dial),
        None if awaited.contains(&port) => Knock::Untried,
        None => knock(&[port]).first().map_or(Knock::Untried, |(_, knock)| *knock),
    }
}

/// Tries some of the silent ports again, slowly, if ICMP errors answered for others.
fn again(knocks: &mut [(u16, Knock)], stop: &Stop, knock: impl Fn(&[u16]) -> Vec<(u16, Knock)>) {
    if !has_errors(knocks) {
        return;
    }
    let silent = knocks.iter_mut().filter(|(_, knock)| *knock == Knock::Silent).take(AGAIN);
    for (port, known) in silent {
        pause(stop);
        if let Some((_, found)) = knock(&[*port]).into_iter().next() {
            // Silence with time for an error is silence.
            *known = if found == Knock::Silent { Knock::SilentAgain } else { found };
        }
    }
}

/// Waits until Linux sends the next ICMP error.
fn pause(stop: &Stop) {
    let until = Instant::now() + PAUSE;
    while Instant::now() < until && !stop.is_requested() {
        thread::sleep(SLICE.min(until.saturating_duration_since(Instant::now())));
    }
}

/// Whether ICMP errors came back: those of administrators, and port-unreachable, which reads like a reset.
fn has_errors(knocks: &[(u16, Knock)]) -> bool {
    let any = |wanted: fn(&Knock) -> bool| knocks.iter().any(|(_, knock)| wanted(knock));
    any(|knock| matches!(knock, Knock::Error(_)))
        || (any(|knock| *knock == Knock::Refused) && any(|knock| *knock == Knock::Silent))
}

/// What both ends say together.
fn judged(knocks: &[(u16, Knock)], seen: &Seen) -> Vec<(u16, Outcome)> {
    let errors = has_errors(knocks) || knocks.iter().any(|(_, knock)| *knock == Knock::SilentAgain);
    let outcome = |port: u16, knock: Knock| match knock {
        Knock::Proven => Outcome::Open,
        Knock::Unproven => Outcome::WrongHost,
        Knock::Refused => Outcome::Refused,
        Knock::Error(errno) => Outcome::Rejected(errno),
        Knock::Untried => Outcome::Untried,
        Knock::Silent | Knock::SilentAgain => {
            let arrived = match &seen.knocked {
                _ if seen.reached.contains(&port) => Some(true),
                Some(knocked) => Some(knocked.contains(&port)),
                None => None,
            };
            if knock == Knock::Silent && errors && arrived != Some(true) {
                Outcome::RateLimited
            } else {
                Outcome::Silent { arrived }
            }
        }
    };
    knocks.iter().map(|&(port, knock)| (port, outcome(port, knock))).collect()
}

/// Has the responder connect to some ports of this machine.
fn active(plan: &Plan, agent: &mut Agent, stop: &Stop) -> Result<Vec<(u16, Arrived)>, Failure> {
    let mut tried = Vec::new();
    let mut used = BTreeSet::new();
    for _ in 0..ACTIVE {
        if stop.is_requested() {
            break;
        }
        let Ok(listener) = listen(agent.own_address(), plan.client_ports) else { break };
        let Ok(own) = listener.local_addr() else { break };
        if !used.insert(own.port()) {
            continue;
        }
        let arrived = agent.connect(own.port(), &listener, plan.timeout, stop)?;
        tried.push((own.port(), arrived));
        // One silence is enough to wait for.
        if !matches!(arrived, Arrived::From(_)) {
            break;
        }
    }
    Ok(tried)
}

/// The peer of a connection, for messages.
fn at(server: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(server, port)
}
