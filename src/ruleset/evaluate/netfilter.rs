//! netfilter, backwards: from the packets that leave to those that arrive.
//!
//! Going against the direction of the packets makes translation simple. What a rule does to a packet is undone by
//! [`Space::assign`]: the packets that an assignment sends into a set are those that it lets through.
//! What else is asked of packets travels along as labels of the sets, see [`outcome`](super::outcome).

use std::collections::HashMap;
use std::slice;

use super::condition::{self, DESTINATION_TRANSLATED, Place, SOURCE_TRANSLATED};
use super::doubt;
use super::facts::Facts;
use super::outcome::Asked;
use super::reach::{Met, Reach};
use super::translation;
use crate::packet::{AddressSet, Case, Family, Field, PacketSet, Space, State, TooComplex};
use crate::ruleset::trace::{ANNOUNCED_TRANSLATED, BEFORE_CONNTRACK, Decider, Path, RuleRef, Verdict};
use crate::ruleset::translation::translated_end;
use crate::ruleset::{Action, BaseChain, CtStatus, Endpoint, Hook, MAX_DEPTH, Match, Policy, Rule, System};

/// The packets that go through from some point on: those that connection tracking looks at, those that a rule has kept
/// from it, and those that a rule has given a template. After connection tracking only the first is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Onward {
    tracked: PacketSet,
    untracked: PacketSet,
    templated: PacketSet,
}

impl Onward {
    fn same(set: PacketSet) -> Self {
        Self { tracked: set, untracked: set, templated: set }
    }

    /// What `change` makes of each.
    fn each(
        self,
        mut change: impl FnMut(PacketSet) -> Result<PacketSet, TooComplex>,
    ) -> Result<Self, TooComplex> {
        let tracked = change(self.tracked)?;
        let mut other = |set| if set == self.tracked { Ok(tracked) } else { change(set) };
        Ok(Self { tracked, untracked: other(self.untracked)?, templated: other(self.templated)? })
    }
}

/// What the ways out of a chain lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Exits {
    /// The end of its rules, and `return`.
    end: Onward,
    /// A verdict that accepts.
    accept: Onward,
    /// A translation, which accepts too; other chains at this hook do not translate any more.
    translate: PacketSet,
}

pub(super) struct Evaluation<'a, 's> {
    facts: &'a Facts<'a>,
    path: Path,
    pub(super) asked: Asked<'a>,
    space: &'s mut Space,
    /// The chains that are being evaluated: entering one of them again is a loop.
    entered: Vec<usize>,
    reach: Reach,
    known: HashMap<(usize, Exits, Hook, bool), Onward>,
}

impl<'a, 's> Evaluation<'a, 's> {
    /// An evaluation for packets of `within`.
    pub(super) fn new(
        facts: &'a Facts<'a>,
        path: Path,
        within: PacketSet,
        asked: Asked<'a>,
        space: &'s mut Space,
    ) -> Result<Self, TooComplex> {
        let reach = Reach::of(&facts.changed, within, space)?;
        Ok(Self { facts, path, asked, space, entered: Vec::new(), reach, known: HashMap::new() })
    }

    /// The packets that go through and then are among `onward`; of packets that were not asked about, any.
    pub(super) fn accepted(&mut self, mut onward: PacketSet) -> Result<PacketSet, TooComplex> {
        onward = doubt::leaving(self.space, &self.facts.doubts, onward)?;
        for &hook in self.path.hooks().iter().rev() {
            onward = self.hook(hook, onward)?;
        }
        if self.facts.asks_translated {
            for note in [SOURCE_TRANSLATED, DESTINATION_TRANSLATED] {
                onward = self.space.assign_note(onward, note, false)?;
            }
        }
        doubt::none(self.space, &self.facts.doubts, onward)
    }

    fn hook(&mut self, hook: Hook, onward: PacketSet) -> Result<PacketSet, TooComplex> {
        let sides = [0, 1].map(|side| {
            let chains = self.facts.order.at(hook);
            chains.map(|(index, base)| (index, base.beside_conntrack()[side])).collect::<Vec<_>>()
        });
        let [first, last] = &sides;
        let before = self.chains(first, onward)?;
        if first == last {
            return Ok(before);
        }
        let after = self.chains(last, onward)?;
        let order = self.space.opaque(BEFORE_CONNTRACK)?;
        self.space.choose(order, before, after)
    }

    /// What goes through these base chains of a hook.
    fn chains(&mut self, bases: &[(usize, BaseChain)], onward: PacketSet) -> Result<PacketSet, TooComplex> {
        let mut onward = Onward::same(onward);
        // For packets that a chain at this hook has translated: the others do not.
        let mut translated = onward;
        let mut tracked = true;
        for &(index, base) in bases.iter().rev() {
            if tracked && base.is_before_conntrack() {
                tracked = false;
                for set in [&mut onward, &mut translated] {
                    set.untracked = self.space.assign(set.tracked, Field::State(State::Untracked))?;
                }
            }
            let before = onward;
            onward = self.base_chain(index, base, before, translated)?;
            if !base.nat {
                translated = if translated == before {
                    onward
                } else {
                    self.base_chain(index, base, translated, translated)?
                };
            }
        }
        Ok(onward.tracked)
    }

    fn base_chain(
        &mut self,
        index: usize,
        base: BaseChain,
        onward: Onward,
        translated: Onward,
    ) -> Result<Onward, TooComplex> {
        let policy = Decider::Policy { chain: index };
        let end = match base.policy {
            Policy::Accept => self.let_through(onward, Verdict::Accept, policy, base)?,
            Policy::Drop => self.refused(Verdict::Drop, policy)?,
        };
        let exits = Exits { end, accept: onward, translate: translated.tracked };
        let through = self.chain(index, exits, base)?;
        let mut entering = PacketSet::FULL;
        if base.nat {
            entering = condition::first_packets(self.space)?;
            if self.facts.translates.announcing && through != onward {
                // Those that a helper expects may be translated like the connection that announced them.
                let related = self.space.state(&[State::Related])?;
                let announced = self.space.opaque(ANNOUNCED_TRANSLATED)?;
                let follow = self.space.intersection(related, announced)?;
                entering = self.space.difference(entering, follow)?;
            }
        }
        for family in Family::ALL {
            if !self.facts.ruleset.chains[index].table.family.sees(family) {
                let unseen = self.space.family(family)?;
                entering = self.space.difference(entering, unseen)?;
            }
        }
        Ok(Onward {
            tracked: self.space.choose(entering, through.tracked, onward.tracked)?,
            untracked: self.space.choose(entering, through.untracked, onward.untracked)?,
            templated: self.space.choose(entering, through.templated, onward.templated)?,
        })
    }

    fn chain(&mut self, index: usize, exits: Exits, base: BaseChain) -> Result<Onward, TooComplex> {
        let key = (index, exits, base.hook, base.is_before_conntrack());
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        self.entered.push(index);
        let rules = self.relevant(index, base);
        let mut rules = rules.as_slice();
        let mut onward = exits.end;
        while let Some((&last, before)) = rules.split_last() {
            let run = rules.iter().rev().take_while(|rule| self.is_ending(**rule)).count();
            if run == 0 {
                onward = self.changing(last, onward, exits, base)?;
                rules = before;
            } else {
                let (before, run) = rules.split_at(rules.len() - run);
                onward = self.ending(run, onward, exits, base)?;
                rules = before;
            }
        }
        self.entered.pop();
        self.known.insert(key, onward);
        Ok(onward)
    }

    fn rule(&self, place: RuleRef) -> &'a Rule {
        &self.facts.ruleset.chains[place.chain].rules[place.rule]
    }

    fn is_ending(&self, place: RuleRef) -> bool {
        matches!(&*self.rule(place).actions, [action] if ends(action))
    }

    /// The rules of a chain that a packet may meet that is asked about, if they do anything.
    fn relevant(&self, chain: usize, base: BaseChain) -> Vec<RuleRef> {
        let rules = &self.facts.ruleset.chains[chain].rules;
        let everywhere = Family::ALL.into_iter().any(|family| self.reach.sources.is_any(family));
        match self.facts.sources(chain).filter(|_| !everywhere) {
            Some(sources) => self.met(chain, sources.meeting(&self.reach.sources).into_iter(), base),
            None => self.met(chain, 0..rules.len(), base),
        }
    }

    /// Those of some rules of a chain, in their order.
    fn met(&self, chain: usize, rules: impl Iterator<Item = usize>, base: BaseChain) -> Vec<RuleRef> {
        let mut relevant = Vec::new();
        for rule in rules {
            let content = &self.facts.ruleset.chains[chain].rules[rule];
            let met = self.reach.meets_all(&content.matches, !base.is_before_conntrack());
            if met != Met::Never && !content.actions.is_empty() {
                relevant.push(RuleRef { chain, rule });
                if met == Met::Always && content.actions.iter().any(ends) {
                    break;
                }
            }
        }
        relevant
    }

    /// What goes through from before a rule on that may let packets go on to `next`, changed or not.
    fn changing(
        &mut self,
        place: RuleRef,
        next: Onward,
        exits: Exits,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        let rule = self.rule(place);
        let mut done = next;
        for action in rule.actions.iter().rev() {
            done = self.action(action, place, done, exits, base)?;
        }
        self.by_state(base, |this, state, view| {
            let met = condition::all(
                this.space,
                &rule.matches,
                Place {
                    hook: base.hook,
                    path: this.path,
                    state,
                    translates: this.facts.translates,
                    doubts: &this.facts.doubts,
                },
            )?;
            this.space.choose(met, view(done), view(next))
        })
    }

    /// What goes through from before rules on that all have a single action, after which no packet goes on to the next.
    fn ending(
        &mut self,
        rules: &[RuleRef],
        next: Onward,
        exits: Exits,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        let mut done = Vec::with_capacity(rules.len());
        // From the last to the first, as everywhere: later rules have the lower labels.
        for &place in rules.iter().rev() {
            let action = self.rule(place).actions.first();
            done.push(action.map_or(Ok(next), |action| self.action(action, place, next, exits, base))?);
        }
        let any = AddressSet::any();
        self.by_state(base, |this, state, view| {
            let mut cases = Vec::with_capacity(rules.len());
            for (&place, done) in rules.iter().zip(done.iter().rev()) {
                cases.push(this.case(this.rule(place), &any, base, state, view(*done))?);
            }
            this.space.first_match(this.reach.packets, &cases, view(next))
        })
    }

    /// A rule without the conditions that all packets meet.
    fn case<'c>(
        &mut self,
        rule: &'c Rule,
        any: &'c AddressSet,
        base: BaseChain,
        state: Option<State>,
        then: PacketSet,
    ) -> Result<Case<'c>, TooComplex> {
        let (mut source, mut destination, mut rest) = (None, None, PacketSet::FULL);
        for condition in &rule.matches {
            match condition {
                _ if self.reach.meets(condition, state.is_none()) == Met::Always => {}
                Match::Source(set) if source.is_none() && self.facts.doubts.is_empty() => source = Some(set),
                Match::Destination(set) if destination.is_none() && self.facts.doubts.is_empty() => {
                    destination = Some(set);
                }
                other => {
                    let met = condition::all(
                        self.space,
                        slice::from_ref(other),
                        Place {
                            hook: base.hook,
                            path: self.path,
                            state,
                            translates: self.facts.translates,
                            doubts: &self.facts.doubts,
                        },
                    )?;
                    rest = self.space.intersection(rest, met)?;
                }
            }
        }
        let (source, destination) = (source.unwrap_or(any), destination.unwrap_or(any));
        Ok(Case { source, destination, rest, then })
    }

    /// What `answer` says of packets of which connection tracking knows, and, where it has not looked yet, of those that
    /// are kept from it, and of those that have a template. It is given the state that conditions then ask about, and which side of what goes on is meant.
    fn by_state(
        &mut self,
        base: BaseChain,
        mut answer: impl FnMut(&mut Self, Option<State>, fn(Onward) -> PacketSet) -> Result<PacketSet, TooComplex>,
    ) -> Result<Onward, TooComplex> {
        if !base.is_before_conntrack() {
            return Ok(Onward::same(answer(self, None, |onward| onward.tracked)?));
        }
        let tracked = answer(self, Some(State::Invalid), |onward| onward.tracked)?;
        let (mut untracked, mut templated) = (PacketSet::EMPTY, PacketSet::EMPTY);
        if self.facts.tracking.untracks {
            untracked = answer(self, Some(State::Untracked), |onward| onward.untracked)?;
        }
        if self.facts.tracking.templates {
            // As a packet that opens a connection (`xt_ct_target`).
            templated = answer(self, Some(State::New), |onward| onward.templated)?;
        }
        Ok(Onward { tracked, untracked, templated })
    }

    /// What goes through from before an action on, `then` being what goes through after it.
    fn action(
        &mut self,
        action: &'a Action,
        place: RuleRef,
        then: Onward,
        exits: Exits,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        let by = Decider::Rule(place);
        Ok(match action {
            Action::Accept => self.let_through(exits.accept, Verdict::Accept, by, base)?,
            Action::Drop => self.refused(Verdict::Drop, by)?,
            Action::Reject => self.refused(Verdict::Reject, by)?,
            Action::Return => exits.end,
            Action::Unknown(words) => self.perhaps(words, exits.accept, by, base)?,
            Action::Jump(name) => self.enter(name, place, Exits { end: then, ..exits }, base)?,
            Action::Goto(name) => self.enter(name, place, exits, base)?,
            Action::AssignHelper(name) => self.attached(name, place, then, base)?,
            // A packet that has a template is past that.
            Action::Notrack if base.is_before_conntrack() => Onward { tracked: then.untracked, ..then },
            Action::Template if base.is_before_conntrack() => Onward { tracked: then.templated, ..then },
            // What has a connection keeps it; an invalid packet becomes untracked anywhere.
            Action::Notrack => {
                let invalid = self.space.state(&[State::Invalid])?;
                let untracked = self.space.assign(then.tracked, Field::State(State::Untracked))?;
                Onward::same(self.space.choose(invalid, untracked, then.tracked)?)
            }
            Action::SetMark(mark) => {
                self.assigned(then, Field::Mark { value: mark.value & mark.mask, mask: mark.mask })?
            }
            // Without a connection there is nothing to mark.
            Action::SetConnMark(_) if base.is_before_conntrack() => then,
            Action::SetConnMark(mark) => {
                let field = Field::ConnectionMark { value: mark.value & mark.mask, mask: mark.mask };
                let marked = self.space.assign(then.tracked, field)?;
                let known = self.space.state(&[State::New, State::Established, State::Related])?;
                Onward::same(self.space.choose(known, marked, then.tracked)?)
            }
            Action::DestinationNat { .. }
            | Action::Translate(_)
            | Action::MoveNetwork { .. }
            | Action::SourceNat { .. } => Onward::same(self.translating(action, exits.translate)?),
            Action::Template
            | Action::Divert { .. }
            | Action::SkipFilter
            | Action::Anchor(_)
            | Action::Tag(_) => then,
        })
    }

    /// What goes through from before a translation on, `set` being what goes through after it, with a note of it where
    /// rules ask for that.
    fn translating(&mut self, action: &'a Action, set: PacketSet) -> Result<PacketSet, TooComplex> {
        let unnoted = translation::before(self.space, &self.facts.doubts, action, set)?;
        let Some(end) = translated_end(action).filter(|_| self.facts.asks_translated) else {
            return Ok(unnoted);
        };
        let (note, status) = match end {
            Endpoint::Source => (SOURCE_TRANSLATED, CtStatus::SourceNat),
            Endpoint::Destination => (DESTINATION_TRANSLATED, CtStatus::DestinationNat),
        };
        let noted = self.space.assign_note(set, note, true)?;
        let noted = translation::before(self.space, &self.facts.doubts, action, noted)?;
        let (changed, unchanged) = translation::changed(self.space, action)?;
        let perhaps = self.space.opaque(&condition::status_words(status))?;
        let perhaps = self.space.difference(perhaps, unchanged)?;
        let changed = self.space.union(changed, perhaps)?;
        self.space.choose(changed, noted, unnoted)
    }

    fn assigned(&mut self, onward: Onward, field: Field<'_>) -> Result<Onward, TooComplex> {
        onward.each(|set| self.space.assign(set, field))
    }

    fn let_through(
        &mut self,
        onward: Onward,
        verdict: Verdict,
        by: Decider,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        // Of several acceptances, that of the last filter chain counts.
        if base.nat {
            return Ok(onward);
        }
        onward.each(|set| self.asked.let_through(set, verdict, by, self.space))
    }

    fn refused(&mut self, verdict: Verdict, by: Decider) -> Result<Onward, TooComplex> {
        self.asked.refused(verdict, by, self.space).map(Onward::same)
    }

    /// What goes through if something that is not modelled accepts.
    fn perhaps(
        &mut self,
        words: &str,
        accept: Onward,
        by: Decider,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        let holds = self.space.opaque(words)?;
        let accepts = self.let_through(accept, Verdict::Unknown, by, base)?;
        let refused = self.refused(Verdict::Unknown, by)?;
        accepts.each(|set| self.space.choose(holds, set, refused.tracked))
    }

    fn enter(
        &mut self,
        name: &'a str,
        from: RuleRef,
        exits: Exits,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        match self.facts.order.target(&self.facts.ruleset.chains[from.chain].table, name) {
            Some(target) if self.entered.len() <= MAX_DEPTH && !self.entered.contains(&target) => {
                self.chain(target, exits, base)
            }
            // A chain that is not there, or a loop: the kernel would not have loaded it.
            _ => self.perhaps(&format!("jump {name}"), exits.accept, Decider::Rule(from), base),
        }
    }

    /// What goes through after a rule has attached a helper. An object of nftables is attached to a connection that
    /// is there, so not before connection tracking; iptables, which names the helper itself, tells connection
    /// tracking to do so, and has to come before it.
    fn attached(
        &mut self,
        name: &str,
        place: RuleRef,
        then: Onward,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        let ruleset = self.facts.ruleset;
        let table = &ruleset.chains[place.chain].table;
        if table.system == System::Iptables && base.is_before_conntrack() {
            let tracked = self.asked.attached(then.templated, name, self.space)?;
            return Ok(Onward { tracked, ..then });
        }
        let object =
            ruleset.helper_objects.iter().find(|object| object.table == *table && object.name == name);
        let Some(object) = object.filter(|_| !base.is_before_conntrack()) else { return Ok(then) };
        // A connection that is confirmed keeps what it has; an untracked packet has none (`nft_ct_helper_obj_eval`).
        let mut served = condition::first_packets(self.space)?;
        if let Some(family) = object.family {
            let family = self.space.family(family)?;
            served = self.space.intersection(served, family)?;
        }
        let attached = self.asked.attached(then.tracked, &object.helper, self.space)?;
        Ok(Onward { tracked: self.space.choose(served, attached, then.tracked)?, ..then })
    }
}

/// Whether no packet goes on to the next action, or the next rule, after this one.
fn ends(action: &Action) -> bool {
    matches!(
        action,
        Action::Accept
            | Action::Drop
            | Action::Reject
            | Action::Return
            | Action::Unknown(_)
            | Action::Goto(_)
            | Action::DestinationNat { .. }
            | Action::SourceNat { .. }
            | Action::Translate(_)
            | Action::MoveNetwork { .. }
    )
}
