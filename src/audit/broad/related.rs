//! Connections that the FTP helper may expect, let through on any port (FTP019).

use super::super::context::Context;
use super::super::crossing::{FTP_HELPER, Site};
use super::super::{Finding, RuleId};
use super::attribution::Attribution;
use super::{Found, Kind, Message, place};
use crate::deployment::Egress;
use crate::packet::{AddressSet, Field, NameField, PacketSet, PortRange, PortSet, State, TooComplex};
use crate::ruleset::evaluate::Question;
use crate::ruleset::trace::Decider;
use crate::ruleset::{Direction, Match, Rule};

const SYN: u8 = 0x02;
/// The rules that are looked at.
const MOST_RULES: usize = 16;

/// FTP019: a helper is attached, and what it expects is let through whichever port it leads to.
///
/// A rule that keeps to ports from 1024 up is what guides to the helper ask for, and is taken as scoped.
pub(in crate::audit) fn related(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let mut found: Vec<Found> = Vec::new();
    for direction in [Direction::In, Direction::Out] {
        if direction == Direction::In || context.firewall().egress == Egress::Restricted {
            found.extend(one_way(context, direction)?);
        }
    }
    // The worst of them first.
    found.sort_by_key(|one| one.message.kind.is_meant());
    // One line of a rule set is about both directions as a rule: one finding, with all places.
    let places: Vec<_> = found.iter().filter_map(|one| place(one.by)).collect();
    let Some(first) = found.into_iter().next() else { return Ok(Vec::new()) };
    let mut finding = first.finding(context)?;
    for place in places {
        if !finding.places.contains(&place) {
            finding.places.push(place);
        }
    }
    Ok(vec![finding])
}

fn one_way(context: &mut Context<'_>, direction: Direction) -> Result<Vec<Found>, TooComplex> {
    let interfaces = context.interfaces.clone();
    let firewall = context.firewall();
    let site = Site { deployment: context.request.deployment, firewall, interfaces: &interfaces };
    let path = site.path(direction);
    let expected = context.if_expected.iter().map(|judged| &judged.crossing);
    let expected = expected.filter(|one| one.opens() && one.expected && one.direction == direction);
    let (sets, flows): (Vec<PacketSet>, _) = expected.map(|one| (one.packets, one.flow)).unzip();
    let space = &mut context.space;
    let expected = space.union_all(sets)?;
    let required = space.destination_ports_of(expected)?;
    let high = PortRange::new(1024, u16::MAX);
    let scoped: PortSet = required.ranges().iter().copied().chain(high).collect();
    let scoped = space.destination_port(&scoped)?;
    let mut families = PacketSet::EMPTY;
    for &family in &context.helped {
        let own = space.family(family)?;
        families = space.union(families, own)?;
    }
    // The helper is attached to connections with the server, and expects others between the same two.
    let ends = space.endpoints(expected)?;
    let ends = space.forget(ends, Field::SourcePort(0))?;
    let ends = space.forget(ends, Field::DestinationPort(0))?;
    let anywhere = [
        families,
        ends,
        site.passing(site.path(direction), direction, space)?,
        space.tcp_flags(u8::MAX, SYN)?,
        space.reply(false)?,
        space.mark(0, u32::MAX)?,
        space.connection_mark(0, u32::MAX)?,
    ];
    let anywhere = space.intersection_all(anywhere)?;
    let new = [space.state(&[State::New])?, space.name(NameField::Helper, "")?];
    let new = space.intersection_all([anywhere, new[0], new[1]])?;
    let related = [space.state(&[State::Related])?, space.name(NameField::Helper, FTP_HELPER)?];
    let related = space.intersection_all([anywhere, related[0], related[1]])?;
    let unscoped = space.difference(related, scoped)?;
    if unscoped.is_empty() {
        return Ok(Vec::new());
    }
    let within = space.union(new, unscoped)?;
    let deciders = Attribution::new(Question::about(path, within));
    let mut found = Vec::new();
    for (by, packets) in deciders.deciders(context, unscoped, MOST_RULES)? {
        let is_rule = matches!(by, Decider::Rule(_));
        let accepts = deciders.accepted_by(context, by)?;
        let space = &mut context.space;
        // What is open to new connections is not open because of the helper.
        if !is_rule || space.intersects(accepts, new)? {
            continue;
        }
        let names_helper = |rule: &Rule| rule.matches.iter().any(|one| matches!(one, Match::Helper(_)));
        let named = place(by).and_then(|place| context.rule(place)).is_some_and(names_helper);
        let space = &mut context.space;
        let packets = space.intersection(packets, accepts)?;
        let ports = space.destination_ports_of(packets)?;
        let message = Message {
            kind: Kind::Related { ports, named },
            side: firewall.side,
            direction,
            policy: false,
            required: required.clone(),
            peers: AddressSet::any(),
        };
        found.push(Found { rule: RuleId::FTP019, message, flows: Vec::clone(&flows), by, path, packets });
    }
    Ok(found)
}
