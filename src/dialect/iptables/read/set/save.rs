//! What `ipset save` writes, and `ipset restore` reads.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::element::{dimensions, elements};
use super::{Set, Sets};
use crate::dialect::iptables::read::log::Log;
use crate::dialect::iptables::read::problem::Problem;
use crate::dialect::iptables::read::value;
use crate::dialect::iptables::read::word::{Word, divide, offset};
use crate::dialect::reading;
use crate::packet::Family;
use crate::ruleset::Origin;

/// Reads the sets of a text, which is the one of this `number`, and what is wrong with it.
#[must_use]
pub fn read_sets(text: &str, number: u32) -> (Sets, Vec<reading::Problem>) {
    let mut sets = Sets::default();
    let mut log = Log::default();
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut at = 0;
    for (line, index) in text.split_inclusive('\n').zip(1_u32..) {
        let trimmed = line.trim();
        let start = at + (line.len() - line.trim_start().len()).min(line.len());
        at += line.len();
        if trimmed.is_empty() || trimmed.starts_with('#') || trimmed == "COMMIT" {
            continue;
        }
        let origin =
            Origin { text: number, line: index, start: offset(start), end: offset(start + trimmed.len()) };
        words.clear();
        if let Err(quote) = divide(trimmed, origin, &mut words) {
            log.report(quote, Problem::Quote);
        }
        let texts: Vec<&str> = words.iter().map(|word| &*word.text).collect();
        if let Err(problem) = sets.apply(&texts) {
            log.report(origin, problem.unwrap_or_else(|| Problem::SetLine(trimmed.to_owned())));
        }
    }
    (sets, log.into_problems())
}

impl Sets {
    /// Carries out a command of ipset; its name may stand before it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, if more is known than that it is not understood.
    pub(in crate::dialect::iptables::read) fn apply(
        &mut self,
        words: &[&str],
    ) -> Result<(), Option<Problem>> {
        let words: Vec<&str> = words
            .iter()
            .copied()
            .filter(|word| !matches!(*word, "-exist" | "-!" | "-q" | "-quiet" | "ipset" | "sudo"))
            .collect();
        let unknown = |name: &str| Some(Problem::Set(name.to_owned()));
        match words[..] {
            ["create" | "n" | "-N" | "--create", name, kind, ref options @ ..] => {
                self.sets.insert(name.to_owned(), Set::new(kind, options));
                Ok(())
            }
            ["add" | "-A" | "--add", name, element, ref options @ ..] => {
                let set = self.sets.get_mut(name).ok_or_else(|| unknown(name))?;
                set.add(element, options);
                if set.modelled { Ok(()) } else { Err(Some(Problem::SetContents(name.to_owned()))) }
            }
            ["del" | "-D" | "--del", name, element, ..] => {
                self.sets.get_mut(name).ok_or_else(|| unknown(name))?.remove(element);
                Ok(())
            }
            ["flush" | "-F" | "--flush", name] => {
                let set = self.sets.get_mut(name).ok_or_else(|| unknown(name))?;
                set.clear();
                Ok(())
            }
            ["flush" | "-F" | "--flush"] => {
                self.sets.values_mut().for_each(Set::clear);
                Ok(())
            }
            ["destroy" | "x" | "-X" | "--destroy", name] => {
                self.sets.remove(name);
                Ok(())
            }
            ["destroy" | "x" | "-X" | "--destroy"] => {
                self.sets.clear();
                Ok(())
            }
            ["rename" | "-E" | "--rename", old, new] => {
                let set = self.sets.remove(old).ok_or_else(|| unknown(old))?;
                self.sets.insert(new.to_owned(), set);
                Ok(())
            }
            ["swap" | "-W" | "--swap", one, other] => {
                let first = self.sets.remove(one).ok_or_else(|| unknown(one))?;
                let Some(second) = self.sets.insert(other.to_owned(), first) else {
                    return Err(unknown(other));
                };
                self.sets.insert(one.to_owned(), second);
                Ok(())
            }
            _ => Err(None),
        }
    }
}

impl Set {
    fn new(kind: &str, options: &[&str]) -> Self {
        let is_list = matches!(kind, "list:set" | "setlist");
        let dimensions = dimensions(kind).filter(|_| !is_list);
        let option = |name: &str| {
            let at = options.iter().position(|option| option.trim_start_matches('-') == name)?;
            options.get(at + 1).copied()
        };
        let family = match option("family") {
            Some("inet6" | "ipv6") => Family::Ipv6,
            _ => Family::Ipv4,
        };
        Self {
            modelled: is_list || dimensions.is_some(),
            family: (!is_list && !matches!(kind, "bitmap:port" | "portmap" | "hash:mac")).then_some(family),
            dimensions: dimensions.unwrap_or_default(),
            netmask: option("netmask").and_then(|length| length.parse().ok()),
            mark_mask: option("markmask").and_then(value::number).unwrap_or(u32::MAX),
            elements: BTreeMap::new(),
            members: Vec::new(),
            is_list,
            addresses: OnceCell::new(),
        }
    }

    fn add(&mut self, element: &str, options: &[&str]) {
        self.addresses = OnceCell::new();
        if self.is_list {
            // In which order its members are makes no difference to what a list matches.
            self.members.push(element.to_owned());
            return;
        }
        let family = self.family.unwrap_or(Family::Ipv4);
        let exception = options.contains(&"nomatch");
        let wildcard = options.contains(&"wildcard");
        match elements(element, &self.dimensions, family, self.netmask, wildcard) {
            Some(elements) if !self.dimensions.is_empty() => {
                self.elements.extend(elements.into_iter().map(|element| (element, exception)));
            }
            _ => self.modelled = false,
        }
    }

    fn remove(&mut self, element: &str) {
        self.addresses = OnceCell::new();
        self.members.retain(|member| member != element);
        let family = self.family.unwrap_or(Family::Ipv4);
        for wildcard in [false, true] {
            for element in
                elements(element, &self.dimensions, family, self.netmask, wildcard).unwrap_or_default()
            {
                self.elements.remove(&element);
            }
        }
    }

    fn clear(&mut self) {
        self.addresses = OnceCell::new();
        self.elements.clear();
        self.members.clear();
    }
}
