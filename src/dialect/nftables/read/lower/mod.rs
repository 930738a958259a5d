//! From what the text says to what it means.

mod condition;
mod field;
mod mark;
mod names;
mod nat;
mod rule;
mod value;

use super::source::Problems;
use super::syntax::{RuleText, Statement};
use super::tables::{self, Tables};
use crate::ruleset::{Chain, HelperObject, Ruleset, System, Table};
use condition::{Limits, View};

/// The rule set that the tables amount to.
pub(super) fn lower(tables: Tables, problems: &mut Problems) -> Ruleset {
    let mut ruleset = Ruleset::default();
    let mut limits = Limits::new();
    let tables: Vec<(tables::Table, Vec<tables::Chain>)> = tables
        .into_tables()
        .map(|mut table| {
            let chains: Vec<tables::Chain> = table.take_chains().collect();
            (table, chains)
        })
        .collect();
    for rule in tables.iter().flat_map(|(_, chains)| chains).flat_map(|chain| &chain.rules) {
        note_marks(rule, &mut limits);
    }
    for (table, chains) in tables {
        lower_table(table, chains, &mut limits, problems, &mut ruleset);
    }
    ruleset
}

/// Notes whether a rule sets a mark to something that is not known.
fn note_marks(rule: &RuleText, limits: &mut Limits) {
    for (statement, _) in &rule.statements {
        match statement {
            Statement::SetMark(value) => limits.any_mark |= mark::assigned("meta mark", value).is_none(),
            Statement::SetConnMark(value) => {
                limits.any_conn_mark |= mark::assigned("ct mark", value).is_none();
            }
            _ => {}
        }
    }
}

fn lower_table(
    table: tables::Table,
    chains: Vec<tables::Chain>,
    limits: &mut Limits,
    problems: &mut Problems,
    ruleset: &mut Ruleset,
) {
    let (family, name) = table.key;
    let key = Table { system: System::Nftables, family, name };
    let statements = chains.iter().flat_map(|chain| &chain.rules).flat_map(|rule| &rule.statements);
    let updated = statements.filter_map(|(statement, _)| match statement {
        Statement::Update { set, .. } => Some(set.clone()),
        _ => None,
    });
    let view = View {
        family,
        updated: updated.collect(),
        sets: table.sets.into_iter().map(|(name, set)| (name, set.into_elements())).collect(),
        chains: chains.iter().map(|chain| chain.name.clone()).collect(),
    };
    for helper in table.helpers {
        ruleset.helper_objects.push(HelperObject {
            table: key.clone(),
            name: helper.name,
            helper: helper.kernel,
            family: helper.family,
        });
    }
    for chain in chains {
        // Each rule as it was written goes as its meaning comes, so that no more than one of them is kept twice.
        let mut rules = Vec::new();
        let mut continued = Vec::new();
        for text in chain.rules {
            let rule::Made { rules: made, continuations } = rule::rules(&text, &view, limits, problems);
            rules.extend(made);
            continued.extend(continuations);
        }
        // No packet enters a table that sleeps.
        let base = chain.base.filter(|_| !table.dormant);
        ruleset.chains.push(Chain { table: key.clone(), name: chain.name, base, rules });
        let chain = |(name, rules)| Chain { table: key.clone(), name, base: None, rules };
        ruleset.chains.extend(continued.into_iter().map(chain));
    }
}
