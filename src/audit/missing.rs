//! What is required and not let through: the control connection (FTP004), passive data connections (FTP005) and
//! active ones (FTP021), at either end.

use std::net::IpAddr;

use super::context::{Context, milder, place};
use super::crossing::Moment;
use super::finding::Finding;
use super::matrix::{CellVerdict, Judged};
use super::{RuleId, family, finding, nat, tls};
use crate::deployment::{Nat, Side};
use crate::flow::{Channel, Mode};
use crate::packet::{Family, TooComplex};
use crate::ruleset::Direction;
use crate::ruleset::trace::Verdict;

/// Required packets that are not let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The connection.
    pub connection: Connection,
    /// Which of its packets.
    pub part: Part,
    /// Whether all of them, some, or some for some answer of what is not modelled.
    pub extent: CellVerdict,
    /// What becomes of them.
    pub verdict: Verdict,
    /// Whose end the firewall protects.
    pub side: Side,
    /// The families.
    pub families: Vec<Family>,
    /// Whether only packets from certain sources are concerned, which rules turn away whatever they want.
    pub banned: bool,
    /// What is let through, but not translated as it has to be.
    pub untranslated: Option<Untranslated>,
}

/// A translation that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untranslated {
    /// Of the source, to the public address.
    Source(IpAddr),
    /// Of the destination.
    Destination(Nat),
}

/// A connection of FTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Connection {
    /// The control connection.
    Control,
    /// The data connection that the client opens.
    Passive,
    /// The data connection that the server opens.
    Active,
}

/// The packets of one direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The one that opens it.
    Opening,
    /// Later ones from the side that opened it.
    Later,
    /// Those that answer.
    Replies,
}

/// FTP004: the control connection.
pub(super) fn control(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    all(context, RuleId::FTP004, Connection::Control)
}

/// FTP005: passive data connections.
pub(super) fn passive_data(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    all(context, RuleId::FTP005, Connection::Passive)
}

/// FTP021: active data connections.
pub(super) fn active_data(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    all(context, RuleId::FTP021, Connection::Active)
}

fn all(context: &mut Context<'_>, rule: RuleId, connection: Connection) -> Result<Vec<Finding>, TooComplex> {
    let mut findings = Vec::new();
    for part in [Part::Opening, Part::Later, Part::Replies] {
        let Concerned { banned, closed } = concerned(context, connection, part)?;
        // Whoever cannot log in has no other connections.
        if !banned.is_empty() && connection == Connection::Control && part == Part::Opening {
            findings.push(one(context, rule, (connection, part), &banned, true)?);
        }
        if !closed.is_empty() {
            let finding = one(context, rule, (connection, part), &closed, false)?;
            // What cannot be told is often the same for all packets of a connection.
            let same = |known: &&mut Finding| is_doubt(known) && known.places == finding.places;
            match findings.iter_mut().find(same).filter(|_| is_doubt(&finding)) {
                Some(known) => known.flows.extend(finding.flows),
                None => findings.push(finding),
            }
        }
    }
    Ok(findings)
}

fn is_doubt(finding: &Finding) -> bool {
    matches!(&finding.message, finding::Message::Missing(message) if message.extent == CellVerdict::Conditional)
}

/// What is required of one direction of a connection and not let through for certain.
pub(super) struct Concerned {
    /// What is turned away because of where it comes from.
    banned: Vec<Judged>,
    /// All else.
    pub(super) closed: Vec<Judged>,
}

/// What there is to find about one direction of a connection.
pub(super) fn concerned(
    context: &mut Context<'_>,
    connection: Connection,
    part: Part,
) -> Result<Concerned, TooComplex> {
    // That the port of explicit TLS is open in place of it has a finding of its own.
    let other_port = connection == Connection::Control && tls::opens_explicit_port(context)?;
    let translated = nat::translated_families(context)?;
    let forgotten = family::is_closed(context).then_some(Family::Ipv6);
    let judged: Vec<Judged> = context
        .judged
        .iter()
        .filter(|judged| is_part(judged, connection, part) && !judged.is_open())
        .filter(|_| !(other_port && part == Part::Opening))
        // What a helper expects has findings of its own.
        .filter(|judged| !(judged.crossing.expected && judged.crossing.opens()))
        .filter(|judged| !is_left_to_helper(context, judged))
        .filter(|judged| Some(judged.crossing.family) != forgotten)
        .cloned()
        .collect();
    let mut concerned = Concerned { banned: Vec::new(), closed: Vec::new() };
    for judged in judged {
        let banned = context.is_banned(&judged)?;
        if !banned && nat::explains(&translated, &judged) {
            continue;
        }
        let fitting = if banned { &mut concerned.banned } else { &mut concerned.closed };
        fitting.push(judged);
    }
    Ok(concerned)
}

fn one(
    context: &mut Context<'_>,
    rule: RuleId,
    (connection, part): (Connection, Part),
    judged: &[Judged],
    banned: bool,
) -> Result<Finding, TooComplex> {
    let uncovered = context.uncovered(judged)?;
    let extent = judged.iter().map(Judged::verdict).max().unwrap_or(CellVerdict::Open);
    let mut families: Vec<Family> = judged.iter().map(|judged| judged.crossing.family).collect();
    families.dedup();
    let firewall = context.firewall();
    let passes = uncovered.verdict == Verdict::Accept && extent != CellVerdict::Conditional;
    let untranslated = firewall.nat.filter(|_| passes).map(|nat| {
        let arrives = judged.first().is_some_and(|judged| judged.crossing.direction == Direction::In);
        if arrives { Untranslated::Destination(nat) } else { Untranslated::Source(nat.public) }
    });
    let message = Message {
        connection,
        part,
        extent,
        verdict: uncovered.verdict,
        side: firewall.side,
        families,
        banned,
        untranslated,
    };
    let mut finding = context.finding(rule, finding::Message::Missing(message));
    if banned || extent == CellVerdict::Conditional {
        finding.level = milder(finding.level);
    }
    finding.flows = judged.iter().map(|judged| judged.crossing.flow).collect();
    finding.flows.sort_unstable();
    finding.flows.dedup();
    finding.places = place(uncovered.by).into_iter().collect();
    finding.demanded_by = demanded_by(connection);
    finding.packets = uncovered.packets;
    finding.sample = uncovered.sample;
    Ok(finding)
}

fn is_part(judged: &Judged, connection: Connection, part: Part) -> bool {
    let flow = judged.crossing.flow;
    let own = match (flow.channel(), flow.mode()) {
        (Channel::Control, _) => Connection::Control,
        (Channel::Data, Mode::Passive) => Connection::Passive,
        (Channel::Data, Mode::Active) => Connection::Active,
    };
    let of = match (judged.crossing.moment, flow.opens()) {
        (Moment::First, _) => Part::Opening,
        (Moment::Later, true) => Part::Later,
        (Moment::Later, false) => Part::Replies,
    };
    own == connection && of == part
}

/// Whether these are first packets that a helper lets through where it can read the session: then not the ports are what
/// is missing.
pub(super) fn is_left_to_helper(context: &Context<'_>, judged: &Judged) -> bool {
    let crossing = &judged.crossing;
    crossing.opens() && crossing.is_data() && context.depends_on_helper(crossing.flow, crossing.family)
}

/// The fields of the deployment that say what a connection needs.
fn demanded_by(connection: Connection) -> Vec<&'static str> {
    match connection {
        Connection::Control => vec!["service.control_port", "clients.addresses"],
        Connection::Passive => vec!["service.passive.ports", "clients.addresses"],
        Connection::Active => vec!["service.active.source_port", "clients.ports"],
    }
}
