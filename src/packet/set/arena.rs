//! Reduced ordered binary decision diagrams with complement edges, in one arena.
//!
//! A function of boolean variables is a [`Ref`], and two functions are the same exactly when their refs are:
//! every node is unique, never has two equal children, and never has a complemented edge on its 1 side.
//! Nothing is freed. A space lives as long as the question that it answers, and its budget bounds it.

use std::collections::BTreeSet;

use foldhash::{HashSet, HashSetExt as _};

use super::{Budget, TooComplex};

/// A boolean function: a node, and in the lowest bit whether it is to be negated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Ref(u32);

impl Ref {
    pub(super) const TRUE: Self = Self(0);
    pub(super) const FALSE: Self = Self(1);

    pub(super) fn not(self) -> Self {
        Self(self.0 ^ 1)
    }

    /// The function, negated when `other` is a negation.
    fn signed_as(self, other: Self) -> Self {
        Self(self.0 ^ (other.0 & 1))
    }

    /// The node, as an index into the arena.
    pub(super) fn index(self) -> usize {
        (self.0 >> 1) as usize
    }
}

/// A variable; lower ones are tested first.
pub(super) type Variable = u16;

/// What the constants test: nothing, below every variable.
const CONSTANT: Variable = Variable::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    variable: Variable,
    low: Ref,
    high: Ref,
}

/// A remembered result. The cache forgets what collides, so that it needs no upkeep.
#[derive(Debug, Clone, Copy)]
struct Remembered {
    operation: u32,
    left: Ref,
    right: Ref,
    result: Ref,
}

/// No operation, so an entry that is never found.
const NOTHING: Remembered =
    Remembered { operation: u32::MAX, left: Ref::TRUE, right: Ref::TRUE, result: Ref::TRUE };

/// An empty slot of the unique table. Node 0 is the constant, which is never looked up.
const VACANT: u32 = 0;

const FEWEST_SLOTS: usize = 1 << 12;
const MOST_REMEMBERED: usize = 1 << 18;

/// The nodes, and what finds them again.
#[derive(Debug)]
pub(super) struct Arena {
    nodes: Vec<Node>,
    /// Node indices, hashed by content with linear probing; at most half full.
    unique: Vec<u32>,
    remembered: Vec<Remembered>,
    /// Numbers for operations whose results must not be confused with those of earlier ones.
    operations: u32,
    budget: Budget,
    steps: u64,
}

/// The operation number of a conjunction. Quantifications are numbered after their variables, see
/// [`Arena::exists`]; what else there is takes fresh numbers above all those.
const CONJUNCTION: u32 = 0;
const FIRST_FRESH: u32 = 1 << 31;

impl Arena {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            nodes: vec![Node { variable: CONSTANT, low: Ref::TRUE, high: Ref::TRUE }],
            unique: vec![VACANT; FEWEST_SLOTS],
            remembered: vec![NOTHING; FEWEST_SLOTS],
            operations: FIRST_FRESH,
            budget,
            steps: 0,
        }
    }

    /// The variable that `f` tests first, above all others for a constant.
    pub(super) fn variable(&self, f: Ref) -> Variable {
        self.nodes[f.index()].variable
    }

    /// What `f` is where the variable that it tests first is 0, and where it is 1.
    pub(super) fn children(&self, f: Ref) -> (Ref, Ref) {
        let node = self.nodes[f.index()];
        (node.low.signed_as(f), node.high.signed_as(f))
    }

    /// What `f` is where `variable` is 0, and where it is 1; `f` must not test an earlier one.
    pub(super) fn cofactors(&self, f: Ref, variable: Variable) -> (Ref, Ref) {
        if self.variable(f) == variable { self.children(f) } else { (f, f) }
    }

    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The steps of work that have been done.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Sets how many steps of work may be done in all, and returns how many it were.
    pub(super) fn limit_steps(&mut self, steps: u64) -> u64 {
        std::mem::replace(&mut self.budget.steps, steps)
    }

    /// Counts steps of work.
    pub(super) fn work(&mut self, steps: usize) -> Result<(), TooComplex> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.budget.steps { Err(TooComplex) } else { Ok(()) }
    }

    /// The function that is `low` where `variable` is 0 and `high` where it is 1; both must test only later
    /// variables.
    pub(super) fn node(&mut self, variable: Variable, low: Ref, high: Ref) -> Result<Ref, TooComplex> {
        if low == high {
            return Ok(low);
        }
        let node = Node { variable, low: low.signed_as(high), high: high.signed_as(high) };
        let mask = self.unique.len() - 1;
        let mut slot = hash(u32::from(variable), node.low.0, node.high.0) & mask;
        loop {
            match self.unique[slot] {
                VACANT => break,
                index if self.nodes[index as usize] == node => return Ok(Ref(index << 1).signed_as(high)),
                _ => slot = (slot + 1) & mask,
            }
        }
        if self.nodes.len() >= self.budget.nodes {
            return Err(TooComplex);
        }
        // One bit of a ref is the sign.
        let index =
            u32::try_from(self.nodes.len()).ok().filter(|index| *index < 1 << 31).ok_or(TooComplex)?;
        self.nodes.push(node);
        self.unique[slot] = index;
        if self.nodes.len() * 2 > self.unique.len() {
            self.grow();
        }
        Ok(Ref(index << 1).signed_as(high))
    }

    fn grow(&mut self) {
        let slots = self.unique.len() * 2;
        let mut unique = vec![VACANT; slots];
        for (index, node) in (0_u32..).zip(&self.nodes).skip(1) {
            let mut slot = hash(u32::from(node.variable), node.low.0, node.high.0) & (slots - 1);
            while unique[slot] != VACANT {
                slot = (slot + 1) & (slots - 1);
            }
            unique[slot] = index;
        }
        self.unique = unique;
        if self.remembered.len() < MOST_REMEMBERED {
            self.remembered = vec![NOTHING; (slots / 2).min(MOST_REMEMBERED)];
        }
    }

    fn recall(&self, operation: u32, left: Ref, right: Ref) -> Option<Ref> {
        let entry = self.remembered[hash(operation, left.0, right.0) & (self.remembered.len() - 1)];
        let found = entry.left == left && entry.right == right && entry.operation == operation;
        found.then_some(entry.result)
    }

    fn remember(&mut self, operation: u32, left: Ref, right: Ref, result: Ref) {
        let slot = hash(operation, left.0, right.0) & (self.remembered.len() - 1);
        self.remembered[slot] = Remembered { operation, left, right, result };
    }

    pub(super) fn and(&mut self, f: Ref, g: Ref) -> Result<Ref, TooComplex> {
        if f == g || g == Ref::TRUE {
            return Ok(f);
        }
        if f == Ref::TRUE {
            return Ok(g);
        }
        if f == g.not() || f == Ref::FALSE || g == Ref::FALSE {
            return Ok(Ref::FALSE);
        }
        let (f, g) = if f < g { (f, g) } else { (g, f) };
        if let Some(result) = self.recall(CONJUNCTION, f, g) {
            return Ok(result);
        }
        self.work(1)?;
        let variable = self.variable(f).min(self.variable(g));
        let (f0, f1) = self.cofactors(f, variable);
        let (g0, g1) = self.cofactors(g, variable);
        let low = self.and(f0, g0)?;
        let high = self.and(f1, g1)?;
        let result = self.node(variable, low, high)?;
        self.remember(CONJUNCTION, f, g, result);
        Ok(result)
    }

    /// Whether `f` and `g` have something in common: no node is made for it, and the first assignment found will do.
    pub(super) fn meet(&mut self, f: Ref, g: Ref) -> Result<bool, TooComplex> {
        if f == Ref::FALSE || g == Ref::FALSE || f == g.not() {
            return Ok(false);
        }
        if f == Ref::TRUE || g == Ref::TRUE || f == g {
            return Ok(true);
        }
        let (f, g) = if f < g { (f, g) } else { (g, f) };
        if let Some(result) = self.recall(CONJUNCTION, f, g) {
            return Ok(result != Ref::FALSE);
        }
        self.work(1)?;
        let variable = self.variable(f).min(self.variable(g));
        let (f0, f1) = self.cofactors(f, variable);
        let (g0, g1) = self.cofactors(g, variable);
        if self.meet(f0, g0)? || self.meet(f1, g1)? {
            return Ok(true);
        }
        self.remember(CONJUNCTION, f, g, Ref::FALSE);
        Ok(false)
    }

    pub(super) fn or(&mut self, f: Ref, g: Ref) -> Result<Ref, TooComplex> {
        Ok(self.and(f.not(), g.not())?.not())
    }

    /// Whether there are values of the variables from `first` on and before `end` for which `f` holds.
    pub(super) fn exists(&mut self, f: Ref, first: Variable, end: Variable) -> Result<Ref, TooComplex> {
        if self.variable(f) >= end {
            return Ok(f);
        }
        // Not 0, since no range ends there, and below the fresh numbers, since there are not that many variables.
        let operation = u32::from(first) << 16 | u32::from(end);
        if let Some(result) = self.recall(operation, f, f) {
            return Ok(result);
        }
        self.work(1)?;
        let variable = self.variable(f);
        let (low, high) = self.children(f);
        let low = self.exists(low, first, end)?;
        let result = if variable >= first && low == Ref::TRUE {
            low
        } else {
            let high = self.exists(high, first, end)?;
            if variable < first { self.node(variable, low, high)? } else { self.or(low, high)? }
        };
        self.remember(operation, f, f, result);
        Ok(result)
    }

    /// `f` with constants for the variables from `first` on: the upper `width` bits of `bits`.
    pub(super) fn assign(
        &mut self,
        f: Ref,
        first: Variable,
        width: Variable,
        bits: u128,
    ) -> Result<Ref, TooComplex> {
        let operation = self.operations;
        // After two thousand million substitutions a number may return; nothing remembered lasts that long.
        self.operations =
            self.operations.checked_add(1).filter(|next| *next < u32::MAX).unwrap_or(FIRST_FRESH);
        self.assign_as(operation, f, (first, width, bits))
    }

    fn assign_as(
        &mut self,
        operation: u32,
        f: Ref,
        constant: (Variable, Variable, u128),
    ) -> Result<Ref, TooComplex> {
        let (first, width, bits) = constant;
        let variable = self.variable(f);
        if variable >= first + width {
            return Ok(f);
        }
        let (low, high) = self.children(f);
        if variable >= first {
            let one = bits << (variable - first) >> 127 == 1;
            return self.assign_as(operation, if one { high } else { low }, constant);
        }
        if let Some(result) = self.recall(operation, f, f) {
            return Ok(result);
        }
        self.work(1)?;
        let low = self.assign_as(operation, low, constant)?;
        let high = self.assign_as(operation, high, constant)?;
        let result = self.node(variable, low, high)?;
        self.remember(operation, f, f, result);
        Ok(result)
    }

    /// How many nodes `f` consists of, the constant included.
    pub(super) fn size(&self, f: Ref) -> usize {
        self.reachable(f).len()
    }

    /// Whether `f` consists of more nodes than that.
    pub(super) fn is_larger(&self, f: Ref, nodes: usize) -> bool {
        self.reachable_up_to(f, nodes).len() > nodes
    }

    /// The variables that `f` depends on.
    pub(super) fn support(&self, f: Ref) -> BTreeSet<Variable> {
        let variables = self.reachable(f).into_iter().map(|index| self.nodes[index].variable);
        variables.filter(|variable| *variable != CONSTANT).collect()
    }

    fn reachable(&self, f: Ref) -> HashSet<usize> {
        self.reachable_up_to(f, usize::MAX)
    }

    /// The nodes of `f`, or more of them than `most`.
    fn reachable_up_to(&self, f: Ref, most: usize) -> HashSet<usize> {
        let mut seen = HashSet::new();
        seen.insert(f.index());
        let mut open = vec![f];
        while let Some(f) = open.pop() {
            if seen.len() > most {
                break;
            }
            let (low, high) = self.children(f);
            open.extend([low, high].into_iter().filter(|child| seen.insert(child.index())));
        }
        seen
    }
}

/// Mixes three numbers; the lower bits of the result depend on all of them.
fn hash(a: u32, b: u32, c: u32) -> usize {
    let pair = u64::from(b) | u64::from(c) << 32;
    let mixed = (pair ^ u64::from(a).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed >> 32) as usize
}
