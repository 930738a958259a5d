//! Chance that can be repeated.

/// Random numbers from a seed (`SplitMix64`): few lines, and the same numbers with every version of every crate, so
/// that a seed in a report of last year still means the same rule set.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice whose throws `seed` determines.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a small number");
        usize::try_from(self.bits() % bound).expect("below a small number")
    }

    /// True in `percent` of all throws.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Some of several, in their order: at least one, at most `most`.
    pub(crate) fn some<T: Copy>(&mut self, of: &[T], most: usize) -> Vec<T> {
        let mut left = 1 + self.below(most.min(of.len()));
        let mut taken = Vec::new();
        for (index, &one) in of.iter().enumerate() {
            // Each is as likely as any other: wanted of those that are left.
            if self.below(of.len() - index) < left {
                taken.push(one);
                left -= 1;
            }
        }
        taken
    }
}
