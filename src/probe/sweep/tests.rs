//! What both ends say together; whole sweeps run in the lab.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::agent::Seen;
use super::knock::Knock;
use super::lead::Lead;
use super::{Outcome, Run, Sweep, afterwards, judged};
use crate::audit::Session;
use crate::packet::Family;
use crate::probe::observation::{
    DataConnection, Dial, DialError, Exchange, Method, Observation, Reply, Transfer, Visit, Work,
};

fn outcomes(knocks: &[Knock], seen: &Seen) -> Vec<Outcome> {
    let knocks: Vec<(u16, Knock)> = (60_000..).zip(knocks.iter().copied()).collect();
    judged(&knocks, seen).into_iter().map(|(_, outcome)| outcome).collect()
}

fn seen(knocked: Option<&[u16]>) -> Seen {
    Seen { reached: [60_001].into(), knocked: knocked.map(|ports| ports.iter().copied().collect()) }
}

#[test]
fn silence_is_explained_by_the_other_end() {
    let knocks = [Knock::Silent, Knock::Silent, Knock::Silent, Knock::Proven, Knock::Unproven];
    let silent = |arrived| Outcome::Silent { arrived };
    assert_eq!(
        outcomes(&knocks, &seen(Some(&[60_002]))),
        [silent(Some(false)), silent(Some(true)), silent(Some(true)), Outcome::Open, Outcome::WrongHost]
    );
    assert_eq!(outcomes(&knocks, &seen(None))[..2], [silent(None), silent(Some(true))]);
}

#[test]
fn silence_among_errors_is_no_drop() {
    let knocks = [Knock::Error(113), Knock::Silent, Knock::Silent, Knock::SilentAgain];
    let expected = [
        Outcome::Rejected(113),
        Outcome::Silent { arrived: Some(true) },
        Outcome::RateLimited,
        Outcome::Silent { arrived: Some(false) },
    ];
    assert_eq!(outcomes(&knocks, &seen(Some(&[]))), expected);
    let knocks = [Knock::Refused, Knock::Proven, Knock::Silent];
    assert_eq!(
        outcomes(&knocks, &seen(Some(&[]))),
        [Outcome::Refused, Outcome::Open, Outcome::RateLimited],
        "port-unreachable reads like a reset"
    );
}

#[test]
fn ports_in_a_row_go_together() {
    let passive = vec![(65_533, Outcome::Open), (65_534, Outcome::Open), (65_535, Outcome::Refused)];
    let sweep = Sweep { family: Family::Ipv4, passive, active: Vec::new(), failure: None };
    let run = |first, last, outcome| Run { first, last, outcome };
    assert_eq!(sweep.runs(), [run(65_533, 65_534, Outcome::Open), run(65_535, 65_535, Outcome::Refused)]);
    assert!(!sweep.is_clear());
}

/// An observation of one passive transfer that nothing came of.
fn timed_out(peer: SocketAddr) -> Observation {
    let dial = Dial {
        peer,
        local: None,
        took: Duration::from_secs(5),
        outcome: Err(DialError::TimedOut),
        icmp: None,
    };
    let reply = Reply { code: 229, lines: vec!["229 ok".into()] };
    let request = Exchange { command: Some("EPSV".into()), reply: Ok(reply), took: Duration::ZERO };
    let attempts = vec![dial.clone()];
    let transfer = Transfer {
        data: Some(DataConnection::Dialled { advertised: None, attempts }),
        ..Transfer::new(Method::Epsv, Work::List, request)
    };
    let mut visit = Visit::new(peer, Session::Plain, dial);
    visit.transfers.push(transfer);
    Observation { visits: vec![visit], interrupted: false }
}

#[test]
fn a_port_that_the_probe_waited_for_is_not_waited_for_again() {
    let server = IpAddr::from(Ipv4Addr::LOCALHOST);
    let lead = Lead::default();
    lead.wait(Duration::ZERO);
    let tried = SocketAddr::new(server, 60_001);
    assert_eq!(lead.attempt(tried), None, "nothing is known while the probe goes on");
    lead.end(&timed_out(tried));
    // Returns at once: the probe is done.
    lead.wait(Duration::from_secs(600));
    let knock = |ports: &[u16]| vec![(ports[0], Knock::Proven)];
    let settled = |port| afterwards(server, port, &[60_001, 60_003].into(), &lead, knock);
    assert_eq!(settled(60_001), Knock::Silent, "the probe's own attempt says so");
    assert_eq!(settled(60_002), Knock::Proven, "it is free by now, and is tried");
    assert_eq!(settled(60_003), Knock::Untried, "somebody else awaits a transfer there");
}
