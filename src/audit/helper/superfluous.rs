//! FTP045: a helper that the rules could do without.

use super::{Message, reading, verdict};
use crate::audit::context::Context;
use crate::audit::finding::{self, Finding};
use crate::audit::matrix::CellVerdict;
use crate::audit::{Place, RuleId};
use crate::ruleset::Direction;

/// FTP045: every data connection gets through as a new one too, those among them that come in by a static range.
pub(in crate::audit) fn superfluous(context: &Context<'_>) -> Vec<Finding> {
    let families = context.families();
    let helped = families.iter().all(|family| context.helped_by_rules.contains(family));
    // With translation, the helper also rewrites the addresses in commands and replies.
    if !helped || context.firewall().nat.is_some() {
        return Vec::new();
    }
    let open = families.iter().all(|&family| {
        context.data_flows(family).into_iter().all(|flow| {
            let open = |judged| verdict(judged, flow, family) == CellVerdict::Open;
            open(&context.if_new) && open(&context.if_expected)
        })
    });
    let comes_in = context.if_new.iter().any(|judged| {
        judged.crossing.opens() && judged.crossing.is_data() && judged.crossing.direction == Direction::In
    });
    if !open || !comes_in {
        return Vec::new();
    }
    let place = families.first().and_then(|&family| reading(context, family));
    let message = Message::Superfluous { proxy: context.firewall().dialect.is_pf() };
    let mut finding = context.finding(RuleId::FTP045, finding::Message::Helper(message));
    finding.places = place.map(Place::Rule).into_iter().collect();
    vec![finding]
}
