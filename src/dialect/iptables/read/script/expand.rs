//! What the words of a script come to: quotes removed, variables put in.

use std::cell::Cell;
use std::collections::HashMap;

use super::token::part_end;
use crate::dialect::iptables::read::problem::Problem;
use crate::dialect::iptables::read::word::Word;
use crate::ruleset::Origin;

/// How long the value of a variable may be.
const LONGEST: usize = 1 << 16;

/// How many bytes the variables of a script may come to wherever they are used. A long value may be used often.
const EXPANSION: usize = 2 << 20;

/// The value of a variable.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) text: String,
    /// Whether that is all of it.
    pub(super) known: bool,
}

/// The variables of a script.
#[derive(Debug)]
pub(super) struct Variables {
    values: HashMap<String, Value>,
    /// How many bytes they may still come to.
    room: Cell<usize>,
}

impl Default for Variables {
    fn default() -> Self {
        Self { values: HashMap::new(), room: Cell::new(EXPANSION) }
    }
}

/// What a word came to that is not known, to be reported if the word is one of ours.
pub(super) type Unknowns = Vec<(Origin, Problem)>;

/// The most words that braces count up to.
const MOST_COUNTED: u32 = 1024;

/// A word on its way.
#[derive(Default)]
struct Field {
    text: String,
    unknown: bool,
    /// Whether there is one even if it is empty.
    present: bool,
}

impl Variables {
    pub(super) fn set(&mut self, name: &str, mut value: Value) {
        if value.text.len() > LONGEST {
            value = Value { text: format!("${name}"), known: false };
        }
        self.values.insert(name.to_owned(), value);
    }

    /// The words that `raw` comes to: none, one, or several where a variable without quotes has blanks.
    pub(super) fn expand(
        &self,
        raw: &str,
        origin: Origin,
        words: &mut Vec<Word<'_>>,
        unknowns: &mut Unknowns,
    ) {
        if let Some(alternatives) = braces(raw) {
            return alternatives.iter().for_each(|one| self.expand(one, origin, words, unknowns));
        }
        let mut push = |field: &mut Field| {
            let field = std::mem::take(field);
            if field.present || !field.text.is_empty() {
                words.push(Word { text: field.text.into(), origin, known: !field.unknown });
            }
        };
        let mut field = Field::default();
        self.parts(raw, false, &mut |part, quoted| match part {
            Part::Text(text) => {
                field.text.push_str(text);
                field.present |= quoted;
            }
            Part::Unknown(text, problem) => {
                field.text.push_str(text);
                field.unknown = true;
                unknowns.push((origin, problem));
            }
            Part::Value(value) if quoted => {
                field.text.push_str(value);
                field.present = true;
            }
            Part::Value(value) => {
                for (index, piece) in value.split([' ', '\t', '\n']).enumerate() {
                    if index > 0 {
                        push(&mut field);
                    }
                    field.text.push_str(piece);
                }
            }
        });
        push(&mut field);
    }

    /// The one value that `raw` comes to in an assignment.
    pub(super) fn value(&self, raw: &str) -> Value {
        let mut value = Value { text: String::new(), known: true };
        self.parts(raw, true, &mut |part, _| match part {
            Part::Text(text) | Part::Value(text) => value.text.push_str(text),
            Part::Unknown(text, _) => {
                value.text.push_str(text);
                value.known = false;
            }
        });
        value
    }

    fn parts<'a>(&'a self, raw: &'a str, joined: bool, take: &mut impl FnMut(Part<'a>, bool)) {
        let bytes = raw.as_bytes();
        let mut quoted = joined;
        let mut at = 0;
        let mut plain = 0;
        if raw.starts_with("''") || raw.starts_with("\"\"") {
            take(Part::Text(""), true);
        }
        while at < bytes.len() {
            let special = matches!(bytes[at], b'\\' | b'\'' | b'"' | b'$' | b'`');
            if !special || (bytes[at] == b'\'' && quoted && !joined) {
                at += 1;
                continue;
            }
            take(Part::Text(&raw[plain..at]), quoted);
            match bytes[at] {
                b'\\' => {
                    // The next character stands for itself; a line that is continued is nothing.
                    let next = raw[at + 1..].chars().next();
                    let length = next.map_or(0, char::len_utf8);
                    if next != Some('\n') {
                        take(Part::Text(&raw[at + 1..at + 1 + length]), true);
                    }
                    at += 1 + length;
                }
                b'"' => {
                    quoted = joined || !quoted;
                    take(Part::Text(""), true);
                    at += 1;
                }
                b'\'' => {
                    let end = part_end(bytes, at).unwrap_or(bytes.len());
                    take(Part::Text(raw[at + 1..end].trim_end_matches('\'')), true);
                    at = end;
                }
                b'`' => {
                    let end = part_end(bytes, at).unwrap_or(bytes.len());
                    take(substitution(&raw[at..end], raw[at + 1..end].trim_end_matches('`')), quoted);
                    at = end;
                }
                _ => at = self.dollar(raw, at, quoted, take),
            }
            plain = at;
        }
        take(Part::Text(&raw[plain.min(raw.len())..]), quoted);
    }

    /// The value of a variable, if it is known and there is room for it.
    fn part<'a>(&self, value: &'a Value, raw: &'a str, name: &str) -> Part<'a> {
        if !value.known {
            return unknown(raw, name);
        }
        match self.room.get().checked_sub(value.text.len()) {
            Some(room) => {
                self.room.set(room);
                Part::Value(&value.text)
            }
            None => Part::Unknown(raw, Problem::TooLong),
        }
    }

    /// What begins with `$` at `at`. Says where it ends.
    fn dollar<'a>(
        &'a self,
        raw: &'a str,
        at: usize,
        quoted: bool,
        take: &mut impl FnMut(Part<'a>, bool),
    ) -> usize {
        let bytes = raw.as_bytes();
        match bytes.get(at + 1) {
            Some(b'(') => {
                let end = part_end(bytes, at).unwrap_or(bytes.len());
                take(substitution(&raw[at..end], raw[at + 2..end].trim_end_matches(')')), quoted);
                end
            }
            Some(b'{') => {
                let end = part_end(bytes, at).unwrap_or(bytes.len());
                let inner = raw[at + 2..end].trim_end_matches('}');
                let length = name_length(inner);
                let (name, rest) = inner.split_at(length);
                let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
                match (self.values.get(name), default) {
                    _ if length == 0 => take(unknown(&raw[at..end], inner), quoted),
                    (_, None) if !rest.is_empty() => take(unknown(&raw[at..end], name), quoted),
                    (Some(value), _) => take(self.part(value, &raw[at..end], name), quoted),
                    (None, Some(default)) if !default.contains(['$', '`', '"', '\'', '\\']) => {
                        take(Part::Value(default), quoted);
                    }
                    (None, _) => take(unknown(&raw[at..end], name), quoted),
                }
                end
            }
            Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
                let end = at + 1 + name_length(&raw[at + 1..]);
                let name = &raw[at + 1..end];
                match self.values.get(name) {
                    Some(value) => take(self.part(value, &raw[at..end], name), quoted),
                    None => take(unknown(&raw[at..end], name), quoted),
                }
                end
            }
            Some(byte)
                if byte.is_ascii_digit() || matches!(byte, b'@' | b'*' | b'#' | b'?' | b'!' | b'$') =>
            {
                take(unknown(&raw[at..at + 2], &raw[at + 1..at + 2]), quoted);
                at + 2
            }
            _ => {
                take(Part::Text("$"), quoted);
                at + 1
            }
        }
    }
}

/// A part of a word.
enum Part<'a> {
    Text(&'a str),
    /// The value of a variable, which is divided at blanks where it stands without quotes.
    Value(&'a str),
    Unknown(&'a str, Problem),
}

fn unknown<'a>(raw: &'a str, name: &str) -> Part<'a> {
    Part::Unknown(raw, Problem::Variable(name.to_owned()))
}

/// A command substitution: known where it only asks where a program is.
fn substitution<'a>(raw: &'a str, command: &'a str) -> Part<'a> {
    let command = command.split("2>").next().unwrap_or_default().trim();
    for asks in ["which ", "command -v ", "type -p ", "type -P "] {
        if let Some(program) = command.strip_prefix(asks).map(str::trim)
            && !program.contains([' ', '$', '|', ';', '`'])
        {
            return Part::Value(program);
        }
    }
    Part::Unknown(raw, Problem::Substitution(raw.to_owned()))
}

/// The words that a word in braces stands for: `{21,990}`, `{30000..30009}`.
fn braces(raw: &str) -> Option<Vec<String>> {
    let inner = raw.strip_prefix('{')?.strip_suffix('}')?;
    if inner.contains(['{', '}', '"', '\'', '\\', '`', '$']) {
        return None;
    }
    if let Some((first, last)) = inner.split_once("..") {
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        let few = first.abs_diff(last) < MOST_COUNTED;
        let up = || (first..=last).map(|number| number.to_string());
        let down = || (last..=first).rev().map(|number| number.to_string());
        return few.then(|| if first <= last { up().collect() } else { down().collect() });
    }
    inner.contains(',').then(|| inner.split(',').map(str::to_owned).collect())
}

/// How much of the start of `text` is a name.
pub(super) fn name_length(text: &str) -> usize {
    let name = |(at, byte): &(usize, u8)| {
        byte.is_ascii_alphabetic() || *byte == b'_' || (*at > 0 && byte.is_ascii_digit())
    };
    text.bytes().enumerate().take_while(name).count()
}
