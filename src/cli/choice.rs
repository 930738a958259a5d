//! Arguments that take one of a few names.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Parses an argument that takes one of the names that `id` gives to `all`.
///
/// The names are known to clap, for completion and suggestions; what they mean is said by [`crate::lang::help`].
pub(super) fn choice<T>(all: &'static [T], id: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let names = PossibleValuesParser::new(all.iter().map(|&value| id(value)));
    // The names parser lets nothing else through, so that the search always finds one.
    names.try_map(move |name| all.iter().copied().find(|&value| id(value) == name).ok_or(UnknownName))
}

/// A name that is none of the choices.
#[derive(Debug, thiserror::Error)]
#[error("unknown name")]
struct UnknownName;
