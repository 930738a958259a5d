//! JSON: what `nft -j list ruleset` prints, and `nft -j -f` reads.
//!
//! Each object of the list is parsed for itself, so that one that is not understood is one problem and no more, and
//! the place of each is known.

mod expression;
mod object;
mod place;
mod statement;

use serde_json::Value;

use super::problem::{Expected, Problem};
use super::source::Problems;
use super::tables::Tables;
use super::text::Orphans;
use crate::ruleset::Origin;

/// Carries out all commands of a text; a bare object is to be added.
pub(super) fn run(text: &str, number: u32, tables: &mut Tables, problems: &mut Problems) {
    let (places, whole) = place::objects(text, number);
    if u32::try_from(text.len()).is_err() {
        problems.push(whole, Problem::TooLarge);
        return;
    }
    if places.is_empty() && !text.contains("\"nftables\"") {
        problems.push(whole, Problem::Unexpected { found: String::new(), expected: Expected::RulesetObject });
        return;
    }
    let mut reader = Reader { tables, problems, anonymous: 0, orphans: Vec::new() };
    for origin in places {
        let object = text.get(origin.start as usize..origin.end as usize).unwrap_or_default();
        match serde_json::from_str::<Value>(object) {
            Ok(value) => reader.command(&value, origin),
            Err(error) => reader.problems.push(origin, Problem::NotJson { message: error.to_string() }),
        }
    }
}

/// What the objects are read into.
struct Reader<'a> {
    tables: &'a mut Tables,
    problems: &'a mut Problems,
    /// How many chains were written in rules.
    anonymous: usize,
    /// Those of them that no table has yet.
    orphans: Orphans,
}

/// The only key of an object, and its value.
fn entry(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object()?;
    let (key, inner) = object.iter().next()?;
    (object.len() == 1).then_some((key.as_str(), inner))
}

/// A field that holds text; empty without one.
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A value as a list: the elements of an array, nothing for `null`, or the one value.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(elements) => elements,
        Value::Null => &[],
        single => std::slice::from_ref(single),
    }
}

/// The text of something that is not understood.
fn shown(value: &Value) -> String {
    value.to_string()
}

impl Reader<'_> {
    fn not_understood(&mut self, value: &Value, origin: Origin) {
        self.problems.push(origin, Problem::UnknownStatement { text: shown(value) });
    }
}
