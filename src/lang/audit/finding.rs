//! A finding as people are shown it: like a compiler's message.

use super::Words;
use super::catalogue::text;
use super::sources::{Sources, Spot};
use crate::audit::{Finding, Message, entry};
use crate::lang::diff::packet;
use crate::lang::problem::{self, help};
use crate::lang::{Lang, say};
use crate::report::diagnostic::{Diagnostic, Label, Related};

/// A finding as people are shown it.
#[must_use]
pub fn diagnostic(finding: &Finding, sources: Sources<'_>, lang: Lang, color: bool) -> String {
    let words = words(finding, lang);
    let severity = super::severity(finding.level);
    let firewall = finding.firewall.as_deref();
    let mut excerpts: Vec<(&str, &str, Vec<Label>)> = Vec::new();
    let mut notes = Vec::new();
    for (index, &place) in finding.places.iter().enumerate() {
        let said = if index == 0 { words.label.clone() } else { String::new() };
        if let Some(Spot { name, source, span }) = sources.spot(firewall, place) {
            add(&mut excerpts, name, source, Label { span, text: said });
        } else if let Some(policy) = sources.policy(firewall, place) {
            notes.push((say!(lang, "decided by", "判定者"), policy));
        }
    }
    for (index, position) in sources.declared(finding).into_iter().enumerate() {
        let at_fault = index == 0 && finding.places.is_empty();
        let said = if at_fault { words.label.clone() } else { say!(lang, "declared here", "此处声明") };
        match sources.in_file(&position) {
            Some(Spot { name, source, span }) => add(&mut excerpts, name, source, Label { span, text: said }),
            None => {
                notes.extend(position.option.map(|option| (say!(lang, "declared by", "声明来自"), option)));
            }
        }
    }
    for path in &finding.demanded_by {
        let Some(position) = sources.deployment.position(path) else { continue };
        let demanded = say!(lang, "demanded here", "此处要求");
        match sources.in_file(&position) {
            Some(Spot { name, source, span }) => {
                add(&mut excerpts, name, source, Label { span, text: demanded });
            }
            None => {
                notes.extend(position.option.map(|option| (say!(lang, "demanded by", "要求来自"), option)));
            }
        }
        break;
    }
    if let Some(packets) = &finding.packets {
        let mut parts: Vec<String> = packets.parts.iter().map(ToString::to_string).collect();
        if packets.left_out > 0 {
            let count = packets.left_out;
            parts.push(say!(lang, "and {count} more", "以及另外 {count} 项"));
        }
        notes.push((say!(lang, "packets", "数据包"), parts.join("; ")));
    }
    if let Some(sample) = &finding.sample {
        notes.push((say!(lang, "for example", "例如"), packet(sample.path, &sample.packet)));
    }
    let subject = firewall.and_then(|firewall| sources.subject(firewall));
    let mend = match (&finding.fix, subject) {
        (Some(fix), Some(subject)) => super::fix::mend(fix, subject, lang),
        _ => vec![advice(finding, &words, lang)],
    };
    let (name, source, labels) = match excerpts.first() {
        Some((name, source, labels)) => (*name, *source, labels.clone()),
        None => (finding.firewall.as_deref().unwrap_or(&sources.deployment.source.name), "", Vec::new()),
    };
    let diagnostic = Diagnostic {
        severity,
        level: problem::severity(severity, lang),
        code: Some(finding.rule.id()),
        title: match &finding.firewall {
            Some(firewall) => say!(lang, "{firewall}: {}", "{firewall}：{}", words.title),
            None => words.title,
        },
        labels,
        notes,
        help: mend.into_iter().map(|mend| (help(lang), mend)).collect(),
    };
    let related: Vec<Related<'_>> =
        excerpts.iter().skip(1).map(|(name, source, labels)| Related { name, source, labels }).collect();
    diagnostic.render_with(name, source, &related, color)
}

/// Adds a place, to those in the same text if there are any.
fn add<'a>(excerpts: &mut Vec<(&'a str, &'a str, Vec<Label>)>, name: &'a str, source: &'a str, label: Label) {
    match excerpts.iter_mut().find(|(known, text, _)| *known == name && text.len() == source.len()) {
        Some((_, _, labels)) => labels.push(label),
        None => excerpts.push((name, source, vec![label])),
    }
}

/// How to mend it: here, or else as a rule.
pub(super) fn advice(finding: &Finding, words: &Words, lang: Lang) -> String {
    words.help.clone().unwrap_or_else(|| text(&entry(finding.rule).mend, lang))
}

/// What a finding says.
#[must_use]
pub(super) fn words(finding: &Finding, lang: Lang) -> Words {
    match &finding.message {
        Message::Family(message) => super::family::words(*message, lang),
        Message::Helper(message) => super::helper::words(message, lang),
        Message::Missing(message) => super::missing::words(message, lang),
        Message::Nat(message) => super::nat::words(message, lang),
        Message::Pf(message) => super::pf::words(message, lang),
        Message::Shadow(message) => super::shadow::words(message, lang),
        Message::Broad(message) => super::broad::words(message, lang),
        Message::Range(message) => super::range::words(message, lang),
        Message::Capacity(message) => super::capacity::words(message, lang),
        Message::Tls(message) => super::tls::words(message, lang),
        Message::Machine(message) => super::machine::words(*message, lang),
        Message::Syntax(message) => super::syntax::words(message, lang),
        Message::Outcome(message) => super::outcome::words(message, lang),
    }
}
