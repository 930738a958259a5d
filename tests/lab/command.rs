//! Running the programs of the system.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Runs a command that has to succeed, and returns what it wrote to its standard output.
///
/// # Panics
///
/// When it cannot be started or fails, with the command line and everything that it said.
pub(crate) fn run(command: &mut Command) -> String {
    attempt(command).unwrap_or_else(|failure| panic!("{failure}"))
}

/// Runs a command, and returns what it wrote to its standard output, or a description of the failure.
pub(crate) fn attempt(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run {}: {error}", line(command)))?;
    judge(command, &output)
}

/// Like [`run`], with a text for the command's standard input.
///
/// # Panics
///
/// When the command cannot be started or fails.
pub(crate) fn feed(command: &mut Command, input: &str) -> String {
    fed(command, input).unwrap_or_else(|failure| panic!("{failure}\nits input was:\n{input}"))
}

/// Like [`attempt`], with a text for the command's standard input.
///
/// # Panics
///
/// When the command cannot be started.
pub(crate) fn fed(command: &mut Command, input: &str) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", line(command)));
    // The pipe is closed when the handle goes, at the end of this statement. A command that ends
    // without reading all of it says why in its own message.
    let _ = child.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("{}: {error}", line(command)));
    judge(command, &output)
}

/// Standard output after a success, everything known after a failure.
fn judge(command: &Command, output: &Output) -> Result<String, String> {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let mut failure = format!("{}: {}", line(command), output.status);
    for stream in [stdout.trim_end(), stderr.trim_end()].into_iter().filter(|stream| !stream.is_empty()) {
        let _ = write!(failure, "\n{stream}");
    }
    Err(failure)
}

/// The command line, near enough to be typed.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
