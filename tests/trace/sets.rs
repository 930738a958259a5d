//! The symbolic evaluation beside the concrete one: what a trace says of a packet lies in the set.

use std::net::IpAddr;

use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};
use ftpfw::packet::{Budget, Membership, Packet, PacketSet, Payload, Protocol, Space, State};
use ftpfw::ruleset::evaluate::{Question, accepted, decisions};
use ftpfw::ruleset::trace::{Path, Tracer, Verdict};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A rule of nft, over few enough values that packets meet it.
fn rule() -> impl Strategy<Value = String> {
    let condition = select(
        &[
            "ip saddr 10.0.0.1",
            "ip saddr != 10.0.0.0/31",
            "ip daddr { 10.0.0.2, 10.0.0.3 }",
            "ip6 daddr 2001:db8::2",
            "tcp dport 21",
            "tcp dport { 20, 30000-30009 }",
            "tcp dport != 21",
            "udp sport 20",
            "th dport 21",
            "meta l4proto tcp",
            "meta nfproto ipv6",
            "tcp flags syn / syn,ack",
            "icmp type echo-request",
            "icmpv6 type != echo-request",
            "ct state new",
            "ct state { established, related }",
            "ct state untracked",
            "ct state invalid",
            "ct direction reply",
            "iifname \"em*\"",
            "iifname != \"em0\"",
            "oifname \"em1\"",
            "meta mark 1",
            "ct mark 1",
            "ct mark != 1",
            "ct mark != { 1, 3 }",
            "ct mark . meta mark != { 0 . 1 }",
            "ct status dnat",
            "ct status ! dnat",
            "ct status snat,dnat",
            "ct status seen-reply",
            "ct original ip saddr 10.0.0.1",
            "meta mark & 0x3 == 0x2",
            "ct helper \"ftp\"",
            "ct helper != \"ftp\"",
            "fib daddr type local",
            "ip saddr . tcp dport { 10.0.0.1 . 21, 10.0.0.2 . 20 }",
            "ct original ip daddr 10.0.0.2",
            "limit rate 3/second",
            "meta skuid 7",
        ][..],
    );
    let action = select(
        &[
            "accept",
            "accept",
            "drop",
            "reject",
            "return",
            "jump one",
            "jump two",
            "goto two",
            "meta mark set 1",
            "ct mark set 1",
            "notrack",
            "counter",
            "queue num 1",
        ][..],
    );
    (vec(condition, 0..3), action)
        .prop_map(|(conditions, action)| format!("{} {action}", conditions.join(" ")))
}

fn chain(name: &'static str, base: &'static str) -> impl Strategy<Value = String> {
    vec(rule(), 0..5).prop_map(move |rules| format!("chain {name} {{\n{base}\n{}\n}}\n", rules.join("\n")))
}

fn ruleset() -> impl Strategy<Value = String> {
    let policy = || select(&["accept", "drop"][..]);
    let nat = select(
        &["", "ip daddr 10.0.0.2 tcp dport 21 dnat ip to 10.0.0.3", "tcp dport 20 dnat ip to 10.0.0.2:21"][..],
    );
    (
        (chain("two", ""), vec(rule(), 0..4)),
        chain("raw", "type filter hook prerouting priority raw; policy accept;"),
        chain("later", "type filter hook prerouting priority -250; policy accept;"),
        chain("early", "type filter hook prerouting priority mangle; policy accept;"),
        nat,
        (vec(rule(), 0..6), policy(), vec(rule(), 0..6), policy()),
        chain("out", "type filter hook output priority -300; policy accept;"),
    )
        .prop_map(|((two, one), raw, later, early, nat, (input, input_policy, forward, forward_policy), out)| {
            // A chain may only enter those before it, so that there is no loop.
            let one: Vec<String> = one.into_iter().filter(|rule| !rule.contains("jump one")).collect();
            let two = two.replace("jump one", "accept").replace("jump two", "drop").replace("goto two", "return");
            format!(
                "table inet t {{\n{two}chain one {{\n{}\n}}\n{raw}{later}{early}\
                 chain nat {{\ntype nat hook prerouting priority dstnat; policy accept;\n{nat}\n}}\n\
                 chain input {{\ntype filter hook input priority filter; policy {input_policy};\n{}\n}}\n\
                 chain forward {{\ntype filter hook forward priority filter; policy {forward_policy};\n{}\n}}\n{out}}}\n",
                one.join("\n"),
                input.join("\n"),
                forward.join("\n"),
            )
        })
}

fn packet() -> impl Strategy<Value = Packet> {
    let addresses = [
        ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"],
        ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"],
    ];
    let ports = || select(&[20u16, 21, 30000, 30010][..]);
    (
        any::<bool>(),
        0..4usize,
        0..4usize,
        0..3u8,
        (ports(), ports()),
        select(&[0x02u8, 0x12, 0x10][..]),
        select(&State::ALL[..]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            move |(
                six,
                source,
                destination,
                kind,
                (source_port, destination_port),
                flags,
                state,
                reply,
                helped,
            )| {
                let address = |index: usize| -> IpAddr {
                    addresses[usize::from(six)][index].parse().expect("an address")
                };
                let payload = match kind {
                    0 => Payload::Tcp { source_port, destination_port, flags },
                    1 => Payload::Ports { protocol: Protocol::Udp, source_port, destination_port },
                    _ => Payload::Icmp {
                        protocol: if six { Protocol::Icmpv6 } else { Protocol::Icmp },
                        kind: if six { 128 } else { 8 },
                        code: 0,
                    },
                };
                Packet {
                    source: address(source),
                    destination: address(destination),
                    payload,
                    state,
                    reply,
                    helper: helped.then(|| "ftp".to_owned()),
                    in_interface: String::new(),
                    out_interface: String::new(),
                    mark: 0,
                    connection_mark: 0,
                }
            },
        )
}

proptest! {
#![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]
#[test]
fn a_trace_lies_in_the_set(text in ruleset(), packets in vec(packet(), 30), path in select(&Path::ALL[..])) {
    let source = Text { name: "t.nft".to_owned(), content: text.clone() };
    let collection = read(vec![(source, Format::Nft)], &mut |_| None);
    let tracer = Tracer::new(&collection.ruleset);
    let mut space = Space::new(Budget::default());
    let set = accepted(&collection.ruleset, Question::about(path, PacketSet::FULL), &mut space).expect("a small rule set");
    let question = Question::about(path, PacketSet::FULL);
    let deciders = decisions(&collection.ruleset, question, usize::MAX, &mut space).expect("a small rule set");
    prop_assert!(deciders.rest.is_empty());
    let (may, must) = (space.may(set).expect("small"), space.must(set).expect("small"));
    for mut packet in packets {
        if path != Path::Output {
            "em0".clone_into(&mut packet.in_interface);
        }
        if path != Path::Input {
            "em1".clone_into(&mut packet.out_interface);
        }
        let trace = tracer.trace(&packet, path);
        let verdict = trace.verdict;
        // Where it is certain who decides, it is who the trace says.
        let deciding = deciders
            .known
            .iter()
            .filter(|decision| space.membership(decision.packets, &packet) != Membership::Never)
            .collect::<Vec<_>>();
        prop_assert!(!deciding.is_empty(), "{:#?}\n{}", packet, text);
        if let [only] = deciding.as_slice() {
            prop_assert_eq!(space.membership(only.packets, &packet), Membership::Always);
            prop_assert_eq!(only.verdict, verdict, "{:#?}\n{}", packet, text);
            prop_assert!(only.by == trace.by || verdict == Verdict::Unknown, "{:?} {:?} {:#?}\n{}", only, trace.by, packet, text);
        } else {
            prop_assert!(deciding.iter().all(|one| space.membership(one.packets, &packet) == Membership::Sometimes));
        }
        let membership = (space.membership(must, &packet), space.membership(may, &packet));
        let expected = match membership {
            (Membership::Always, _) => verdict == Verdict::Accept,
            // Whether it is dropped or rejected may be in doubt; that it does not get through is not.
            (_, Membership::Never) if text.contains("reject") => verdict != Verdict::Accept,
            (_, Membership::Never) => verdict == Verdict::Drop,
            _ => verdict == Verdict::Unknown,
        };
        // Where the trace knows one packet, the set asks for all at once: whether an address is local, and what
        // the destination was before a translation.
        let coarse = (text.contains("fib ") || text.contains("ct original"))
            && membership == (Membership::Never, Membership::Always);
        prop_assert!(expected || coarse, "{:?} {:?} {:#?}\n{}", verdict, membership, packet, text);
    }
}}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_question_about_some_packets_is_part_of_that_about_all(
        text in ruleset(),
        packet in packet(),
        (ports, state) in (any::<bool>(), select(&State::ALL[..])),
        path in select(&Path::ALL[..]),
    ) {
        let source = Text { name: "t.nft".to_owned(), content: text.clone() };
        let collection = read(vec![(source, Format::Nft)], &mut |_| None);
        let mut space = Space::new(Budget::default());
        let s = &mut space;
        let destination = s.destination(&[packet.destination].into_iter().collect()).expect("small");
        let state = s.state(&[state]).expect("small");
        let mut within = s.union(destination, state).expect("small");
        if ports {
            let control = s.destination_port(&21.into()).expect("small");
            within = s.intersection(within, control).expect("small");
        }
        let about = |question: Question, space: &mut Space| {
            accepted(&collection.ruleset, question, space).expect("a small rule set")
        };
        let all = about(Question::about(path, PacketSet::FULL), s);
        let some = about(Question::about(path, within), s);
        prop_assert_eq!(some, s.intersection(all, within).expect("small"), "{}", text);
        // What goes through leaves as one thing or as another.
        let [one, other] = [destination, destination.complement()]
            .map(|onward| about(Question { path, within, onward }, s));
        prop_assert!(!s.intersects(one, other).expect("small"));
        prop_assert_eq!(s.union(one, other).expect("small"), some, "{}", text);
        let decided = decisions(&collection.ruleset, Question::about(path, within), 2, s).expect("a small rule set");
        let sets: Vec<PacketSet> = decided.known.iter().map(|decision| decision.packets).collect();
        prop_assert!(sets.len() <= 2);
        prop_assert_eq!(s.union_all(sets.into_iter().chain([decided.rest])).expect("small"), within);
    }
}
