//! Where chains are entered from, and jumps that the kernel refuses to load: into a chain that is not there, and back into
//! one that is left by them.

use super::order::Order;
use super::trace::RuleRef;
use super::{Action, BaseChain, Ruleset};

/// A jump that leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BrokenJump {
    /// The rule enters a chain from which it was itself entered. Of every loop, one such rule is listed or more.
    Loop(RuleRef),
    /// The rule enters a chain that its table does not have.
    Missing(RuleRef),
}

/// How far a chain has been followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Unknown,
    Entered,
    Done,
}

/// The jumps of a rule set that lead nowhere, whether packets can meet them or not. Linear time.
#[must_use]
pub fn broken_jumps(ruleset: &Ruleset) -> Vec<BrokenJump> {
    let order = Order::of(ruleset);
    let mut progress = vec![Progress::Unknown; ruleset.chains.len()];
    let mut broken = Vec::new();
    for first in 0..ruleset.chains.len() {
        if progress[first] != Progress::Unknown {
            continue;
        }
        progress[first] = Progress::Entered;
        // A list of its own: chains may be nested deeper than the stack of this program.
        let mut open = vec![(first, jumps(ruleset, first))];
        while let Some((chain, rest)) = open.last_mut() {
            let Some((rule, name)) = rest.next() else {
                progress[*chain] = Progress::Done;
                open.pop();
                continue;
            };
            let place = RuleRef { chain: *chain, rule };
            match order.target(&ruleset.chains[*chain].table, name) {
                None => broken.push(BrokenJump::Missing(place)),
                Some(target) => match progress[target] {
                    Progress::Unknown => {
                        progress[target] = Progress::Entered;
                        open.push((target, jumps(ruleset, target)));
                    }
                    Progress::Entered => broken.push(BrokenJump::Loop(place)),
                    Progress::Done => {}
                },
            }
        }
    }
    broken
}

impl Ruleset {
    /// The base chains from which packets come to the chain at `index`; the chain itself, if it is one.
    ///
    /// # Panics
    ///
    /// If there is no such chain.
    #[must_use]
    pub fn bases_of(&self, index: usize) -> Vec<BaseChain> {
        let mut entered = vec![index];
        let mut next = 0;
        while let Some(&target) = entered.get(next) {
            next += 1;
            let target = &self.chains[target];
            for (from, chain) in self.chains.iter().enumerate() {
                let enters = || jumps(self, from).any(|(_, name)| name == target.name);
                if chain.table == target.table && !entered.contains(&from) && enters() {
                    entered.push(from);
                }
            }
        }
        entered.into_iter().filter_map(|index| self.chains[index].base).collect()
    }
}

/// The jumps of a chain: the rule, and the name of the chain that it enters.
fn jumps(ruleset: &Ruleset, chain: usize) -> impl Iterator<Item = (usize, &str)> {
    ruleset.chains[chain].rules.iter().enumerate().flat_map(|(index, rule)| {
        rule.actions.iter().filter_map(move |action| match action {
            Action::Jump(name) | Action::Goto(name) => Some((index, name.as_str())),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::{Chain, Rule, System, Table, TableFamily};

    /// A rule set of chains that are called by their numbers, and jump to these others.
    fn ruleset(targets: &[&[usize]]) -> Ruleset {
        let chain = |(number, targets): (usize, &&[usize])| Chain {
            table: Table { system: System::Nftables, family: TableFamily::Inet, name: String::new() },
            name: number.to_string(),
            base: None,
            rules: targets
                .iter()
                .map(|target| Rule { actions: [Action::Jump(target.to_string())].into(), ..Rule::default() })
                .collect(),
        };
        Ruleset { chains: targets.iter().enumerate().map(chain).collect(), ..Ruleset::default() }
    }

    #[test]
    fn loops_and_missing_chains_are_listed_once() {
        let place = |chain, rule| RuleRef { chain, rule };
        assert_eq!(broken_jumps(&ruleset(&[&[1, 1, 2], &[2], &[]])), []);
        assert_eq!(broken_jumps(&ruleset(&[&[0]])), [BrokenJump::Loop(place(0, 0))]);
        assert_eq!(
            broken_jumps(&ruleset(&[&[1], &[9, 2], &[1, 3], &[0]])),
            [BrokenJump::Missing(place(1, 0)), BrokenJump::Loop(place(2, 0)), BrokenJump::Loop(place(3, 0))]
        );
    }

    #[test]
    fn deep_nesting_takes_no_stack() {
        let next: Vec<[usize; 1]> = (1..=100_000).map(|next| [next]).collect();
        let targets: Vec<&[usize]> = next.iter().map(<[usize; 1]>::as_slice).collect();
        let last = RuleRef { chain: 99_999, rule: 0 };
        assert_eq!(broken_jumps(&ruleset(&targets)), [BrokenJump::Missing(last)]);
    }
}
