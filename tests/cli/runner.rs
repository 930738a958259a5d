//! Runs the program.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// The program with these arguments, separated by spaces, and without anything of the environment that it could
/// heed: no locale, no `NO_COLOR`, no terminal.
pub(crate) fn ftpfw(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpfw"));
    command.args(arguments.split_whitespace()).env_clear().stdin(Stdio::null());
    command
}

/// The program started by a shell that has run `preparation`, such as `umask 027`, before.
pub(crate) fn ftpfw_after(preparation: &str, arguments: &str) -> Command {
    let mut command = Command::new("bash");
    command.arg("-c").arg(format!("{preparation}\nexec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_ftpfw"));
    command.args(arguments.split_whitespace()).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().expect("a program that starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Runs the program to an end without complaints, and returns what it printed.
pub(crate) fn printed(arguments: &str) -> String {
    let run = run(&mut ftpfw(arguments));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{arguments}");
    run.stdout
}

/// Compares with a file of the folder `snapshots`.
pub(crate) fn assert_snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Whether a text has a Chinese character.
pub(crate) fn has_chinese(text: &str) -> bool {
    text.chars().any(|character| ('\u{4e00}'..='\u{9fff}').contains(&character))
}

/// The lines with three words of plain English side by side.
pub(crate) fn english_lines(text: &str) -> Vec<&str> {
    let word = |token: &str| {
        let token = token.trim_end_matches([',', '.', ';', ':']);
        token.len() > 1 && token.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let english = |line: &&str| {
        let tokens: Vec<&str> = line.split_whitespace().collect();
        tokens.windows(3).any(|three| three.iter().copied().all(word))
    };
    text.lines().filter(english).collect()
}
