//! Reading what iptables and ipset write, and what people write for them.

mod command;
mod extension;
mod log;
mod modelled;
mod names;
mod problem;
mod rule;
mod save;
mod script;
mod set;
mod tables;
mod target;
#[cfg(test)]
mod tests;
mod value;
mod word;

pub use problem::{Expected, Problem};
pub use set::{Sets, read_sets};

use self::log::Log;
use self::save::Save;
use self::tables::Tables;
use crate::dialect::reading::Reading;
use crate::packet::Family;
use crate::ruleset::{Host, Origin};

/// What there is to know about a text before reading it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Which of the texts that are read together it is.
    pub number: u32,
    /// The family of its rules, where the text does not name the program that loads them.
    pub family: Family,
    /// The table of its rules, where the text does not name it.
    pub table: &'a str,
    /// The sets that its rules may refer to.
    pub sets: &'a Sets,
}

/// Reads rules in any of the forms that there are for iptables: what `iptables-save` and `iptables -S` print,
/// what `iptables-restore` takes, and scripts of `iptables` commands.
#[must_use]
pub fn read(text: &str, input: Input<'_>) -> Reading {
    let mut log = Log::default();
    let mut tables = Tables::default();
    let mut host = Host::default();
    if is_script(text) {
        script::read(text, input, &mut tables, &mut host, &mut log);
    } else {
        let start = Origin { text: input.number, line: 1, start: 0, end: 0 };
        Save::new(input, input.family, &mut tables, &mut log).read(text, start);
    }
    let ruleset = tables.finish(&mut log);
    Reading { ruleset, host, problems: log.into_problems() }
}

/// Whether `text` is a script of commands, rather than a rule set in itself: its first line that tells.
fn is_script(text: &str) -> bool {
    text.starts_with("#!")
        || text
            .lines()
            .map(str::trim_start)
            .find_map(|line| match line.as_bytes() {
                [] | [b'#', ..] => None,
                [b'*' | b':' | b'-', ..] => Some(false),
                [b'[', digit, ..] if digit.is_ascii_digit() => Some(false),
                _ => {
                    let mut words = line.split_whitespace();
                    let program =
                        |word: &str| word.rsplit('/').next().is_some_and(|name| name.contains("tables"));
                    // After its prompt, the command that printed what follows.
                    let prints = line.contains("-save") || line.contains(" -S") || line.contains(" -L");
                    if words.any(program) {
                        (!prints).then_some(true)
                    } else {
                        line.contains('=').then_some(true)
                    }
                }
            })
            .unwrap_or(false)
}

/// The options before the names of chains and interfaces.
const NAMING: [&str; 12] =
    ["-A", "-I", "-N", "-P", "-j", "-g", "-i", "-o", "--in-interface", "--out-interface", "--jump", "--goto"];

/// The family that `text` is for, where something in it occurs in one only: the name of the program, an address,
/// an ICMP type.
#[must_use]
pub fn family_of(text: &str) -> Option<Family> {
    for line in text.lines() {
        let words = line.split([' ', '\t', '"', ',', '=', '/', '!']).filter(|word| !word.is_empty());
        let mut before = "";
        for word in words {
            // A chain or an interface may be called like an address.
            let named = line.starts_with(':') || NAMING.contains(&std::mem::replace(&mut before, word));
            if word.starts_with("ip6tables")
                || matches!(word, "ipv6-icmp" | "icmpv6" | "icmp6" | "--icmpv6-type")
            {
                return Some(Family::Ipv6);
            }
            let program = word.starts_with("iptables") && line.starts_with('#');
            if program || matches!(word, "icmp" | "--icmp-type") {
                return Some(Family::Ipv4);
            }
            if !named && word.contains(['.', ':']) {
                if word.parse::<std::net::Ipv4Addr>().is_ok() {
                    return Some(Family::Ipv4);
                }
                if word.parse::<std::net::Ipv6Addr>().is_ok() {
                    return Some(Family::Ipv6);
                }
            }
        }
    }
    None
}
