//! What the passive data connections of one session say.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::dialled::{self, Answer, answer};
use super::{Data, Found, code, evidence, said, text, words};
use crate::flow::{FlowId, Mode};
use crate::probe::conclusion::{Cause, Evidence, Kind, Verdict};
use crate::probe::observation::{DataConnection, Dial, Exchange, Method, Transfer, Trouble, Visit};
use crate::probe::plan::Plan;

const FLOWS: [FlowId; 2] = [FlowId::P3, FlowId::P4];

/// A SYN that was turned away, and the reply that named its port.
#[derive(Clone, Copy)]
struct Missed<'a> {
    method: Method,
    request: &'a Exchange,
    dial: &'a Dial,
    cause: Cause,
}

/// Judges the passive data connections of `visit`.
pub(super) fn judge(plan: &Plan, visit: &Visit, found: &mut Vec<Found>) -> Data {
    let transfers: Vec<&Transfer> =
        visit.transfers.iter().filter(|one| one.method.mode() == Mode::Passive).collect();
    let of_transfers = transfers.iter().filter_map(|transfer| {
        attempt(visit, transfer).map(|tried| (transfer.method, &transfer.request, tried))
    });
    let of_samples = visit.offers.iter().filter_map(|offer| {
        let dial = offer.dial.as_ref()?;
        Some((offer.method, &offer.exchange, (dial, answer(dial))))
    });
    let mut reached: Vec<&Dial> = Vec::new();
    let mut missed: Vec<Missed<'_>> = Vec::new();
    for (method, request, (dial, answer)) in of_transfers.chain(of_samples) {
        match answer {
            Answer::Established => reached.push(dial),
            Answer::Blocked(cause) => missed.push(Missed { method, request, dial, cause }),
            Answer::Here => {
                let own = Found::new(Kind::OwnEgressBlocked, dialled::evidence(dial));
                found.push(own.by(method).stops(&FLOWS).at([dial.peer.port()]));
                missed.push(Missed { method, request, dial, cause: Cause::Rejected });
            }
            Answer::Unknown => {}
        }
    }
    for transfer in &transfers {
        if matches!(attempt(visit, transfer), Some((_, Answer::Established))) {
            encryption(visit, transfer, found);
        }
    }
    refusals(&transfers, found);
    advertised(plan, visit, found);

    if !reached.is_empty() && refusals_among(plan, &missed) < 2 {
        // A listener that was gone once was the server's business.
        missed.retain(|one| one.cause != Cause::Refused);
    }
    let Some(first) = missed.iter().find(|one| one.cause != Cause::Refused).or(missed.first()) else {
        return works(plan, &transfers, &reached);
    };
    let here = found.iter().any(|one| one.kind == Kind::OwnEgressBlocked);
    let silent = missed.iter().filter(|one| one.cause == Cause::Dropped).count();
    let limited = silent > 0 && silent < missed.len();
    let kind = match first.cause {
        _ if here => None,
        Cause::Refused => Some(Kind::RejectOrDead),
        _ if !reached.is_empty() => Some(Kind::RangePartlyFiltered),
        // The kernel answers only so many packets a second with an ICMP error.
        _ if limited => Some(Kind::RejectRateLimited),
        Cause::Dropped => Some(Kind::RangeFiltered),
        Cause::Rejected => Some(Kind::RangeRejectedAdmin),
    };
    let evidence = answered(first.dial, first.request);
    if let Some(kind) = kind {
        let ports = missed.iter().map(|one| one.dial.peer.port());
        found.push(Found::new(kind, evidence.clone()).by(first.method).stops(&FLOWS).at(ports));
    }
    let cause = if limited { Cause::Rejected } else { first.cause };
    Data {
        opening: Verdict::Blocked(Some(cause)),
        answering: Verdict::Inconclusive,
        evidence: Some(evidence),
    }
}

/// How often offers of declared ports refused, the same port offered again counting again. One that was never declared
/// and is offered every time is told of as that.
fn refusals_among(plan: &Plan, missed: &[Missed<'_>]) -> usize {
    let refused = missed.iter().filter(|one| one.cause == Cause::Refused);
    let ports = refused.map(|one| one.dial.peer.port());
    let (declared, others): (Vec<u16>, Vec<u16>) =
        ports.partition(|port| plan.passive_ports.is_none_or(|range| range.contains(*port)));
    declared.len() + others.into_iter().collect::<BTreeSet<u16>>().len()
}

/// The attempt that counts: one that succeeded, else the first, of those to the server's own address. Others go where
/// the reply to `PASV` pointed, and say whether that was right.
fn attempt<'a>(visit: &Visit, transfer: &'a Transfer) -> Option<(&'a Dial, Answer)> {
    let Some(DataConnection::Dialled { attempts, .. }) = &transfer.data else { return None };
    let own = attempts.iter().filter(|dial| dial.peer.ip() == visit.server.ip());
    let answers: Vec<(&Dial, Answer)> = own.map(|dial| (dial, answer(dial))).collect();
    let established = answers.iter().find(|(_, answer)| *answer == Answer::Established);
    established.or_else(|| answers.first()).copied()
}

/// The verdict where no connection was turned away.
fn works(plan: &Plan, transfers: &[&Transfer], reached: &[&Dial]) -> Data {
    let Some(dial) = reached.first() else {
        let last = transfers.last().map(|transfer| evidence(&transfer.request));
        return Data::unknown(last);
    };
    let whole = transfers.iter().find(|transfer| transfer.succeeded());
    let declared = |port| plan.passive_ports.is_none_or(|range| range.contains(port));
    let answer = match whole {
        // What was reached is not what is declared: of the declared ports nothing is known.
        _ if !reached.iter().any(|dial| declared(dial.peer.port())) => {
            return Data::unknown(Some(dialled::evidence(dial)));
        }
        Some(transfer) => answered(dial, &transfer.request),
        None => dialled::evidence(dial),
    };
    // Without a byte over the connection only the handshake of TCP is known to pass.
    let carried = whole.is_some()
        || transfers.iter().any(|transfer| {
            transfer.bytes > 0 || transfer.handshake.as_ref().is_some_and(|shaken| shaken.outcome.is_ok())
        });
    let verdict = if carried { Verdict::Pass } else { Verdict::Inconclusive };
    Data { opening: verdict, answering: verdict, evidence: Some(answer) }
}

/// TLS that fails on a data connection, and transfers that fail although their connection is there.
pub(super) fn encryption(visit: &Visit, transfer: &Transfer, found: &mut Vec<Found>) {
    if transfer.succeeded() || was_made_up_for(visit, transfer) {
        return;
    }
    let replies = || transfer.completion.iter().chain(&transfer.command);
    let last = replies().next();
    if last.is_some_and(|exchange| exchange.reply == Err(Trouble::Stopped)) {
        return;
    }
    let refused = replies().any(|exchange| code(exchange).is_some_and(|code| code >= 400));
    let demanded = replies().any(|exchange| words::demand_reuse(&text(exchange)));
    let resumed =
        transfer.handshake.as_ref().and_then(|one| one.outcome.as_ref().ok()).map(|one| one.resumed);
    let kind = match &transfer.handshake {
        Some(_) if demanded && resumed != Some(true) => Kind::TlsReuseRequired,
        Some(handshake) => match &handshake.outcome {
            Err(Trouble::Stopped) => return,
            Err(_) => Kind::DataTlsFailed,
            Ok(_) => Kind::TransferFailed,
        },
        None if refused || last.is_some() => Kind::TransferFailed,
        None => return,
    };
    let mut shown = last.map(evidence).unwrap_or_default();
    shown.command = shown.command.or_else(|| transfer.command.as_ref().and_then(|sent| sent.command.clone()));
    (shown.local, shown.peer) = ends(transfer);
    if let Some(Err(Trouble::Tls(reason))) = transfer.handshake.as_ref().map(|one| &one.outcome) {
        shown.reply.push(reason.clone());
    }
    found.push(Found::new(kind, shown).by(transfer.method));
}

/// Whether `transfer` fell silent and the same one went well at another time: the server had lost it.
fn was_made_up_for(visit: &Visit, transfer: &Transfer) -> bool {
    let same = |other: &&Transfer| (other.method, other.work) == (transfer.method, transfer.work);
    transfer.fell_silent() && visit.transfers.iter().filter(same).any(Transfer::succeeded)
}

/// The probe's own end of the data connection, and the other one.
fn ends(transfer: &Transfer) -> (Option<SocketAddr>, Option<SocketAddr>) {
    match &transfer.data {
        Some(DataConnection::Dialled { attempts, .. }) => {
            attempts.last().map_or((None, None), |dial| (dial.local, Some(dial.peer)))
        }
        Some(DataConnection::Awaited { listener, arrivals }) => {
            (Some(*listener), arrivals.last().map(|arrival| arrival.peer))
        }
        None => (None, None),
    }
}

/// Requests that brought no port.
fn refusals(transfers: &[&Transfer], found: &mut Vec<Found>) {
    for transfer in transfers {
        match &transfer.request.reply {
            Err(Trouble::TimedOut | Trouble::Closed | Trouble::Broken(_)) => found.push(
                Found::new(Kind::AlgInterference, evidence(&transfer.request))
                    .by(transfer.method)
                    .stops(&FLOWS),
            ),
            Err(Trouble::NotAReply(_) | Trouble::TooLong) => found.push(
                Found::new(Kind::NotFtp, evidence(&transfer.request)).by(transfer.method).stops(&FLOWS),
            ),
            _ => {}
        }
    }
    let refused = |transfer: &&&Transfer| code(&transfer.request).is_some_and(|code| code >= 400);
    if let Some(first) = transfers.iter().find(refused)
        && transfers.iter().all(|transfer| refused(&transfer))
    {
        let kind = match code(&first.request) {
            Some(421 | 425) => Kind::RangeTooSmall,
            _ if text(&first.request).contains("oops") => Kind::RangeTooSmall,
            _ if words::demand_tls(&text(&first.request)) => Kind::TlsRequired,
            _ => Kind::PassiveDisabled,
        };
        found.push(Found::new(kind, evidence(&first.request)).by(first.method).stops(&FLOWS));
    }
}

/// Whether the replies to `PASV` name an address that clients can use.
fn advertised(plan: &Plan, visit: &Visit, found: &mut Vec<Found>) {
    let server = visit.server.ip();
    let wrong = |address: IpAddr| address != server && plan.advertised.map(IpAddr::V4) != Some(address);
    let named = visit.offers.iter().find(|offer| offer.address.is_some_and(wrong));
    if let Some(offer) = named {
        let mut shown = evidence(&offer.exchange);
        shown.local = visit.control.local;
        shown.peer = offer.address.map(|address| SocketAddr::new(address, offer.port.unwrap_or(0)));
        found.push(Found::new(Kind::BadAdvertisedAddr, shown).by(offer.method).at(offer.port));
    }
}

/// A connection, and the reply that named its port.
fn answered(dial: &Dial, request: &Exchange) -> Evidence {
    Evidence { command: request.command.clone(), reply: said(request), ..dialled::evidence(dial) }
}
