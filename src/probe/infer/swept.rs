//! What a sweep at the same time takes from the conclusions.

use super::{Found, Judged};
use crate::probe::conclusion::{Cause, Kind, Verdict};
use crate::probe::sweep::Sweep;

/// Silence says nothing where a sweep met ICMP errors meanwhile: it may have used up those that there are.
pub(super) fn limit(judged: &mut [Judged<'_>], sweeps: &[Sweep]) {
    for one in judged {
        let rejected = sweeps.iter().any(|sweep| sweep.family == one.family() && sweep.is_rejected());
        if rejected
            && one.passive.opening == Verdict::Blocked(Some(Cause::Dropped))
            && let Some(found) = one.withdraw(&[Kind::RangeFiltered])
        {
            one.passive.opening = Verdict::Blocked(None);
            one.found.push(Found { kind: Kind::RejectRateLimited, ..found });
        }
    }
}
