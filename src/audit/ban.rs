//! Sources that are turned away whatever they want: block lists, and what fail2ban and its like keep.
//!
//! They are no fault of the rules for FTP, though a deployment for everybody does not name them.

use super::context::{Context, place};
use super::finding::Sample;
use super::matrix::{CellVerdict, Judged};
use crate::deployment::Side;
use crate::flow::End;
use crate::packet::{AddressSet, TooComplex};
use crate::ruleset::trace::Decider;
use crate::ruleset::{Action, Match};

/// How many of the rules that turn packets away are looked at. If those ban sources, so do the others.
const MOST_RULES: usize = 8;

impl Context<'_> {
    /// Whether what is not let through of some packets is so for its sources only.
    pub(super) fn is_banned(&mut self, judged: &Judged) -> Result<bool, TooComplex> {
        let crossing = &judged.crossing;
        let (sender, everybody) = (crossing.flow.sender(), &self.request.deployment.clients.addresses);
        let by_clients = sender == End::Client && self.firewall().side == Side::Server;
        if judged.verdict() != CellVerdict::Partly || !by_clients || !everybody.is_any(crossing.family) {
            return Ok(false);
        }
        if let Some(&known) = self.bans.get(&judged.closed) {
            return Ok(known);
        }
        let mut left = judged.closed;
        let mut banned = true;
        for _ in 0..MOST_RULES {
            let Some(packet) = self.space.sample(left)? else { break };
            let by = self.tracer.trace(&packet, judged.crossing.path).by;
            let Some(sources) = self.banned_by(by) else {
                banned = false;
                break;
            };
            let sources = self.space.source(&sources)?;
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
            let Some(sources) = self.banned_by(self.tracer.trace(&sample.packet, path).by) else {
                return Ok(Some(sample));
            };
            let sources = self.space.source(&sources)?;
            left = self.space.difference(left, sources)?;
        }
        self.sample(judged.closed, path)
    }

    /// The sources that a rule turns away without asking what they want.
    fn banned_by(&self, by: Decider) -> Option<AddressSet> {
        let rule = self.rule(place(by)?)?;
        let refuses = rule.actions.iter().any(|action| matches!(action, Action::Drop | Action::Reject));
        let mut sources = None;
        for condition in &rule.matches {
            match condition {
                Match::Source(set) => sources = Some(set.clone()),
                // That only some services are closed to a source makes no difference: they are FTP's.
                Match::Family(_)
                | Match::Direction(_)
                | Match::Protocol(_)
                | Match::InInterface(_)
                | Match::DestinationPort(_)
                | Match::State(_) => {}
                _ => return None,
            }
        }
        sources.filter(|_| refuses)
    }
}
