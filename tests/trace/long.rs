//! Chains of hundreds of rules, which are looked up by their sources instead of being gone through.

use std::fmt::Write as _;

use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};
use ftpfw::packet::{AddressSet, Packet, PacketSet, Space};
use ftpfw::ruleset::evaluate::{Evaluator, Question};
use ftpfw::ruleset::trace::spec;
use ftpfw::ruleset::trace::{Decider, Path, Trace, Tracer, Verdict};
use ipnet::IpNet;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A rule over few enough sources that packets meet it among hundreds of others.
fn rule() -> impl Strategy<Value = String> {
    let byte = || 0..4_u8;
    let source = prop_oneof![
        8 => (byte(), byte(), byte(), 9..=32_u8).prop_map(|(a, b, c, length)| format!("-s 10.{a}.{b}.{c}/{length}")),
        1 => (byte(), byte()).prop_map(|(a, b)| format!("! -s 10.{a}.{b}.0/24")),
        1 => byte().prop_map(|a| format!("-m iprange --src-range 10.{a}.0.1-10.{a}.2.200")),
        1 => Just(String::new()),
    ];
    let rest = select(&["", "-p tcp --dport 21", "-p tcp --dport 1024:65535", "-m recent --rcheck"][..]);
    let target = select(&["DROP", "DROP", "ACCEPT", "RETURN", "more", "MARK --set-mark 1"][..]);
    (source, rest, target).prop_map(|(source, rest, target)| format!("{source} {rest} -j {target}"))
}

fn packet() -> impl Strategy<Value = Packet> {
    let byte = || 0..4_u8;
    (byte(), byte(), byte(), select(&[21, 22, 30000][..])).prop_map(|(a, b, c, port)| {
        let text = format!(
            "hook=input proto=tcp src=10.{a}.{b}.{c} sport=40000 dst=203.0.113.10 dport={port} iif=eth0"
        );
        spec::parse(&text).expect("a packet").1
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rules_that_are_looked_up_decide_as_those_that_are_gone_through(
        rules in vec(rule(), 150..300),
        more in vec(rule(), 70..90),
        packets in vec(packet(), 20),
    ) {
        let mut text = String::from("*filter\n:INPUT DROP [0:0]\n:more - [0:0]\n");
        for rule in rules {
            let _ = writeln!(text, "-A INPUT {rule}");
        }
        for rule in more {
            let _ = writeln!(text, "-A more {}", rule.replace("-j more", "-j DROP"));
        }
        text += "COMMIT\n";
        let text = Text { name: "rules".to_owned(), content: text };
        let collection = read(vec![(text, Format::Iptables)], &mut |_| None);
        let (slow, fast) = (Tracer::new(&collection.ruleset), Tracer::without_near_misses(&collection.ruleset));
        let evaluator = Evaluator::new(&collection.ruleset);
        let mut space = Space::default();
        for packet in packets {
            let known = slow.trace(&packet, Path::Input);
            let found = fast.trace(&packet, Path::Input);
            prop_assert!(found.near.is_empty());
            prop_assert_eq!((known.verdict, &known.met), (found.verdict, &found.met));
            prop_assert_eq!(&Trace { near: Vec::new(), doubts: found.doubts.clone(), ..known.clone() }, &found);

            let source: AddressSet = IpNet::from(packet.source).into();
            let (everything, own) = (PacketSet::FULL, space.source(&source).expect("a small set"));
            let narrow = evaluator.accepted(Question::about(Path::Input, own), &mut space).expect("a small set");
            let wide = evaluator.accepted(Question::about(Path::Input, everything), &mut space).expect("a small set");
            prop_assert_eq!(space.intersection(wide, own), Ok(narrow));
            if known.verdict == Verdict::Accept
                && let by @ Decider::Rule(_) = known.by
            {
                let question = Question::about(Path::Input, own);
                let by_it = evaluator.accepted_by(question, by, &mut space).expect("a small set");
                prop_assert_ne!(space.membership(by_it, &packet), ftpfw::packet::Membership::Never);
                let may = evaluator.may_accept(question, &mut space).expect("a small set");
                prop_assert!(may.into_iter().any(|rule| Decider::Rule(rule) == by));
            }
        }
    }
}
