//! Reading rule sets for nft: text and JSON to a rule set and all that is wrong with it.
//!
//! A text goes through four hands: [`lex`] cuts it into tokens, [`text`] reads commands and blocks into [`tables`],
//! as the kernel would after each command, and [`lower`] says what the rules that are left mean. JSON comes in by
//! [`json`] in place of the first two.

mod json;
mod lex;
mod lower;
mod problem;
mod source;
mod syntax;
mod tables;
#[cfg(test)]
mod tests;
mod text;

pub use problem::{Expected, Problem};

use crate::dialect::reading::Reading;
use crate::ruleset::Origin;
use source::Problems;
use tables::Tables;

/// A file that `include` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// The number by which origins name it.
    pub number: u32,
    /// What it holds.
    pub text: String,
}

/// Finds the files that an `include` names, which may be a pattern: those that match it, in order. `None` if a name that is
/// no pattern names no file.
pub type Include<'a> = dyn FnMut(&str) -> Option<Vec<Included>> + 'a;

/// Reads a text as `nft -f` takes it and `nft list ruleset` prints it, as if loaded into an empty kernel.
///
/// `number` is the one by which origins name this text.
#[must_use]
pub fn read(text: &str, number: u32, include: &mut Include<'_>) -> Reading {
    let mut problems = Problems::default();
    let tables = tables(text, number, include, &mut problems);
    let ruleset = lower::lower(tables, &mut problems);
    Reading { ruleset, problems: problems.into_vec(), ..Reading::default() }
}

/// The tables as the text leaves them.
fn tables(text: &str, number: u32, include: &mut Include<'_>, problems: &mut Problems) -> Tables {
    let (sources, tokens) = lex::lex(text, number, include, problems);
    for source in &sources {
        note_iptables(&source.text, source.number, problems);
    }
    let mut tables = Tables::default();
    text::Cursor::new(&sources, &tokens, problems).run(&mut tables);
    tables
}

/// Reads what `nft -j list ruleset` prints, and the JSON that `nft -j -f` takes.
///
/// `number` is the one by which origins name this text.
#[must_use]
pub fn read_json(text: &str, number: u32) -> Reading {
    let mut problems = Problems::default();
    let mut tables = Tables::default();
    json::run(text, number, &mut tables, &mut problems);
    let ruleset = lower::lower(tables, &mut problems);
    Reading { ruleset, problems: problems.into_vec(), ..Reading::default() }
}

/// Notes the tables that nft says are those of iptables.
fn note_iptables(text: &str, number: u32, problems: &mut Problems) {
    const NOTE: &str = "managed by iptables-nft";
    let (mut line, mut counted) = (1, 0);
    for (at, found) in text.match_indices(NOTE) {
        let lines = text.get(counted..at).unwrap_or_default().matches('\n').count();
        line += u32::try_from(lines).unwrap_or(u32::MAX);
        counted = at;
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let origin = Origin { text: number, line, start: place(at), end: place(at + found.len()) };
        problems.push(origin, Problem::ManagedByIptables);
    }
}
