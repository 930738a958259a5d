//! What texts come to, written as one line for each rule.

mod forms;
mod hostile;
mod matches;
mod published;
mod scripts;
mod sets;
mod targets;

use std::fmt::Write as _;

use super::{Input, Problem, Sets, read};
use crate::dialect::reading::{ProblemKind, Reading};
use crate::packet::Family;
use crate::ruleset::{Action, CtDirection, Endpoint, Interface, Match, NewAddress, Rule, Ruleset};

fn input(sets: &Sets) -> Input<'_> {
    Input { number: 0, family: Family::Ipv4, table: "filter", sets }
}

fn reading(text: &str) -> Reading {
    read(text, input(&Sets::default()))
}

/// The problems of a reading, without their places.
fn problems(reading: &Reading) -> Vec<Problem> {
    let of = |kind: &ProblemKind| match kind {
        ProblemKind::Iptables(problem) => problem.clone(),
        other => panic!("a problem of another dialect: {other:?}"),
    };
    reading.problems.iter().map(|problem| of(&problem.kind)).collect()
}

/// The rules of `text` are `expected`, and nothing is wrong with it.
#[track_caller]
fn check(text: &str, expected: &str) {
    let reading = reading(text);
    assert_eq!(problems(&reading), [], "{text}");
    assert_eq!(render(&reading.ruleset), lines(expected), "{text}");
}

/// The one rule of `-A INPUT` with these options is `expected`.
#[track_caller]
fn check_rule(options: &str, expected: &str) {
    check(&format!("-A INPUT {options}"), &format!("filter INPUT accept\n {expected}"));
}

/// The same for IPv6.
#[track_caller]
fn check_rule_v6(options: &str, expected: &str) {
    let sets = Sets::default();
    let reading = read(&format!("-A INPUT {options}"), Input { family: Family::Ipv6, ..input(&sets) });
    assert_eq!(problems(&reading), []);
    assert_eq!(render(&reading.ruleset), lines(&format!("6 filter INPUT accept\n {expected}")));
}

/// The one rule of `-A INPUT` with these options is `expected`, and this is wrong with it.
#[track_caller]
fn check_problem(options: &str, expected: &str, problem: &Problem) {
    let reading = reading(&format!("-A INPUT {options}"));
    assert_eq!(&problems(&reading), std::slice::from_ref(problem), "{options}");
    assert_eq!(render(&reading.ruleset), lines(&format!("filter INPUT accept\n {expected}")), "{options}");
}

fn lines(text: &str) -> String {
    text.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .fold(String::new(), |all, line| all + line + "\n")
}

/// A chain a line, its rules below it.
fn render(ruleset: &Ruleset) -> String {
    let mut text = String::new();
    for chain in &ruleset.chains {
        let family = if chain.table.family.sees(Family::Ipv4) { "" } else { "6 " };
        let policy = chain.base.map_or("-".to_owned(), |base| format!("{:?}", base.policy).to_lowercase());
        writeln!(text, "{family}{} {} {policy}", chain.table.name, chain.name).expect("a string");
        for rule in &chain.rules {
            writeln!(text, " {}", render_rule(rule)).expect("a string");
        }
    }
    text
}

fn render_rule(rule: &Rule) -> String {
    let actions: Vec<String> = rule.actions.iter().map(render_action).collect();
    let mut parts = vec![all_of(&rule.matches), "->".to_owned(), actions.join(", ")];
    parts.extend(rule.comment.as_ref().map(|comment| format!("# {comment}")));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

fn all_of(matches: &[Match]) -> String {
    matches.iter().map(render_match).collect::<Vec<String>>().join(" ")
}

fn render_match(matching: &Match) -> String {
    let interface =
        |interface: &Interface| format!("{}{}", interface.name, if interface.prefix { "+" } else { "" });
    let compact = |text: String| text.replace(", ", ",");
    match matching {
        Match::InInterface(name) => format!("iif {}", interface(name)),
        Match::OutInterface(name) => format!("oif {}", interface(name)),
        Match::Source(set) => compact(format!("src {set}")),
        Match::Destination(set) => compact(format!("dst {set}")),
        Match::SourceType(kind) => format!("srctype {kind:?}").to_lowercase(),
        Match::DestinationType(kind) => format!("dsttype {kind:?}").to_lowercase(),
        Match::Protocol(protocol) => protocol.to_string(),
        Match::SourcePort(ports) => compact(format!("sport {ports}")),
        Match::DestinationPort(ports) => compact(format!("dport {ports}")),
        &Match::SYN => "syn".to_owned(),
        Match::TcpFlags(flags) => format!("flags {:#04x}/{:#04x}", flags.value, flags.mask),
        Match::Icmp(icmp) => {
            let code = icmp.code.map_or(String::new(), |code| format!("/{code}"));
            format!("type {}{code}", icmp.types.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        }
        Match::State(states) => format!("state {}", states.names().join(",")),
        Match::CtDirection(CtDirection::Original) => "original".to_owned(),
        Match::CtDirection(CtDirection::Reply) => "reply".to_owned(),
        Match::CtStatus(status) => status.id().to_owned(),
        Match::CtOriginalSource(set) => compact(format!("ctsrc {set}")),
        Match::CtOriginalDestination(set) => compact(format!("ctdst {set}")),
        Match::CtOriginalDestinationPort(ports) => compact(format!("ctdport {ports}")),
        Match::Helper(name) => format!("helper {name}"),
        Match::Mark(mark) => format!("mark {:#x}/{:#x}", mark.value, mark.mask),
        Match::ConnMark(mark) => format!("connmark {:#x}/{:#x}", mark.value, mark.mask),
        Match::Not(inner) => format!("!{}", render_match(inner)),
        Match::AnyOf(alternatives) => {
            let alternatives: Vec<String> = alternatives.iter().map(|one| all_of(one)).collect();
            format!("({})", alternatives.join(" | "))
        }
        Match::Opaque(text) => format!("<{text}>"),
        other => panic!("not of iptables: {other:?}"),
    }
}

fn render_action(action: &Action) -> String {
    match action {
        Action::Jump(chain) => format!("jump {chain}"),
        Action::Goto(chain) => format!("goto {chain}"),
        Action::Unknown(text) => format!("<{text}>"),
        Action::AssignHelper(helper) => format!("helper {helper}"),
        Action::SetMark(mark) => format!("mark {:#x}/{:#x}", mark.value, mark.mask),
        Action::SetConnMark(mark) => format!("connmark {:#x}/{:#x}", mark.value, mark.mask),
        Action::DestinationNat { address, port } => {
            let address = address.map_or("self".to_owned(), |address| address.to_string());
            format!("dnat {address}{}", port.map_or(String::new(), |port| format!(" {port}")))
        }
        Action::SourceNat { address, ports } => {
            let address = address.map_or("interface".to_owned(), |address| address.to_string());
            format!("snat {address}{}", ports.map_or(String::new(), |ports| format!(" {ports}")))
        }
        Action::Translate(to) => {
            let end = match to.end {
                Endpoint::Source => "snat",
                Endpoint::Destination => "dnat",
            };
            let address = match &to.to {
                NewAddress::Same => String::new(),
                NewAddress::One(address) => address.to_string(),
                NewAddress::OneOf(addresses) => format!("one of {addresses}"),
                NewAddress::Own => "self".to_owned(),
            };
            format!("{end} {address}{}", to.ports.map_or(String::new(), |ports| format!(" {ports}")))
        }
        Action::MoveNetwork { end, network } => format!("{end:?} in {network}").to_lowercase(),
        other => format!("{other:?}").to_lowercase(),
    }
}

#[test]
fn an_interface_called_like_an_address_does_not_tell_the_family() {
    let text = "*filter\n-A INPUT -i 0:: -d 203.0.113.1 -j ACCEPT\n-A OUTPUT -o 0:: -j ACCEPT\nCOMMIT\n";
    assert_eq!(super::family_of(text), Some(Family::Ipv4));
    assert_eq!(super::family_of("-A INPUT -i 0:: -j ACCEPT\n"), None);
}
