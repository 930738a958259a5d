//! Bad deployments: a file each in `bad/`, with what is expected of it in its first lines.
//!
//! `# error ReversedRange service.passive.ports 30019-30000` demands a problem of that severity and kind, at
//! that path (`-` for the file as a whole), on a line that holds the rest. All problems are listed, no others
//! are found, and the golden files show what people read in both languages.

use std::fs;
use std::path::{Path, PathBuf};

use ftpfw::deployment::{self, Problem, Reading, Severity, line_and_column};
use ftpfw::lang::{Lang, problem};

use crate::assert_golden;

/// A line of the head of a file.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    severity: String,
    kind: String,
    path: String,
    text: String,
}

/// The files, by name, each read.
fn readings() -> Vec<(String, Reading)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deployment/bad");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let text = fs::read(path).expect("the file");
        let reading = deployment::read(&format!("{name}.yaml"), &text, None);
        (name, reading)
    };
    files.iter().map(read).collect()
}

#[test]
fn each_bad_deployment_has_the_problems_that_it_lists() {
    for (name, reading) in readings() {
        check(&name, &reading, &expectations(&reading.source.text));
    }
}

#[test]
fn each_problem_is_said_in_both_languages() {
    for (name, reading) in readings() {
        for problem in &reading.problems {
            check_words(&name, problem);
        }
    }
}

#[test]
fn what_people_read() {
    for (name, reading) in readings() {
        for lang in Lang::ALL {
            assert_golden!(
                format!("deployment__{name}__{}", lang.id()),
                problem::report(&reading, lang, false)
            );
        }
    }
}

fn expectations(text: &str) -> Vec<Expected> {
    let line = |line: &str| {
        let mut words = line.strip_prefix("# ")?.splitn(4, ' ');
        let severity = words.next()?.to_owned();
        ["error", "warning", "info"].contains(&severity.as_str()).then_some(())?;
        let (kind, path, text) =
            (words.next()?.to_owned(), words.next()?.to_owned(), words.next()?.to_owned());
        Some(Expected { severity, kind, path, text })
    };
    text.lines().map_while(line).collect()
}

fn check(name: &str, reading: &Reading, expected: &[Expected]) {
    let kinds = |of: &[(String, String, String)]| {
        let mut kinds = of.to_vec();
        kinds.sort();
        kinds
    };
    let found: Vec<_> =
        reading.problems.iter().map(|problem| (severity(problem), kind(problem), path(problem))).collect();
    let wanted: Vec<_> =
        expected.iter().map(|one| (one.severity.clone(), one.kind.clone(), one.path.clone())).collect();
    assert_eq!(kinds(&found), kinds(&wanted), "{name}");
    let errors = reading.count(Severity::Error);
    assert_eq!(reading.deployment.is_some(), errors == 0, "{name}");
    for problem in &reading.problems {
        let of_kind: Vec<&Expected> =
            expected.iter().filter(|one| one.kind == kind(problem) && one.path == path(problem)).collect();
        let Some(span) = reading.source.span(&problem.place) else {
            assert!(of_kind.iter().all(|one| one.text == "-"), "{name}: {problem:?} has no place");
            continue;
        };
        let text = &reading.source.text;
        let (line, _) = line_and_column(text, span.start);
        let shown = text.lines().nth(line - 1).unwrap_or_default();
        assert!(of_kind.iter().any(|one| shown.contains(&one.text)), "{name}: line {line} is {shown:?}");
        assert!(line > expected.len(), "{name}: line {line} belongs to the expectations");
    }
}

fn check_words(name: &str, problem: &Problem) {
    let chinese = |text: &str| {
        text.chars()
            .any(|c| matches!(c, '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}'))
    };
    for lang in Lang::ALL {
        let words = problem::words(problem, lang);
        let texts = [Some(words.title), Some(words.label), words.related, words.help];
        for text in texts.into_iter().flatten() {
            assert_eq!(chinese(&text), lang == Lang::Zh, "{name}: {text}");
            assert!(!text.ends_with(['.', '。']), "{name}: {text}");
        }
    }
}

fn severity(problem: &Problem) -> String {
    problem::severity(problem.severity(), Lang::En)
}

/// The name of the innermost variant.
fn kind(problem: &Problem) -> String {
    let debug = format!("{:?}", problem.kind);
    let end = debug.find([' ', ')']).unwrap_or(debug.len());
    debug[..end].rsplit('(').next().unwrap_or_default().to_owned()
}

fn path(problem: &Problem) -> String {
    if problem.path.is_empty() { "-".to_owned() } else { problem.path.clone() }
}
