//! The decisions that may stand on a packet, by number.

use std::collections::{HashMap, HashSet};

use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Action, Hook, Rule, Ruleset};

/// The rule that decides so far, and the anchor with `quick` that the rules around it were entered by, if any:
/// evaluation ends behind that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Standing {
    pub(super) rule: RuleRef,
    pub(super) quick: Option<RuleRef>,
}

/// All of them, numbered from 1. No decision has the number 0.
#[derive(Debug, Default)]
pub(super) struct Standings {
    all: Vec<Standing>,
    numbers: HashMap<Standing, u32>,
}

impl Standings {
    pub(super) fn of(ruleset: &Ruleset) -> Self {
        let mut standings = Self::default();
        let mut open: Vec<(usize, Option<RuleRef>)> = Vec::new();
        for (index, chain) in ruleset.chains.iter().enumerate() {
            if chain.base.is_some_and(|base| base.hook == Hook::PfFilter) {
                open.push((index, None));
            }
            for (position, rule) in chain.rules.iter().enumerate() {
                if rule.actions.contains(&Action::SkipFilter) {
                    standings.push(Standing { rule: RuleRef { chain: index, rule: position }, quick: None });
                }
            }
        }
        let mut entered: HashSet<(usize, Option<RuleRef>)> = HashSet::new();
        while let Some((chain, quick)) = open.pop() {
            if !entered.insert((chain, quick)) {
                continue;
            }
            for (position, rule) in ruleset.chains[chain].rules.iter().enumerate() {
                let place = RuleRef { chain, rule: position };
                if decides(rule) {
                    standings.push(Standing { rule: place, quick });
                }
                if let [Action::Anchor(path)] = &*rule.actions {
                    let quick = if rule.quick { Some(place) } else { quick };
                    open.extend(anchored(ruleset, path, chain).map(|inner| (inner, quick)));
                }
            }
        }
        standings
    }

    fn push(&mut self, standing: Standing) {
        if let Ok(number) = u32::try_from(self.all.len() + 1)
            && self.numbers.insert(standing, number).is_none()
        {
            self.all.push(standing);
        }
    }

    /// Each with its number, the last first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Standing)> {
        self.all.iter().rev().map(|standing| (self.number(*standing), *standing))
    }

    /// The number of one of them.
    pub(super) fn number(&self, standing: Standing) -> u32 {
        self.numbers.get(&standing).copied().unwrap_or_default()
    }
}

/// Whether a filter rule says what becomes of a packet. What fills an anchor elsewhere may.
pub(super) fn decides(rule: &Rule) -> bool {
    let decides = |action: &Action| {
        matches!(
            action,
            Action::Accept | Action::Drop | Action::Reject | Action::Unknown(_) | Action::Anchor(_)
        )
    };
    rule.actions.iter().any(decides)
}

/// The chains of an anchor that go with the chain `from`.
pub(super) fn anchored(ruleset: &Ruleset, path: &str, from: usize) -> impl Iterator<Item = usize> {
    let chains = &ruleset.chains;
    let belongs = move |&index: &usize| {
        chains[index].table.is_in_anchor(path) && chains[index].name == chains[from].name
    };
    (0..chains.len()).filter(belongs)
}
