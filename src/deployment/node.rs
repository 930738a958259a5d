//! A YAML document as a tree of numbered nodes.
//!
//! The parser behind serde tells where something stands only when an error passes through it. So the tree
//! is built without places: each node has a number, counted in the order of the text. Where node *n*
//! stands is found by walking the text once more and failing at node *n* ([`locate`]), which costs
//! nothing as long as nothing is wrong.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::problem::FileProblem;

/// How deep values may nest. The deepest of a deployment is a port in the list of an `also_allow` entry, at 6.
pub const MAX_DEPTH: usize = 64;

/// How many values a document may have once its aliases are replaced by what they stand for. Ten aliases
/// of ten aliases of ten... are a few hundred bytes of text and a thousand million values. A firewall takes
/// some ten, an entry of `also_allow` as many.
pub const MAX_VALUES: u32 = 50_000;

/// A value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Its number, counted from 0 in the order of the text, keys included.
    pub id: u32,
    /// What it holds.
    pub value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number, in decimal.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the text, duplicates included.
    Mapping(Vec<(Node, Node)>),
    /// A value with a tag, which no field of a deployment has.
    Tagged(String),
}

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What is wrong.
    pub problem: FileProblem,
    /// Where: a byte of the text, or its end.
    pub at: Option<usize>,
    /// Where what is unfinished started, where the parser says so: line and column, counted from 1.
    pub started: Option<(usize, usize)>,
}

impl Fault {
    fn new(problem: FileProblem, at: Option<usize>) -> Self {
        Self { problem, at, started: None }
    }
}

/// Reads `text` as one document.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let walk = Walk::default();
    let error = match walk.run(serde_yaml::Deserializer::from_str(text)) {
        Ok(Node { value: Value::Null, .. }) => return Err(Fault::new(FileProblem::Empty, None)),
        Ok(node) => return Ok(node),
        Err(error) => error,
    };
    let at = error.location().map(|location| location.index());
    if let Some(problem) = walk.gave_up.take() {
        return Err(Fault::new(problem, at));
    }
    // Two errors of the crate itself, which come without a place.
    let message = error.to_string();
    if message.starts_with("deserializing from YAML containing more than one document") {
        return Err(Fault::new(FileProblem::SecondDocument, second_document(text)));
    }
    if message == "repetition limit exceeded" {
        return Err(Fault::new(FileProblem::TooManyValues, None));
    }
    let (problem, context) = message.split_once(", while ").unwrap_or((&message, ""));
    let problem = FileProblem::Syntax { message: without_position(problem).to_owned() };
    Err(Fault { problem, at, started: position(context) })
}

/// What stands at a node, as far as its extent in the text depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing, or `null`.
    Nothing,
    /// A number or a boolean.
    Scalar,
    /// Text.
    Text(String),
    /// A list or a mapping.
    Collection,
}

/// The byte of `text` at which node `id` starts, and what stands there.
pub(super) fn locate(text: &str, id: u32) -> Option<(usize, Seen)> {
    let walk = Walk { target: Some(id), ..Walk::default() };
    let error = walk.run(serde_yaml::Deserializer::from_str(text)).err()?;
    Some((error.location()?.index(), walk.seen.take()?))
}

/// The byte of `text` at which its second document starts.
fn second_document(text: &str) -> Option<usize> {
    let mut documents = serde_yaml::Deserializer::from_str(text);
    documents.next()?;
    let walk = Walk { target: Some(0), ..Walk::default() };
    walk.run(documents.next()?).err()?.location().map(|location| location.index())
}

/// A message of the parser without the position at its end: ` at line 3 column 5`, or ` at position 3`.
fn without_position(message: &str) -> &str {
    let end = [" at line ", " at position "].iter().filter_map(|mark| message.rfind(mark)).min();
    end.and_then(|end| message.get(..end)).unwrap_or(message)
}

/// The line and column that a message of the parser ends with.
fn position(message: &str) -> Option<(usize, usize)> {
    let (_, position) = message.rsplit_once(" at line ")?;
    let (line, column) = position.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// One walk through a document: builds the tree, or stops at a node.
#[derive(Default)]
struct Walk {
    /// The number of the next node.
    next: Cell<u32>,
    /// How many collections are open.
    depth: Cell<usize>,
    /// The node to stop at.
    target: Option<u32>,
    /// What was seen at that node.
    seen: Cell<Option<Seen>>,
    /// Why this walk, rather than the parser, gave up.
    gave_up: Cell<Option<FileProblem>>,
}

impl Walk {
    fn run(&self, document: serde_yaml::Deserializer<'_>) -> Result<Node, serde_yaml::Error> {
        Step { walk: self }.deserialize(document)
    }

    fn give_up<E: Error>(&self, problem: FileProblem) -> E {
        self.gave_up.set(Some(problem));
        // Never shown: `gave_up` says it better. Only the place that the parser adds is used.
        E::custom("")
    }

    /// Stops here if `id` is the target, or one too many.
    fn meet<E: Error>(&self, id: u32, seen: impl FnOnce() -> Seen) -> Result<(), E> {
        if self.target == Some(id) {
            self.seen.set(Some(seen()));
            return Err(E::custom(""));
        }
        if id >= MAX_VALUES {
            return Err(self.give_up(FileProblem::TooManyValues));
        }
        Ok(())
    }
}

/// The walk at one node.
#[derive(Clone, Copy)]
struct Step<'walk> {
    walk: &'walk Walk,
}

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let id = self.walk.next.get();
        self.walk.next.set(id.saturating_add(1));
        deserializer.deserialize_any(At { walk: self.walk, id })
    }
}

/// The walk at a node whose number is known.
struct At<'walk> {
    walk: &'walk Walk,
    id: u32,
}

impl At<'_> {
    fn scalar<E: Error>(self, value: Value, seen: impl FnOnce() -> Seen) -> Result<Node, E> {
        self.walk.meet(self.id, seen)?;
        Ok(Node { id: self.id, value })
    }

    fn collection<T, E: Error>(&self, read: impl FnOnce(Step<'_>) -> Result<T, E>) -> Result<T, E> {
        self.walk.meet(self.id, || Seen::Collection)?;
        let depth = self.walk.depth.get();
        if depth >= MAX_DEPTH {
            return Err(self.walk.give_up(FileProblem::TooDeep));
        }
        self.walk.depth.set(depth + 1);
        let result = read(Step { walk: self.walk });
        self.walk.depth.set(depth);
        result
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.scalar(Value::Null, || Seen::Nothing)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        self.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.scalar(Value::Boolean(value), || Seen::Scalar)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.visit_i128(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.visit_i128(value.into())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        self.scalar(Value::Integer(value), || Seen::Scalar)
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        let value = i128::try_from(value).map_or_else(|_| Value::Number(value.to_string()), Value::Integer);
        self.scalar(value, || Seen::Scalar)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        // With a point, so that 21.0 is not shown as the 21 that it is not.
        self.scalar(Value::Number(format!("{value:?}")), || Seen::Scalar)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.scalar(Value::Text(value.to_owned()), || Seen::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let list = self.collection(|step| {
            let mut list = Vec::new();
            while let Some(item) = items.next_element_seed(step)? {
                list.push(item);
            }
            Ok(list)
        })?;
        Ok(Node { id: self.id, value: Value::List(list) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mapping = self.collection(|step| {
            let mut mapping = Vec::new();
            while let Some(key) = entries.next_key_seed(step)? {
                mapping.push((key, entries.next_value_seed(step)?));
            }
            Ok(mapping)
        })?;
        Ok(Node { id: self.id, value: Value::Mapping(mapping) })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        let (tag, content) = data.variant::<String>()?;
        self.walk.meet(self.id, || Seen::Scalar)?;
        // Below the tag the tree goes on, so that the numbers do; what it holds is of no use.
        self.collection(|step| content.newtype_variant_seed(step))?;
        Ok(Node { id: self.id, value: Value::Tagged(tag) })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn place(text: &str, id: u32) -> (usize, Seen) {
        locate(text, id).expect("a node of that number")
    }

    #[test]
    fn keys_and_values_are_numbered_in_the_order_of_the_text() {
        let text = "a: 1\nb: [x, {c: ~}]\n";
        assert_eq!(place(text, 0), (0, Seen::Collection));
        assert_eq!(place(text, 1), (0, Seen::Text("a".into())));
        assert_eq!(place(text, 2), (3, Seen::Scalar));
        assert_eq!(place(text, 4), (8, Seen::Collection));
        assert_eq!(place(text, 5), (9, Seen::Text("x".into())));
        assert_eq!(place(text, 8), (16, Seen::Nothing));
        assert_eq!(locate(text, 9), None);
    }

    #[test]
    fn a_tagged_value_keeps_the_numbers_of_what_follows() {
        let text = "a: !port 21\nb: !x [1, 2]\nc: 3\n";
        let Ok(Node { value: Value::Mapping(entries), .. }) = parse(text) else { panic!("a mapping") };
        assert_eq!(entries[0].1.value, Value::Tagged("port".into()));
        assert_eq!(place(text, entries[0].1.id).0, 3);
        assert_eq!(place(text, entries[2].1.id), (28, Seen::Scalar));
    }

    #[test]
    fn what_is_no_single_document_is_told_apart() {
        let problem = |text: &str| parse(text).expect_err("no document").problem;
        assert_eq!(problem(""), FileProblem::Empty);
        assert_eq!(problem("# nothing\n---\n"), FileProblem::Empty);
        assert_eq!(problem("a: 1\n---\nb: 2\n"), FileProblem::SecondDocument);
        assert_eq!(problem(&"[".repeat(65)), FileProblem::TooDeep);
        assert_eq!(problem(&"- ".repeat(100_000)), FileProblem::TooDeep);
        assert_eq!(problem("&a [*a]"), FileProblem::TooDeep);
        assert_eq!(
            problem("a: [1"),
            FileProblem::Syntax { message: "did not find expected ',' or ']'".into() }
        );
    }

    #[test]
    fn a_thousand_million_laughs_are_cut_short() {
        let mut text = String::from("a0: &a0 ha\n");
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
        }
        assert_eq!(parse(&text).expect_err("too many").problem, FileProblem::TooManyValues);
    }

    #[test]
    fn numbers_of_every_size_are_kept() {
        let value = |text: &str| parse(text).expect("a document").value;
        assert_eq!(value("-1"), Value::Integer(-1));
        assert_eq!(value("21.0"), Value::Number("21.0".into()));
        assert_eq!(value(&u128::MAX.to_string()), Value::Number(u128::MAX.to_string()));
    }
}
