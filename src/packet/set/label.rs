//! Labels: sets that also say of each of their packets why it is in there.
//!
//! A labelled set is one set of packets for each label, in one diagram: a few variables below all others hold
//! the label. Union, intersection with a set without labels, assignment and quantification mean what they mean
//! for each label by itself, so that whatever works on sets works on labelled ones. Complements do not.

use std::collections::{BTreeSet, HashSet};

use super::arena::{Ref, Variable};
use super::layout;
use super::{PacketSet, Space, TooComplex};

impl Space {
    /// Every packet, with `label`, which is below 2²⁶.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or the label is too large.
    pub fn label(&mut self, label: u32) -> Result<PacketSet, TooComplex> {
        if u64::from(label) >> layout::LABEL.width != 0 {
            return Err(TooComplex);
        }
        let value = layout::LABEL.align(label.into());
        self.cube(layout::LABEL, value, layout::LABEL.width).map(PacketSet)
    }

    /// The packets of a labelled set that have some label, without it.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn unlabelled(&mut self, set: PacketSet) -> Result<PacketSet, TooComplex> {
        self.arena.exists(set.0, layout::LABEL.first, layout::LABEL.end()).map(PacketSet)
    }

    /// The packets of a labelled set with `label`, without it.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or the label is too large.
    pub fn labelled(&mut self, set: PacketSet, label: u32) -> Result<PacketSet, TooComplex> {
        let with = self.label(label)?;
        let with = self.intersection(set, with)?;
        self.unlabelled(with)
    }

    /// The labels of a labelled set, in ascending order, at most `limit` of them.
    ///
    /// Time in proportion to the nodes of the set.
    #[must_use]
    pub fn labels_of(&self, set: PacketSet, limit: usize) -> Vec<u32> {
        let mut found = BTreeSet::new();
        let (mut seen, mut open) = (HashSet::new(), vec![set.0]);
        while let Some(f) = open.pop() {
            if !seen.insert(f) {
                continue;
            }
            if self.arena.variable(f) < layout::LABEL.first {
                let (low, high) = self.arena.children(f);
                open.extend([low, high]);
            } else {
                let mut here = Vec::new();
                self.collect_labels(f, layout::LABEL.first, 0, limit, &mut here);
                found.extend(here);
            }
        }
        found.into_iter().take(limit).collect()
    }

    /// The labels that `labels` holds for, `above` being the bits of the variables before `variable`.
    fn collect_labels(
        &self,
        labels: Ref,
        variable: Variable,
        above: u32,
        limit: usize,
        found: &mut Vec<u32>,
    ) {
        if labels == Ref::FALSE || found.len() >= limit {
            return;
        }
        if variable == layout::LABEL.end() {
            found.push(above);
            return;
        }
        let (low, high) = self.arena.cofactors(labels, variable);
        self.collect_labels(low, variable + 1, above << 1, limit, found);
        self.collect_labels(high, variable + 1, above << 1 | 1, limit, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Family, PortRange};

    #[test]
    fn each_label_keeps_its_packets() -> Result<(), TooComplex> {
        let mut space = Space::default();
        let low = space.destination_port(&PortRange::new(1, 99).into_iter().collect())?;
        let high = space.destination_port(&PortRange::new(50, 200).into_iter().collect())?;
        let (first, last) = (space.label(0)?, space.label((1 << 26) - 1)?);
        let (a, b) = (space.intersection(low, first)?, space.intersection(high, last)?);
        let both = space.union(a, b)?;
        assert_eq!(space.labels_of(both, 10), [0, (1 << 26) - 1]);
        assert_eq!(space.labels_of(both, 1), [0]);
        assert_eq!(space.labelled(both, 0)?, low);
        assert_eq!(space.labelled(both, (1 << 26) - 1)?, high);
        assert_eq!(space.labelled(both, 7)?, PacketSet::EMPTY);
        let union = space.union(low, high)?;
        assert_eq!(space.unlabelled(both)?, union);
        let v4 = space.family(Family::Ipv4)?;
        let of_v4 = space.intersection(both, v4)?;
        let expected = space.intersection(low, v4)?;
        assert_eq!(space.labelled(of_v4, 0)?, expected);
        assert!(space.label(1 << 26).is_err());
        Ok(())
    }
}
