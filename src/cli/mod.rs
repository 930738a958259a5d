//! The command line: one file per command, each from its arguments over a call of the library to a report.

mod arguments;
mod audit;
mod choice;
mod completions;
mod console;
mod demo;
mod deployment;
mod diff;
mod exit;
mod explain;
mod failure;
mod files;
mod firewalls;
mod form;
mod generate;
mod help;
mod init;
mod interrupt;
mod live;
mod localize;
mod man;
mod number;
mod probe;
mod respond;
mod rule;
mod rulesets;
mod schema;
mod token;
mod trace;

use std::ffi::OsString;

use clap::FromArgMatches;
use clap::error::ErrorKind;

use self::arguments::{Arguments, Command};
pub use self::console::{Color, Console};
pub use self::exit::Exit;
pub use self::failure::Failure;
pub use self::localize::command;

/// Runs the command that `arguments` ask for; the first of them is the name of the program.
///
/// # Errors
///
/// Why the command could not do its work. Nothing has been said about it yet; [`Console::report`] does.
pub fn run(arguments: Vec<OsString>, console: &mut Console) -> Result<Exit, Failure> {
    let mut command = console.command();
    let parsed =
        command.try_get_matches_from_mut(arguments).and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            console.print(&error.render().ansi().to_string())?;
            return Ok(Exit::Well);
        }
        Err(error) => return Err(Failure::Usage(Box::new(error))),
    };
    match arguments.command {
        Command::Explain(arguments) => explain::run(&arguments, console),
        Command::Generate(arguments) => generate::run(&arguments, console),
        Command::Audit(arguments) => audit::run(&arguments, console),
        Command::Diff(arguments) => diff::run(&arguments, console),
        Command::Trace(arguments) => trace::run(&arguments, console),
        Command::Probe(arguments) => probe::run(&arguments, console),
        Command::Respond(arguments) => respond::run(&arguments, console),
        Command::Rule(arguments) => rule::run(&arguments, console),
        Command::Init(arguments) => init::run(&arguments, console),
        Command::Demo => demo::run(console),
        Command::Schema(arguments) => schema::run(&arguments, console),
        Command::Completions(arguments) => completions::run(&arguments, console),
        Command::Man(arguments) => man::run(&arguments, console),
        Command::Help(arguments) => help::run(&arguments, console),
    }
}
