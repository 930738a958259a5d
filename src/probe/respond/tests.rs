//! A responder on loopback, spoken to by the probe and by scripts.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use super::{Event, Options, Responder};
use crate::deployment::ActiveSource;
use crate::packet::{AddressSet, PortRange};
use crate::probe::conclusion::Verdict;
use crate::probe::plan::{Login, Plan, Secret};
use crate::probe::sweep::{Failure, Outcome, probe_and_sweep, sweep};
use crate::probe::token::{Claim, Conversation};
use crate::probe::{Stop, conclude, probe};

const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A port of this run of the tests: below what the system hands out to outgoing connections, and other than those of
/// another run at the same time, since each run holds the last of its four hundred.
fn port(number: u16) -> u16 {
    static RUN: LazyLock<(u16, TcpListener)> = LazyLock::new(|| {
        let mut firsts = (20_000..30_000).step_by(400);
        let mut held =
            || firsts.find_map(|first| Some((first, TcpListener::bind((LOCAL, first + 399)).ok()?)));
        held().expect("four hundred ports that no other run has")
    });
    RUN.0 + number
}

/// A range of its own for each test, since they run at the same time.
fn options(first: u16) -> Options {
    Options {
        addresses: vec![LOCAL],
        control_port: 0,
        passive_ports: PortRange::new(first, first + 19),
        advertised: None,
        active_source: Some(ActiveSource::Ephemeral),
        clients: AddressSet::any(),
        token: Secret::new("5ec7e7".into()),
        sessions: 16,
        duration: Duration::from_secs(60),
    }
}

/// Runs a responder while `test` talks to it, and returns what it told of.
fn while_running(options: Options, test: impl FnOnce(SocketAddr)) -> Vec<Event> {
    let responder = Responder::bind(options).expect("ports");
    let address = responder.addresses()[0];
    let stop = Stop::default();
    let (sender, events) = channel();
    thread::scope(|scope| {
        let running = scope.spawn(|| responder.run(&stop, &sender));
        test(address);
        stop.request();
        running.join().expect("no panic").expect("to have served");
    });
    events.try_iter().collect()
}

fn plan(server: SocketAddr, passive_ports: Option<PortRange>) -> Plan {
    Plan {
        passive_ports,
        policy: true,
        samples: 2,
        timeout: Duration::from_secs(20),
        jobs: 8,
        ..Plan::plain(vec![server.ip()], server.port(), Login::new("anonymous", "guest@"))
    }
}

/// A client by hand.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        Self(BufReader::new(stream))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a reply");
        line.trim_end().to_owned()
    }

    fn ask(&mut self, command: &str) -> String {
        self.0.get_mut().write_all(format!("{command}\r\n").as_bytes()).expect("to be sent");
        self.line()
    }
}

#[test]
fn the_probe_finds_everything_in_order() {
    let options = options(port(0));
    let range = options.passive_ports;
    let events = while_running(options, |server| {
        let plan = plan(server, range);
        let seen = probe(&plan, &Stop::default(), &());
        let found = conclude(&plan, &seen);
        assert!(found.flows.iter().all(|flow| flow.verdict == Verdict::Pass), "{seen:#?}");
        let kinds: Vec<&str> = found.conclusions.iter().map(|one| one.kind.id()).collect();
        assert_eq!(kinds, ["BOUNCE_SAFE"], "third parties are refused, and so is PASV after EPSV ALL");
        let works: Vec<_> =
            seen.visits[0].transfers.iter().map(|one| (one.method.id(), one.succeeded())).collect();
        let expected =
            [("EPSV", true), ("EPSV", true), ("EPSV", true), ("PASV", true), ("EPRT", true), ("PORT", true)];
        assert_eq!(works, expected, "EPSV also stores and retrieves");
        assert_eq!(seen.visits[0].offers.len(), 2);
        let asked: Vec<&str> =
            seen.visits[0].exchanges.iter().filter_map(|one| one.command.as_deref()).collect();
        let expected = ["USER anonymous", "PASS ***", "TYPE I", "FEAT", "SYST"];
        assert_eq!(asked, expected, "each costs a round trip");
    });
    assert!(events.iter().any(|event| matches!(event, Event::Transferred(_, reply) if reply == "226 Done.")));
}

#[test]
fn third_parties_and_other_families_are_refused() {
    while_running(options(port(20)), |server| {
        let mut client = Client::new(server);
        client.line();
        for (command, code) in [
            ("PORT 192,0,2,1,156,64", "504"),
            ("PORT 127,0,0,1,3,255", "504"),
            ("PORT 1,2,3", "501"),
            ("EPRT |2|::1|40000|", "522"),
            ("EPRT |1|192.0.2.1|40000|", "504"),
            ("EPSV 2", "522"),
            ("SITE FTPFW SWEEP", "530"),
            ("SITE FTPFW CONNECT 40000", "530"),
            ("RETR /etc/passwd", "550"),
            ("STOR ../x", "553"),
            ("LIST", "425"),
            ("EPSV ALL", "200"),
            ("PASV", "503"),
            ("PORT 127,0,0,1,156,64", "503"),
            ("\u{fffd}\u{0}garbage", "502"),
        ] {
            let reply = client.ask(command);
            assert!(reply.starts_with(code), "{command}: {reply}");
        }
    });
}

#[test]
fn only_the_token_opens_a_sweep_and_it_is_never_sent() {
    let range = options(port(40)).passive_ports.expect("a range");
    while_running(options(port(40)), |server| {
        let mut client = Client::new(server);
        client.line();
        let hello = client.ask("SITE FTPFW HELLO a1");
        let words: Vec<&str> = hello.split(' ').collect();
        let conversation = |token: &str| Conversation {
            token: Secret::new(token.into()),
            probe: "a1".into(),
            responder: words[1].into(),
        };
        let own = conversation("5ec7e7");
        assert!(own.accepts(Claim::Responder, words[2]), "{hello}");
        assert!(!hello.contains("5ec7e7"));
        let wrong = client.ask(&format!("SITE FTPFW PROVE {}", conversation("guess").proof(Claim::Probe)));
        assert!(wrong.starts_with("530"), "{wrong}");
        assert!(client.ask("SITE FTPFW SEEN").starts_with("530"));
        let right = client.ask(&format!("SITE FTPFW PROVE {}", own.proof(Claim::Probe)));
        assert!(right.starts_with("200"), "{right}");
        assert_eq!(client.ask("SITE FTPFW SWEEP"), "200-Sweep");
        assert_eq!(client.line(), "200 End");
        let mut port = Client::new(SocketAddr::new(LOCAL, range.first() + 3));
        assert!(own.accepts(Claim::Port(range.first() + 3), &port.line()));
        assert_eq!(client.ask("SITE FTPFW SEEN"), "211-Seen");
        assert_eq!(client.line(), format!(" reached {0}-{0}", range.first() + 3));
    });
}

/// A session that knows the token, and the conversation in which it has shown that.
fn proven(server: SocketAddr) -> (Client, Conversation) {
    let mut client = Client::new(server);
    client.line();
    let hello = client.ask("SITE FTPFW HELLO a1");
    let responder = hello.split(' ').nth(1).expect("a number").to_owned();
    let conversation = Conversation { token: Secret::new("5ec7e7".into()), probe: "a1".into(), responder };
    let proof = conversation.proof(Claim::Probe);
    assert!(client.ask(&format!("SITE FTPFW PROVE {proof}")).starts_with("200"));
    (client, conversation)
}

#[test]
fn a_sweep_and_a_transfer_of_one_client_keep_apart() {
    let range = options(port(180)).passive_ports.expect("a range");
    while_running(options(port(180)), |server| {
        let mut transfer = Client::new(server);
        transfer.line();
        let reply = transfer.ask("EPSV");
        let port: u16 = reply.split('|').nth(3).expect("a port").parse().expect("a number");
        let other = range.first() + 5;
        assert_ne!(port, other);

        let (mut sweep, conversation) = proven(server);
        assert_eq!(sweep.ask("SITE FTPFW SWEEP"), "200-Sweep");
        assert_eq!((sweep.line(), sweep.line()), (format!(" awaited {port}-{port}"), "200 End".to_owned()));
        // The sweep has the other ports, and that one is still the transfer's.
        assert!(conversation.accepts(Claim::Port(other), &Client::new(SocketAddr::new(LOCAL, other)).line()));
        let mut data = Client::new(SocketAddr::new(LOCAL, port));
        assert!(transfer.ask("LIST").starts_with("150"));
        assert!(transfer.line().starts_with("226"));
        assert_eq!(data.line(), "", "an empty listing");

        // One sweep at a time, which ends with its own session only.
        let (mut second, _) = proven(server);
        assert!(second.ask("SITE FTPFW SWEEP").starts_with("450"));
        assert!(second.ask("QUIT").starts_with("221"));
        assert_eq!(second.line(), "");
        assert!(conversation.accepts(Claim::Port(port), &Client::new(SocketAddr::new(LOCAL, port)).line()));
    });
}

#[test]
fn strangers_and_too_many_are_sent_away() {
    let nobody: AddressSet = ["192.0.2.1".parse::<IpAddr>().expect("an address")].into_iter().collect();
    let events = while_running(Options { clients: nobody, ..options(port(60)) }, |server| {
        assert_eq!(Client::new(server).line(), "");
    });
    assert!(matches!(events[..], [Event::Stranger(_)]), "{events:?}");
    let events = while_running(Options { sessions: 1, ..options(port(80)) }, |server| {
        let mut first = Client::new(server);
        first.line();
        assert!(Client::new(server).line().starts_with("421"));
        assert!(first.ask("NOOP").starts_with("200"));
    });
    assert!(events.iter().any(|event| matches!(event, Event::Full(_))), "{events:?}");
}

#[test]
fn long_lines_and_large_files_have_an_end() {
    while_running(options(port(100)), |server| {
        let mut client = Client::new(server);
        client.line();
        assert!(client.ask(&"a".repeat(5_000)).starts_with("500"));

        let mut client = Client::new(server);
        client.line();
        let reply = client.ask("EPSV");
        let port: u16 = reply.split('|').nth(3).expect("a port").parse().expect("a number");
        let mut data = TcpStream::connect((LOCAL, port)).expect("a connection");
        assert!(client.ask("STOR big").starts_with("150"));
        // The responder hangs up in the middle.
        let _ = data.write_all(&vec![0; 1 << 20]);
        drop(data);
        let reply = client.line();
        assert!(reply.starts_with("552"), "{reply}");
    });
}

#[test]
fn it_ends_by_itself() {
    let responder =
        Responder::bind(Options { duration: Duration::ZERO, ..options(port(120)) }).expect("ports");
    responder.run(&Stop::default(), &channel().0).expect("to have served");
}

#[test]
fn a_session_ends_with_the_responder_however_busy_its_client() {
    let responder = Responder::bind(options(port(220))).expect("ports");
    let address = responder.addresses()[0];
    let stop = Stop::default();
    let (sender, events) = channel();
    thread::scope(|scope| {
        let running = scope.spawn(|| responder.run(&stop, &sender));
        let mut client = Client::new(address);
        client.line();
        stop.request();
        running.join().expect("no panic").expect("to have served");
        // Never silent for as long as the session looks away.
        let (start, mut line) = (Instant::now(), String::new());
        while start.elapsed() < Duration::from_secs(20)
            && client.0.get_mut().write_all(b"NOOP\r\n").is_ok()
            && client.0.read_line(&mut line).is_ok_and(|length| length > 0)
        {}
    });
    let told: Vec<Event> =
        std::iter::from_fn(|| events.recv_timeout(Duration::from_secs(20)).ok()).take(2).collect();
    assert!(matches!(told[..], [Event::Connected(_), Event::Left(_)]), "{told:?}");
}

#[test]
fn every_port_that_is_not_to_be_had_is_named() {
    let mut options = options(port(140));
    let taken = [port(141), port(150)].map(|taken| TcpListener::bind((LOCAL, taken)).expect("a port"));
    options.addresses.push("192.0.2.77".parse().expect("an address"));
    options.passive_ports = PortRange::new(port(140), port(151));
    let errors = Responder::bind(options).expect_err("ports that are taken");
    let own: Vec<u16> =
        errors.iter().filter(|one| one.address.ip() == LOCAL).map(|one| one.address.port()).collect();
    assert_eq!(own, taken.map(|listener| listener.local_addr().expect("an address").port()));
    assert_eq!(errors.len(), 2 + 13, "nothing can be bound to somebody else's address");
}

#[test]
fn a_sweep_reaches_every_port_and_is_reached() {
    let options = options(port(160));
    let (range, token) = (options.passive_ports, options.token.clone());
    while_running(options, |server| {
        let sweeps = sweep(&plan(server, range), &token, &Stop::default());
        assert!(sweeps[0].is_clear(), "{sweeps:?}");
        assert_eq!((sweeps[0].passive.len(), sweeps[0].active.len()), (20, 3));
        let wider = plan(server, PortRange::new(port(158), port(179)));
        let outcomes: Vec<_> = sweep(&wider, &token, &Stop::default())[0].runs();
        assert_eq!(outcomes.len(), 2, "two ports below the range are closed: {outcomes:?}");
        assert_eq!((outcomes[0].last, outcomes[0].outcome), (port(159), Outcome::Refused));
        let guess = Secret::new("guess".into());
        assert_eq!(sweep(&wider, &guess, &Stop::default())[0].failure, Some(Failure::WrongToken));
    });
}

#[test]
fn a_probe_and_a_sweep_at_once_see_what_each_sees_alone() {
    let options = options(port(200));
    let (range, token) = (options.passive_ports, options.token.clone());
    while_running(options, |server| {
        let plan = plan(server, range);
        let (seen, sweeps) = probe_and_sweep(&plan, &token, &Stop::default(), &());
        assert!(sweeps.len() == 1 && sweeps[0].is_clear(), "{sweeps:?}");
        let found = conclude(&plan, &seen);
        assert!(found.flows.iter().all(|flow| flow.verdict == Verdict::Pass), "{seen:#?}");
        // One connection at a time changes nothing but the time.
        assert!(sweep(&Plan { jobs: 1, ..plan }, &token, &Stop::default())[0].is_clear());
    });
}
