//! The naive evaluator, on rule sets of which pf.conf(5) says what they do.

use std::net::IpAddr;

use ftpfw::dialect::pf::{Flavour, read};
use ftpfw::packet::Protocol;

use crate::naive_pf::{Machine, Outcome, Packet};

const OWN: &str = "192.0.2.254";
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// A SYN to port 21 that comes in by em0 and is for this machine.
fn packet() -> Packet {
    Packet {
        source: address("198.51.100.7"),
        destination: address(OWN),
        protocol: Protocol::Tcp,
        source_port: 40000,
        destination_port: 21,
        flags: SYN,
        icmp: (0, 0),
        arrival: Some("em0".to_owned()),
        departure: None,
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn filter(flavour: Flavour, text: &str, packet: &Packet) -> Option<Outcome> {
    let reading = read(text, flavour, &mut |_| None);
    assert_eq!(reading.problems, [], "{text}");
    Machine { ruleset: &reading.ruleset, own: &[address(OWN)] }.filter(packet)
}

fn openbsd(text: &str, packet: &Packet) -> Option<Outcome> {
    filter(Flavour::Openbsd, text, packet)
}

fn passes(text: &str, packet: &Packet) -> bool {
    matches!(openbsd(text, packet), Some(Outcome::Passed { .. }))
}

#[test]
fn the_last_match_counts_unless_quick() {
    let packet = packet();
    assert!(passes("", &packet));
    assert!(passes("block\npass", &packet));
    assert!(!passes("pass\nblock", &packet));
    assert!(passes("pass quick\nblock", &packet));
    assert_eq!(openbsd("set block-policy return\nblock", &packet), Some(Outcome::Blocked { told: true }));
    assert!(passes("set skip on em0\nblock", &packet));
    assert!(passes("block out\nblock on em1", &packet));
    assert!(passes("pass\nmatch in\nblock proto udp", &packet));
}

#[test]
fn a_rule_that_keeps_state_asks_for_the_first_packet() {
    let later = Packet { flags: ACK, ..packet() };
    assert!(!passes("block\npass", &later));
    assert!(passes("block\npass flags any", &later));
    assert!(passes("block\npass no state", &later));
    let datagram = Packet { protocol: Protocol::Udp, flags: 0, ..packet() };
    assert!(passes("block\npass", &datagram));
    let stateful = |text: &str| match openbsd(text, &packet()) {
        Some(Outcome::Passed { stateful, .. }) => stateful,
        other => panic!("{other:?}"),
    };
    assert!(stateful("pass"));
    assert!(!stateful("pass no state"));
    assert!(!stateful(""));
}

#[test]
fn a_forwarded_packet_passes_twice() {
    let forwarded = Packet { departure: Some("em1".to_owned()), ..packet() };
    assert!(!passes("block\npass in on em0", &forwarded));
    assert!(passes("block\npass in on em0\npass out on em1", &forwarded));
    assert!(passes("block\npass in\npass out received-on em0", &forwarded));
    // A tag sticks, and goes with the packet.
    assert!(passes("block\npass in tag FROM\npass out tagged FROM", &forwarded));
    assert!(!passes("block\npass in tag FROM\npass out tagged ELSE", &forwarded));
}

#[test]
fn translation_in_a_match_is_seen_by_later_rules() {
    let redirected = |text: &str| match openbsd(text, &packet()) {
        Some(Outcome::Passed { packet, .. }) => packet.destination.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(redirected("block\nmatch in rdr-to 10.0.0.5\npass in to 10.0.0.5"), "10.0.0.5");
    // Of a rule that passes it takes effect only in the end.
    assert_eq!(redirected("block\npass in rdr-to 10.0.0.5\npass in to 10.0.0.6"), "10.0.0.5");
    assert_eq!(redirected("pass in rdr-to 10.0.0.5\npass in to 192.0.2.254"), OWN);
}

#[test]
fn freebsd_translates_first_and_the_first_match_counts() {
    let forwarded = Packet { departure: Some("em1".to_owned()), ..packet() };
    let reached = |text: &str| match filter(Flavour::Freebsd, text, &forwarded) {
        Some(Outcome::Passed { packet, .. }) => Some(packet.destination.to_string()),
        Some(Outcome::Blocked { .. }) => None,
        None => panic!("{text}"),
    };
    let rdr = "rdr on em0 proto tcp to port 21 -> 10.0.0.5\nrdr on em0 proto tcp to port 21 -> 10.0.0.6\nblock in\n";
    assert_eq!(reached(rdr), None);
    assert_eq!(reached(&format!("{rdr}pass in proto tcp to 10.0.0.5 port 21")).as_deref(), Some("10.0.0.5"));
    assert_eq!(reached(&rdr.replacen("rdr on", "rdr pass on", 1)).as_deref(), Some("10.0.0.5"));
    let no = format!("no rdr on em0 from 198.51.100.7 to any\n{rdr}pass in to {OWN}");
    assert_eq!(reached(&no).as_deref(), Some(OWN));
    // `binat` is asked after `rdr`, and `no rdr` leaves it alone.
    let both = "no rdr on em0 from any to any\nbinat on em0 from 10.0.0.5 to any -> 192.0.2.254\n";
    assert_eq!(reached(both).as_deref(), Some("10.0.0.5"));
}

#[test]
fn anchors_take_part_where_they_stand() {
    let packet = packet();
    assert!(passes("block\nanchor a {\npass in proto tcp\n}", &packet));
    assert!(!passes("block\nanchor a out {\npass in proto tcp\n}", &packet));
    assert!(!passes("anchor a {\npass\n}\nblock", &packet));
    assert!(passes("anchor a {\npass quick\n}\nblock", &packet));
    assert!(passes("anchor a quick {\npass\n}\nblock", &packet));
    assert!(!passes("anchor a quick {\npass proto udp\n}\nblock", &packet));
    // Who knows what ftp-proxy put there?
    assert_eq!(openbsd("pass\nanchor \"ftp-proxy/*\"", &packet), None);
}

#[test]
fn what_only_the_machine_knows_is_unknown() {
    let packet = packet();
    assert_eq!(openbsd("pass\nblock from em0:network", &packet), None);
    assert!(!passes("pass\nblock to self", &packet));
    assert_eq!(openbsd("block on egress", &packet), None);
}
