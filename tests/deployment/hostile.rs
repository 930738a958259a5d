//! Files that are no deployment at all, or meant to do harm.

use std::fmt::Write as _;

use ftpfw::deployment::problem::{FileProblem, ProblemKind};
use ftpfw::deployment::{self, MAX_BYTES, Reading, line_and_column};
use ftpfw::lang::{Lang, problem};
use proptest::prelude::*;

use crate::assert_golden;
use crate::valid::SMALL;

fn read(bytes: &[u8]) -> Reading {
    deployment::read("hostile.yaml", bytes, None)
}

/// The one problem of a file, its line and column, and the golden files of its message.
fn refused(name: &str, bytes: &[u8]) -> (FileProblem, Option<(usize, usize)>) {
    let reading = read(bytes);
    assert_eq!(reading.deployment, None);
    for lang in Lang::ALL {
        let message = problem::report(&reading, lang, false);
        assert!(message.len() < 4_000, "{} bytes", message.len());
        assert!(message.chars().all(|c| !c.is_control() || c == '\n'), "{message:?}");
        assert_golden!(format!("deployment__{name}__{}", lang.id()), message);
    }
    let [problem] = reading.problems.as_slice() else { panic!("one problem: {:?}", reading.problems) };
    let ProblemKind::File(kind) = &problem.kind else { panic!("a problem of the file: {problem:?}") };
    let place =
        reading.source.span(&problem.place).map(|span| line_and_column(&reading.source.text, span.start));
    (kind.clone(), place)
}

#[test]
fn an_empty_file() {
    assert_eq!(refused("empty", b""), (FileProblem::Empty, None));
}

#[test]
fn a_file_of_more_than_a_mebibyte() {
    let mut file = SMALL.as_bytes().to_vec();
    file.resize(MAX_BYTES + 1, b'#');
    assert_eq!(refused("too-large", &file), (FileProblem::TooLarge, None));
}

#[test]
fn a_file_of_a_mebibyte() {
    let mut file = format!("{SMALL}# ").into_bytes();
    file.resize(MAX_BYTES, b'x');
    assert!(read(&file).deployment.is_some());
}

#[test]
fn a_hundred_thousand_brackets() {
    let file = format!("version: 1\nservice: {}", "[".repeat(100_000));
    assert_eq!(
        refused("too-many-brackets", file.as_bytes()),
        (FileProblem::TooManyBrackets, Some((2, 10_010)))
    );
}

#[test]
fn brackets_too_deep() {
    let file = format!("version: 1\nservice: {}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(refused("too-deep", file.as_bytes()), (FileProblem::TooDeep, Some((2, 10 + 63))));
}

#[test]
fn lists_in_lists_without_brackets() {
    let file = "- ".repeat(100_000);
    assert_eq!(refused("too-deep-block", file.as_bytes()), (FileProblem::TooDeep, Some((1, 129))));
}

#[test]
fn a_thousand_million_laughs() {
    let mut file = String::from("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(file, "a{level}: &a{level} [{aliases}]");
    }
    assert_eq!(refused("billion-laughs", file.as_bytes()).0, FileProblem::TooManyValues);
}

#[test]
fn an_alias_of_itself() {
    assert_eq!(refused("self-alias", b"service: &s\n  passive: *s\n").0, FileProblem::TooDeep);
}

#[test]
fn bytes_that_are_not_utf8() {
    let file = "version: 1\n# Bücher\nservice: { name: Müll }\n";
    let latin1: Vec<u8> = file.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    assert_eq!(
        refused("latin-1", &latin1),
        (FileProblem::NotUtf8 { byte: 0xfc, utf16: false }, Some((2, 4)))
    );
    let utf16: Vec<u8> = "\u{feff}version: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused("utf-16", &utf16), (FileProblem::NotUtf8 { byte: 0xff, utf16: true }, Some((1, 1))));
}

#[test]
fn control_characters() {
    let file = "version: 1\nservice: { name: \u{1b}[2Jftp }\n";
    let kind = FileProblem::ControlCharacter { character: '\u{1b}' };
    assert_eq!(refused("control-character", file.as_bytes()), (kind, Some((2, 18))));
}

#[test]
fn escapes_of_yaml_do_not_reach_the_terminal() {
    let file = SMALL.replace("name: ftp-host", "name: \"\\e[31mred\\u202e\"");
    for lang in Lang::ALL {
        let message = problem::report(&read(file.as_bytes()), lang, false);
        assert!(message.contains("\\u{1b}[31mred\\u{202e}"), "{message}");
        assert!(message.chars().all(|c| !c.is_control() || c == '\n'), "{message:?}");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_accepted() {
    let expected = read(SMALL.as_bytes()).deployment;
    assert!(expected.is_some());
    let windows = SMALL.replace('\n', "\r\n");
    assert_eq!(read(windows.as_bytes()).deployment, expected);
    assert_eq!(read(format!("\u{feff}{windows}").as_bytes()).deployment, expected);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_move_no_column() {
    let file = "\u{feff}version: 2\nservice:\n  addresses: [203.0.113.10]\n  control_port: 70000\n"
        .replace('\n', "\r\n");
    let reading = read(file.as_bytes());
    let places: Vec<_> = reading
        .problems
        .iter()
        .filter_map(|problem| reading.source.span(&problem.place))
        .map(|span| line_and_column(&reading.source.text, span.start))
        .collect();
    assert!(places.contains(&(1, 10)), "{places:?}");
    assert!(places.contains(&(4, 17)), "{places:?}");
    for lang in Lang::ALL {
        assert_golden!(
            format!("deployment__crlf-bom__{}", lang.id()),
            problem::report(&reading, lang, false)
        );
    }
}

#[test]
fn a_flood_of_problems_is_counted_and_not_shown() {
    let mut file = String::from("version: 1\n");
    for number in 0..5_000 {
        let _ = writeln!(file, "x{number}: 1");
    }
    let message = problem::report(&read(file.as_bytes()), Lang::En, false);
    assert!(
        message.ends_with("and 4952 more, not shown\n\n5002 errors"),
        "{}",
        &message[message.len() - 100..]
    );
}

#[test]
fn a_mebibyte_of_problems_is_read_in_reasonable_memory() {
    let mut file = String::from("version: 1\n");
    while file.len() < 400_000 {
        let _ = writeln!(file, "x{}: 1{}", file.len(), " ".repeat(20));
    }
    file.push_str(&"#".repeat(MAX_BYTES - file.len()));
    let message = problem::report(&read(file.as_bytes()), Lang::En, false);
    assert!(message.len() < 10_000, "{} bytes", message.len());
}

/// Pieces that YAML and deployments are made of, and that go wrong.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n".to_owned()),
        Just("\n  ".to_owned()),
        Just("\n    - ".to_owned()),
        Just(": ".to_owned()),
        "[\\[\\]{},:&*!|>'\"%#@`?~-]",
        "(version|service|addresses|ports|passive|firewalls|name|side|nat|also_allow|from|to|self|any)",
        "[0-9]{1,6}(-[0-9]{1,6})?",
        "[0-9a-f.:/]{1,12}",
        "\\PC{0,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        survive(&bytes)?;
    }

    #[test]
    fn anything_like_yaml_is_survived(fragments in proptest::collection::vec(fragment(), 0..60)) {
        survive(fragments.concat().as_bytes())?;
    }

    #[test]
    fn a_deployment_with_a_piece_replaced_is_survived(
        at in 0..SMALL.len(), length in 0..20_usize, fragments in proptest::collection::vec(fragment(), 0..4),
    ) {
        let mut bytes = SMALL.as_bytes().to_vec();
        bytes.splice(at..(at + length).min(SMALL.len()), fragments.concat().into_bytes());
        survive(&bytes)?;
    }
}

/// Reads, and renders what is wrong: nothing panics, and there is a deployment or an error.
fn survive(bytes: &[u8]) -> Result<(), TestCaseError> {
    let reading = read(bytes);
    prop_assert_eq!(reading.deployment.is_some(), reading.count(deployment::Severity::Error) == 0);
    for problem in &reading.problems {
        if let Some(span) = reading.source.span(&problem.place) {
            prop_assert!(span.start <= span.end && span.end <= reading.source.text.len().max(span.start + 1));
        }
    }
    for lang in Lang::ALL {
        prop_assert!(problem::report(&reading, lang, false).chars().all(|c| !c.is_control() || c == '\n'));
    }
    Ok(())
}
