//! nftables: `nft -f`.

mod read;
mod usage;
mod write;

pub use read::{Expected, Include, Included, Problem, read, read_json};

pub(super) use usage::usage;
pub(super) use write::{commands, rule_text, tables, write};
