//! `ftpfw probe` against real servers, real filters and servers that misbehave.

pub(crate) mod agreement;
mod filters;
mod hostile;
mod inference;
mod open;
mod respond;
mod run;
mod scripted;
mod servers;
mod stage;
mod sweep;
