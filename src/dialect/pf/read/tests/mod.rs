//! What texts mean, in short notation: one line for each rule.

mod address;
mod faults;
mod filter;
mod samples;
mod structure;
mod translation;

use std::fmt::Write as _;

use super::{read, read_anchor};
use crate::dialect::pf::{Flavour, Problem};
use crate::dialect::reading::{ProblemKind, Reading};
use crate::packet::Family;
use crate::ruleset::{Action, AddressType, Direction, Hook, Match, Ruleset};

/// The files that tests may name.
fn file(path: &str) -> Option<String> {
    let text = match path {
        "/etc/spammers" => "# Collected.\n192.0.2.1\n198.51.100.0/24 ; all of them\n! 198.51.100.7\n",
        "/etc/named" => "192.0.2.1\nmail.example.org\n",
        "/etc/web.conf" => "pass in proto tcp to port $web\n",
        "/etc/anchor.conf" => "nat on em0 from 10/8 to any -> 192.0.2.9\nblock in from 192.0.2.1\n",
        "/etc/loop.conf" => "include \"/etc/loop.conf\"\npass out\n",
        "/etc/apple" => "anchor \"200.AirDrop/*\"\nanchor \"250.ApplicationFirewall/*\"\n",
        _ => return None,
    };
    Some(text.to_owned())
}

fn read_as(flavour: Flavour, text: &str) -> Reading {
    read(text, flavour, &mut file)
}

/// The problems of a text, each with the line and the piece of text that it is about.
fn problems(flavour: Flavour, text: &str) -> Vec<(u32, String, Problem)> {
    let problem = |problem: crate::dialect::reading::Problem| {
        let kind = match problem.kind {
            ProblemKind::Pf(kind) => kind,
            other => panic!("{other:?} is of another dialect"),
        };
        let (start, end) = (problem.origin.start as usize, problem.origin.end as usize);
        let piece = if problem.origin.text == 0 { &text[start..end] } else { "" };
        (problem.origin.line, piece.to_owned(), kind)
    };
    read_as(flavour, text).problems.into_iter().map(problem).collect()
}

/// Asserts what OpenBSD makes of a text that it has nothing to complain about.
#[track_caller]
fn check(text: &str, expected: &str) {
    check_as(Flavour::Openbsd, text, expected);
}

/// The same of FreeBSD.
#[track_caller]
fn check_freebsd(text: &str, expected: &str) {
    check_as(Flavour::Freebsd, text, expected);
}

#[track_caller]
fn check_as(flavour: Flavour, text: &str, expected: &str) {
    let reading = read_as(flavour, text);
    assert_eq!(reading.problems, [], "{text}");
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let actual = show(&reading.ruleset);
    let actual: Vec<&str> = actual.lines().collect();
    assert_eq!(actual, expected, "{text}");
}

/// A rule set, a line for each rule; the name of the chain in front of those outside of the main filter rules.
fn show(ruleset: &Ruleset) -> String {
    let mut text = String::new();
    for name in &ruleset.skipped_interfaces {
        let _ = writeln!(text, "skip {name}");
    }
    for chain in &ruleset.chains {
        let at_base = chain.base.is_some_and(|base| base.hook == Hook::PfFilter);
        let place = match (chain.table.name.as_str(), chain.name.as_str()) {
            ("", "filter") if at_base => String::new(),
            ("", name) => format!("{name}: "),
            (path, name) => format!("{path} {name}: "),
        };
        if chain.rules.is_empty() {
            let _ = writeln!(text, "{place}nothing");
        }
        for rule in &chain.rules {
            let mut words: Vec<String> = rule.matches.iter().map(matching).collect();
            words.push("->".to_owned());
            words.extend(rule.actions.iter().map(action));
            if rule.quick && at_base {
                words.push("quick".to_owned());
            }
            let _ = writeln!(text, "{place}{}", words.join(" "));
        }
    }
    text
}

fn matching(matching: &Match) -> String {
    match matching {
        Match::Direction(Direction::In) => "in".to_owned(),
        Match::Direction(Direction::Out) => "out".to_owned(),
        Match::Family(Family::Ipv4) => "inet".to_owned(),
        Match::Family(Family::Ipv6) => "inet6".to_owned(),
        Match::InInterface(interface) => {
            format!("iif={}{}", interface.name, if interface.prefix { "*" } else { "" })
        }
        Match::OutInterface(interface) => {
            format!("oif={}{}", interface.name, if interface.prefix { "*" } else { "" })
        }
        Match::Source(set) => format!("from=[{set}]"),
        Match::Destination(set) => format!("to=[{set}]"),
        Match::SourceType(AddressType::Local) => "from=self".to_owned(),
        Match::DestinationType(AddressType::Local) => "to=self".to_owned(),
        Match::Protocol(protocol) => protocol.to_string(),
        Match::SourcePort(set) => format!("sport=[{set}]"),
        Match::DestinationPort(set) => format!("dport=[{set}]"),
        &Match::PF_SYN => "syn".to_owned(),
        Match::TcpFlags(flags) => format!("flags={}/{}", flags.value, flags.mask),
        Match::Icmp(icmp) => {
            format!("icmp={:?}{}", icmp.types, icmp.code.map_or(String::new(), |code| format!("code {code}")))
        }
        Match::Tagged(name) => format!("tagged={name}"),
        Match::Not(inner) => format!("!{}", self::matching(inner)),
        Match::AnyOf(alternatives) => {
            let all = |all: &Vec<Match>| all.iter().map(self::matching).collect::<Vec<_>>().join(" ");
            format!("({})", alternatives.iter().map(all).collect::<Vec<_>>().join(" | "))
        }
        Match::Opaque(words) => format!("?{words}?"),
        other => panic!("{other:?} does not occur in pf"),
    }
}

fn action(action: &Action) -> String {
    match action {
        Action::Accept => "accept".to_owned(),
        Action::Drop => "drop".to_owned(),
        Action::Reject => "reject".to_owned(),
        Action::Notrack => "stateless".to_owned(),
        Action::Unknown(words) => format!("?{words}?"),
        Action::MoveNetwork { end, network } => format!("{end:?} in {network}").to_lowercase(),
        Action::DestinationNat { address, port } => format!(
            "dnat={}{}",
            address.map_or("self".to_owned(), |address| address.to_string()),
            port.map_or(String::new(), |port| format!(" port {port}"))
        ),
        Action::SourceNat { address, ports } => format!(
            "snat={}{}",
            address.map_or("self".to_owned(), |address| address.to_string()),
            ports.map_or(String::new(), |ports| format!(" ports {ports}"))
        ),
        Action::Divert { address, port } => format!("divert={address} port {port}"),
        Action::SkipFilter => "skip-filter".to_owned(),
        Action::Anchor(path) => format!("anchor={path}"),
        Action::Tag(name) => format!("tag={name}"),
        other => panic!("{other:?} does not occur in pf"),
    }
}
