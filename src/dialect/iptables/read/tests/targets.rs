//! Targets, one by one.

use super::super::{Expected, Problem};
use super::{check, check_problem, check_rule};

#[test]
fn what_decides() {
    for (options, expected) in [
        ("-j ACCEPT", "-> accept"),
        ("-j DROP", "-> drop"),
        ("-j REJECT --reject-with icmp-host-prohibited", "-> reject"),
        ("-p tcp -j REJECT --reject-with tcp-reset", "tcp -> reject"),
        ("-j RETURN", "-> return"),
        ("-j NFQUEUE --queue-num 0 --queue-bypass", "-> <-j NFQUEUE --queue-num 0 --queue-bypass>"),
        ("-j QUEUE", "-> <-j QUEUE>"),
        ("-p tcp --dport 21", "tcp dport 21 ->"),
    ] {
        check_rule(options, expected);
    }
}

#[test]
fn what_lets_the_packet_go_on() {
    for (options, expected) in [
        ("-j LOG --log-prefix \"ftp drop: \" --log-level 4", "->"),
        ("-j NFLOG --nflog-group 1", "->"),
        ("-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu", "tcp syn ->"),
        ("-j SET --add-set seen src --exist", "->"),
        ("-j MARK --set-mark 1", "-> mark 0x1/0xffffffff"),
        ("-j MARK --set-xmark 0x1/0xff", "-> mark 0x1/0xff"),
        ("-j MARK --and-mark 0xff", "-> mark 0x0/0xffffff00"),
        ("-j MARK --or-mark 0x2", "-> mark 0x2/0x2"),
        ("-j CONNMARK --set-mark 3", "-> connmark 0x3/0xffffffff"),
        ("-j CT --helper ftp", "-> helper ftp"),
        ("-j CT --notrack", "-> notrack"),
        ("-j CT --zone 1", "-> template"),
        ("-j NOTRACK", "-> notrack"),
    ] {
        check_rule(options, expected);
    }
}

#[test]
fn translations() {
    for (options, expected) in [
        ("-j DNAT --to-destination 10.0.0.5", "-> dnat 10.0.0.5"),
        ("-j DNAT --to 10.0.0.5:2121", "-> dnat 10.0.0.5 2121"),
        (
            "-p tcp --dport 30000:31000 -j DNAT --to-destination 10.0.0.5:30000-31000",
            "tcp dport 30000-31000 -> dnat 10.0.0.5",
        ),
        (
            "-p tcp --dport 1:9 -j DNAT --to-destination 10.0.0.5:30000-31000",
            "tcp dport 1-9 -> dnat 10.0.0.5 30000-31000",
        ),
        // The port of the range that has the same place as the old one has after another.
        (
            "-p tcp --dport 30000:30009 -j DNAT --to-destination 10.0.0.5:30000-30009/30000",
            "tcp dport 30000-30009 -> dnat 10.0.0.5",
        ),
        (
            "-p tcp --dport 30000:30009 -j DNAT --to-destination 10.0.0.5:40000-40009/30000",
            "tcp dport 30000-30009 -> <-j DNAT --to-destination 10.0.0.5:40000-40009/30000>",
        ),
        ("-j DNAT --to-destination 10.0.0.5-10.0.0.6", "-> dnat one of 10.0.0.5, 10.0.0.6"),
        ("-j SNAT --to-source 192.0.2.1", "-> snat 192.0.2.1"),
        ("-j SNAT --to-source 192.0.2.1:1024-65535", "-> snat 192.0.2.1 1024-65535"),
        ("-j MASQUERADE", "-> snat interface"),
        ("-j MASQUERADE --to-ports 1024-65535", "-> snat interface 1024-65535"),
        ("-j MASQUERADE --random", "-> snat interface 0-65535"),
        ("-j REDIRECT --to-ports 2121", "-> dnat self 2121"),
        ("-j DNAT --to-destination :2121", "-> dnat self 2121"),
        ("-j SNAT --to-source 192.0.2.0-192.0.2.3:1-9", "-> snat one of 192.0.2.0/30 1-9"),
        ("-j NETMAP --to 10.0.0.0/24", "-> source in 10.0.0.0/24"),
    ] {
        check_rule(options, expected);
    }
    let problem = Problem::Argument {
        option: "to-destination".to_owned(),
        found: "ftp.example.org".to_owned(),
        expected: Expected::Translation,
    };
    check_problem(
        "-j DNAT --to-destination ftp.example.org",
        "-> <-j DNAT --to-destination ftp.example.org>",
        &problem,
    );
}

#[test]
fn chains() {
    check(
        ":INPUT DROP\n:FTP - [0:0]\n-A INPUT -j FTP\n-A INPUT -g FTP\n-A FTP -j RETURN",
        "filter INPUT drop\n -> jump FTP\n -> goto FTP\nfilter FTP -\n -> return",
    );
    // The chain may be made after the jump.
    check("-A INPUT -j FTP\n-N FTP", "filter INPUT accept\n -> jump FTP\nfilter FTP -");
    check_problem("-j FTP", "-> <-j FTP>", &Problem::Target("FTP".to_owned()));
    check_problem("-j FOO --bar 1", "-> <-j FOO --bar 1>", &Problem::Target("FOO".to_owned()));
}

#[test]
fn a_mark_that_is_not_constant_is_not_known_to_later_rules() {
    check(
        "*mangle\n-A PREROUTING -j CONNMARK --restore-mark\n-A PREROUTING -m mark ! --mark 1 -j DROP\nCOMMIT\n",
        "mangle PREROUTING accept\n ->\n !<-m mark --mark 0x1/0xffffffff> -> drop",
    );
}
