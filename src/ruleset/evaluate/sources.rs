//! The rules of a long chain, found by where packets come from.

use ipnet::IpNet;

use crate::packet::AddressSet;
use crate::ruleset::{Match, Rule};

/// A rule with more prefixes than this is looked at for every question.
const MOST_PREFIXES: usize = 16;

/// The rules of a chain by the prefixes that their packets come from.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    /// In ascending order: the prefix, the number of the rule.
    prefixes: Vec<(Prefix, u32)>,
    /// Which lengths there are, a bit for each.
    lengths: [u128; 2],
    /// The rules of which nothing can be said so.
    others: Vec<u32>,
}

/// A prefix of either family. Those that lie in another follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Prefix {
    is_v6: bool,
    /// At the top.
    bits: u128,
    length: u8,
}

impl Prefix {
    fn of(net: &IpNet) -> Self {
        match net {
            IpNet::V4(net) => Self {
                is_v6: false,
                bits: u128::from(net.network().to_bits()) << 96,
                length: net.prefix_len(),
            },
            IpNet::V6(net) => Self { is_v6: true, bits: net.network().to_bits(), length: net.prefix_len() },
        }
    }

    /// The prefix of this length that it lies in.
    fn within(self, length: u8) -> Self {
        let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
        Self { bits: self.bits & mask, length, ..self }
    }

    /// The last one that lies in it.
    fn last(self) -> Self {
        let mask = u128::MAX.checked_shr(self.length.into()).unwrap_or(0);
        Self { bits: self.bits | mask, length: u8::MAX, ..self }
    }
}

impl Sources {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut sources = Self { prefixes: Vec::new(), lengths: [0; 2], others: Vec::new() };
        for (number, rule) in (0..).zip(rules) {
            let named = rule.matches.iter().find_map(|condition| match condition {
                Match::Source(set) if set.nets().len() <= MOST_PREFIXES => Some(set),
                _ => None,
            });
            match named {
                Some(set) => sources.prefixes.extend(set.nets().iter().map(|net| (Prefix::of(net), number))),
                None => sources.others.push(number),
            }
        }
        sources.prefixes.sort_unstable();
        for (prefix, _) in &sources.prefixes {
            // A length of 128 has no bit below the others: it lies in no other prefix, and none is looked up.
            sources.lengths[usize::from(prefix.is_v6)] |=
                1_u128.checked_shl(prefix.length.into()).unwrap_or(0);
        }
        sources
    }

    /// The numbers of all rules that packets from some of `addresses` may match, and of others, in order.
    pub(super) fn meeting(&self, addresses: &AddressSet) -> Vec<usize> {
        let mut numbers = self.others.clone();
        for net in addresses.nets() {
            let asked = Prefix::of(net);
            for length in
                (0..asked.length).filter(|length| self.lengths[usize::from(asked.is_v6)] >> length & 1 == 1)
            {
                let wider = asked.within(length);
                let start = self.prefixes.partition_point(|(prefix, _)| *prefix < wider);
                let same = self.prefixes[start..].iter().take_while(|(prefix, _)| *prefix == wider);
                numbers.extend(same.map(|(_, number)| number));
            }
            let start = self.prefixes.partition_point(|(prefix, _)| *prefix < asked);
            let end = self.prefixes.partition_point(|(prefix, _)| *prefix <= asked.last());
            numbers.extend(self.prefixes[start..end].iter().map(|(_, number)| number));
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
