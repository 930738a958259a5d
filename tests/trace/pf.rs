//! The evaluator of pf beside the naive one: random rule sets, random packets, one outcome.

use std::net::IpAddr;

use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};
use ftpfw::packet::{Budget, Membership, Packet, PacketSet, Payload, Protocol, Space, State};
use ftpfw::ruleset::evaluate::{Question, accepted, decisions};
use ftpfw::ruleset::trace::{Path, Tracer, Verdict};
use proptest::prelude::*;
use proptest::sample::select;

use crate::naive_pf::{self, Machine, Outcome};

/// Parts of rules, over few enough values that packets meet them.
fn rule() -> impl Strategy<Value = String> {
    let word = |words: &'static [&'static str]| select(words);
    (
        word(&["pass", "block drop", "block return", "match"]),
        word(&["", "in", "out"]),
        any::<bool>(),
        word(&["", "on em0", "on em1"]),
        word(&["", "inet", "inet6"]),
        word(&["proto tcp", "proto udp", "proto { tcp, udp }"]),
        (
            word(&["any", "10.0.0.1", "10.0.0.0/30", "! 10.0.0.2", "2001:db8::1"]),
            word(&["", "port 20", "port > 1023"]),
        ),
        (
            word(&["any", "10.0.0.3", "{ 10.0.0.3, 10.0.0.4 }", "2001:db8::2"]),
            word(&["", "port 21", "port 30000:30009", "port { 21, 30001 }"]),
        ),
        word(&["", "", "", "tag x", "tag y", "tagged x", "tagged y tag x", "! tagged x", "! tagged x tag y"]),
        word(&["", "", "no state"]),
    )
        .prop_map(|(action, direction, quick, on, family, proto, from, to, tag, end)| {
            let quick = if quick { "quick" } else { "" };
            let end = if action == "pass" { end } else { "" };
            [action, direction, quick, on, family, proto, "from", from.0, from.1, "to", to.0, to.1, tag, end]
                .join(" ")
        })
}

/// Rules of OpenBSD that translate.
fn translating() -> impl Strategy<Value = String> {
    let word = |words: &'static [&'static str]| select(words);
    (
        word(&["match", "match", "match quick", "pass", "pass", "pass quick"]),
        word(&["", "tag x", "tagged x", "! tagged y tag y"]),
        word(&["proto tcp", "proto udp", "proto { tcp, udp }"]),
        word(&["any", "10.0.0.1", "! 10.0.0.3"]),
        word(&["any", "10.0.0.3", "10.0.0.2/31"]),
        word(&[
            "rdr-to 10.0.0.4",
            "rdr-to 10.0.0.3 port 21",
            "nat-to 10.0.0.2 static-port",
            "rdr-to 10.0.0.0/30 bitmask",
            "nat-to 10.0.0.4/30 bitmask static-port",
        ]),
    )
        .prop_map(|(action, tag, proto, from, to, end)| {
            let direction = if end.starts_with("rdr") { "in" } else { "out" };
            let (action, quick) = action.split_once(' ').unwrap_or((action, ""));
            format!("{action} {direction} {quick} inet {proto} from {from} to {to} {tag} {end}")
        })
}

/// Rules, and anchors with rules and anchors in them. Their names tell anchors apart.
fn rules() -> impl Strategy<Value = String> {
    let part = |inner: BoxedStrategy<String>| {
        let anchor = (
            select(&["", "in", "out on em1"][..]),
            any::<bool>(),
            select(&["", "inet", "proto tcp", "proto tcp to port 21"][..]),
            proptest::collection::vec(inner.clone(), 0..4),
            any::<u32>(),
        )
            .prop_map(|(direction, quick, filter, rules, name)| {
                let quick = if quick { "quick" } else { "" };
                format!("anchor a{name} {direction} {quick} {filter} {{\n{}\n}}", rules.join("\n"))
            });
        prop_oneof![4 => inner, 1 => anchor].boxed()
    };
    proptest::collection::vec(part(part(prop_oneof![3 => rule(), 1 => translating()].boxed())), 1..8)
        .prop_map(|rules| rules.join("\n") + "\n")
}

/// FreeBSD: translation rules, and filter rules behind them.
fn freebsd() -> impl Strategy<Value = String> {
    let word = |words: &'static [&'static str]| select(words);
    let translation = (
        word(&["rdr", "rdr", "rdr pass", "no rdr", "no rdr", "nat", "nat pass", "no nat"]),
        word(&["", "on em0", "on em1"]),
        word(&["tcp", "udp", "{ tcp, udp }"]),
        word(&["any", "10.0.0.1", "! 10.0.0.2"]),
        word(&["any", "10.0.0.3", "! 10.0.0.4"]),
        word(&["", "port 21", "port 30000:30009"]),
        word(&["", "", "tag x", "tag y", "tagged x", "! tagged y"]),
        word(&["10.0.0.3", "10.0.0.4"]),
    )
        .prop_map(|(action, on, proto, from, to, port, tag, target)| {
            let end = match action.split(' ').next() {
                Some("no") => String::new(),
                Some("nat") => format!("-> {target} static-port"),
                _ => format!("-> {target}"),
            };
            format!("{action} {on} inet proto {proto} from {from} to {to} {port} {tag} {end}")
        });
    (proptest::collection::vec(translation, 1..6), proptest::collection::vec(rule(), 1..6))
        .prop_map(|(first, then)| [first, then].concat().join("\n") + "\n")
}

fn packet() -> impl Strategy<Value = Packet> {
    let addresses = [
        ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"],
        ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"],
    ];
    (
        select(&[false, false, false, true][..]),
        0..4usize,
        0..4usize,
        any::<bool>(),
        select(&[20u16, 1023, 1024][..]),
        select(&[20u16, 21, 30000, 30001, 30010][..]),
        select(&[0x02u8, 0x12, 0x10][..]),
    )
        .prop_map(move |(six, source, destination, tcp, source_port, destination_port, flags)| {
            let family = addresses[usize::from(six)];
            let address = |index: usize| -> IpAddr { family[index].parse().expect("an address") };
            let payload = if tcp {
                Payload::Tcp { source_port, destination_port, flags }
            } else {
                Payload::Ports { protocol: Protocol::Udp, source_port, destination_port }
            };
            Packet {
                source: address(source),
                destination: address(destination),
                payload,
                state: State::New,
                reply: false,
                helper: None,
                in_interface: String::new(),
                out_interface: String::new(),
                mark: 0,
                connection_mark: 0,
            }
        })
}

/// The same packet as the naive evaluator has it.
fn naive(packet: &Packet) -> naive_pf::Packet {
    let (source_port, destination_port) = packet.payload.ports().unwrap_or_default();
    let flags = if let Payload::Tcp { flags, .. } = packet.payload { flags } else { 0 };
    let interface = |name: &String| (!name.is_empty()).then(|| name.clone());
    naive_pf::Packet {
        source: packet.source,
        destination: packet.destination,
        protocol: packet.payload.protocol(),
        source_port,
        destination_port,
        flags,
        icmp: (0, 0),
        arrival: interface(&packet.in_interface),
        departure: interface(&packet.out_interface),
    }
}

/// Pools, and the addresses in them.
const POOLS: [(&str, &[&str]); 3] = [
    ("{ 10.0.0.3, 10.0.0.4 }", &["10.0.0.3", "10.0.0.4"]),
    ("10.0.0.2/31", &["10.0.0.2", "10.0.0.3"]),
    ("{ 10.0.0.0/31, 10.0.0.4 }", &["10.0.0.0", "10.0.0.1", "10.0.0.4"]),
];

/// Rules of which one translates to `POOL`, and others that look at what becomes of that.
fn pooled() -> impl Strategy<Value = (String, Format)> {
    let word = |words: &'static [&'static str]| select(words);
    let openbsd = (
        word(&["match", "pass", "pass quick"]),
        word(&["rdr-to POOL", "rdr-to POOL port 21", "nat-to POOL static-port"]),
    )
        .prop_map(|(action, end)| {
            let direction = if end.starts_with("rdr") { "in" } else { "out" };
            let (action, quick) = action.split_once(' ').unwrap_or((action, ""));
            format!("{action} {direction} {quick} inet proto tcp from any to any {end}")
        });
    let freebsd = word(&["rdr", "rdr pass", "nat"]).prop_map(|action| {
        let end = if action == "nat" { "static-port" } else { "" };
        format!("{action} inet proto tcp from any to any -> POOL {end}")
    });
    let rules = || proptest::collection::vec(rule(), 0..4);
    prop_oneof![
        (rules(), openbsd, rules()).prop_map(|(first, one, then)| (
            [first, vec![one], then].concat().join("\n") + "\n",
            Format::PfOpenbsd
        )),
        (freebsd, rules())
            .prop_map(|(one, then)| ([vec![one], then].concat().join("\n") + "\n", Format::PfFreebsd)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_pool_is_any_of_its_addresses(
        (content, format) in pooled(),
        (pool, addresses) in select(&POOLS[..]),
        packets in proptest::collection::vec(packet(), 1..20),
        way in select(&Path::ALL[..]),
    ) {
        let chosen = |to: &str| {
            let text = Text { name: "pf.conf".to_owned(), content: content.replace("POOL", to) };
            let collection = read(vec![(text, format)], &mut |_| None);
            assert_eq!(&collection.problems, &[], "{content}");
            collection.ruleset
        };
        let singles: Vec<_> = addresses.iter().map(|address| chosen(address)).collect();
        let ruleset = chosen(pool);
        let tracer = Tracer::new(&ruleset);
        let mut space = Space::new(Budget::default());
        let set = accepted(&ruleset, Question::about(way, PacketSet::FULL), &mut space).expect("a small rule set");
        for mut packet in packets {
            if way != Path::Output {
                "em0".clone_into(&mut packet.in_interface);
            }
            if way != Path::Input {
                "em1".clone_into(&mut packet.out_interface);
            }
            let outcome = |ruleset| Machine { ruleset, own: &[] }.filter(&naive(&packet));
            let Some(outcomes) = singles.iter().map(outcome).collect::<Option<Vec<_>>>() else { continue };
            let verdict = |outcome: &Outcome| match outcome {
                Outcome::Passed { .. } => Verdict::Accept,
                Outcome::Blocked { told: false } => Verdict::Drop,
                Outcome::Blocked { told: true } => Verdict::Reject,
            };
            let verdicts: Vec<Verdict> = outcomes.iter().map(verdict).collect();
            let expected = if verdicts.windows(2).all(|two| two[0] == two[1]) { verdicts[0] } else { Verdict::Unknown };
            prop_assert_eq!(tracer.trace(&packet, way).verdict, expected, "{:#?}\n{}", packet, content);
            let passes = verdicts.iter().filter(|verdict| **verdict == Verdict::Accept).count();
            let member = match passes {
                0 => Membership::Never,
                all if all == verdicts.len() => Membership::Always,
                _ => Membership::Sometimes,
            };
            prop_assert_eq!(space.membership(set, &packet), member, "{:#?}\n{}", packet, content);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn both_evaluators_agree(
        (content, format) in prop_oneof![
            1 => rules().prop_map(|rules| (rules, Format::PfOpenbsd)),
            1 => freebsd().prop_map(|rules| (rules, Format::PfFreebsd)),
        ],
        packets in proptest::collection::vec(packet(), 1..20),
        way in select(&Path::ALL[..]),
    ) {
        let text = Text { name: "pf.conf".to_owned(), content: content.clone() };
        let collection = read(vec![(text, format)], &mut |_| None);
        prop_assert_eq!(&collection.problems, &[], "{}", content);
        let tracer = Tracer::new(&collection.ruleset);
        let mut space = Space::new(Budget::default());
        let set = accepted(&collection.ruleset, Question::about(way, PacketSet::FULL), &mut space).expect("a small rule set");
        let deciders = decisions(&collection.ruleset, Question::about(way, PacketSet::FULL), usize::MAX, &mut space).expect("a small rule set");
        prop_assert!(deciders.rest.is_empty());
        for mut packet in packets {
            if way != Path::Output {
                "em0".clone_into(&mut packet.in_interface);
            }
            if way != Path::Input {
                "em1".clone_into(&mut packet.out_interface);
            }
            let machine = Machine { ruleset: &collection.ruleset, own: &[] };
            let Some(expected) = machine.filter(&naive(&packet)) else { continue };
            let trace = tracer.trace(&packet, way);
            let verdict = match expected {
                Outcome::Passed { .. } => Verdict::Accept,
                Outcome::Blocked { told: false } => Verdict::Drop,
                Outcome::Blocked { told: true } => Verdict::Reject,
            };
            prop_assert_eq!(trace.verdict, verdict, "{:#?}\n{}", packet, content);
            let member = if verdict == Verdict::Accept { Membership::Always } else { Membership::Never };
            prop_assert_eq!(space.membership(set, &packet), member, "{:#?}\n{}", packet, content);
            for decision in &deciders.known {
                let its = (decision.verdict, decision.by) == (trace.verdict, trace.by);
                let member = if its { Membership::Always } else { Membership::Never };
                prop_assert_eq!(space.membership(decision.packets, &packet), member, "{:?} {:#?}\n{}", trace.by, packet, content);
            }
            if let Outcome::Passed { packet: passed, .. } = expected {
                prop_assert_eq!(naive(&trace.packet), passed);
            }
        }
    }
}
