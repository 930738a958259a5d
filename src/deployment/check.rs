//! Reading the nodes of a document by the table of the schema, and noting every problem on the way.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::node::{Node, Value};
use super::problem::{Found, Place, Problem, ProblemKind, ShapeProblem};
use super::shape::{Arity, Field, FieldId, Kind};

/// A value and the way to it.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    /// The value.
    pub node: &'a Node,
    /// The key that it stands under; the value itself where it is an item of a list or the document.
    pub key: &'a Node,
    /// Its path, such as `firewalls[1].name`.
    pub path: String,
}

impl<'a> At<'a> {
    /// The document.
    pub(super) fn root(node: &'a Node) -> Self {
        Self { node, key: node, path: String::new() }
    }

    fn item(&self, index: usize, node: &'a Node) -> Self {
        Self { node, key: node, path: format!("{}[{index}]", self.path) }
    }

    /// Where the value stands.
    pub(super) fn place(&self) -> Place {
        Place::Node(self.node.id)
    }
}

/// A mapping of a known shape.
#[derive(Debug, Clone)]
pub(super) struct Mapping<'a> {
    /// The mapping as a value.
    pub at: At<'a>,
    fields: Vec<(FieldId, At<'a>)>,
}

impl<'a> Mapping<'a> {
    /// The value of a field, if it is there.
    pub(super) fn get(&self, id: FieldId) -> Option<&At<'a>> {
        self.fields.iter().find(|(other, _)| *other == id).map(|(_, at)| at)
    }

    /// A field, or the mapping that it is missing from: where to report what a default leads to.
    pub(super) fn get_or_self(&self, id: FieldId) -> &At<'a> {
        self.get(id).unwrap_or(&self.at)
    }
}

/// A value cannot be read, and why has been noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reported;

/// What an optional field holds.
pub(super) fn optional<'a, T>(
    at: Option<&At<'a>>,
    read: impl FnOnce(&At<'a>) -> Option<T>,
) -> Result<Option<T>, Reported> {
    at.map(read).map_or(Ok(None), |read| read.map(Some).ok_or(Reported))
}

/// What a field holds, or `usual` where it is absent. `None` is a field that cannot be read.
pub(super) fn or<'a, T>(at: Option<&At<'a>>, usual: T, read: impl FnOnce(&At<'a>) -> Option<T>) -> Option<T> {
    at.map_or(Some(usual), read)
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Check {
    problems: Vec<Problem>,
}

impl Check {
    /// The problems, in the order of the text.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by(|a, b| a.place.cmp(&b.place));
        self.problems
    }

    /// How many problems there are so far: what was read in between is whole if the number stays the same.
    pub(super) fn count_problems(&self) -> usize {
        self.problems.len()
    }

    /// Notes a problem with a value.
    pub(super) fn report(&mut self, at: &At<'_>, kind: impl Into<ProblemKind>) {
        self.push(at.path.clone(), at.place(), None, kind.into());
    }

    /// Notes a problem with a field as such, rather than with its value.
    pub(super) fn report_key(&mut self, at: &At<'_>, kind: impl Into<ProblemKind>) {
        self.push(at.path.clone(), Place::Node(at.key.id), None, kind.into());
    }

    /// Notes a problem with a value that contradicts another.
    pub(super) fn report_pair(&mut self, at: &At<'_>, other: &At<'_>, kind: impl Into<ProblemKind>) {
        self.push(at.path.clone(), at.place(), Some(other.place()), kind.into());
    }

    fn push(&mut self, path: String, place: Place, related: Option<Place>, kind: ProblemKind) {
        let related = related.filter(|related| *related != place);
        self.problems.push(Problem { kind, path, place, related });
    }

    /// Notes that a value is of the wrong type.
    pub(super) fn wrong_type(&mut self, at: &At<'_>, expected: Kind) {
        let found = found(&at.node.value);
        if found == Found::Nothing {
            // An empty value has no text to underline; its key has.
            self.report_key(at, ShapeProblem::WrongType { found, expected });
        } else {
            self.report(at, ShapeProblem::WrongType { found, expected });
        }
    }

    /// The fields of a mapping: unknown, repeated and missing ones are noted.
    pub(super) fn mapping<'a>(&mut self, at: &At<'a>, shape: &'static [Field]) -> Option<Mapping<'a>> {
        let Value::Mapping(entries) = &at.node.value else {
            self.wrong_type(at, Kind::Mapping(shape));
            return None;
        };
        let mut fields: Vec<(FieldId, At<'a>)> = Vec::new();
        let mut meant = Vec::new();
        for (key, value) in entries {
            let Value::Text(name) = &key.value else {
                let key_at = At { node: key, key, path: at.path.clone() };
                self.report(&key_at, ShapeProblem::KeyNotText { found: found(&key.value) });
                continue;
            };
            let separator = if at.path.is_empty() { "" } else { "." };
            let field_at = At { node: value, key, path: format!("{}{separator}{name}", at.path) };
            let Some(field) = shape.iter().find(|field| field.name == name) else {
                let known: Vec<&'static str> = shape.iter().map(|field| field.name).collect();
                let suggestion = closest(name, &known);
                meant.extend(suggestion);
                self.report_key(
                    &field_at,
                    ShapeProblem::UnknownField { name: name.clone(), suggestion, known },
                );
                continue;
            };
            if let Some((_, first)) = fields.iter().find(|(id, _)| *id == field.id) {
                let related = Some(Place::Node(first.key.id));
                let kind = ShapeProblem::DuplicateField { name: field.name.to_owned() }.into();
                self.push(field_at.path, Place::Node(key.id), related, kind);
                continue;
            }
            fields.push((field.id, field_at));
        }
        for field in shape.iter().filter(|field| field.required) {
            // A misspelt field is not missing as well.
            if !fields.iter().any(|(id, _)| *id == field.id) && !meant.contains(&field.name) {
                self.report_key(at, ShapeProblem::MissingField { name: field.name, expected: field.kind });
            }
        }
        Some(Mapping { at: at.clone(), fields })
    }

    /// The entries of a mapping with free keys, each with the one name that its key comes to; none where there is no
    /// mapping. `read` reads a key, `name` gives keys that mean the same the same name.
    pub(super) fn entries<'a>(
        &mut self,
        at: Option<&At<'a>>,
        kind: Kind,
        read: impl Fn(&mut Self, &At<'a>) -> Option<String>,
        name: impl Fn(&str) -> String,
    ) -> Vec<(String, At<'a>)> {
        let Some(at) = at else { return Vec::new() };
        let Value::Mapping(entries) = &at.node.value else {
            self.wrong_type(at, kind);
            return Vec::new();
        };
        let mut seen: HashMap<String, &Node> = HashMap::new();
        let mut found = Vec::new();
        for (key, value) in entries {
            let Some(written) = read(self, &At { node: key, key, path: at.path.clone() }) else { continue };
            let field_at = At { node: value, key, path: format!("{}.{written}", at.path) };
            match seen.entry(name(&written)) {
                Entry::Occupied(first) => {
                    let related = Some(Place::Node(first.get().id));
                    let kind = ShapeProblem::DuplicateField { name: first.key().clone() }.into();
                    self.push(field_at.path, Place::Node(key.id), related, kind);
                }
                Entry::Vacant(entry) => {
                    found.push((entry.key().clone(), field_at));
                    entry.insert(key);
                }
            }
        }
        found
    }

    /// The items of a field that holds a list, each with its path; one value alone where the field takes that.
    pub(super) fn items<'a>(&mut self, at: &At<'a>, field: Field) -> Option<Vec<At<'a>>> {
        let items: Vec<At<'a>> = match (&at.node.value, field.arity) {
            (Value::List(items), Arity::OneOrMore | Arity::Any | Arity::AtLeastOne) => {
                items.iter().enumerate().map(|(index, item)| at.item(index, item)).collect()
            }
            (_, Arity::One | Arity::OneOrMore) => return Some(vec![at.clone()]),
            (_, Arity::Any | Arity::AtLeastOne) => {
                let found = found(&at.node.value);
                self.report_key(at, ShapeProblem::NotAList { found, expected: field.kind });
                return None;
            }
        };
        if items.is_empty() && field.arity != Arity::Any {
            self.report(at, ShapeProblem::EmptyList { expected: field.kind });
            return None;
        }
        Some(items)
    }

    /// Notes each item that equals an earlier one. `values` are what the items were read as.
    pub(super) fn duplicates<T: Eq + Hash>(
        &mut self,
        items: &[At<'_>],
        values: &[T],
        show: impl Fn(&T) -> String,
    ) {
        let mut seen = HashMap::new();
        for (at, value) in items.iter().zip(values) {
            match seen.entry(value) {
                Entry::Vacant(entry) => drop(entry.insert(at)),
                Entry::Occupied(entry) => {
                    self.report_pair(at, entry.get(), ShapeProblem::DuplicateItem { item: show(value) });
                }
            }
        }
    }
}

/// The type of a value, and the value where it is short.
fn found(value: &Value) -> Found {
    match value {
        Value::Null => Found::Nothing,
        Value::Boolean(value) => Found::Boolean(*value),
        Value::Integer(value) => Found::Number(value.to_string()),
        Value::Number(value) => Found::Number(value.clone()),
        Value::Text(value) => Found::Text(value.clone()),
        Value::List(_) => Found::List,
        Value::Mapping(_) => Found::Mapping,
        Value::Tagged(tag) => Found::Tagged(tag.clone()),
    }
}

/// The candidate that `word` was probably meant to be.
pub(super) fn closest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    // Longer than any name of the schema: not worth the time that grows with its length.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase().replace([' ', '_'], "-");
    let distance = |candidate: &str| strsim::damerau_levenshtein(&word, &candidate.replace('_', "-"));
    // Of several as close, the longest: letters are left out more often than added.
    let nearness = |candidate: &&&'c str| (distance(candidate), Reverse(candidate.len()));
    let closest = *candidates.iter().min_by_key(nearness)?;
    // A third of the letters wrong is a typing error, more is another word.
    (distance(closest) <= closest.len().max(3) / 3).then_some(closest)
}
