//! What packets are translated to: an address or several, ports, and how one of them is chosen.

use std::net::IpAddr;

use super::super::Expected;
use super::address::{Host, host};
use super::cursor::{Cursor, Fault};
use super::names;
use crate::packet::{PortRange, PortSet};
use crate::ruleset::Action;

/// The ports that pf gives translated connections unless told otherwise (`PF_NAT_PROXY_PORT_LOW` and `_HIGH`).
const DEFAULT_PORTS: (u16, u16) = (50001, 65535);

/// The longest range of ports that is moved to another one port by port, with a rule for each.
const MAX_MOVED: u32 = 1024;

/// Ways to choose from a pool that take no argument.
const CHOICES: [&str; 7] = [
    "bitmask",
    "random",
    "round-robin",
    "least-states",
    "sticky-address",
    "prefer-ipv6-nexthop",
    "endpoint-independent",
];

/// What packets are translated to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pool {
    /// The address.
    pub(super) target: Target,
    /// The ports: the first and the last, of which `None` is as many as the rule matches.
    ports: Option<(u16, Option<u16>)>,
    /// Whether ports are kept.
    static_port: bool,
    /// The pool in words.
    words: String,
}

/// The address of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// This one.
    Address(IpAddr),
    /// One of this machine's own.
    Own,
    /// One of several, or one that only the machine knows.
    Unknown,
}

/// What follows `nat-to`, `rdr-to`, `->` and the like.
pub(super) fn pool(cursor: &mut Cursor<'_>) -> Result<Pool, Fault> {
    let start = cursor.position();
    let mut targets = cursor.list(|cursor| {
        Ok(match host(cursor)? {
            Host::Nets(nets) => match nets.as_slice() {
                [one] if one.prefix_len() == one.max_prefix_len() => Target::Address(one.addr()),
                _ => Target::Unknown,
            },
            // An interface in parentheses; a name without may be that of another host.
            Host::Own { .. } | Host::Named { dynamic: true } => Target::Own,
            Host::Named { dynamic: false } | Host::Any | Host::Table(_) => Target::Unknown,
        })
    })?;
    let target = match (targets.pop(), targets.is_empty()) {
        (Some(target), true) => target,
        _ => Target::Unknown,
    };
    let mut pool = Pool { target, ports: None, static_port: false, words: String::new() };
    loop {
        if cursor.eat_word("port") {
            pool.ports = Some(target_ports(cursor)?);
        } else if cursor.eat_word("static-port") {
            pool.static_port = true;
        } else if !choices(cursor)? {
            break;
        }
    }
    pool.words = cursor.words_since(start);
    Ok(pool)
}

/// How one of a pool is chosen. Whether anything says so.
pub(super) fn choices(cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
    let start = cursor.position();
    loop {
        if cursor.eat_word("source-hash") {
            let is_key = |text: &str| text.starts_with("0x") || text.len() == 32;
            if cursor.peek().is_some_and(|token| is_key(token.text())) {
                cursor.next();
            }
        } else if cursor.eat_word("map-e-portset") {
            for _ in 0..2 {
                cursor.text(Expected::Text)?;
                cursor.sign("/")?;
            }
            cursor.text(Expected::Text)?;
        } else if !CHOICES.iter().any(|word| cursor.eat_word(word)) {
            return Ok(cursor.position() > start);
        }
    }
}

/// `8021`, `50001:65535`, `60000:*`.
fn target_ports(cursor: &mut Cursor<'_>) -> Result<(u16, Option<u16>), Fault> {
    cursor.eat_sign("=");
    let fault = cursor.fault(Expected::Port);
    let text = cursor.text(Expected::Port)?.text();
    let ports = match text.split_once(':') {
        None => names::port(text).map(|port| (port, Some(port))),
        Some((first, "*")) => names::port(first).map(|first| (first, None)),
        Some((first, last)) => {
            names::port(first).zip(names::port(last)).map(|(first, last)| (first, Some(last)))
        }
    };
    ports.filter(|&(first, last)| last.is_none_or(|last| first <= last)).ok_or(fault)
}

impl Pool {
    /// Source translation. `word` is how the rule says it.
    pub(super) fn source(&self, word: &str) -> Action {
        let address = match self.target {
            Target::Address(address) => Some(address),
            Target::Own => None,
            Target::Unknown => return self.unknown(word),
        };
        let ports = match (self.static_port, self.ports) {
            (true, _) => None,
            (false, None) => PortRange::new(DEFAULT_PORTS.0, DEFAULT_PORTS.1),
            (false, Some((first, last))) => PortRange::new(first, last.unwrap_or(first)),
        };
        Action::SourceNat { address, ports }
    }

    /// Destination translation of packets to `matched` ports: one action, or one for each of several ports.
    pub(super) fn destination(
        &self,
        word: &str,
        matched: Option<&PortSet>,
    ) -> Vec<(Option<PortSet>, Action)> {
        let address = match self.target {
            Target::Address(address) => Some(address),
            Target::Own => None,
            Target::Unknown => return vec![(None, self.unknown(word))],
        };
        let to = |port| Action::DestinationNat { address, port };
        let (first, last) = match self.ports {
            None => return vec![(None, to(None))],
            Some((first, Some(last))) if first == last => return vec![(None, to(Some(first)))],
            Some(ports) => ports,
        };
        // Each range is moved as a whole, from its first port on, and around within the new ports.
        let ranges = matched.map(PortSet::ranges).unwrap_or_default();
        let moved = |range: PortRange, port: u16| {
            let size = last.map_or(range.count(), |last| u32::from(last - first) + 1);
            let offset = (u32::from(port) - u32::from(range.first())) % size;
            u16::try_from(u32::from(first) + offset).ok()
        };
        let ports =
            || ranges.iter().flat_map(|&range| (range.first()..=range.last()).map(move |port| (range, port)));
        if !ranges.is_empty() && ports().all(|(range, port)| moved(range, port) == Some(port)) {
            return vec![(None, to(None))];
        }
        let count: u32 = ranges.iter().map(|range| range.count()).sum();
        if ranges.is_empty() || count > MAX_MOVED {
            return vec![(None, self.unknown(word))];
        }
        ports().map(|(range, port)| (Some(PortSet::from(port)), to(moved(range, port)))).collect()
    }

    /// Something that is not known here.
    pub(super) fn unknown(&self, word: &str) -> Action {
        Action::Unknown(format!("{word} {}", self.words))
    }
}
