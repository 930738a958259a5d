//! pf's ftp-proxy(8), which takes up control connections on a gateway and continues them in connections of its own.
//!
//! Rules hand the connections to it by `divert-to` or a translation to a loopback address. As a reverse proxy (`-R`) it
//! may also listen on the server's public address itself; then nothing but its anchor tells.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::Subject;
use super::crossing::{Crossing, Session, Site};
use crate::deployment::{Place, Side};
use crate::dialect::Dialect;
use crate::flow::Channel;
use crate::packet::{Family, Field, PacketSet, Space, TooComplex};
use crate::ruleset::evaluate::{Question, accepted};
use crate::ruleset::trace::Path;
use crate::ruleset::{Action, Hook, Rule, Ruleset, is_of_ftp_proxy};

/// The families in which `ruleset` hands every control connection that it lets in to the proxy.
pub(super) fn taken_up(
    site: Site<'_>,
    ruleset: &Ruleset,
    space: &mut Space,
) -> Result<Vec<Family>, TooComplex> {
    let firewall = site.firewall;
    if !firewall.dialect.is_pf() || firewall.place == Place::Host {
        return Ok(Vec::new());
    }
    let all: Vec<Family> = site.deployment.families().collect();
    let loopback = loopback(space)?;
    let mut families = Vec::new();
    for family in all.iter().copied() {
        let crossings = site.crossings(Session::Plain, true, &all, space)?;
        let arriving = crossings.iter().filter(|crossing| {
            let control = crossing.opens() && crossing.flow.channel() == Channel::Control;
            control && crossing.family == family && crossing.path == Path::Input
        });
        let within = space.union_all(arriving.map(|crossing| crossing.packets))?;
        // A server behind a translated address is reached through the proxy, or not at all by what stays here.
        let public = firewall.nat.filter(|nat| Family::of(nat.public) == family);
        let listens = public.filter(|_| firewall.side == Side::Server && has_anchor(ruleset, Hook::PfFilter));
        let mut places = loopback;
        if let Some(nat) = listens {
            let own = space.destination(&[nat.public].into_iter().collect())?;
            places = space.union(places, own)?;
        }
        // Who is turned away needs no proxy.
        let served = accepted(ruleset, Question::about(Path::Input, within), space)?;
        let served = space.may(served)?;
        let through = handed(ruleset, within, places, space)?;
        let through = space.may(through)?;
        if !served.is_empty() && space.is_subset(served, through)? {
            families.push(family);
        }
    }
    Ok(families)
}

/// The packets of `within` that are handed to a program of the machine at `places`, a set of destinations.
pub(super) fn handed(
    ruleset: &Ruleset,
    within: PacketSet,
    places: PacketSet,
    space: &mut Space,
) -> Result<PacketSet, TooComplex> {
    // As a translation, which a question can ask for.
    let mut ruleset = ruleset.clone();
    let rules = ruleset.chains.iter_mut().flat_map(|chain| &mut chain.rules);
    for rule in rules {
        rule.actions.replace(|action| match *action {
            Action::Divert { address, port } => {
                Some(Action::DestinationNat { address: Some(address), port: Some(port) })
            }
            _ => None,
        });
    }
    accepted(&ruleset, Question { path: Path::Input, within, onward: places }, space)
}

/// What goes through of `crossing`, from what the rules by themselves let through; both with any packets besides.
pub(super) fn complete(
    crossing: &Crossing,
    subject: &Subject<'_>,
    through: PacketSet,
    space: &mut Space,
) -> Result<PacketSet, TooComplex> {
    if crossing.expected && crossing.opens() && subject.firewall.dialect.is_pf() && !has_all_anchors(subject)
    {
        return Ok(PacketSet::EMPTY);
    }
    if crossing.own {
        // Which of the machine's addresses its connections have is not known: one that passes is enough.
        let through = space.intersection(through, crossing.packets)?;
        return Ok(match crossing.family {
            Family::Ipv4 => space.forget(through, Field::Source(Ipv4Addr::UNSPECIFIED.into()))?,
            Family::Ipv6 => space.forget(through, Field::Source(Ipv6Addr::UNSPECIFIED.into()))?,
        });
    }
    Ok(through)
}

/// Whether the anchors that the proxy fills are there: of the filter rules, and on FreeBSD of both kinds of translation.
fn has_all_anchors(subject: &Subject<'_>) -> bool {
    let hooks: &[Hook] = match subject.firewall.dialect {
        Dialect::PfFreebsd => &[Hook::PfFilter, Hook::PfNat, Hook::PfRdr],
        _ => &[Hook::PfFilter],
    };
    hooks.iter().all(|&hook| has_anchor(&subject.rules.ruleset, hook))
}

/// Whether rules of a kind enter the proxy's anchor.
pub(super) fn has_anchor(ruleset: &Ruleset, hook: Hook) -> bool {
    let chains = ruleset.chains.iter().filter(|chain| chain.base.is_some_and(|base| base.hook == hook));
    chains.flat_map(|chain| &chain.rules).any(enters_anchor)
}

/// Whether a rule enters the proxy's anchor.
pub(super) fn enters_anchor(rule: &Rule) -> bool {
    matches!(&*rule.actions, [Action::Anchor(path)] if is_of_ftp_proxy(path))
}

/// The packets for loopback addresses.
pub(super) fn loopback(space: &mut Space) -> Result<PacketSet, TooComplex> {
    let nets = ["127.0.0.0/8", "::1/128"].iter().filter_map(|text| text.parse::<IpNet>().ok());
    space.destination(&nets.collect())
}
