//! `ftpfw help`, and what `--help` shows.

use std::fmt::Write as _;

use anstyle::Style;
use clap::Arg;

use super::{Console, Exit, Failure};
use crate::lang::help::Heading;
use crate::lang::{self, Lang};
use crate::report::wrap::{columns, wrap};

/// An entry with a longer name than this has its text below, not beside it.
const LONGEST_NAME: usize = 34;

/// The arguments of `ftpfw help`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The command to explain.
    #[arg(value_name = "COMMAND")]
    pub(super) topic: Option<String>,
}

/// Prints the help page of a command.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let mut program = console.command();
    let page = match arguments.topic.as_deref().and_then(|name| program.find_subcommand_mut(name)) {
        Some(command) => command.render_help(),
        None => program.render_help(),
    };
    console.print(&page.ansi().to_string())?;
    Ok(Exit::Well)
}

/// The help page of a command that has been built, coloured, for `width` columns.
pub(super) fn page(command: &mut clap::Command, lang: Lang, width: usize) -> String {
    let usage = lang::usage::usage(&command.render_usage().to_string(), lang);
    let mut parts =
        vec![paragraphs(&command.get_about().map(ToString::to_string).unwrap_or_default(), width), usage];

    let commands = command.get_subcommands().map(|command| Entry {
        name: command.get_name().to_owned(),
        text: command.get_about().map(ToString::to_string).unwrap_or_default(),
    });
    let of = |filter: &dyn Fn(&Arg) -> bool| -> Vec<Entry> {
        command.get_arguments().filter(|argument| filter(argument)).map(Entry::of).collect()
    };
    let option = |argument: &Arg| !argument.is_positional() && !argument.is_global_set();
    let sections: [(Heading, Vec<Entry>); 5] = [
        (Heading::Commands, commands.collect()),
        (Heading::Arguments, of(&|argument| argument.is_positional())),
        (Heading::Options, of(&|argument| option(argument) && argument.get_help_heading().is_none())),
        (
            Heading::SimpleDeployment,
            of(&|argument| option(argument) && argument.get_help_heading().is_some()),
        ),
        (Heading::GlobalOptions, of(&|argument| argument.is_global_set())),
    ];
    for (heading, entries) in sections {
        if !entries.is_empty() {
            parts.push(section(&lang::help::heading_line(heading, lang), &entries, width));
        }
    }
    if let Some(epilogue) = command.get_after_help() {
        parts.push(paragraphs(&epilogue.to_string(), width));
    }
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n")
}

/// A name with its explanation.
struct Entry {
    name: String,
    text: String,
}

impl Entry {
    fn of(argument: &Arg) -> Self {
        let short = argument.get_short().map_or("    ".to_owned(), |short| format!("-{short}, "));
        let short = if argument.is_positional() { String::new() } else { short };
        Self {
            name: format!("{short}{argument}"),
            text: argument.get_help().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

fn section(heading: &str, entries: &[Entry], width: usize) -> String {
    let bold = Style::new().bold();
    let names = entries.iter().map(|entry| columns(&entry.name)).filter(|&name| name <= LONGEST_NAME);
    let indent = names.max().unwrap_or(0) + 4;
    let mut section = format!("{bold}{heading}{bold:#}\n");
    for Entry { name, text } in entries {
        let lines = wrap(text, width.saturating_sub(indent));
        let beside = columns(name) + 4 <= indent;
        let gap =
            if beside { " ".repeat(indent - 2 - columns(name)) } else { format!("\n{}", " ".repeat(indent)) };
        let text = lines.join(&format!("\n{}", " ".repeat(indent)));
        let _ = writeln!(section, "  {bold}{name}{bold:#}{gap}{text}");
    }
    section
}

fn paragraphs(text: &str, width: usize) -> String {
    wrap(text, width).into_iter().map(|line| line + "\n").collect()
}
