//! `explain` as JSON: an interface, with stable names; only the values of `why` and the like are for people.

use serde_json::{Value, json};

use super::{mode_name, preference, settings, why};
use crate::explain::settings::{clients, server};
use crate::explain::{Explanation, FirewallFlows};
use crate::flow::{Channel, End, Endpoint, Flow, Mode};
use crate::lang::Lang;
use crate::packet::{AddressSet, PortSet};
use crate::ruleset::Direction;

/// The version of the format.
const VERSION: u8 = 1;

/// The whole of `explain`. `docs/schema/explain.json` describes it.
#[must_use]
pub fn json(explanation: &Explanation<'_>, lang: Lang) -> Value {
    let deployment = explanation.deployment;
    let service = &deployment.service;
    let firewalls: Vec<Value> = explanation.firewalls.iter().map(|known| firewall(known, lang)).collect();
    let guides = |guides: Vec<_>| guides.iter().map(|guide| settings::json(guide, lang)).collect::<Vec<_>>();
    json!({
        "version": VERSION,
        "service": service.name,
        "tls": service.tls.id(),
        "firewalls": firewalls,
        "preferred_mode": {
            "mode": mode_id(explanation.preference.mode()),
            "name": mode_name(explanation.preference.mode(), lang),
            "why": preference(explanation.preference, lang),
        },
        "facts": explanation.facts.iter().map(|fact| super::facts::fact(fact, lang)).collect::<Vec<_>>(),
        "server_settings": guides(server(deployment)),
        "client_settings": guides(clients(deployment)),
    })
}

fn firewall(known: &FirewallFlows<'_>, lang: Lang) -> Value {
    let firewall = known.firewall;
    let flows: Vec<Value> = known
        .flows
        .iter()
        .map(|flow| {
            let mut value = flow_value(flow);
            value["why"] = why(flow, firewall, lang).into();
            value
        })
        .collect();
    json!({
        "name": firewall.name,
        "side": firewall.side.id(),
        "place": firewall.place.id(),
        "dialect": firewall.dialect.id(),
        "strategy": firewall.strategy.id(),
        "flows": flows,
    })
}

fn flow_value(flow: &Flow) -> Value {
    json!({
        "flow": flow.id.id(),
        "mode": mode_id(flow.id.mode()),
        "connection": match flow.id.channel() {
            Channel::Control => "control",
            Channel::Data => "data",
        },
        "family": flow.family.id(),
        "direction": match flow.direction {
            Direction::In => "in",
            Direction::Out => "out",
        },
        "protocol": "tcp",
        "source": endpoint(&flow.source),
        "destination": endpoint(&flow.destination),
        "state": flow.state.id(),
        "possible": flow.is_possible(),
    })
}

fn endpoint(endpoint: &Endpoint) -> Value {
    json!({
        "end": match endpoint.end {
            End::Client => "client",
            End::Server => "server",
        },
        "addresses": addresses(&endpoint.addresses),
        "outside_addresses": endpoint.outside.as_ref().map(addresses),
        "ports": ports(&endpoint.ports),
    })
}

fn addresses(set: &AddressSet) -> Vec<String> {
    set.nets().iter().map(ToString::to_string).collect()
}

fn ports(set: &PortSet) -> Vec<[u16; 2]> {
    set.ranges().iter().map(|range| [range.first(), range.last()]).collect()
}

fn mode_id(mode: Mode) -> &'static str {
    match mode {
        Mode::Active => "active",
        Mode::Passive => "passive",
    }
}
