//! Putting a file to work with nftables.

use crate::dialect::{OutputFile, Usage};
use crate::ruleset::{Attachment, Hook};

/// How `file` is loaded, and how an existing policy enters its chains.
pub(crate) fn usage(file: &OutputFile, attachments: &[Attachment]) -> Usage {
    let load = ["nft -c -f", "nft -f"].map(|command| format!("{command} {}", file.name)).to_vec();
    let place = |attachment: &Attachment| {
        let table = &attachment.table;
        (format!("{} {}", table.family.id(), table.name), hook_name(attachment.hook))
    };
    let attach = attachments
        .iter()
        .map(|attachment| {
            let (table, chain) = place(attachment);
            format!("nft insert rule {table} {chain} jump {}", attachment.chain)
        })
        .collect();
    let jumps = attachments.iter().map(|attachment| {
        let (table, chain) = place(attachment);
        format!("table {table} {{ chain {chain} {{ ... jump {} ... }} }}", attachment.chain)
    });
    let lines = std::iter::once(format!("include \"{}\"", file.name)).chain(jumps).collect();
    Usage { load, attach, lines }
}

/// The name of the base chain, as the configuration that distributions ship has it.
fn hook_name(hook: Hook) -> &'static str {
    match hook {
        Hook::Prerouting => "prerouting",
        Hook::Input => "input",
        Hook::Output => "output",
        Hook::Postrouting => "postrouting",
        Hook::Forward | Hook::PfFilter | Hook::PfNat | Hook::PfRdr => "forward",
    }
}
