//! ufw: its commands, and what `ufw status` prints (ufw(8)).

use super::{Frontend, Problem, command, ports, reading};
use crate::dialect::reading::Reading;

/// What a rule does.
const ACTIONS: [&str; 4] = ["allow", "deny", "reject", "limit"];

/// Reads commands of ufw, or what `ufw status` prints.
#[must_use]
pub fn read(text: &str, number: u32) -> Reading {
    let faults = text.lines().filter_map(arguments).filter_map(fault).collect();
    reading(text, number, Frontend::Ufw, faults)
}

/// Whether a text is what `ufw status` prints.
pub(super) fn is_listing(text: &str) -> bool {
    text.trim_start().starts_with("Status: ") && text.contains("Action")
}

/// The arguments of a command of ufw.
pub(super) fn arguments(line: &str) -> Option<&str> {
    command(line).filter(|(program, _)| *program == "ufw").map(|(_, arguments)| arguments)
}

/// What is wrong with the ports of a rule. In the short form they are the first argument, with the protocol behind them;
/// in the long one they come after `port`, and the protocol after `proto`.
fn fault(arguments: &str) -> Option<(&str, Problem)> {
    let words = arguments.split_whitespace().skip_while(|word| !ACTIONS.contains(word)).skip(1);
    let rest: Vec<&str> = words.take_while(|word| !word.starts_with('#') && *word != "comment").collect();
    let has_protocol = rest.contains(&"proto");
    let long = rest.windows(2).filter(|pair| pair[0] == "port").map(|pair| pair[1]);
    let is_short = !rest.contains(&"port") && !rest.contains(&"from") && !rest.contains(&"to");
    let short = rest
        .iter()
        .copied()
        .filter(|word| is_short && word.starts_with(|first: char| first.is_ascii_digit()));
    long.chain(short).find_map(|word| {
        let (named, protocol) = word.split_once('/').map_or((word, false), |(named, _)| (named, true));
        ports(Frontend::Ufw, named, ':', has_protocol || protocol).map(|problem| (word, problem))
    })
}
