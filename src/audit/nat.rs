//! Translation in front of a server: what of the service it leaves out (FTP027), port numbers that it changes (FTP028),
//! and which address the reply to `PASV` names (FTP029, FTP030).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::context::Context;
use super::crossing::{Session, Site};
use super::finding::{Finding, Place};
use super::matrix::Judged;
use super::{RuleId, finding, missing};
use crate::deployment::{Nat, Side};
use crate::flow::{Channel, FlowId, Mode};
use crate::packet::{Family, PacketSet, PortRange, PortSet, Protocol, State, TooComplex};
use crate::ruleset::evaluate::{Question, accepted};
use crate::ruleset::trace::Path;
use crate::ruleset::{Action, Direction, Hook, Match, NewAddress, Policy, Rule, Ruleset};

/// What translation gets wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The control port is translated, and data connections, or what is translated, do not get through.
    Incomplete {
        /// The translation.
        nat: Nat,
        /// The ports that are not translated.
        untranslated: Option<PortSet>,
        /// The ports that are translated and then not let through.
        unforwarded: Option<PortSet>,
    },
    /// The range arrives at other ports than those that clients were told.
    Remapped {
        /// The server's own address.
        private: IpAddr,
        /// The declared range.
        range: PortRange,
        /// The ports of the gateway that lead to other ones.
        outside: PortSet,
    },
    /// The reply to `PASV` names the private address.
    PrivateAddress {
        /// The translation.
        nat: Nat,
        /// Whether plaintext sessions are concerned too: no helper rewrites the reply.
        plain: bool,
        /// Whether encrypted ones are.
        encrypted: bool,
    },
    /// The reply names the public address already, and a helper stands ready to rewrite it.
    Twice {
        /// The address that it names.
        advertised: IpAddr,
    },
}

/// The translation in front of the server, in a family that the service is used in.
fn translation(context: &Context<'_>) -> Option<(Nat, Family)> {
    let firewall = context.firewall();
    let nat = firewall.nat.filter(|_| firewall.side == Side::Server)?;
    let family = Family::of(nat.public);
    context.request.deployment.families().any(|other| other == family).then_some((nat, family))
}

/// The rules with nothing but translation in them, and the way on which they are asked. OpenBSD's translate what they
/// pass, so that there they stay as they are.
fn translating(context: &Context<'_>) -> (Ruleset, Path) {
    let mut ruleset = context.ruleset().clone();
    let is_pf = context.firewall().dialect.is_pf();
    let has_own_rules =
        ruleset.chains.iter().any(|chain| chain.base.is_some_and(|base| base.hook == Hook::PfRdr));
    for chain in &mut ruleset.chains {
        if chain.rules.iter().any(|rule| to_several_ports(rule).is_some()) {
            let rules = std::mem::take(&mut chain.rules);
            let as_done =
                |rule: Rule| to_several_ports(&rule).map_or_else(|| vec![rule], |both| both.to_vec());
            chain.rules = rules.into_iter().flat_map(as_done).collect();
        }
        let Some(base) = &mut chain.base else { continue };
        let filters = match base.hook {
            Hook::PfFilter => has_own_rules,
            Hook::Input | Hook::Forward | Hook::Output | Hook::Postrouting => true,
            Hook::Prerouting | Hook::PfNat | Hook::PfRdr => false,
        };
        if filters {
            chain.rules.clear();
            base.policy = Policy::Accept;
        }
    }
    (ruleset, if is_pf { Path::Input } else { Path::Forward })
}

/// The packets from outside to the public address, with any port, that open a connection.
fn arriving(context: &mut Context<'_>, public: IpAddr, path: Path) -> Result<PacketSet, TooComplex> {
    let site = Site {
        deployment: context.request.deployment,
        firewall: context.firewall(),
        interfaces: &context.interfaces,
    };
    let space = &mut context.space;
    let factors = [
        site.passing(path, Direction::In, space)?,
        space.protocol(Protocol::Tcp)?,
        space.destination(&[public].into_iter().collect())?,
        space.source(&context.request.deployment.clients.addresses)?,
        space.state(&[State::New])?,
        space.reply(false)?,
        space.tcp_flags(u8::MAX, 0x02)?,
    ];
    space.intersection_all(factors)
}

/// The packets that arrive for the public address and are translated to the private one, at any ports of `leaving`.
fn translated(
    context: &mut Context<'_>,
    nat: Nat,
    within: PacketSet,
    leaving: &PortSet,
) -> Result<PacketSet, TooComplex> {
    let (ruleset, path) = translating(context);
    let space = &mut context.space;
    let private = space.destination(&[nat.private.addr()].into_iter().collect())?;
    let ports = space.destination_port(leaving)?;
    let onward = space.intersection(private, ports)?;
    let through = accepted(&ruleset, Question { path, within, onward }, space)?;
    space.undenied(through)
}

/// The packets to the public address that arrive at, or are led to, a port of the passive range, and whose port is
/// changed on the way.
fn remapped(context: &mut Context<'_>, nat: Nat, range: PortRange) -> Result<PacketSet, TooComplex> {
    let (mut ruleset, path) = translating(context);
    let within = arriving(context, nat.public, path)?;
    let inside = translated(context, nat, within, &range.into())?;
    let asked = context.space.destination_port(&range.into())?;
    let concerned = context.space.union(inside, asked)?;
    let within = context.space.intersection(within, concerned)?;
    let before = translated(context, nat, within, &PortSet::any())?;
    // What is left of it if rules that change the port send nowhere what has another one.
    let nowhere = match nat.public {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let astray = Action::DestinationNat { address: Some(nowhere), port: None };
    for chain in &mut ruleset.chains {
        let is_pf = chain.base.is_some_and(|base| base.hook == Hook::PfFilter);
        for rule in std::mem::take(&mut chain.rules) {
            let Some(port) = new_port(&rule) else {
                chain.rules.push(rule);
                continue;
            };
            let is_translation = |action: &Action| matches!(action, Action::DestinationNat { .. });
            let mut others = rule.clone();
            others.actions.replace(|action| is_translation(action).then(|| astray.clone()));
            others.require([Match::DestinationPort(port.into()).negated()]);
            // pf: the last one that matches counts, unless it is `quick`.
            let both = if is_pf && !rule.quick { [rule, others] } else { [others, rule] };
            chain.rules.extend(both);
        }
    }
    let space = &mut context.space;
    let onward = space.destination(&[nat.private.addr()].into_iter().collect())?;
    let after = accepted(&ruleset, Question { path, within, onward }, space)?;
    let after = space.may(after)?;
    space.difference(before, after)
}

/// The port that a rule gives what it translates.
fn new_port(rule: &Rule) -> Option<u16> {
    rule.actions.iter().find_map(|action| match action {
        Action::DestinationNat { port, .. } => *port,
        _ => None,
    })
}

/// A translation to one of several ports, of which the kernel chooses, as it was seen to: a port that is among them
/// stays, any other becomes the first of them (measured, Linux 6.18).
fn to_several_ports(rule: &Rule) -> Option<[Rule; 2]> {
    let (address, ports) = rule.actions.iter().find_map(|action| match action {
        Action::Translate(translation) => match translation.to {
            NewAddress::One(address) => Some((address, translation.ports?)),
            _ => None,
        },
        _ => None,
    })?;
    let to = |port| Rule {
        actions: [Action::DestinationNat { address: Some(address), port }].into(),
        ..rule.clone()
    };
    let mut kept = to(None);
    kept.require([Match::DestinationPort(ports.into())]);
    Some([kept, to(Some(ports.first()))])
}

/// FTP028: port numbers of the passive range change.
pub(super) fn remaps(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let Some((nat, family)) = translation(context) else { return Ok(Vec::new()) };
    let Some(range) = context.request.deployment.service.passive_ports else { return Ok(Vec::new()) };
    if !opens_data_itself(context, family) {
        return Ok(Vec::new());
    }
    let changed = remapped(context, nat, range)?;
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let outside = context.space.destination_ports_of(changed)?;
    let message = Message::Remapped { private: nat.private.addr(), range, outside };
    let mut finding = context.finding(RuleId::FTP028, finding::Message::Nat(message));
    finding.flows = vec![FlowId::P3];
    let (_, path) = translating(context);
    if let Some(sample) = context.sample(changed, path)? {
        let met = context.tracer.trace(&sample.packet, Path::Forward).met;
        let translates = |place: &Place| context.rule(*place).is_some_and(changes_destination);
        finding.places = met.into_iter().map(Place::Rule).filter(translates).collect();
    }
    finding.demanded_by = vec!["service.passive.ports"];
    finding.packets = Some(context.packets(changed)?);
    Ok(vec![finding])
}

fn changes_destination(rule: &Rule) -> bool {
    rule.actions.iter().any(|action| {
        matches!(action, Action::DestinationNat { .. } | Action::Translate(_) | Action::Unknown(_))
    })
}

/// Whether there are sessions whose passive data connections no helper sees to.
fn opens_data_itself(context: &Context<'_>, family: Family) -> bool {
    context.of(FlowId::P3, family).any(|judged| judged.crossing.opens() && !judged.crossing.expected)
}

/// The families in which the gateway translates the control connections of the service, so that what is missing of
/// the others is a matter of translation.
pub(super) fn translated_families(context: &mut Context<'_>) -> Result<Vec<Family>, TooComplex> {
    let Some((nat, family)) = translation(context) else { return Ok(Vec::new()) };
    let (_, path) = translating(context);
    let all = arriving(context, nat.public, path)?;
    let port = context.space.destination_port(&context.request.deployment.service.control_port.into())?;
    let control = context.space.intersection(all, port)?;
    let led = translated(context, nat, control, &PortSet::any())?;
    // Who is turned away is not translated either.
    let (ruleset, path) = translating(context);
    let space = &mut context.space;
    let served = accepted(&ruleset, Question::about(path, control), space)?;
    let served = space.undenied(served)?;
    Ok(if !served.is_empty() && space.is_subset(served, led)? { vec![family] } else { Vec::new() })
}

/// Whether a finding about translation says what is missing here.
pub(super) fn explains(families: &[Family], judged: &Judged) -> bool {
    let crossing = &judged.crossing;
    crossing.opens()
        && crossing.direction == Direction::In
        && !crossing.onward.is_full()
        && !judged.closed.is_empty()
        && families.contains(&crossing.family)
}

/// FTP027: the control port is translated, and something else that the service needs is not, or is not let through.
pub(super) fn leaves_out(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let families = translated_families(context)?;
    let Some((nat, _)) = translation(context) else { return Ok(Vec::new()) };
    let closed: Vec<Judged> = context
        .judged
        .iter()
        .filter(|judged| explains(&families, judged) && !missing::is_left_to_helper(context, judged))
        .cloned()
        .collect();
    let missing = context.but_banned(closed)?;
    if missing.is_empty() || !remaps(context)?.is_empty() {
        return Ok(Vec::new());
    }
    let (_, path) = translating(context);
    let all = arriving(context, nat.public, path)?;
    let led = translated(context, nat, all, &PortSet::any())?;
    let closed = context.space.union_all(missing.iter().map(|judged| judged.closed))?;
    let wanted = context.space.destination_ports_of(closed)?;
    let ports = context.space.destination_port(&wanted)?;
    let wanted = context.space.intersection(all, ports)?;
    let stays = context.space.difference(wanted, led)?;
    let untranslated = context.space.destination_ports_of(stays)?;
    let goes = context.space.intersection(wanted, led)?;
    let unforwarded = context.space.destination_ports_of(goes)?;
    let some = |ports: PortSet| (!ports.is_empty()).then_some(ports);
    let message =
        Message::Incomplete { nat, untranslated: some(untranslated), unforwarded: some(unforwarded) };
    let mut finding = context.finding(RuleId::FTP027, finding::Message::Nat(message));
    let uncovered = context.uncovered(&missing)?;
    finding.flows = missing.iter().map(|judged| judged.crossing.flow).collect();
    finding.flows.sort_unstable();
    finding.flows.dedup();
    finding.places = super::context::place(uncovered.by).into_iter().collect();
    finding.demanded_by = vec!["service.passive.ports"];
    finding.packets = uncovered.packets;
    finding.sample = uncovered.sample;
    Ok(vec![finding])
}

/// FTP029: nothing replaces the private address in the reply to `PASV`.
#[allow(clippy::unnecessary_wraps, reason = "see registry")]
pub(super) fn names_private_address(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let Some((nat, Family::Ipv4)) = translation(context) else { return Ok(Vec::new()) };
    let service = &context.request.deployment.service;
    if !service.modes.passive || service.advertised_address.is_some() {
        return Ok(Vec::new());
    }
    let offered = Session::offered(service.tls);
    let plain = offered.contains(&Session::Plain) && !context.is_helped(Family::Ipv4, Session::Plain);
    let encrypted = offered.contains(&Session::Tls);
    if !plain && !encrypted {
        return Ok(Vec::new());
    }
    let message = Message::PrivateAddress { nat, plain, encrypted };
    let mut finding = context.finding(RuleId::FTP029, finding::Message::Nat(message));
    finding.flows = vec![FlowId::P3];
    finding.demanded_by = vec!["service.passive", "service.addresses"];
    Ok(vec![finding])
}

/// FTP030: the reply to `PASV` names the public address, and the kernel's helper reads it too. ftp-proxy knows the
/// server by its connection.
pub(super) fn translates_twice(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let Some((_, Family::Ipv4)) = translation(context) else { return Ok(Vec::new()) };
    let service = &context.request.deployment.service;
    let Some(advertised) = service.advertised_address.filter(|_| service.modes.passive) else {
        return Ok(Vec::new());
    };
    let read = Session::offered(service.tls).contains(&Session::Plain)
        && context.is_helped(Family::Ipv4, Session::Plain);
    if !read || context.firewall().dialect.is_pf() {
        return Ok(Vec::new());
    }
    let message = Message::Twice { advertised: advertised.into() };
    let mut finding = context.finding(RuleId::FTP030, finding::Message::Nat(message));
    finding.flows = vec![FlowId::P3];
    let control = context.judged.iter().find(|judged| {
        let crossing = &judged.crossing;
        crossing.opens()
            && crossing.flow.channel() == Channel::Control
            && crossing.flow.mode() == Mode::Passive
            && crossing.family == Family::Ipv4
    });
    if let Some((set, path)) = control.map(|judged| (judged.crossing.packets, judged.crossing.path))
        && let Some(sample) = context.sample(set, path)?
    {
        let met = context.tracer.trace(&sample.packet, sample.path).met;
        let assigns = |place: &Place| {
            let rule = context.rule(*place);
            rule.is_some_and(|rule| {
                rule.actions.iter().any(|action| matches!(action, Action::AssignHelper(_)))
            })
        };
        finding.places = met.into_iter().map(Place::Rule).filter(assigns).collect();
    }
    finding.demanded_by = vec!["service.passive.advertised_address"];
    Ok(vec![finding])
}
