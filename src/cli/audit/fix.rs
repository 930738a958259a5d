//! `--fix`.

use crate::audit::{Audit, Trials};
use crate::cli::{Console, Failure};
use crate::lang;
use crate::report::patch::unified;

/// Prints the patch that mends what can be mended safely, and says how much that is.
pub(super) fn print(trials: &Trials<'_>, audit: &Audit, console: &mut Console) -> Result<(), Failure> {
    let mut mended = 0;
    for (index, subject) in trials.request.subjects.iter().enumerate() {
        let patch = trials.mend(index, audit);
        mended += patch.mended.len();
        console.print(&unified(&subject.rules.texts, &patch.texts))?;
    }
    let left = audit.findings.len().saturating_sub(mended);
    console.note(&lang::audit::fix::summary(mended, left, console.lang()));
    Ok(())
}
