//! netfilter, backwards: from the packets that leave to those that arrive.
//!
//! Going against the direction of the packets makes translation simple. What a rule does to a packet is undone by
//! [`Space::assign`]: the packets that an assignment sends into a set are those that it lets through.
//! What else is asked of packets travels along as labels of the sets, see [`outcome`](super::outcome).

use std::cmp::Reverse;
use std::collections::HashMap;

use super::condition::{self, Place};
use super::outcome::Asked;
use crate::packet::{Family, Field, PacketSet, Space, State, TooComplex};
use crate::ruleset::trace::{Decider, Path, RuleRef, Verdict};
use crate::ruleset::{Action, BaseChain, Chain, Hook, Policy, Ruleset};

/// How deep chains may enter one another, as in a trace.
const MAX_DEPTH: usize = 256;

/// The packets that go through from some point on: those that connection tracking looks at, and those that a rule
/// has kept from it. After connection tracking the second is not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Onward {
    tracked: PacketSet,
    untracked: PacketSet,
}

impl Onward {
    fn same(set: PacketSet) -> Self {
        Self { tracked: set, untracked: set }
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
    ruleset: &'a Ruleset,
    path: Path,
    pub(super) asked: Asked<'a>,
    space: &'s mut Space,
    /// Whether any rule translates destinations.
    translates: bool,
    /// The chains that are being evaluated: entering one of them again is a loop.
    entered: Vec<usize>,
    known: HashMap<(usize, Exits, Hook, bool), Onward>,
}

impl<'a, 's> Evaluation<'a, 's> {
    pub(super) fn new(ruleset: &'a Ruleset, path: Path, asked: Asked<'a>, space: &'s mut Space) -> Self {
        let is_translation = |action: &Action| matches!(action, Action::DestinationNat { .. });
        let translates = ruleset
            .chains
            .iter()
            .flat_map(|chain| &chain.rules)
            .any(|rule| rule.actions.iter().any(is_translation));
        Self { ruleset, path, asked, space, translates, entered: Vec::new(), known: HashMap::new() }
    }

    /// The packets that go through and then are among `onward`.
    pub(super) fn accepted(&mut self, mut onward: PacketSet) -> Result<PacketSet, TooComplex> {
        let hooks: &[Hook] = match self.path {
            Path::Input => &[Hook::Prerouting, Hook::Input],
            Path::Forward => &[Hook::Prerouting, Hook::Forward, Hook::Postrouting],
            Path::Output => &[Hook::Output, Hook::Postrouting],
        };
        for &hook in hooks.iter().rev() {
            onward = self.hook(hook, onward)?;
        }
        Ok(onward)
    }

    fn hook(&mut self, hook: Hook, mut onward: PacketSet) -> Result<PacketSet, TooComplex> {
        let at_hook = |(index, chain): (usize, &Chain)| {
            chain.base.filter(|base| base.hook == hook).map(|base| (index, base))
        };
        let mut bases: Vec<(usize, BaseChain)> =
            self.ruleset.chains.iter().enumerate().filter_map(at_hook).collect();
        // Of those with one priority, the youngest runs first.
        bases.sort_by_key(|&(index, base)| (base.priority, Reverse(index)));
        // For packets that a chain at this hook has translated: the others do not.
        let mut translated = onward;
        for (index, base) in bases.into_iter().rev() {
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
        Ok(onward)
    }

    fn base_chain(
        &mut self,
        index: usize,
        base: BaseChain,
        onward: PacketSet,
        translated: PacketSet,
    ) -> Result<PacketSet, TooComplex> {
        let accept = if base.is_before_conntrack() {
            let untracked = self.space.assign(onward, Field::State(State::Untracked))?;
            Onward { tracked: onward, untracked }
        } else {
            Onward::same(onward)
        };
        let policy = Decider::Policy { chain: index };
        let end = match base.policy {
            Policy::Accept => self.let_through(accept, Verdict::Accept, policy, base)?,
            Policy::Drop => self.refused(Verdict::Drop, policy)?,
        };
        let through = self.chain(index, Exits { end, accept, translate: translated }, base)?.tracked;
        let mut entering = PacketSet::FULL;
        if base.nat {
            entering = condition::first_packets(self.space)?;
        }
        for family in Family::ALL {
            if !self.ruleset.chains[index].table.family.sees(family) {
                let unseen = self.space.family(family)?;
                entering = self.space.difference(entering, unseen)?;
            }
        }
        self.choose(entering, through, onward)
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

    fn chain(&mut self, index: usize, exits: Exits, base: BaseChain) -> Result<Onward, TooComplex> {
        let key = (index, exits, base.hook, base.is_before_conntrack());
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        self.entered.push(index);
        let ruleset = self.ruleset;
        let mut onward = exits.end;
        for rule in (0..ruleset.chains[index].rules.len()).rev() {
            onward = self.rule(RuleRef { chain: index, rule }, onward, exits, base)?;
        }
        self.entered.pop();
        self.known.insert(key, onward);
        Ok(onward)
    }

    fn rule(
        &mut self,
        place: RuleRef,
        next: Onward,
        exits: Exits,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        let ruleset = self.ruleset;
        let rule = &ruleset.chains[place.chain].rules[place.rule];
        let mut done = next;
        for action in rule.actions.iter().rev() {
            done = self.action(action, place, done, exits, base)?;
        }
        let asked = |state| Place { hook: base.hook, path: self.path, state, translated: self.translates };
        if !base.is_before_conntrack() {
            let met = condition::all(self.space, &rule.matches, asked(None))?;
            return Ok(Onward::same(self.choose(met, done.tracked, next.tracked)?));
        }
        let (tracked, untracked) = (asked(Some(State::Invalid)), asked(Some(State::Untracked)));
        let met = condition::all(self.space, &rule.matches, tracked)?;
        let tracked = self.choose(met, done.tracked, next.tracked)?;
        let met = condition::all(self.space, &rule.matches, untracked)?;
        let untracked = self.choose(met, done.untracked, next.untracked)?;
        Ok(Onward { tracked, untracked })
    }

    /// What goes through from before an action on, `then` being what goes through after it.
    fn action(
        &mut self,
        action: &Action,
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
            Action::Notrack if base.is_before_conntrack() => Onward::same(then.untracked),
            // What has a connection keeps it; an invalid packet becomes untracked anywhere.
            Action::Notrack => {
                let invalid = self.space.state(&[State::Invalid])?;
                let untracked = self.space.assign(then.tracked, Field::State(State::Untracked))?;
                Onward::same(self.choose(invalid, untracked, then.tracked)?)
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
                Onward::same(self.choose(known, marked, then.tracked)?)
            }
            Action::DestinationNat { address, port } => {
                let mut set = exits.translate;
                if let Some(port) = port {
                    let portless = self.space.destination_port(&crate::packet::PortSet::any())?.complement();
                    let unchanged = self.space.intersection(set, portless)?;
                    let changed = self.space.assign(set, Field::DestinationPort(*port))?;
                    set = self.space.union(changed, unchanged)?;
                }
                if let Some(address) = address {
                    set = self.space.assign(set, Field::Destination(*address))?;
                }
                Onward::same(set)
            }
            Action::SourceNat { address, .. } => {
                let set = match address {
                    Some(address) => self.space.assign(exits.translate, Field::Source(*address))?,
                    None => exits.translate,
                };
                Onward::same(set)
            }
            Action::Divert { .. } | Action::SkipFilter | Action::Anchor(_) | Action::Tag(_) => then,
        })
    }

    fn assigned(&mut self, onward: Onward, field: Field<'_>) -> Result<Onward, TooComplex> {
        let tracked = self.space.assign(onward.tracked, field)?;
        let untracked = self.space.assign(onward.untracked, field)?;
        Ok(Onward { tracked, untracked })
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
        let tracked = self.asked.let_through(onward.tracked, verdict, by, self.space)?;
        if onward.untracked == onward.tracked {
            return Ok(Onward::same(tracked));
        }
        let untracked = self.asked.let_through(onward.untracked, verdict, by, self.space)?;
        Ok(Onward { tracked, untracked })
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
        let tracked = self.choose(holds, accepts.tracked, refused.tracked)?;
        let untracked = self.choose(holds, accepts.untracked, refused.untracked)?;
        Ok(Onward { tracked, untracked })
    }

    fn enter(
        &mut self,
        name: &str,
        from: RuleRef,
        exits: Exits,
        base: BaseChain,
    ) -> Result<Onward, TooComplex> {
        let table = &self.ruleset.chains[from.chain].table;
        let is_meant = |chain: &Chain| chain.name == name && chain.table == *table;
        match self.ruleset.chains.iter().position(is_meant) {
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
        let ruleset = self.ruleset;
        let table = &ruleset.chains[place.chain].table;
        let object =
            ruleset.helper_objects.iter().find(|object| object.table == *table && object.name == name);
        if object.is_some() == base.is_before_conntrack() {
            return Ok(then);
        }
        let helper = object.map_or(name, |object| &object.helper);
        let attached = self.asked.attached(then.tracked, helper, self.space)?;
        let Some(family) = object.and_then(|object| object.family) else {
            return Ok(Onward { tracked: attached, ..then });
        };
        let served = self.space.family(family)?;
        Ok(Onward { tracked: self.choose(served, attached, then.tracked)?, ..then })
    }
}
