//! The report as text.

use crate::audit::{Audit, Works};
use crate::cli::Console;
use crate::lang::audit::{self, Sources, suppress};
use crate::report::text;

/// The tables, the findings like a compiler's, and the last line.
pub(in crate::cli) fn text(audit: &Audit, sources: Sources<'_>, console: &Console) -> String {
    let (lang, dress) = (console.lang(), console.dress());
    let place = |works: &Works| {
        let blocked = works.blocked_by.as_ref()?;
        audit::place(blocked.by?, sources.subject(&blocked.firewall)?)
    };
    let mut parts = vec![text::render(&audit::document(audit, place, lang), dress)];
    let findings =
        audit.findings.iter().map(|finding| audit::diagnostic(finding, sources, lang, dress.color));
    let idle = audit.idle.iter().map(|idle| suppress::diagnostic(idle, sources, lang, dress.color));
    for diagnostic in findings.chain(idle) {
        parts.push(diagnostic);
        parts.push(String::new());
    }
    parts.push(audit::summary(audit, lang));
    parts.join("\n") + "\n"
}
