//! Which chains run when, and which chain a jump means.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{BaseChain, Chain, Hook, Ruleset, Table};

/// The chains of a rule set, found by where they are attached and by name.
#[derive(Debug)]
pub(super) struct Order<'a> {
    named: HashMap<(&'a Table, &'a str), usize>,
    /// By priority.
    bases: Vec<(usize, BaseChain)>,
}

impl<'a> Order<'a> {
    pub(super) fn of(ruleset: &'a Ruleset) -> Self {
        let chains = ruleset.chains.iter().enumerate();
        let named = |(index, chain): (usize, &'a Chain)| ((&chain.table, chain.name.as_str()), index);
        let base = |(index, chain): (usize, &Chain)| Some((index, chain.base?));
        let mut bases: Vec<(usize, BaseChain)> = chains.clone().filter_map(base).collect();
        // Stable: pf has one priority, and its rules run in the order of the text. netfilter runs the youngest chain of
        // a priority first (`nf_hook_entries_grow`).
        bases.sort_by_key(|&(index, base)| {
            let pf = matches!(base.hook, Hook::PfFilter | Hook::PfNat | Hook::PfRdr);
            (base.priority, if pf { None } else { Some(Reverse(index)) })
        });
        Self { named: chains.map(named).collect(), bases }
    }

    /// The base chains at `hook`, in the order that they run.
    pub(super) fn at(&self, hook: Hook) -> impl DoubleEndedIterator<Item = (usize, BaseChain)> {
        self.bases.iter().copied().filter(move |(_, base)| base.hook == hook)
    }

    /// The chain that a jump to `name` from a chain of `table` enters.
    pub(super) fn target(&self, table: &'a Table, name: &'a str) -> Option<usize> {
        self.named.get(&(table, name)).copied()
    }
}
