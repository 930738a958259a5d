//! Writing rule sets for `pfctl -f` (`pf.conf(5)` of OpenBSD and of FreeBSD).

use crate::dialect::text::{net, push};
use crate::packet::{AddressSet, Family, PortRange, PortSet, Protocol};
use crate::ruleset::{Action, AddressType, Chain, Direction, Hook, Match, Rule, Ruleset};

/// Whose pf it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flavour {
    /// OpenBSD's: translation is an option of filter rules.
    Openbsd,
    /// FreeBSD's: translation has rules of its own.
    Freebsd,
}

/// The text of `ruleset`, one that `flow::grant` builds: options, translation, filter rules, in the order that pf wants.
pub(crate) fn write(ruleset: &Ruleset, flavour: Flavour) -> String {
    let mut text = String::new();
    for interface in &ruleset.skipped_interfaces {
        push(&mut text, format_args!("set skip on {interface}\n"));
    }
    for chain in &ruleset.chains {
        let hook = chain.base.map_or(Hook::PfFilter, |base| base.hook);
        for rule in &chain.rules {
            if !text.is_empty() {
                text.push('\n');
            }
            if let Some(words) = &rule.comment {
                push(&mut text, format_args!("# {}\n", comment(words)));
            }
            push(&mut text, format_args!("{}\n", rule_text(rule, hook, flavour)));
        }
    }
    text
}

/// One rule of `chain`, without its comment.
pub(crate) fn rule_line(rule: &Rule, chain: &Chain, flavour: Flavour) -> String {
    rule_text(rule, chain.base.map_or(Hook::PfFilter, |base| base.hook), flavour)
}

fn rule_text(rule: &Rule, hook: Hook, flavour: Flavour) -> String {
    if let Some(name) = rule.actions.iter().find_map(|action| match action {
        Action::Anchor(name) => Some(name),
        _ => None,
    }) {
        return format!("{} \"{name}\"", anchor_word(hook));
    }
    let mut words: Vec<String> = vec![action_word(rule, hook).to_owned()];
    let find = |wanted: fn(&Match) -> Option<String>| rule.matches.iter().find_map(wanted);
    words.extend(find(|known| match known {
        Match::Direction(Direction::In) => Some("in".to_owned()),
        Match::Direction(Direction::Out) => Some("out".to_owned()),
        _ => None,
    }));
    if hook == Hook::PfFilter && rule.quick {
        words.push("quick".to_owned());
    }
    words.extend(find(|known| match known {
        Match::InInterface(interface) | Match::OutInterface(interface) => {
            Some(format!("on {}", interface.name))
        }
        _ => None,
    }));
    words.extend(find(|known| match known {
        Match::Family(Family::Ipv4) => Some("inet".to_owned()),
        Match::Family(Family::Ipv6) => Some("inet6".to_owned()),
        _ => None,
    }));
    words.extend(find(|known| match known {
        Match::Protocol(protocol) => Some(format!("proto {}", protocol_name(*protocol))),
        _ => None,
    }));
    words.extend(ends(rule));
    words.extend(find(|known| match known {
        Match::Icmp(icmp) => {
            let option = match icmp.family {
                Family::Ipv4 => "icmp-type",
                Family::Ipv6 => "icmp6-type",
            };
            Some(format!("{option} {}", list(&icmp.types)))
        }
        _ => None,
    }));
    if hook == Hook::PfFilter && rule.actions.contains(&Action::Accept) {
        if rule.matches.contains(&Match::PF_SYN) {
            words.push("flags S/SA".to_owned());
        }
        words.push("keep state".to_owned());
    }
    let ports = rule.matches.iter().find_map(|known| match known {
        Match::DestinationPort(ports) => Some(ports),
        _ => None,
    });
    words.extend(rule.actions.iter().filter_map(|action| option(action, hook, flavour, ports)));
    words.join(" ")
}

fn anchor_word(hook: Hook) -> &'static str {
    match hook {
        Hook::PfNat => "nat-anchor",
        Hook::PfRdr => "rdr-anchor",
        _ => "anchor",
    }
}

fn action_word(rule: &Rule, hook: Hook) -> &'static str {
    match hook {
        Hook::PfNat => "nat",
        Hook::PfRdr => "rdr",
        _ if rule.actions.contains(&Action::Accept) => "pass",
        _ => "block drop",
    }
}

fn protocol_name(protocol: Protocol) -> String {
    match protocol {
        Protocol::Icmpv6 => "icmp6".to_owned(),
        named => named.to_string(),
    }
}

/// `from ... port ... to ... port ...`, or `all`.
fn ends(rule: &Rule) -> Vec<String> {
    let mut source = (None, None);
    let mut destination = (None, None);
    for matching in &rule.matches {
        match matching {
            Match::Source(addresses) => source.0 = Some(address_list(addresses)),
            Match::SourceType(AddressType::Local) => source.0 = Some("self".to_owned()),
            Match::SourcePort(ports) => source.1 = Some(port_list(ports)),
            Match::Destination(addresses) => destination.0 = Some(address_list(addresses)),
            Match::DestinationType(AddressType::Local) => destination.0 = Some("self".to_owned()),
            Match::DestinationPort(ports) => destination.1 = Some(port_list(ports)),
            _ => {}
        }
    }
    if [&source.0, &source.1, &destination.0, &destination.1].into_iter().all(Option::is_none) {
        return vec!["all".to_owned()];
    }
    [("from", source), ("to", destination)]
        .into_iter()
        .flat_map(|(word, (addresses, ports))| {
            let addresses = addresses.unwrap_or_else(|| "any".to_owned());
            std::iter::once(format!("{word} {addresses}")).chain(ports.map(|ports| format!("port {ports}")))
        })
        .collect()
}

fn address_list(addresses: &AddressSet) -> String {
    let texts: Vec<String> = addresses.nets().iter().map(net).collect();
    list(&texts)
}

fn port_list(ports: &PortSet) -> String {
    let texts: Vec<String> = ports.ranges().iter().copied().map(colon).collect();
    list(&texts)
}

/// pf's inclusive range is `first:last`.
fn colon(range: PortRange) -> String {
    if range.count() == 1 { range.first().to_string() } else { format!("{}:{}", range.first(), range.last()) }
}

/// One element, or a list of several.
fn list<T: ToString>(elements: &[T]) -> String {
    match elements {
        [one] => one.to_string(),
        several => {
            let texts: Vec<String> = several.iter().map(ToString::to_string).collect();
            format!("{{ {} }}", texts.join(", "))
        }
    }
}

/// What follows the matches: the translation, or where the packet is diverted to.
fn option(action: &Action, hook: Hook, flavour: Flavour, ports: Option<&PortSet>) -> Option<String> {
    let word = |openbsd: &'static str| match (flavour, hook) {
        (Flavour::Freebsd, Hook::PfNat | Hook::PfRdr) => "->",
        _ => openbsd,
    };
    Some(match action {
        Action::DestinationNat { address: Some(address), port } => {
            let mut text = format!("{} {address}", word("rdr-to"));
            match (port, ports.map(PortSet::ranges)) {
                (Some(port), _) => push(&mut text, format_args!(" port {port}")),
                // One to one: the asterisk makes each port of the range its own counterpart.
                (None, Some([range])) if range.count() > 1 => {
                    push(&mut text, format_args!(" port {}:*", range.first()));
                }
                _ => {}
            }
            text
        }
        Action::SourceNat { address: Some(address), ports: Some(range) } => {
            format!("{} {address} port {}", word("nat-to"), colon(*range))
        }
        Action::SourceNat { address: Some(address), ports: None } => {
            format!("{} {address} static-port", word("nat-to"))
        }
        Action::Divert { address, port } => format!("divert-to {address} port {port}"),
        // Said before, and nothing else is built for this dialect.
        _ => return None,
    })
}

/// Text as it can stand in a comment: on one line, which a backslash at its end would join to the next.
fn comment(text: &str) -> String {
    let mut clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.trim_end_matches(' ').ends_with('\\') {
        clean.push(' ');
    }
    clean
}
