//! What one session can do and another cannot: helpers, gaps between the families, limited ICMP errors.

use std::time::Duration;

use super::dialled::{Answer, answer};
use super::{Found, Judged};
use crate::audit::Session;
use crate::flow::{FlowId, Mode};
use crate::packet::Family;
use crate::probe::conclusion::{Cause, Conclusion, Evidence, Kind, Verdict};
use crate::probe::observation::{DataConnection, Dial};
use crate::probe::plan::Plan;

/// Holds the sessions against each other. What explains a conclusion of one session better takes its place.
pub(super) fn compare(plan: &Plan, judged: &mut [Judged<'_>]) -> Vec<Conclusion> {
    for family in plan.families() {
        let of = |judged: &[Judged<'_>], session| {
            judged.iter().position(|one| one.family() == family && one.visit.session == session)
        };
        let (readable, encrypted) = (of(judged, Session::Plain), of(judged, Session::Tls));
        for one in [readable, encrypted].into_iter().flatten() {
            stalls(&mut judged[one], None);
        }
        if let (Some(readable), Some(encrypted)) = (readable, encrypted) {
            limited(judged, readable, encrypted);
            partly(judged, readable, encrypted);
            helper_only(judged, readable, encrypted);
            new_only(judged, readable, encrypted);
        }
    }
    gaps(judged)
}

/// The attempts at passive ports of the server itself.
pub(super) fn attempts<'a>(one: &Judged<'a>) -> impl Iterator<Item = &'a Dial> + use<'a> {
    let visit = one.visit;
    let of_transfers = visit.transfers.iter().flat_map(|transfer| match &transfer.data {
        Some(DataConnection::Dialled { attempts, .. }) => attempts.as_slice(),
        _ => &[],
    });
    let of_offers = visit.offers.iter().filter_map(|offer| offer.dial.as_ref());
    of_transfers.chain(of_offers).filter(move |dial| dial.peer.ip() == visit.server.ip())
}

fn reached(one: &Judged<'_>) -> Vec<u16> {
    let established = attempts(one).filter(|dial| dial.outcome.is_ok());
    established.map(|dial| dial.peer.port()).collect()
}

fn missed(one: &Judged<'_>) -> Vec<u16> {
    let blocked = attempts(one).filter(|dial| matches!(answer(dial), Answer::Blocked(_)));
    blocked.map(|dial| dial.peer.port()).collect()
}

/// Data connections that work in plain sessions and in no encrypted one are opened by a helper, which reads the
/// commands (facts of `nf_conntrack_ftp`; ftp-proxy(8) does the same).
fn helper_only(judged: &mut [Judged<'_>], readable: usize, encrypted: usize) {
    let open = reached(&judged[readable]);
    let shut = missed(&judged[encrypted]);
    let replaced = [Kind::RangeFiltered, Kind::RangeRejectedAdmin, Kind::RejectOrDead];
    if judged[readable].passive.opening == Verdict::Pass
        && missed(&judged[readable]).is_empty()
        && reached(&judged[encrypted]).is_empty()
        && not_by_chance(&open, &shut)
        && let Some(found) = judged[encrypted].withdraw(&replaced)
    {
        judged[encrypted].found.push(Found { kind: Kind::HelperOnly, ..found });
    }
    if judged[readable].active.opening == Verdict::Pass
        && let Some(found) = judged[encrypted].withdraw(&[Kind::ActiveBlocked])
    {
        judged[encrypted].found.push(Found { kind: Kind::HelperOnly, ..found });
    }
}

/// Whether these ports were reached and those missed for another reason than that only some ports of the range are
/// open: one that was missed has open ones on both sides, or is open in the other session, or there are too many for
/// chance.
fn not_by_chance(open: &[u16], shut: &[u16]) -> bool {
    let between = |port: &u16| open.iter().any(|one| one <= port) && open.iter().any(|one| one >= port);
    shut.iter().any(between) || (open.len() >= 3 && shut.len() >= 2)
}

/// A first SYN that a helper made RELATED and a rule for NEW dropped, and the second one, a second later, that is NEW
/// again: measured as 1.02 s against 6 ms. Where the rule rejects instead, plain sessions fail and encrypted ones work.
fn new_only(judged: &mut [Judged<'_>], readable: usize, encrypted: usize) {
    let quick: Vec<&Dial> = attempts(&judged[encrypted]).filter(|dial| dial.outcome.is_ok()).collect();
    if quick.is_empty() || quick.iter().any(|dial| is_stalled(dial)) {
        return;
    }
    let round_trip = judged[encrypted].visit.control.took;
    stalls(&mut judged[readable], Some(round_trip));
    let refused = [Kind::RejectOrDead, Kind::RangeRejectedAdmin];
    if judged[encrypted].passive.opening == Verdict::Pass
        && reached(&judged[readable]).is_empty()
        && let Some(found) = judged[readable].withdraw(&refused)
    {
        judged[readable].found.push(Found { kind: Kind::NewOnlyWithHelper, ..found });
    }
}

/// How long the first retransmission of a SYN is waited for (RFC 6298 §2), with room for the way there and back.
fn is_stalled(dial: &Dial) -> bool {
    (Duration::from_millis(900)..Duration::from_millis(1600)).contains(&dial.took)
}

/// Whether all passive connections of a session stall. One such connection is bad luck, unless another session shows
/// that there is a quick way (`quick`).
fn stalls(one: &mut Judged<'_>, quick: Option<Duration>) {
    let established: Vec<&Dial> = attempts(one).filter(|dial| dial.outcome.is_ok()).collect();
    let enough = if quick.is_some() { 1 } else { 2 };
    let control = one.visit.control.took < Duration::from_millis(500);
    let known = one.found.iter().any(|found| found.kind == Kind::NewOnlyWithHelper);
    if one.visit.session == Session::Tls || known || !control || established.len() < enough {
        return;
    }
    if established.iter().all(|dial| is_stalled(dial)) {
        let shown = super::dialled::evidence(established[0]);
        let ports = established.iter().map(|dial| dial.peer.port());
        one.found.push(Found::new(Kind::NewOnlyWithHelper, shown).at(ports));
    }
}

/// What one session met shut is a part of the range where the other met open ports beside shut ones.
fn partly(judged: &mut [Judged<'_>], readable: usize, encrypted: usize) {
    for (one, other) in [(readable, encrypted), (encrypted, readable)] {
        let part = judged[other].found.iter().any(|found| found.kind == Kind::RangePartlyFiltered);
        if part && let Some(found) = judged[one].withdraw(&[Kind::RangeFiltered, Kind::RangeRejectedAdmin]) {
            judged[one].found.push(Found { kind: Kind::RangePartlyFiltered, ..found });
        }
    }
}

/// Silence in one session says nothing where the other saw ICMP errors: the kernel sends only so many a second.
fn limited(judged: &mut [Judged<'_>], readable: usize, encrypted: usize) {
    for (silent, other) in [(readable, encrypted), (encrypted, readable)] {
        let rejected = judged[other].passive.opening == Verdict::Blocked(Some(Cause::Rejected));
        let dropped = judged[silent].passive.opening == Verdict::Blocked(Some(Cause::Dropped));
        if rejected
            && dropped
            && let Some(found) = judged[silent].withdraw(&[Kind::RangeFiltered])
        {
            judged[silent].passive.opening = Verdict::Blocked(Some(Cause::Rejected));
            judged[silent].found.push(Found { kind: Kind::RejectRateLimited, ..found });
        }
    }
}

/// Whether any session reached a passive port in this family.
fn is_reached(judged: &[Judged<'_>], family: Family) -> bool {
    judged.iter().filter(|one| one.family() == family).any(|one| !reached(one).is_empty())
}

/// What works in one family and is blocked in the other.
fn gaps(judged: &[Judged<'_>]) -> Vec<Conclusion> {
    let mut gaps: Vec<Conclusion> = Vec::new();
    for one in judged {
        let others = judged
            .iter()
            .filter(|other| other.family() != one.family() && other.visit.session == one.visit.session);
        for other in others {
            let lacking = |flow: FlowId| {
                let of = |one: &Judged<'_>| match flow {
                    FlowId::A1 | FlowId::P1 => one.control.opening,
                    _ => one.data(flow.mode()).opening,
                };
                let blocked = of(one) == Verdict::Pass && matches!(of(other), Verdict::Blocked(_));
                // A range that is open in part is so by port, not by family.
                blocked && (flow != FlowId::P3 || !is_reached(judged, other.family()))
            };
            let flows: Vec<FlowId> = [FlowId::A1, FlowId::P1, FlowId::A3, FlowId::P3]
                .into_iter()
                .filter(|&flow| lacking(flow))
                .collect();
            let Some(&first) = flows.first() else { continue };
            let shown = match first {
                FlowId::A1 | FlowId::P1 => Some(other.control.evidence.clone()),
                FlowId::A3 => other.data(Mode::Active).evidence.clone(),
                _ => other.data(Mode::Passive).evidence.clone(),
            };
            let found = Found::new(Kind::FamilyGap, shown.unwrap_or_else(Evidence::default)).stops(&flows);
            gaps.push(found.seen(Some(other.family()), Some(other.visit.session)));
        }
    }
    gaps
}
