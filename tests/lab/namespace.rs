//! Network namespaces that go when their owner goes.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::{feed, run};
use crate::owned::{abandoned, name};

/// Where `ip netns` keeps the names.
const DIRECTORY: &str = "/run/netns";

/// A network namespace with nothing in it but a loopback interface.
#[derive(Debug)]
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes a namespace.
    ///
    /// # Panics
    ///
    /// When `ip` refuses.
    pub(crate) fn new(role: &str) -> Self {
        let name = name(role);
        run(Command::new("ip").args(["netns", "add", &name]));
        Self { name }
    }

    /// The name that `ip netns` knows it by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A command that will run in this namespace.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).env("LC_ALL", "C");
        command
    }

    /// Has `ip` carry out one command a line in this namespace.
    ///
    /// # Panics
    ///
    /// When one of them fails.
    pub(crate) fn configure(&self, commands: &str) {
        feed(Command::new("ip").args(["-n", &self.name, "-batch", "-"]), commands);
    }

    /// Sets kernel variables of this namespace, each named by its path below `/proc/sys/net`.
    ///
    /// # Panics
    ///
    /// When the kernel refuses one.
    pub(crate) fn set(&self, variables: &[(&str, &str)]) {
        self.enter(|| {
            for (variable, value) in variables {
                let path = Path::new("/proc/sys/net").join(variable);
                fs::write(&path, value)
                    .unwrap_or_else(|error| panic!("{} = {value}: {error}", path.display()));
            }
        });
    }

    /// Does something inside the namespace. A socket that is made there belongs to the namespace for
    /// good, whoever uses it afterwards.
    ///
    /// The namespace is a property of the thread, so this takes a thread that ends with the work.
    ///
    /// # Panics
    ///
    /// When the namespace cannot be entered, or the work panics.
    pub(crate) fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let path = Path::new(DIRECTORY).join(&self.name);
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let handle = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                setns(handle, CloneFlags::CLONE_NEWNET)
                    .unwrap_or_else(|error| panic!("cannot enter {}: {error}", self.name));
                work()
            });
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

/// Ends whatever runs in a namespace and removes it; what cannot be removed stays for the next run's
/// [`remove_abandoned`].
fn remove(name: &str) {
    let Ok(pids) = Command::new("ip").args(["netns", "pids", name]).output() else { return };
    for pid in String::from_utf8_lossy(&pids.stdout).split_whitespace().filter_map(|pid| pid.parse().ok()) {
        // It may have ended by itself since.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    let _ = Command::new("ip").args(["netns", "delete", name]).output();
}

/// Removes the namespaces and folders of earlier runs that were killed before they could.
pub(crate) fn remove_abandoned() {
    for path in abandoned(Path::new(DIRECTORY)) {
        if let Some(name) = path.file_name().and_then(OsStr::to_str) {
            remove(name);
        }
    }
    for path in abandoned(&env::temp_dir()) {
        let _ = fs::remove_dir_all(path);
    }
}
