//! What one rule set lets through and another does not.

use super::Ruleset;
use super::evaluate::{Evaluator, Question};
use super::trace::Path;
use crate::packet::NameField::{InInterface, OutInterface};
use crate::packet::{Budget, Field, Packet, PacketSet, Part, Space, State, TooComplex};

/// How many parts of a set are described.
const PARTS: usize = 8;

/// The difference of two rule sets on one way through the machine.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The way.
    pub path: Path,
    /// What only the first lets through, and what only the second.
    pub only: [Option<Surplus>; 2],
}

/// Packets that one rule set lets through and the other does not, for some answer of what is not modelled.
#[derive(Debug, Clone)]
pub struct Surplus {
    /// The larger part of them.
    pub parts: Vec<Part>,
    /// How many more parts there are, at most.
    pub left_out: u64,
    /// One of them.
    pub sample: Option<Packet>,
}

/// What `a` and `b` let through differently of packets in `state`, for each way through the machine.
///
/// # Errors
///
/// When the sets outgrow their budget.
pub fn differences(a: &Ruleset, b: &Ruleset, state: State) -> Result<Vec<Difference>, TooComplex> {
    if a.has_the_rules_of(b) {
        return Ok(Path::ALL.map(|path| Difference { path, only: [None, None] }).into());
    }
    Path::ALL.into_iter().map(|path| difference(a, b, path, state)).collect()
}

fn difference(a: &Ruleset, b: &Ruleset, path: Path, state: State) -> Result<Difference, TooComplex> {
    // What is not modelled is asked by the same words in both, and answered alike.
    let mut space = Space::new(Budget::default());
    let asked = asked(&mut space, path, state)?;
    let question = Question::about(path, asked);
    let a = Evaluator::new(a).accepted_at_least(question, &mut space)?;
    let b = Evaluator::new(b).accepted_at_least(question, &mut space)?;
    let mut only = |one, other| -> Result<Option<Surplus>, TooComplex> {
        let surplus = space.difference(one, other)?;
        let surplus = space.intersection(surplus, asked)?;
        let possible = space.may(surplus)?;
        if possible.is_empty() {
            return Ok(None);
        }
        let said = without_the_obvious(&mut space, possible, path, state)?;
        let description = space.describe(said, PARTS)?;
        let sample = space.sample(possible)?;
        Ok(Some(Surplus { parts: description.parts, left_out: description.left_out, sample }))
    };
    Ok(Difference { path, only: [only(a, b)?, only(b, a)?] })
}

/// `set`, saying nothing of what the question says already: the state, that there are no marks, and that packets arrive
/// or leave by some interface.
fn without_the_obvious(
    space: &mut Space,
    mut set: PacketSet,
    path: Path,
    state: State,
) -> Result<PacketSet, TooComplex> {
    for field in [
        Field::State(state),
        Field::Reply(false),
        Field::Mark { value: 0, mask: u32::MAX },
        Field::ConnectionMark { value: 0, mask: u32::MAX },
    ] {
        set = space.assign(set, field)?;
    }
    for (field, passes) in [(InInterface, path != Path::Output), (OutInterface, path != Path::Input)] {
        if passes {
            let any = space.forget(set, Field::Name(field, ""))?;
            let some = space.name(field, "")?.complement();
            if space.intersection(any, some)? == set {
                set = any;
            }
        } else {
            set = space.assign(set, Field::Name(field, ""))?;
        }
    }
    Ok(set)
}

/// The packets that can take a way at all: one for this machine leaves by no interface, one from it came by none, and
/// none has a mark yet.
fn asked(space: &mut Space, path: Path, state: State) -> Result<PacketSet, TooComplex> {
    let arrives = space.name(InInterface, "")?.complement();
    let leaves = space.name(OutInterface, "")?.complement();
    let interfaces = match path {
        Path::Input => space.difference(arrives, leaves)?,
        Path::Forward => space.intersection(arrives, leaves)?,
        Path::Output => space.difference(leaves, arrives)?,
    };
    let unmarked = [space.mark(0, u32::MAX)?, space.connection_mark(0, u32::MAX)?];
    let original = space.reply(false)?;
    let state = space.state(&[state])?;
    space.intersection_all([interfaces, unmarked[0], unmarked[1], original, state])
}
