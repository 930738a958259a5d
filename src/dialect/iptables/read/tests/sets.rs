//! Rules that refer to sets.

use super::super::{Problem, read, read_sets};
use super::{input, lines, problems, render};

/// With these sets, the one rule of `-A INPUT` with these options is `expected`.
#[track_caller]
fn check(sets: &str, options: &str, expected: &str) {
    let (sets, wrong) = read_sets(sets, 1);
    assert_eq!(wrong, []);
    let reading = read(&format!("-A INPUT {options}"), input(&sets));
    assert_eq!(problems(&reading), [], "{options}");
    assert_eq!(render(&reading.ruleset), lines(&format!("filter INPUT accept\n {expected}")), "{options}");
}

#[test]
fn addresses() {
    let sets = "create good hash:ip family inet hashsize 1024 maxelem 65536\nadd good 10.0.0.1\nadd good 10.0.0.0\n\
                create six hash:ip family inet6\nadd six 2001:db8::1\ncreate none hash:net\n";
    check(sets, "-m set --match-set good src -j ACCEPT", "src 10.0.0.0/31 -> accept");
    check(sets, "-m set ! --match-set good dst -j DROP", "!dst 10.0.0.0/31 -> drop");
    check(sets, "-m set --match-set six src", "() ->");
    check(sets, "-m set ! --match-set none src", "!() ->");
    check(sets, "-m set --match-set good src ! --update-counters", "src 10.0.0.0/31 ->");
    check(
        sets,
        "-m set --match-set good src --packets-gt 5",
        "<-m set --match-set good src --packets-gt 5> ->",
    );
}

#[test]
fn the_longest_prefix_decides() {
    let sets = "create n hash:net\nadd n 10.0.0.0/8\nadd n 10.1.0.0/16 nomatch\nadd n 10.1.2.0/24\n\
                add n 0.0.0.0/1 nomatch\nadd n 255.255.255.255\n";
    let (sets, _) = read_sets(sets, 0);
    let reading = read("-A INPUT -m set --match-set n src", input(&sets));
    let shown = render(&reading.ruleset);
    assert!(shown.contains("10.0.0.0/16,10.1.2.0/24,10.2.0.0/15"), "{shown}");
    assert!(shown.contains("10.128.0.0/9,255.255.255.255 ->"), "{shown}");
    assert!(!shown.contains("10.1.0.0"), "{shown}");
}

#[test]
fn several_dimensions() {
    check(
        "create p hash:net,port\nadd p 10.0.0.0/8,tcp:21\nadd p 10.0.0.0/8,tcp:990-995\nadd p 192.0.2.1,udp:53\nadd p 192.0.2.1,icmp:8/0\n",
        "-m set --match-set p src,dst",
        "(src 10.0.0.0/8 tcp dport 21,990-995 | src 192.0.2.1 icmp type 8/0 | src 192.0.2.1 udp dport 53) ->",
    );
    check(
        "create b bitmap:port range 0-65535\nadd b 21\n",
        "-m set --match-set b dst",
        "(tcp dport 21 | udp dport 21) ->",
    );
    check(
        "create i hash:net,iface\nadd i 10.0.0.0/8,eth0\n",
        "-m set --match-set i src,src",
        "(src 10.0.0.0/8 iif eth0) ->",
    );
    check(
        "create a hash:ip\nadd a 10.0.0.1\ncreate p hash:ip,port\nadd p 10.0.0.2,21\ncreate l list:set\nadd l a\nadd l p\n",
        "-m set --match-set l src,dst",
        "(src 10.0.0.1 | src 10.0.0.2 tcp dport 21) ->",
    );
    check(
        "create a hash:ip\nadd a 10.0.0.1\ncreate p hash:ip,port\nadd p 10.0.0.2,21\ncreate l list:set\nadd l a\nadd l p\n",
        "-m set --match-set l src",
        "src 10.0.0.1 ->",
    );
    check(
        "-N m macipmap\n-A m 10.0.0.1,00:11:22:33:44:55\n",
        "-m set --set m src,src",
        "(src 10.0.0.1 <-m mac --mac-source 00:11:22:33:44:55>) ->",
    );
}

#[test]
fn what_is_not_known_is_said() {
    let (sets, wrong) = read_sets("create odd hash:odd\nadd odd 1\nadd nowhere 1\nhello\n", 3);
    assert_eq!(wrong.len(), 3);
    assert_eq!((wrong[0].origin.text, wrong[0].origin.line), (3, 2));
    let reading = read(
        "-A INPUT -m set --match-set odd src\n-A INPUT -m set --match-set gone src -j DROP",
        input(&sets),
    );
    assert_eq!(problems(&reading), [Problem::SetContents("odd".to_owned()), Problem::Set("gone".to_owned())]);
    assert_eq!(
        render(&reading.ruleset),
        "filter INPUT accept\n <-m set --match-set odd src> ->\n <-m set --match-set gone src> -> drop\n"
    );
}
