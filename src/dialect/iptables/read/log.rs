//! The problems of a text, as they are found.

use super::problem;
use crate::dialect::reading::{Problem, ProblemKind};
use crate::ruleset::Origin;

/// How many problems are kept. Nobody reads more, and hostile text has one for each of its bytes.
const LIMIT: usize = 100_000;

/// Collects the problems of a text.
#[derive(Debug, Default)]
pub(super) struct Log {
    problems: Vec<Problem>,
}

impl Log {
    /// Notes a problem.
    pub(super) fn report(&mut self, origin: Origin, problem: problem::Problem) {
        if self.problems.len() < LIMIT {
            self.problems.push(Problem { origin, kind: ProblemKind::Iptables(problem) });
        }
    }

    /// The problems in the order of the text, each once: a loop meets the same one in each round.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.origin.start);
        self.problems.dedup();
        self.problems
    }
}
