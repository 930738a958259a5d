//! iptables: `iptables-restore` and `ip6tables-restore`.

mod usage;
mod write;

pub(super) use usage::usage;
pub(super) use write::write;
