//! Servers that misbehave, by script: what they send is contained, and nobody else is ever connected to.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;

use super::run::{Ask, Connections, PLAIN, Seen, Session, Verdict, all};
use super::scripted::{Act, Cast, Script, Scripted};
use crate::command::feed;
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

/// What encrypts sessions, and lets none be resumed.
fn encryption() -> Arc<ServerConfig> {
    let own = rcgen::generate_simple_self_signed(["lab".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a certificate and its key");
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
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
fn silent() {
    let seen = scripted(|asked| asked.verb.is_empty().then_some(Act::Hang));
    let expected = all(&PLAIN, Connections::without(Verdict::Inconclusive));
    seen.expect("a silent server", &expected, &["NO_GREETING"]);
    assert_eq!(seen.code, Some(3));
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
fn another_protocol() {
    let seen = scripted(|asked| asked.verb.is_empty().then(|| Act::reply("SSH-2.0-OpenSSH_9.2")));
    let expected = all(&PLAIN, Connections::without(Verdict::Inconclusive));
    seen.expect("a server of another protocol", &expected, &["NOT_FTP"]);
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
fn lost_after_the_login() {
    let seen = scripted(|asked| matches!(asked.verb, "FEAT" | "SYST" | "TYPE").then_some(Act::Close));
    seen.expect("a server that goes after the login", &all(&PLAIN, CONTROL_ONLY), &["CONTROL_LOST"]);
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

#[test]
fn every_transfer_is_lost() {
    let seen = scripted(|asked| (asked.verb == "LIST").then_some(Act::Hang));
    let expected =
        Connections { passive: Verdict::Inconclusive, ..Connections::active(Verdict::Inconclusive) };
    seen.expect("a server that hangs in every transfer", &all(&PLAIN, expected), &["TRANSFER_FAILED"]);
    assert_eq!(seen.code, Some(3));
}

#[test]
fn ports_rewritten_on_the_path() {
    let seen = encrypted(&Cast {
        ports: |asked| if asked.tls { (30000..30010).collect() } else { (36000..36010).collect() },
        ..Cast::default()
    });
    seen.expect("rewritten ports", &all(&IPV4_BOTH, Connections::OPEN), &["NAT_REWRITE"]);
}

#[test]
fn some_ports_outside() {
    let ports = |asked: super::scripted::Asked<'_>| {
        if asked.verb == "EPSV" { (30000..30010).collect() } else { (36000..36010).collect() }
    };
    let seen = probe(&Cast { ports, ..Cast::default() }, &Ask::default().over(Family::V4));
    seen.expect("some ports outside", &all(&IPV4, Connections::OPEN), &["RANGE_OVERFLOW"]);
}

#[test]
fn part_of_the_range() {
    let topology = topology();
    let rules = "table inet lab { chain input { type filter hook input priority 0; tcp dport 30005-30009 drop; }; }\n";
    feed(topology.host(Host::Server).command("nft").args(["-f", "-"]), rules);
    let cast = Cast {
        ports: |asked| {
            if asked.verb == "EPSV" { (30000..30005).collect() } else { (30005..30010).collect() }
        },
        ..Cast::default()
    };
    let _server = Scripted::start(&topology, &cast);
    let seen = Ask::default().over(Family::V4).probe(&topology, None);
    let expected = all(&IPV4, Connections::passive(Verdict::Dropped));
    seen.expect("a filter on part of the range", &expected, &["RANGE_PARTLY_FILTERED"]);
}

#[test]
fn sessions_have_to_be_resumed() {
    let seen = encrypted(&Cast {
        complaint: Some("522 SSL connection failed: session reuse required"),
        ..Cast::default()
    });
    seen.expect("session reuse", &all(&IPV4_BOTH, Connections::OPEN), &["TLS_REUSE_REQUIRED"]);
}

#[test]
fn data_connections_without_the_agreed_tls() {
    let seen = encrypted(&Cast { protects: false, ..Cast::default() });
    let failed =
        Connections { control: Verdict::Pass, passive: Verdict::Inconclusive, active: Verdict::Inconclusive };
    let expected = [((Family::V4, false), Connections::OPEN), ((Family::V4, true), failed)];
    seen.expect("no TLS on data connections", &expected, &["DATA_TLS_FAILED"]);
}

#[test]
fn every_port_is_taken() {
    let ask = Ask::default().over(Family::V4).with("--policy");
    let script: Script = |asked| matches!(asked.verb, "PORT" | "EPRT").then(|| Act::reply("200 sure"));
    let seen = probe(&Cast { script, ..Cast::default() }, &ask);
    let conclusions = seen.conclusions();
    for risk in ["BOUNCE_RISK", "EPSV_ALL_IGNORED"] {
        assert!(conclusions.contains(risk), "{risk}: {seen}");
    }
    assert!(!conclusions.contains("BOUNCE_SAFE"), "{seen}");
}
