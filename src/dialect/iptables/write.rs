//! Writing rule sets for `iptables-restore` (iptables-extensions(8), iptables-restore(8)).

use crate::dialect::text::{comment, net, push, with_ports};
use crate::packet::{AddressSet, Family, PortRange, PortSet, Protocol};
use crate::ruleset::{Action, Chain, Match, Policy, Rule, Ruleset, TableFamily};

/// The longest comment that the `comment` match takes, in bytes.
const COMMENT_LIMIT: usize = 255;

/// How many ports `multiport` takes. A range counts as two.
const MULTIPORT_LIMIT: usize = 15;

/// The text of a rule set that `flow::grant` builds, for each family that `ruleset` has tables of: each family has its
/// own program to load it.
pub(crate) fn write(ruleset: &Ruleset) -> Vec<(Family, String)> {
    let tables = ruleset.tables();
    Family::ALL
        .into_iter()
        .filter(|&family| tables.iter().any(|table| table.family == TableFamily::of(family)))
        .map(|family| {
            let mut text = String::new();
            for table in tables.iter().filter(|table| table.family == TableFamily::of(family)) {
                let chains: Vec<&Chain> = ruleset.chains_of(table).collect();
                write_table(&mut text, &table.name, &chains);
            }
            (family, text)
        })
        .collect()
}

fn write_table(text: &mut String, name: &str, chains: &[&Chain]) {
    text.push('*');
    text.push_str(name);
    text.push('\n');
    for chain in chains {
        let policy = match chain.base.map(|base| base.policy) {
            Some(Policy::Accept) => "ACCEPT",
            Some(Policy::Drop) => "DROP",
            None => "-",
        };
        push(text, format_args!(":{} {policy} [0:0]\n", chain.name));
    }
    for chain in chains {
        for rule in &chain.rules {
            for part in rule_parts(rule) {
                push(text, format_args!("-A {}{part}\n", chain.name));
            }
        }
    }
    text.push_str("COMMIT\n");
}

/// The options of the commands that append the rules of `ruleset` to built-in chains.
pub(crate) fn commands(ruleset: &Ruleset) -> Vec<String> {
    let of_chain = |chain: &Chain| -> Vec<String> {
        let (table, name) = (&chain.table.name, &chain.name);
        let lines = chain.rules.iter().flat_map(rule_lines);
        lines.map(|line| format!("-t {table} -A {name} {line}")).collect()
    };
    ruleset.chains.iter().flat_map(of_chain).collect()
}

/// One rule as it stands after the name of its chain.
pub(crate) fn rule_lines(rule: &Rule) -> Vec<String> {
    rule_parts(rule).iter().map(|part| part.trim_start().to_owned()).collect()
}

/// One rule as the lines that it takes: several where a match has more ports than one `multiport` can.
///
/// What `-m` loads comes last: after `-m multiport`, it takes `--dport` for an option of its own.
fn rule_parts(rule: &Rule) -> Vec<String> {
    let alternatives = rule.matches.iter().map(options);
    let (loaded, plain): (Vec<_>, Vec<_>) =
        alternatives.partition(|options| options.first().is_some_and(|option| option.starts_with(" -m")));
    let mut parts = vec![String::new()];
    for options in plain.into_iter().chain(loaded) {
        parts = parts
            .iter()
            .flat_map(|start| options.iter().map(move |option| format!("{start}{option}")))
            .collect();
    }
    let mut end = String::new();
    if let Some(text) = &rule.comment {
        push(&mut end, format_args!(" -m comment --comment \"{}\"", comment(text, COMMENT_LIMIT)));
    }
    for action in &rule.actions {
        end.push_str(&target(action));
    }
    parts.into_iter().map(|start| start + &end).collect()
}

/// The alternatives of options that express `matching`, each with a leading space; one, but for long port lists.
fn options(matching: &Match) -> Vec<String> {
    let one = match matching {
        Match::InInterface(interface) => format!(" -i {}", interface.name),
        Match::OutInterface(interface) => format!(" -o {}", interface.name),
        Match::Source(addresses) => format!(" -s {}", list(addresses)),
        Match::Destination(addresses) => format!(" -d {}", list(addresses)),
        Match::Protocol(protocol) => format!(" -p {}", protocol_name(*protocol)),
        Match::SourcePort(ports) => return port_options("sport", ports),
        Match::DestinationPort(ports) => return port_options("dport", ports),
        &Match::SYN => " --syn".to_owned(),
        Match::Icmp(icmp) => {
            let option = match icmp.family {
                Family::Ipv4 => "--icmp-type",
                Family::Ipv6 => "--icmpv6-type",
            };
            return icmp.types.iter().map(|kind| format!(" {option} {kind}")).collect();
        }
        Match::State(states) => {
            format!(" -m conntrack --ctstate {}", states.names().join(",").to_uppercase())
        }
        Match::Helper(name) => format!(" -m helper --helper {name}"),
        // The table speaks of one family, and nothing else is built for this dialect.
        _ => String::new(),
    };
    vec![one]
}

fn protocol_name(protocol: Protocol) -> String {
    match protocol {
        Protocol::Icmpv6 => "ipv6-icmp".to_owned(),
        named => named.to_string(),
    }
}

fn list(addresses: &AddressSet) -> String {
    let nets: Vec<String> = addresses.nets().iter().map(net).collect();
    nets.join(",")
}

fn port_options(option: &str, ports: &PortSet) -> Vec<String> {
    if let [range] = ports.ranges() {
        return vec![format!(" --{option} {}", colon(*range))];
    }
    let mut alternatives: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for range in ports.ranges() {
        let width = if range.count() == 1 { 1 } else { 2 };
        if room < width || alternatives.is_empty() {
            alternatives.push(Vec::new());
            room = MULTIPORT_LIMIT;
        }
        room -= width;
        if let Some(last) = alternatives.last_mut() {
            last.push(colon(*range));
        }
    }
    alternatives.iter().map(|ports| format!(" -m multiport --{option}s {}", ports.join(","))).collect()
}

fn colon(range: PortRange) -> String {
    if range.count() == 1 { range.first().to_string() } else { format!("{}:{}", range.first(), range.last()) }
}

fn target(action: &Action) -> String {
    match action {
        Action::Accept => " -j ACCEPT".to_owned(),
        Action::Drop => " -j DROP".to_owned(),
        Action::AssignHelper(name) => format!(" -j CT --helper {name}"),
        Action::DestinationNat { address: Some(address), port } => {
            let ports = port.map(PortRange::single);
            format!(" -j DNAT --to-destination {}", with_ports(*address, ports))
        }
        Action::SourceNat { address: Some(address), ports } => {
            format!(" -j SNAT --to-source {}", with_ports(*address, *ports))
        }
        // Nothing else is built for this dialect.
        _ => String::new(),
    }
}
