//! How a connection passes a firewall that translates: the part that is translated, and the rest.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Connection, Endpoint};
use crate::deployment::Firewall;
use crate::packet::AddressSet;

/// The part of a connection's packets that a firewall translates alike, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Who opens it, by the addresses on the protected side.
    pub source: Endpoint,
    /// To whom, by the addresses on the protected side.
    pub destination: Endpoint,
    /// What is translated.
    pub translation: Option<Translation>,
}

/// The translation of a connection's first packet; the kernel undoes it for the replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Translation {
    /// A connection from outside: the destination becomes the server's own address.
    Destination {
        /// The address on the outside.
        public: IpAddr,
        /// The address on the inside.
        private: IpAddr,
    },
    /// A connection from inside: the source becomes the public address.
    Source {
        /// The address on the outside.
        public: IpAddr,
    },
}

impl Passage {
    /// The destination by the addresses that the first packet arrives with.
    #[must_use]
    pub fn arriving_destination(&self) -> Endpoint {
        match self.translation {
            Some(Translation::Destination { public, .. }) => at(&self.destination, public),
            _ => self.destination.clone(),
        }
    }

    /// The source by the addresses that the first packet leaves with.
    #[must_use]
    pub fn leaving_source(&self) -> Endpoint {
        match self.translation {
            Some(Translation::Source { public }) => at(&self.source, public),
            _ => self.source.clone(),
        }
    }
}

/// How `connection` passes `firewall`: one passage for what is translated, one for what is not.
#[must_use]
pub fn passages(connection: &Connection, firewall: &Firewall) -> Vec<Passage> {
    let (source, destination) = (&connection.source, &connection.destination);
    let whole = || Passage { source: source.clone(), destination: destination.clone(), translation: None };
    let Some(nat) = firewall.nat else { return vec![whole()] };

    let (translated, rest) = if destination.outside.is_some() {
        let (own, others) = split(&destination.addresses, nat.private);
        let translation = Translation::Destination { public: nat.public, private: nat.private.addr() };
        let part =
            |addresses| Passage { destination: Endpoint { addresses, ..destination.clone() }, ..whole() };
        (Passage { translation: Some(translation), ..part(own) }, part(others))
    } else if source.outside.is_some() {
        let (own, others) = split(&source.addresses, nat.private);
        let translation = Translation::Source { public: nat.public };
        let part = |addresses| Passage { source: Endpoint { addresses, ..source.clone() }, ..whole() };
        (Passage { translation: Some(translation), ..part(own) }, part(others))
    } else {
        return vec![whole()];
    };
    [translated, rest]
        .into_iter()
        .filter(|passage| !passage.source.addresses.is_empty() && !passage.destination.addresses.is_empty())
        .collect()
}

/// The addresses inside of `private`, and the others.
fn split(addresses: &AddressSet, private: IpNet) -> (AddressSet, AddressSet) {
    let own = addresses.intersection(&[private].into_iter().collect());
    let others = addresses.nets().iter().copied().filter(|net| !private.contains(net)).collect();
    (own, others)
}

fn at(endpoint: &Endpoint, address: IpAddr) -> Endpoint {
    Endpoint { addresses: [address].into_iter().collect(), ..endpoint.clone() }
}
