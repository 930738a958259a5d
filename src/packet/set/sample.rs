//! Single packets: whether a set holds one, and one out of a set.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::arena::{Ref, Variable};
use super::layout::{self, Bits};
use super::read::RAGGED;
use super::{NameField, PacketSet, Space, TooComplex};
use crate::packet::{AddressSet, Family, Packet, Payload, PortRange, PortSet, Protocol, State};

/// Whether a packet is in a set, which may depend on opaque predicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Membership {
    /// Whatever the opaque predicates are, it is not.
    Never,
    /// It is for some of their values.
    Sometimes,
    /// Whatever they are, it is.
    Always,
}

/// Ports that clients use.
const CLIENT_PORTS: (u16, u16) = (1024, u16::MAX);

/// The flags of a connection's first packet.
const SYN: u8 = 0x02;

impl Space {
    /// Whether the packet is in the set. Time in proportion to the number of variables.
    #[must_use]
    pub fn membership(&self, set: PacketSet, packet: &Packet) -> Membership {
        let assignment = encode(packet);
        let mut f = set.0;
        loop {
            let variable = self.arena.variable(f);
            if variable >= layout::FIRST_OPAQUE {
                break;
            }
            let (low, high) = self.arena.children(f);
            f = if assignment.get(variable) { high } else { low };
        }
        match f {
            Ref::FALSE => Membership::Never,
            Ref::TRUE => Membership::Always,
            // A diagram that is not a constant has both values.
            _ => Membership::Sometimes,
        }
    }

    /// A packet that is in the set for some values of the opaque predicates; `None` when the set is empty.
    ///
    /// The same set gives the same packet. It is as ordinary as the set permits: the SYN of a new TCP
    /// connection over IPv4 between ports above 1023 of addresses reserved for documentation, without
    /// interfaces, helper or marks.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn sample(&mut self, set: PacketSet) -> Result<Option<Packet>, TooComplex> {
        if set.is_empty() {
            return Ok(None);
        }
        let (kinds, sources, ports) =
            (self.preferred_kinds()?, self.preferred_sources()?, self.preferred_ports()?);
        // The set itself, which may be ragged, is only looked at; what is wanted of the packet is a small set.
        let (mut set, mut wanted, mut assignment) = (set, PacketSet::FULL, Assignment::default());
        if self.arena.is_larger(set.0, RAGGED) {
            // Of so many sources one is as good as another, and what it sends is a small set.
            wanted = self.prefer(set, wanted, &sources)?;
            (set, wanted) = self.pick(set, wanted, layout::SOURCE.end(), &mut assignment)?;
            let is_v6 = assignment.get(layout::FAMILY.first);
            let of_family = |kind: &PacketSet| {
                let (v4, v6) = self.arena.cofactors(kind.0, layout::FAMILY.first);
                PacketSet(if is_v6 { v6 } else { v4 })
            };
            let kinds: Vec<PacketSet> = kinds.iter().map(of_family).collect();
            wanted = self.prefer(set, wanted, &kinds)?;
        } else {
            let all: Vec<PacketSet> = kinds.into_iter().chain(sources).collect();
            wanted = self.prefer(set, wanted, &all)?;
        }
        wanted = self.prefer(set, wanted, &ports)?;
        wanted = self.prefer_name(set, wanted, NameField::InInterface)?;
        wanted = self.prefer_name(set, wanted, NameField::OutInterface)?;
        self.pick(set, wanted, Variable::MAX, &mut assignment)?;
        Ok(Some(decode(&assignment)))
    }

    /// Chooses values of the variables before `end` such that something is left of what both sets have in common, and
    /// says what.
    fn pick(
        &mut self,
        set: PacketSet,
        wanted: PacketSet,
        end: Variable,
        assignment: &mut Assignment,
    ) -> Result<(PacketSet, PacketSet), TooComplex> {
        let (mut f, mut g) = (set.0, wanted.0);
        while (f, g) != (Ref::TRUE, Ref::TRUE) {
            let variable = self.arena.variable(f).min(self.arena.variable(g));
            if variable >= end {
                break;
            }
            let (f_low, f_high) = self.arena.cofactors(f, variable);
            let (g_low, g_high) = self.arena.cofactors(g, variable);
            let one = !self.arena.meet(f_low, g_low)?;
            assignment.set(variable, one);
            (f, g) = if one { (f_high, g_high) } else { (f_low, g_low) };
        }
        Ok((PacketSet(f), PacketSet(g)))
    }

    /// Narrows what is wanted by as many of the preferences as leave something of a set, the first being the dearest.
    fn prefer(
        &mut self,
        set: PacketSet,
        wanted: PacketSet,
        preferences: &[PacketSet],
    ) -> Result<PacketSet, TooComplex> {
        // All at once where that goes: one pass over the set instead of twenty.
        let all = self.intersection_all(preferences.iter().copied())?;
        let narrowed = self.intersection(wanted, all)?;
        if self.intersects(set, narrowed)? {
            return Ok(narrowed);
        }
        if preferences.len() < 2 {
            return Ok(wanted);
        }
        let (first, second) = preferences.split_at(preferences.len() / 2);
        let wanted = self.prefer(set, wanted, first)?;
        self.prefer(set, wanted, second)
    }

    /// Narrows what is wanted to one name in the field, if there is one at hand in the set: none, one that sets were
    /// made of, or what interfaces are usually called.
    fn prefer_name(
        &mut self,
        set: PacketSet,
        wanted: PacketSet,
        field: NameField,
    ) -> Result<PacketSet, TooComplex> {
        let known = self.names.iter().filter(|pattern| !pattern.open).map(|pattern| pattern.text.clone());
        let usual = (0..4).map(|number| format!("eth{number}"));
        let names: Vec<String> = std::iter::once(String::new()).chain(known).chain(usual).collect();
        for name in names {
            let Some((bits, width)) = layout::name_code(&name) else { continue };
            let having = PacketSet(self.cube(field.bits(), bits, width)?);
            let narrowed = self.intersection(wanted, having)?;
            if self.intersects(set, narrowed)? {
                return Ok(narrowed);
            }
        }
        Ok(wanted)
    }

    /// Those that clients have; no program has port 0.
    fn preferred_ports(&mut self) -> Result<[PacketSet; 4], TooComplex> {
        let possible: PortSet = PortRange::new(1, u16::MAX).into_iter().collect();
        let usual: PortSet = PortRange::new(CLIENT_PORTS.0, CLIENT_PORTS.1).into_iter().collect();
        Ok([
            self.source_port(&possible)?,
            self.destination_port(&possible)?,
            self.source_port(&usual)?,
            self.destination_port(&usual)?,
        ])
    }

    /// Where packets come from.
    fn preferred_sources(&mut self) -> Result<[PacketSet; 4], TooComplex> {
        Ok([
            self.family(Family::Ipv4)?,
            self.source(&unicast())?,
            self.source(&documentation(1))?,
            self.no_network(layout::SOURCE)?,
        ])
    }

    /// All other preferences but those that sets are mostly about, ports, so that they tend to go together.
    fn preferred_kinds(&mut self) -> Result<Vec<PacketSet>, TooComplex> {
        Ok(vec![
            self.state(&[State::New])?,
            self.protocol(Protocol::Tcp)?,
            self.reply(false)?,
            self.tcp_flags(u8::MAX, SYN)?,
            self.icmp_echo()?,
            self.name(NameField::Helper, "")?,
            self.mark(0, u32::MAX)?,
            self.connection_mark(0, u32::MAX)?,
            self.destination(&unicast())?,
            self.destination(&documentation(2))?,
            self.no_network(layout::DESTINATION)?,
        ])
    }

    /// The packets whose address is not that of a network.
    fn no_network(&mut self, bits: Bits) -> Result<PacketSet, TooComplex> {
        let low = self.literal(bits.leading(32).end() - 1, true, Ref::TRUE)?;
        let high = self.literal(bits.end() - 1, true, Ref::TRUE)?;
        Ok(PacketSet(self.arena.node(layout::FAMILY.first, low, high)?))
    }

    /// A ping, if it is ICMP at all.
    fn icmp_echo(&mut self) -> Result<PacketSet, TooComplex> {
        let mut echo = self.any_protocol(&layout::WITH_TYPES)?.complement();
        for (protocol, request) in [(Protocol::Icmp, 8), (Protocol::Icmpv6, 128)] {
            let (protocol, request) = (self.protocol(protocol)?, self.icmp(request..=request, 0..=0)?);
            let request = self.intersection(protocol, request)?;
            echo = self.union(echo, request)?;
        }
        Ok(echo)
    }
}

/// Addresses that a host may have, other hosts may reach, and nobody takes for special.
fn unicast() -> AddressSet {
    let v4 = [
        (1, 8),
        (2, 7),
        (4, 6),
        (8, 5),
        (16, 4),
        (32, 3),
        (64, 3),
        (96, 4),
        (112, 5),
        (120, 6),
        (124, 7),
        (126, 8),
    ];
    let v4 = v4.into_iter().chain([(128, 2), (192, 3)]);
    let v4 = v4.filter_map(|(first, length)| Ipv4Net::new(Ipv4Addr::new(first, 0, 0, 0), length).ok());
    let v6 = Ipv6Net::new(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
    v4.map(IpNet::from).chain(v6.into_iter().map(IpNet::from)).collect()
}

/// Addresses of networks that are reserved for documentation (RFC 5737, RFC 3849).
fn documentation(network: u8) -> AddressSet {
    let v4 = if network == 1 { Ipv4Addr::new(192, 0, 2, 0) } else { Ipv4Addr::new(198, 51, 100, 0) };
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, network.into(), 0, 0, 0, 0, 0);
    let nets = [Ipv4Net::new(v4, 24).map(IpNet::from), Ipv6Net::new(v6, 48).map(IpNet::from)];
    nets.into_iter().flatten().collect()
}

/// Values for all variables but the opaque predicates.
#[derive(Debug, Default)]
struct Assignment {
    words: [u64; WORDS],
}

const WORDS: usize = layout::FIRST_OPAQUE as usize / 64 + 1;

impl Assignment {
    fn get(&self, variable: Variable) -> bool {
        self.words.get(usize::from(variable / 64)).is_some_and(|word| word >> (variable % 64) & 1 == 1)
    }

    fn set(&mut self, variable: Variable, one: bool) {
        if let Some(word) = self.words.get_mut(usize::from(variable / 64)) {
            *word |= u64::from(one) << (variable % 64);
        }
    }

    /// Writes the leading `width` bits of a field, from the top of `value`.
    fn write(&mut self, bits: Bits, value: u128, width: Variable) {
        for offset in 0..width {
            self.set(bits.first + offset, value << offset >> 127 == 1);
        }
    }

    fn read(&self, bits: Bits) -> u128 {
        (bits.first..bits.end()).fold(0, |value, variable| value << 1 | u128::from(self.get(variable)))
    }

    /// The bytes of a field, up to a NUL.
    fn read_name(&self, bits: Bits) -> Option<String> {
        let value = bits.align(self.read(bits)).to_be_bytes();
        let name: Vec<u8> = value.into_iter().take_while(|byte| *byte != 0).collect();
        (!name.is_empty()).then(|| String::from_utf8_lossy(&name).into_owned())
    }
}

fn encode(packet: &Packet) -> Assignment {
    let mut assignment = Assignment::default();
    let mut number = |bits: Bits, value: u128| assignment.write(bits, bits.align(value), bits.width);
    number(layout::FAMILY, (packet.family() == Family::Ipv6).into());
    for (bits, address) in [(layout::SOURCE, packet.source), (layout::DESTINATION, packet.destination)] {
        match address {
            IpAddr::V4(address) => number(bits.leading(32), address.to_bits().into()),
            IpAddr::V6(address) => number(bits, address.to_bits()),
        }
    }
    number(layout::REPLY, packet.reply.into());
    number(layout::MARK, packet.mark.into());
    number(layout::CONNECTION_MARK, packet.connection_mark.into());
    number(layout::PROTOCOL, packet.payload.protocol().number().into());
    if let Some((source, destination)) = packet.payload.ports() {
        number(layout::SOURCE_PORT, source.into());
        number(layout::DESTINATION_PORT, destination.into());
    }
    match packet.payload {
        Payload::Tcp { flags, .. } => number(layout::FLAGS, flags.into()),
        Payload::Icmp { kind, code, .. } => {
            number(layout::DESTINATION_PORT, u16::from_be_bytes([kind, code]).into());
        }
        Payload::Ports { .. } | Payload::Other(_) => {}
    }
    let (bits, width) = layout::state_code(packet.state);
    assignment.write(layout::STATE, bits, width);
    let names = [
        (layout::IN_INTERFACE, packet.in_interface.as_str()),
        (layout::OUT_INTERFACE, packet.out_interface.as_str()),
        (layout::HELPER, packet.helper.as_deref().unwrap_or_default()),
    ];
    for (field, name) in names {
        // What cannot be a name counts as none.
        let code = layout::name_code(name);
        let (bits, width) = code.unwrap_or_default();
        assignment.write(field, bits, width);
    }
    assignment
}

#[expect(clippy::cast_possible_truncation, reason = "width fits")]
fn decode(assignment: &Assignment) -> Packet {
    let number = |bits: Bits| assignment.read(bits);
    let v6 = number(layout::FAMILY) == 1;
    let address = |bits: Bits| -> IpAddr {
        if v6 {
            Ipv6Addr::from_bits(number(bits)).into()
        } else {
            Ipv4Addr::from_bits(number(bits.leading(32)) as u32).into()
        }
    };
    let protocol = Protocol::from_number(number(layout::PROTOCOL) as u8);
    let source_port = number(layout::SOURCE_PORT) as u16;
    let destination_port = number(layout::DESTINATION_PORT) as u16;
    let payload = match protocol {
        Protocol::Tcp => Payload::Tcp { source_port, destination_port, flags: number(layout::FLAGS) as u8 },
        Protocol::Icmp | Protocol::Icmpv6 => {
            let [kind, code] = destination_port.to_be_bytes();
            Payload::Icmp { protocol, kind, code }
        }
        _ if protocol.has_ports() => Payload::Ports { protocol, source_port, destination_port },
        _ => Payload::Other(protocol),
    };
    let state = State::ALL.into_iter().find(|state| {
        let (bits, width) = layout::state_code(*state);
        layout::STATE.align(number(layout::STATE)) >> (128 - width) == bits >> (128 - width)
    });
    Packet {
        source: address(layout::SOURCE),
        destination: address(layout::DESTINATION),
        payload,
        state: state.unwrap_or_default(),
        reply: number(layout::REPLY) == 1,
        in_interface: assignment.read_name(layout::IN_INTERFACE).unwrap_or_default(),
        out_interface: assignment.read_name(layout::OUT_INTERFACE).unwrap_or_default(),
        helper: assignment.read_name(layout::HELPER),
        mark: number(layout::MARK) as u32,
        connection_mark: number(layout::CONNECTION_MARK) as u32,
    }
}
