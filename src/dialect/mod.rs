//! The languages that rule sets are written in: one folder each.

pub mod collection;
mod format;
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
