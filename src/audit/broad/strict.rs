//! Everything that is let through and not declared, for a strict audit.

use super::super::context::Context;
use super::super::{Finding, RuleId};
use super::attribution::Attribution;
use super::{Found, Kind, Message, place};
use crate::flow::{Shape, grant};
use crate::packet::{AddressSet, NameField, PacketSet, PortSet, Space, State, TooComplex};
use crate::ruleset::Direction;
use crate::ruleset::evaluate::{Question, accepted};
use crate::ruleset::trace::Path;

/// How many rules and policies have a finding of their own.
const MOST: usize = 20;
/// How many are counted.
const MOST_COUNTED: usize = 1000;

/// What is let through without a connection, and would not be by the rule set that the deployment amounts to. What
/// `known` findings are about already is left out.
pub(super) fn undeclared(context: &mut Context<'_>, known: &[Finding]) -> Result<Vec<Finding>, TooComplex> {
    let firewall = context.firewall();
    let granted = grant(context.request.deployment, firewall, Shape::Complete).ruleset;
    let mut found: Vec<Found> = Vec::new();
    for path in Path::ALL {
        let space = &mut context.space;
        let within = possible(path, space)?;
        let question = Question::about(path, within);
        let declared = accepted(&granted, question, space)?;
        let through = context.evaluator.accepted(question, &mut context.space)?;
        let undeclared = context.space.difference(through, declared)?;
        if undeclared.is_empty() {
            continue;
        }
        let deciders = Attribution::new(question);
        for (by, packets) in deciders.deciders(context, undeclared, MOST_COUNTED)? {
            let of = |finding: &Finding| place(by).is_some_and(|by| finding.places.contains(&by));
            if known.iter().any(of) {
                continue;
            }
            let message = Message {
                kind: Kind::Undeclared,
                side: firewall.side,
                direction: if path == Path::Output { Direction::Out } else { Direction::In },
                policy: matches!(place(by), Some(super::super::Place::Policy(_))),
                required: PortSet::default(),
                peers: AddressSet::default(),
            };
            found.push(Found { rule: RuleId::FTP006, message, flows: Vec::new(), by, path, packets });
        }
    }
    let rest = found.split_off(found.len().min(MOST));
    let mut findings: Vec<Finding> =
        found.into_iter().map(|one| one.finding(context)).collect::<Result<_, _>>()?;
    let others = rest.len();
    if let Some(mut one) = rest.into_iter().next() {
        one.message.kind = Kind::UndeclaredElsewhere(others);
        findings.push(one.finding(context)?);
    }
    Ok(findings)
}

/// The packets without a connection that can take a way at all.
fn possible(path: Path, space: &mut Space) -> Result<PacketSet, TooComplex> {
    let arrives = space.name(NameField::InInterface, "")?.complement();
    let leaves = space.name(NameField::OutInterface, "")?.complement();
    let interfaces = match path {
        Path::Input => space.difference(arrives, leaves)?,
        Path::Forward => space.intersection(arrives, leaves)?,
        Path::Output => space.difference(leaves, arrives)?,
    };
    let factors = [
        interfaces,
        space.state(&[State::New, State::Related, State::Invalid, State::Untracked])?,
        space.reply(false)?,
        space.mark(0, u32::MAX)?,
        space.connection_mark(0, u32::MAX)?,
    ];
    space.intersection_all(factors)
}
