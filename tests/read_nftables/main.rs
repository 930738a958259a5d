//! Reading rule sets for nft, through the public API and against the real `nft`.
//!
//! What `generate` writes reads back as what was written. What the kernel holds after a rule set is loaded reads the
//! same from `nft list ruleset` and from `nft -j list ruleset`, and as the rule set itself: this needs root and `nft`,
//! and fails without them.

#[expect(dead_code, reason = "other tests look into the deployments")]
#[path = "../support/deployments.rs"]
mod deployments;
mod kernel;
mod round_trip;
