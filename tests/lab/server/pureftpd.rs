//! Pure-FTPd.

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use nix::unistd::User;

use super::{CONTROL_PORT, Config, Tls, range, tool};
use crate::namespace::Namespace;
use crate::require::FTP_ACCOUNT;

/// The program, below the folder of tools.
pub(super) const PROGRAM: &str = "pure-ftpd/usr/sbin/pure-ftpd";

/// A process for each address: it listens at one or at all.
///
/// Anonymous sessions see the home of their account, so the server's root is mounted there. Nobody else sees that: a
/// program that `ip netns exec` starts has mounts of its own.
pub(super) fn commands(
    host: &Namespace,
    directory: &Path,
    config: &Config,
    addresses: &[IpAddr],
) -> Vec<Command> {
    let account = User::from_name(FTP_ACCOUNT).ok().flatten().expect("`require` has seen the account");
    let command = |address: &IpAddr| {
        let mut command = host.command("sh");
        command.args(["-e", "-c", "mount --bind \"$1\" \"$2\"; shift 2; exec \"$@\"", "sh"]);
        command.arg(directory.join("root")).arg(&account.dir).arg(tool(PROGRAM));
        // Only anonymous sessions, no look-up of names, no log.
        command.args(["-e", "-H", "-f", "none"]);
        command.args(["-S", &format!("{address},{CONTROL_PORT}")]).args(["-p", &range(config, ":")]);
        command.arg("-g").arg(directory.join(format!("{address}.pid")));
        command.arg("-2").arg(directory.join("both.pem")).args(["-Y", tls(config.tls)]);
        if let Some(advertised) = config.advertised {
            command.args(["-P", &advertised.to_string()]);
        }
        if let Some(sessions) = config.sessions {
            command.args(["-c", &sessions.to_string()]);
        }
        command
    };
    addresses.iter().map(command).collect()
}

/// What the option for TLS calls it.
fn tls(tls: Tls) -> &'static str {
    match tls {
        Tls::None => "0",
        Tls::Explicit => "1",
        Tls::Required => "3",
        Tls::Implicit => panic!("Debian's Pure-FTPd has no implicit TLS"),
    }
}
