//! Random expressions against their meaning for single packets, and the laws of sets.

use std::net::IpAddr;

use ipnet::IpNet;
use proptest::collection::vec;
use proptest::prelude::*;

use super::expression::{Atom, Expression, address, addresses, expression, packet, ports};
use super::*;
use crate::packet::{AddressSet, Family, Packet, Payload, PortRange, PortSet, Protocol, State};

/// A field, its new value, and the packet with it; `None` for a packet that does not have the field.
fn assigned(packet: &Packet, index: usize) -> (Field<'static>, Option<Packet>) {
    let mut new = packet.clone();
    let field = match index {
        0 => Field::Source(address("10.0.0.1")),
        1 => Field::Destination(address("2001:db8::1")),
        2 => Field::SourcePort(21),
        3 => Field::DestinationPort(60000),
        4 => Field::State(State::Related),
        5 => Field::Reply(true),
        6 => Field::Name(NameField::OutInterface, "eth0"),
        7 => Field::Name(NameField::Helper, ""),
        8 => Field::SourceNetwork("10.7.0.0/20".parse().expect("a network")),
        9 => Field::DestinationNetwork("2001:db8:1::/50".parse().expect("a network")),
        10 => Field::Mark { value: 0x10, mask: 0xff },
        _ => Field::ConnectionMark { value: 1, mask: 1 },
    };
    match field {
        Field::Source(address) if Family::of(address) == packet.family() => new.source = address,
        Field::Destination(address) if Family::of(address) == packet.family() => new.destination = address,
        Field::SourceNetwork(IpNet::V4(net)) => match packet.source {
            IpAddr::V4(source) => new.source = (net.network() | source & net.hostmask()).into(),
            IpAddr::V6(_) => return (field, None),
        },
        Field::DestinationNetwork(IpNet::V6(net)) => match packet.destination {
            IpAddr::V6(destination) => {
                new.destination = (net.network() | destination & net.hostmask()).into();
            }
            IpAddr::V4(_) => return (field, None),
        },
        Field::SourcePort(port) | Field::DestinationPort(port) => match &mut new.payload {
            Payload::Tcp { source_port, destination_port, .. }
            | Payload::Ports { source_port, destination_port, .. } => {
                *if matches!(field, Field::SourcePort(_)) { source_port } else { destination_port } = port;
            }
            _ => return (field, None),
        },
        Field::State(state) => new.state = state,
        Field::Reply(reply) => new.reply = reply,
        Field::Name(NameField::Helper, _) => new.helper = None,
        Field::Name(_, name) => name.clone_into(&mut new.out_interface),
        Field::Mark { value, mask } => new.mark = new.mark & !mask | value,
        Field::ConnectionMark { value, mask } => new.connection_mark = new.connection_mark & !mask | value,
        _ => return (field, None),
    }
    (field, Some(new))
}

const FIELDS: usize = 12;

/// What a case tests besides addresses: mostly a port, as in long lists.
fn rest() -> impl Strategy<Value = Expression> {
    prop_oneof![9 => ports().prop_map(|ports| Expression::Atom(Atom::DestinationPort(ports))), 1 => expression()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_set_holds_the_packets_for_which_its_expression_is_true(
        expression in expression(),
        packets in vec(packet(), 20),
    ) {
        let mut space = Space::default();
        let set = expression.set(&mut space);
        let (may, must) = (space.may(set).expect("room"), space.must(set).expect("room"));
        for packet in &packets {
            let expected = expression.membership(packet);
            prop_assert_eq!(space.membership(set, packet), expected);
            prop_assert_eq!(space.membership(may, packet) == Membership::Always, expected != Membership::Never);
            prop_assert_eq!(space.membership(must, packet) == Membership::Always, expected == Membership::Always);
        }
    }

    #[test]
    fn sets_are_equal_exactly_when_no_packet_tells_them_apart(a in expression(), b in expression()) {
        let mut space = Space::default();
        let (one, other) = (a.set(&mut space), b.set(&mut space));
        let (left, right) = (space.difference(one, other).expect("room"), space.difference(other, one).expect("room"));
        let apart = space.union(left, right).expect("room");
        let sample = space.sample(apart).expect("room");
        prop_assert_eq!(one == other, sample.is_none());
        if let Some(packet) = sample {
            prop_assert_ne!(space.membership(apart, &packet), Membership::Never);
            let differ = [[false, false], [false, true], [true, false], [true, true]]
                .into_iter()
                .any(|predicates| a.holds(&packet, predicates) != b.holds(&packet, predicates));
            prop_assert!(differ, "{:?}", packet);
        }
    }

    #[test]
    fn the_laws_of_sets_hold(a in expression(), b in expression(), c in expression()) {
        let mut space = Space::default();
        let [a, b, c] = [a, b, c].map(|expression| expression.set(&mut space));
        let s = &mut space;
        let or = |s: &mut Space, a, b| s.union(a, b).expect("room");
        let and = |s: &mut Space, a, b| s.intersection(a, b).expect("room");
        prop_assert_eq!(or(s, a, b).complement(), and(s, a.complement(), b.complement()));
        let (ab, ac, bc) = (and(s, a, b), and(s, a, c), or(s, b, c));
        prop_assert_eq!(and(s, a, bc), or(s, ab, ac));
        prop_assert_eq!(or(s, a, ab), a);
        prop_assert_eq!(or(s, a, a.complement()), PacketSet::FULL);
        prop_assert_eq!(and(s, a, a.complement()), PacketSet::EMPTY);
        let abc = or(s, a, bc);
        prop_assert_eq!(s.union_all([a, b, c]).expect("room"), abc);
        prop_assert!(s.is_subset(ab, a).expect("room"));
        prop_assert_eq!(s.intersects(a, b).expect("room"), !ab.is_empty());
    }

    #[test]
    fn assigning_asks_about_the_rewritten_packet(
        expression in expression(),
        packets in vec(packet(), 10),
        index in 0..FIELDS,
    ) {
        let mut space = Space::default();
        let set = expression.set(&mut space);
        for packet in &packets {
            let (field, rewritten) = assigned(packet, index);
            let before = space.assign(set, field).expect("room");
            let expected = rewritten.map_or(Membership::Never, |packet| expression.membership(&packet));
            prop_assert_eq!(space.membership(before, packet), expected);
        }
    }

    #[test]
    fn forgetting_joins_all_values(expression in expression(), packet in packet(), index in 0..FIELDS) {
        let mut space = Space::default();
        let set = expression.set(&mut space);
        let states = State::ALL.map(|state| space.assign(set, Field::State(state)).expect("room"));
        let any_state = space.union_all(states).expect("room");
        prop_assert_eq!(space.forget(set, Field::State(State::New)).expect("room"), any_state);
        let (field, rewritten) = assigned(&packet, index);
        let forgotten = space.forget(set, field).expect("room");
        prop_assert!(space.is_subset(set, forgotten).expect("room"));
        prop_assert_eq!(space.forget(forgotten, field).expect("room"), forgotten);
        // A mark is forgotten whole, which the value at hand does not show.
        if let Some(rewritten) = rewritten {
            prop_assert_eq!(space.membership(forgotten, &packet), space.membership(forgotten, &rewritten));
        }
    }

    #[test]
    fn the_first_match_is_what_one_case_after_the_other_gives(
        cases in vec((addresses(), addresses(), rest(), 0..4_usize), 0..60),
        (within, moving, other, otherwise) in (expression(), expression(), expression(), expression()),
        wild in any::<bool>(),
    ) {
        let mut space = Space::default();
        let any = AddressSet::any();
        let sets: Vec<PacketSet> = cases.iter().map(|(_, _, expression, _)| expression.set(&mut space)).collect();
        // As in rule sets: most are dropped or accepted, and now and then something else is done.
        let answers = [PacketSet::EMPTY, PacketSet::FULL, moving.set(&mut space), other.set(&mut space)];
        let cases: Vec<Case> = cases
            .iter()
            .zip(sets)
            .map(|((source, destination, _, answer), rest)| Case {
                source: if wild && *answer == 0 { &any } else { source },
                destination,
                rest,
                then: answers[*answer],
            })
            .collect();
        let (within, otherwise) = (within.set(&mut space), otherwise.set(&mut space));
        let mut expected = otherwise;
        for case in cases.iter().rev() {
            let source = space.source(case.source).expect("room");
            let destination = space.destination(case.destination).expect("room");
            let set = space.intersection_all([source, destination, case.rest]).expect("room");
            expected = space.choose(set, case.then, expected).expect("room");
        }
        let answer = space.first_match(within, &cases, otherwise).expect("room");
        let asked = |space: &mut Space, set| space.intersection(set, within).expect("room");
        prop_assert_eq!(asked(&mut space, answer), asked(&mut space, expected));
    }

    #[test]
    fn a_set_that_is_the_same_for_its_sources_is_divided(sources in addresses(), ports in ports(), other in expression()) {
        let mut space = Space::default();
        let from = space.source(&sources).expect("room");
        let rest = space.destination_port(&ports).expect("room");
        for (set, certain) in [(space.intersection(from, rest).expect("room"), true), (other.set(&mut space), false)] {
            let of_one_family = space.sources_of(set).expect("room").families().count() == 1;
            match space.by_source(set).expect("room") {
                Some(groups) => {
                    let mut whole = PacketSet::EMPTY;
                    for (sources, any) in groups {
                        let from = space.source(&sources).expect("room");
                        let part = space.intersection(from, any).expect("room");
                        whole = space.union(whole, part).expect("room");
                        prop_assert_eq!(space.forget(any, Field::Source(std::net::Ipv4Addr::UNSPECIFIED.into())).expect("room"), any);
                    }
                    prop_assert_eq!(whole, set);
                }
                None => prop_assert!(!(certain && of_one_family)),
            }
        }
    }

    #[test]
    fn a_ragged_set_is_divided_into_groups_of_sources(ports in ports(), others in ports()) {
        prop_assume!(!ports.is_empty() && !others.is_empty() && ports != others);
        let mut space = Space::default();
        // Scattered, and none of them 10.7.3.9.
        let address = |number: u32| std::net::IpAddr::from((number.wrapping_mul(2_654_435_761) | 1 << 31).to_be_bytes());
        let many: AddressSet = (0..4000).map(address).collect();
        let few: AddressSet = [std::net::IpAddr::from([10, 7, 3, 9])].into_iter().collect();
        let (many, few) = (space.source(&many).expect("room"), space.source(&few).expect("room"));
        let (ports, others) = (space.destination_port(&ports).expect("room"), space.destination_port(&others).expect("room"));
        let set = space.choose(few, others, ports).expect("room");
        let all = space.union(many, few).expect("room");
        let set = space.intersection(set, all).expect("room");
        let groups = space.by_source(set).expect("room").expect("two groups");
        prop_assert_eq!(groups.len(), 2);
        prop_assert_eq!(groups[1].0.nets().len(), 1, "the smaller one comes last");
        let mut whole = PacketSet::EMPTY;
        for (sources, any) in groups {
            let from = space.source(&sources).expect("room");
            let part = space.intersection(from, any).expect("room");
            whole = space.union(whole, part).expect("room");
        }
        prop_assert_eq!(whole, set);
    }

    #[test]
    fn what_is_read_of_a_field_is_what_the_packets_have(expression in expression(), other in expression()) {
        let mut space = Space::default();
        let (set, other) = (expression.set(&mut space), other.set(&mut space));
        let common = space.intersection(set, other).expect("room");
        for (set, sources, destinations) in [
            (set, space.sources_of(set).expect("room"), space.destinations_of(set).expect("room")),
            (common, space.sources_of(common).expect("room"), space.destinations_of(common).expect("room")),
        ] {
            let from = space.source(&sources).expect("room");
            let to = space.destination(&destinations).expect("room");
            prop_assert_eq!(space.intersection_all([set, from, to]).expect("room"), set);
            let families: Vec<Family> = sources.families().collect();
            prop_assert_eq!(families, destinations.families().collect::<Vec<_>>());
        }
        let ports = space.destination_ports_of(set).expect("room");
        let with_ports = space.destination_port(&PortSet::any()).expect("room");
        let with_ports = space.intersection(set, with_ports).expect("room");
        let to_ports = space.destination_port(&ports).expect("room");
        prop_assert_eq!(space.intersection(set, to_ports).expect("room"), with_ports);
        prop_assert_eq!(space.source_ports_of(with_ports).expect("room").is_empty(), with_ports.is_empty());
    }

    #[test]
    fn a_description_covers_exactly_the_set(expression in expression(), limit in 0..40_usize) {
        let mut space = Space::default();
        let set = expression.set(&mut space);
        let description = space.describe(set, limit).expect("room");
        let parts: Vec<PacketSet> =
            description.parts.iter().map(|part| space.part(part).expect("room")).collect();
        let covered = space.union_all(parts).expect("room");
        prop_assert_eq!(space.union(covered, description.rest).expect("room"), set);
        prop_assert!(!space.intersects(covered, description.rest).expect("room"));
        prop_assert_eq!(description.left_out == 0, description.rest.is_empty());
    }
}

fn set_of(space: &mut Space, atoms: &[Atom]) -> PacketSet {
    let sets: Vec<PacketSet> = atoms.iter().map(|atom| atom.set(space)).collect();
    space.intersection_all(sets).expect("room")
}

fn nets(nets: &[&str]) -> AddressSet {
    nets.iter().map(|net| net.parse::<IpNet>().expect("a prefix")).collect()
}

fn range(first: u16, last: u16) -> PortSet {
    PortRange::new(first, last).expect("in order").into()
}

#[test]
fn a_tiny_budget_is_too_complex_and_the_space_stays_usable() {
    let mut space = Space::new(Budget { nodes: 40, steps: 1000 });
    let mark = space.mark(21, u32::MAX).expect("32 nodes");
    assert_eq!(space.source(&nets(&["203.0.113.10/32"])), Err(TooComplex));
    assert_eq!(space.intersection(mark, mark), Ok(mark));
    let mut space = Space::new(Budget { nodes: 4000, steps: 10 });
    let mark = space.mark(21, u32::MAX).expect("no step");
    let connection = space.connection_mark(21, u32::MAX).expect("no step");
    assert_eq!(space.intersection(mark, connection), Err(TooComplex));
}

#[test]
fn the_deepest_recursion_fits_the_stack() {
    let mut space = Space::default();
    let mut all = vec![set_of(
        &mut space,
        &[
            Atom::Source(nets(&["2001:db8::1/128"])),
            Atom::Destination(nets(&["2001:db8::2/128"])),
            Atom::Name(NameField::InInterface, "fifteen-letters".to_owned()),
        ],
    )];
    for number in 0..2048 {
        all.push(space.opaque(&number.to_string()).expect("as many as there may be"));
    }
    assert_eq!(space.opaque("one more"), Err(TooComplex));
    let all = all
        .into_iter()
        .rev()
        .try_fold(PacketSet::FULL, |set, one| space.intersection(set, one))
        .expect("room");
    assert!(!space.may(all).expect("room").is_empty());
    assert_eq!(space.opaque_of(all).len(), 2048);
    assert!(space.must(all).expect("room").is_empty());
    assert!(space.sample(all).expect("room").is_some());
    assert_eq!(space.describe(all, 0).expect("room").left_out, 1);
}

#[test]
fn a_sample_is_as_ordinary_as_the_set_permits() {
    let mut space = Space::default();
    let packet = space.sample(PacketSet::FULL).expect("room").expect("not empty");
    assert_eq!((packet.source, packet.destination), (address("192.0.2.1"), address("198.51.100.1")));
    assert_eq!(packet.payload, Payload::Tcp { source_port: 1024, destination_port: 1024, flags: 0x02 });
    assert_eq!((packet.state, packet.reply, packet.helper, packet.mark), (State::New, false, None, 0));
    assert_eq!((packet.in_interface.as_str(), packet.out_interface.as_str()), ("", ""));
    let server = Atom::Destination(nets(&["2001:db8::10/128"]));
    let set = set_of(&mut space, &[server, Atom::DestinationPort(range(60000, 60020))]);
    let loopback = space.name(NameField::InInterface, "").expect("room");
    let set = space.difference(set, loopback).expect("room");
    let packet = space.sample(set).expect("room").expect("not empty");
    assert_eq!((packet.source, packet.destination), (address("2001:db8:1::1"), address("2001:db8::10")));
    assert_eq!(packet.payload, Payload::Tcp { source_port: 1024, destination_port: 60000, flags: 0x02 });
    assert_eq!(packet.in_interface, "eth0");
    assert_eq!(space.sample(PacketSet::EMPTY), Ok(None));
}

#[test]
fn an_unknown_ban_takes_nothing_from_what_is_undenied() {
    let mut space = Space::default();
    let ftp = set_of(&mut space, &[Atom::Protocol(Protocol::Tcp), Atom::DestinationPort(range(21, 21))]);
    let web = set_of(&mut space, &[Atom::Protocol(Protocol::Tcp), Atom::DestinationPort(range(80, 80))]);
    let [banned, trusted, either] =
        ["set banned src", "set trusted src", "time"].map(|text| space.opaque(text).expect("room"));
    // Open to all but the banned; open to the trusted; open at one time or at all others.
    let unbanned = space.difference(ftp, banned).expect("room");
    assert_eq!(space.must(unbanned), Ok(PacketSet::EMPTY));
    assert_eq!(space.undenied(unbanned), Ok(ftp));
    let trusting = space.intersection(web, trusted).expect("room");
    let both = space.union(unbanned, trusting).expect("room");
    assert_eq!(space.undenied(both), Ok(ftp));
    let by_time = space.choose(either, ftp, web).expect("room");
    assert_eq!(space.undenied(by_time), Ok(PacketSet::EMPTY));
    assert_eq!(space.undenied(web), Ok(web));
    assert_eq!(space.assume(by_time, "time", true), Ok(ftp));
    assert_eq!(space.assume(by_time, "time", false), Ok(web));
    assert_eq!(space.assume(by_time, "never asked", true), Ok(by_time));
}

/// The parts of a set as text, and how many are left out.
fn described(space: &mut Space, set: PacketSet, limit: usize) -> (Vec<String>, u64) {
    let description = space.describe(set, limit).expect("room");
    (description.parts.iter().map(ToString::to_string).collect(), description.left_out)
}

#[test]
fn a_description_reads_like_a_rule() {
    let mut space = Space::default();
    let set = set_of(
        &mut space,
        &[
            Atom::Protocol(Protocol::Tcp),
            Atom::Source(nets(&["10.0.0.0/8"])),
            Atom::Destination(nets(&["203.0.113.10/32"])),
            Atom::SourcePort(range(1024, 65535)),
            Atom::DestinationPort(range(60011, 60020)),
            Atom::State(vec![State::New, State::Related]),
            Atom::NamePrefix(NameField::InInterface, "eth".to_owned()),
        ],
    );
    let eth1 = space.name(NameField::InInterface, "eth1").expect("room");
    let limit = space.opaque("limit 3/minute").expect("room");
    let set = space.difference(set, eth1).expect("room");
    let set = space.difference(set, limit).expect("room");
    assert_eq!(
        described(&mut space, set, 9),
        (
            vec![
                "tcp 10.0.0.0/8:1024-65535 -> 203.0.113.10:60011-60020 state related,new in eth*,!eth1 \
                 ![limit 3/minute]"
                    .to_owned()
            ],
            0
        )
    );
    assert_eq!(described(&mut space, PacketSet::FULL, 9), (vec!["any any -> any".to_owned()], 0));
    // That what arrives comes in somewhere goes without saying; that a helper is at work does not.
    let named = [(NameField::InInterface, ""), (NameField::InInterface, "lo"), (NameField::Helper, "")];
    let none_of = named.map(|(field, name)| space.name(field, name).expect("room").complement());
    let arriving = space.intersection_all(none_of).expect("room");
    assert_eq!(described(&mut space, arriving, 9).0, ["any any -> any in !lo helper !none"]);
}

#[test]
fn parts_are_as_wide_as_the_set_allows() {
    let mut space = Space::default();
    let web = set_of(&mut space, &[Atom::Protocol(Protocol::Tcp), Atom::DestinationPort(range(443, 443))]);
    let office = [Atom::Source(nets(&["10.0.0.0/8"])), Atom::DestinationPort(range(22, 22))];
    let office = set_of(&mut space, &[&office[..], &[Atom::Protocol(Protocol::Tcp)]].concat());
    let ping = set_of(&mut space, &[Atom::Protocol(Protocol::Icmpv6), Atom::Icmp(128..=129, 0..=255)]);
    let set = space.union_all([web, office, ping]).expect("room");
    let (mut parts, left_out) = described(&mut space, set, 9);
    parts.sort();
    assert_eq!(left_out, 0);
    assert_eq!(
        parts,
        ["icmpv6 any -> any type 128-129", "tcp 10.0.0.0/8 -> any:22,443", "tcp any -> any:443"]
    );
    let (parts, left_out) = described(&mut space, set, 1);
    assert_eq!(parts.len(), 1);
    assert!(left_out > 0);
    let server = space.destination(&nets(&["203.0.113.10/32", "2001:db8::10/128"])).expect("room");
    assert_eq!(described(&mut space, server, 9).0, ["any any -> {203.0.113.10,2001:db8::10}"]);
    let spared = space.source(&nets(&["10.0.0.1/32"])).expect("room");
    assert_eq!(described(&mut space, spared.complement(), 9).0, ["any any!10.0.0.1 -> any"]);
}
