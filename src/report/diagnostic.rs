//! Something wrong in a text, shown as compilers do: the line, underlined, with what was expected beside it.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::escape::visible;
use crate::deployment::Severity;

/// How many characters of a line are shown behind the last that is underlined.
const MARGIN: usize = 80;
/// How many characters are underlined at most.
const LONGEST_UNDERLINE: usize = 120;
/// How far around an underlined line others may be shown; the renderer leaves out all but the nearest.
const CONTEXT_LINES: usize = 3;

/// Something wrong in a text. The words are in one language or another; nothing here is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is, which decides the colour.
    pub severity: Severity,
    /// What that is called.
    pub level: String,
    /// The id by which more can be read of it.
    pub code: Option<&'static str>,
    /// What was found.
    pub title: String,
    /// The places that it is about, the place at fault first. Without any, only the name of the text is shown.
    pub labels: Vec<Label>,
    /// What else there is to say of it: what to call each line, and what it says.
    pub notes: Vec<(String, String)>,
    /// How to mend it: what to call each line, and what it says.
    pub help: Vec<(String, String)>,
}

/// A place in another text that has to do with it.
#[derive(Debug, Clone, Copy)]
pub struct Related<'a> {
    /// What the text is called.
    pub name: &'a str,
    /// The text.
    pub source: &'a str,
    /// The places.
    pub labels: &'a [Label],
}

/// A place in a text, and what to say there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The bytes to underline, within one line.
    pub span: Range<usize>,
    /// What to say beside them.
    pub text: String,
}

impl Diagnostic {
    /// Renders it over the text `source`, which is called `name`.
    ///
    /// Characters that would act on a terminal are replaced wherever they come from, and no line is longer
    /// than its message and about two hundred characters of the text.
    #[must_use]
    pub fn render(&self, name: &str, source: &str, color: bool) -> String {
        self.render_with(name, source, &[], color)
    }

    /// The same, with places in other texts below it.
    #[must_use]
    pub fn render_with(&self, name: &str, source: &str, related: &[Related<'_>], color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let mut title = level.with_name(self.level.as_str()).primary_title(one_line(&self.title));
        if let Some(code) = self.code {
            title = title.id(code);
        }
        let mut group = Group::with_title(title);
        group = match snippet(name, source, &self.labels) {
            Some(snippet) => group.element(snippet),
            None => group.element(Origin::path(visible(name))),
        };
        for other in related {
            group = group.elements(snippet(other.name, other.source, other.labels));
        }
        for (name, text) in &self.notes {
            group = group.element(Level::NOTE.with_name(name.as_str()).message(one_line(text)));
        }
        for (name, text) in &self.help {
            group = group.element(Level::HELP.with_name(name.as_str()).message(one_line(text)));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// The lines of a text that the labels stand on; `None` without labels.
fn snippet(name: &str, source: &str, labels: &[Label]) -> Option<Snippet<'static, Annotation<'static>>> {
    let excerpt = Excerpt::new(source, labels)?;
    let snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line).path(visible(name));
    Some(snippet.annotations(annotations(excerpt.spans, labels)))
}

fn annotations(spans: Vec<Range<usize>>, labels: &[Label]) -> Vec<Annotation<'static>> {
    let kinds = std::iter::once(AnnotationKind::Primary).chain(std::iter::repeat(AnnotationKind::Context));
    let annotation = |((kind, span), label): ((AnnotationKind, Range<usize>), &Label)| {
        kind.span(span).label(one_line(&label.text))
    };
    kinds.zip(spans).zip(labels).map(annotation).collect()
}

fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\\n")
}

/// The lines that the labels stand on and those between them, made harmless.
struct Excerpt {
    text: String,
    first_line: usize,
    spans: Vec<Range<usize>>,
}

impl Excerpt {
    /// `None` without labels.
    fn new(source: &str, labels: &[Label]) -> Option<Self> {
        let bytes = source.as_bytes();
        let breaks = |from: usize, to: usize| {
            let between = bytes.get(from..to.min(bytes.len())).unwrap_or_default();
            memchr::memchr_iter(b'\n', between).count()
        };
        let earliest = labels.iter().map(|label| label.span.start).min()?.min(bytes.len());
        let mut start = bytes[..earliest].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        // A text may be long: it is gone through once.
        let first = breaks(0, start);
        let lines: Vec<usize> = labels.iter().map(|label| first + breaks(start, label.span.start)).collect();
        let last = *lines.iter().max()?;
        let mut text = String::new();
        let mut spans = vec![0..0; labels.len()];
        // At the end of a text there is one more line, which is empty.
        let shown = source.get(start..)?.split_inclusive('\n').chain(std::iter::once(""));
        for (number, line) in (first..=last).zip(shown) {
            for ((_, label), span) in
                lines.iter().zip(labels).zip(&mut spans).filter(|((on, _), _)| **on == number)
            {
                let begin = label.span.start - start;
                let end = label.span.end.saturating_sub(start);
                let before = text.len() + harmless(line, 0..begin).map(char::len_utf8).sum::<usize>();
                let underlined = harmless(line, begin..end).take(LONGEST_UNDERLINE);
                *span = before..before + underlined.map(char::len_utf8).sum::<usize>();
            }
            if lines.iter().any(|own| own.abs_diff(number) <= CONTEXT_LINES) {
                text.extend(harmless(line, 0..end_of_shown(line, start, labels)));
            }
            text.push('\n');
            start += line.len();
        }
        Some(Self { text, first_line: first + 1, spans })
    }
}

/// How many bytes of `line`, which starts at byte `start` of the text, are shown.
fn end_of_shown(line: &str, start: usize, labels: &[Label]) -> usize {
    let within = |at: &usize| (start..=start + line.len()).contains(at);
    let last = labels.iter().map(|label| label.span.start).filter(within).max();
    let from = last.map_or(0, |at| at - start);
    let rest = line.get(from..).unwrap_or_default();
    rest.char_indices().nth(LONGEST_UNDERLINE + MARGIN).map_or(line.len(), |(length, _)| from + length)
}

/// The characters of a line that start within a range of bytes, without the line break. What would act on a
/// terminal is replaced one for one, so that columns stay what they are.
fn harmless(line: &str, bytes: Range<usize>) -> impl Iterator<Item = char> {
    let characters = line.trim_end_matches(['\r', '\n']).char_indices();
    characters.filter(move |(at, _)| bytes.contains(at)).map(|(_, character)| {
        let shown = visible(character.encode_utf8(&mut [0; 4])).starts_with(character);
        if shown || character == '\t' { character } else { char::REPLACEMENT_CHARACTER }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(source: &str, spans: &[Range<usize>], color: bool) -> String {
        let labels = spans.iter().map(|span| Label { span: span.clone(), text: "expected else".to_owned() });
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            level: "error".to_owned(),
            code: None,
            title: "found \u{1b}[2J".to_owned(),
            labels: labels.collect(),
            notes: Vec::new(),
            help: vec![("help".to_owned(), "mend\u{9b}it".to_owned())],
        };
        diagnostic.render("a\u{7}.yaml", source, color)
    }

    #[test]
    fn the_place_is_underlined_and_named() {
        let text = rendered("one: 1\ntwo: 22\n", std::slice::from_ref(&(12..14)), false);
        assert!(text.contains("--> a\\u{7}.yaml:2:6\n"), "{text}");
        assert!(text.contains("2 | two: 22\n  |      ^^ expected else"), "{text}");
    }

    #[test]
    fn nothing_acts_on_the_terminal() {
        let text = rendered("k: \u{202e}\u{1b}[31mx\t\r\n", std::slice::from_ref(&(3..6)), false);
        assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
        // With colour on, only the renderer's own sequences are left.
        let text =
            anstream::adapter::strip_str(&rendered("k: \u{1b}[31mx\n", std::slice::from_ref(&(3..4)), true))
                .to_string();
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn a_replaced_character_moves_no_column() {
        let text = rendered("\u{202e}\u{202e}k: x\n", std::slice::from_ref(&(9..10)), false);
        assert!(text.contains(".yaml:1:6\n"), "{text}");
    }

    #[test]
    fn a_long_line_is_cut() {
        let long = format!("k: {} z\n", "y".repeat(1_000_000));
        for span in [0..1, 3..1_000_003, 500_000..500_002, 1_000_004..1_000_005] {
            let text = rendered(&long, std::slice::from_ref(&span), false);
            assert!(text.len() < 2_000, "{} bytes", text.len());
        }
    }

    #[test]
    fn places_far_apart_show_their_own_lines_only() {
        let source = format!("first: x\n{}last: x\n", "line: x\n".repeat(10_000));
        let last = source.len() - 8;
        let text = rendered(&source, &[last..last + 2, 0..5], false);
        assert!(text.contains("    1 | first: x\n") && text.contains("10002 | last: x\n"), "{text}");
        assert!(text.lines().count() < 20, "{text}");
    }

    #[test]
    fn a_place_outside_the_text_is_survived() {
        for span in [0..0, 3..3, 5..99, 99..100] {
            assert!(rendered("k: é\n", std::slice::from_ref(&span), false).contains("expected else"));
        }
        assert!(rendered("", std::slice::from_ref(&(0..1)), false).contains("expected else"));
    }
}
