//! Expressions.

use std::rc::Rc;

use serde_json::Value;

use super::super::syntax::{BitOperator, Element, Expr, Verdict};
use super::super::text::{atom, metadata, raw_payload};
use super::{entry, list, text};

/// An expression, if it is understood.
pub(super) fn expression(value: &Value) -> Option<Expr> {
    Some(match value {
        Value::Number(number) => match number.as_u64() {
            Some(number) => Expr::Number(number),
            None => Expr::Word(number.to_string().into()),
        },
        // How nft says that something is there or not.
        Value::Bool(true) => Expr::Word("exists".into()),
        Value::Bool(false) => Expr::Word("missing".into()),
        Value::String(word) => match word.strip_prefix('@') {
            _ if word == "*" => Expr::Any,
            Some(name) => Expr::Named(name.into()),
            // An interface may be called `4`: what is a number comes as one.
            None => match atom(word) {
                Expr::Number(_) => Expr::Word(word.as_str().into()),
                atom => atom,
            },
        },
        Value::Array(parts) => Expr::List(all(parts)?),
        Value::Object(_) => {
            let (key, inner) = entry(value)?;
            compound(key, inner)?
        }
        Value::Null => return None,
    })
}

fn all(values: &[Value]) -> Option<Rc<[Expr]>> {
    values.iter().map(expression).collect()
}

fn compound(key: &str, inner: &Value) -> Option<Expr> {
    let bits = |operator| Some(Expr::Bits(operator, all(list(inner))?));
    Some(match key {
        "prefix" => {
            let length =
                inner.get("len").and_then(Value::as_u64).and_then(|length| u8::try_from(length).ok())?;
            Expr::Prefix(Rc::new(expression(inner.get("addr")?)?), length)
        }
        "range" => match list(inner) {
            [first, last] => Expr::Range(Rc::new((expression(first)?, expression(last)?))),
            _ => return None,
        },
        "concat" => Expr::Concat(all(list(inner))?),
        "set" => Expr::Set(elements(inner)?),
        "elem" => expression(inner.get("val")?)?,
        "map" => Expr::Map(Rc::new((expression(inner.get("key")?)?, expression(inner.get("data")?)?))),
        "|" => bits(BitOperator::Or)?,
        "^" => bits(BitOperator::Xor)?,
        "&" => bits(BitOperator::And)?,
        "<<" => bits(BitOperator::ShiftLeft)?,
        ">>" => bits(BitOperator::ShiftRight)?,
        _ => match verdict(key, inner) {
            Some(verdict) => Expr::Verdict(verdict),
            None => Expr::Field(field(key, inner)?.into()),
        },
    })
}

/// The elements of a set, or of a map: pairs.
pub(super) fn elements(value: &Value) -> Option<Rc<[Element]>> {
    let element = |value: &Value| {
        Some(match value {
            Value::Array(pair) => match pair.as_slice() {
                [key, value] => Element { key: expression(key)?, value: Some(expression(value)?) },
                _ => return None,
            },
            key => Element { key: expression(key)?, value: None },
        })
    };
    list(value).iter().map(element).collect()
}

/// A verdict.
pub(super) fn verdict(key: &str, inner: &Value) -> Option<Verdict> {
    Some(match key {
        "accept" => Verdict::Accept,
        "drop" => Verdict::Drop,
        "continue" => Verdict::Continue,
        "return" => Verdict::Return,
        "jump" => Verdict::Jump(text(inner, "target").into()),
        "goto" => Verdict::Goto(text(inner, "target").into()),
        _ => return None,
    })
}

/// What is looked at, in nft's words.
fn field(key: &str, inner: &Value) -> Option<String> {
    let number = |name: &str| inner.get(name).and_then(Value::as_u64);
    let option = |name: &str| number(name).filter(|&value| value > 0).map(|value| format!(" {name} {value}"));
    Some(match key {
        "payload" => match inner.get("base") {
            Some(base) => raw_payload(base.as_str()?, number("offset")?, number("len")?),
            None => format!("{} {}", text(inner, "protocol"), text(inner, "field")),
        },
        "meta" => metadata(text(inner, "key")),
        "ct" => words(&["ct", text(inner, "dir"), text(inner, "family"), text(inner, "key")]),
        "fib" => {
            let flags: Vec<&str> =
                inner.get("flags").map(list).unwrap_or_default().iter().filter_map(Value::as_str).collect();
            format!("fib {} {}", flags.join(" . "), text(inner, "result"))
        }
        "rt" => words(&["rt", text(inner, "family"), text(inner, "key")]),
        "socket" => words(&["socket", text(inner, "key")]),
        "osf" => match text(inner, "ttl") {
            "" => words(&["osf", text(inner, "key")]),
            ttl => words(&["osf", "ttl", ttl, text(inner, "key")]),
        },
        "numgen" => {
            let offset = option("offset").unwrap_or_default();
            format!("numgen {} mod {}{offset}", text(inner, "mode"), number("mod")?)
        }
        "jhash" => {
            let hashed = expression(inner.get("expr")?)?;
            let options = [option("seed"), option("offset")].into_iter().flatten().collect::<String>();
            format!("jhash {hashed} mod {}{options}", number("mod")?)
        }
        "symhash" => format!("symhash mod {}{}", number("mod")?, option("offset").unwrap_or_default()),
        "tcp option" | "ip option" | "sctp chunk" => words(&[key, text(inner, "name"), text(inner, "field")]),
        "exthdr" => words(&[text(inner, "name"), text(inner, "field")]),
        "ipsec" => words(&["ipsec", text(inner, "dir"), text(inner, "family"), text(inner, "key")]),
        _ => return None,
    })
}

/// The words that are there, with blanks between them.
fn words(words: &[&str]) -> String {
    let there: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    there.join(" ")
}
