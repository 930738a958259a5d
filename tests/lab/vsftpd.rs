//! A real FTP server: vsftpd, in the server's namespace, with one file to fetch and one folder to put files
//! into.

use std::fs::{self, OpenOptions, Permissions};
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
use crate::owned::folder;
use crate::plan::Family;
use crate::require::FTP_ACCOUNT;
use crate::topology::{Host, Topology};

/// Where the control connection goes.
pub(crate) const CONTROL_PORT: u16 = 21;
/// Where active data connections come from.
pub(crate) const DATA_PORT: u16 = 20;
/// Where passive data connections go.
pub(crate) const PASSIVE_PORTS: RangeInclusive<u16> = 30000..=30009;

/// The file that clients fetch, in the root of the server.
pub(crate) const DOWNLOAD: &str = "download.bin";
/// The folder that clients may write to.
pub(crate) const INCOMING: &str = "incoming";

/// How long the server may take to greet.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; dropping it ends it and removes its files.
#[derive(Debug)]
pub(crate) struct Vsftpd {
    /// One for each family.
    processes: Vec<Child>,
    files: TempDir,
}

impl Vsftpd {
    /// Starts the server and waits until it greets in both families. It offers explicit TLS and obliges
    /// nobody to use it.
    ///
    /// `advertised` is the address that the reply to `PASV` names instead of the server's own.
    ///
    /// # Panics
    ///
    /// When the server does not come up.
    pub(crate) fn start(topology: &Topology, advertised: Option<IpAddr>) -> Self {
        let files = folder("server");
        lay_out(files.path());
        let plan = topology.plan;
        let names = Family::ALL.into_iter().flat_map(|family| [plan.server(family), plan.service(family)]);
        make_certificate(files.path(), names);
        // One process for both families would do, but for `pasv_address`: such a process then names the
        // address 0.0.0.0 to IPv4 clients. Two of them share a port if neither speaks for the other's family.
        topology.host(Host::Server).set(&[("ipv6/bindv6only", "1")]);

        let mut server = Self { processes: Vec::new(), files };
        for family in Family::ALL {
            server.spawn(topology, family, advertised);
            server.await_greeting(topology, SocketAddr::new(plan.server(family), CONTROL_PORT));
        }
        server
    }

    /// Starts the process for one family.
    fn spawn(&mut self, topology: &Topology, family: Family, advertised: Option<IpAddr>) {
        let directory = self.files.path();
        let configuration = directory.join(format!("{family}.conf"));
        fs::write(&configuration, configure(directory, family, advertised))
            .expect("a configuration can be written");
        let output = OpenOptions::new().create(true).append(true).open(directory.join("output"));
        let output = output.expect("a file for the server's messages");
        let errors = output.try_clone().expect("one more handle for it");
        let process = topology
            .host(Host::Server)
            .command("vsftpd")
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            // Sessions are children in the same group: one signal ends them all.
            .process_group(0)
            .spawn()
            .expect("vsftpd can be started");
        self.processes.push(process);
    }

    /// Polls the control port until the server greets.
    fn await_greeting(&self, topology: &Topology, control: SocketAddr) {
        let deadline = Instant::now() + PATIENCE;
        let greeting = || -> io::Result<[u8; 3]> {
            let mut connection = TcpStream::connect(control)?;
            connection.set_read_timeout(Some(Duration::from_secs(1)))?;
            let mut code = [0; 3];
            connection.read_exact(&mut code)?;
            Ok(code)
        };
        topology.host(Host::Server).enter(|| {
            while !matches!(greeting(), Ok(code) if &code == b"220") {
                assert!(Instant::now() < deadline, "vsftpd does not greet at {control}:\n{}", self.log());
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
        read("output") + &read("vsftpd.log")
    }

    fn root(&self) -> PathBuf {
        self.files.path().join("root")
    }
}

impl Drop for Vsftpd {
    fn drop(&mut self) {
        for process in &mut self.processes {
            if let Ok(group) = i32::try_from(process.id()) {
                let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            }
            let _ = process.wait();
        }
    }
}

/// Makes the server's folders and files.
fn lay_out(directory: &Path) {
    let ftp = User::from_name(FTP_ACCOUNT).ok().flatten().expect("`require` has seen the account");
    let root = directory.join("root");
    let incoming = root.join(INCOMING);
    for made in [&directory.join("empty"), &root, &incoming] {
        fs::create_dir(made).expect("a folder in a new folder");
    }
    chown(&incoming, Some(ftp.uid), Some(ftp.gid)).expect("root may give a folder away");
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
}

/// The text of a `vsftpd.conf`.
fn configure(directory: &Path, family: Family, advertised: Option<IpAddr>) -> String {
    let directory = directory.display();
    let listen = match family {
        Family::V4 => "listen",
        Family::V6 => "listen_ipv6",
    };
    let (first, last) = (PASSIVE_PORTS.start(), PASSIVE_PORTS.end());
    let advertised = advertised.map_or(String::new(), |address| format!("pasv_address={address}\n"));
    // `isolate_network` would put each session into one more network namespace, which takes longer than the
    // session and which nothing here would clear away.
    format!(
        "\
listen=NO
{listen}=YES
listen_port={CONTROL_PORT}
background=NO
isolate_network=NO

anonymous_enable=YES
no_anon_password=YES
local_enable=NO
ftp_username={FTP_ACCOUNT}
anon_root={directory}/root
secure_chroot_dir={directory}/empty
write_enable=YES
anon_upload_enable=YES
anon_umask=022

connect_from_port_20=YES
ftp_data_port={DATA_PORT}
pasv_min_port={first}
pasv_max_port={last}
{advertised}
ssl_enable=YES
allow_anon_ssl=YES
force_local_logins_ssl=NO
force_local_data_ssl=NO
rsa_cert_file={directory}/certificate.pem
rsa_private_key_file={directory}/key.pem
ssl_ciphers=HIGH

xferlog_enable=YES
xferlog_std_format=NO
vsftpd_log_file={directory}/vsftpd.log
log_ftp_protocol=YES
"
    )
}
