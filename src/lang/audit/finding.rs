//! A finding as people are shown it: like a compiler's message.

use std::ops::Range;

use super::catalogue::text;
use super::{Words, missing, nat};
use crate::audit::{Finding, Message, Place, entry};
use crate::deployment::Reading;
use crate::lang::diff::packet;
use crate::lang::problem::{self, help};
use crate::lang::trace::Subject;
use crate::lang::{Lang, say};
use crate::report::diagnostic::{Diagnostic, Label, Related};

/// What a finding may point into.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// The rule set of the firewall that it is about.
    pub subject: Option<Subject<'a>>,
    /// The deployment, as it was read.
    pub deployment: &'a Reading,
}

/// A finding as people are shown it.
#[must_use]
pub fn diagnostic(finding: &Finding, texts: Texts<'_>, lang: Lang, color: bool) -> String {
    let words = words(finding, lang);
    let severity = super::severity(finding.level);
    let subject = texts.subject;
    let mut excerpts: Vec<(&str, &str, Vec<Label>)> = Vec::new();
    let mut notes = Vec::new();
    for (index, &place) in finding.places.iter().enumerate() {
        let said = if index == 0 { words.label.clone() } else { String::new() };
        match subject.and_then(|subject| span(place, subject)) {
            Some((name, source, span)) => add(&mut excerpts, name, source, Label { span, text: said }),
            None => {
                if let (Some(subject), Place::Policy(chain)) = (subject, place) {
                    let policy = crate::lang::trace::policy(subject, chain);
                    notes.push((say!(lang, "decided by", "判定者"), policy));
                }
            }
        }
    }
    for path in &finding.demanded_by {
        let demanded = say!(lang, "demanded here", "此处要求");
        match texts.deployment.position(path) {
            Some(position) if position.option.is_none() => {
                let source = &texts.deployment.source;
                add(&mut excerpts, &source.name, &source.text, Label { span: position.span, text: demanded });
                break;
            }
            Some(position) => {
                notes.push((say!(lang, "demanded by", "要求来自"), position.option.unwrap_or_default()));
                break;
            }
            None => {}
        }
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
        let spec = format!("hook={} {}", sample.path.id(), packet(&sample.packet));
        notes.push((say!(lang, "for example", "例如"), spec));
    }
    let catalogue = entry(finding.rule);
    let advice = words.help.unwrap_or_else(|| text(&catalogue.mend, lang));
    let (name, source, labels) = match excerpts.first() {
        Some((name, source, labels)) => (*name, *source, labels.clone()),
        None => (finding.firewall.as_deref().unwrap_or_default(), "", Vec::new()),
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
        help: Some((help(lang), advice)),
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

/// The text that a place is in, and the part of its first line that it covers.
fn span(place: Place, subject: Subject<'_>) -> Option<(&str, &str, Range<usize>)> {
    let origin = match place {
        Place::Rule(rule) => subject.ruleset.chains.get(rule.chain)?.rules.get(rule.rule)?.origin?,
        Place::Text(origin) => origin,
        Place::Policy(_) => return None,
    };
    let text = subject.texts.get(usize::try_from(origin.text).ok()?)?;
    let (start, end) = (usize::try_from(origin.start).ok()?, usize::try_from(origin.end).ok()?);
    let first_line = text.content.get(start..end)?.lines().next().unwrap_or_default();
    Some((&text.name, &text.content, start..start + first_line.len()))
}

/// What a finding says.
#[must_use]
pub(super) fn words(finding: &Finding, lang: Lang) -> Words {
    match &finding.message {
        Message::Missing(message) => missing::words(message, lang),
        Message::Nat(message) => nat::words(message, lang),
    }
}
