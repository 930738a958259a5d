//! Translation to an address or a port that the rule leaves open, and what is known of a packet after it.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Action, Ruleset};
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

/// The end that an action translates, if it translates.
#[must_use]
pub fn translated_end(action: &Action) -> Option<Endpoint> {
    match action {
        Action::DestinationNat { .. } => Some(Endpoint::Destination),
        Action::SourceNat { .. } => Some(Endpoint::Source),
        Action::Translate(translation) => Some(translation.end),
        Action::MoveNetwork { end, .. } => Some(*end),
        _ => None,
    }
}

/// Whether any rule translates the end.
pub(super) fn translates(ruleset: &Ruleset, end: Endpoint) -> bool {
    let mut rules = ruleset.chains.iter().flat_map(|chain| &chain.rules);
    rules.any(|rule| rule.actions.iter().any(|action| translated_end(action) == Some(end)))
}

/// What an action that translates addresses makes of one end: its new address, and where its new port has to lie. An
/// action that moves a network is none of these.
pub(super) fn new_end(action: &Action) -> Option<(Endpoint, NewAddress, Option<PortRange>)> {
    let to = |address: &Option<IpAddr>| address.map_or(NewAddress::Same, NewAddress::One);
    match action {
        Action::DestinationNat { address, port } => {
            Some((Endpoint::Destination, to(address), port.map(PortRange::single)))
        }
        Action::SourceNat { address: None, ports } => Some((Endpoint::Source, NewAddress::Own, *ports)),
        Action::SourceNat { address, ports } => Some((Endpoint::Source, to(address), *ports)),
        Action::Translate(translation) => Some((translation.end, translation.to.clone(), translation.ports)),
        _ => None,
    }
}

/// Whether an action that translates gives `packet` another address or port: only then does the kernel say of the
/// connection that it is translated (`nf_nat_setup_info`). `None` is what only the kernel knows.
pub(super) fn changes(action: &Action, packet: &Packet) -> Option<bool> {
    let (source_port, destination_port) = packet.payload.ports().unzip();
    let at = |end| match end {
        Endpoint::Source => (packet.source, source_port),
        Endpoint::Destination => (packet.destination, destination_port),
    };
    if let Action::MoveNetwork { end, network } = action {
        let (address, _) = at(*end);
        return Some(moved(address, *network) != address);
    }
    let (end, to, ports) = new_end(action)?;
    let (address, port) = at(end);
    let elsewhere = match to {
        NewAddress::Same => Some(false),
        // The kernel asks for the family of the new address, too.
        NewAddress::One(new) => Some(new != address && new.is_ipv4() == address.is_ipv4()),
        NewAddress::OneOf(set) => (!set.contains(&address.into())).then_some(true),
        NewAddress::Own => None,
    };
    match (elsewhere, port.zip(ports)) {
        (Some(true), _) => Some(true),
        (_, Some((port, range))) if !range.contains(port) => Some(true),
        (_, Some((_, range))) if is_random(end, range) => None,
        (elsewhere, _) => elsewhere,
    }
}

/// Whether one of all ports is chosen, whatever it was before.
pub(super) fn is_random(end: Endpoint, range: PortRange) -> bool {
    end == Endpoint::Source && range == PortRange::ANY
}

/// Whether an action changes the source to an address of the machine's own (`Some(true)`), or to another one.
pub(super) fn hides_source(action: &Action) -> Option<bool> {
    (translated_end(action)? == Endpoint::Source)
        .then_some(matches!(action, Action::SourceNat { address: None, .. }))
}

/// The question whether an address of the machine's own that a source was changed to is in the set.
pub(super) fn own_source_in(set: &AddressSet) -> String {
    format!("(self): {set}")
}

impl Doubt<'_> {
    /// Whether the new address is one of the machine's own.
    pub(super) fn is_own(&self) -> bool {
        self.translation.to == NewAddress::Own
    }

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
