//! Text: what people write, and what `nft list ruleset` prints.

mod block;
mod command;
mod cursor;
mod expression;
mod field;
mod limit;
mod nat;
mod object;
mod statement;

pub(super) use block::{HookName, adopt, hook};
pub(super) use cursor::{Cursor, Orphans, number};
pub(super) use expression::atom;
pub(super) use field::{metadata, raw_payload};
pub(super) use limit::{Rate, quota_text, rate_text};
pub(super) use object::helper_family;
pub(super) use statement::assignment;
