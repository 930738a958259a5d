//! What the active data connections of one session say.

use std::time::Duration;

use super::passive::encryption;
use super::{Data, Found, code, evidence, text, words};
use crate::deployment::ActiveSource;
use crate::flow::{FlowId, Mode};
use crate::probe::conclusion::{Cause, Evidence, Kind, Verdict};
use crate::probe::observation::{Arrival, DataConnection, Exchange, Transfer, Trouble, Visit};
use crate::probe::plan::Plan;

const FLOWS: [FlowId; 2] = [FlowId::A3, FlowId::A4];

/// Judges the active data connections of `visit`.
pub(super) fn judge(plan: &Plan, visit: &Visit, found: &mut Vec<Found>) -> Data {
    let transfers: Vec<&Transfer> =
        visit.transfers.iter().filter(|one| one.method.mode() == Mode::Active).collect();
    let mut data = None;
    for transfer in &transfers {
        if let Some(arrival) = own_arrival(visit, transfer) {
            encryption(visit, transfer, found);
            source(plan, transfer, arrival, found);
            let carried = transfer.succeeded()
                || transfer.bytes > 0
                || transfer.handshake.as_ref().is_some_and(|shaken| shaken.outcome.is_ok());
            let verdict = if carried { Verdict::Pass } else { Verdict::Inconclusive };
            let shown = Evidence {
                took: Some(arrival.took),
                local: listener(transfer),
                peer: Some(arrival.peer),
                ..evidence(&transfer.request)
            };
            // What works by one command works.
            if data.as_ref().is_none_or(|known: &Data| known.opening != Verdict::Pass) {
                data = Some(Data { opening: verdict, answering: verdict, evidence: Some(shown) });
            }
        } else if let Some(stranger) = arrivals(transfer).first() {
            let shown = Evidence {
                took: Some(stranger.took),
                local: listener(transfer),
                peer: Some(stranger.peer),
                ..evidence(&transfer.request)
            };
            found.push(Found::new(Kind::DataPeerMismatch, shown.clone()).by(transfer.method).stops(&FLOWS));
            data = data.or(Some(Data::unknown(Some(shown))));
        }
    }
    data.unwrap_or_else(|| absent(plan, visit, &transfers, found))
}

/// The data connection that came from the server's own address.
fn own_arrival<'a>(visit: &Visit, transfer: &'a Transfer) -> Option<&'a Arrival> {
    arrivals(transfer).iter().find(|arrival| arrival.peer.ip() == visit.server.ip())
}

fn arrivals(transfer: &Transfer) -> &[Arrival] {
    match &transfer.data {
        Some(DataConnection::Awaited { arrivals, .. }) => arrivals,
        _ => &[],
    }
}

fn listener(transfer: &Transfer) -> Option<std::net::SocketAddr> {
    match &transfer.data {
        Some(DataConnection::Awaited { listener, .. }) => Some(*listener),
        _ => None,
    }
}

/// Whether the connection came from a declared port.
fn source(plan: &Plan, transfer: &Transfer, arrival: &Arrival, found: &mut Vec<Found>) {
    if let ActiveSource::Ports(ports) = &plan.active_source
        && !ports.contains(arrival.peer.port())
    {
        let shown = Evidence {
            took: Some(arrival.took),
            local: listener(transfer),
            peer: Some(arrival.peer),
            ..evidence(&transfer.request)
        };
        found.push(
            Found::new(Kind::ActiveSourceMismatch, shown).by(transfer.method).at([arrival.peer.port()]),
        );
    }
}

/// No data connection came: the first transfer that says why does.
fn absent(plan: &Plan, visit: &Visit, transfers: &[&Transfer], found: &mut Vec<Found>) -> Data {
    let mut refusals = Vec::new();
    for transfer in transfers {
        let request = &transfer.request;
        match &request.reply {
            // This machine has no port to listen on.
            Err(_) if request.command.is_none() => {}
            Err(Trouble::TimedOut) if answers_again(transfer) => {
                return blocked(transfer, request, silence(plan), found);
            }
            Err(Trouble::TimedOut | Trouble::Closed | Trouble::Broken(_)) => {
                let one = Found::new(Kind::AlgInterference, evidence(request));
                found.push(one.by(transfer.method).stops(&FLOWS));
                return Data::unknown(Some(evidence(request)));
            }
            Err(Trouble::NotAReply(_) | Trouble::TooLong) => {
                found.push(Found::new(Kind::NotFtp, evidence(request)).by(transfer.method).stops(&FLOWS));
            }
            Err(_) => {}
            // A server that connects as soon as it is told where to.
            Ok(reply) if matches!(reply.code, 425 | 426 | 421) => {
                return blocked(transfer, request, cause(request), found);
            }
            Ok(reply) if reply.code >= 400 => refusals.push(*transfer),
            Ok(_) => {
                if let Some(data) = promised(plan, visit, transfer, found) {
                    return data;
                }
            }
        }
    }
    refused(&refusals, found)
}

/// The server agreed to connect and did not.
fn promised(plan: &Plan, visit: &Visit, transfer: &Transfer, found: &mut Vec<Found>) -> Option<Data> {
    let command = transfer.command.as_ref()?;
    let last = transfer.completion.as_ref().unwrap_or(command);
    match &last.reply {
        Err(Trouble::Stopped) => None,
        Err(Trouble::TimedOut) if !hangs(visit) => Some(blocked(transfer, last, silence(plan), found)),
        Ok(reply) if matches!(reply.code, 421 | 425 | 426) => {
            Some(blocked(transfer, last, cause(last), found))
        }
        // Still at it when the probe's patience ended.
        Ok(reply) if reply.code < 200 => Some(blocked(transfer, last, silence(plan), found)),
        _ => {
            found.push(Found::new(Kind::TransferFailed, evidence(last)).by(transfer.method).stops(&FLOWS));
            Some(Data::unknown(Some(evidence(last))))
        }
    }
}

/// Whether the server has no word for transfers whose connection is there either: its silence says nothing of active ones.
fn hangs(visit: &Visit) -> bool {
    visit.transfers.iter().any(Transfer::fell_silent) && !visit.transfers.iter().any(Transfer::succeeded)
}

/// Whether the control connection answers after a request that got no reply in time: then the server is waiting for
/// its own attempt to connect, and nothing on the path has swallowed the command.
fn answers_again(transfer: &Transfer) -> bool {
    transfer.completion.as_ref().is_some_and(|exchange| exchange.reply.is_ok())
}

fn blocked(transfer: &Transfer, shown: &Exchange, cause: Option<Cause>, found: &mut Vec<Found>) -> Data {
    let shown = Evidence { local: listener(transfer), ..evidence(shown) };
    found.push(Found::new(Kind::ActiveBlocked, shown.clone()).by(transfer.method).stops(&FLOWS));
    Data { opening: Verdict::Blocked(cause), answering: Verdict::Inconclusive, evidence: Some(shown) }
}

/// After this time, who hears nothing is dropped. Linux may take note of an ICMP error only with the second SYN, a second
/// after the first.
const PATIENCE: Duration = Duration::from_millis(2500);

/// Why nothing came within the probe's time-out.
fn silence(plan: &Plan) -> Option<Cause> {
    (plan.timeout >= PATIENCE).then_some(Cause::Dropped)
}

/// How the server's packet was turned away, from the words of its reply; else from its patience: a server that gives
/// up after seconds heard nothing. Who gives up at once was turned away, and only the words say how.
fn cause(exchange: &Exchange) -> Option<Cause> {
    let text = text(exchange);
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["refused"]) {
        Some(Cause::Refused)
    } else if says(&["no route", "unreachable", "prohibited", "permission denied"]) {
        Some(Cause::Rejected)
    } else if says(&["timed out", "timeout"]) || exchange.took >= PATIENCE {
        Some(Cause::Dropped)
    } else {
        None
    }
}

/// Every request was refused.
fn refused(transfers: &[&Transfer], found: &mut Vec<Found>) -> Data {
    let Some(first) = transfers.first() else { return Data::unknown(None) };
    let about_address = transfers.iter().find(|transfer| words::object_to_address(&text(&transfer.request)));
    let (kind, transfer) = match about_address {
        Some(transfer) => (Kind::NatNoAlg, transfer),
        None if words::demand_tls(&text(&first.request)) => (Kind::TlsRequired, first),
        None => (Kind::PortDisabled, first),
    };
    let shown = Evidence { local: listener(transfer), ..evidence(&transfer.request) };
    found.push(Found::new(kind, shown.clone()).by(transfer.method).stops(&FLOWS));
    let opening = match kind {
        Kind::NatNoAlg => Verdict::Blocked(Some(Cause::Refused)),
        _ => Verdict::Inconclusive,
    };
    debug_assert!(code(&transfer.request).is_some());
    Data { opening, answering: Verdict::Inconclusive, evidence: Some(shown) }
}
