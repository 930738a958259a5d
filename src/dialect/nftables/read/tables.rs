//! The tables as the commands of a text leave them.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::problem::Problem;
use super::source::Problems;
use super::syntax::{Element, Expr, RuleText};
use crate::packet::Family;
use crate::ruleset::{BaseChain, Origin, TableFamily};

/// What a table is known by.
pub(super) type TableKey = (TableFamily, String);

/// All tables.
#[derive(Default)]
pub(super) struct Tables {
    /// In the order in which they were made; `None` for one that was deleted.
    tables: Vec<Option<Table>>,
    index: HashMap<TableKey, usize>,
}

/// A table.
pub(super) struct Table {
    pub(super) key: TableKey,
    pub(super) dormant: bool,
    chains: Vec<Option<Chain>>,
    index: HashMap<String, usize>,
    pub(super) sets: HashMap<String, Set>,
    /// In the order in which they were made.
    pub(super) helpers: Vec<Helper>,
}

/// A `ct helper` object.
pub(super) struct Helper {
    pub(super) name: String,
    /// The kernel's name of the helper.
    pub(super) kernel: String,
    pub(super) family: Option<Family>,
}

/// A chain.
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) base: Option<BaseChain>,
    pub(super) rules: VecDeque<RuleText>,
}

/// A named set or map.
#[derive(Default)]
pub(super) struct Set {
    elements: Vec<Element>,
    /// How many elements there were when a key was last deleted: those before are gone.
    deleted: HashMap<Expr, usize>,
}

impl Set {
    pub(super) fn add(&mut self, elements: &[Element]) {
        self.elements.extend_from_slice(elements);
    }

    pub(super) fn delete(&mut self, elements: &[Element]) {
        for element in elements {
            self.deleted.insert(element.key.clone(), self.elements.len());
        }
    }

    pub(super) fn flush(&mut self) {
        self.elements.clear();
        self.deleted.clear();
    }

    /// What it holds.
    pub(super) fn into_elements(self) -> Rc<[Element]> {
        let Self { elements, deleted } = self;
        if deleted.is_empty() {
            return elements.into();
        }
        let alive =
            |(at, element): &(usize, Element)| deleted.get(&element.key).is_none_or(|before| at >= before);
        elements.into_iter().enumerate().filter(alive).map(|(_, element)| element).collect()
    }
}

/// Where in its chain a rule goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Last,
    /// Before the rule with this index.
    BeforeIndex(u64),
    /// After the rule with this index.
    AfterIndex(u64),
    /// Before the rule with this handle.
    BeforeHandle(u64),
    /// After the rule with this handle.
    AfterHandle(u64),
    /// Instead of the rule with this handle.
    Instead(u64),
}

impl Tables {
    /// The table, made if it does not exist.
    pub(super) fn table(&mut self, key: &TableKey) -> &mut Table {
        let index = *self.index.entry(key.clone()).or_insert(self.tables.len());
        if index == self.tables.len() {
            self.tables.push(None);
        }
        self.tables[index].get_or_insert_with(|| Table::new(key.clone()))
    }

    /// The table, made if it does not exist, which is a problem then.
    pub(super) fn existing(&mut self, key: &TableKey, origin: Origin, problems: &mut Problems) -> &mut Table {
        if !self.index.contains_key(key) {
            problems.push(origin, Problem::UnknownTable { name: key.1.clone() });
        }
        self.table(key)
    }

    /// Removes a table; whether there was one.
    pub(super) fn delete(&mut self, key: &TableKey) -> bool {
        match self.index.remove(key) {
            Some(index) => {
                self.tables[index] = None;
                true
            }
            None => false,
        }
    }

    /// Removes all tables, of one family or of all.
    pub(super) fn flush(&mut self, family: Option<TableFamily>) {
        let gone = |key: &TableKey| family.is_none_or(|family| key.0 == family);
        self.index.retain(|key, _| !gone(key));
        for slot in &mut self.tables {
            if slot.as_ref().is_some_and(|table| gone(&table.key)) {
                *slot = None;
            }
        }
    }

    /// The tables, in order.
    pub(super) fn into_tables(self) -> impl Iterator<Item = Table> {
        self.tables.into_iter().flatten()
    }
}

impl Table {
    fn new(key: TableKey) -> Self {
        Self {
            key,
            dormant: false,
            chains: Vec::new(),
            index: HashMap::new(),
            sets: HashMap::new(),
            helpers: Vec::new(),
        }
    }

    /// The chain, made if it does not exist.
    pub(super) fn chain(&mut self, name: &str) -> &mut Chain {
        let index = *self.index.entry(name.to_owned()).or_insert(self.chains.len());
        if index == self.chains.len() {
            self.chains.push(None);
        }
        self.chains[index].get_or_insert_with(|| Chain {
            name: name.to_owned(),
            base: None,
            rules: VecDeque::new(),
        })
    }

    /// The chain, if it exists.
    pub(super) fn existing_chain(&mut self, name: &str) -> Option<&mut Chain> {
        let index = *self.index.get(name)?;
        self.chains.get_mut(index)?.as_mut()
    }

    /// Whether there is such a chain.
    pub(super) fn has_chain(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// Removes a chain; whether there was one.
    pub(super) fn delete_chain(&mut self, name: &str) -> bool {
        match self.index.remove(name) {
            Some(index) => {
                self.chains[index] = None;
                true
            }
            None => false,
        }
    }

    /// Gives a chain another name; whether there was one.
    pub(super) fn rename_chain(&mut self, name: &str, new: &str) -> bool {
        let Some(index) = self.index.remove(name) else { return false };
        self.index.insert(new.to_owned(), index);
        if let Some(Some(chain)) = self.chains.get_mut(index) {
            new.clone_into(&mut chain.name);
        }
        true
    }

    /// Removes the rules of all chains.
    pub(super) fn flush(&mut self) {
        for chain in self.chains.iter_mut().flatten() {
            chain.rules.clear();
        }
    }

    /// The chains, in order.
    pub(super) fn take_chains(&mut self) -> impl Iterator<Item = Chain> + use<> {
        std::mem::take(&mut self.chains).into_iter().flatten()
    }
}

impl Chain {
    /// Puts a rule into its place. `false` if there is no such place: it is the last then.
    pub(super) fn place(&mut self, rule: RuleText, place: Place) -> bool {
        let length = self.rules.len();
        let by_index = |index: u64| usize::try_from(index).ok().filter(|&index| index < length);
        let at = match place {
            Place::First => Some(0),
            Place::Last => Some(length),
            Place::BeforeIndex(index) => by_index(index),
            Place::AfterIndex(index) => by_index(index).map(|at| at + 1),
            Place::BeforeHandle(handle) => self.find(handle),
            Place::AfterHandle(handle) => self.find(handle).map(|at| at + 1),
            Place::Instead(handle) => {
                let at = self.find(handle);
                if let Some(at) = at {
                    self.rules.remove(at);
                }
                at
            }
        };
        self.rules.insert(at.unwrap_or(length), rule);
        at.is_some()
    }

    /// Removes the rule with this handle, or index; whether there was one.
    pub(super) fn delete(&mut self, handle: u64) -> bool {
        self.find(handle).and_then(|at| self.rules.remove(at)).is_some()
    }

    fn find(&self, handle: u64) -> Option<usize> {
        self.rules.iter().position(|rule| rule.handle == Some(handle))
    }
}
