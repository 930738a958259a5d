//! A deployment as the YAML that reads back as it, with every default written out.

use std::fmt::Write as _;

use super::model::{ActiveSource, AlsoAllow, Deployment, Firewall, Ignore, Party, Service};
use super::shape::VERSION;
use crate::packet::{AddressSet, Family, PortRange, PortSet};
use crate::ruleset::Host;

/// Writes a deployment as a file would declare it.
///
/// Reading the text gives the deployment again. Sets come back in their shortest form, so the text may
/// differ from the file that it was read from.
#[must_use]
pub fn print(deployment: &Deployment) -> String {
    let mut text = format!("version: {VERSION}\n");
    service(&mut text, &deployment.service);
    line(&mut text, 0, "clients:");
    line(&mut text, 2, &format!("addresses: {}", list(&networks(&deployment.clients.addresses))));
    line(&mut text, 2, &format!("ports: {}", deployment.clients.ports));
    line(&mut text, 0, "firewalls:");
    for one in &deployment.firewalls {
        firewall(&mut text, one);
    }
    if !deployment.ignore.is_empty() {
        line(&mut text, 0, "ignore:");
        for entry in &deployment.ignore {
            ignore(&mut text, entry);
        }
    }
    text
}

fn service(text: &mut String, service: &Service) {
    line(text, 0, "service:");
    line(text, 2, &format!("name: {}", scalar(&service.name)));
    let addresses: Vec<String> =
        service.addresses.iter().map(|address| scalar(&address.to_string())).collect();
    line(text, 2, &format!("addresses: {}", list(&addresses)));
    line(text, 2, &format!("control_port: {}", service.control_port));
    line(text, 2, &format!("tls: {}", service.tls.id()));
    let modes = [(service.modes.active, "active"), (service.modes.passive, "passive")];
    let modes: Vec<String> = modes.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()).collect();
    line(text, 2, &format!("modes: {}", list(&modes)));
    // What a mode that is not on offer would use is written too: it is part of the deployment.
    line(text, 2, "active:");
    line(text, 4, &format!("source_port: {}", source(&service.active_source)));
    if service.passive_ports.is_some() || service.advertised_address.is_some() {
        line(text, 2, "passive:");
        if let Some(ports) = service.passive_ports {
            line(text, 4, &format!("ports: {ports}"));
        }
        if let Some(address) = service.advertised_address {
            line(text, 4, &format!("advertised_address: {address}"));
        }
    }
    if let Some(software) = service.software {
        line(text, 2, &format!("software: {}", software.id()));
    }
    if let Some(sessions) = service.max_sessions {
        line(text, 2, &format!("max_sessions: {sessions}"));
    }
    line(text, 2, &format!("foreign_addresses: {}", service.foreign_addresses.id()));
    if let Some(user) = &service.user {
        line(text, 2, &format!("user: {}", scalar(user)));
    }
}

fn firewall(text: &mut String, firewall: &Firewall) {
    line(text, 2, &format!("- name: {}", scalar(&firewall.name)));
    line(text, 4, &format!("side: {}", firewall.side.id()));
    line(text, 4, &format!("place: {}", firewall.place.id()));
    line(text, 4, &format!("dialect: {}", firewall.dialect.id()));
    line(text, 4, &format!("strategy: {}", firewall.strategy.id()));
    if firewall.outside.is_some() || firewall.inside.is_some() {
        line(text, 4, "interfaces:");
        for (name, interface) in [("outside", &firewall.outside), ("inside", &firewall.inside)] {
            if let Some(interface) = interface {
                line(text, 6, &format!("{name}: {}", scalar(interface)));
            }
        }
    }
    if let Some(nat) = &firewall.nat {
        line(text, 4, "nat:");
        line(text, 6, &format!("public: {}", scalar(&nat.public.to_string())));
        line(text, 6, &format!("private: {}", scalar(&AddressSet::from_iter([nat.private]).to_string())));
    }
    line(text, 4, &format!("egress: {}", firewall.egress.id()));
    if !firewall.rulesets.is_empty() {
        line(text, 4, "rulesets:");
        for path in &firewall.rulesets {
            line(text, 6, &format!("- {}", scalar(&path.display().to_string())));
        }
    }
    if !firewall.also_allow.is_empty() {
        line(text, 4, "also_allow:");
        for entry in &firewall.also_allow {
            also_allow(text, entry);
        }
    }
    if firewall.host != Host::default() {
        line(text, 4, "host:");
        host(text, &firewall.host);
    }
}

fn host(text: &mut String, host: &Host) {
    if let Some((major, minor)) = host.kernel {
        line(text, 6, &format!("kernel: {}", scalar(&format!("{major}.{minor}"))));
    }
    if !host.sysctls.is_empty() {
        line(text, 6, "sysctls:");
        for (name, fact) in &host.sysctls {
            line(text, 8, &format!("{}: {}", scalar(name), scalar(&fact.value)));
        }
    }
    if host.all_modules {
        let modules: Vec<String> = host.modules.keys().map(|name| scalar(name)).collect();
        line(text, 6, &format!("modules: {}", list(&modules)));
    }
    if !host.module_parameters.is_empty() {
        line(text, 6, "module_options:");
    }
    let mut module = None;
    for ((name, parameter), fact) in &host.module_parameters {
        if module.replace(name) != Some(name) {
            line(text, 8, &format!("{}:", scalar(name)));
        }
        line(text, 10, &format!("{}: {}", scalar(parameter), scalar(&fact.value)));
    }
}

fn ignore(text: &mut String, entry: &Ignore) {
    line(text, 2, &format!("- rule: {}", entry.rule));
    if let Some(firewall) = &entry.firewall {
        line(text, 4, &format!("firewall: {}", scalar(firewall)));
    }
    line(text, 4, &format!("reason: {}", scalar(&entry.reason)));
}

fn also_allow(text: &mut String, entry: &AlsoAllow) {
    line(text, 6, &format!("- proto: {}", entry.protocol.id()));
    line(text, 8, &format!("from: {}", party(&entry.from)));
    line(text, 8, &format!("to: {}", party(&entry.to)));
    if let Some(ports) = &entry.ports {
        line(text, 8, &format!("port: {}", list(&ranges(ports))));
    }
    if let Some(note) = &entry.note {
        line(text, 8, &format!("note: {}", scalar(note)));
    }
}

fn line(text: &mut String, indentation: usize, content: &str) {
    let _ = writeln!(text, "{:indentation$}{content}", "");
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}

fn source(source: &ActiveSource) -> String {
    match source {
        ActiveSource::Ephemeral => "ephemeral".to_owned(),
        ActiveSource::Ports(ports) => {
            let ports: Vec<u16> =
                ports.ranges().iter().flat_map(|range| range.first()..=range.last()).collect();
            match ports.as_slice() {
                [port] => port.to_string(),
                ports => list(&ports.iter().map(ToString::to_string).collect::<Vec<_>>()),
            }
        }
    }
}

fn party(party: &Party) -> String {
    match party {
        Party::ThisHost => "self".to_owned(),
        Party::Addresses(addresses) => list(&networks(addresses)),
    }
}

fn networks(addresses: &AddressSet) -> Vec<String> {
    if Family::ALL.iter().all(|&family| addresses.is_any(family)) {
        return vec!["any".to_owned()];
    }
    let show = |net| scalar(&AddressSet::from_iter([net]).to_string());
    addresses.nets().iter().copied().map(show).collect()
}

fn ranges(ports: &PortSet) -> Vec<String> {
    // Port 0 is no port that a file could name; nothing listens there.
    let from_one =
        ports.ranges().iter().filter_map(|range| PortRange::new(range.first().max(1), range.last()));
    from_one.map(|range| range.to_string()).collect()
}

/// Text as YAML reads it back: plain where that is certain, in double quotes otherwise.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !matches!(text.to_lowercase().as_str(), "true" | "false" | "null" | "self" | "any");
    // Dotted IPv4 addresses and prefixes are text to every YAML parser.
    let ipv4 =
        text.split_once('/').map_or(text, |(address, _)| address).parse::<std::net::Ipv4Addr>().is_ok();
    if plain || ipv4 {
        return text.to_owned();
    }
    // A string of JSON is a double-quoted scalar of YAML (YAML 1.2 §5.1).
    serde_json::Value::from(text).to_string()
}
