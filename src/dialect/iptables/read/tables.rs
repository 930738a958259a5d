//! The tables that commands fill, one after the other.

use std::collections::{HashMap, HashSet, VecDeque};

use super::command::{Command, Verb};
use super::log::Log;
use super::problem::Problem;
use super::rule::Argument;
use super::target::Marks;
use crate::packet::Family;
use crate::ruleset::{
    Action, BaseChain, Chain, Hook, Masked, Match, Origin, Policy, Rule, Ruleset, System, Table, TableFamily,
    priority,
};

/// How many rules may be looked at or moved by changes in the midst of chains. An honest script takes thousands.
const CHANGES: usize = 50_000_000;

/// The tables of both families.
#[derive(Default)]
pub(super) struct Tables {
    all: Vec<Contents>,
    index: HashMap<(TableFamily, String), usize>,
    /// Jumps to chains that did not exist when they were read.
    early_jumps: Vec<(usize, String, Origin)>,
    /// The marks that are set to what is not a constant, by family.
    unknown_marks: HashMap<TableFamily, Marks>,
    changes: usize,
}

/// A table.
struct Contents {
    table: Table,
    chains: Vec<Rules>,
    index: HashMap<String, usize>,
}

/// A chain.
struct Rules {
    name: String,
    base: Option<BaseChain>,
    /// Scripts add at both ends.
    list: VecDeque<Rule>,
    /// The policies that it has since been given under conditions, as rules that end it.
    policies: Vec<Rule>,
    removed: bool,
}

impl Tables {
    /// The table of this name, made if need be.
    pub(super) fn table(&mut self, family: Family, name: Argument<'_>, log: &mut Log) -> usize {
        let key = (TableFamily::of(family), name.text.to_owned());
        if let Some(&found) = self.index.get(&key) {
            return found;
        }
        if name.known && !matches!(name.text, "raw" | "mangle" | "nat" | "filter" | "security") {
            log.report(name.origin, Problem::Table(name.text.to_owned()));
        }
        let table = Table { system: System::Iptables, family: key.0, name: key.1.clone() };
        self.all.push(Contents { table, chains: Vec::new(), index: HashMap::new() });
        self.index.insert(key, self.all.len() - 1);
        self.all.len() - 1
    }

    /// Empties a table, as loading it anew does. Says whether there was something in it.
    pub(super) fn replace(&mut self, table: usize) -> bool {
        let contents = &mut self.all[table];
        contents.index.clear();
        !std::mem::take(&mut contents.chains).is_empty()
    }

    /// Declares a chain: empty, and with a policy if it is built in.
    pub(super) fn declare(&mut self, table: usize, name: &str, policy: Option<Policy>) {
        let contents = &mut self.all[table];
        let chain = contents.find(name).unwrap_or_else(|| contents.add(name));
        let chain = &mut contents.chains[chain];
        match (&mut chain.base, policy) {
            (Some(base), Some(policy)) => base.policy = policy,
            (Some(_), None) => {}
            (None, _) => chain.list.clear(),
        }
    }

    /// Carries out a command. Says whether it succeeds.
    pub(super) fn apply(
        &mut self,
        table: usize,
        command: Command<'_>,
        origin: Origin,
        log: &mut Log,
    ) -> bool {
        let chain = match (command.chain, command.verb) {
            (_, Verb::Nothing) => return true,
            (Some(chain), _) if !chain.known => return true,
            (Some(chain), _) => chain,
            (None, Verb::Flush) => {
                for chain in &mut self.all[table].chains {
                    self.changes += chain.flush(&command.guards);
                }
                return true;
            }
            (_, Verb::Remove) if !command.guards.is_empty() => return true,
            (None, Verb::Remove) => {
                self.all[table].remove_empty();
                return true;
            }
            (None, _) => {
                log.report(origin, Problem::NoChain);
                return false;
            }
        };
        if matches!(command.verb, Verb::New) {
            let contents = &mut self.all[table];
            let new = contents.find(chain.text).is_none();
            if new {
                contents.add(chain.text);
            }
            return new;
        }
        let Some(place) = self.all[table].find(chain.text) else {
            let makes = matches!(command.verb, Verb::Append | Verb::Insert(_) | Verb::Policy(_));
            if builtin(&self.all[table].table.name, chain.text).is_none() {
                if matches!(command.verb, Verb::Check | Verb::Remove | Verb::Flush) {
                    return false;
                }
                log.report(chain.origin, Problem::Chain(chain.text.to_owned()));
            }
            if !makes {
                return false;
            }
            self.all[table].add(chain.text);
            return self.apply(table, command, origin, log);
        };
        self.apply_to(table, place, command, origin, log)
    }

    fn apply_to(
        &mut self,
        table: usize,
        place: usize,
        command: Command<'_>,
        origin: Origin,
        log: &mut Log,
    ) -> bool {
        if let Some(jump) = command.jump
            && self.all[table].find(jump.text).is_none()
        {
            self.early_jumps.push((table, jump.text.to_owned(), jump.origin));
        }
        let contents = &mut self.all[table];
        if command.unknown_marks != Marks::default() {
            let marks = self.unknown_marks.entry(contents.table.family).or_default();
            marks.packet |= command.unknown_marks.packet;
            marks.connection |= command.unknown_marks.connection;
        }
        let chain = &mut contents.chains[place];
        let length = chain.list.len();
        let mut rule = command.rule;
        rule.origin = Some(origin);
        let like = |other: &Rule| {
            other.matches == rule.matches && other.actions == rule.actions && other.comment == rule.comment
        };
        let missing = |log: &mut Log| log.report(origin, Problem::NoSuchRule(chain.name.clone()));
        let guards = command.guards;
        let guarded = |mut rule: Rule| {
            rule.require(guards.iter().cloned());
            rule
        };
        match command.verb {
            Verb::Append => chain.list.push_back(guarded(rule)),
            Verb::Insert(number) if (1..=length + 1).contains(&number) => {
                self.changes += (number - 1).min(length + 1 - number);
                chain.list.insert(number - 1, guarded(rule));
            }
            Verb::Replace(number) if (1..=length).contains(&number) => {
                self.changes += (number - 1).min(length - number);
                chain.remove(number - 1, &guards);
                chain.list.insert(number - 1, guarded(rule));
            }
            Verb::Delete(Some(number)) if (1..=length).contains(&number) => {
                self.changes += (number - 1).min(length - number);
                chain.remove(number - 1, &guards);
            }
            Verb::Delete(None) | Verb::Check => {
                let found = chain.list.iter().position(like);
                self.changes += found.unwrap_or(length);
                match (found, command.verb) {
                    (Some(found), Verb::Delete(_)) => chain.remove(found, &guards),
                    (None, Verb::Delete(_)) => missing(log),
                    _ => {}
                }
                return found.is_some();
            }
            Verb::Insert(_) | Verb::Replace(_) | Verb::Delete(_) => {
                missing(log);
                return false;
            }
            Verb::Flush => self.changes += chain.flush(&guards),
            Verb::Remove => return contents.remove(place),
            Verb::Policy(policy) => {
                let value = match policy.text {
                    "ACCEPT" => Some(Policy::Accept),
                    "DROP" => Some(Policy::Drop),
                    _ => None,
                };
                match (&mut chain.base, value) {
                    (Some(_), Some(value)) if !guards.is_empty() => {
                        let verdict = if value == Policy::Accept { Action::Accept } else { Action::Drop };
                        let end = Rule { actions: [verdict].into(), quick: true, ..Rule::default() };
                        chain.policies.push(guarded(Rule { origin: Some(origin), ..end }));
                    }
                    (Some(base), Some(value)) => {
                        base.policy = value;
                        chain.policies.clear();
                    }
                    _ if policy.known => log.report(policy.origin, Problem::Policy(policy.text.to_owned())),
                    _ => {}
                }
            }
            Verb::Rename(new) if new.known && guards.is_empty() => {
                self.changes += contents.chains.iter().map(|chain| chain.list.len()).sum::<usize>();
                contents.rename(place, new.text);
            }
            Verb::Rename(_) | Verb::New | Verb::Nothing => {}
        }
        true
    }

    /// Whether there have been more changes in the midst of chains than are carried out.
    pub(super) fn is_exhausted(&self) -> bool {
        self.changes > CHANGES
    }

    /// The finished rule set.
    pub(super) fn finish(self, log: &mut Log) -> Ruleset {
        let mut missing: HashSet<(usize, &str)> = HashSet::new();
        for (table, chain, origin) in &self.early_jumps {
            if self.all[*table].find(chain).is_none() {
                log.report(*origin, Problem::Target(chain.clone()));
                missing.insert((*table, chain));
            }
        }
        let mut ruleset = Ruleset::default();
        for (number, contents) in self.all.into_iter().enumerate() {
            let marks = self.unknown_marks.get(&contents.table.family).copied().unwrap_or_default();
            for chain in contents.chains.into_iter().filter(|chain| !chain.removed) {
                let mut rules = Vec::from(chain.list);
                // The last one that holds is the one that counts.
                rules.extend(chain.policies.into_iter().rev());
                if !missing.is_empty() || marks != Marks::default() {
                    for rule in &mut rules {
                        forget_targets(rule, |name| missing.contains(&(number, name)));
                        rule.matches.iter_mut().for_each(|matching| forget_marks(matching, marks));
                    }
                }
                ruleset.chains.push(Chain {
                    table: contents.table.clone(),
                    name: chain.name,
                    base: chain.base,
                    rules,
                });
            }
        }
        ruleset
    }
}

impl Rules {
    /// Takes a rule out if all of this holds.
    fn remove(&mut self, place: usize, guards: &[Match]) {
        if guards.is_empty() {
            self.list.remove(place);
        } else if let Some(rule) = self.list.get_mut(place) {
            rule.require([unless(guards)]);
        }
    }

    /// Takes all rules out if all of this holds. Says how many rules that changes without taking them out.
    fn flush(&mut self, guards: &[Match]) -> usize {
        if guards.is_empty() {
            self.list.clear();
            return 0;
        }
        for rule in &mut self.list {
            rule.require([unless(guards)]);
        }
        self.list.len()
    }
}

/// That not all of this holds.
fn unless(guards: &[Match]) -> Match {
    match guards {
        [one] => one.clone().negated(),
        several => Match::AnyOf(several.iter().map(|one| vec![one.clone().negated()]).collect()),
    }
}

impl Contents {
    fn find(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    fn add(&mut self, name: &str) -> usize {
        let base = builtin(&self.table.name, name).map(|(hook, priority)| BaseChain {
            hook,
            priority,
            policy: Policy::Accept,
            nat: self.table.name == "nat",
        });
        self.chains.push(Rules {
            name: name.to_owned(),
            base,
            list: VecDeque::new(),
            policies: Vec::new(),
            removed: false,
        });
        self.index.insert(name.to_owned(), self.chains.len() - 1);
        self.chains.len() - 1
    }

    /// Removes a chain, which has to be empty and not built in.
    fn remove(&mut self, place: usize) -> bool {
        let chain = &mut self.chains[place];
        let removable = chain.base.is_none() && chain.list.is_empty();
        if removable {
            chain.removed = true;
            self.index.remove(&chain.name);
        }
        removable
    }

    fn remove_empty(&mut self) {
        self.chains.retain(|chain| chain.base.is_some() || !chain.list.is_empty());
        self.index = self.chains.iter().enumerate().map(|(at, chain)| (chain.name.clone(), at)).collect();
    }

    fn rename(&mut self, place: usize, new: &str) {
        let old = std::mem::replace(&mut self.chains[place].name, new.to_owned());
        self.index.remove(&old);
        self.index.insert(new.to_owned(), place);
        for rule in self.chains.iter_mut().flat_map(|chain| &mut chain.list) {
            rule.actions.replace(|action| match action {
                Action::Jump(name) if *name == old => Some(Action::Jump(new.to_owned())),
                Action::Goto(name) if *name == old => Some(Action::Goto(new.to_owned())),
                _ => None,
            });
        }
    }
}

/// A jump to what does not exist leads nowhere that is known.
fn forget_targets(rule: &mut Rule, is_missing: impl Fn(&str) -> bool) {
    rule.actions.replace(|action| match action {
        Action::Jump(name) if is_missing(name) => Some(Action::Unknown(format!("-j {name}"))),
        Action::Goto(name) if is_missing(name) => Some(Action::Unknown(format!("-g {name}"))),
        _ => None,
    });
}

/// A mark that some rule sets to what is not a constant may have any value.
fn forget_marks(matching: &mut Match, marks: Marks) {
    let text = |module: &str, mark: &Masked| {
        Match::Opaque(format!("-m {module} --mark {:#x}/{:#x}", mark.value, mark.mask))
    };
    match matching {
        Match::Mark(mark) if marks.packet => *matching = text("mark", mark),
        Match::ConnMark(mark) if marks.connection => *matching = text("connmark", mark),
        Match::Not(inner) => forget_marks(inner, marks),
        Match::AnyOf(alternatives) => {
            alternatives.iter_mut().flatten().for_each(|inner| forget_marks(inner, marks));
        }
        _ => {}
    }
}

/// Where the kernel enters this chain of this table; `None` for a chain that only rules enter.
fn builtin(table: &str, chain: &str) -> Option<(Hook, i32)> {
    let hook = match chain {
        "PREROUTING" => Hook::Prerouting,
        "INPUT" => Hook::Input,
        "FORWARD" => Hook::Forward,
        "OUTPUT" => Hook::Output,
        "POSTROUTING" => Hook::Postrouting,
        _ => return None,
    };
    let priority = match (table, hook) {
        ("raw", Hook::Prerouting | Hook::Output) => priority::RAW,
        ("mangle", _) => priority::MANGLE,
        ("nat", Hook::Prerouting | Hook::Output) => priority::DESTINATION_NAT,
        ("nat", Hook::Input | Hook::Postrouting) => priority::SOURCE_NAT,
        ("filter", Hook::Input | Hook::Forward | Hook::Output) => priority::FILTER,
        ("security", Hook::Input | Hook::Forward | Hook::Output) => priority::SECURITY,
        _ => return None,
    };
    Some((hook, priority))
}
