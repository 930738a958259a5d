//! What the control connection says.

use super::dialled::{Answer, answer, evidence};
use super::words;
use super::{Found, said};
use crate::flow::FlowId;
use crate::probe::conclusion::{Cause, Evidence, Kind, Verdict};
use crate::probe::observation::{Halt, Stage, Trouble, Visit};

/// Both flows of the control connection, and whether data connections can be judged at all.
#[derive(Debug)]
pub(super) struct Control {
    /// The verdict on the client's packets.
    pub(super) opening: Verdict,
    /// The verdict on the server's packets.
    pub(super) answering: Verdict,
    /// What they rest on.
    pub(super) evidence: Evidence,
}

/// Judges the control connection of `visit`.
pub(super) fn judge(visit: &Visit, found: &mut Vec<Found>) -> Control {
    let dial = &visit.control;
    let flows = [FlowId::A1, FlowId::P1];
    let evidence = evidence(dial);
    let mut conclude = |kind| found.push(Found::new(kind, evidence.clone()).stops(&flows));
    let (opening, answering) = match answer(dial) {
        Answer::Established => return established(visit, found),
        Answer::Blocked(cause) => {
            conclude(match cause {
                Cause::Dropped => Kind::ControlFiltered,
                Cause::Rejected => Kind::ControlRejected,
                Cause::Refused => Kind::ControlRefused,
            });
            (Verdict::Blocked(Some(cause)), Verdict::Inconclusive)
        }
        Answer::Here => {
            conclude(Kind::OwnEgressBlocked);
            (Verdict::Blocked(Some(Cause::Rejected)), Verdict::Inconclusive)
        }
        Answer::Unknown => (Verdict::Inconclusive, Verdict::Inconclusive),
    };
    Control { opening, answering, evidence }
}

/// The control connection exists: a reply over it proves both directions.
fn established(visit: &Visit, found: &mut Vec<Found>) -> Control {
    if let Some(halt) = &visit.halt {
        halted(visit, halt, found);
    }
    let answered = visit.exchanges.iter().find(|exchange| exchange.reply.is_ok());
    // Whether it was agreed on or not, TLS was spoken in both directions.
    let encrypted = visit
        .handshake
        .as_ref()
        .is_some_and(|handshake| matches!(handshake.outcome, Ok(_) | Err(Trouble::Tls(_))));
    let verdict = if answered.is_some() || encrypted {
        Verdict::Pass
    } else {
        // Only the handshake of TCP is known to pass.
        Verdict::Inconclusive
    };
    let evidence = Evidence {
        reply: answered.map(said).unwrap_or_default(),
        ..super::dialled::evidence(&visit.control)
    };
    Control { opening: verdict, answering: verdict, evidence }
}

/// Why the session came to no transfer.
fn halted(visit: &Visit, halt: &Halt, found: &mut Vec<Found>) {
    let last = visit.exchanges.last();
    let refusal = last.and_then(|exchange| exchange.reply.as_ref().ok());
    let text = refusal.map(|reply| reply.lines.join("\n").to_lowercase()).unwrap_or_default();
    let kind = match (&halt.trouble, halt.stage) {
        (Some(Trouble::NotAReply(_) | Trouble::TooLong), _) => Kind::NotFtp,
        (Some(Trouble::Stopped), _) | (_, Stage::Connect) => return,
        (None, _) if refusal.is_some_and(|reply| reply.code == 421) => Kind::ServerFull,
        (None, Stage::Greeting) => Kind::ServerFull,
        (Some(_), Stage::Greeting) => Kind::NoGreeting,
        (Some(Trouble::Tls(reason)), Stage::Handshake) if words::speak_of_certificates(reason) => {
            Kind::CertificateRejected
        }
        // Silence is no refusal: whoever is slow, or hangs, may speak TLS.
        (Some(Trouble::TimedOut), Stage::Auth | Stage::Handshake | Stage::Protect) => Kind::ControlLost,
        (_, Stage::Auth | Stage::Handshake | Stage::Protect) => Kind::TlsUnavailable,
        (None, Stage::Login | Stage::Prepare) if words::demand_tls(&text) => Kind::TlsRequired,
        (None, Stage::Login) => Kind::LoginFailed,
        _ => Kind::ControlLost,
    };
    let mut evidence = evidence(&visit.control);
    if let Some(last) = last {
        evidence.took = Some(last.took);
        evidence.command.clone_from(&last.command);
        evidence.reply = said(last);
    }
    match &halt.trouble {
        Some(Trouble::Tls(reason)) => evidence.reply = vec![reason.clone()],
        Some(Trouble::NotAReply(text)) => evidence.reply = vec![text.clone()],
        Some(Trouble::Broken(errno)) => evidence.errno = *errno,
        _ => {}
    }
    let data = [FlowId::A3, FlowId::P3];
    found.push(Found::new(kind, evidence).stops(&data));
}
