//! A family that was forgotten (FTP025): IPv6 is open where IPv4 is filtered, or closed where IPv4 has rules for FTP.

use super::context::{Context, milder, place};
use super::crossing::Site;
use super::finding::Finding;
use super::matrix::{CellVerdict, Judged};
use super::{RuleId, finding};
use crate::deployment::Side;
use crate::flow::FlowId;
use crate::packet::{Family, PacketSet, Protocol, State, TooComplex};
use crate::ruleset::evaluate::{Question, accepted};
use crate::ruleset::trace::Path;
use crate::ruleset::{Direction, Hook};

/// What became of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Message {
    /// Every connection into what the firewall protects is let through.
    Open {
        /// Whether some table sees IPv6 at all. If none does, its rules may not have been read.
        filtered: bool,
    },
    /// No connection of the service is.
    Closed,
}

/// FTP025: IPv6 was forgotten.
pub(super) fn forgotten(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    if context.request.deployment.families().count() < Family::ALL.len() {
        return Ok(Vec::new());
    }
    if is_closed(context) {
        let openers: Vec<Judged> = openers(context, Family::Ipv6).cloned().collect();
        let uncovered = context.uncovered(&openers)?;
        let mut finding = context.finding(RuleId::FTP025, finding::Message::Family(Message::Closed));
        finding.flows = flows(&openers);
        finding.places = place(uncovered.by).into_iter().collect();
        finding.demanded_by = vec!["service.addresses"];
        finding.packets = uncovered.packets;
        finding.sample = uncovered.sample;
        return Ok(vec![finding]);
    }
    let (path, six) = into_protected(context, Family::Ipv6)?;
    let (_, four) = into_protected(context, Family::Ipv4)?;
    let ruleset = context.ruleset();
    let space = &mut context.space;
    let through = accepted(ruleset, Question::about(path, six), space)?;
    let open = space.undenied(through)?;
    let through = accepted(ruleset, Question::about(path, four), space)?;
    let filtered_too = space.may(through)?;
    if open != six || filtered_too == four {
        return Ok(Vec::new());
    }
    let filters = [Hook::Input, Hook::Forward, Hook::PfFilter];
    let filtered = ruleset.chains.iter().any(|chain| {
        chain.table.family.sees(Family::Ipv6) && chain.base.is_some_and(|base| filters.contains(&base.hook))
    });
    let message = finding::Message::Family(Message::Open { filtered });
    let mut finding = context.finding(RuleId::FTP025, message);
    if !filtered {
        finding.level = milder(finding.level);
    }
    finding.demanded_by = vec!["service.addresses"];
    finding.packets = Some(context.packets(six)?);
    finding.sample = context.sample(six, path)?;
    Ok(vec![finding])
}

/// Whether nothing of the service passes over IPv6, while over IPv4 something of everything does.
pub(super) fn is_closed(context: &Context<'_>) -> bool {
    let all = |family, blocked| {
        let mut openers = openers(context, family).peekable();
        openers.peek().is_some()
            && openers.all(|judged| (judged.verdict() == CellVerdict::Blocked) == blocked)
    };
    all(Family::Ipv6, true) && all(Family::Ipv4, false)
}

/// What opens connections into what the firewall protects.
fn openers<'a>(context: &'a Context<'_>, family: Family) -> impl Iterator<Item = &'a Judged> {
    context.judged.iter().filter(move |judged| {
        let crossing = &judged.crossing;
        crossing.opens() && crossing.family == family && !crossing.expected && !crossing.own
    })
}

fn flows(judged: &[Judged]) -> Vec<FlowId> {
    let mut flows: Vec<FlowId> = judged.iter().map(|judged| judged.crossing.flow).collect();
    flows.sort_unstable();
    flows.dedup();
    flows
}

/// Every first packet of TCP into what the firewall protects, whatever its ports.
fn into_protected(context: &mut Context<'_>, family: Family) -> Result<(Path, PacketSet), TooComplex> {
    let deployment = context.request.deployment;
    let site = Site { deployment, firewall: context.firewall(), interfaces: &context.interfaces };
    let path = site.path(Direction::In);
    let views = crate::flow::views(deployment, context.firewall());
    let protected = match context.firewall().side {
        Side::Server => views.filter.servers,
        Side::Client => views.filter.clients,
    };
    let space = &mut context.space;
    let factors = [
        site.passing(path, Direction::In, space)?,
        space.family(family)?,
        space.protocol(Protocol::Tcp)?,
        space.destination(&protected.of(family))?,
        space.state(&[State::New])?,
        space.reply(false)?,
        space.tcp_flags(u8::MAX, 0x02)?,
    ];
    Ok((path, space.intersection_all(factors)?))
}
