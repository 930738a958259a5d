//! One file per output format, each a function of data that it does not compute.

pub mod diagnostic;
pub mod document;
pub mod escape;
pub mod markdown;
pub mod patch;
pub mod text;
pub mod wrap;
