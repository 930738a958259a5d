//! `--baseline` and `--write-baseline`.

use std::fs;
use std::path::Path;

use crate::audit::baseline::Baseline;
use crate::audit::suppress::By;
use crate::audit::{Audit, Request};
use crate::cli::{Console, Failure, files};
use crate::lang;

/// Reads a baseline.
pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
    let text = fs::read_to_string(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    Baseline::read(&text).map_err(|source| Failure::Baseline { path: path.to_owned(), source })
}

/// Records the findings that count, and those that only an older baseline leaves out.
pub(super) fn write(
    path: &Path,
    audit: &Audit,
    request: &Request<'_>,
    console: &mut Console,
) -> Result<(), Failure> {
    let known = audit.suppressed.iter().filter(|suppressed| matches!(suppressed.by, By::Baseline(_)));
    let findings = audit.findings.iter().chain(known.map(|suppressed| &suppressed.finding));
    let text = Baseline::of(findings, request).write();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    files::replace(folder, name, &text)?;
    if console.is_watched() {
        console.note(&lang::failure::written(path, console.lang()));
    }
    Ok(())
}
