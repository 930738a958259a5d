//! What the words of a script come to: quotes removed, variables put in.

use std::cell::Cell;
use std::collections::HashMap;

use super::arithmetic;
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

/// What a script or a function is called with.
#[derive(Debug)]
pub(super) struct Arguments {
    each: Vec<Value>,
    /// All of them, divided by blanks.
    all: Value,
    count: Value,
}

impl Arguments {
    /// Arguments, and of each whether all of it is known.
    pub(super) fn new(arguments: impl IntoIterator<Item = (String, bool)>) -> Self {
        let each: Vec<Value> = arguments.into_iter().map(|(text, known)| Value { text, known }).collect();
        let texts: Vec<&str> = each.iter().map(|value| value.text.as_str()).collect();
        let all = Value { text: texts.join(" "), known: each.iter().all(|value| value.known) };
        let count = Value { text: each.len().to_string(), known: true };
        Self { each, all, count }
    }

    /// What `$1`, `$@`, `$*` or `$#` stands for. Outside of these there is nothing.
    fn get(&self, name: &str) -> Option<&Value> {
        match name {
            "@" | "*" => Some(&self.all),
            "#" => Some(&self.count),
            number => self.each.get(number.parse::<usize>().ok()?.checked_sub(1)?),
        }
    }
}

/// The value of an argument that was not given.
static NOTHING: Value = Value { text: String::new(), known: true };

/// The variables of a script.
#[derive(Debug)]
pub(super) struct Variables {
    values: HashMap<String, Value>,
    /// What is called with what, if that is known.
    pub(super) arguments: Option<Arguments>,
    /// How many bytes they may still come to.
    room: Cell<usize>,
}

impl Default for Variables {
    fn default() -> Self {
        Self { values: HashMap::new(), arguments: None, room: Cell::new(EXPANSION) }
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

    /// Sets a list, or adds to it.
    pub(super) fn set_list(&mut self, name: &str, words: impl Iterator<Item = (String, bool)>, adds: bool) {
        let name = format!("{name}[@]");
        let before = self.values.get(&name).filter(|_| adds).cloned();
        let all = before.map(|value| (value.text, value.known)).into_iter().chain(words);
        let list = Arguments::new(all).all;
        self.set(&name, list);
    }

    /// The value that a name or the number of an argument stands for, if any.
    fn get(&self, name: &str) -> Option<&Value> {
        let is_argument = matches!(name, "@" | "*" | "#") || name.bytes().all(|byte| byte.is_ascii_digit());
        if !is_argument {
            return self.values.get(name);
        }
        let arguments = self.arguments.as_ref()?;
        Some(arguments.get(name).unwrap_or(&NOTHING)).filter(|_| name != "0")
    }

    /// Leaves out the first arguments.
    pub(super) fn shift(&mut self, number: usize) {
        if let Some(arguments) = &mut self.arguments {
            let rest = arguments.each.drain(..).skip(number).map(|value| (value.text, value.known));
            *arguments = Arguments::new(rest.collect::<Vec<_>>());
        }
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
            Part::Made(value) if quoted => {
                field.text.push_str(&value);
                field.present = true;
            }
            Part::Value(_) | Part::Made(_) => {
                let value = match &part {
                    Part::Made(value) => value.as_str(),
                    Part::Value(value) => value,
                    Part::Text(_) | Part::Unknown(..) => "",
                };
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
            Part::Made(text) => value.text.push_str(&text),
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
                    take(self.substitution(&raw[at..end], raw[at + 1..end].trim_end_matches('`')), quoted);
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
                let inner = raw[at + 2..end].strip_suffix(')').unwrap_or(&raw[at + 2..end]);
                let part = match inner.strip_prefix('(').and_then(|sum| sum.strip_suffix(')')) {
                    Some(sum) => self.sum(&raw[at..end], sum),
                    None => self.substitution(&raw[at..end], inner),
                };
                take(part, quoted);
                end
            }
            Some(b'{') => {
                let end = part_end(bytes, at).unwrap_or(bytes.len());
                let inner = raw[at + 2..end].trim_end_matches('}');
                let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
                let length = name_length(inner).max(digits);
                let (name, rest) = inner.split_at(length);
                if matches!(rest, "[@]" | "[*]") {
                    let list = self.values.get(&format!("{name}[@]"));
                    let part = list.map_or_else(
                        || unknown(&raw[at..end], name),
                        |list| self.part(list, &raw[at..end], name),
                    );
                    // Every item is a word of its own, with or without quotes.
                    take(part, false);
                    return end;
                }
                let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
                match (self.get(name), default) {
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
                match self.get(name) {
                    Some(value) => take(self.part(value, &raw[at..end], name), quoted),
                    None => take(unknown(&raw[at..end], name), quoted),
                }
                end
            }
            Some(byte)
                if byte.is_ascii_digit() || matches!(byte, b'@' | b'*' | b'#' | b'?' | b'!' | b'$') =>
            {
                let (whole, name) = (&raw[at..at + 2], &raw[at + 1..at + 2]);
                match self.get(name) {
                    // Every argument is a word of its own, with or without quotes.
                    Some(value) => take(self.part(value, whole, name), quoted && name != "@"),
                    None => take(unknown(whole, name), quoted),
                }
                at + 2
            }
            _ => {
                take(Part::Text("$"), quoted);
                at + 1
            }
        }
    }
}

impl Variables {
    /// A command substitution: known where it only asks where a program is, or counts.
    fn substitution<'a>(&self, raw: &'a str, command: &'a str) -> Part<'a> {
        let command = command.split("2>").next().unwrap_or_default().trim();
        for asks in ["which ", "command -v ", "type -p ", "type -P "] {
            if let Some(program) = command.strip_prefix(asks).map(str::trim)
                && !program.contains([' ', '$', '|', ';', '`'])
            {
                return Part::Value(program);
            }
        }
        let counted = command.strip_prefix("seq ").and_then(|numbers| {
            let numbers = self.value(numbers);
            let words: Vec<&str> = numbers.text.split_whitespace().collect();
            numbers.known.then(|| arithmetic::count(&words))?
        });
        match counted {
            Some(numbers) => Part::Made(numbers),
            None => Part::Unknown(raw, Problem::Substitution(raw.to_owned())),
        }
    }

    /// An arithmetic expansion. Variables in it may stand without a sign.
    fn sum<'a>(&self, raw: &'a str, sum: &str) -> Part<'a> {
        let mut text = String::new();
        let mut rest = sum;
        while let Some(first) = rest.chars().next() {
            let length = name_length(rest);
            let (word, after) = rest.split_at(length.max(first.len_utf8()));
            let is_named = length > 0 && !text.ends_with(['$', '{']);
            match self.get(word).filter(|value| is_named && value.known) {
                Some(value) => text.push_str(&value.text),
                None => text.push_str(word),
            }
            rest = after;
        }
        let value = self.value(&text);
        match value.known.then(|| arithmetic::calculate(&value.text)).flatten() {
            Some(number) => Part::Made(number.to_string()),
            None => Part::Unknown(raw, Problem::Substitution(raw.to_owned())),
        }
    }
}

/// A part of a word.
enum Part<'a> {
    Text(&'a str),
    /// What is calculated, divided like a value.
    Made(String),
    /// The value of a variable, which is divided at blanks where it stands without quotes.
    Value(&'a str),
    Unknown(&'a str, Problem),
}

fn unknown<'a>(raw: &'a str, name: &str) -> Part<'a> {
    Part::Unknown(raw, Problem::Variable(name.to_owned()))
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
