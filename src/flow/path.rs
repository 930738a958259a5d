//! The path from the clients to the server, and the addresses that both ends have along it.
//!
//! A packet from a client crosses the client's own firewall, then the gateways of the clients' side, those of
//! the server's side and last the server's own firewall. Each gateway may translate: one of the clients' side
//! shows its public address in place of theirs, one of the server's side shows its public address in place of
//! the server's.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::deployment::{Deployment, Firewall, Nat, Place, Side};
use crate::packet::{AddressSet, Family};

/// The addresses of both ends, as seen at one point of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The clients'.
    pub clients: AddressSet,
    /// The server's.
    pub servers: AddressSet,
}

/// What one firewall sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Views {
    /// What its filter rules see. netfilter filters forwarded packets after it translated destinations and
    /// before it translates sources, so this is the view from the protected side.
    pub filter: View,
    /// What is seen beyond it, on its outside. Differs from `filter` only where the firewall translates.
    pub outside: View,
}

/// What `firewall`, one of the deployment's, sees of both ends.
#[must_use]
pub fn views(deployment: &Deployment, firewall: &Firewall) -> Views {
    let (near_clients, near_server) =
        (gateways(deployment, Side::Client), gateways(deployment, Side::Server));
    let position = |all: &[&Firewall]| all.iter().position(|other| other.name == firewall.name);

    let view = |clients_crossed: usize, server_crossed: usize| View {
        clients: clients_after(deployment, &near_clients, clients_crossed),
        servers: servers_after(deployment, &near_server, server_crossed),
    };
    match (firewall.side, firewall.place) {
        (Side::Client, Place::Host) => Views::alike(view(0, 0)),
        (Side::Client, Place::Gateway) => {
            let filter = view(position(&near_clients).unwrap_or(0), 0);
            let clients = match firewall.nat {
                Some(nat) => beyond(&filter.clients, nat),
                None => filter.clients.clone(),
            };
            let outside = View { clients, ..filter.clone() };
            Views { filter, outside }
        }
        (Side::Server, Place::Gateway) => {
            let index = position(&near_server).unwrap_or(0);
            Views { filter: view(near_clients.len(), index + 1), outside: view(near_clients.len(), index) }
        }
        (Side::Server, Place::Host) => Views::alike(at_server(deployment)),
    }
}

impl Views {
    /// What a firewall sees that does not translate.
    fn alike(view: View) -> Self {
        Self { filter: view.clone(), outside: view }
    }
}

/// The server's addresses as clients dial them: before the outermost of the gateways that translate them, in the order
/// of the deployment.
#[must_use]
pub fn dialled_servers(deployment: &Deployment) -> Vec<IpAddr> {
    let gateways = gateways(deployment, Side::Server);
    deployment.service.addresses.iter().map(|&declared| outermost(&gateways, declared)).collect()
}

/// What the server itself sees of both ends: behind all gateways.
#[must_use]
pub fn at_server(deployment: &Deployment) -> View {
    let (near_clients, near_server) =
        (gateways(deployment, Side::Client), gateways(deployment, Side::Server));
    View {
        clients: clients_after(deployment, &near_clients, near_clients.len()),
        servers: servers_after(deployment, &near_server, near_server.len()),
    }
}

fn gateways(deployment: &Deployment, side: Side) -> Vec<&Firewall> {
    let is_meant = |other: &&Firewall| other.side == side && other.place == Place::Gateway;
    deployment.firewalls.iter().filter(is_meant).collect()
}

/// A declared address of the server as it is before all `gateways`.
fn outermost(gateways: &[&Firewall], declared: IpAddr) -> IpAddr {
    gateways
        .iter()
        .rev()
        .filter_map(|gateway| gateway.nat)
        .fold(declared, |address, nat| if nat.private == IpNet::from(address) { nat.public } else { address })
}

/// The server's addresses after a packet to it has crossed the first `crossed` gateways of its side.
///
/// A deployment may declare any of the addresses that the server has along the path.
fn servers_after(deployment: &Deployment, gateways: &[&Firewall], crossed: usize) -> AddressSet {
    let seen = deployment.service.addresses.iter().map(|&declared| {
        gateways.iter().take(crossed).filter_map(|gateway| gateway.nat).fold(
            outermost(gateways, declared),
            |address, nat| {
                if nat.public == address { nat.private.addr() } else { address }
            },
        )
    });
    seen.collect()
}

/// The clients' addresses after a packet of theirs has crossed the first `crossed` gateways of their side.
fn clients_after(deployment: &Deployment, gateways: &[&Firewall], crossed: usize) -> AddressSet {
    let declared = deployment.clients.addresses.clone();
    // Beyond all gateways there may be clients that crossed none of them; before the last one there are none.
    let start = if crossed == gateways.len() {
        declared
    } else {
        gateways.iter().rev().filter_map(|gateway| gateway.nat).fold(declared, |set, nat| behind(&set, nat))
    };
    gateways.iter().take(crossed).filter_map(|gateway| gateway.nat).fold(start, |set, nat| beyond(&set, nat))
}

/// Those of `clients` that are behind a translating gateway, by the addresses that they have there.
fn behind(clients: &AddressSet, nat: Nat) -> AddressSet {
    let family = Family::of(nat.public);
    let private: AddressSet = [nat.private].into_iter().collect();
    let declared_inside = clients.intersection(&private);
    let inside = if declared_inside.is_empty() { private } else { declared_inside };
    let untranslated = clients.nets().iter().copied().filter(|net| Family::of_net(net) != family);
    untranslated.chain(inside.nets().iter().copied()).collect()
}

/// `clients` by the addresses that they have beyond a translating gateway.
fn beyond(clients: &AddressSet, nat: Nat) -> AddressSet {
    let mut seen: Vec<IpNet> = Vec::new();
    for net in clients.nets() {
        if !nat.private.contains(net) {
            seen.push(*net);
        }
        if nat.private.contains(net) || net.contains(&nat.private) {
            seen.push(nat.public.into());
        }
    }
    seen.into_iter().collect()
}
