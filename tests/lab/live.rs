//! `audit --live`: what is in force is read from wherever it is, once, and nothing changes.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::command::{attempt, feed, run};
use crate::namespace::Namespace;
use crate::owned::folder;
use crate::require::require;

const SERVICE: &str = "--server 203.0.113.10 --server 2001:db8::10 --pasv 30000-30019 --egress open";

/// Each turns another port of the range away; the extension of iptables, the set and the comment have no form of nft's.
const IPTABLES_NFT: &str = "\
*filter
:INPUT ACCEPT [0:0]
:extra - [0:0]
-A INPUT -p tcp -m tcp --dport 30001 -m comment --comment \"one two\" -j DROP
-A INPUT -p tcp -m set --match-set turned dst -j DROP
-A INPUT -j extra
-A extra -p tcp -m multiport --dports 30003,30004 -j REJECT --reject-with tcp-reset
COMMIT
";
const IPTABLES_LEGACY: &str = "\
*filter
:INPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 30005 -j DROP
COMMIT
";
const IP6TABLES_NFT: &str = "\
*filter
:INPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 30006 -j DROP
COMMIT
";
const IP6TABLES_LEGACY: &str = "\
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 30007 -j DROP
COMMIT
";
/// A table of nft's own, a chain of its own in the table of iptables, and a table that has a name of iptables'.
const NFT: &str = "\
table inet own {
    set turned {
        type inet_service
        elements = { 30008 }
    }
    chain input {
        type filter hook input priority 5; policy accept;
        tcp dport @turned counter drop
    }
}
table ip filter {
    chain beside {
        type filter hook input priority 10; policy accept;
        tcp dport 30009 drop
    }
}
table ip raw {
    chain other {
        type filter hook prerouting priority -300; policy accept;
        tcp dport 30010 drop
    }
}
";
const SETS: &str = "create turned bitmap:port range 30000-30100\nadd turned 30002\n";

/// The programs that list what is in force, and the files for what they print.
const LISTED: [(&str, &[&str]); 6] = [
    ("iptables-nft-save", &[]),
    ("ip6tables-nft-save", &[]),
    ("iptables-legacy-save", &[]),
    ("ip6tables-legacy-save", &[]),
    ("ipset", &["save"]),
    ("nft", &["list", "ruleset"]),
];

fn loaded() -> Namespace {
    let namespace = Namespace::new("live");
    feed(namespace.command("ipset").arg("restore"), SETS);
    for (program, rules) in [
        ("iptables-nft-restore", IPTABLES_NFT),
        ("ip6tables-nft-restore", IP6TABLES_NFT),
        ("iptables-legacy-restore", IPTABLES_LEGACY),
        ("ip6tables-legacy-restore", IP6TABLES_LEGACY),
    ] {
        feed(&mut namespace.command(program), rules);
    }
    feed(namespace.command("nft").args(["-f", "-"]), NFT);
    namespace
}

/// What is in force, but for the times of day that iptables prints.
fn in_force(namespace: &Namespace) -> Vec<String> {
    let listing = |(program, arguments): &(&str, &[&str])| {
        let text = run(namespace.command(program).args(*arguments));
        text.lines().filter(|line| !line.contains(" on ")).collect::<Vec<_>>().join("\n")
    };
    LISTED.iter().map(listing).collect()
}

/// The kernel's modules.
fn modules() -> Vec<String> {
    let folder = fs::read_dir("/sys/module").expect("the modules");
    let mut names: Vec<String> =
        folder.map(|entry| entry.expect("a module").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn audit(namespace: &Namespace, folder: &Path, arguments: &str) -> Value {
    let mut command = namespace.command(env!("CARGO_BIN_EXE_ftpfw"));
    command.args(["audit", "--format", "json", "--fail-on", "never"]);
    command.args(arguments.split_whitespace()).args(SERVICE.split_whitespace());
    let printed = attempt(command.current_dir(folder)).unwrap_or_else(|failure| panic!("{failure}"));
    serde_json::from_str(&printed).expect("JSON")
}

/// Rules by which passive mode does not work, each way to load them, and how many commands mend that: rules that are
/// missing at the end and before another, and one that comes too late.
const BROKEN: [(&str, &str); 4] = [
    (
        "nft -f -",
        "table inet filter {
            chain input {
                type filter hook input priority filter; policy drop;
                ct state established accept
                icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
                tcp dport 21 accept
            }
        }
        table inet late {
            chain input {
                type filter hook input priority 10; policy accept;
                tcp dport 21 accept
                meta l4proto tcp ct state new reject
            }
        }",
    ),
    (
        "iptables-nft-restore",
        "*filter\n:INPUT DROP\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -p tcp --dport 21 -j ACCEPT\nCOMMIT\n",
    ),
    (
        "iptables-legacy-restore",
        "*filter\n:INPUT DROP\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -p tcp --dport 21 -j ACCEPT\n-A INPUT -p tcp -j REJECT\nCOMMIT\n",
    ),
    (
        "iptables-nft-restore",
        "*filter\n:INPUT ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -p tcp --dport 21 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -j DROP\n-A INPUT -j REJECT\n-A INPUT -p tcp --dport 30000:30019 -j ACCEPT\nCOMMIT\n",
    ),
];

/// The same where the service counts on a helper: no rule attaches it, or one does where it has no effect.
const UNAIDED: [(&str, &str); 3] = [
    (
        "nft -f -",
        "table inet filter {
            chain input {
                type filter hook input priority filter; policy drop;
                icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
                ct state established,related accept
                tcp dport 21 accept
            }
        }",
    ),
    (
        "nft -f -",
        "table inet filter {
            ct helper ftp-standard {
                type \"ftp\" protocol tcp;
            }
            chain early {
                type filter hook prerouting priority raw; policy accept;
                tcp dport 21 ct helper set \"ftp-standard\"
            }
            chain input {
                type filter hook input priority filter; policy drop;
                icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
                ct state established accept
                ct state related ct helper \"ftp\" tcp dport 30000-30019 accept
                tcp dport 21 accept
            }
        }",
    ),
    (
        "iptables-legacy-restore",
        "*filter\n:INPUT DROP\n-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n-A INPUT -p tcp --dport 21 -j ACCEPT\nCOMMIT\n",
    ),
];

/// The commands that an audit of what is in force says, carried out one finding after another, mend it.
#[test]
fn the_commands_that_are_said_mend_what_is_in_force() {
    require();
    let static_ones = BROKEN.map(|(program, rules)| (program, rules, SERVICE.to_owned()));
    let by_helper = UNAIDED.map(|(program, rules)| (program, rules, format!("{SERVICE} --strategy helper")));
    for (program, rules, options) in static_ones.into_iter().chain(by_helper) {
        let namespace = Namespace::new("live");
        let folder = folder("live");
        feed(namespace.command("sh").args(["-c", program]), rules);
        let mut said = Vec::new();
        for _ in 0..4 {
            let mut command = namespace.command(env!("CARGO_BIN_EXE_ftpfw"));
            command.args(["--lang", "en", "audit", "--live", "--fail-on", "never"]);
            let report = run(command.args(options.split_whitespace()));
            let help = report.lines().filter_map(|line| line.trim_start().strip_prefix("= help: "));
            // All commands of the first finding that has any.
            let is_command = |help: &&str| help.starts_with("nft '") || help.starts_with("iptables");
            let commands: Vec<&str> =
                help.skip_while(|help| !is_command(help)).take_while(is_command).collect();
            if commands.is_empty() {
                break;
            }
            let command = commands.join("\n");
            run(namespace.command("sh").args(["-e", "-c", &command]));
            said.push(command);
        }
        let live = audit(&namespace, folder.path(), "--live");
        let works = live["end_to_end"].as_array().expect("modes").iter();
        let of_family = works.filter(|works| program == "nft -f -" || works["family"] == "ipv4");
        assert!(of_family.clone().all(|works| works["works"] == true), "{program}: {said:#?}\n{live:#}");
        assert!(!said.is_empty(), "{program}: {live:#}");
    }
}

/// An audit without the places, which are in other texts.
fn without_places(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.remove("location");
            // Of what is in force it says the commands, of a file the place.
            fields.remove("help");
            for (_, field) in fields.iter_mut() {
                *field = without_places(field.take());
            }
        }
        Value::Array(elements) => {
            for element in elements {
                *element = without_places(element.take());
            }
        }
        _ => {}
    }
    value
}

/// The ports that findings are about, in one family.
fn turned_away(value: &Value, family: &str) -> String {
    let cells = value["matrix"].as_array().expect("cells").iter();
    let cell = cells.filter(|cell| cell["flow"] == "P3" && cell["family"] == family);
    let packets: Vec<String> = cell.map(|cell| cell["uncovered"]["packets"].to_string()).collect();
    packets.join(" ")
}

#[test]
fn everything_in_force_is_seen_as_in_files_and_nothing_changes() {
    require();
    let namespace = loaded();
    let folder = folder("live");
    let files = [
        ("nft.rules.v4", IPTABLES_NFT),
        ("nft.rules.v6", IP6TABLES_NFT),
        ("legacy.rules.v4", IPTABLES_LEGACY),
        ("legacy.rules.v6", IP6TABLES_LEGACY),
        ("own.nft", NFT),
        ("sets.ipset", SETS),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let (before, modules_before) = (in_force(&namespace), modules());
    let live = audit(&namespace, folder.path(), "--live");
    assert_eq!(in_force(&namespace), before);
    assert_eq!(modules(), modules_before);

    let of_files = audit(&namespace, folder.path(), &names.join(" "));
    assert!(turned_away(&of_files, "ipv4").contains("30001-30005,30008-30010"), "{of_files:#}");
    assert!(turned_away(&of_files, "ipv6").contains("30006-30008"), "{of_files:#}");
    let [live, of_files] = [live, of_files].map(|mut audit| {
        // Those of one kind are in the order of the texts.
        let findings = audit["findings"].as_array_mut().expect("findings");
        *findings = findings.drain(..).map(without_places).collect();
        findings.sort_by_key(Value::to_string);
        audit
    });
    assert_eq!(without_places(live), without_places(of_files));
}

#[test]
fn without_rules_everything_passes_and_without_root_nothing_is_known() {
    require();
    let namespace = Namespace::new("live");
    let folder = folder("live");
    let live = audit(&namespace, folder.path(), "--live");
    assert!(
        live["matrix"].as_array().expect("cells").iter().all(|cell| cell["verdict"] == "open"),
        "{live:#}"
    );
    // What is found is about the service, not about rules.
    let about_rules = |finding: &&Value| !finding["firewall"].is_null();
    assert_eq!(live["findings"].as_array().expect("findings").iter().find(about_rules), None);

    let mut command = namespace.command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.arg(env!("CARGO_BIN_EXE_ftpfw")).args(["audit", "--live"]).args(SERVICE.split_whitespace());
    let output = command.output().expect("a program that starts");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), [].as_slice()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("needs root"), "{said}");
}
