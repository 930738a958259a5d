//! The command line as data.

use clap::{ArgAction, Args, Parser, Subcommand};

use super::choice::choice;
use super::console::Color;
use super::{
    audit, completions, diff, explain, generate, help, init, man, probe, respond, rule, schema, trace,
};
use crate::lang::Lang;

/// The whole command line.
///
/// These comments are for readers of the code: what `--help` says stands in [`crate::lang::help`], in every
/// language, and replaces them.
#[derive(Debug, Parser)]
#[command(
    name = "ftpfw",
    version,
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub(super) global: Global,
    /// Prints the version.
    #[arg(long, short = 'V', action = ArgAction::Version)]
    pub(super) version: Option<bool>,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// The language. Acted upon before clap is asked, like the colour.
    #[arg(long, global = true, value_name = "LANG", value_parser = choice(&Lang::ALL, Lang::id))]
    pub(super) lang: Option<Lang>,
    /// When to colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = Color::Auto.id(), value_parser = choice(&Color::ALL, Color::id))]
    pub(super) color: Color,
    /// Prints help.
    #[arg(long, short, global = true, action = ArgAction::Help)]
    pub(super) help: Option<bool>,
}

/// The commands, in the order of the help.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What must be open, and why.
    Explain(explain::Arguments),
    /// Rule sets.
    Generate(generate::Arguments),
    /// What is wrong with rule sets.
    Audit(audit::Arguments),
    /// What a rule set does with one packet.
    Trace(trace::Arguments),
    /// What one rule set lets through and another does not.
    Diff(diff::Arguments),
    /// What happens on the wire.
    Probe(probe::Arguments),
    /// The other end of a probe.
    Respond(respond::Arguments),
    /// The catalogue of findings.
    Rule(rule::Arguments),
    /// A deployment file to start from.
    Init(init::Arguments),
    /// Everything, on a deployment that is built in.
    Demo,
    /// JSON Schemas.
    Schema(schema::Arguments),
    /// Completions for a shell.
    Completions(completions::Arguments),
    /// A manual page.
    Man(man::Arguments),
    /// Help on a command.
    Help(help::Arguments),
}
