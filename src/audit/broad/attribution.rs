//! Who lets packets through.
//!
//! Exactly, by labels, as long as a rule set is of ordinary size. Labels of a hundred thousand rules make sets that
//! nothing can be done with, and so does everything that such rules let through. There only what is asked about is
//! evaluated, the deciders are found packet by packet, and a rule counts for what it matches of the packets that are
//! let through.

use super::super::context::Context;
use crate::packet::{PacketSet, TooComplex};
use crate::ruleset::evaluate::{Deciders, Question, accepted};
use crate::ruleset::trace::{Decider, Verdict};
use crate::ruleset::{Action, BaseChain, Chain, Policy, Ruleset};

/// The most rules that are labelled.
const MOST_LABELLED: usize = 4096;
/// The most deciders that are found packet by packet.
const MOST_FOUND: usize = 16;

pub(super) struct Attribution<'a> {
    question: Question,
    by: By<'a>,
}

enum By<'a> {
    Labels(Deciders<'a>),
    /// Packet by packet.
    Packets,
}

impl<'a> Attribution<'a> {
    pub(super) fn new(context: &mut Context<'a>, question: Question) -> Result<Self, TooComplex> {
        let ruleset = context.ruleset();
        let rules: usize = ruleset.chains.iter().map(|chain| chain.rules.len()).sum();
        let by = if rules <= MOST_LABELLED {
            By::Labels(Deciders::new(ruleset, question, &mut context.space)?)
        } else {
            By::Packets
        };
        Ok(Self { question, by })
    }

    /// Whether deciders are found packet by packet, so that questions have to be small.
    pub(super) fn is_by_packets(&self) -> bool {
        matches!(self.by, By::Packets)
    }

    /// Who lets packets of `within` through, and which; at most `limit` of them.
    pub(super) fn deciders(
        &self,
        context: &mut Context<'_>,
        within: PacketSet,
        limit: usize,
    ) -> Result<Vec<(Decider, PacketSet)>, TooComplex> {
        let mut found = Vec::new();
        match &self.by {
            By::Labels(labels) => {
                let known = labels.decisions(within, limit, &mut context.space)?.known;
                let accepting = known.into_iter().filter(|one| one.verdict == Verdict::Accept);
                found.extend(accepting.map(|one| (one.by, one.packets)));
            }
            By::Packets => {
                let mut rest = self.accepted(context, within)?;
                while found.len() < limit.min(MOST_FOUND) {
                    let Some(packet) = context.space.sample(rest)? else { break };
                    let by = context.tracer.trace(&packet, self.question.path).by;
                    let own = self.matched(context, by)?;
                    let packets = context.space.intersection(rest, own)?;
                    if packets.is_empty() {
                        break;
                    }
                    rest = context.space.difference(rest, own)?;
                    found.push((by, packets));
                }
            }
        }
        Ok(found)
    }

    /// The packets that `by` lets through.
    pub(super) fn accepted_by(
        &self,
        context: &mut Context<'_>,
        by: Decider,
    ) -> Result<PacketSet, TooComplex> {
        match &self.by {
            By::Labels(labels) => labels.accepted_by(by, &mut context.space),
            By::Packets => {
                let own = self.matched(context, by)?;
                self.accepted(context, own)
            }
        }
    }

    /// The packets of the question that are `within` and let through, whoever decides.
    fn accepted(&self, context: &mut Context<'_>, within: PacketSet) -> Result<PacketSet, TooComplex> {
        let within = context.space.intersection(self.question.within, within)?;
        let question = Question { within, ..self.question };
        accepted(context.ruleset(), question, &mut context.space)
    }

    /// The packets of the question that a rule matches by its own conditions; all of them for a policy.
    pub(super) fn matched(&self, context: &mut Context<'_>, by: Decider) -> Result<PacketSet, TooComplex> {
        let Decider::Rule(place) = by else { return Ok(self.question.within) };
        let ruleset = context.ruleset();
        let Some(chain) = ruleset.chains.get(place.chain) else { return Ok(PacketSet::EMPTY) };
        let Some(mut rule) = chain.rules.get(place.rule).cloned() else { return Ok(PacketSet::EMPTY) };
        rule.actions = [Action::Accept].into();
        let base = ruleset.chains.iter().filter(|other| other.table == chain.table);
        let base = chain.base.or_else(|| {
            base.filter_map(|other| other.base)
                .find(|base| !base.nat && base.hook.id() == self.question.path.id())
        });
        let base = base.map(|base| BaseChain { policy: Policy::Drop, ..base });
        let alone = Chain { table: chain.table.clone(), name: chain.name.clone(), base, rules: vec![rule] };
        let alone = Ruleset { chains: vec![alone], ..Ruleset::default() };
        accepted(&alone, self.question, &mut context.space)
    }
}
