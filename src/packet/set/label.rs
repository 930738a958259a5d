//! Labels: sets that also say of each of their packets why it is in there.
//!
//! A labelled set is one set of packets for each label, in one diagram: a few variables below all others hold
//! the label. Union, intersection with a set without labels, assignment and quantification mean what they mean
//! for each label by itself, so that whatever works on sets works on labelled ones. Complements do not.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::arena::{Ref, Variable};
use super::layout;
use super::{PacketSet, Space, TooComplex};

/// Labels in ascending order, each with its packets.
type Parts = Rc<[(u32, Ref)]>;

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

    /// The labels of a labelled set in ascending order, each with its packets, without it.
    ///
    /// One pass: time in proportion to the nodes of the set, each as often as there are labels below it.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or packets have every label.
    pub fn by_label(&mut self, set: PacketSet) -> Result<Vec<(u32, PacketSet)>, TooComplex> {
        let parts = self.divide(set.0, &mut HashMap::new())?;
        Ok(parts.iter().map(|&(label, packets)| (label, PacketSet(packets))).collect())
    }

    fn divide(&mut self, f: Ref, known: &mut HashMap<Ref, Parts>) -> Result<Parts, TooComplex> {
        if let Some(parts) = known.get(&f) {
            return Ok(Rc::clone(parts));
        }
        let variable = self.arena.variable(f);
        let parts: Parts = if f == Ref::TRUE {
            return Err(TooComplex);
        } else if f == Ref::FALSE || variable >= layout::LABEL.first {
            let mut labels = Vec::new();
            self.collect_labels(f, layout::LABEL.first, 0, &mut labels);
            labels.into_iter().map(|label| (label, Ref::TRUE)).collect()
        } else {
            let (low, high) = self.arena.children(f);
            let (low, high) = (self.divide(low, known)?, self.divide(high, known)?);
            self.arena.work(low.len() + high.len())?;
            let labels: BTreeSet<u32> = low.iter().chain(&*high).map(|&(label, _)| label).collect();
            let of = |parts: &Parts, label| {
                let at = parts.binary_search_by_key(&label, |&(known, _)| known);
                at.map_or(Ref::FALSE, |at| parts[at].1)
            };
            let mut parts = Vec::with_capacity(labels.len());
            for label in labels {
                parts.push((label, self.arena.node(variable, of(&low, label), of(&high, label))?));
            }
            parts.into()
        };
        known.insert(f, Rc::clone(&parts));
        Ok(parts)
    }

    /// The labels that `labels` holds for, `above` being the bits of the variables before `variable`.
    fn collect_labels(&self, labels: Ref, variable: Variable, above: u32, found: &mut Vec<u32>) {
        if labels == Ref::FALSE {
            return;
        }
        if variable == layout::LABEL.end() {
            found.push(above);
            return;
        }
        let (low, high) = self.arena.cofactors(labels, variable);
        self.collect_labels(low, variable + 1, above << 1, found);
        self.collect_labels(high, variable + 1, above << 1 | 1, found);
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
        assert_eq!(space.by_label(both)?, [(0, low), ((1 << 26) - 1, high)]);
        assert_eq!(space.by_label(PacketSet::EMPTY)?, []);
        assert!(space.by_label(low).is_err(), "not labelled");
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
