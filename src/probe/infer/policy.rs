//! What the server's answers to requests that it should refuse say, and to many at once.

use super::{Found, code, evidence};
use crate::flow::FlowId;
use crate::probe::conclusion::{Evidence, Kind};
use crate::probe::observation::{Exchange, Policy, Visit};
use crate::probe::plan::Plan;

/// Judges the policy checks and the burst of `visit`.
pub(super) fn judge(plan: &Plan, visit: &Visit, found: &mut Vec<Found>) {
    let bounces: Vec<_> =
        visit.policies.iter().filter(|check| check.policy != Policy::PasvAfterEpsvAll).collect();
    // Servers that connect at once take the request and say that they could not: 425, or 421 after a while.
    let tried = |exchange: &Exchange| matches!(code(exchange), Some(421 | 425 | 426));
    let taken = bounces.iter().find(|check| check.exchange.is_positive() || tried(&check.exchange));
    let answered =
        |policy| bounces.iter().any(|check| check.policy == policy && check.exchange.reply.is_ok());
    if let Some(check) = taken {
        found.push(Found::new(Kind::BounceRisk, evidence(&check.exchange)));
    } else if answered(Policy::PrivilegedPort)
        && answered(Policy::ForeignAddress)
        && let Some(check) = bounces.last()
    {
        found.push(Found::new(Kind::BounceSafe, evidence(&check.exchange)));
    }
    let ignored = visit
        .policies
        .iter()
        .find(|check| check.policy == Policy::PasvAfterEpsvAll && check.exchange.is_positive());
    if let Some(check) = ignored {
        found.push(Found::new(Kind::EpsvAllIgnored, evidence(&check.exchange)));
    }
    if let Some(burst) = &visit.burst {
        let declared = |port: &u16| plan.passive_ports.is_none_or(|range| range.contains(*port));
        let outside: Vec<u16> = burst.ports.iter().copied().filter(|port| !declared(port)).collect();
        let refusal = burst.refusals.first();
        if refusal.is_some() || !outside.is_empty() {
            let shown = refusal.map_or_else(Evidence::default, evidence);
            found.push(Found::new(Kind::RangeTooSmall, shown).stops(&[FlowId::P3]).at(outside));
        }
    }
}
