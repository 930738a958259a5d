//! Where rules go: the sections of the main rule set and of each anchor.

use std::collections::HashMap;

use crate::ruleset::{BaseChain, Chain, Hook, Policy, Rule, System, Table, TableFamily};

/// A list of rules that pf evaluates by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Section {
    /// `binat`, as packets leave: before `nat`.
    BinatOut,
    /// `nat`.
    Nat,
    /// `rdr`.
    Rdr,
    /// `binat`, as packets arrive: after `rdr`.
    BinatIn,
    /// Everything that passes, blocks or matches.
    Filter,
}

impl Section {
    /// The name of its chain.
    fn name(self) -> &'static str {
        match self {
            Self::BinatOut => "binat-out",
            Self::Nat => "nat",
            Self::Rdr => "rdr",
            Self::BinatIn => "binat-in",
            Self::Filter => "filter",
        }
    }

    /// Where on the path of a packet it is evaluated.
    pub(super) fn hook(self) -> Hook {
        match self {
            Self::BinatOut | Self::Nat => Hook::PfNat,
            Self::Rdr | Self::BinatIn => Hook::PfRdr,
            Self::Filter => Hook::PfFilter,
        }
    }

    fn priority(self) -> i32 {
        match self {
            Self::BinatOut => -1,
            Self::Nat | Self::Rdr | Self::Filter => 0,
            Self::BinatIn => 1,
        }
    }
}

/// The rules of all anchors, as they come together.
#[derive(Debug)]
pub(super) struct Places {
    /// The path of the anchor that is read as a whole; empty for the main rule set.
    root: String,
    /// The paths in the order in which they were met.
    paths: Vec<String>,
    order: HashMap<String, usize>,
    rules: HashMap<(usize, Section), Vec<Rule>>,
}

impl Places {
    pub(super) fn new(root: &str) -> Self {
        let root = root.to_owned();
        Self {
            order: HashMap::from([(root.clone(), 0)]),
            paths: vec![root.clone()],
            root,
            rules: HashMap::new(),
        }
    }

    /// The rules of a section; from now on it exists, be it empty.
    pub(super) fn rules(&mut self, path: &str, section: Section) -> &mut Vec<Rule> {
        let order = if let Some(&order) = self.order.get(path) {
            order
        } else {
            self.paths.push(path.to_owned());
            self.order.insert(path.to_owned(), self.paths.len() - 1);
            self.paths.len() - 1
        };
        self.rules.entry((order, section)).or_default()
    }

    /// The chains: those of one anchor next to each other.
    pub(super) fn chains(self) -> Vec<Chain> {
        let mut sections: Vec<((usize, Section), Vec<Rule>)> = self.rules.into_iter().collect();
        sections.sort_by_key(|(place, _)| *place);
        let chain = |((order, section), rules): ((usize, Section), Vec<Rule>)| {
            let path = self.paths.get(order).cloned().unwrap_or_default();
            // pf passes what no rule matches.
            let base = BaseChain {
                hook: section.hook(),
                priority: section.priority(),
                nat: section != Section::Filter,
                policy: Policy::Accept,
            };
            let base = (path == self.root).then_some(base);
            let table = Table { system: System::Pf, family: TableFamily::Inet, name: path };
            Chain { table, name: section.name().to_owned(), base, rules }
        };
        sections.into_iter().map(chain).collect()
    }
}
