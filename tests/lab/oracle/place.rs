//! The small world that rules and packets are about: few addresses and ports, each next to a boundary, so that
//! random rules match random packets often and miss them narrowly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ftpfw::packet::Family;

use super::dice::Dice;

/// The box's interfaces, one for each network.
pub(crate) const INTERFACES: [&str; 3] = ["lan0", "lan1", "wan0"];

/// The box itself in each network, and its second address there.
pub(crate) const BOX: u8 = 1;
pub(crate) const BOX_SECOND: u8 = 2;

/// The others in each network: on both sides of the boundaries of a `/29`, a `/28` and a `/25`.
pub(crate) const HOSTS: [u8; 6] = [7, 8, 15, 16, 127, 128];

/// The first of those that whole networks are moved to, `TRANSLATED` among them.
const MOVED: u8 = 192;

/// Everybody that translation leads to.
pub(crate) const LED_TO: std::ops::RangeInclusive<u8> = MOVED..=MOVED + 31;

/// Where rules translate to. Packets neither come from there nor are sent there, so that a translated connection
/// is never taken for the answer to another.
pub(crate) const TRANSLATED: u8 = 200;

/// Ports on both sides of what rules are made of.
pub(crate) const PORTS: [u16; 15] =
    [1, 20, 21, 22, 79, 80, 81, 1023, 1024, 1025, 40000, 60000, 60020, 60021, 65535];

/// The last of those of which the kernel chooses one.
pub(crate) const TRANSLATED_LAST: u8 = 203;

/// Ports that only translation leads to.
pub(crate) const TRANSLATED_PORTS: [u16; 2] = [2121, 8080];

/// The sets of ipset that rules may ask, each kind once.
pub(crate) const SETS: &str = "\
create nets4 hash:net family inet
add nets4 10.7.0.0/25
add nets4 10.7.1.8/29
add nets4 10.7.2.16
add nets4 10.7.1.15 nomatch
create nets6 hash:net family inet6
add nets6 fd07::/121
add nets6 fd07:0:0:1::8/125
add nets6 fd07:0:0:2::10
create ends4 hash:ip,port family inet
add ends4 10.7.0.7,tcp:21
add ends4 10.7.1.16,udp:1024
add ends4 10.7.0.1,tcp:20
add ends4 10.7.2.1,tcp:80
create ends6 hash:ip,port family inet6
add ends6 fd07::1,tcp:21
add ends6 fd07:0:0:1::80,udp:22
create ports bitmap:port range 20-1024
add ports 20-79
add ports 1023
";

/// The part of a network that whole networks are moved to: every host is somewhere in it, and nobody else is.
pub(crate) fn moved(family: Family, network: usize) -> String {
    let length = if family == Family::Ipv4 { 27 } else { 123 };
    format!("{}/{length}", address(family, network, MOVED))
}

/// The address of a host in the network of an interface.
pub(crate) fn address(family: Family, network: usize, host: u8) -> IpAddr {
    let network = u8::try_from(network).expect("there are three networks");
    match family {
        Family::Ipv4 => Ipv4Addr::new(10, 7, network, host).into(),
        Family::Ipv6 => Ipv6Addr::new(0xfd07, 0, 0, network.into(), 0, 0, 0, host.into()).into(),
    }
}

/// The network that an address is in, by the box's routes, and the host there.
fn place(address: IpAddr) -> (usize, u8) {
    match address {
        IpAddr::V4(address) => {
            let [_, _, network, host] = address.octets();
            (network.into(), host)
        }
        IpAddr::V6(address) => {
            let octets = address.octets();
            (octets[7].into(), octets[15])
        }
    }
}

/// The interface that the box sends to an address by; `None` for an address of its own.
pub(crate) fn route(address: IpAddr) -> Option<usize> {
    let (network, host) = place(address);
    (![BOX, BOX_SECOND].contains(&host)).then_some(network)
}

/// A prefix, as rules write it.
pub(crate) fn prefix(family: Family, dice: &mut Dice) -> String {
    let network = dice.below(INTERFACES.len());
    let (host, length) =
        dice.pick(&[(0, 24), (8, 29), (0, 29), (0, 28), (128, 25), (0, 25), (0, 16), (0, 23)]);
    let (network, length) = match (family, length) {
        (Family::Ipv4, 16 | 23) => (0, length),
        (Family::Ipv4, _) => (network, length),
        // The same hosts: the last byte of the address begins at bit 120 rather than 24.
        (Family::Ipv6, 25..) => (network, length + 96),
        (Family::Ipv6, 24) => (network, 64),
        (Family::Ipv6, 23) => (0, 63),
        (Family::Ipv6, _) => (0, 48),
    };
    format!("{}/{length}", address(family, network, host))
}

/// A single address, as rules write it: of anybody.
pub(crate) fn single(family: Family, dice: &mut Dice) -> String {
    let host = if dice.chance(20) { dice.pick(&[BOX, BOX_SECOND]) } else { dice.pick(&HOSTS) };
    address(family, dice.below(INTERFACES.len()), host).to_string()
}

/// A range of addresses that begins and ends next to a host.
pub(crate) fn range(family: Family, dice: &mut Dice) -> String {
    let mut ends = [0; 2].map(|_| (dice.below(INTERFACES.len()), dice.pick(&HOSTS)));
    ends.sort_unstable();
    if ends[0] == ends[1] {
        ends[1].1 += 5;
    }
    let [first, last] = ends.map(|(network, host)| address(family, network, host));
    format!("{first}-{last}")
}

/// Two different ports, in order.
pub(crate) fn port_range(dice: &mut Dice) -> (u16, u16) {
    let first = dice.below(PORTS.len() - 1);
    let last = first + 1 + dice.below((PORTS.len() - 1 - first).min(4));
    (PORTS[first], PORTS[last])
}
