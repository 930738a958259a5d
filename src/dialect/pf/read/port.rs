//! Ports, with the operators of pf.

use super::super::{Expected, Problem};
use super::address::{End, any_of};
use super::cursor::{Cursor, Fault};
use super::names;
use crate::packet::{PortRange, PortSet};
use crate::ruleset::Match;

/// What follows `port`: one port or range, or a list of them.
pub(super) fn ports(cursor: &mut Cursor<'_>, end: End, problems: &mut Vec<Fault>) -> Result<Match, Fault> {
    let mut ranges: Vec<PortRange> = Vec::new();
    let mut unknown: Vec<Vec<Match>> = Vec::new();
    cursor.list(|cursor| {
        let start = cursor.position();
        match element(cursor)? {
            Ok(own) => ranges.extend(own),
            Err(fault) => {
                problems.push(fault);
                let words = format!("{} port {}", end.word(), cursor.words_since(start));
                unknown.push(vec![Match::Opaque(words)]);
            }
        }
        Ok(())
    })?;
    let ports = |set| match end {
        End::Source => Match::SourcePort(set),
        End::Destination => Match::DestinationPort(set),
    };
    let known = (unknown.is_empty() || !ranges.is_empty()).then(|| vec![ports(ranges.into_iter().collect())]);
    let alternatives = known.into_iter().chain(unknown).collect();
    Ok(any_of(alternatives).unwrap_or_else(|| ports(PortSet::default())))
}

/// The ranges that one element stands for, or the service in it that is not known.
fn element(cursor: &mut Cursor<'_>) -> Result<Result<Vec<PortRange>, Fault>, Fault> {
    let unary = ["=", "!=", "<=", ">=", "<", ">"].into_iter().find(|sign| cursor.eat_sign(sign));
    let token = cursor.text(Expected::Port)?;
    let text = token.text();
    let lookup = |text: &str, span| {
        let unknown = || (span, Problem::UnknownName { of: Expected::Port, name: text.to_owned() });
        names::port(text).ok_or_else(unknown)
    };
    let binary =
        if unary.is_none() { ["><", "<>"].into_iter().find(|sign| cursor.eat_sign(sign)) } else { None };
    let second = match (binary, text.split_once(':')) {
        (Some(_), _) => Some((text, cursor.text(Expected::Port)?)),
        (None, Some((first, _))) if unary.is_none_or(|sign| sign == "=") => Some((first, token)),
        _ => None,
    };
    let Some((first, last)) = second else {
        return Ok(lookup(text, token.span).map(|port| compared(unary.unwrap_or("="), port)));
    };
    let last_text = match binary {
        Some(_) => last.text(),
        None => text.split_once(':').map_or(text, |(_, last)| last),
    };
    let (first, last_port) = match (lookup(first, token.span), lookup(last_text, last.span)) {
        (Ok(first), Ok(last)) => (first, last),
        (Err(fault), _) | (_, Err(fault)) => return Ok(Err(fault)),
    };
    if first > last_port && binary != Some("<>") {
        return Ok(Err((token.span.to(last.span), Problem::ReversedRange)));
    }
    Ok(Ok(match binary {
        None => between(first.into(), last_port.into()),
        Some("><") => between(i64::from(first) + 1, i64::from(last_port) - 1),
        Some(_) => {
            let below = between(0, i64::from(first) - 1);
            below.into_iter().chain(between(i64::from(last_port) + 1, i64::from(u16::MAX))).collect()
        }
    }))
}

fn compared(operator: &str, port: u16) -> Vec<PortRange> {
    let (port, highest) = (i64::from(port), i64::from(u16::MAX));
    match operator {
        "!=" => between(0, port - 1).into_iter().chain(between(port + 1, highest)).collect(),
        "<" => between(0, port - 1),
        "<=" => between(0, port),
        ">" => between(port + 1, highest),
        ">=" => between(port, highest),
        _ => between(port, port),
    }
}

/// The range with these ends, where it holds anything.
fn between(first: i64, last: i64) -> Vec<PortRange> {
    let port = |number: i64| u16::try_from(number).ok();
    port(first).zip(port(last)).and_then(|(first, last)| PortRange::new(first, last)).into_iter().collect()
}
