//! What is wrong with a deployment, in words: what was found, what was expected, how to mend it.

mod file;
mod firewall;
mod kind;
mod nat;
mod service;
mod shape;
mod value;

pub(super) use file::parser;

use super::{Lang, say};
use crate::deployment::problem::{Problem, ProblemKind, Severity, ShapeProblem};
use crate::deployment::{Reading, option};
use crate::report::diagnostic::{Diagnostic, Label};

/// How many problems are shown. Nobody mends more at once.
const SHOWN: usize = 50;
/// How many bytes are walked through to show them, a walk through the whole text for each.
const WALKED: usize = 8 << 20;

/// Everything that came of reading a deployment, as people are shown it: each problem over the line that it
/// is about, and a last line that counts them.
#[must_use]
pub fn report(reading: &Reading, lang: Lang, color: bool) -> String {
    let source = &reading.source;
    let shown = (WALKED / source.text.len().max(1)).min(SHOWN);
    let diagnostics = reading.problems.iter().take(shown).map(|problem| diagnostic(problem, reading, lang));
    let mut parts: Vec<String> =
        diagnostics.map(|diagnostic| diagnostic.render(&source.name, &source.text, color)).collect();
    if reading.problems.len() > shown {
        parts.push(and_more(reading.problems.len() - shown, lang));
    }
    let [errors, warnings, infos] =
        [Severity::Error, Severity::Warning, Severity::Info].map(|severity| reading.count(severity));
    parts.push(summary(errors, warnings, infos, lang));
    parts.join("\n\n")
}

fn diagnostic(problem: &Problem, reading: &Reading, lang: Lang) -> Diagnostic {
    let words = words(problem, lang);
    let span = |place| reading.source.span(place);
    let label = |(span, text)| Label { span, text };
    let primary = span(&problem.place).zip(Some(words.label)).map(label);
    let related = problem.related.as_ref().and_then(span).zip(words.related).map(label);
    let field = if reading.source.is_file() { problem.path.clone() } else { option_of(problem) };
    Diagnostic {
        severity: problem.severity(),
        code: None,
        level: severity(problem.severity(), lang),
        title: if field.is_empty() { words.title } else { with_field(&field, &words.title, lang) },
        labels: primary.into_iter().chain(related).collect(),
        notes: Vec::new(),
        help: words.help.into_iter().map(|text| (help(lang), text)).collect(),
    }
}

/// The words for a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What was found.
    pub title: String,
    /// What was expected, beside the text at fault.
    pub label: String,
    /// What the other half of a contradiction is, beside that.
    pub related: Option<String>,
    /// How to mend it.
    pub help: Option<String>,
}

impl Words {
    fn new(title: String, label: String) -> Self {
        Self { title, label, related: None, help: None }
    }

    fn related(self, related: String) -> Self {
        Self { related: Some(related), ..self }
    }

    fn help(self, help: String) -> Self {
        Self { help: Some(help), ..self }
    }

    /// With help where there is any.
    fn maybe_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

/// On a command line the option is the name of a field that its user knows.
fn option_of(problem: &Problem) -> String {
    let path = match &problem.kind {
        ProblemKind::Shape(ShapeProblem::MissingField { name, .. }) => format!("{}.{name}", problem.path),
        _ => problem.path.clone(),
    };
    option(&path).map_or_else(|| problem.path.clone(), str::to_owned)
}

/// What is wrong, in words.
#[must_use]
pub fn words(problem: &Problem, lang: Lang) -> Words {
    match &problem.kind {
        ProblemKind::File(problem) => file::words(problem, lang),
        ProblemKind::Shape(problem) => shape::words(problem, lang),
        ProblemKind::Value(problem) => value::words(problem, lang),
        ProblemKind::Service(problem) => service::words(problem, lang),
        ProblemKind::Firewall(problem) => firewall::words(problem, lang),
    }
}

/// The name of a severity.
#[must_use]
pub fn severity(severity: Severity, lang: Lang) -> String {
    match severity {
        Severity::Error => say!(lang, "error", "错误"),
        Severity::Warning => say!(lang, "warning", "警告"),
        Severity::Info => say!(lang, "info", "提示"),
    }
}

/// The name of the line that says how to mend something.
#[must_use]
pub fn help(lang: Lang) -> String {
    say!(lang, "help", "帮助")
}

/// A title with the field that it is about in front.
#[must_use]
pub fn with_field(field: &str, title: &str, lang: Lang) -> String {
    say!(lang, "{field}: {title}", "{field}：{title}")
}

/// The last line: how many problems there are, by severity.
#[must_use]
pub fn summary(errors: usize, warnings: usize, infos: usize, lang: Lang) -> String {
    let counts = [
        (errors, severity(Severity::Error, lang)),
        (warnings, severity(Severity::Warning, lang)),
        (infos, severity(Severity::Info, lang)),
    ];
    let named = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, name)| {
        // "info" has no plural.
        let plural = if count == 1 || name == "info" { "" } else { "s" };
        say!(lang, "{count} {name}{plural}", "{count} 个{name}")
    });
    named.collect::<Vec<_>>().join(match lang {
        Lang::En => ", ",
        Lang::Zh => "，",
    })
}

/// How many more problems there are than are shown.
#[must_use]
pub fn and_more(count: usize, lang: Lang) -> String {
    say!(lang, "and {count} more, not shown", "另有 {count} 个未显示")
}

/// A list of words in backquotes: `` `a`, `b` ``.
fn quoted(words: &[&str], lang: Lang) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(match lang {
        Lang::En => ", ",
        Lang::Zh => "、",
    })
}

/// Text out of the file, in backquotes, cut short where it is long.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", text.get(..end).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_by_severity() {
        assert_eq!(summary(3, 1, 0, Lang::En), "3 errors, 1 warning");
        assert_eq!(summary(1, 0, 2, Lang::En), "1 error, 2 info");
        assert_eq!(summary(1, 2, 0, Lang::Zh), "1 个错误，2 个警告");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(excerpt("ftp"), "`ftp`");
        assert_eq!(excerpt(&"x".repeat(1000)).chars().count(), 63);
    }
}
