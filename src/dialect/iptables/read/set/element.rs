//! The elements of sets.

use ipnet::IpNet;

use crate::dialect::iptables::read::{names, value};
use crate::packet::{Family, PortRange, Protocol};

/// How many elements of one network or port each a single line may stand for.
const EXPANSION: usize = 256;

/// What a part of an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    /// An address or a network.
    Address,
    /// A protocol and a port, or an ICMP type and code.
    Port,
    /// A port alone, of TCP and of UDP.
    BarePort,
    /// A packet's mark.
    Mark,
    /// An interface.
    Interface,
    /// A hardware address.
    Mac,
}

/// A part of an element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    Net(IpNet),
    Ports(Protocol, PortRange),
    /// A protocol without ports.
    Protocol(Protocol),
    BarePorts(PortRange),
    Icmp(Family, u8, u8),
    Mark(u32),
    Interface {
        name: String,
        prefix: bool,
    },
    Mac(String),
}

/// The parts of a set's elements, by the name of its type. `None` where one is not modelled.
pub(super) fn dimensions(kind: &str) -> Option<Vec<Dimension>> {
    let (method, parts) = match kind {
        // The names before ipset 6.
        "iphash" | "nethash" | "ipmap" | "iptree" => ("hash", "ip"),
        "ipporthash" => ("hash", "ip,port"),
        "ipportiphash" => ("hash", "ip,port,ip"),
        "ipportnethash" => ("hash", "ip,port,net"),
        "portmap" => ("bitmap", "port"),
        "macipmap" => ("bitmap", "ip,mac"),
        kind => kind.split_once(':')?,
    };
    parts
        .split(',')
        .map(|part| match part {
            "ip" | "net" => Some(Dimension::Address),
            "port" if method == "bitmap" => Some(Dimension::BarePort),
            "port" => Some(Dimension::Port),
            "mark" => Some(Dimension::Mark),
            "iface" => Some(Dimension::Interface),
            "mac" => Some(Dimension::Mac),
            _ => None,
        })
        .collect()
}

/// The elements that one line of a file stands for: a range is as many as it has networks. `None` where it is not
/// understood.
pub(super) fn elements(
    text: &str,
    dimensions: &[Dimension],
    family: Family,
    netmask: Option<u8>,
    wildcard: bool,
) -> Option<Vec<Vec<Field>>> {
    let parts: Vec<&str> = text.split(',').collect();
    // The hardware address may be left out.
    let optional = usize::from(dimensions.last() == Some(&Dimension::Mac));
    if parts.len() > dimensions.len() || parts.len() + optional < dimensions.len() {
        return None;
    }
    let mut elements: Vec<Vec<Field>> = vec![Vec::with_capacity(parts.len())];
    for (part, dimension) in parts.into_iter().zip(dimensions) {
        let mut fields = field(part, *dimension, family, netmask, wildcard)?;
        if elements.len().saturating_mul(fields.len()) > EXPANSION {
            return None;
        }
        if fields.len() == 1 {
            let field = fields.swap_remove(0);
            for element in &mut elements {
                element.push(field.clone());
            }
            continue;
        }
        elements = elements
            .iter()
            .flat_map(|element| {
                fields.iter().map(|field| [element.as_slice(), std::slice::from_ref(field)].concat())
            })
            .collect();
    }
    Some(elements)
}

fn field(
    text: &str,
    dimension: Dimension,
    family: Family,
    netmask: Option<u8>,
    wildcard: bool,
) -> Option<Vec<Field>> {
    Some(vec![match dimension {
        Dimension::Address => return nets(text, family, netmask),
        Dimension::Port => port(text)?,
        Dimension::BarePort => Field::BarePorts(range(text)?),
        Dimension::Mark => Field::Mark(value::number(text)?),
        Dimension::Interface if text.starts_with("physdev:") => return None,
        Dimension::Interface => Field::Interface { name: text.to_owned(), prefix: wildcard },
        Dimension::Mac => Field::Mac(text.to_owned()),
    }])
}

fn nets(text: &str, family: Family, netmask: Option<u8>) -> Option<Vec<Field>> {
    let nets = match text.split_once('-') {
        Some(_) => value::address_range(text, family)?.nets().to_vec(),
        None => vec![value::network(text, family).ok()?],
    };
    nets.into_iter()
        .map(|net| {
            let length = netmask.map_or(net.prefix_len(), |netmask| netmask.min(net.prefix_len()));
            IpNet::new(net.addr(), length).ok().map(|net| Field::Net(net.trunc()))
        })
        .collect()
}

/// `tcp:80`, `udp:53-54`, `icmp:8/0`, `gre:0`, or the port of TCP alone.
fn port(text: &str) -> Option<Field> {
    let Some((protocol, port)) = text.split_once(':') else {
        return Some(Field::Ports(Protocol::Tcp, range(text)?));
    };
    let protocol = value::protocol(protocol).ok()??;
    match protocol {
        Protocol::Icmp | Protocol::Icmpv6 => {
            let family = if protocol == Protocol::Icmp { Family::Ipv4 } else { Family::Ipv6 };
            if let Some((kind, code)) = port.split_once('/') {
                return Some(Field::Icmp(family, kind.parse().ok()?, code.parse().ok()?));
            }
            let (kind, code) = names::icmp_type(family, port)?;
            Some(Field::Icmp(family, kind, code.unwrap_or(0)))
        }
        // ipset knows the ports of these only.
        Protocol::Tcp | Protocol::Udp | Protocol::SCTP | Protocol::UDPLITE => {
            Some(Field::Ports(protocol, range(port)?))
        }
        Protocol::Other(_) => Some(Field::Protocol(protocol)),
    }
}

fn range(text: &str) -> Option<PortRange> {
    match text.split_once('-') {
        Some((first, last)) => PortRange::new(value::port(first).ok()?, value::port(last).ok()?),
        None => value::port(text).ok().map(PortRange::single),
    }
}
