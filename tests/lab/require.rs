//! What the lab cannot do without.
//!
//! A test that lacks something fails and says what to install. It never skips: a skipped lab looks like
//! a passed one.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{User, geteuid};

use crate::namespace;

/// The programs, each with the Debian package that brings it.
const PROGRAMS: [(&str, &str); 13] = [
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("xtables-legacy-multi", "iptables"),
    ("xtables-nft-multi", "iptables"),
    ("vsftpd", "vsftpd"),
    ("curl", "curl"),
    ("lftp", "lftp"),
    ("openssl", "openssl"),
    ("conntrack", "conntrack"),
    ("ipset", "ipset"),
    ("timeout", "coreutils"),
    ("patch", "patch"),
    ("python3", "python3"),
];

/// The account that anonymous sessions of vsftpd run as; its Debian package creates it.
pub(crate) const FTP_ACCOUNT: &str = "ftp";

/// Checks once that everything is there, and clears away what earlier runs were killed too soon to remove.
///
/// # Panics
///
/// When something is missing, with a message that names all of it.
pub(crate) fn require() {
    static MISSING: LazyLock<Vec<String>> = LazyLock::new(|| {
        let missing = missing();
        if missing.is_empty() {
            namespace::remove_abandoned();
        }
        missing
    });
    let report = MISSING.iter().fold(String::new(), |mut report, line| {
        let _ = write!(report, "\n  - {line}");
        report
    });
    assert!(MISSING.is_empty(), "the lab cannot run here:{report}");
}

/// Finds a program on the `PATH`, or where system programs are when the `PATH` of a plain user is in force.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

/// One line for each thing that is missing.
fn missing() -> Vec<String> {
    let mut missing = Vec::new();
    let root = geteuid().is_root();
    if !root {
        missing.push(
            "root, to make network namespaces and load rule sets: run `sudo -E cargo test --test lab`"
                .to_owned(),
        );
    }
    if !Path::new("/proc/self/ns/net").exists() || (root && !can_make_namespaces()) {
        missing.push(
            "network namespaces: a Linux kernel with CONFIG_NET_NS and the capability CAP_SYS_ADMIN \
             (in a container: `--privileged`)"
                .to_owned(),
        );
    }
    for (program, package) in PROGRAMS {
        if find_program(program).is_none() {
            missing.push(format!("the program `{program}`: run `apt-get install {package}`"));
        }
    }
    if !matches!(User::from_name(FTP_ACCOUNT), Ok(Some(_))) {
        missing.push(format!("the account `{FTP_ACCOUNT}`: run `apt-get install vsftpd`"));
    }
    missing
}

/// Tries it, in a thread that ends with the attempt.
fn can_make_namespaces() -> bool {
    thread::spawn(|| unshare(CloneFlags::CLONE_NEWNET).is_ok()).join().unwrap_or(false)
}
