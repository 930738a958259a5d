//! The rules that serve FTP and let more through than it needs: FTP001, FTP002, FTP003, FTP006, FTP022, FTP023, FTP024.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::super::context::Context;
use super::super::{Place, RuleId, finding};
use super::ports::{HALF, Ports, is_destination_port, is_high, is_source_port, named, names};
use super::way::Way;
use super::{Found, Kind, Message, place};
use crate::audit::Finding;
use crate::deployment::Egress;
use crate::flow::FlowId;
use crate::packet::{AddressSet, Field, PacketSet, PortRange, PortSet, Protocol, Space, TooComplex};
use crate::ruleset::evaluate::Question;
use crate::ruleset::trace::{Decider, RuleRef};
use crate::ruleset::{Action, Direction, Match, Rule};

/// A rule that names no port is about all of them, also where earlier rules have decided on so few.
const FEW: u32 = 1 << 10;
/// The rules of one direction that are looked at.
const MOST_RULES: usize = 64;

/// The findings, in no order.
pub(super) fn all(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let mut judged = Vec::new();
    for direction in [Direction::In, Direction::Out] {
        let way = Way::new(context, direction)?;
        let ports = Ports::new(context, &way);
        let mut judge = Judge { context: &mut *context, way: &way, ports: &ports };
        judged.push(judge.all()?);
    }
    let mut findings = Vec::new();
    let high_out = judged[1].iter().find(|one| one.is_high_to_high).map(|one| one.by);
    for one in judged.into_iter().flatten() {
        for mut found in one.found {
            let both_ways = high_out.filter(|_| found.rule == RuleId::FTP002 && one.is_high_to_high);
            if both_ways.is_some() {
                found.rule = RuleId::FTP003;
                found.message.kind = Kind::HighToHigh;
                found.flows = vec![FlowId::P3, FlowId::P4];
            }
            let rule = found.rule;
            let mut finding = found.finding(context)?;
            finding.demanded_by = demanded_by(rule, &finding.flows);
            if let Some(other) = both_ways.and_then(place).filter(|other| !finding.places.contains(other)) {
                finding.places.push(other);
            }
            name_translation(context, &mut finding);
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// The fields of the deployment that say what would be enough.
fn demanded_by(rule: RuleId, flows: &[FlowId]) -> Vec<&'static str> {
    match rule {
        RuleId::FTP006 if flows == [FlowId::A3] => vec!["service.active.source_port", "clients.ports"],
        RuleId::FTP002 | RuleId::FTP003 | RuleId::FTP006 => {
            vec!["service.passive.ports", "service.control_port", "clients.addresses"]
        }
        RuleId::FTP023 => vec!["service.active.source_port"],
        _ => Vec::new(),
    }
}

/// Adds the rule that translates nearly all ports to a finding about them.
fn name_translation(context: &Context<'_>, finding: &mut Finding) {
    let finding::Message::Broad(Message { kind: Kind::NearlyAll { translated, .. }, .. }) =
        &mut finding.message
    else {
        return;
    };
    let Some(sample) = &finding.sample else { return };
    let met = context.tracer.trace(&sample.packet, sample.path).met;
    let translates = |place: &Place| {
        let actions = context.rule(*place).map(|rule| &rule.actions);
        actions.is_some_and(|actions| {
            actions.iter().any(|action| matches!(action, Action::DestinationNat { .. }))
        })
    };
    if let Some(rule) = met.into_iter().map(Place::Rule).find(translates) {
        *translated = true;
        finding.places.insert(0, rule);
        finding.places.dedup();
    }
}

/// What is found of one rule or policy.
struct Judged {
    by: Decider,
    found: Vec<Found>,
    /// Whether it lets any high port reach any other.
    is_high_to_high: bool,
}

/// Judges the rules of one direction.
struct Judge<'j, 'a> {
    context: &'j mut Context<'a>,
    way: &'j Way,
    ports: &'j Ports,
}

/// The packets that a rule or policy lets through.
struct Let {
    by: Decider,
    /// Those over TCP that are not declared, required or not.
    undeclared: PacketSet,
    /// Those that are neither required nor declared.
    surplus: PacketSet,
    /// Those of them that open a TCP connection.
    opening: PacketSet,
    /// The source ports of all TCP packets that it lets through.
    source_ports: PortSet,
    /// The destination ports of all TCP connections with the server that it lets somebody open.
    ports: PortSet,
    /// Those of them that are neither required nor declared.
    open_ports: PortSet,
    /// The destination ports that the rule itself names.
    named: Option<PortSet>,
    /// Whether the rule itself names TCP.
    names_tcp: bool,
}

impl Let {
    /// Whether it is about no port in particular.
    fn is_everything(&self) -> bool {
        match &self.named {
            Some(ports) => ports.count() >= 2 * HALF - 1,
            None => self.ports.count() > 2 * HALF - FEW,
        }
    }
}

impl Judge<'_, '_> {
    fn space(&mut self) -> &mut Space {
        &mut self.context.space
    }

    fn all(&mut self) -> Result<Vec<Judged>, TooComplex> {
        let mut deciders = self.policies()?;
        for rule in self.rules()?.into_iter().map(Decider::Rule) {
            if deciders.len() == MOST_RULES {
                break;
            }
            if !self.is_declared(rule)? {
                deciders.push(rule);
            }
        }
        deciders.into_iter().map(|by| self.one(by)).collect()
    }

    /// The rules that may let packets of FTP through.
    fn rules(&mut self) -> Result<Vec<RuleRef>, TooComplex> {
        let way = self.way;
        let within = self.of_ftp()?;
        let rules = self
            .context
            .evaluator
            .may_accept(Question { within, ..way.question }, &mut self.context.space)?;
        // By the ports that they come from, packets are of FTP whatever port they lead to. A rule for another port is
        // not for them, unless it says so.
        let own = self.ports.sources.union(&self.ports.listening);
        let within = self.space().source_port(&own)?;
        let within = self.context.space.intersection(within, way.open)?;
        let others = self
            .context
            .evaluator
            .may_accept(Question { within, ..way.question }, &mut self.context.space)?;
        let of_ftp = |rule: &Rule| names(rule, is_source_port) || !names(rule, is_destination_port);
        let others =
            others.into_iter().filter(|place| self.context.rule(Place::Rule(*place)).is_some_and(of_ftp));
        let all: BTreeSet<RuleRef> = rules.into_iter().chain(others).collect();
        Ok(all.into_iter().rev().collect())
    }

    /// The policies that let packets of FTP in. What they let out, they do not for FTP.
    fn policies(&mut self) -> Result<Vec<Decider>, TooComplex> {
        if self.way.direction == Direction::Out {
            return Ok(Vec::new());
        }
        let within = self.of_ftp()?;
        let question = Question { within, ..self.way.question };
        self.context.evaluator.accepting_policies(question, &mut self.context.space)
    }

    /// The packets of FTP by the ports that they lead to.
    fn of_ftp(&mut self) -> Result<PacketSet, TooComplex> {
        let way = self.way;
        if !way.towards_server {
            return Ok(way.required);
        }
        let ports = self.ports.listening.union(&self.ports.data).union(&21.into());
        let ports = self.space().destination_port(&ports)?;
        let asked = self.space().intersection(ports, way.of_server)?;
        let all = self.space().union(way.required, asked)?;
        self.space().intersection(all, way.open)
    }

    /// Whether a rule cannot let anything in but what is required or declared.
    fn is_declared(&mut self, by: Decider) -> Result<bool, TooComplex> {
        let way = self.way;
        if !way.towards_server || way.direction == Direction::Out {
            return Ok(false);
        }
        let met = self.context.evaluator.may_meet(way.question, by, &mut self.context.space)?;
        self.space().is_subset(met, way.declared)
    }

    fn one(&mut self, by: Decider) -> Result<Judged, TooComplex> {
        let way = self.way;
        let rule = place(by).and_then(|place| self.context.rule(place));
        let named = rule.and_then(named);
        let names_tcp = rule.is_some_and(|rule| rule.matches.contains(&Match::Protocol(Protocol::Tcp)));
        let all = self.context.evaluator.accepted_by(way.question, by, &mut self.context.space)?;
        let mut told = self.space().must(all)?;
        if told.is_empty() {
            // An unknown ban closes no hole, though it makes it doubtful.
            let undenied = self.space().undenied(all)?;
            told = self.space().intersection(all, undenied)?;
        }
        // What cannot be told may be the ports, unless the rule names some beside it.
        let all = if told.is_empty() && named.is_some() { all } else { told };
        let tcp = self.space().protocol(Protocol::Tcp)?;
        let tcp = self.space().intersection(all, tcp)?;
        let surplus = self.space().difference(all, way.declared)?;
        let opening = self.space().intersection(surplus, way.opening)?;
        let undeclared = self.space().difference(tcp, way.also)?;
        let opens = self.space().intersection_all([all, way.opening, way.of_server])?;
        let source_ports = self.space().source_ports_of(tcp)?;
        let ports = self.space().destination_ports_of(opens)?;
        let open = self.space().intersection(opens, surplus)?;
        let open_ports = self.space().destination_ports_of(open)?;
        let lets =
            Let { by, undeclared, surplus, opening, source_ports, ports, open_ports, named, names_tcp };
        let is_rule = matches!(by, Decider::Rule(_));
        let is_high_to_high = is_rule && is_high(&lets.source_ports) && is_high(&lets.ports);
        let outwards = way.direction == Direction::Out;
        // Whatever leaves by a policy, or because nothing is restricted, is not for FTP.
        let unrelated = outwards && (!is_rule || self.context.firewall().egress == Egress::Open);
        let found = if unrelated {
            Vec::new()
        } else if way.towards_server {
            self.towards_server(&lets)?
        } else {
            self.away_from_server(&lets)?.into_iter().collect()
        };
        Ok(Judged { by, found, is_high_to_high })
    }

    fn found(&self, lets: &Let, rule: RuleId, kind: Kind, flows: Vec<FlowId>, packets: PacketSet) -> Found {
        let way = self.way;
        let message = Message {
            kind,
            side: self.context.firewall().side,
            direction: way.direction,
            policy: matches!(lets.by, Decider::Policy { .. }),
            required: way.ports.clone(),
            peers: way.peers.clone(),
        };
        Found { rule, message, flows, by: lets.by, path: way.path, packets }
    }

    /// Connections to the server: at its own firewalls they come in, at the clients' they go out.
    fn towards_server(&mut self, lets: &Let) -> Result<Vec<Found>, TooComplex> {
        let inwards = self.way.direction == Direction::In;
        if inwards && self.is_by_source_port(lets) {
            return Ok(self.by_source_port(lets)?.into_iter().collect());
        }
        let mut clients_only = false;
        if lets.is_everything() && !(inwards && self.is_from_anywhere(lets)?) {
            // Whoever is trusted with every protocol, or is only one of the clients, is trusted with more than FTP.
            if !lets.names_tcp || !self.is_between_both_ends(lets)? {
                return Ok(Vec::new());
            }
            clients_only = true;
        }
        if inwards && lets.open_ports.count() >= HALF {
            return Ok(vec![self.nearly_all(lets, clients_only)?]);
        }
        let mut found = Vec::new();
        found.extend(self.wider(lets)?);
        found.extend(self.data_port(lets)?);
        found.extend(self.udp(lets)?);
        Ok(found)
    }

    /// Connections from the server, and what looks like its replies.
    fn away_from_server(&mut self, lets: &Let) -> Result<Option<Found>, TooComplex> {
        let way = self.way;
        let by_known_port = self.is_by_source_port(lets);
        let by_listening_port =
            lets.source_ports.overlaps(&self.ports.listening) && lets.source_ports.count() < HALF;
        match way.direction {
            Direction::In if by_known_port && !lets.opening.is_empty() => {
                let sources = self.space().sources_of(lets.opening)?;
                if contains(&way.peers, &sources) {
                    return self.where_they_lead(lets, lets.opening);
                }
                return self.by_source_port(lets);
            }
            Direction::Out if by_known_port || by_listening_port => {
                let replies = self.stateless(lets)?;
                if replies.is_some() {
                    return Ok(replies);
                }
                let active = self.context.space.source_port(&self.ports.active)?;
                let active = self.space().intersection(lets.opening, active)?;
                return self.where_they_lead(lets, active);
            }
            Direction::In if by_known_port || by_listening_port => return self.stateless(lets),
            _ => {}
        }
        if lets.is_everything() && !(way.direction == Direction::In && self.is_from_anywhere(lets)?) {
            return Ok(None);
        }
        let inwards = way.direction == Direction::In;
        if inwards && lets.open_ports.count() >= HALF && self.is_from_anywhere(lets)? {
            return self.nearly_all(lets, false).map(Some);
        }
        // What serves active data connections opens most of the ports that they lead to.
        let active = self.context.request.deployment.service.active_source.ports();
        let most = 2 * lets.ports.count() >= way.ports.count() && !way.ports.is_empty();
        if most
            && active.overlaps(&lets.source_ports)
            && !(way.direction == Direction::Out && lets.source_ports.is_any())
        {
            return self.where_they_lead(lets, lets.opening);
        }
        Ok(None)
    }

    /// Whether it asks for the source ports of FTP, or for privileged ones among which they are.
    fn is_by_source_port(&self, lets: &Let) -> bool {
        let privileged = self.ports.sources.union(&PortRange::new(0, 1023).into_iter().collect());
        lets.source_ports.overlaps(&self.ports.sources) && lets.source_ports.is_within(&privileged)
    }

    /// FTP001, unless the same connections are let through from other ports too.
    fn by_source_port(&mut self, lets: &Let) -> Result<Option<Found>, TooComplex> {
        let packets = self.only_by_source_port(lets, lets.opening)?;
        let kind = Kind::SourcePort(lets.source_ports.clone());
        let flows = vec![FlowId::A3];
        Ok((!packets.is_empty()).then(|| self.found(lets, RuleId::FTP001, kind, flows, packets)))
    }

    /// FTP022.
    fn stateless(&mut self, lets: &Let) -> Result<Option<Found>, TooComplex> {
        let of_ftp = self.ports.sources.union(&self.ports.listening);
        let touching = lets.source_ports.ranges().iter().filter(|range| of_ftp.overlap(**range).is_some());
        let touching: PortSet = touching.copied().collect();
        let active = self.context.space.source_port(&self.ports.active)?;
        let known = self.space().source_port(&of_ftp)?;
        let replying = self.space().source_port(&touching)?;
        let replying = self.space().difference(replying, active)?;
        if !self.space().intersects(replying, known)? {
            return Ok(None);
        }
        let replying = self.space().intersection(lets.undeclared, replying)?;
        let packets = self.only_by_source_port(lets, replying)?;
        let ports = self.space().source_ports_of(packets)?;
        let flows = vec![FlowId::A2, FlowId::P2, FlowId::P4];
        Ok((!packets.is_empty())
            .then(|| self.found(lets, RuleId::FTP022, Kind::Stateless(ports), flows, packets)))
    }

    /// Those of `packets` that are not let through from any ordinary source port too.
    fn only_by_source_port(&mut self, lets: &Let, packets: PacketSet) -> Result<PacketSet, TooComplex> {
        let special = self.ports.listening.union(&lets.source_ports);
        let special = self.space().source_port(&special)?;
        let high = self.space().source_port(&PortRange::new(1024, u16::MAX).into_iter().collect())?;
        let ordinary = self.space().difference(high, special)?;
        let within = self.context.space.intersection(ordinary, self.way.open)?;
        let question = Question { within, ..self.way.question };
        let through = self.context.evaluator.accepted(question, &mut self.context.space)?;
        let through = self.space().undenied(through)?;
        let through = self.space().forget(through, Field::SourcePort(0))?;
        self.space().difference(packets, through)
    }

    /// FTP002.
    fn nearly_all(&mut self, lets: &Let, clients_only: bool) -> Result<Found, TooComplex> {
        let packets = self.context.space.intersection(lets.opening, self.way.of_server)?;
        let packets = if packets.is_empty() { lets.opening } else { packets };
        let ports = self.space().destination_ports_of(packets)?;
        let kind = Kind::NearlyAll { ports, translated: false, clients_only };
        let flow = if self.way.towards_server { FlowId::P3 } else { FlowId::A3 };
        Ok(self.found(lets, RuleId::FTP002, kind, vec![flow], packets))
    }

    /// FTP006 about active data connections: `packets` lead where they need not.
    fn where_they_lead(&mut self, lets: &Let, packets: PacketSet) -> Result<Option<Found>, TooComplex> {
        let packets = self.only_by_source_port(lets, packets)?;
        if packets.is_empty() {
            return Ok(None);
        }
        let enough = self.context.space.destination_port(&self.way.ports)?;
        let elsewhere = self.space().difference(packets, enough)?;
        let ports = self.space().destination_ports_of(elsewhere)?;
        let addresses = self.context.space.intersects(packets, enough)?;
        let kind = Kind::Wider { ports, addresses };
        Ok(Some(self.found(lets, RuleId::FTP006, kind, vec![FlowId::A3], packets)))
    }

    /// FTP006 about connections to the server.
    fn wider(&mut self, lets: &Let) -> Result<Option<Found>, TooComplex> {
        let way = self.way;
        let ranges = lets.named.as_ref().unwrap_or(&lets.ports).ranges();
        // Half of all ports are meant for data connections, needed or not: no other service has so many.
        let is_for_ftp = |range: &&PortRange| way.ports.overlap(**range).is_some() || range.count() >= HALF;
        let touching = ranges.iter().filter(is_for_ftp);
        let touching = touching.filter(|range| !self.is_beside_other_services(**range));
        let touching: PortSet = touching.copied().collect();
        if !way.ports.overlaps(&lets.ports) {
            return Ok(None);
        }
        let touching = self.space().destination_port(&touching)?;
        let enough = self.space().destination_port(&way.ports)?;
        let beyond = self.space().difference(touching, enough)?;
        let beyond = self.space().intersection(lets.opening, beyond)?;
        let foreign = self.space().intersection(lets.opening, enough)?;
        let packets = self.space().union(beyond, foreign)?;
        let ports = self.space().destination_ports_of(beyond)?;
        let kind = Kind::Wider { ports, addresses: !foreign.is_empty() };
        let flows = way.flows.clone();
        Ok((!packets.is_empty()).then(|| self.found(lets, RuleId::FTP006, kind, flows, packets)))
    }

    /// FTP023.
    fn data_port(&mut self, lets: &Let) -> Result<Option<Found>, TooComplex> {
        let ranges = lets.named.as_ref().unwrap_or(&lets.ports).ranges();
        let meant = ranges.iter().filter(|range| {
            self.ports.data.ranges().contains(range) || self.is_beside_other_services(**range)
        });
        let meant = meant.filter_map(|range| self.ports.data.overlap(*range));
        let meant: PortSet = meant.collect();
        let packets = self.space().destination_port(&meant)?;
        let packets = self.context.space.intersection_all([packets, lets.opening, self.way.of_server])?;
        let ports = self.space().destination_ports_of(packets)?;
        let flows = vec![FlowId::A4];
        Ok((!packets.is_empty())
            .then(|| self.found(lets, RuleId::FTP023, Kind::DataPort(ports), flows, packets)))
    }

    /// FTP024.
    fn udp(&mut self, lets: &Let) -> Result<Option<Found>, TooComplex> {
        let packets =
            self.context.space.intersection_all([lets.surplus, self.way.udp, self.way.of_server])?;
        let known: PortSet = [20, 21].map(PortRange::single).into_iter().collect();
        let of_ftp = self.way.ports.union(&known);
        let ports = self.space().destination_ports_of(packets)?;
        let ranges = lets.named.as_ref().unwrap_or(&ports).ranges();
        let meant = ranges.iter().filter(|range| {
            PortSet::from(**range).is_within(&of_ftp) || self.is_beside_other_services(**range)
        });
        let meant: PortSet = meant.filter_map(|range| of_ftp.overlap(*range)).collect();
        let meant = self.space().destination_port(&meant)?;
        let packets = self.space().intersection(packets, meant)?;
        let ports = self.space().destination_ports_of(packets)?;
        let flows = self.way.flows.clone();
        Ok((!packets.is_empty()).then(|| self.found(lets, RuleId::FTP024, Kind::Udp(ports), flows, packets)))
    }

    /// Whether these are ports 20 and 21 and their neighbours in a list, ssh (22) and telnet (23).
    fn is_beside_other_services(&self, range: PortRange) -> bool {
        range.contains(21) && self.way.ports.contains(21) && range.first() >= 20 && range.last() <= 23
    }

    /// Whether connections lead to the server only, and come from all clients of a family.
    fn is_between_both_ends(&mut self, lets: &Let) -> Result<bool, TooComplex> {
        let (opening, of_server) = (lets.opening, self.way.of_server);
        if !self.space().is_subset(opening, of_server)? {
            return Ok(false);
        }
        let from = self.space().sources_of(opening)?;
        let required = self.way.required;
        let clients = self.space().sources_of(required)?;
        Ok(from.families().any(|family| contains(&from.of(family), &clients.of(family))))
    }

    /// Whether connections come from anywhere: from half of the addresses of a family or more.
    fn is_from_anywhere(&mut self, lets: &Let) -> Result<bool, TooComplex> {
        let sources = self.space().sources_of(lets.opening)?;
        Ok(sources.families().any(|family| {
            let share = |net: &IpNet| 0.5_f64.powi(i32::from(net.prefix_len()));
            sources.of(family).nets().iter().map(share).sum::<f64>() >= 0.5
        }))
    }
}

fn contains(all: &AddressSet, some: &AddressSet) -> bool {
    some.nets().iter().all(|net| all.contains(net))
}
