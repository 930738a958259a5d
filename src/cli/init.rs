//! `ftpfw init`: a commented deployment file to start from.

use std::path::PathBuf;

use super::{Console, Exit, Failure, files};
use crate::lang;

/// The arguments of `ftpfw init`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file to write.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Prints the template, or writes it into a file that does not exist yet.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let template = lang::template::deployment(console.lang());
    match &arguments.output {
        Some(path) => {
            files::create(path, &template)?;
            if console.is_watched() {
                console.note(&lang::failure::written(path, console.lang()));
            }
        }
        None => console.print(&template)?,
    }
    Ok(Exit::Well)
}
