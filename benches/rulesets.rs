//! Whether large rule sets are read, traced, compared and audited about as fast as the programs that load them parse
//! them.
//!
//! Run with `cargo bench --bench rulesets`, as root: `iptables-legacy-restore --test` and `nft -c` need it. The rule sets
//! are made here, the same in every run.

mod measure;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use measure::{Cost, Outcome, PROGRAM, Table, alternately};

const RUNS: usize = 5;
const PACKET: &str =
    "hook=input proto=tcp src=198.51.100.7 sport=40000 dst=203.0.113.10 dport=21 iif=eth0 state=new";
const DEPLOYMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/demo/ftpfw.yaml");

fn main() -> Outcome<ExitCode> {
    if measure::has_run_for_another()? {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: String| -> Outcome<PathBuf> {
        let path = folder.path().join(name);
        fs::write(&path, text)?;
        Ok(path)
    };
    let few = write("100.rules.v4", iptables(100))?;
    let many = write("100000.rules.v4", iptables(100_000))?;
    let most = write("1000000.rules.v4", iptables(1_000_000))?;
    let mut table = Table::default();
    long_lists(&mut table, &few, &many, &most)?;
    nft(&mut table, &write("10000.nft", nftables(10_000))?);
    for count in [10_000, 100_000] {
        let set = write(&format!("{count}.nft"), nft_set(count))?;
        let (sets, rules) = ipset(count);
        let (sets, rules) = (write("sets.ipset", sets)?, write("sets.rules.v4", rules)?);
        let [of_nft, of_ipset] = alternately(RUNS, [&trace(&set), trace(&sets).arg(&rules)])?;
        for (kind, cost) in [("an nft set", of_nft), ("an ipset", of_ipset)] {
            table.cost(&format!("trace, {kind} of {count}"), cost);
            table.target("in seconds", cost.wall.as_secs_f64(), 0.5);
        }
    }
    std::io::stdout().lock().write_all(table.text.as_bytes())?;
    Ok(if table.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Lists of a hundred, a hundred thousand and a million rules of iptables.
fn long_lists(table: &mut Table, few: &Path, many: &Path, most: &Path) -> Outcome<()> {
    let mut diff = Command::new(PROGRAM);
    diff.arg("diff").args([many, many]);
    let mut restore = Command::new("iptables-legacy-restore");
    restore.arg("--test").arg(many);
    let compared = alternately(1, [&restore]).is_ok();
    if !compared {
        table.missing("iptables-legacy-restore");
        restore = Command::new("true");
    }
    let [reference, traced, audited, demo, different] =
        alternately(RUNS, [&restore, &trace(many), &audit(many), &audit_of_demo(many), &diff])?;
    if compared {
        table.cost("iptables-legacy-restore --test, 100,000 rules", reference);
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let size = fs::metadata(many)?.len() as f64;
    table.cost("trace, 100,000 rules", traced);
    if compared {
        ratio(table, "/ iptables-legacy-restore", traced, reference, 1.0);
    }
    table.target("peak memory / file", traced.memory / size, 6.0);
    for (name, cost) in
        [("audit of a server, 100,000 rules", audited), ("audit of the demo's gateway, 100,000 rules", demo)]
    {
        table.cost(name, cost);
        if compared {
            ratio(table, "/ iptables-legacy-restore", cost, reference, 2.0);
        }
        table.target("in MB", cost.memory / 1e6, 200.0);
    }
    table.cost("diff, 100,000 rules with themselves", different);
    table.target("in seconds of processor time", different.processor.as_secs_f64(), 1.0);

    // Minutes would not make these any more certain.
    let [traced_most, audited_most] = alternately(2, [&trace(most), &audit(most)])?;
    table.cost("trace, 1,000,000 rules", traced_most);
    ratio(table, "/ trace, 100,000 rules", traced_most, traced, 12.0);
    table.cost("audit of a server, 1,000,000 rules", audited_most);
    ratio(table, "/ audit, 100,000 rules", audited_most, audited, 12.0);

    let [audited_few] = alternately(4 * RUNS, [&audit(few)])?;
    table.cost("audit of a server, 100 rules", audited_few);
    table.target("in milliseconds", audited_few.wall.as_secs_f64() * 1e3, 10.0);
    Ok(())
}

/// A list of rules of nftables.
fn nft(table: &mut Table, rules: &Path) {
    let mut check = Command::new("nft");
    check.args(["-c", "-f"]).arg(rules);
    if let Ok([checked, traced]) = alternately(RUNS, [&check, &trace(rules)]) {
        table.cost("nft -c, 10,000 rules", checked);
        table.cost("trace, 10,000 rules of nft", traced);
        ratio(table, "/ nft -c", traced, checked, 0.2);
    } else {
        table.missing("nft");
    }
}

/// How many times what `other` takes `one` may take at most.
fn ratio(table: &mut Table, name: &str, one: Cost, other: Cost, most: f64) {
    let by_the_clock = one.wall.as_secs_f64() / other.wall.as_secs_f64();
    let name = format!("{name} (by the clock {by_the_clock:.2})");
    table.target(&name, one.processor.as_secs_f64() / other.processor.as_secs_f64(), most);
}

fn trace(rules: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["trace", "--packet", PACKET]).arg(rules);
    command
}

fn audit(rules: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["audit", "--server", "203.0.113.10", "--pasv", "60000-60020", "--dialect", "iptables"]);
    command.args(["--fail-on", "never"]).arg(rules);
    command
}

fn audit_of_demo(rules: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["audit", DEPLOYMENT, "--firewall", "edge", "--fail-on", "never"]).arg(rules);
    command
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
