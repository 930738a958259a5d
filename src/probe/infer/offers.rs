//! Whether the ports that the server offers are those that are declared.

use super::across::attempts;
use super::{Found, Judged};
use crate::audit::Session;
use crate::flow::Mode;
use crate::packet::Family;
use crate::probe::conclusion::{Conclusion, Evidence, Kind, Verdict};
use crate::probe::observation::{DataConnection, Transfer};
use crate::probe::plan::Plan;

/// The ports of one session, in the order in which they were offered.
fn offered(one: &Judged<'_>) -> Vec<u16> {
    let samples = one.visit.offers.iter().filter_map(|offer| offer.port);
    samples.chain(attempts(one).map(|dial| dial.peer.port())).collect()
}

/// Compares them per family, since a translation may touch one family only.
pub(super) fn judge(plan: &Plan, judged: &mut [Judged<'_>]) -> Vec<Conclusion> {
    let Some(range) = plan.passive_ports else { return Vec::new() };
    let mut conclusions = Vec::new();
    for family in plan.families() {
        let of = |session: Session| -> Vec<u16> {
            let sessions = judged.iter().filter(|one| one.family() == family && one.visit.session == session);
            sessions.flat_map(offered).collect()
        };
        let (readable, encrypted) = (of(Session::Plain), of(Session::Tls));
        let outside = |ports: &[u16]| -> Vec<u16> {
            ports.iter().copied().filter(|&port| !range.contains(port)).collect()
        };
        let (strange, strange_encrypted) = (outside(&readable), outside(&encrypted));
        let all: Vec<u16> = strange.iter().chain(&strange_encrypted).copied().collect();
        let Some(&first) = all.first() else { continue };
        let everything = |strange: &[u16], ports: &[u16]| !strange.is_empty() && strange.len() == ports.len();
        let rewritten =
            everything(&strange, &readable) && !encrypted.is_empty() && strange_encrypted.is_empty();
        let (kind, session) = if rewritten {
            (Kind::NatRewrite, Some(Session::Plain))
        } else if all.len() == readable.len() + encrypted.len() {
            (Kind::ConfigMismatch, None)
        } else {
            (Kind::RangeOverflow, None)
        };
        if rewritten {
            reached_by_rewriting(judged, family);
        }
        let found = Found::new(kind, shown(judged, family, first)).at(all);
        conclusions.push(found.seen(Some(family), session));
    }
    conclusions
}

/// A transfer through ports that the path has rewritten is one that works.
fn reached_by_rewriting(judged: &mut [Judged<'_>], family: Family) {
    for one in judged {
        let plain = one.family() == family && one.visit.session == Session::Plain;
        let passive = |transfer: &Transfer| transfer.method.mode() == Mode::Passive && transfer.succeeded();
        if plain && one.passive.opening == Verdict::Inconclusive && one.visit.transfers.iter().any(passive) {
            one.passive.opening = Verdict::Pass;
            one.passive.answering = Verdict::Pass;
        }
    }
}

/// The reply that named `port`.
fn shown(judged: &[Judged<'_>], family: Family, port: u16) -> Evidence {
    let visits = || judged.iter().filter(|one| one.family() == family).map(|one| one.visit);
    let sample = visits().flat_map(|visit| &visit.offers).find(|offer| offer.port == Some(port));
    if let Some(offer) = sample {
        return super::evidence(&offer.exchange);
    }
    let transfers = visits().flat_map(|visit| &visit.transfers);
    let of_transfer = |transfer: &&Transfer| match &transfer.data {
        Some(DataConnection::Dialled { attempts, .. }) => {
            attempts.iter().any(|dial| dial.peer.port() == port)
        }
        _ => false,
    };
    transfers
        .into_iter()
        .find(of_transfer)
        .map(|transfer| super::evidence(&transfer.request))
        .unwrap_or_default()
}
