//! What the kernel is set to: its version, sysctls, modules and their parameters.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Live;
use crate::dialect::Format;
use crate::ruleset::kernel_version;

/// The sysctls that decide with the rules, by their paths below `/proc/sys`.
const SYSCTLS: [&str; 14] = [
    "net/ipv4/ip_forward",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/ip_local_reserved_ports",
    "net/ipv4/tcp_timestamps",
    "net/ipv6/conf/all/forwarding",
    "net/netfilter/nf_conntrack_buckets",
    "net/netfilter/nf_conntrack_count",
    "net/netfilter/nf_conntrack_expect_max",
    "net/netfilter/nf_conntrack_helper",
    "net/netfilter/nf_conntrack_max",
    "net/netfilter/nf_conntrack_tcp_be_liberal",
    "net/netfilter/nf_conntrack_tcp_loose",
    "net/netfilter/nf_conntrack_tcp_timeout_established",
    "net/netfilter/nf_conntrack_tcp_timeout_time_wait",
];

/// The modules whose parameters matter.
const MODULES: [&str; 3] = ["nf_conntrack", "nf_conntrack_ftp", "nf_nat_ftp"];

/// Reads the sysctls and modules. A setting that is not there is not known.
pub(super) fn add(live: &mut Live) {
    live.add("/proc/sys", sysctls(), Format::Sysctl);
    live.add("/proc/modules", modules(), Format::Modprobe);
}

/// The version of the running kernel.
pub(super) fn kernel() -> Option<(u32, u32)> {
    kernel_version(value(Path::new("/proc/sys/kernel/osrelease"))?.as_str())
}

fn sysctls() -> String {
    let mut text = String::new();
    let filters = names("/proc/sys/net/ipv4/conf").into_iter();
    let filters = filters.map(|interface| format!("net/ipv4/conf/{interface}/rp_filter"));
    for path in SYSCTLS.into_iter().map(str::to_owned).chain(filters) {
        if let Some(value) = value(&Path::new("/proc/sys").join(&path)) {
            // A dot may be in the name of an interface.
            let name = if path.contains('.') { path } else { path.replace('/', ".") };
            let _ = writeln!(text, "{name} = {value}");
        }
    }
    text
}

/// The modules, as `lsmod` lists them, and their parameters, as `modprobe.d` sets them. Those that are built in have a
/// folder too if they have parameters.
fn modules() -> String {
    let loaded = fs::read_to_string("/proc/modules").ok();
    let mut text = String::new();
    if loaded.is_some() {
        // Without it some may be built in, and nobody knows.
        text.push_str("Module Size Used by\n");
    }
    let loaded = loaded.unwrap_or_default();
    let loaded = loaded.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    let mut all: Vec<String> = loaded.chain(names("/sys/module")).collect();
    all.sort();
    all.dedup();
    for module in all {
        let size_and_users = if text.starts_with("Module") { " 0 0" } else { "" };
        let _ = writeln!(text, "{module}{size_and_users}");
    }
    for module in MODULES {
        let folder = format!("/sys/module/{module}/parameters");
        for parameter in names(&folder) {
            if let Some(value) = value(&Path::new(&folder).join(&parameter)) {
                let _ = writeln!(text, "options {module} {parameter}={value}");
            }
        }
    }
    text
}

fn value(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|value| value.trim().to_owned())
}

/// The names in a folder, in alphabetical order.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}
