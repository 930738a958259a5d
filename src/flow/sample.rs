//! Deployments for tests: every combination of what matters to flows and rules.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::deployment::{
    ActiveSource, AlsoAllow, Clients, Deployment, Egress, Firewall, ForeignAddresses, Modes, Nat, Party,
    Place, Service, Side, Strategy, Tls,
};
use crate::dialect::Dialect;
use crate::packet::{AddressSet, Family, PortRange, PortSet, Protocol};
use crate::ruleset::Host;

/// The server's address in each family: behind a translating gateway, its own.
pub(crate) const SERVER: [&str; 2] = ["10.0.0.5", "2001:db8::10"];
/// The address that a translating gateway shows in its place.
pub(crate) const SERVER_PUBLIC: &str = "198.51.100.5";
/// The clients' networks.
pub(crate) const CLIENTS: [&str; 2] = ["192.168.7.0/24", "2001:db8:7::/64"];
/// The address that a translating gateway shows in place of the clients.
pub(crate) const CLIENTS_PUBLIC: &str = "203.0.113.77";

/// The standard case: control port 21, active source port 20, passive range 60000-60020, clients above 1023,
/// on the server itself with nftables.
pub(crate) fn standard() -> Deployment {
    Deployment {
        service: Service {
            name: "files".to_owned(),
            addresses: SERVER.map(|text| text.parse().expect("an address")).to_vec(),
            control_port: 21,
            tls: Tls::None,
            modes: Modes { active: true, passive: true },
            active_source: ActiveSource::Ports(PortSet::from(20)),
            passive_ports: PortRange::new(60000, 60020),
            advertised_address: None,
            software: None,
            max_sessions: None,
            foreign_addresses: ForeignAddresses::Refused,
            user: None,
        },
        clients: Clients {
            addresses: AddressSet::any(),
            ports: PortRange::new(1024, 65535).expect("a range"),
        },
        firewalls: vec![Firewall {
            name: "ftp-host".to_owned(),
            side: Side::Server,
            place: Place::Host,
            dialect: Dialect::Nftables,
            strategy: Strategy::Static,
            outside: None,
            inside: None,
            nat: None,
            egress: Egress::Restricted,
            rulesets: Vec::new(),
            also_allow: Vec::new(),
            host: Host::default(),
        }],
        ignore: Vec::new(),
    }
}

/// Every valid combination of side, place, TLS kind, strategy, translation, modes, families, dialect, egress and
/// named interfaces, each with one firewall.
pub(crate) fn every() -> Vec<Deployment> {
    let mut all = Vec::new();
    let booleans = [false, true];
    for side in Side::ALL {
        for place in Place::ALL {
            for dialect in Dialect::ALL {
                for strategy in Strategy::ALL {
                    for (nat, named, open) in booleans
                        .into_iter()
                        .flat_map(|a| booleans.map(|b| (a, b)))
                        .flat_map(|(a, b)| booleans.map(|c| (a, b, c)))
                    {
                        let firewall = firewall(side, place, dialect, strategy, nat, named, open);
                        if is_valid(&firewall) {
                            services(&firewall, &mut all);
                        }
                    }
                }
            }
        }
    }
    all
}

fn firewall(
    side: Side,
    place: Place,
    dialect: Dialect,
    strategy: Strategy,
    nat: bool,
    named: bool,
    open: bool,
) -> Firewall {
    let (public, private) = match side {
        Side::Server => (SERVER_PUBLIC, format!("{}/32", SERVER[0])),
        Side::Client => (CLIENTS_PUBLIC, CLIENTS[0].to_owned()),
    };
    let nat = nat.then(|| Nat {
        public: public.parse().expect("an address"),
        private: private.parse().expect("a prefix"),
    });
    let also_allow = vec![AlsoAllow {
        protocol: Protocol::Tcp,
        from: Party::Addresses(["172.16.0.0/12".parse::<IpNet>().expect("a prefix")].into_iter().collect()),
        to: Party::ThisHost,
        ports: Some(PortSet::from(22)),
        note: Some("ssh from the \"office\"".to_owned()),
    }];
    let standard = standard().firewalls.remove(0);
    let egress = if open { Egress::Open } else { Egress::Restricted };
    let outside = named.then(|| "eth0".to_owned());
    let inside = (named && place == Place::Gateway).then(|| "eth1".to_owned());
    Firewall { side, place, dialect, strategy, outside, inside, nat, egress, also_allow, ..standard }
}

/// What the validation of a deployment refuses, as far as it can occur here.
fn is_valid(firewall: &Firewall) -> bool {
    let gateway = firewall.place == Place::Gateway;
    let proxied = firewall.dialect.is_pf() && firewall.strategy == Strategy::Helper;
    (firewall.nat.is_none() || gateway)
        && (!proxied || (gateway && firewall.outside.is_some()))
        && (firewall.egress == Egress::Restricted || !gateway || firewall.outside.is_some())
}

fn services(firewall: &Firewall, all: &mut Vec<Deployment>) {
    for tls in Tls::ALL.into_iter().filter(|tls| firewall.strategy == Strategy::Static || !tls.encrypts()) {
        for modes in [(true, true), (true, false), (false, true)] {
            for families in [&Family::ALL[..], &Family::ALL[..1], &Family::ALL[1..]] {
                for any in [true, false] {
                    let mut deployment = standard();
                    let service = &mut deployment.service;
                    service.tls = tls;
                    if tls == Tls::Implicit {
                        service.control_port = 990;
                        service.active_source = ActiveSource::Ports(PortSet::from(989));
                    }
                    service.modes = Modes { active: modes.0, passive: modes.1 };
                    service.addresses.retain(|&address| families.contains(&Family::of(address)));
                    if !any {
                        deployment.clients.addresses = CLIENTS
                            .into_iter()
                            .map(|text| text.parse::<IpNet>().expect("a prefix"))
                            .collect();
                        deployment.clients.ports = PortRange::new(20000, 50000).expect("a range");
                    }
                    // No helper replaces the private address in the reply to PASV.
                    if modes.1 && (firewall.side, firewall.strategy) == (Side::Server, Strategy::Static) {
                        let named = firewall.nat.filter(|_| families.contains(&Family::Ipv4));
                        service.advertised_address = named.and_then(|nat| match nat.public {
                            IpAddr::V4(public) => Some(public),
                            IpAddr::V6(_) => None,
                        });
                    }
                    let translated =
                        firewall.nat.is_none_or(|nat| families.contains(&Family::of(nat.public)));
                    deployment.firewalls = vec![firewall.clone()];
                    if translated {
                        all.push(deployment);
                    }
                }
            }
        }
    }
}
