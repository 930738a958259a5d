//! Changing a rule set in memory.

use std::mem::take;

use super::Edit;
use crate::ruleset::Ruleset;

/// The rule set that `edits` make of `ruleset`.
pub(super) fn applied(ruleset: &Ruleset, edits: &[Edit]) -> Ruleset {
    let mut changed = ruleset.clone();
    for (index, chain) in changed.chains.iter_mut().enumerate() {
        let own: Vec<&Edit> = edits.iter().filter(|edit| edit.chain() == index).collect();
        if own.is_empty() {
            continue;
        }
        let inserted = |place: Option<usize>| {
            own.iter().filter_map(move |edit| match edit {
                Edit::Insert { before, rule, .. } if *before == place => Some(rule.rule.clone()),
                _ => None,
            })
        };
        let mut rules = Vec::with_capacity(chain.rules.len() + own.len());
        for (place, rule) in take(&mut chain.rules).into_iter().enumerate() {
            rules.extend(inserted(Some(place)));
            let change = own.iter().find_map(|edit| match edit {
                Edit::Replace { at, by } if at.rule == place => Some(by),
                _ => None,
            });
            match change {
                Some(by) => rules.extend(by.iter().map(|one| one.rule.clone())),
                None => rules.push(rule),
            }
        }
        rules.extend(inserted(None));
        chain.rules = rules;
    }
    changed
}
