//! The catalogue of findings: one file each in `rules/catalogue/`, compiled in.

use serde::Deserialize;

use super::finding::Level;
use super::registry::RuleId;

/// What the catalogue says of a finding.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id.
    pub id: String,
    level: String,
    /// The fault as a fact, without a full stop.
    pub title: Bilingual,
    /// Why it matters.
    pub why: Bilingual,
    /// Wrong and right, for each dialect in which it can occur.
    pub examples: Vec<Example>,
    /// How to mend it.
    pub mend: Bilingual,
    /// Where to read more: RFC sections, manual pages.
    pub references: Vec<String>,
}

impl Entry {
    /// How bad it is as a rule.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::ALL.into_iter().find(|level| level.id() == self.level).unwrap_or(Level::Error)
    }
}

/// A text in both languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// The wrong and the right way in one dialect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it is written in.
    pub dialect: ExampleDialect,
    /// The fault.
    pub wrong: String,
    /// The same without it.
    pub right: String,
}

/// What an example is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExampleDialect {
    /// As `iptables-save` prints.
    Iptables,
    /// As nft reads.
    Nftables,
    /// `pf.conf` of OpenBSD.
    PfOpenbsd,
    /// `pf.conf` of FreeBSD and macOS.
    PfFreebsd,
    /// The deployment file.
    Deployment,
    /// `sysctl.conf`.
    Sysctl,
    /// `modprobe.d`.
    Modprobe,
}

impl ExampleDialect {
    /// How the catalogue spells it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Iptables => "iptables",
            Self::Nftables => "nftables",
            Self::PfOpenbsd => "pf-openbsd",
            Self::PfFreebsd => "pf-freebsd",
            Self::Deployment => "deployment",
            Self::Sysctl => "sysctl",
            Self::Modprobe => "modprobe",
        }
    }
}

/// What the catalogue says of `rule`.
///
/// # Panics
///
/// When the file compiled in is not what a test says that all of them are.
#[must_use]
pub fn entry(rule: RuleId) -> Entry {
    serde_yaml::from_str(rule.text()).expect("a test reads every file of the catalogue")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_catalogue_is_whole() {
        for &rule in RuleId::ALL {
            let entry = entry(rule);
            assert_eq!(entry.id, rule.id());
            assert_eq!(entry.level().id(), entry.level, "{}", entry.id);
            for text in [&entry.title, &entry.why, &entry.mend] {
                assert!(!text.en.trim().is_empty() && !text.zh.trim().is_empty(), "{}", entry.id);
                assert!(text.en.is_ascii() || text.en.contains('…'), "{}: {}", entry.id, text.en);
                assert!(!text.zh.is_ascii(), "{}", entry.id);
            }
            assert!(!entry.examples.is_empty() && !entry.references.is_empty(), "{}", entry.id);
        }
    }
}
