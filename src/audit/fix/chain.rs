//! Rules for a base chain: in the one that is there, or in one of their own.

use super::Edit;
use crate::dialect::Dialect;
use crate::ruleset::{Chain, HelperObject, Rule, Ruleset, System};

/// iptables: in front of what the built-in chain holds, or as its first rules.
pub(super) fn in_built_in(ruleset: &Ruleset, wanted: &Chain) -> Option<Vec<Edit>> {
    let is_meant = |chain: &Chain| chain.table == wanted.table && chain.name == wanted.name;
    match ruleset.chains.iter().position(|chain| is_meant(chain) && !chain.rules.is_empty()) {
        Some(chain) => at_first(ruleset, chain, wanted.rules.clone(), Dialect::Iptables),
        None => Some(vec![added(ruleset, wanted.clone(), Vec::new())?]),
    }
}

/// In front of what a chain holds that translates at the same hook, or in a chain of their own.
pub(super) fn in_translating(ruleset: &Ruleset, wanted: &Chain, dialect: Dialect) -> Option<Vec<Edit>> {
    let is_meant = |chain: &Chain| {
        (chain.table.system, chain.table.family) == (wanted.table.system, wanted.table.family)
            && !chain.rules.is_empty()
            && chain
                .base
                .zip(wanted.base)
                .is_some_and(|(own, base)| (own.hook, own.nat) == (base.hook, base.nat))
    };
    match ruleset.chains.iter().position(is_meant) {
        Some(chain) => at_first(ruleset, chain, wanted.rules.clone(), dialect),
        None => Some(vec![added(ruleset, wanted.clone(), Vec::new())?]),
    }
}

/// In front of the rules of a chain.
pub(super) fn at_first(
    ruleset: &Ruleset,
    chain: usize,
    rules: Vec<Rule>,
    dialect: Dialect,
) -> Option<Vec<Edit>> {
    rules.into_iter().map(|rule| Edit::insertion(ruleset, (chain, Some(0)), rule, dialect)).collect()
}

/// A chain of our own, in the text that has the others of its table's kind.
pub(super) fn added(ruleset: &Ruleset, chain: Chain, helper_objects: Vec<HelperObject>) -> Option<Edit> {
    let has_the_name = |known: &Chain| known.table == chain.table && known.name == chain.name;
    if chain.table.system == System::Nftables && ruleset.chains.iter().any(has_the_name) {
        return None;
    }
    let like = |known: &&Chain| {
        let (own, other) = (&chain.table, &known.table);
        own.system == other.system && (own.system == System::Nftables || own.family == other.family)
    };
    let rules = ruleset.chains.iter().filter(like).flat_map(|chain| &chain.rules);
    let text = rules.filter_map(|rule| rule.origin).map(|origin| origin.text).min()?;
    Some(Edit::Add {
        text: usize::try_from(text).ok()?,
        part: Ruleset { helper_objects, chains: vec![chain], ..Ruleset::default() },
    })
}
