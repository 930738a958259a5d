//! What a conntrack helper makes of real transfers: the rows that the audit reproduces, seen at work.

use std::fs;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::backend::{Backend, Loader};
use crate::helper_matrix::{At, ROWS, Row};
use crate::owned::folder;
use crate::plan::{Family, Plan, Side};
use crate::require::require;
use crate::topology::{Host, Topology};
use crate::transfer::{Client, Mode, Operation, Program, Transfer};
use crate::vsftpd::Vsftpd;

/// How long a transfer that works may take, in seconds.
const WORKS_WITHIN: u8 = 10;
/// After how long one that does not is given up, in seconds: what is dropped once and then let through begins within.
const FAILS_AFTER: u8 = 2;
/// Linux sends an unanswered SYN again after a second (RFC 6298 §2.1).
const SENT_AGAIN_AFTER: Duration = Duration::from_millis(900);

/// A listing, passive or active, by a program that can.
fn transfer(row: &Row, active: bool, family: Family) -> Transfer {
    // curl has no active mode under TLS, and lftp no `EPRT` over IPv4; see `transfers`.
    let program = if active && row.tls { Program::Lftp } else { Program::Curl };
    let mode = match (active, program, family) {
        (false, ..) => Mode::Epsv,
        (true, Program::Lftp, Family::V4) => Mode::Port,
        (true, ..) => Mode::Eprt,
    };
    Transfer { program, mode, family, tls: row.tls, operation: Operation::List }
}

/// The machine that has the rules of a row.
pub(crate) fn host(row: &Row) -> Host {
    match row.at {
        At::Server => Host::Server,
        At::Client => Host::Client,
        At::Router | At::Masquerade => Host::Gateway,
    }
}

/// The rows, with machines for them: where the client's end translates, and where nobody does.
pub(crate) fn stages() -> impl Iterator<Item = (Topology, Vec<&'static Row>)> {
    [(Side::Server, false), (Side::Client, true)].into_iter().map(|(side, nat)| {
        // Without translation, the outside does not know the way to the inside.
        let own = ROWS.iter().filter(|row| (row.at == At::Masquerade) == nat);
        (Topology::new(Plan { side, nat }), own.collect())
    })
}

/// The machines of several rows, whose rules come and go.
struct Lab<'lab> {
    topology: &'lab Topology,
    client: &'lab Client<'lab>,
    loader: &'lab Loader,
    files: TempDir,
}

impl Lab<'_> {
    /// What differs from what the row says.
    fn faults(&self, row: &Row) -> Vec<String> {
        let (text, script) = match self.loader.backend() {
            Backend::Nft => (row.nft(), "nft -f rules"),
            _ => (row.iptables(), "iptables-restore < rules; ip6tables-restore < rules"),
        };
        fs::write(self.files.path().join("rules"), &text).expect("a file in a new folder");
        if let Err(failure) = self.execute(row, script) {
            return vec![format!("{}: {failure}\n{text}", row.name)];
        }
        let mut faults = self.transfers(row);
        // What one row expects is not to be related in the next.
        if let Err(failure) = self.execute(row, "nft flush ruleset; conntrack -F") {
            faults.push(failure);
        }
        faults
    }

    fn execute(&self, row: &Row, script: &str) -> Result<(), String> {
        self.loader.execute(self.topology.host(host(row)), self.files.path(), script)
    }

    fn transfers(&self, row: &Row) -> Vec<String> {
        let families: &[Family] = if row.at == At::Masquerade { &[Family::V4] } else { &Family::ALL };
        let mut faults = Vec::new();
        for (active, works) in [(false, row.passive), (true, row.active)] {
            for &family in families {
                // Giving up takes its time: one back end does so over IPv4, the other over IPv6.
                let turn = if self.loader.backend() == Backend::Nft { Family::V6 } else { Family::V4 };
                if !works && families.len() > 1 && family != turn {
                    continue;
                }
                let transfer = transfer(row, active, family);
                let start = Instant::now();
                let outcome = self.client.make(transfer, if works { WORKS_WITHIN } else { FAILS_AFTER });
                match outcome {
                    Err(failure) if works => {
                        faults.push(format!("{}: {transfer} fails: {failure}", row.name));
                    }
                    Ok(()) if !works => faults.push(format!("{}: {transfer} works", row.name)),
                    Ok(()) if row.stalls && !active && start.elapsed() < SENT_AGAIN_AFTER => {
                        faults.push(format!("{}: {transfer} does not stall", row.name));
                    }
                    _ => {}
                }
            }
        }
        faults
    }
}

fn prove(backend: Backend) {
    require();
    let loader = Loader::new(backend);
    let mut faults = Vec::new();
    for (topology, rows) in stages() {
        let server = Vsftpd::start(&topology, None);
        let client = Client::new(&topology, &server);
        let lab = Lab { topology: &topology, client: &client, loader: &loader, files: folder("matrix") };
        faults.extend(rows.into_iter().flat_map(|row| lab.faults(row)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nft() {
    prove(Backend::Nft);
}

#[test]
fn iptables_nft() {
    prove(Backend::IptablesNft);
}
