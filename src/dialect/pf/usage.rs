//! Putting a file to work with pf.

use crate::dialect::{Loading, OutputFile, Usage};
use crate::ruleset::{Attachment, Hook};

/// How `file` is loaded, and which lines `/etc/pf.conf` needs for a fragment.
pub(crate) fn usage(loading: Loading, file: &OutputFile, attachments: &[Attachment]) -> Usage {
    let lines: Vec<String> = attachments
        .iter()
        .map(|attachment| {
            let word = match attachment.hook {
                Hook::PfNat => "nat-anchor",
                Hook::PfRdr => "rdr-anchor",
                _ => "anchor",
            };
            format!("{word} \"{}\"", attachment.chain)
        })
        .collect();
    // The anchors of ftp-proxy are filled by ftp-proxy.
    let own = attachments.iter().map(|attachment| &attachment.chain).find(|chain| !chain.contains('*'));
    let target = match (loading, own) {
        (Loading::Join, Some(anchor)) => format!("-a {anchor} "),
        _ => String::new(),
    };
    let load = ["-nf", "-f"].map(|option| format!("pfctl {target}{option} {}", file.name)).to_vec();
    Usage { load, attach: Vec::new(), lines }
}
