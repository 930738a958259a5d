//! The session that the README shows is the one that takes place.

use std::fs;

use crate::runner::{ftpfw, run};

/// A line of the README that stands for any number of lines.
const ELISION: &str = "[...]";

const READMES: [&str; 2] = [include_str!("../../README.md"), include_str!("../../README.zh.md")];

/// The rule set that the README traces a packet through.
const RULES: &str = "\
*filter
:INPUT DROP [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 30000:30010 -j ACCEPT
COMMIT
";

/// The contents of the fenced blocks in this language.
fn blocks<'a>(readme: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    readme.split(&fence).skip(1).map(|rest| rest.split("```").next().expect("the end of a block")).collect()
}

#[test]
fn the_session_takes_place_as_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let [english, _] = READMES;
    fs::write(folder.path().join("ftpfw.yaml"), blocks(english, "yaml")[0]).expect("a deployment file");
    fs::write(folder.path().join("edge.rules.v4"), RULES).expect("a rule set");
    let sessions = blocks(english, "console");
    assert!(sessions.len() >= 3, "the README shows a session");
    for session in sessions {
        let (command, expected) = session.split_once('\n').expect("a command and its output");
        let arguments = command.strip_prefix("$ ftpfw ").expect("a command of ours");
        let run = run(ftpfw(arguments).current_dir(folder.path()));
        // A terminal shows both.
        let shown = run.stderr + &run.stdout;
        let mut rest = shown.as_str();
        let mut anywhere = false;
        for line in expected.lines() {
            if line == ELISION {
                anywhere = true;
                continue;
            }
            let line = format!("{line}\n");
            let at =
                rest.find(&line).unwrap_or_else(|| panic!("{command} does not print {line}but:\n{rest}"));
            assert!(anywhere || at == 0, "{command} prints before {line}{}", &rest[..at]);
            rest = &rest[at + line.len()..];
            anywhere = false;
        }
        assert!(anywhere || rest.is_empty(), "{command} prints more: {rest}");
    }
}

#[test]
fn the_deployments_shown_are_without_fault() {
    for readme in READMES {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ftpfw.yaml");
        fs::write(&file, blocks(readme, "yaml")[0]).expect("a deployment file");
        let run = run(ftpfw("generate").current_dir(folder.path()));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    }
}
