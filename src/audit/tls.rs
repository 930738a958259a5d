//! Ports that do not go with the kind of TLS (FTP037), and passwords in the clear (FTP040).

use ipnet::IpNet;

use super::context::{Context, place};
use super::crossing::Crossing;
use super::end_to_end::Works;
use super::finding::{self, Finding, Place};
use super::matrix::{CellVerdict, Judged};
use super::{Request, RuleId};
use crate::deployment::{Deployment, Firewall, Side, Tls};
use crate::flow::Channel;
use crate::packet::{AddressSet, Family, PacketSet, PortRange, PortSet, Protocol, TooComplex};
use crate::ruleset::evaluate::Question;
use crate::ruleset::trace::{Decider, Path, Verdict};
use crate::ruleset::{Match, Rule, Ruleset};

/// The port of plaintext and of explicit TLS (RFC 959 §8, RFC 4217 §4).
const EXPLICIT: u16 = 21;
/// The ports of implicit TLS (IANA `ftps-data`, `ftps`).
const IMPLICIT: PortRange = PortRange::between(989, 990);
/// How many rules are named.
const MOST_RULES: usize = 8;

/// The fields that say which port is needed.
const DEMANDED_BY: [&str; 2] = ["service.tls", "service.control_port"];

/// What does not go with the kind of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The port of explicit TLS is open in place of that of implicit TLS.
    ExplicitPort {
        /// The control port.
        port: u16,
        /// The port that is open.
        open: u16,
    },
    /// Ports of implicit TLS are open, and the service offers none.
    ImplicitPorts {
        /// Those ports.
        ports: PortSet,
        /// What it offers.
        tls: Tls,
    },
    /// Clients log in with a password, in the clear, from public addresses.
    Plaintext {
        /// In which families.
        families: Vec<Family>,
        /// Whether it is declared whom they log in as.
        user: Option<String>,
    },
}

/// FTP037: ports that do not go with the kind of TLS.
pub(super) fn ports(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    if context.firewall().side == Side::Client {
        return Ok(Vec::new());
    }
    if context.request.deployment.service.tls == Tls::Implicit {
        Ok(if opens_explicit_port(context)? { vec![unopened(context)?] } else { Vec::new() })
    } else {
        unneeded(context)
    }
}

/// Whether the control connections of implicit TLS are not let through, while those of explicit TLS would be.
pub(super) fn opens_explicit_port(context: &mut Context<'_>) -> Result<bool, TooComplex> {
    let service = &context.request.deployment.service;
    let is_other = service.tls == Tls::Implicit && service.control_port != EXPLICIT;
    if !is_other || context.firewall().side == Side::Client {
        return Ok(false);
    }
    let blocked: Vec<Family> = control(context)
        .filter(|judged| judged.verdict() == CellVerdict::Blocked)
        .map(|judged| judged.crossing.family)
        .collect();
    let partly = control(context).any(|judged| judged.verdict() == CellVerdict::Partly);
    if blocked.is_empty() || partly {
        return Ok(false);
    }
    let mut explicit = Vec::new();
    for crossing in context.control_at(EXPLICIT)? {
        let Crossing { path, packets: within, onward, .. } = crossing;
        let through = context.evaluator.accepted(Question { path, within, onward }, &mut context.space)?;
        explicit.push(Judged::new(crossing, through, &mut context.space)?);
    }
    let explicit = context.bans_aside(explicit)?;
    let is_open = |family| {
        let mut own = explicit.iter().filter(|judged| judged.crossing.family == family);
        own.any(|judged| judged.unless_banned() == CellVerdict::Open)
    };
    Ok(blocked.into_iter().all(is_open))
}

/// The first packets of control connections.
fn control<'c>(context: &'c Context<'_>) -> impl Iterator<Item = &'c Judged> {
    context
        .judged
        .iter()
        .filter(|judged| judged.crossing.opens() && judged.crossing.flow.channel() == Channel::Control)
}

fn unopened(context: &mut Context<'_>) -> Result<Finding, TooComplex> {
    let judged: Vec<Judged> =
        control(context).filter(|judged| !judged.doubtful.is_empty()).cloned().collect();
    let uncovered = context.uncovered(&judged)?;
    let opening = openings(context, EXPLICIT, &AddressSet::any())?;
    let port = context.request.deployment.service.control_port;
    let message = Message::ExplicitPort { port, open: EXPLICIT };
    let mut finding = context.finding(RuleId::FTP037, finding::Message::Tls(message));
    finding.flows = judged.iter().map(|judged| judged.crossing.flow).collect();
    finding.flows.sort_unstable();
    finding.flows.dedup();
    let opening = opening.iter().map(|opening| opening.place);
    for place in opening.chain(place(uncovered.by)) {
        if !finding.places.contains(&place) {
            finding.places.push(place);
        }
    }
    finding.demanded_by = DEMANDED_BY.to_vec();
    finding.packets = uncovered.packets;
    finding.sample = uncovered.sample;
    Ok(finding)
}

/// Rules that name the ports of implicit TLS and open them.
fn unneeded(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    let service = &context.request.deployment.service;
    let (tls, control_port) = (service.tls, service.control_port);
    let mut open: Vec<PortRange> = Vec::new();
    let mut named: Vec<Opening> = Vec::new();
    for port in IMPLICIT.first()..=IMPLICIT.last() {
        if port == control_port || is_meant(port, context.firewall()) {
            continue;
        }
        let Some(sources) = sources_named_with(port, context.ruleset()) else { continue };
        for opening in openings(context, port, &sources)? {
            if context.rule(opening.place).is_some_and(|rule| names(rule, port)) {
                open.push(PortRange::single(port));
                named.push(opening);
            }
        }
    }
    let Some(first) = named.first().copied() else { return Ok(Vec::new()) };
    let message = Message::ImplicitPorts { ports: open.into_iter().collect(), tls };
    let mut finding = context.finding(RuleId::FTP037, finding::Message::Tls(message));
    for opening in &named {
        if !finding.places.contains(&opening.place) {
            finding.places.push(opening.place);
        }
    }
    finding.demanded_by = DEMANDED_BY.to_vec();
    let packets = context.space.union_all(named.iter().map(|opening| opening.packets))?;
    finding.packets = Some(context.packets(packets)?);
    finding.sample = context.sample(first.packets, first.path)?;
    Ok(vec![finding])
}

/// A rule that lets first packets of control connections through, to some port.
#[derive(Debug, Clone, Copy)]
struct Opening {
    place: Place,
    path: Path,
    packets: PacketSet,
}

/// The sources of the rules that open a port of implicit TLS on purpose; `None` if there is no such rule.
fn sources_named_with(port: u16, ruleset: &Ruleset) -> Option<AddressSet> {
    let mut all: Option<AddressSet> = None;
    for rule in ruleset.chains.iter().flat_map(|chain| &chain.rules).filter(|rule| names(rule, port)) {
        let source = rule.matches.iter().find_map(|condition| match condition {
            Match::Source(set) => Some(set.clone()),
            _ => None,
        });
        let source = source.unwrap_or_else(AddressSet::any);
        let known = all.iter().flat_map(AddressSet::nets).copied();
        all = Some(known.chain(source.nets().iter().copied()).collect());
    }
    all
}

/// The rules that let control connections to `port` through from any of `sources`.
fn openings(context: &mut Context<'_>, port: u16, sources: &AddressSet) -> Result<Vec<Opening>, TooComplex> {
    let mut openings = Vec::new();
    for crossing in context.control_at(port)? {
        let path = crossing.path;
        let from = context.space.source(sources)?;
        let within = context.space.intersection(crossing.packets, from)?;
        let question = Question::about(path, within);
        let known = context.evaluator.acceptances(question, MOST_RULES, &mut context.space)?.known;
        let accepting = known.into_iter().filter(|decision| decision.verdict == Verdict::Accept);
        openings.extend(accepting.filter_map(|decision| match decision.by {
            Decider::Rule(rule) => {
                Some(Opening { place: Place::Rule(rule), path, packets: decision.packets })
            }
            _ => None,
        }));
    }
    Ok(openings)
}

/// Whether other traffic is declared for a port.
fn is_meant(port: u16, firewall: &Firewall) -> bool {
    let mut tcp = firewall.also_allow.iter().filter(|allowed| allowed.protocol == Protocol::Tcp);
    tcp.any(|allowed| allowed.ports.as_ref().is_none_or(|ports| ports.contains(port)))
}

/// Whether a rule opens a port of implicit TLS on purpose, and not as one of many.
fn names(rule: &Rule, port: u16) -> bool {
    let mut open: Vec<&Match> = rule.matches.iter().collect();
    while let Some(condition) = open.pop() {
        match condition {
            Match::DestinationPort(ports) => {
                let own = |range: &&PortRange| range.contains(port);
                if ports
                    .ranges()
                    .iter()
                    .find(own)
                    .is_some_and(|range| range.intersection(IMPLICIT) == Some(*range))
                {
                    return true;
                }
            }
            Match::AnyOf(alternatives) => open.extend(alternatives.iter().flatten()),
            _ => {}
        }
    }
    false
}

/// FTP040: passwords in the clear, from public addresses.
pub(super) fn plaintext(request: &Request<'_>, _: &[Works]) -> Vec<Finding> {
    let deployment = request.deployment;
    let service = &deployment.service;
    if service.tls != Tls::None || service.is_anonymous() {
        return Vec::new();
    }
    let families: Vec<Family> =
        deployment.families().filter(|&family| is_exposed(deployment, family)).collect();
    if families.is_empty() {
        return Vec::new();
    }
    let message = Message::Plaintext { families, user: service.user.clone() };
    let mut finding = Finding::new(RuleId::FTP040, finding::Message::Tls(message));
    finding.declared = ["service.tls", "clients.addresses"].map(str::to_owned).to_vec();
    vec![finding]
}

/// Whether clients with public addresses can reach the server in a family: it has a public address, or a gateway has
/// one for it.
fn is_exposed(deployment: &Deployment, family: Family) -> bool {
    let service = &deployment.service;
    let gateways = deployment.firewalls.iter().filter(|firewall| firewall.side == Side::Server);
    let translated = gateways.filter_map(|firewall| Some(firewall.nat?.public));
    let advertised = service.advertised_address.map(Into::into);
    let mut server = service.addresses.iter().copied().chain(translated).chain(advertised).map(IpNet::from);
    let clients = deployment.clients.addresses.of(family);
    server.any(|address| Family::of_net(&address) == family && is_public(&address))
        && clients.nets().iter().any(is_public)
}

/// Whether some addresses of a network are those of the Internet. Private networks are aligned, so that one with both
/// ends in a private network lies in it.
fn is_public(net: &IpNet) -> bool {
    let is_private = |address: std::net::IpAddr| match address {
        std::net::IpAddr::V4(address) => {
            let shared = address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64;
            // RFC 1918, RFC 3927, RFC 1122 §3.2.1.3, RFC 6598.
            address.is_private() || address.is_link_local() || address.is_loopback() || shared
        }
        // RFC 4193, RFC 4291 §2.5.
        std::net::IpAddr::V6(address) => {
            address.is_unique_local() || address.is_unicast_link_local() || address.is_loopback()
        }
    };
    !(is_private(net.network()) && is_private(net.broadcast()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_not_public() {
        for (net, public) in [
            ("0.0.0.0/0", true),
            ("10.0.0.0/8", false),
            ("10.0.0.0/7", true),
            ("172.16.0.0/12", false),
            ("172.32.0.0/16", true),
            ("192.168.7.0/24", false),
            ("100.64.0.0/10", false),
            ("100.128.0.0/16", true),
            ("198.51.100.7/32", true),
            ("::/0", true),
            ("fd00::/8", false),
            ("fe80::/10", false),
            ("2001:db8::/32", true),
        ] {
            assert_eq!(is_public(&net.parse().expect("a network")), public, "{net}");
        }
    }
}
