//! Dividing a shell script into words and operators (POSIX.1-2024, "Shell Command Language", 2.3).

use crate::dialect::iptables::read::word::offset;
use crate::ruleset::Origin;

/// A token of a script.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) origin: Origin,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word, with its quotes.
    Word,
    /// `;`, `&`, or the end of a line.
    End,
    /// `;;`.
    CaseEnd,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `|`.
    Pipe,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// The lines of a here-document that belong to the command before.
    Here,
    /// A quote or bracket that is never closed, up to the end of the text.
    Unclosed,
}

/// Reads tokens from a text.
struct Tokens<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line: u32,
    number: u32,
    found: Vec<Token>,
    /// The words that end the here-documents which begin after this line.
    documents: Vec<&'t str>,
}

/// The tokens of the text of this number.
pub(super) fn tokens(text: &str, number: u32) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut reader = Tokens { text, bytes, at: 0, line: 1, number, found: Vec::new(), documents: Vec::new() };
    reader.prompt();
    while reader.at < bytes.len() {
        reader.token();
    }
    reader.found
}

impl Tokens<'_> {
    fn token(&mut self) {
        let start = self.at;
        let next = self.bytes.get(start + 1).copied();
        let (kind, length) = match self.bytes[start] {
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                return;
            }
            b'\\' if matches!(next, Some(b'\n')) => return self.skip(2),
            b'\\' if self.text[start..].starts_with("\\\r\n") => return self.skip(3),
            b'#' => {
                let length = self.text[start..].find('\n').unwrap_or(self.bytes.len() - start);
                return self.skip(length);
            }
            b'\n' => {
                self.push(Kind::End, start, start + 1, self.line);
                self.skip(1);
                self.documents();
                return self.prompt();
            }
            b';' if next == Some(b';') => (Kind::CaseEnd, 2),
            b'&' if next == Some(b'&') => (Kind::And, 2),
            b'|' if next == Some(b'|') => (Kind::Or, 2),
            b'&' if next == Some(b'>') => return self.redirection(start + 1),
            b';' | b'&' => (Kind::End, 1),
            b'|' => (Kind::Pipe, 1),
            b'(' => (Kind::Open, 1),
            b')' => (Kind::Close, 1),
            b'<' | b'>' => return self.redirection(start),
            b'0'..=b'9' if matches!(next, Some(b'<' | b'>')) => return self.redirection(start + 1),
            _ => return self.word(),
        };
        self.push(kind, start, start + length, self.line);
        self.at += length;
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, line: u32) {
        let origin = Origin { text: self.number, line, start: offset(start), end: offset(end) };
        self.found.push(Token { kind, origin });
    }

    /// Goes on by `length` bytes and counts the lines.
    fn skip(&mut self, length: usize) {
        let end = (self.at + length).min(self.bytes.len());
        let lines = self.text[self.at..end].matches('\n').count();
        self.line = self.line.saturating_add(offset(lines));
        self.at = end;
    }

    fn word(&mut self) {
        let (start, line) = (self.at, self.line);
        let (kind, end) = match word_end(self.bytes, start) {
            Some(end) => (Kind::Word, end),
            None => (Kind::Unclosed, self.bytes.len()),
        };
        self.push(kind, start, end, line);
        self.skip(end - start);
    }

    /// `>file`, `2>&1`, `<<WORD`: where output goes and input comes from. Only here-documents matter.
    fn redirection(&mut self, start: usize) {
        let rest = &self.text[start..];
        let signs = rest.len() - rest.trim_start_matches(['<', '>', '&', '|', '-']).len();
        let document = matches!(&rest[..signs], "<<" | "<<-");
        self.at = start + signs;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let word = self.at;
        let end = word_end(self.bytes, word).unwrap_or(self.bytes.len());
        self.skip(end - word);
        if document && end > word {
            self.documents.push(self.text[word..end].trim_matches(['"', '\'', '\\']));
        }
    }

    /// The here-documents that begin here.
    fn documents(&mut self) {
        for delimiter in std::mem::take(&mut self.documents) {
            let (start, line) = (self.at, self.line);
            let mut end = start;
            while self.at < self.bytes.len() {
                let length = self.text[self.at..].find('\n').map_or(self.bytes.len() - self.at, |at| at + 1);
                let ends = self.text[self.at..self.at + length].trim() == delimiter;
                self.skip(length);
                if ends {
                    break;
                }
                end = self.at;
            }
            // It belongs to the command before the end of the line.
            let newline = self.found.pop();
            self.push(Kind::Here, start, end, line);
            self.found.extend(newline);
        }
    }

    /// Skips what a shell shows before a command, where a session was copied: `user@host:~# `, `$ `.
    fn prompt(&mut self) {
        let rest = &self.text[self.at..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let Some(sign) = line[indent..].find(['#', '$']) else { return };
        let before = &line[indent..indent + sign];
        let after = &line[indent + sign + 1..];
        let shown = if before.is_empty() {
            line[indent..].starts_with('$')
        } else {
            before.contains('@') && !before.contains(['=', '"', '\'', ';'])
        };
        if shown && after.starts_with(' ') {
            self.at += indent + sign + 1;
        }
    }
}

/// Where the word that begins at `at` ends; `None` where a quote or bracket in it is never closed.
fn word_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => break,
            b'\\' => at + 2,
            _ => part_end(bytes, at)?,
        };
    }
    Some(at.min(bytes.len()))
}

/// Where the quoted text, the expansion, or else the one byte at `at` ends.
pub(super) fn part_end(bytes: &[u8], at: usize) -> Option<usize> {
    let find = |byte: u8, from: usize| {
        bytes.get(from..)?.iter().position(|one| *one == byte).map(|length| from + length + 1)
    };
    match (bytes[at], bytes.get(at + 1)) {
        (b'\'', _) => find(b'\'', at + 1),
        (b'`', _) => find(b'`', at + 1),
        (b'$', Some(b'(')) => bracket_end(bytes, at + 1, b'(', b')'),
        (b'$', Some(b'{')) => bracket_end(bytes, at + 1, b'{', b'}'),
        (b'"', _) => {
            let mut at = at + 1;
            loop {
                at = match (bytes.get(at)?, bytes.get(at + 1)) {
                    (b'"', _) => return Some(at + 1),
                    (b'\\', _) => at + 2,
                    (b'`', _) => find(b'`', at + 1)?,
                    (b'$', Some(b'(')) => bracket_end(bytes, at + 1, b'(', b')')?,
                    (b'$', Some(b'{')) => bracket_end(bytes, at + 1, b'{', b'}')?,
                    _ => at + 1,
                };
            }
        }
        _ => Some(at + 1),
    }
}

/// Where the bracket at `at` is closed. Quotes hide brackets; what they hide is not looked into.
fn bracket_end(bytes: &[u8], mut at: usize, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        } else if byte == b'\\' {
            at += 1;
        } else if byte == b'\'' || byte == b'"' {
            at += bytes.get(at..)?.iter().position(|one| *one == byte)? + 1;
        }
    }
}
