//! The command line in the language of its user.

use clap::builder::{PossibleValuesParser, StyledStr};
use clap::{Arg, CommandFactory};

use super::arguments::Arguments;
use super::help;
use crate::lang::help::Heading;
use crate::lang::{self, Lang};

/// The command line of the program with every text in `lang`, ready to parse.
///
/// Clap's own texts (headings, notes on values) exist in English only, so that each help page is composed
/// here, for `width` columns, and handed to clap whole.
#[must_use]
pub fn command(lang: Lang, width: usize) -> clap::Command {
    let mut command = with_texts(with_topics(Arguments::command()), lang);
    // Hands the global options and the full names down to the commands.
    command.build();
    with_pages(command, lang, width)
}

/// Lets `help` and `man` take the names of the commands.
fn with_topics(command: clap::Command) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    command.mut_subcommands(|command| {
        command.mut_args(|argument| match argument.get_id().as_str() {
            "topic" => argument.value_parser(PossibleValuesParser::new(names.clone())),
            _ => argument,
        })
    })
}

fn with_texts(command: clap::Command, lang: Lang) -> clap::Command {
    let name = command.get_name().to_owned();
    let mut command = command
        .long_about(None::<&str>)
        .about(lang::help::about(&name, lang).unwrap_or_default())
        .mut_args(|argument| with_text(argument, &name, lang))
        .mut_subcommands(|command| with_texts(command, lang));
    if let Some(epilogue) = lang::help::epilogue(&name, lang) {
        command = command.after_help(epilogue);
    }
    if command.has_subcommands() {
        command = command.subcommand_value_name(lang::help::value_name("COMMAND", lang));
    }
    command
}

fn with_text(argument: Arg, command: &str, lang: Lang) -> Arg {
    let mut text = lang::help::argument(command, argument.get_id().as_str(), lang).unwrap_or_default();
    let mut argument = argument.long_help(None::<&str>);
    if argument.is_positional() {
        argument = argument.help_heading(None::<&str>);
    } else if argument.get_help_heading().is_some() {
        argument = argument.help_heading(lang::help::heading(Heading::SimpleDeployment, lang));
    }
    if !argument.get_action().takes_values() {
        return argument.help(text);
    }
    let choices: Vec<String> =
        argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !choices.is_empty() {
        text = format!("{text} {}", lang::help::choices(&choices, lang));
    }
    for value in argument.get_default_values() {
        text = format!("{text} {}", lang::help::default(&value.to_string_lossy(), lang));
    }
    let names = argument.get_value_names().unwrap_or_default();
    let names: Vec<String> = names.iter().map(|name| lang::help::value_name(name, lang)).collect();
    argument.help(text).value_names(names).hide_default_value(true).hide_possible_values(true)
}

fn with_pages(mut command: clap::Command, lang: Lang, width: usize) -> clap::Command {
    let page = help::page(&mut command, lang, width);
    let command = command.override_help(StyledStr::from(page));
    command.mut_subcommands(|command| with_pages(command, lang, width))
}
