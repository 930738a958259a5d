//! pf, backwards: from the packets that leave to those that arrive.
//!
//! Whatever a rule does is an assignment, which going backwards undoes: translation, which assigns addresses, tags,
//! and pass and block, which assign whose decision stands. At the end of the rules the set says for each decision
//! which packets it lets through, and rule by rule it turns into what is let through whatever stood before.

mod condition;
mod standing;

use std::collections::HashMap;

use self::standing::{Standing, Standings, anchored, decides};
use super::condition::{Place, Translates, all};
use super::outcome::Asked;
use super::translation;
use crate::packet::{NameField, PacketSet, Space, State, TooComplex};
use crate::ruleset::trace::{Decider, Path, RuleRef, Verdict};
use crate::ruleset::translation::hides_source;
use crate::ruleset::{Action, Chain, Direction, Hook, Match, Policy, Rule, Ruleset, System, is_of_ftp_proxy};

/// How deep anchors are entered from each other, as in [`trace`](crate::ruleset::trace).
const MAX_DEPTH: usize = 64;

pub(super) struct Evaluation<'a, 's> {
    pub(super) ruleset: &'a Ruleset,
    pub(super) path: Path,
    pub(super) asked: &'s mut Asked<'a>,
    pub(super) space: &'s mut Space,
    /// Whether rules change sources to an address of the machine's own.
    hides: bool,
}

/// The note of packets whose source has become an address of the machine's own.
const OWN_SOURCE: u8 = 2;

/// The rules as a packet passes one interface.
struct Passage<'e, 'a, 's> {
    evaluation: &'e mut Evaluation<'a, 's>,
    standings: &'e Standings,
    direction: Direction,
    /// What goes through behind the last rule, by the decision that stands.
    end: PacketSet,
}

/// From where a chain is evaluated.
#[derive(Debug, Clone, Copy)]
struct Inside {
    /// The innermost anchor with `quick`.
    quick: Option<RuleRef>,
    /// How many anchors.
    depth: usize,
}

impl<'a, 's> Evaluation<'a, 's> {
    pub(super) fn new(
        ruleset: &'a Ruleset,
        path: Path,
        asked: &'s mut Asked<'a>,
        space: &'s mut Space,
    ) -> Self {
        let is_pf = |chain: &&Chain| chain.table.system == System::Pf;
        let rules = ruleset.chains.iter().filter(is_pf).flat_map(|chain| &chain.rules);
        let hides = rules.flat_map(|rule| &rule.actions).any(|action| hides_source(action) == Some(true));
        Self { ruleset, path, asked, space, hides }
    }

    /// The packets that go through and then are among `onward`.
    pub(super) fn accepted(mut self, onward: PacketSet) -> Result<PacketSet, TooComplex> {
        if [Hook::PfFilter, Hook::PfRdr, Hook::PfNat].into_iter().all(|hook| self.bases(hook).is_empty()) {
            return Ok(onward);
        }
        let directions: &[Direction] = match self.path {
            Path::Input => &[Direction::In],
            Path::Forward => &[Direction::In, Direction::Out],
            Path::Output => &[Direction::Out],
        };
        let standings = Standings::of(self.ruleset);
        let mut through = onward;
        for &direction in directions.iter().rev() {
            through = self.passage(&standings, direction, through)?;
        }
        // No packet arrives with a tag or a decision.
        through = self.space.assign_standing(through, 0)?;
        through = self.space.assign_tag(through, None)?;
        if self.hides {
            through = self.space.assign_note(through, OWN_SOURCE, false)?;
        }
        // The state that the first packet left lets the others through before any rule is asked.
        let established = self.space.state(&[State::Established])?;
        self.choose(established, onward, through)
    }

    fn bases(&self, hook: Hook) -> Vec<usize> {
        let base = |chain: &Chain| chain.base.filter(|base| base.hook == hook);
        let mut bases: Vec<usize> = (0..self.ruleset.chains.len())
            .filter(|&index| base(&self.ruleset.chains[index]).is_some())
            .collect();
        bases.sort_by_key(|&index| base(&self.ruleset.chains[index]).map(|base| base.priority));
        bases
    }

    fn passage(
        &mut self,
        standings: &Standings,
        direction: Direction,
        onward: PacketSet,
    ) -> Result<PacketSet, TooComplex> {
        let end = self.end(standings, onward)?;
        let through = Passage { evaluation: &mut *self, standings, direction, end }.through()?;
        let skipped = self.skipped(direction)?;
        self.choose(skipped, onward, through)
    }

    /// What goes through behind the last rule, by the decision that stands: its translation takes effect now.
    fn end(&mut self, standings: &Standings, onward: PacketSet) -> Result<PacketSet, TooComplex> {
        // Many decisions amount to the same.
        let mut outcomes: Vec<(PacketSet, Vec<PacketSet>)> = Vec::new();
        let mut known: HashMap<PacketSet, usize> = HashMap::new();
        let mut put = |outcome, standing| {
            let index = *known.entry(outcome).or_insert_with(|| {
                outcomes.push((outcome, Vec::new()));
                outcomes.len() - 1
            });
            outcomes[index].1.push(standing);
        };
        put(self.by_default(onward)?, self.space.standing(0)?);
        for (number, standing) in standings.iter() {
            put(self.outcome(standing.rule, onward)?, self.space.standing(number)?);
        }
        let mut ends = Vec::with_capacity(outcomes.len());
        for (outcome, standing) in outcomes {
            let standing = self.space.union_all(standing)?;
            ends.push(self.space.intersection(standing, outcome)?);
        }
        self.space.union_all(ends)
    }

    /// What goes through if no rule decides.
    fn by_default(&mut self, onward: PacketSet) -> Result<PacketSet, TooComplex> {
        let Some(&chain) = self.bases(Hook::PfFilter).first() else { return Ok(onward) };
        let by = Decider::Policy { chain };
        match self.ruleset.chains[chain].base.map(|base| base.policy) {
            Some(Policy::Drop) => self.asked.refused(Verdict::Drop, by, self.space),
            Some(Policy::Accept) | None => self.asked.let_through(onward, Verdict::Accept, by, self.space),
        }
    }

    /// What goes through if the decision of a rule stands.
    fn outcome(&mut self, place: RuleRef, onward: PacketSet) -> Result<PacketSet, TooComplex> {
        let ruleset = self.ruleset;
        let rule = &ruleset.chains[place.chain].rules[place.rule];
        let by = Decider::Rule(place);
        let mut outcome = PacketSet::EMPTY;
        for action in &rule.actions {
            outcome = match action {
                Action::Accept | Action::SkipFilter => {
                    self.asked.let_through(onward, Verdict::Accept, by, self.space)?
                }
                // A program that fills an anchor means its rules to be final, as ftp-proxy does.
                Action::Anchor(_) => self.asked.let_through(onward, Verdict::Unknown, by, self.space)?,
                Action::Drop => self.asked.refused(Verdict::Drop, by, self.space)?,
                Action::Reject => self.asked.refused(Verdict::Reject, by, self.space)?,
                Action::Unknown(words) => {
                    let holds = self.space.opaque(words)?;
                    let passed = self.asked.let_through(onward, Verdict::Unknown, by, self.space)?;
                    let blocked = self.asked.refused(Verdict::Unknown, by, self.space)?;
                    self.choose(holds, passed, blocked)?
                }
                _ => outcome,
            }
        }
        // FreeBSD's translation rules have translated before.
        if rule.actions.contains(&Action::SkipFilter) { Ok(outcome) } else { self.translated(rule, outcome) }
    }

    /// The packets that a rule's translation sends into `set`.
    fn translated(&mut self, rule: &Rule, mut set: PacketSet) -> Result<PacketSet, TooComplex> {
        for action in rule.actions.iter().rev() {
            if let Some(own) = hides_source(action).filter(|_| self.hides) {
                set = self.space.assign_note(set, OWN_SOURCE, own)?;
            }
            set = translation::before(self.space, &[], action, set)?;
        }
        Ok(set)
    }

    /// The packets that a rule's tag sends into `set`.
    fn tagged(&mut self, rule: &Rule, mut set: PacketSet) -> Result<PacketSet, TooComplex> {
        for action in rule.actions.iter().rev() {
            if let Action::Tag(tag) = action {
                set = self.space.assign_tag(set, Some(tag))?;
            }
        }
        Ok(set)
    }

    /// `then` for the packets of `set`, and `otherwise` for the others.
    fn choose(
        &mut self,
        set: PacketSet,
        then: PacketSet,
        otherwise: PacketSet,
    ) -> Result<PacketSet, TooComplex> {
        let inside = self.space.intersection(set, then)?;
        let outside = self.space.difference(otherwise, set)?;
        self.space.union(inside, outside)
    }

    /// The packets of interfaces that are not filtered, by name or by the group of the driver, whose interfaces have
    /// its name and a number.
    fn skipped(&mut self, direction: Direction) -> Result<PacketSet, TooComplex> {
        let field = match direction {
            Direction::In => NameField::InInterface,
            Direction::Out => NameField::OutInterface,
        };
        let mut sets = Vec::new();
        for name in &self.ruleset.skipped_interfaces {
            sets.push(if name.ends_with(|last: char| last.is_ascii_digit()) {
                self.space.name(field, name)?
            } else {
                self.space.name_prefix(field, name)?
            });
        }
        self.space.union_all(sets)
    }

    fn met(&mut self, rule: &Rule, hook: Hook, direction: Direction) -> Result<PacketSet, TooComplex> {
        let place = Place {
            hook,
            path: self.path,
            state: None,
            translates: Translates { sources: true, destinations: true, announcing: false },
            doubts: &[],
        };
        let conditions: Vec<Match> =
            rule.matches.iter().map(|one| condition::resolved(one, direction)).collect();
        let met = all(self.space, &conditions, place)?;
        if !self.hides {
            return Ok(met);
        }
        let hidden: Vec<Match> = conditions.iter().map(condition::of_own_source).collect();
        let hidden = all(self.space, &hidden, place)?;
        let own = self.space.noted(OWN_SOURCE)?;
        self.choose(own, hidden, met)
    }

    /// The chains of an anchor that go with the chain `from`; `None` if somebody else fills it.
    fn anchored(&self, path: &str, from: usize, depth: usize) -> Option<Vec<usize>> {
        let known = self.ruleset.chains.iter().any(|chain| chain.table.is_in_anchor(path));
        (known && depth < MAX_DEPTH).then(|| anchored(self.ruleset, path, from).collect())
    }
}

impl Passage<'_, '_, '_> {
    /// What goes through from before the first rule on.
    fn through(mut self) -> Result<PacketSet, TooComplex> {
        let mut filtered = self.end;
        for index in self.evaluation.bases(Hook::PfFilter).into_iter().rev() {
            filtered = self.rules(index, filtered, Inside { quick: None, depth: 0 })?;
        }
        filtered = self.evaluation.space.assign_standing(filtered, 0)?;
        let mut through = filtered;
        for index in self.evaluation.bases(self.translation_hook()).into_iter().rev() {
            through = self.translations(index, through, (through, filtered), 0)?;
        }
        Ok(through)
    }

    /// The hook of FreeBSD's translation rules.
    fn translation_hook(&self) -> Hook {
        match self.direction {
            Direction::In => Hook::PfRdr,
            Direction::Out => Hook::PfNat,
        }
    }

    /// The filter rules of a chain, `after` being what goes through behind them.
    fn rules(&mut self, chain: usize, mut after: PacketSet, inside: Inside) -> Result<PacketSet, TooComplex> {
        let ruleset = self.evaluation.ruleset;
        for (position, rule) in ruleset.chains[chain].rules.iter().enumerate().rev() {
            let met = self.evaluation.met(rule, Hook::PfFilter, self.direction)?;
            let place = RuleRef { chain, rule: position };
            let through = if let [Action::Anchor(path)] = &*rule.actions {
                self.anchor(path, place, rule.quick, after, inside)?
            } else {
                let next = if rule.quick { self.end } else { after };
                self.applied(rule, Standing { rule: place, quick: inside.quick }, next, met)?
            };
            after = self.evaluation.choose(met, through, after)?;
        }
        Ok(after)
    }

    /// What goes through from before a rule on for the packets that meet it, `next` being what goes through after it.
    fn applied(
        &mut self,
        rule: &Rule,
        standing: Standing,
        next: PacketSet,
        met: PacketSet,
    ) -> Result<PacketSet, TooComplex> {
        let set = if decides(rule) {
            // Its translation waits until no other rule decides. What it met before its tag is little to look at.
            let narrow = if rule.actions.iter().any(|action| matches!(action, Action::Tag(_))) {
                next
            } else {
                self.evaluation.space.intersection(next, met)?
            };
            self.evaluation.space.assign_standing(narrow, self.standings.number(standing))?
        } else {
            self.evaluation.translated(rule, next)?
        };
        self.evaluation.tagged(rule, set)
    }

    /// The rules of an anchor, as if they stood here. With `quick`, that was all if one of them decides.
    fn anchor(
        &mut self,
        path: &str,
        place: RuleRef,
        quick: bool,
        after: PacketSet,
        inside: Inside,
    ) -> Result<PacketSet, TooComplex> {
        let Some(chains) = self.evaluation.anchored(path, place.chain, inside.depth) else {
            let space = &mut *self.evaluation.space;
            let filled = if is_of_ftp_proxy(path) {
                let related = space.state(&[State::Related])?;
                let ftp = space.name(NameField::Helper, "ftp")?;
                space.intersection(related, ftp)?
            } else {
                space.opaque(&format!("anchor \"{path}\""))?
            };
            let number = self.standings.number(Standing { rule: place, quick: inside.quick });
            let passed = self.evaluation.space.assign_standing(self.end, number)?;
            return self.evaluation.choose(filled, passed, after);
        };
        let mut through = after;
        if quick {
            let mut here = Vec::new();
            for (number, _) in self.standings.iter().filter(|(_, standing)| standing.quick == Some(place)) {
                here.push(self.evaluation.space.standing(number)?);
            }
            let here = self.evaluation.space.union_all(here)?;
            through = self.evaluation.choose(here, self.end, after)?;
        }
        let inside =
            Inside { quick: if quick { Some(place) } else { inside.quick }, depth: inside.depth + 1 };
        for chain in chains.into_iter().rev() {
            through = self.rules(chain, through, inside)?;
        }
        Ok(through)
    }

    /// FreeBSD's translation rules of a chain, of which the first that matches counts. `next` is what goes through
    /// if none does; then where no translation of this kind takes place, and what goes through the filter rules.
    fn translations(
        &mut self,
        chain: usize,
        next: PacketSet,
        (untranslated, filtered): (PacketSet, PacketSet),
        depth: usize,
    ) -> Result<PacketSet, TooComplex> {
        let ruleset = self.evaluation.ruleset;
        let mut through = next;
        for (position, rule) in ruleset.chains[chain].rules.iter().enumerate().rev() {
            let met = self.evaluation.met(rule, self.translation_hook(), self.direction)?;
            let translated = match &*rule.actions {
                [Action::Anchor(path)] => {
                    let mut inside = through;
                    let chains = self.evaluation.anchored(path, chain, depth).unwrap_or_default();
                    for inner in chains.into_iter().rev() {
                        inside = self.translations(inner, inside, (untranslated, filtered), depth + 1)?;
                    }
                    inside
                }
                [Action::Accept] => untranslated,
                actions => {
                    let next = if actions.contains(&Action::SkipFilter) {
                        let standing = Standing { rule: RuleRef { chain, rule: position }, quick: None };
                        let number = self.standings.number(standing);
                        self.evaluation.space.assign_standing(self.end, number)?
                    } else {
                        filtered
                    };
                    let set = self.evaluation.translated(rule, next)?;
                    self.evaluation.tagged(rule, set)?
                }
            };
            through = self.evaluation.choose(met, translated, through)?;
        }
        Ok(through)
    }
}
