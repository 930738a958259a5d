//! What `audit` says.

mod broad;
mod capacity;
pub mod catalogue;
mod family;
mod finding;
pub mod fix;
mod helper;
mod json;
mod machine;
mod matrix;
mod missing;
mod nat;
mod outcome;
mod pf;
mod range;
mod shadow;
mod sources;
pub mod suppress;
mod syntax;
mod tls;

pub use finding::diagnostic;
pub use json::json;
pub use matrix::document;
pub(in crate::lang) use matrix::{session as session_name, verdict as cell_verdict};
pub use sources::Sources;

use super::{Lang, say};
use crate::audit::{Audit, Level, Place};
use crate::deployment::Severity;
use crate::lang::trace::{Subject, policy};

/// What a finding says, in one sentence, and what to say beside the place at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The sentence.
    pub title: String,
    /// Beside the place at fault.
    pub label: String,
    /// How to mend it, beyond what the catalogue says.
    pub help: Option<String>,
}

/// A place in a rule set in a few characters: `rules.v4:12`, or a policy.
#[must_use]
pub fn place(place: Place, subject: Subject<'_>) -> Option<String> {
    match place {
        Place::Rule(rule) => subject.rule(rule).map(|(name, line, _)| format!("{name}:{line}")),
        Place::Policy(chain) => Some(policy(subject, chain)),
        Place::Text(_) => None,
    }
}

/// How a level is shown, by which its colour and its name are chosen.
#[must_use]
pub fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Info => Severity::Info,
    }
}

/// How many errors, warnings and notes count. A suppression that leaves nothing out is a warning.
fn counts(audit: &Audit) -> [usize; 3] {
    let count = |level| audit.findings.iter().filter(|finding| finding.level == level).count();
    [count(Level::Error), count(Level::Warning) + audit.idle.len(), count(Level::Info)]
}

/// The last line: how many findings there are of each level, and how many are left out.
#[must_use]
pub fn summary(audit: &Audit, lang: Lang) -> String {
    let [errors, warnings, infos] = counts(audit);
    let counted = if errors + warnings + infos == 0 {
        say!(lang, "no findings", "未发现问题")
    } else {
        say!(
            lang,
            "errors: {errors}, warnings: {warnings}, notes: {infos}",
            "错误 {errors} 个，警告 {warnings} 个，提示 {infos} 个"
        )
    };
    match audit.suppressed.len() {
        0 => counted,
        suppressed => {
            say!(lang, "{counted} (suppressed: {suppressed})", "{counted}（另忽略 {suppressed} 个）")
        }
    }
}

/// That a firewall's rule set outgrew what can be evaluated.
#[must_use]
pub fn too_complex(firewall: &str, lang: Lang) -> String {
    say!(
        lang,
        "the rule set of {firewall} is too complex to be evaluated: its packet sets outgrew their budget",
        "{firewall} 的规则集过于复杂，无法求值：数据包集合超出了预算"
    )
}
