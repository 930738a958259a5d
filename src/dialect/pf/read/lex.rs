//! Words and signs, a statement at a time, as `pfctl`'s own lexer takes them apart.
//!
//! Macros are expanded here, since they are text: a value may hold half a list, and is glued to what touches it
//! (`$int_if:network`). What comes out of a macro is placed where its name stands.

use std::collections::HashMap;

use super::super::Problem;
use super::MAX_DEPTH;
use crate::ruleset::Origin;

/// How many bytes the macros of all texts together may expand to. A macro that doubles another one, and so on,
/// would fill any memory.
const MAX_EXPANSION: usize = 16 << 20;

/// The longest value that a macro may have.
const MAX_VALUE: usize = 1 << 20;

/// Words that a statement starts with and that no list contains: a list before them was not closed.
const OPENERS: [&str; 23] = [
    "altq",
    "anchor",
    "antispoof",
    "binat",
    "binat-anchor",
    "block",
    "dummynet",
    "dummynet-anchor",
    "ether",
    "include",
    "load",
    "match",
    "nat",
    "nat-anchor",
    "no",
    "pass",
    "queue",
    "rdr",
    "rdr-anchor",
    "scrub",
    "scrub-anchor",
    "set",
    "table",
];

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// The first byte.
    pub(super) start: usize,
    /// The byte after the last.
    pub(super) end: usize,
    /// The line, from 1.
    pub(super) line: u32,
}

impl Span {
    /// From the start of this one to the end of `last`.
    pub(super) fn to(self, last: Self) -> Self {
        Self { end: last.end.max(self.end), ..self }
    }

    /// The same place as a rule set says it.
    pub(super) fn origin(self, text: u32) -> Origin {
        let narrow = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Origin { text, line: self.line, start: narrow(self.start), end: narrow(self.end) }
    }
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word or number without quotes.
    Word(String),
    /// A text in quotes, which is never a keyword.
    Quoted(String),
    /// One of `{ } ( ) < > ! = / , -` or an operator made of them.
    Sign(&'static str),
    /// The name of a macro that is not defined.
    Undefined(String),
}

/// A word, a text or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

impl Token {
    /// The token as it was written, without quotes.
    pub(super) fn text(&self) -> &str {
        match &self.kind {
            Kind::Word(text) | Kind::Quoted(text) | Kind::Undefined(text) => text,
            Kind::Sign(sign) => sign,
        }
    }

    /// Whether it is this sign.
    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.kind, Kind::Sign(own) if own == sign)
    }

    /// Whether it is this word, without quotes.
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(own) if own == word)
    }
}

/// The macros of all texts that are read together.
#[derive(Debug, Default)]
pub(super) struct Macros {
    values: HashMap<String, String>,
    /// How many bytes have come out of macros so far.
    expanded: usize,
}

impl Macros {
    /// Gives a macro its value.
    pub(super) fn define(&mut self, name: String, value: String) {
        self.values.insert(name, value);
    }

    /// Forgets all macros, for a text that does not know them, and returns them.
    pub(super) fn set_aside(&mut self) -> HashMap<String, String> {
        std::mem::take(&mut self.values)
    }

    /// Takes back what was set aside.
    pub(super) fn restore(&mut self, values: HashMap<String, String>) {
        self.values = values;
    }
}

/// A statement, or the comment in front of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// The tokens of a statement; at least one.
    Statement(Vec<Token>),
    /// A comment that has a line to itself, without its `#`.
    Comment(String),
    /// An empty line.
    Blank,
}

/// Takes one text apart.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    /// What is left of a macro's value, and where the macro's name stands.
    expansion: Option<(std::vec::IntoIter<char>, Span)>,
    /// Which kinds of quote are known not to be closed any more.
    unclosed: Vec<char>,
    /// What is wrong with the text.
    pub(super) problems: Vec<(Span, Problem)>,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1, expansion: None, unclosed: Vec::new(), problems: Vec::new() }
    }

    /// The next line, or lines where a list goes over several; `None` at the end of the text.
    pub(super) fn next(&mut self, macros: &mut Macros) -> Option<Line> {
        self.peek()?;
        let mut tokens: Vec<Token> = Vec::new();
        let mut open: Vec<Span> = Vec::new();
        loop {
            self.skip_blanks();
            let Some(character) = self.peek() else { break };
            match character {
                '\n' => {
                    let opens_anchor = open.len() == 1
                        && tokens.first().is_some_and(|first| first.is_word("anchor"))
                        && tokens.last().is_some_and(|last| last.is_sign("{"));
                    if !opens_anchor && !open.is_empty() && !self.opener_follows() {
                        self.bump();
                        continue;
                    }
                    if opens_anchor {
                        open.clear();
                    }
                    self.bump();
                    break;
                }
                '#' => {
                    let comment = self.comment();
                    if tokens.is_empty() && open.is_empty() {
                        self.bump();
                        return Some(Line::Comment(comment));
                    }
                }
                _ => {
                    let Some(token) = self.token(macros) else { continue };
                    match token.kind {
                        Kind::Sign("{") => open.push(token.span),
                        // The one that ends an anchor stands first.
                        Kind::Sign("}") => drop(open.pop()),
                        _ => {}
                    }
                    tokens.push(token);
                }
            }
        }
        if let Some(&span) = open.first() {
            self.problems.push((span, Problem::Unclosed { sign: '{' }));
        }
        Some(if tokens.is_empty() { Line::Blank } else { Line::Statement(tokens) })
    }

    /// Whether the next line starts like a statement of its own.
    fn opener_follows(&self) -> bool {
        let rest = self.text.get(self.at..).and_then(|rest| rest.strip_prefix('\n')).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        line.split_whitespace().next().is_some_and(|word| OPENERS.contains(&word))
    }

    /// What comes next: a line that ends in a backslash goes on in the next one.
    fn peek(&mut self) -> Option<char> {
        if let Some((rest, _)) = &self.expansion {
            if let Some(&character) = rest.as_slice().first() {
                return Some(character);
            }
            self.expansion = None;
        }
        loop {
            let rest = self.text.get(self.at..)?;
            let continued = rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix("\\\r\n"));
            match continued {
                Some(after) => {
                    self.at = self.text.len() - after.len();
                    self.line += 1;
                }
                // Files that were edited on other systems.
                None if rest.starts_with("\r\n") => self.at += 1,
                None => return rest.chars().next(),
            }
        }
    }

    fn bump(&mut self) -> Option<char> {
        let character = self.peek()?;
        if let Some((rest, _)) = &mut self.expansion {
            rest.next();
        } else {
            self.at += character.len_utf8();
            self.line += u32::from(character == '\n');
        }
        Some(character)
    }

    /// Where the next character stands.
    fn here(&self) -> Span {
        match self.expansion {
            Some((_, span)) => span,
            None => Span { start: self.at, end: self.at, line: self.line },
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r')) {
            self.bump();
        }
    }

    /// A comment, up to the end of its line; like any line it may go on in the next.
    fn comment(&mut self) -> String {
        let mut words = String::new();
        while let Some(character) = self.peek().filter(|&character| character != '\n') {
            words.push(character);
            self.bump();
        }
        let words = words.trim_start_matches('#').trim_end_matches('\r');
        let words = words.strip_prefix(' ').unwrap_or(words);
        // A space keeps a backslash from being the last of its line, and is not meant.
        let padded = words.trim_end_matches(' ').ends_with('\\');
        words.strip_suffix(' ').filter(|_| padded).unwrap_or(words).to_owned()
    }

    /// The next token; `None` for a macro, which is now to be read.
    fn token(&mut self, macros: &mut Macros) -> Option<Token> {
        let start = self.here();
        let first = self.bump()?;
        let second = self.peek();
        let kind = match first {
            '$' if self.expansion.is_none() => return self.reference(start, macros),
            '"' | '\'' => Kind::Quoted(self.quoted(first, start)),
            _ => match sign(first, second) {
                Some((sign, characters)) => {
                    if characters == 2 {
                        self.bump();
                    }
                    Kind::Sign(sign)
                }
                None => Kind::Word(self.word(first, macros)),
            },
        };
        Some(Token { kind, span: self.span_from(start) })
    }

    /// From `start` to what was read last.
    fn span_from(&self, start: Span) -> Span {
        match self.expansion {
            Some((_, span)) => start.to(span),
            None => Span { end: self.at.max(start.end), ..start },
        }
    }

    /// A word. A macro that touches it is part of it.
    fn word(&mut self, first: char, macros: &mut Macros) -> String {
        let mut word = String::from(first);
        while let Some(character) = self.peek() {
            if character == '$' && self.expansion.is_none() {
                let start = self.here();
                self.bump();
                if let Some(undefined) = self.reference(start, macros) {
                    word.push('$');
                    word.push_str(undefined.text());
                }
            } else if in_word(character) {
                word.push(character);
                self.bump();
            } else {
                break;
            }
        }
        word
    }

    /// The name of a macro, whose value is read next. A token where there is none.
    fn reference(&mut self, start: Span, macros: &mut Macros) -> Option<Token> {
        let mut name = String::new();
        while let Some(character) = self.peek().filter(|&c| c.is_ascii_alphanumeric() || c == '_') {
            name.push(character);
            self.bump();
        }
        let span = self.span_from(start);
        let Some(value) = macros.values.get(&name) else {
            self.problems.push((span, Problem::UndefinedMacro { name: name.clone() }));
            return Some(Token { kind: Kind::Undefined(name), span });
        };
        if macros.expanded + value.len() > MAX_EXPANSION {
            self.problems.push((span, Problem::TooMuchExpansion));
            return Some(Token { kind: Kind::Undefined(name), span });
        }
        macros.expanded += value.len();
        let characters: Vec<char> = value.chars().collect();
        self.expansion = Some((characters.into_iter(), span));
        None
    }

    /// A text up to its closing quote. It may go over several lines, which are then one.
    fn quoted(&mut self, quote: char, start: Span) -> String {
        let (after, line) = (self.at, self.line);
        let stops = self.unclosed.contains(&quote);
        let mut text = String::new();
        while let Some(character) = self.peek() {
            match character {
                '\n' if stops => break,
                '\n' => {}
                '\\' => {
                    self.bump();
                    match self.peek() {
                        Some(next) if next == quote || matches!(next, ' ' | '\t') => text.push(next),
                        _ => {
                            text.push('\\');
                            continue;
                        }
                    }
                }
                _ if character == quote => {
                    self.bump();
                    return text;
                }
                _ => text.push(character),
            }
            self.bump();
        }
        let place = Span { end: start.end.max(after), ..start };
        self.problems.push((place, Problem::Unclosed { sign: quote }));
        if !stops && self.expansion.is_none() {
            // Most likely it ends on its own line. None of this kind is closed from here on.
            self.unclosed.push(quote);
            (self.at, self.line) = (after, line);
            text.clear();
            while let Some(character) = self.peek().filter(|&character| character != '\n') {
                text.push(character);
                self.bump();
            }
        }
        text
    }
}

/// The sign that two characters start with, and how many of them it takes.
fn sign(first: char, second: Option<char>) -> Option<(&'static str, usize)> {
    let two = match (first, second) {
        ('!', Some('=')) => "!=",
        ('<', Some('>')) => "<>",
        ('<', Some('=')) => "<=",
        ('>', Some('<')) => "><",
        ('>', Some('=')) => ">=",
        ('-', Some('>')) => "->",
        _ => "",
    };
    if !two.is_empty() {
        return Some((two, 2));
    }
    let one = match first {
        '{' => "{",
        '}' => "}",
        '(' => "(",
        ')' => ")",
        '<' => "<",
        '>' => ">",
        '!' => "!",
        '=' => "=",
        '/' => "/",
        ',' => ",",
        '-' if second.is_none_or(|second| !in_word(second)) => "-",
        _ => return None,
    };
    Some((one, 1))
}

/// Whether a word goes on with this character.
fn in_word(character: char) -> bool {
    !character.is_whitespace() && !"(){}<>!=/#,\"'$".contains(character)
}

/// The value of a macro that is defined by `tokens`: as text, since it may hold half a list.
pub(super) fn value(tokens: &[Token]) -> Option<String> {
    let mut value = String::new();
    for token in tokens {
        if !value.is_empty() {
            value.push(' ');
        }
        value.push_str(token.text());
        if value.len() > MAX_VALUE {
            return None;
        }
    }
    Some(value)
}

/// How deep the braces of `tokens` nest, where that is deeper than is read: the place.
pub(super) fn too_deep(tokens: &[Token]) -> Option<Span> {
    let mut depth = 0_usize;
    for token in tokens {
        match token.kind {
            Kind::Sign("{" | "(") => depth += 1,
            Kind::Sign("}" | ")") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(token.span);
        }
    }
    None
}
