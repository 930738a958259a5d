//! Where the fields of a deployment stand.

use std::ops::Range;

use super::command_line::option;
use super::node::{Node, Value};
use super::problem::Place;
use super::read::Reading;
use super::source::{Source, line_and_column};
use crate::ruleset::{module_name, sysctl_name};

/// Where a field stands in the text that a deployment was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The bytes of the value, or of the key where the value is a list or a mapping.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The option with its value, such as `--pasv 60000-60020`, where the text is a command line.
    pub option: Option<String>,
}

impl Reading {
    /// Where the field at `path` stands, such as `service.passive.ports`, `firewalls[0].nat.public`, `ignore[1]` or
    /// `firewalls[0].host.sysctls.net.ipv4.ip_forward`. `None` is a field that is not declared, so that its default
    /// counts.
    ///
    /// This reads the file again: meant for the few positions that are shown.
    #[must_use]
    pub fn position(&self, path: &str) -> Option<Position> {
        let place = place(self.document.as_ref()?, path)?;
        let source = &self.source;
        let mut span = source.span(&place)?;
        let option = if source.is_file() { None } else { Some(argument(source, path, &mut span)?) };
        let (line, column) = line_and_column(&source.text, span.start);
        Some(Position { span, line, column, option })
    }
}

/// The option that a field on the command line comes from. `None` is one that no argument stands for.
fn argument(source: &Source, path: &str, span: &mut Range<usize>) -> Option<String> {
    let end = source.text.get(span.end..)?.find(' ').map_or(source.text.len(), |at| span.end + at);
    let value = source.text.get(span.start..end)?;
    // What the program adds by itself stands at its name.
    if span.start == 0 {
        return None;
    }
    span.end = end;
    match option(path) {
        Some(option) => Some(format!("{option} {value}")),
        None => Some(value.to_owned()),
    }
}

/// The node that shows where the value at `path` stands.
fn place(document: &Node, path: &str) -> Option<Place> {
    let (mut node, mut key, mut rest) = (document, document, path);
    while !rest.is_empty() {
        match &node.value {
            Value::Mapping(entries) => {
                rest = rest.strip_prefix('.').unwrap_or(rest);
                ((key, node), rest) =
                    entries.iter().find_map(|(key, value)| Some(((key, value), after(rest, key)?)))?;
            }
            Value::List(items) => {
                let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
                node = items.get(index.parse::<usize>().ok()?)?;
                (key, rest) = (node, after);
            }
            // One value stands for a list of one.
            _ if rest == "[0]" => rest = "",
            _ => return None,
        }
    }
    let shown = if matches!(node.value, Value::List(_) | Value::Mapping(_)) { key } else { node };
    Some(Place::Node(shown.id))
}

/// What follows `key` in a path. The names of sysctls and modules are in the path as the model has them.
fn after<'p>(path: &'p str, key: &Node) -> Option<&'p str> {
    let Value::Text(key) = &key.value else { return None };
    [key.clone(), sysctl_name(key), module_name(key)].iter().find_map(|name| {
        path.strip_prefix(name.as_str()).filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}
