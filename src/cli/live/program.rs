//! Running the programs that list rules: by fixed paths, with fixed arguments, for a bounded time.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::lang::live::Trouble;

/// Where system programs are. What `PATH` says does not count: this runs as root.
const FOLDERS: [&str; 6] =
    ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/run/current-system/sw/bin"];
/// How long a program may take.
const TIME: Duration = Duration::from_secs(60);
/// How many bytes it may print. A million rules are less.
const MOST: u64 = 512 << 20;
/// How much of its complaints is kept.
const MOST_COMPLAINTS: u64 = 4 << 10;

/// Finds a program.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file())
}

/// What a program prints.
pub(super) fn output(program: &Path, arguments: &[&str]) -> Result<String, Trouble> {
    let words = program.file_name().into_iter().chain(arguments.iter().map(AsRef::as_ref));
    let command: String = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let started = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", FOLDERS.join(":"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return Err(Trouble::NotStarted { command, error }),
    };
    let printed = reader(child.stdout.take(), MOST + 1);
    let complaints = reader(child.stderr.take(), MOST_COMPLAINTS);
    let Ok(text) = printed.recv_timeout(TIME) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(Trouble::TooLong { command });
    };
    if text.len() as u64 > MOST {
        let _ = child.kill();
        let _ = child.wait();
        return Err(Trouble::TooMuch { command });
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(String::from_utf8_lossy(&text).into_owned()),
        Ok(_) => {
            let said = complaints.recv_timeout(TIME).unwrap_or_default();
            Err(Trouble::Failed { command, said: String::from_utf8_lossy(&said).trim().to_owned() })
        }
        Err(error) => Err(Trouble::NotStarted { command, error }),
    }
}

/// Reads a stream to its end, of which only the beginning is kept.
fn reader(stream: Option<impl Read + Send + 'static>, most: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.by_ref().take(most).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
            // The rest is taken from it too, so that the program can end.
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    receiver
}
