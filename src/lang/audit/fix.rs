//! Mends, in the words of the rule set.

use super::super::trace::Subject;
use super::super::{Lang, say};
use crate::audit::{Edit, Fix};
use crate::dialect::collection::Text;
use crate::dialect::{Dialect, addition, commands};
use crate::report::escape::visible;
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Origin, Ruleset, System};

/// How to mend a finding: one line for each change.
#[must_use]
pub fn mend(fix: &Fix, subject: Subject<'_>, lang: Lang) -> Vec<String> {
    in_order(&fix.edits, subject).into_iter().map(|edit| change(edit, subject, lang)).collect()
}

/// The changes in the order in which commands have to make them: of iptables, whose rules have numbers, the last first.
fn in_order<'f>(edits: &'f [Edit], subject: Subject<'_>) -> Vec<&'f Edit> {
    let numbered = |edit: &Edit| {
        let is_iptables = system(edit, subject).is_some_and(|(system, _)| system == System::Iptables);
        is_iptables && command(edit, subject).is_some()
    };
    if !edits.iter().all(numbered) {
        return edits.iter().collect();
    }
    let place = |edit: &&Edit| match edit {
        Edit::Insert { before, .. } => *before,
        Edit::Replace { at, .. } => Some(at.rule),
        Edit::Add { .. } => None,
    };
    let (mut placed, appended): (Vec<&Edit>, Vec<&Edit>) =
        edits.iter().partition(|edit| place(edit).is_some());
    placed.reverse();
    placed.sort_by_key(|edit| std::cmp::Reverse(place(edit)));
    placed.into_iter().chain(appended).collect()
}

/// Whose rules a change is about, and the text that it changes.
fn system<'s>(edit: &Edit, subject: Subject<'s>) -> Option<(System, &'s Text)> {
    let (chain, place) = match edit {
        Edit::Add { text, part } => {
            return Some((part.chains.first()?.table.system, subject.texts.get(*text)?));
        }
        Edit::Insert { chain, before, .. } => (*chain, *before),
        Edit::Replace { at, .. } => (at.chain, Some(at.rule)),
    };
    let chain = subject.ruleset.chains.get(chain)?;
    let neighbour = chain.rules.get(place.unwrap_or(chain.rules.len().saturating_sub(1)))?.origin?;
    Some((chain.table.system, subject.texts.get(usize::try_from(neighbour.text).ok()?)?))
}

/// The commands by which rules in force are changed, where the text is what a program has printed of the kernel's rules.
fn command(edit: &Edit, subject: Subject<'_>) -> Option<String> {
    let (system, text) = system(edit, subject)?;
    let commands: Vec<String> = match system {
        System::Nftables => {
            let is_listing = text.content.trim_start().starts_with('{');
            let commands = is_listing.then(|| of_nft(edit, text, subject))??;
            commands.iter().map(|command| format!("nft '{command}'")).collect()
        }
        System::Iptables => {
            let program = text.name.strip_suffix("-save")?;
            let options = of_iptables(edit, subject)?.into_iter();
            options.map(|options| format!("{program} {options}")).collect()
        }
        System::Pf => return None,
    };
    // The words of a rule that is moved may mean something to a shell, too.
    let is_plain = |command: &String| !command.contains(['$', '`', '\\']) && visible(command) == *command;
    commands.iter().all(is_plain).then(|| commands.join("; "))
}

/// The commands for nft.
fn of_nft(edit: &Edit, text: &Text, subject: Subject<'_>) -> Option<Vec<String>> {
    let handle = |place: RuleRef| {
        let rule = subject.ruleset.chains.get(place.chain)?.rules.get(place.rule)?;
        Some(format!(" handle {}", handle(text, rule.origin?)?))
    };
    let new = |verb: &str, chain: usize, place: &str, line: &String| {
        format!("{verb} rule {}{place} {line}", subject.chain(chain))
    };
    Some(match edit {
        Edit::Insert { chain, before: Some(before), rule } => {
            let at = handle(RuleRef { chain: *chain, rule: *before })?;
            rule.lines.iter().map(|line| new("insert", *chain, &at, line)).collect()
        }
        Edit::Insert { chain, before: None, rule } => {
            rule.lines.iter().map(|line| new("add", *chain, "", line)).collect()
        }
        Edit::Replace { at: place, by } => {
            let at = handle(*place)?;
            let lines = by.iter().flat_map(|rule| &rule.lines);
            let inserted = lines.map(|line| new("insert", place.chain, &at, line));
            inserted.chain([format!("delete rule {}{at}", subject.chain(place.chain))]).collect()
        }
        Edit::Add { part, .. } => commands(part, Dialect::Nftables),
    })
}

/// The options of the commands for iptables, whose rules are numbered by chain.
fn of_iptables(edit: &Edit, subject: Subject<'_>) -> Option<Vec<String>> {
    let named = |chain: usize| {
        let chain = subject.ruleset.chains.get(chain)?;
        Some((chain, &chain.table.name, &chain.name))
    };
    let number = |chain: usize, place: usize| {
        let (chain, ..) = named(chain)?;
        let mut origins: Vec<_> = chain.rules.iter().take(place).map(|rule| rule.origin).collect();
        origins.dedup();
        Some(origins.len() + 1)
    };
    // From the last: each comes before those that have been inserted.
    let inserted = |chain: usize, place: usize, lines: Vec<&String>| -> Option<Vec<String>> {
        let number = number(chain, place)?;
        let (_, table, chain) = named(chain)?;
        Some(lines.iter().rev().map(|line| format!("-t {table} -I {chain} {number} {line}")).collect())
    };
    Some(match edit {
        Edit::Insert { chain, before: Some(before), rule } => {
            inserted(*chain, *before, rule.lines.iter().collect())?
        }
        Edit::Insert { chain, before: None, rule } => {
            let (_, table, chain) = named(*chain)?;
            rule.lines.iter().map(|line| format!("-t {table} -A {chain} {line}")).collect()
        }
        Edit::Replace { at, by } => {
            let number = number(at.chain, at.rule)?;
            let (_, table, chain) = named(at.chain)?;
            let mut commands = vec![format!("-t {table} -D {chain} {number}")];
            commands.extend(inserted(at.chain, at.rule, by.iter().flat_map(|rule| &rule.lines).collect())?);
            commands
        }
        Edit::Add { part, .. } => commands(part, Dialect::Iptables),
    })
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
    let appended = |chain: usize, lines: &[String]| {
        let chain = &subject.ruleset.chains[chain];
        let prefix = match chain.table.system {
            System::Iptables => format!("-A {} ", chain.name),
            System::Nftables | System::Pf => String::new(),
        };
        let lines: Vec<String> = lines.iter().map(|line| format!("{prefix}{line}")).collect();
        visible(&lines.join("; "))
    };
    match edit {
        Edit::Insert { chain, before: Some(before), rule } => {
            let place = subject.place(RuleRef { chain: *chain, rule: *before });
            let rule = appended(*chain, &rule.lines);
            say!(lang, "before {place}: {rule}", "在 {place} 之前加入：{rule}")
        }
        Edit::Insert { chain, before: None, rule } => {
            let rule = appended(*chain, &rule.lines);
            let chain = subject.chain(*chain);
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
            let rules: Vec<String> = by.iter().map(|rule| appended(at.chain, &rule.lines)).collect();
            let rules = rules.join("; ");
            say!(lang, "instead of {place}: {rules}", "将 {place} 改为：{rules}")
        }
        Edit::Add { text, part } => added(part, subject.texts.get(*text), lang),
    }
}

/// Chains that are added to a text.
fn added(part: &Ruleset, text: Option<&Text>, lang: Lang) -> String {
    let name = visible(text.map_or("", |text| &text.name));
    match part.chains.first().map(|chain| chain.table.system) {
        Some(System::Iptables) => {
            let rules = visible(&commands(part, Dialect::Iptables).join("; "));
            return say!(lang, "add to {name}: {rules}", "在 {name} 中加入：{rules}");
        }
        Some(System::Pf) => {
            let text = addition(part, Dialect::PfFreebsd);
            let rules: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
            let rules = visible(&rules.join("; "));
            return say!(
                lang,
                "before the first rule of {name}: {rules}",
                "在 {name} 的首条规则之前加入：{rules}"
            );
        }
        Some(System::Nftables) | None => {}
    }
    // On one line, where nft wants what ends on a line to be ended otherwise.
    let block = addition(part, Dialect::Nftables);
    let lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
    let ended =
        lines.map(|line| if line.ends_with(['{', ';']) { format!("{line} ") } else { format!("{line}; ") });
    let block = visible(ended.collect::<String>().trim_end());
    say!(lang, "at the end of {name}: {block}", "在 {name} 末尾加入：{block}")
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
