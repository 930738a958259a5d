//! What is not understood: where, what, and that the rest is read.

use proptest::prelude::*;

use super::{Flavour, Problem, file, problems, read_as, show};
use crate::dialect::pf::{Expected, read};

/// Asserts the one problem of a text, and what is read of it.
#[track_caller]
fn check(text: &str, line: u32, piece: &str, problem: Problem, expected: &str) {
    assert_eq!(problems(Flavour::Openbsd, text), [(line, piece.to_owned(), problem)], "{text}");
    let shown = show(&read_as(Flavour::Openbsd, text).ruleset);
    assert_eq!(shown.lines().collect::<Vec<_>>(), expected.lines().collect::<Vec<_>>(), "{text}");
}

fn unexpected(found: &str, expected: Expected) -> Problem {
    Problem::Unexpected { found: Some(found.to_owned()), expected }
}

#[test]
fn faults_are_where_they_are_and_the_rest_is_read() {
    let ports = Problem::UnknownName { of: Expected::Port, name: "nope".to_owned() };
    check(
        "block\npass in proto tcp to port { 21 nope }\nblock in",
        2,
        "nope",
        ports,
        "-> drop\nin tcp (dport=[21] | ?to port nope?) syn -> accept\nin -> drop",
    );
    check(
        "pass in quikc\nblock",
        1,
        "quikc",
        unexpected("quikc", Expected::RulePart),
        "?pass in quikc? -> ?pass in quikc?\n-> drop",
    );
    check(
        "pas in quick",
        1,
        "pas",
        Problem::UnknownStatement { word: "pas".to_owned() },
        "?pas in quick? -> ?pas in quick? quick",
    );
    check(
        "pass in on $nope",
        1,
        "$nope",
        Problem::UndefinedMacro { name: "nope".to_owned() },
        "?pass in on nope? -> ?pass in on nope?",
    );
    check(
        "block from 10/33",
        1,
        "33",
        unexpected("33", Expected::PrefixLength),
        "?block from 10/33? -> ?block from 10/33?",
    );
    check("block proto tcp to port 5:4", 1, "5:4", Problem::ReversedRange, "tcp ?to port 5:4? -> drop");
    check(
        "block proto nope",
        1,
        "nope",
        Problem::UnknownName { of: Expected::Protocol, name: "nope".to_owned() },
        "?block proto nope? -> ?block proto nope?",
    );
    check("block to port 21", 1, "block to port 21", Problem::PortsWithoutProtocol, "dport=[21] -> drop");
    check(
        "block proto tcp flags S/A",
        1,
        "S/A",
        Problem::FlagsNeverSet,
        "?block proto tcp flags S/A? -> ?block proto tcp flags S/A?",
    );
    check(
        "nat on em0 from any to any -> 192.0.2.1",
        1,
        "nat",
        Problem::TranslationRule { word: "nat".to_owned() },
        "?nat on em0 from any to any -> 192.0.2.1? -> ?nat on em0 from any to any -> 192.0.2.1?",
    );
    check(
        "include \"/nope\"\nblock",
        1,
        "\"/nope\"",
        Problem::MissingFile { path: "/nope".to_owned() },
        "?include \"/nope\"? -> ?include \"/nope\"?\n-> drop",
    );
    check("set nope 1", 1, "nope", unexpected("nope", Expected::Setting), "");
    check("}\nblock", 1, "}", Problem::Unopened, "-> drop");
    check(
        "anchor x {\nblock",
        1,
        "anchor x {",
        Problem::Unclosed { sign: '{' },
        "-> anchor=x\nx filter: -> drop",
    );
    check(
        "block in from",
        1,
        "",
        Problem::Unexpected { found: None, expected: Expected::Address },
        "?block in from? -> ?block in from?",
    );
    check("block label \"x\nblock in", 1, "\"", Problem::Unclosed { sign: '"' }, "-> drop\nin -> drop");
}

#[test]
fn a_list_that_is_not_closed_ends_before_the_next_statement() {
    let text = "block from { 10/8,\n  192.0.2.1\npass in proto udp\nblock out";
    let found = problems(Flavour::Openbsd, text);
    assert!(found.contains(&(1, "{".to_owned(), Problem::Unclosed { sign: '{' })), "{found:?}");
    assert!(show(&read_as(Flavour::Openbsd, text).ruleset).ends_with("in udp -> accept\nout -> drop\n"));
}

#[test]
fn a_file_that_includes_itself_is_reported() {
    let reading = read_as(Flavour::Openbsd, "include \"/etc/loop.conf\"");
    assert_eq!(reading.problems.len(), 1);
    let included = "?include \"/etc/loop.conf\"? -> ?include \"/etc/loop.conf\"?";
    assert_eq!(show(&reading.ruleset), format!("{included}\nout (!tcp | syn) -> accept\n"));
}

#[test]
fn nesting_has_a_limit() {
    let list = format!("block from {}{}\nblock", "{".repeat(100), "}".repeat(100));
    assert!(matches!(problems(Flavour::Openbsd, &list)[..], [(1, _, Problem::TooDeep)]));
    let anchors = format!("{}{}block", "anchor x {\n".repeat(100), "}\n".repeat(100));
    let found = problems(Flavour::Openbsd, &anchors);
    assert_eq!(found.len(), 36);
    assert!(found.iter().all(|(_, _, problem)| *problem == Problem::TooDeep));
}

#[test]
fn hostile_texts_take_no_longer_than_others() {
    let times = |piece: &str, count: usize| piece.repeat(count);
    for text in [
        times("block from {\n", 20_000),
        times("block label \"\n", 20_000),
        times("block label '\n", 20_000),
        times("anchor x {\n", 20_000),
        times("{", 100_000),
        times("\\\n", 100_000),
        times("(", 100_000),
        format!("block from {{{}", times("\n", 200_000)),
        format!("a = '\"'\n{}", times("block $a\n", 20_000)),
        format!("table <t> {{ {} }}\nblock from <t>", times("!10/8 10.1/16 ", 20_000)),
        format!("x = {}\n{}", times("10/8 ", 20_000), times("block from { $x }\n", 40)),
        times("include \"/etc/web.conf\"\n", 20_000),
    ] {
        let reading = read_as(Flavour::Openbsd, &text);
        assert!(reading.problems.len() <= 100_000);
    }
}

const SAMPLE: &str = "ext = \"em0\"\nports = \"{ 21 990 }\"\ntable <t> persist { 10/8 !10.1/16 } file \"/etc/spammers\"\n\
    set skip on lo\nset block-policy return\nnat on $ext inet from 10/8 to any -> ($ext:0) port 1024:65535\n\
    rdr pass on $ext proto tcp to port 8000:8010 -> 10.0.0.5 port 80:*\nbinat on em0 from 10.0.0.5 to any -> 192.0.2.1\n\
    antispoof quick for { lo0, $ext } inet\nanchor \"ftp-proxy/*\"\nanchor a in on em0 {\n  block return log\n}\n\
    pass in quick on ! em1 inet proto tcp from <t> port > 1023 to { self, 192.0.2.1 - 192.0.2.9 } port $ports flags S/SA \\\n  keep state (max 10, overload <t> flush)\n\
    match out on egress nat-to (egress) # last\npass inet proto icmp icmp-type { echoreq code 0 unreach }\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read(text in "\\PC{0,80}", flavour in 0..2_usize) {
        let flavour = [Flavour::Openbsd, Flavour::Freebsd][flavour];
        let _ = read(&text, flavour, &mut file);
    }

    #[test]
    fn random_words_are_read(words in proptest::collection::vec(proptest::sample::select(SAMPLE.split_inclusive([' ', '\n']).collect::<Vec<_>>()), 0..40), flavour in 0..2_usize) {
        let flavour = [Flavour::Openbsd, Flavour::Freebsd][flavour];
        let text = words.concat();
        let reading = read(&text, flavour, &mut file);
        for problem in reading.problems {
            let (start, end) = (problem.origin.start as usize, problem.origin.end as usize);
            prop_assert!(start <= end);
            prop_assert!(problem.origin.text > 0 || text.get(start..end).is_some());
        }
    }

    #[test]
    fn a_mutated_text_is_read(cuts in proptest::collection::vec((0_usize..2000, 0_usize..6, "[{}()<>!\"'$/\\\\\\\n=:,#a0-]{0,3}"), 1..6), flavour in 0..2_usize) {
        let flavour = [Flavour::Openbsd, Flavour::Freebsd][flavour];
        let mut text = SAMPLE.to_owned();
        for (at, length, with) in cuts {
            let at = at % text.len().max(1);
            let end = (at + length).min(text.len());
            text.replace_range(at..end, &with);
        }
        let reading = read(&text, flavour, &mut file);
        for rule in reading.ruleset.chains.iter().flat_map(|chain| &chain.rules) {
            let origin = rule.origin.expect("it was read");
            prop_assert!(origin.text > 0 || text.get(origin.start as usize..origin.end as usize).is_some());
        }
    }
}
