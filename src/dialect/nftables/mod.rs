//! nftables: `nft -f`.

mod usage;
mod write;

pub(super) use usage::usage;
pub(super) use write::write;

/// What the reader does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {}
