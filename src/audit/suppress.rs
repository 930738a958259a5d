//! Findings that somebody has decided to live with, each with a reason: by the deployment (`ignore`), by a comment in a
//! rule set, or by a baseline.
//!
//! A comment is `ftpfw: ignore FTP032 reason`, in whichever form the dialect has comments: after `#`, in iptables'
//! `--comment`, nft's `comment`, pf's `label`. At the head of a text, where there is nothing before it but other comments,
//! it counts for the whole firewall. Elsewhere it counts for the rule that it stands in or behind, or, on a line of its own,
//! for the line after.

use std::ops::Range;

use super::baseline::{Baseline, Key};
use super::{Audit, Finding, Place, Request, RuleId, Subject};
use crate::ruleset::Origin;

/// A finding that is left out.
#[derive(Debug, Clone)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// What leaves it out.
    pub by: By,
    /// Why. A baseline gives no reason.
    pub reason: Option<String>,
}

/// What leaves findings out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// An entry of the deployment's `ignore`, by its place.
    Deployment(usize),
    /// A comment in a rule set.
    Comment(Origin),
    /// An entry of the baseline, by its place.
    Baseline(usize),
}

impl By {
    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Deployment(_) => "deployment",
            Self::Comment(_) => "comment",
            Self::Baseline(_) => "baseline",
        }
    }
}

/// A suppression that leaves nothing out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// What it is.
    pub by: By,
    /// The id that it names.
    pub rule: String,
    /// The firewall that it is about; `None` is every one.
    pub firewall: Option<String>,
    /// Why it leaves nothing out.
    pub why: Why,
}

/// Why a suppression leaves nothing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// There is no such finding here, or no longer.
    Unused,
    /// It names an id that the catalogue does not have.
    UnknownRule,
    /// It gives no reason.
    NoReason,
}

impl Why {
    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::UnknownRule => "unknown-rule",
            Self::NoReason => "no-reason",
        }
    }
}

/// A suppression and what has become of it.
struct Suppression {
    by: By,
    rule: String,
    firewall: Option<String>,
    reason: String,
    scope: Scope,
    used: bool,
}

/// Which findings of its rule a suppression is about.
enum Scope {
    /// All at its firewall.
    All,
    /// Those that point into a stretch of a text.
    Within { text: u32, bytes: Range<u32> },
    /// One that is the same as before.
    Same(Key),
}

/// Takes the findings out of `audit` that are to be left out, and notes which suppressions leave nothing out.
pub fn suppress(audit: &mut Audit, request: &Request<'_>, baseline: Option<&Baseline>) {
    let mut suppressions = declared(request);
    for subject in &request.subjects {
        suppressions.extend(comments(subject));
    }
    suppressions.extend(baseline.into_iter().flat_map(recorded));
    for finding in std::mem::take(&mut audit.findings) {
        let mut by = None;
        for suppression in &mut suppressions {
            if suppression.covers(&finding, request) {
                suppression.used = true;
                by.get_or_insert((suppression.by, suppression.reason.clone()));
                if let Scope::Same(_) = suppression.scope {
                    // Each entry of a baseline stands for one finding.
                    break;
                }
            }
        }
        match by {
            Some((by, reason)) => {
                let reason = Some(reason).filter(|reason| !reason.is_empty());
                audit.suppressed.push(Suppressed { finding, by, reason });
            }
            None => audit.findings.push(finding),
        }
    }
    let judged = |firewall: &str| {
        request.subjects.iter().any(|subject| subject.firewall.name == firewall)
            && !audit.too_complex.iter().any(|name| name == firewall)
    };
    let all_judged = request.deployment.firewalls.iter().all(|firewall| judged(&firewall.name));
    for suppression in suppressions.into_iter().filter(|suppression| !suppression.used) {
        let why = suppression.why_idle();
        // What was not looked at may still have the finding.
        if why != Why::Unused || suppression.firewall.as_deref().map_or(all_judged, judged) {
            let Suppression { by, rule, firewall, .. } = suppression;
            audit.idle.push(Idle { by, rule, firewall, why });
        }
    }
}

impl Suppression {
    fn covers(&self, finding: &Finding, request: &Request<'_>) -> bool {
        let firewall = self.firewall.as_deref().is_none_or(|name| finding.firewall.as_deref() == Some(name));
        if finding.rule.id() != self.rule || !firewall || self.why_idle() == Why::NoReason {
            return false;
        }
        match &self.scope {
            Scope::All => true,
            Scope::Within { text, bytes } => {
                let origins = finding.places.iter().filter_map(|&place| origin(place, finding, request));
                origins.into_iter().any(|origin| {
                    origin.text == *text && origin.start < bytes.end && bytes.start < origin.end
                })
            }
            Scope::Same(key) => !self.used && Key::of(finding, request) == *key,
        }
    }

    /// Why it leaves nothing out, if it does not.
    fn why_idle(&self) -> Why {
        if RuleId::from_id(&self.rule).is_none() {
            Why::UnknownRule
        } else if self.reason.is_empty() && matches!(self.by, By::Comment(_)) {
            Why::NoReason
        } else {
            Why::Unused
        }
    }
}

/// Where a place of a finding stands in the texts of its firewall.
pub(super) fn origin(place: Place, finding: &Finding, request: &Request<'_>) -> Option<Origin> {
    match place {
        Place::Rule(rule) => {
            let ruleset = &subject(finding, request)?.rules.ruleset;
            ruleset.chains.get(rule.chain)?.rules.get(rule.rule)?.origin
        }
        Place::Text(origin) => Some(origin),
        Place::Policy(_) => None,
    }
}

/// The firewall of a finding.
pub(super) fn subject<'a>(finding: &Finding, request: &'a Request<'_>) -> Option<&'a Subject<'a>> {
    let name = finding.firewall.as_deref()?;
    request.subjects.iter().find(|subject| subject.firewall.name == name)
}

/// What the deployment leaves out.
fn declared(request: &Request<'_>) -> Vec<Suppression> {
    let entries = request.deployment.ignore.iter().enumerate();
    let suppression = |(index, entry): (usize, &crate::deployment::Ignore)| Suppression {
        by: By::Deployment(index),
        rule: entry.rule.clone(),
        firewall: entry.firewall.clone(),
        reason: entry.reason.clone(),
        scope: Scope::All,
        used: false,
    };
    entries.map(suppression).collect()
}

/// What a baseline leaves out.
fn recorded(baseline: &Baseline) -> impl Iterator<Item = Suppression> {
    baseline.findings.iter().enumerate().map(|(index, key)| Suppression {
        by: By::Baseline(index),
        rule: key.rule.clone(),
        firewall: key.firewall.clone(),
        reason: String::new(),
        scope: Scope::Same(key.clone()),
        used: false,
    })
}

/// How a comment starts that leaves a finding out.
const MARK: &str = "ftpfw: ignore ";

/// What the comments in a firewall's texts leave out.
fn comments(subject: &Subject<'_>) -> Vec<Suppression> {
    let mut found = Vec::new();
    for (number, text) in (0..).zip(&subject.rules.texts) {
        for (at, _) in text.content.match_indices(MARK) {
            if let Some(comment) = Comment::read(&text.content, at) {
                let (start, end) = (offset(at), offset(at + comment.length));
                let line = text.content[..at].matches('\n').count() + 1;
                found.push(Suppression {
                    by: By::Comment(Origin { text: number, line: offset(line), start, end }),
                    rule: comment.rule.to_owned(),
                    firewall: Some(subject.firewall.name.clone()),
                    reason: comment.reason.to_owned(),
                    scope: scope(subject, number, &text.content, at),
                    used: false,
                });
            }
        }
    }
    found
}

/// A comment that leaves a finding out.
struct Comment<'a> {
    rule: &'a str,
    reason: &'a str,
    /// How many bytes it takes.
    length: usize,
}

impl<'a> Comment<'a> {
    /// Reads the one that starts `at` a byte of the text. It ends with its line or with the quote that it stands in.
    fn read(text: &'a str, at: usize) -> Option<Self> {
        let line = text.get(at..)?.lines().next()?;
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let said = match open_quote(&text[start..at]) {
            Some(quote) => line.split(quote).next()?,
            None => line,
        };
        let said = said.trim_end().trim_end_matches('\\');
        let words = said.strip_prefix(MARK)?.trim_start();
        let (rule, reason) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        Some(Self { rule, reason: reason.trim(), length: said.len() })
    }
}

/// The quote that is open after the beginning of a line, unless a comment is.
fn open_quote(line: &str) -> Option<char> {
    let mut open = None;
    for sign in line.chars() {
        match open {
            None if sign == '#' => return None,
            None if matches!(sign, '"' | '\'') => open = Some(sign),
            Some(quote) if sign == quote => open = None,
            _ => {}
        }
    }
    open
}

/// What a comment `at` a byte of a text is about.
fn scope(subject: &Subject<'_>, number: u32, text: &str, at: usize) -> Scope {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let alone = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let own = text[start..].lines().next().unwrap_or_default();
    if alone(own) && text[..start].lines().all(alone) {
        return Scope::All;
    }
    let within = |bytes| Scope::Within { text: number, bytes };
    if alone(own) {
        // Comments and blank lines between it and what it is about are passed over.
        let mut after = start;
        for line in text[start..].split_inclusive('\n') {
            if !alone(line) {
                return within(offset(after)..offset(after + line.len()));
            }
            after += line.len();
        }
        return within(0..0);
    }
    // Several rules may stand on one line: those of JSON do.
    let rules = subject.rules.ruleset.chains.iter().flat_map(|chain| &chain.rules);
    let mut origins = rules.filter_map(|rule| rule.origin).filter(|origin| origin.text == number);
    match origins.find(|origin| (origin.start..origin.end).contains(&offset(at))) {
        Some(origin) => within(origin.start..origin.end),
        None => within(offset(start)..offset(start + own.len())),
    }
}

/// Texts of more than 4 GiB have no exact positions.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
