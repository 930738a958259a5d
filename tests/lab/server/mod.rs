//! Real FTP servers, in the server's namespace, with one file to fetch and folders to put files into.

mod proftpd;
mod pureftpd;
mod pyftpdlib;
mod vsftpd;

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, User, chown};
use tempfile::TempDir;

use crate::command::run;
use crate::namespace::Namespace;
use crate::owned::folder;
use crate::plan::Family;
use crate::require::FTP_ACCOUNT;
use crate::topology::{Host, Topology};

/// Where the control connection goes.
pub(crate) const CONTROL_PORT: u16 = 21;
/// Where active data connections come from, if the server has a say in it.
pub(crate) const DATA_PORT: u16 = 20;
/// Where passive data connections go.
pub(crate) const PASSIVE_PORTS: RangeInclusive<u16> = 30000..=30009;

/// The file that clients fetch, in the root of the server.
pub(crate) const DOWNLOAD: &str = "download.bin";
/// A folder that clients may write to. To the root they may with any server but vsftpd, which refuses to have it so.
pub(crate) const INCOMING: &str = "incoming";

/// How long the server may take to greet.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that speaks FTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Software {
    /// vsftpd.
    Vsftpd,
    /// `ProFTPD`.
    Proftpd,
    /// Pure-FTPd.
    Pureftpd,
    /// pyftpdlib.
    Pyftpdlib,
}

impl Software {
    /// Where `tests/run` has put it, if it is not installed.
    fn tool(self) -> Option<PathBuf> {
        match self {
            Self::Vsftpd => None,
            Self::Proftpd => Some(tool(proftpd::PROGRAM)),
            Self::Pureftpd => Some(tool(pureftpd::PROGRAM)),
            Self::Pyftpdlib => Some(tool(pyftpdlib::LIBRARY)),
        }
    }

    /// Whether active data connections come from [`DATA_PORT`]; else from any port.
    pub(crate) fn has_data_port(self) -> bool {
        matches!(self, Self::Vsftpd | Self::Pureftpd)
    }
}

impl fmt::Display for Software {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vsftpd => "vsftpd",
            Self::Proftpd => "ProFTPD",
            Self::Pureftpd => "Pure-FTPd",
            Self::Pyftpdlib => "pyftpdlib",
        })
    }
}

/// Whether sessions are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    /// They cannot be.
    None,
    /// They may be, after `AUTH TLS`.
    Explicit,
    /// They have to be, after `AUTH TLS`.
    Required,
    /// They are from their first byte.
    Implicit,
}

/// What differs from server to server.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where passive data connections go.
    pub(crate) range: RangeInclusive<u16>,
    /// What the reply to `PASV` names instead of the server's own address.
    pub(crate) advertised: Option<IpAddr>,
    /// Whether sessions are encrypted.
    pub(crate) tls: Tls,
    /// How many sessions there may be.
    pub(crate) sessions: Option<u16>,
    /// Whether the server carries out `PORT` and `EPRT`. vsftpd only.
    pub(crate) active: bool,
    /// Whether the server carries out `PASV` and `EPSV`. vsftpd only.
    pub(crate) passive: bool,
    /// Whether `PORT` may name anybody, and any port. pyftpdlib only.
    pub(crate) promiscuous: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            range: PASSIVE_PORTS,
            advertised: None,
            tls: Tls::Explicit,
            sessions: None,
            active: true,
            passive: true,
            promiscuous: false,
        }
    }
}

/// A running server; dropping it ends it and removes its files.
#[derive(Debug)]
pub(crate) struct Server {
    processes: Vec<Child>,
    files: TempDir,
}

impl Server {
    /// Starts a server and waits until it greets in both families. Anonymous clients may read and write.
    ///
    /// # Panics
    ///
    /// When the server does not come up.
    pub(crate) fn run(topology: &Topology, software: Software, config: &Config) -> Self {
        if let Some(tool) = software.tool() {
            assert!(tool.exists(), "{software} is not at {}: `tests/run` puts it there", tool.display());
        }
        let files = folder("server");
        lay_out(files.path(), software);
        let plan = topology.plan;
        let names = Family::ALL.into_iter().flat_map(|family| [plan.server(family), plan.service(family)]);
        make_certificate(files.path(), names);
        let host = topology.host(Host::Server);
        // A process for each family can have the port.
        host.set(&[("ipv6/bindv6only", "1")]);
        let addresses = Family::ALL.map(|family| plan.server(family));
        let directory = files.path();
        let commands = match software {
            Software::Vsftpd => vsftpd::commands(host, directory, config),
            Software::Proftpd => vec![proftpd::command(host, directory, config, &addresses)],
            Software::Pureftpd => pureftpd::commands(host, directory, config, &addresses),
            Software::Pyftpdlib => vec![pyftpdlib::command(host, directory, config, &addresses)],
        };
        let mut server = Self { processes: Vec::new(), files };
        for command in commands {
            server.spawn(command);
        }
        for address in addresses {
            server.await_greeting(host, SocketAddr::new(address, CONTROL_PORT), config.tls);
        }
        server
    }

    fn spawn(&mut self, mut command: Command) {
        let output = OpenOptions::new().create(true).append(true).open(self.files.path().join("output"));
        let output = output.expect("a file for the server's messages");
        let errors = output.try_clone().expect("one more handle for it");
        let process = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            // Sessions are children in the same group: one signal ends them all.
            .process_group(0)
            .spawn()
            .expect("the server can be started");
        self.processes.push(process);
    }

    /// Polls the control port until the server greets, or listens where a greeting needs TLS.
    fn await_greeting(&self, host: &Namespace, control: SocketAddr, tls: Tls) {
        let deadline = Instant::now() + PATIENCE;
        let greets = || -> io::Result<bool> {
            let mut connection = TcpStream::connect(control)?;
            if tls == Tls::Implicit {
                return Ok(true);
            }
            connection.set_read_timeout(Some(Duration::from_secs(1)))?;
            let mut code = [0; 3];
            connection.read_exact(&mut code)?;
            Ok(&code == b"220")
        };
        host.enter(|| {
            while !greets().unwrap_or(false) {
                assert!(Instant::now() < deadline, "no greeting at {control}:\n{}", self.log());
                thread::sleep(Duration::from_millis(5));
            }
        });
    }

    /// What a client that fetches [`DOWNLOAD`] should get.
    pub(crate) fn download(&self) -> PathBuf {
        self.root().join(DOWNLOAD)
    }

    /// Where a client's upload arrives.
    pub(crate) fn upload(&self, name: &str) -> PathBuf {
        self.root().join(INCOMING).join(name)
    }

    /// What clients need to trust the server's certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.files.path().join("certificate.pem")
    }

    /// What the server said, for the reader of a failure.
    pub(crate) fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.files.path().join(name)).unwrap_or_default();
        read("output") + &read("log")
    }

    /// What clients see.
    pub(crate) fn root(&self) -> PathBuf {
        self.files.path().join("root")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for process in &mut self.processes {
            if let Ok(group) = i32::try_from(process.id()) {
                let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            }
            let _ = process.wait();
        }
    }
}

/// The first and the last port of a range, with something in between.
fn range(config: &Config, between: &str) -> String {
    format!("{}{between}{}", config.range.start(), config.range.end())
}

/// A path below the folder that `tests/run` puts servers into which are not installed.
fn tool(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools").join(path)
}

/// Makes the server's folders and files.
fn lay_out(directory: &Path, software: Software) {
    let ftp = User::from_name(FTP_ACCOUNT).ok().flatten().expect("`require` has seen the account");
    let root = directory.join("root");
    let incoming = root.join(INCOMING);
    for made in [&directory.join("empty"), &root, &incoming] {
        fs::create_dir(made).expect("a folder in a new folder");
    }
    let given: &[&PathBuf] = if software == Software::Vsftpd { &[&incoming] } else { &[&root, &incoming] };
    for &given in given {
        chown(given, Some(ftp.uid), Some(ftp.gid)).expect("root may give a folder away");
    }
    // More than one segment, and no two blocks of it are alike.
    let content: Vec<u8> = (0..20_000_u32).flat_map(u32::to_be_bytes).collect();
    fs::write(root.join(DOWNLOAD), content).expect("a file in a new folder");
    // Sessions run as another account, and pass through here.
    fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("the owner may do that");
}

/// A certificate for every address that a client may reach the server at.
///
/// The clients check it. Not checking would be simpler, but some versions of curl then resume no TLS session
/// on the data connection, and vsftpd by default insists on that (`require_ssl_reuse`).
fn make_certificate(directory: &Path, addresses: impl Iterator<Item = IpAddr>) {
    let names: Vec<String> = addresses.map(|address| format!("IP:{address}")).collect();
    run(Command::new("openssl")
        .args(["req", "-x509", "-days", "2", "-subj", "/CN=ftpfw lab"])
        .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"])
        .args(["-addext", &format!("subjectAltName={}", names.join(","))])
        .arg("-keyout")
        .arg(directory.join("key.pem"))
        .arg("-out")
        .arg(directory.join("certificate.pem")));
    // Pure-FTPd wants both in one file.
    let mut both = File::create(directory.join("both.pem")).expect("a file in a new folder");
    for part in ["key.pem", "certificate.pem"] {
        let mut part = File::open(directory.join(part)).expect("openssl has just made it");
        io::copy(&mut part, &mut both).expect("a copy of it");
    }
}
