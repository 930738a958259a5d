//! Conditions as people mean them: random expressions, what they hold for, and packets to try them on.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::packet::{AddressSet, Family, Packet, Payload, PortRange, PortSet, Protocol, State};

const PREDICATES: [&str; 2] = ["limit 3/minute", "recent"];

/// A condition on one field, whose meaning [`Atom::holds`] spells out.
#[derive(Debug, Clone)]
pub(super) enum Atom {
    Family(Family),
    Source(AddressSet),
    Destination(AddressSet),
    Protocol(Protocol),
    SourcePort(PortSet),
    DestinationPort(PortSet),
    Icmp(RangeInclusive<u8>, RangeInclusive<u8>),
    TcpFlags(u8, u8),
    State(Vec<State>),
    Reply(bool),
    Name(NameField, String),
    NamePrefix(NameField, String),
    Mark(u32, u32),
    ConnectionMark(u32, u32),
    Opaque(usize),
}

impl Atom {
    pub(super) fn set(&self, space: &mut Space) -> PacketSet {
        let set = match self {
            Self::Family(family) => space.family(*family),
            Self::Source(addresses) => space.source(addresses),
            Self::Destination(addresses) => space.destination(addresses),
            Self::Protocol(protocol) => space.protocol(*protocol),
            Self::SourcePort(ports) => space.source_port(ports),
            Self::DestinationPort(ports) => space.destination_port(ports),
            Self::Icmp(types, codes) => space.icmp(types.clone(), codes.clone()),
            Self::TcpFlags(mask, value) => space.tcp_flags(*mask, *value),
            Self::State(states) => space.state(states),
            Self::Reply(reply) => space.reply(*reply),
            Self::Name(field, name) => space.name(*field, name),
            Self::NamePrefix(field, prefix) => space.name_prefix(*field, prefix),
            Self::Mark(value, mask) => space.mark(*value, *mask),
            Self::ConnectionMark(value, mask) => space.connection_mark(*value, *mask),
            Self::Opaque(index) => space.opaque(PREDICATES[*index]),
        };
        set.expect("room for one field")
    }

    pub(super) fn holds(&self, packet: &Packet, predicates: [bool; 2]) -> bool {
        match self {
            Self::Family(family) => packet.family() == *family,
            Self::Source(addresses) => addresses.contains(&packet.source.into()),
            Self::Destination(addresses) => addresses.contains(&packet.destination.into()),
            Self::Protocol(protocol) => packet.payload.protocol() == *protocol,
            Self::SourcePort(ports) => packet.payload.ports().is_some_and(|(port, _)| ports.contains(port)),
            Self::DestinationPort(ports) => {
                packet.payload.ports().is_some_and(|(_, port)| ports.contains(port))
            }
            Self::Icmp(types, codes) => {
                matches!(packet.payload, Payload::Icmp { kind, code, .. } if types.contains(&kind) && codes.contains(&code))
            }
            Self::TcpFlags(mask, value) => {
                matches!(packet.payload, Payload::Tcp { flags, .. } if flags & mask == *value)
            }
            Self::State(states) => states.contains(&packet.state),
            Self::Reply(reply) => packet.reply == *reply,
            Self::Name(field, name) => name_of(packet, *field) == name,
            Self::NamePrefix(field, prefix) => name_of(packet, *field).starts_with(prefix.as_str()),
            Self::Mark(value, mask) => packet.mark & mask == *value,
            Self::ConnectionMark(value, mask) => packet.connection_mark & mask == *value,
            Self::Opaque(index) => predicates[*index],
        }
    }
}

fn name_of(packet: &Packet, field: NameField) -> &str {
    match field {
        NameField::InInterface => &packet.in_interface,
        NameField::OutInterface => &packet.out_interface,
        NameField::Helper => packet.helper.as_deref().unwrap_or_default(),
    }
}

#[derive(Debug, Clone)]
pub(super) enum Expression {
    Atom(Atom),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Except(Box<Self>, Box<Self>),
}

impl Expression {
    pub(super) fn set(&self, space: &mut Space) -> PacketSet {
        let set = match self {
            Self::Atom(atom) => return atom.set(space),
            Self::Not(a) => return a.set(space).complement(),
            Self::And(a, b) => {
                let (a, b) = (a.set(space), b.set(space));
                space.intersection(a, b)
            }
            Self::Or(a, b) => {
                let (a, b) = (a.set(space), b.set(space));
                space.union(a, b)
            }
            Self::Except(a, b) => {
                let (a, b) = (a.set(space), b.set(space));
                space.difference(a, b)
            }
        };
        set.expect("a small set")
    }

    pub(super) fn holds(&self, packet: &Packet, predicates: [bool; 2]) -> bool {
        match self {
            Self::Atom(atom) => atom.holds(packet, predicates),
            Self::Not(a) => !a.holds(packet, predicates),
            Self::And(a, b) => a.holds(packet, predicates) && b.holds(packet, predicates),
            Self::Or(a, b) => a.holds(packet, predicates) || b.holds(packet, predicates),
            Self::Except(a, b) => a.holds(packet, predicates) && !b.holds(packet, predicates),
        }
    }

    pub(super) fn membership(&self, packet: &Packet) -> Membership {
        let all = [[false, false], [false, true], [true, false], [true, true]];
        match all.into_iter().filter(|predicates| self.holds(packet, *predicates)).count() {
            0 => Membership::Never,
            4 => Membership::Always,
            _ => Membership::Sometimes,
        }
    }
}

fn net() -> impl Strategy<Value = IpNet> {
    select(vec![
        "0.0.0.0/0",
        "10.0.0.0/8",
        "10.0.0.1/32",
        "10.0.0.2/31",
        "203.0.113.0/24",
        "::/0",
        "2001:db8::/32",
        "2001:db8::1/128",
        "a00::/8",
    ])
    .prop_map(|net| net.parse().expect("a prefix"))
}

pub(super) fn addresses() -> impl Strategy<Value = AddressSet> {
    vec(net(), 0..3).prop_map(|nets| nets.into_iter().collect())
}

pub(super) fn ports() -> impl Strategy<Value = PortSet> {
    let port = || select(vec![0, 20, 21, 53, 1023, 1024, 60000, 65535]);
    vec((port(), port()), 0..3).prop_map(|pairs| {
        pairs.into_iter().filter_map(|(a, b): (u16, u16)| PortRange::new(a.min(b), a.max(b))).collect()
    })
}

fn name() -> impl Strategy<Value = String> {
    select(vec!["", "e", "eth", "eth0", "eth1", "lo", "fifteen-letters", "sixteen--letters"])
        .prop_map(str::to_owned)
}

fn protocol() -> impl Strategy<Value = Protocol> {
    select(vec![
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::SCTP,
        Protocol::Icmp,
        Protocol::Icmpv6,
        Protocol::Other(47),
    ])
}

fn name_field() -> impl Strategy<Value = NameField> {
    select(NameField::ALL.to_vec())
}

fn masked() -> impl Strategy<Value = (u32, u32)> {
    select(vec![(0, 0), (1, 1), (0, 1), (2, 1), (0x10, 0xff), (1, u32::MAX)])
}

fn atom() -> impl Strategy<Value = Atom> {
    let byte = || select(vec![0_u8, 3, 8, 255]);
    prop_oneof![
        select(Family::ALL.to_vec()).prop_map(Atom::Family),
        addresses().prop_map(Atom::Source),
        addresses().prop_map(Atom::Destination),
        protocol().prop_map(Atom::Protocol),
        ports().prop_map(Atom::SourcePort),
        ports().prop_map(Atom::DestinationPort),
        (byte(), byte(), byte(), byte())
            .prop_map(|(a, b, c, d)| Atom::Icmp(a.min(b)..=a.max(b), c.min(d)..=c.max(d))),
        select(vec![(0x17, 0x02), (0x02, 0x02), (0, 0), (0x02, 0x10), (0xff, 0x02)])
            .prop_map(|(mask, value)| Atom::TcpFlags(mask, value)),
        vec(select(State::ALL.to_vec()), 0..4).prop_map(Atom::State),
        any::<bool>().prop_map(Atom::Reply),
        (name_field(), name()).prop_map(|(field, name)| Atom::Name(field, name)),
        (name_field(), name()).prop_map(|(field, prefix)| Atom::NamePrefix(field, prefix)),
        masked().prop_map(|(value, mask)| Atom::Mark(value, mask)),
        masked().prop_map(|(value, mask)| Atom::ConnectionMark(value, mask)),
        (0..2_usize).prop_map(Atom::Opaque),
    ]
}

pub(super) fn expression() -> impl Strategy<Value = Expression> {
    atom().prop_map(Expression::Atom).prop_recursive(4, 12, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            inner.clone().prop_map(|a| Expression::Not(Box::new(a))),
            pair().prop_map(|(a, b)| Expression::And(a, b)),
            pair().prop_map(|(a, b)| Expression::Or(a, b)),
            pair().prop_map(|(a, b)| Expression::Except(a, b)),
        ]
    })
}

pub(super) fn packet() -> impl Strategy<Value = Packet> {
    let v4 = || select(vec!["0.0.0.0", "10.0.0.1", "10.0.0.3", "10.9.0.1", "203.0.113.10", "192.0.2.1"]);
    let v6 = || select(vec!["::", "2001:db8::1", "2001:db8:1::", "a00:1::", "fe80::1"]);
    let pair = prop_oneof![(v4(), v4()), (v6(), v6())];
    let port = || select(vec![0, 20, 21, 22, 53, 1023, 1024, 60000, 65535]);
    let numbers = (port(), port(), select(vec![0x02, 0x10, 0x12, 0, 0xff]));
    let names = (packet_name(), packet_name(), proptest::option::of(packet_name()));
    let marks = || select(vec![0, 1, 0x10, 0x110]);
    (pair, protocol(), numbers, select(State::ALL.to_vec()), any::<bool>(), names, marks(), marks()).prop_map(
        |((source, destination), protocol, (a, b, flags), state, reply, names, mark, connection_mark)| {
            Packet {
                source: address(source),
                destination: address(destination),
                payload: match protocol {
                    Protocol::Tcp => Payload::Tcp { source_port: a, destination_port: b, flags },
                    Protocol::Icmp | Protocol::Icmpv6 => {
                        let ([kind, _], [code, _]) = (a.to_le_bytes(), b.to_le_bytes());
                        Payload::Icmp { protocol, kind, code }
                    }
                    _ if protocol.has_ports() => {
                        Payload::Ports { protocol, source_port: a, destination_port: b }
                    }
                    _ => Payload::Other(protocol),
                },
                state,
                reply,
                helper: names.2.filter(|name| !name.is_empty()),
                in_interface: names.0,
                out_interface: names.1,
                mark,
                connection_mark,
            }
        },
    )
}

fn packet_name() -> impl Strategy<Value = String> {
    select(vec!["", "e", "eth0", "eth1", "eth10", "lo", "fifteen-letters"]).prop_map(str::to_owned)
}

pub(super) fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}
