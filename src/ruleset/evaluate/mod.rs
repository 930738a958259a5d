//! What a rule set does with all packets at once: the set of those that it lets through, and who decides.
//!
//! The same meaning as [`trace`](super::trace), for sets: conditions that are not modelled are variables of the
//! set, so that [`Space::may`] and [`Space::must`] say what goes through for some of their answers, and for all.

mod condition;
mod doubt;
mod netfilter;
mod outcome;
mod pf;
mod reach;
mod translation;

use self::outcome::{Asked, Labels};
use super::trace::{Decider, Path, Verdict};
use super::{Action, Ruleset};
use crate::packet::{PacketSet, Protocol, Space, State, TooComplex};

/// What is asked of a rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The way of the packets.
    pub path: Path,
    /// The packets that are asked about, as they arrive.
    pub within: PacketSet,
    /// The packets that they have to be as they leave: translated, marked. [`PacketSet::FULL`] is any.
    pub onward: PacketSet,
}

impl Question {
    /// What becomes of the packets of `within` along `path`, however they leave.
    #[must_use]
    pub fn about(path: Path, within: PacketSet) -> Self {
        Self { path, within, onward: PacketSet::FULL }
    }
}

/// What a rule or policy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What it decides; unknown if the rule does something that is not modelled.
    pub verdict: Verdict,
    /// Which it is, as a [`Trace`](super::trace::Trace) says it.
    pub by: Decider,
    /// The packets, as they arrive.
    pub packets: PacketSet,
}

/// Who decides on the packets of a question: disjoint sets that together are those asked about, but for packets that
/// go through and do not leave as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisions {
    /// The decisions that were asked for, those of later rules first: they tend to be about more packets.
    pub known: Vec<Decision>,
    /// The packets that others decide on.
    pub rest: PacketSet,
}

/// The packets of the question, as they arrive, that `ruleset` lets through.
///
/// # Errors
///
/// When the sets outgrow the budget of their space.
pub fn accepted(ruleset: &Ruleset, question: Question, space: &mut Space) -> Result<PacketSet, TooComplex> {
    let set = accepted_at_least(ruleset, question, space)?;
    space.intersection(set, question.within)
}

/// The same with any packets that were not asked about, which spares work where the answer is narrowed anyway.
///
/// # Errors
///
/// When the sets outgrow the budget of their space.
pub fn accepted_at_least(
    ruleset: &Ruleset,
    question: Question,
    space: &mut Space,
) -> Result<PacketSet, TooComplex> {
    answer(ruleset, question, Asked::Through, space).map(|(set, _)| set)
}

/// Who decides on the packets of the question; at most `limit` of them are listed.
///
/// # Errors
///
/// When the sets outgrow the budget of their space.
pub fn decisions(
    ruleset: &Ruleset,
    question: Question,
    limit: usize,
    space: &mut Space,
) -> Result<Decisions, TooComplex> {
    Deciders::new(ruleset, question, space)?.decisions(PacketSet::FULL, limit, space)
}

/// Who decides on each of the packets of a question, evaluated once and to be asked often.
#[derive(Debug)]
pub struct Deciders<'a> {
    labelled: PacketSet,
    asked: Asked<'a>,
}

impl<'a> Deciders<'a> {
    /// Evaluates the rule set.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn new(ruleset: &'a Ruleset, question: Question, space: &mut Space) -> Result<Self, TooComplex> {
        let onward = Asked::nobody_decided(question.onward, space)?;
        let question = Question { onward, ..question };
        let (set, asked) = answer(ruleset, question, Asked::Deciders(Labels::default()), space)?;
        let labelled = space.intersection(set, question.within)?;
        Ok(Self { labelled, asked })
    }

    /// Who decides on the packets of the question that are `within`; at most `limit` of them are listed.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn decisions(
        &self,
        within: PacketSet,
        limit: usize,
        space: &mut Space,
    ) -> Result<Decisions, TooComplex> {
        let asked = space.intersection(self.labelled, within)?;
        let parts = space.by_label(asked)?;
        let (listed, others) = parts.split_at(limit.min(parts.len()));
        let decision = |&(label, packets): &(u32, PacketSet)| {
            let (verdict, by) = self.asked.decision(label)?;
            Some(Decision { verdict, by, packets })
        };
        let known = listed.iter().filter_map(decision).collect();
        let rest = space.union_all(others.iter().map(|&(_, packets)| packets))?;
        Ok(Decisions { known, rest })
    }

    /// The packets of the question that `by` lets through.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn accepted_by(&self, by: Decider, space: &mut Space) -> Result<PacketSet, TooComplex> {
        match self.asked.label((Verdict::Accept, by)) {
            Some(label) => space.labelled(self.labelled, label),
            None => Ok(PacketSet::EMPTY),
        }
    }
}

/// The packets of the question that open a connection to which the rule set attaches the conntrack helper `helper`
/// (the kernel's name, such as `ftp`), in a way that has an effect.
///
/// # Errors
///
/// When the sets outgrow the budget of their space.
pub fn helped(
    ruleset: &Ruleset,
    question: Question,
    helper: &str,
    space: &mut Space,
) -> Result<PacketSet, TooComplex> {
    let attaches = |action: &Action| matches!(action, Action::AssignHelper(_));
    let mut rules = ruleset.chains.iter().flat_map(|chain| &chain.rules);
    if !rules.any(|rule| rule.actions.iter().any(attaches)) {
        return Ok(PacketSet::EMPTY);
    }
    let first = space.state(&[State::New])?;
    // The helpers of FTP and its like serve TCP only; those of other protocols are not asked for.
    let tcp = space.protocol(Protocol::Tcp)?;
    let within = space.intersection_all([question.within, first, tcp])?;
    let onward = Asked::nobody_decided(question.onward, space)?;
    let (set, _) = answer(ruleset, Question { within, onward, ..question }, Asked::Helper(helper), space)?;
    let set = space.intersection(set, within)?;
    Asked::helped(set, space)
}

/// What goes through, with labels; of packets that were not asked about, any.
fn answer<'a>(
    ruleset: &'a Ruleset,
    question: Question,
    mut asked: Asked<'a>,
    space: &mut Space,
) -> Result<(PacketSet, Asked<'a>), TooComplex> {
    let pf = pf::Evaluation { ruleset, path: question.path, asked: &mut asked, space: &mut *space };
    let onward = pf.accepted(question.onward)?;
    let mut evaluation =
        netfilter::Evaluation::new(ruleset, question.path, question.within, asked, &mut *space)?;
    let set = evaluation.accepted(onward)?;
    Ok((set, evaluation.asked))
}
