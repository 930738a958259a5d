//! Command lines that make no sense.

use std::fmt::Write as _;

use crate::runner::{assert_snapshot, english_lines, ftpfw, has_chinese, run};

const CASES: [&str; 16] = [
    "--color auto",
    "explian",
    "zzz",
    "explain --fromat json",
    "explain --format jsn",
    "explain --format",
    "explain --format json --format json",
    "explain one two",
    "generate --complete --fragment",
    "generate --family ipv5",
    "generate --formt",
    "completions",
    "completions bsh",
    "-- explain",
    "man \u{1b}[2J",
    "explain --color sometimes",
];

fn transcript(lang: &str) -> String {
    let mut transcript = String::new();
    for case in CASES {
        let run = run(&mut ftpfw(&format!("--lang {lang} {case}")));
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{case}");
        assert!(!run.stderr.contains('\u{1b}'), "{case}");
        let _ = writeln!(transcript, "$ ftpfw {}\n{}", case.escape_debug(), run.stderr);
    }
    transcript
}

#[test]
fn mistakes_are_explained_in_english() {
    let transcript = transcript("en");
    assert!(!has_chinese(&transcript), "{transcript}");
    assert_snapshot("cli__usage__en", &transcript);
}

#[test]
fn mistakes_are_explained_in_chinese() {
    let transcript = transcript("zh");
    let english = english_lines(&transcript).into_iter().filter(|line| !line.starts_with("$ "));
    assert_eq!(english.collect::<Vec<_>>(), Vec::<&str>::new());
    assert_snapshot("cli__usage__zh", &transcript);
}

#[test]
fn a_wrong_language_is_a_mistake() {
    let run = run(&mut ftpfw("schema --lang fr"));
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("en, zh"), "{}", run.stderr);
}
