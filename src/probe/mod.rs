//! Real control and data connections, what became of them, and what that says about the firewalls on the path.
//!
//! [`plan`] says what is probed, [`observation`] what was seen, [`conclusion`] what follows from it. Nothing is
//! concluded while connections are made, so that each conclusion can be tested without a network.

mod burst;
pub mod conclusion;
mod control;
mod icmp;
mod infer;
mod mend;
pub mod observation;
pub mod plan;
mod policy;
pub mod prediction;
pub mod reply;
pub mod respond;
mod run;
mod socket;
mod stop;
pub mod sweep;
#[cfg(test)]
mod tests;
mod timed;
mod tls;
pub mod token;
mod transfer;
mod visit;
mod watch;

pub use infer::{conclude, conclude_beside};
pub use mend::{Mend, mends};
pub use run::probe;
pub use stop::Stop;
pub use visit::check_trust;
pub use watch::{Step, Watch};
