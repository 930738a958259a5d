//! From a diagram back to the values of one field.

use std::cmp::Ordering;
use std::net::{Ipv4Addr, Ipv6Addr};

use foldhash::HashMap;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::arena::{Ref, Variable};
use super::layout::{self, Bits};
use super::part::{Names, Pattern};
use super::{NameField, PacketSet, Space, TooComplex};
use crate::packet::{AddressSet, PortRange, PortSet, Protocol};

/// Values of a field that are the same but for the last bits: the first of them, and how many bits vary.
type Block = (u128, Variable);

#[expect(clippy::cast_possible_truncation, reason = "width fits")]
fn v4_nets(blocks: Vec<Block>) -> impl Iterator<Item = IpNet> {
    let nets = blocks.into_iter().map(|(first, free)| (Ipv4Addr::from_bits(first as u32), 32 - free as u8));
    nets.filter_map(|(first, length)| Ipv4Net::new(first, length).map(IpNet::V4).ok())
}

#[expect(clippy::cast_possible_truncation, reason = "width fits")]
fn v6_nets(blocks: Vec<Block>) -> impl Iterator<Item = IpNet> {
    let nets = blocks.into_iter().map(|(first, free)| (Ipv6Addr::from_bits(first), 128 - free as u8));
    nets.filter_map(|(first, length)| Ipv6Net::new(first, length).map(IpNet::V6).ok())
}

/// A set of more nodes is ragged.
pub(super) const RAGGED: usize = 4096;

/// A ragged set is divided into so many groups of sources at most.
const MOST_GROUPS: usize = 4096;

/// Blocks of values by what a function is below them.
#[derive(Debug, Default)]
struct Groups {
    most: usize,
    all: Vec<(Ref, Vec<Block>)>,
    known: HashMap<Ref, usize>,
}

impl Groups {
    /// False if there are too many.
    fn add(&mut self, below: Ref, block: Block) -> bool {
        let next = self.all.len();
        let at = *self.known.entry(below).or_insert(next);
        if at == next {
            self.all.push((below, Vec::new()));
        }
        self.all[at].1.push(block);
        self.all.len() <= self.most
    }
}

impl Space {
    /// The addresses that packets of the set come from.
    ///
    /// What is known of a set this way spares building the sets of rules that cannot meet it.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn sources_of(&mut self, set: PacketSet) -> Result<AddressSet, TooComplex> {
        let values = self.only(set.0, layout::SOURCE)?;
        self.read_addresses(values, layout::SOURCE)
    }

    /// A set of one family by its sources, where they fall into few groups: the sources of each, and the set as it would be
    /// if it were so for any source. The largest group comes first. A set that is not ragged is divided only if it is the
    /// same for all of its sources.
    ///
    /// What long lists of sources decide is such a set, and each part by itself is simple.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn by_source(&mut self, set: PacketSet) -> Result<Option<Vec<(AddressSet, PacketSet)>>, TooComplex> {
        let (v4, v6) = self.arena.cofactors(set.0, layout::FAMILY.first);
        let (tree, bits, is_v6) = match (v4, v6) {
            (_, Ref::FALSE) => (v4, layout::SOURCE.leading(32), false),
            (Ref::FALSE, _) => (v6, layout::SOURCE, true),
            _ => return Ok(None),
        };
        let most = if self.arena.is_larger(tree, RAGGED) { MOST_GROUPS } else { 1 };
        let mut groups = Groups { most, ..Groups::default() };
        if !self.divide_blocks(tree, bits, 0, &mut groups)? {
            return Ok(None);
        }
        let size = |blocks: &[Block]| blocks.iter().map(|block| 2_f64.powi(block.1.into())).sum::<f64>();
        groups.all.sort_by(|(_, a), (_, b)| size(b).partial_cmp(&size(a)).unwrap_or(Ordering::Equal));
        let mut divided = Vec::with_capacity(groups.all.len());
        for (below, blocks) in groups.all {
            let sources = if is_v6 { v6_nets(blocks).collect() } else { v4_nets(blocks).collect() };
            divided.push((sources, PacketSet(self.literal(layout::FAMILY.first, is_v6, below)?)));
        }
        Ok(Some(divided))
    }

    /// The addresses that packets of the set go to.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn destinations_of(&mut self, set: PacketSet) -> Result<AddressSet, TooComplex> {
        let values = self.only(set.0, layout::DESTINATION)?;
        self.read_addresses(values, layout::DESTINATION)
    }

    /// The source ports of those packets of the set that have ports.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn source_ports_of(&mut self, set: PacketSet) -> Result<PortSet, TooComplex> {
        self.ports_of(set, layout::SOURCE_PORT)
    }

    /// The destination ports of those packets of the set that have ports.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn destination_ports_of(&mut self, set: PacketSet) -> Result<PortSet, TooComplex> {
        self.ports_of(set, layout::DESTINATION_PORT)
    }

    /// The protocols above IP of the packets of the set.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn protocols_of(&mut self, set: PacketSet) -> Result<Vec<Protocol>, TooComplex> {
        let values = self.only(set.0, layout::PROTOCOL)?;
        let numbers = self.read_ranges(values, layout::PROTOCOL)?;
        let all = (0..=u8::MAX).filter(|&number| numbers.contains(number.into()));
        Ok(all.map(Protocol::from_number).collect())
    }

    /// The set by addresses, protocol and ports alone: every packet for which there is one in the set with the same.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn endpoints(&mut self, set: PacketSet) -> Result<PacketSet, TooComplex> {
        let set = self.arena.exists(set.0, layout::IN_INTERFACE.first, layout::CONNECTION_MARK.end())?;
        self.arena.exists(set, layout::FLAGS.first, layout::LABEL.end()).map(PacketSet)
    }

    fn ports_of(&mut self, set: PacketSet, bits: Bits) -> Result<PortSet, TooComplex> {
        let with_ports = self.with_ports()?;
        let set = self.intersection(set, with_ports)?;
        let values = self.only(set.0, bits)?;
        self.read_ranges(values, bits)
    }

    /// The values that a field takes in `f`, with the family where it is an address.
    pub(super) fn only(&mut self, f: Ref, bits: Bits) -> Result<Ref, TooComplex> {
        let f = self.arena.exists(f, bits.end(), layout::END)?;
        match bits {
            layout::SOURCE => Ok(f),
            layout::DESTINATION => self.arena.exists(f, layout::SOURCE.first, bits.first),
            _ => self.arena.exists(f, 0, bits.first),
        }
    }

    pub(super) fn read_addresses(&mut self, values: Ref, bits: Bits) -> Result<AddressSet, TooComplex> {
        let (low, high) = self.arena.cofactors(values, layout::FAMILY.first);
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        self.blocks(low, bits.leading(32), 0, &mut v4)?;
        self.blocks(high, bits, 0, &mut v6)?;
        Ok(v4_nets(v4).chain(v6_nets(v6)).collect())
    }

    /// The values of a field of at most 16 bits.
    #[expect(clippy::cast_possible_truncation, reason = "width fits")]
    pub(super) fn read_ranges(&mut self, values: Ref, bits: Bits) -> Result<PortSet, TooComplex> {
        let mut blocks = Vec::new();
        self.blocks(values, bits, 0, &mut blocks)?;
        let ranges = blocks
            .into_iter()
            .filter_map(|(first, free)| PortRange::new(first as u16, (first + ((1 << free) - 1)) as u16));
        Ok(ranges.collect())
    }

    /// Collects the blocks of values in a field, each as its first value and how many bits vary, in order.
    fn blocks(
        &mut self,
        values: Ref,
        bits: Bits,
        first: u128,
        blocks: &mut Vec<Block>,
    ) -> Result<(), TooComplex> {
        let mut groups = Groups { most: 1, ..Groups::default() };
        self.divide_blocks(values, bits, first, &mut groups)?;
        blocks.extend(groups.all.into_iter().flat_map(|(_, blocks)| blocks));
        Ok(())
    }

    /// Collects the blocks of values in a field by what is left of `f` below them, where anything is. False if that is too
    /// much.
    fn divide_blocks(
        &mut self,
        f: Ref,
        bits: Bits,
        first: u128,
        groups: &mut Groups,
    ) -> Result<bool, TooComplex> {
        if f == Ref::FALSE {
            return Ok(true);
        }
        if self.arena.variable(f) >= bits.end() {
            return Ok(groups.add(f, (first, bits.width)));
        }
        self.arena.work(1)?;
        let (low, high) = self.arena.cofactors(f, bits.first);
        let later = Bits { first: bits.first + 1, width: bits.width - 1 };
        Ok(self.divide_blocks(low, later, first, groups)?
            && self.divide_blocks(high, later, first | 1 << later.width, groups)?)
    }

    /// The names that a field may have, in terms of those that sets have been made of.
    pub(super) fn read_names(&mut self, values: Ref, field: NameField) -> Result<Names, TooComplex> {
        if values == Ref::TRUE {
            return Ok(Names::ANY);
        }
        let mut patterns: Vec<Pattern> = self.names.iter().cloned().collect();
        patterns.sort_by_key(|pattern| (pattern.text.len(), !pattern.open));
        let whole = Pattern { text: String::new(), open: true };
        let default = self.includes(values, field, &whole, &patterns)?;
        let mut known: Vec<(Pattern, bool)> = Vec::new();
        let mut exceptions = Vec::new();
        for (index, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| **pattern != whole) {
            let included = self.includes(values, field, pattern, &patterns[index + 1..])?;
            let outer = known.iter().rev().find(|(outer, _)| outer.covers(pattern));
            if included != outer.map_or(default, |(_, included)| *included) {
                exceptions.push((pattern.clone(), included));
            }
            known.push((pattern.clone(), included));
        }
        Ok(Names { default, exceptions })
    }

    /// Whether the names of a pattern that fit no more specific one are among the values.
    fn includes(
        &mut self,
        values: Ref,
        field: NameField,
        pattern: &Pattern,
        others: &[Pattern],
    ) -> Result<bool, TooComplex> {
        let mut own = self.pattern(field, pattern)?;
        for inner in others.iter().filter(|other| *other != pattern && pattern.covers(other)) {
            let inner = self.pattern(field, inner)?;
            own = self.difference(own, inner)?;
        }
        Ok(self.arena.and(own.0, values)? != Ref::FALSE)
    }
}
