//! What a helper may expect, let through on any port: only that which is declared.

use super::missing::{granted, is_filter};
use super::{Edit, Fix, Written, dialect_of};
use crate::audit::Place;
use crate::audit::context::Context;
use crate::audit::crossing::FTP_HELPER;
use crate::audit::finding::Finding;
use crate::dialect::rule_lines;
use crate::packet::State;
use crate::ruleset::{Action, Match, Rule, States};

/// In front of each rule that lets everything related through, one for the declared ports and one that drops the rest of
/// what the FTP helper expects: what other helpers do, and ICMP errors, stay as they are. A rule for nothing but the FTP
/// helper is replaced.
pub(super) fn mend(context: &Context<'_>, finding: &Finding, named: bool) -> Option<Fix> {
    let ruleset = context.ruleset();
    let mut edits = Vec::new();
    for place in &finding.places {
        let &Place::Rule(at) = place else { continue };
        let dialect = dialect_of(ruleset, at.chain, context.firewall())?;
        let chain = &ruleset.chains[at.chain];
        let bases = ruleset.bases_of(at.chain);
        let written = |rule: Rule| {
            let lines = rule_lines(&rule, chain, dialect);
            Written { rule, lines }
        };
        let mut by: Vec<Written> = Vec::new();
        for judged in &context.judged {
            let crossing = &judged.crossing;
            if !crossing.opens() || !crossing.expected || !chain.table.family.sees(crossing.family) {
                continue;
            }
            let rules = granted(context, judged, dialect).into_iter();
            for (_, rule) in rules.filter(|(hook, _)| is_filter(*hook, crossing.path)) {
                let expects = rule.matches.contains(&Match::Helper(FTP_HELPER.to_owned()));
                if expects
                    && bases.iter().any(|base| crossing.path.passes(base.hook))
                    && !by.iter().any(|known| known.rule == rule)
                {
                    by.push(written(rule));
                }
            }
        }
        if named {
            edits.push(Edit::Replace { at, by });
            continue;
        }
        let rest = Rule {
            matches: vec![Match::State(States::of(State::Related)), Match::Helper(FTP_HELPER.to_owned())]
                .into(),
            actions: [Action::Drop].into(),
            quick: true,
            comment: None,
            origin: None,
        };
        for rule in by.into_iter().chain([written(rest)]) {
            edits.push(Edit::inserted(ruleset, (at.chain, Some(at.rule)), rule)?);
        }
    }
    (!edits.is_empty()).then_some(Fix::new(edits))
}
