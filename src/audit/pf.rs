//! ftp-proxy half wired into the rules of pf (FTP038), and static rules beside a reverse proxy (FTP039).

use super::context::Context;
use super::crossing::Site;
use super::finding::{Finding, Place};
use super::matrix::Judged;
use super::{RuleId, finding, proxy};
use crate::deployment::{self, Firewall, Side};
use crate::dialect::Dialect;
use crate::flow::FlowId;
use crate::packet::{Family, PacketSet, PortSet, Protocol, State, TooComplex};
use crate::ruleset::evaluate::Question;
use crate::ruleset::trace::{Decider, Path, RuleRef};
use crate::ruleset::{Action, Direction, Hook, Match, Rule};

/// How many deciders are told apart.
const MOST_DECIDERS: usize = 64;

/// What is wrong about ftp-proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Its anchor is there, and no connection comes to it.
    NoRedirect,
    /// Connections come to it, and its anchors are not there.
    NoAnchor {
        /// Those that are missing, by their section.
        missing: Vec<Hook>,
    },
    /// Its anchor comes too late: the data connections that it expects are decided on before.
    AnchorTooLate,
    /// Strangers outside may use it.
    ForEverybody,
    /// A static rule stands beside it.
    StaticRange {
        /// The declared range.
        ports: PortSet,
    },
}

/// FTP038: ftp-proxy is only half wired in.
pub(super) fn half_wired(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let firewall = context.firewall();
    if !firewall.dialect.is_pf() || firewall.place != deployment::Place::Gateway {
        return Ok(Vec::new());
    }
    let redirects = redirects(context);
    let sections: &[Hook] = match firewall.dialect {
        Dialect::PfFreebsd => &[Hook::PfNat, Hook::PfRdr, Hook::PfFilter],
        _ => &[Hook::PfFilter],
    };
    let ruleset = context.ruleset();
    let missing: Vec<Hook> =
        sections.iter().copied().filter(|&hook| !proxy::has_anchor(ruleset, hook)).collect();
    let mut findings = Vec::new();
    let taken_up = !context.helped.is_empty();
    if taken_up && !missing.is_empty() {
        findings.push(at(context, Message::NoAnchor { missing }, redirects.clone()));
    } else if !taken_up && redirects.is_empty() && proxy::has_anchor(ruleset, Hook::PfFilter) {
        let anchors = anchors(context);
        findings.push(at(context, Message::NoRedirect, anchors));
    } else if taken_up {
        findings.extend(late(context)?);
    }
    findings.extend(for_everybody(context)?);
    Ok(findings)
}

fn at(context: &Context<'_>, message: Message, places: Vec<RuleRef>) -> Finding {
    let mut finding = context.finding(RuleId::FTP038, finding::Message::Pf(message));
    finding.places = places.into_iter().map(Place::Rule).collect();
    finding.flows = vec![FlowId::A3, FlowId::P3];
    let modes = context.request.deployment.service.modes;
    finding.flows.retain(|&flow| if flow == FlowId::A3 { modes.active } else { modes.passive });
    finding
}

/// The data connections that the proxy expects are decided on before its anchor.
fn late(context: &mut Context<'_>) -> Result<Option<Finding>, TooComplex> {
    let closed =
        |judged: &&Judged| judged.crossing.opens() && judged.crossing.expected && !judged.closed.is_empty();
    let closed: Vec<Judged> = context.judged.iter().filter(closed).cloned().collect();
    let closed = context.but_banned(closed)?;
    if closed.is_empty() {
        return Ok(None);
    }
    let uncovered = context.uncovered(&closed)?;
    let mut places = anchors(context);
    places.extend(match uncovered.by {
        Decider::Rule(rule) => Some(rule),
        Decider::Policy { .. } | Decider::Nothing => None,
    });
    let mut finding = at(context, Message::AnchorTooLate, places);
    finding.packets = uncovered.packets;
    finding.sample = uncovered.sample;
    Ok(Some(finding))
}

/// In front of clients: connections from outside come to the proxy too.
fn for_everybody(context: &mut Context<'_>) -> Result<Option<Finding>, TooComplex> {
    if context.firewall().side != Side::Client {
        return Ok(None);
    }
    let site = Site {
        deployment: context.request.deployment,
        firewall: context.firewall(),
        interfaces: &context.interfaces,
    };
    let space = &mut context.space;
    let control = PortSet::from(context.request.deployment.service.control_port);
    let factors = [
        site.passing(Path::Input, Direction::In, space)?,
        space.protocol(Protocol::Tcp)?,
        space.destination_port(&control)?,
        space.state(&[State::New])?,
        space.reply(false)?,
        space.tcp_flags(u8::MAX, 0x02)?,
    ];
    let within = space.intersection_all(factors)?;
    // What is for the loopback addresses anyway does not come from outside.
    let own = proxy::loopback(space)?;
    let within = space.difference(within, own)?;
    let handed = proxy::handed(context.ruleset(), within, own, &mut context.space)?;
    let handed = context.space.undenied(handed)?;
    if handed.is_empty() {
        return Ok(None);
    }
    let sample = context.sample(handed, Path::Input)?;
    let places = sample.as_ref().map(|sample| {
        let met = context.tracer.trace(&sample.packet, Path::Input).met;
        met.into_iter().filter(|&place| context.rule(Place::Rule(place)).is_some_and(redirects_to_proxy))
    });
    let places = places.into_iter().flatten().collect();
    let mut finding = at(context, Message::ForEverybody, places);
    finding.packets = Some(context.packets(handed)?);
    finding.sample = sample;
    Ok(Some(finding))
}

/// Whether ftp-proxy stands in for a server with another address (`-R`). Elsewhere it is the proxy that is not needed
/// (FTP045).
fn is_reverse(firewall: &Firewall) -> bool {
    firewall.side == Side::Server && firewall.nat.is_some()
}

/// FTP039: a rule for the passive range beside a reverse proxy.
pub(super) fn static_beside_proxy(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let firewall = context.firewall();
    let service = &context.request.deployment.service;
    let range = service.passive_ports.filter(|_| service.modes.passive);
    let (Some(range), true) = (range, firewall.dialect.is_pf() && is_reverse(firewall)) else {
        return Ok(Vec::new());
    };
    // Encrypted sessions need the static rule.
    if service.tls.encrypts() {
        return Ok(Vec::new());
    }
    let mut places: Vec<RuleRef> = Vec::new();
    let mut open = PacketSet::EMPTY;
    let helped: Vec<Family> = context.helped.clone();
    let static_data = |judged: &&Judged| {
        let crossing = &judged.crossing;
        crossing.flow == FlowId::P3 && crossing.opens() && helped.contains(&crossing.family)
    };
    let wanted: Vec<Judged> = context.if_new.iter().filter(static_data).cloned().collect();
    for judged in wanted {
        let through = context.space.difference(judged.crossing.packets, judged.doubtful)?;
        // As they arrive: how they leave is decided by rules for everything that goes to the server.
        let question = Question::about(Path::Input, through);
        let deciders = context.evaluator.acceptances(question, MOST_DECIDERS, &mut context.space)?;
        for known in deciders.known {
            let Decider::Rule(place) = known.by else { continue };
            if context.rule(Place::Rule(place)).is_some_and(names_ports) {
                open = context.space.union(open, known.packets)?;
                places.push(place);
            }
        }
    }
    if open.is_empty() {
        return Ok(Vec::new());
    }
    places.sort_unstable();
    places.dedup();
    let message = Message::StaticRange { ports: range.into() };
    let mut finding = context.finding(RuleId::FTP039, finding::Message::Pf(message));
    finding.flows = vec![FlowId::P3];
    finding.places = places.into_iter().map(Place::Rule).collect();
    finding.packets = Some(context.packets(open)?);
    finding.sample = context.sample(open, Path::Forward)?;
    Ok(vec![finding])
}

fn names_ports(rule: &Rule) -> bool {
    rule.matches.iter().any(|condition| matches!(condition, Match::DestinationPort(ports) if !ports.is_any()))
}

/// The rules that hand connections to the proxy.
fn redirects(context: &Context<'_>) -> Vec<RuleRef> {
    rules(context, redirects_to_proxy)
}

/// The rules that enter its anchor.
fn anchors(context: &Context<'_>) -> Vec<RuleRef> {
    rules(context, proxy::enters_anchor)
}

fn rules(context: &Context<'_>, which: impl Fn(&Rule) -> bool) -> Vec<RuleRef> {
    let chains = context.ruleset().chains.iter().enumerate();
    chains
        .flat_map(|(chain, of)| {
            of.rules.iter().enumerate().map(move |(rule, own)| (RuleRef { chain, rule }, own))
        })
        .filter(|(_, rule)| which(rule))
        .map(|(place, _)| place)
        .collect()
}

fn redirects_to_proxy(rule: &Rule) -> bool {
    rule.actions.iter().any(|action| match action {
        Action::Divert { address, .. } | Action::DestinationNat { address: Some(address), .. } => {
            address.is_loopback()
        }
        _ => false,
    })
}
