//! What the writers of all dialects put together in the same way.

use std::fmt::{Arguments, Write as _};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::packet::PortRange;

/// Appends to a text, which cannot fail.
pub(super) fn push(text: &mut String, arguments: Arguments<'_>) {
    let _ = text.write_fmt(arguments);
}

/// The target of a translation: `10.0.0.5`, `10.0.0.5:21`, `[2001:db8::5]:20000-50000`.
pub(super) fn with_ports(address: IpAddr, ports: Option<PortRange>) -> String {
    match (address, ports) {
        (address, None) => address.to_string(),
        (IpAddr::V4(address), Some(ports)) => format!("{address}:{ports}"),
        (IpAddr::V6(address), Some(ports)) => format!("[{address}]:{ports}"),
    }
}

/// A prefix as people write it: a single address without its length.
pub(super) fn net(net: &IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
}

/// Text as it can stand in a one-line comment: without control characters and quotes, at most `limit` bytes.
pub(super) fn comment(text: &str, limit: usize) -> String {
    let mut clean = String::new();
    for character in text.chars().map(|c| {
        if c.is_control() {
            ' '
        } else if matches!(c, '"' | '\\') {
            '\''
        } else {
            c
        }
    }) {
        if clean.len() + character.len_utf8() > limit {
            break;
        }
        clean.push(character);
    }
    clean
}
