//! Trying mends: a mend is safe if the rule set that it makes has the finding no more, and no other instead.

use std::collections::HashMap;

use super::text::changed;
use crate::audit::{Audit, Finding, Request, RuleId, Subject};
use crate::dialect::collection::{Collection, Text};

/// How many times a mend may be added to: each change may bring to light what blocks the same packets later.
const ROUNDS: usize = 6;

/// The texts of a firewall with what could be mended.
#[derive(Debug, Clone)]
pub struct Patch {
    /// The texts, in the order that they were read.
    pub texts: Vec<Text>,
    /// The findings that are gone, in the order in which they were mended.
    pub mended: Vec<RuleId>,
    /// What the audit of these texts finds.
    pub audit: Audit,
}

/// How mends are tried.
#[derive(Clone, Copy)]
pub struct Trials<'a> {
    /// What the audit is about.
    pub request: &'a Request<'a>,
    audit: &'a dyn Fn(&Request<'_>) -> Audit,
}

impl<'a> Trials<'a> {
    /// Mends for `request`, audited by `audit`.
    #[must_use]
    pub fn new(request: &'a Request<'a>, audit: &'a dyn Fn(&Request<'_>) -> Audit) -> Self {
        Self { request, audit }
    }

    /// Mends all that can be mended safely at the firewall of the subject at `index`, one finding after another. `audit`
    /// is that of the request.
    ///
    /// # Panics
    ///
    /// If there is no such subject.
    #[must_use]
    pub fn mend(&self, index: usize, audit: &Audit) -> Patch {
        let subject = &self.request.subjects[index];
        let mut trial = Trial { trials: *self, index, rules: subject.rules.clone(), audit: audit.clone() };
        let mut mended = Vec::new();
        let mut failed: Vec<Key> = Vec::new();
        loop {
            let own = |finding: &&Finding| finding.firewall.as_ref() == Some(&subject.firewall.name);
            let open = trial.audit.findings.iter().filter(own);
            let Some(next) = open.map(key).find(|key| !failed.contains(key)) else { break };
            match trial.mended(&next) {
                Some(better) => {
                    trial = better;
                    mended.push(next.0);
                }
                None => failed.push(next),
            }
        }
        Patch { texts: trial.rules.texts, mended, audit: trial.audit }
    }

    /// Tries the mend of each finding by itself, and keeps the texts of those that are safe.
    pub fn of_each(&self, audit: &mut Audit) {
        for (index, subject) in self.request.subjects.iter().enumerate() {
            let rules = subject.rules.clone();
            let trial = Trial { trials: *self, index, rules, audit: audit.clone() };
            for finding in &mut audit.findings {
                if finding.firewall.as_ref() == Some(&subject.firewall.name) {
                    let after = trial.mended(&key(finding));
                    if let Some(fix) = &mut finding.fix {
                        fix.tried = after.map(|after| after.rules.texts);
                    }
                }
            }
        }
    }
}

/// What tells findings apart that are open at the same time.
type Key = (RuleId, String);

fn key(finding: &Finding) -> Key {
    (finding.rule, format!("{:?} {:?}", finding.flows, finding.places))
}

/// A state of a rule set.
struct Trial<'a> {
    trials: Trials<'a>,
    index: usize,
    rules: Collection,
    audit: Audit,
}

impl Trial<'_> {
    /// The state in which a finding is mended, and nothing else worse. What comes to light on the way is mended with it.
    fn mended(&self, wanted: &Key) -> Option<Self> {
        let before = counts(&self.audit);
        let mut finding = self.audit.findings.iter().find(|finding| key(finding) == *wanted)?.clone();
        let wanted = finding.clone();
        let mut next = self.with(&finding)?;
        for _ in 0..ROUNDS {
            let after = counts(&next.audit);
            let count = |counts: &Counts, of: &Finding| counts.get(&of.rule).copied().unwrap_or_default();
            let worse = next.audit.findings.iter().find(|found| count(&after, found) > count(&before, found));
            finding = match worse {
                Some(other) => other.clone(),
                None if count(&after, &wanted) < count(&before, &wanted) => return Some(next),
                None => {
                    let same = |found: &&Finding| (found.rule, &found.flows) == (wanted.rule, &wanted.flows);
                    next.audit.findings.iter().find(same)?.clone()
                }
            };
            next = next.with(&finding)?;
        }
        None
    }

    /// The state after the mend of a finding.
    fn with(&self, finding: &Finding) -> Option<Self> {
        let fix = finding.fix.as_ref()?;
        let texts = changed(&self.rules.ruleset, &fix.edits, &self.rules.texts)?;
        let rules = self.rules.read_again(&texts);
        if rules.problems.len() > self.rules.problems.len() {
            return None;
        }
        let Trials { request, audit } = self.trials;
        let mut subjects = request.subjects.clone();
        subjects[self.index] = Subject { rules: &rules, ..subjects[self.index] };
        let audit = audit(&Request { subjects, ..request.clone() });
        (audit.too_complex.len() <= self.audit.too_complex.len()).then_some(Self {
            trials: self.trials,
            index: self.index,
            rules,
            audit,
        })
    }
}

type Counts = HashMap<RuleId, usize>;

/// How many findings there are of each kind.
fn counts(audit: &Audit) -> Counts {
    let mut counts = Counts::new();
    for finding in &audit.findings {
        *counts.entry(finding.rule).or_default() += 1;
    }
    counts
}
