//! The texts that are read, and what is wrong with them.

use std::rc::Rc;

use super::lex::Token;
use super::problem::Problem;
use crate::dialect::reading;
use crate::ruleset::Origin;

/// One text.
pub(super) struct Source {
    /// The caller's number for it.
    pub(super) number: u32,
    pub(super) text: Rc<str>,
}

/// All that is wrong, in the order in which it is found.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<reading::Problem>,
}

impl Problems {
    pub(super) fn push(&mut self, origin: Origin, problem: Problem) {
        self.found.push(reading::Problem { origin, kind: reading::ProblemKind::Nftables(problem) });
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All problems in the order of the text, each once.
    pub(super) fn into_vec(mut self) -> Vec<reading::Problem> {
        self.found.sort_by_key(|problem| (problem.origin.text, problem.origin.start));
        self.found.dedup();
        self.found
    }
}

/// The text from the first token to the last, for a problem or rule. Where an included file ends in between, what
/// the first one's text has of it.
pub(super) fn span(sources: &[Source], first: Token, last: Token) -> Origin {
    let end = if first.source == last.source { last.end.max(first.end) } else { first.end };
    let text = sources.get(usize::from(first.source)).map_or(0, |source| source.number);
    Origin { text, line: first.line, start: first.start, end }
}
