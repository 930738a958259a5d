//! What `probe` says.

mod advice;
mod command;
mod errno;
mod evidence;
mod flow;
mod help;
mod icmp;
mod json;
mod meaning;
mod mend;
mod prediction;
mod progress;
pub mod respond;
mod sweep;
#[cfg(test)]
mod tests;
mod title;

pub use advice::advice;
pub use command::{
    login_with_line_break, no_address, no_count, no_duration, no_password, no_prediction, no_seconds,
    password_prompt, unknown_host, unusable_trust,
};
pub use errno::name as errno_name;
pub use help::{argument, epilogue};
pub use json::json;
pub use meaning::meaning;
pub use prediction::Foretold;
pub use progress::step;
pub use sweep::{no_token, sweeping};
pub use title::title;

use super::audit::session_name;
use super::{Lang, problem, say};
use crate::deployment::Severity;
use crate::packet::{PortRange, PortSet};
use crate::probe::Mend;
use crate::probe::conclusion::{Conclusion, Conclusions, Gravity, Verdict};
use crate::probe::plan::Plan;
use crate::probe::sweep::Sweep;
use crate::report::diagnostic::Diagnostic;
use crate::report::document::Document;

/// What there is to report of a probe.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was probed.
    pub plan: &'a Plan,
    /// What follows from what was seen.
    pub conclusions: &'a Conclusions,
    /// The rules that let through what is blocked.
    pub mends: &'a [Mend],
    /// What became of every port, if that was asked for.
    pub sweeps: Option<&'a [Sweep]>,
    /// What rule sets lead to expect, if any were given.
    pub foretold: Option<&'a [Foretold]>,
    /// Whether it ended before it was done.
    pub interrupted: bool,
}

/// The tables at the head of the report.
#[must_use]
pub fn document(report: &Report<'_>, lang: Lang) -> Document {
    let mut document = Document::default();
    flow::tables(&mut document, report, lang);
    document
}

/// What stands below the conclusions: what became of every port, the rules to add, what rule sets lead to expect.
#[must_use]
pub fn appendix(report: &Report<'_>, lang: Lang) -> Document {
    let mut document = Document::default();
    for swept in report.sweeps.into_iter().flatten() {
        sweep::describe(&mut document, swept, lang);
    }
    mend::rules(&mut document, report.mends, lang);
    if let Some(foretold) = report.foretold {
        prediction::table(&mut document, foretold, lang);
    }
    document
}

/// A conclusion as compilers show what they find: what, where, what it rests on, what it means, what to do.
#[must_use]
pub fn diagnostic(conclusion: &Conclusion, report: &Report<'_>, lang: Lang, color: bool) -> String {
    let severity = match conclusion.kind.gravity() {
        Gravity::Fault => Severity::Error,
        Gravity::Warning => Severity::Warning,
        Gravity::Note => Severity::Info,
    };
    let mut notes = Vec::new();
    if !conclusion.flows.is_empty() {
        let flows: Vec<&str> = conclusion.flows.iter().map(|flow| flow.id()).collect();
        notes.push((say!(lang, "flows", "涉及的流"), flows.join(", ")));
    }
    if !conclusion.ports.is_empty() {
        let ports: PortSet = conclusion.ports.iter().map(|&port| PortRange::between(port, port)).collect();
        notes.push((say!(lang, "ports", "端口"), ports.to_string()));
    }
    if let Some(method) = conclusion.method {
        notes.push((say!(lang, "shown by", "由此得知"), method.id().to_owned()));
    }
    notes.extend(evidence::notes(&conclusion.evidence, lang));
    notes.push((say!(lang, "meaning", "含义"), meaning(conclusion.kind, lang)));
    let diagnostic = Diagnostic {
        severity,
        level: problem::severity(severity, lang),
        code: Some(conclusion.kind.id()),
        title: heading(conclusion, lang),
        labels: Vec::new(),
        notes,
        help: vec![(problem::help(lang), advice(conclusion.kind, lang))],
    };
    diagnostic.render(&place(conclusion, report), "", color)
}

/// What was found, with the family and kind of session that it was found in.
fn heading(conclusion: &Conclusion, lang: Lang) -> String {
    let mut scope: Vec<String> = Vec::new();
    scope.extend(conclusion.family.map(|family| family.to_string()));
    scope.extend(conclusion.session.map(|session| session_name(session, lang)));
    let title = title(conclusion.kind, lang);
    if scope.is_empty() {
        return title;
    }
    let scope = scope.join(match lang {
        Lang::En => ", ",
        Lang::Zh => "，",
    });
    say!(lang, "{scope}: {title}", "{scope}：{title}")
}

/// What it was found at: the other end of the step that shows it, or the server.
fn place(conclusion: &Conclusion, report: &Report<'_>) -> String {
    conclusion.evidence.peer.map_or_else(
        || {
            let servers: Vec<String> = report.plan.servers.iter().map(ToString::to_string).collect();
            report.plan.name.clone().unwrap_or_else(|| servers.join(", "))
        },
        |peer| peer.to_string(),
    )
}

/// The last line: how many flows pass, and how many do not.
#[must_use]
pub fn summary(report: &Report<'_>, lang: Lang) -> String {
    let count = |wanted: fn(Verdict) -> bool| {
        report.conclusions.flows.iter().filter(|flow| wanted(flow.verdict)).count()
    };
    let passing = count(|verdict| verdict == Verdict::Pass);
    let blocked = count(|verdict| matches!(verdict, Verdict::Blocked(_)));
    let unclear = count(|verdict| verdict == Verdict::Inconclusive);
    let skipped = count(|verdict| verdict == Verdict::Skipped);
    let mut line = say!(
        lang,
        "flows: {passing} pass, {blocked} blocked, {unclear} inconclusive, {skipped} not tried",
        "流：{passing} 个通过，{blocked} 个阻断，{unclear} 个无法判断，{skipped} 个未尝试"
    );
    if report.interrupted {
        line += &say!(
            lang,
            "\ninterrupted: this is what was known by then",
            "\n探测被中断：以上为中断之前得知的结果"
        );
    }
    line
}
