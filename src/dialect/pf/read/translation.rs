//! Translation rules of their own, as FreeBSD and macOS have them: `nat`, `rdr`, `binat`.

use super::cursor::{Cursor, Fault};
use super::filter::{Body, both_ways, chosen_by};
use super::part::Parts;
use super::place::Section;
use super::pool::pool;
use crate::ruleset::{Action, Direction, Match};

/// The rules that a statement stands for, with the sections that they belong to.
pub(super) fn translation(
    cursor: &mut Cursor<'_>,
    parts: &mut Parts<'_>,
) -> Result<Vec<(Section, Body)>, Fault> {
    let no = cursor.eat_word("no");
    let kind = if cursor.eat_word("nat") {
        Section::Nat
    } else if cursor.eat_word("rdr") {
        Section::Rdr
    } else {
        cursor.word("binat")?;
        Section::BinatOut
    };
    let passes = cursor.eat_word("pass");
    parts.read(cursor, "->")?;
    let draft = &parts.draft;
    if no {
        let sections = if kind == Section::BinatOut { vec![kind, Section::BinatIn] } else { vec![kind] };
        let body = |section: Section| (section, (draft.matches(section.hook(), false), vec![Action::Accept]));
        return Ok(sections.into_iter().map(body).collect());
    }
    cursor.sign("->")?;
    let pool = pool(cursor, parts.tables)?;
    cursor.end()?;
    let mut rules = Vec::new();
    let mut add = |section: Section, matches: Vec<Match>, action: Action| {
        let mut actions = draft.actions.clone();
        actions.push(action);
        actions.extend(passes.then_some(Action::SkipFilter));
        rules.push((section, (matches, actions)));
    };
    match kind {
        Section::Nat | Section::Rdr => {
            let choices = if kind == Section::Nat {
                pool.source("->")
            } else {
                pool.destination("->", draft.destination_ports())
            };
            for choice in &choices {
                let mut draft = draft.clone();
                let action = chosen_by(&mut draft, choice);
                add(kind, draft.matches(kind.hook(), false), action);
            }
        }
        _ => {
            for (mut draft, action) in both_ways(draft, &pool) {
                let section =
                    if draft.direction == Some(Direction::In) { Section::BinatIn } else { Section::BinatOut };
                draft.direction = None;
                add(section, draft.matches(section.hook(), false), action);
            }
        }
    }
    Ok(rules)
}
