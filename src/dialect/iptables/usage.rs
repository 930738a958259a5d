//! Putting a file to work with iptables.

use crate::dialect::{Loading, OutputFile, Usage};
use crate::packet::Family;
use crate::ruleset::{Attachment, TableFamily};

/// How `file` is loaded, and how an existing policy enters its chains.
pub(crate) fn usage(loading: Loading, file: &OutputFile, attachments: &[Attachment]) -> Usage {
    let family = file.family.unwrap_or(Family::Ipv4);
    let program = match family {
        Family::Ipv4 => "iptables",
        Family::Ipv6 => "ip6tables",
    };
    let join = match loading {
        Loading::Replace => "",
        Loading::Join => " --noflush",
    };
    let load = ["--test", ""]
        .map(|test| format!("{program}-restore{join} {test} < {}", file.name).replace("  ", " "))
        .to_vec();
    let ours = || attachments.iter().filter(|attachment| attachment.table.family == TableFamily::of(family));
    let table = |attachment: &Attachment| match attachment.table.name.as_str() {
        "filter" => String::new(),
        other => format!("-t {other} "),
    };
    let jump = |attachment: &Attachment, verb: &str, place: &str| {
        format!("{verb} {}{place} -j {}", attachment.hook.id().to_uppercase(), attachment.chain)
    };
    let attach = ours()
        .map(|attachment| format!("{program} {}{}", table(attachment), jump(attachment, "-I", " 1")))
        .collect();
    let lines = ours()
        .map(|attachment| format!("*{}: {}", attachment.table.name, jump(attachment, "-A", "")))
        .collect();
    Usage { load, attach, lines }
}
