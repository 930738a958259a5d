//! `ProFTPD`.

use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Group, User};

use super::{CONTROL_PORT, Config, Tls, range, tool};
use crate::namespace::Namespace;
use crate::require::FTP_ACCOUNT;

/// The program, below the folder of tools.
pub(super) const PROGRAM: &str = "proftpd/usr/sbin/proftpd";

/// One process for all addresses.
pub(super) fn command(host: &Namespace, directory: &Path, config: &Config, addresses: &[IpAddr]) -> Command {
    let file = directory.join("proftpd.conf");
    fs::write(&file, configure(directory, config, addresses)).expect("a configuration can be written");
    let libraries = fs::read_dir(tool("proftpd/usr/lib")).expect("the unpacked package").flatten();
    let libraries = libraries.map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with("-gnu"));
    let mut command = host.command("env");
    // `ip netns exec` is no place to set a library path for.
    command.arg(format!("LD_LIBRARY_PATH={}", libraries.unwrap_or_default().display()));
    command.arg(tool(PROGRAM)).arg("--nodaemon").arg("--quiet").arg("--config").arg(file);
    command
}

/// The text of a `proftpd.conf`.
fn configure(directory: &Path, config: &Config, addresses: &[IpAddr]) -> String {
    let modules = tool("proftpd/usr/lib/proftpd");
    let modules = modules.display();
    let directory = directory.display();
    let account = User::from_name(FTP_ACCOUNT).ok().flatten().expect("`require` has seen the account");
    let group = Group::from_gid(account.gid).ok().flatten().expect("every account has a group").name;
    let addresses = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "\
ModulePath {modules}
LoadModule mod_tls.c
ServerName lab
ServerType standalone
DefaultAddress {addresses}
SocketBindTight on
DefaultServer on
UseIPv6 on
UseReverseDNS off
Port {CONTROL_PORT}
User {FTP_ACCOUNT}
Group {group}
ScoreboardFile {directory}/scoreboard
PidFile {directory}/pid
DelayTable none
SystemLog {directory}/log
TransferLog none
WtmpLog off
AuthOrder mod_auth_unix.c
PassivePorts {}
<Anonymous {directory}/root>
  User {FTP_ACCOUNT}
  Group {group}
  UserAlias anonymous {FTP_ACCOUNT}
  RequireValidShell off
  AllowOverwrite on
</Anonymous>
",
        range(config, " "),
    );
    if let Some(advertised) = config.advertised {
        let _ = writeln!(text, "MasqueradeAddress {advertised}");
    }
    if let Some(sessions) = config.sessions {
        let _ = writeln!(text, "MaxInstances {sessions}");
    }
    if config.tls != Tls::None {
        let required = if config.tls == Tls::Explicit { "off" } else { "on" };
        let _ = writeln!(
            text,
            "TLSEngine on\nTLSLog {directory}/tls.log\nTLSProtocol TLSv1.2 TLSv1.3\nTLSRequired {required}\n\
             TLSECCertificateFile {directory}/certificate.pem\nTLSECCertificateKeyFile {directory}/key.pem"
        );
    }
    if config.tls == Tls::Implicit {
        text.push_str("TLSOptions UseImplicitSSL\n");
    }
    text
}
