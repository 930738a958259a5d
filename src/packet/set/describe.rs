//! A set in a few parts that a person can read.
//!
//! The parts are found one after the other: a large cube of what is left is taken as the seed, and then every
//! field is widened to all values with which the part still lies within the set. So parts may overlap, as
//! rules do, and are as general as they can be.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;

use super::arena::{Ref, Variable};
use super::layout::{self, Bits};
use super::part::Part;
use super::{NameField, PacketSet, Space, TooComplex};
use crate::packet::{PortRange, Protocol, State};

/// What a set consists of, as far as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The parts, the larger ones first by and large. They may overlap.
    pub parts: Vec<Part>,
    /// The packets that are in none of the parts.
    pub rest: PacketSet,
    /// How many parts the rest would take when divided field by field; 0 when there is none.
    pub left_out: u64,
}

/// The fields whose values are listed. Of the others (flags, marks, reply, opaque predicates) single
/// variables are tested or not.
const LISTED: [Bits; 9] = [
    layout::IN_INTERFACE,
    layout::OUT_INTERFACE,
    layout::HELPER,
    layout::STATE,
    layout::SOURCE_PORT,
    layout::DESTINATION_PORT,
    layout::PROTOCOL,
    layout::DESTINATION,
    layout::SOURCE,
];

/// Steps that the widening of all parts may take. Beyond that, seeds stay as they are.
const STEPS: u64 = 20_000_000;

/// A product in the making.
#[derive(Debug, Clone, Default)]
struct Product {
    /// The values of the listed fields, by their first variables. Those of addresses include the family.
    listed: BTreeMap<Variable, Ref>,
    /// The single variables that are tested.
    single: BTreeMap<Variable, bool>,
}

impl Product {
    fn of(&self, bits: Bits) -> Ref {
        self.listed.get(&bits.first).copied().unwrap_or(Ref::TRUE)
    }
}

impl Space {
    /// Describes the set in at most `limit` parts, larger ones first.
    ///
    /// With nothing left out, the union of the parts is exactly the set. Work is bounded: of a very ragged set
    /// the parts become smaller than they could be.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn describe(&mut self, set: PacketSet, limit: usize) -> Result<Description, TooComplex> {
        let mut parts = Vec::new();
        let mut rest = set.0;
        let deadline = self.arena.steps().saturating_add(STEPS);
        let mut densities = HashMap::new();
        while rest != Ref::FALSE && parts.len() < limit {
            let seed = self.seed(rest, &mut densities)?;
            let allowed = self.arena.limit_steps(0);
            self.arena.limit_steps(allowed.min(deadline));
            let widened = self.widen(seed.clone(), set.0);
            self.arena.limit_steps(allowed);
            // What cannot be widened in time is a part all the same.
            let product = widened.unwrap_or(seed);
            let product_set = self.product(&product, None)?;
            rest = self.arena.and(rest, product_set.not())?;
            parts.push(self.read(&product)?);
        }
        let left_out = self.count(rest, 0, &mut HashMap::new());
        Ok(Description { parts, rest: PacketSet(rest), left_out })
    }

    /// A large cube of a set that is not empty: at each variable, to the side where more packets are.
    fn seed(&mut self, set: Ref, densities: &mut HashMap<Ref, f64>) -> Result<Product, TooComplex> {
        let mut product = Product::default();
        let mut literals: Vec<(Variable, bool)> = Vec::new();
        let mut f = set;
        while f != Ref::TRUE {
            let (low, high) = self.arena.children(f);
            let one = low == Ref::FALSE
                || (high != Ref::FALSE && self.density(high, densities) > self.density(low, densities));
            literals.push((self.arena.variable(f), one));
            f = if one { high } else { low };
        }
        for (variable, one) in literals.into_iter().rev() {
            let fields = LISTED.into_iter().filter(|bits| {
                let address = bits.first == layout::SOURCE.first || bits.first == layout::DESTINATION.first;
                (bits.first..bits.end()).contains(&variable) || (address && variable == layout::FAMILY.first)
            });
            let fields: Vec<Bits> = fields.collect();
            for bits in &fields {
                let values = self.literal(variable, one, product.of(*bits))?;
                product.listed.insert(bits.first, values);
            }
            if fields.is_empty() {
                product.single.insert(variable, one);
            }
        }
        Ok(product)
    }

    /// Which share of all assignments is in `f`.
    fn density(&self, f: Ref, known: &mut HashMap<Ref, f64>) -> f64 {
        match f {
            Ref::TRUE => return 1.0,
            Ref::FALSE => return 0.0,
            _ => {}
        }
        if let Some(density) = known.get(&f) {
            return *density;
        }
        let (low, high) = self.arena.children(f);
        let density = f64::midpoint(self.density(low, known), self.density(high, known));
        known.insert(f, density);
        density
    }

    /// Gives every field all values with which the product still lies within the set.
    fn widen(&mut self, mut product: Product, set: Ref) -> Result<Product, TooComplex> {
        for (variable, one) in product.single.clone().into_iter().rev() {
            product.single.remove(&variable);
            let wider = self.product(&product, None)?;
            if self.arena.and(wider, set.not())? != Ref::FALSE {
                product.single.insert(variable, one);
            }
        }
        for bits in LISTED {
            self.widen_field(&mut product, bits, set)?;
        }
        // Where one end is a whole family, the other end may as well be of the other family: the addresses of
        // a server that has both are one part.
        for (end, other) in [(layout::SOURCE, layout::DESTINATION), (layout::DESTINATION, layout::SOURCE)] {
            let whole = self.arena.exists(product.of(end), end.first, end.end())?;
            if product.of(end) == whole && whole != Ref::TRUE {
                product.listed.remove(&end.first);
                self.widen_field(&mut product, other, set)?;
                let families = self.arena.exists(product.of(other), other.first, other.end())?;
                product.listed.insert(end.first, families);
            }
        }
        Ok(product)
    }

    fn widen_field(&mut self, product: &mut Product, bits: Bits, set: Ref) -> Result<(), TooComplex> {
        if product.of(bits) == Ref::TRUE {
            return Ok(());
        }
        let others = self.product(product, Some(bits))?;
        let excluded = self.arena.and(others, set.not())?;
        let allowed = self.only(excluded, bits)?.not();
        // Values for which the other fields have no meaning are none.
        let sensible = match bits {
            layout::PROTOCOL => self.kind(product)?,
            layout::SOURCE => {
                self.arena.exists(product.of(layout::DESTINATION), layout::SOURCE.first, layout::END)?
            }
            layout::DESTINATION => {
                self.arena.exists(product.of(layout::SOURCE), layout::SOURCE.first, layout::END)?
            }
            _ => Ref::TRUE,
        };
        let values = self.arena.and(allowed, sensible)?;
        product.listed.insert(bits.first, values);
        Ok(())
    }

    /// The packets of a product, leaving out one of the listed fields.
    fn product(&mut self, product: &Product, without: Option<Bits>) -> Result<Ref, TooComplex> {
        let mut set = Ref::TRUE;
        for (variable, one) in product.single.iter().rev() {
            set = self.literal(*variable, *one, set)?;
        }
        // From the last variables to the first, so that each conjunction only adds above.
        for (first, values) in product.listed.iter().rev() {
            if without.is_none_or(|bits| bits.first != *first) {
                set = self.arena.and(*values, set)?;
            }
        }
        Ok(set)
    }

    /// The protocols that have the fields which a product tests.
    fn kind(&mut self, product: &Product) -> Result<Ref, TooComplex> {
        let flags = layout::FLAGS.first..layout::FLAGS.end();
        if product.single.range(flags).next().is_some() {
            return self.protocol(Protocol::Tcp).map(|set| set.0);
        }
        if product.of(layout::SOURCE_PORT) == Ref::TRUE && product.of(layout::DESTINATION_PORT) == Ref::TRUE {
            return Ok(Ref::TRUE);
        }
        let with_ports = self.with_ports()?.0;
        if self.arena.and(product.of(layout::PROTOCOL), with_ports)? != Ref::FALSE {
            return Ok(with_ports);
        }
        self.any_protocol(&layout::WITH_TYPES).map(|set| set.0)
    }

    /// The part that a product is.
    #[expect(clippy::cast_possible_truncation, reason = "width fits")]
    fn read(&mut self, product: &Product) -> Result<Part, TooComplex> {
        let mut part = Part::any();
        part.source = self.read_addresses(product.of(layout::SOURCE), layout::SOURCE)?;
        part.destination = self.read_addresses(product.of(layout::DESTINATION), layout::DESTINATION)?;
        let protocols = self.read_ranges(product.of(layout::PROTOCOL), layout::PROTOCOL)?;
        part.protocols =
            protocols.ranges().iter().map(|range| range.first() as u8..=range.last() as u8).collect();
        let source_ports = self.read_ranges(product.of(layout::SOURCE_PORT), layout::SOURCE_PORT)?;
        let ports = self.read_ranges(product.of(layout::DESTINATION_PORT), layout::DESTINATION_PORT)?;
        let with_types = |number| layout::WITH_TYPES.contains(&Protocol::from_number(number));
        if part.protocols.iter().all(|range| range.clone().all(with_types)) {
            if !ports.is_any() {
                part.icmp = ports.ranges().iter().flat_map(|range| types(*range)).collect();
            }
        } else {
            (part.source_ports, part.destination_ports) = (source_ports, ports);
        }
        for state in State::ALL {
            let one = self.state(&[state])?.0;
            if self.arena.and(one, product.of(layout::STATE))? == Ref::FALSE {
                part.states.retain(|other| *other != state);
            }
        }
        part.in_interface =
            self.read_names(product.of(NameField::InInterface.bits()), NameField::InInterface)?;
        part.out_interface =
            self.read_names(product.of(NameField::OutInterface.bits()), NameField::OutInterface)?;
        part.helper = self.read_names(product.of(NameField::Helper.bits()), NameField::Helper)?;
        for (&variable, &one) in &product.single {
            let bit = |bits: Bits| {
                let shift = bits.end().checked_sub(variable + 1).filter(|shift| *shift < bits.width);
                shift.map(|shift| (1_u32 << shift, u32::from(one) << shift))
            };
            if let Some((mask, value)) = bit(layout::FLAGS) {
                part.flags = (part.flags.0 | mask as u8, part.flags.1 | value as u8);
            } else if let Some((mask, value)) = bit(layout::MARK) {
                part.mark = (part.mark.0 | mask, part.mark.1 | value);
            } else if let Some((mask, value)) = bit(layout::CONNECTION_MARK) {
                part.connection_mark = (part.connection_mark.0 | mask, part.connection_mark.1 | value);
            } else if variable == layout::REPLY.first {
                part.reply = Some(one);
            } else if let Some(text) = self.opaque_text(variable) {
                part.opaque.push((text.to_owned(), one));
            }
        }
        Ok(part)
    }

    /// How many products `f` takes when divided by one field after the other, from the given one on.
    fn count(&self, f: Ref, field: usize, known: &mut HashMap<(Ref, usize), u64>) -> u64 {
        match f {
            Ref::FALSE => return 0,
            Ref::TRUE => return 1,
            _ => {}
        }
        let Some(end) = FIELD_ENDS.get(field).copied() else { return 1 };
        if let Some(count) = known.get(&(f, field)) {
            return *count;
        }
        // What is left of the set after each value of the field: as many products as there are different ones.
        let mut seen = HashSet::from([f]);
        let mut open = vec![f];
        let mut count = 0_u64;
        while let Some(g) = open.pop() {
            if self.arena.variable(g) >= end {
                count = count.saturating_add(self.count(g, field + 1, known));
            } else {
                let (low, high) = self.arena.children(g);
                open.extend([low, high].into_iter().filter(|child| seen.insert(*child)));
            }
        }
        known.insert((f, field), count);
        count
    }
}

/// Where the fields end, in the order of their variables. The opaque predicates are counted as one field.
const FIELD_ENDS: [Variable; 13] = [
    layout::FAMILY.end(),
    layout::SOURCE.end(),
    layout::DESTINATION.end(),
    layout::IN_INTERFACE.end(),
    layout::OUT_INTERFACE.end(),
    layout::HELPER.end(),
    layout::STATE.end(),
    layout::REPLY.end(),
    layout::CONNECTION_MARK.end(),
    layout::PROTOCOL.end(),
    layout::DESTINATION_PORT.end(),
    layout::SOURCE_PORT.end(),
    layout::FLAGS.end(),
];

/// A range of types and codes, written as one number each, as types with their codes.
fn types(range: PortRange) -> Vec<(RangeInclusive<u8>, RangeInclusive<u8>)> {
    let ([first, first_code], [last, last_code]) = (range.first().to_be_bytes(), range.last().to_be_bytes());
    if first == last {
        return vec![(first..=last, first_code..=last_code)];
    }
    let mut types = Vec::new();
    let whole_first = if first_code == 0 { first } else { first + 1 };
    let whole_last = if last_code == u8::MAX { last } else { last - 1 };
    if first_code > 0 {
        types.push((first..=first, first_code..=u8::MAX));
    }
    if whole_first <= whole_last {
        types.push((whole_first..=whole_last, 0..=u8::MAX));
    }
    if last_code < u8::MAX {
        types.push((last..=last, 0..=last_code));
    }
    types
}
