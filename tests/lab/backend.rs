//! The programs and kernel interfaces that rule sets are loaded with.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::command::{attempt, run};
use crate::namespace::Namespace;
use crate::owned::folder;
use crate::require::find_program;

/// One way into the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// nft.
    Nft,
    /// iptables over `nf_tables`, as most distributions have it.
    IptablesNft,
    /// iptables over its own kernel interface.
    IptablesLegacy,
}

impl Backend {
    /// The dialect of rule sets for it, as a deployment names it.
    pub(crate) fn dialect(self) -> &'static str {
        match self {
            Self::Nft => "nftables",
            Self::IptablesNft | Self::IptablesLegacy => "iptables",
        }
    }

    /// The program that all the iptables commands are names of.
    fn multi(self) -> Option<&'static str> {
        match self {
            Self::Nft => None,
            Self::IptablesNft => Some("xtables-nft-multi"),
            Self::IptablesLegacy => Some("xtables-legacy-multi"),
        }
    }
}

/// The commands of an existing policy for a fragment to be added to: nothing passes but loopback and neighbour
/// discovery. Not even replies do, so a fragment that leans on somebody else's rule for those is found out.
const POLICY_NFT: &str = "\
nft -f - <<'RULES'
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iifname lo accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
    }
    chain output {
        type filter hook output priority filter; policy drop;
        oifname lo accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    }
}
RULES
";

/// The same for iptables.
const POLICY_IPTABLES: &str = "\
for iptables in iptables ip6tables; do
    $iptables -P INPUT DROP
    $iptables -P FORWARD DROP
    $iptables -P OUTPUT DROP
    $iptables -A INPUT -i lo -j ACCEPT
    $iptables -A OUTPUT -o lo -j ACCEPT
done
for type in neighbour-solicitation neighbour-advertisement; do
    ip6tables -A INPUT -p ipv6-icmp --icmpv6-type $type -j ACCEPT
    ip6tables -A OUTPUT -p ipv6-icmp --icmpv6-type $type -j ACCEPT
done
";

/// A back end with its commands on a path of their own, so that the same `iptables-restore` means one back end here
/// and the other there.
#[derive(Debug)]
pub(crate) struct Loader {
    backend: Backend,
    path: String,
    commands: TempDir,
}

impl Loader {
    /// Makes the path.
    ///
    /// # Panics
    ///
    /// When a link cannot be made.
    pub(crate) fn new(backend: Backend) -> Self {
        let commands = folder("commands");
        if let Some(multi) = backend.multi() {
            let multi = find_program(multi).expect("`require` has seen it");
            for family in ["iptables", "ip6tables"] {
                for suffix in ["", "-restore", "-save"] {
                    symlink(&multi, commands.path().join(format!("{family}{suffix}")))
                        .expect("a link in a new folder");
                }
            }
        }
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", commands.path().display());
        Self { backend, path, commands }
    }

    /// A shell in the namespace that stops at the first command that fails.
    fn shell(&self, namespace: &Namespace, script: &str) -> Command {
        let mut shell = namespace.command("sh");
        shell.args(["-e", "-c", script]).env("PATH", &self.path);
        // The lock of the legacy back end is one for all namespaces, and whoever finds it taken fails.
        shell.env("XTABLES_LOCKFILE", self.commands.path().join("lock"));
        shell
    }

    /// Runs shell commands in a folder, in the namespace.
    pub(crate) fn execute(
        &self,
        namespace: &Namespace,
        directory: &Path,
        script: &str,
    ) -> Result<(), String> {
        self.output(namespace, directory, script).map(|_| ())
    }

    /// The same, for what the commands print.
    pub(crate) fn output(
        &self,
        namespace: &Namespace,
        directory: &Path,
        script: &str,
    ) -> Result<String, String> {
        attempt(self.shell(namespace, script).current_dir(directory))
    }

    /// Which back end it is.
    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    /// Loads the policy that a fragment is added to.
    ///
    /// # Panics
    ///
    /// When it does not load.
    pub(crate) fn load_policy(&self, namespace: &Namespace) {
        let script = match self.backend {
            Backend::Nft => POLICY_NFT,
            Backend::IptablesNft | Backend::IptablesLegacy => POLICY_IPTABLES,
        };
        run(&mut self.shell(namespace, script));
    }

    /// Writes what is loaded to files in a folder.
    ///
    /// # Panics
    ///
    /// When it cannot be listed.
    pub(crate) fn list(&self, namespace: &Namespace, directory: &Path) -> Vec<PathBuf> {
        let listings: &[(&str, &str)] = match self.backend {
            Backend::Nft => &[("rules.nft", "nft list ruleset")],
            Backend::IptablesNft | Backend::IptablesLegacy => {
                &[("rules.v4", "iptables-save"), ("rules.v6", "ip6tables-save")]
            }
        };
        let list = |(name, command): &(&str, &str)| {
            run(self.shell(namespace, &format!("{command} > {name}")).current_dir(directory));
            directory.join(name)
        };
        listings.iter().map(list).collect()
    }

    /// What is loaded, with counters, for the reader of a failure.
    pub(crate) fn dump(&self, namespace: &Namespace) -> String {
        let commands: &[&str] = match self.backend {
            Backend::Nft => &["nft list ruleset"],
            Backend::IptablesNft | Backend::IptablesLegacy => &["iptables-save -c", "ip6tables-save -c"],
        };
        commands.iter().fold(String::new(), |mut dump, command| {
            let listing = attempt(&mut self.shell(namespace, command)).unwrap_or_else(|failure| failure);
            let _ = writeln!(dump, "{}", listing.trim_end());
            dump
        })
    }
}
