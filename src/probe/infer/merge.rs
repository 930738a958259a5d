//! One conclusion instead of the same one for each session.

use crate::audit::Session;
use crate::packet::Family;
use crate::probe::conclusion::Conclusion;

/// Joins conclusions of one kind that were drawn in several sessions, `all` of which there are, and sorts them: causes
/// before what they cause.
pub(super) fn merged(mut conclusions: Vec<Conclusion>, all: &[(Family, Session)]) -> Vec<Conclusion> {
    conclusions.sort_by_key(|one| (one.kind, one.family, one.session));
    let mut merged: Vec<Conclusion> = Vec::new();
    let mut rest = conclusions.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut group = vec![first];
        while let Some(next) = rest.next_if(|next| next.kind == group[0].kind) {
            group.push(next);
        }
        merged.extend(of_kind(group, all));
    }
    merged
}

/// Conclusions of one kind: one for all, if they hold everywhere; else one for each family.
fn of_kind(group: Vec<Conclusion>, all: &[(Family, Session)]) -> Vec<Conclusion> {
    let everywhere =
        all.iter().all(|&(family, session)| group.iter().any(|one| covers(one, family, session)));
    if everywhere {
        let whole = joined(group).map(|one| Conclusion {
            family: all_of(all.iter().map(|(family, _)| *family)),
            session: all_of(all.iter().map(|(_, session)| *session)),
            ..one
        });
        return whole.into_iter().collect();
    }
    let mut parts: Vec<Conclusion> = Vec::new();
    for family in Family::ALL {
        let of_family: Vec<Conclusion> =
            group.iter().filter(|one| one.family.is_none_or(|own| own == family)).cloned().collect();
        let sessions: Vec<Option<Session>> = of_family.iter().map(|one| one.session).collect();
        let Some(mut part) = joined(of_family) else { continue };
        part.family = Some(family);
        let visited = all.iter().filter(|(own, _)| *own == family).map(|(_, session)| *session);
        let in_all =
            visited.clone().all(|session| sessions.iter().any(|own| own.is_none_or(|own| own == session)));
        part.session = if in_all { all_of(visited) } else { part.session };
        parts.push(part);
    }
    parts
}

fn covers(one: &Conclusion, family: Family, session: Session) -> bool {
    one.family.is_none_or(|own| own == family) && one.session.is_none_or(|own| own == session)
}

/// The only one of its kind, or `None` for several.
fn all_of<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// The first one, with the flows and ports of all, and their command if it is the same.
fn joined(group: Vec<Conclusion>) -> Option<Conclusion> {
    let mut whole = group.into_iter().reduce(|mut first, other| {
        first.flows.extend(other.flows);
        first.ports.extend(other.ports);
        if first.method != other.method {
            first.method = None;
        }
        first
    })?;
    whole.flows.sort_unstable();
    whole.flows.dedup();
    whole.ports.sort_unstable();
    whole.ports.dedup();
    Some(whole)
}
