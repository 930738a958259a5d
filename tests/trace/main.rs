//! What rule sets do with one packet, for texts of every dialect.
//!
//! The kernel itself is asked in the lab; these are the cases that have a reason, one line each.

mod connection;
mod helpers;
mod long;
#[path = "../support/naive_pf.rs"]
mod naive_pf;
mod pf;
mod sets;
mod verdicts;
