//! Tables of addresses.

use std::cell::Cell;
use std::collections::HashMap;

use ipnet::IpNet;

use super::super::{Expected, Problem};
use super::address::{Host, address, host, table_name};
use super::cursor::{Cursor, Fault};
use super::gather::Statement;
use super::lex::{Kind, Span, Token};
use crate::packet::AddressSet;
use crate::ruleset::Origin;

/// How many networks out of tables all rules together may have. Each rule has a copy.
const COPIES: usize = 4_000_000;

/// How many bytes the files of tables may have in all.
const MAX_BYTES: usize = 32 << 20;

/// What the tables hold, by name. Not in it is a table that other programs fill, or that holds names.
#[derive(Debug)]
pub(super) struct Tables {
    known: HashMap<String, Option<AddressSet>>,
    /// How many networks rules may still take.
    copies: Cell<usize>,
    /// How many bytes of files were read.
    bytes: usize,
}

impl Default for Tables {
    fn default() -> Self {
        Self { known: HashMap::new(), copies: Cell::new(COPIES), bytes: 0 }
    }
}

/// An entry: a network, and whether it is excluded from a larger one.
type Entry = (IpNet, bool);

impl Tables {
    /// What a table holds, as far as the text says, for a rule to copy.
    ///
    /// # Errors
    ///
    /// Where rules have too much of tables already.
    pub(super) fn get(&self, name: &str) -> Result<Option<&AddressSet>, Problem> {
        let Some(Some(set)) = self.known.get(name) else { return Ok(None) };
        let left = self.copies.get().checked_sub(set.nets().len()).ok_or(Problem::TooManyAddresses)?;
        self.copies.set(left);
        Ok(Some(set))
    }

    /// Declares the table that a statement is about, if it is about one.
    pub(super) fn statement(
        &mut self,
        statement: &Statement,
        files: &mut dyn FnMut(&str) -> Option<String>,
    ) -> Result<(), (Origin, Problem)> {
        let mut cursor = Cursor::new(&statement.tokens);
        if !cursor.eat_word("table") {
            return Ok(());
        }
        self.declare(&mut cursor, files).map_err(|(span, problem)| (span.origin(statement.text), problem))
    }

    /// Whether a file can be read beside those that were.
    fn has_room_for(&mut self, text: &str) -> bool {
        self.bytes = self.bytes.saturating_add(text.len());
        self.bytes <= MAX_BYTES
    }

    /// `table <name> persist const counters file "path" { entries }`
    fn declare(
        &mut self,
        cursor: &mut Cursor<'_>,
        files: &mut dyn FnMut(&str) -> Option<String>,
    ) -> Result<(), Fault> {
        cursor.sign("<")?;
        let name = table_name(cursor)?;
        let mut entries: Vec<Entry> = Vec::new();
        // Without a list or a file it is filled by somebody else.
        let mut stated = false;
        let mut complete = true;
        let mut missing = None;
        while let Some(token) = cursor.peek() {
            if token.is_sign("{") {
                stated = true;
                cursor.list(|cursor| {
                    let not = cursor.eat_sign("!");
                    match host(cursor)? {
                        Host::Nets(nets) => entries.extend(nets.into_iter().map(|net| (net, not))),
                        _ => complete = false,
                    }
                    Ok(())
                })?;
            } else if cursor.eat_word("file") {
                stated = true;
                let path = cursor.text(Expected::Path)?;
                match files(path.text()).filter(|text| self.has_room_for(text)) {
                    Some(text) => complete &= file_entries(&text, &mut entries),
                    None => missing = Some((path.span, path.text().to_owned())),
                }
            } else if !["persist", "const", "counters"].iter().any(|word| cursor.eat_word(word)) {
                return Err(cursor.fault(Expected::Word("{")));
            }
        }
        let is_known = stated && complete && missing.is_none();
        let set = is_known.then(|| contents(entries));
        // Anchors have tables of their own; two of a name are told apart by nobody here.
        self.known.entry(name).and_modify(|set| *set = None).or_insert(set);
        missing.map_or(Ok(()), |(span, path)| Err((span, Problem::MissingFile { path })))
    }
}

/// The entries of a table's file: words, with comments after `#` or `;`. Whether all are addresses.
fn file_entries(text: &str, entries: &mut Vec<Entry>) -> bool {
    let mut complete = true;
    for line in text.lines() {
        let line = line.split(['#', ';']).next().unwrap_or_default();
        // The mark of an exclusion may stand apart.
        let mut not = false;
        for word in line.split_whitespace() {
            let stripped = word.trim_start_matches('!');
            not |= stripped.len() < word.len();
            if stripped.is_empty() {
                continue;
            }
            match word_entry(stripped) {
                Some(net) => entries.push((net, not)),
                None => complete = false,
            }
            not = false;
        }
    }
    complete
}

fn word_entry(word: &str) -> Option<IpNet> {
    let (text, length) = match word.split_once('/') {
        Some((text, length)) => (text, Some(length)),
        None => (word, None),
    };
    let token = |kind| Token { kind, span: Span { start: 0, end: 0, line: 1 } };
    let mut tokens = vec![token(Kind::Word(text.to_owned()))];
    if let Some(length) = length {
        tokens.extend([token(Kind::Sign("/")), token(Kind::Word(length.to_owned()))]);
    }
    let mut cursor = Cursor::new(&tokens);
    let first = cursor.next()?;
    match address(&mut cursor, first) {
        Ok(Host::Nets(nets)) => match nets.as_slice() {
            [one] => Some(*one),
            _ => None,
        },
        _ => None,
    }
}

/// The addresses whose longest entry is not an exclusion.
fn contents(mut entries: Vec<Entry>) -> AddressSet {
    for (net, _) in &mut entries {
        *net = net.trunc();
    }
    // An outer network comes right before those within. Of two entries for one, the first counts.
    entries.sort_by_key(|&(net, _)| (net.addr(), net.prefix_len()));
    entries.dedup_by_key(|&mut (net, _)| net);
    let mut nets = Vec::new();
    let mut rest = entries.as_slice();
    while let Some((&(net, _), _)) = rest.split_first() {
        let within = rest.partition_point(|(other, _)| net.contains(other));
        let (inner, after) = rest.split_at(within.max(1));
        carve(net, false, inner, &mut nets);
        rest = after;
    }
    nets.into_iter().collect()
}

/// Adds what of `net` is included, `entries` being those within, and `outer` what holds where none says.
fn carve(net: IpNet, outer: bool, entries: &[Entry], nets: &mut Vec<IpNet>) {
    let (own, inner) = match entries.split_first() {
        Some((&(first, not), inner)) if first == net => (!not, inner),
        _ => (outer, entries),
    };
    if inner.iter().all(|(_, not)| *not != own) {
        if own {
            nets.push(net);
        }
        return;
    }
    let Ok(halves) = net.subnets(net.prefix_len() + 1) else { return };
    let mut rest = inner;
    for half in halves {
        let within = rest.partition_point(|(other, _)| other.addr() <= half.broadcast());
        let (own_part, after) = rest.split_at(within);
        carve(half, own, own_part, nets);
        rest = after;
    }
}
