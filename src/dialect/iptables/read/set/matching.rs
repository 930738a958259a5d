//! What a rule that refers to a set matches.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::element::{Dimension, Field};
use super::{Set, Sets};
use crate::dialect::iptables::read::problem::{Expected, Problem};
use crate::dialect::iptables::read::value;
use crate::packet::{AddressSet, Family, PortRange, PortSet, Protocol};
use crate::ruleset::{IcmpMatch, Interface, Masked, Match};

/// Which end of the packet a part of an element is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Source,
    Destination,
}

/// What elements that differ in their ports only have in common: their first address, protocol, and the rest.
type BesidePorts<'a> = (AddressSet, Option<Protocol>, &'a [Field]);

impl Sets {
    /// What `--match-set name directions` matches in a rule of `family`.
    ///
    /// # Errors
    ///
    /// Where that is not known.
    pub(in crate::dialect::iptables::read) fn matching(
        &self,
        name: &str,
        directions: &str,
        family: Family,
    ) -> Result<Match, Problem> {
        let set = self.sets.get(name).ok_or_else(|| Problem::Set(name.to_owned()))?;
        let wrong = || Problem::Argument {
            option: "match-set".to_owned(),
            found: directions.to_owned(),
            expected: Expected::SetDirections,
        };
        let ends = directions
            .split(',')
            .map(|direction| match direction {
                "src" => Some(End::Source),
                "dst" => Some(End::Destination),
                _ => None,
            })
            .collect::<Option<Vec<End>>>()
            .ok_or_else(wrong)?;
        if set.dimensions.len() > ends.len() {
            return Err(wrong());
        }
        let not_modelled = || Problem::SetContents(name.to_owned());
        let mut alternatives = Vec::new();
        if set.is_list {
            for member in &set.members {
                // Of a set that is not there, nothing is known.
                let member =
                    self.sets.get(member).filter(|member| !member.is_list).ok_or_else(not_modelled)?;
                if member.dimensions.len() <= ends.len() {
                    self.spend(member).ok_or_else(not_modelled)?;
                    alternatives.extend(member.alternatives(&ends, family).ok_or_else(not_modelled)?);
                }
            }
        } else {
            self.spend(set).ok_or_else(not_modelled)?;
            alternatives = set.alternatives(&ends, family).ok_or_else(not_modelled)?;
        }
        Ok(match &mut alternatives[..] {
            [only] if only.len() == 1 => only.swap_remove(0),
            _ => Match::AnyOf(alternatives),
        })
    }

    /// Takes the elements of `set` from what all rules together may have.
    fn spend(&self, set: &Set) -> Option<()> {
        self.copies.set(self.copies.get().checked_sub(set.elements.len())?);
        Some(())
    }
}

impl Set {
    /// What the elements match, as conjunctions of which one has to hold. `None` where that is not modelled.
    fn alternatives(&self, ends: &[End], family: Family) -> Option<Vec<Vec<Match>>> {
        if !self.modelled {
            return None;
        }
        if self.elements.is_empty() || self.family.is_some_and(|own| own != family) {
            return Some(Vec::new());
        }
        if self.dimensions == [Dimension::Address] {
            let addresses = self.addresses.get_or_init(|| self.addresses()).clone();
            return Some(if addresses.is_empty() { Vec::new() } else { vec![vec![at(ends[0], addresses)]] });
        }
        // Which exception is the closest one is not modelled for several dimensions.
        if self.elements.values().any(|exception| *exception) {
            return None;
        }
        // Elements that differ in their first address only become one, and of those then the ones that differ in
        // their ports only.
        let mut by_rest: BTreeMap<&[Field], Vec<IpNet>> = BTreeMap::new();
        let mut others: Vec<(AddressSet, &[Field])> = Vec::new();
        for element in self.elements.keys() {
            match element.split_first() {
                Some((Field::Net(net), rest)) => by_rest.entry(rest).or_default().push(*net),
                _ => others.push((AddressSet::default(), element)),
            }
        }
        let first_is_address = !by_rest.is_empty();
        others.extend(by_rest.into_iter().map(|(rest, nets)| (nets.into_iter().collect(), rest)));
        let mut by_ports: BTreeMap<BesidePorts<'_>, Vec<PortRange>> = BTreeMap::new();
        for (addresses, rest) in others {
            let (protocol, ports, rest) = match rest.split_first() {
                Some((Field::Ports(protocol, ports), rest)) => (Some(*protocol), Some(*ports), rest),
                _ => (None, None, rest),
            };
            by_ports.entry((addresses, protocol, rest)).or_default().extend(ports);
        }
        let skipped = usize::from(first_is_address);
        let mut alternatives = Vec::new();
        for ((addresses, protocol, rest), ports) in by_ports {
            let mut matches = Vec::new();
            if first_is_address {
                matches.push(at(ends[0], addresses));
            }
            let mut ends = ends.iter().copied().skip(skipped);
            if let Some(protocol) = protocol {
                matches.push(Match::Protocol(protocol));
                matches.push(at_ports(ends.next()?, ports.into_iter().collect()));
            }
            for (field, end) in rest.iter().zip(ends) {
                matches.extend(self.field(field, end)?);
            }
            alternatives.push(matches);
        }
        Some(alternatives)
    }

    fn field(&self, field: &Field, end: End) -> Option<Vec<Match>> {
        Some(match field {
            Field::Net(net) => vec![at(end, AddressSet::from(*net))],
            Field::Ports(protocol, ports) => {
                vec![Match::Protocol(*protocol), at_ports(end, PortSet::from(*ports))]
            }
            Field::Protocol(protocol) => vec![Match::Protocol(*protocol)],
            Field::BarePorts(ports) => {
                let of = |protocol| vec![Match::Protocol(protocol), at_ports(end, PortSet::from(*ports))];
                vec![Match::AnyOf(vec![of(Protocol::Tcp), of(Protocol::Udp)])]
            }
            &Field::Icmp(family, kind, code) => {
                let protocol = if family == Family::Ipv4 { Protocol::Icmp } else { Protocol::Icmpv6 };
                let icmp = IcmpMatch { family, types: [kind].into(), code: Some(code) };
                vec![Match::Protocol(protocol), Match::Icmp(icmp)]
            }
            Field::Mark(value) => {
                vec![Match::Mark(Masked { mask: self.mark_mask, value: value & self.mark_mask })]
            }
            Field::Interface { name, prefix } => {
                let interface = Interface { name: name.as_str().into(), prefix: *prefix };
                vec![match end {
                    End::Source => Match::InInterface(interface),
                    End::Destination => Match::OutInterface(interface),
                }]
            }
            Field::Mac(address) if end == End::Source => {
                vec![Match::Opaque(format!("-m mac --mac-source {address}"))]
            }
            Field::Mac(_) => return None,
        })
    }

    /// The addresses of a set of nothing else, in which the longest prefix decides.
    fn addresses(&self) -> AddressSet {
        let nets = self.elements.iter().filter_map(|(element, exception)| match element[..] {
            [Field::Net(net)] => Some((net, !exception)),
            _ => None,
        });
        if self.elements.values().any(|exception| *exception) {
            longest_prefixes(nets.collect(), self.family.unwrap_or(Family::Ipv4))
        } else {
            nets.map(|(net, _)| net).collect()
        }
    }
}

fn at(end: End, addresses: AddressSet) -> Match {
    match end {
        End::Source => Match::Source(addresses),
        End::Destination => Match::Destination(addresses),
    }
}

fn at_ports(end: End, ports: PortSet) -> Match {
    match end {
        End::Source => Match::SourcePort(ports),
        End::Destination => Match::DestinationPort(ports),
    }
}

/// The addresses whose longest prefix among `nets` is one that counts.
fn longest_prefixes(nets: Vec<(IpNet, bool)>, family: Family) -> AddressSet {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let mut sorted: Vec<(u128, u128, bool)> = nets
        .into_iter()
        .map(|(net, counts)| (number(net.network()), number(net.broadcast()), counts))
        .collect();
    // Of two that begin together the larger comes first: prefixes nest.
    sorted.sort_unstable_by_key(|&(first, last, _)| (first, std::cmp::Reverse(last)));
    let mut found: Vec<(u128, u128)> = Vec::new();
    let mut open: Vec<(u128, bool)> = Vec::new();
    // The first address that is not decided yet; `None` after the last there is.
    let mut next = Some(0);
    let mut decide = |next: &mut Option<u128>, last: u128, counts: bool| {
        if let Some(first) = next.filter(|first| *first <= last) {
            if counts {
                found.push((first, last));
            }
            *next = last.checked_add(1);
        }
    };
    for (first, last, counts) in sorted {
        while let Some(&(end, outer)) = open.last().filter(|(end, _)| *end < first) {
            decide(&mut next, end, outer);
            open.pop();
        }
        if let (Some(&(_, outer)), Some(before)) = (open.last(), first.checked_sub(1)) {
            decide(&mut next, before, outer);
        }
        next = Some(first);
        open.push((last, counts));
    }
    while let Some((end, outer)) = open.pop() {
        decide(&mut next, end, outer);
    }
    let address = |number: u128| match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX))),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::from(number)),
    };
    let ranges = found.into_iter().filter_map(|(first, last)| value::range(address(first), address(last)));
    ranges.flat_map(|set| set.nets().to_vec()).collect()
}
