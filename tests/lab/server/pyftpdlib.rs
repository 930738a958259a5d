//! pyftpdlib.

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use super::{CONTROL_PORT, Config, Tls, tool};
use crate::namespace::Namespace;

/// The library, below the folder of tools.
pub(super) const LIBRARY: &str = "pyftpdlib";

/// One process for all addresses.
pub(super) fn command(host: &Namespace, directory: &Path, config: &Config, addresses: &[IpAddr]) -> Command {
    let settings = serde_json::json!({
        "addresses": addresses,
        "port": CONTROL_PORT,
        "root": directory.join("root"),
        "log": directory.join("log"),
        "certificate": directory.join("both.pem"),
        "range": [config.range.start(), config.range.end()],
        "advertised": config.advertised,
        "tls": config.tls != Tls::None,
        "tls_required": config.tls == Tls::Required,
        "sessions": config.sessions,
        "promiscuous": config.promiscuous,
    });
    assert!(config.tls != Tls::Implicit, "pyftpdlib has no implicit TLS");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/server/serve.py");
    let mut command = host.command("python3");
    command.arg("-B").arg(script).arg(settings.to_string()).env("PYTHONPATH", tool(LIBRARY));
    command
}
