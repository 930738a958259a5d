//! Whether `explain` and `generate` are as fast and as small as promised: under 10 ms and 15 MB on the demo
//! deployment.
//!
//! Run with `cargo bench`. Beside them stands, in the same run and by the same measure, what loading a rule set costs at
//! least: `iptables-restore --test`, or `true` where that is missing.

mod measure;

use std::fs;
use std::io::Write as _;
use std::process::{Command, ExitCode};

use measure::{Outcome, PROGRAM, Table, alternately};

const RUNS: usize = 50;
/// In milliseconds.
const MOST_TIME: f64 = 10.0;
/// In MB.
const MOST_MEMORY: f64 = 15.0;

const DEPLOYMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/demo/ftpfw.yaml");

fn main() -> Outcome<ExitCode> {
    if measure::has_run_for_another()? {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir()?;
    let rules = folder.path().join("rules.v4");
    let generated = Command::new(PROGRAM)
        .args(["generate", "--dialect", "iptables", "--family", "ipv4"])
        .args(["--server", "203.0.113.10", "--pasv", "60000-60020"])
        .output()?;
    fs::write(&rules, generated.stdout)?;

    let mut table = Table::default();
    let mut restore = Command::new("iptables-restore");
    restore.arg("--test").arg(&rules);
    // It needs root, and a kernel with netfilter.
    let [reference] = alternately(RUNS, [&restore]).or_else(|_| {
        table.missing("iptables-restore");
        alternately(RUNS, [&Command::new("true")])
    })?;
    table.cost("to compare with: iptables-restore --test, or true", reference);
    for name in ["explain", "generate"] {
        let mut command = Command::new(PROGRAM);
        command.args([name, DEPLOYMENT]);
        let [cost] = alternately(RUNS, [&command])?;
        table.cost(name, cost);
        table.target("in milliseconds", cost.wall.as_secs_f64() * 1e3, MOST_TIME);
        table.target("in MB", cost.memory / 1e6, MOST_MEMORY);
    }
    std::io::stdout().lock().write_all(table.text.as_bytes())?;
    Ok(if table.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
