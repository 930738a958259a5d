//! Servers that misbehave, by script: what they send is contained, and nobody else is ever connected to.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::run::{Ask, Connections, PLAIN, Seen, Session, Verdict, all};
use super::scripted::{Act, Cast, Script, Scripted, encryption};
use crate::plan::{Family, Plan, Side};
use crate::require::require;
use crate::server::Tls;
use crate::topology::{Host, Topology};

/// One family, plain.
const IPV4: [Session; 1] = [(Family::V4, false)];
const IPV4_BOTH: [Session; 2] = [(Family::V4, false), (Family::V4, true)];

/// The control connection is there, and nothing is known of data connections.
const CONTROL_ONLY: Connections = Connections::without(Verdict::Pass);

fn topology() -> Topology {
    require();
    Topology::new(Plan { side: Side::Server, nat: false })
}

/// Probes a scripted server.
fn probe(cast: &Cast, ask: &Ask) -> Seen {
    let topology = topology();
    let _server = Scripted::start(&topology, cast);
    ask.probe(&topology, None)
}

/// Probes a server that differs from a good one by its script.
fn scripted(script: Script) -> Seen {
    probe(&Cast { script, ..Cast::default() }, &Ask::default())
}

/// Probes a scripted server that has TLS, over IPv4.
fn encrypted(cast: &Cast) -> Seen {
    let cast = Cast { tls: Some(encryption()), ..cast.clone() };
    let ask = Ask { tls: Tls::Explicit, ..Ask::default() }.over(Family::V4).with("--insecure");
    probe(&cast, &ask)
}

#[test]
fn a_good_one() {
    scripted(|_| None).expect("a good server", &all(&PLAIN, Connections::OPEN), &[]);
}

#[test]
fn a_good_one_with_tls() {
    encrypted(&Cast::default()).expect("a good server", &all(&IPV4_BOTH, Connections::OPEN), &[]);
}

#[test]
fn dripping() {
    let start = Instant::now();
    let seen = scripted(|asked| {
        asked.verb.is_empty().then(|| Act::Repeat(b"2".to_vec(), Duration::from_millis(200)))
    });
    let expected = all(&PLAIN, Connections::without(Verdict::Inconclusive));
    seen.expect("a slow server", &expected, &["NO_GREETING"]);
    // Each byte anew would be some 60,000 s of patience for the longest reply.
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn closing() {
    let seen = scripted(|asked| asked.verb.is_empty().then_some(Act::Close));
    let expected = all(&PLAIN, Connections::without(Verdict::Inconclusive));
    seen.expect("a server that closes", &expected, &["NO_GREETING"]);
}

#[test]
fn a_line_without_end() {
    let seen =
        scripted(|asked| asked.verb.is_empty().then(|| Act::Repeat(vec![b'2'; 1 << 16], Duration::ZERO)));
    let expected = all(&PLAIN, Connections::without(Verdict::Inconclusive));
    seen.expect("megabytes without a line end", &expected, &["NOT_FTP"]);
}

#[test]
fn a_reply_without_end() {
    let seen = scripted(|asked| {
        asked.verb.is_empty().then(|| Act::Repeat(b"220-more\r\n".repeat(1000), Duration::ZERO))
    });
    let expected = all(&PLAIN, Connections::without(Verdict::Inconclusive));
    seen.expect("lines without end", &expected, &["NOT_FTP"]);
}

#[test]
fn rubbish_after_the_login() {
    let seen = scripted(|asked| {
        matches!(asked.verb, "PASV" | "EPSV" | "PORT" | "EPRT")
            .then(|| Act::Say(b"\x1b[2J\xff\xfe\x00 nothing\r\n".to_vec()))
    });
    seen.expect("rubbish for ports", &all(&PLAIN, CONTROL_ONLY), &["NOT_FTP"]);
}

#[test]
fn full() {
    let seen = scripted(|asked| asked.verb.is_empty().then(|| Act::reply("421 too many users")));
    seen.expect("a full server", &all(&PLAIN, CONTROL_ONLY), &["SERVER_FULL"]);
}

#[test]
fn a_third_party_is_left_alone() {
    let topology = topology();
    // The gateway's own address, which the client could reach.
    let third = topology.plan.gateway_of_client(Family::V4);
    let listener = topology.host(Host::Gateway).enter(|| TcpListener::bind(SocketAddr::new(third, 5000)));
    let listener = listener.expect("a port of the gateway");
    listener.set_nonblocking(true).expect("a listener that does not block");
    let cast = Cast {
        script: |asked| {
            (asked.verb == "PASV").then(|| Act::reply("227 Entering Passive Mode (198,51,100,1,19,136)."))
        },
        ..Cast::default()
    };
    assert_eq!(third, Ipv4Addr::new(198, 51, 100, 1));
    let server = Scripted::start(&topology, &cast);
    let seen = Ask::default().over(Family::V4).probe(&topology, None);
    drop(server);
    // What is on offer is outside the declared range too: port 5000.
    seen.expect(
        "a reply to PASV that names a third party",
        &all(&IPV4, Connections::OPEN),
        &["BAD_ADVERTISED_ADDR", "RANGE_OVERFLOW"],
    );
    let visitor = listener.accept().map(|(_, visitor)| visitor);
    assert!(
        visitor.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock),
        "the probe connected to a third party: {visitor:?}"
    );
}

#[test]
fn a_reply_to_pasv_without_an_address() {
    let seen = probe(
        &Cast {
            script: |asked| {
                (asked.verb == "PASV").then(|| Act::reply("227 Entering Passive Mode (999,1,2,3,4,5)."))
            },
            ..Cast::default()
        },
        &Ask::default().over(Family::V4),
    );
    seen.expect("rubbish for an address", &all(&IPV4, Connections::OPEN), &[]);
}

#[test]
fn control_characters_stay_away_from_the_terminal() {
    let topology = topology();
    let cast = Cast {
        script: |asked| {
            asked.verb.is_empty().then(|| Act::reply("421-\x1b]0;owned\x07\x1b[2J\r\n421 \u{9b}31mfull"))
        },
        ..Cast::default()
    };
    let _server = Scripted::start(&topology, &cast);
    let ask = Ask::default();
    let seen = ask.probe(&topology, None);
    seen.expect("control characters", &all(&PLAIN, CONTROL_ONLY), &["SERVER_FULL"]);
    let text = ask.print(&topology, &["--format", "text"]);
    assert!(text.contains("owned"), "{text}");
    assert!(!text.chars().any(|one| one.is_control() && one != '\n'), "{text:?}");
}

#[test]
fn hanging_after_a_port() {
    let seen = scripted(|asked| matches!(asked.verb, "PORT" | "EPRT").then_some(Act::Hang));
    let expected = all(&PLAIN, Connections::active(Verdict::Inconclusive));
    seen.expect("a gateway that swallows PORT", &expected, &["ALG_INTERFERENCE"]);
}

#[test]
fn closed_after_a_port() {
    let seen = scripted(|asked| matches!(asked.verb, "PORT" | "EPRT").then_some(Act::Close));
    let expected = all(&PLAIN, Connections::active(Verdict::Inconclusive));
    seen.expect("a gateway that resets after PORT", &expected, &["ALG_INTERFERENCE"]);
}

#[test]
fn closed_after_passive_commands() {
    let seen = scripted(|asked| matches!(asked.verb, "PASV" | "EPSV").then_some(Act::Close));
    let expected = all(&PLAIN, Connections::passive(Verdict::Inconclusive));
    seen.expect("a gateway that resets after PASV", &expected, &["ALG_INTERFERENCE"]);
}

#[test]
fn one_transfer_is_lost() {
    static LISTINGS: AtomicUsize = AtomicUsize::new(0);
    let seen = scripted(|asked| {
        let first = asked.verb == "LIST" && LISTINGS.fetch_add(1, Ordering::Relaxed) == 0;
        first.then_some(Act::Hang)
    });
    seen.expect("a server that loses one transfer of many", &all(&PLAIN, Connections::OPEN), &[]);
}
