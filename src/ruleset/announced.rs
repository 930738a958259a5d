//! The control connection that has announced a connection which a helper expects.

use super::translation::translated_end;
use super::{Action, Match, Rule, Ruleset};
use crate::packet::{PortRange, PortSet, Protocol};

/// The port of control connections where no rule says which ones get a helper (`nf_conntrack_ftp`).
const CONTROL_PORT: u16 = 21;

/// Whether rules may translate connections that announce others. Which address they had before, those others do not
/// tell: it is the port that counts.
pub(super) fn may_be_translated(ruleset: &Ruleset) -> bool {
    let rules = || ruleset.chains.iter().flat_map(|chain| &chain.rules);
    let translates = |rule: &&Rule| rule.actions.iter().any(|action| translated_end(action).is_some());
    let mut translating = rules().filter(translates).peekable();
    if translating.peek().is_none() {
        return false;
    }
    let assigns = |rule: &&Rule| rule.actions.iter().any(|act| matches!(act, Action::AssignHelper(_)));
    let ranges = rules().filter(assigns).flat_map(destination_ports).flat_map(PortSet::ranges).copied();
    let mut control: PortSet = ranges.collect();
    if control.is_empty() {
        control = PortRange::single(CONTROL_PORT).into();
    }
    let other = |asked: &Match| matches!(asked, Match::Protocol(kind) if *kind != Protocol::Tcp);
    translating.any(|rule| {
        !rule.matches.iter().any(other)
            && destination_ports(rule).all(|ports| !ports.intersection(&control).is_empty())
    })
}

/// The sets of ports that a rule asks for.
fn destination_ports(rule: &Rule) -> impl Iterator<Item = &PortSet> {
    rule.matches.iter().filter_map(|condition| match condition {
        Match::DestinationPort(ports) => Some(ports),
        _ => None,
    })
}
