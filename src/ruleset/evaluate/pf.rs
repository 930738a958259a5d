//! pf, backwards: from the packets that leave to those that arrive.
//!
//! The last rule that matches decides. Going backwards, that is the first one met: what goes through from a rule on
//! is what later rules let through whatever was decided before, and of the packets that they leave alone, those that
//! were let through before.

use super::NoAnswer;
use super::condition::{self, Place};
use crate::packet::{Field, NameField, PacketSet, Space, State};
use crate::ruleset::trace::Path;
use crate::ruleset::{Action, Chain, Direction, Hook, Interface, Match, Policy, Rule, Ruleset};

/// What a list of rules makes of packets.
#[derive(Debug, Clone, Copy)]
struct Remainder {
    /// Those that go through whatever was decided before.
    through: PacketSet,
    /// Those that no rule decides on: what was decided before counts.
    left_alone: PacketSet,
}

pub(super) struct Evaluation<'a> {
    pub(super) ruleset: &'a Ruleset,
    pub(super) path: Path,
    pub(super) space: &'a mut Space,
}

impl Evaluation<'_> {
    /// The packets that go through and then are among `onward`.
    pub(super) fn accepted(mut self, onward: PacketSet) -> Result<PacketSet, NoAnswer> {
        if self.bases(Hook::PfFilter).is_empty() {
            return Ok(onward);
        }
        let directions: &[Direction] = match self.path {
            Path::Input => &[Direction::In],
            Path::Forward => &[Direction::In, Direction::Out],
            Path::Output => &[Direction::Out],
        };
        let mut through = onward;
        for &direction in directions.iter().rev() {
            through = self.passage(direction, through)?;
        }
        // The state that the first packet left lets the others through before any rule is asked.
        let established = self.space.state(&[State::Established])?;
        let later = self.space.intersection(established, onward)?;
        let first = self.space.difference(through, established)?;
        Ok(self.space.union(later, first)?)
    }

    fn bases(&self, hook: Hook) -> Vec<usize> {
        let base = |chain: &Chain| chain.base.filter(|base| base.hook == hook);
        let mut bases: Vec<usize> = (0..self.ruleset.chains.len())
            .filter(|&index| base(&self.ruleset.chains[index]).is_some())
            .collect();
        bases.sort_by_key(|&index| base(&self.ruleset.chains[index]).map(|base| base.priority));
        bases
    }

    /// One interface: translation, then the filter rules.
    fn passage(&mut self, direction: Direction, onward: PacketSet) -> Result<PacketSet, NoAnswer> {
        let mut remainder = Remainder { through: PacketSet::EMPTY, left_alone: PacketSet::FULL };
        let bases = self.bases(Hook::PfFilter);
        for &index in bases.iter().rev() {
            remainder = self.rules(index, remainder, onward, direction, 0)?;
        }
        let policy = bases.first().and_then(|&index| self.ruleset.chains[index].base).map(|base| base.policy);
        let mut filtered = remainder.through;
        if policy == Some(Policy::Accept) {
            let undecided = self.space.intersection(remainder.left_alone, onward)?;
            filtered = self.space.union(filtered, undecided)?;
        }
        let hook = match direction {
            Direction::In => Hook::PfRdr,
            Direction::Out => Hook::PfNat,
        };
        let mut through = filtered;
        for index in self.bases(hook).into_iter().rev() {
            through = self.translations(index, through, (filtered, onward), direction, 0)?;
        }
        let skipped = self.skipped(direction)?;
        self.choose(skipped, onward, through)
    }

    fn choose(
        &mut self,
        set: PacketSet,
        then: PacketSet,
        otherwise: PacketSet,
    ) -> Result<PacketSet, NoAnswer> {
        let inside = self.space.intersection(set, then)?;
        let outside = self.space.difference(otherwise, set)?;
        Ok(self.space.union(inside, outside)?)
    }

    /// The packets of interfaces that are not filtered, by name or by the group of the driver, whose interfaces have
    /// its name and a number.
    fn skipped(&mut self, direction: Direction) -> Result<PacketSet, NoAnswer> {
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
        Ok(self.space.union_all(sets)?)
    }

    fn met(&mut self, rule: &Rule, hook: Hook, direction: Direction) -> Result<PacketSet, NoAnswer> {
        let place = Place { hook, path: self.path, state: None, translated: true };
        let conditions: Vec<Match> =
            rule.matches.iter().map(|condition| resolved(condition, direction)).collect::<Result<_, _>>()?;
        Ok(condition::all(self.space, &conditions, place)?)
    }

    /// The filter rules of a chain, `after` being what comes behind them.
    fn rules(
        &mut self,
        index: usize,
        mut after: Remainder,
        onward: PacketSet,
        direction: Direction,
        depth: usize,
    ) -> Result<Remainder, NoAnswer> {
        let ruleset = self.ruleset;
        for rule in ruleset.chains[index].rules.iter().rev() {
            let met = self.met(rule, Hook::PfFilter, direction)?;
            let inside = if let [Action::Anchor(path)] = &*rule.actions {
                if rule.quick {
                    return Err(NoAnswer::Pf);
                }
                self.anchor(path, index, after, onward, direction, depth)?
            } else {
                match self.decided(rule, onward)? {
                    None => after,
                    Some(decided) if rule.quick => {
                        Remainder { through: decided, left_alone: PacketSet::EMPTY }
                    }
                    Some(decided) => {
                        let stands = self.space.intersection(after.left_alone, decided)?;
                        let through = self.space.union(after.through, stands)?;
                        Remainder { through, left_alone: PacketSet::EMPTY }
                    }
                }
            };
            after = Remainder {
                through: self.choose(met, inside.through, after.through)?,
                left_alone: self.choose(met, inside.left_alone, after.left_alone)?,
            };
        }
        Ok(after)
    }

    /// What goes through if a rule decides; `None` for one that does not.
    fn decided(&mut self, rule: &Rule, onward: PacketSet) -> Result<Option<PacketSet>, NoAnswer> {
        let mut decided = None;
        for action in &rule.actions {
            match action {
                Action::Accept => decided = Some(onward),
                Action::Drop | Action::Reject => decided = Some(PacketSet::EMPTY),
                Action::Unknown(words) => {
                    let holds = self.space.opaque(words)?;
                    decided = Some(self.space.intersection(holds, onward)?);
                }
                // A tag is no field of a packet set.
                Action::Tag(_) => return Err(NoAnswer::Pf),
                _ => {}
            }
        }
        let translates = rule
            .actions
            .iter()
            .any(|action| matches!(action, Action::DestinationNat { .. } | Action::SourceNat { .. }));
        match decided {
            // `match` translates at once, whatever is decided later.
            None if translates => Err(NoAnswer::Pf),
            None => Ok(None),
            Some(set) => self.translated(rule, set).map(Some),
        }
    }

    /// The packets that a rule's translation sends into `set`.
    fn translated(&mut self, rule: &Rule, mut set: PacketSet) -> Result<PacketSet, NoAnswer> {
        for action in rule.actions.iter().rev() {
            match action {
                Action::DestinationNat { address, port } => {
                    if let Some(port) = port {
                        set = self.space.assign(set, Field::DestinationPort(*port))?;
                    }
                    if let Some(address) = address {
                        set = self.space.assign(set, Field::Destination(*address))?;
                    }
                }
                Action::SourceNat { address: Some(address), .. } => {
                    set = self.space.assign(set, Field::Source(*address))?;
                }
                _ => {}
            }
        }
        Ok(set)
    }

    fn anchor(
        &mut self,
        path: &str,
        from: usize,
        after: Remainder,
        onward: PacketSet,
        direction: Direction,
        depth: usize,
    ) -> Result<Remainder, NoAnswer> {
        let Some(chains) = self.anchored(path, from, depth) else {
            // A program that fills an anchor means its rules to be final, as ftp-proxy does.
            let passes = self.space.opaque(&format!("anchor \"{path}\""))?;
            return Ok(Remainder {
                through: self.choose(passes, onward, after.through)?,
                left_alone: self.space.difference(after.left_alone, passes)?,
            });
        };
        let mut remainder = after;
        for index in chains.into_iter().rev() {
            remainder = self.rules(index, remainder, onward, direction, depth + 1)?;
        }
        Ok(remainder)
    }

    /// The chains of an anchor that go with the chain `from`; `None` if somebody else fills it.
    fn anchored(&self, path: &str, from: usize, depth: usize) -> Option<Vec<usize>> {
        let chains = &self.ruleset.chains;
        let inside: Vec<usize> =
            (0..chains.len()).filter(|&index| chains[index].table.is_in_anchor(path)).collect();
        let known = !inside.is_empty() && depth < 64;
        known.then(|| inside.into_iter().filter(|&index| chains[index].name == chains[from].name).collect())
    }

    /// FreeBSD's translation rules of a chain: the first that matches counts. `next` is what goes through if none does,
    /// then what goes through the filter rules, and past them.
    fn translations(
        &mut self,
        index: usize,
        next: PacketSet,
        (filtered, onward): (PacketSet, PacketSet),
        direction: Direction,
        depth: usize,
    ) -> Result<PacketSet, NoAnswer> {
        let ruleset = self.ruleset;
        let hook = match direction {
            Direction::In => Hook::PfRdr,
            Direction::Out => Hook::PfNat,
        };
        let mut through = next;
        for rule in ruleset.chains[index].rules.iter().rev() {
            let met = self.met(rule, hook, direction)?;
            let inside = if let [Action::Anchor(path)] = &*rule.actions {
                let mut inside = through;
                for inner in self.anchored(path, index, depth).unwrap_or_default().into_iter().rev() {
                    inside = self.translations(inner, inside, (filtered, onward), direction, depth + 1)?;
                }
                inside
            } else if *rule.actions == [Action::Accept] {
                next
            } else if rule.actions.iter().any(|action| matches!(action, Action::Tag(_))) {
                return Err(NoAnswer::Pf);
            } else {
                let skips = rule.actions.contains(&Action::SkipFilter);
                self.translated(rule, if skips { onward } else { filtered })?
            };
            through = self.choose(met, inside, through)?;
        }
        Ok(through)
    }
}

/// A condition with what only pf asks answered: the direction, and which interfaces are in a group.
fn resolved(condition: &Match, direction: Direction) -> Result<Match, NoAnswer> {
    Ok(match condition {
        Match::Direction(wanted) if *wanted == direction => Match::AnyOf(vec![Vec::new()]),
        Match::Direction(_) => Match::AnyOf(Vec::new()),
        Match::Tagged(_) => return Err(NoAnswer::Pf),
        Match::InInterface(interface) => grouped(condition, interface, Match::InInterface),
        Match::OutInterface(interface) => grouped(condition, interface, Match::OutInterface),
        Match::Not(inner) => resolved(inner, direction)?.negated(),
        Match::AnyOf(alternatives) => {
            let all = |all: &Vec<Match>| all.iter().map(|one| resolved(one, direction)).collect();
            Match::AnyOf(alternatives.iter().map(all).collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    })
}

/// A name without a number may be that of a group, and only the machine knows which interfaces are in it.
fn grouped(condition: &Match, interface: &Interface, make: fn(Interface) -> Match) -> Match {
    if interface.prefix || interface.name.ends_with(|last: char| last.is_ascii_digit()) {
        return condition.clone();
    }
    let some = make(Interface { name: String::new(), prefix: true });
    let none = make(Interface::named(""));
    let member = Match::Opaque(format!("interface in {}", interface.name));
    Match::AnyOf(vec![vec![condition.clone()], vec![some, none.negated(), member]])
}
