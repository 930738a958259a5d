//! Walking through the tokens: looking ahead, complaining, recovering.

use std::collections::HashMap;

use super::super::lex::{Kind, Token};
use super::super::problem::{Expected, Problem};
use super::super::source::{Problems, Source, span};
use super::super::syntax::{Expr, RuleText};
use crate::ruleset::Origin;

/// How deep brackets, and variables within variables, may nest.
const MAX_NESTING: usize = 64;

/// How many tokens all variables together may come to where they are used. Each that holds another one twice
/// doubles it.
const MAX_EXPANSION: usize = 1 << 22;

/// What cannot be read has been reported.
#[derive(Debug)]
pub(in super::super) struct Failed;

/// What was read, unless it could not be.
pub(in super::super) type Parsed<T> = Result<T, Failed>;

/// Chains that were written in rules, with their names.
pub(in super::super) type Orphans = Vec<(String, Vec<RuleText>)>;

/// The tokens, how far they are read, and what variables mean there.
pub(in super::super) struct Cursor<'a> {
    sources: &'a [Source],
    tokens: &'a [Token],
    at: usize,
    /// How many brackets are open.
    nesting: usize,
    /// The deepest that anything was since this was last reset, with what variables hold.
    pub(super) deepest: usize,
    /// How many tokens have come out of variables so far.
    expanded: usize,
    /// Whether words are names of fields in the expression that is read.
    pub(super) fields: bool,
    /// The variables of each block that is open.
    pub(super) scopes: Vec<HashMap<String, Variable>>,
    /// How many chains were written in rules.
    pub(super) anonymous: usize,
    /// Those of them that no table has yet.
    pub(super) orphans: Orphans,
    pub(super) problems: &'a mut Problems,
}

/// What a variable stands for.
#[derive(Debug, Clone)]
pub(in super::super) struct Variable {
    pub(super) value: Expr,
    /// How deep it nests.
    pub(super) depth: usize,
    /// How many tokens it comes to.
    pub(super) size: usize,
}

impl<'a> Cursor<'a> {
    pub(in super::super) fn new(
        sources: &'a [Source],
        tokens: &'a [Token],
        problems: &'a mut Problems,
    ) -> Self {
        Self {
            sources,
            tokens,
            at: 0,
            nesting: 0,
            deepest: 0,
            expanded: 0,
            fields: false,
            scopes: vec![HashMap::new()],
            anonymous: 0,
            orphans: Vec::new(),
            problems,
        }
    }

    /// The token `ahead` places on; at the end, the last one.
    fn token(&self, ahead: usize) -> Token {
        let index = (self.at + ahead).min(self.tokens.len().saturating_sub(1));
        self.tokens.get(index).copied().unwrap_or(Token {
            kind: Kind::Eof,
            source: 0,
            start: 0,
            end: 0,
            line: 1,
        })
    }

    /// What the next token is.
    pub(super) fn kind(&self) -> Kind {
        self.token(0).kind
    }

    /// What the token after the next is.
    pub(super) fn second(&self) -> Kind {
        self.token(1).kind
    }

    fn text_of(&self, token: Token) -> &'a str {
        self.sources.get(usize::from(token.source)).map_or("", |source| token.text(&source.text))
    }

    /// The text of the next token.
    pub(super) fn text(&self) -> &'a str {
        self.text_of(self.token(0))
    }

    /// The text of the token after the next.
    pub(super) fn second_text(&self) -> &'a str {
        self.text_of(self.token(1))
    }

    /// Goes on to the next token, and gives back the text of this one.
    pub(super) fn next(&mut self) -> &'a str {
        let text = self.text();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        text
    }

    /// How many tokens were read, those that variables stand for included.
    pub(super) fn size(&self) -> usize {
        self.at + self.expanded
    }

    /// Where the cursor is, to come back to or to measure from.
    pub(super) fn mark(&self) -> usize {
        self.at
    }

    /// Goes back to a mark.
    pub(super) fn rewind(&mut self, mark: usize) {
        self.at = mark;
    }

    /// The text from a mark to the last token that was read.
    pub(super) fn since(&self, mark: usize) -> Origin {
        let last = self.at.saturating_sub(1).max(mark);
        let token = |index: usize| self.tokens.get(index).copied().unwrap_or_else(|| self.token(0));
        span(self.sources, token(mark), token(last))
    }

    /// The place of the next token.
    pub(super) fn here(&self) -> Origin {
        span(self.sources, self.token(0), self.token(0))
    }

    /// The words since a mark, with one blank between two.
    pub(super) fn words_since(&self, mark: usize) -> String {
        let words = self.tokens.get(mark..self.at).unwrap_or_default();
        words.iter().map(|&token| self.text_of(token)).collect::<Vec<_>>().join(" ")
    }

    /// Whether the next token is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind() == Kind::Word && self.text() == keyword
    }

    /// Reads this keyword if it is next.
    pub(super) fn accept(&mut self, keyword: &str) -> bool {
        let is = self.is(keyword);
        if is {
            self.next();
        }
        is
    }

    /// Reads this character if it is next.
    pub(super) fn accept_symbol(&mut self, symbol: u8) -> bool {
        let is = self.kind() == Kind::Symbol(symbol);
        if is {
            self.next();
        }
        is
    }

    /// Reads this keyword.
    pub(super) fn keyword(&mut self, keyword: &'static str) -> Parsed<()> {
        if self.accept(keyword) { Ok(()) } else { Err(self.unexpected(Expected::Text(keyword))) }
    }

    /// Reads this character, given as text.
    pub(super) fn symbol(&mut self, symbol: &'static str) -> Parsed<()> {
        let byte = symbol.as_bytes().first().copied().unwrap_or_default();
        if self.accept_symbol(byte) { Ok(()) } else { Err(self.unexpected(Expected::Text(symbol))) }
    }

    /// Reads a name or any other word.
    pub(super) fn word(&mut self, expected: Expected) -> Parsed<&'a str> {
        match self.kind() {
            Kind::Word => Ok(self.next()),
            Kind::Quoted => Ok(unquoted(self.next())),
            _ => Err(self.unexpected(expected)),
        }
    }

    /// Reads a whole number.
    pub(super) fn number(&mut self) -> Parsed<u64> {
        match number(self.text()) {
            Some(number) if self.kind() == Kind::Word => {
                self.next();
                Ok(number)
            }
            _ => Err(self.unexpected(Expected::Number)),
        }
    }

    /// Reports the next token, which is not what was expected.
    pub(super) fn unexpected(&mut self, expected: Expected) -> Failed {
        let found = match self.kind() {
            Kind::Eof => String::new(),
            // Shown, a line's end would be nothing.
            Kind::End if self.text() != ";" => String::new(),
            _ => self.text().to_owned(),
        };
        self.problem(self.here(), Problem::Unexpected { found, expected })
    }

    /// Reports a problem.
    pub(super) fn problem(&mut self, origin: Origin, problem: Problem) -> Failed {
        self.problems.push(origin, problem);
        Failed
    }

    /// Skips ends of lines and statements.
    pub(super) fn skip_ends(&mut self) {
        while self.kind() == Kind::End {
            self.next();
        }
    }

    /// Skips ends of lines, where nft lets an expression go on.
    pub(super) fn skip_lines(&mut self) {
        while self.kind() == Kind::End && self.text() != ";" {
            self.next();
        }
    }

    /// Whether a statement ends here.
    pub(super) fn at_end(&self) -> bool {
        matches!(self.kind(), Kind::End | Kind::Eof | Kind::Symbol(b'}'))
    }

    /// Reads the end of a statement; where something else stands, reports it and skips to the end.
    pub(super) fn end(&mut self) {
        if !self.at_end() {
            self.unexpected(Expected::End);
            self.skip_statement();
        }
    }

    /// Skips to the end of the statement, past whatever is in brackets.
    pub(super) fn skip_statement(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.kind() {
                Kind::Eof => return,
                Kind::End | Kind::Symbol(b'}') if open == 0 => return,
                Kind::Symbol(b'{') => open += 1,
                Kind::Symbol(b'}') => open -= 1,
                _ => {}
            }
            self.next();
        }
    }

    /// Does something one bracket deeper.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.nesting += 1;
        self.deepest = self.deepest.max(self.nesting);
        let read = if self.nesting > MAX_NESTING {
            Err(self.problem(self.here(), Problem::NestedTooDeep))
        } else {
            read(self)
        };
        self.nesting -= 1;
        read
    }

    /// The value of the variable that the next token names.
    pub(super) fn variable(&mut self) -> Parsed<Expr> {
        let name = self.text().trim_start_matches('$');
        let found = self.scopes.iter().rev().find_map(|scope| scope.get(name)).cloned();
        let Some(Variable { value, depth, size }) = found else {
            return Err(self.problem(self.here(), Problem::UnknownVariable { name: name.to_owned() }));
        };
        self.deepest = self.deepest.max(self.nesting + depth);
        if self.deepest > MAX_NESTING {
            return Err(self.problem(self.here(), Problem::NestedTooDeep));
        }
        if self.expanded + size > MAX_EXPANSION {
            return Err(self.problem(self.here(), Problem::TooLarge));
        }
        self.expanded += size;
        self.next();
        Ok(value)
    }
}

/// Text without its quotation marks.
pub(super) fn unquoted(text: &str) -> &str {
    let text = text.strip_prefix('"').unwrap_or(text);
    text.strip_suffix('"').unwrap_or(text)
}

/// A whole number as C writes it.
pub(in super::super) fn number(text: &str) -> Option<u64> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok();
    }
    let octal = text.len() > 1 && text.starts_with('0');
    u64::from_str_radix(text, if octal { 8 } else { 10 }).ok()
}
