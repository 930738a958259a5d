//! A probe of our own responder: real connections that leave this machine nowhere.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::cli::form::Form;
use crate::cli::probe::{anonymous, written};
use crate::cli::{Console, Failure, interrupt};
use crate::deployment::ActiveSource;
use crate::lang;
use crate::lang::probe::Report;
use crate::packet::{AddressSet, PortRange};
use crate::probe::plan::Plan;
use crate::probe::respond::{Options, Responder};
use crate::probe::{Stop, conclude, probe};
use crate::report::document::Document;
use crate::report::text;

/// How long a step may take: much longer than it does.
const PATIENCE: Duration = Duration::from_secs(5);
/// The passive ports that are tried, below what systems hand out to outgoing connections; how many, and how often.
const FIRST: u16 = 30_000;
const COUNT: u16 = 10;
const TRIES: u16 = 20;

/// Starts a responder on loopback, probes it, and prints the report.
pub(super) fn probed(console: &mut Console) -> Result<(), Failure> {
    let lang = console.lang();
    let mut document = Document::default();
    document.heading(1, lang::demo::probe(lang));
    let Some((responder, range)) = responder() else {
        document.paragraph(lang::demo::no_loopback(lang));
        console.print(&format!("\n{}", text::render(&document, console.dress())))?;
        return Ok(());
    };
    document.paragraph(lang::demo::responder(lang));
    console.print(&format!("\n{}", text::render(&document, console.dress())))?;

    let plan = plan(responder.addresses().first().map_or(0, std::net::SocketAddr::port), range);
    let end = Stop::default();
    let (events, _unheard) = channel();
    let seen = thread::scope(|scope| {
        let running = end.clone();
        scope.spawn(move || responder.run(&running, &events));
        let seen = probe(&plan, &interrupt::stop(), &());
        end.request();
        seen
    });
    let conclusions = conclude(&plan, &seen);
    let report = Report {
        plan: &plan,
        conclusions: &conclusions,
        mends: &[],
        sweeps: None,
        foretold: None,
        interrupted: seen.interrupted,
    };
    console.print(&format!("\n{}", written(&report, Form::Text, console)))?;
    Ok(())
}

/// A responder at any free control port and at the first free range.
fn responder() -> Option<(Responder, PortRange)> {
    (0..TRIES).find_map(|turn| {
        let first = FIRST + turn * COUNT;
        let range = PortRange::between(first, first + COUNT - 1);
        let options = Options {
            addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            control_port: 0,
            passive_ports: Some(range),
            advertised: None,
            active_source: Some(ActiveSource::Ephemeral),
            clients: AddressSet::any(),
            token: crate::probe::token::generate().ok()?,
            sessions: 4,
            duration: PATIENCE * 10,
        };
        Responder::bind(options).ok().map(|responder| (responder, range))
    })
}

fn plan(control_port: u16, range: PortRange) -> Plan {
    Plan {
        passive_ports: Some(range),
        policy: true,
        samples: 1,
        timeout: PATIENCE,
        ..Plan::plain(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)], control_port, anonymous())
    }
}
