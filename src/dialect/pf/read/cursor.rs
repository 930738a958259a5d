//! Walking over the tokens of a statement.

use super::super::{Expected, Problem};
use super::lex::{Kind, Span, Token};

/// Where and why a statement cannot be read.
pub(super) type Fault = (Span, Problem);

/// Walks over the tokens of one statement.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(tokens: &'t [Token]) -> Self {
        Self { tokens, at: 0 }
    }

    /// The next token.
    pub(super) fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    /// The token after the next.
    pub(super) fn second(&self) -> Option<&'t Token> {
        self.tokens.get(self.at + 1)
    }

    /// Goes past the next token.
    pub(super) fn next(&mut self) -> Option<&'t Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// How many tokens have been passed.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The words of the statement since `position`, as they mean the same.
    pub(super) fn words_since(&self, position: usize) -> String {
        words(self.tokens.get(position..self.at).unwrap_or_default())
    }

    /// Goes past this sign, if it is next.
    pub(super) fn eat_sign(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_sign(sign));
        self.at += usize::from(found);
        found
    }

    /// Goes past this word, if it is next.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        self.at += usize::from(found);
        found
    }

    /// The next token is not what is `expected`.
    pub(super) fn fault(&self, expected: Expected) -> Fault {
        if let Some(token) = self.peek() {
            return (token.span, Problem::Unexpected { found: Some(token.text().to_owned()), expected });
        }
        let end = self.tokens.last().map_or(Span { start: 0, end: 0, line: 1 }, |last| last.span);
        (Span { start: end.end, ..end }, Problem::Unexpected { found: None, expected })
    }

    /// Goes past a sign that has to come here.
    pub(super) fn sign(&mut self, sign: &'static str) -> Result<(), Fault> {
        if self.eat_sign(sign) { Ok(()) } else { Err(self.fault(Expected::Word(sign))) }
    }

    /// Goes past a word that has to come here.
    pub(super) fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        if self.eat_word(word) { Ok(()) } else { Err(self.fault(Expected::Word(word))) }
    }

    /// Goes past a word or quoted text.
    pub(super) fn text(&mut self, expected: Expected) -> Result<&'t Token, Fault> {
        match self.peek() {
            Some(token) if matches!(token.kind, Kind::Word(_) | Kind::Quoted(_)) => {
                self.at += 1;
                Ok(token)
            }
            _ => Err(self.fault(expected)),
        }
    }

    /// Goes past a name that may have slashes in it.
    pub(super) fn path(&mut self, expected: Expected) -> Result<String, Fault> {
        let mut path = String::new();
        loop {
            while self.eat_sign("/") {
                path.push('/');
            }
            if !path.is_empty() && !path.ends_with('/') {
                return Ok(path);
            }
            path.push_str(self.text(expected)?.text());
        }
    }

    /// Goes past a number up to `limit`.
    pub(super) fn number(&mut self, limit: u64) -> Result<u64, Fault> {
        let fault = self.fault(Expected::Number { limit });
        let number = self.text(Expected::Number { limit })?.text().parse().ok();
        number.filter(|&number| number <= limit).ok_or(fault)
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Fault> {
        if self.peek().is_none() { Ok(()) } else { Err(self.fault(Expected::End)) }
    }

    /// One element, or a list in braces, which may hold further lists; commas between the elements are optional.
    pub(super) fn list<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut elements = Vec::new();
        if !self.eat_sign("{") {
            elements.push(element(self)?);
            return Ok(elements);
        }
        let mut depth = 1_usize;
        while depth > 0 {
            if self.eat_sign("{") {
                depth += 1;
            } else if self.eat_sign("}") {
                depth -= 1;
            } else if !self.eat_sign(",") {
                elements.push(element(self)?);
            }
        }
        Ok(elements)
    }

    /// Goes past what is in parentheses, if they are next.
    pub(super) fn skip_parentheses(&mut self) -> Result<(), Fault> {
        let mut depth = 0_usize;
        loop {
            if self.eat_sign("(") {
                depth += 1;
            } else if self.eat_sign(")") {
                depth = depth.saturating_sub(1);
            } else if depth > 0 && self.next().is_none() {
                return Err(self.fault(Expected::Word(")")));
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

/// Tokens as text, in one spelling: the same condition is the same text.
pub(super) fn words(tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut glued = true;
    for (index, token) in tokens.iter().enumerate() {
        let names_table = |at: Option<usize>, sign| {
            at.and_then(|at| tokens.get(at)).is_some_and(|token| token.is_sign(sign))
        };
        let closes_table = token.is_sign(">") && names_table(index.checked_sub(2), "<");
        let opens_table = token.is_sign("<") && names_table(index.checked_add(2), ">");
        if !glued && !closes_table && ![")", ",", "/"].iter().any(|sign| token.is_sign(sign)) {
            text.push(' ');
        }
        match &token.kind {
            Kind::Quoted(quoted) => {
                text.push('"');
                text.push_str(quoted);
                text.push('"');
            }
            _ => text.push_str(token.text()),
        }
        glued = opens_table || ["(", "/"].iter().any(|sign| token.is_sign(sign));
    }
    text
}
