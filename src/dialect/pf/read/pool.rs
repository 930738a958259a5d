//! What packets are translated to: an address or several, ports, and how one of them is chosen.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::Expected;
use super::address::{Host, host};
use super::cursor::{Cursor, Fault};
use super::names;
use super::table::Tables;
use crate::packet::{Family, PortRange, PortSet};
use crate::ruleset::{Action, Endpoint, Match};

/// The ports that pf gives translated connections unless told otherwise (`PF_NAT_PROXY_PORT_LOW` and `_HIGH`).
const DEFAULT_PORTS: (u16, u16) = (50001, 65535);

/// The most rules that one comes to: a rule for each address of a pool, and for each port that is moved to another.
const MAX_RULES: usize = 1024;

/// The most addresses of a pool that are each followed.
const MAX_POOL: usize = 32;

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
    /// Whether an address keeps its place in the network.
    bitmask: bool,
    /// The ports: the first and the last, of which `None` is as many as the rule matches.
    ports: Option<(u16, Option<u16>)>,
    /// Whether ports are kept.
    static_port: bool,
    /// The pool in words.
    words: String,
}

/// The addresses of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// This one.
    Address(IpAddr),
    /// One of these, all of one family.
    Nets(Vec<IpNet>),
    /// One of this machine's own.
    Own,
    /// One that only the machine knows.
    Unknown,
}

/// A translation that a pool may come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// What says that it does: of several addresses, which one is chosen is nowhere to be read.
    pub(super) conditions: Vec<Match>,
    /// The ports that it is for.
    pub(super) ports: Option<PortSet>,
    /// The translation.
    pub(super) action: Action,
}

/// What follows `nat-to`, `rdr-to`, `->` and the like.
pub(super) fn pool(cursor: &mut Cursor<'_>, tables: &Tables) -> Result<Pool, Fault> {
    let start = cursor.position();
    let targets = cursor.list(|cursor| {
        Ok(match host(cursor)? {
            Host::Nets(nets) => Target::Nets(nets),
            // An interface in parentheses; a name without may be that of another host.
            Host::Own { .. } | Host::Named { dynamic: true } => Target::Own,
            Host::Table(name) => {
                let known =
                    tables.get(&name).map_err(|problem| (cursor.fault(Expected::Table).0, problem))?;
                known.map_or(Target::Unknown, |set| Target::Nets(set.nets().to_vec()))
            }
            Host::Named { dynamic: false } | Host::Any => Target::Unknown,
        })
    })?;
    let target = joined(targets);
    let mut pool = Pool { target, bitmask: false, ports: None, static_port: false, words: String::new() };
    loop {
        if cursor.eat_word("bitmask") {
            pool.bitmask = true;
        } else if cursor.eat_word("port") {
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

/// Several targets as one.
fn joined(targets: Vec<Target>) -> Target {
    let single = targets.len() == 1;
    let mut all: Vec<IpNet> = Vec::new();
    for target in targets {
        match target {
            Target::Nets(nets) => all.extend(nets),
            other if single => return other,
            _ => return Target::Unknown,
        }
    }
    match all.as_slice() {
        [] => Target::Unknown,
        [one] if one.prefix_len() == one.max_prefix_len() => Target::Address(one.addr()),
        [one, others @ ..] => {
            let family = |net: &IpNet| Family::of(net.addr());
            let mixed = others.iter().any(|net| family(net) != family(one));
            if mixed { Target::Unknown } else { Target::Nets(all) }
        }
    }
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
    pub(super) fn source(&self, word: &str) -> Vec<Choice> {
        if let Some(moved) = self.moved(Endpoint::Source) {
            return vec![moved];
        }
        let ports = match (self.static_port, self.ports) {
            (true, _) => None,
            (false, None) => PortRange::new(DEFAULT_PORTS.0, DEFAULT_PORTS.1),
            (false, Some((first, last))) => PortRange::new(first, last.unwrap_or(first)),
        };
        let Some(addresses) = self.addresses(word) else { return vec![self.unknown_choice(word)] };
        let choice = |(conditions, address)| Choice {
            conditions,
            ports: None,
            action: Action::SourceNat { address, ports },
        };
        addresses.into_iter().map(choice).collect()
    }

    /// The addresses, each with what says that it is chosen; `None` is one of the machine's own.
    fn addresses(&self, word: &str) -> Option<Vec<(Vec<Match>, Option<IpAddr>)>> {
        let nets = match &self.target {
            Target::Address(address) => return Some(vec![(Vec::new(), Some(*address))]),
            Target::Own => return Some(vec![(Vec::new(), None)]),
            Target::Nets(nets) => nets,
            Target::Unknown => return None,
        };
        let addresses: Vec<IpAddr> = nets.iter().flat_map(addresses_of).take(MAX_POOL + 1).collect();
        let (last, others) = addresses.split_last().filter(|_| addresses.len() <= MAX_POOL)?;
        let mut refused: Vec<Match> = Vec::new();
        let mut all = Vec::with_capacity(addresses.len());
        for address in others {
            let chosen = Match::Opaque(format!("{word} {}: {address}", self.words));
            let conditions = refused.iter().cloned().chain([chosen.clone()]).collect();
            all.push((conditions, Some(*address)));
            refused.push(chosen.negated());
        }
        all.push((refused, Some(*last)));
        Some(all)
    }

    /// The translation that keeps the place of an address in its network.
    fn moved(&self, end: Endpoint) -> Option<Choice> {
        match &self.target {
            Target::Nets(nets) if self.bitmask && self.ports.is_none() => match nets[..] {
                [network] => {
                    let action = Action::MoveNetwork { end, network };
                    Some(Choice { conditions: Vec::new(), ports: None, action })
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn unknown_choice(&self, word: &str) -> Choice {
        Choice { conditions: Vec::new(), ports: None, action: self.unknown(word) }
    }

    /// Destination translation of packets to `matched` ports: a choice for each address, and for each of several ports.
    pub(super) fn destination(&self, word: &str, matched: Option<&PortSet>) -> Vec<Choice> {
        if let Some(moved) = self.moved(Endpoint::Destination) {
            return vec![moved];
        }
        let moves = self.ports_moved(matched);
        let Some((addresses, moves)) = self.addresses(word).zip(moves) else {
            return vec![self.unknown_choice(word)];
        };
        if addresses.len() * moves.len() > MAX_RULES {
            return vec![self.unknown_choice(word)];
        }
        let choices = addresses.iter().flat_map(|(conditions, address)| {
            moves.iter().map(|(ports, port)| Choice {
                conditions: conditions.clone(),
                ports: ports.clone(),
                action: Action::DestinationNat { address: *address, port: *port },
            })
        });
        choices.collect()
    }

    /// What becomes of ports: the new one, and of several the old one that it is for. `None` for too many.
    fn ports_moved(&self, matched: Option<&PortSet>) -> Option<Vec<(Option<PortSet>, Option<u16>)>> {
        let (first, last) = match self.ports {
            None => return Some(vec![(None, None)]),
            Some((first, Some(last))) if first == last => return Some(vec![(None, Some(first))]),
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
            return Some(vec![(None, None)]);
        }
        let count: u32 = ranges.iter().map(|range| range.count()).sum();
        let few = usize::try_from(count).is_ok_and(|count| (1..=MAX_RULES).contains(&count));
        few.then(|| ports().map(|(range, port)| (Some(PortSet::from(port)), moved(range, port))).collect())
    }

    /// Something that is not known here.
    pub(super) fn unknown(&self, word: &str) -> Action {
        Action::Unknown(format!("{word} {}", self.words))
    }
}

/// The addresses of a network, in order: pf translates to the first and the last like to any other.
fn addresses_of(net: &IpNet) -> Box<dyn Iterator<Item = IpAddr>> {
    let (first, hosts) = (net.network(), u32::from(net.max_prefix_len() - net.prefix_len()));
    let count = 1_u128.checked_shl(hosts).unwrap_or(u128::MAX);
    match first {
        IpAddr::V4(first) => {
            let first = u32::from(first);
            Box::new(
                (0..u32::try_from(count).unwrap_or(u32::MAX))
                    .map(move |at| IpAddr::from((first | at).to_be_bytes())),
            )
        }
        IpAddr::V6(first) => {
            let first = u128::from(first);
            Box::new((0..count).map(move |at| IpAddr::from((first | at).to_be_bytes())))
        }
    }
}
