//! Sources that are turned away whatever they want: block lists, and what fail2ban and its like keep.
//!
//! They are no fault of the rules for FTP, though a deployment for everybody does not name them.

use super::context::{Context, place};
use super::finding::{Place, Sample};
use super::matrix::{CellVerdict, Judged};
use crate::deployment::Side;
use crate::flow::{End, FlowId};
use crate::packet::{AddressSet, NameField, Packet, PacketSet, Protocol, State, TooComplex};
use crate::ruleset::evaluate::Question;
use crate::ruleset::trace::Path;
use crate::ruleset::{Action, Match, Rule};

/// How many of the rules that turn packets away are looked at. If those ban sources, so do the others.
const MOST_RULES: usize = 8;

impl Context<'_> {
    /// Those of which something else is not let through than what is banned.
    pub(super) fn but_banned(
        &mut self,
        judged: impl IntoIterator<Item = Judged>,
    ) -> Result<Vec<Judged>, TooComplex> {
        let mut left = Vec::new();
        for one in judged {
            if !self.is_banned(&one)? {
                left.push(one);
            }
        }
        Ok(left)
    }

    /// Whether what is not let through of some packets is so for its sources only.
    pub(super) fn is_banned(&mut self, judged: &Judged) -> Result<bool, TooComplex> {
        let (family, path) = (judged.crossing.family, judged.crossing.path);
        let everybody = &self.request.deployment.clients.addresses;
        let at_server = self.firewall().side == Side::Server;
        if judged.verdict() != CellVerdict::Partly || !at_server || !everybody.is_any(family) {
            return Ok(false);
        }
        if let Some(&known) = self.bans.get(&judged.closed) {
            return Ok(known);
        }
        let mut left = judged.closed;
        let mut banned = true;
        for _ in 0..MOST_RULES {
            let Some(packet) = self.space.sample(left)? else { break };
            let Some(sources) = self.banned_by(&packet, judged.crossing.flow, path)? else {
                banned = false;
                break;
            };
            left = self.space.difference(left, sources)?;
        }
        self.bans.insert(judged.closed, banned);
        Ok(banned)
    }

    /// One of the packets that are not let through, if there is one, from a source that is not turned away whatever it
    /// wants.
    pub(super) fn unbanned(&mut self, judged: &Judged) -> Result<Option<Sample>, TooComplex> {
        let (mut left, path) = (judged.closed, judged.crossing.path);
        for _ in 0..MOST_RULES {
            let Some(sample) = self.sample(left, path)? else { break };
            let Some(sources) = self.banned_by(&sample.packet, judged.crossing.flow, path)? else {
                return Ok(Some(sample));
            };
            left = self.space.difference(left, sources)?;
        }
        self.sample(judged.closed, path)
    }

    /// The packets of the clients that are turned away, as this one is, without being asked what they want: by one rule,
    /// or by the chain that it sends them to, which lets nothing of theirs through.
    fn banned_by(
        &mut self,
        packet: &Packet,
        flow: FlowId,
        path: Path,
    ) -> Result<Option<PacketSet>, TooComplex> {
        let trace = self.tracer.trace(packet, path);
        let sent = flow.sender() == End::Client;
        let decider = place(trace.by).and_then(|place| self.rule(place)).filter(|rule| refuses(rule));
        let before = trace.met.iter().rev().filter_map(|met| self.rule(Place::Rule(*met)));
        let leading = before.filter(|rule| rule.actions.iter().any(leads_on));
        let found: Vec<(AddressSet, bool)> = decider
            .and_then(|rule| Some((clients(rule, sent)?, true)))
            .into_iter()
            .chain(leading.filter_map(|rule| Some((clients(rule, sent)?, false))))
            .collect();
        let Packet { in_interface: arrives, out_interface: leaves, .. } = packet;
        for (clients, directly) in found {
            // Whom nothing is sent to, but who is let in, is not turned away.
            let in_vain = if sent {
                directly || self.is_closed(&clients, (path, arrives, leaves))?
            } else {
                let back = if path == Path::Output { Path::Input } else { path };
                self.is_closed(&clients, (back, leaves, arrives))?
            };
            if in_vain {
                return self.of_clients(&clients, sent).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether no connection of these clients over TCP gets in, by such a way and such interfaces.
    fn is_closed(
        &mut self,
        clients: &AddressSet,
        (path, arrives, leaves): (Path, &str, &str),
    ) -> Result<bool, TooComplex> {
        let new = [
            self.space.source(clients)?,
            self.space.state(&[State::New])?,
            self.space.protocol(Protocol::Tcp)?,
            self.space.name(NameField::InInterface, arrives)?,
            self.space.name(NameField::OutInterface, leaves)?,
        ];
        let within = self.space.intersection_all(new)?;
        let through = self.evaluator.accepted(Question::about(path, within), &mut self.space)?;
        // An unknown list of the trusted is not of the banned.
        Ok(self.space.must(through)?.is_empty())
    }

    /// All packets from these clients, or to them.
    fn of_clients(&mut self, clients: &AddressSet, sent: bool) -> Result<PacketSet, TooComplex> {
        if sent { self.space.source(clients) } else { self.space.destination(clients) }
    }
}

fn refuses(rule: &Rule) -> bool {
    rule.actions.iter().any(|action| matches!(action, Action::Drop | Action::Reject))
}

fn leads_on(action: &Action) -> bool {
    matches!(action, Action::Jump(_) | Action::Goto(_))
}

/// The clients that a rule is about, if it asks for nothing but who they are: those that have sent the packet, or are to
/// get it.
fn clients(rule: &Rule, sent: bool) -> Option<AddressSet> {
    let mut clients = None;
    for condition in &rule.matches {
        match condition {
            Match::Source(of) if sent => clients = Some(of.clone()),
            Match::Destination(of) if !sent => clients = Some(of.clone()),
            // That only some services are closed to a client makes no difference: they are FTP's.
            Match::Family(_)
            | Match::Direction(_)
            | Match::Protocol(_)
            | Match::InInterface(_)
            | Match::OutInterface(_)
            | Match::DestinationPort(_)
            | Match::State(_) => {}
            Match::Not(inner) if matches!(**inner, Match::InInterface(_) | Match::OutInterface(_)) => {}
            _ => return None,
        }
    }
    clients
}
