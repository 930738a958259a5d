//! Files of sysctls, and what `sysctl -a` prints.

use super::{Problem, lines, reading};
use crate::dialect::reading::Reading;
use crate::ruleset::{Host, Origin};

/// Reads `sysctl.conf` (sysctl.conf(5)), files of `sysctl.d` (sysctl.d(5)), or the output of `sysctl -a`.
#[must_use]
pub fn read(text: &str, number: u32) -> Reading {
    let mut host = Host::default();
    let mut problems = Vec::new();
    for (line, origin) in lines(text, number, false) {
        // With a hyphen in front it may fail silently; a name alone with one keeps patterns from setting it.
        let optional = line.strip_prefix('-');
        let sets = assignment(optional.unwrap_or(line), origin, &mut host);
        if !sets && !optional.is_some_and(is_name) {
            problems.push((origin, Problem::Sysctl(line.to_owned())));
        }
    }
    reading(host, problems)
}

/// Notes what `name = value` sets. Says whether it sets something.
pub(in crate::dialect) fn assignment(text: &str, origin: Origin, host: &mut Host) -> bool {
    let Some((name, value)) = text.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else {
        return false;
    };
    // A pattern sets many: what it sets is known only where the names are.
    let sets = is_name(name);
    if sets {
        host.set_sysctl(name, value, Some(origin));
    }
    sets
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:@-".contains(&byte))
}
