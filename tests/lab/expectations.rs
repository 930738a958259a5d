//! What a conntrack helper's expectations open.
//!
//! Whoever can make a client send `PORT`, or runs a server that clients connect to, chooses the port that the
//! helper expects a connection at, and the expectation stands even if the other side refuses the command. So
//! a rule that lets in what is expected has to say which ports that may be: those that are declared.

use std::net::{IpAddr, SocketAddr};

use crate::cases::Case;
use crate::fence::Speaker;
use crate::packet::Packet;
use crate::plan::{Family, Plan};
use crate::reach::Probe;
use crate::scenario::CLIENT_PORTS;
use crate::topology::Host;
use crate::vsftpd::{DATA_PORT, PASSIVE_PORTS};

/// A line on the control connection that makes a helper expect a connection, and a packet after that.
#[derive(Debug, Clone)]
pub(crate) struct Expectation {
    /// Who says the line.
    pub(crate) speaker: Speaker,
    /// The line.
    pub(crate) line: String,
    /// The packet, and whether the firewall should let it in.
    pub(crate) case: Case,
}

/// The cases for one family. What is expected and declared comes first and last, to show that the helper listens.
pub(crate) fn expectations(plan: Plan, family: Family) -> Vec<Expectation> {
    let client = *CLIENT_PORTS.start();
    let passive = *PASSIVE_PORTS.start();
    let active = [
        (client + 500, DATA_PORT, true, "expected"),
        (client + 501, 40002, false, "expected, but not from the server's data port"),
        (22, DATA_PORT, false, "expected, but at no port of the clients"),
        (client - 1, DATA_PORT, false, "expected, but just below the clients' ports"),
        (*CLIENT_PORTS.end() + 1, DATA_PORT, false, "expected, but just above the clients' ports"),
        (client + 502, DATA_PORT, true, "expected"),
    ];
    let active = active.map(|(port, source_port, arrives, what)| Expectation {
        speaker: Speaker::Client,
        line: port_command(plan.client(family), port),
        case: Case { probe: active_data(plan, family, source_port, port), arrives, what },
    });

    let passive = [
        (passive, client + 504, true, "expected"),
        (passive + 1, client - 1, false, "expected, but not from a port of the clients"),
        (22, client + 505, false, "expected, but at no passive port"),
        (passive - 1, client + 506, false, "expected, but just below the passive range"),
        (*PASSIVE_PORTS.end() + 1, client + 507, false, "expected, but just above the passive range"),
        (passive + 2, client + 508, true, "expected"),
    ];
    let passive = passive.map(|(port, source_port, arrives, what)| Expectation {
        speaker: Speaker::Server,
        line: format!("229 Entering Extended Passive Mode (|||{port}|)"),
        case: Case { probe: passive_data(plan, family, source_port, port), arrives, what },
    });
    active.into_iter().chain(passive).collect()
}

/// The command that announces where the client listens.
fn port_command(address: IpAddr, port: u16) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            let [high, low] = port.to_be_bytes();
            format!("PORT {a},{b},{c},{d},{high},{low}")
        }
        IpAddr::V6(address) => format!("EPRT |2|{address}|{port}|"),
    }
}

/// The packet that opens an active data connection.
fn active_data(plan: Plan, family: Family, source_port: u16, port: u16) -> Probe {
    Probe {
        packet: Packet::Syn,
        from: Host::Server,
        observer: Host::Client,
        source: SocketAddr::new(plan.server(family), source_port),
        destination: SocketAddr::new(plan.visible_client(family), port),
    }
}

/// The packet that opens a passive data connection.
fn passive_data(plan: Plan, family: Family, source_port: u16, port: u16) -> Probe {
    Probe {
        packet: Packet::Syn,
        from: Host::Client,
        observer: Host::Server,
        source: SocketAddr::new(plan.client(family), source_port),
        destination: SocketAddr::new(plan.service(family), port),
    }
}
