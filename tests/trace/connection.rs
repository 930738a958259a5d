//! What rules ask of the connection that a packet belongs to.

use std::net::IpAddr;

use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};
use ftpfw::packet::{Membership, PacketSet, Space};
use ftpfw::ruleset::evaluate::{Evaluator, Question, accepted};
use ftpfw::ruleset::trace::{Path, spec};

use super::verdicts::{check, outcome};

/// Whether a packet is among those that a rule set lets through.
fn membership(text: &str, format: Format, packet: &str) -> Membership {
    let text = Text { name: "text".to_owned(), content: text.to_owned() };
    let collection = read(vec![(text, format)], &mut |_| None);
    let (path, packet) = spec::parse(packet).expect("a packet");
    let mut space = Space::default();
    let question = Question::about(path, PacketSet::FULL);
    let set = accepted(&collection.ruleset, question, &mut space).expect("a small rule set");
    space.membership(set, &packet)
}

/// To the control port of a server behind a gateway, by its public address and by its own.
const PUBLIC: &str =
    "hook=forward proto=tcp src=198.51.100.7 sport=40000 dst=203.0.113.10 dport=21 iif=wan oif=lan";
const PRIVATE: &str =
    "hook=forward proto=tcp src=198.51.100.7 sport=40000 dst=192.168.1.10 dport=21 iif=wan oif=lan";

/// Translates the public address, and lets through what was translated: gateways of several makers do it like this.
const FORWARDED: &str = "\
table inet f {
 chain dstnat {
  type nat hook prerouting priority dstnat; policy accept;
  ip daddr 203.0.113.10 tcp dport 21 dnat ip to 192.168.1.10
 }
 chain forward {
  type filter hook forward priority filter; policy drop;
  ct status dnat accept
 }
}
";

#[test]
fn what_was_translated_is_let_through_and_nothing_else() {
    check(
        Format::Nft,
        FORWARDED,
        &[
            (PUBLIC, "accept 8"),
            (PRIVATE, "drop policy"),
            // Whether its first packet was is not to be seen.
            (&format!("{PRIVATE} state=established"), "unknown 8"),
            (&format!("{PRIVATE} state=invalid"), "drop policy"),
        ],
    );
    let unless = FORWARDED.replace("ct status dnat accept", "ct status ! dnat accept");
    check(Format::Nft, &unless, &[(PUBLIC, "drop policy"), (PRIVATE, "accept 8")]);
    // Where no rule translates, nothing is translated.
    let never = FORWARDED.replace("tcp dport 21 dnat ip to 192.168.1.10", "accept");
    check(Format::Nft, &never, &[(&format!("{PUBLIC} state=established"), "drop policy")]);
}

#[test]
fn a_translation_to_what_is_there_already_is_none() {
    let same = FORWARDED.replace("ip daddr 203.0.113.10 ", "");
    check(Format::Nft, &same, &[(PUBLIC, "accept 8"), (PRIVATE, "drop policy")]);
    let port = same.replace("192.168.1.10", "192.168.1.10:2121");
    check(Format::Nft, &port, &[(PRIVATE, "accept 8")]);
}

#[test]
fn iptables_asks_for_translation_as_a_state() {
    let text = |asked| {
        format!(
            "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 203.0.113.10/32 -j DNAT --to-destination 192.168.1.10\n\
             COMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack {asked} -j ACCEPT\nCOMMIT\n"
        )
    };
    let invalid = format!("{PRIVATE} state=invalid");
    for (asked, public, private, without) in [
        ("--ctstate DNAT", "accept 7", "drop policy", "drop policy"),
        ("! --ctstate DNAT", "drop policy", "accept 7", "accept 7"),
        ("--ctstate INVALID,DNAT", "accept 7", "drop policy", "accept 7"),
        ("! --ctstate NEW,DNAT", "drop policy", "drop policy", "accept 7"),
        ("--ctstatus CONFIRMED", "drop policy", "drop policy", "drop policy"),
        ("! --ctstatus EXPECTED,CONFIRMED", "accept 7", "accept 7", "drop policy"),
        ("--ctstatus NONE", "drop policy", "drop policy", "drop policy"),
        ("! --ctstatus NONE", "accept 7", "accept 7", "drop policy"),
    ] {
        let text = text(asked);
        check(Format::Iptables, &text, &[(PUBLIC, public), (PRIVATE, private), (&invalid, without)]);
    }
}

#[test]
fn the_state_tells_most_of_the_status() {
    let text = |asked| {
        format!(
            "table inet f {{\n chain c {{\n  type filter hook forward priority 0; policy drop;\n  {asked} accept\n }}\n}}\n"
        )
    };
    for (asked, new, related, established) in [
        ("ct status expected", "drop policy", "accept 4", "unknown 4"),
        ("ct status seen-reply", "drop policy", "drop policy", "accept 4"),
        ("ct status assured", "drop policy", "drop policy", "unknown 4"),
        ("ct status confirmed", "drop policy", "drop policy", "accept 4"),
        ("ct status snat,dnat", "drop policy", "drop policy", "drop policy"),
    ] {
        let with = |state| format!("{PRIVATE} state={state}");
        check(
            Format::Nft,
            &text(asked),
            &[(&with("new"), new), (&with("related"), related), (&with("established"), established)],
        );
    }
}

#[test]
fn where_there_is_no_connection_a_negation_of_several_values_fails_too() {
    for asked in [
        "ct mark != { 1, 3 }",
        "ct mark . meta mark != { 1 . 1 }",
        "ct direction . tcp dport != { reply . 21 }",
    ] {
        let text = format!(
            "table inet f {{\n chain c {{\n  type filter hook forward priority 0; policy drop;\n  {asked} accept\n }}\n}}\n"
        );
        let invalid = format!("{PRIVATE} state=invalid");
        check(Format::Nft, &text, &[(PRIVATE, "accept 4"), (&invalid, "drop policy")]);
    }
}

#[test]
fn where_nothing_is_translated_every_packet_has_the_ends_of_the_first() {
    let text = "table inet f {\n chain c {\n  type filter hook forward priority 0; policy drop;\n  \
                ct original ip daddr 192.168.1.10 meta l4proto tcp ct original proto-dst 21 accept\n }\n}\n";
    let reply = "hook=forward proto=tcp src=192.168.1.10 sport=21 dst=198.51.100.7 dport=40000 iif=lan oif=wan \
                 state=established direction=reply";
    check(
        Format::Nft,
        text,
        &[
            (PRIVATE, "accept 4"),
            (&format!("{PRIVATE} state=established"), "accept 4"),
            (reply, "accept 4"),
            (&reply.replace("direction=reply", "direction=original"), "drop policy"),
        ],
    );
    let translating = format!(
        "{text}table ip n {{\n chain c {{\n  type nat hook postrouting priority 100; masquerade;\n }}\n}}\n"
    );
    check(Format::Nft, &translating, &[(PRIVATE, "accept 4"), (reply, "unknown 4")]);
}

#[test]
fn what_has_a_template_is_kept_from_connection_tracking_no_more() {
    let text = |raw: &str| {
        format!(
            "*raw\n:PREROUTING ACCEPT [0:0]\n{raw}\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n\
             -A FORWARD -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n"
        )
    };
    let helper = "-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp";
    let notrack = "-A PREROUTING -p tcp -j CT --notrack";
    let expected = [
        (format!("{notrack}\n{helper}"), "drop"),
        (format!("{helper}\n{notrack}"), "accept"),
        (format!("{}\n{notrack}", helper.replace("--helper ftp", "--zone 5")), "accept"),
        (format!("{}\n{notrack}", helper.replace("21", "22")), "drop"),
        // It looks like a packet that opens a connection.
        (format!("{helper}\n-A PREROUTING -m conntrack --ctstate NEW -j DROP"), "drop"),
        (format!("{helper}\n-A PREROUTING -m conntrack --ctdir REPLY -j DROP"), "accept"),
        (format!("{helper}\n-A PREROUTING -m conntrack --ctstate INVALID -j DROP"), "accept"),
    ];
    for (raw, verdict) in expected {
        let text = text(&raw);
        let outcome = outcome(&[(&text, Format::Iptables)], PRIVATE);
        assert_eq!(outcome.split(' ').next(), Some(verdict), "{text}");
    }
}

#[test]
fn a_later_chain_before_connection_tracking_sees_what_is_kept_from_it() {
    let text = "table inet f {\n chain one {\n  type filter hook prerouting priority -300;\n  tcp dport 21 notrack\n }\n \
                chain two {\n  type filter hook prerouting priority -250;\n  ct state untracked drop\n }\n}\n";
    check(Format::Nft, text, &[(PRIVATE, "drop 8"), (&PRIVATE.replace("21", "22"), "accept policy")]);
}

/// At the priority of connection tracking, what was loaded last runs first, and no text tells when that was.
#[test]
fn whether_connection_tracking_comes_first_at_its_own_priority_is_not_known() {
    let at = |priority: &str| {
        format!(
            "table ip f {{
 chain early {{
  type filter hook prerouting priority {priority}; policy accept;
  tcp dport 21 notrack
  udp dport 53 drop
 }}
 chain forward {{
  type filter hook forward priority filter; policy accept;
  ct state untracked drop
 }}
}}
"
        )
    };
    let udp = PUBLIC.replace("tcp", "udp").replace("dport=21", "dport=53");
    for (priority, expected, membership_of_it) in [
        ("-201", "drop 9", Membership::Never),
        ("-200", "unknown 4", Membership::Sometimes),
        ("-199", "accept policy", Membership::Always),
    ] {
        check(Format::Nft, &at(priority), &[(PUBLIC, expected), (&udp, "drop 5")]);
        assert_eq!(membership(&at(priority), Format::Nft, PUBLIC), membership_of_it, "{priority}");
        assert_eq!(membership(&at(priority), Format::Nft, &udp), Membership::Never, "{priority}");
    }
}

#[test]
fn what_a_helper_expects_is_translated_like_its_control_connection_or_by_the_rules() {
    let text = |port: &str| {
        format!(
            "table inet f {{\n chain dstnat {{\n  type nat hook prerouting priority dstnat; policy accept;\n  \
             tcp dport {port} dnat ip to 192.168.1.10\n }}\n chain forward {{\n  \
             type filter hook forward priority filter; policy drop;\n  ip daddr 192.168.1.10 accept\n }}\n}}\n"
        )
    };
    let data = PUBLIC.replace("dport=21", "dport=30000") + " state=related helper=ftp";
    for (ports, expected) in [
        // The control connection is as it was, so that the rules are asked.
        ("30000", "accept 8"),
        // It is not: no rule is asked any more.
        ("{ 21, 30000 }", "unknown"),
        ("21", "drop policy"),
    ] {
        let outcome = outcome(&[(&text(ports), Format::Nft)], &data);
        assert!(outcome.starts_with(expected), "{ports}: {outcome}");
    }
    // As the translation of the control connection leaves it.
    let translated = data.replace("203.0.113.10", "192.168.1.10");
    check(Format::Nft, &text("{ 21, 30000 }"), &[(&translated, "accept 8")]);
    let elsewhere = text("30000").replace("192.168.1.10 accept", "192.168.1.11 accept");
    let both =
        elsewhere.replace("  tcp dport 30000", "  tcp dport 21 dnat ip to 192.168.1.11\n  tcp dport 30000");
    assert!(
        outcome(&[(&both, Format::Nft)], &data.replace("203.0.113.10", "192.168.1.11"))
            .starts_with("unknown")
    );
}

#[test]
fn a_source_that_pf_hides_is_no_longer_what_it_was() {
    let packet = "hook=forward proto=tcp src=10.0.0.5 sport=4000 dst=198.51.100.7 dport=21 iif=em1 oif=em0";
    let openbsd = |last: &str| {
        format!(
            "block all\nmatch out on em0 inet from 10.0.0.0/8 nat-to (em0)\npass in on em1 inet proto tcp all\n{last}\n"
        )
    };
    let freebsd = |last: &str| {
        format!("nat on em0 inet from 10.0.0.0/8 to any -> (em0)\nblock all\npass in all\n{last}\n")
    };
    for (last, expected) in [
        ("pass out on em0 inet proto tcp all", "accept 4"),
        ("pass out on em0 inet proto tcp from self", "accept 4"),
        // It may be one of these, and that is not to be read.
        ("pass out on em0 inet proto tcp from 10.0.0.0/8", "unknown 4"),
        ("pass out on em0 inet6 proto tcp from 2001:db8::/32", "drop"),
    ] {
        for (text, format) in [(openbsd(last), Format::PfOpenbsd), (freebsd(last), Format::PfFreebsd)] {
            let outcome = outcome(&[(&text, format)], packet);
            assert!(outcome.starts_with(expected), "{outcome}\n{text}");
            let member = match &expected[..4] {
                "acce" => Membership::Always,
                "drop" => Membership::Never,
                _ => Membership::Sometimes,
            };
            assert_eq!(membership(&text, format, packet), member, "{text}");
        }
    }
}

#[test]
fn a_rule_for_the_address_that_pf_hides_sources_behind_may_accept_them() {
    let rules = "block all\nmatch out on em0 inet from 10.0.0.0/8 nat-to (em0)\npass out inet proto tcp from 192.0.2.1\n";
    let text = Text { name: "text".to_owned(), content: rules.to_owned() };
    let collection = read(vec![(text, Format::PfOpenbsd)], &mut |_| None);
    let mut space = Space::default();
    let inside: IpAddr = "10.0.0.5".parse().expect("an address");
    let inside = space.source(&std::iter::once(inside).collect()).expect("a small set");
    let question = Question::about(Path::Output, inside);
    let may = Evaluator::new(&collection.ruleset).may_accept(question, &mut space).expect("a small set");
    assert_eq!(may.iter().map(|place| place.rule).collect::<Vec<_>>(), [2]);
}
