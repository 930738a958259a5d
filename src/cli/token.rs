//! The token that a probe and its responder share. Like a password it is never an argument.

use std::path::Path;

use super::Failure;
use super::probe::first_line;
use crate::probe::plan::Secret;
use crate::probe::token;

/// The variable of the environment that may hold it.
pub(super) const VARIABLE: &str = "FTPFW_TOKEN";

/// The one that is given, if any.
pub(super) fn given(file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    if let Some(path) = file {
        return first_line(path).map(Some);
    }
    Ok(std::env::var(VARIABLE).ok().filter(|token| !token.is_empty()).map(Secret::new))
}

/// The one that is given, or else a new one; and whether it is new.
pub(super) fn own(file: Option<&Path>) -> Result<(Secret, bool), Failure> {
    match given(file)? {
        Some(token) => Ok((token, false)),
        None => Ok((token::generate()?, true)),
    }
}
