//! iptables: `iptables-restore` and `ip6tables-restore`.

mod usage;
mod write;

pub(super) use usage::usage;
pub(super) use write::write;

/// What the reader does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {}
