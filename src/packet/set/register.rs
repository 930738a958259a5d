//! Registers: what a rule set remembers of a packet between its rules, and what is forgotten after them.
//!
//! They are fields like those of the packet itself: a set may depend on them, and an assignment substitutes them. No
//! packet has them when it arrives, so that an evaluation ends by assigning them their first values.

use super::arena::Variable;
use super::layout::{self, Bits};
use super::{PacketSet, Space, TooComplex};

impl Space {
    /// The packets that have the tag.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or there are more than 65535 tags.
    pub fn tag(&mut self, tag: &str) -> Result<PacketSet, TooComplex> {
        let number = self.tag_number(tag)?;
        self.register(layout::TAG, number.into())
    }

    /// The packets that would be in the set if they had this tag, or none.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or there are more than 65535 tags.
    pub fn assign_tag(&mut self, set: PacketSet, tag: Option<&str>) -> Result<PacketSet, TooComplex> {
        let number = tag.map_or(Ok(0), |tag| self.tag_number(tag))?;
        self.assign_register(set, layout::TAG, number.into())
    }

    /// The packets on which the decision with this number, below 2²⁶, stands.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or the number is too large.
    pub fn standing(&mut self, decision: u32) -> Result<PacketSet, TooComplex> {
        self.register(layout::STANDING, decision)
    }

    /// The packets that would be in the set if the decision with this number, below 2²⁶, stood.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or the number is too large.
    pub fn assign_standing(&mut self, set: PacketSet, decision: u32) -> Result<PacketSet, TooComplex> {
        self.assign_register(set, layout::STANDING, decision)
    }

    /// The packets of which this has been noted: 0, 1 or 2 is its number.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or the number is too large.
    pub fn noted(&mut self, note: u8) -> Result<PacketSet, TooComplex> {
        self.register(self::note(note)?, 1)
    }

    /// The packets that would be in the set if this were noted of them, or not.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or the number is too large.
    pub fn assign_note(&mut self, set: PacketSet, note: u8, holds: bool) -> Result<PacketSet, TooComplex> {
        self.assign_register(set, self::note(note)?, holds.into())
    }

    fn tag_number(&mut self, tag: &str) -> Result<u16, TooComplex> {
        if let Some(&number) = self.tags.get(tag) {
            return Ok(number);
        }
        let number = u16::try_from(self.tags.len() + 1).map_err(|_| TooComplex)?;
        self.tags.insert(tag.to_owned(), number);
        Ok(number)
    }

    fn register(&mut self, bits: Bits, value: u32) -> Result<PacketSet, TooComplex> {
        let value = code(bits, value)?;
        self.cube(bits, value, bits.width).map(PacketSet)
    }

    fn assign_register(&mut self, set: PacketSet, bits: Bits, value: u32) -> Result<PacketSet, TooComplex> {
        let value = code(bits, value)?;
        self.arena.assign(set.0, bits.first, bits.width, value).map(PacketSet)
    }
}

/// Where a note is.
fn note(number: u8) -> Result<Bits, TooComplex> {
    let first = layout::NOTES.first + Variable::from(number);
    if first < layout::NOTES.end() { Ok(Bits { first, width: 1 }) } else { Err(TooComplex) }
}

/// The code of a register's value: its bits, at the top.
fn code(bits: Bits, value: u32) -> Result<u128, TooComplex> {
    if u64::from(value) >> bits.width == 0 { Ok(bits.align(value.into())) } else { Err(TooComplex) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Family;

    #[test]
    fn a_packet_has_one_tag_until_it_gets_another() -> Result<(), TooComplex> {
        let mut space = Space::default();
        let (a, b) = (space.tag("a")?, space.tag("b")?);
        assert_eq!(space.intersection(a, b)?, PacketSet::EMPTY);
        let v4 = space.family(Family::Ipv4)?;
        let v4_or_a = space.union(v4, a)?;
        assert_eq!(space.assign_tag(v4_or_a, Some("a"))?, PacketSet::FULL);
        assert_eq!(space.assign_tag(v4_or_a, Some("b"))?, v4);
        assert_eq!(space.assign_tag(v4_or_a, None)?, v4);
        Ok(())
    }

    #[test]
    fn notes_are_apart() -> Result<(), TooComplex> {
        let mut space = Space::default();
        let (first, second) = (space.noted(0)?, space.noted(1)?);
        let only = space.difference(first, second)?;
        let with_first = space.assign_note(only, 0, true)?;
        assert_eq!(with_first, second.complement());
        assert_eq!(space.assign_note(only, 1, true)?, PacketSet::EMPTY);
        assert_eq!(space.assign_note(with_first, 1, false)?, PacketSet::FULL);
        assert!(space.noted(3).is_err());
        Ok(())
    }

    #[test]
    fn one_decision_stands() -> Result<(), TooComplex> {
        let mut space = Space::default();
        let (first, last) = (space.standing(0)?, space.standing((1 << 26) - 1)?);
        assert_eq!(space.intersection(first, last)?, PacketSet::EMPTY);
        assert_eq!(space.assign_standing(last, (1 << 26) - 1)?, PacketSet::FULL);
        assert_eq!(space.assign_standing(last, 0)?, PacketSet::EMPTY);
        assert!(space.standing(1 << 26).is_err());
        Ok(())
    }
}
