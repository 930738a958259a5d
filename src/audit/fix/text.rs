//! Changing the texts that a rule set was read from: each new rule in the form of its neighbours.

use std::borrow::Cow;
use std::ops::Range;

use super::{Edit, Written, addition};
use crate::dialect::collection::Text;
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Chain, Origin, Rule, Ruleset, System};

/// A stretch of a text and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) text: usize,
    pub(super) stretch: Range<usize>,
    pub(super) by: String,
}

/// The texts after `edits`. `None` where their form does not tell what to write: then people have to.
pub(super) fn changed(ruleset: &Ruleset, edits: &[Edit], texts: &[Text]) -> Option<Vec<Text>> {
    let mut changes = Vec::new();
    for edit in in_words(ruleset, edits)? {
        changes.push(change(ruleset, &edit, texts)?);
    }
    // From the end, so that places stay what they are; of several in one place the first stays first.
    changes.reverse();
    changes.sort_by_key(|change| std::cmp::Reverse((change.text, change.stretch.start)));
    let mut texts = texts.to_vec();
    let mut last: Option<(usize, usize)> = None;
    for Change { text, stretch, by } in changes {
        if last.is_some_and(|(known, start)| known == text && stretch.end > start) {
            return None;
        }
        last = Some((text, stretch.start));
        texts.get_mut(text)?.content.replace_range(stretch, &by);
    }
    Some(texts)
}

/// The same changes by the words that the rules were read from: what is done to several rules of the same words is done
/// to these words once. `None` where it is done to some of these rules only.
fn in_words<'e>(ruleset: &Ruleset, edits: &'e [Edit]) -> Option<Vec<Cow<'e, Edit>>> {
    let origin = |at: &RuleRef| ruleset.chains.get(at.chain)?.rules.get(at.rule)?.origin;
    let mut changes: Vec<Cow<'e, Edit>> = Vec::new();
    let mut done: Vec<Origin> = Vec::new();
    for edit in edits {
        let Edit::Replace { at, .. } = edit else {
            changes.push(Cow::Borrowed(edit));
            continue;
        };
        let own = origin(at)?;
        if done.contains(&own) {
            continue;
        }
        done.push(own);
        let alike = edits.iter().filter_map(|edit| match edit {
            Edit::Replace { at, by } if origin(at) == Some(own) => Some((*at, by)),
            _ => None,
        });
        let (places, by): (Vec<RuleRef>, Vec<&Vec<Written>>) = alike.unzip();
        let chain = &ruleset.chains[at.chain];
        let is_left = |(rule, one): (usize, &Rule)| {
            one.origin == Some(own) && !places.contains(&RuleRef { chain: at.chain, rule })
        };
        if chain.rules.iter().enumerate().any(is_left) {
            return None;
        }
        changes.push(Cow::Owned(Edit::Replace { at: *at, by: by.into_iter().flatten().cloned().collect() }));
    }
    Some(changes)
}

fn change(ruleset: &Ruleset, edit: &Edit, texts: &[Text]) -> Option<Change> {
    match edit {
        Edit::Insert { chain, before: Some(before), rule } => {
            let chain = ruleset.chains.get(*chain)?;
            let place = Neighbour::new(ruleset, chain, *before, texts)?;
            let by = place.lines(rule)?;
            Some(place.before(&by))
        }
        Edit::Insert { chain, before: None, rule } => {
            let chain = ruleset.chains.get(*chain)?;
            match chain.rules.len().checked_sub(1) {
                Some(last) => {
                    let place = Neighbour::new(ruleset, chain, last, texts)?;
                    let by = place.lines(rule)?;
                    Some(place.after(&by))
                }
                None => in_empty(chain, rule, texts),
            }
        }
        Edit::Replace { at, by } => {
            let chain = ruleset.chains.get(at.chain)?;
            let place = Neighbour::new(ruleset, chain, at.rule, texts)?;
            let by: Option<Vec<Vec<String>>> = by.iter().map(|rule| place.lines(rule)).collect();
            Some(place.instead(&by?.concat()))
        }
        Edit::Add { text, part } => addition::change(ruleset, part, *text, texts.get(*text)?),
    }
}

/// The words of a rule as it was read, on one line and without what names its chain.
pub(super) fn words(ruleset: &Ruleset, at: RuleRef, texts: &[Text]) -> Option<String> {
    let chain = ruleset.chains.get(at.chain)?;
    let place = Neighbour::new(ruleset, chain, at.rule, texts)?;
    let own = &place.content[place.stretch.clone()];
    let words = match chain.table.system {
        System::Iptables => {
            let line = format!("{}{own}", place.start.trim_start());
            line.strip_prefix(appending(&line, &chain.name)?)?.trim().to_owned()
        }
        System::Nftables | System::Pf => own.to_owned(),
    };
    (!words.contains('\n')).then_some(words)
}

/// A rule that was read, in its text.
struct Neighbour<'a> {
    chain: &'a Chain,
    text: usize,
    content: &'a str,
    /// The rule.
    stretch: Range<usize>,
    /// What stands before it on its first line.
    start: &'a str,
    /// What stands after it on its last line.
    end: &'a str,
}

impl<'a> Neighbour<'a> {
    fn new(ruleset: &Ruleset, chain: &'a Chain, rule: usize, texts: &'a [Text]) -> Option<Self> {
        let origin = chain.rules.get(rule)?.origin?;
        let text = usize::try_from(origin.text).ok()?;
        let content = texts.get(text)?.content.as_str();
        // A listing in JSON is no place to write rules into.
        if content.trim_start().starts_with('{') {
            return None;
        }
        let stretch = usize::try_from(origin.start).ok()?..usize::try_from(origin.end).ok()?;
        let words = content.get(stretch.clone())?;
        // What a loop of a script repeats with other words each time is one line for many rules.
        let made = |rule: &&Rule| rule.origin == Some(origin);
        let all = ruleset.chains.iter().flat_map(|chain| &chain.rules);
        if chain.table.system == System::Iptables && words.contains('$') && all.filter(made).nth(1).is_some()
        {
            return None;
        }
        let start = content[..stretch.start].rsplit('\n').next().unwrap_or_default();
        let end = content[stretch.end..].split('\n').next().unwrap_or_default();
        Some(Self { chain, text, content, stretch, start, end })
    }

    /// The line or lines of a rule in the form of this one, without indentation.
    fn lines(&self, rule: &Written) -> Option<Vec<String>> {
        let own = &self.content[self.stretch.clone()];
        let prefix = match self.chain.table.system {
            System::Iptables => {
                let line = format!("{}{own}", self.start.trim_start());
                format!("{} ", appending(&line, &self.chain.name)?)
            }
            System::Nftables => match self.start.trim_start() {
                flat if is_command(flat, "add") => flat.to_owned(),
                flat if is_command(flat, "insert") => return None,
                _ => String::new(),
            },
            System::Pf => String::new(),
        };
        Some(rule.lines.iter().map(|line| format!("{prefix}{line}")).collect())
    }

    /// Whether the rule has its first line for itself, but for what names its chain.
    fn has_own_line(&self) -> bool {
        let start = self.start.trim_start();
        match self.chain.table.system {
            System::Iptables => !start.contains([';', '&', '|']),
            System::Nftables => start.is_empty() || is_command(start, "add"),
            System::Pf => start.is_empty(),
        }
    }

    fn indentation(&self) -> &'a str {
        &self.start[..self.start.len() - self.start.trim_start().len()]
    }

    /// New lines before the rule.
    fn before(&self, lines: &[String]) -> Change {
        if self.has_own_line() {
            let at = self.stretch.start - self.start.len();
            let by = lines.iter().fold(String::new(), |by, line| by + self.indentation() + line + "\n");
            return Change { text: self.text, stretch: at..at, by };
        }
        let at = self.stretch.start;
        Change { text: self.text, stretch: at..at, by: lines.join("; ") + "; " }
    }

    /// New lines after the rule.
    fn after(&self, lines: &[String]) -> Change {
        let rest = self.end.trim_start();
        if self.has_own_line() && !rest.contains(['}', ';']) {
            let at = self.stretch.end + self.end.len();
            let by = lines.iter().fold(String::new(), |by, line| by + "\n" + self.indentation() + line);
            return Change { text: self.text, stretch: at..at, by };
        }
        let at = self.stretch.end;
        Change { text: self.text, stretch: at..at, by: format!("; {}", lines.join("; ")) }
    }

    /// New lines instead of the rule.
    fn instead(&self, lines: &[String]) -> Change {
        if self.has_own_line() {
            let first = self.stretch.start - self.start.len();
            let last = self.stretch.end + self.end.len();
            let last = last + usize::from(self.content[last..].starts_with('\n'));
            let by = lines.iter().fold(String::new(), |by, line| by + self.indentation() + line + "\n");
            return Change { text: self.text, stretch: first..last, by };
        }
        Change { text: self.text, stretch: self.stretch.clone(), by: lines.join("; ") }
    }
}

/// The part of a line that says that a rule is appended to `chain`: `iptables -A INPUT`.
fn appending<'a>(line: &'a str, chain: &str) -> Option<&'a str> {
    ["-A ", "--append "].iter().find_map(|option| {
        let start = line.match_indices(option).map(|(at, _)| at).find(|&at| {
            let before = line[..at].chars().next_back();
            before.is_none_or(char::is_whitespace)
        })?;
        let rest = &line[start + option.len()..];
        let name = rest.split_whitespace().next()?;
        let end = start + option.len() + (rest.len() - rest.trim_start().len()) + name.len();
        (name == chain).then_some(&line[..end])
    })
}

/// Whether what stands before a rule of nft is a command for one rule.
fn is_command(start: &str, verb: &str) -> bool {
    let mut words = start.split_whitespace().skip_while(|word| *word == "nft");
    words.next() == Some(verb) && words.next() == Some("rule")
}

/// A rule in a chain that has none: where the chain, or its section, ends.
fn in_empty(chain: &Chain, rule: &Written, texts: &[Text]) -> Option<Change> {
    let section = format!("*{}", chain.table.name);
    if chain.table.system != System::Iptables {
        return None;
    }
    let declaration = format!(":{} ", chain.name);
    let mut found = None;
    for (text, Text { content, .. }) in texts.iter().enumerate() {
        let (mut at, mut inside, mut is_there) = (0, false, false);
        for line in content.split_inclusive('\n') {
            match line.trim() {
                "COMMIT" if inside && is_there => {
                    // Two files that declare it are those of two families.
                    if found.replace((text, at)).is_some() {
                        return None;
                    }
                }
                start if start.starts_with('*') => (inside, is_there) = (start == section, false),
                line => is_there |= line.starts_with(&declaration),
            }
            at += line.len();
        }
    }
    let (text, at) = found?;
    let by = rule.lines.iter().fold(String::new(), |by, line| format!("{by}-A {} {line}\n", chain.name));
    Some(Change { text, stretch: at..at, by })
}
