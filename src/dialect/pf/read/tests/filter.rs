//! Filter rules: verbs, protocols, ports, flags, state, options.

use super::check;

#[test]
fn verbs() {
    check(
        "block\nblock drop all\nblock return in\nblock return-icmp(port-unr) out",
        "-> drop\n-> drop\nin -> reject\nout -> reject",
    );
    check("pass", "(!tcp | syn) -> accept");
    check("pass all flags any", "-> accept");
    check("pass out quick proto udp", "out udp -> accept quick");
    check("match in all scrub (no-df random-id max-mss 1440)", "in ->");
    check("set block-policy return\nblock\nblock drop", "-> reject\n-> drop");
    check("block return-rst(ttl 5) log (all, to pflog1) quick proto tcp", "tcp -> reject quick");
}

#[test]
fn state_and_flags() {
    check("pass proto tcp", "tcp syn -> accept");
    check("pass proto tcp no state", "tcp -> stateless accept");
    check("pass proto tcp flags any", "tcp -> accept");
    check("pass proto tcp flags S/FSRA modulate state", "tcp flags=2/23 -> accept");
    check("pass proto tcp flags /SFRA", "tcp flags=0/23 -> accept");
    check("block proto tcp flags FUP/FUP", "tcp flags=41/41 -> drop");
    check("pass proto udp keep state (if-bound, sloppy)", "udp -> accept");
    check(
        "pass proto tcp synproxy state (max 100, source-track rule, max-src-conn-rate 5 / 10, overload <bad> flush global)",
        "tcp syn ?max 100? ?max-src-conn-rate 5/10? -> accept",
    );
    check("pass proto { tcp udp }", "(tcp | udp) (!tcp | syn) -> accept");
    check("pass inet proto { udp, 47, esp }", "inet (udp | 47 | 50) -> accept");
}

#[test]
fn port_operators() {
    for (written, meant) in [
        ("21", "21"),
        ("= ftp", "21"),
        ("!= 21", "0-20, 22-65535"),
        ("< 1024", "0-1023"),
        ("<= 1024", "0-1024"),
        ("> 49151", "49152-65535"),
        (">= 49151", "49151-65535"),
        ("60000:60020", "60000-60020"),
        ("ftp-data:ftp", "20-21"),
        ("1024 >< 5000", "1025-4999"),
        ("1024 <> 5000", "0-1023, 5001-65535"),
        ("{ 21, 990 60000:60020, { > 65530 } }", "21, 990, 60000-60020, 65531-65535"),
        ("5 >< 6", ""),
        ("< 0", ""),
        ("!= 0", "1-65535"),
    ] {
        check(&format!("block proto tcp to port {written}"), &format!("tcp dport=[{meant}] -> drop"));
        check(
            &format!("block proto udp from any port {written} to any"),
            &format!("udp sport=[{meant}] -> drop"),
        );
    }
}

#[test]
fn icmp_types() {
    check("pass inet proto icmp icmp-type echoreq", "inet icmp icmp=[8] -> accept");
    check(
        "pass inet proto icmp all icmp-type { echoreq code 0, unreach code needfrag, 11 timex }",
        "inet icmp (icmp=[8]code 0 | icmp=[3]code 4 | icmp=[11]) -> accept",
    );
    check(
        "pass inet6 proto icmp6 icmp6-type { neighbrsol neighbradv }",
        "inet6 icmpv6 icmp=[135, 136] -> accept",
    );
    check("pass proto icmp icmp-type any", "icmp -> accept");
}

#[test]
fn interfaces() {
    check("block in on em0", "in iif=em0 -> drop");
    check("block out on ! em0", "out !oif=em0 -> drop");
    check("block on em0", "(in iif=em0 | out oif=em0) -> drop");
    check("block in on { em0, em1 }", "in (iif=em0 | iif=em1) -> drop");
    check("block in on { em0 !em1 }", "in (iif=em0 | !iif=em1) -> drop");
    check("block in on any", "in !iif=lo* -> drop");
    check("block in on egress", "in iif=egress -> drop");
    check("block in on rdomain 2", "in ?on rdomain 2? -> drop");
    check("pass out received-on em1 no state", "out iif=em1 -> stateless accept");
    check("block out ! received-on em1", "out !iif=em1 -> drop");
}

#[test]
fn what_is_not_modelled_is_named() {
    check("pass out proto tcp user { root, > 1000 }", "out tcp syn ?user { root, > 1000 }? -> accept");
    check("block in proto tcp from any os \"Windows 98\" to any", "in tcp ?os \"Windows 98\"? -> drop");
    check("block in probability 20%", "in ?probability 20%? -> drop");
    check("block in from urpf-failed", "in ?from urpf-failed? -> drop");
    check("block in from no-route to any", "in ?from no-route? -> drop");
    check(
        "pass in max-pkt-rate 100/10 tos lowdelay once",
        "in (!tcp | syn) ?max-pkt-rate 100/10? ?tos lowdelay? ?once? -> accept",
    );
    check(
        "pass in proto tcp to port 80 divert-packet port 700",
        "in tcp dport=[80] syn -> ?divert-packet port 700?",
    );
    check("pass in inet6 af-to inet from 192.0.2.1", "in inet6 (!tcp | syn) -> ?af-to inet from 192.0.2.1?");
    check("block in fragment", "in ?fragment? -> drop");
}

#[test]
fn what_changes_nothing_is_left_out() {
    check(
        "pass in proto tcp to port 22 label \"ssh $nr\" queue (bulk, fast) allow-opts rtable 1 set prio (5, 6) set tos ef",
        "in tcp dport=[22] syn -> accept",
    );
    check("pass out route-to 192.0.2.1@em0 proto udp", "out udp -> accept");
    check(
        "pass in on em1 route-to { (em0 192.0.2.1), (em2 192.0.2.2) } round-robin inet proto udp",
        "in iif=em1 inet udp -> accept",
    );
    check("pass in reply-to (em0 192.0.2.1) proto udp scrub (max-mss 1400)", "in udp -> accept");
    check(
        "scrub in all\nno scrub out\naltq on em0 cbq bandwidth 10Mb queue { std }\nqueue std on em0 bandwidth 1M default",
        "",
    );
    check(
        "set skip on lo\nset skip on { lo0 em1 }\nset timeout { tcp.first 20, tcp.closed 10 }\nset limit states 1000",
        "skip lo\nskip lo0\nskip em1",
    );
}

#[test]
fn tags() {
    check(
        "pass in tag GOOD no state\nblock tagged GOOD\nblock ! tagged GOOD",
        "in -> tag=GOOD stateless accept\ntagged=GOOD -> drop\n!tagged=GOOD -> drop",
    );
}
