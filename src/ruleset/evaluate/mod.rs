//! What a rule set does with all packets at once: the set of those that it lets through, and who decides.
//!
//! The same meaning as [`trace`](super::trace), for sets: conditions that are not modelled are variables of the
//! set, so that [`Space::may`] and [`Space::must`] say what goes through for some of their answers, and for all.

mod condition;
mod doubt;
mod facts;
mod netfilter;
mod outcome;
mod pf;
mod reach;
mod translation;

use self::condition::{Place, Translates};
use self::facts::Facts;
use self::outcome::{Asked, Labels, Whose};
use self::reach::{Met, Reach};
use super::trace::{Decider, Path, RuleRef, Verdict};
use super::{Action, BaseChain, Hook, Match, Policy, Ruleset};
use crate::packet::{Family, PacketSet, Protocol, Space, State, TooComplex};

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
    Evaluator::new(ruleset).accepted(question, space)
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
    Evaluator::new(ruleset).told_apart(question, Whose::Everybody, limit, space)
}

/// See [`Evaluator::helped`].
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
    Evaluator::new(ruleset).helped(question, helper, space)
}

/// A rule set prepared for many questions.
#[derive(Debug)]
pub struct Evaluator<'a> {
    ruleset: &'a Ruleset,
    facts: Facts<'a>,
}

impl<'a> Evaluator<'a> {
    /// Prepares a rule set. Time in proportion to its rules.
    #[must_use]
    pub fn new(ruleset: &'a Ruleset) -> Self {
        Self { ruleset, facts: Facts::of(ruleset) }
    }

    /// The packets of the question, as they arrive, that go through.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn accepted(&self, question: Question, space: &mut Space) -> Result<PacketSet, TooComplex> {
        let set = self.accepted_at_least(question, space)?;
        space.intersection(set, question.within)
    }

    /// The same with any packets that were not asked about, which spares work where the answer is narrowed anyway.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn accepted_at_least(&self, question: Question, space: &mut Space) -> Result<PacketSet, TooComplex> {
        self.answer(question, Asked::Through, space).map(|(set, _)| set)
    }

    /// Who lets packets of the question through; at most `limit` of them are listed. What is refused is in no set,
    /// which makes this the cheaper question of a long list of rules.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space, and at once when more than some thousands may let packets
    /// through.
    pub fn acceptances(
        &self,
        question: Question,
        limit: usize,
        space: &mut Space,
    ) -> Result<Decisions, TooComplex> {
        self.told_apart(question, Whose::Accepting, limit, space)
    }

    /// The packets of the question that `by` lets through.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn accepted_by(
        &self,
        question: Question,
        by: Decider,
        space: &mut Space,
    ) -> Result<PacketSet, TooComplex> {
        let within = self.may_meet(question, by, space)?;
        let (set, asked) = self.labelled(Question { within, ..question }, Whose::Only(by), space)?;
        match asked.label((Verdict::Accept, by)) {
            Some(label) => space.labelled(set, label),
            None => Ok(PacketSet::EMPTY),
        }
    }

    /// The policies that let packets of the question through.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn accepting_policies(
        &self,
        question: Question,
        space: &mut Space,
    ) -> Result<Vec<Decider>, TooComplex> {
        let accepts =
            |base: BaseChain| base.policy == Policy::Accept && !base.nat && question.path.passes(base.hook);
        if !self.ruleset.chains.iter().any(|chain| chain.base.is_some_and(accepts)) {
            return Ok(Vec::new());
        }
        let decisions = self.told_apart(question, Whose::Policies, usize::MAX, space)?.known;
        let policies = decisions.into_iter().map(|one| one.by);
        Ok(policies.filter(|by| matches!(by, Decider::Policy { .. })).collect())
    }

    /// The packets of the question that may match a rule, whatever becomes of them before; all of them if `by` is no
    /// rule.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn may_meet(
        &self,
        question: Question,
        by: Decider,
        space: &mut Space,
    ) -> Result<PacketSet, TooComplex> {
        let Decider::Rule(place) = by else { return Ok(question.within) };
        let Some(chain) = self.ruleset.chains.get(place.chain) else { return Ok(PacketSet::EMPTY) };
        let Some(rule) = chain.rules.get(place.rule) else { return Ok(PacketSet::EMPTY) };
        // What stands in the packet is the same wherever the chain is entered from, but for what other rules change.
        let header: Vec<Match> =
            rule.matches.iter().filter(|condition| is_of_header(condition)).cloned().collect();
        let anywhere = Place {
            hook: Hook::Input,
            path: question.path,
            state: None,
            translates: Translates { sources: false, destinations: false, announcing: false },
            doubts: &[],
        };
        let mut met = condition::all(space, &header, anywhere)?;
        for family in Family::ALL.into_iter().filter(|family| !chain.table.family.sees(*family)) {
            let unseen = space.family(family)?;
            met = space.difference(met, unseen)?;
        }
        for &field in &self.facts.changed {
            met = space.forget(met, field)?;
        }
        space.intersection(met, question.within)
    }

    /// The rules that accept, and that packets of the question may match, as far as their conditions tell one by one;
    /// later rules first. What they let through in the end is for [`accepted_by`](Self::accepted_by) to say.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn may_accept(&self, question: Question, space: &mut Space) -> Result<Vec<RuleRef>, TooComplex> {
        let reach = Reach::of(&self.facts.changed, question.within, space)?;
        let accepts =
            |action: &Action| matches!(action, Action::Accept | Action::SkipFilter | Action::Unknown(_));
        let mut found = Vec::new();
        for (index, chain) in self.ruleset.chains.iter().enumerate() {
            if chain.base.is_some_and(|base| !question.path.passes(base.hook)) {
                continue;
            }
            let tracked = match chain.base {
                Some(base) => base.beside_conntrack().map(|side| !side.is_before_conntrack()),
                None => [true; 2],
            };
            let rules = chain.rules.iter().enumerate().filter(|(_, rule)| {
                let meets = |tracked: &bool| reach.meets_all(&rule.matches, *tracked) != Met::Never;
                rule.actions.iter().any(accepts) && tracked.iter().any(meets)
            });
            found.extend(rules.map(|(rule, _)| RuleRef { chain: index, rule }));
        }
        found.reverse();
        Ok(found)
    }

    /// The packets of the question that open a connection to which the rules attach the conntrack helper `helper`
    /// (the kernel's name, such as `ftp`), in a way that has an effect.
    ///
    /// # Errors
    ///
    /// When the sets outgrow the budget of their space.
    pub fn helped(
        &self,
        question: Question,
        helper: &str,
        space: &mut Space,
    ) -> Result<PacketSet, TooComplex> {
        if !self.facts.tracking.attaches {
            return Ok(PacketSet::EMPTY);
        }
        let first = space.state(&[State::New])?;
        // The helpers of FTP and its like serve TCP only; those of other protocols are not asked for.
        let tcp = space.protocol(Protocol::Tcp)?;
        let within = space.intersection_all([question.within, first, tcp])?;
        let onward = Asked::nobody_decided(question.onward, space)?;
        let (set, _) = self.answer(Question { within, onward, ..question }, Asked::Helper(helper), space)?;
        let set = space.intersection(set, within)?;
        Asked::helped(set, space)
    }

    fn told_apart(
        &self,
        question: Question,
        whose: Whose,
        limit: usize,
        space: &mut Space,
    ) -> Result<Decisions, TooComplex> {
        let (set, asked) = self.labelled(question, whose, space)?;
        let parts = space.by_label(set)?;
        let (listed, others) = parts.split_at(limit.min(parts.len()));
        let decision = |&(label, packets): &(u32, PacketSet)| {
            let (verdict, by) = asked.decision(label)?;
            Some(Decision { verdict, by, packets })
        };
        let known = listed.iter().filter_map(decision).collect();
        let rest = space.union_all(others.iter().map(|&(_, packets)| packets))?;
        Ok(Decisions { known, rest })
    }

    /// The packets of the question, labelled with who decides on them.
    fn labelled(
        &self,
        question: Question,
        whose: Whose,
        space: &mut Space,
    ) -> Result<(PacketSet, Asked<'_>), TooComplex> {
        let onward = Asked::nobody_decided(question.onward, space)?;
        let asked = Asked::Deciders(Labels::new(whose));
        let (set, asked) = self.answer(Question { onward, ..question }, asked, space)?;
        Ok((space.intersection(set, question.within)?, asked))
    }

    /// What goes through, with labels; of packets that were not asked about, any.
    fn answer<'e>(
        &'e self,
        question: Question,
        mut asked: Asked<'e>,
        space: &mut Space,
    ) -> Result<(PacketSet, Asked<'e>), TooComplex> {
        let pf = pf::Evaluation::new(self.ruleset, question.path, &mut asked, &mut *space);
        let onward = pf.accepted(question.onward)?;
        let mut evaluation =
            netfilter::Evaluation::new(&self.facts, question.path, question.within, asked, &mut *space)?;
        let set = evaluation.accepted(onward)?;
        Ok((set, evaluation.asked))
    }
}

/// Whether a condition is about what stands in the packet, and so the same at every hook.
fn is_of_header(condition: &Match) -> bool {
    match condition {
        Match::Family(_)
        | Match::Source(_)
        | Match::Destination(_)
        | Match::Protocol(_)
        | Match::SourcePort(_)
        | Match::DestinationPort(_)
        | Match::TcpFlags(_)
        | Match::Icmp(_) => true,
        Match::Not(inner) => is_of_header(inner),
        Match::AnyOf(alternatives) => alternatives.iter().flatten().all(is_of_header),
        _ => false,
    }
}
