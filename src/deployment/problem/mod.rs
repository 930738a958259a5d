//! What can be wrong with a deployment: one variant per human mistake, the words for it in `lang`.

mod file;
mod firewall;
mod service;
mod shape;
mod value;

use std::ops::Range;

pub use file::FileProblem;
pub use firewall::{FirewallProblem, NatProblem};
pub use service::ServiceProblem;
pub use shape::{Found, ShapeProblem};
pub use value::{Unusable, ValueProblem};

/// Something wrong with a deployment, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The field at fault, such as `firewalls[1].nat.private`; empty for the file as a whole.
    pub path: String,
    /// Where the text at fault stands.
    pub place: Place,
    /// Where the other half of a contradiction stands, such as the first of two equal names.
    pub related: Option<Place>,
}

impl Problem {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.kind.severity()
    }

    /// The finding with which `audit` says the same, and more exactly.
    #[must_use]
    pub fn finding(&self) -> Option<&'static str> {
        match &self.kind {
            ProblemKind::Service(problem) => problem.finding(),
            _ => None,
        }
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The deployment cannot be used.
    Error,
    /// It can be used, but something will most likely not work as meant.
    Warning,
    /// Worth knowing.
    Info,
}

/// What is wrong with a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// With the file as text, before any field is looked at.
    File(FileProblem),
    /// With the fields: unknown, missing, twice there, of the wrong type.
    Shape(ShapeProblem),
    /// With one value on its own.
    Value(ValueProblem),
    /// With how the values of the service and its clients fit together.
    Service(ServiceProblem),
    /// With how a firewall fits together, and with the service.
    Firewall(FirewallProblem),
}

impl ProblemKind {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::File(_) | Self::Shape(_) | Self::Value(_) => Severity::Error,
            Self::Service(problem) => problem.severity(),
            Self::Firewall(problem) => problem.severity(),
        }
    }
}

impl From<FileProblem> for ProblemKind {
    fn from(problem: FileProblem) -> Self {
        Self::File(problem)
    }
}

impl From<ShapeProblem> for ProblemKind {
    fn from(problem: ShapeProblem) -> Self {
        Self::Shape(problem)
    }
}

impl From<ValueProblem> for ProblemKind {
    fn from(problem: ValueProblem) -> Self {
        Self::Value(problem)
    }
}

impl From<ServiceProblem> for ProblemKind {
    fn from(problem: ServiceProblem) -> Self {
        Self::Service(problem)
    }
}

impl From<FirewallProblem> for ProblemKind {
    fn from(problem: FirewallProblem) -> Self {
        Self::Firewall(problem)
    }
}

impl From<NatProblem> for ProblemKind {
    fn from(problem: NatProblem) -> Self {
        Self::Firewall(FirewallProblem::Nat(problem))
    }
}

/// Where a problem stands, in terms that [`Source::span`](super::Source::span) turns into bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Nowhere in particular.
    Whole,
    /// At these bytes of the text.
    Bytes {
        /// The first byte.
        start: usize,
        /// The byte after the last.
        end: usize,
    },
    /// At the n-th node of the document, counted from 0 in the order of the text, keys included.
    Node(u32),
}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        Self::Bytes { start: range.start, end: range.end }
    }
}
