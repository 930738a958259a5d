//! Reading rule sets for `pfctl -f`, and what `pfctl -s rules` prints.
//!
//! What `pfctl` expands to a rule for each element of its lists stays one rule here, whose conditions are sets: rules
//! that follow each other and differ in nothing else amount to their union, and a rule set does not explode.
//!
//! Not modelled, as it does not change which packets pass, or only beyond one firewall: queues, normalization,
//! routing options, logging, labels, what states are bound to.

mod address;
mod cursor;
mod draft;
mod filter;
mod gather;
mod lex;
mod names;
mod part;
mod place;
mod pool;
mod port;
mod statement;
mod table;
#[cfg(test)]
mod tests;
mod translation;

use super::Flavour;
use crate::dialect::reading::{Problem, ProblemKind, Reading};
use gather::{Event, Gather};
use statement::Interpreter;
use table::Tables;

/// How deep braces, parentheses, anchors and files may nest in each other.
const MAX_DEPTH: usize = 64;

/// Gives the text of a file by its path; `None` where it cannot be had.
pub type Files<'f> = &'f mut dyn FnMut(&str) -> Option<String>;

/// Reads the main rule set.
///
/// `files` is asked for the files that the text names. In the places of rules and problems the text has the number
/// 0, and the files that it includes or loads into anchors have those from 1 in the order in which they were given;
/// the files of tables, which hold no rules, are asked for after those.
pub fn read(text: &str, flavour: Flavour, files: Files<'_>) -> Reading {
    read_anchor(text, "", flavour, files)
}

/// Reads a rule set that is loaded into an anchor (`pfctl -a`), the tables being those of the anchor's path.
pub fn read_anchor(text: &str, anchor: &str, flavour: Flavour, files: Files<'_>) -> Reading {
    let mut gather = Gather::new(files);
    gather.text(text);
    let Gather { events, mut problems, files, .. } = gather;
    // Rules may come before the tables that they name.
    let mut tables = Tables::default();
    for event in &events {
        if let Event::Statement(statement) = event
            && let Err(problem) = tables.statement(statement, files)
        {
            problems.push(problem);
        }
    }
    let mut interpreter = Interpreter::new(flavour, &tables, anchor.trim_matches('/'));
    for event in events {
        interpreter.event(event);
    }
    let (ruleset, host, more) = interpreter.finish();
    problems.extend(more);
    problems.sort_by_key(|(origin, _)| (origin.text, origin.start));
    let problem = |(origin, problem)| Problem { origin, kind: ProblemKind::Pf(problem) };
    let problems = problems.into_iter().map(problem).collect();
    Reading { ruleset, host, problems }
}
