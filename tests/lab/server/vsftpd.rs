//! vsftpd.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{CONTROL_PORT, Config, DATA_PORT, Tls};
use crate::namespace::Namespace;
use crate::plan::Family;
use crate::require::FTP_ACCOUNT;

/// A process for each family. One for both would do, but for `pasv_address`: such a process then names the address
/// 0.0.0.0 to IPv4 clients.
pub(super) fn commands(host: &Namespace, directory: &Path, config: &Config) -> Vec<Command> {
    let command = |family| {
        let file = directory.join(format!("{family}.conf"));
        fs::write(&file, configure(directory, family, config)).expect("a configuration can be written");
        let mut command = host.command("vsftpd");
        command.arg(file);
        command
    };
    Family::ALL.map(command).into()
}

/// The text of a `vsftpd.conf`.
fn configure(directory: &Path, family: Family, config: &Config) -> String {
    let directory = directory.display();
    let listen = match family {
        Family::V4 => "listen",
        Family::V6 => "listen_ipv6",
    };
    let (first, last) = (config.range.start(), config.range.end());
    let advertised = config.advertised.map_or(String::new(), |address| format!("pasv_address={address}\n"));
    let sessions = config.sessions.map_or(String::new(), |sessions| format!("max_clients={sessions}\n"));
    let [active, passive, encrypted, forced, implicit] = [
        config.active,
        config.passive,
        config.tls != Tls::None,
        matches!(config.tls, Tls::Required | Tls::Implicit),
        config.tls == Tls::Implicit,
    ]
    .map(|yes| if yes { "YES" } else { "NO" });
    // `isolate_network` would put each session into one more network namespace, which takes longer than the
    // session and which nothing here would clear away.
    format!(
        "\
listen=NO
{listen}=YES
listen_port={CONTROL_PORT}
background=NO
isolate_network=NO
{sessions}
anonymous_enable=YES
no_anon_password=YES
local_enable=NO
ftp_username={FTP_ACCOUNT}
anon_root={directory}/root
secure_chroot_dir={directory}/empty
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022

port_enable={active}
connect_from_port_20=YES
ftp_data_port={DATA_PORT}
pasv_enable={passive}
pasv_min_port={first}
pasv_max_port={last}
{advertised}
ssl_enable={encrypted}
implicit_ssl={implicit}
allow_anon_ssl=YES
force_anon_logins_ssl={forced}
force_anon_data_ssl={forced}
rsa_cert_file={directory}/certificate.pem
rsa_private_key_file={directory}/key.pem
ssl_ciphers=HIGH

xferlog_enable=YES
xferlog_std_format=NO
vsftpd_log_file={directory}/log
log_ftp_protocol=YES
"
    )
}
