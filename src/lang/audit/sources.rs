//! The texts that the parts of an audit point into.

use crate::audit::suppress::By;
use crate::audit::{Finding, Place, suppress::Idle};
use crate::deployment::{Position, Reading, line_and_column};
use crate::lang::trace::{Subject, policy};
use crate::ruleset::Origin;

/// The texts that the parts of an audit point into.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The rule sets, by the names of their firewalls.
    pub rules: &'a [(&'a str, Subject<'a>)],
    /// The deployment, as it was read.
    pub deployment: &'a Reading,
    /// The name of the baseline.
    pub baseline: Option<&'a str>,
}

/// A stretch of a text.
#[derive(Debug, Clone)]
pub(super) struct Spot<'a> {
    /// What the text is called.
    pub(super) name: &'a str,
    pub(super) source: &'a str,
    /// The bytes, on one line.
    pub(super) span: std::ops::Range<usize>,
}

impl Spot<'_> {
    /// Line and column, both from 1, the column in characters.
    pub(super) fn line_and_column(&self) -> (usize, usize) {
        line_and_column(self.source, self.span.start)
    }
}

impl<'a> Sources<'a> {
    /// The rule sets of a firewall.
    #[must_use]
    pub fn subject(&self, firewall: &str) -> Option<Subject<'a>> {
        self.rules.iter().find(|(name, _)| *name == firewall).map(|(_, subject)| *subject)
    }

    /// Where a rule or a stretch of a text stands; a policy stands nowhere.
    pub(super) fn spot(&self, firewall: Option<&str>, place: Place) -> Option<Spot<'a>> {
        let subject = self.subject(firewall?)?;
        match place {
            Place::Rule(rule) => {
                let rule = subject.ruleset.chains.get(rule.chain)?.rules.get(rule.rule)?;
                spot(subject, rule.origin?)
            }
            Place::Text(origin) => spot(subject, origin),
            Place::Policy(_) => None,
        }
    }

    /// A policy in the words of [`policy`].
    pub(super) fn policy(&self, firewall: Option<&str>, place: Place) -> Option<String> {
        let Place::Policy(chain) = place else { return None };
        Some(policy(self.subject(firewall?)?, chain))
    }

    /// Where the deployment declares what a finding is about. If that is all that is at fault, and declared by no more
    /// than its default, where it would be declared.
    pub(super) fn declared(&self, finding: &Finding) -> Vec<Position> {
        let mut positions: Vec<Position> = Vec::new();
        for (index, path) in finding.declared.iter().enumerate() {
            let enclosing = std::iter::successors(Some(path.as_str()), |path| Some(path.rsplit_once('.')?.0));
            let at_fault = index == 0 && finding.places.is_empty() && self.deployment.source.is_file();
            let mut tried = enclosing.take(if at_fault { usize::MAX } else { 1 });
            positions.extend(tried.find_map(|path| self.deployment.position(path)));
        }
        positions
    }

    /// A position in the file of the deployment.
    pub(super) fn in_file(&self, position: &Position) -> Option<Spot<'a>> {
        let source = &self.deployment.source;
        let span = position.span.clone();
        position.option.is_none().then_some(Spot { name: &source.name, source: &source.text, span })
    }

    /// Where a suppression stands. An entry of a baseline is told by its number.
    pub(super) fn suppression(&self, idle: &Idle) -> Option<Spot<'a>> {
        match idle.by {
            By::Deployment(index) => {
                let position = self.deployment.position(&format!("ignore[{index}]"))?;
                let source = &self.deployment.source;
                Some(Spot { name: &source.name, source: &source.text, span: position.span })
            }
            By::Comment(origin) => spot(self.subject(idle.firewall.as_deref()?)?, origin),
            By::Baseline(_) => None,
        }
    }
}

/// The first line of where something stands.
fn spot(subject: Subject<'_>, origin: Origin) -> Option<Spot<'_>> {
    let text = subject.texts.get(usize::try_from(origin.text).ok()?)?;
    let (start, end) = (usize::try_from(origin.start).ok()?, usize::try_from(origin.end).ok()?);
    let first_line = text.content.get(start..end)?.lines().next().unwrap_or_default();
    Some(Spot { name: &text.name, source: &text.content, span: start..start + first_line.len() })
}
