//! What stands beside rule sets and decides with them: sysctls and kernel modules.

mod modprobe;
mod problem;
mod sysctl;
#[cfg(test)]
mod tests;

pub use self::modprobe::read as read_modprobe;
pub(super) use self::modprobe::{command as modprobe_command, insmod_command};
pub use self::problem::Problem;
pub(super) use self::sysctl::assignment;
pub use self::sysctl::read as read_sysctl;

use std::iter;

use crate::dialect::reading::{self, ProblemKind, Reading};
use crate::ruleset::{Host, Origin};

/// The lines of a text that say something, each without its indentation, and where it stands. Where lines can be
/// `continued`, one that ends in a backslash goes on in the next.
fn lines(text: &str, number: u32, continued: bool) -> impl Iterator<Item = (&str, Origin)> {
    let (mut start, mut line) = (0, 1);
    let all = iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let ends = |at: &usize| !(continued && rest[..*at].trim_end_matches('\r').ends_with('\\'));
        let end = rest.match_indices('\n').map(|(at, _)| at).find(ends).map_or(rest.len(), |at| at + 1);
        let raw = &rest[..end];
        let said = raw.trim();
        let from = start + raw.len() - raw.trim_start().len();
        let origin = Origin { text: number, line, start: offset(from), end: offset(from + said.len()) };
        start += end;
        line += offset(raw.matches('\n').count());
        Some((said, origin))
    });
    all.filter(|(said, _)| !said.is_empty() && !said.starts_with(['#', ';']))
}

/// An offset in a text. Texts of more than 4 GiB have no exact positions.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What is known of a machine, and the lines that are not understood.
fn reading(host: Host, problems: Vec<(Origin, Problem)>) -> Reading {
    let problem = |(origin, problem)| reading::Problem { origin, kind: ProblemKind::Host(problem) };
    Reading { host, problems: problems.into_iter().map(problem).collect(), ..Reading::default() }
}
