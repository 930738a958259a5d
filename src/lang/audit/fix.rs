//! Mends, in the words of the rule set.

use super::super::trace::Subject;
use super::super::{Lang, say};
use crate::audit::{Edit, Fix};
use crate::ruleset::System;
use crate::ruleset::trace::RuleRef;

/// How to mend a finding: one line for each change.
#[must_use]
pub fn mend(fix: &Fix, subject: Subject<'_>, lang: Lang) -> Vec<String> {
    fix.edits.iter().map(|edit| change(edit, subject, lang)).collect()
}

fn change(edit: &Edit, subject: Subject<'_>, lang: Lang) -> String {
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
