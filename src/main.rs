//! The `ftpfw` command: exit codes and SIGPIPE, nothing else.

use std::ffi::OsString;
use std::process::ExitCode;

use ftpfw::cli::{self, Console, Exit};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let mut console = Console::new(&arguments);
    let exit = match cli::run(arguments, &mut console) {
        Ok(exit) => exit,
        // Rust ignores the signal SIGPIPE and reports the error EPIPE in its place. A reader that has seen
        // enough (`ftpfw explain | head -1`) is no failure.
        Err(failure) if failure.is_broken_pipe() => Exit::Well,
        Err(failure) => console.report(&failure),
    };
    exit.into()
}
