//! Files that a command writes: whole, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::Builder;

use super::Failure;

/// Writes a file into `directory`, in the place of one that has its name.
///
/// At every moment there is the old file or the new one: a firewall may load it just now.
pub(super) fn replace(directory: &Path, name: &str, text: &str) -> Result<PathBuf, Failure> {
    let path = directory.join(name);
    let write = || -> io::Result<()> {
        fs::create_dir_all(directory)?;
        let mut file = Builder::new().prefix(".ftpfw-").make_in(directory, |path| ordinary().open(path))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|source| Failure::Write { path: path.clone(), source })?;
    Ok(path)
}

/// Writes a file that is not there yet.
pub(super) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let failure = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => Failure::Exists(path.to_owned()),
        _ => Failure::Write { path: path.to_owned(), source },
    };
    let mut file = ordinary().open(path).map_err(failure)?;
    finish(&mut file, text).map_err(|source| {
        // Half a file would stand in the way of the next attempt.
        let _ = fs::remove_file(path);
        failure(source)
    })
}

fn finish(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A new file with the permissions that the user's mask leaves it, where a temporary file would be private.
fn ordinary() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}
