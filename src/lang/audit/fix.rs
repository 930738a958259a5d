//! Mends, in the words of the rule set.

use super::super::trace::Subject;
use super::super::{Lang, say};
use crate::audit::{Edit, Fix};
use crate::dialect::collection::Text;
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Origin, System};

/// How to mend a finding: one line for each change.
#[must_use]
pub fn mend(fix: &Fix, subject: Subject<'_>, lang: Lang) -> Vec<String> {
    in_order(&fix.edits, subject).into_iter().map(|edit| change(edit, subject, lang)).collect()
}

/// The changes in the order in which commands have to make them: of iptables, whose rules have numbers, the last first.
fn in_order<'f>(edits: &'f [Edit], subject: Subject<'_>) -> Vec<&'f Edit> {
    let numbered = |edit: &Edit| {
        let chain = subject.ruleset.chains.get(edit.chain());
        chain.is_some_and(|chain| chain.table.system == System::Iptables) && command(edit, subject).is_some()
    };
    if !edits.iter().all(numbered) {
        return edits.iter().collect();
    }
    let place = |edit: &&Edit| match edit {
        Edit::Insert { before, .. } => *before,
        Edit::Replace { at, .. } => Some(at.rule),
    };
    let (mut placed, appended): (Vec<&Edit>, Vec<&Edit>) =
        edits.iter().partition(|edit| place(edit).is_some());
    placed.reverse();
    placed.sort_by_key(|edit| std::cmp::Reverse(place(edit)));
    placed.into_iter().chain(appended).collect()
}

/// The command by which a rule in force is changed, where the text is what a program has printed of the kernel's rules.
fn command(edit: &Edit, subject: Subject<'_>) -> Option<String> {
    let chain = subject.ruleset.chains.get(edit.chain())?;
    let (place, lines) = match edit {
        Edit::Insert { before, rule, .. } => (*before, vec![&rule.lines]),
        Edit::Replace { at, by } => (Some(at.rule), by.iter().map(|rule| &rule.lines).collect()),
    };
    let neighbour = chain.rules.get(place.unwrap_or(chain.rules.len().saturating_sub(1)))?.origin?;
    let text = subject.texts.get(usize::try_from(neighbour.text).ok()?)?;
    let lines: Vec<&String> = lines.into_iter().flatten().collect();
    let commands: Vec<String> = match chain.table.system {
        System::Nftables => {
            let handle = handle(text, neighbour)?;
            let chain = subject.chain(edit.chain());
            let new = |verb: &str, place: &str, line: &String| format!("{verb} rule {chain}{place} {line}");
            let at = format!(" handle {handle}");
            match edit {
                Edit::Insert { before: Some(_), .. } => {
                    lines.iter().map(|line| new("insert", &at, line)).collect()
                }
                Edit::Insert { .. } => lines.iter().map(|line| new("add", "", line)).collect(),
                Edit::Replace { .. } => {
                    let inserted = lines.iter().map(|line| new("insert", &at, line));
                    inserted.chain([format!("delete rule {chain}{at}")]).collect()
                }
            }
        }
        System::Iptables => {
            let program = text.name.strip_suffix("-save")?;
            let mut origins: Vec<_> =
                chain.rules.iter().take(place.unwrap_or_default()).map(|rule| rule.origin).collect();
            origins.dedup();
            let number = origins.len() + 1;
            let (table, chain) = (&chain.table.name, &chain.name);
            let new = |line: &String| match edit {
                Edit::Insert { before: None, .. } => format!("{program} -t {table} -A {chain} {line}"),
                _ => format!("{program} -t {table} -I {chain} {number} {line}"),
            };
            // From the last: each comes before those that have been inserted.
            let mut commands: Vec<String> = lines.iter().rev().map(|line| new(line)).collect();
            if matches!(edit, Edit::Insert { before: None, .. }) {
                commands.reverse();
            }
            if let Edit::Replace { .. } = edit {
                commands.insert(0, format!("{program} -t {table} -D {chain} {number}"));
            }
            return Some(commands.join("; "));
        }
        System::Pf => return None,
    };
    Some(commands.iter().map(|command| format!("nft '{command}'")).collect::<Vec<_>>().join("; "))
}

/// The handle of a rule in the JSON that nft prints.
fn handle(text: &Text, origin: Origin) -> Option<u64> {
    let stretch = usize::try_from(origin.start).ok()?..usize::try_from(origin.end).ok()?;
    let object: serde_json::Value = serde_json::from_str(text.content.get(stretch)?).ok()?;
    object.get("rule")?.get("handle")?.as_u64()
}

fn change(edit: &Edit, subject: Subject<'_>, lang: Lang) -> String {
    if let Some(command) = command(edit, subject) {
        return command;
    }
    let appended = |lines: &[String]| {
        let chain = &subject.ruleset.chains[edit.chain()];
        let prefix = match chain.table.system {
            System::Iptables => format!("-A {} ", chain.name),
            System::Nftables | System::Pf => String::new(),
        };
        let lines: Vec<String> = lines.iter().map(|line| format!("{prefix}{line}")).collect();
        lines.join("; ")
    };
    match edit {
        Edit::Insert { chain, before: Some(before), rule } => {
            let place = subject.place(RuleRef { chain: *chain, rule: *before });
            let rule = appended(&rule.lines);
            say!(lang, "before {place}: {rule}", "在 {place} 之前加入：{rule}")
        }
        Edit::Insert { chain, before: None, rule } => {
            let chain = subject.chain(*chain);
            let rule = appended(&rule.lines);
            if chain.is_empty() {
                return say!(lang, "at the end: {rule}", "在末尾加入：{rule}");
            }
            say!(lang, "at the end of {chain}: {rule}", "在链 {chain} 的末尾加入：{rule}")
        }
        Edit::Replace { at, by } if by.is_empty() => {
            let place = subject.place(*at);
            say!(lang, "delete {place}", "删除 {place}")
        }
        Edit::Replace { at, by } => {
            let place = subject.place(*at);
            let rules: Vec<String> = by.iter().map(|rule| appended(&rule.lines)).collect();
            let rules = rules.join("; ");
            say!(lang, "instead of {place}: {rules}", "将 {place} 改为：{rules}")
        }
    }
}

/// What a patch does, beside it.
#[must_use]
pub fn summary(mended: usize, left: usize, lang: Lang) -> String {
    say!(
        lang,
        "findings that the patch mends: {mended}; findings left to people: {left}",
        "补丁修正的问题：{mended} 个；需人工处理的问题：{left} 个"
    )
}
