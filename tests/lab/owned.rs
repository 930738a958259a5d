//! Names that say which process they belong to, so that what a killed run left behind can be told from what a
//! running one needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

/// What every name begins with; then come the process id and a number.
const PREFIX: &str = "ftpfw-lab-";

/// A name that nothing else has, in this process or another.
pub(crate) fn name(role: &str) -> String {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{}-{number}-{role}", process::id())
}

/// A new folder, which goes when its owner goes.
///
/// # Panics
///
/// When it cannot be made.
pub(crate) fn folder(role: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix(&name(role)).tempdir();
    folder.unwrap_or_else(|error| panic!("a folder for {role}: {error}"))
}

/// The entries of a directory that belong to processes which are gone.
pub(crate) fn abandoned(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| owner(path).is_some_and(is_gone)).collect()
}

/// The process that an entry belongs to, if it is one of the lab's.
fn owner(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

fn is_gone(process: u32) -> bool {
    !Path::new("/proc").join(process.to_string()).exists()
}
