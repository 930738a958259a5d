//! Suppressions that leave nothing out.

use super::sources::Sources;
use crate::audit::suppress::{By, Idle, Why};
use crate::deployment::Severity;
use crate::lang::problem::{self, help};
use crate::lang::{Lang, say};
use crate::report::diagnostic::{Diagnostic, Label};
use crate::report::escape::visible;

/// What is wrong with it, in a sentence.
pub(super) fn title(idle: &Idle, lang: Lang) -> String {
    let rule = visible(&idle.rule);
    let what = match (idle.by, &idle.firewall) {
        (By::Baseline(index), firewall) => {
            let number = index + 1;
            let firewall = firewall.as_deref().map(visible).unwrap_or_default();
            say!(
                lang,
                "entry {number} of the baseline ({rule} {firewall})",
                "基线的第 {number} 项（{rule} {firewall}）"
            )
        }
        (By::Deployment(_), Some(firewall)) => {
            let firewall = visible(firewall);
            say!(lang, "the entry for {rule} at {firewall}", "{firewall} 上针对 {rule} 的忽略项")
        }
        (By::Deployment(_), None) => say!(lang, "the entry for {rule}", "针对 {rule} 的忽略项"),
        (By::Comment(_), _) => say!(lang, "the comment for {rule}", "针对 {rule} 的注释"),
    };
    match idle.why {
        Why::Unused => say!(
            lang,
            "{what} leaves nothing out: there is no such finding",
            "{what}没有忽略任何问题：不存在这样的问题"
        ),
        Why::UnknownRule => say!(
            lang,
            "{what} leaves nothing out: the catalogue has no such id",
            "{what}没有忽略任何问题：目录中没有这个编号"
        ),
        Why::NoReason => say!(
            lang,
            "{what} leaves nothing out, because it gives no reason",
            "{what}没有忽略任何问题：未说明理由"
        ),
    }
}

fn advice(idle: &Idle, lang: Lang) -> String {
    match (idle.why, idle.by) {
        (Why::Unused, By::Baseline(_)) => {
            say!(lang, "write the baseline anew with --write-baseline", "请用 --write-baseline 重新写出基线")
        }
        (Why::Unused, By::Comment(_)) => say!(
            lang,
            "remove it; or move it to the rule that the finding points at, or to the line before that",
            "请将其删除；或移到问题所指的规则所在行，或其前一行"
        ),
        (Why::Unused, By::Deployment(_)) => say!(lang, "remove it", "请将其删除"),
        (Why::UnknownRule, _) => {
            say!(lang, "ftpfw rule lists the ids that there are", "运行 ftpfw rule 可列出全部编号")
        }
        (Why::NoReason, _) => {
            let rule = visible(&idle.rule);
            say!(lang, "say why: ftpfw: ignore {rule} REASON", "请说明理由：ftpfw: ignore {rule} 理由")
        }
    }
}

/// A warning like a compiler's.
#[must_use]
pub fn diagnostic(idle: &Idle, sources: Sources<'_>, lang: Lang, color: bool) -> String {
    let spot = sources.suppression(idle);
    let label = |spot: &super::sources::Spot<'_>| Label { span: spot.span.clone(), text: String::new() };
    let diagnostic = Diagnostic {
        severity: Severity::Warning,
        level: problem::severity(Severity::Warning, lang),
        code: None,
        title: title(idle, lang),
        labels: spot.iter().map(label).collect(),
        notes: Vec::new(),
        help: vec![(help(lang), advice(idle, lang))],
    };
    let (name, source) = match &spot {
        Some(spot) => (spot.name, spot.source),
        None => (sources.baseline.unwrap_or(&sources.deployment.source.name), ""),
    };
    diagnostic.render(name, source, color)
}
