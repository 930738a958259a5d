//! `ftpfw completions`: a completion script for a shell.

use clap_complete::Shell;

use super::choice::choice;
use super::{Console, Exit, Failure};

/// The arguments of `ftpfw completions`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell to complete in.
    #[arg(value_name = "SHELL", value_parser = choice(&SHELLS, name))]
    pub(super) shell: Shell,
}

const SHELLS: [Shell; 5] = [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh];

fn name(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => "bash",
        Shell::Elvish => "elvish",
        Shell::Fish => "fish",
        Shell::PowerShell => "powershell",
        Shell::Zsh => "zsh",
        // No other is offered.
        _ => "",
    }
}

/// Prints the completion script, with its explanations in the language of the console.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let mut command = console.command();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "ftpfw", &mut script);
    console.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Well)
}
