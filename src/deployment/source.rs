//! The text that a deployment was read from, and where in it something stands.

use std::collections::BTreeMap;
use std::ops::Range;

use super::node::{self, Fault, Seen};
use super::problem::Place;

/// The text of a deployment: a file, or the arguments of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What to call it: a path, or a word such as `<stdin>`.
    pub name: String,
    /// The text, without a byte order mark. Bytes that are not UTF-8 are replaced by U+FFFD.
    pub text: String,
    form: Form,
}

/// How the nodes of a deployment are found in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// By reading the YAML again.
    Yaml,
    /// By a table.
    Arguments(BTreeMap<u32, Range<usize>>),
}

impl Source {
    /// A YAML file.
    pub(super) fn yaml(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), text, form: Form::Yaml }
    }

    /// A command line, with the place of each node that stands on it.
    pub(super) fn arguments(name: &str, text: String, nodes: BTreeMap<u32, Range<usize>>) -> Self {
        Self { name: name.to_owned(), text, form: Form::Arguments(nodes) }
    }

    /// Whether it is a file, rather than a command line.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.form == Form::Yaml
    }

    /// The bytes of the text that stand at `place`, never past the end of a line, or `None` for no place
    /// in particular.
    ///
    /// For a node of a file this reads the file again: meant for the few problems that are shown.
    #[must_use]
    pub fn span(&self, place: &Place) -> Option<Range<usize>> {
        match (place, &self.form) {
            (Place::Whole, _) => None,
            (&Place::Bytes { start, end }, _) => Some(start..end),
            (Place::Node(id), Form::Arguments(nodes)) => nodes.get(id).cloned(),
            (&Place::Node(id), Form::Yaml) => {
                let (start, seen) = node::locate(&self.text, id)?;
                Some(start..start + extent(self.text.get(start..)?, &seen))
            }
        }
    }

    /// Where a fault of the YAML stands, and where what is unfinished there started.
    pub(super) fn places(text: &str, fault: &Fault) -> (Place, Option<Place>) {
        let at = fault.at.map_or(Place::Whole, |at| token(text, at).into());
        let started = fault.started.map(|(line, column)| {
            let start = byte_of_position(text, line, column);
            Place::from(
                start
                    ..start
                        + text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8),
            )
        });
        (at, started)
    }
}

/// The line and column of byte `at`, both counted from 1, the column in characters.
#[must_use]
pub fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// The byte at a line and column of the parser, which ends lines as YAML 1.1 does (§4.1.4).
fn byte_of_position(text: &str, line: usize, column: usize) -> usize {
    let mut rest = text;
    for _ in 1..line {
        let Some(end) = rest.find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) else { break };
        rest = &rest[end..];
        rest = rest.strip_prefix("\r\n").unwrap_or_else(|| {
            let mut characters = rest.chars();
            characters.next();
            characters.as_str()
        });
    }
    let column = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(byte, _)| byte);
    text.len() - rest.len() + column
}

/// What to underline for a fault at byte `at`: the rest of the word there, or nothing at the end of a line.
fn token(text: &str, at: usize) -> Range<usize> {
    // A fault at the end of the file stands behind its last line break; the text that matters does not.
    let at = if at >= text.len() { text.trim_end().len() } else { at };
    let word = text.get(at..).map_or(0, |rest| rest.find(char::is_whitespace).unwrap_or(rest.len()));
    at..at + word
}

/// How many bytes of its first line a node takes up that `text` starts with.
fn extent(text: &str, seen: &Seen) -> usize {
    let line = text.lines().next().unwrap_or_default();
    match (line.chars().next(), seen) {
        (Some(quote @ ('"' | '\'')), _) => quoted(line, quote),
        (_, Seen::Text(value)) if !value.is_empty() && line.starts_with(value.as_str()) => value.len(),
        (Some('[' | '{'), _) => bracketed(line),
        (_, Seen::Collection) => line.find([' ', ':', '\t']).unwrap_or(line.len()),
        (_, Seen::Nothing | Seen::Scalar | Seen::Text(_)) => {
            let word = line.find([' ', '\t', ',', ']', '}']).map_or(line, |end| &line[..end]);
            // A key that is no text.
            word.strip_suffix(':').unwrap_or(word).len()
        }
    }
}

/// The length of the quoted text that `line` starts with.
fn quoted(line: &str, quote: char) -> usize {
    let mut characters = line.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote == '"' {
            characters.next();
        } else if character == quote {
            // In single quotes a quote is written twice.
            if quote == '"' || characters.next_if(|(_, next)| *next == quote).is_none() {
                return at + 1;
            }
        }
    }
    line.len()
}

/// The length of the brackets that `line` starts with, or of the line where they close on another.
fn bracketed(line: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in line.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    line.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text at each node.
    fn nodes(text: &str) -> Vec<&str> {
        let source = Source::yaml("test.yaml", text.to_owned());
        (0..).map_while(|id| source.span(&Place::Node(id))).map(|span| &text[span]).collect()
    }

    #[test]
    fn the_text_of_a_node_is_the_value_as_written() {
        assert_eq!(nodes("a: 0x15 # twenty-one\nb: 'it''s' \n"), ["a", "a", "0x15", "b", "'it''s'"]);
        assert_eq!(
            nodes("é: [x y, \"\\\"\", {k: 1}]\r\n"),
            ["é", "é", "[x y, \"\\\"\", {k: 1}]", "x y", "\"\\\"\"", "{k: 1}", "k", "1"]
        );
        assert_eq!(
            nodes("a:\n- one\n- two: [\n  ]\nb:\n"),
            ["a", "a", "-", "one", "two", "two", "[", "b", ""]
        );
    }

    #[test]
    fn an_alias_stands_where_its_anchor_does() {
        assert_eq!(nodes("a: &x 1\nb: *x\n"), ["a", "a", "&x", "b", "&x"]);
    }

    #[test]
    fn lines_and_columns_are_counted_from_one_in_characters() {
        assert_eq!(line_and_column("é: 1\nb", 0), (1, 1));
        assert_eq!(line_and_column("é: 1\nb", 3), (1, 3));
        assert_eq!(line_and_column("é: 1\r\nb", 7), (2, 1));
    }
}
