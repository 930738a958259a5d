//! `ftpfw respond`: the other end of a probe where no FTP server runs.

use std::net::{IpAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::deployment::{DeploymentArgs, load};
use super::{Console, Exit, Failure, interrupt, number, token};
use crate::deployment::{Deployment, Side};
use crate::flow::at_server;
use crate::lang;
use crate::probe::respond::{Event, Options, Responder};

/// How long a session may take to notice the end.
const FAREWELL: Duration = Duration::from_millis(500);

/// The arguments of `ftpfw respond`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where to listen, in place of the declared addresses.
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Vec<String>,
    /// The file whose first line is the token.
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// When to end.
    #[arg(long = "for", value_name = "TIME", default_value = "15m")]
    pub(super) end_after: String,
    /// How many sessions are served at once.
    #[arg(long, value_name = "COUNT", default_value = "32")]
    pub(super) sessions: String,
    /// Which server to stand in for.
    #[command(flatten, next_help_heading = "deployment")]
    pub(super) deployment: DeploymentArgs,
}

/// Listens, says where, and serves until the time is over or Ctrl-C.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let Some(deployment) = load(&arguments.deployment, console)? else {
        return Ok(Exit::Well);
    };
    let lang = console.lang();
    let service = &deployment.service;
    let (token, is_new) = token::own(arguments.token_file.as_deref())?;
    let options = Options {
        addresses: addresses(arguments, &deployment, console)?,
        control_port: service.control_port,
        passive_ports: service.passive_ports.filter(|_| service.modes.passive),
        advertised: service.advertised_address,
        active_source: service.modes.active.then(|| service.active_source.clone()),
        clients: at_server(&deployment).clients,
        token,
        sessions: number::count("--sessions", &arguments.sessions, lang)?.into(),
        duration: number::duration("--for", &arguments.end_after, lang)?,
    };
    let told = options.clone();
    let responder = Responder::bind(options).map_err(|errors| {
        for problem in lang::probe::respond::unbound(&errors, lang) {
            console.note(&lang::usage::error(&problem, lang));
        }
        Failure::Reported
    })?;
    // Before anything is printed, so that whoever has read it may press Ctrl-C.
    let stop = interrupt::stop();
    let shown = is_new.then_some(&told.token);
    console.print(&lang::probe::respond::listening(&responder.addresses(), &told, shown, lang))?;
    if service.tls.encrypts() {
        console.note(&lang::probe::respond::no_tls(lang));
    }
    let (sender, events) = channel();
    thread::scope(|scope| {
        let running = scope.spawn(move || responder.run(&stop, &sender));
        // A client that does not read may hold its session up; nobody waits for that in the end.
        while let Some(event) = next(&events, &running) {
            console.note(&lang::probe::respond::event(&event, lang));
        }
        running.join()
    })
    .unwrap_or(Ok(()))
    .map_err(|error| Failure::NoAnswer(lang::probe::respond::broken(&error, lang)))?;
    Ok(Exit::Well)
}

/// What the responder tells of next; `None` when it has ended, and its sessions had the time to take leave.
fn next<T>(events: &Receiver<Event>, running: &ScopedJoinHandle<'_, T>) -> Option<Event> {
    loop {
        let ended = running.is_finished();
        match events.recv_timeout(FAREWELL) {
            Ok(event) => return Some(event),
            Err(RecvTimeoutError::Timeout) if !ended => {}
            Err(_) => return None,
        }
    }
}

/// Where to listen: only at addresses of this machine that are declared, or named for that.
fn addresses(
    arguments: &Arguments,
    deployment: &Deployment,
    console: &mut Console,
) -> Result<Vec<IpAddr>, Failure> {
    let lang = console.lang();
    if arguments.listen.is_empty() {
        let seen = at_server(deployment).servers;
        let gateways = deployment.firewalls.iter().filter(|firewall| firewall.side == Side::Server);
        let private = gateways.filter_map(|gateway| gateway.nat).map(|nat| nat.private.addr());
        let declared: Vec<IpAddr> = deployment.service.addresses.iter().copied().chain(private).collect();
        let here =
            declared.iter().copied().filter(|&address| seen.contains(&address.into()) && is_own(address));
        let mut here: Vec<IpAddr> = here.collect();
        here.sort_unstable();
        here.dedup();
        return if here.is_empty() {
            Err(Failure::NoAnswer(lang::probe::respond::not_here(&declared, lang)))
        } else {
            Ok(here)
        };
    }
    let read = |text: &String| {
        let address = text.parse().ok().filter(|&address| is_own(address));
        address.ok_or_else(|| Failure::NoAnswer(lang::probe::respond::not_own(text, lang)))
    };
    arguments.listen.iter().map(read).collect()
}

/// Whether this machine has an address: it lends no other to a socket, and a datagram socket disturbs nobody.
fn is_own(address: IpAddr) -> bool {
    !address.is_unspecified() && !address.is_multicast() && UdpSocket::bind((address, 0)).is_ok()
}
