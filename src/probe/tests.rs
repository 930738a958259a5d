//! The FTP client against servers that are scripted, broken, slow or hostile, on loopback.

mod encrypted;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::conclusion::{Kind, Verdict};
use super::observation::{DataConnection, Method, Observation, Stage, Trouble};
use super::plan::{Login, Plan, Trust};
use super::{Stop, conclude, probe};
use crate::audit::Session;
use crate::deployment::{Modes, Tls};
use crate::flow::FlowId;
use crate::packet::PortRange;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Long enough for any machine, where something is to happen.
const PATIENT: Duration = Duration::from_secs(20);
/// Where nothing is to happen.
const SHORT: Duration = Duration::from_millis(300);

fn plan(port: u16, timeout: Duration) -> Plan {
    Plan {
        passive_ports: PortRange::new(1024, u16::MAX),
        read_only: true,
        timeout,
        ..Plan::plain(vec![LOCAL], port, Login::new("anonymous", "swordfish"))
    }
}

/// A server that speaks to each client as `script` says, until it is dropped.
struct Server {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    fn new(script: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((LOCAL, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let ended = Arc::new(AtomicBool::new(false));
        let (over, script) = (Arc::clone(&ended), Arc::new(script));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let script = Arc::clone(&script);
                thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(PATIENT));
                    script(stream);
                });
            }
        });
        Self { address, ended, thread: Some(thread) }
    }

    /// A server that is in order up to the login, and then answers each command as `answer` says; `None` hangs up.
    fn after_login(answer: impl Fn(&str, &TcpStream) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::new(move |stream| {
            let _ = say(&stream, "220 Ready");
            let mut lines = BufReader::new(&stream).lines();
            while let Some(Ok(line)) = lines.next() {
                let word = line.split(' ').next().unwrap_or_default();
                let reply = match word {
                    "USER" => Some("331 Password".to_owned()),
                    "PASS" => Some("230 In".to_owned()),
                    "FEAT" | "SYST" | "TYPE" => Some("200 Ok".to_owned()),
                    "QUIT" => None,
                    _ => answer(&line, &stream),
                };
                match reply {
                    Some(reply) if reply.is_empty() => {}
                    Some(reply) => {
                        let _ = say(&stream, &reply);
                    }
                    None => return,
                }
            }
        })
    }

    fn probe(&self, timeout: Duration) -> Observation {
        probe(&plan(self.address.port(), timeout), &Stop::default(), &())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn say(mut stream: &TcpStream, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes())
}

fn halt(seen: &Observation) -> (Stage, Option<Trouble>) {
    let halt = seen.visits[0].halt.clone().expect("a halt");
    (halt.stage, halt.trouble)
}

#[test]
fn servers_that_are_none() {
    let silent = Server::new(|mut stream| {
        let _ = stream.read(&mut [0; 16]);
    });
    assert_eq!(halt(&silent.probe(SHORT)), (Stage::Greeting, Some(Trouble::TimedOut)));

    let closing = Server::new(drop);
    let (stage, trouble) = halt(&closing.probe(PATIENT));
    assert_eq!(stage, Stage::Greeting);
    assert!(matches!(trouble, Some(Trouble::Closed | Trouble::Broken(_))), "{trouble:?}");

    let garbage = Server::new(|stream| {
        let _ = say(&stream, "\u{1b}[2JSSH-2.0-OpenSSH_9.2");
    });
    assert!(matches!(halt(&garbage.probe(PATIENT)), (Stage::Greeting, Some(Trouble::NotAReply(_)))));

    let endless = Server::new(|mut stream| while stream.write_all(&[b'a'; 4096]).is_ok() {});
    assert_eq!(halt(&endless.probe(PATIENT)), (Stage::Greeting, Some(Trouble::TooLong)));
}

#[test]
fn replies_in_drops_and_in_many_lines_are_read() {
    let server = Server::new(|mut stream| {
        for byte in b"220-Welcome\r\n 530 not yet\r\n220 now\r\n" {
            let _ = stream.write_all(&[*byte]);
            thread::sleep(Duration::from_millis(1));
        }
        let _ = stream.read(&mut [0; 64]);
        let _ = say(&stream, "530 Nobody is let in");
        let _ = stream.read(&mut [0; 64]);
    });
    let seen = server.probe(PATIENT);
    assert_eq!(halt(&seen), (Stage::Login, None));
    assert_eq!(seen.visits[0].exchanges[0].reply.as_ref().expect("a reply").lines.len(), 3);
}

#[test]
fn a_password_is_in_no_record() {
    let server = Server::new(|stream| {
        let _ = say(&stream, "220 Ready");
        let mut lines = BufReader::new(&stream).lines();
        lines.next();
        let _ = say(&stream, "331 Password");
        let line = lines.next();
        let right = matches!(line, Some(Ok(line)) if line == "PASS swordfish");
        let _ = say(&stream, if right { "530 Right but unwanted" } else { "200 Wrong" });
    });
    let seen = server.probe(PATIENT);
    assert_eq!(halt(&seen), (Stage::Login, None), "{seen:?}");
    assert!(!format!("{seen:?}{:?}", plan(1, SHORT)).contains("swordfish"));
}

#[test]
fn replies_never_lead_to_a_third_party() {
    // Another address of this machine, where nobody has any business.
    let elsewhere = TcpListener::bind("127.0.0.2:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("a listener");
    let [high, low] = elsewhere.local_addr().expect("an address").port().to_be_bytes();
    let server = Server::after_login(move |line, _| {
        Some(match line {
            "PASV" => format!("227 Passive (127,0,0,2,{high},{low})"),
            "EPSV" => format!("229 Passive (|2|127.0.0.2|{}|)", u16::from_be_bytes([high, low])),
            _ => "502 No".to_owned(),
        })
    });
    let seen = server.probe(PATIENT);
    assert!(elsewhere.accept().is_err(), "the probe was led astray");
    let attempts: Vec<IpAddr> = seen.visits[0]
        .transfers
        .iter()
        .flat_map(|transfer| match &transfer.data {
            Some(DataConnection::Dialled { attempts, .. }) => {
                attempts.iter().map(|dial| dial.peer.ip()).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    assert!(!attempts.is_empty() && attempts.iter().all(|address| *address == LOCAL), "{attempts:?}");
}

#[test]
fn rubbish_in_place_of_ports_is_an_offer_of_nothing() {
    for rubbish in ["227 (1,2,3)", "229 (|||99999|)", "227", "229 (\u{1b}[2J)", "200 Ok"] {
        let server = Server::after_login(move |line, _| {
            Some(if matches!(line, "PASV" | "EPSV") { rubbish.to_owned() } else { "502 No".to_owned() })
        });
        let seen = server.probe(PATIENT);
        let passive =
            seen.visits[0].transfers.iter().filter(|one| matches!(one.method, Method::Pasv | Method::Epsv));
        assert!(passive.clone().count() >= 1, "{rubbish}");
        assert!(passive.clone().all(|one| one.data.is_none()), "{rubbish}: {seen:?}");
    }
}

/// Where a `PORT` or `EPRT` line points.
fn pointed(line: &str) -> Option<SocketAddr> {
    if let Some(numbers) = line.strip_prefix("PORT ") {
        let numbers: Vec<u8> = numbers.split(',').map(|number| number.parse().expect("a number")).collect();
        let [a, b, c, d, high, low] = numbers[..] else { panic!("{line}") };
        return Some(SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([high, low])));
    }
    let fields: Vec<&str> = line.strip_prefix("EPRT |")?.split('|').collect();
    Some(SocketAddr::new(fields[1].parse().expect("an address"), fields[2].parse().expect("a port")))
}

#[test]
fn a_server_that_connects_at_port_time_is_served() {
    let kept: std::sync::Mutex<Option<TcpStream>> = std::sync::Mutex::new(None);
    let server = Server::after_login(move |line, control| {
        if let Some(client) = pointed(line) {
            *kept.lock().expect("a lock") = TcpStream::connect(client).ok();
            return Some("200 Connected".to_owned());
        }
        if line == "LIST" {
            let _ = say(control, "150 Here");
            if let Some(mut data) = kept.lock().expect("a lock").take() {
                let _ = data.write_all(b"a listing\r\n");
            }
            return Some("226 Done".to_owned());
        }
        Some("502 No".to_owned())
    });
    let seen = server.probe(PATIENT);
    let active: Vec<_> = seen.visits[0]
        .transfers
        .iter()
        .filter(|one| matches!(one.method, Method::Port | Method::Eprt))
        .collect();
    assert!(active.len() == 2 && active.iter().all(|one| one.succeeded() && one.bytes == 11), "{active:?}");
}

#[test]
fn a_stranger_at_the_listener_gets_nothing() {
    let server = Server::after_login(|line, _| {
        if let Some(client) = pointed(line) {
            let stranger =
                socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
            let other: SocketAddr = "127.0.0.2:0".parse().expect("an address");
            stranger.bind(&other.into()).expect("another address");
            stranger.connect(&client.into()).expect("a connection");
            return Some("200 Ok".to_owned());
        }
        Some(if line == "LIST" { "425 No" } else { "502 No" }.to_owned())
    });
    let seen = server.probe(PATIENT);
    let plan = plan(server.address.port(), PATIENT);
    let found = conclude(&plan, &seen);
    assert!(found.conclusions.iter().any(|one| one.kind == Kind::DataPeerMismatch), "{found:?}");
    assert!(found.flows.iter().all(|flow| flow.flow.opens() || flow.verdict != Verdict::Blocked(None)));
}

#[test]
fn a_control_connection_that_dies_with_a_port_is_told() {
    let server = Server::after_login(|_, _| None);
    let seen = server.probe(PATIENT);
    let found = conclude(&plan(server.address.port(), PATIENT), &seen);
    let kinds: Vec<Kind> = found.conclusions.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::AlgInterference]);
}

#[test]
fn a_listing_in_drops_has_an_end() {
    let waiting: Arc<Mutex<Option<TcpListener>>> = Arc::default();
    let server = Server::after_login(move |line, stream| {
        let listener = || waiting.lock().expect("no panic").take();
        match line.split(' ').next() {
            Some("EPSV") => {
                let listener = TcpListener::bind((LOCAL, 0)).expect("a port");
                let port = listener.local_addr().expect("an address").port();
                *waiting.lock().expect("no panic") = Some(listener);
                Some(format!("229 Passive (|||{port}|)"))
            }
            Some("LIST") => {
                let _ = say(stream, "150 Here");
                let (mut data, _) = listener().expect("EPSV first").accept().expect("a connection");
                while data.write_all(b"-").is_ok() {
                    thread::sleep(Duration::from_millis(20));
                }
                Some("426 Broken".to_owned())
            }
            _ => Some("502 No".to_owned()),
        }
    });
    let start = Instant::now();
    let seen = server.probe(SHORT);
    let transfer = &seen.visits[0].transfers[0];
    assert!(transfer.bytes > 0 && transfer.cut, "{transfer:?}");
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn silence_after_a_port_ends_with_the_time_out() {
    // Everything but the login and what is asked afterwards is left open.
    let server = Server::after_login(|_, _| Some(String::new()));
    let seen = server.probe(SHORT);
    let transfer =
        seen.visits[0].transfers.iter().find(|one| one.method == Method::Eprt).expect("a transfer");
    assert_eq!(transfer.request.reply, Err(Trouble::TimedOut));
    assert!(transfer.completion.as_ref().is_some_and(|after| after.reply.is_ok()), "{transfer:?}");
}

/// A server that replies to requests for data connections when something else is asked.
fn belated(reply: &'static str) -> Server {
    Server::new(move |stream| {
        let _ = say(&stream, "220 Ready");
        let mut open = false;
        for line in BufReader::new(&stream).lines().map_while(Result::ok) {
            let said = match line.split(' ').next().unwrap_or_default() {
                "EPSV" | "PASV" | "EPRT" | "PORT" => {
                    open = true;
                    continue;
                }
                "SYST" if open => say(&stream, &format!("{reply}\r\n215 UNIX")),
                "USER" => say(&stream, "230 In"),
                "SYST" => say(&stream, "215 UNIX"),
                _ => say(&stream, "200 Ok"),
            };
            if said.is_err() {
                return;
            }
        }
    })
}

#[test]
fn a_belated_reply_is_one_all_the_same() {
    let server = belated("501 No");
    let seen = server.probe(SHORT);
    for transfer in &seen.visits[0].transfers {
        assert_eq!(transfer.request.reply.as_ref().map(|reply| reply.code), Ok(501), "{transfer:?}");
        assert!(transfer.request.took > SHORT && transfer.completion.is_none(), "{transfer:?}");
    }
    assert_eq!(seen.visits[0].transfers.len(), 4);
    let found = conclude(&plan(server.address.port(), SHORT), &seen);
    assert!(found.conclusions.iter().all(|one| one.kind != Kind::AlgInterference), "{found:?}");
}

#[test]
fn a_slow_server_has_ports_for_all_that_ask_at_once() {
    let server = belated("227 Here (127,0,0,1,200,1)");
    let plan = Plan { burst: Some(3), ..plan(server.address.port(), SHORT) };
    let seen = probe(&Plan { modes: Modes { active: true, passive: false }, ..plan }, &Stop::default(), &());
    let burst = seen.visits[0].burst.as_ref().expect("a burst");
    assert_eq!((burst.ports.as_slice(), burst.refusals.len()), (&[51_201; 3][..], 0), "{burst:?}");
}

#[test]
fn a_request_to_stop_ends_everything_soon() {
    let server = Server::new(|mut stream| {
        let _ = stream.read(&mut [0; 16]);
    });
    let stop = Stop::default();
    let plan = plan(server.address.port(), Duration::from_secs(600));
    let start = Instant::now();
    let seen = thread::scope(|scope| {
        let probing = scope.spawn(|| probe(&plan, &stop, &()));
        while start.elapsed() < Duration::from_millis(200) {
            thread::sleep(Duration::from_millis(20));
        }
        stop.request();
        probing.join().expect("no panic")
    });
    assert!(seen.interrupted);
    assert!(start.elapsed() < Duration::from_secs(60), "it would have waited ten minutes");
}

#[test]
fn all_methods_are_tried_at_once() {
    // Nobody gets an answer to a request for a data connection before every method has been asked for.
    let asked: std::sync::Mutex<BTreeSet<String>> = std::sync::Mutex::default();
    let changed = std::sync::Condvar::new();
    let together = Arc::new(AtomicBool::new(true));
    let alone = Arc::clone(&together);
    let server = Server::after_login(move |line, _| {
        let word = line.split(' ').next().unwrap_or_default().to_owned();
        let mut known = asked.lock().expect("a lock");
        known.insert(word);
        changed.notify_all();
        let (_known, waited) =
            changed.wait_timeout_while(known, PATIENT, |known| known.len() < 4).expect("a lock");
        if waited.timed_out() {
            alone.store(false, Ordering::Relaxed);
        }
        Some("502 No".to_owned())
    });
    let seen = probe(&Plan { jobs: 8, ..plan(server.address.port(), PATIENT * 2) }, &Stop::default(), &());
    assert!(together.load(Ordering::Relaxed), "one method waits for another: {seen:#?}");
    assert_eq!(seen.visits[0].transfers.iter().filter(|one| one.method == Method::Port).count(), 1);
}

#[test]
fn a_listing_without_end_is_broken_off_and_passes() {
    let server = Server::after_login(|line, control| {
        let client = pointed(line);
        if let Some(client) = client {
            let data = TcpStream::connect(client).expect("a connection");
            thread::spawn(move || {
                let mut data = data;
                while data.write_all(&[b'x'; 8192]).is_ok() {}
            });
            return Some("200 Connected".to_owned());
        }
        if line == "LIST" {
            let _ = say(control, "150 Here");
            // Whoever hangs up is told so.
            return Some("426 You left".to_owned());
        }
        Some("502 No".to_owned())
    });
    let seen = server.probe(PATIENT);
    let eprt = seen.visits[0].transfers.iter().find(|one| one.method == Method::Eprt).expect("a transfer");
    assert!(eprt.cut && eprt.bytes >= 1 << 20 && eprt.bytes < 2 << 20 && eprt.succeeded(), "{eprt:?}");
    let found = conclude(&plan(server.address.port(), PATIENT), &seen);
    assert!(found.flows.iter().any(|flow| flow.flow == FlowId::A3 && flow.verdict == Verdict::Pass));
}
