//! Real control and data connections, what became of them, and what that says about the firewalls on the path.
//!
//! [`plan`] says what is probed, [`observation`] what was seen, [`conclusion`] what follows from it. Nothing is
//! concluded while connections are made, so that each conclusion can be tested without a network.

pub mod conclusion;
mod infer;
mod mend;
pub mod observation;
pub mod plan;
pub mod prediction;
mod stop;

pub use infer::conclude;
pub use mend::{Mend, mends};
pub use stop::Stop;
