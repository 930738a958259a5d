//! nftables: `nft -f`.

mod usage;
mod write;

pub(super) use usage::usage;
pub(super) use write::write;
