//! Who lets packets through.

use super::super::context::Context;
use crate::packet::{PacketSet, TooComplex};
use crate::ruleset::evaluate::Question;
use crate::ruleset::trace::{Decider, Verdict};

/// How many deciders are found packet by packet.
const MOST_FOUND: usize = 24;

/// Asks a rule set who lets packets of a question through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribution {
    question: Question,
}

impl Attribution {
    pub(super) fn new(question: Question) -> Self {
        Self { question }
    }

    /// Who lets packets of `within` through, and which; at most `limit` of them, those of later rules first.
    pub(super) fn deciders(
        self,
        context: &mut Context<'_>,
        within: PacketSet,
        limit: usize,
    ) -> Result<Vec<(Decider, PacketSet)>, TooComplex> {
        let question = self.narrowed(context, within)?;
        let Ok(told_apart) = context.evaluator.acceptances(question, limit, &mut context.space) else {
            return self.found_by_packets(context, question, limit.min(MOST_FOUND));
        };
        let accepting = told_apart.known.into_iter().filter(|one| one.verdict == Verdict::Accept);
        Ok(accepting.map(|one| (one.by, one.packets)).collect())
    }

    /// The same of rules that are too many to be told apart: some of them, for as many packets.
    fn found_by_packets(
        self,
        context: &mut Context<'_>,
        question: Question,
        limit: usize,
    ) -> Result<Vec<(Decider, PacketSet)>, TooComplex> {
        let mut found = Vec::new();
        let mut rest = context.evaluator.accepted(question, &mut context.space)?;
        while found.len() < limit {
            let Some(packet) = context.space.sample(rest)? else { break };
            let by = context.tracer.trace(&packet, question.path).by;
            let packets = self.accepted_by(context, by)?;
            let packets = context.space.intersection(rest, packets)?;
            if packets.is_empty() {
                break;
            }
            rest = context.space.difference(rest, packets)?;
            found.push((by, packets));
        }
        Ok(found)
    }

    /// The packets that `by` lets through.
    pub(super) fn accepted_by(self, context: &mut Context<'_>, by: Decider) -> Result<PacketSet, TooComplex> {
        context.evaluator.accepted_by(self.question, by, &mut context.space)
    }

    fn narrowed(self, context: &mut Context<'_>, within: PacketSet) -> Result<Question, TooComplex> {
        let within = context.space.intersection(self.question.within, within)?;
        Ok(Question { within, ..self.question })
    }
}
