//! `ftpfw man`: the manual pages.

use std::io;

use clap_mangen::Man;

use super::{Console, Exit, Failure};
use crate::lang::Lang;
use crate::lang::help::manual_section;

/// The arguments of `ftpfw man`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The command to describe.
    #[arg(value_name = "COMMAND")]
    pub(super) topic: Option<String>,
}

/// Prints the manual page of the program or of one of its commands.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let program = console.command();
    let command =
        arguments.topic.as_deref().and_then(|name| program.find_subcommand(name)).unwrap_or(&program).clone();
    let page = page(command, console.lang())?;
    console.print(&page)?;
    Ok(Exit::Well)
}

fn page(command: clap::Command, lang: Lang) -> io::Result<String> {
    let mut roff = Vec::new();
    Man::new(command).source(concat!("ftpfw ", env!("CARGO_PKG_VERSION"))).render(&mut roff)?;
    // Clap's headings are English; everything below them is in the language of the command line by now.
    let line = |line: &str| match line.strip_prefix(".SH ") {
        Some(heading) => format!(".SH {}\n", manual_section(heading, lang)),
        None => format!("{line}\n"),
    };
    Ok(String::from_utf8_lossy(&roff).lines().map(line).collect())
}
