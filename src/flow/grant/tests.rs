//! Properties of the granted rule sets, over every combination of what matters to them.
//!
//! The lab has the kernel decide; here a naive evaluator decides for the dialects that no kernel is at hand for
//! as well, and for combinations in their thousands.

use std::net::IpAddr;

use super::judge::{Packet, netfilter, pf};
use super::*;
use crate::deployment::{Egress, Place, Side};
use crate::flow::sample::{CLIENTS_PUBLIC, SERVER_PUBLIC, every};
use crate::flow::{Flow, FlowState, flows};
use crate::packet::PortSet;
use crate::ruleset::{AddressType, Direction, Policy, States};

const SHAPES: [Shape; 2] = [Shape::Complete, Shape::Fragment];

/// An address of the firewall's own that is no end of any flow.
const GATEWAY: &str = "192.0.2.254";

#[test]
fn exactly_the_required_packets_pass() {
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    for deployment in every() {
        let firewall = &deployment.firewalls[0];
        for shape in SHAPES {
            let granted = grant(&deployment, firewall, shape);
            if !granted.proxies.is_empty() {
                // The proxy's own rules decide; what is granted for it is tested below.
                continue;
            }
            let flows = flows(&deployment, firewall);
            for packet in candidates(&flows, firewall) {
                if shape == Shape::Fragment && leaves(firewall, &packet) {
                    // The policy that the fragment joins lets it through.
                    continue;
                }
                let expected = expected(&flows, firewall, &packet);
                let Some(required) = expected.or_else(|| free(firewall, shape, &packet)) else { continue };
                let actual = decide(&granted, firewall, shape, &packet);
                assert_eq!(
                    actual.is_some(),
                    required,
                    "{shape:?} {packet:#?}\n{firewall:#?}\n{:#?}\n{:#?}",
                    deployment.service,
                    granted.ruleset
                );
                if let Some(actual) = actual {
                    accepted += 1;
                    if expected == Some(true) {
                        assert_translated(firewall, &packet, &actual);
                    }
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(accepted > 10_000 && refused > 100_000, "{accepted} accepted, {refused} refused");
}

/// What becomes of `packet`: how it leaves the firewall, if it does.
fn decide(granted: &Grant, firewall: &Firewall, shape: Shape, packet: &Packet) -> Option<Packet> {
    let own = [GATEWAY.parse().expect("an address")];
    if firewall.dialect.is_pf() {
        // A fragment stands in a rule set that blocks by default.
        let default = match shape {
            Shape::Complete => Policy::Accept,
            Shape::Fragment => Policy::Drop,
        };
        pf(&granted.ruleset, packet, default, &own)
    } else {
        netfilter(&granted.ruleset, packet, &own)
    }
}

/// Whether the flows require `packet`. `None` where that is not for the flows to say.
fn expected(flows: &[Flow], firewall: &Firewall, packet: &Packet) -> Option<bool> {
    let direction = direction(firewall, packet)?;
    // A gateway whose interfaces are not declared knows a direction only by the addresses.
    let tells_interfaces = firewall.place == Place::Host || firewall.outside.is_some();
    let required = flows.iter().filter(|flow| flow.is_possible()).any(|flow| {
        let arrives =
            |addresses: &AddressSet, outside: &Option<AddressSet>, address: IpAddr, at_outside: bool| {
                let set = if at_outside { outside.as_ref().unwrap_or(addresses) } else { addresses };
                set.contains(&address.into())
            };
        // What opens a connection arrives before its translation; the rest is shown as the filter sees it, since
        // conntrack translates what it knows or expects without asking rules.
        let from_outside = packet.state == States::NEW && flow.direction == Direction::In;
        flow.family == packet.family()
            && packet.protocol == Protocol::Tcp
            && (flow.direction == direction || !tells_interfaces)
            && arrives(&flow.source.addresses, &flow.source.outside, packet.source, from_outside)
            && arrives(
                &flow.destination.addresses,
                &flow.destination.outside,
                packet.destination,
                from_outside,
            )
            && flow.source.ports.contains(packet.source_port)
            && flow.destination.ports.contains(packet.destination_port)
            && match flow.state {
                _ if packet.state == States::ESTABLISHED => true,
                FlowState::New => packet.state == States::NEW && packet.syn,
                FlowState::Related => packet.state == States::RELATED && packet.syn && packet.helped,
                FlowState::Established => false,
            }
    });
    required.then_some(true).or((!leaves(firewall, packet)).then_some(false))
}

/// Whether the egress of the firewall, not the flows, decides on `packet`.
fn leaves(firewall: &Firewall, packet: &Packet) -> bool {
    firewall.egress == Egress::Open && direction(firewall, packet) == Some(Direction::Out)
}

/// What is accepted beside the flows: whatever leaves, where that is open.
fn free(firewall: &Firewall, shape: Shape, packet: &Packet) -> Option<bool> {
    let opens_out = leaves(firewall, packet) && packet.state == States::NEW && shape == Shape::Complete;
    (opens_out && (packet.syn || !firewall.dialect.is_pf())).then_some(true)
}

fn direction(firewall: &Firewall, packet: &Packet) -> Option<Direction> {
    match (firewall.place, packet.arrival, packet.departure) {
        (Place::Host, Some("eth0"), None) | (Place::Gateway, Some("eth0"), Some("eth1")) => {
            Some(Direction::In)
        }
        (Place::Host, None, Some("eth0")) | (Place::Gateway, Some("eth1"), Some("eth0")) => {
            Some(Direction::Out)
        }
        _ => None,
    }
}

/// The packets of every flow, at the corners of its sets, and their close neighbours.
fn candidates(flows: &[Flow], firewall: &Firewall) -> Vec<Packet> {
    let mut packets = Vec::new();
    for flow in flows {
        let opening = flow.state != FlowState::Established;
        let states: &[States] = if opening {
            &[States::NEW, States::RELATED, States::ESTABLISHED]
        } else {
            &[States::NEW, States::ESTABLISHED]
        };
        for &state in states {
            // pf passes later packets by their state, and has no other.
            if firewall.dialect.is_pf() && state != States::NEW {
                continue;
            }
            let at_outside = state == States::NEW && flow.direction == Direction::In;
            let address = |addresses: &AddressSet, outside: &Option<AddressSet>| {
                let set = if at_outside { outside.as_ref().unwrap_or(addresses) } else { addresses };
                set.nets()[0].addr()
            };
            let (arrival, departure) = match (firewall.place, flow.direction) {
                (Place::Host, Direction::In) => (Some("eth0"), None),
                (Place::Host, Direction::Out) => (None, Some("eth0")),
                (Place::Gateway, Direction::In) => (Some("eth0"), Some("eth1")),
                (Place::Gateway, Direction::Out) => (Some("eth1"), Some("eth0")),
            };
            let packet = Packet {
                source: address(&flow.source.addresses, &flow.source.outside),
                destination: address(&flow.destination.addresses, &flow.destination.outside),
                protocol: Protocol::Tcp,
                source_port: flow.source.ports.ranges()[0].first(),
                destination_port: flow.destination.ports.ranges()[0].first(),
                syn: state != States::ESTABLISHED,
                state,
                helped: state == States::RELATED,
                arrival,
                departure,
            };
            neighbours(flow, &packet, &mut packets);
        }
    }
    // A complete policy accepts every established packet.
    packets.retain(|packet| {
        packet.state != States::ESTABLISHED
            || flows.iter().any(|flow| {
                flow.source.ports.contains(packet.source_port)
                    && flow.destination.ports.contains(packet.destination_port)
                    && flow.source.addresses.contains(&packet.source.into())
                    && flow.destination.addresses.contains(&packet.destination.into())
                    && packet.protocol == Protocol::Tcp
                    && flow.is_possible()
                    && direction(firewall, packet) == Some(flow.direction)
            })
    });
    packets
}

fn neighbours(flow: &Flow, packet: &Packet, packets: &mut Vec<Packet>) {
    let stranger: IpAddr = match packet.family() {
        Family::Ipv4 => "100.64.9.9".parse(),
        Family::Ipv6 => "2001:db8:dead::9".parse(),
    }
    .expect("an address");
    let around = |ports: &PortSet| {
        let range = ports.ranges()[0];
        [range.first().wrapping_sub(1), range.first(), range.last(), range.last().wrapping_add(1)]
    };
    for source_port in around(&flow.source.ports).into_iter().chain([20, 21, 6000]) {
        for destination_port in around(&flow.destination.ports).into_iter().chain([20, 21, 6000]) {
            packets.push(Packet { source_port, destination_port, ..packet.clone() });
        }
    }
    packets.push(Packet { source: stranger, ..packet.clone() });
    packets.push(Packet { destination: stranger, ..packet.clone() });
    packets.push(Packet { protocol: Protocol::Udp, syn: false, ..packet.clone() });
    packets.push(Packet { syn: false, ..packet.clone() });
    packets.push(Packet { helped: false, ..packet.clone() });
    // Against the direction of the flow.
    packets.push(Packet { arrival: packet.departure, departure: packet.arrival, ..packet.clone() });
    packets.push(Packet { source: packet.destination, destination: packet.source, ..packet.clone() });
}

/// Translation shows the other side the address that it knows, and keeps every port.
fn assert_translated(firewall: &Firewall, before: &Packet, after: &Packet) {
    assert_eq!((before.source_port, before.destination_port), (after.source_port, after.destination_port));
    let Some(nat) = firewall.nat else {
        assert_eq!(before, after);
        return;
    };
    if before.state != States::NEW {
        return;
    }
    let public: IpAddr = if firewall.side == Side::Server { SERVER_PUBLIC } else { CLIENTS_PUBLIC }
        .parse()
        .expect("an address");
    assert_eq!(nat.public, public);
    if before.destination == public {
        assert_eq!(after.destination, nat.private.addr());
    }
    if nat.private.contains(&before.source) {
        assert_eq!(after.source, public, "{before:#?}");
    }
}

#[test]
fn every_flow_that_is_possible_is_named_by_a_rule() {
    for deployment in every() {
        let firewall = &deployment.firewalls[0];
        for shape in SHAPES {
            let granted = grant(&deployment, firewall, shape);
            let comments: Vec<&str> = granted
                .ruleset
                .chains
                .iter()
                .flat_map(|chain| &chain.rules)
                .map(|rule| rule.comment.as_deref().expect("every rule has a comment"))
                .collect();
            let flows = flows(&deployment, firewall);
            for flow in &flows {
                // What leaves freely needs no rule; what ftp-proxy lets through it writes rules for itself.
                let left_out = shape == Shape::Fragment && firewall.egress == Egress::Open
                    || !granted.proxies.is_empty() && flow.id.channel() == crate::flow::Channel::Data;
                let named =
                    comments.iter().any(|comment| comment.split(' ').any(|word| word == flow.id.id()));
                if flows.iter().any(|other| other.id == flow.id && other.is_possible()) {
                    assert!(named || left_out, "{} {shape:?} {firewall:#?} {comments:#?}", flow.id);
                } else {
                    assert!(!named, "{} cannot work, yet a rule names it", flow.id);
                }
            }
        }
    }
}

#[test]
fn no_rule_speaks_of_udp_or_opens_the_active_port() {
    for deployment in every() {
        let active = deployment.service.active_source.ports();
        for shape in SHAPES {
            for chain in grant(&deployment, &deployment.firewalls[0], shape).ruleset.chains {
                for rule in chain.rules {
                    assert!(!rule.matches.contains(&Match::Protocol(Protocol::Udp)));
                    let to_active = rule.matches.contains(&Match::DestinationPort(active.clone()));
                    let opens = !rule.matches.contains(&Match::State(States::ESTABLISHED));
                    assert!(!(to_active && opens), "{rule:#?}");
                }
            }
        }
    }
}

#[test]
fn names_of_chains_fit_iptables() {
    for mut deployment in every() {
        deployment.service.name = "a-15-bytes-name".to_owned();
        for shape in SHAPES {
            for chain in grant(&deployment, &deployment.firewalls[0], shape).ruleset.chains {
                // XT_EXTENSION_MAXNAMELEN, without the byte that ends it.
                assert!(chain.name.len() <= 28, "{}", chain.name);
            }
        }
    }
}

#[test]
fn a_proxied_control_connection_is_taken_up_and_continued() {
    for deployment in every() {
        let firewall = &deployment.firewalls[0];
        let granted = grant(&deployment, firewall, Shape::Complete);
        let proxied = firewall.dialect.is_pf() && firewall.strategy == crate::deployment::Strategy::Helper;
        assert_eq!(!granted.proxies.is_empty(), proxied);
        if !proxied {
            continue;
        }
        assert_eq!(granted.proxies.len(), deployment.families().count());
        let rules: Vec<&Rule> = granted.ruleset.chains.iter().flat_map(|chain| &chain.rules).collect();
        let anchors = rules.iter().filter(|rule| matches!(&rule.actions[..], [Action::Anchor(_)])).count();
        // FreeBSD evaluates the proxy's translation rules in anchors of their own.
        assert_eq!(anchors, if firewall.dialect == Dialect::PfFreebsd { 3 } else { 1 });
        let to_data = deployment.service.passive_ports.map(PortSet::from).map(Match::DestinationPort);
        assert!(!rules.iter().any(|rule| to_data.as_ref().is_some_and(|ports| rule.matches.contains(ports))));
        let continued =
            rules.iter().filter(|rule| rule.matches.contains(&Match::SourceType(AddressType::Local))).count();
        assert!(continued >= deployment.families().count());
    }
}
