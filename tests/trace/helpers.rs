//! Which connections get a helper, as the kernel was seen to do it.

use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};
use ftpfw::packet::{Membership, Packet, PacketSet, Payload, Space, State};
use ftpfw::ruleset::evaluate::{Question, helped};
use ftpfw::ruleset::trace::Path;

/// The first packet of a control connection.
fn first(destination: &str, port: u16) -> Packet {
    let six = destination.contains(':');
    Packet {
        source: if six { "2001:db8::1" } else { "198.51.100.1" }.parse().expect("an address"),
        destination: destination.parse().expect("an address"),
        payload: Payload::Tcp { source_port: 40000, destination_port: port, flags: 0x02 },
        state: State::New,
        reply: false,
        helper: None,
        in_interface: "em0".to_owned(),
        out_interface: String::new(),
        mark: 0,
        connection_mark: 0,
    }
}

fn is_helped(content: &str, format: Format, path: Path, packet: &Packet) -> bool {
    let text = Text { name: "rules".to_owned(), content: content.to_owned() };
    let collection = read(vec![(text, format)], &mut |_| None);
    assert_eq!(collection.problems, [], "{content}");
    let mut space = Space::default();
    let question = Question::about(path, PacketSet::FULL);
    let set = helped(&collection.ruleset, question, "ftp", &mut space).expect("a small rule set");
    space.membership(set, packet) == Membership::Always
}

fn nft(family: &str, object: &str, base: &str, rules: &str) -> String {
    format!(
        "table {family} t {{\nct helper h {{\ntype \"{object}\nl3proto {family}\n}}\nchain c {{\ntype {base}; \
         policy accept;\n{rules}\n}}\n}}\n"
    )
}

const FTP: &str = "ftp\" protocol tcp";
const RULE: &str = "tcp dport 21 ct helper set \"h\"";

fn nft_helps(base: &str, path: Path) -> bool {
    is_helped(&nft("inet", FTP, base, RULE), Format::Nft, path, &first("192.0.2.1", 21))
}

#[test]
fn nftables_assigns_after_connection_tracking_only() {
    for (priority, works) in [(-300, false), (-201, false), (-200, false), (-199, true), (0, true)] {
        assert_eq!(nft_helps(&format!("filter hook prerouting priority {priority}"), Path::Input), works);
    }
    assert!(!nft_helps("filter hook output priority -300", Path::Output));
    assert!(nft_helps("filter hook output priority -150", Path::Output));
    assert!(nft_helps("filter hook input priority -300", Path::Input));
    assert!(nft_helps("filter hook forward priority 0", Path::Forward));
    assert!(nft_helps("filter hook postrouting priority 0", Path::Forward));
    // A chain that the packet does not pass.
    assert!(!nft_helps("filter hook prerouting priority 0", Path::Output));
}

#[test]
fn only_what_opens_a_connection_to_the_port_is_helped() {
    let rules = nft("inet", FTP, "filter hook input priority 0", RULE);
    let asked = |packet: &Packet| is_helped(&rules, Format::Nft, Path::Input, packet);
    assert!(asked(&first("192.0.2.1", 21)));
    assert!(!asked(&first("192.0.2.1", 22)));
    assert!(!asked(&Packet { state: State::Established, ..first("192.0.2.1", 21) }));
}

#[test]
fn an_object_serves_its_family() {
    let base = "filter hook input priority 0";
    let asked = |content: &str, address| is_helped(content, Format::Nft, Path::Input, &first(address, 21));
    let inet = nft("inet", FTP, base, RULE);
    assert!(asked(&inet, "192.0.2.1") && asked(&inet, "2001:db8::2"));
    let ip = inet.replace("l3proto inet", "l3proto ip");
    assert!(asked(&ip, "192.0.2.1") && !asked(&ip, "2001:db8::2"));
}

#[test]
fn the_kernels_name_of_the_helper_counts_not_that_of_the_object() {
    let base = "filter hook input priority 0";
    let asked = |content: &str| is_helped(content, Format::Nft, Path::Input, &first("192.0.2.1", 21));
    assert!(!asked(&nft("inet", "sip\" protocol tcp", base, RULE)));
    assert!(!asked(
        &nft("inet", "sip\" protocol tcp", base, RULE).replace("h {", "ftp {").replace("\"h\"", "\"ftp\"")
    ));
}

#[test]
fn a_packet_that_is_dropped_opens_nothing() {
    let rules = format!("{RULE}\ntcp dport 21 drop");
    let content = nft("inet", FTP, "filter hook input priority 0", &rules);
    assert!(!is_helped(&content, Format::Nft, Path::Input, &first("192.0.2.1", 21)));
}

fn iptables(rules: &str) -> String {
    format!("*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}\nCOMMIT\n")
}

#[test]
fn iptables_assigns_in_raw() {
    let asked =
        |rules: &str, path| is_helped(&iptables(rules), Format::Iptables, path, &first("192.0.2.1", 21));
    let prerouting = "-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp";
    assert!(asked(prerouting, Path::Input));
    assert!(asked(prerouting, Path::Forward));
    assert!(!asked(prerouting, Path::Output));
    assert!(asked("-A OUTPUT -p tcp -m tcp --dport 21 -j CT --helper ftp", Path::Output));
    assert!(!asked("-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper sip", Path::Input));
}

#[test]
fn the_first_helper_stays() {
    let asked =
        |rules: &str| is_helped(&iptables(rules), Format::Iptables, Path::Input, &first("192.0.2.1", 21));
    let [ftp, sip] = ["ftp", "sip"].map(|name| format!("-A PREROUTING -p tcp -j CT --helper {name}"));
    assert!(asked(&format!("{ftp}\n{sip}")));
    assert!(!asked(&format!("{sip}\n{ftp}")));
}

#[test]
fn a_translated_port_is_the_one_at_the_rule() {
    let nat = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 2121 -j DNAT --to-destination \
               192.0.2.9:21\nCOMMIT\n";
    let asked = |port, rule_port| {
        let raw = format!("-A PREROUTING -p tcp -m tcp --dport {rule_port} -j CT --helper ftp");
        let content = iptables(&raw) + nat;
        is_helped(&content, Format::Iptables, Path::Forward, &first("192.0.2.1", port))
    };
    // The rule in raw sees the port from before the translation.
    assert!(asked(2121, 2121));
    assert!(!asked(2121, 21));
    let nft = |priority: i32, rule_port: u16| {
        let rule = format!("tcp dport {rule_port} ct helper set \"h\"");
        let chain = nft("ip", FTP, &format!("filter hook prerouting priority {priority}"), &rule);
        let nat = "table ip n {\nchain c {\ntype nat hook prerouting priority -100; policy accept;\ntcp dport 2121 \
                   dnat to 192.0.2.9:21\n}\n}\n";
        is_helped(&(chain + nat), Format::Nft, Path::Forward, &first("192.0.2.1", 2121))
    };
    assert!(nft(-150, 2121) && !nft(-150, 21));
    assert!(nft(0, 21) && !nft(0, 2121));
}

#[test]
fn what_is_kept_from_connection_tracking_has_no_connection_to_help() {
    let helped = nft("inet", FTP, "filter hook input priority 0", RULE);
    let raw = |rule| {
        format!(
            "table ip r {{\nchain c {{\ntype filter hook prerouting priority -300;\n{rule}\n}}\n}}\n{helped}"
        )
    };
    let asked = |rule| is_helped(&raw(rule), Format::Nft, Path::Input, &first("192.0.2.1", 21));
    assert!(asked("tcp dport 22 notrack"));
    assert!(!asked("tcp dport 21 notrack"));
}
