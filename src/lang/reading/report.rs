//! What was not understood of rule sets, as people are shown it.

use super::{frontend, host, iptables, nftables, pf};
use crate::deployment::Severity;
use crate::dialect::collection::Collection;
use crate::dialect::reading::{Problem, ProblemKind};
use crate::lang::problem::{Words, and_more, help, severity};
use crate::lang::{Lang, say};
use crate::report::diagnostic::{Diagnostic, Label};
use crate::report::escape::visible;
use crate::ruleset::{BrokenJump, Origin, broken_jumps};

/// How many are shown. Whoever reads a rule set for another purpose does not want to see all of a thousand.
const SHOWN: usize = 20;

/// What was not understood, each over the line that it is about; empty if everything was.
#[must_use]
pub fn report(collection: &Collection, lang: Lang, color: bool) -> String {
    report_those(collection, |_| true, lang, color)
}

/// The same, and of the problems of reading only what is to be `shown`.
#[must_use]
pub fn report_those(
    collection: &Collection,
    shown: impl Fn(&Problem) -> bool,
    lang: Lang,
    color: bool,
) -> String {
    let problems = collection.problems.iter().filter(|problem| shown(problem));
    let problems = problems.map(|problem| (problem.origin, words(&problem.kind, lang)));
    let broken = broken_jumps(&collection.ruleset);
    let jumps = broken.iter().filter_map(|&jump| {
        let (BrokenJump::Loop(place) | BrokenJump::Missing(place)) = jump;
        Some((collection.ruleset.chains[place.chain].rules[place.rule].origin?, jump_words(jump, lang)))
    });
    let all: Vec<(Origin, Words)> = problems.chain(jumps).collect();
    let count = all.len();
    let mut parts: Vec<String> = all
        .into_iter()
        .take(SHOWN)
        .map(|(origin, words)| one(origin, words, collection, lang, color))
        .collect();
    if count > SHOWN {
        parts.push(and_more(count - SHOWN, lang));
    }
    parts.join("\n\n")
}

/// A jump that leads nowhere.
fn jump_words(jump: BrokenJump, lang: Lang) -> Words {
    let (title, label) = match jump {
        BrokenJump::Loop(_) => (
            say!(lang, "this jump closes a loop of chains", "此跳转使链形成循环"),
            say!(lang, "leads back to a chain that it was reached from", "跳回了到达此处的链"),
        ),
        BrokenJump::Missing(_) => (
            say!(lang, "this jump leads to a chain that is not there", "此跳转的目标链不存在"),
            say!(lang, "no such chain in this table", "该表中没有这条链"),
        ),
    };
    let advice = say!(
        lang,
        "the kernel refuses to load it; here, what becomes of packets that meet it counts as unknown",
        "内核会拒绝加载这条规则；此处，遇到它的数据包结果视为未知"
    );
    Words { title, label, related: None, help: Some(advice) }
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

/// That the program which a file is for would not take it.
#[must_use]
pub fn refused(name: &str, lang: Lang) -> String {
    let name = visible(name);
    say!(
        lang,
        "note: {name} as it stands may not load at all, so that the answer is inconclusive",
        "提示：{name} 按现有写法可能根本无法加载，因此无法得出结论"
    )
}

fn one(origin: Origin, words: Words, collection: &Collection, lang: Lang, color: bool) -> String {
    let Words { title, label, help: advice, .. } = words;
    let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    let text = collection.texts.get(place(origin.text));
    let (name, content) = text.map_or(("", ""), |text| (&text.name, &text.content));
    let (start, end) = (place(origin.start), place(origin.end));
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
        help: advice.into_iter().map(|advice| (help(lang), advice)).collect(),
    };
    diagnostic.render(name, content, color)
}

fn words(kind: &ProblemKind, lang: Lang) -> Words {
    match kind {
        ProblemKind::Iptables(problem) => iptables::words(problem, lang),
        ProblemKind::Nftables(problem) => nftables::words(problem, lang),
        ProblemKind::Pf(problem) => pf::words(problem, lang),
        ProblemKind::Host(problem) => host::words(problem, lang),
        ProblemKind::Frontend(problem) => frontend::words(problem, lang),
    }
}
