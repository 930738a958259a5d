//! Properties of the flows.

use super::sample::{every, standard};
use super::*;
use crate::deployment::{Place, Side};

/// One flow in a line.
fn line(flow: &Flow) -> String {
    let direction = match flow.direction {
        Direction::In => "in",
        Direction::Out => "out",
    };
    format!(
        "{} {direction} {}:{} -> {}:{} {}",
        flow.id,
        flow.source.addresses,
        flow.source.ports,
        flow.destination.addresses,
        flow.destination.ports,
        flow.state.id(),
    )
}

#[test]
fn the_standard_case_has_exactly_the_eight_flows() {
    let mut deployment = standard();
    deployment.service.addresses.truncate(1);
    let lines: Vec<String> = flows(&deployment, &deployment.firewalls[0]).iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "A1 in 0.0.0.0/0:1024-65535 -> 10.0.0.5:21 new",
            "A2 out 10.0.0.5:21 -> 0.0.0.0/0:1024-65535 established",
            "A3 out 10.0.0.5:20 -> 0.0.0.0/0:1024-65535 new",
            "A4 in 0.0.0.0/0:1024-65535 -> 10.0.0.5:20 established",
            "P1 in 0.0.0.0/0:1024-65535 -> 10.0.0.5:21 new",
            "P2 out 10.0.0.5:21 -> 0.0.0.0/0:1024-65535 established",
            "P3 in 0.0.0.0/0:1024-65535 -> 10.0.0.5:60000-60020 new",
            "P4 out 10.0.0.5:60000-60020 -> 0.0.0.0/0:1024-65535 established",
        ]
    );
}

#[test]
fn every_reply_mirrors_the_flow_that_it_answers() {
    for deployment in every() {
        let flows = flows(&deployment, &deployment.firewalls[0]);
        for reply in &flows {
            let Some(answered) = reply.id.answers() else {
                assert_ne!(reply.state, FlowState::Established);
                continue;
            };
            let opener = flows.iter().find(|flow| flow.id == answered && flow.family == reply.family);
            let opener = opener.expect("the flow that it answers");
            assert_eq!(reply.state, FlowState::Established);
            assert_eq!((&reply.source, &reply.destination), (&opener.destination, &opener.source));
            assert_ne!(reply.direction, opener.direction);
            assert_eq!(reply.is_possible(), opener.is_possible());
        }
    }
}

#[test]
fn there_are_four_flows_for_each_mode_and_family_on_offer() {
    for deployment in every() {
        let flows = flows(&deployment, &deployment.firewalls[0]);
        let modes =
            usize::from(deployment.service.modes.active) + usize::from(deployment.service.modes.passive);
        assert_eq!(flows.len(), 4 * modes * deployment.families().count(), "{deployment:#?}");
        assert!(
            flows
                .iter()
                .all(|flow| !flow.source.addresses.is_empty() && !flow.destination.addresses.is_empty())
        );
    }
}

#[test]
fn both_hosts_see_the_same_packets_from_opposite_sides() {
    for mut deployment in every().into_iter().filter(|known| known.firewalls[0].place == Place::Host) {
        let mut opposite = deployment.firewalls[0].clone();
        opposite.side = match opposite.side {
            Side::Server => Side::Client,
            Side::Client => Side::Server,
        };
        "other".clone_into(&mut opposite.name);
        deployment.firewalls.push(opposite);
        let (here, there) =
            (flows(&deployment, &deployment.firewalls[0]), flows(&deployment, &deployment.firewalls[1]));
        for (a, b) in here.iter().zip(&there) {
            assert_ne!(a.direction, b.direction);
            assert_eq!((a.id, &a.source, &a.destination), (b.id, &b.source, &b.destination));
        }
    }
}

#[test]
fn active_mode_is_impossible_only_behind_translation_without_a_helper() {
    for deployment in every() {
        let firewall = &deployment.firewalls[0];
        for flow in flows(&deployment, firewall) {
            let hopeless = firewall.side == Side::Client
                && firewall.nat.is_some()
                && flow.family == Family::Ipv4
                && firewall.strategy == Strategy::Static
                && matches!(flow.id, FlowId::A3 | FlowId::A4);
            assert_eq!(flow.is_possible(), !hopeless, "{}", line(&flow));
        }
    }
}

#[test]
fn data_connections_are_related_exactly_under_a_helper() {
    for deployment in every() {
        let firewall = &deployment.firewalls[0];
        for flow in flows(&deployment, firewall) {
            let data = flow.id.opens() && flow.id.channel() == Channel::Data;
            let expected = data && firewall.strategy == Strategy::Helper;
            assert_eq!(flow.state == FlowState::Related, expected);
        }
    }
}

#[test]
fn a_chain_of_translations_shows_each_firewall_its_own_addresses() {
    use crate::deployment::Nat;
    let mut deployment = standard();
    deployment.service.addresses = vec!["10.0.0.5".parse().expect("an address")];
    let template = deployment.firewalls[0].clone();
    let gateway = |name: &str, side, public: &str, private: &str| Firewall {
        name: name.to_owned(),
        side,
        place: Place::Gateway,
        nat: Some(Nat {
            public: public.parse().expect("an address"),
            private: private.parse().expect("a prefix"),
        }),
        ..template.clone()
    };
    deployment.firewalls = vec![
        Firewall { name: "laptop".to_owned(), side: Side::Client, ..template.clone() },
        gateway("office", Side::Client, "203.0.113.77", "192.168.7.0/24"),
        gateway("edge", Side::Server, "198.51.100.5", "172.16.0.5/32"),
        gateway("core", Side::Server, "172.16.0.5", "10.0.0.5/32"),
        template.clone(),
    ];
    let seen: Vec<String> = deployment
        .firewalls
        .iter()
        .map(|firewall| {
            let views = views(&deployment, firewall);
            let family = Family::Ipv4;
            format!(
                "{}: {} -> {} | {} -> {}",
                firewall.name,
                views.filter.clients.of(family),
                views.filter.servers,
                views.outside.clients.of(family),
                views.outside.servers,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            "laptop: 192.168.7.0/24 -> 198.51.100.5 | 192.168.7.0/24 -> 198.51.100.5",
            "office: 192.168.7.0/24 -> 198.51.100.5 | 203.0.113.77 -> 198.51.100.5",
            "edge: 0.0.0.0/0 -> 172.16.0.5 | 0.0.0.0/0 -> 198.51.100.5",
            "core: 0.0.0.0/0 -> 10.0.0.5 | 0.0.0.0/0 -> 172.16.0.5",
            "ftp-host: 0.0.0.0/0 -> 10.0.0.5 | 0.0.0.0/0 -> 10.0.0.5",
        ]
    );
}
