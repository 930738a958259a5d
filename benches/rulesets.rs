//! Whether large rule sets are read as fast as the programs that load them parse them.
//!
//! Run with `cargo bench --bench rulesets`, as root: `iptables-legacy-restore --test` and `nft -c` need it. The rule sets
//! are made here, the same in every run. What is measured is whole processes, the best of several runs.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const RUNS: usize = 5;
const PROGRAM: &str = env!("CARGO_BIN_EXE_ftpfw");
const PACKET: &str =
    "hook=input proto=tcp src=198.51.100.7 sport=40000 dst=203.0.113.10 dport=21 iif=eth0 state=new";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<ExitCode> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: String| -> Outcome<PathBuf> {
        let path = folder.path().join(name);
        fs::write(&path, text)?;
        Ok(path)
    };
    let many = write("100000.rules.v4", iptables(100_000))?;
    let mut table = Table::default();

    let read = best(&mut trace(&many))?;
    // The largest of all children so far, before this process is larger itself: a child starts as its copy.
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() * 1024;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let memory = peak as f64 / fs::metadata(&many)?.len() as f64;
    let more = write("1000000.rules.v4", iptables(1_000_000))?;
    let nft = write("10000.nft", nftables(10_000))?;
    match best(Command::new("iptables-legacy-restore").arg("--test").arg(&many)) {
        Ok(restore) => {
            table.row("trace, 100,000 rules / iptables-legacy-restore", ratio(read, restore), 1.0);
        }
        Err(_) => table.missing("iptables-legacy-restore"),
    }
    table.row("peak memory of trace, 100,000 rules / file", memory, 6.0);
    table.row("trace, 1,000,000 rules / 100,000 rules", ratio(best(&mut trace(&more))?, read), 12.0);
    // Two readings and an evaluation of each; `audit`, which reads once, is to take no longer.
    let diff = best(Command::new(PROGRAM).arg("diff").args([&many, &many]))?;
    table.row("diff, 100,000 rules with themselves / trace", ratio(diff, read), 2.0);
    let translated = best(&mut trace(&nft))?;
    match best(Command::new("nft").args(["-c", "-f"]).arg(&nft)) {
        Ok(check) => table.row("trace, 10,000 rules of nft / nft -c", ratio(translated, check), 0.2),
        Err(_) => table.missing("nft"),
    }
    for count in [10_000, 100_000] {
        let set = write(&format!("{count}.nft"), nft_set(count))?;
        table.row(
            &format!("trace, nft set of {count}, in seconds"),
            best(&mut trace(&set))?.as_secs_f64(),
            1.0,
        );
        let (sets, rules) = ipset(count);
        let (sets, rules) = (write("sets.ipset", sets)?, write("sets.rules.v4", rules)?);
        let time = best(trace(&sets).arg(&rules))?;
        table.row(&format!("trace, ipset of {count}, in seconds"), time.as_secs_f64(), 1.0);
    }
    std::io::stdout().lock().write_all(table.text.as_bytes())?;
    Ok(if table.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What was measured, a line each.
#[derive(Default)]
struct Table {
    text: String,
    missed: bool,
}

impl Table {
    fn row(&mut self, name: &str, value: f64, most: f64) {
        let verdict = if value <= most { "met" } else { "MISSED" };
        self.missed |= value > most;
        let _ = writeln!(self.text, "{name:<58}{value:>8.2}   target {most:>5.1}: {verdict}");
    }

    fn missing(&mut self, program: &str) {
        let _ = writeln!(self.text, "left out, as it is missing or not permitted: {program}");
    }
}

fn trace(rules: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["trace", "--packet", PACKET]).arg(rules);
    command
}

/// The shortest time of a command from start to end.
fn best(command: &mut Command) -> Outcome<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        let status = command.status()?;
        best = best.min(start.elapsed());
        if !status.success() {
            return Err(format!("{command:?}: {status}").into());
        }
    }
    Ok(best)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// Numbers that look random, and are the same in every run (a linear congruential generator; Knuth, MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn network(&mut self) -> String {
        format!("{}.{}.{}", 1 + self.below(222), self.below(256), self.below(256))
    }

    fn address(&mut self) -> String {
        format!("{}.{}", self.network(), 1 + self.below(254))
    }
}

/// Of ten rules, six drop an address, two accept a network at a port, two an address at several.
fn rules(count: usize, mut rule: impl FnMut(usize, &mut Dice)) {
    let mut dice = Dice(21);
    (0..count).for_each(|number| rule(number % 10, &mut dice));
}

fn iptables(count: usize) -> String {
    let mut text = String::from("*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    text += "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n";
    rules(count, |kind, dice| {
        let _ = match kind {
            0..6 => writeln!(text, "-A INPUT -s {}/32 -j DROP", dice.address()),
            6..8 => {
                let (network, port) = (dice.network(), 1 + dice.below(65_535));
                writeln!(text, "-A INPUT -s {network}.0/24 -p tcp -m tcp --dport {port} -j ACCEPT")
            }
            _ => {
                let (address, port, first) =
                    (dice.address(), 1 + dice.below(30_000), 30_001 + dice.below(30_000));
                let last = first + 20;
                writeln!(
                    text,
                    "-A INPUT -s {address}/32 -p tcp -m multiport --dports {port},{first}:{last} -j ACCEPT"
                )
            }
        };
    });
    text += "-A INPUT -p tcp -m tcp --dport 21 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 60000:60020 -j ACCEPT\nCOMMIT\n";
    text
}

/// The same rules for nft.
fn nftables(count: usize) -> String {
    let mut text =
        String::from("table ip bench {\nchain input {\ntype filter hook input priority 0; policy drop;\n");
    text += "ct state established,related accept\n";
    rules(count, |kind, dice| {
        let _ = match kind {
            0..6 => writeln!(text, "ip saddr {} drop", dice.address()),
            6..8 => {
                writeln!(text, "ip saddr {}.0/24 tcp dport {} accept", dice.network(), 1 + dice.below(65_535))
            }
            _ => {
                let (address, port, first) =
                    (dice.address(), 1 + dice.below(30_000), 30_001 + dice.below(30_000));
                writeln!(text, "ip saddr {address} tcp dport {{ {port}, {first}-{} }} accept", first + 20)
            }
        };
    });
    text += "tcp dport 21 accept\ntcp dport 60000-60020 accept\n}\n}\n";
    text
}

/// Addresses, each once.
fn elements(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("10.{}.{}.{}", number >> 16, number >> 8 & 0xff, number & 0xff))
}

fn nft_set(count: usize) -> String {
    let elements: Vec<String> = elements(count).collect();
    format!(
        "table ip bench {{\nset bad {{\ntype ipv4_addr\nelements = {{ {} }}\n}}\nchain input {{\ntype filter hook input \
         priority 0; policy accept;\nip saddr @bad drop\n}}\n}}\n",
        elements.join(", ")
    )
}

fn ipset(count: usize) -> (String, String) {
    let mut sets = String::from("create bad hash:ip family inet\n");
    for element in elements(count) {
        let _ = writeln!(sets, "add bad {element}");
    }
    (sets, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set bad src -j DROP\nCOMMIT\n".to_owned())
}
