//! What translations leave open, in sets: a packet of which something is not known has a register set.

use crate::packet::{AddressSet, Field, PacketSet, PortSet, Space, TooComplex};
use crate::ruleset::translation::Doubt;
use crate::ruleset::{Endpoint, NewAddress, Translation};

/// The packets about which `doubt`, which has this index among all, stands.
pub(super) fn standing(space: &mut Space, index: usize, doubt: &Doubt<'_>) -> Result<PacketSet, TooComplex> {
    match doubt.translation.end {
        Endpoint::Source => space.standing(number(index)?),
        Endpoint::Destination => space.tag(&name(doubt)),
    }
}

/// The packets that would be in the set if there were no doubt about them, as when they arrive.
pub(super) fn none(space: &mut Space, doubts: &[Doubt<'_>], set: PacketSet) -> Result<PacketSet, TooComplex> {
    if doubts.is_empty() {
        return Ok(set);
    }
    let set = space.assign_tag(set, None)?;
    space.assign_standing(set, 0)
}

/// The packets that leave as asked. Where an end of them is not known, they are those that may, if they do.
pub(super) fn leaving(
    space: &mut Space,
    doubts: &[Doubt<'_>],
    asked: PacketSet,
) -> Result<PacketSet, TooComplex> {
    let mut set = asked;
    for (index, doubt) in doubts.iter().enumerate() {
        let may = some(space, doubt, set)?;
        let never = some(space, doubt, set.complement())?;
        let words = space.opaque(&doubt.translation.words)?;
        let doubtful = space.choose(words, may, never.complement())?;
        let doubted = standing(space, index, doubt)?;
        set = space.choose(doubted, doubtful, set)?;
    }
    Ok(set)
}

/// The packets that are in the set with some of the values that they may have.
fn some(space: &mut Space, doubt: &Doubt<'_>, mut set: PacketSet) -> Result<PacketSet, TooComplex> {
    if let Some(addresses) = doubt.addresses() {
        let possible = match doubt.translation.end {
            Endpoint::Source => space.source(&addresses)?,
            Endpoint::Destination => space.destination(&addresses)?,
        };
        set = space.intersection(set, possible)?;
        for net in AddressSet::any().nets() {
            let field = match doubt.translation.end {
                Endpoint::Source => Field::Source(net.addr()),
                Endpoint::Destination => Field::Destination(net.addr()),
            };
            set = space.forget(set, field)?;
        }
    }
    if let Some(range) = doubt.translation.open_ports().filter(|_| doubt.port) {
        let possible = space.destination_port(&PortSet::from(range))?;
        set = space.intersection(set, possible)?;
        set = space.forget(set, Field::DestinationPort(0))?;
    }
    Ok(set)
}

/// What goes through from before a translation on, `set` being what goes through after it.
pub(super) fn before(
    space: &mut Space,
    doubts: &[Doubt<'_>],
    translation: &Translation,
    set: PacketSet,
) -> Result<PacketSet, TooComplex> {
    let with_ports = space.destination_port(&PortSet::any())?;
    let mut known = set;
    if let (Endpoint::Destination, Some(range)) = (translation.end, translation.ports)
        && range.count() == 1
    {
        let moved = space.assign(set, Field::DestinationPort(range.first()))?;
        known = space.choose(with_ports, moved, set)?;
    }
    let kept = match translation.open_ports() {
        Some(range) => {
            let others = space.destination_port(&PortSet::from(range))?.complement();
            space.intersection(with_ports, others)?.complement()
        }
        None => PacketSet::FULL,
    };
    let mut through = PacketSet::EMPTY;
    for (port, packets) in [(false, kept), (true, kept.complement())] {
        let doubt = Doubt { translation, port };
        let mut set = known;
        if let Some(index) = doubts.iter().position(|other| *other == doubt) {
            set = match translation.end {
                Endpoint::Source => space.assign_standing(set, number(index)?)?,
                Endpoint::Destination => space.assign_tag(set, Some(&name(&doubt)))?,
            };
        }
        let set = space.intersection(packets, set)?;
        through = space.union(through, set)?;
    }
    if let NewAddress::One(address) = translation.to {
        let field = match translation.end {
            Endpoint::Source => Field::Source(address),
            Endpoint::Destination => Field::Destination(address),
        };
        through = space.assign(through, field)?;
    }
    Ok(through)
}

fn number(index: usize) -> Result<u32, TooComplex> {
    u32::try_from(index + 1).map_err(|_| TooComplex)
}

fn name(doubt: &Doubt<'_>) -> String {
    let end = if doubt.port { "port" } else { "address" };
    format!("{end} {}", doubt.translation.words)
}
