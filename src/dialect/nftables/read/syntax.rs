//! What nft's language says, before it is given a meaning: the form that text and JSON have in common.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::rc::Rc;

use crate::packet::Family;
use crate::ruleset::Origin;

/// The longest text that an expression is quoted with: variables can make a short text mean a huge expression.
const LONGEST_QUOTE: usize = 4096;

/// An expression. Copies share their parts, so that a variable costs nothing however often it is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Expr {
    /// A number.
    Number(u64),
    /// An address.
    Address(IpAddr),
    /// A symbol or a quoted string.
    Word(Rc<str>),
    /// The values that begin with some bits of a value.
    Prefix(Rc<Expr>, u8),
    /// The values from one to another.
    Range(Rc<(Expr, Expr)>),
    /// Several fields or values side by side: `ip saddr . tcp dport`.
    Concat(Rc<[Expr]>),
    /// Values of a bit field with commas between them: `established,related`.
    List(Rc<[Expr]>),
    /// An anonymous set or map.
    Set(Rc<[Element]>),
    /// A named set or map: `@blocked`.
    Named(Rc<str>),
    /// What is looked at, in nft's words: `ip saddr`.
    Field(Rc<str>),
    /// Bits put together.
    Bits(BitOperator, Rc<[Expr]>),
    /// The value that a map has for a field.
    Map(Rc<(Expr, Expr)>),
    /// What a verdict map holds.
    Verdict(Verdict),
    /// Every other value: `*`.
    Any,
}

/// An element of a set, or of a map if it has a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Element {
    pub(super) key: Expr,
    pub(super) value: Option<Expr>,
}

/// How bits are put together, the loosest binding first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum BitOperator {
    Or,
    Xor,
    And,
    ShiftLeft,
    ShiftRight,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Nothing is written: equal, or with a bit field any of the bits.
    Implicit,
    /// `!`: none of the bits.
    NoneOf,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As it is written.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Implicit | Self::Equal => "",
            Self::NoneOf => "! ",
            Self::NotEqual => "!= ",
            Self::Less => "< ",
            Self::LessOrEqual => "<= ",
            Self::Greater => "> ",
            Self::GreaterOrEqual => ">= ",
        }
    }
}

/// What becomes of a packet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    Accept,
    Drop,
    Continue,
    Return,
    Jump(Rc<str>),
    Goto(Rc<str>),
    /// It goes to a program, which decides.
    Queue(Rc<str>),
}

/// A part of a rule that decides something or changes what later rules see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    Match {
        key: Expr,
        comparison: Comparison,
        value: Expr,
    },
    VerdictMap {
        key: Expr,
        map: Expr,
    },
    Verdict(Verdict),
    Reject,
    Notrack,
    AssignHelper(Rc<str>),
    SetMark(Expr),
    SetConnMark(Expr),
    Nat(Nat),
    /// The set gets elements from packets, or loses them: what it holds is not known. The condition, if there is one,
    /// is on how often that happens.
    Update {
        set: Rc<str>,
        condition: Option<String>,
    },
    /// A condition that is not modelled.
    Condition(String),
    /// Something that is not modelled and may decide.
    Unknown(String),
}

/// A translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nat {
    /// Whether the address keeps its place in a network (`prefix`).
    pub(super) netmap: bool,
    pub(super) kind: NatKind,
    pub(super) family: Option<Family>,
    pub(super) address: Option<Expr>,
    pub(super) port: Option<Expr>,
}

/// Which end is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NatKind {
    Destination,
    Source,
    Redirect,
    Masquerade,
}

impl NatKind {
    /// The keyword.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Destination => "dnat",
            Self::Source => "snat",
            Self::Redirect => "redirect",
            Self::Masquerade => "masquerade",
        }
    }
}

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleText {
    /// The statements, each with its place.
    pub(super) statements: Vec<(Statement, Origin)>,
    pub(super) comment: Option<String>,
    pub(super) origin: Origin,
    /// The number that the kernel knows it by, where the text says it.
    pub(super) handle: Option<u64>,
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut quote = Quote { text: String::new() };
        // A quote that is full ends the writing; what it holds is enough.
        let _ = write_expr(&mut quote, self);
        f.write_str(&quote.text)
    }
}

/// Text of limited length.
struct Quote {
    text: String,
}

impl fmt::Write for Quote {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.text.len() + part.len() > LONGEST_QUOTE {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

fn write_expr(out: &mut Quote, expr: &Expr) -> fmt::Result {
    match expr {
        Expr::Number(number) => write!(out, "{number}"),
        Expr::Address(address) => write!(out, "{address}"),
        Expr::Word(word) | Expr::Field(word) => out.write_str(word),
        Expr::Prefix(base, length) => {
            write_expr(out, base)?;
            write!(out, "/{length}")
        }
        Expr::Range(ends) => write_joined(out, [&ends.0, &ends.1], "-"),
        Expr::Concat(parts) => write_joined(out, parts.iter(), " . "),
        Expr::List(parts) => write_joined(out, parts.iter(), ","),
        Expr::Bits(operator, parts) => {
            let symbol = match operator {
                BitOperator::Or => " | ",
                BitOperator::Xor => " ^ ",
                BitOperator::And => " & ",
                BitOperator::ShiftLeft => " << ",
                BitOperator::ShiftRight => " >> ",
            };
            write_joined(out, parts.iter(), symbol)
        }
        Expr::Set(elements) => {
            out.write_str("{ ")?;
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_expr(out, &element.key)?;
                if let Some(value) = &element.value {
                    out.write_str(" : ")?;
                    write_expr(out, value)?;
                }
            }
            out.write_str(" }")
        }
        Expr::Named(name) => write!(out, "@{name}"),
        Expr::Map(parts) => write_joined(out, [&parts.0, &parts.1], " map "),
        Expr::Verdict(verdict) => write!(out, "{verdict}"),
        Expr::Any => out.write_str("*"),
    }
}

fn write_joined<'a>(
    out: &mut Quote,
    parts: impl IntoIterator<Item = &'a Expr>,
    between: &str,
) -> fmt::Result {
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.write_str(between)?;
        }
        write_expr(out, part)?;
    }
    Ok(())
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept => f.write_str("accept"),
            Self::Drop => f.write_str("drop"),
            Self::Continue => f.write_str("continue"),
            Self::Return => f.write_str("return"),
            Self::Jump(chain) => write!(f, "jump {chain}"),
            Self::Goto(chain) => write!(f, "goto {chain}"),
            Self::Queue(text) => f.write_str(text),
        }
    }
}
