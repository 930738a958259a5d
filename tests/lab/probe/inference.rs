//! What the probe concludes from what it sees: a table, row by row brought about by real packets.
//!
//! Each row names what is seen, the conclusions (all of them: there is no other), what every session gets, and how the lab
//! brings it about.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::iter;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use ftpfw::probe::conclusion::{Gravity, Kind};

use super::run::{BOTH, Connections, PLAIN, Session, Verdict, all};
use super::scripted::{Act, Asked, Cast, encryption};
use super::stage::{Stage, take_every_port};
use crate::plan::{Family, Side};
use crate::server::{CONTROL_PORT, Config, Software, Tls};
use crate::topology::{Host, Topology};

use Connections as See;
use Software::{Proftpd, Pureftpd, Pyftpdlib, Vsftpd};
use Verdict::{Blocked, Dropped, Inconclusive, Pass, Refused, Rejected};

/// The sessions over IPv4: plain, and under TLS.
const IPV4: Session = (Family::V4, false);
const IPV4_TLS: Session = (Family::V4, true);
const IPV6: Session = (Family::V6, false);
const IPV6_TLS: Session = (Family::V6, true);
const IPV4_BOTH: [Session; 2] = [IPV4, IPV4_TLS];
const IPV6_BOTH: [Session; 2] = [IPV6, IPV6_TLS];

/// The control connection is there, and nothing is known of data connections.
const CONTROL_ONLY: See = See::without(Pass);
const NO_ANSWER: See = See::without(Inconclusive);

type Expected = Vec<(Session, Connections)>;

/// Some sessions see this, and others that.
fn either(some: &[Session], this: See, others: &[Session], that: See) -> Expected {
    all(some, this).into_iter().chain(all(others, that)).collect()
}

fn plain_and_tls(plain: See, tls: See) -> Expected {
    either(&PLAIN, plain, &[IPV4_TLS, IPV6_TLS], tls)
}

/// Brings a row about.
fn prove(what: &str, stage: Stage, expected: &[(Session, Connections)], kinds: &[Kind]) {
    let seen = stage.probe();
    let conclusions: Vec<&str> = kinds.iter().map(|kind| kind.id()).collect();
    seen.expect(what, expected, &conclusions);
    let verdicts = expected.iter().flat_map(|(_, it)| [it.control, it.passive, it.active]);
    let verdicts: BTreeSet<Verdict> = verdicts.collect();
    let blocks = [Dropped, Rejected, Refused, Blocked].iter().any(|verdict| verdicts.contains(verdict));
    let code = if blocks {
        1
    } else if verdicts.contains(&Inconclusive) {
        3
    } else {
        i32::from(kinds.iter().any(|kind| kind.gravity() == Gravity::Fault))
    };
    assert_eq!(seen.code, Some(code), "{what}: the exit code");
}

macro_rules! rows {
    ($($name:ident: $seen:literal => [$($kind:ident),+], $expected:expr, $stage:expr;)*) => {
        $(
            #[test]
            fn $name() {
                prove($seen, $stage, &$expected, &[$(Kind::$kind),+]);
            }
        )*

        /// What each row concludes.
        const ROWS: &[&[Kind]] = &[$(&[$(Kind::$kind),+]),*];
    };
}

// The control connection, up to where a session can transfer.
rows! {
    control_silent: "the SYN to the control port gets no answer"
        => [ControlFiltered], all(&BOTH, See::without(Dropped)),
        Stage::vsftpd(Tls::Explicit).filter(Host::Gateway, "forward", &["tcp dport 21 drop"]);

    control_rejected: "an ICMP error answers the SYN to the control port"
        => [ControlRejected], all(&BOTH, See::without(Rejected)),
        Stage::vsftpd(Tls::Explicit)
            .filter(Host::Gateway, "forward", &["tcp dport 21 reject with icmpx type admin-prohibited"])
            .prepared(unlimited);

    control_reset: "a reset answers the SYN to the control port"
        => [ControlRefused], all(&BOTH, See::without(Refused)),
        Stage::vsftpd(Tls::Explicit).filter(Host::Gateway, "forward", &["tcp dport 21 reject with tcp reset"]);

    own_egress: "an error of this machine, before any packet left"
        => [OwnEgressBlocked], all(&IPV4_BOTH, See::without(Rejected)),
        Stage::vsftpd(Tls::Explicit).over(Family::V4).prepared(|topology| {
            let server = topology.plan.server(Family::V4);
            topology.host(Host::Client).configure(&format!("route add prohibit {server}/32\n"));
        });

    one_family: "IPv4 works, and IPv6 does not"
        => [ControlFiltered, FamilyGap], either(&IPV4_BOTH, See::OPEN, &IPV6_BOTH, See::without(Dropped)),
        Stage::vsftpd(Tls::Explicit)
            .filter(Host::Gateway, "forward", &["meta nfproto ipv6 tcp dport 21 drop"]);

    one_family_for_data: "the control connection works in both families, and the range in one"
        => [RangeFiltered, FamilyGap],
        either(&IPV6_BOTH, See::OPEN, &IPV4_BOTH, See::passive(Dropped)),
        Stage::vsftpd(Tls::Explicit)
            .filter(Host::Server, "input", &["meta nfproto ipv4 tcp dport 30000-30009 drop"]);

    silent_server: "the control connection opens, and nothing is said"
        => [NoGreeting], all(&PLAIN, NO_ANSWER),
        Stage::scripted(Cast::of(|asked| asked.verb.is_empty().then_some(Act::Hang)));

    other_protocol: "something else than FTP is spoken"
        => [NotFtp], all(&PLAIN, NO_ANSWER),
        Stage::scripted(Cast::of(|asked| {
            asked.verb.is_empty().then(|| Act::reply("SSH-2.0-OpenSSH_9.2"))
        }));

    full_server: "421 instead of a greeting, or of a login"
        => [ServerFull], all(&BOTH, CONTROL_ONLY),
        Stage::real(Vsftpd, Config { sessions: Some(1), ..Config::default() }).keeping(hold_a_session);

    no_tls: "AUTH TLS is refused"
        => [TlsUnavailable], plain_and_tls(See::OPEN, CONTROL_ONLY),
        Stage::vsftpd(Tls::None).declared(|ask| ask.tls = Tls::Explicit).untrusted();

    unknown_certificate: "a certificate that nobody has signed"
        => [CertificateRejected], plain_and_tls(See::OPEN, CONTROL_ONLY),
        Stage::vsftpd(Tls::Explicit).untrusted();

    tls_demanded: "a login in the clear is refused for want of TLS"
        => [TlsRequired], all(&PLAIN, CONTROL_ONLY),
        Stage::vsftpd(Tls::Required).declared(|ask| ask.tls = Tls::None);

    wrong_password: "the login is refused"
        => [LoginFailed], all(&PLAIN, CONTROL_ONLY),
        Stage::vsftpd(Tls::None).with("--user nobody");

    lost_control: "the control connection ends after the login"
        => [ControlLost], all(&PLAIN, CONTROL_ONLY),
        Stage::scripted(Cast::of(|asked| {
            matches!(asked.verb, "FEAT" | "SYST" | "TYPE").then_some(Act::Close)
        }));

    // Passive data connections.

    range_silent: "SYNs to passive ports get no answer, plain and under TLS"
        => [RangeFiltered], all(&BOTH, See::passive(Dropped)),
        Stage::vsftpd(Tls::Explicit).filter(Host::Server, "input", &["tcp dport 30000-30009 drop"]);

    range_rejected: "ICMP errors answer the SYNs to passive ports"
        => [RangeRejectedAdmin], all(&BOTH, See::passive(Rejected)),
        Stage::vsftpd(Tls::Explicit)
            .filter(Host::Gateway, "forward", &[REJECT_RANGE])
            .prepared(unlimited);

    range_rejected_at_the_usual_rate: "ICMP errors answer, as many as the kernel usually sends"
        => [RangeRejectedAdmin], all(&BOTH, See::passive(Rejected)),
        Stage::vsftpd(Tls::Explicit).filter(Host::Server, "input", &[REJECT_RANGE]);

    own_rules: "ICMP errors of this machine's own rules"
        => [OwnEgressBlocked], all(&BOTH, See::passive(Rejected)),
        Stage::vsftpd(Tls::Explicit).filter(Host::Client, "output", &[REJECT_RANGE]).prepared(unlimited);

    range_reset: "resets answer the SYNs to ports that were just offered"
        => [RejectOrDead], all(&BOTH, See::passive(Refused)),
        Stage::vsftpd(Tls::Explicit)
            .filter(Host::Server, "input", &["tcp dport 30000-30009 reject with tcp reset"]);

    wrong_host: "a translation leads the range to a machine where nobody listens"
        => [RejectOrDead], all(&IPV4_BOTH, See::passive(Refused)),
        Stage::vsftpd(Tls::Explicit).translated(Side::Server)
            .rules(Host::Gateway, &forwarded("21"))
            .declared(|ask| ask.advertised = Some("10.0.0.5".to_owned()));

    range_in_part: "some ports of the range are reached, and others never"
        => [RangePartlyFiltered], all(&[IPV4], See::passive(Dropped)),
        Stage::scripted(Cast { ports: halves, ..Cast::default() })
            .over(Family::V4)
            .filter(Host::Server, "input", &["tcp dport 30005-30009 drop"]);

    helper_only: "plain sessions get their data connections, and encrypted ones do not"
        => [HelperOnly], plain_and_tls(See::OPEN, See::passive(Dropped)),
        Stage::vsftpd(Tls::Explicit)
            .rules(Host::Server, &helped("ct state established,related accept", "drop"));

    helper_for_active_only: "plain sessions get their active data connections, and encrypted ones do not"
        => [HelperOnly], plain_and_tls(See::OPEN, See::active(Dropped)),
        Stage::vsftpd(Tls::Explicit).patient(3).rules(Host::Client, "table inet lab {
            ct helper ftp-standard { type \"ftp\" protocol tcp; }
            chain helper {
                type filter hook output priority 0; tcp dport 21 ct helper set \"ftp-standard\";
            }
            chain input {
                type filter hook input priority 0; policy drop;
                ct state established,related accept
                meta l4proto ipv6-icmp accept
            }
        }");

    new_only_drop: "plain data connections begin after a second, and encrypted ones at once"
        => [NewOnlyWithHelper], all(&BOTH, See::OPEN),
        Stage::vsftpd(Tls::Explicit).patient(3).rules(Host::Server, &helped(NEW_ONLY, "drop"));

    new_only_reject: "plain data connections are refused, and encrypted ones work"
        => [NewOnlyWithHelper], plain_and_tls(See::passive(Refused), See::OPEN),
        Stage::vsftpd(Tls::Explicit)
            .rules(Host::Server, &helped(NEW_ONLY, "meta l4proto tcp reject with tcp reset"));

    errors_limited: "one ICMP error, and then silence, as the kernel limits its errors"
        => [RejectRateLimited], all(&BOTH, See::passive(Rejected)),
        Stage::vsftpd(Tls::Explicit)
            .filter(Host::Server, "input", &[REJECT_RANGE])
            // One error a minute: the first uses up the minute.
            .prepared(|topology| icmp_limits(topology, "60000"));

    // What the server offers.

    private_address: "the reply to PASV names a private address, and its port is reached at the address of the server"
        => [BadAdvertisedAddr], all(&IPV4_BOTH, See::OPEN),
        Stage::vsftpd(Tls::Explicit).translated(Side::Server).rules(Host::Gateway, &forwarded("{ 21, 30000-30009 }"));

    wrong_address: "the reply to PASV names another address than the declared one"
        => [BadAdvertisedAddr], all(&IPV4_BOTH, See::OPEN),
        Stage::real(Vsftpd, advertising("203.0.113.77"))
            .translated(Side::Server)
            .rules(Host::Gateway, &forwarded("{ 21, 30000-30009 }"))
            .declared(|ask| ask.advertised = Some("198.51.100.5".to_owned()));

    helper_that_translates: "a helper at the gateway reads plain sessions, and their data connections alone"
        => [HelperOnly, BadAdvertisedAddr], either(&[IPV4], See::OPEN, &[IPV4_TLS], See::passive(Refused)),
        Stage::vsftpd(Tls::Explicit)
            .translated(Side::Server)
            .rules(Host::Gateway, &forwarded("21"))
            .rules(Host::Gateway, HELPER_AT_GATEWAY);

    two_that_translate: "a helper takes the public address in the reply to PASV for somebody else's"
        => [RejectOrDead], all(&IPV4_BOTH, See::passive(Refused)),
        Stage::real(Vsftpd, advertising("198.51.100.5"))
            .translated(Side::Server)
            .rules(Host::Gateway, &forwarded("21"))
            .rules(Host::Gateway, HELPER_AT_GATEWAY);

    some_ports_outside: "some of the offered ports are outside the declared range"
        => [RangeOverflow], all(&[IPV4], See::OPEN),
        Stage::scripted(Cast { ports: |asked| {
            if asked.verb == "EPSV" { (30000..30010).collect() } else { (36000..36010).collect() }
        }, ..Cast::default() }).over(Family::V4);

    other_range: "all offered ports are outside the declared range"
        => [ConfigMismatch], all(&BOTH, See::passive(Inconclusive)),
        Stage::vsftpd(Tls::Explicit).declared(|ask| ask.range = 31000..=31009);

    exhausted_proftpd: "a server that leaves its range when it is used up"
        => [ConfigMismatch], all(&BOTH, See::passive(Inconclusive)),
        Stage::real(Proftpd, Config::default()).keeping(take_every_port);

    exhausted_vsftpd: "a server that ends the session when its range is used up"
        => [RangeTooSmall], all(&BOTH, See::passive(Inconclusive)),
        Stage::vsftpd(Tls::Explicit).keeping(take_every_port);

    ports_of_a_wider_range: "some of the ports that a real server offers are outside the declared range"
        // It takes them by chance: that eighteen are all in one half happens once in a hundred thousand runs.
        => [RangeOverflow], all(&IPV4_BOTH, See::OPEN),
        Stage::real(Pyftpdlib, Config::default()).over(Family::V4).declared(|ask| ask.range = 30000..=30004);

    helper_that_finds_ports_taken: "a helper that translates gives plain sessions other ports than the server's"
        => [BadAdvertisedAddr, NatRewrite], all(&IPV4_BOTH, See::OPEN),
        Stage::real(Vsftpd, Config { range: 30000..=30003, ..Config::default() })
            .translated(Side::Server)
            .rules(Host::Gateway, &forwarded("{ 21, 30000-30003 }"))
            .rules(Host::Gateway, HELPER_AT_GATEWAY)
            .keeping(expect_every_port)
            // Plain sessions come first: a data connection uses up what the helper expects at its port.
            .with("--jobs 1");

    rewritten_ports: "ports outside the range in plain replies, and inside it in encrypted ones"
        => [NatRewrite], all(&IPV4_BOTH, See::OPEN),
        Stage::scripted(Cast { ports: |asked| {
            if asked.tls { (30000..30010).collect() } else { (36000..36010).collect() }
        }, tls: Some(encryption()), ..Cast::default() }).over(Family::V4);

    no_passive_mode: "PASV and EPSV are refused"
        => [PassiveDisabled], all(&BOTH, See::passive(Inconclusive)),
        Stage::real(Vsftpd, Config { passive: false, ..Config::default() });

    burst_vsftpd: "sessions that ask at once end with 500 OOPS"
        => [RangeTooSmall], all(&BOTH, See::OPEN),
        Stage::real(Vsftpd, Config { range: 30000..=30002, ..Config::default() }).with("--burst 6");

    burst_pureftpd: "sessions that ask at once get 421"
        => [RangeTooSmall], all(&BOTH, See::OPEN),
        Stage::real(Pureftpd, Config { range: 30000..=30005, ..Config::default() }).with("--burst 6");

    burst_pyftpdlib: "sessions that ask at once get ports outside the range"
        => [RangeTooSmall], all(&BOTH, See::OPEN),
        Stage::real(Pyftpdlib, Config { range: 30000..=30002, ..Config::default() }).with("--burst 6");

    // Active data connections.

    active_silent: "PORT is taken, and the data connection does not arrive"
        => [ActiveBlocked], all(&BOTH, See::active(Dropped)),
        Stage::vsftpd(Tls::Explicit)
            .patient(3)
            .filter(Host::Server, "output", &["tcp sport 20 tcp flags & (syn | ack) == syn drop"]);

    active_refused_at_once: "PORT is taken, and LIST gets 425 at once"
        => [ActiveBlocked], all(&BOTH, See::active(Blocked)),
        Stage::vsftpd(Tls::Explicit).filter(Host::Client, "input", &[
            "tcp sport 20 tcp flags & (syn | ack) == syn reject with tcp reset",
        ]);

    active_stalls_at_port: "PORT itself stalls, with a server that connects then"
        => [ActiveBlocked], all(&BOTH, See::active(Dropped)),
        Stage::real(Pyftpdlib, Config::default()).patient(3)
            .filter(Host::Client, "input", &[
                "tcp dport 20000-39999 tcp flags & (syn | ack) == syn drop",
            ]);

    active_refused_at_port: "PORT itself gets 425, with a server that connects then"
        => [ActiveBlocked], all(&BOTH, See::active(Blocked)),
        Stage::real(Pyftpdlib, Config::default())
            .filter(Host::Client, "input", &[
                "tcp dport 20000-39999 tcp flags & (syn | ack) == syn reject with tcp reset",
            ]);

    no_active_mode: "PORT and EPRT are refused"
        => [PortDisabled], all(&BOTH, See::active(Inconclusive)),
        Stage::real(Vsftpd, Config { active: false, ..Config::default() });

    translated_client: "PORT is refused for its address, which a translation has made wrong"
        => [NatNoAlg], all(&IPV4_BOTH, See::active(Refused)),
        Stage::vsftpd(Tls::Explicit).translated(Side::Client).rules(Host::Gateway, MASQUERADE);

    other_peer: "the data connection comes from another address"
        => [DataPeerMismatch], all(&IPV4_BOTH, See::active(Inconclusive)),
        Stage::vsftpd(Tls::Explicit).over(Family::V4).rules(Host::Gateway, "table ip nat {
            chain postrouting { type nat hook postrouting priority srcnat; tcp sport 20 snat to 198.51.100.1; }
        }");

    other_source: "the data connection comes from another port than the declared one"
        => [ActiveSourceMismatch], all(&BOTH, See::OPEN),
        Stage::real(Proftpd, Config::default()).declared(|ask| ask.source = Some(20));

    port_swallowed: "the control connection hangs after PORT and EPRT"
        => [AlgInterference], all(&PLAIN, See::active(Inconclusive)),
        // The first word of the segment: what a broken gateway swallows.
        Stage::vsftpd(Tls::None).filter(Host::Gateway, "forward", &[
            "tcp dport 21 @ih,0,32 0x504f5254 drop",
            "tcp dport 21 @ih,0,32 0x45505254 drop",
        ]);

    // TLS on data connections, the server's policy, and what else goes wrong.

    // The probe resumes the session of the control connection wherever a server lets it, so that vsftpd has nothing to
    // refuse; and ProFTPD, where it keeps no sessions, demands none.
    reuse_demanded: "data connections are refused whose TLS session is a new one"
        => [TlsReuseRequired], all(&IPV4_BOTH, See::OPEN),
        Stage::scripted(Cast {
            complaint: Some("522 SSL connection failed: session reuse required"),
            tls: Some(encryption()),
            ..Cast::default()
        }).over(Family::V4);

    no_tls_on_data: "data connections open, and TLS fails on them"
        => [DataTlsFailed], either(&[IPV4], See::OPEN, &[IPV4_TLS], NOTHING_TRANSFERRED),
        Stage::scripted(Cast { protects: false, tls: Some(encryption()), ..Cast::default() }).over(Family::V4);

    no_tls_through_the_gateway: "data connections to a real server open, and a gateway ends them at the first word of TLS"
        => [DataTlsFailed], either(&[IPV4, IPV6], See::OPEN, &[IPV4_TLS, IPV6_TLS], See::passive(Inconclusive)),
        Stage::vsftpd(Tls::Explicit)
            // A record of TLS, of a handshake.
            .filter(Host::Gateway, "forward", &["tcp dport 30000-30009 @ih,0,8 0x16 reject with tcp reset"]);

    hanging_transfers: "data connections open, and nothing more happens"
        => [TransferFailed], all(&PLAIN, NOTHING_TRANSFERRED),
        Stage::scripted(Cast::of(|asked| (asked.verb == "LIST").then_some(Act::Hang)));

    no_bounce: "PORT to privileged ports and third parties is refused"
        => [BounceSafe], all(&BOTH, See::OPEN),
        Stage::vsftpd(Tls::Explicit).with("--policy");

    bounce: "PORT to privileged ports and third parties is taken"
        => [BounceRisk], all(&BOTH, See::OPEN),
        Stage::real(Pyftpdlib, Config { promiscuous: true, ..Config::default() }).with("--policy");

    epsv_all_ignored: "PASV after EPSV ALL is taken"
        => [BounceSafe, EpsvAllIgnored], all(&[IPV4], See::OPEN),
        Stage::scripted(Cast::of(refuses_third_parties)).over(Family::V4).with("--policy");
}

/// Every conclusion is drawn in some row by itself. Two are only drawn beside another one.
#[test]
fn every_conclusion_has_a_row() {
    let with_others = [Kind::FamilyGap, Kind::EpsvAllIgnored];
    let alone = |kind: &Kind| ROWS.contains(&[*kind].as_slice());
    let beside = |kind: &Kind| with_others.contains(kind) && ROWS.iter().any(|row| row.contains(kind));
    let lacking: BTreeSet<&str> =
        Kind::ALL.into_iter().filter(|kind| !alone(kind) && !beside(kind)).map(Kind::id).collect();
    assert!(lacking.is_empty(), "no row shows {lacking:?}");
}

const NOTHING_TRANSFERRED: See = See { control: Pass, passive: Inconclusive, active: Inconclusive };

const REJECT_RANGE: &str = "tcp dport 30000-30009 reject with icmpx type admin-prohibited";

/// A rule for the range that forgets what a helper expects.
const NEW_ONLY: &str = "tcp dport 30000-30009 ct state new accept";

/// A helper on the server, these rules for data connections, and what happens to the rest.
fn helped(data: &str, rest: &str) -> String {
    format!(
        "table inet lab {{
            ct helper ftp-standard {{ type \"ftp\" protocol tcp; }}
            chain helper {{
                type filter hook prerouting priority -150; tcp dport 21 ct helper set \"ftp-standard\";
            }}
            chain input {{
                type filter hook input priority 0; policy drop;
                ct state established accept
                tcp dport 21 accept
                meta l4proto ipv6-icmp accept
                {data}
                {rest}
            }}
        }}\n"
    )
}

/// These ports of the public address are the server's, and what leaves it has that address.
fn forwarded(ports: &str) -> String {
    format!(
        "table ip nat {{
            chain prerouting {{
                type nat hook prerouting priority dstnat; tcp dport {ports} dnat to 10.0.0.5;
            }}
            chain postrouting {{
                type nat hook postrouting priority srcnat; tcp sport 20 snat to 198.51.100.5;
            }}
        }}\n"
    )
}

const HELPER_AT_GATEWAY: &str = "table ip helper {
    ct helper ftp-standard { type \"ftp\" protocol tcp; }
    chain helper {
        type filter hook prerouting priority -150; tcp dport 21 ct helper set \"ftp-standard\";
    }
}";

const MASQUERADE: &str = "table ip nat {
    chain postrouting { type nat hook postrouting priority srcnat; oifname outside masquerade; }
}";

fn advertising(address: &str) -> Config {
    Config { advertised: Some(address.parse().expect("an address")), ..Config::default() }
}

/// Offers the lower half of the range to `EPSV`, and the upper one to `PASV`.
fn halves(asked: Asked<'_>) -> Vec<u16> {
    if asked.verb == "EPSV" { (30000..30005).collect() } else { (30005..30010).collect() }
}

fn refuses_third_parties(asked: Asked<'_>) -> Option<Act> {
    let foreign = asked.argument.starts_with("192,0,2") || asked.argument.ends_with(",3,255");
    (asked.verb == "PORT" && foreign).then(|| Act::reply("500 Illegal PORT command."))
}

/// Every ICMP error is sent: usually the kernel sends few a second.
fn unlimited(topology: &Topology) {
    icmp_limits(topology, "0");
}

/// How many milliseconds the kernel leaves between ICMP errors to one peer.
fn icmp_limits(topology: &Topology, milliseconds: &str) {
    for host in [Host::Client, Host::Gateway, Host::Server] {
        topology
            .host(host)
            .set(&[("ipv4/icmp_ratelimit", milliseconds), ("ipv6/icmp/ratelimit", milliseconds)]);
    }
}

/// A session in either family, which stays.
fn hold_a_session(topology: &Topology) -> Box<dyn std::any::Any> {
    let held: Vec<TcpStream> = topology.host(Host::Client).enter(|| {
        let open = |family| {
            let server = SocketAddr::new(topology.plan.service(family), CONTROL_PORT);
            // The session that waited for the server to come up may still be there.
            let attempts = iter::repeat_with(|| greeted(server).ok().flatten()).take(2000);
            let mut waiting = attempts.inspect(|session| {
                if session.is_none() {
                    thread::sleep(Duration::from_millis(10));
                }
            });
            waiting.find_map(|session| session).expect("a session")
        };
        Family::ALL.map(open).into()
    });
    Box::new(held)
}

/// Sessions that ask for every port of the range and end: the helper at the gateway goes on expecting data connections
/// there, and gives whoever is offered the same port afterwards another one.
fn expect_every_port(topology: &Topology) -> Box<dyn std::any::Any> {
    let server = SocketAddr::new(topology.plan.service(Family::V4), CONTROL_PORT);
    let range = 30000..=30003_u16;
    let mut expected = BTreeSet::new();
    topology.host(Host::Client).enter(|| {
        for _ in 0..200 {
            let port = offered(server).expect("a session that gets a port");
            expected.extend(range.contains(&port).then_some(port));
            if expected.len() == range.len() {
                return;
            }
        }
    });
    assert_eq!(expected.len(), range.len(), "every port is expected");
    Box::new(())
}

/// The port that a session is offered, which ends then.
fn offered(server: SocketAddr) -> io::Result<u16> {
    let mut session = BufReader::new(TcpStream::connect(server)?);
    session.get_ref().set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut last = String::new();
    session.read_line(&mut last)?;
    for command in ["USER anonymous", "PASS ftpfw@lab.example", "EPSV", "QUIT"] {
        session.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
        let mut reply = String::new();
        session.read_line(&mut reply)?;
        if command == "EPSV" {
            last = reply;
        }
    }
    let port = last.split('|').nth(3).and_then(|port| port.parse().ok());
    port.ok_or_else(|| io::Error::other(last))
}

/// A session, if the server has one for us.
fn greeted(server: SocketAddr) -> io::Result<Option<TcpStream>> {
    let mut session = TcpStream::connect(server)?;
    let mut code = [0; 3];
    session.read_exact(&mut code)?;
    Ok((&code == b"220").then_some(session))
}
