//! The rules of a long chain, found by where packets come from.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use ipnet::IpNet;

use super::{Match, Rule, Ruleset};
use crate::packet::AddressSet;

/// So many rules of a chain are faster looked at than looked up.
const FEW_RULES: usize = 64;

/// A rule with more prefixes than this is looked at for every question.
const MOST_PREFIXES: usize = 16;

/// The rules of each chain of a rule set by their sources, once that has been asked for.
#[derive(Debug)]
pub(super) struct SourceIndex {
    chains: Vec<OnceCell<Sources>>,
}

impl SourceIndex {
    pub(super) fn of(ruleset: &Ruleset) -> Self {
        Self { chains: vec![OnceCell::new(); ruleset.chains.len()] }
    }

    /// The rules of a chain; `None` of a short one.
    pub(super) fn chain(&self, ruleset: &Ruleset, chain: usize) -> Option<&Sources> {
        let rules = &ruleset.chains[chain].rules;
        (rules.len() > FEW_RULES).then(|| self.chains[chain].get_or_init(|| Sources::of(rules)))
    }
}

/// The rules of a chain by the prefixes that their packets come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    v4: Prefixes<u32>,
    v6: Prefixes<u128>,
    /// The rules of which nothing can be said so.
    others: Vec<u32>,
}

/// Prefixes of one family, each with the number of its rule.
#[derive(Debug, Clone, Default)]
struct Prefixes<B> {
    /// In ascending order of their bits, then of their lengths: those that lie in another follow it.
    all: Vec<(B, u8, u32)>,
    /// The lengths that occur.
    lengths: BTreeSet<u8>,
}

impl<B: Copy + Ord> Prefixes<B> {
    fn sort(&mut self) {
        self.all.sort_unstable();
        self.lengths = self.all.iter().map(|(_, length, _)| *length).collect();
    }

    /// Adds the rules whose prefixes hold that from `first` to `last`, of this length, or lie in it. `start` is the first
    /// address of the prefix of some length that holds it.
    fn overlapping(
        &self,
        (first, last): (B, B),
        length: u8,
        start: impl Fn(u8) -> B,
        numbers: &mut Vec<u32>,
    ) {
        for &shorter in self.lengths.range(..length) {
            let wider = (start(shorter), shorter, 0);
            let from = self.all.partition_point(|known| *known < wider);
            let same = self.all[from..].iter().take_while(|known| (known.0, known.1) == (wider.0, wider.1));
            numbers.extend(same.map(|(_, _, number)| number));
        }
        let from = self.all.partition_point(|known| (known.0, known.1) < (first, length));
        let inside = self.all[from..].iter().take_while(|known| known.0 <= last);
        numbers.extend(inside.map(|(_, _, number)| number));
    }
}

impl Sources {
    fn of(rules: &[Rule]) -> Self {
        let mut sources = Self::default();
        for (number, rule) in (0..).zip(rules) {
            let named = rule.matches.iter().find_map(|condition| match condition {
                Match::Source(set) if set.nets().len() <= MOST_PREFIXES => Some(set),
                _ => None,
            });
            let Some(set) = named else {
                sources.others.push(number);
                continue;
            };
            for net in set.nets() {
                match net {
                    IpNet::V4(net) => {
                        sources.v4.all.push((net.network().to_bits(), net.prefix_len(), number));
                    }
                    IpNet::V6(net) => {
                        sources.v6.all.push((net.network().to_bits(), net.prefix_len(), number));
                    }
                }
            }
        }
        sources.v4.sort();
        sources.v6.sort();
        sources
    }

    /// The numbers of all rules that packets from some of `addresses` may match, and of others, in order.
    pub(super) fn meeting(&self, addresses: &AddressSet) -> Vec<usize> {
        let mut numbers = self.others.clone();
        for net in addresses.nets() {
            match net {
                IpNet::V4(net) => {
                    let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                    let start = |length| first & u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
                    self.v4.overlapping((first, last), net.prefix_len(), start, &mut numbers);
                }
                IpNet::V6(net) => {
                    let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                    let start = |length| first & u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
                    self.v6.overlapping((first, last), net.prefix_len(), start, &mut numbers);
                }
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|number| number as usize).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(nets: &[&str]) -> AddressSet {
        nets.iter().map(|net| net.parse::<IpNet>().expect("a prefix")).collect()
    }

    #[test]
    fn rules_whose_sources_overlap_are_found_and_no_others_that_name_any() {
        let sources: [&[&str]; 8] = [
            &["10.0.0.0/8"],
            &["10.1.2.3/32", "2001:db8::/32"],
            &["10.1.0.0/16"],
            &[],
            &["192.0.2.0/24"],
            &["0.0.0.0/0"],
            &["::/0"],
            &["2001:db8::1/128"],
        ];
        let rules: Vec<Rule> = sources
            .iter()
            .map(|nets| Rule {
                matches: if nets.is_empty() { [].into() } else { [Match::Source(set(nets))].into() },
                ..Rule::default()
            })
            .collect();
        let index = Sources::of(&rules);
        assert_eq!(index.meeting(&set(&["10.1.2.0/24"])), [0, 1, 2, 3, 5]);
        assert_eq!(index.meeting(&set(&["10.2.0.0/16", "192.0.2.7/32"])), [0, 3, 4, 5]);
        assert_eq!(index.meeting(&set(&["2001:db8::/64"])), [1, 3, 6, 7]);
        assert_eq!(index.meeting(&set(&["2001:db8::1/128"])), [1, 3, 6, 7]);
        assert_eq!(index.meeting(&set(&["0.0.0.0/0", "::/0"])), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(index.meeting(&set(&[])), [3]);
    }
}
