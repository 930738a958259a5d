//! Expressions: values, sets, maps, concatenations, bits.

use std::net::IpAddr;
use std::rc::Rc;

use super::super::lex::Kind;
use super::super::problem::Expected;
use super::super::syntax::{BitOperator, Element, Expr};
use super::Cursor;
use super::cursor::{Parsed, number, unquoted};

/// The operators that put bits together, the loosest binding first, each with the keyword that means the same.
const BIT_OPERATORS: [(BitOperator, Kind, &str); 5] = [
    (BitOperator::Or, Kind::Symbol(b'|'), "or"),
    (BitOperator::Xor, Kind::Symbol(b'^'), "xor"),
    (BitOperator::And, Kind::Symbol(b'&'), "and"),
    (BitOperator::ShiftLeft, Kind::ShiftLeft, "lshift"),
    (BitOperator::ShiftRight, Kind::ShiftRight, "rshift"),
];

impl Cursor<'_> {
    /// What a comparison looks at, or what a statement makes a value of: fields may occur in it.
    pub(super) fn computed(&mut self) -> Parsed<Expr> {
        self.with_fields(true, Self::concatenation)
    }

    /// A value of a comparison: one, a list with commas, a set, concatenated values.
    pub(super) fn value(&mut self) -> Parsed<Expr> {
        self.with_fields(false, Self::list)
    }

    /// Reads an expression in which words are names of fields, or only values: `tcp` is both.
    fn with_fields<T>(&mut self, fields: bool, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let outer = std::mem::replace(&mut self.fields, fields);
        let read = read(self);
        self.fields = outer;
        read
    }

    fn list(&mut self) -> Parsed<Expr> {
        let first = self.concatenation()?;
        if self.kind() != Kind::Symbol(b',') {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.accept_symbol(b',') {
            parts.push(self.concatenation()?);
        }
        Ok(Expr::List(parts.into()))
    }

    /// One value, or several with dots between them.
    pub(super) fn concatenation(&mut self) -> Parsed<Expr> {
        let first = self.range()?;
        if self.kind() != Kind::Symbol(b'.') {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.accept_symbol(b'.') {
            parts.push(self.range()?);
        }
        Ok(Expr::Concat(parts.into()))
    }

    /// A value, a prefix or a range.
    fn range(&mut self) -> Parsed<Expr> {
        let first = self.bits(0)?;
        if self.accept_symbol(b'-') {
            let last = self.bits(0)?;
            return Ok(Expr::Range(Rc::new((first, last))));
        }
        Ok(first)
    }

    /// Values with operators of at least this binding between them.
    fn bits(&mut self, level: usize) -> Parsed<Expr> {
        let Some(&(operator, symbol, keyword)) = BIT_OPERATORS.get(level) else { return self.prefix() };
        let first = self.bits(level + 1)?;
        let mut parts = vec![first];
        while self.kind() == symbol || self.is(keyword) {
            self.next();
            parts.push(self.bits(level + 1)?);
        }
        Ok(match parts.len() {
            1 => parts.swap_remove(0),
            _ => Expr::Bits(operator, parts.into()),
        })
    }

    /// A value, with a prefix length if there is one.
    fn prefix(&mut self) -> Parsed<Expr> {
        let base = self.primary()?;
        // After a slash anything but a number belongs to the comparison: the mask of a bit field.
        let length = number(self.second_text()).and_then(|length| u8::try_from(length).ok());
        match length {
            Some(length) if self.kind() == Kind::Symbol(b'/') => {
                self.next();
                self.next();
                Ok(Expr::Prefix(Rc::new(base), length))
            }
            _ => Ok(base),
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        match self.kind() {
            Kind::Variable => self.variable(),
            Kind::Quoted => Ok(Expr::Word(unquoted(self.next()).into())),
            Kind::Symbol(b'{') => self.with_fields(false, |inside| inside.nested(Self::set)),
            Kind::Symbol(b'*') => {
                self.next();
                Ok(Expr::Any)
            }
            Kind::Symbol(open @ (b'(' | b'[')) => {
                self.next();
                let inner = self.nested(Self::list)?;
                self.symbol(if open == b'(' { ")" } else { "]" })?;
                Ok(inner)
            }
            Kind::Reference if !self.at_raw_payload() => {
                Ok(Expr::Named(self.next().trim_start_matches('@').into()))
            }
            Kind::Word | Kind::Reference => match self.fields.then(|| self.field()).flatten() {
                Some(field) => Ok(Expr::Field(field?.into())),
                None => Ok(atom(self.next())),
            },
            _ => Err(self.unexpected(Expected::Value)),
        }
    }

    /// An anonymous set or map, from its opening brace.
    fn set(&mut self) -> Parsed<Expr> {
        self.symbol("{")?;
        let mut elements = Vec::new();
        loop {
            self.skip_lines();
            if self.accept_symbol(b'}') {
                return Ok(Expr::Set(elements.into()));
            }
            elements.push(self.element()?);
            self.skip_lines();
            if self.kind() != Kind::Symbol(b'}') {
                self.symbol(",")?;
            }
        }
    }

    /// An element, with what is kept beside it, and the value that a map has for it.
    fn element(&mut self) -> Parsed<Element> {
        let key = self.concatenation()?;
        self.element_options()?;
        self.skip_lines();
        if !self.accept_symbol(b':') {
            return Ok(Element { key, value: None });
        }
        self.skip_lines();
        let value = match self.verdict() {
            Some(verdict) => Expr::Verdict(verdict?),
            None => self.concatenation()?,
        };
        self.element_options()?;
        Ok(Element { key, value: Some(value) })
    }

    /// What an element may have beside its key, none of which changes what it matches.
    fn element_options(&mut self) -> Parsed<()> {
        loop {
            match (self.kind(), self.text()) {
                (Kind::Word, "timeout" | "expires" | "comment") => {
                    self.next();
                    self.word(Expected::Value)?;
                }
                (Kind::Word, "counter") => {
                    self.next();
                    while self.accept("packets") || self.accept("bytes") {
                        self.number()?;
                    }
                }
                (Kind::Word, "limit" | "quota" | "last" | "ct") => {
                    while !matches!(self.kind(), Kind::Symbol(b',' | b'}' | b':') | Kind::Eof | Kind::End) {
                        self.next();
                    }
                }
                _ => return Ok(()),
            }
        }
    }
}

/// A number, an address, or a symbol.
pub(in super::super) fn atom(text: &str) -> Expr {
    if let Some(number) = number(text) {
        return Expr::Number(number);
    }
    match text.parse::<IpAddr>() {
        Ok(address) => Expr::Address(address),
        Err(_) => Expr::Word(text.into()),
    }
}
