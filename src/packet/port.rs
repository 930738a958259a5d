//! TCP and UDP ports: one range, and sets of ranges.

use std::fmt;

use super::few::Few;

/// An inclusive range of ports, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// Every port.
    pub const ANY: Self = Self { first: 0, last: u16::MAX };

    /// The range from `first` to `last`, both included, or `None` when it is reversed.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The range between two ports, both included, in whichever order.
    #[must_use]
    pub const fn between(one: u16, other: u16) -> Self {
        if one <= other { Self { first: one, last: other } } else { Self { first: other, last: one } }
    }

    /// The range of a single port.
    #[must_use]
    pub fn single(port: u16) -> Self {
        Self { first: port, last: port }
    }

    /// The lowest port.
    #[must_use]
    pub fn first(self) -> u16 {
        self.first
    }

    /// The highest port.
    #[must_use]
    pub fn last(self) -> u16 {
        self.last
    }

    /// How many ports it holds, 1 to 65536.
    #[must_use]
    pub fn count(self) -> u32 {
        u32::from(self.last) - u32::from(self.first) + 1
    }

    /// Whether `port` lies in the range.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }

    /// The ports that both ranges hold.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }
}

impl fmt::Display for PortRange {
    /// `21`, or `60000-60020`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

/// A set of ports, kept as sorted ranges that neither touch nor overlap.
///
/// Two sets that hold the same ports are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PortSet {
    ranges: Few<PortRange>,
}

impl PortSet {
    /// The set of every port.
    #[must_use]
    pub fn any() -> Self {
        PortRange::ANY.into()
    }

    /// Whether it holds every port.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self.ranges == [PortRange::ANY]
    }

    /// Whether it holds no port.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges, in ascending order.
    #[must_use]
    pub fn ranges(&self) -> &[PortRange] {
        &self.ranges
    }

    /// Whether `port` is in the set.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.ranges.iter().any(|range| range.contains(port))
    }

    /// The ports that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let common = self
            .ranges
            .iter()
            .flat_map(|one| other.ranges.iter().filter_map(|another| one.intersection(*another)));
        common.collect()
    }

    /// The ports that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.ranges.iter().chain(&*other.ranges).copied().collect()
    }

    /// How many ports there are in it.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.ranges.iter().map(|range| range.count()).sum()
    }

    /// Whether the sets have a port in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.ranges.iter().any(|range| other.overlap(*range).is_some())
    }

    /// Whether there are ports in this set, and all of them are in `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let inside = |range: &PortRange| other.overlap(*range) == Some(*range);
        !self.is_empty() && self.ranges.iter().all(inside)
    }

    /// The ports that are in this set and not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.intersection(&other.complement())
    }

    fn complement(&self) -> Self {
        let mut gaps = Vec::new();
        let mut next = Some(PortRange::ANY.first);
        for range in self.ranges() {
            if let Some(before) = range.first.checked_sub(1) {
                gaps.extend(next.and_then(|first| PortRange::new(first, before)));
            }
            next = range.last.checked_add(1);
        }
        gaps.extend(next.map(|first| PortRange { first, last: PortRange::ANY.last }));
        gaps.into_iter().collect()
    }

    /// The lowest range that the set and `range` have in common.
    #[must_use]
    pub fn overlap(&self, range: PortRange) -> Option<PortRange> {
        self.ranges.iter().find_map(|own| own.intersection(range))
    }
}

impl From<PortRange> for PortSet {
    fn from(range: PortRange) -> Self {
        Self { ranges: range.into() }
    }
}

impl From<u16> for PortSet {
    fn from(port: u16) -> Self {
        PortRange::single(port).into()
    }
}

impl FromIterator<PortRange> for PortSet {
    fn from_iter<I: IntoIterator<Item = PortRange>>(ranges: I) -> Self {
        let mut sorted: Vec<PortRange> = ranges.into_iter().collect();
        sorted.sort_unstable();
        let mut merged: Vec<PortRange> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match merged.last_mut() {
                // Adjacent ranges are one range; widened, since 65535 + 1 does not fit.
                Some(last) if u32::from(range.first) <= u32::from(last.last) + 1 => {
                    last.last = last.last.max(range.last);
                }
                _ => merged.push(range),
            }
        }
        Self { ranges: merged.into() }
    }
}

impl fmt::Display for PortSet {
    /// `any`, `21`, `60000-60020`, or a list such as `20, 989`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return f.write_str("any");
        }
        for (index, range) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{range}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reversed_range_is_none() {
        assert_eq!(PortRange::new(60020, 60000), None);
        assert_eq!(PortRange::ANY.count(), 65536);
    }

    #[test]
    fn touching_ranges_are_one() {
        let set: PortSet = [(21, 21), (20, 20), (65535, 65535), (65000, 65534)]
            .into_iter()
            .filter_map(|(a, b)| PortRange::new(a, b))
            .collect();
        assert_eq!(set.to_string(), "20-21, 65000-65535");
    }

    proptest! {
        #[test]
        fn a_set_holds_exactly_the_ports_of_its_ranges(pairs in proptest::collection::vec((0u16..40, 0u16..40), 0..6), port in 0u16..50) {
            let ranges: Vec<PortRange> = pairs.iter().map(|&(a, b)| PortRange::new(a.min(b), a.max(b)).expect("in order")).collect();
            let set: PortSet = ranges.iter().copied().collect();
            prop_assert_eq!(set.contains(port), ranges.iter().any(|range| range.contains(port)));
            prop_assert!(set.ranges().windows(2).all(|pair| pair[0].last() + 1 < pair[1].first()));
        }

        #[test]
        fn sets_of_ports_are_sets(ranges in proptest::collection::vec((any::<u16>(), any::<u16>()), 0..8), split in 0usize..8, port in any::<u16>()) {
            let sets = ranges.split_at(split.min(ranges.len()));
            let set = |ranges: &[(u16, u16)]| ranges.iter().map(|&(a, b)| PortRange::between(a, b)).collect::<PortSet>();
            let (one, other) = (set(sets.0), set(sets.1));
            for port in [port, 0, u16::MAX] {
                prop_assert_eq!(one.intersection(&other).contains(port), one.contains(port) && other.contains(port));
                prop_assert_eq!(one.difference(&other).contains(port), one.contains(port) && !other.contains(port));
            }
        }
    }
}
