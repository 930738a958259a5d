//! A part of a set: a product of values of single fields, as people write rules.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use super::{NameField, PacketSet, Space, TooComplex};
use crate::packet::{AddressSet, Family, PortSet, Protocol, State};

/// A name, or all names with a prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern {
    pub(super) text: String,
    /// Whether more may follow.
    pub(super) open: bool,
}

impl Pattern {
    /// No name.
    const NONE: Self = Self { text: String::new(), open: false };

    /// Whether every name of `other` fits.
    pub(super) fn covers(&self, other: &Self) -> bool {
        if self.open { other.text.starts_with(&self.text) } else { self == other }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.text.as_str(), self.open) {
            ("", false) => f.write_str("none"),
            (text, false) => f.write_str(text),
            (text, true) => write!(f, "{text}*"),
        }
    }
}

/// A set of names: whether names are in it as a rule, and the exceptions, of which the most specific counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Names {
    pub(super) default: bool,
    /// From the most general to the most specific, each differing from what it is an exception to.
    pub(super) exceptions: Vec<(Pattern, bool)>,
}

impl Names {
    /// Every name, and none.
    pub(super) const ANY: Self = Self { default: true, exceptions: Vec::new() };

    /// Whether every name is in it.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self == Self::ANY
    }

    /// The same without saying that there is a name at all.
    fn without_presence(&self) -> Self {
        let mut names = self.clone();
        names.exceptions.retain(|(pattern, included)| *included || *pattern != Pattern::NONE);
        names
    }
}

impl fmt::Display for Names {
    /// `eth0`, `eth*,!eth1`, `!lo`; no name is `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return f.write_str("any");
        }
        for (index, (pattern, included)) in self.exceptions.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{}{pattern}", if *included { "" } else { "!" })?;
        }
        Ok(())
    }
}

/// A part of a set: the packets for which every field has one of the values listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Part {
    /// The source addresses; packets are from and to addresses of one family.
    pub source: AddressSet,
    /// The destination addresses.
    pub destination: AddressSet,
    /// The protocol numbers, as ranges in ascending order.
    pub protocols: Vec<RangeInclusive<u8>>,
    /// The source ports: any, unless all protocols have ports.
    pub source_ports: PortSet,
    /// The destination ports: any, unless all protocols have ports.
    pub destination_ports: PortSet,
    /// The types of ICMP, each with its codes; any where empty, as it is unless all protocols have types.
    pub icmp: Vec<(RangeInclusive<u8>, RangeInclusive<u8>)>,
    /// The TCP flags that are tested, as a mask, and their values.
    pub flags: (u8, u8),
    /// The connection states, in the order of [`State::ALL`].
    pub states: Vec<State>,
    /// Whether packets answer their connection's first packet; `None` where either may be.
    pub reply: Option<bool>,
    /// The interfaces by which packets come in.
    pub in_interface: Names,
    /// The interfaces by which packets leave.
    pub out_interface: Names,
    /// The helpers.
    pub helper: Names,
    /// The bits of the packet's mark that are tested, and their values.
    pub mark: (u32, u32),
    /// The bits of the connection's mark that are tested, and their values.
    pub connection_mark: (u32, u32),
    /// The opaque predicates that matter, and whether each has to hold.
    pub opaque: Vec<(String, bool)>,
}

impl Part {
    /// Every packet.
    #[must_use]
    pub fn any() -> Self {
        Self {
            source: AddressSet::any(),
            destination: AddressSet::any(),
            protocols: vec![0..=u8::MAX],
            source_ports: PortSet::any(),
            destination_ports: PortSet::any(),
            icmp: Vec::new(),
            flags: (0, 0),
            states: State::ALL.to_vec(),
            reply: None,
            in_interface: Names::ANY,
            out_interface: Names::ANY,
            helper: Names::ANY,
            mark: (0, 0),
            connection_mark: (0, 0),
            opaque: Vec::new(),
        }
    }
}

impl Space {
    /// The packets of a part.
    ///
    /// # Errors
    ///
    /// When the budget is used up.
    pub fn part(&mut self, part: &Part) -> Result<PacketSet, TooComplex> {
        let mut factors = vec![
            self.source(&part.source)?,
            self.destination(&part.destination)?,
            self.protocols(&part.protocols)?,
            self.state(&part.states)?,
            self.mark(part.mark.1, part.mark.0)?,
            self.connection_mark(part.connection_mark.1, part.connection_mark.0)?,
        ];
        if !part.source_ports.is_any() {
            factors.push(self.source_port(&part.source_ports)?);
        }
        if !part.destination_ports.is_any() {
            factors.push(self.destination_port(&part.destination_ports)?);
        }
        if !part.icmp.is_empty() {
            let kinds = part.icmp.iter().map(|(types, codes)| self.icmp(types.clone(), codes.clone()));
            let kinds: Vec<PacketSet> = kinds.collect::<Result<_, _>>()?;
            factors.push(self.union_all(kinds)?);
        }
        if part.flags.0 != 0 {
            factors.push(self.tcp_flags(part.flags.0, part.flags.1)?);
        }
        if let Some(reply) = part.reply {
            factors.push(self.reply(reply)?);
        }
        let names = [&part.in_interface, &part.out_interface, &part.helper];
        for (field, names) in NameField::ALL.into_iter().zip(names) {
            factors.push(self.names(field, names)?);
        }
        for (text, holds) in &part.opaque {
            let predicate = self.opaque(text)?;
            factors.push(if *holds { predicate } else { predicate.complement() });
        }
        self.intersection_all(factors)
    }

    fn names(&mut self, field: NameField, names: &Names) -> Result<PacketSet, TooComplex> {
        let default = if names.default { PacketSet::FULL } else { PacketSet::EMPTY };
        names.exceptions.iter().try_fold(default, |set, (pattern, included)| {
            let exception = self.pattern(field, pattern)?;
            if *included { self.union(set, exception) } else { self.difference(set, exception) }
        })
    }

    pub(super) fn pattern(&mut self, field: NameField, pattern: &Pattern) -> Result<PacketSet, TooComplex> {
        if pattern.open { self.name_prefix(field, &pattern.text) } else { self.name(field, &pattern.text) }
    }
}

/// Prefixes and ports that are shown of a longer list.
const MOST_SHOWN: usize = 6;

impl fmt::Display for Part {
    /// `tcp 10.0.0.0/8:1024-65535 -> 203.0.113.10:60011-60020`, followed by what else is restricted, other than to
    /// packets that have an interface at all.
    ///
    /// `*` stands for any address and any port; of a long list the beginning is shown and `+N` for what follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", list(&self.protocols, protocol))?;
        endpoint(f, &self.source, &self.destination, &self.source_ports)?;
        f.write_str(" -> ")?;
        endpoint(f, &self.destination, &self.source, &self.destination_ports)?;
        if !self.icmp.is_empty() {
            write!(f, " type {}", list(&self.icmp, icmp))?;
        }
        if self.flags.0 != 0 {
            write!(f, " flags {}/{}", flags(self.flags.0), flags(self.flags.1))?;
        }
        if self.states.len() < State::ALL.len() {
            write!(f, " state {}", list(&self.states, |state| state.id().to_owned()))?;
        }
        if let Some(reply) = self.reply {
            write!(f, " direction {}", if reply { "reply" } else { "original" })?;
        }
        // That a packet which arrives has come in by some interface goes without saying.
        let (in_interface, out_interface) =
            (self.in_interface.without_presence(), self.out_interface.without_presence());
        for (label, names) in [("in", &in_interface), ("out", &out_interface), ("helper", &self.helper)] {
            if !names.is_any() {
                write!(f, " {label} {names}")?;
            }
        }
        for (label, (mask, value)) in [("mark", self.mark), ("connmark", self.connection_mark)] {
            match mask {
                0 => {}
                u32::MAX => write!(f, " {label} {value:#x}")?,
                _ => write!(f, " {label} {value:#x}/{mask:#x}")?,
            }
        }
        for (text, holds) in &self.opaque {
            write!(f, " {}[{text}]", if *holds { "" } else { "!" })?;
        }
        Ok(())
    }
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let mut shown: Vec<String> = items.iter().take(MOST_SHOWN).map(show).collect();
    if items.len() > MOST_SHOWN {
        shown.push(format!("+{}", items.len() - MOST_SHOWN));
    }
    shown.join(",")
}

fn protocol(range: &RangeInclusive<u8>) -> String {
    match (*range.start(), *range.end()) {
        (0, u8::MAX) => "any".to_owned(),
        (first, last) if first == last => Protocol::from_number(first).to_string(),
        (first, last) => format!("{first}-{last}"),
    }
}

/// `SYN,ACK`, or `NONE`, as iptables writes flags.
fn flags(flags: u8) -> String {
    let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"].into_iter().enumerate();
    let set: Vec<&str> = names.filter(|(bit, _)| flags >> bit & 1 == 1).map(|(_, name)| name).collect();
    if set.is_empty() { "NONE".to_owned() } else { set.join(",") }
}

fn icmp((types, codes): &(RangeInclusive<u8>, RangeInclusive<u8>)) -> String {
    let range = |range: &RangeInclusive<u8>| match (range.start(), range.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    };
    if *codes == (0..=u8::MAX) { range(types) } else { format!("{}/{}", range(types), range(codes)) }
}

/// A set of more prefixes is not described by what it lacks.
const MOST_COMPLEMENTED: usize = 1024;

fn endpoint(
    f: &mut fmt::Formatter<'_>,
    addresses: &AddressSet,
    other_end: &AddressSet,
    ports: &PortSet,
) -> fmt::Result {
    // What is left out of a set this ragged is no shorter.
    let few = addresses.nets().len() <= MOST_COMPLEMENTED;
    let others = if few { others(addresses) } else { AddressSet::default() };
    // One family whole is `any` where the other end tells which.
    let told = !other_end.families().any(|family| other_end.is_any(family));
    if *addresses == AddressSet::any() || (few && others.is_empty() && told) {
        f.write_str("any")?;
    } else {
        // Everything but a few addresses is shorter by the few. Of both families it is `any!...`.
        let negated = !others.is_empty() && others.nets().len() < addresses.nets().len();
        let shown = if negated { &others } else { addresses };
        let nets = list(shown.nets(), |net| {
            if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
        });
        let both = addresses.families().count() > 1;
        let sign = match (negated, both) {
            (true, true) => "any!",
            (true, false) => "!",
            (false, _) => "",
        };
        let (open, close) = match shown.nets().len() {
            0 | 1 if ports.is_any() || !nets.contains(':') => ("", ""),
            0 | 1 => ("[", "]"),
            _ => ("{", "}"),
        };
        write!(f, "{sign}{open}{nets}{close}")?;
    }
    if ports.is_any() { Ok(()) } else { write!(f, ":{}", list(ports.ranges(), ToString::to_string)) }
}

/// The other addresses of the families that a set holds addresses of.
fn others(addresses: &AddressSet) -> AddressSet {
    let mut others: Vec<IpNet> = Vec::new();
    let mut v4 = Some(Ipv4Addr::UNSPECIFIED);
    let mut v6 = Some(Ipv6Addr::UNSPECIFIED);
    // The gaps, from the end of one prefix to the start of the next, which is never beside it.
    for net in addresses.nets() {
        match net {
            IpNet::V4(net) => {
                let gap = v4.zip(net.network().to_bits().checked_sub(1).map(Ipv4Addr::from_bits));
                let gap = gap.filter(|(first, last)| first <= last);
                others.extend(
                    gap.into_iter().flat_map(|(first, last)| Ipv4Subnets::new(first, last, 0)).map(IpNet::V4),
                );
                v4 = net.broadcast().to_bits().checked_add(1).map(Ipv4Addr::from_bits);
            }
            IpNet::V6(net) => {
                let gap = v6.zip(net.network().to_bits().checked_sub(1).map(Ipv6Addr::from_bits));
                let gap = gap.filter(|(first, last)| first <= last);
                others.extend(
                    gap.into_iter().flat_map(|(first, last)| Ipv6Subnets::new(first, last, 0)).map(IpNet::V6),
                );
                v6 = net.broadcast().to_bits().checked_add(1).map(Ipv6Addr::from_bits);
            }
        }
    }
    if let Some(first) = v4.filter(|_| !addresses.of(Family::Ipv4).is_empty()) {
        others.extend(Ipv4Subnets::new(first, Ipv4Addr::BROADCAST, 0).map(IpNet::V4));
    }
    if let Some(first) = v6.filter(|_| !addresses.of(Family::Ipv6).is_empty()) {
        others.extend(Ipv6Subnets::new(first, Ipv6Addr::from_bits(u128::MAX), 0).map(IpNet::V6));
    }
    others.into_iter().collect()
}
