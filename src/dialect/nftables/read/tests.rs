//! Texts, and what they mean.

use proptest::prelude::*;

use super::*;
use crate::dialect::reading::ProblemKind;
use crate::ruleset::{Action, Chain, Endpoint, Interface, Match, NewAddress, Rule};

/// A reading of a text that includes nothing.
fn reading(text: &str) -> Reading {
    read(text, 0, &mut |_| None)
}

/// What the rules of a text come to, a line each, under the names of their chains.
fn rendered(reading: &Reading) -> String {
    let lines = reading.ruleset.chains.iter().flat_map(|chain| {
        let rules = chain.rules.iter().map(|rule| format!("  {}", rule_text(rule)));
        std::iter::once(chain_text(chain)).chain(rules)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn chain_text(chain: &Chain) -> String {
    let base = chain.base.map(|base| {
        let nat = if base.nat { " nat" } else { "" };
        format!(" [{:?} {} {:?}{nat}]", base.hook, base.priority, base.policy)
    });
    format!("{} {} {}{}", chain.table.family.id(), chain.table.name, chain.name, base.unwrap_or_default())
}

fn rule_text(rule: &Rule) -> String {
    let matches = rule.matches.iter().map(match_text);
    let actions = rule.actions.iter().map(action_text);
    let mut words: Vec<String> = matches.collect();
    words.push("=>".to_owned());
    words.extend(actions);
    words.join(" ")
}

fn match_text(condition: &Match) -> String {
    let interface =
        |interface: &Interface| format!("{}{}", interface.name, if interface.prefix { "+" } else { "" });
    match condition {
        Match::Family(family) => family.id().to_owned(),
        Match::Protocol(protocol) => protocol.to_string(),
        Match::InInterface(named) => format!("in={}", interface(named)),
        Match::OutInterface(named) => format!("out={}", interface(named)),
        Match::Source(addresses) => format!("src={}", addresses.to_string().replace(", ", ",")),
        Match::Destination(addresses) => format!("dst={}", addresses.to_string().replace(", ", ",")),
        Match::CtOriginalSource(addresses) => format!("osrc={addresses}"),
        Match::CtOriginalDestination(addresses) => format!("odst={addresses}"),
        Match::SourcePort(ports) => format!("sport={}", ports.to_string().replace(", ", ",")),
        Match::DestinationPort(ports) => format!("dport={}", ports.to_string().replace(", ", ",")),
        Match::CtOriginalDestinationPort(ports) => format!("odport={ports}"),
        Match::SourceType(kind) => format!("stype={kind:?}"),
        Match::DestinationType(kind) => format!("dtype={kind:?}"),
        Match::TcpFlags(flags) => format!("flags={:x}/{:x}", flags.value, flags.mask),
        Match::Icmp(icmp) => {
            let types = if icmp.types.len() == 256 { "any".to_owned() } else { format!("{:?}", icmp.types) };
            format!(
                "icmp={}{}",
                types.replace(' ', ""),
                icmp.code.map(|code| format!("/{code}")).unwrap_or_default()
            )
        }
        Match::State(states) => format!("state={}", states.names().join(",")),
        Match::CtDirection(direction) => format!("direction={direction:?}"),
        Match::CtStatus(status) => format!("status={}", status.id()),
        Match::Helper(name) => format!("helper={name}"),
        Match::Mark(mark) => format!("mark={:x}/{:x}", mark.value, mark.mask),
        Match::ConnMark(mark) => format!("connmark={:x}/{:x}", mark.value, mark.mask),
        Match::Not(inner) => format!("!{}", match_text(inner)),
        Match::AnyOf(several) => {
            let parts = several.iter().map(|all| all.iter().map(match_text).collect::<Vec<_>>().join(" "));
            format!("({})", parts.collect::<Vec<_>>().join(" | "))
        }
        Match::Opaque(text) => format!("<{text}>"),
        other => format!("{other:?}"),
    }
}

fn action_text(action: &Action) -> String {
    match action {
        Action::Jump(chain) => format!("jump:{chain}"),
        Action::Goto(chain) => format!("goto:{chain}"),
        Action::Unknown(text) => format!("unknown<{text}>"),
        Action::AssignHelper(name) => format!("assign:{name}"),
        Action::SetMark(mark) => format!("mark:={:x}/{:x}", mark.value, mark.mask),
        Action::SetConnMark(mark) => format!("connmark:={:x}/{:x}", mark.value, mark.mask),
        Action::DestinationNat { address, port } => {
            let address = address.map(|address| address.to_string()).unwrap_or_default();
            format!("dnat:{address}{}", port.map(|port| format!("#{port}")).unwrap_or_default())
        }
        Action::SourceNat { address, ports } => {
            let address = address.map(|address| address.to_string()).unwrap_or_default();
            format!("snat:{address}{}", ports.map(|ports| format!("#{ports}")).unwrap_or_default())
        }
        Action::Translate(to) => {
            let end = match to.end {
                Endpoint::Source => "snat",
                Endpoint::Destination => "dnat",
            };
            let address = match &to.to {
                NewAddress::Same => String::new(),
                NewAddress::One(address) => address.to_string(),
                NewAddress::OneOf(addresses) => format!("one of {addresses}"),
                NewAddress::Own => "self".to_owned(),
            };
            format!("{end}:{address}{}", to.ports.map_or(String::new(), |ports| format!("#{ports}")))
        }
        Action::MoveNetwork { end, network } => format!("{end:?} in {network}").to_lowercase(),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn check(text: &str, expected: &str) {
    let reading = reading(text);
    let problems: Vec<String> =
        reading.problems.iter().map(|problem| format!("{:?}", problem.kind)).collect();
    assert_eq!(problems.join("\n"), "", "{text}");
    let expected: Vec<&str> = expected.trim().lines().map(str::trim_end).collect();
    let found = rendered(&reading);
    let found: Vec<&str> = found.lines().collect();
    assert_eq!(found.join("\n"), expected.join("\n"), "{text}");
}

/// What one rule in a table for both families comes to.
fn check_rule(rule: &str, expected: &str) {
    let text = format!("table inet t {{ chain elsewhere {{ }}\n chain c {{\n{rule}\n}}\n}}");
    let reading = reading(&text);
    let problems: Vec<String> =
        reading.problems.iter().map(|problem| format!("{:?}", problem.kind)).collect();
    assert_eq!(problems.join("\n"), "", "{rule}");
    let rules = &reading.ruleset.chains.last().expect("a chain").rules;
    assert_eq!(rules.iter().map(rule_text).collect::<Vec<_>>().join(" ; "), expected, "{rule}");
}

#[test]
fn comparisons() {
    for (rule, expected) in [
        ("accept", "=> accept"),
        ("counter packets 5 bytes 7", "=>"),
        ("tcp dport 22 accept", "tcp dport=22 => accept"),
        ("tcp dport ssh accept", "tcp dport=22 => accept"),
        ("tcp dport != 22 accept", "tcp !dport=22 => accept"),
        ("tcp dport { 22, 80-90, https } accept", "tcp dport=22,80-90,443 => accept"),
        ("tcp dport != { 22, 80 } accept", "tcp !dport=22,80 => accept"),
        ("tcp dport >= 1024 accept", "tcp dport=1024-65535 => accept"),
        ("tcp dport < 1024 tcp sport > 65534 accept", "tcp dport=0-1023 sport=65535 => accept"),
        ("udp sport 53 udp dport 1024-65535 accept", "udp sport=53 dport=1024-65535 => accept"),
        ("meta l4proto { tcp, udp } th dport 53 accept", "(tcp | udp) dport=53 => accept"),
        ("meta l4proto tcp tcp dport 21 accept", "tcp dport=21 => accept"),
        ("ip saddr 10.0.0.0/8 tcp dport 21 accept", "ipv4 src=10.0.0.0/8 tcp dport=21 => accept"),
        ("ip saddr != 10.0.0.1 drop", "ipv4 !src=10.0.0.1 => drop"),
        ("ip saddr 10.0.0.0-10.0.0.2 drop", "ipv4 src=10.0.0.0/31,10.0.0.2 => drop"),
        ("ip saddr & 255.0.0.0 == 10.0.0.0 drop", "ipv4 src=10.0.0.0/8 => drop"),
        ("ip6 daddr { fe80::/10, ::1 } accept", "ipv6 dst=::1,fe80::/10 => accept"),
        ("ip6 daddr fe80::1-fe80::2 accept", "ipv6 dst=fe80::1,fe80::2 => accept"),
        ("ip protocol icmp accept", "ipv4 icmp => accept"),
        ("ip6 nexthdr tcp accept", "ipv6 tcp => accept"),
        ("meta nfproto ipv4 tcp dport 21 accept", "ipv4 tcp dport=21 => accept"),
        ("meta protocol ip6 accept", "ipv6 => accept"),
        ("ether type ip accept", "ipv4 => accept"),
        ("icmp type { echo-request, 3 } accept", "ipv4 icmp icmp=[3,8] => accept"),
        ("icmpv6 type nd-neighbor-solicit accept", "ipv6 icmpv6 icmp=[135] => accept"),
        ("icmp type 3 icmp code frag-needed accept", "ipv4 icmp icmp=[3] icmp=any/4 => accept"),
        ("ct state established,related accept", "state=established,related => accept"),
        ("ct state { new, established } accept", "state=established,new => accept"),
        ("ct state != new accept", "state=invalid,established,related,untracked => accept"),
        // Never both bits at once: what people take for "neither" is every packet.
        (
            "ct state != established,related accept",
            "state=invalid,established,related,new,untracked => accept",
        ),
        ("ct state & (new | related) == 0 accept", "state=invalid,established,untracked => accept"),
        ("ct state invalid drop", "state=invalid => drop"),
        ("tcp flags syn accept", "tcp flags=2/2 => accept"),
        ("tcp flags syn,ack accept", "tcp !flags=0/12 => accept"),
        ("tcp flags == syn accept", "tcp flags=2/ff => accept"),
        ("tcp flags != syn accept", "tcp !flags=2/ff => accept"),
        ("tcp flags syn / fin,syn,rst,ack accept", "tcp flags=2/17 => accept"),
        ("tcp flags & (fin|syn|rst|ack) == syn accept", "tcp flags=2/17 => accept"),
        ("tcp flags & (fin|syn) != syn accept", "tcp !flags=2/3 => accept"),
        ("tcp flags & (fin|syn) == fin|syn accept", "tcp flags=3/3 => accept"),
        ("tcp flags & syn == 0 accept", "tcp flags=0/2 => accept"),
        ("tcp flags ! fin,rst accept", "tcp flags=0/5 => accept"),
        ("tcp flags { syn, syn | ack } accept", "tcp (flags=2/ff | flags=12/ff) => accept"),
        ("iif lo accept", "in=lo => accept"),
        ("iifname \"eth*\" oifname != { \"a\", br-lan } accept", "in=eth+ !(out=a | out=br-lan) => accept"),
        ("meta iifname eth0 accept", "in=eth0 => accept"),
        ("meta mark 1 accept", "mark=1/ffffffff => accept"),
        ("meta mark & 0xff == 0x1 accept", "mark=1/ff => accept"),
        ("mark and 0xff != 0 accept", "!mark=0/ff => accept"),
        ("ct mark 4-7 accept", "connmark=4/fffffffc => accept"),
        ("ct direction original ct helper \"ftp\" accept", "direction=Original helper=ftp => accept"),
        (
            "ct original ip daddr 1.2.3.4 ct original proto-dst 21 accept",
            "ipv4 odst=1.2.3.4 odport=21 => accept",
        ),
        ("ct status dnat accept", "status=dnat => accept"),
        ("ct status assured,seen-reply accept", "(status=seen-reply | status=assured) => accept"),
        ("ct status ! snat accept", "!status=snat => accept"),
        ("ct status & dnat == dnat accept", "status=dnat => accept"),
        ("ct status and (snat | dnat) != 0 accept", "(status=snat | status=dnat) => accept"),
        ("ct status == dnat accept", "<ct status dnat> => accept"),
        ("ct status dying accept", "<ct status dying> => accept"),
        ("fib daddr type local accept", "dtype=Local => accept"),
        ("fib saddr . iif oif missing drop", "<fib saddr . iif oif missing> => drop"),
        ("meta pkttype broadcast meta skuid 0 drop", "<meta pkttype broadcast> <meta skuid 0> => drop"),
        ("limit rate 10/second accept", "<limit rate 10/second> => accept"),
        (
            "limit rate over 5 mbytes/minute burst 9 kbytes drop",
            "<limit rate over 5 mbytes/minute burst 9 kbytes> => drop",
        ),
        ("ct count over 10 reject", "<ct count over 10> => reject"),
        ("quota over 10 mbytes used 3 bytes drop", "<quota over 10 mbytes> => drop"),
        ("ip ttl 1 drop", "ipv4 <ip ttl 1> => drop"),
        ("ip frag-off & 0x1fff != 0 drop", "ipv4 <ip frag-off & 8191 != 0> => drop"),
        ("numgen random mod 2 offset 0 vmap { 0 : drop }", "<numgen random mod 2 { 0 }> => drop"),
        ("@th,16,16 21 accept", "dport=21 => accept"),
        ("socket transparent 1 accept", "<socket transparent 1> => accept"),
        (
            "ip saddr . tcp dport { 1.2.3.4 . 22, 10.0.0.0/8 . 80-90 } accept",
            "ipv4 tcp (src=1.2.3.4 dport=22 | src=10.0.0.0/8 dport=80-90) => accept",
        ),
        ("ip saddr . tcp dport { 1.2.3.4 . 22 } accept", "ipv4 tcp src=1.2.3.4 dport=22 => accept"),
    ] {
        check_rule(rule, expected);
    }
}

#[test]
fn actions() {
    for (rule, expected) in [
        (
            "tcp dport 22 log prefix \"x\" level info flags all reject with icmpx admin-prohibited",
            "tcp dport=22 => reject",
        ),
        ("reject with tcp reset", "=> reject"),
        ("reject with icmp type host-prohibited comment \"no\"", "=> reject"),
        ("queue num 1-3 bypass", "=> unknown<queue num 1 - 3 bypass>"),
        ("jump elsewhere", "=> jump:elsewhere"),
        ("goto elsewhere", "=> goto:elsewhere"),
        ("return", "=> return"),
        ("continue", "=>"),
        ("notrack", "=> notrack"),
        ("tcp dport 21 ct helper set \"ftp-std\"", "tcp dport=21 => assign:ftp-std"),
        ("ct helper \"ftp\" accept", "helper=ftp => accept"),
        ("meta mark set 0x5 accept", "=> mark:=5/ffffffff accept"),
        ("meta mark set mark and 0xffffff00 or 0x5", "=> mark:=5/ff"),
        ("ct mark set ct mark | 0x10", "=> connmark:=10/10"),
        // Whether the second condition holds or not, the first action is done.
        (
            "tcp dport 21 meta mark set 1 ip saddr 1.2.3.4 accept",
            "tcp dport=21 => mark:=1/ffffffff ; tcp dport=21 ipv4 src=1.2.3.4 => accept",
        ),
        (
            "ip daddr 1.2.3.4 tcp dport 21 dnat ip to 10.0.0.5",
            "ipv4 dst=1.2.3.4 tcp dport=21 => dnat:10.0.0.5",
        ),
        ("tcp dport 21 dnat ip to 10.0.0.5:2121", "tcp dport=21 ipv4 => dnat:10.0.0.5#2121"),
        ("tcp dport 21 dnat ip6 to [2001:db8::1]:21", "tcp dport=21 ipv6 => dnat:2001:db8::1#21"),
        ("meta l4proto tcp redirect to :8080", "tcp => dnat:self#8080"),
        ("meta l4proto tcp dnat to :8080", "tcp => dnat:#8080"),
        ("dnat ip to 10.0.0.0/30", "ipv4 => dnat:one of 10.0.0.0/30"),
        ("dnat ip prefix to 10.0.0.0/30", "ipv4 => destination in 10.0.0.0/30"),
        ("dnat ip to 10.0.0.4-10.0.0.7:21", "ipv4 => dnat:one of 10.0.0.4/30#21"),
        ("dnat ip to 10.0.0.4:21-22", "ipv4 => dnat:10.0.0.4#21-22"),
        (
            "dnat ip prefix to ip daddr map { 192.0.2.0/24 : 10.8.0.0/24 }",
            "ipv4 dst=192.0.2.0/24 => destination in 10.8.0.0/24",
        ),
        ("masquerade random,persistent", "=> snat:"),
        ("meta l4proto tcp masquerade to :1024-2000", "tcp => snat:#1024-2000"),
        ("meta l4proto tcp snat ip to 1.2.3.4:1000-2000", "tcp ipv4 => snat:1.2.3.4#1000-2000"),
        (
            "dnat ip to tcp dport map { 21 : 10.0.0.6, 80 : 10.0.0.5, 81 : 10.0.0.5 }",
            "ipv4 tcp dport=21 => dnat:10.0.0.6 ; ipv4 tcp dport=80-81 => dnat:10.0.0.5",
        ),
        (
            "dnat ip addr . port to tcp dport map { 80 : 10.0.0.5 . 8080 }",
            "ipv4 tcp dport=80 => dnat:10.0.0.5#8080",
        ),
        (
            "ct state vmap { established : accept, related : accept, invalid : drop }",
            "state=established,related => accept ; state=invalid => drop",
        ),
        (
            "tcp dport vmap { 22 : accept, 80 : jump elsewhere, * : drop }",
            "tcp dport=22 => accept ; tcp dport=80 => jump:elsewhere ; tcp !dport=22,80 => drop",
        ),
        (
            "meta nfproto vmap { ipv4 : jump elsewhere, ipv6 : return }",
            "ipv4 => jump:elsewhere ; ipv6 => return",
        ),
        ("iifname . ip saddr vmap { \"lo\" . 127.0.0.0/8 : accept }", "ipv4 in=lo src=127.0.0.0/8 => accept"),
        ("tcp option maxseg size set rt mtu accept", "=> accept"),
        ("flow add @f", "=>"),
        ("tproxy to :8080", "=> unknown<tproxy to : 8080>"),
        ("meta nftrace set 1 accept", "=> accept"),
    ] {
        check_rule(rule, expected);
    }
}

#[test]
fn tables_chains_and_commands() {
    check(
        "table inet t { flags dormant; chain c { type filter hook input priority 0; drop; }; }",
        "inet t c\n  => drop",
    );
    check(
        "add table t\nadd chain t a\nadd rule t a tcp dport 1 accept\nadd t a tcp dport 2 accept\n\
         insert rule t a index 1 tcp dport 3 accept\ninsert rule ip t a drop\nrename chain t a b\n\
         add chain t base { type nat hook postrouting priority srcnat + 3; policy drop; }",
        "ip t b\n  => drop\n  tcp dport=1 => accept\n  tcp dport=3 => accept\n  tcp dport=2 => accept\n\
         ip t base [Postrouting 103 Drop nat]",
    );
    check("table ip6 a { chain x { drop; }; }; delete table ip6 a; table ip6 b { chain y { } }", "ip6 b y");
    check("table ip a { chain x { drop; }; }\nflush ruleset\ntable ip b { chain y { } }", "ip b y");
    check(
        "table ip a { chain x { drop; }; chain z { accept; }; }\nflush chain a x\ndelete chain a z",
        "ip a x",
    );
    check(
        "table ip a { set s { type ipv4_addr; }; chain x { ip saddr @s drop; }; }\n\
         add element a s { 1.1.1.1, 2.2.2.2, 3.3.3.3 }\ndelete element a s { 2.2.2.2 }\nadd element a s { 4.4.4.4 }",
        "ip a x\n  src=1.1.1.1,3.3.3.3,4.4.4.4 => drop",
    );
    check(
        "table inet t { chain c { tcp dport 21 jump { ip saddr 1.1.1.1 accept; drop; }; }; }",
        "inet t c\n  tcp dport=21 => jump:__chain0\ninet t __chain0\n  ipv4 src=1.1.1.1 => accept\n  => drop",
    );
}

#[test]
fn variables() {
    check(
        "define a = 21\ndefine p = { $a, 60000-60020 }\ntable inet t { define a = 22; chain c { tcp dport $p accept; \
         tcp dport $a accept; }; }\nredefine a = 23; table inet t { chain c { tcp dport $a accept; }; }",
        "inet t c\n  tcp dport=21,60000-60020 => accept\n  tcp dport=22 => accept\n  tcp dport=23 => accept",
    );
}

#[test]
fn sets_that_packets_fill_are_not_known() {
    check(
        "table inet t { set s { type ipv4_addr; flags dynamic; }; chain c { ip saddr @s drop; add @s { ip saddr }; }; }",
        "inet t c\n  ipv4 <ip saddr @s> => drop\n  =>",
    );
}

#[test]
fn marks_that_are_not_constant_are_not_known() {
    check_rule("meta mark set ct mark", "=>");
    check_rule("meta mark set ct mark meta mark 1 accept", "<meta mark 1> => accept");
}

#[test]
fn included_files_stand_where_they_are_included() {
    let mut include = |path: &str| match path {
        "rules.d/*.nft" => Some(vec![
            Included { number: 7, text: "tcp dport 1 accept".to_owned() },
            Included { number: 8, text: "\ntcp dport 2 accept\n".to_owned() },
        ]),
        _ => None,
    };
    let text = "table ip t {\n chain c {\n  include \"rules.d/*.nft\"\n  tcp dport 3 accept\n }\n}\ninclude \"gone\"\n";
    let reading = read(text, 0, &mut include);
    assert_eq!(
        rendered(&reading),
        "ip t c\n  tcp dport=1 => accept\n  tcp dport=2 => accept\n  tcp dport=3 => accept"
    );
    let places: Vec<(u32, u32)> = reading.ruleset.chains[0]
        .rules
        .iter()
        .filter_map(|rule| rule.origin.map(|origin| (origin.text, origin.line)))
        .collect();
    assert_eq!(places, [(7, 1), (8, 2), (0, 4)]);
    assert_eq!(kinds(&reading), [Problem::NotIncluded { path: "gone".to_owned() }]);
}

#[test]
fn a_file_that_includes_itself_ends() {
    let mut include =
        |_: &str| Some(vec![Included { number: 1, text: "include \"x\"\ninclude \"x\"".to_owned() }]);
    let reading = read("include \"x\"", 0, &mut include);
    assert!(kinds(&reading).contains(&Problem::TooManyIncludes));
}

fn kinds(reading: &Reading) -> Vec<Problem> {
    let kinds = reading.problems.iter().map(|problem| match &problem.kind {
        ProblemKind::Nftables(kind) => kind.clone(),
        other => panic!("{other:?}"),
    });
    kinds.collect()
}

/// Each problem with the text that it points at.
fn pointed(text: &str) -> Vec<(String, Problem)> {
    let reading = reading(text);
    let places = reading
        .problems
        .iter()
        .map(|problem| text[problem.origin.start as usize..problem.origin.end as usize].to_owned());
    places.zip(kinds(&reading)).collect()
}

#[test]
fn problems_point_at_what_is_wrong() {
    let unexpected = |found: &str, expected| Problem::Unexpected { found: found.to_owned(), expected };
    for (text, place, problem) in [
        ("tabel ip t { }", "tabel", unexpected("tabel", Expected::Command)),
        ("table ip t { chian c { } }", "chian", unexpected("chian", Expected::TablePart)),
        ("table ip t { chain c { tcp dport } }", "}", unexpected("}", Expected::Value)),
        (
            "table ip t { chain c { type filter hook inputt priority 0; } }",
            "inputt",
            unexpected("inputt", Expected::Hook),
        ),
        (
            "table ip t { chain c { tcp dport $x drop; } }",
            "$x",
            Problem::UnknownVariable { name: "x".to_owned() },
        ),
        (
            "table ip t { chain c { tcp dport nix drop; } }",
            "tcp dport nix",
            Problem::UnknownValue { field: "tcp dport".to_owned(), value: "nix".to_owned() },
        ),
        ("table ip t { chain c { jump d; } }", "jump d", Problem::UnknownChain { name: "d".to_owned() }),
        (
            "table ip t { chain c { ip saddr @s drop; } }",
            "ip saddr @s",
            Problem::UnknownSet { name: "s".to_owned() },
        ),
        (
            "table ip t { chain c { xt target \"CT\"; } }",
            "xt target \"CT\"",
            Problem::Compat { text: "xt target CT".to_owned() },
        ),
        (
            "table bridge t { chain c { whatever } }",
            "bridge",
            Problem::OtherFamily { family: "bridge".to_owned() },
        ),
        ("table ip t { chain c { log prefix \"x", "\"x", Problem::OpenQuote),
        ("delete table ip t", "ip", Problem::UnknownTable { name: "t".to_owned() }),
    ] {
        let found = pointed(text);
        assert!(found.contains(&(place.to_owned(), problem)), "{text}: {found:?}");
    }
}

#[test]
fn what_is_not_understood_is_neither_skipped_nor_fatal() {
    let text = "table ip t { chain c {\n tcp dport 1 accept\n frobnicate 5 tcp dport 2 accept\n frobnicate 6\n tcp dport 3 accept\n} }";
    let reading = reading(text);
    assert_eq!(
        rendered(&reading),
        "ip t c\n  tcp dport=1 => accept\n  <frobnicate 5 tcp dport 2> => accept\n  \
         <frobnicate 6> => unknown<frobnicate 6>\n  tcp dport=3 => accept"
    );
    let lines: Vec<u32> = reading.problems.iter().map(|problem| problem.origin.line).collect();
    assert_eq!(lines, [3, 4]);
}

#[test]
fn nesting_ends() {
    let deep = format!(
        "table ip t {{ chain c {{ tcp dport {}1{} drop; }} }}",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    assert!(kinds(&reading(&deep)).contains(&Problem::NestedTooDeep));
    let chains = format!("table ip t {{ chain c {{ {} ", "jump { ".repeat(100_000));
    assert!(kinds(&reading(&chains)).contains(&Problem::NestedTooDeep));
    let levels = (1..30).map(|level| format!("define a{level} = {{ $a{0}, $a{0} }}\n", level - 1));
    let mut doubling = "define a0 = { 1, 2 }\n".to_owned() + &levels.collect::<String>();
    doubling += "table ip t { chain c { tcp dport $a29 drop; } }";
    assert!(kinds(&reading(&doubling)).contains(&Problem::TooLarge));
}

#[test]
fn json_survives_what_it_does_not_know() {
    let text = r#"{"nftables": [{"metainfo": {}}, {"table": {"family": "ip", "name": "t"}},
        {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},
        {"novelty": {"family": "ip", "table": "t"}},
        {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 1, "expr": [{"novel": 1}, {"accept": null}]}},
        {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 2, "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 21}}, {"drop": null}]}},
        {"rule": nonsense}]}"#;
    let reading = read_json(text, 3);
    assert_eq!(
        rendered(&reading),
        "ip t c [Input 0 Drop]\n  <{\"novel\":1}> => accept\n  tcp dport=21 => drop"
    );
    let lines: Vec<u32> = reading.problems.iter().map(|problem| problem.origin.line).collect();
    assert_eq!(lines, [3, 4, 7]);
    assert_eq!(
        reading.ruleset.chains[0].rules[1].origin.map(|origin| (origin.text, origin.line)),
        Some((3, 5))
    );
    assert_eq!(kinds(&read_json("[]", 0)).len(), 1);
}

/// Rule sets to spoil.
const SEEDS: [&str; 3] = [
    include_str!("../../../../tests/read_nftables/corpus/matches.nft"),
    include_str!("../../../../tests/read_nftables/corpus/sets.nft"),
    include_str!("../../../../tests/read_nftables/corpus/commands.nft"),
];

proptest! {
    #[test]
    fn no_text_is_too_much(text in "[ -~\n\t\u{e9}]{0,300}") {
        let _ = reading(&text);
        let _ = read_json(&text, 0);
    }

    #[test]
    fn no_spoilt_rule_set_is_too_much(
        seed in 0..SEEDS.len(),
        cuts in proptest::collection::vec((0.0..1.0_f64, 0..12_usize, "[{}();,.:@$\"\\\\/&|0-9a-z \n-]{0,4}"), 1..8),
    ) {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (place, gone, put) in cuts {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
            let at = (place * bytes.len() as f64) as usize;
            let end = (at + gone).min(bytes.len());
            bytes.splice(at.min(end)..end, put.bytes());
        }
        let text = String::from_utf8_lossy(&bytes);
        let reading = reading(&text);
        for problem in &reading.problems {
            prop_assert!(text.get(problem.origin.start as usize..problem.origin.end as usize).is_some());
        }
    }
}
