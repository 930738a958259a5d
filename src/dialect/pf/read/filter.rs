//! `pass`, `block`, `match`, and the translation that they carry.

use super::cursor::{Cursor, Fault};
use super::draft::{Draft, Keep};
use super::part::{Parts, Translation};
use super::pool::{Choice, Pool, Target};
use crate::packet::AddressSet;
use crate::ruleset::{Action, Direction, Hook, Match};

/// What a filter rule does with the packets that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Pass,
    Drop,
    Reject,
    /// Nothing but what its options say.
    Match,
}

/// The conditions and actions of a rule. Whether it is quick is the same for all rules of a statement.
pub(super) type Body = (Vec<Match>, Vec<Action>);

/// The rules that a statement stands for, and whether they are quick. `rejects` says what `block` alone does.
pub(super) fn filter(
    cursor: &mut Cursor<'_>,
    parts: &mut Parts<'_>,
    rejects: bool,
) -> Result<(Vec<Body>, bool), Fault> {
    let verb = verb(cursor, rejects)?;
    parts.read(cursor, "")?;
    let draft = &parts.draft;
    let keeps = draft.keep == Keep::State || verb == Verb::Pass && draft.keep == Keep::Unsaid;
    let decision: Vec<Action> = match verb {
        Verb::Pass if keeps => vec![Action::Accept],
        Verb::Pass => vec![Action::Notrack, Action::Accept],
        Verb::Drop => vec![Action::Drop],
        Verb::Reject => vec![Action::Reject],
        Verb::Match => Vec::new(),
    };
    let finish = |draft: &Draft, translation: Vec<Action>| {
        let mut actions = draft.actions.clone();
        let unknown = translation.iter().find(|action| matches!(action, Action::Unknown(_)));
        match unknown.or(draft.unknown.as_ref()) {
            // Who knows where to decides, unless the packet is blocked anyway.
            Some(unknown) if matches!(verb, Verb::Pass | Verb::Match) => actions.push(unknown.clone()),
            _ => {
                actions.extend(translation);
                actions.extend(decision.iter().cloned());
            }
        }
        (draft.matches(Hook::PfFilter, keeps), actions)
    };
    let mut bodies: Vec<Body> = Vec::new();
    let (mut source, mut destination) = (Vec::new(), Vec::new());
    for translation in &parts.translations {
        match translation {
            Translation::Source(pool) => source = pool.source("nat-to"),
            Translation::Destination(pool) => {
                destination = pool.destination("rdr-to", draft.destination_ports());
            }
            Translation::Both(pool) => {
                let both = both_ways(draft, pool);
                bodies.extend(both.into_iter().map(|(draft, action)| finish(&draft, vec![action])));
            }
        }
    }
    if bodies.is_empty() {
        // Of both ends, either all choices or none.
        let either = |choices: Vec<Choice>| -> Vec<Option<Choice>> {
            if choices.is_empty() { vec![None] } else { choices.into_iter().map(Some).collect() }
        };
        let source = either(source);
        for destination in either(destination) {
            for choice in &source {
                let mut draft = draft.clone();
                let chosen = destination.iter().chain(choice);
                let actions = chosen.map(|choice| chosen_by(&mut draft, choice)).collect();
                bodies.push(finish(&draft, actions));
            }
        }
    }
    Ok((bodies, draft.quick))
}

/// Makes a rule one for a choice of a pool, and says what it then does.
pub(super) fn chosen_by(draft: &mut Draft, choice: &Choice) -> Action {
    if let Some(ports) = &choice.ports {
        draft.destination_port = Some(Match::DestinationPort(ports.clone()));
    }
    draft.others.extend(choice.conditions.iter().cloned());
    choice.action.clone()
}

fn verb(cursor: &mut Cursor<'_>, rejects: bool) -> Result<Verb, Fault> {
    if cursor.eat_word("pass") {
        return Ok(Verb::Pass);
    }
    if cursor.eat_word("match") {
        return Ok(Verb::Match);
    }
    cursor.word("block")?;
    if cursor.eat_word("drop") {
        return Ok(Verb::Drop);
    }
    for word in ["return", "return-rst", "return-icmp", "return-icmp6"] {
        if cursor.eat_word(word) {
            cursor.skip_parentheses()?;
            return Ok(Verb::Reject);
        }
    }
    Ok(if rejects { Verb::Reject } else { Verb::Drop })
}

/// The two rules of a translation both ways: of the source as packets leave, and of the destination as they come.
pub(super) fn both_ways(draft: &Draft, pool: &Pool) -> Vec<(Draft, Action)> {
    let own = match &draft.source {
        Some(Match::Source(set)) => match set.nets() {
            [net] if net.prefix_len() == net.max_prefix_len() => Some(net.addr()),
            _ => None,
        },
        _ => None,
    };
    let (Some(own), &Target::Address(public)) = (own, &pool.target) else {
        return vec![(draft.clone(), pool.unknown("binat-to"))];
    };
    let leaving = Draft { direction: Some(Direction::Out), ..draft.clone() };
    let arriving = Draft {
        direction: Some(Direction::In),
        source: draft.destination.as_ref().map(turned),
        destination: Some(Match::Destination(AddressSet::from_iter([public]))),
        ..draft.clone()
    };
    let rules = [
        (leaving, Action::SourceNat { address: Some(public), ports: None }),
        (arriving, Action::DestinationNat { address: Some(own), port: None }),
    ];
    rules
        .into_iter()
        .filter(|(rule, _)| draft.direction.is_none_or(|wanted| rule.direction == Some(wanted)))
        .collect()
}

/// A condition on the destination as one on the source.
fn turned(matching: &Match) -> Match {
    match matching {
        Match::Destination(set) => Match::Source(set.clone()),
        Match::DestinationType(kind) => Match::SourceType(*kind),
        Match::Not(inner) => turned(inner).negated(),
        Match::AnyOf(alternatives) => {
            Match::AnyOf(alternatives.iter().map(|all| all.iter().map(turned).collect()).collect())
        }
        other => other.clone(),
    }
}
