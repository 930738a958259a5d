//! `ftpfw probe --sweep` with `ftpfw respond` at the other end: every port, and which way packets are lost.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::thread;

use serde_json::Value;

use super::respond::Responder;
use super::run::{Ask, Seen};
use crate::command::feed;
use crate::plan::{Family, Plan, Side};
use crate::require::require;
use crate::topology::{Host, Topology};

/// Ports in a row with one outcome.
type Run<'a> = (u16, u16, &'a str);

/// All ports are open, and every active connection arrives.
const OPEN: [Run<'static>; 1] = [(30000, 30009, "open")];

fn topology() -> Topology {
    require();
    Topology::new(Plan { side: Side::Server, nat: false })
}

/// Loads a base chain on a machine.
fn load(topology: &Topology, host: Host, hook: &str, rules: &str) {
    let table = format!(
        "table inet lab {{\n chain one {{\n  type filter hook {hook} priority 0;\n  {rules}\n }}\n}}\n"
    );
    feed(topology.host(host).command("nft").args(["-f", "-"]), &table);
}

/// What a sweep says of one family.
struct Swept<'a> {
    passive: Vec<Run<'a>>,
    /// The outcomes, each with the source port or the error.
    active: Vec<(&'a str, Option<u64>)>,
}

fn swept(seen: &Seen, family: Family) -> Swept<'_> {
    let name = family.to_string().to_lowercase();
    let sweeps = seen.json["sweep"].as_array().expect("sweeps");
    let sweep = sweeps.iter().find(|sweep| sweep["family"] == name.as_str()).expect("one of the family");
    assert_eq!(sweep["failure"], Value::Null, "{seen}");
    let number = |value: &Value| value.as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
    let runs = sweep["passive"].as_array().expect("runs").iter();
    let passive = runs.map(|run| {
        (number(&run["first"]), number(&run["last"]), run["outcome"].as_str().expect("an outcome"))
    });
    let active = sweep["active"].as_array().expect("attempts").iter();
    let active = active.map(|one| {
        let detail = one["from"].as_u64().or(one["errno"].as_u64());
        (one["outcome"].as_str().expect("an outcome"), detail)
    });
    Swept { passive: passive.collect(), active: active.collect() }
}

/// Sweeps through one filter, in both families.
fn prove(host: Host, hook: &str, rules: &str, passive: &[Run<'_>], active: &[(&str, Option<u64>)]) {
    let topology = topology();
    super::filters::lift_icmp_limits(&topology);
    let ask = Ask::default().with("--sweep");
    let _responder = Responder::start(&topology, &ask);
    load(&topology, host, hook, rules);
    let seen = ask.probe(&topology, None);
    for family in Family::ALL {
        let swept = swept(&seen, family);
        assert_eq!(swept.passive, passive, "{family}: {seen}");
        assert_eq!(swept.active, active, "{family}: {seen}");
    }
    let clear = passive == OPEN && active == ARRIVED;
    assert_eq!(seen.code, Some(i32::from(!clear)), "{seen}");
}

/// Each of the attempts, from the data port.
const ARRIVED: [(&str, Option<u64>); 3] = [("arrived", Some(20)); 3];

macro_rules! sweeps {
    ($($name:ident: $host:ident $hook:literal $rules:literal, $passive:expr, $active:expr;)*) => {$(
        #[test]
        fn $name() {
            prove(Host::$host, $hook, $rules, &$passive, &$active);
        }
    )*};
}

sweeps! {
    nothing_in_the_way: Gateway "forward" "accept", OPEN, ARRIVED;

    some_syns_are_lost: Server "input" "tcp dport 30003-30005 drop",
        [(30000, 30002, "open"), (30003, 30005, "syn-lost"), (30006, 30009, "open")], ARRIVED;

    all_syns_are_lost: Gateway "forward" "tcp dport 30000-30009 drop",
        [(30000, 30009, "syn-lost")], ARRIVED;

    the_answers_are_lost_on_the_server: Server "output" "tcp sport 30003-30005 drop",
        [(30000, 30002, "open"), (30003, 30005, "answer-lost"), (30006, 30009, "open")], ARRIVED;

    the_answers_are_lost_on_the_way: Gateway "forward" "tcp sport 30008-30009 drop",
        [(30000, 30007, "open"), (30008, 30009, "answer-lost")], ARRIVED;

    the_answers_are_lost_on_the_client: Client "input" "tcp sport 30000 drop",
        [(30000, 30000, "answer-lost"), (30001, 30009, "open")], ARRIVED;

    one_way_and_the_other: Gateway "forward" "tcp dport 30000 drop\n  tcp sport 30001 drop",
        [(30000, 30000, "syn-lost"), (30001, 30001, "answer-lost"), (30002, 30009, "open")], ARRIVED;

    resets: Server "input" "tcp dport 30004 reject with tcp reset",
        [(30000, 30003, "open"), (30004, 30004, "refused"), (30005, 30009, "open")], ARRIVED;

    errors: Gateway "forward" "tcp dport 30004-30009 reject with icmpx type admin-prohibited",
        [(30000, 30003, "open"), (30004, 30009, "rejected")], ARRIVED;

    active_connections_are_lost: Server "output" "tcp sport 20 drop", OPEN, [("dropped", None)];

    active_connections_are_lost_on_the_client: Client "input" "tcp sport 20 drop", OPEN, [("dropped", None)];

    active_connections_are_reset: Client "input" "tcp sport 20 reject with tcp reset",
        OPEN, [("failed", Some(111))];

    active_connections_that_another_port_may_open: Server "output" "tcp sport != { 21, 30000-30009 } drop",
        OPEN, [("dropped", None)];
}

/// Linux limits ICMP errors: what gets none is never called dropped, however many ports are rejected, and what is dropped
/// beside them never rejected.
#[test]
fn errors_that_the_kernel_limits() {
    for (way, answered) in
        [("icmpx type admin-prohibited", "rejected"), ("icmpx type port-unreachable", "refused")]
    {
        let topology = topology();
        let ask = Ask { range: 30000..=30029, ..Ask::default() }.with("--sweep");
        let _responder = Responder::start(&topology, &ask);
        let rules = format!("tcp dport 30000-30019 reject with {way}\n  tcp dport 30020-30029 drop");
        load(&topology, Host::Server, "input", &rules);
        let seen = ask.probe(&topology, None);
        for family in Family::ALL {
            let runs = swept(&seen, family).passive;
            let wrong = |&&(first, last, outcome): &&Run<'_>| match outcome {
                "rate-limited" => false,
                "syn-lost" => first < 30020,
                outcome => outcome != answered || last >= 30020,
            };
            let wrong: Vec<_> = runs.iter().filter(wrong).collect();
            assert!(wrong.is_empty(), "{way} over {family}: {wrong:?} of {runs:?}");
            for outcome in [answered, "rate-limited"] {
                assert!(runs.iter().any(|run| run.2 == outcome), "{way} over {family}: {runs:?}");
            }
        }
        assert_eq!(seen.code, Some(1));
    }
}

/// Somebody else answers on the way, who does not know the token.
#[test]
fn a_port_that_leads_elsewhere() {
    let topology = topology();
    let ask = Ask::default().over(Family::V4).with("--sweep");
    let _responder = Responder::start(&topology, &ask);
    let table = "table ip nat { chain prerouting {
        type nat hook prerouting priority dstnat; tcp dport 30007 redirect to :7007; }; }\n";
    feed(topology.host(Host::Gateway).command("nft").args(["-f", "-"]), table);
    let address = SocketAddr::new(topology.plan.gateway_of_client(Family::V4), 7007);
    let other = topology.host(Host::Gateway).enter(|| TcpListener::bind(address)).expect("a port");
    thread::spawn(move || {
        for mut visitor in other.incoming().flatten() {
            let _ = visitor.write_all(b"220 somebody else\r\n");
        }
    });
    let seen = ask.probe(&topology, None);
    let swept = swept(&seen, Family::V4);
    let expected = [(30000, 30006, "open"), (30007, 30007, "wrong-host"), (30008, 30009, "open")];
    assert_eq!(swept.passive, expected, "{seen}");
    assert_eq!(seen.code, Some(1));
}
