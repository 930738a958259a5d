//! What is not understood of a rule set, in words.

pub mod frontend;
pub mod host;
pub mod iptables;
pub mod nftables;
pub mod pf;
mod report;

pub use report::{empty, refused, report, report_those};
