//! Translation, as an option of OpenBSD's rules and as FreeBSD's own.

use super::{check, check_freebsd};

#[test]
fn options_of_openbsd() {
    check(
        "match out on em0 inet from 10/8 nat-to (em0)",
        "out oif=em0 inet from=[10.0.0.0/8] -> snat=self ports 50001-65535",
    );
    check(
        "pass out proto tcp from 10/8 nat-to 192.0.2.1 static-port",
        "out from=[10.0.0.0/8] tcp syn -> snat=192.0.2.1 accept",
    );
    check(
        "pass out proto udp nat-to 192.0.2.1 port 1024:2048",
        "out udp -> snat=192.0.2.1 ports 1024-2048 accept",
    );
    check(
        "pass in proto tcp to 192.0.2.1 port 2121 rdr-to 10.0.0.5 port 21",
        "in to=[192.0.2.1] tcp dport=[2121] syn -> dnat=10.0.0.5 port 21 accept",
    );
    check(
        "pass in proto tcp to port 60000:60020 rdr-to 10.0.0.5",
        "in tcp dport=[60000-60020] syn -> dnat=10.0.0.5 accept",
    );
    check(
        "pass in proto tcp to port 60000:60020 rdr-to 10.0.0.5 port 60000:*",
        "in tcp dport=[60000-60020] syn -> dnat=10.0.0.5 accept",
    );
    check(
        "pass in quick proto tcp to port ftp divert-to 127.0.0.1 port 8021",
        "in tcp dport=[21] syn -> divert=127.0.0.1 port 8021 accept quick",
    );
    check("pass out proto tcp divert-reply", "out tcp syn -> accept");
    check(
        "match in rdr-to { 10.0.0.1 10.0.0.2 } round-robin",
        "in ?rdr-to { 10.0.0.1 10.0.0.2 } round-robin: 10.0.0.1? -> dnat=10.0.0.1
         in !?rdr-to { 10.0.0.1 10.0.0.2 } round-robin: 10.0.0.1? -> dnat=10.0.0.2",
    );
    check(
        "match out nat-to 10.0.0.4/31",
        "out ?nat-to 10.0.0.4/31: 10.0.0.4? -> snat=10.0.0.4 ports 50001-65535
         out !?nat-to 10.0.0.4/31: 10.0.0.4? -> snat=10.0.0.5 ports 50001-65535",
    );
    check("match out nat-to 10.0.0.0/24 bitmask static-port", "out -> source in 10.0.0.0/24");
    check("match in rdr-to 10.0.0.0/24 bitmask", "in -> destination in 10.0.0.0/24");
    check(
        "table <servers> const { 10.0.0.1 }\nmatch in rdr-to <servers>\nmatch in rdr-to <others>",
        "in -> dnat=10.0.0.1
         in -> ?rdr-to <others>?",
    );
    check("match in rdr-to { 10.0.0.1 2001:db8::1 }", "in -> ?rdr-to { 10.0.0.1 2001:db8::1 }?");
    check(
        "pass in proto udp rdr-to 10.0.0.0/24 source-hash 0x1234 sticky-address",
        "in udp -> ?rdr-to 10.0.0.0/24 source-hash 0x1234 sticky-address?",
    );
}

#[test]
fn ports_that_move_are_taken_one_by_one() {
    check(
        "pass in proto tcp to port 8000:8002 rdr-to 10.0.0.5 port 80:*",
        "in tcp dport=[8000] syn -> dnat=10.0.0.5 port 80 accept
         in tcp dport=[8001] syn -> dnat=10.0.0.5 port 81 accept
         in tcp dport=[8002] syn -> dnat=10.0.0.5 port 82 accept",
    );
    // Around within fewer ports.
    check(
        "pass in proto tcp to port 8000:8002 rdr-to 10.0.0.5 port 80:81",
        "in tcp dport=[8000] syn -> dnat=10.0.0.5 port 80 accept
         in tcp dport=[8001] syn -> dnat=10.0.0.5 port 81 accept
         in tcp dport=[8002] syn -> dnat=10.0.0.5 port 80 accept",
    );
    check(
        "pass in proto tcp to port 1024:65535 rdr-to 10.0.0.5 port 80:*",
        "in tcp dport=[1024-65535] syn -> ?rdr-to 10.0.0.5 port 80:*?",
    );
}

#[test]
fn both_ways() {
    check(
        "pass on em0 proto tcp from 10.0.0.5 to any binat-to 192.0.2.1",
        "out oif=em0 from=[10.0.0.5] tcp syn -> snat=192.0.2.1 accept
         in iif=em0 to=[192.0.2.1] tcp syn -> dnat=10.0.0.5 accept",
    );
    check_freebsd(
        "binat on em0 from 10.0.0.5 to ! 198.51.100.0/24 -> 192.0.2.1\nno binat on em0 from 10/8 to any",
        "binat-out: oif=em0 from=[10.0.0.5] (inet !to=[198.51.100.0/24]) -> snat=192.0.2.1
         binat-out: oif=em0 from=[10.0.0.0/8] -> accept
         binat-in: iif=em0 (inet !from=[198.51.100.0/24]) to=[192.0.2.1] -> dnat=10.0.0.5
         binat-in: iif=em0 from=[10.0.0.0/8] -> accept",
    );
}

#[test]
fn rules_of_freebsd() {
    check_freebsd(
        "nat pass on em0 inet from 10/8 to any tag OUT -> 192.0.2.1 static-port
         no rdr on em1 inet proto tcp from 10.0.0.9 to any port ftp
         rdr on em1 inet proto tcp from any to any port ftp -> 127.0.0.1 port 8021
         rdr pass log (all) on em0 proto tcp to 192.0.2.1 port 60000:60020 -> 10.0.0.5 port 60000:*
         rdr on { em0 em1 } proto udp tagged X -> (em2) port 53",
        "nat: oif=em0 inet from=[10.0.0.0/8] -> tag=OUT snat=192.0.2.1 skip-filter
         rdr: iif=em1 inet from=[10.0.0.9] tcp dport=[21] -> accept
         rdr: iif=em1 inet tcp dport=[21] -> dnat=127.0.0.1 port 8021
         rdr: iif=em0 to=[192.0.2.1] tcp dport=[60000-60020] -> dnat=10.0.0.5 skip-filter
         rdr: (iif=em0 | iif=em1) udp tagged=X -> dnat=self port 53",
    );
}
