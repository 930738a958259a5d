//! Completion scripts.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::runner::printed;

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        for lang in ["en", "zh"] {
            let script = printed(&format!("completions {shell} --lang {lang}"));
            assert!(script.contains("generate") && script.contains("firewall"), "{shell}");
            let has_parser =
                shell == "bash" || (shell != "powershell" && shell != "elvish" && is_installed(shell));
            if has_parser {
                assert!(parses(shell, &script), "{shell}");
            }
        }
    }
}

fn is_installed(shell: &str) -> bool {
    Command::new(shell).arg("--version").output().is_ok()
}

fn parses(shell: &str, script: &str) -> bool {
    let mut parser = Command::new(shell).arg("-n").stdin(Stdio::piped()).spawn().expect("a shell");
    parser.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("a reader");
    parser.wait().expect("an end").success()
}
