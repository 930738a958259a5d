//! Whether every port of a range is tried about as fast as nmap tries it, and a range that drops everything costs little
//! more than one time-out.
//!
//! Run with `cargo bench --bench probe`, as root: two network namespaces of its own, a veth between them, `ftpfw respond`
//! in one, `ftpfw probe --sweep` and `nmap -sT -Pn -n` in the other, by turns. A probe also logs in, transfers, and has data
//! connections opened to this end: its processor time is compared as a whole, and by the clock what the sweep adds. A target
//! that is missed fails the run.

mod measure;

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

use measure::{Outcome, PROGRAM, Table, alternately};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};

const RUNS: usize = 60;
/// How often a time-out is waited for.
const TIME_OUTS: usize = 2;

const SERVER: &str = "10.93.0.1";
const CLIENT: &str = "10.93.0.2";
const CONTROL: &str = "2121";
/// A thousand ports.
const RANGE: &str = "31000-31999";
const TIME_OUT: Duration = Duration::from_secs(3);
const TOKEN: (&str, &str) = ("FTPFW_TOKEN", "0123456789abcdef0123456789abcdef");

fn main() -> Outcome<ExitCode> {
    if measure::has_run_for_another()? {
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::default();
    if Uid::effective().is_root() {
        measured(&mut table)?;
    } else {
        table.missing("network namespaces, which need root");
    }
    std::io::stdout().lock().write_all(table.text.as_bytes())?;
    Ok(if table.missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn measured(table: &mut Table) -> Outcome<()> {
    let lab = Lab::new()?;
    let _responder = lab.responder()?;
    compared(table, "open", &lab)?;
    // These need nft.
    match lab.filter("reject with tcp reset") {
        Ok(()) => {
            compared(table, "closed", &lab)?;
            lab.filter("drop")?;
            let [swept] = alternately(TIME_OUTS, [&lab.sweep()])?;
            table.cost("probe --sweep, 1,000 ports, all dropped", swept);
            table.target("/ one time-out", swept.wall.as_secs_f64() / TIME_OUT.as_secs_f64(), 1.3);
            table.target("in MB", swept.memory / 1e6, 50.0);
        }
        Err(_) => table.missing("nft, for closed and filtered ports"),
    }
    Ok(())
}

/// A range in one state, swept by both.
fn compared(table: &mut Table, state: &str, lab: &Lab) -> Outcome<()> {
    let name = format!("probe --sweep, 1,000 ports, all {state}");
    let nmap = lab.nmap();
    let swept = if alternately(1, [&nmap]).is_ok() {
        let [swept, probed, scanned] = alternately(RUNS, [&lab.sweep(), &lab.probe(), &nmap])?;
        table.cost(&name, swept);
        table.cost(&format!("probe without --sweep, all {state}"), probed);
        table.cost(&format!("nmap -sT -Pn -n, 1,000 ports, all {state}"), scanned);
        let whole = swept.processor.as_secs_f64() / scanned.processor.as_secs_f64();
        table.target("probe --sweep / nmap, processor time", whole, 1.0);
        let added = swept.wall.saturating_sub(probed.wall).as_secs_f64() / scanned.wall.as_secs_f64();
        table.target("what --sweep adds / nmap, by the clock", added, 1.0);
        swept
    } else {
        table.missing("nmap");
        let [swept] = alternately(RUNS, [&lab.sweep()])?;
        table.cost(&name, swept);
        swept
    };
    table.target("in MB", swept.memory / 1e6, 50.0);
    Ok(())
}

/// Two namespaces that are joined, and go when this goes.
struct Lab {
    server: String,
    client: String,
}

impl Lab {
    fn new() -> Outcome<Self> {
        let id = std::process::id();
        let lab = Self { server: format!("ftpfw-bench-s{id}"), client: format!("ftpfw-bench-c{id}") };
        for name in [&lab.server, &lab.client] {
            run(Command::new("ip").args(["netns", "add", name]))?;
        }
        let ends = [
            "link",
            "add",
            "inside",
            "netns",
            &lab.server,
            "type",
            "veth",
            "peer",
            "name",
            "inside",
            "netns",
        ];
        run(Command::new("ip").args(ends).arg(&lab.client))?;
        for (name, address) in [(&lab.server, SERVER), (&lab.client, CLIENT)] {
            let address = format!("{address}/24");
            run(Command::new("ip").args(["-n", name, "address", "add", &address, "dev", "inside"]))?;
            for interface in ["lo", "inside"] {
                run(Command::new("ip").args(["-n", name, "link", "set", interface, "up"]))?;
            }
        }
        Ok(lab)
    }

    /// What `nft` does with SYNs to the range from now on.
    fn filter(&self, action: &str) -> Outcome<()> {
        let rules = format!(
            "table ip bench\nflush table ip bench\ntable ip bench {{\nchain input {{\n\
             type filter hook input priority 0; policy accept;\ntcp dport {RANGE} {action}\n}}\n}}\n"
        );
        let mut command = inside(&self.server, "nft");
        let mut nft = command.args(["-f", "-"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        nft.stdin.take().ok_or("no pipe")?.write_all(rules.as_bytes())?;
        if nft.wait()?.success() { Ok(()) } else { Err("nft refuses the rules".into()) }
    }

    /// A responder that listens already.
    fn responder(&self) -> Outcome<Responder> {
        let mut command = inside(&self.server, PROGRAM);
        command.args(["respond", "--server", SERVER, "--control", CONTROL, "--pasv", RANGE]);
        command.env(TOKEN.0, TOKEN.1).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let told = child.stdout.take().ok_or("no pipe")?;
        let mut responder = Responder { child, told: BufReader::new(told) };
        let mut line = String::new();
        responder.told.read_line(&mut line)?;
        if line.is_empty() { Err("the responder does not listen".into()) } else { Ok(responder) }
    }

    fn sweep(&self) -> Command {
        let mut command = self.probe();
        command.arg("--sweep");
        command
    }

    fn probe(&self) -> Command {
        let timeout = TIME_OUT.as_secs().to_string();
        let mut command = self.measured(PROGRAM);
        command.args(["probe", "--server", SERVER, "--control", CONTROL, "--pasv", RANGE]);
        command.args(["--timeout", &timeout]);
        command
    }

    fn nmap(&self) -> Command {
        let mut command = self.measured("nmap");
        command.args(["-sT", "-Pn", "-n", "-p", RANGE, SERVER]);
        command
    }

    /// A command that ends well also where it finds something, as a probe of closed ports does.
    fn measured(&self, program: &str) -> Command {
        let token = format!("{}={}", TOKEN.0, TOKEN.1);
        let mut command = inside(&self.client, "env");
        command.args([&token, "sh", "-c", "\"$@\" || [ $? -eq 1 ]", "sh", program]);
        command
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for name in [&self.server, &self.client] {
            let _ = run(Command::new("ip").args(["netns", "delete", name]));
        }
    }
}

/// A responder while it runs, and what it prints.
struct Responder {
    child: Child,
    told: BufReader<ChildStdout>,
}

impl Drop for Responder {
    fn drop(&mut self) {
        // `ip netns exec` has become the program.
        if let Ok(id) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(id), Signal::SIGINT);
        }
        let _ = self.child.wait();
    }
}

fn inside(namespace: &str, program: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}
