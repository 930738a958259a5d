//! iptables: `iptables-restore` and `ip6tables-restore`.

mod read;
mod usage;
mod write;

pub use self::read::{Expected, Input, Problem, Sets, family_of, read, read_sets};
pub(super) use self::usage::usage;
pub(super) use self::write::{commands, rule_lines, write};
