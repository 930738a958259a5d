//! A random rule set as text, in parts that can be taken away one by one.

use std::fmt::Write as _;
use std::process::Command;

use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Collection, Text, read};
use ftpfw::packet::Family;

use super::place::SETS;
use super::range::{HELPER_RULES, Range, lab_rules};
use crate::backend::Backend;
use crate::command::feed;
use crate::require::find_program;

/// A rule set.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// What it is written for; the iptables of rule sets for nft and iptables together.
    pub(crate) backend: Backend,
    /// Its tables.
    pub(crate) tables: Vec<Table>,
    /// Instead of these, a file that somebody has written, and its family.
    pub(crate) written: Option<(Option<Family>, &'static str)>,
}

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// The family whose file it is in; `None` with nft, which has one file for all.
    pub(crate) file: Option<Family>,
    /// Its name; with nft, the family before it.
    pub(crate) name: String,
    /// nft: the sets and maps.
    pub(crate) objects: Vec<String>,
    /// The chains. A chain is referred to only by those before it.
    pub(crate) chains: Vec<Chain>,
}

/// A chain.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// Its name.
    pub(crate) name: String,
    /// What makes it a base chain: with iptables the policy, with nft the whole line.
    pub(crate) base: Option<String>,
    /// The rules.
    pub(crate) rules: Vec<String>,
}

impl Draft {
    /// The files: that of nft, which has no family, before those of iptables.
    pub(crate) fn texts(&self) -> Vec<(Option<Family>, String)> {
        if let Some((file, text)) = self.written {
            return vec![(file, text.to_owned())];
        }
        let files = [None, Some(Family::Ipv4), Some(Family::Ipv6)];
        let used = |file: &Option<Family>| self.tables.iter().any(|table| table.file == *file);
        files.into_iter().filter(used).map(|file| (file, self.text(file))).collect()
    }

    fn text(&self, file: Option<Family>) -> String {
        let mut text = String::new();
        for table in self.tables.iter().filter(|table| table.file == file) {
            let _ = if file.is_some() { table.save(&mut text) } else { table.list(&mut text) };
        }
        text
    }

    /// Takes away all rules of the range but the lab's own.
    pub(crate) fn clear(backend: Backend, range: &Range) {
        let rules = lab_rules() + HELPER_RULES;
        range.target.enter(|| feed(Command::new("nft").args(["-f", "-"]), &rules));
        if backend == Backend::IptablesLegacy {
            for family in Family::ALL {
                restore(backend, range, family, EMPTY);
            }
        }
    }

    /// Puts the rule set to work on its own, without the helper of [`Draft::clear`].
    pub(crate) fn load_alone(&self, range: &Range) {
        range.target.enter(|| feed(Command::new("nft").args(["-f", "-"]), &lab_rules()));
        self.load(range);
    }

    /// Puts the rule set to work, in place of the one before.
    pub(crate) fn load(&self, range: &Range) {
        for (file, text) in self.texts() {
            if let Some(family) = file {
                restore(self.backend, range, family, &text);
            } else {
                let all = lab_rules() + &text;
                range.target.enter(|| feed(Command::new("nft").args(["-f", "-"]), &all));
            }
        }
    }

    /// What the program reads in the same texts.
    pub(crate) fn read(&self) -> Collection {
        let mut files = self.texts();
        // Chains of one priority run in the reverse order of their registration, and the tables of the legacy back end
        // stay registered when they are emptied.
        if self.backend == Backend::IptablesLegacy {
            files.sort_by_key(|(file, _)| file.is_none());
        }
        let mut texts: Vec<(Text, Format)> = Vec::new();
        for (file, content) in files {
            let format = match file {
                None => Format::Nft,
                Some(Family::Ipv4) => Format::Iptables,
                Some(Family::Ipv6) => Format::Ip6tables,
            };
            texts.push((Text { name: String::new(), content }, format));
        }
        texts.push((Text { name: String::new(), content: SETS.to_owned() }, Format::Ipset));
        read(texts, &mut |_| None)
    }

    /// Every rule set that has one rule less, or no rule in one chain.
    pub(crate) fn smaller(&self) -> impl Iterator<Item = Self> {
        let chains = self.tables.iter().enumerate().flat_map(|(table, found)| {
            found.chains.iter().enumerate().map(move |(chain, found)| (table, chain, found.rules.len()))
        });
        let emptied = chains
            .clone()
            .filter(|&(.., rules)| rules > 1)
            .map(|(table, chain, rules)| (table, chain, 0..rules));
        let thinned = chains.flat_map(|(table, chain, rules)| {
            (0..rules).rev().map(move |rule| (table, chain, rule..rule + 1))
        });
        emptied.chain(thinned).map(|(table, chain, rules)| {
            let mut less = self.clone();
            less.tables[table].chains[chain].rules.drain(rules);
            less
        })
    }
}

/// The tables of iptables, without rules.
const EMPTY: &str = "\
*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\nCOMMIT
*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT
*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT
*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT
";

/// Loads a file by `iptables-restore`, which replaces the tables that are in it.
fn restore(backend: Backend, range: &Range, family: Family, text: &str) {
    let multi = match backend {
        Backend::IptablesLegacy => "xtables-legacy-multi",
        _ => "xtables-nft-multi",
    };
    let name = match family {
        Family::Ipv4 => "iptables-restore",
        Family::Ipv6 => "ip6tables-restore",
    };
    let mut command = Command::new(find_program(multi).expect("`require` has seen it"));
    // The lock of the legacy back end is one for all namespaces; this one's rules are nobody else's.
    command.arg(name).env("XTABLES_LOCKFILE", range.lock());
    range.target.enter(|| feed(&mut command, text));
}

impl Table {
    /// As `iptables-save` writes it.
    fn save(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "*{}", self.name)?;
        for chain in &self.chains {
            writeln!(text, ":{} {} [0:0]", chain.name, chain.base.as_deref().unwrap_or("-"))?;
        }
        for chain in &self.chains {
            for rule in &chain.rules {
                writeln!(text, "-A {} {rule}", chain.name)?;
            }
        }
        writeln!(text, "COMMIT")
    }

    /// As `nft list ruleset` writes it.
    fn list(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "table {} {{", self.name)?;
        for object in &self.objects {
            writeln!(text, "  {object}")?;
        }
        // What is jumped to has to be there already.
        for chain in self.chains.iter().rev() {
            writeln!(text, "  chain {} {{", chain.name)?;
            for line in chain.base.iter().chain(&chain.rules) {
                writeln!(text, "    {line}")?;
            }
            writeln!(text, "  }}")?;
        }
        writeln!(text, "}}")
    }
}
