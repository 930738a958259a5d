//! `ftpfw respond`: it serves curl, and nobody whom it should not.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::run::{Ask, Connections, PLAIN, TOKEN, all};
use crate::command::line;
use crate::owned::folder;
use crate::plan::{Family, Plan, Side};
use crate::require::require;
use crate::server::CONTROL_PORT;
use crate::topology::{Host, Topology};
use crate::transfer::Mode;

/// The seconds that a transfer may take, on a machine under load.
const WORKS_WITHIN: &str = "10";

/// A responder in the place of the server, until it is dropped.
#[derive(Debug)]
pub(super) struct Responder {
    child: Child,
    /// What it has printed has somebody to read it.
    _stdout: BufReader<ChildStdout>,
    _files: TempDir,
}

impl Responder {
    /// Starts it, and waits until it listens.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub(super) fn start(topology: &Topology, ask: &Ask) -> Self {
        let files = folder("respond");
        let file = files.path().join("deployment.yaml");
        fs::write(&file, ask.deployment(topology)).expect("a file in a new folder");
        let mut command = topology.host(Host::Server).command(env!("CARGO_BIN_EXE_ftpfw"));
        command.args(["--lang", "en", "respond", "--for", "10m"]).arg(&file).env("FTPFW_TOKEN", TOKEN);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("`ip` can be run");
        let mut told = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        stdout.read_line(&mut told).expect("UTF-8");
        let responder = Self { child, _stdout: stdout, _files: files };
        assert!(told.starts_with("listening at "), "{told}");
        responder
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn topology() -> Topology {
    require();
    Topology::new(Plan { side: Side::Server, nat: false })
}

#[test]
fn the_probe_passes() {
    let topology = topology();
    let ask = Ask::default().with("--policy");
    let _responder = Responder::start(&topology, &ask);
    let seen = ask.probe(&topology, None);
    seen.expect("a responder", &all(&PLAIN, Connections::OPEN), &["BOUNCE_SAFE"]);
    assert_eq!(seen.code, Some(0));
}

/// Has curl list, store a file and fetch it again, all in one session.
fn curl(topology: &Topology, family: Family, mode: Mode, files: &TempDir) -> Result<(), String> {
    let (verb, options): (_, &[&str]) = match mode {
        Mode::Pasv => ("PASV", &["--ftp-pasv", "--disable-epsv"]),
        Mode::Epsv => ("EPSV", &["--ftp-pasv"]),
        Mode::Port => ("PORT", &["--disable-eprt", "--ftp-port", ":20000-39999"]),
        Mode::Eprt => ("EPRT", &["--ftp-port", ":20000-39999"]),
    };
    let server = SocketAddr::new(topology.plan.service(family), CONTROL_PORT);
    let url = format!("ftp://{server}/file");
    let [sent, received] = ["sent", "received"].map(|name| files.path().join(name));
    fs::write(&sent, format!("by {verb} over {family}")).map_err(|error| error.to_string())?;
    let common = ["--silent", "--show-error", "--verbose", "--globoff", "--max-time", WORKS_WITHIN];
    let mut command: Command = topology.host(Host::Client).command("curl");
    command.arg("--disable").args(common).args(options).arg(format!("ftp://{server}/"));
    command.arg("--next").args(common).args(options).arg(&url).arg("--upload-file").arg(&sent);
    command.arg("--next").args(common).args(options).arg(&url).arg("--output").arg(&received);
    let output = command.output().map_err(|error| error.to_string())?;
    let dialogue = String::from_utf8_lossy(&output.stderr);
    let asked: Vec<&str> = dialogue
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
        .filter_map(|command| {
            ["PASV", "EPSV", "PORT", "EPRT"].into_iter().find(|verb| command.starts_with(verb))
        })
        .collect();
    let same = fs::read(&sent).is_ok_and(|sent| fs::read(&received).is_ok_and(|received| received == sent));
    if output.status.success() && asked == [verb; 3] && same {
        return Ok(());
    }
    Err(format!("{verb} over {family}: {asked:?}\n{}\n{dialogue}", line(&command)))
}

#[test]
fn curl_lists_stores_and_fetches() {
    let topology = topology();
    let _responder = Responder::start(&topology, &Ask::default());
    let mut faults = Vec::new();
    for (family, modes) in [
        (Family::V4, &[Mode::Pasv, Mode::Epsv, Mode::Port, Mode::Eprt] as &[Mode]),
        (Family::V6, &[Mode::Epsv, Mode::Eprt]),
    ] {
        let made = modes.iter().map(|&mode| curl(&topology, family, mode, &folder("curl")));
        faults.extend(made.filter_map(Result::err));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A session of the client, from one of its addresses.
fn session(topology: &Topology, family: Family, from: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let server = SocketAddr::new(topology.plan.service(family), CONTROL_PORT);
    let stream = topology.host(Host::Client).enter(|| {
        let socket = socket2::Socket::new(socket2::Domain::for_address(server), socket2::Type::STREAM, None)?;
        socket.bind(&from.into())?;
        socket.connect(&server.into())?;
        io::Result::Ok(TcpStream::from(socket))
    })?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(BufReader::new(stream))
}

#[test]
fn undeclared_clients_are_sent_away_unheard() {
    let topology = topology();
    let declared = Family::ALL.map(|family| format!("\"{}\"", topology.plan.client(family)));
    let _responder = Responder::start(&topology, &Ask { clients: declared.join(", "), ..Ask::default() });
    for family in Family::ALL {
        let heard = |from| -> io::Result<Vec<u8>> {
            let mut session = session(&topology, family, SocketAddr::new(from, 0))?;
            let mut greeting = vec![0; 3];
            let length = session.read(&mut greeting)?;
            greeting.truncate(length);
            Ok(greeting)
        };
        assert_eq!(heard(topology.plan.client(family)).expect("a greeting"), b"220", "{family}");
        let stranger = heard(topology.plan.undeclared_client(family));
        // In order, or by a reset.
        assert!(stranger.as_ref().is_ok_and(Vec::is_empty) || stranger.is_err(), "{family}: {stranger:?}");
    }
}

#[test]
fn nobody_else_is_connected_to() {
    let topology = topology();
    let _responder = Responder::start(&topology, &Ask::default());
    let gateway = topology.plan.gateway_of_server(Family::V4);
    assert_eq!(gateway, Ipv4Addr::new(10, 0, 0, 1));
    let third = topology.host(Host::Gateway).enter(|| TcpListener::bind(SocketAddr::new(gateway, 40_000)));
    let third = third.expect("a port of the gateway");
    third.set_nonblocking(true).expect("a listener that does not block");
    let own = SocketAddr::new(topology.plan.client(Family::V4), 0);
    let mut session = session(&topology, Family::V4, own).expect("a session");
    let mut reply = String::new();
    session.read_line(&mut reply).expect("a greeting");
    for (command, code) in [
        ("USER anonymous", "331"),
        ("PASS lab", "230"),
        ("PORT 10,0,0,1,156,64", "504"),
        ("LIST", "425"),
        ("EPRT |1|10.0.0.1|40000|", "504"),
        ("LIST", "425"),
        // Its own privileged ports are no client's either.
        ("PORT 198,51,100,10,3,255", "504"),
        ("SITE FTPFW CONNECT 40000", "530"),
    ] {
        session.get_mut().write_all(format!("{command}\r\n").as_bytes()).expect("to be sent");
        reply.clear();
        session.read_line(&mut reply).expect("a reply");
        assert!(reply.starts_with(code), "{command}: {reply}");
    }
    let visitor = third.accept().map(|(_, visitor)| visitor);
    assert!(visitor.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock), "{visitor:?}");
}
