//! The rules of pf.

use super::{Live, program};
use crate::dialect::Format;
use crate::lang::live::Trouble;

/// Reads the rules of the main rule set and of all anchors. Where translation has rules of its own, they come first, as
/// in `pf.conf`.
pub(super) fn rules(live: &mut Live) {
    let Some(pfctl) = program::find("pfctl") else {
        live.troubles.push(Trouble::Missing { program: "pfctl" });
        return;
    };
    let (format, kinds): (Format, &[&str]) = if std::env::consts::OS == "openbsd" {
        (Format::PfOpenbsd, &["rules"])
    } else {
        (Format::PfFreebsd, &["nat", "rules"])
    };
    let mut all = String::new();
    for kind in kinds {
        match program::output(&pfctl, &["-a", "*", "-s", kind]) {
            Ok(text) => {
                live.answered = true;
                all.push_str(&text);
            }
            Err(trouble) => live.troubles.push(trouble),
        }
    }
    if !all.trim().is_empty() {
        live.add("pfctl", all, format);
    }
}
