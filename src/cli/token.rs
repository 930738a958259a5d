//! The token that a probe and its responder share. Like a password it is never an argument.

use std::path::Path;

use super::Failure;
use super::probe::first_line;
use crate::lang::{self, Lang};
use crate::probe::plan::Secret;
use crate::probe::token;

/// The variable of the environment that may hold it.
const VARIABLE: &str = "FTPFW_TOKEN";

/// The one that is given, if any.
fn given(file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    if let Some(path) = file {
        return first_line(path).map(Some);
    }
    Ok(std::env::var(VARIABLE).ok().filter(|token| !token.is_empty()).map(Secret::new))
}

/// The one that is given, without which nothing can be done.
pub(super) fn needed(file: Option<&Path>, lang: Lang) -> Result<Secret, Failure> {
    given(file)?.ok_or_else(|| Failure::NoAnswer(lang::probe::no_token(VARIABLE, lang)))
}

/// The one that is given, or else a new one; and whether it is new.
pub(super) fn own(file: Option<&Path>) -> Result<(Secret, bool), Failure> {
    match given(file)? {
        Some(token) => Ok((token, false)),
        None => Ok((token::generate()?, true)),
    }
}
