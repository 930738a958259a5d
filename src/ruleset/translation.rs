//! Translation to an address or a port that the rule leaves open, and what is known of a packet after it.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::packet::{AddressSet, Packet, Payload, PortRange, PortSet};

/// Which end of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Where it comes from.
    Source,
    /// Where it goes.
    Destination,
}

/// A translation of which the kernel chooses a part. What is asked of that part later has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The end that is translated.
    pub end: Endpoint,
    /// The new address.
    pub to: NewAddress,
    /// Where the new port has to lie; one that does is kept, if it can be. `None` keeps every port.
    pub ports: Option<PortRange>,
    /// The translation in the words of the rule.
    pub words: String,
}

/// What an address is translated to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewAddress {
    /// Itself: only the port changes.
    Same,
    /// This one.
    One(IpAddr),
    /// One of these, which the kernel chooses by a hash that starts from a secret.
    OneOf(AddressSet),
    /// One of the machine's own: that of the interface by which the packet came (`REDIRECT`).
    Own,
}

/// What is not known of one end of a packet that has been translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt<'a> {
    pub(super) translation: &'a Translation,
    /// Whether the port is not known either.
    pub(super) port: bool,
}

impl Translation {
    /// The doubts that there may be after it.
    pub(super) fn doubts(&self) -> impl Iterator<Item = Doubt<'_>> {
        let address = self.leaves_address_open().then_some(Doubt { translation: self, port: false });
        let port = self.open_ports().map(|_| Doubt { translation: self, port: true });
        address.into_iter().chain(port)
    }

    /// Translates `packet` as far as is known, and says what is not.
    pub(super) fn apply(&self, packet: &mut Packet) -> Option<Doubt<'_>> {
        if let NewAddress::One(address) = self.to {
            match self.end {
                Endpoint::Source => packet.source = address,
                Endpoint::Destination => packet.destination = address,
            }
        }
        let mut doubt = Doubt { translation: self, port: false };
        if let (Endpoint::Destination, Some(range)) = (self.end, self.ports)
            && let Payload::Tcp { destination_port: port, .. } | Payload::Ports { destination_port: port, .. } =
                &mut packet.payload
        {
            if range.count() == 1 {
                *port = range.first();
            } else {
                doubt.port = !range.contains(*port);
            }
        }
        (doubt.port || self.leaves_address_open()).then_some(doubt)
    }

    /// The ports of which one is chosen. Of the source, no rule is taken to ask.
    pub(super) fn open_ports(&self) -> Option<PortRange> {
        self.ports.filter(|range| self.end == Endpoint::Destination && range.count() > 1)
    }

    fn leaves_address_open(&self) -> bool {
        matches!(self.to, NewAddress::OneOf(_) | NewAddress::Own)
    }
}

impl Doubt<'_> {
    /// The addresses of which it has one; `None` where the address is known.
    pub(super) fn addresses(&self) -> Option<AddressSet> {
        match &self.translation.to {
            NewAddress::OneOf(addresses) => Some(addresses.clone()),
            NewAddress::Own => Some(AddressSet::any()),
            NewAddress::Same | NewAddress::One(_) => None,
        }
    }

    /// Whether the new address is in the set, or the words to ask it with; `None` where the address is known.
    pub(super) fn address_in(&self, set: &AddressSet) -> Option<Result<bool, String>> {
        let addresses = self.addresses()?;
        Some(if addresses.nets().iter().all(|net| set.contains(net)) {
            Ok(true)
        } else if addresses.intersection(set).is_empty() {
            Ok(false)
        } else {
            Err(format!("{}: {set}", self.translation.words))
        })
    }

    /// Whether the new port is in the set, or the words to ask it with; `None` where the port is known.
    pub(super) fn port_in(&self, set: &PortSet) -> Option<Result<bool, String>> {
        let range = self.translation.open_ports().filter(|_| self.port)?;
        Some(match set.overlap(range) {
            None => Ok(false),
            Some(common) if common == range => Ok(true),
            Some(_) => Err(format!("{}: {set}", self.translation.words)),
        })
    }
}

/// The address with the same place in another network.
pub(super) fn moved(address: IpAddr, network: IpNet) -> IpAddr {
    match (address, network) {
        (IpAddr::V4(address), IpNet::V4(network)) => {
            (network.network() | (address & network.hostmask())).into()
        }
        (IpAddr::V6(address), IpNet::V6(network)) => {
            (network.network() | (address & network.hostmask())).into()
        }
        _ => address,
    }
}
