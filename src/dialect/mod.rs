//! The languages that rule sets are written in: one folder each.

pub mod collection;
mod format;
pub mod frontend;
pub mod host;
pub mod iptables;
pub mod nftables;
pub mod pf;
pub mod reading;
mod service;
mod text;

pub use self::format::Format;

use crate::packet::Family;
use crate::ruleset::{Attachment, Chain, Rule, Ruleset};

/// The language of a rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// `iptables-restore` and `ip6tables-restore`.
    Iptables,
    /// `nft`.
    Nftables,
    /// `pfctl` of OpenBSD 5.9 and later.
    PfOpenbsd,
    /// `pfctl` of FreeBSD (and macOS), where translation has rules of its own.
    PfFreebsd,
}

impl Dialect {
    /// Every dialect, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Iptables, Self::Nftables, Self::PfOpenbsd, Self::PfFreebsd];

    /// How a deployment file spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Iptables => "iptables",
            Self::Nftables => "nftables",
            Self::PfOpenbsd => "pf-openbsd",
            Self::PfFreebsd => "pf-freebsd",
        }
    }

    /// Whether it is one of the two kinds of pf.
    #[must_use]
    pub fn is_pf(self) -> bool {
        matches!(self, Self::PfOpenbsd | Self::PfFreebsd)
    }
}

/// Whether a rule set has its tables for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loading {
    /// It replaces whatever its tables held.
    Replace,
    /// It joins tables that hold other chains too.
    Join,
}

/// A rule set as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The name, without a folder.
    pub name: String,
    /// The only family that it speaks of, where the families have a file each.
    pub family: Option<Family>,
    /// The rules, without a header.
    pub text: String,
}

/// Writes `ruleset` in `dialect`, to files whose names start with `stem`.
#[must_use]
pub fn write(ruleset: &Ruleset, dialect: Dialect, loading: Loading, stem: &str) -> Vec<OutputFile> {
    let whole =
        |extension: &str, text| vec![OutputFile { name: format!("{stem}.{extension}"), family: None, text }];
    match dialect {
        Dialect::Iptables => iptables::write(ruleset)
            .into_iter()
            .map(|(family, text)| {
                let name = match family {
                    Family::Ipv4 => format!("{stem}.rules.v4"),
                    Family::Ipv6 => format!("{stem}.rules.v6"),
                };
                OutputFile { name, family: Some(family), text }
            })
            .collect(),
        Dialect::Nftables => whole("nft", nftables::write(ruleset, loading)),
        Dialect::PfOpenbsd => whole("pf.conf", pf::write(ruleset, pf::Flavour::Openbsd)),
        Dialect::PfFreebsd => whole("pf.conf", pf::write(ruleset, pf::Flavour::Freebsd)),
    }
}

/// The lines by which `dialect` says a rule of `chain`, without what names the chain; several where the dialect cannot
/// say it in one.
#[must_use]
pub fn rule_lines(rule: &Rule, chain: &Chain, dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::Iptables => iptables::rule_lines(rule),
        Dialect::Nftables => vec![nftables::rule_text(rule, chain.table.family)],
        Dialect::PfOpenbsd => vec![pf::rule_line(rule, chain, pf::Flavour::Openbsd)],
        Dialect::PfFreebsd => vec![pf::rule_line(rule, chain, pf::Flavour::Freebsd)],
    }
}

/// Whether `lines` are what `dialect` needs to say a rule of `chain`: reading them gives the rule again. What is not built
/// for [`write()`] may be more than a dialect's writer knows to say.
#[must_use]
pub fn says(lines: &[String], rule: &Rule, chain: &Chain, dialect: Dialect) -> bool {
    let [line] = lines else { return false };
    let Chain { table, name, .. } = chain;
    let reading = match dialect {
        Dialect::Iptables => {
            let family = if table.family.sees(Family::Ipv4) { Family::Ipv4 } else { Family::Ipv6 };
            let input =
                iptables::Input { number: 0, family, table: "filter", sets: &iptables::Sets::default() };
            iptables::read(&format!("*{}\n:{name} -\n-A {name} {line}\nCOMMIT\n", table.name), input)
        }
        Dialect::Nftables => {
            let text =
                format!("table {} {} {{\nchain {name} {{\n{line}\n}}\n}}\n", table.family.id(), table.name);
            nftables::read(&text, 0, &mut |_| None)
        }
        Dialect::PfOpenbsd | Dialect::PfFreebsd if !table.name.is_empty() => return false,
        Dialect::PfOpenbsd => pf::read(line, pf::Flavour::Openbsd, &mut |_| None),
        Dialect::PfFreebsd => pf::read(line, pf::Flavour::Freebsd, &mut |_| None),
    };
    let mut read = reading.ruleset.chains.iter().flat_map(|chain| &chain.rules);
    let (Some(read), None) = (read.next(), read.next()) else { return false };
    let asks_all_of = |a: &Rule, b: &Rule| b.matches.iter().all(|one| a.matches.contains(one));
    asks_all_of(read, rule)
        && asks_all_of(rule, read)
        && read.actions == rule.actions
        && read.quick == rule.quick
}

/// The text that adds `ruleset`, one that `flow::helper_chains` builds, to what a text of `dialect` says already.
#[must_use]
pub fn addition(ruleset: &Ruleset, dialect: Dialect) -> String {
    match dialect {
        Dialect::Iptables => iptables::write(ruleset).into_iter().map(|(_, text)| text).collect(),
        Dialect::Nftables => nftables::tables(ruleset),
        Dialect::PfOpenbsd => pf::write(ruleset, pf::Flavour::Openbsd),
        Dialect::PfFreebsd => pf::write(ruleset, pf::Flavour::Freebsd),
    }
}

/// The commands that add it to the rules in force, each without the name of the program. pf has none.
#[must_use]
pub fn commands(ruleset: &Ruleset, dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::Iptables => iptables::commands(ruleset),
        Dialect::Nftables => nftables::commands(ruleset),
        Dialect::PfOpenbsd | Dialect::PfFreebsd => Vec::new(),
    }
}

/// How a file of [`write()`] is put to work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// Shell commands that load it, in order. They can be repeated.
    pub load: Vec<String>,
    /// Shell commands that have an existing policy enter it. To be run once, as each run adds a jump.
    pub attach: Vec<String>,
    /// Lines for the existing configuration instead of, or with pf for lack of, such commands.
    pub lines: Vec<String>,
}

/// How `file` is put to work, `attachments` being what an existing policy has to enter.
#[must_use]
pub fn usage(dialect: Dialect, loading: Loading, file: &OutputFile, attachments: &[Attachment]) -> Usage {
    match dialect {
        Dialect::Iptables => iptables::usage(loading, file, attachments),
        Dialect::Nftables => nftables::usage(file, attachments),
        Dialect::PfOpenbsd | Dialect::PfFreebsd => pf::usage(loading, file, attachments),
    }
}
