//! Putting a file to work with nftables.

use crate::dialect::{OutputFile, Usage};
use crate::ruleset::Attachment;

/// How `file` is loaded, and how an existing policy enters its chains.
pub(crate) fn usage(file: &OutputFile, attachments: &[Attachment]) -> Usage {
    let load = ["nft -c -f", "nft -f"].map(|command| format!("{command} {}", file.name)).to_vec();
    // The base chain is called after its hook, as in the configuration that distributions ship.
    let place = |attachment: &Attachment| {
        let table = &attachment.table;
        (format!("{} {}", table.family.id(), table.name), attachment.hook.id())
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
