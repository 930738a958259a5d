//! What was not understood of rule sets, as people are shown it.

use super::{host, iptables, nftables, pf};
use crate::deployment::Severity;
use crate::dialect::collection::Collection;
use crate::dialect::reading::{Problem, ProblemKind};
use crate::lang::problem::{Words, and_more, help, severity};
use crate::lang::{Lang, say};
use crate::report::diagnostic::{Diagnostic, Label};
use crate::report::escape::visible;

/// How many are shown. Whoever reads a rule set for another purpose does not want to see all of a thousand.
const SHOWN: usize = 20;

/// What was not understood, each over the line that it is about; empty if everything was.
#[must_use]
pub fn report(collection: &Collection, lang: Lang, color: bool) -> String {
    let problems = &collection.problems;
    let mut parts: Vec<String> =
        problems.iter().take(SHOWN).map(|problem| one(problem, collection, lang, color)).collect();
    if problems.len() > SHOWN {
        parts.push(and_more(problems.len() - SHOWN, lang));
    }
    parts.join("\n\n")
}

/// That a file holds no rule set.
#[must_use]
pub fn empty(name: &str, lang: Lang) -> String {
    let name = visible(name);
    say!(
        lang,
        "note: {name} has neither a rule nor a chain: it filters nothing",
        "提示：{name} 中既没有规则也没有链，不过滤任何数据包"
    )
}

fn one(problem: &Problem, collection: &Collection, lang: Lang, color: bool) -> String {
    let Words { title, label, help: advice, .. } = words(&problem.kind, lang);
    let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    let text = collection.texts.get(place(problem.origin.text));
    let (name, content) = text.map_or(("", ""), |text| (&text.name, &text.content));
    let (start, end) = (place(problem.origin.start), place(problem.origin.end));
    // What spans lines is shown by its first.
    let first_line = content.get(start..end).map(|found| found.lines().next().unwrap_or_default().len());
    let labels = first_line.map(|length| Label { span: start..start + length, text: label });
    let diagnostic = Diagnostic {
        severity: Severity::Warning,
        code: None,
        level: severity(Severity::Warning, lang),
        title,
        labels: labels.into_iter().collect(),
        notes: Vec::new(),
        help: advice.map(|advice| (help(lang), advice)),
    };
    diagnostic.render(name, content, color)
}

fn words(kind: &ProblemKind, lang: Lang) -> Words {
    match kind {
        ProblemKind::Iptables(problem) => iptables::words(problem, lang),
        ProblemKind::Nftables(problem) => nftables::words(problem, lang),
        ProblemKind::Pf(problem) => pf::words(problem, lang),
        ProblemKind::Host(problem) => host::words(problem, lang),
    }
}
