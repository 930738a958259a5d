//! Sets by the value of one field, and the operations on one field: forgetting it and substituting it.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;

use super::arena::{Ref, Variable};
use super::layout::{self, Bits};
use super::part::Pattern;
use super::{PacketSet, Space, TooComplex};
use crate::packet::{AddressSet, Family, PortSet, Protocol, State};

/// A field that holds a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameField {
    /// The interface that the packet came in by. The empty name is that of none.
    InInterface,
    /// The interface that the packet leaves by. The empty name is that of none.
    OutInterface,
    /// The connection's helper, by the kernel's name. The empty name is that of none.
    Helper,
}

impl NameField {
    /// The three fields.
    pub const ALL: [Self; 3] = [Self::InInterface, Self::OutInterface, Self::Helper];

    pub(super) fn bits(self) -> Bits {
        match self {
            Self::InInterface => layout::IN_INTERFACE,
            Self::OutInterface => layout::OUT_INTERFACE,
            Self::Helper => layout::HELPER,
        }
    }
}

/// A field with a value, to be forgotten ([`Space::forget`]; the value does not matter) or to be substituted
/// ([`Space::assign`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// The source address. Packets of the other family have none of this kind.
    Source(IpAddr),
    /// The destination address. Packets of the other family have none of this kind.
    Destination(IpAddr),
    /// The leading bits of the source address, as many as the prefix is long.
    SourceNetwork(IpNet),
    /// The leading bits of the destination address, as many as the prefix is long.
    DestinationNetwork(IpNet),
    /// The source port. Packets without ports have none.
    SourcePort(u16),
    /// The destination port. Packets without ports have none.
    DestinationPort(u16),
    /// What connection tracking says.
    State(State),
    /// Whether the packet answers its connection's first packet.
    Reply(bool),
    /// An interface or the helper.
    Name(NameField, &'a str),
    /// Those bits of the packet's mark that are 1 in `mask`.
    Mark {
        /// The new values of these bits.
        value: u32,
        /// Which bits.
        mask: u32,
    },
    /// Those bits of the connection's mark that are 1 in `mask`.
    ConnectionMark {
        /// The new values of these bits.
        value: u32,
        /// Which bits.
        mask: u32,
    },
}

/// An inclusive range of a field's values, aligned to its lowest bit.
type Range = (u128, u128);

impl Space {
    /// The packets of a family.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn family(&mut self, family: Family) -> Result<PacketSet, TooComplex> {
        let value = u128::from(family == Family::Ipv6);
        self.cube(layout::FAMILY, layout::FAMILY.align(value), 1).map(PacketSet)
    }

    /// The packets from any of the addresses.
    ///
    /// Built in one pass: time in proportion to prefixes times their length, whatever their number.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn source(&mut self, addresses: &AddressSet) -> Result<PacketSet, TooComplex> {
        self.addresses(layout::SOURCE, addresses)
    }

    /// The packets to any of the addresses; otherwise as [`Space::source`].
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn destination(&mut self, addresses: &AddressSet) -> Result<PacketSet, TooComplex> {
        self.addresses(layout::DESTINATION, addresses)
    }

    fn addresses(&mut self, bits: Bits, addresses: &AddressSet) -> Result<PacketSet, TooComplex> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for net in addresses.nets() {
            match net {
                IpNet::V4(net) => {
                    v4.push((net.network().to_bits().into(), net.broadcast().to_bits().into()));
                }
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        let low = self.ranges(bits.leading(32), &v4)?;
        let high = self.ranges(bits, &v6)?;
        self.arena.node(layout::FAMILY.first, low, high).map(PacketSet)
    }

    /// The packets of a protocol above IP.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn protocol(&mut self, protocol: Protocol) -> Result<PacketSet, TooComplex> {
        self.any_protocol(&[protocol])
    }

    /// The packets whose protocol number lies in one of the ranges, in any order.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn protocols(&mut self, ranges: &[RangeInclusive<u8>]) -> Result<PacketSet, TooComplex> {
        let ranges = ranges.iter().map(|range| (u128::from(*range.start()), u128::from(*range.end())));
        self.merged_ranges(layout::PROTOCOL, ranges).map(PacketSet)
    }

    /// The packets of one of the protocols.
    pub(super) fn any_protocol(&mut self, protocols: &[Protocol]) -> Result<PacketSet, TooComplex> {
        let numbers = protocols.iter().map(|protocol| u128::from(protocol.number()));
        self.merged_ranges(layout::PROTOCOL, numbers.map(|number| (number, number))).map(PacketSet)
    }

    /// The packets that have a source port, and one of these.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn source_port(&mut self, ports: &PortSet) -> Result<PacketSet, TooComplex> {
        self.ports(layout::SOURCE_PORT, ports)
    }

    /// The packets that have a destination port, and one of these.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn destination_port(&mut self, ports: &PortSet) -> Result<PacketSet, TooComplex> {
        self.ports(layout::DESTINATION_PORT, ports)
    }

    fn ports(&mut self, bits: Bits, ports: &PortSet) -> Result<PacketSet, TooComplex> {
        let ranges = ports.ranges().iter();
        let ranges: Vec<Range> = ranges.map(|range| (range.first().into(), range.last().into())).collect();
        let set = self.ranges(bits, &ranges).map(PacketSet)?;
        let with_ports = self.with_ports()?;
        self.intersection(set, with_ports)
    }

    /// The packets that have ports.
    pub(super) fn with_ports(&mut self) -> Result<PacketSet, TooComplex> {
        if let Some(set) = self.with_ports {
            return Ok(set);
        }
        let set = self.any_protocol(&layout::WITH_PORTS)?;
        self.with_ports = Some(set);
        Ok(set)
    }

    /// The packets of ICMP and ICMPv6 with one of these types and codes; the protocol is for the caller to add.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn icmp(
        &mut self,
        types: RangeInclusive<u8>,
        codes: RangeInclusive<u8>,
    ) -> Result<PacketSet, TooComplex> {
        let codes = (u128::from(*codes.start()), u128::from(*codes.end()));
        let ranges = types.map(|kind| (u128::from(kind) << 8 | codes.0, u128::from(kind) << 8 | codes.1));
        let set = self.merged_ranges(layout::DESTINATION_PORT, ranges).map(PacketSet)?;
        let icmp = self.any_protocol(&layout::WITH_TYPES)?;
        self.intersection(set, icmp)
    }

    /// The TCP packets whose flags, of those in `mask`, are exactly those in `value`; flags are as in
    /// [`Payload::Tcp`](crate::packet::Payload::Tcp).
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn tcp_flags(&mut self, mask: u8, value: u8) -> Result<PacketSet, TooComplex> {
        let flags = self.masked(layout::FLAGS, value.into(), mask.into())?;
        let tcp = self.protocol(Protocol::Tcp)?;
        self.intersection(flags, tcp)
    }

    /// The packets in any of the states.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn state(&mut self, states: &[State]) -> Result<PacketSet, TooComplex> {
        states.iter().try_fold(PacketSet::EMPTY, |set, &state| {
            let (bits, width) = layout::state_code(state);
            let one = self.cube(layout::STATE, bits, width)?;
            self.union(set, PacketSet(one))
        })
    }

    /// The packets that answer their connection's first packet, or those that do not.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn reply(&mut self, reply: bool) -> Result<PacketSet, TooComplex> {
        self.cube(layout::REPLY, layout::REPLY.align(reply.into()), 1).map(PacketSet)
    }

    /// The packets with exactly this name in the field; none when there can be no such name (beyond 15 bytes).
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn name(&mut self, field: NameField, name: &str) -> Result<PacketSet, TooComplex> {
        let Some((bits, width)) = layout::name_code(name) else { return Ok(PacketSet::EMPTY) };
        self.names.insert(Pattern { text: name.to_owned(), open: false });
        self.cube(field.bits(), bits, width).map(PacketSet)
    }

    /// The packets with a name in the field that starts with `prefix`, as `eth*` in nft and `eth+` in
    /// iptables. The empty prefix holds for every packet, with a name or without.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn name_prefix(&mut self, field: NameField, prefix: &str) -> Result<PacketSet, TooComplex> {
        let Some((bits, width)) = layout::prefix_code(prefix) else { return Ok(PacketSet::EMPTY) };
        self.names.insert(Pattern { text: prefix.to_owned(), open: prefix.len() < layout::LONGEST_NAME });
        self.cube(field.bits(), bits, width).map(PacketSet)
    }

    /// The packets whose mark, of the bits in `mask`, has exactly those in `value`.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn mark(&mut self, value: u32, mask: u32) -> Result<PacketSet, TooComplex> {
        self.masked(layout::MARK, value.into(), mask.into())
    }

    /// The packets whose connection's mark, of the bits in `mask`, has exactly those in `value`.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn connection_mark(&mut self, value: u32, mask: u32) -> Result<PacketSet, TooComplex> {
        self.masked(layout::CONNECTION_MARK, value.into(), mask.into())
    }

    /// The packets for which a predicate holds that is known by its text only. The same text is the same
    /// predicate.
    ///
    /// # Errors
    ///
    /// When the budget is used up, or there are more than 2048 predicates.
    pub fn opaque(&mut self, text: &str) -> Result<PacketSet, TooComplex> {
        let variable = if let Some(&variable) = self.opaque.get(text) {
            variable
        } else {
            let index = Variable::try_from(self.opaque_texts.len()).map_err(|_| TooComplex)?;
            if index >= layout::MOST_OPAQUE {
                return Err(TooComplex);
            }
            self.opaque_texts.push(text.to_owned());
            self.opaque.insert(text.to_owned(), layout::FIRST_OPAQUE + index);
            layout::FIRST_OPAQUE + index
        };
        self.arena.node(variable, Ref::FALSE, Ref::TRUE).map(PacketSet)
    }

    /// The packets that are in the set with some value of the field, in place of their own.
    ///
    /// Packets that do not have the field (ports without a port; addresses of the other family) stay as they
    /// are.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn forget(&mut self, set: PacketSet, field: Field<'_>) -> Result<PacketSet, TooComplex> {
        let owners = self.owners(field)?;
        let (with, without) = (self.intersection(set, owners)?, self.difference(set, owners)?);
        let bits = field.bits();
        let with = self.arena.exists(with.0, bits.first, bits.end())?;
        self.union(PacketSet(with), without)
    }

    /// The packets that would be in the set if the field had this value: those that a rewriting (address
    /// translation, a mark) sends into the set.
    ///
    /// Packets that do not have the field (ports without a port; addresses of the other family) are not
    /// rewritten, and so not in the answer.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn assign(&mut self, set: PacketSet, field: Field<'_>) -> Result<PacketSet, TooComplex> {
        let owners = self.owners(field)?;
        let mut f = self.intersection(set, owners)?.0;
        match field {
            Field::Mark { value, mask } | Field::ConnectionMark { value, mask } => {
                let bits = field.bits();
                for (offset, shift) in (0..32).zip((0..32).rev()) {
                    if mask >> shift & 1 == 1 {
                        let one = u128::from(value >> shift & 1) << 127;
                        f = self.arena.assign(f, bits.first + offset, 1, one)?;
                    }
                }
            }
            _ => {
                let Some((bits, width)) = field.code() else { return Ok(PacketSet::EMPTY) };
                f = self.arena.assign(f, field.bits().first, width, bits)?;
            }
        }
        self.intersection(PacketSet(f), owners)
    }

    /// The packets that have the field.
    fn owners(&mut self, field: Field<'_>) -> Result<PacketSet, TooComplex> {
        match field {
            Field::Source(address) | Field::Destination(address) => self.family(Family::of(address)),
            Field::SourceNetwork(net) | Field::DestinationNetwork(net) => self.family(Family::of(net.addr())),
            Field::SourcePort(_) | Field::DestinationPort(_) => self.with_ports(),
            _ => Ok(PacketSet::FULL),
        }
    }

    /// The values of a field whose leading `width` bits are those at the top of `value`.
    pub(super) fn cube(&mut self, bits: Bits, value: u128, width: Variable) -> Result<Ref, TooComplex> {
        (0..width).rev().try_fold(Ref::TRUE, |rest, offset| {
            self.literal(bits.first + offset, value << offset >> 127 == 1, rest)
        })
    }

    /// The values of a field whose bits, of those in `mask`, are exactly those in `value`.
    fn masked(&mut self, bits: Bits, value: u128, mask: u128) -> Result<PacketSet, TooComplex> {
        if value & !mask != 0 {
            return Ok(PacketSet::EMPTY);
        }
        let tested = (0..bits.width).filter(|shift| mask >> shift & 1 == 1);
        let set = tested.into_iter().try_fold(Ref::TRUE, |rest, shift| {
            self.literal(bits.end() - 1 - shift, value >> shift & 1 == 1, rest)
        });
        set.map(PacketSet)
    }

    /// Where `variable` is `one`, `rest`; nothing elsewhere.
    pub(super) fn literal(&mut self, variable: Variable, one: bool, rest: Ref) -> Result<Ref, TooComplex> {
        let (low, high) = if one { (Ref::FALSE, rest) } else { (rest, Ref::FALSE) };
        self.arena.node(variable, low, high)
    }

    fn merged_ranges(&mut self, bits: Bits, ranges: impl Iterator<Item = Range>) -> Result<Ref, TooComplex> {
        let mut ranges: Vec<Range> = ranges.filter(|(first, last)| first <= last).collect();
        ranges.sort_unstable();
        let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(open) if first <= open.1.saturating_add(1) => open.1 = open.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        self.ranges(bits, &merged)
    }

    /// The values of a field that lie in one of the ranges, which are sorted and apart from each other.
    fn ranges(&mut self, bits: Bits, ranges: &[Range]) -> Result<Ref, TooComplex> {
        let whole = (0, u128::MAX >> (128 - bits.width));
        self.ranges_within(bits.first, whole, ranges)
    }

    fn ranges_within(
        &mut self,
        variable: Variable,
        (low, high): Range,
        ranges: &[Range],
    ) -> Result<Ref, TooComplex> {
        match *ranges {
            [] => return Ok(Ref::FALSE),
            [(first, last)] if first <= low && high <= last => return Ok(Ref::TRUE),
            _ => {}
        }
        let middle = low + (high - low) / 2;
        let lower = &ranges[..ranges.partition_point(|(first, _)| *first <= middle)];
        let upper = &ranges[ranges.partition_point(|(_, last)| *last <= middle)..];
        let lower = self.ranges_within(variable + 1, (low, middle), lower)?;
        let upper = self.ranges_within(variable + 1, (middle + 1, high), upper)?;
        self.arena.node(variable, lower, upper)
    }
}

impl Field<'_> {
    fn bits(self) -> Bits {
        match self {
            Self::Source(_) | Self::SourceNetwork(_) => layout::SOURCE,
            Self::Destination(_) | Self::DestinationNetwork(_) => layout::DESTINATION,
            Self::SourcePort(_) => layout::SOURCE_PORT,
            Self::DestinationPort(_) => layout::DESTINATION_PORT,
            Self::State(_) => layout::STATE,
            Self::Reply(_) => layout::REPLY,
            Self::Name(field, _) => field.bits(),
            Self::Mark { .. } => layout::MARK,
            Self::ConnectionMark { .. } => layout::CONNECTION_MARK,
        }
    }

    /// The value, at the top, and how many bits of it count; `None` for what the field cannot hold.
    fn code(self) -> Option<(u128, Variable)> {
        let bits = self.bits();
        Some(match self {
            Self::Source(address) | Self::Destination(address) => match address {
                IpAddr::V4(address) => (bits.leading(32).align(address.to_bits().into()), 32),
                IpAddr::V6(address) => (address.to_bits(), 128),
            },
            Self::SourceNetwork(net) | Self::DestinationNetwork(net) => match net {
                IpNet::V4(net) => {
                    let address = bits.leading(32).align(net.network().to_bits().into());
                    (address, net.prefix_len().into())
                }
                IpNet::V6(net) => (net.network().to_bits(), net.prefix_len().into()),
            },
            Self::SourcePort(port) | Self::DestinationPort(port) => (bits.align(port.into()), bits.width),
            Self::State(state) => layout::state_code(state),
            Self::Reply(reply) => (bits.align(reply.into()), 1),
            Self::Name(_, name) => layout::name_code(name)?,
            Self::Mark { value, .. } | Self::ConnectionMark { value, .. } => {
                (bits.align(value.into()), bits.width)
            }
        })
    }
}
