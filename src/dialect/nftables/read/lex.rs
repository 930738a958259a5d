//! Characters to tokens; included files come in between as if they stood in the text.

use std::net::Ipv6Addr;
use std::rc::Rc;

use super::Include;
use super::problem::Problem;
use super::source::{Problems, Source};
use crate::ruleset::Origin;

/// How deep files may include each other; what nft allows.
const MAX_INCLUDE_DEPTH: usize = 16;
/// How many files may be included in all.
const MAX_INCLUDES: usize = 4096;
/// How many bytes they may have in all.
const MAX_INCLUDED: usize = 32 << 20;
/// The longest text of an IPv6 address.
const LONGEST_ADDRESS: usize = 45;
/// The length of a link-layer address.
const MAC_LENGTH: usize = 17;

/// A token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Which of the sources it is in.
    pub(super) source: u16,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) line: u32,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, name, number or address.
    Word,
    /// A string in quotation marks.
    Quoted,
    /// `$name`.
    Variable,
    /// `@name`.
    Reference,
    /// The end of a line or `;`.
    End,
    /// One character: a bracket, a comma, an operator.
    Symbol(u8),
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    ShiftLeft,
    ShiftRight,
    /// After the last token.
    Eof,
}

/// Cuts all sources into tokens, the first source being the main text.
pub(super) fn lex(
    text: &str,
    number: u32,
    include: &mut Include<'_>,
    problems: &mut Problems,
) -> (Vec<Source>, Vec<Token>) {
    let mut lexer = Lexer { sources: Vec::new(), tokens: Vec::new(), included: 0, include, problems };
    let end = lexer.source(&text.into(), number, 0);
    lexer.tokens.push(end);
    (lexer.sources, lexer.tokens)
}

struct Lexer<'a, 'b> {
    sources: Vec<Source>,
    tokens: Vec<Token>,
    /// How many bytes were included.
    included: usize,
    include: &'a mut Include<'b>,
    problems: &'a mut Problems,
}

impl Lexer<'_, '_> {
    /// Cuts one source, and gives back its end.
    fn source(&mut self, text: &Rc<str>, number: u32, depth: usize) -> Token {
        let source = u16::try_from(self.sources.len()).unwrap_or(u16::MAX);
        self.sources.push(Source { number, text: Rc::clone(text) });
        let mut scan = Scan { text, at: 0, line: 1, source };
        if u32::try_from(text.len()).is_err() {
            let origin = Origin { text: number, line: 1, start: 0, end: 0 };
            self.problems.push(origin, Problem::TooLarge);
            return scan.token(Kind::Eof, 0, 0);
        }
        while let Some(token) = scan.next() {
            if token.kind == Kind::Quoted && self.follows_include(text, source) {
                self.tokens.pop();
                self.include(text, token, number, depth);
                continue;
            }
            if token.kind == Kind::Quoted && !closed(text, token) {
                self.problems.push(origin(token, number), Problem::OpenQuote);
            }
            self.tokens.push(token);
        }
        // An included file ends its last statement.
        let end = text.len();
        self.tokens.push(scan.token(Kind::End, end, end));
        scan.token(Kind::Eof, end, end)
    }

    /// Whether the word `include` stands before, where a statement begins.
    fn follows_include(&self, text: &str, source: u16) -> bool {
        let begins = |kind| matches!(kind, Kind::End | Kind::Symbol(b'{' | b'}'));
        match self.tokens.as_slice() {
            [before @ .., word] => {
                word.kind == Kind::Word
                    && word.source == source
                    && word.text(text) == "include"
                    && before.last().is_none_or(|token| begins(token.kind))
            }
            [] => false,
        }
    }

    fn include(&mut self, text: &str, token: Token, number: u32, depth: usize) {
        let path = token.text(text).trim_matches('"');
        let at = origin(token, number);
        if depth >= MAX_INCLUDE_DEPTH {
            self.problems.push(at, Problem::TooManyIncludes);
            return;
        }
        let Some(files) = (self.include)(path) else {
            self.problems.push(at, Problem::NotIncluded { path: path.to_owned() });
            return;
        };
        for file in files {
            self.included = self.included.saturating_add(file.text.len());
            if self.sources.len() > MAX_INCLUDES || self.included > MAX_INCLUDED {
                self.problems.push(at, Problem::TooManyIncludes);
                return;
            }
            self.source(&file.text.into(), file.number, depth + 1);
        }
    }
}

fn origin(token: Token, number: u32) -> Origin {
    Origin { text: number, line: token.line, start: token.start, end: token.end }
}

/// Whether a quoted token has its second quotation mark.
fn closed(text: &str, token: Token) -> bool {
    let quoted = token.text(text);
    quoted.len() > 1 && quoted.ends_with('"')
}

impl Token {
    /// Its text in that of its source.
    pub(super) fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A walk through one source.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    source: u16,
}

impl Scan<'_> {
    /// The token of these bytes; the text is known to be short enough for their numbers.
    #[expect(clippy::cast_possible_truncation, reason = "longer texts are refused")]
    fn token(&self, kind: Kind, start: usize, end: usize) -> Token {
        Token { kind, source: self.source, start: start as u32, end: end as u32, line: self.line }
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<Token> {
        self.skip();
        let start = self.at;
        let &first = self.rest().first()?;
        let (kind, length) = match first {
            b'\n' | b';' => (Kind::End, 1),
            b'"' => (Kind::Quoted, self.quoted()),
            b'$' => (Kind::Variable, 1 + count(self.rest().get(1..), is_name)),
            b'@' => (Kind::Reference, 1 + count(self.rest().get(1..), is_name)),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' | 0x80.. => self.word(first),
            _ => self.symbol(first),
        };
        self.at = start + length;
        let token = self.token(kind, start, self.at);
        if first == b'\n' {
            self.line += 1;
        }
        Some(token)
    }

    /// Blanks, comments, and line ends that a backslash hides.
    fn skip(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\r', ..] => self.at += 1,
                [b'\\', b'\n', ..] => {
                    self.at += 2;
                    self.line += 1;
                }
                [b'\\', b'\r', b'\n', ..] => {
                    self.at += 3;
                    self.line += 1;
                }
                [b'#', rest @ ..] => self.at += 1 + count(Some(rest), |byte| byte != b'\n'),
                _ => break,
            }
        }
    }

    /// A quoted string ends at its line's end at the latest.
    fn quoted(&self) -> usize {
        let inside = count(self.rest().get(1..), |byte| byte != b'"' && byte != b'\n');
        let closes = self.rest().get(1 + inside) == Some(&b'"');
        1 + inside + usize::from(closes)
    }

    /// A word, a number or an address: the longest of them, as nft has it.
    fn word(&self, first: u8) -> (Kind, usize) {
        let word = match first {
            b':' => 0,
            b'0'..=b'9' => {
                count(Some(self.rest()), |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
            }
            _ => count(Some(self.rest()), |byte| is_name(byte) || matches!(byte, b'*' | b'\\' | 0x80..)),
        };
        let length = word.max(self.colons());
        if length == 0 { (Kind::Symbol(b':'), 1) } else { (Kind::Word, length) }
    }

    /// The length of the IPv6 or link-layer address here, 0 without one.
    fn colons(&self) -> usize {
        let address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        let run = count(self.rest().get(..LONGEST_ADDRESS.min(self.rest().len())), address);
        let run = self.text.get(self.at..self.at + run).unwrap_or_default();
        if run.bytes().filter(|&byte| byte == b':').count() < 2 {
            return 0;
        }
        if let Some(mac) = run.get(..MAC_LENGTH)
            && mac.split(':').count() == 6
            && mac.split(':').all(|part| part.len() == 2)
        {
            return MAC_LENGTH;
        }
        // A map's colon may stand right behind a key.
        let shorter = run.strip_suffix(':');
        [Some(run), shorter]
            .into_iter()
            .flatten()
            .find(|text| text.parse::<Ipv6Addr>().is_ok())
            .map_or(0, str::len)
    }

    fn symbol(&self, first: u8) -> (Kind, usize) {
        match self.rest() {
            [b'=', b'=', ..] => (Kind::Equal, 2),
            [b'!', b'=', ..] => (Kind::NotEqual, 2),
            [b'<', b'=', ..] => (Kind::LessOrEqual, 2),
            [b'>', b'=', ..] => (Kind::GreaterOrEqual, 2),
            [b'<', b'<', ..] => (Kind::ShiftLeft, 2),
            [b'>', b'>', ..] => (Kind::ShiftRight, 2),
            _ => (Kind::Symbol(first), 1),
        }
    }
}

/// How many bytes at the start are of a kind.
fn count(bytes: Option<&[u8]>, of: impl Fn(u8) -> bool) -> usize {
    let bytes = bytes.unwrap_or_default();
    bytes.iter().position(|&byte| !of(byte)).unwrap_or(bytes.len())
}

/// Whether a byte can stand inside a name.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/')
}
