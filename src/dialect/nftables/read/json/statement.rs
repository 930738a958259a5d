//! Statements.

use serde_json::Value;

use super::super::lex::lex;
use super::super::problem::Problem;
use super::super::source::Problems;
use super::super::syntax::{Comparison, Nat, NatKind, Statement};
use super::super::text::{Cursor, Rate, assignment, quota_text, rate_text};
use super::expression::{expression, verdict};
use super::{Reader, entry, list, shown, text};
use crate::packet::Family;
use crate::ruleset::Origin;

impl Reader<'_> {
    /// The statements of a rule. One that is not understood becomes a condition that may hold or not, and where
    /// nothing follows, something that may decide.
    pub(super) fn statements(&mut self, values: &[Value], origin: Origin) -> Vec<(Statement, Origin)> {
        let mut statements = Vec::new();
        for (at, value) in values.iter().enumerate() {
            // What nft has no JSON for, it gives as text.
            if let Value::String(text) = value {
                statements.extend(self.text(text, origin));
                continue;
            }
            match statement(value) {
                Some(Read::Nothing) => {}
                Some(Read::Statement(statement)) => statements.push((statement, origin)),
                Some(Read::Compat(statement, text)) => {
                    self.problems.push(origin, Problem::Compat { text });
                    statements.push((statement, origin));
                }
                None => {
                    self.not_understood(value, origin);
                    statements.push((Statement::Condition(shown(value)), origin));
                    if at + 1 == values.len() {
                        statements.push((Statement::Unknown(shown(value)), origin));
                    }
                }
            }
        }
        statements
    }

    /// The statements of a text in nft's own language.
    fn text(&mut self, text: &str, origin: Origin) -> Vec<(Statement, Origin)> {
        let mut problems = Problems::default();
        let (sources, tokens) = lex(text, origin.text, &mut |_| None, &mut problems);
        let mut cursor = Cursor::new(&sources, &tokens, &mut problems);
        let rule = cursor.detached_rule(&mut self.anonymous, &mut self.orphans);
        if !problems.is_empty() {
            self.problems.push(origin, Problem::UnknownStatement { text: text.to_owned() });
        }
        rule.statements.into_iter().map(|(statement, _)| (statement, origin)).collect()
    }
}

/// A statement that is understood.
enum Read {
    /// It has no meaning here.
    Nothing,
    Statement(Statement),
    /// An extension of iptables, and how it is called.
    Compat(Statement, String),
}

fn statement(value: &Value) -> Option<Read> {
    let (key, inner) = entry(value)?;
    if let Some(verdict) = verdict(key, inner) {
        return Some(Read::Statement(Statement::Verdict(verdict)));
    }
    Some(Read::Statement(match key {
        "match" => comparison(inner)?,
        "vmap" => Statement::VerdictMap {
            key: expression(inner.get("key")?)?,
            map: expression(inner.get("data")?)?,
        },
        "reject" => Statement::Reject,
        "notrack" => Statement::Notrack,
        "ct helper" => Statement::AssignHelper(inner.as_str()?.into()),
        "dnat" => nat(NatKind::Destination, inner)?,
        "snat" => nat(NatKind::Source, inner)?,
        "redirect" => nat(NatKind::Redirect, inner)?,
        "masquerade" => nat(NatKind::Masquerade, inner)?,
        "limit" => Statement::Condition(limit(inner)?),
        "quota" => Statement::Condition(quota(inner)?),
        "ct count" => {
            let over = if inverted(inner) { "over " } else { "" };
            Statement::Condition(format!("ct count {over}{}", inner.get("val").and_then(Value::as_u64)?))
        }
        "mangle" => {
            let (field, value) = (expression(inner.get("key")?)?, expression(inner.get("value")?)?);
            return Some(
                assignment(&field.to_string(), value, || shown(inner)).map_or(Read::Nothing, Read::Statement),
            );
        }
        "set" | "map" if inner.get("op").is_some() => {
            let set = text(inner, key).trim_start_matches('@').into();
            let conditional = inner.get("stmt").map(list).unwrap_or_default().iter().filter_map(entry);
            let conditional = conditional.filter(|(kind, _)| matches!(*kind, "limit" | "quota" | "ct count"));
            let condition = conditional.map(|_| shown(inner)).next();
            Statement::Update { set, condition }
        }
        "meter" => Statement::Condition(shown(inner)),
        "queue" | "tproxy" | "synproxy" | "fwd" => Statement::Unknown(format!("{key} {}", shown(inner))),
        "xt" => {
            let kind = text(inner, "type");
            let text = format!("xt {kind} {}", text(inner, "name"));
            // Where nothing is said of it, it may be either.
            let statement = if kind == "match" {
                Statement::Condition(text.clone())
            } else {
                Statement::Unknown(text.clone())
            };
            return Some(Read::Compat(statement, text));
        }
        "counter" | "log" | "last" | "flow" | "dup" | "ct timeout" | "ct expectation" | "secmark" => {
            return Some(Read::Nothing);
        }
        _ => return None,
    }))
}

fn comparison(inner: &Value) -> Option<Statement> {
    let comparison = match text(inner, "op") {
        "in" => Comparison::Implicit,
        "==" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        "!" => Comparison::NoneOf,
        _ => return None,
    };
    let (key, value) = (expression(inner.get("left")?)?, expression(inner.get("right")?)?);
    Some(Statement::Match { key, comparison, value })
}

fn nat(kind: NatKind, inner: &Value) -> Option<Statement> {
    let family = match text(inner, "family") {
        "ip" => Some(Family::Ipv4),
        "ip6" => Some(Family::Ipv6),
        _ => None,
    };
    let part = |name: &str| match inner.get(name) {
        None => Some(None),
        Some(value) => expression(value).map(Some),
    };
    let netmap = inner.get("type_flags").is_some_and(|flags| flag(flags, "prefix"));
    Some(Statement::Nat(Nat { netmap, kind, family, address: part("addr")?, port: part("port")? }))
}

fn inverted(inner: &Value) -> bool {
    inner.get("inv").and_then(Value::as_bool).unwrap_or_default()
}

fn limit(inner: &Value) -> Option<String> {
    if let Some(name) = inner.as_str() {
        return Some(format!("limit name {name}"));
    }
    let unit_of = |field: &str| Some(text(inner, field)).filter(|unit| !unit.is_empty()).unwrap_or("packets");
    let burst = inner.get("burst").and_then(Value::as_u64).map(|burst| (burst, unit_of("burst_unit")));
    Some(rate_text(&Rate {
        over: inverted(inner),
        amount: inner.get("rate").and_then(Value::as_u64)?,
        unit: unit_of("rate_unit"),
        time: text(inner, "per"),
        burst,
    }))
}

fn quota(inner: &Value) -> Option<String> {
    if let Some(name) = inner.as_str() {
        return Some(format!("quota name {name}"));
    }
    Some(quota_text(inverted(inner), inner.get("val").and_then(Value::as_u64)?, text(inner, "val_unit")))
}

/// Whether a flag is among flags, which are an array unless there is only one.
fn flag(flags: &Value, name: &str) -> bool {
    flags.as_str() == Some(name)
        || flags.as_array().is_some_and(|flags| flags.iter().any(|flag| flag == name))
}
