//! Rule sets as people publish them for FTP, right and wrong.
//!
//! Each file is a whole rule set around one published idea; the number is that idea's, and files with one number belong
//! together. Beside each is the deployment that it is meant for. Here they are read and followed; what is to be said
//! about them is for others.

mod audit;

use std::fs;
use std::path::Path;

use ftpfw::deployment;
use ftpfw::dialect::Format::{self, Iptables, Nft, PfFreebsd, PfOpenbsd};
use ftpfw::dialect::collection::{Collection, Text, read};
use ftpfw::ruleset::trace::{Tracer, spec};

/// What is known of a file: its name, its format, and what it does with some packets.
struct Published {
    name: &'static str,
    format: Format,
    /// Packets, as `trace` reads them after [`COMMON`], and their verdicts.
    verdicts: &'static [(&'static str, &'static str)],
}

/// What is not said of a packet: it goes from a client to the server.
const COMMON: &str = "proto=tcp src=198.51.100.7 sport=40000 dst=203.0.113.10";

/// A connection to the control port of the server, and the old mistake of opening its like over UDP.
const CONTROL: &str = "hook=input dport=21 iif=eth0";
const CONTROL_UDP: &str = "hook=input proto=udp dport=21 iif=eth0";
/// To the port that active data connections come from; nobody listens there.
const DATA_PORT: &str = "hook=input dport=20 iif=eth0";
/// A data connection in passive mode, which no helper has expected, and one that a helper has.
const PASSIVE: &str = "hook=input dport=30005 iif=eth0";
const PASSIVE_RELATED: &str = "hook=input dport=30005 iif=eth0 state=related helper=ftp";
/// A data connection in active mode, as it leaves the server.
const ACTIVE: &str = "hook=output src=203.0.113.10 sport=20 dst=198.51.100.7 dport=40001 oif=eth0";
const ACTIVE_RELATED: &str =
    "hook=output src=203.0.113.10 sport=20 dst=198.51.100.7 dport=40001 oif=eth0 state=related helper=ftp";

const PUBLISHED: &[Published] = &[
    Published {
        name: "01-ports-20-and-21.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (DATA_PORT, "accept"),
            (PASSIVE, "drop"),
            (PASSIVE_RELATED, "accept"),
            (ACTIVE, "accept"),
            (CONTROL_UDP, "drop"),
        ],
    },
    Published {
        name: "03-modprobe-and-established.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (PASSIVE, "drop"),
            (PASSIVE_RELATED, "accept"),
            (ACTIVE, "accept"),
            (CONTROL_UDP, "drop"),
        ],
    },
    Published {
        name: "05-dnat-passive-range.sh",
        format: Iptables,
        verdicts: &[
            ("hook=forward dport=21 iif=eth0 oif=eth1", "drop"),
            ("hook=forward dport=30500 iif=eth0 oif=eth1", "drop"),
            ("hook=forward dport=21 iif=eth0 oif=eth1 state=established", "accept"),
        ],
    },
    Published {
        name: "07-raw-ct-helper.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (PASSIVE, "drop"),
            (PASSIVE_RELATED, "accept"),
            ("hook=input dport=30005 iif=eth0 state=related", "drop"),
        ],
    },
    Published {
        name: "09-ct-helper-object.nft",
        format: Nft,
        verdicts: &[
            (CONTROL, "accept"),
            (PASSIVE, "drop"),
            (PASSIVE_RELATED, "accept"),
            ("hook=input dport=30005 iif=eth0 state=related", "drop"),
        ],
    },
    Published {
        name: "11-helper-for-a-whitelist.nft",
        format: Nft,
        verdicts: &[
            (CONTROL, "accept"),
            ("hook=input src=198.51.100.8 dport=21", "drop"),
            (PASSIVE, "drop"),
            (PASSIVE_RELATED, "accept"),
        ],
    },
    Published {
        name: "11-passive-range-on-an-old-kernel.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            ("hook=input src=198.51.100.8 dport=21", "drop"),
            ("hook=input src=192.0.2.7 dport=10059", "accept"),
            ("hook=input src=192.0.2.7 dport=10060", "drop"),
            (PASSIVE_RELATED, "accept"),
        ],
    },
    Published {
        name: "13-helper-for-one-family.nft",
        format: Nft,
        verdicts: &[
            (CONTROL, "accept"),
            (PASSIVE_RELATED, "accept"),
            ("hook=input src=2001:db8:1::7 dst=2001:db8::10 dport=21", "accept"),
            ("hook=input src=2001:db8:2::7 dst=2001:db8::10 dport=21", "drop"),
            ("hook=input src=2001:db8:1::7 dst=2001:db8::10 dport=30005", "drop"),
        ],
    },
    Published {
        name: "15-helper-match-without-assignment.sh",
        format: Iptables,
        verdicts: &[(CONTROL, "accept"), (PASSIVE, "drop"), (PASSIVE_RELATED, "accept"), (ACTIVE, "accept")],
    },
    Published {
        name: "17-automatic-helper-switched-on.sh",
        format: Iptables,
        verdicts: &[(CONTROL, "accept"), (PASSIVE, "drop"), (PASSIVE_RELATED, "accept")],
    },
    Published {
        name: "19-high-ports-to-high-ports.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (DATA_PORT, "accept"),
            (PASSIVE, "accept"),
            ("hook=input dport=6000", "accept"),
            (ACTIVE, "accept"),
            ("hook=input sport=1023 dport=6000", "drop"),
        ],
    },
    Published {
        name: "19-high-ports-with-state.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (DATA_PORT, "drop"),
            (PASSIVE, "drop"),
            (PASSIVE_RELATED, "accept"),
            (ACTIVE, "drop"),
            (ACTIVE_RELATED, "accept"),
        ],
    },
    Published {
        name: "21-any-to-any-both-ways.pf.conf",
        format: PfOpenbsd,
        verdicts: &[
            ("hook=input dport=21 iif=em0", "accept"),
            ("hook=input proto=udp dport=21 iif=em0", "accept"),
            ("hook=input dport=30005 iif=em0", "drop"),
            ("hook=output src=203.0.113.10 sport=20 dst=198.51.100.7 dport=40001 oif=em0", "accept"),
        ],
    },
    Published {
        name: "23-accept-after-reject.rules.v4",
        format: Iptables,
        verdicts: &[(CONTROL, "reject"), ("hook=input dport=22", "accept"), (ACTIVE, "accept")],
    },
    Published {
        name: "25-ports-of-the-module.sh",
        format: Iptables,
        verdicts: &[
            ("hook=input dport=732", "accept"),
            ("hook=input dport=733", "accept"),
            (CONTROL, "drop"),
            (PASSIVE, "drop"),
            (PASSIVE_RELATED, "accept"),
        ],
    },
    Published {
        name: "27-ufw-any-protocol.rules",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (CONTROL_UDP, "accept"),
            (DATA_PORT, "accept"),
            ("hook=input dport=43257", "accept"),
            ("hook=input dport=8190", "drop"),
        ],
    },
    Published {
        name: "29-wide-passive-range.rules.v4",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            ("hook=input dport=49151 iif=eth0", "drop"),
            ("hook=input dport=49152 iif=ppp0", "accept"),
            ("hook=input dport=65535 iif=eth0", "drop"),
        ],
    },
    Published {
        name: "31-range-for-fifty-clients.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            ("hook=input dport=29798", "drop"),
            ("hook=input dport=29799", "accept"),
            ("hook=input dport=29899", "accept"),
            ("hook=input dport=29900", "drop"),
        ],
    },
    Published {
        name: "33-own-port-and-multiport.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "drop"),
            ("hook=input dport=2121", "accept"),
            ("hook=input dport=62000", "accept"),
            ("hook=input dport=62001", "drop"),
        ],
    },
    Published {
        name: "35-ct-target-in-filter.sh",
        format: Iptables,
        verdicts: &[(CONTROL, "accept"), (PASSIVE, "drop")],
    },
    Published {
        name: "37-anything-from-port-20.sh",
        format: Iptables,
        verdicts: &[
            ("hook=input src=203.0.113.10 sport=20 dst=192.0.2.7 dport=40001", "accept"),
            ("hook=input src=203.0.113.99 sport=20 dst=192.0.2.7 dport=6000", "accept"),
            ("hook=input src=203.0.113.10 sport=21 dst=192.0.2.7 dport=40001", "drop"),
        ],
    },
    Published {
        name: "39-all-high-ports.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (PASSIVE, "accept"),
            ("hook=input dport=1024", "accept"),
            ("hook=input dport=1023", "drop"),
        ],
    },
    Published {
        name: "41-control-port-only.nft",
        format: Nft,
        verdicts: &[(CONTROL, "accept"), (PASSIVE, "drop"), (PASSIVE_RELATED, "accept")],
    },
    Published {
        name: "43-proxy-anchor-without-divert.pf.conf",
        format: PfOpenbsd,
        // Only the machine knows the network of an interface.
        verdicts: &[("hook=forward src=192.168.1.7 dport=21 iif=em1 oif=em0", "unknown")],
    },
    Published {
        name: "45-proxy-for-everybody.pf.conf",
        format: PfFreebsd,
        verdicts: &[
            ("hook=input src=192.168.1.7 dport=21 iif=fxp1", "accept"),
            ("hook=input dport=21 iif=fxp0", "accept"),
        ],
    },
    Published {
        name: "47-static-range-behind-nat.pf.conf",
        format: PfFreebsd,
        verdicts: &[
            ("hook=forward dst=10.0.0.5 dport=21 iif=em0 oif=em1", "accept"),
            ("hook=forward dst=10.0.0.5 dport=30100 iif=em0 oif=em1", "accept"),
            ("hook=forward dst=10.0.0.5 dport=30101 iif=em0 oif=em1", "drop"),
        ],
    },
    Published {
        name: "49-published-to-other-ports.rules.v4",
        format: Iptables,
        verdicts: &[
            ("hook=forward dst=172.17.0.2 dport=21 iif=eth0 oif=docker0", "accept"),
            ("hook=forward dst=172.17.0.2 dport=10000 iif=eth0 oif=docker0", "accept"),
            ("hook=forward dst=172.17.0.2 dport=10001 iif=eth0 oif=docker0", "drop"),
        ],
    },
    Published {
        name: "51-ufw-profile-with-port-20.rules",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (DATA_PORT, "accept"),
            ("hook=input dport=49200", "accept"),
            ("hook=input dport=49201", "drop"),
            (CONTROL_UDP, "drop"),
        ],
    },
    Published {
        name: "53-outwards-from-low-ports.sh",
        format: Iptables,
        verdicts: &[
            (CONTROL, "accept"),
            (ACTIVE, "accept"),
            (ACTIVE_RELATED, "accept"),
            ("hook=input sport=20 dport=6000", "accept"),
            ("hook=output src=203.0.113.10 sport=22 dst=198.51.100.7 dport=40001", "drop"),
        ],
    },
];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/published"))
}

fn content(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn collection(published: &Published) -> Collection {
    let text = Text { name: published.name.to_owned(), content: content(published.name) };
    read(vec![(text, published.format)], &mut |_| None)
}

#[test]
fn every_file_is_told_apart_by_its_content_and_read_without_complaint() {
    for published in PUBLISHED {
        let name = published.name;
        assert_eq!(Format::recognize(name, &content(name)), Some(published.format), "{name}");
        assert_eq!(collection(published).problems, [], "{name}");
    }
}

#[test]
fn every_file_does_what_it_is_known_for() {
    for published in PUBLISHED {
        let collection = collection(published);
        let tracer = Tracer::new(&collection.ruleset);
        for &(packet, verdict) in published.verdicts {
            let words = COMMON.split(' ').filter(|word| {
                let (field, _) = word.split_once('=').expect("a field");
                !packet.split(' ').any(|said| said.split_once('=').is_some_and(|(said, _)| said == field))
            });
            let packet = words.chain(packet.split(' ')).collect::<Vec<_>>().join(" ");
            let (path, packet) = spec::parse(&packet).unwrap_or_else(|error| panic!("{packet}: {error:?}"));
            let trace = tracer.trace(&packet, path);
            assert_eq!(trace.verdict.id(), verdict, "{}: {packet:?}\n{trace:#?}", published.name);
        }
    }
}

#[test]
fn every_file_is_here_and_has_a_deployment() {
    let mut known: Vec<String> = vec!["audit.rs".to_owned(), "main.rs".to_owned()];
    for Published { name, .. } in PUBLISHED {
        let stem = name.split('.').next().expect("a name");
        let yaml = format!("{stem}.yaml");
        let reading = deployment::read(&yaml, content(&yaml).as_bytes(), None);
        let problems: Vec<_> = reading.problems.iter().map(|problem| &problem.kind).collect();
        assert!(reading.deployment.is_some(), "{yaml}: {problems:#?}");
        known.extend([(*name).to_owned(), yaml]);
    }
    known.sort();
    let mut there: Vec<String> = fs::read_dir(folder())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    assert_eq!(there, known);
}
