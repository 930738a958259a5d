//! Translations, backwards, and which packets they change.

use ipnet::IpNet;

use super::doubt;
use crate::packet::{AddressSet, Family, Field, PacketSet, PortSet, Space, TooComplex};
use crate::ruleset::translation::{Doubt, is_random, new_end};
use crate::ruleset::{Action, Endpoint, NewAddress};

/// The packets that a translation gives another address or port, and those that it does not; of others, only the
/// kernel knows. See [`changes`](crate::ruleset::translation::changes).
pub(super) fn changed(space: &mut Space, action: &Action) -> Result<(PacketSet, PacketSet), TooComplex> {
    let mut at = |end, addresses: &AddressSet| match end {
        Endpoint::Source => space.source(addresses),
        Endpoint::Destination => space.destination(addresses),
    };
    if let Action::MoveNetwork { end, network } = action {
        let there = at(*end, &std::iter::once(*network).collect())?;
        let other = space.family(Family::of(network.addr()))?.complement();
        let unchanged = space.union(there, other)?;
        return Ok((unchanged.complement(), unchanged));
    }
    let Some((end, to, ports)) = new_end(action) else { return Ok((PacketSet::EMPTY, PacketSet::EMPTY)) };
    let (mut changed, mut unchanged) = match to {
        NewAddress::Same => (PacketSet::EMPTY, PacketSet::FULL),
        NewAddress::One(address) => {
            let same = at(end, &std::iter::once(IpNet::from(address)).collect())?;
            let other = space.family(Family::of(address))?.complement();
            let unchanged = space.union(same, other)?;
            (unchanged.complement(), unchanged)
        }
        NewAddress::OneOf(set) => (at(end, &set)?.complement(), PacketSet::EMPTY),
        NewAddress::Own => (PacketSet::EMPTY, PacketSet::EMPTY),
    };
    if let Some(range) = ports {
        let mut having = |ports: &PortSet| match end {
            Endpoint::Source => space.source_port(ports),
            Endpoint::Destination => space.destination_port(ports),
        };
        let (any, fits) = (having(&PortSet::any())?, having(&PortSet::from(range))?);
        let misses = space.difference(any, fits)?;
        changed = space.union(changed, misses)?;
        let open = if is_random(end, range) { any } else { misses };
        unchanged = space.difference(unchanged, open)?;
    }
    Ok((changed, unchanged))
}

/// What goes through from before a translation on, `set` being what goes through after it.
pub(super) fn before(
    space: &mut Space,
    doubts: &[Doubt<'_>],
    action: &Action,
    set: PacketSet,
) -> Result<PacketSet, TooComplex> {
    match action {
        Action::DestinationNat { address, port } => {
            let mut set = set;
            if let Some(port) = port {
                let portless = space.destination_port(&PortSet::any())?.complement();
                let unchanged = space.intersection(set, portless)?;
                let changed = space.assign(set, Field::DestinationPort(*port))?;
                set = space.union(changed, unchanged)?;
            }
            if let Some(address) = address {
                set = space.assign(set, Field::Destination(*address))?;
            }
            Ok(set)
        }
        Action::Translate(translation) => doubt::before(space, doubts, translation, set),
        Action::MoveNetwork { end, network } => {
            let field = match end {
                Endpoint::Source => Field::SourceNetwork(*network),
                Endpoint::Destination => Field::DestinationNetwork(*network),
            };
            let moved = space.assign(set, field)?;
            let other = space.family(Family::of(network.addr()))?.complement();
            space.choose(other, set, moved)
        }
        Action::SourceNat { address: Some(address), .. } => {
            let changed = space.assign(set, Field::Source(*address))?;
            let other = space.family(Family::of(*address))?.complement();
            space.choose(other, set, changed)
        }
        _ => Ok(set),
    }
}
