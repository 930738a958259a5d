//! The rules of netfilter: those of nft, of both kinds of iptables, and the sets of ipset.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Live, nft, program};
use crate::dialect::Format;
use crate::lang::live::Trouble;
use crate::packet::Family;

/// Reads all rules. Each is read once: what iptables-nft has loaded is taken from its own program, and left out of what
/// nft lists.
pub(super) fn rules(live: &mut Live) {
    let listing = match is_present("nf_tables") {
        Some(false) => {
            live.answered = true;
            Some(nft::Listing::default())
        }
        present => listed(live, present),
    };
    let mut saved = Vec::new();
    for family in Family::ALL {
        if listing.as_ref().is_none_or(|listing| listing.may_be_of_iptables(family)) {
            saved.extend(saved_by_nft(live, family));
        }
        saved_by_legacy(live, family);
    }
    if let Some(listing) = listing {
        let own = listing.without(&saved);
        if own.has_extensions() {
            live.troubles.push(Trouble::Missing { program: "iptables-nft-save" });
        }
        if !own.is_empty() {
            live.add("nft -j list ruleset", own.text(), Format::NftJson);
        }
    }
    sets(live);
}

/// What nft lists. `None` if it cannot be asked.
fn listed(live: &mut Live, present: Option<bool>) -> Option<nft::Listing> {
    let Some(nft) = program::find("nft") else {
        if present == Some(true) {
            live.troubles.push(Trouble::Missing { program: "nft" });
        }
        return None;
    };
    let listing = program::output(&nft, &["-j", "list", "ruleset"]).and_then(|text| {
        nft::Listing::read(&text).ok_or(Trouble::NotUnderstood { command: "nft -j list ruleset" })
    });
    match listing {
        Ok(listing) => {
            live.answered = true;
            Some(listing)
        }
        Err(trouble) => {
            live.troubles.push(trouble);
            None
        }
    }
}

/// The rules of iptables-nft, and which of the tables that nft lists they are.
fn saved_by_nft(live: &mut Live, family: Family) -> Vec<nft::Saved> {
    let name = if family == Family::Ipv4 { "iptables" } else { "ip6tables" };
    let Some(save) = variant(name, "nft", |version| version.contains("nf_tables")) else { return Vec::new() };
    match program::output(&save, &[]) {
        Ok(text) => {
            live.answered = true;
            let saved = nft::Saved::read(&text, family);
            add_saved(live, &save, text, family);
            saved
        }
        Err(trouble) => {
            live.troubles.push(trouble);
            Vec::new()
        }
    }
}

/// The rules of iptables-legacy. Its program would load the modules of tables that are not there, so that the kernel is
/// asked first which there are.
fn saved_by_legacy(live: &mut Live, family: Family) {
    let (name, tables) = match family {
        Family::Ipv4 => ("iptables", "/proc/net/ip_tables_names"),
        Family::Ipv6 => ("ip6tables", "/proc/net/ip6_tables_names"),
    };
    let tables = match fs::read_to_string(tables) {
        Ok(tables) => tables,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                live.troubles.push(Trouble::Unreadable { path: PathBuf::from(tables), error });
            }
            return;
        }
    };
    live.answered = true;
    if tables.trim().is_empty() {
        return;
    }
    // Before there were two kinds, the version said nothing.
    let Some(save) = variant(name, "legacy", |version| !version.contains("nf_tables")) else {
        let program = if family == Family::Ipv4 { "iptables-legacy-save" } else { "ip6tables-legacy-save" };
        live.troubles.push(Trouble::Missing { program });
        return;
    };
    match program::output(&save, &[]) {
        Ok(text) => add_saved(live, &save, text, family),
        Err(trouble) => live.troubles.push(trouble),
    }
}

fn add_saved(live: &mut Live, save: &Path, text: String, family: Family) {
    if text.lines().any(|line| line.starts_with('*')) {
        let format = if family == Family::Ipv4 { Format::Iptables } else { Format::Ip6tables };
        let name = save.file_name().unwrap_or_default().to_string_lossy();
        live.add(&name, text, format);
    }
}

/// The program that saves the rules of one kind of iptables: by its own name, or by the common one where its version
/// says that it is of that kind.
fn variant(name: &str, kind: &str, is_meant: impl Fn(&str) -> bool) -> Option<PathBuf> {
    program::find(&format!("{name}-{kind}-save")).or_else(|| {
        let common = program::find(&format!("{name}-save"))?;
        program::output(&common, &["--version"]).is_ok_and(|text| is_meant(&text)).then_some(common)
    })
}

/// The sets that rules of iptables ask.
fn sets(live: &mut Live) {
    if !live.texts.iter().any(|(text, _)| text.content.contains("--match-set")) {
        return;
    }
    let Some(ipset) = program::find("ipset") else {
        live.troubles.push(Trouble::Missing { program: "ipset" });
        return;
    };
    match program::output(&ipset, &["save"]) {
        Ok(text) => live.add("ipset save", text, Format::Ipset),
        Err(trouble) => live.troubles.push(trouble),
    }
}

/// Whether the kernel has a module, loaded or built in; `None` where that is not known.
fn is_present(module: &str) -> Option<bool> {
    if Path::new("/sys/module").join(module).exists() {
        return Some(true);
    }
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let built_in = Path::new("/lib/modules").join(release.trim()).join("modules.builtin");
    let built_in = fs::read_to_string(built_in).ok()?;
    Some(built_in.lines().any(|path| path.ends_with(&format!("/{module}.ko"))))
}
