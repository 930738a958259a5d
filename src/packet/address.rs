//! Sets of addresses, as prefixes.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Family;
use super::few::Few;

/// A set of addresses of either family, kept as the fewest prefixes that cover exactly it.
///
/// Two sets that hold the same addresses are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AddressSet {
    nets: Few<IpNet>,
}

impl AddressSet {
    /// Every address of both families.
    #[must_use]
    pub fn any() -> Self {
        Family::ALL.map(whole).into_iter().collect()
    }

    /// The prefixes, IPv4 before IPv6, each family in ascending order.
    #[must_use]
    pub fn nets(&self) -> &[IpNet] {
        &self.nets
    }

    /// Whether it holds no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nets.is_empty()
    }

    /// Whether it holds every address of `family`.
    #[must_use]
    pub fn is_any(&self, family: Family) -> bool {
        self.nets.contains(&whole(family))
    }

    /// The addresses of one family.
    #[must_use]
    pub fn of(&self, family: Family) -> Self {
        self.nets.iter().copied().filter(|net| Family::of_net(net) == family).collect()
    }

    /// The families that it holds addresses of.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(|&family| self.nets.iter().any(|net| Family::of_net(net) == family))
    }

    /// Whether every address of `net` is in the set.
    #[must_use]
    pub fn contains(&self, net: &IpNet) -> bool {
        self.nets.iter().any(|own| own.contains(net))
    }

    /// The addresses that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        // Two prefixes either nest or have nothing in common.
        let common = self.nets.iter().flat_map(|a| {
            other.nets.iter().filter_map(
                move |b| {
                    if a.contains(b) { Some(*b) } else { b.contains(a).then_some(*a) }
                },
            )
        });
        common.collect()
    }
}

fn whole(family: Family) -> IpNet {
    match family {
        Family::Ipv4 => Ipv4Net::default().into(),
        Family::Ipv6 => Ipv6Net::default().into(),
    }
}

impl From<IpNet> for AddressSet {
    fn from(net: IpNet) -> Self {
        Self { nets: net.trunc().into() }
    }
}

impl FromIterator<IpNet> for AddressSet {
    fn from_iter<I: IntoIterator<Item = IpNet>>(nets: I) -> Self {
        let nets: Vec<IpNet> = nets.into_iter().map(|net| net.trunc()).collect();
        Self { nets: IpNet::aggregate(&nets).into() }
    }
}

impl FromIterator<IpAddr> for AddressSet {
    fn from_iter<I: IntoIterator<Item = IpAddr>>(addresses: I) -> Self {
        addresses.into_iter().map(IpNet::from).collect()
    }
}

impl fmt::Display for AddressSet {
    /// A list of prefixes; a single address without its `/32` or `/128`; `any` for both families whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::any() {
            return f.write_str("any");
        }
        for (index, net) in self.nets.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            if net.prefix_len() == net.max_prefix_len() {
                write!(f, "{}", net.addr())?;
            } else {
                write!(f, "{net}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(nets: &[&str]) -> AddressSet {
        nets.iter().map(|net| net.parse::<IpNet>().expect("a prefix")).collect()
    }

    #[test]
    fn equal_sets_are_equal_however_written() {
        assert_eq!(set(&["10.0.0.0/9", "10.128.0.0/9", "10.1.2.3/32"]), set(&["10.0.0.0/8"]));
        assert_eq!(set(&["0.0.0.0/0", "::/0"]), AddressSet::any());
    }

    #[test]
    fn an_intersection_is_the_smaller_of_nested_prefixes() {
        let a = set(&["10.0.0.0/8", "2001:db8::/32"]);
        let b = set(&["10.1.0.0/16", "192.0.2.0/24", "::/0"]);
        assert_eq!(a.intersection(&b), set(&["10.1.0.0/16", "2001:db8::/32"]));
        assert_eq!(a.intersection(&b), b.intersection(&a));
    }

    #[test]
    fn addresses_are_shown_without_a_full_prefix() {
        assert_eq!(set(&["192.0.2.1/32", "10.0.0.0/8"]).to_string(), "10.0.0.0/8, 192.0.2.1");
        assert_eq!(AddressSet::any().to_string(), "any");
    }
}
