//! Rule sets, packets and verdicts, one reason each.

use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};
use ftpfw::ruleset::trace::{Decider, Tracer, spec};

const HEAD: &str = "table inet f {\n chain input {\n type filter hook input priority 0; policy drop;\n";

/// Follows a packet through texts, and says what decided: `drop 4` for a rule in line 4, `accept policy`.
pub(crate) fn outcome(texts: &[(&str, Format)], packet: &str) -> String {
    let texts = texts
        .iter()
        .map(|&(content, format)| (Text { name: "text".to_owned(), content: content.to_owned() }, format))
        .collect();
    let collection = read(texts, &mut |_| None);
    let (path, packet) = spec::parse(packet).expect("a packet");
    let trace = Tracer::new(&collection.ruleset).trace(&packet, path);
    let by = match trace.by {
        Decider::Rule(place) => {
            let rule = &collection.ruleset.chains[place.chain].rules[place.rule];
            rule.origin.expect("a rule that was read").line.to_string()
        }
        Decider::Policy { .. } => "policy".to_owned(),
        Decider::Nothing => "nothing".to_owned(),
    };
    format!("{} {by}", trace.verdict.id())
}

pub(crate) fn check(format: Format, text: &str, cases: &[(&str, &str)]) {
    for (packet, expected) in cases {
        assert_eq!(outcome(&[(text, format)], packet), *expected, "{packet}\n{text}");
    }
}

/// To the control port of a server, from outside.
const CONTROL: &str = "hook=input proto=tcp src=198.51.100.7 sport=40000 dst=203.0.113.10 dport=21 iif=eth0";

#[test]
fn the_first_match_decides_and_the_policy_is_last() {
    let text = format!("{HEAD}tcp dport 22 accept\ntcp dport 21-30 drop\ntcp dport 21 accept\n}}\n}}\n");
    check(
        Format::Nft,
        &text,
        &[
            (CONTROL, "drop 5"),
            ("hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=22", "accept 4"),
            ("hook=input proto=udp src=198.51.100.7 dst=203.0.113.10 dport=22", "drop policy"),
            ("hook=output proto=udp src=198.51.100.7 dst=203.0.113.10 dport=22", "accept nothing"),
        ],
    );
}

#[test]
fn an_accept_ends_only_its_base_chain() {
    let text = "table ip a {\n chain c { type filter hook input priority 10; policy accept; tcp dport 21 drop; }\n}\n\
                table ip b {\n chain c { type filter hook input priority -10; policy accept; tcp dport 21 accept; }\n}\n";
    check(Format::Nft, text, &[(CONTROL, "drop 2")]);
}

#[test]
fn rules_of_iptables_and_nftables_both_apply() {
    let iptables = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 21 -j ACCEPT\nCOMMIT\n";
    let nft = "table inet x {\n chain y { type filter hook input priority 5; tcp dport 21 reject; }\n}\n";
    let both = [(iptables, Format::Iptables), (nft, Format::Nft)];
    assert_eq!(outcome(&both, CONTROL), "reject 2");
    assert_eq!(outcome(&both[..1], CONTROL), "accept 3");
}

#[test]
fn user_chains_return_and_goto_does_not_come_back() {
    let text = "*filter\n:INPUT DROP [0:0]\n:one - [0:0]\n:two - [0:0]\n-A INPUT -p tcp -j one\n\
                -A INPUT -p tcp --dport 21 -j ACCEPT\n-A INPUT -p udp -g two\n-A INPUT -p udp -j ACCEPT\n\
                -A one -p tcp --dport 22 -j DROP\n-A one -j RETURN\n-A one -j DROP\n-A two -p udp --dport 9 -j ACCEPT\nCOMMIT\n";
    check(
        Format::Iptables,
        text,
        &[
            (CONTROL, "accept 6"),
            ("hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=22", "drop 9"),
            ("hook=input proto=udp src=198.51.100.7 dst=203.0.113.10 dport=9", "accept 12"),
            // What `goto` entered returns to where INPUT was entered from: its policy.
            ("hook=input proto=udp src=198.51.100.7 dst=203.0.113.10 dport=8", "drop policy"),
        ],
    );
}

#[test]
fn a_loop_and_a_chain_that_is_not_there_end_in_doubt() {
    let text = "*filter\n:INPUT DROP [0:0]\n:one - [0:0]\n-A INPUT -j one\n-A one -j one\nCOMMIT\n";
    assert!(outcome(&[(text, Format::Iptables)], CONTROL).starts_with("unknown"));
    let text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -j nowhere\nCOMMIT\n";
    assert!(outcome(&[(text, Format::Iptables)], CONTROL).starts_with("unknown"));
}

#[test]
fn the_same_unmodelled_words_have_one_answer() {
    // Whatever the limit says, one of the two rules accepts.
    let text = format!("{HEAD}limit rate 3/second accept\naccept\n}}\n}}\n");
    check(Format::Nft, &text, &[(CONTROL, "accept 5")]);
    let text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m recent --name a --rcheck -j ACCEPT\n\
                -A INPUT -m recent ! --name a --rcheck -p tcp -j DROP\nCOMMIT\n";
    assert!(outcome(&[(text, Format::Iptables)], CONTROL).starts_with("unknown"));
    let text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m recent --name a --rcheck -j DROP\n-A INPUT -p udp -j ACCEPT\nCOMMIT\n";
    check(Format::Iptables, text, &[(CONTROL, "drop policy")]);
}

#[test]
fn before_connection_tracking_there_is_no_state() {
    let text = "table ip r {\n chain c { type filter hook prerouting priority -300; ct state new drop; ct state invalid tcp dport 21 notrack; }\n}\n\
                table ip f {\n chain c { type filter hook input priority 0; policy drop; ct state untracked accept; }\n}\n";
    check(
        Format::Nft,
        text,
        &[
            (CONTROL, "accept 5"),
            ("hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=22", "drop policy"),
        ],
    );
}

#[test]
fn destinations_are_translated_before_they_are_filtered() {
    let text = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 198.51.100.5 -p tcp --dport 21 -j DNAT --to-destination 10.0.0.5\nCOMMIT\n\
                *filter\n:FORWARD DROP [0:0]\n-A FORWARD -d 10.0.0.5 -p tcp --dport 21 -j ACCEPT\nCOMMIT\n";
    let packet = |state: &str, dst: &str| {
        format!(
            "hook=forward proto=tcp src=203.0.113.9 sport=4000 dst={dst} dport=21 iif=a oif=b state={state}"
        )
    };
    check(
        Format::Iptables,
        text,
        &[
            (&packet("new", "198.51.100.5"), "accept 7"),
            (&packet("new", "198.51.100.6"), "drop policy"),
            // Only the first packet enters a nat chain.
            (&packet("established", "198.51.100.5"), "drop policy"),
        ],
    );
}

#[test]
fn the_way_tells_which_addresses_are_local() {
    let text = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT\n\
                -A FORWARD -m addrtype --dst-type LOCAL -j ACCEPT\nCOMMIT\n";
    check(
        Format::Iptables,
        text,
        &[
            (CONTROL, "accept 4"),
            ("hook=input proto=udp src=198.51.100.7 dst=224.0.0.1 dport=9", "drop policy"),
            ("hook=forward proto=udp src=198.51.100.7 dst=10.0.0.1 dport=9 iif=a oif=b", "drop policy"),
        ],
    );
}

#[test]
fn marks_that_a_rule_sets_are_seen_by_later_ones() {
    let text = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 21 -j MARK --set-xmark 0x10/0xf0\nCOMMIT\n\
                *filter\n:INPUT DROP [0:0]\n-A INPUT -m mark --mark 0x10/0xf0 -j ACCEPT\nCOMMIT\n";
    check(
        Format::Iptables,
        text,
        &[
            (CONTROL, "accept 7"),
            ("hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=22", "drop policy"),
        ],
    );
}

#[test]
fn a_helper_is_that_of_the_expecting_connection() {
    let text = format!("{HEAD}ct state related ct helper \"ftp\" tcp dport 1024-65535 accept\n}}\n}}\n");
    let packet =
        "hook=input proto=tcp src=198.51.100.7 sport=4000 dst=203.0.113.10 dport=30000 state=related";
    check(Format::Nft, &text, &[(packet, "drop policy"), (&format!("{packet} helper=ftp"), "accept 4")]);
}

#[test]
fn pf_goes_by_the_last_match_and_quick_ends_it() {
    let text = "block all\npass in proto tcp to port 21\nblock in quick proto tcp from 198.51.100.66\npass in proto tcp to port 22\nblock in proto tcp to port 22\n";
    check(
        Format::PfOpenbsd,
        text,
        &[
            (CONTROL, "accept 2"),
            ("hook=input proto=tcp src=198.51.100.66 dst=203.0.113.10 dport=21 iif=em0", "drop 3"),
            ("hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=22 iif=em0", "drop 5"),
            // State lets later packets through; `flags S/SA` keeps others from making one.
            (
                "hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=21 iif=em0 state=established",
                "accept nothing",
            ),
            ("hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=21 iif=em0 flags=A", "drop 1"),
        ],
    );
}

#[test]
fn pf_filters_what_it_forwards_twice() {
    let text = "block all\npass in on em0 proto tcp to 198.51.100.5 port 21 rdr-to 10.0.0.5\npass out on em1 proto tcp to 10.0.0.5 port 21\n";
    let packet = |oif: &str| {
        format!(
            "hook=forward proto=tcp src=203.0.113.9 sport=4000 dst=198.51.100.5 dport=21 iif=em0 oif={oif}"
        )
    };
    check(Format::PfOpenbsd, text, &[(&packet("em1"), "accept 3"), (&packet("em2"), "drop 1")]);
}

#[test]
fn an_anchor_that_others_fill_is_in_doubt_only_where_it_matters() {
    let text = "block all\nanchor \"relayd/*\"\npass in quick proto tcp to port 21\n";
    assert!(outcome(&[(text, Format::PfOpenbsd)], CONTROL).starts_with("accept"));
    let other = "hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=4000 iif=em0";
    assert!(outcome(&[(text, Format::PfOpenbsd)], other).starts_with("unknown"));
}

#[test]
fn the_anchor_of_ftp_proxy_passes_what_the_proxy_expects() {
    let text = "block all\nanchor \"ftp-proxy/*\"\npass in quick proto tcp to port 21\n";
    let data = "hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=4000 iif=em0";
    let expected = format!("{data} state=related helper=ftp");
    check(Format::PfOpenbsd, text, &[(data, "drop 1"), (&expected, "accept 2"), (CONTROL, "accept 3")]);
}

#[test]
fn a_rule_that_changes_what_it_asked_about_does_not_ask_again() {
    let text = format!("{HEAD}meta mark != 0x1 meta mark set 0x1 tcp dport 21 accept\n}}\n}}\n");
    let other = "hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=22";
    check(Format::Nft, &text, &[(CONTROL, "accept 4"), (other, "drop policy")]);
    // What leaves the chain from there cannot be said, and is in doubt.
    let text = format!("{HEAD}meta mark != 0x1 meta mark set 0x1 tcp dport 21 return\naccept\n}}\n}}\n");
    assert!(outcome(&[(&text, Format::Nft)], CONTROL).starts_with("unknown"));
    let text = format!("{HEAD}tcp dport 21 meta mark set 0x1 tcp sport 40000 accept\n}}\n}}\n");
    check(Format::Nft, &text, &[(CONTROL, "accept 4")]);
}

/// A table of iptables and one of nft may have the same name, and so may their chains.
#[test]
fn a_jump_stays_with_the_program_that_it_is_of() {
    let iptables = "*filter\n:INPUT ACCEPT [0:0]\n:ours - [0:0]\n-A INPUT -j ours\n-A ours -p tcp --dport 21 -j DROP\nCOMMIT\n";
    let nft = "table ip filter {\n chain ours { }\n chain INPUT {\n type filter hook input priority 10;\n jump ours\n }\n}\n";
    let mut texts = [(iptables, Format::Iptables), (nft, Format::Nft)];
    let packet = "hook=input proto=tcp src=198.51.100.7 sport=40000 dst=192.0.2.1 dport=21";
    assert_eq!(outcome(&texts, packet), "drop 5");
    texts.reverse();
    assert_eq!(outcome(&texts, packet), "drop 5");
}

#[test]
fn an_anchor_with_quick_ends_where_a_rule_in_it_decides() {
    let text = "anchor a quick {\n pass in proto tcp to port 21\n match in proto tcp to port 22 tag x\n}\nblock all\n";
    let other = CONTROL.replace("dport=21", "dport=22");
    check(Format::PfOpenbsd, text, &[(CONTROL, "accept 2"), (&other, "drop 5")]);
}

#[test]
fn what_pf_is_not_told_about_passes_by_default() {
    check(Format::PfOpenbsd, "block in proto udp\n", &[(CONTROL, "accept policy")]);
}

#[test]
fn what_fills_an_anchor_overrules_a_translation_before_it() {
    let text = "pass in inet proto tcp to port 21 rdr-to 10.0.0.5\nanchor \"filled/*\" in\nblock out inet to 10.0.0.5\n";
    let packet =
        "hook=forward proto=tcp src=203.0.113.9 sport=4000 dst=198.51.100.5 dport=21 iif=em0 oif=em1";
    assert!(outcome(&[(text, Format::PfOpenbsd)], packet).starts_with("unknown"));
}

#[test]
fn other_helpers_than_one_are_asked_for_in_two_ways() {
    let data = "hook=input proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=30000 state=related helper=";
    let [ftp, irc] = ["ftp", "irc"].map(|name| format!("{data}{name}"));
    // With nft a rule fails where there is no helper; iptables takes none for another.
    let nft = format!("{HEAD}ct helper != \"ftp\" accept\n}}\n}}\n");
    check(Format::Nft, &nft, &[(CONTROL, "drop policy"), (&ftp, "drop policy"), (&irc, "accept 4")]);
    let iptables = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m helper ! --helper ftp -j ACCEPT\nCOMMIT\n";
    check(Format::Iptables, iptables, &[(CONTROL, "accept 3"), (&ftp, "drop policy"), (&irc, "accept 3")]);
    let any = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m helper --helper \"\" -j ACCEPT\nCOMMIT\n";
    check(Format::Iptables, any, &[(CONTROL, "drop policy"), (&ftp, "accept 3")]);
    let early =
        "table ip t {\n chain c { type filter hook prerouting priority raw; ct helper \"ftp\" drop; }\n}\n";
    check(Format::Nft, early, &[(&ftp, "accept policy")]);
}

#[test]
fn an_expected_connection_is_translated_and_an_error_about_one_is_not() {
    let text = "table ip n {\n chain pre { type nat hook prerouting priority dstnat; tcp dport 30000 dnat to 10.0.0.5\n meta l4proto icmp dnat to 10.0.0.5; }\n\
                chain in { type filter hook forward priority 0; policy drop; ip daddr 10.0.0.5 accept; }\n}\n";
    check(
        Format::Nft,
        text,
        &[
            (
                "hook=forward proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=30000 state=related",
                "accept 4",
            ),
            (
                "hook=forward proto=tcp src=198.51.100.7 dst=203.0.113.10 dport=30000 state=established",
                "drop policy",
            ),
            (
                "hook=forward proto=icmp type=3 code=1 src=198.51.100.7 dst=203.0.113.10 state=related",
                "drop policy",
            ),
            ("hook=forward proto=icmp type=8 src=198.51.100.7 dst=203.0.113.10 state=new", "accept 4"),
        ],
    );
}

#[test]
fn what_a_translation_leaves_open_is_doubtful_and_nothing_else() {
    let nat = |target: &str, rules: &str| {
        format!(
            "*nat\n-A PREROUTING -p tcp -d 203.0.113.10 {target}\nCOMMIT\n*filter\n:INPUT DROP\n{rules}\nCOMMIT\n"
        )
    };
    let own = "-A INPUT -d 203.0.113.10 -p tcp --dport 2121 -j ACCEPT";
    for (target, rules, expected) in [
        // The port alone changes, or the address too.
        ("-j DNAT --to-destination :2121", own, "accept 6"),
        ("-j REDIRECT --to-ports 2121", own, "unknown 6"),
        ("-j REDIRECT --to-ports 2121", "-A INPUT -p tcp --dport 2121 -j ACCEPT", "accept 6"),
        ("-j DNAT --to-destination 10.0.0.4-10.0.0.7", "-A INPUT -d 10.0.0.0/24 -j ACCEPT", "accept 6"),
        ("-j DNAT --to-destination 10.0.0.4-10.0.0.7", "-A INPUT -d 10.0.0.5 -j ACCEPT", "unknown 6"),
        ("-j DNAT --to-destination 10.0.0.4-10.0.0.7", "-A INPUT -d 10.0.0.8 -j ACCEPT", "drop policy"),
        ("-j DNAT --to-destination 10.0.0.4:30-39", "-A INPUT -p tcp --dport 30:39 -j ACCEPT", "accept 6"),
        ("-j DNAT --to-destination 10.0.0.4:30-39", "-A INPUT -p tcp --dport 30 -j ACCEPT", "unknown 6"),
        // A port that lies in the range is kept.
        ("-j DNAT --to-destination 10.0.0.4:20-39", "-A INPUT -p tcp --dport 21 -j ACCEPT", "accept 6"),
        ("-j NETMAP --to 10.0.0.0/24", "-A INPUT -d 10.0.0.10 -j ACCEPT", "accept 6"),
    ] {
        check(Format::Iptables, &nat(target, rules), &[(CONTROL, expected)]);
    }
}
