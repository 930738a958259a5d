//! Matches, one by one.

use super::super::{Expected, Problem};
use super::{check_problem, check_rule, check_rule_v6};

#[test]
fn addresses() {
    for (options, expected) in [
        ("-s 10.0.0.1 -j ACCEPT", "src 10.0.0.1 -> accept"),
        ("-s 10.0.0.1/32 -d 10.1.2.3/255.255.255.0", "src 10.0.0.1 dst 10.1.2.0/24 ->"),
        ("--source 10/8 --dst 192.168/16", "src 10.0.0.0/8 dst 192.168.0.0/16 ->"),
        ("-s 10.0.0.1,10.0.0.0,192.0.2.0/24", "src 10.0.0.0/31,192.0.2.0/24 ->"),
        ("! -s 10.0.0.1", "!src 10.0.0.1 ->"),
        ("-s ! 10.0.0.1", "!src 10.0.0.1 ->"),
        ("-s 0.0.0.0/0 -d 0/0", "->"),
        ("! -s 0.0.0.0/0", "() ->"),
        ("-s10.0.0.1 --destination=10.0.0.2 -jDROP", "src 10.0.0.1 dst 10.0.0.2 -> drop"),
        ("-m iprange --src-range 10.0.0.1-10.0.0.4 -j DROP", "src 10.0.0.1,10.0.0.2/31,10.0.0.4 -> drop"),
        ("-m iprange ! --dst-range 10.0.0.0-10.0.0.255", "!dst 10.0.0.0/24 ->"),
    ] {
        check_rule(options, expected);
    }
    check_rule_v6("-s 2001:db8::/32 ! -d ::1", "src 2001:db8::/32 !dst ::1 ->");
    check_problem(
        "-s ftp.example.org",
        "<-s ftp.example.org> ->",
        &Problem::HostName("ftp.example.org".to_owned()),
    );
    for bad in ["300.1.1.1", "10.0.0.0/33", "2001:db8::1", "10.0.0.0/255.0.255.0", "1.2.3.4.5", ""] {
        let shown = if bad.is_empty() { "\"\"" } else { bad };
        let problem =
            Problem::Argument { option: "-s".to_owned(), found: bad.to_owned(), expected: Expected::Address };
        check_problem(&format!("-s \"{bad}\""), &format!("<-s {shown}> ->"), &problem);
    }
}

#[test]
fn interfaces() {
    for (options, expected) in [
        ("-i eth0 -o wlan+", "iif eth0 oif wlan+ ->"),
        ("! -i lo", "!iif lo ->"),
        ("-i ! lo", "!iif lo ->"),
        ("-i +", "->"),
        ("! -i +", "() ->"),
    ] {
        check_rule(options, expected);
    }
}

#[test]
fn protocols_and_ports() {
    for (options, expected) in [
        ("-p tcp --dport 21 -j ACCEPT", "tcp dport 21 -> accept"),
        ("-p TCP -m tcp --sport 1024:65535 --dport ftp-data:ftp", "tcp sport 1024-65535 dport 20-21 ->"),
        ("-p 6 --destination-port :1023", "tcp dport 0-1023 ->"),
        ("-p udp ! --dport 53", "udp !dport 53 ->"),
        ("-p udp --dport ! 53", "udp !dport 53 ->"),
        ("-p tcp --dpo 21", "tcp dport 21 ->"),
        ("-p all", "->"),
        ("! -p tcp", "!tcp ->"),
        ("-p sctp --dport 80", "132 dport 80 ->"),
        ("-p gre", "47 ->"),
        ("-p tcp -m multiport --dports 21,990,60000:60020", "tcp dport 21,990,60000-60020 ->"),
        ("-p tcp -m multiport --sports 20 ! --dports 1:2", "tcp sport 20 !dport 1-2 ->"),
        ("-p tcp -m multiport --ports 20,21", "tcp (sport 20-21 | dport 20-21) ->"),
        ("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", "tcp syn ->"),
        ("-p tcp ! --syn", "tcp !syn ->"),
        ("-p tcp --tcp-flags ALL NONE", "tcp flags 0x00/0x3f ->"),
        ("-p tcp --tcp-flags SYN ACK", "tcp () ->"),
        ("-p tcp --tcp-option 8", "tcp <-m tcp --tcp-option 8> ->"),
        ("-p icmp --icmp-type 8", "icmp type 8 ->"),
        ("-p icmp -m icmp --icmp-type echo-request -j ACCEPT", "icmp type 8 -> accept"),
        ("-p icmp --icmp-type 3/4", "icmp type 3/4 ->"),
        ("-p icmp ! --icmp-type fragmentation-needed", "icmp !type 3/4 ->"),
        ("-p icmp --icmp-type any", "icmp ->"),
        ("-f -j DROP", "<-f> -> drop"),
        ("! -f", "!<-f> ->"),
    ] {
        check_rule(options, expected);
    }
    check_rule_v6("-p ipv6-icmp -m icmp6 --icmpv6-type 135/0", "icmpv6 type 135/0 ->");
    check_rule_v6("-p icmpv6 --icmpv6-type neighbour-advertisement", "icmpv6 type 136 ->");
    let ports = |option: &str, found: &str| Problem::Argument {
        option: option.to_owned(),
        found: found.to_owned(),
        expected: Expected::Ports,
    };
    check_problem("-p tcp --dport 70000", "tcp <-m tcp --dport 70000> ->", &ports("dport", "70000"));
    check_problem("-p tcp --dport 30:20", "tcp <-m tcp --dport 30:20> ->", &ports("dport", "30:20"));
    check_problem(
        "-p tcp --dport gopherd",
        "tcp <-m tcp --dport gopherd> ->",
        &Problem::Service("gopherd".to_owned()),
    );
    check_problem(
        "-p tcp --dport",
        "tcp <-m tcp --dport> ->",
        &Problem::MissingArgument("--dport".to_owned()),
    );
    check_problem("--dport 21 -j ACCEPT", "<--dport 21> -> accept", &Problem::Option("--dport".to_owned()));
}

#[test]
fn connections() {
    for (options, expected) in [
        ("-m state --state RELATED,ESTABLISHED -j ACCEPT", "state established,related -> accept"),
        ("-m conntrack --ctstate new", "state new ->"),
        ("-m conntrack ! --ctstate INVALID", "!state invalid ->"),
        ("-m state ! --state NEW", "!state new ->"),
        ("-m conntrack --ctstate DNAT", "dnat ->"),
        ("-m conntrack ! --ctstate DNAT", "!(state  | dnat) ->"),
        ("-m conntrack --ctstate NEW,SNAT", "(state new | snat) ->"),
        ("-m conntrack --ctstate NEW --ctdir ORIGINAL", "state new original ->"),
        (
            "-m conntrack --ctorigdst 10.0.0.1 --ctorigdstport 21",
            "ctdst 10.0.0.1 ctdport 21 !state invalid,untracked ->",
        ),
        (
            "-m conntrack --ctstate INVALID,NEW --ctdir REPLY",
            "state invalid,new (state invalid,untracked | reply) ->",
        ),
        ("-m conntrack --ctstatus EXPECTED,SEEN", "(expected | seen-reply) !state invalid,untracked ->"),
        ("-m conntrack --ctstatus NONE", "() !state invalid,untracked ->"),
        ("-m conntrack --ctstate NEW --ctstatus ASSURED", "state new assured ->"),
        (
            "-m conntrack --ctstate NEW --ctproto 6",
            "state new (tcp | icmp state related <-m conntrack --ctproto 6> | icmpv6 state related <-m conntrack --ctproto 6>) ->",
        ),
        ("-m helper --helper ftp", "helper ftp ->"),
        ("-m helper ! --helper ftp-2121", "!helper ftp ->"),
        ("-m mark --mark 0x10/0xf0", "mark 0x10/0xf0 ->"),
        ("-m mark ! --mark 16", "!mark 0x10/0xffffffff ->"),
        ("-m connmark --mark 1", "connmark 0x1/0xffffffff !state invalid,untracked ->"),
        (
            "-m mark --mark 1 -m connmark --mark 2/2",
            "mark 0x1/0xffffffff connmark 0x2/0x2 !state invalid,untracked ->",
        ),
    ] {
        check_rule(options, expected);
    }
    let problem = Problem::Argument {
        option: "ctstate".to_owned(),
        found: "NEU".to_owned(),
        expected: Expected::States,
    };
    check_problem("-m conntrack --ctstate NEU", "<-m conntrack --ctstate NEU> ->", &problem);
}

#[test]
fn address_types() {
    for (options, expected) in [
        ("-m addrtype --dst-type LOCAL", "dsttype local ->"),
        (
            "-m addrtype --src-type LOCAL,broadcast ! --dst-type MULTICAST",
            "(srctype local | srctype broadcast) !dsttype multicast ->",
        ),
        ("-m addrtype --dst-type ANYCAST", "<-m addrtype --dst-type ANYCAST> ->"),
        (
            "-m addrtype --dst-type LOCAL --limit-iface-in",
            "<-m addrtype --dst-type LOCAL --limit-iface-in> ->",
        ),
    ] {
        check_rule(options, expected);
    }
}

#[test]
fn what_is_not_modelled_stays_in_its_words() {
    for (options, expected) in [
        (
            "-m limit --limit 5/min --limit-burst 10 -j ACCEPT",
            "<-m limit --limit 5/min --limit-burst 10> -> accept",
        ),
        ("-m recent ! --rcheck --seconds 60 --name ftp", "!<-m recent --rcheck --seconds 60 --name ftp> ->"),
        ("-m string --algo bm ! --string \"a b\"", "!<-m string --algo bm --string \"a b\"> ->"),
        ("-m owner --uid-owner 0 ! --gid-owner 5", "<-m owner --uid-owner 0> !<-m owner --gid-owner 5> ->"),
        ("-m physdev --physdev-is-bridged -j ACCEPT", "<-m physdev --physdev-is-bridged> -> accept"),
        (
            "-m time --timestart 08:00 ! --weekdays Sat,Sun",
            "<-m time --timestart 08:00 ! --weekdays Sat,Sun> ->",
        ),
        ("-m rpfilter --invert -j DROP", "<-m rpfilter --invert> -> drop"),
        ("-m socket -p tcp --dport 1", "<-m socket> tcp dport 1 ->"),
        ("-m geoip --src-cc CN,US", "<-m geoip --src-cc CN,US> ->"),
        ("-m mac --mac-source XX:XX:XX:00:11:22", "<-m mac --mac-source XX:XX:XX:00:11:22> ->"),
        ("-m policy --dir in --pol ipsec --proto esp", "<-m policy --dir in --pol ipsec --proto esp> ->"),
        ("-p esp -m esp --espspi 1:5", "50 <-m esp --espspi 1:5> ->"),
        ("-m comment --comment \"say \\\"hi\\\"\" -j ACCEPT", "-> accept # say \"hi\""),
    ] {
        check_rule(options, expected);
    }
    check_problem(
        "-m ndpi --ftp ! --x 1 -p tcp -j DROP",
        "<-m ndpi --ftp ! --x 1> tcp -> drop",
        &Problem::Match("ndpi".to_owned()),
    );
    check_problem("foo -j DROP", "<foo> -> drop", &Problem::Stray("foo".to_owned()));
}
