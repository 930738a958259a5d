//! Many sessions that ask for a passive listener at once, to see whether the range has room for them.

use std::thread;

use super::Stop;
use super::observation::{Burst, Exchange, Method, Trouble, Visit};
use super::transfer::offer;
use super::visit::Ready;

/// More would be a load test.
const MOST: u16 = 64;

/// Opens `count` sessions with `enter`, and has each ask for a listener while the others keep theirs.
pub(super) fn burst(
    count: u16,
    method: Method,
    enter: impl Fn() -> (Visit, Option<Ready>) + Sync,
    stop: &Stop,
) -> Burst {
    let asked = count.min(MOST);
    let enter = &enter;
    let entered: Vec<(Visit, Option<Ready>)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..asked).map(|_| scope.spawn(enter)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let mut burst = Burst { asked, ports: Vec::new(), refusals: Vec::new() };
    let mut sessions = Vec::new();
    for (visit, ready) in entered {
        match ready {
            Some(ready) => sessions.push(ready),
            None => burst.refusals.extend(last(visit).filter(is_refusal)),
        }
    }
    for Ready { control, .. } in &mut sessions {
        if stop.is_requested() {
            break;
        }
        let offer = offer(control, method);
        match offer.port {
            Some(port) => burst.ports.push(port),
            // Some servers let a client wait until a port is free.
            None if offer.exchange.reply == Err(Trouble::Stopped) => {}
            None => burst.refusals.push(offer.exchange),
        }
    }
    // Or they would be in the way of the next ones.
    for session in sessions {
        session.control.part();
    }
    burst
}

/// Whether the server had something to say against a session; it may merely be slow.
fn is_refusal(exchange: &Exchange) -> bool {
    !matches!(exchange.reply, Err(Trouble::TimedOut | Trouble::Stopped))
}

/// What the server said last in a session that came to nothing.
fn last(mut visit: Visit) -> Option<Exchange> {
    visit.exchanges.pop()
}
