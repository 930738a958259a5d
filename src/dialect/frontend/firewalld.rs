//! firewalld: files of zones, services, policies and direct rules, commands of `firewall-cmd`, and what it lists
//! (firewalld.zone(5), firewall-cmd(1)).

use super::{Frontend, Problem, command, ports, reading};
use crate::dialect::reading::Reading;

/// The programs that take such options.
const COMMANDS: [&str; 2] = ["firewall-cmd", "firewall-offline-cmd"];

/// The options that take a port and a protocol.
const PORTS: [&str; 4] = ["--add-port", "--remove-port", "--add-source-port", "--remove-source-port"];

/// The elements of a file that name ports.
const ELEMENTS: [&str; 3] = ["port", "source-port", "forward-port"];

/// Reads a file of a zone, a service or a policy, commands of `firewall-cmd`, or what it lists.
#[must_use]
pub fn read(text: &str, number: u32) -> Reading {
    let faults = match roxmltree::Document::parse(text) {
        Ok(document) => document
            .descendants()
            .filter(|node| ELEMENTS.contains(&node.tag_name().name()))
            .filter_map(|node| {
                let value = node.attribute_node("port")?;
                let has_protocol = node.attribute("protocol").is_some_and(|name| !name.is_empty());
                let problem = ports(Frontend::Firewalld, value.value(), '-', has_protocol)?;
                Some((&text[value.range_value()], problem))
            })
            .collect(),
        Err(_) => text.lines().filter_map(arguments).flat_map(of_command).collect(),
    };
    reading(text, number, Frontend::Firewalld, faults)
}

/// Whether a text is a file of firewalld, or what `firewall-cmd --list-all` prints.
pub(super) fn is_listing(text: &str) -> bool {
    let start = text.trim_start();
    let is_file = start.starts_with('<')
        && ["<zone", "<service", "<policy", "<direct"].iter().any(|tag| start.contains(tag));
    let has = |name: &str| text.lines().any(|line| line.trim_start().starts_with(name));
    is_file || (has("target: ") && has("services:") && has("ports:"))
}

/// The arguments of a command of firewalld.
pub(super) fn arguments(line: &str) -> Option<&str> {
    command(line).filter(|(program, _)| COMMANDS.contains(program)).map(|(_, arguments)| arguments)
}

/// What is wrong with the ports of a command: those of an option, and those of a rich rule.
fn of_command(arguments: &str) -> Vec<(&str, Problem)> {
    let quotes: &[char] = &['"', '\''];
    let mut words = arguments.split_whitespace();
    let mut faults = Vec::new();
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, value),
            None if PORTS.contains(&word) => (word, words.next().unwrap_or_default()),
            None => continue,
        };
        let value = value.trim_matches(quotes);
        let fault = match option.trim_matches(quotes) {
            option if PORTS.contains(&option) => {
                let (named, protocol) =
                    value.split_once('/').map_or((value, false), |(named, _)| (named, true));
                ports(Frontend::Firewalld, named, '-', protocol)
            }
            // Of a rich rule, whose protocol comes after it.
            "port" => ports(Frontend::Firewalld, value, '-', arguments.contains("protocol=")),
            _ => None,
        };
        faults.extend(fault.map(|fault| (value, fault)));
    }
    faults
}
