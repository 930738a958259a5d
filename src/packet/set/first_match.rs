//! First-match evaluation of a long list in one pass.
//!
//! Choosing case after case costs, for every one, a way through a diagram that grows all the time. Here the whole
//! list descends the bits of the source address together, then those of the destination: at each bit the cases that
//! test it part, those that do not go both ways. Few arrive anywhere, and only the nodes of the result are ever made.

use foldhash::{HashMap, HashMapExt as _};
use ipnet::IpNet;

use super::arena::{Arena, Ref, Variable};
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
    /// Which of them are in the answer. It may test addresses; a list is cheapest when no two such differ.
    pub then: PacketSet,
}

/// Cases that do not test the field at hand are carried to every value of it that others test. So many are
/// carried at a time; more, and the list is taken in parts.
const MOST_CARRIED: usize = 16;

impl Space {
    /// The packets that are in `then` of the first of the cases that holds them, or in `otherwise` if none does.
    /// Of packets that are not `within`, the answer holds any.
    ///
    /// Time in proportion to the number of cases times the length of a prefix where most cases test an
    /// address, and where they do not, to that of as many intersections.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn first_match(
        &mut self,
        within: PacketSet,
        cases: &[Case<'_>],
        otherwise: PacketSet,
    ) -> Result<PacketSet, TooComplex> {
        let mut answer = otherwise;
        let mut cases = cases;
        // From the last to the first, since what later cases answer is what the earlier ones leave.
        while let Some(last) = cases.last() {
            let mut moving = None;
            let run = cases.iter().rev().take_while(|case| self.joins(case, &mut moving)).count();
            let (before, run) = cases.split_at(cases.len() - run);
            if run.is_empty() {
                let source = self.source(last.source)?;
                let destination = self.destination(last.destination)?;
                let case = self.intersection_all([source, destination, last.rest])?;
                answer = self.choose(case, last.then, answer)?;
                cases = &before[..before.len() - 1];
            } else {
                let moving = moving.unwrap_or(PacketSet::EMPTY).0;
                let sets = Sets { within: within.0, otherwise: answer.0, moving };
                answer = PacketSet(Descent::new(self, run).families(sets)?);
                cases = before;
            }
        }
        Ok(answer)
    }

    /// Whether a case can be taken together with others, of which only `moving` has an answer that tests addresses.
    fn joins(&self, case: &Case<'_>, moving: &mut Option<PacketSet>) -> bool {
        let tests_addresses = |set: PacketSet| self.arena.variable(set.0) < layout::DESTINATION.end();
        if tests_addresses(case.rest) {
            return false;
        }
        !tests_addresses(case.then) || *moving.get_or_insert(case.then) == case.then
    }
}

/// What is left, at some point of the descent, of the sets that test addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Sets {
    /// The packets that are asked about.
    within: Ref,
    /// The answer where no case holds.
    otherwise: Ref,
    /// The answer of those cases for which it tests addresses.
    moving: Ref,
}

impl Sets {
    /// The sets where `variable`, the first that any of them tests or an earlier one, is 0, and where it is 1.
    fn parted(self, arena: &Arena, variable: Variable) -> (Self, Self) {
        let within = arena.cofactors(self.within, variable);
        let otherwise = arena.cofactors(self.otherwise, variable);
        let moving = arena.cofactors(self.moving, variable);
        (
            Self { within: within.0, otherwise: otherwise.0, moving: moving.0 },
            Self { within: within.1, otherwise: otherwise.1, moving: moving.1 },
        )
    }

    /// The first variable that any of them tests.
    fn variable(self, arena: &Arena) -> Variable {
        arena.variable(self.within).min(arena.variable(self.otherwise)).min(arena.variable(self.moving))
    }
}

/// What is left of a case below the source address. Cases that are the same there are one kind, so that a
/// block list of any length is one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind<'a> {
    destination: &'a AddressSet,
    rest: Ref,
    /// The answer; `None` if it is the one that tests addresses.
    then: Option<Ref>,
}

/// A prefix of an address, and the kind of case that it belongs to.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The prefix, at the top: its upper half and its lower one.
    bits: [u64; 2],
    length: Variable,
    kind: u32,
}

impl Entry {
    fn bit(&self, depth: Variable) -> bool {
        self.bits[usize::from(depth / 64)] << (depth % 64) >> 63 == 1
    }

    /// The bits from `depth` on to the end of its byte.
    fn byte(&self, depth: Variable) -> u8 {
        (self.bits[usize::from(depth / 64)] << (depth % 64) >> 56) as u8
    }
}

/// The address that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    cases: Vec<(&'a AddressSet, u32)>,
    kinds: Vec<Kind<'a>>,
    family: Family,
    /// The entries of the parts that are being descended, one part above the other.
    entries: Vec<Entry>,
    /// What a list of kinds answers below an address.
    below: HashMap<(Stage, Sets, Vec<u32>), Ref>,
    /// The same of a single one, as most are.
    below_one: HashMap<(Stage, Sets, u32), Ref>,
    /// What ends of single prefixes that lie within a byte answer.
    ends: HashMap<End, Ref>,
}

/// The end of a prefix: from a whole number of bytes on to its length, at most a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct End {
    first: Variable,
    length: Variable,
    byte: u8,
    /// The answer for the addresses that have it.
    inside: Ref,
    /// The answer for the others.
    outside: Ref,
}

impl<'s, 'a> Descent<'s, 'a> {
    fn new(space: &'s mut Space, cases: &[Case<'a>]) -> Self {
        let mut kinds = Vec::new();
        let mut known = HashMap::new();
        let mut descending = Vec::with_capacity(cases.len());
        for case in cases {
            let then = case.then.0;
            let then = (space.arena.variable(then) >= layout::DESTINATION.end()).then_some(then);
            let kind = Kind { destination: case.destination, rest: case.rest.0, then };
            let index = *known.entry(kind).or_insert_with(|| {
                kinds.push(kind);
                u32::try_from(kinds.len() - 1).unwrap_or(u32::MAX)
            });
            descending.push((case.source, index));
        }
        Self {
            space,
            cases: descending,
            kinds,
            family: Family::Ipv4,
            entries: Vec::new(),
            below: HashMap::new(),
            below_one: HashMap::new(),
            ends: HashMap::new(),
        }
    }

    fn families(mut self, sets: Sets) -> Result<Ref, TooComplex> {
        let (low, high) = sets.parted(&self.space.arena, layout::FAMILY.first);
        let low = self.one_family(Family::Ipv4, low)?;
        let high = self.one_family(Family::Ipv6, high)?;
        self.space.arena.node(layout::FAMILY.first, low, high)
    }

    fn one_family(&mut self, family: Family, sets: Sets) -> Result<Ref, TooComplex> {
        self.family = family;
        self.below.clear();
        self.below_one.clear();
        let cases = self.cases.iter();
        let entries: Vec<Entry> = cases.flat_map(|&(source, kind)| entries(source, family, kind)).collect();
        self.list(Stage::Source, &entries, sets)
    }

    /// Takes a list in parts, so that not too much of it is carried along.
    fn list(&mut self, stage: Stage, entries: &[Entry], mut sets: Sets) -> Result<Ref, TooComplex> {
        let mut starts = vec![0];
        let (mut start, mut carried) = (0, 0);
        for (at, entry) in entries.iter().enumerate() {
            let parting = entry.length > 0;
            carried += usize::from(!parting);
            let mixed = parting || carried < at + 1 - start;
            if carried > MOST_CARRIED && mixed {
                starts.push(at);
                (start, carried) = (at, usize::from(!parting));
            }
        }
        let mut end = entries.len();
        for start in starts.into_iter().rev() {
            let first = self.entries.len();
            self.entries.extend_from_slice(&entries[start..end]);
            sets.otherwise = self.part(stage, 0, first, sets)?;
            self.entries.truncate(first);
            end = start;
        }
        Ok(sets.otherwise)
    }

    /// Descends from one bit of the address to the next, with the entries from `first` on.
    fn part(&mut self, stage: Stage, depth: Variable, first: usize, sets: Sets) -> Result<Ref, TooComplex> {
        if sets.within == Ref::FALSE {
            return Ok(Ref::FALSE);
        }
        match self.entries[first..] {
            [] => return Ok(sets.otherwise),
            [entry] => return self.one(stage, depth, entry, sets),
            ref entries => self.space.arena.work(entries.len())?,
        }
        if self.entries[first..].iter().all(|entry| entry.length <= depth) {
            let mut kinds = Vec::new();
            for entry in &self.entries[first..] {
                // Of a kind that has been met, nothing is left.
                if !kinds.contains(&entry.kind) {
                    kinds.push(entry.kind);
                }
            }
            return self.below(stage, kinds, sets);
        }
        let variable = stage.bits().first + depth;
        let (low, high) = sets.parted(&self.space.arena, variable);
        let low = self.side(stage, depth, first, false, low)?;
        let high = self.side(stage, depth, first, true, high)?;
        self.space.arena.node(variable, low, high)
    }

    /// One side of a bit: with the entries from `first` on that have it so, or have ended.
    fn side(
        &mut self,
        stage: Stage,
        depth: Variable,
        first: usize,
        one: bool,
        sets: Sets,
    ) -> Result<Ref, TooComplex> {
        let end = self.entries.len();
        let goes_on = |entry: &Entry| entry.length <= depth || entry.bit(depth) == one;
        // Where all go on, as most often where few are left, they stay where they are.
        let same = self.entries[first..].iter().take_while(|entry| goes_on(entry)).count();
        if same == end - first {
            return self.part(stage, depth + 1, first, sets);
        }
        self.entries.extend_from_within(first..first + same);
        for at in first + same..end {
            let entry = self.entries[at];
            if goes_on(&entry) {
                self.entries.push(entry);
            }
        }
        let answer = self.part(stage, depth + 1, end, sets);
        self.entries.truncate(end);
        answer
    }

    /// The same for a single case, as the most part of a long list ends.
    fn one(&mut self, stage: Stage, depth: Variable, entry: Entry, sets: Sets) -> Result<Ref, TooComplex> {
        if sets.within == Ref::FALSE {
            return Ok(Ref::FALSE);
        }
        if entry.length <= depth {
            return self.below_one(stage, entry.kind, sets);
        }
        self.space.arena.work(1)?;
        if sets.variable(&self.space.arena) >= stage.bits().end() {
            let inside = self.below_one(stage, entry.kind, sets)?;
            return self.path(stage, depth, entry, inside, sets.otherwise);
        }
        let variable = stage.bits().first + depth;
        let (low, high) = sets.parted(&self.space.arena, variable);
        if entry.bit(depth) {
            let high = self.one(stage, depth + 1, entry, high)?;
            self.space.arena.node(variable, low.otherwise, high)
        } else {
            let low = self.one(stage, depth + 1, entry, low)?;
            self.space.arena.node(variable, low, high.otherwise)
        }
    }

    /// The rest of a prefix where nothing else tests the address. There are as many as cases, but their last bytes are
    /// often the same.
    fn path(
        &mut self,
        stage: Stage,
        depth: Variable,
        entry: Entry,
        inside: Ref,
        outside: Ref,
    ) -> Result<Ref, TooComplex> {
        let mut answer = inside;
        let mut at = entry.length;
        let first = (entry.length - 1) / 8 * 8;
        if first >= depth {
            let (length, byte) = (entry.length, entry.byte(first));
            // Further bits are 0 in every prefix of this length.
            let end = End { first: stage.bits().first + first, length, byte, inside, outside };
            answer = if let Some(&known) = self.ends.get(&end) {
                known
            } else {
                let known = self.bits(stage, (first, length), entry, inside, outside)?;
                self.ends.insert(end, known);
                known
            };
            at = first;
        }
        self.bits(stage, (depth, at), entry, answer, outside)
    }

    /// The bits of a prefix from one depth to another.
    fn bits(
        &mut self,
        stage: Stage,
        (depth, end): (Variable, Variable),
        entry: Entry,
        inside: Ref,
        outside: Ref,
    ) -> Result<Ref, TooComplex> {
        let mut answer = inside;
        for at in (depth..end).rev() {
            let (low, high) = if entry.bit(at) { (outside, answer) } else { (answer, outside) };
            answer = self.space.arena.node(stage.bits().first + at, low, high)?;
        }
        Ok(answer)
    }

    fn below_one(&mut self, stage: Stage, kind: u32, sets: Sets) -> Result<Ref, TooComplex> {
        if let Some(&answer) = self.below_one.get(&(stage, sets, kind)) {
            return Ok(answer);
        }
        let answer = self.below(stage, vec![kind], sets)?;
        self.below_one.insert((stage, sets, kind), answer);
        Ok(answer)
    }

    /// Goes on where no case tests the address any more.
    fn below(&mut self, stage: Stage, kinds: Vec<u32>, sets: Sets) -> Result<Ref, TooComplex> {
        if sets.within == Ref::FALSE {
            return Ok(Ref::FALSE);
        }
        self.space.arena.work(kinds.len())?;
        let key = (stage, sets, kinds);
        if let Some(&answer) = self.below.get(&key) {
            return Ok(answer);
        }
        let kinds = &key.2;
        let variable = sets.variable(&self.space.arena);
        let answer = if variable < stage.bits().end() {
            let (low, high) = sets.parted(&self.space.arena, variable);
            let low = self.below(stage, kinds.clone(), low)?;
            let high = self.below(stage, kinds.clone(), high)?;
            self.space.arena.node(variable, low, high)?
        } else {
            match stage {
                Stage::Source => {
                    let family = self.family;
                    let entries: Vec<Entry> = kinds
                        .iter()
                        .flat_map(|&kind| entries(self.kinds[kind as usize].destination, family, kind))
                        .collect();
                    self.list(Stage::Destination, &entries, sets)?
                }
                Stage::Destination => self.rest(kinds, sets)?,
            }
        };
        self.below.insert(key, answer);
        Ok(answer)
    }

    /// Chooses case after case, the addresses being settled.
    fn rest(&mut self, kinds: &[u32], sets: Sets) -> Result<Ref, TooComplex> {
        let mut answer = PacketSet(sets.otherwise);
        for &kind in kinds.iter().rev() {
            let Kind { rest, then, .. } = self.kinds[kind as usize];
            let then = PacketSet(then.unwrap_or(sets.moving));
            answer = self.space.choose(PacketSet(rest), then, answer)?;
        }
        Ok(answer.0)
    }
}

/// The prefixes of one family.
fn entries(addresses: &AddressSet, family: Family, kind: u32) -> impl Iterator<Item = Entry> {
    let nets = addresses.nets().iter().filter(move |net| Family::of_net(net) == family);
    nets.map(move |net| {
        let bits = match net {
            IpNet::V4(net) => [u64::from(net.network().to_bits()) << 32, 0],
            IpNet::V6(net) => {
                let bits = net.network().to_bits();
                [(bits >> 64) as u64, (bits << 64 >> 64) as u64]
            }
        };
        Entry { bits, length: net.prefix_len().into(), kind }
    })
}
