//! The sets of ipset(8), and what a rule that refers to one matches.

mod element;
mod matching;
mod save;

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, HashMap};

pub use save::read_sets;

use self::element::{Dimension, Field};
use crate::packet::{AddressSet, Family};

/// How many elements all rules together may bring into a rule set. Each rule has a copy.
const COPIES: usize = 4_000_000;

/// The sets that rules refer to by their names.
#[derive(Debug, Clone)]
pub struct Sets {
    sets: HashMap<String, Set>,
    copies: Cell<usize>,
}

impl Default for Sets {
    fn default() -> Self {
        Self { sets: HashMap::new(), copies: Cell::new(COPIES) }
    }
}

impl Sets {
    /// Adds the sets of another text.
    pub fn extend(&mut self, others: Self) {
        self.sets.extend(others.sets);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

/// A set.
#[derive(Debug, Clone)]
struct Set {
    /// What each part of an element is; empty for a list of sets, and for a type that is not modelled.
    dimensions: Vec<Dimension>,
    /// The family of its addresses; `None` for a set that has none.
    family: Option<Family>,
    /// Each element is this large a network, whatever it says.
    netmask: Option<u8>,
    /// The bits of marks that count.
    mark_mask: u32,
    /// The elements, and whether each is an exception (`nomatch`).
    elements: BTreeMap<Vec<Field>, bool>,
    /// The sets in a list of sets.
    members: Vec<String>,
    is_list: bool,
    /// Whether all of it is modelled.
    modelled: bool,
    /// The addresses of a set that has nothing else.
    addresses: OnceCell<AddressSet>,
}
