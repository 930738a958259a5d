//! Conditions with what only pf asks answered.

use crate::ruleset::translation::own_source_in;
use crate::ruleset::{AddressType, Direction, Interface, Match};

/// A condition with the direction answered, and with the doubt which interfaces are in a group.
pub(super) fn resolved(condition: &Match, direction: Direction) -> Match {
    match condition {
        Match::Direction(wanted) if *wanted == direction => Match::AnyOf(vec![Vec::new()]),
        Match::Direction(_) => Match::AnyOf(Vec::new()),
        Match::InInterface(interface) => grouped(condition, interface, Match::InInterface),
        Match::OutInterface(interface) => grouped(condition, interface, Match::OutInterface),
        Match::Not(inner) => resolved(inner, direction).negated(),
        Match::AnyOf(alternatives) => {
            let all = |all: &Vec<Match>| all.iter().map(|one| resolved(one, direction)).collect();
            Match::AnyOf(alternatives.iter().map(all).collect())
        }
        other => other.clone(),
    }
}

/// The condition as it is of packets whose source has become an address of the machine's own, which one is not known.
pub(super) fn of_own_source(condition: &Match) -> Match {
    match condition {
        Match::Source(set) => Match::AnyOf(
            set.families()
                .map(|family| vec![Match::Family(family), Match::Opaque(own_source_in(set))])
                .collect(),
        ),
        Match::SourceType(AddressType::Local) => Match::AnyOf(vec![Vec::new()]),
        Match::SourceType(_) => Match::AnyOf(Vec::new()),
        Match::Not(inner) => of_own_source(inner).negated(),
        Match::AnyOf(alternatives) => {
            Match::AnyOf(alternatives.iter().map(|all| all.iter().map(of_own_source).collect()).collect())
        }
        other => other.clone(),
    }
}

/// A name without a number may be that of a group, and only the machine knows which interfaces are in it.
fn grouped(condition: &Match, interface: &Interface, make: fn(Interface) -> Match) -> Match {
    if interface.prefix || interface.name.ends_with(|last: char| last.is_ascii_digit()) {
        return condition.clone();
    }
    let some = make(Interface { name: Box::default(), prefix: true });
    let none = make(Interface::named(""));
    let member = Match::Opaque(format!("interface in {}", interface.name));
    Match::AnyOf(vec![vec![condition.clone()], vec![some, none.negated(), member]])
}
