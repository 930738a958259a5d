//! `ftpfw rule`: the catalogue of findings.

use super::{Console, Exit, Failure};
use crate::audit::{RuleId, entry};
use crate::lang;
use crate::report::text;

/// The arguments of `ftpfw rule`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Which finding; all in a list unless given.
    #[arg(value_name = "ID")]
    pub(super) id: Option<String>,
}

/// Prints one page of the catalogue, or its table of contents.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let lang = console.lang();
    let document = match &arguments.id {
        None => lang::audit::catalogue::list(lang),
        Some(id) => {
            let rule = RuleId::from_id(&id.to_uppercase()).ok_or_else(|| Failure::UnknownRule(id.clone()))?;
            lang::audit::catalogue::page(&entry(rule), lang)
        }
    };
    console.print(&text::render(&document, console.dress()))?;
    Ok(Exit::Well)
}
