//! `ftpfw diff`: what one rule set lets through and another does not.

use std::path::{Path, PathBuf};
use std::slice;

use super::choice::choice;
use super::form::Form;
use super::{Console, Exit, Failure, rulesets};
use crate::dialect::Format;
use crate::lang;
use crate::packet::State;
use crate::report::{escape, text};
use crate::ruleset::Ruleset;
use crate::ruleset::difference::differences;

/// The arguments of `ftpfw diff`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The one.
    #[arg(value_name = "A")]
    pub(super) a: PathBuf,
    /// The other.
    #[arg(value_name = "B")]
    pub(super) b: PathBuf,
    /// The state of the packets that are compared.
    #[arg(long, value_name = "STATE", default_value = State::New.id(), value_parser = choice(&State::ALL, State::id))]
    pub(super) state: State,
    /// The format of both.
    #[arg(long, value_name = "FORMAT", value_parser = choice(&Format::ALL, Format::id))]
    pub(super) from: Option<Format>,
    /// How to write the answer.
    #[arg(long, value_name = "FORMAT", default_value = Form::Text.id(), value_parser = choice(&Form::ALL, Form::id))]
    pub(super) format: Form,
}

/// Compares two rule sets, whatever their dialects.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let lang = console.lang();
    let mut load = |path: &PathBuf| -> Result<Ruleset, Failure> {
        Ok(rulesets::load(slice::from_ref(path), arguments.from, console)?.ruleset)
    };
    let (a, b) = (load(&arguments.a)?, load(&arguments.b)?);
    let found =
        differences(&a, &b, arguments.state).map_err(|_| Failure::NoAnswer(lang::diff::too_complex(lang)))?;
    let answer = match arguments.format {
        Form::Text => {
            let name = |path: &Path| path.display().to_string();
            let names = [name(&arguments.a), name(&arguments.b)];
            text::render(&lang::diff::document(&found, &names, lang), console.dress())
        }
        Form::Json => escape::json(&lang::diff::json(&found)),
    };
    console.print(&answer)?;
    let equal = found.iter().all(|difference| difference.only.iter().all(Option::is_none));
    Ok(if equal { Exit::Well } else { Exit::Findings })
}
