//! What `iptables-save` writes, what `iptables-restore` reads, and what `iptables -S` lists.

use super::Input;
use super::log::Log;
use super::problem::Problem;
use super::rule::{self, Argument};
use super::tables::Tables;
use super::word::{Word, divide, offset, part};
use crate::packet::Family;
use crate::ruleset::{Action, Match, Origin, Policy};

/// The lines of a rule set, and the state between them.
pub(super) struct Save<'a, 't> {
    input: Input<'a>,
    tables: &'a mut Tables,
    log: &'a mut Log,
    family: Family,
    /// The table that the lines are for.
    table: Option<usize>,
    /// Its name, if its lines have to end in `COMMIT`.
    open: Option<(String, Origin)>,
    words: Vec<Word<'t>>,
    /// Whether tables keep what is in them (`iptables-restore --noflush`).
    keeps: bool,
}

impl<'a, 't> Save<'a, 't> {
    pub(super) fn new(input: Input<'a>, family: Family, tables: &'a mut Tables, log: &'a mut Log) -> Self {
        Self { input, tables, log, family, table: None, open: None, words: Vec::new(), keeps: false }
    }

    /// Has tables keep what is in them: only chains that are declared are emptied.
    pub(super) fn keeping(self, keeps: bool) -> Self {
        Self { keeps, ..self }
    }

    /// Reads lines, the first of which begins at `origin`.
    pub(super) fn read(&mut self, text: &'t str, origin: Origin) {
        // Some editors mark UTF-8 so.
        let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut number = origin.line;
        while at < text.len() {
            let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
            let line = &text[at..end];
            let trimmed = line.trim_end_matches(is_blank);
            let start = at + trimmed.len() - trimmed.trim_start_matches(is_blank).len();
            let place = Origin {
                line: number,
                start: origin.start + offset(start),
                end: origin.start + offset(at + trimmed.len()),
                ..origin
            };
            self.line(&text[start.min(at + trimmed.len())..at + trimmed.len()], place);
            at = end + 1;
            number = number.saturating_add(1);
        }
        self.close();
    }

    fn line(&mut self, line: &'t str, origin: Origin) {
        match line.as_bytes() {
            [] => {}
            [b'#', ..] => self.note(line),
            [b'*', ..] => self.begin(&line[1..], origin),
            [b':', ..] => self.chain(line, origin),
            [b'[', digit, ..] if digit.is_ascii_digit() => match line.split_once(']') {
                Some((_, rest)) => {
                    let rule = rest.trim_start_matches(is_blank);
                    self.rule(rule, part(origin, line.len() - rule.len(), line.len()));
                }
                None => self.log.report(origin, Problem::Line(line.to_owned())),
            },
            [b'-', ..] => self.rule(line, origin),
            _ if line == "COMMIT" => {
                self.open = None;
                self.table = None;
            }
            _ => self.other(line, origin),
        }
    }

    /// A comment. The one that names the program says which family follows, where dumps are joined.
    fn note(&mut self, line: &str) {
        if line.contains("enerated by ip6tables") {
            self.family = Family::Ipv6;
        } else if line.contains("enerated by iptables") {
            self.family = Family::Ipv4;
        }
    }

    /// A line of no form: a prompt with the command that printed what follows, or something else.
    fn other(&mut self, line: &str, origin: Origin) {
        let program = line.split_whitespace().rev().find(|word| !word.starts_with('-')).unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default();
        if program.starts_with("ip6tables") {
            self.family = Family::Ipv6;
        } else if program.starts_with("iptables") {
            self.family = Family::Ipv4;
        } else if !is_prompt(line) {
            self.log.report(origin, Problem::Line(line.to_owned()));
        }
    }

    fn begin(&mut self, name: &str, origin: Origin) {
        self.close();
        let table = self.tables.table(self.family, Argument { text: name, origin, known: true }, self.log);
        if !self.keeps && self.tables.replace(table) {
            self.log.report(origin, Problem::TableAgain(name.to_owned()));
        }
        self.table = Some(table);
        self.open = Some((name.to_owned(), origin));
    }

    /// Ends a table. Only a new one or the end of the text ends it without `COMMIT`.
    fn close(&mut self) {
        if let Some((name, origin)) = self.open.take() {
            self.log.report(origin, Problem::NoCommit(name));
        }
        self.table = None;
    }

    /// The table of this line: `filter`, where none has begun.
    fn current(&mut self, origin: Origin) -> usize {
        if let Some(table) = self.table {
            return table;
        }
        let name = Argument { text: self.input.table, origin, known: true };
        let table = self.tables.table(self.family, name, self.log);
        self.table = Some(table);
        table
    }

    /// `:CHAIN POLICY [packets:bytes]`.
    fn chain(&mut self, line: &str, origin: Origin) {
        let table = self.current(origin);
        let mut words = line[1..].split(is_blank).filter(|word| !word.is_empty());
        let Some(name) = words.next() else {
            self.log.report(origin, Problem::Line(line.to_owned()));
            return;
        };
        let policy = match words.next() {
            Some("ACCEPT") => Some(Policy::Accept),
            Some("DROP") => Some(Policy::Drop),
            Some("-") | None => None,
            Some(other) => {
                self.log.report(origin, Problem::Policy(other.to_owned()));
                None
            }
        };
        self.tables.declare(table, name, policy);
    }

    fn rule(&mut self, line: &'t str, origin: Origin) {
        let mut words = std::mem::take(&mut self.words);
        words.clear();
        let unclosed = divide(line, origin, &mut words).err();
        let mut command = rule::command(&words, self.family, self.input.sets, self.log);
        if let Some(quote) = unclosed {
            // Where the rule ends is not known, nor so what it says.
            self.log.report(quote, Problem::Quote);
            command.rule.require([Match::Opaque(line.to_owned())]);
            command.rule.actions = [Action::Unknown(line.to_owned())].into();
        }
        if command.only.is_none_or(|only| only == self.family) {
            let table = match command.table {
                Some(named) => self.tables.table(self.family, named, self.log),
                None => self.current(origin),
            };
            if self.tables.is_exhausted() {
                self.log.report(origin, Problem::TooManyChanges);
            } else {
                self.tables.apply(table, command, origin, self.log);
            }
        }
        self.words = words;
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r')
}

/// Whether a line is what a shell shows before a command, with a command or without.
fn is_prompt(line: &str) -> bool {
    let prompt = |sign: char| {
        line.split_once(sign).is_some_and(|(before, after)| {
            (after.is_empty() || after.starts_with(' '))
                && (before.is_empty() || before.contains('@') || before.ends_with(['~', ' ']))
        })
    };
    prompt('#') || prompt('$')
}
