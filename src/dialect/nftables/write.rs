//! Writing rule sets for `nft -f` (nft(8)).

use std::net::IpAddr;

use crate::dialect::Loading;
use crate::dialect::text::{comment, net, push, with_ports};
use crate::packet::{AddressSet, Family, PortRange, PortSet, Protocol};
use crate::ruleset::{
    Action, BaseChain, Chain, HelperObject, Match, Policy, Rule, Ruleset, Table, TableFamily, priority,
};

/// The longest comment of a rule, in bytes.
const COMMENT_LIMIT: usize = 127;

/// The text of `ruleset`, one that `flow::grant` builds. Loading it replaces what an earlier version of it left, in one transaction: the whole
/// table, or our chains in it.
pub(crate) fn write(ruleset: &Ruleset, loading: Loading) -> String {
    let mut text = String::new();
    for table in ruleset.tables() {
        clear(&mut text, ruleset, table, loading);
        text.push('\n');
        write_table(&mut text, ruleset, table);
    }
    text
}

/// The tables of `ruleset` with what is in them. Loading them adds to what is in force.
pub(crate) fn tables(ruleset: &Ruleset) -> String {
    let mut text = String::new();
    for table in ruleset.tables() {
        write_table(&mut text, ruleset, table);
    }
    text
}

/// The same as commands, a line each.
pub(crate) fn commands(ruleset: &Ruleset) -> Vec<String> {
    let mut commands = Vec::new();
    for table in ruleset.tables() {
        let name = format!("{} {}", table.family.id(), table.name);
        commands.push(format!("add table {name}"));
        for object in ruleset.helper_objects.iter().filter(|object| object.table == *table) {
            let HelperObject { name: own, helper, .. } = object;
            commands.push(format!("add ct helper {name} {own} {{ type \"{helper}\" protocol tcp; }}"));
        }
        for chain in ruleset.chains_of(table) {
            commands.push(add_chain(chain));
            let rules = chain.rules.iter().map(|rule| rule_text(rule, table.family));
            commands.extend(rules.map(|rule| format!("add rule {name} {} {rule}", chain.name)));
        }
    }
    commands
}

fn write_table(text: &mut String, ruleset: &Ruleset, table: &Table) {
    push(text, format_args!("table {} {} {{\n", table.family.id(), table.name));
    let mut blank = "";
    for object in ruleset.helper_objects.iter().filter(|object| object.table == *table) {
        // nft 1.0.6 wants the statement ended before the brace.
        push(
            text,
            format_args!(
                "\tct helper {} {{\n\t\ttype \"{}\" protocol tcp;\n\t}}\n",
                object.name, object.helper
            ),
        );
        blank = "\n";
    }
    for chain in ruleset.chains_of(table) {
        text.push_str(blank);
        write_chain(text, chain);
        blank = "\n";
    }
    text.push_str("}\n");
}

/// Removes what an earlier version left. Adding first makes the removal succeed where there was nothing.
fn clear(text: &mut String, ruleset: &Ruleset, table: &Table, loading: Loading) {
    let (family, name) = (table.family.id(), &table.name);
    if loading == Loading::Replace {
        push(text, format_args!("table {family} {name}\ndelete table {family} {name}\n"));
        return;
    }
    push(text, format_args!("add table {family} {name}\n"));
    for chain in ruleset.chains_of(table) {
        push(text, format_args!("{}\n", add_chain(chain)));
        push(text, format_args!("flush chain {family} {name} {}\n", chain.name));
    }
}

/// The command that makes a chain, unless it is there.
fn add_chain(chain: &Chain) -> String {
    let Chain { table, name, base, .. } = chain;
    let base = base.map(|base| format!(" {{ {} }}", base_specification(base))).unwrap_or_default();
    format!("add chain {} {} {name}{base}", table.family.id(), table.name)
}

fn write_chain(text: &mut String, chain: &Chain) {
    push(text, format_args!("\tchain {} {{\n", chain.name));
    if let Some(base) = chain.base {
        push(text, format_args!("\t\t{}\n", base_specification(base)));
    }
    for rule in &chain.rules {
        push(text, format_args!("\t\t{}\n", rule_text(rule, chain.table.family)));
    }
    text.push_str("\t}\n");
}

fn base_specification(base: BaseChain) -> String {
    let hook = base.hook.id();
    let kind = if base.nat { "nat" } else { "filter" };
    let level = match base.priority {
        priority::DESTINATION_NAT => "dstnat".to_owned(),
        priority::SOURCE_NAT => "srcnat".to_owned(),
        priority::FILTER => "filter".to_owned(),
        priority::MANGLE => "mangle".to_owned(),
        priority::RAW => "raw".to_owned(),
        other => other.to_string(),
    };
    let policy = match base.policy {
        Policy::Accept => "accept",
        Policy::Drop => "drop",
    };
    format!("type {kind} hook {hook} priority {level}; policy {policy};")
}

/// One rule, in a table of the family `table`.
pub(crate) fn rule_text(rule: &Rule, table: TableFamily) -> String {
    let mut words: Vec<String> = Vec::new();
    let names_protocol = |known: &Match| {
        matches!(
            known,
            Match::SourcePort(_) | Match::DestinationPort(_) | Match::TcpFlags(_) | Match::Icmp(_)
        )
    };
    // Addresses imply their family, and ports their protocol; saying both would compare twice.
    let family_is_implied = table != TableFamily::Inet
        || rule
            .matches
            .iter()
            .any(|known| matches!(known, Match::Source(_) | Match::Destination(_) | Match::Icmp(_)));
    let protocol_is_implied = rule.matches.iter().any(names_protocol);
    let mut protocol = Protocol::Tcp;
    let mut family = Family::Ipv4;
    // nft forgets the family when it prints a rule that asks for ICMP right after it; the other way round it does not.
    let is_icmp = |known: &&Match| matches!(known, Match::Protocol(Protocol::Icmp | Protocol::Icmpv6));
    let icmp = rule.matches.iter().filter(is_icmp);
    for matching in icmp.chain(rule.matches.iter().filter(|known| !is_icmp(known))) {
        match matching {
            Match::Family(named) => {
                family = *named;
                if !family_is_implied {
                    words.push(format!("meta nfproto {}", family.id()));
                }
            }
            Match::Protocol(named) => {
                protocol = *named;
                if !protocol_is_implied {
                    words.push(format!("meta l4proto {protocol}"));
                }
            }
            other => words.extend(match_text(other, family, protocol)),
        }
    }
    words.extend(rule.actions.iter().map(|action| action_text(action, table)));
    if let Some(text) = &rule.comment {
        words.push(format!("comment \"{}\"", comment(text, COMMENT_LIMIT)));
    }
    words.join(" ")
}

fn match_text(matching: &Match, family: Family, protocol: Protocol) -> Option<String> {
    let address = |field: &str, addresses: &AddressSet| {
        let header = match family {
            Family::Ipv4 => "ip",
            Family::Ipv6 => "ip6",
        };
        let nets: Vec<String> = addresses.nets().iter().map(net).collect();
        format!("{header} {field} {}", set(&nets))
    };
    let port = |field: &str, ports: &PortSet| format!("{} {field} {}", protocol, set(ports.ranges()));
    Some(match matching {
        Match::InInterface(interface) => format!("iifname \"{}\"", interface.name),
        Match::OutInterface(interface) => format!("oifname \"{}\"", interface.name),
        Match::Source(addresses) => address("saddr", addresses),
        Match::Destination(addresses) => address("daddr", addresses),
        Match::SourcePort(ports) => port("sport", ports),
        Match::DestinationPort(ports) => port("dport", ports),
        &Match::SYN => "tcp flags & (fin | syn | rst | ack) == syn".to_owned(),
        Match::Icmp(icmp) => {
            let header = match icmp.family {
                Family::Ipv4 => "icmp",
                Family::Ipv6 => "icmpv6",
            };
            format!("{header} type {}", set(&icmp.types))
        }
        Match::State(states) => format!("ct state {}", states.names().join(",")),
        Match::Helper(name) => format!("ct helper \"{name}\""),
        // Said before, and nothing else is built for this dialect.
        _ => return None,
    })
}

/// One element, or an anonymous set of several.
fn set<T: ToString>(elements: &[T]) -> String {
    match elements {
        [one] => one.to_string(),
        several => {
            let texts: Vec<String> = several.iter().map(ToString::to_string).collect();
            format!("{{ {} }}", texts.join(", "))
        }
    }
}

fn action_text(action: &Action, table: TableFamily) -> String {
    // In a table for both families a translation has to say which one it is for.
    let family = |address: &IpAddr| match (table, address) {
        (TableFamily::Inet, IpAddr::V4(_)) => " ip",
        (TableFamily::Inet, IpAddr::V6(_)) => " ip6",
        _ => "",
    };
    match action {
        Action::Accept => "accept".to_owned(),
        Action::Drop => "drop".to_owned(),
        Action::AssignHelper(name) => format!("ct helper set \"{name}\""),
        Action::DestinationNat { address: Some(address), port } => {
            format!("dnat{} to {}", family(address), with_ports(*address, port.map(PortRange::single)))
        }
        Action::SourceNat { address: Some(address), ports } => {
            format!("snat{} to {}", family(address), with_ports(*address, *ports))
        }
        // Nothing else is built for this dialect.
        _ => String::new(),
    }
}
