//! Adding chains to a text, in its own form.

use std::ops::Range;

use super::text::Change;
use crate::dialect::collection::Text;
use crate::dialect::{Dialect, addition, commands};
use crate::ruleset::{Chain, Ruleset, System};

/// The change of `text` that adds `part`. `None` where its form does not tell what to write.
pub(super) fn change(ruleset: &Ruleset, part: &Ruleset, number: usize, text: &Text) -> Option<Change> {
    let content = text.content.as_str();
    let chain = part.chains.first()?;
    let (at, by) = match chain.table.system {
        System::Nftables => (content.len(), tables(part, content)?),
        System::Iptables => {
            let section = format!("*{}", chain.table.name);
            if let Some(end) = end_of(&section, content) {
                (end, commands_without_table(part))
            } else if content.lines().any(|line| line.trim_start().starts_with('*')) {
                (content.len(), addition(part, Dialect::Iptables))
            } else {
                in_script(ruleset, part, number, content)?
            }
        }
        // Rules that translate come before those that filter.
        System::Pf => {
            let start = first_rule(ruleset, number, |chain| chain.table.system == System::Pf)?;
            (line_at(content, start).start, addition(part, Dialect::PfFreebsd))
        }
    };
    let is_torn = at == content.len() && !content.is_empty() && !content.ends_with('\n');
    let by = if is_torn { format!("\n{by}") } else { by };
    Some(Change { text: number, stretch: at..at, by })
}

/// Tables for a text of nft. A listing in JSON is no place to write into, and a script of commands is not one of nft.
fn tables(part: &Ruleset, content: &str) -> Option<String> {
    let is_listing = content.trim_start().starts_with('{');
    let is_shell = content.lines().any(|line| line.trim_start().starts_with("nft "));
    (!is_listing && !is_shell).then(|| format!("\n{}", addition(part, Dialect::Nftables)))
}

/// Where the line starts that ends a section of iptables-restore.
fn end_of(section: &str, content: &str) -> Option<usize> {
    let (mut at, mut inside) = (0, false);
    for line in content.split_inclusive('\n') {
        match line.trim() {
            "COMMIT" if inside => return Some(at),
            start if start.starts_with('*') => inside = start == section,
            _ => {}
        }
        at += line.len();
    }
    None
}

/// The rules as a section has them, which names the table by itself.
fn commands_without_table(part: &Ruleset) -> String {
    let table = part.chains.first().map(|chain| format!("-t {} ", chain.table.name)).unwrap_or_default();
    let lines = commands(part, Dialect::Iptables).into_iter();
    lines.fold(String::new(), |text, line| text + line.strip_prefix(&table).unwrap_or(&line) + "\n")
}

/// In a script: commands before the first of those that append rules of the same family, with the words by which it
/// names the program.
fn in_script(ruleset: &Ruleset, part: &Ruleset, number: usize, content: &str) -> Option<(usize, String)> {
    let family = part.chains.first()?.table.family;
    let like = |chain: &Chain| chain.table.system == System::Iptables && chain.table.family == family;
    let start = first_rule(ruleset, number, like)?;
    let Range { start: first, end } = line_at(content, start);
    let command = &content[first..end];
    let words = command.trim_start();
    let program =
        words.find(" -").map(|end| &words[..end]).filter(|program| !program.contains([';', '&', '|']))?;
    let indentation = &command[..command.len() - words.len()];
    let lines = commands(part, Dialect::Iptables).into_iter();
    Some((first, lines.fold(String::new(), |text, line| format!("{text}{indentation}{program} {line}\n"))))
}

/// Where the first rule of a text is, of those of some chains.
fn first_rule(ruleset: &Ruleset, number: usize, like: impl Fn(&Chain) -> bool) -> Option<usize> {
    let rules = ruleset.chains.iter().filter(|chain| like(chain)).flat_map(|chain| &chain.rules);
    let origins = rules.filter_map(|rule| rule.origin);
    let own = origins.filter(|origin| usize::try_from(origin.text) == Ok(number));
    usize::try_from(own.map(|origin| origin.start).min()?).ok()
}

/// The line around a place.
fn line_at(content: &str, at: usize) -> Range<usize> {
    let start = content[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = content[at..].find('\n').map_or(content.len(), |end| at + end);
    start..end
}
