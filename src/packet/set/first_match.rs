//! First-match evaluation of a long list in one pass.
//!
//! Taking rule after rule off the packets that are left costs, for every rule, a way through a diagram that
//! grows all the time. Here the whole list descends the bits of the source address together, then those of
//! the destination: at each bit the cases that test it part, those that do not go both ways. Few arrive
//! anywhere, and only the nodes of the result are ever made.

use std::collections::HashMap;

use ipnet::IpNet;

use super::arena::{Ref, Variable};
use super::layout::{self, Bits};
use super::{PacketSet, Space, TooComplex};
use crate::packet::{AddressSet, Family};

/// One case of a list: the packets from `source` to `destination` that are in `rest`.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Where the packets come from.
    pub source: &'a AddressSet,
    /// Where they go to.
    pub destination: &'a AddressSet,
    /// What else is true of them. It may test addresses, but then the case is taken by itself.
    pub rest: PacketSet,
    /// What the packets amount to. Cases may share a label, and are cheapest when many do.
    pub label: u32,
}

/// The packets that were asked about, divided by the first case that holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstMatch {
    /// Per label, in ascending order, the packets for which a case with that label is the first. Where the
    /// case depends on opaque predicates, so do its packets. Labels without packets are left out.
    pub matched: Vec<(u32, PacketSet)>,
    /// The packets that no case holds.
    pub unmatched: PacketSet,
}

/// Cases that do not test the field at hand are carried to every value of it that others test. So many are
/// carried at a time; more, and the list is taken in parts.
const MOST_CARRIED: usize = 16;

impl Space {
    /// Divides the packets of `within` by the first of the cases that holds them.
    ///
    /// Time in proportion to the number of cases times the length of a prefix where most cases test an
    /// address, and where they do not, to that of as many intersections.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn first_match(&mut self, within: PacketSet, cases: &[Case<'_>]) -> Result<FirstMatch, TooComplex> {
        let plain =
            |space: &Self, case: &Case<'_>| space.arena.variable(case.rest.0) >= layout::DESTINATION.end();
        let mut outcomes = Vec::new();
        let mut cases = cases;
        while let Some(first) = cases.first() {
            let run = cases.iter().take_while(|case| plain(self, case)).count();
            outcomes.push(if run == 0 {
                let source = self.source(first.source)?;
                let destination = self.destination(first.destination)?;
                let case = self.intersection_all([source, destination, first.rest])?;
                self.take(within.0, case.0, first.label)?
            } else {
                Descent::new(self, &cases[..run], within.0)?.families(within.0)?
            });
            cases = &cases[run.max(1)..];
        }
        let outcome = self.one_after_the_other(outcomes, within.0)?;
        let matched = outcome.matched.into_iter().map(|(label, set)| (label, PacketSet(set))).collect();
        Ok(FirstMatch { matched, unmatched: PacketSet(outcome.unmatched) })
    }

    /// Takes one case off the packets of `within`.
    fn take(&mut self, within: Ref, case: Ref, label: u32) -> Result<Outcome, TooComplex> {
        let hit = self.arena.and(within, case)?;
        let unmatched = self.arena.and(within, case.not())?;
        let matched = if hit == Ref::FALSE { Vec::new() } else { vec![(label, hit)] };
        Ok(Outcome { matched, unmatched })
    }

    /// What a list makes of the packets of `within`, from what each of its parts makes of them.
    ///
    /// Neighbours are joined to neighbours, so that no part is carried through all that follow it.
    fn one_after_the_other(
        &mut self,
        mut outcomes: Vec<Outcome>,
        within: Ref,
    ) -> Result<Outcome, TooComplex> {
        while outcomes.len() > 1 {
            let mut joined = Vec::with_capacity(outcomes.len().div_ceil(2));
            let mut each = outcomes.into_iter();
            while let Some(mut outcome) = each.next() {
                if let Some(mut later) = each.next() {
                    for (_, set) in &mut later.matched {
                        *set = self.arena.and(*set, outcome.unmatched)?;
                    }
                    later.unmatched = self.arena.and(later.unmatched, outcome.unmatched)?;
                    later.matched.retain(|(_, set)| *set != Ref::FALSE);
                    self.continue_with(&mut outcome, later)?;
                }
                joined.push(outcome);
            }
            outcomes = joined;
        }
        Ok(outcomes.pop().unwrap_or(Outcome::unmatched(within)))
    }

    /// Adds what later cases made of the unmatched packets.
    fn continue_with(&mut self, outcome: &mut Outcome, later: Outcome) -> Result<(), TooComplex> {
        for (label, set) in later.matched {
            match outcome.matched.binary_search_by_key(&label, |(label, _)| *label) {
                Ok(at) => outcome.matched[at].1 = self.arena.or(outcome.matched[at].1, set)?,
                Err(at) => outcome.matched.insert(at, (label, set)),
            }
        }
        outcome.unmatched = later.unmatched;
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Outcome {
    /// In ascending order of the labels, no set empty.
    matched: Vec<(u32, Ref)>,
    unmatched: Ref,
}

impl Outcome {
    fn unmatched(within: Ref) -> Self {
        Self { matched: Vec::new(), unmatched: within }
    }
}

/// What is left of a case below the source address. Cases that are the same there are one kind, so that a
/// block list of any length is one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind<'a> {
    destination: &'a AddressSet,
    rest: Ref,
    label: u32,
}

/// A prefix of an address, and the kind of case that it belongs to.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The prefix, at the top.
    bits: u128,
    length: Variable,
    kind: usize,
}

/// The address that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Source,
    Destination,
}

impl Stage {
    fn bits(self) -> Bits {
        match self {
            Self::Source => layout::SOURCE,
            Self::Destination => layout::DESTINATION,
        }
    }
}

struct Descent<'s, 'a> {
    space: &'s mut Space,
    /// Per case its source and its kind.
    cases: Vec<(&'a AddressSet, usize)>,
    kinds: Vec<Kind<'a>>,
    family: Family,
    /// What a list of kinds makes of a set below the source address.
    below_source: HashMap<(Ref, Vec<usize>), Outcome>,
    /// The same below both addresses.
    below_destination: HashMap<(Ref, Vec<usize>), Outcome>,
}

impl<'s, 'a> Descent<'s, 'a> {
    fn new(space: &'s mut Space, cases: &[Case<'a>], within: Ref) -> Result<Self, TooComplex> {
        // What a case is outside of what is asked about does not matter, so that there are fewer kinds.
        let asked = space.arena.exists(within, 0, layout::DESTINATION.end())?;
        let mut kinds = Vec::new();
        let mut known = HashMap::new();
        let mut descending = Vec::with_capacity(cases.len());
        for case in cases {
            let common = space.arena.and(case.rest.0, asked)?;
            if common == Ref::FALSE {
                continue;
            }
            let rest = if common == asked { Ref::TRUE } else { case.rest.0 };
            let kind = Kind { destination: case.destination, rest, label: case.label };
            let index = *known.entry(kind).or_insert_with(|| {
                kinds.push(kind);
                kinds.len() - 1
            });
            descending.push((case.source, index));
        }
        let (below_source, below_destination) = (HashMap::new(), HashMap::new());
        Ok(Self { space, cases: descending, kinds, family: Family::Ipv4, below_source, below_destination })
    }

    fn families(mut self, within: Ref) -> Result<Outcome, TooComplex> {
        let (low, high) = self.space.arena.cofactors(within, layout::FAMILY.first);
        let low = self.one_family(Family::Ipv4, low)?;
        let high = self.one_family(Family::Ipv6, high)?;
        self.join(layout::FAMILY.first, low, high)
    }

    fn one_family(&mut self, family: Family, within: Ref) -> Result<Outcome, TooComplex> {
        self.family = family;
        self.below_source.clear();
        self.below_destination.clear();
        let cases = self.cases.iter();
        let entries: Vec<Entry> = cases.flat_map(|&(source, kind)| entries(source, family, kind)).collect();
        self.list(Stage::Source, &entries, within)
    }

    /// Takes a list in parts, so that not too much of it is carried along.
    fn list(&mut self, stage: Stage, entries: &[Entry], within: Ref) -> Result<Outcome, TooComplex> {
        let mut outcomes = Vec::new();
        let (mut start, mut carried) = (0, 0);
        for (at, entry) in entries.iter().enumerate() {
            let parting = entry.length > 0;
            carried += usize::from(!parting);
            let mixed = parting || carried < at + 1 - start;
            if carried > MOST_CARRIED && mixed {
                outcomes.push(self.part(stage, 0, entries[start..at].to_vec(), within)?);
                (start, carried) = (at, usize::from(!parting));
            }
        }
        outcomes.push(self.part(stage, 0, entries[start..].to_vec(), within)?);
        self.space.one_after_the_other(outcomes, within)
    }

    /// Descends from one bit of the address to the next.
    fn part(
        &mut self,
        stage: Stage,
        depth: Variable,
        entries: Vec<Entry>,
        within: Ref,
    ) -> Result<Outcome, TooComplex> {
        if within == Ref::FALSE || entries.is_empty() {
            return Ok(Outcome::unmatched(within));
        }
        self.space.arena.work(entries.len())?;
        if entries.iter().all(|entry| entry.length <= depth) {
            let mut kinds = Vec::new();
            for entry in entries {
                // Of a kind that has been met, nothing is left.
                if !kinds.contains(&entry.kind) {
                    kinds.push(entry.kind);
                }
            }
            return self.below(stage, kinds, within);
        }
        let variable = stage.bits().first + depth;
        let (within_low, within_high) = self.space.arena.cofactors(within, variable);
        let goes =
            |entry: &Entry, one: bool| entry.length <= depth || (entry.bits << depth >> 127 == 1) == one;
        let high: Vec<Entry> = entries.iter().copied().filter(|entry| goes(entry, true)).collect();
        let mut low = entries;
        low.retain(|entry| goes(entry, false));
        let low = self.part(stage, depth + 1, low, within_low)?;
        let high = self.part(stage, depth + 1, high, within_high)?;
        self.join(variable, low, high)
    }

    /// Goes on where no case tests the address any more.
    fn below(&mut self, stage: Stage, kinds: Vec<usize>, within: Ref) -> Result<Outcome, TooComplex> {
        if within == Ref::FALSE {
            return Ok(Outcome::unmatched(within));
        }
        self.space.arena.work(kinds.len())?;
        let key = (within, kinds);
        if let Some(outcome) = self.memory(stage).get(&key) {
            return Ok(outcome.clone());
        }
        let variable = self.space.arena.variable(within);
        let outcome = if variable < stage.bits().end() {
            let (low, high) = self.space.arena.children(within);
            let low = self.below(stage, key.1.clone(), low)?;
            let high = self.below(stage, key.1.clone(), high)?;
            self.join(variable, low, high)?
        } else {
            match stage {
                Stage::Source => {
                    let family = self.family;
                    let destinations = key.1.iter();
                    let entries: Vec<Entry> = destinations
                        .flat_map(|&kind| entries(self.kinds[kind].destination, family, kind))
                        .collect();
                    self.list(Stage::Destination, &entries, within)?
                }
                Stage::Destination => self.rest(&key.1, within)?,
            }
        };
        self.memory(stage).insert(key, outcome.clone());
        Ok(outcome)
    }

    fn memory(&mut self, stage: Stage) -> &mut HashMap<(Ref, Vec<usize>), Outcome> {
        match stage {
            Stage::Source => &mut self.below_source,
            Stage::Destination => &mut self.below_destination,
        }
    }

    /// Takes case after case off the packets of `within`, the addresses being settled.
    fn rest(&mut self, kinds: &[usize], within: Ref) -> Result<Outcome, TooComplex> {
        let mut outcome = Outcome::unmatched(within);
        for &kind in kinds {
            if outcome.unmatched == Ref::FALSE {
                break;
            }
            let Kind { rest, label, .. } = self.kinds[kind];
            let step = self.space.take(outcome.unmatched, rest, label)?;
            self.space.continue_with(&mut outcome, step)?;
        }
        Ok(outcome)
    }

    /// What is `low` where `variable` is 0 and `high` where it is 1.
    fn join(&mut self, variable: Variable, low: Outcome, high: Outcome) -> Result<Outcome, TooComplex> {
        let arena = &mut self.space.arena;
        let unmatched = arena.node(variable, low.unmatched, high.unmatched)?;
        let mut matched = Vec::with_capacity(low.matched.len().max(high.matched.len()));
        let (mut low, mut high) = (low.matched.into_iter().peekable(), high.matched.into_iter().peekable());
        loop {
            let label = match (low.peek(), high.peek()) {
                (Some((a, _)), Some((b, _))) => *a.min(b),
                (Some((label, _)), None) | (None, Some((label, _))) => *label,
                (None, None) => return Ok(Outcome { matched, unmatched }),
            };
            let low = low.next_if(|(own, _)| *own == label).map_or(Ref::FALSE, |(_, set)| set);
            let high = high.next_if(|(own, _)| *own == label).map_or(Ref::FALSE, |(_, set)| set);
            matched.push((label, arena.node(variable, low, high)?));
        }
    }
}

/// The prefixes of one family.
fn entries(addresses: &AddressSet, family: Family, kind: usize) -> impl Iterator<Item = Entry> {
    let nets = addresses.nets().iter().filter(move |net| Family::of_net(net) == family);
    nets.map(move |net| match net {
        IpNet::V4(net) => {
            Entry { bits: u128::from(net.network().to_bits()) << 96, length: net.prefix_len().into(), kind }
        }
        IpNet::V6(net) => Entry { bits: net.network().to_bits(), length: net.prefix_len().into(), kind },
    })
}
