//! Data connections of control connections that were translated: they are translated alike, and no rule is asked.
//!
//! The client in `lan0` speaks to a public address; the server that a rule leads it to is in `lan1`. What is let through
//! tells where a data connection came to.

use std::net::IpAddr;
use std::process::Command;

use ftpfw::dialect::nftables;
use ftpfw::packet::{Family, Membership, Packet, PacketSet, Payload, Protocol, Space, State};
use ftpfw::ruleset::evaluate::{Question, accepted};
use ftpfw::ruleset::trace::{Path, Tracer, Verdict};

use super::frame::{Rest, packet, tag};
use super::place::{BOX, HOSTS, INTERFACES, TRANSLATED, TRANSLATED_LAST, address, route};
use super::range::{Range, Sent, lab_rules};
use crate::command::{feed, run};
use crate::require::require;

const CLIENT_PORT: u16 = 20_000;
const DATA_PORT: u16 = 41_000;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
const PSH: u8 = 0x08;

/// Who takes part, in one family.
struct Cast {
    client: IpAddr,
    public: IpAddr,
    server: IpAddr,
    /// Where a rule for the data connection itself would lead.
    other: IpAddr,
    /// The address that the box hides the client behind, where it does.
    hider: IpAddr,
}

#[test]
fn data_connections_go_where_their_control_connections_went() {
    require();
    let mut range = Range::new();
    let (mut tried, mut doubtful) = (0, 0);
    for family in Family::ALL {
        let cast = Cast {
            client: address(family, 0, HOSTS[0]),
            public: address(family, 1, HOSTS[0]),
            server: address(family, 1, TRANSLATED),
            other: address(family, 1, TRANSLATED_LAST),
            hider: address(family, 1, BOX),
        };
        for control in [true, false] {
            for data in [true, false] {
                for hides in [true, false] {
                    for allowed in
                        ["daddr public", "daddr server", "daddr other", "status dnat", "status ! dnat"]
                    {
                        let rules = rules(family, &cast, (control, data, hides), allowed);
                        doubtful += usize::from(agree(&mut range, &cast, control, &rules));
                        tried += 1;
                    }
                }
            }
        }
    }
    // Only where rules might be asked, and might not, is there any doubt.
    assert!(doubtful * 2 < tried, "{doubtful} of {tried} are in doubt");
}

fn rules(family: Family, cast: &Cast, (control, data, hides): (bool, bool, bool), allowed: &str) -> String {
    let ip = if family == Family::Ipv4 { "ip" } else { "ip6" };
    let Cast { public, server, other, hider, .. } = cast;
    let control = control.then(|| format!("{ip} daddr {public} tcp dport 21 dnat to {server}"));
    let data = data.then(|| format!("tcp dport {DATA_PORT} dnat to {other}"));
    let nat: Vec<String> = control.into_iter().chain(data).collect();
    let nat = nat.join("\n  ");
    let hidden = if hides { format!("snat to {hider}") } else { String::new() };
    let allowed = match allowed.split_once(' ') {
        Some(("daddr", "public")) => format!("{ip} daddr {public}"),
        Some(("daddr", "server")) => format!("{ip} daddr {server}"),
        Some(("daddr", _)) => format!("{ip} daddr {other}"),
        _ => format!("ct {allowed}"),
    };
    format!(
        "table {ip} t {{
 ct helper ftp {{
  type \"ftp\" protocol tcp;
 }}
 chain help {{
  type filter hook prerouting priority -150;
  tcp dport 21 ct helper set \"ftp\"
 }}
 chain dstnat {{
  type nat hook prerouting priority -100;
  {nat}
 }}
 chain srcnat {{
  type nat hook postrouting priority 100;
  {hidden}
 }}
 chain forward {{
  type filter hook forward priority 0; policy drop;
  tcp dport 21 accept
  tcp sport 21 accept
  {allowed} accept
 }}
}}
"
    )
}

/// Holds the tracer against the kernel, and says whether it leaves open what happens.
fn agree(range: &mut Range, cast: &Cast, translated: bool, rules: &str) -> bool {
    range.target.enter(|| feed(Command::new("nft").args(["-f", "-"]), &(lab_rules() + rules)));
    range.target.enter(|| run(Command::new("conntrack").arg("-F")));
    let server = if translated { cast.server } else { cast.public };
    for sent in control(cast, server, rules.contains("snat to")) {
        range.send(&sent);
    }
    range.seen();
    let segment = Payload::Tcp { source_port: CLIENT_PORT + 1, destination_port: DATA_PORT, flags: SYN };
    let rest = Rest { sequence: (9000, 0), data: &tag(1), ..Rest::default() };
    range.send(&Sent { from: Some(0), bytes: packet(cast.client, cast.public, segment, rest) });
    let arrived = range.seen().outside.contains(&1);

    let reading = nftables::read(rules, 0, &mut |_| None);
    assert_eq!(reading.problems, [], "{rules}");
    // As the translation of the control connection leaves it.
    let data = Packet {
        source: cast.client,
        destination: server,
        payload: segment,
        state: State::Related,
        reply: false,
        helper: Some("ftp".to_owned()),
        in_interface: INTERFACES[0].to_owned(),
        out_interface: INTERFACES[1].to_owned(),
        mark: 0,
        connection_mark: 0,
    };
    assert_eq!((route(server), data.payload.protocol()), (Some(1), Protocol::Tcp));
    let trace = Tracer::new(&reading.ruleset).trace(&data, Path::Forward);
    match trace.verdict {
        Verdict::Unknown => {}
        verdict => assert_eq!(verdict == Verdict::Accept, arrived, "{rules}\n{trace:?}"),
    }
    let mut space = Space::default();
    let question = Question::about(Path::Forward, PacketSet::FULL);
    let set = accepted(&reading.ruleset, question, &mut space).expect("a small rule set");
    let never = if arrived { Membership::Never } else { Membership::Always };
    assert_ne!(space.membership(set, &data), never, "{rules}");
    trace.verdict == Verdict::Unknown
}

/// A control connection, up to the line that announces a data connection.
fn control(cast: &Cast, server: IpAddr, hidden: bool) -> Vec<Sent> {
    // The server answers whom it sees: the box, where that hides the client.
    let seen = if hidden { cast.hider } else { cast.client };
    let mut sequence = [1000, 5000];
    let mut say = |by_client: bool, flags: u8, line: &str| {
        let (from, source, destination) =
            if by_client { (0, cast.client, cast.public) } else { (1, server, seen) };
        let ports = if by_client { (CLIENT_PORT, 21) } else { (21, CLIENT_PORT) };
        let payload = Payload::Tcp { source_port: ports.0, destination_port: ports.1, flags };
        let [client, answer] = sequence;
        let numbers = if by_client { (client, answer) } else { (answer, client) };
        let rest = Rest { sequence: numbers, icmp: [0; 4], data: line.as_bytes() };
        let length = u32::try_from(line.len()).expect("a short line") + u32::from(flags & SYN != 0);
        sequence[usize::from(!by_client)] += length;
        Sent { from: Some(from), bytes: packet(source, destination, payload, rest) }
    };
    let reply = match server {
        IpAddr::V4(address) => {
            let [high, low] = DATA_PORT.to_be_bytes();
            format!("227 here ({address},{high},{low}).\r\n").replace('.', ",").replace("),", ").")
        }
        IpAddr::V6(_) => format!("229 here (|||{DATA_PORT}|)\r\n"),
    };
    vec![
        say(true, SYN, ""),
        say(false, SYN | ACK, ""),
        say(true, ACK, ""),
        say(false, PSH | ACK, "220 ready\r\n"),
        say(true, PSH | ACK, "NOOP\r\n"),
        say(false, PSH | ACK, &reply),
    ]
}
