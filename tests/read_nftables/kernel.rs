//! The same rules as a text, as nft prints them, and as JSON.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use ftpfw::dialect::nftables;
use ftpfw::dialect::reading::Reading;
use ftpfw::ruleset::Ruleset;

/// Rule sets that Linux 5.10 and later takes, each about one subject.
const CORPUS: [(&str, &str); 9] = [
    ("debian", include_str!("corpus/debian.nft")),
    ("docker", include_str!("corpus/docker.nft")),
    ("firewalld", include_str!("corpus/firewalld.nft")),
    ("ftp-helper", include_str!("corpus/ftp-helper.nft")),
    ("commands", include_str!("corpus/commands.nft")),
    ("sets", include_str!("corpus/sets.nft")),
    ("matches", include_str!("corpus/matches.nft")),
    ("nat", include_str!("corpus/nat.nft")),
    ("variables", include_str!("corpus/variables.nft")),
];

/// A network namespace that goes when its owner goes.
struct Namespace {
    name: String,
}

impl Namespace {
    fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("ftpfw-read-nft-{}-{number}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        let failure = match &made {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Some(error.to_string()),
        };
        assert!(
            failure.is_none(),
            "this test needs root and the programs `ip` and `nft`: {}",
            failure.unwrap_or_default()
        );
        Self { name }
    }

    fn nft(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, "nft"]).args(arguments).stdin(Stdio::null());
        command.output().expect("`ip` runs")
    }

    /// What nft prints.
    fn list(&self, arguments: &[&str]) -> String {
        let output = self.nft(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).output();
    }
}

fn text(text: &str) -> Reading {
    nftables::read(text, 0, &mut |_| None)
}

/// What the rules mean, of which everything has to be understood.
fn meaning(reading: Reading, whence: &str) -> Ruleset {
    assert_eq!(reading.problems, [], "{whence}");
    reading.ruleset.without_origins()
}

#[test]
fn the_kernel_holds_what_was_read() {
    for (name, rules) in CORPUS {
        let namespace = Namespace::new();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("rules.nft");
        fs::write(&file, rules).expect("a file");
        let loaded = namespace.nft(&["-f", &file.display().to_string()]);
        assert!(loaded.status.success(), "{name}: {}", String::from_utf8_lossy(&loaded.stderr));

        let listed = namespace.list(&["list", "ruleset"]);
        let json = namespace.list(&["-j", "list", "ruleset"]);
        let written = meaning(text(rules), name);
        let printed = meaning(text(&listed), &listed);
        assert_eq!(printed, written, "{name}\n{listed}");
        let from_json = meaning(nftables::read_json(&json, 0), &json);
        assert_eq!(from_json, printed, "{name}\n{listed}\n{json}");
    }
}
