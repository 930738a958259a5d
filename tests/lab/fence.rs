//! A control connection with both ends in the lab's hands.
//!
//! Once open, it is what follows every probe ([`crate::reach`]). And a conntrack helper on the way listens to it, so
//! either end can be made to say what the helper is to hear, which no real program would.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::plan::Family;
use crate::topology::{Host, Topology};
use crate::vsftpd::CONTROL_PORT;

/// How long a line may take to get across. It takes a millisecond; this is for a machine under load.
const PATIENCE: Duration = Duration::from_secs(10);

/// One end of a control connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// An open control connection, from the declared client to the declared server.
#[derive(Debug)]
pub(crate) struct Fence {
    client: BufReader<TcpStream>,
    server: BufReader<TcpStream>,
}

impl Fence {
    /// Opens it. The server's control port has to be free.
    pub(crate) fn open(topology: &Topology, family: Family) -> Result<Self, String> {
        let address = SocketAddr::new(topology.plan.service(family), CONTROL_PORT);
        let own = SocketAddr::new(topology.plan.server(family), CONTROL_PORT);
        let fail = |error| format!("no control connection to {address}: {error}");
        let listener = topology.host(Host::Server).enter(|| TcpListener::bind(own)).map_err(fail)?;
        listener.set_nonblocking(true).map_err(fail)?;
        let client = topology
            .host(Host::Client)
            .enter(|| TcpStream::connect_timeout(&address, PATIENCE))
            .map_err(fail)?;
        let server = accept(&listener).map_err(fail)?;
        for end in [&client, &server] {
            end.set_read_timeout(Some(PATIENCE)).map_err(fail)?;
        }
        let mut fence = Self { client: BufReader::new(client), server: BufReader::new(server) };
        fence.say(Speaker::Server, "220 ready")?;
        // A helper reads from the second line on: it has to have seen the end of one to know that a
        // segment begins with another.
        fence.pass()?;
        Ok(fence)
    }

    /// Has one end say a line and the other hear it.
    pub(crate) fn say(&mut self, speaker: Speaker, line: &str) -> Result<(), String> {
        let (speaking, listening) = match speaker {
            Speaker::Client => (&mut self.client, &mut self.server),
            Speaker::Server => (&mut self.server, &mut self.client),
        };
        let fail = |error| format!("control connection: {line:?} does not get across: {error}");
        // One write, hence one segment: a helper drops a `PORT` that comes in parts.
        speaking.get_mut().write_all(format!("{line}\r\n").as_bytes()).map_err(fail)?;
        // What is heard may differ: behind a translation the helper puts another address into `PORT`.
        let mut heard = String::new();
        match listening.read_line(&mut heard) {
            Ok(0) => Err("the control connection is closed".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(fail(error)),
        }
    }

    /// A command and its reply.
    pub(crate) fn pass(&mut self) -> Result<(), String> {
        self.say(Speaker::Client, "NOOP")?;
        self.say(Speaker::Server, "200 done")
    }
}

/// The connection that a client has just opened. To the client it is open when the server has answered; the server
/// waits for one segment more, which the rules may not let through.
fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match listener.accept() {
            Ok((connection, _)) => {
                connection.set_nonblocking(false)?;
                return Ok(connection);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
    }
}
