//! Programs that write rules themselves, firewalld and ufw: what such a text comes to is not evaluated, as the rules that
//! are loaded tell it, but the ports in it are checked.

mod firewalld;
mod problem;
#[cfg(test)]
mod tests;
mod ufw;

pub use self::firewalld::read as read_firewalld;
pub use self::problem::{Frontend, Problem};
pub use self::ufw::read as read_ufw;

use crate::dialect::Format;
use crate::dialect::reading::{self, ProblemKind, Reading};
use crate::ruleset::{
    Action, BaseChain, Chain, Hook, Origin, Policy, Rule, Ruleset, System, Table, TableFamily, priority,
};

/// The format of a text that is for such a program and for no other.
#[must_use]
pub(super) fn recognize(text: &str) -> Option<Format> {
    if firewalld::is_listing(text) || text.lines().any(|line| firewalld::arguments(line).is_some()) {
        return Some(Format::Firewalld);
    }
    (ufw::is_listing(text) || text.lines().any(|line| ufw::arguments(line).is_some())).then_some(Format::Ufw)
}

/// The program that a line of a script calls, without its folder, and the arguments.
fn command(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = line.strip_prefix("sudo ").unwrap_or(line).trim_start();
    let (command, arguments) = line.split_once(char::is_whitespace)?;
    Some((command.rsplit('/').next()?, arguments))
}

/// What is said of a text: first that it is not evaluated. Its rules stand for whatever the program makes of it.
fn reading(text: &str, number: u32, frontend: Frontend, faults: Vec<(&str, Problem)>) -> Reading {
    let whole = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let all = std::iter::once((whole, Problem::NotEvaluated(frontend))).chain(faults);
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    // Faults come in the order of the text, so that lines are counted once.
    let (mut counted, mut line) = (0, 1);
    let problem = |(part, problem): (&str, Problem)| {
        let at = place(text, part);
        line += offset(text.get(counted..at).unwrap_or_default().matches('\n').count());
        counted = counted.max(at);
        let origin = Origin { text: number, line, start: offset(at), end: offset(at + part.len()) };
        reading::Problem { origin, kind: ProblemKind::Frontend(problem) }
    };
    let problems: Vec<reading::Problem> = all.map(problem).collect();
    let ruleset = unknown(frontend, problems.first().map(|problem| problem.origin));
    Reading { ruleset, problems, ..Reading::default() }
}

/// Rules that nobody knows, for every packet.
fn unknown(frontend: Frontend, origin: Option<Origin>) -> Ruleset {
    let name = match frontend {
        Frontend::Firewalld => "firewalld",
        Frontend::Ufw => "ufw",
    };
    let table = Table { system: System::Nftables, family: TableFamily::Inet, name: name.to_owned() };
    let chain = |hook: Hook| Chain {
        table: table.clone(),
        name: hook.id().to_owned(),
        base: Some(BaseChain { hook, priority: priority::FILTER, nat: false, policy: Policy::Accept }),
        rules: vec![Rule {
            actions: [Action::Unknown(name.to_owned())].into(),
            quick: true,
            origin,
            ..Rule::default()
        }],
    };
    Ruleset { chains: [Hook::Input, Hook::Forward, Hook::Output].map(chain).to_vec(), ..Ruleset::default() }
}

/// Where a part of a text starts in it.
fn place(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// What is wrong with ports that `frontend` is told, `separator` being what it writes between the two of a range.
fn ports(frontend: Frontend, words: &str, separator: char, has_protocol: bool) -> Option<Problem> {
    let is_range = |one: &str| {
        let ends = one.split_once([':', '-']);
        ends.is_some_and(|(first, last)| first.parse::<u16>().is_ok() && last.parse::<u16>().is_ok())
    };
    let wrong = words.split(',').find(|one| is_range(one) && !one.contains(separator));
    if let Some(wrong) = wrong {
        return Some(Problem::Range { frontend, found: wrong.to_owned() });
    }
    let are_ports = words.split(',').all(|one| one.parse::<u16>().is_ok() || is_range(one));
    let needs_protocol = frontend == Frontend::Firewalld || words.contains([',', ':']);
    (are_ports && needs_protocol && !has_protocol).then_some(Problem::NoProtocol(frontend))
}
