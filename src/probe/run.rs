//! The sequence of a probe: what is tried at once, and what after one another.
//!
//! A blocked connection takes as long as the time-out, so whatever may block has a session of its own, and all go on at
//! once. A server that does not take so many sessions, or a range that is too small for so many listeners, gets them one
//! after the other.

use std::net::{IpAddr, SocketAddr};
use std::thread;

use super::Stop;
use super::observation::{DataConnection, DialError, Method, Observation, Offer, Transfer, Visit, Work};
use super::plan::Plan;
use super::socket::{dial, random_name};
use super::transfer::{File, Transfers, offer};
use super::visit::{Ready, enter};
use super::watch::{Step, Watch};
use super::{burst, policy};
use crate::audit::Session;
use crate::flow::Mode;
use crate::packet::Family;

/// Ports that the range has to have for all passive methods to be tried at once.
const ROOM: u32 = 8;
/// What the probe stores and reads back.
const CONTENT: &[u8] = b"ftpfw probe\n";

/// Opens the sessions and connections of `plan`. Ends soon after `stop` is requested, with what is known by then.
#[must_use]
pub fn probe(plan: &Plan, stop: &Stop, watch: &dyn Watch) -> Observation {
    let sessions =
        plan.servers.iter().flat_map(|&server| plan.sessions.iter().map(move |&session| (server, session)));
    let run = |(server, session)| Run { plan, stop, watch, server, session };
    let mut visits: Vec<Visit> = if is_roomy(plan) {
        thread::scope(|scope| {
            let threads: Vec<_> = sessions.map(|one| scope.spawn(move || run(one).visit())).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        })
    } else {
        sessions.map(|one| run(one).visit()).collect()
    };
    // Last of all, since it may use up what the others need.
    for visit in &mut visits {
        run((visit.server.ip(), visit.session)).burst(visit);
    }
    Observation { visits, interrupted: stop.is_requested() }
}

/// Whether several sessions may ask for listeners at once.
fn is_roomy(plan: &Plan) -> bool {
    plan.jobs > 1 && plan.passive_ports.is_none_or(|range| range.count() >= ROOM)
}

/// What came of a method that was tried in a session of its own.
struct Alone {
    transfer: Transfer,
    offers: Vec<Offer>,
}

/// One kind of session with one address.
struct Run<'a> {
    plan: &'a Plan,
    stop: &'a Stop,
    watch: &'a dyn Watch,
    server: IpAddr,
    session: Session,
}

impl Run<'_> {
    fn visit(&self) -> Visit {
        let (mut visit, ready) = self.enter();
        let Some(ready) = ready else { return visit };
        self.transfer_all(ready, &mut visit);
        visit.transfers.sort_by_key(|transfer| transfer.method);
        self.policies(&mut visit);
        visit
    }

    /// Tries every method: the first in this session, and the others at the same time in sessions of their own, if there
    /// is room; in this one, if there is none.
    fn transfer_all(&self, ready: Ready, visit: &mut Visit) {
        let methods = self.methods();
        let Some((&first, others)) = methods.split_first() else { return };
        if !is_roomy(self.plan) {
            let ready = self.one_by_one(Some(ready), &methods, visit);
            return self.finish(ready, visit);
        }
        let (ready, results) = thread::scope(|scope| {
            let alone = |&method| scope.spawn(move || (method, self.alone(method)));
            let threads: Vec<_> = others.iter().map(alone).collect();
            let ready = self.one_by_one(Some(ready), &[first], visit);
            let results: Vec<(Method, Option<Alone>)> =
                threads.into_iter().filter_map(|thread| thread.join().ok()).collect();
            (ready, results)
        });
        let mut left = Vec::new();
        for (method, alone) in results {
            match alone {
                Some(Alone { transfer, offers }) => {
                    visit.transfers.push(transfer);
                    visit.offers.extend(offers);
                }
                None => left.push(method),
            }
        }
        left.extend(lost_ones(&visit.transfers));
        let ready = self.one_by_one(ready, &left, visit);
        self.finish(ready, visit);
    }

    fn begin(&self, step: Step) {
        let server = SocketAddr::new(self.server, self.plan.control_port);
        self.watch.begins(server, self.session, step);
    }

    fn enter(&self) -> (Visit, Option<Ready>) {
        self.begin(Step::Enter);
        enter(self.plan, self.server, self.session, self.stop)
    }

    /// The methods to try. Two ports of the range say more than one: where `PASV` does not serve, `EPSV` does twice.
    fn methods(&self) -> Vec<Method> {
        let family = Family::of(self.server);
        let modes = self.plan.modes;
        let wanted = |method: &Method| match method.mode() {
            Mode::Active => modes.active,
            Mode::Passive => modes.passive,
        };
        let mut methods: Vec<Method> =
            Method::ALL.into_iter().filter(|method| method.serves(family) && wanted(method)).collect();
        if !Method::Pasv.serves(family) && modes.passive {
            methods.push(Method::Epsv);
        }
        methods
    }

    /// A listing by `method` in a session of its own, and samples where it was passive and went well; `None` if there is
    /// none to be had, or if the server's resources may have been spent on the other sessions.
    fn alone(&self, method: Method) -> Option<Alone> {
        let (_, ready) = self.enter();
        let mut ready = ready?;
        let transfer = self.listing(&mut ready, method);
        let passive = method.mode() == Mode::Passive;
        let spent = passive && transfer.data.is_none();
        let mut offers = Vec::new();
        if is_usable(&transfer) {
            if passive && transfer.succeeded() {
                offers = self.samples(&mut ready, true);
            }
            ready.control.quit();
        } else {
            ready.control.abandon();
        }
        (!spent || self.stop.is_requested()).then_some(Alone { transfer, offers })
    }

    fn listing(&self, ready: &mut Ready, method: Method) -> Transfer {
        self.transfer(ready, method, Work::List, File { name: "", content: &[] })
    }

    fn transfer(&self, ready: &mut Ready, method: Method, work: Work, file: File<'_>) -> Transfer {
        self.begin(Step::Transfer(method));
        let Ready { control, tls } = ready;
        let transfers = Transfers { plan: self.plan, tls: tls.as_ref(), stop: self.stop };
        transfers.run(control, method, work, file)
    }

    /// Tries `methods` one after the other, as far as possible in one session. Returns it, if it is still good for
    /// anything.
    fn one_by_one(&self, mut ready: Option<Ready>, methods: &[Method], visit: &mut Visit) -> Option<Ready> {
        for &method in methods {
            // A listener may be gone by chance, once.
            for _ in 0..2 {
                if self.stop.is_requested() {
                    return None;
                }
                let mut session = ready.take().or_else(|| self.enter().1)?;
                let transfer = self.listing(&mut session, method);
                let again = was_refused(&transfer);
                if is_usable(&transfer) {
                    ready = Some(session);
                } else {
                    session.control.abandon();
                }
                visit.transfers.push(transfer);
                if !again {
                    break;
                }
            }
        }
        ready
    }

    /// What else the session is good for.
    fn finish(&self, ready: Option<Ready>, visit: &mut Visit) {
        let Some(mut session) = ready.or_else(|| self.another(visit)) else { return };
        let worked = |mode: Mode| {
            let done = visit.transfers.iter().find(|one| one.method.mode() == mode && one.succeeded());
            done.map(|transfer| transfer.method)
        };
        let passive = worked(Mode::Passive);
        if let Some(method) = passive.or_else(|| worked(Mode::Active))
            && !self.plan.read_only
        {
            let Some(left) = self.files(session, method, visit) else { return };
            session = left;
        }
        if visit.offers.is_empty() {
            visit.offers = self.samples(&mut session, passive.is_some());
        }
        // What the server says of itself is evidence; that it says nothing is no fault.
        for command in ["FEAT", "SYST"] {
            let exchange = session.control.ask(command);
            let lost = exchange.reply.is_err();
            visit.exchanges.push(exchange);
            if lost {
                return;
            }
        }
        session.control.quit();
    }

    /// A new session, if the last one ended with a transfer that failed and others did not.
    fn another(&self, visit: &Visit) -> Option<Ready> {
        let worked = visit.transfers.iter().any(Transfer::succeeded);
        if worked && !self.stop.is_requested() { self.enter().1 } else { None }
    }

    /// Stores a file of the probe's own, reads it back, and removes it. That this is not permitted is no fault.
    fn files(&self, mut session: Ready, method: Method, visit: &mut Visit) -> Option<Ready> {
        let name = format!("ftpfw-probe-{}.tmp", random_name());
        let file = File { name: &name, content: CONTENT };
        for work in [Work::Store, Work::Retrieve] {
            let mut transfer = self.transfer(&mut session, method, work, file);
            if transfer.fell_silent() && !self.stop.is_requested() {
                visit.transfers.push(transfer);
                session = self.enter().1?;
                transfer = self.transfer(&mut session, method, work, file);
            }
            let permitted = transfer
                .command
                .as_ref()
                .is_some_and(|command| command.reply.as_ref().is_ok_and(|reply| reply.code < 400));
            let (usable, done) = (is_usable(&transfer), transfer.succeeded());
            // A refusal of the file says nothing of the connection, and a broken connection everything.
            if permitted || !usable {
                visit.transfers.push(transfer);
            }
            if !usable {
                self.remove(&name);
                return None;
            }
            if !permitted && work == Work::Store {
                return Some(session);
            }
            if !done {
                break;
            }
        }
        let _ = session.control.ask(&format!("DELE {name}"));
        Some(session)
    }

    /// Removes the file in a new session, since the old one is lost.
    fn remove(&self, name: &str) {
        if let (_, Some(mut session)) = self.enter() {
            let _ = session.control.ask(&format!("DELE {name}"));
            session.control.quit();
        }
    }

    /// Asks for more ports than are used, to see where they are; and sees whether they are reached, where that is known
    /// to be quick.
    fn samples(&self, session: &mut Ready, reachable: bool) -> Vec<Offer> {
        let mut offers = Vec::new();
        let methods: Vec<Method> =
            self.methods().into_iter().filter(|method| method.mode() == Mode::Passive).collect();
        for number in 0..usize::from(self.plan.samples) {
            let Some(&method) = methods.get(number % methods.len().max(1)) else { break };
            if self.stop.is_requested() {
                break;
            }
            let mut offer = offer(&mut session.control, method);
            let lost = offer.exchange.reply.is_err();
            let missed = self.reach(&mut offer, reachable);
            offers.push(offer);
            if lost || missed {
                break;
            }
        }
        offers
    }

    /// Whether the port of `offer` was tried in vain.
    fn reach(&self, offer: &mut Offer, reachable: bool) -> bool {
        let Some(port) = offer.port.filter(|_| reachable) else { return false };
        let peer = SocketAddr::new(self.server, port);
        let (attempt, _) = dial(peer, self.plan.timeout, self.stop);
        let missed = attempt.outcome.is_err();
        offer.dial = Some(attempt);
        missed
    }

    /// What the server makes of requests that it should refuse, if that is asked for.
    fn policies(&self, visit: &mut Visit) {
        if self.plan.policy && !self.stop.is_requested() {
            self.begin(Step::Policy);
            visit.policies = policy::check(|| self.enter().1);
        }
    }

    /// Asks for many listeners at once, if that is asked for and there is a session to be had.
    fn burst(&self, visit: &mut Visit) {
        if visit.halt.is_some() {
            return;
        }
        if let Some(count) = self.plan.burst.filter(|_| !self.stop.is_requested()) {
            self.begin(Step::Burst);
            let method =
                if Method::Pasv.serves(Family::of(self.server)) { Method::Pasv } else { Method::Epsv };
            visit.burst = Some(burst::burst(count, method, || self.enter(), self.stop));
        }
    }
}

/// Whether the control connection is in order after `transfer`: the server is not in the middle of anything.
fn is_usable(transfer: &Transfer) -> bool {
    let last = transfer.completion.as_ref().or(transfer.command.as_ref()).unwrap_or(&transfer.request);
    last.reply.as_ref().is_ok_and(|reply| reply.code >= 200 && reply.code != 421)
        && transfer.request.reply.is_ok()
}

/// The methods of transfers that fell silent where others worked: a server may lose one among many at once, so they are
/// tried again by themselves.
fn lost_ones(transfers: &[Transfer]) -> Vec<Method> {
    if !transfers.iter().any(Transfer::succeeded) {
        return Vec::new();
    }
    let mut lost: Vec<Method> =
        transfers.iter().filter(|one| one.fell_silent()).map(|one| one.method).collect();
    lost.sort_unstable();
    lost.dedup();
    lost
}

/// Whether a port that the server had just offered was closed.
fn was_refused(transfer: &Transfer) -> bool {
    let Some(DataConnection::Dialled { attempts, .. }) = &transfer.data else { return false };
    attempts.iter().all(|attempt| match attempt.outcome {
        Err(DialError::Errno(errno)) => {
            std::io::Error::from_raw_os_error(errno).kind() == std::io::ErrorKind::ConnectionRefused
        }
        _ => false,
    })
}
