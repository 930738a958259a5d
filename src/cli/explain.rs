//! `ftpfw explain`: what every firewall has to let through, and why.

use super::choice::choice;
use super::deployment::{DeploymentArgs, load};
use super::firewalls::Chosen;
use super::{Console, Exit, Failure};
use crate::explain::{Explanation, explain};
use crate::lang;
use crate::report::{escape, markdown, text};

/// The arguments of `ftpfw explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// For which firewalls.
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = Format::Table.id(), value_parser = choice(&Format::ALL, Format::id))]
    pub(super) format: Format,
    /// What to explain.
    #[command(flatten, next_help_heading = "deployment")]
    pub(super) deployment: DeploymentArgs,
}

/// How an explanation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Tables and sentences for a terminal.
    Table,
    /// Markdown.
    Markdown,
    /// JSON.
    Json,
}

impl Format {
    const ALL: [Self; 3] = [Self::Table, Self::Markdown, Self::Json];

    fn id(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Markdown => "markdown",
            Self::Json => "json",
        }
    }
}

/// Prints the explanation.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let Some(deployment) = load(&arguments.deployment, console)? else {
        return Ok(Exit::Well);
    };
    arguments.chosen.check(&deployment)?;
    let explanation = explain(&deployment, |firewall| arguments.chosen.includes(firewall));
    console.print(&written(&explanation, arguments.format, console))?;
    Ok(Exit::Well)
}

/// An explanation as it is printed.
pub(super) fn written(explanation: &Explanation<'_>, format: Format, console: &Console) -> String {
    let lang = console.lang();
    match format {
        Format::Table => text::render(&lang::explain::document(explanation, lang), console.dress()),
        Format::Markdown => markdown::render(&lang::explain::document(explanation, lang)),
        Format::Json => escape::json(&lang::explain::json(explanation, lang)),
    }
}
