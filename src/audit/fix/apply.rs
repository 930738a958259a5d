//! Changing a rule set in memory.

use super::Edit;
use crate::audit::Sample;
use crate::ruleset::trace::{Tracer, Verdict};
use crate::ruleset::{Action, Chain, Match, Rule, Ruleset};

/// The rule set that `edits` make of `ruleset`.
pub(super) fn applied(ruleset: &Ruleset, edits: &[Edit]) -> Ruleset {
    changed(ruleset, edits, |_| true)
}

/// Whether a packet goes through the rule set that `edits` make of `ruleset`. Of a long list, rules for other sources are
/// not even copied.
pub(super) fn passes(ruleset: &Ruleset, edits: &[Edit], sample: &Sample) -> bool {
    let rules = || ruleset.chains.iter().flat_map(|chain| &chain.rules);
    let keeps_source = !rules().flat_map(|rule| &rule.actions).any(|action| {
        matches!(action, Action::SourceNat { .. } | Action::Translate(_) | Action::MoveNetwork { .. })
    });
    let source = sample.packet.source.into();
    let is_met = |rule: &Rule| {
        !keeps_source
            || !rule.matches.iter().any(|one| matches!(one, Match::Source(set) if !set.contains(&source)))
    };
    let changed = changed(ruleset, edits, is_met);
    Tracer::new(&changed).trace(&sample.packet, sample.path).verdict == Verdict::Accept
}

/// The rule set that `edits` make of those rules that are kept.
fn changed(ruleset: &Ruleset, edits: &[Edit], is_kept: impl Fn(&Rule) -> bool) -> Ruleset {
    let chains = ruleset.chains.iter().enumerate().map(|(index, chain)| {
        let own: Vec<&Edit> = edits.iter().filter(|edit| edit.chain() == Some(index)).collect();
        let inserted = |place: Option<usize>| {
            own.iter().filter_map(move |edit| match edit {
                Edit::Insert { before, rule, .. } if *before == place => Some(rule.rule.clone()),
                _ => None,
            })
        };
        let mut rules = Vec::new();
        for (place, rule) in chain.rules.iter().enumerate() {
            rules.extend(inserted(Some(place)));
            let change = own.iter().find_map(|edit| match edit {
                Edit::Replace { at, by } if at.rule == place => Some(by),
                _ => None,
            });
            match change {
                Some(by) => rules.extend(by.iter().map(|one| one.rule.clone())),
                None if is_kept(rule) => rules.push(rule.clone()),
                None => {}
            }
        }
        rules.extend(inserted(None));
        Chain { table: chain.table.clone(), name: chain.name.clone(), base: chain.base, rules }
    });
    let mut changed = Ruleset {
        skipped_interfaces: ruleset.skipped_interfaces.clone(),
        helper_objects: ruleset.helper_objects.clone(),
        chains: chains.collect(),
    };
    for edit in edits {
        if let Edit::Add { part, .. } = edit {
            changed.helper_objects.extend(part.helper_objects.iter().cloned());
            changed.chains.extend(part.chains.iter().cloned());
        }
    }
    changed
}
