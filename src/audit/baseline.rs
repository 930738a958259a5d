//! The findings of an earlier audit, so that only new ones fail.
//!
//! A finding is known again by its rule, its firewall, the text of the place at fault and the packets: neither lines that
//! move nor counters that count make it a new one. Of two findings that are the same in all of these, each needs an entry of
//! its own.

use serde::{Deserialize, Serialize};

use super::suppress::{origin, subject};
use super::{Finding, Place, Request};

/// The version of the format.
const VERSION: u8 = 1;

/// The findings of an earlier audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    #[serde(deserialize_with = "version")]
    version: u8,
    /// One entry for each.
    pub findings: Vec<Key>,
}

/// By what a finding is known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The id.
    pub rule: String,
    /// The firewall, unless it is about the deployment.
    pub firewall: Option<String>,
    /// The rule or policy at fault, if there is one, without counters and superfluous blanks.
    pub at: Option<String>,
    /// The packets that it is about.
    pub packets: Vec<String>,
}

impl Baseline {
    /// Records `findings`.
    #[must_use]
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>, request: &Request<'_>) -> Self {
        let findings = findings.into_iter().map(|finding| Key::of(finding, request)).collect();
        Self { version: VERSION, findings }
    }

    /// Reads one that was written before.
    ///
    /// # Errors
    ///
    /// When the text is no baseline of this version.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The file.
    #[must_use]
    pub fn write(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text + "\n"
    }
}

fn version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let found = u8::deserialize(deserializer)?;
    let other = || serde::de::Error::custom(format!("version {found} != {VERSION}"));
    (found == VERSION).then_some(found).ok_or_else(other)
}

impl Key {
    pub(super) fn of(finding: &Finding, request: &Request<'_>) -> Self {
        let mut packets: Vec<String> = Vec::new();
        if let Some(found) = &finding.packets {
            packets.extend(found.parts.iter().map(ToString::to_string));
            if found.left_out > 0 {
                packets.push(format!("+{}", found.left_out));
            }
        }
        Self {
            rule: finding.rule.id().to_owned(),
            firewall: finding.firewall.clone(),
            at: finding.places.first().and_then(|&place| words(place, finding, request)),
            packets,
        }
    }
}

/// The text of a place, so that it is known again.
fn words(place: Place, finding: &Finding, request: &Request<'_>) -> Option<String> {
    let rules = subject(finding, request)?.rules;
    if let Place::Policy(chain) = place {
        let table = &rules.ruleset.chains.get(chain)?.table;
        let chain = &rules.ruleset.chains[chain];
        return Some(format!("policy [{} {} {}]", table.family.id(), table.name, chain.name));
    }
    let origin = origin(place, finding, request)?;
    let text = rules.texts.get(usize::try_from(origin.text).ok()?)?;
    let bytes = usize::try_from(origin.start).ok()?..usize::try_from(origin.end).ok()?;
    let mut words: Vec<&str> = Vec::new();
    for word in text.content.get(bytes)?.split_whitespace() {
        let counts = |before: &&str| {
            matches!(before.trim_matches(['"', ':', '{']), "packets" | "bytes" | "handle")
                && word.starts_with(|sign: char| sign.is_ascii_digit())
        };
        // As in `[12:720] -A INPUT`.
        let counters = words.is_empty() && word.starts_with('[') && word.ends_with(']');
        if !counters && !words.last().is_some_and(counts) {
            words.push(word);
        }
    }
    Some(without_handle(words.join(" ")))
}

/// What nft prints as JSON, without the number of the rule, which another has after the next reload.
fn without_handle(text: String) -> String {
    let Some((before, after)) = text.split_once("\"handle\":") else { return text };
    let rest = after.trim_start_matches(|sign: char| sign.is_ascii_digit());
    if rest.len() == after.len() {
        return text;
    }
    format!("{before}{}", rest.strip_prefix(',').unwrap_or(rest))
}
