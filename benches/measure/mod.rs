//! What a process costs, and whether that is as little as promised.
//!
//! Others may use the machine at the same time. So processes that are compared take turns, the best of several runs
//! counts, and ratios are of processor time, which waiting for others does not add to; the time by the clock stands
//! beside it.

use std::error::Error;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// The program under measurement.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ftpfw");

/// What is said to a process of this bench that is to run a command and say what that took. The system only tells the
/// peak memory of all children together, and counts that of the parent as the child's: so each command gets a parent of
/// its own, which is small.
const RUN: &str = "--run";

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// What one run of a command takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// The time by the clock.
    pub(crate) wall: Duration,
    /// The processor time, of the program and of the kernel for it.
    pub(crate) processor: Duration,
    /// The peak resident memory, in bytes.
    pub(crate) memory: f64,
}

/// Does what this process was started for by [`alternately`], if it was.
pub(crate) fn has_run_for_another() -> Outcome<bool> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != RUN) {
        return Ok(false);
    }
    let mut command = Command::new(arguments.next().ok_or("no command")?);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let wall = start.elapsed();
    if !status.success() {
        return Err(format!("{command:?}: {status}").into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let processor = usage.user_time() + usage.system_time();
    #[expect(clippy::print_stdout, reason = "read by the process that started this one")]
    {
        println!("{} {} {}", wall.as_micros(), processor.num_microseconds(), usage.max_rss() * 1024);
    }
    Ok(true)
}

/// The best that each command takes in so many runs, in which they take turns.
pub(crate) fn alternately<const N: usize>(runs: usize, commands: [&Command; N]) -> Outcome<[Cost; N]> {
    let mut best = [Cost { wall: Duration::MAX, processor: Duration::MAX, memory: f64::MAX }; N];
    for _ in 0..runs {
        for (best, command) in best.iter_mut().zip(commands) {
            let cost = once(command)?;
            best.wall = best.wall.min(cost.wall);
            best.processor = best.processor.min(cost.processor);
            best.memory = best.memory.min(cost.memory);
        }
    }
    Ok(best)
}

fn once(command: &Command) -> Outcome<Cost> {
    let mut runner = Command::new(std::env::current_exe()?);
    runner.arg(RUN).arg(command.get_program()).args(command.get_args());
    let output = runner.stdin(Stdio::null()).output()?;
    let said = String::from_utf8(output.stdout)?;
    let numbers: Result<Vec<u64>, _> = said.split_whitespace().map(str::parse).collect();
    match *numbers? {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        [wall, processor, memory] => Ok(Cost {
            wall: Duration::from_micros(wall),
            processor: Duration::from_micros(processor),
            memory: memory as f64,
        }),
        _ => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// What was measured, and whether that meets the targets.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// A line for each.
    pub(crate) text: String,
    /// Whether a target was missed.
    pub(crate) missed: bool,
}

impl Table {
    /// What a command took.
    pub(crate) fn cost(&mut self, name: &str, cost: Cost) {
        let Cost { wall, processor, memory } = cost;
        let megabytes = memory / 1e6;
        let _ =
            writeln!(self.text, "{name:<58}{wall:>10.1?} {processor:>10.1?} processor {megabytes:>7.1} MB");
    }

    /// A value that may be so large at most.
    pub(crate) fn target(&mut self, name: &str, value: f64, most: f64) {
        let verdict = if value <= most { "met" } else { "MISSED" };
        self.missed |= value > most;
        let _ = writeln!(self.text, "  {name:<56}{value:>10.2}   target {most:>5}: {verdict}");
    }

    /// A program to compare with that cannot be run here.
    pub(crate) fn missing(&mut self, program: &str) {
        let _ = writeln!(self.text, "left out, as it is missing or not permitted: {program}");
    }
}
