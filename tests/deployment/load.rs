//! How a command comes by its deployment: a file named, found or on standard input, or options.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::valid::{SMALL, accepted};

/// Runs `ftpfw explain --print-deployment` with further arguments in a folder.
fn print_deployment(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ftpfw"))
        .args(["explain", "--print-deployment"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().expect("standard input").write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_file_is_found_in_this_folder_and_in_those_above() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ftpfw.yaml"), SMALL).expect("a file");
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).expect("folders");
    for place in [folder.path(), &below] {
        let (code, printed, messages) = print_deployment(place, &[], "");
        assert_eq!((code, messages.as_str()), (Some(0), ""));
        assert_eq!(accepted(&printed), accepted(SMALL));
    }
}

#[test]
fn without_a_file_or_options_a_way_on_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, printed, messages) = print_deployment(folder.path(), &[], "");
    assert_eq!((code, printed.as_str()), (Some(2), ""));
    assert!(messages.contains("ftpfw init") && messages.contains("--server"), "{messages}");
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, printed, _) = print_deployment(folder.path(), &["-"], SMALL);
    assert_eq!(code, Some(0));
    assert_eq!(accepted(&printed), accepted(SMALL));
    let (code, _, messages) = print_deployment(folder.path(), &["-"], "version: 2\n");
    assert_eq!(code, Some(2));
    assert!(messages.contains("--> <stdin>:1:10"), "{messages}");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, messages) = print_deployment(folder.path(), &["absent.yaml"], "");
    assert_eq!(code, Some(2));
    assert!(messages.contains("absent.yaml"), "{messages}");
}

#[test]
fn a_dialect_goes_with_a_file_and_nothing_else_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, printed, _) = print_deployment(folder.path(), &["-", "--dialect", "iptables"], SMALL);
    assert_eq!(code, Some(0));
    assert!(printed.contains("dialect: iptables"), "{printed}");
    let (code, _, messages) = print_deployment(folder.path(), &["-", "--dialect", "iptable"], SMALL);
    assert_eq!(code, Some(2));
    assert!(messages.contains("did you mean `iptables`?"), "{messages}");
    let (code, _, messages) = print_deployment(folder.path(), &["-", "--server", "203.0.113.10"], SMALL);
    assert_eq!(code, Some(2));
    assert!(messages.contains("--dialect"), "{messages}");
    let (code, _, messages) = print_deployment(folder.path(), &["--pasv", "30000-30019"], "");
    assert_eq!(code, Some(2));
    assert!(messages.contains("--server"), "{messages}");
}

#[test]
fn warnings_go_to_standard_error_and_stop_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = ["--server", "203.0.113.10", "--pasv", "60000-60020"];
    let (code, printed, messages) = print_deployment(folder.path(), &options, "");
    assert_eq!(code, Some(0));
    assert!(messages.ends_with("1 warning, 1 info\n"), "{messages}");
    // What is printed is what the options amount to.
    let again = print_deployment(folder.path(), &["-"], &printed);
    assert_eq!((again.0, again.1), (Some(0), printed));
}
