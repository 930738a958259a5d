//! One filter at a time: on the server, the gateway or the client, against the control connection, the passive ports or
//! active data connections, that drops, resets, or answers with each kind of ICMP message.

use std::collections::BTreeSet;

use super::run::{Ask, Connections, PLAIN, Seen, Session, Verdict};
use super::scripted::{Asked, Cast, Scripted};
use crate::command::feed;
use crate::plan::{Family, Plan, Side};
use crate::require::require;
use crate::server::{Config, PASSIVE_PORTS, Server, Software, Tls};
use crate::topology::{Host, Topology};

/// What a filter is against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Control,
    Passive,
    /// The upper half of the passive ports.
    Part,
    Active,
}

impl Target {
    /// Its first packets.
    fn packets(self) -> &'static str {
        match self {
            Self::Control => "tcp dport 21",
            Self::Passive => "tcp dport 30000-30009",
            Self::Part => "tcp dport 30005-30009",
            Self::Active => "tcp sport 20",
        }
    }

    /// Where they pass on a machine.
    fn hook(self, host: Host) -> &'static str {
        match (host, self) {
            (Host::Gateway, _) => "forward",
            (Host::Server, Self::Active) | (Host::Client, Self::Control | Self::Passive | Self::Part) => {
                "output"
            }
            _ => "input",
        }
    }
}

/// How a filter turns packets away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Silently.
    Drop,
    /// With a reset.
    Reset,
    /// With a message of ICMP over IPv4, and one over IPv6.
    Icmp(&'static str, &'static str),
}

/// Every way, and what the one who opened the connection learns of it: `connect` fails alike for a reset and for an
/// unreachable port.
const WAYS: [(Way, Verdict); 9] = [
    (Way::Drop, Verdict::Dropped),
    (Way::Reset, Verdict::Refused),
    (Way::Icmp("port-unreachable", "port-unreachable"), Verdict::Refused),
    (Way::Icmp("admin-prohibited", "admin-prohibited"), Verdict::Rejected),
    (Way::Icmp("host-prohibited", "addr-unreachable"), Verdict::Rejected),
    (Way::Icmp("net-prohibited", "policy-fail"), Verdict::Rejected),
    (Way::Icmp("host-unreachable", "reject-route"), Verdict::Rejected),
    (Way::Icmp("net-unreachable", "no-route"), Verdict::Rejected),
    (Way::Icmp("prot-unreachable", "admin-prohibited"), Verdict::Rejected),
];

impl Way {
    /// The statements for either family.
    fn statements(self) -> [String; 2] {
        match self {
            Self::Drop => ["drop", "drop"].map(str::to_owned),
            Self::Reset => ["reject with tcp reset", "reject with tcp reset"].map(str::to_owned),
            Self::Icmp(ipv4, ipv6) => {
                [format!("reject with icmp type {ipv4}"), format!("reject with icmpv6 type {ipv6}")]
            }
        }
    }
}

/// What the probe has to conclude in one family.
fn expected(
    (host, target): (Host, Target),
    (way, verdict): (Way, Verdict),
    family: Family,
) -> (Connections, &'static str) {
    if let (Host::Client, Way::Icmp(ipv4, ipv6)) = (host, way)
        && target != Target::Active
        // What a machine tells itself where a neighbour does not answer: no sign of a rule.
        && !matches!((family, ipv4, ipv6), (Family::V4, "host-unreachable", _) | (Family::V6, _, "addr-unreachable"))
    {
        // The kernel says that the message came from here.
        let connections = match target {
            Target::Control => Connections::without(Verdict::Rejected),
            _ => Connections::passive(Verdict::Rejected),
        };
        return (connections, "OWN_EGRESS_BLOCKED");
    }
    match (target, verdict) {
        (Target::Control, Verdict::Dropped) => (Connections::without(verdict), "CONTROL_FILTERED"),
        (Target::Control, Verdict::Refused) => (Connections::without(verdict), "CONTROL_REFUSED"),
        (Target::Control, _) => (Connections::without(verdict), "CONTROL_REJECTED"),
        (Target::Passive, Verdict::Dropped) => (Connections::passive(verdict), "RANGE_FILTERED"),
        (Target::Passive | Target::Part, Verdict::Refused) => {
            (Connections::passive(verdict), "REJECT_OR_DEAD")
        }
        (Target::Passive, _) => (Connections::passive(verdict), "RANGE_REJECTED_ADMIN"),
        (Target::Part, _) => (Connections::passive(verdict), "RANGE_PARTLY_FILTERED"),
        (Target::Active, Verdict::Dropped) => (Connections::active(verdict), "ACTIVE_BLOCKED"),
        // All that vsftpd says is that it could not connect.
        (Target::Active, _) => (Connections::active(Verdict::Blocked), "ACTIVE_BLOCKED"),
    }
}

/// Where the evidence does not name who sent the ICMP message that stopped a passive or control connection.
fn senders(topology: &Topology, (host, target): (Host, Target), way: Way, seen: &Seen) -> Vec<String> {
    if target == Target::Active {
        return Vec::new();
    }
    let opening = if target == Target::Control { "P1" } else { "P3" };
    let flows = seen.json["flows"].as_array().into_iter().flatten();
    let stopped = flows.filter(|flow| flow["flow"] == opening);
    stopped
        .filter_map(|flow| {
            let family = if flow["family"] == "ipv4" { Family::V4 } else { Family::V6 };
            let plan = topology.plan;
            let sender = match host {
                Host::Client => plan.client(family),
                Host::Gateway => plan.gateway_of_client(family),
                Host::Server => plan.server(family),
            };
            let expected = matches!(way, Way::Icmp(..)).then(|| sender.to_string());
            let told = flow["evidence"]["icmp"]["from"].as_str();
            (told != expected.as_deref()).then(|| format!("{told:?} sent it, not {expected:?}"))
        })
        .collect()
}

/// Lets every ICMP error out: usually the kernel sends few a second.
pub(super) fn lift_icmp_limits(topology: &Topology) {
    for host in [Host::Client, Host::Gateway, Host::Server] {
        topology.host(host).set(&[("ipv4/icmp_ratelimit", "0"), ("ipv6/icmp/ratelimit", "0")]);
    }
}

/// Ports of the lower and the upper half in turn: two in a row are one of each.
fn in_turn(_: Asked<'_>) -> Vec<u16> {
    PASSIVE_PORTS.take(5).flat_map(|port| [port, port + 5]).collect()
}

fn prove(host: Host, target: Target) {
    require();
    let topology = Topology::new(Plan { side: Side::Server, nat: false });
    lift_icmp_limits(&topology);
    if target == Target::Part {
        let _server = Scripted::start(&topology, &Cast { ports: in_turn, ..Cast::default() });
        for family in Family::ALL {
            filter(&topology, host, target, None, &Ask::default().over(family).with("--read-only"));
        }
        return;
    }
    let config = Config { tls: Tls::None, ..Config::default() };
    let server = Server::run(&topology, Software::Vsftpd, &config);
    let mut ask = Ask::of(Software::Vsftpd, &config).with("--read-only");
    if target == Target::Active {
        // The server's kernel may take note of an ICMP error only with its second SYN, after a second.
        ask.timeout = 3;
    }
    filter(&topology, host, target, Some(&server), &ask);
}

/// Probes through one filter after the other.
fn filter(topology: &Topology, host: Host, target: Target, server: Option<&Server>, ask: &Ask) {
    let firewall = match host {
        Host::Client => "side: client, place: host",
        Host::Gateway => "side: server, place: gateway, interfaces: {outside: outside, inside: inside}",
        Host::Server => "side: server, place: host",
    };
    let firewall = format!("name: one, {firewall}, dialect: nftables");
    let ask = &Ask { firewall, ..ask.clone() };
    let sessions: Vec<Session> =
        PLAIN.into_iter().filter(|(family, _)| ask.families.contains(family)).collect();
    let mut faults = Vec::new();
    for (way, verdict) in WAYS {
        let [ipv4, ipv6] = way.statements();
        let (hook, packets) = (target.hook(host), target.packets());
        let rules = format!(
            "table inet lab {{\n chain filter {{\n  type filter hook {hook} priority 0;\n  \
             tcp flags & (syn | ack) != syn accept\n  {packets} meta nfproto ipv4 {ipv4}\n  {packets} {ipv6}\n }}\n}}\n"
        );
        feed(topology.host(host).command("nft").args(["-f", "-"]), &format!("flush ruleset\n{rules}"));
        let ask = Ask { rules: vec![("rules.nft", rules)], ..ask.clone() };
        let seen = ask.probe(topology, server);
        let (expected, conclusions): (Vec<_>, BTreeSet<&str>) = sessions
            .iter()
            .map(|&session| {
                let (connections, conclusion) = expected((host, target), (way, verdict), session.0);
                ((session, connections), conclusion)
            })
            .unzip();
        let conclusions: Vec<&str> = conclusions.into_iter().collect();
        let mut different = seen.faults(&expected, &conclusions);
        different.extend(senders(topology, (host, target), way, &seen));
        different.extend(seen.disagreements());
        if !different.is_empty() {
            faults.push(format!("{way:?}:\n  {}\n{seen}", different.join("\n  ")));
        }
        if seen.code != Some(1) {
            faults.push(format!("{way:?}: exit code {:?}", seen.code));
        }
    }
    assert!(faults.is_empty(), "{target:?} at {host}:\n{}", faults.join("\n"));
}

macro_rules! filters {
    ($($name:ident: $target:ident at $host:ident;)*) => {$(
        #[test]
        fn $name() {
            prove(Host::$host, Target::$target);
        }
    )*};
}

filters! {
    control_at_the_server: Control at Server;
    control_at_the_gateway: Control at Gateway;
    control_at_the_client: Control at Client;
    passive_at_the_server: Passive at Server;
    passive_at_the_gateway: Passive at Gateway;
    passive_at_the_client: Passive at Client;
    part_at_the_server: Part at Server;
    part_at_the_gateway: Part at Gateway;
    part_at_the_client: Part at Client;
    active_at_the_server: Active at Server;
    active_at_the_gateway: Active at Gateway;
    active_at_the_client: Active at Client;
}
