//! pf, of OpenBSD and of FreeBSD: `pfctl -f`.

mod problem;
mod read;
mod usage;
mod write;

pub use problem::{Expected, Problem};
pub use read::{Files, read, read_anchor};
pub(super) use usage::usage;
pub use write::Flavour;
pub(super) use write::{rule_line, write};
