//! Whether `explain` and `generate` are as fast and as small as promised: under 10 ms and 15 MB on the demo
//! deployment.
//!
//! Run with `cargo bench`. Beside them stands, in the same run and by the same measure, what loading a rule set costs at
//! least: `iptables-restore --test`, or `true` where that is missing.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const RUNS: usize = 50;
const MOST_TIME: Duration = Duration::from_millis(10);
const MOST_MEMORY: i64 = 15_000_000;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ftpfw");
const DEPLOYMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/demo/ftpfw.yaml");

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let explain = median(Command::new(PROGRAM).args(["explain", DEPLOYMENT]))?;
    let generate = median(Command::new(PROGRAM).args(["generate", DEPLOYMENT]))?;
    // The largest of all children so far, none of which was anything else.
    let memory = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() * 1024;
    let (reference, reference_name) = reference()?;

    writeln!(out, "median of {RUNS} runs, process start included")?;
    for (name, time) in [("explain", explain), ("generate", generate)] {
        let ratio = time.as_secs_f64() / reference.as_secs_f64();
        let verdict = if time <= MOST_TIME { "met" } else { "MISSED" };
        writeln!(
            out,
            "{name:<10}{time:>10.2?}   {ratio:.2} x {reference_name}   target {MOST_TIME:?}: {verdict}"
        )?;
    }
    let verdict = if memory <= MOST_MEMORY { "met" } else { "MISSED" };
    writeln!(
        out,
        "peak RSS  {:>7.1} MB   target {} MB: {verdict}",
        megabytes(memory),
        megabytes(MOST_MEMORY)
    )?;
    writeln!(out, "{reference_name}: {reference:.2?}")?;

    let well = explain.max(generate) <= MOST_TIME && memory <= MOST_MEMORY;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The median time of a command from start to end.
fn median(command: &mut Command) -> Result<Duration, Box<dyn Error>> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let start = Instant::now();
        let status = command.status()?;
        times.push(start.elapsed());
        if !status.success() {
            return Err(format!("{command:?}: {status}").into());
        }
    }
    times.sort_unstable();
    Ok(times[RUNS / 2])
}

/// What to compare with, and its name.
fn reference() -> Result<(Duration, &'static str), Box<dyn Error>> {
    let rules = Command::new(PROGRAM)
        .args(["generate", "--dialect", "iptables", "--family", "ipv4"])
        .args(["--server", "203.0.113.10", "--pasv", "60000-60020"])
        .output()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("rules.v4");
    fs::write(&file, rules.stdout)?;
    // Needs root, and a kernel with netfilter.
    match median(Command::new("iptables-restore").arg("--test").arg(&file)) {
        Ok(time) => Ok((time, "iptables-restore --test")),
        Err(_) => Ok((median(&mut Command::new("true"))?, "true")),
    }
}

fn megabytes(bytes: i64) -> f64 {
    // Far below 2^52, so that nothing is lost.
    #[expect(clippy::cast_precision_loss)]
    let bytes = bytes as f64;
    bytes / 1e6
}
