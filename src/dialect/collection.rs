//! Rule sets of several texts, which apply together.

use std::ops::Range;

use super::iptables::{Input, Sets};
use super::nftables::Included;
use super::pf::Flavour;
use super::reading::{Problem, Reading};
use super::{Format, frontend, host, iptables, nftables, pf};
use crate::packet::Family;
use crate::ruleset::{Host, Ruleset};

/// What several texts come to together.
#[derive(Debug, Clone, Default)]
pub struct Collection {
    /// The rules of all of them.
    pub ruleset: Ruleset,
    /// What they say of the machine that the rules are on; of two texts that say something, the later one holds.
    pub host: Host,
    /// The texts, in the order that origins count them: those named first, those that they include after them.
    pub texts: Vec<Text>,
    /// What was not understood.
    pub problems: Vec<Problem>,
    /// The formats of those named first.
    pub formats: Vec<Format>,
    /// The texts that each path or pattern stands for, in the order that they were asked for.
    pub included: Vec<(String, Range<usize>)>,
    /// Which of the texts named first hold no rule set at all: neither a chain nor a rule.
    pub empty: Vec<usize>,
}

/// A text and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its name, for people.
    pub name: String,
    /// What it holds.
    pub content: String,
}

/// Finds the files that a text names by a path or, for nft, a pattern. `None` if there is none.
pub type Find<'f> = dyn FnMut(&str) -> Option<Vec<Text>> + 'f;

/// Reads texts that apply together. The sets of ipset are known to all rules, in whichever order they come.
#[must_use]
pub fn read(texts: Vec<(Text, Format)>, find: &mut Find<'_>) -> Collection {
    let mut sets = Sets::default();
    let mut problems = Vec::new();
    for (number, (text, format)) in (0..).zip(&texts) {
        if *format == Format::Ipset {
            let (read, found) = iptables::read_sets(&text.content, number);
            sets.extend(read);
            problems.extend(found);
        }
    }
    let formats: Vec<Format> = texts.iter().map(|(_, format)| *format).collect();
    let mut collection = Collection {
        ruleset: Ruleset::default(),
        host: Host::default(),
        texts: texts.into_iter().map(|(text, _)| text).collect(),
        problems,
        formats: formats.clone(),
        included: Vec::new(),
        empty: Vec::new(),
    };
    for (number, format) in (0..).zip(formats) {
        collection.add(number, format, &sets, find);
    }
    collection.ruleset.open_masquerades();
    collection
}

impl Collection {
    /// What the same texts come to with other contents. They include the same files.
    #[must_use]
    pub fn read_again(&self, texts: &[Text]) -> Self {
        let named = texts.iter().cloned().zip(self.formats.iter().copied()).collect();
        let mut included = self.included.iter().peekable();
        read(named, &mut |pattern| {
            let (_, range) = included.next_if(|(known, _)| known == pattern)?;
            Some(texts.get(range.clone())?.to_vec())
        })
    }

    fn add(&mut self, number: u32, format: Format, sets: &Sets, find: &mut Find<'_>) {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        // Taken out for as long as it is read, so that including can add texts; a large one is not copied.
        let Some(content) = self.texts.get_mut(index).map(|text| std::mem::take(&mut text.content)) else {
            return;
        };
        let reading = match format {
            // Read before, for all rules.
            Format::Ipset => Reading::default(),
            Format::Iptables | Format::Ip6tables => {
                let family = if format == Format::Iptables { Family::Ipv4 } else { Family::Ipv6 };
                iptables::read(&content, Input { number, family, table: "filter", sets })
            }
            Format::Nft => nftables::read(&content, number, &mut |pattern| self.include(pattern, find)),
            Format::NftJson => nftables::read_json(&content, number),
            Format::Sysctl => host::read_sysctl(&content, number),
            Format::Modprobe => host::read_modprobe(&content, number),
            Format::Firewalld => frontend::read_firewalld(&content, number),
            Format::Ufw => frontend::read_ufw(&content, number),
            Format::PfOpenbsd => self.pf(&content, number, Flavour::Openbsd, find),
            Format::PfFreebsd => self.pf(&content, number, Flavour::Freebsd, find),
        };
        if let Some(text) = self.texts.get_mut(index) {
            text.content = content;
        }
        let Reading { ruleset, host, problems } = reading;
        let holds_rules = !matches!(format, Format::Ipset | Format::Sysctl | Format::Modprobe);
        if holds_rules && ruleset.is_empty() {
            self.empty.push(index);
        }
        self.host.merge(host);
        self.ruleset.skipped_interfaces.extend(ruleset.skipped_interfaces);
        self.ruleset.helper_objects.extend(ruleset.helper_objects);
        self.ruleset.chains.extend(ruleset.chains);
        self.problems.extend(problems);
    }

    /// The files that nft includes, each with its number among the texts.
    fn include(&mut self, pattern: &str, find: &mut Find<'_>) -> Option<Vec<Included>> {
        let found = find(pattern)?;
        self.included.push((pattern.to_owned(), self.texts.len()..self.texts.len() + found.len()));
        let included = found.into_iter().map(|text| {
            let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
            let included = Included { number, text: text.content.clone() };
            self.texts.push(text);
            included
        });
        Some(included.collect())
    }

    /// pf counts its texts by itself: the main one is 0, those that it includes come after.
    fn pf(&mut self, content: &str, number: u32, flavour: Flavour, find: &mut Find<'_>) -> Reading {
        let before = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let mut files = |path: &str| {
            let text = find(path)?.into_iter().next()?;
            let content = text.content.clone();
            self.included.push((path.to_owned(), self.texts.len()..self.texts.len() + 1));
            self.texts.push(text);
            Some(content)
        };
        let mut reading = pf::read(content, flavour, &mut files);
        let renumber = |own: u32| if own == 0 { number } else { before.saturating_add(own - 1) };
        for rule in reading.ruleset.chains.iter_mut().flat_map(|chain| &mut chain.rules) {
            if let Some(origin) = &mut rule.origin {
                origin.text = renumber(origin.text);
            }
        }
        for fact in reading.host.timeouts.values_mut() {
            if let Some(origin) = &mut fact.origin {
                origin.text = renumber(origin.text);
            }
        }
        for problem in &mut reading.problems {
            problem.origin.text = renumber(problem.origin.text);
        }
        reading
    }
}
