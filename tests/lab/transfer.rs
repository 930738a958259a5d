//! Transfers by real clients: what curl and lftp do, and whether it came out as it should.

use std::cell::Cell;
use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::command::line;
use crate::owned::folder;
use crate::plan::Family;
use crate::topology::{CLIENT_LISTENING_PORTS, Host, Topology};
use crate::vsftpd::{DOWNLOAD, INCOMING, Vsftpd};

/// A client program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// curl.
    Curl,
    /// lftp.
    Lftp,
}

/// The command by which client and server agree on a data connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Passive, IPv4 only.
    Pasv,
    /// Passive, the server's address left out.
    Epsv,
    /// Active, IPv4 only.
    Port,
    /// Active, either family.
    Eprt,
}

impl Mode {
    /// Whether the server opens the data connection.
    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Port | Self::Eprt)
    }

    /// As it is on the wire.
    fn verb(self) -> &'static str {
        match self {
            Self::Pasv => "PASV",
            Self::Epsv => "EPSV",
            Self::Port => "PORT",
            Self::Eprt => "EPRT",
        }
    }

    /// The verbs of all modes.
    const VERBS: [&'static str; 4] = ["PASV", "EPSV", "PORT", "EPRT"];
}

/// What the data connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A listing of the root.
    List,
    /// Fetching [`DOWNLOAD`].
    Download,
    /// Putting a file into [`INCOMING`].
    Upload,
}

impl Operation {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::List, Self::Download, Self::Upload];
}

/// One transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// By which program.
    pub(crate) program: Program,
    /// In which mode.
    pub(crate) mode: Mode,
    /// Over which version of IP.
    pub(crate) family: Family,
    /// With the control and the data connection under explicit TLS.
    pub(crate) tls: bool,
    /// What for.
    pub(crate) operation: Operation,
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = match self.program {
            Program::Curl => "curl",
            Program::Lftp => "lftp",
        };
        let operation = match self.operation {
            Operation::List => "list",
            Operation::Download => "download",
            Operation::Upload => "upload",
        };
        let tls = if self.tls { " under TLS" } else { "" };
        write!(f, "{program} {operation} by {} over {}{tls}", self.mode.verb(), self.family)
    }
}

/// Every transfer that the two programs have in them, plaintext or under TLS.
///
/// Not by curl: active mode under TLS. Its versions 7.87 and 7.88 open the data connection and then forget
/// the TLS handshake on it (<https://github.com/curl/curl/issues/10666>). Not by lftp: `EPRT` over IPv4,
/// which it does not know.
pub(crate) fn transfers(tls: bool) -> Vec<Transfer> {
    let mut transfers = Vec::new();
    for family in Family::ALL {
        let (curl, lftp): (&[Mode], &[Mode]) = match family {
            Family::V4 => {
                (&[Mode::Pasv, Mode::Epsv, Mode::Port, Mode::Eprt], &[Mode::Pasv, Mode::Epsv, Mode::Port])
            }
            Family::V6 => (&[Mode::Epsv, Mode::Eprt], &[Mode::Epsv, Mode::Eprt]),
        };
        for (program, modes) in [(Program::Curl, curl), (Program::Lftp, lftp)] {
            for &mode in modes.iter().filter(|mode| program == Program::Lftp || !tls || !mode.is_active()) {
                transfers.extend(Operation::ALL.map(|operation| Transfer {
                    program,
                    mode,
                    family,
                    tls,
                    operation,
                }));
            }
        }
    }
    transfers
}

/// The client's end: who makes the transfers.
#[derive(Debug)]
pub(crate) struct Client<'lab> {
    topology: &'lab Topology,
    server: &'lab Vsftpd,
    files: TempDir,
    /// Each active transfer listens on a port of its own: the server's end of the last one, which had
    /// the same source port, may still be in `TIME_WAIT`.
    next_port: Cell<u16>,
}

impl<'lab> Client<'lab> {
    /// A client of this server.
    pub(crate) fn new(topology: &'lab Topology, server: &'lab Vsftpd) -> Self {
        let files = folder("client");
        Self { topology, server, files, next_port: Cell::new(*CLIENT_LISTENING_PORTS.start()) }
    }

    /// The same, which goes on listening where another client left off.
    pub(crate) fn listening_from(self, port: u16) -> Self {
        self.next_port.set(port);
        self
    }

    /// Where the next active transfer listens.
    pub(crate) fn next_port(&self) -> u16 {
        self.next_port.get()
    }

    /// Makes a transfer, in at most `patience` seconds. It went well if the program says so, if it negotiated
    /// the data connection in the asked mode and no other (both programs have fallbacks), and if the
    /// content is right.
    pub(crate) fn make(&self, transfer: Transfer, patience: u8) -> Result<(), String> {
        let port = self.next_port.get();
        self.next_port.set(port + 1);
        let local = self.files.path().join(format!("local-{port}"));
        let remote = format!("remote-{port}");
        if transfer.operation == Operation::Upload {
            let content: Vec<u8> =
                (0..20_000_u32).flat_map(|word| (word ^ u32::from(port)).to_le_bytes()).collect();
            fs::write(&local, content).map_err(|error| format!("{}: {error}", local.display()))?;
        }
        let client = match transfer.program {
            Program::Curl => self.curl(transfer, port, &local, &remote),
            Program::Lftp => self.lftp(transfer, port, &local, &remote),
        };
        let mut command = self.topology.host(Host::Client).command("timeout");
        command.args(["--signal=KILL", &patience.to_string()]);
        command.arg(client.get_program()).args(client.get_args()).env("HOME", self.files.path());
        let output = command.output().map_err(|error| format!("{}: {error}", line(&command)))?;
        let dialogue = String::from_utf8_lossy(&output.stderr);
        let describe = |fault: &str| format!("{fault}\n{}\n{}", line(&command), dialogue.trim_end());

        if !output.status.success() {
            return Err(describe(&output.status.to_string()));
        }
        let verbs = negotiated(&dialogue);
        if verbs.is_empty() || verbs.iter().any(|&verb| verb != transfer.mode.verb()) {
            return Err(describe(&format!("negotiated by {verbs:?}")));
        }
        let right = match transfer.operation {
            Operation::List => String::from_utf8_lossy(&output.stdout).contains(DOWNLOAD),
            Operation::Download => same(&self.server.download(), &local),
            Operation::Upload => same(&local, &self.server.upload(&remote)),
        };
        if right { Ok(()) } else { Err(describe("what arrived is not what was sent")) }
    }

    fn curl(&self, transfer: Transfer, port: u16, local: &Path, remote: &str) -> Command {
        let source = self.topology.plan.client(transfer.family);
        let mut curl = Command::new("curl");
        // `--disable` has to come first: no settings but these.
        curl.args(["--disable", "--silent", "--show-error", "--verbose", "--globoff", "--noproxy", "*"]);
        curl.args(["--interface", &source.to_string()]);
        // The address that PASV names is under test, so it is not to be replaced.
        curl.arg("--no-ftp-skip-pasv-ip");
        match transfer.mode {
            Mode::Pasv => curl.args(["--ftp-pasv", "--disable-epsv"]),
            Mode::Epsv => curl.args(["--ftp-pasv"]),
            Mode::Port => curl.args(["--disable-eprt", "--ftp-port", &format!(":{port}-{port}")]),
            Mode::Eprt => curl.args(["--ftp-port", &format!(":{port}-{port}")]),
        };
        if transfer.tls {
            curl.arg("--ssl-reqd").arg("--cacert").arg(self.server.certificate());
        }
        let server = self.url(transfer.family);
        match transfer.operation {
            Operation::List => curl.arg(format!("{server}/")),
            Operation::Download => curl.arg(format!("{server}/{DOWNLOAD}")).arg("--output").arg(local),
            Operation::Upload => {
                curl.arg(format!("{server}/{INCOMING}/{remote}")).arg("--upload-file").arg(local)
            }
        };
        curl
    }

    fn lftp(&self, transfer: Transfer, port: u16, local: &Path, remote: &str) -> Command {
        let source = self.topology.plan.client(transfer.family);
        let bind = match transfer.family {
            Family::V4 => "net:socket-bind-ipv4",
            Family::V6 => "net:socket-bind-ipv6",
        };
        let mode = match transfer.mode {
            Mode::Pasv => "set ftp:passive-mode yes; set ftp:prefer-epsv no".to_owned(),
            Mode::Epsv => "set ftp:passive-mode yes; set ftp:prefer-epsv yes".to_owned(),
            Mode::Port | Mode::Eprt => format!("set ftp:passive-mode no; set ftp:port-range {port}-{port}"),
        };
        let tls = if transfer.tls {
            let authority = format!("set ssl:ca-file {}", self.server.certificate().display());
            format!(
                "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ftp:ssl-protect-list yes; {authority}"
            )
        } else {
            "set ftp:ssl-allow no".to_owned()
        };
        let operation = match transfer.operation {
            Operation::List => "cls".to_owned(),
            Operation::Download => format!("get {DOWNLOAD} -o {}", local.display()),
            Operation::Upload => format!("put {} -o {INCOMING}/{remote}", local.display()),
        };
        let script = [
            "debug 9; set cmd:fail-exit yes",
            &format!("set net:max-retries 1; set {bind} {source}"),
            // As with curl: what PASV names is under test, and so is the mode.
            "set ftp:fix-pasv-address no; set ftp:auto-passive-mode no",
            &mode,
            &tls,
            &format!("open -u anonymous,lab {}", self.url(transfer.family)),
            &operation,
        ]
        .join("; ");
        let mut lftp = Command::new("lftp");
        lftp.args(["--norc", "-c", &script]);
        lftp
    }

    fn url(&self, family: Family) -> String {
        match self.topology.plan.service(family) {
            IpAddr::V4(address) => format!("ftp://{address}"),
            IpAddr::V6(address) => format!("ftp://[{address}]"),
        }
    }
}

/// The verbs of data connection commands in a client's own record of the dialogue.
fn negotiated(dialogue: &str) -> Vec<&'static str> {
    let commands = dialogue.lines().filter_map(|line| line.strip_prefix("> ").or(line.strip_prefix("---> ")));
    let verbs = commands.filter_map(|command| command.split_whitespace().next());
    verbs.filter_map(|verb| Mode::VERBS.into_iter().find(|known| *known == verb)).collect()
}

/// Whether two files have the same content.
fn same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}
