//! Problems with one value on its own.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::deployment::shape::Kind;

/// A value of the right type that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueProblem {
    /// A version of the format that this program does not know.
    UnsupportedVersion {
        /// The version.
        found: String,
    },
    /// A word where only certain words mean something.
    UnknownWord {
        /// The word.
        found: String,
        /// The word that was probably meant.
        suggestion: Option<&'static str>,
        /// The words that there are.
        known: Vec<&'static str>,
    },
    /// A number that is no port: below 1 or above 65535.
    PortOutOfRange {
        /// The number.
        found: String,
    },
    /// Text that is no port.
    NotAPort {
        /// The text.
        found: String,
    },
    /// Text that is no port range.
    NotAPortRange {
        /// The text.
        found: String,
    },
    /// A port range with another sign than `-`, as firewalls and servers write it.
    RangeSeparator {
        /// The text.
        found: String,
        /// The range with a `-`.
        meant: String,
    },
    /// A port range that ends below its start.
    ReversedRange {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
    },
    /// A number outside what can be counted: below 1 or above 4294967295.
    CountOutOfRange {
        /// The number.
        found: String,
    },
    /// A prefix where a single address belongs.
    PrefixNotAddress {
        /// The text.
        found: String,
        /// The address without its prefix length.
        address: IpAddr,
    },
    /// A host name where an address belongs.
    HostName {
        /// The name.
        found: String,
    },
    /// Text that is no address.
    NotAnAddress {
        /// The text.
        found: String,
    },
    /// Text that is no address and no prefix.
    NotANetwork {
        /// The text.
        found: String,
    },
    /// An address that no machine has.
    UnusableAddress {
        /// The address.
        address: IpAddr,
        /// Why no machine has it.
        why: Unusable,
    },
    /// An IPv6 address where the reply to `PASV` needs an IPv4 address.
    AdvertisedIpv6 {
        /// The address.
        address: IpAddr,
    },
    /// A prefix whose address has bits set beyond the prefix length.
    HostBits {
        /// The prefix without those bits.
        network: IpNet,
        /// The address alone.
        address: IpAddr,
    },
    /// A service name that is too long or has characters that chain names cannot have.
    BadServiceName {
        /// The name.
        found: String,
    },
    /// A firewall name that cannot be a file name everywhere.
    BadFirewallName {
        /// The name.
        found: String,
    },
    /// Text that cannot be the name of a network interface.
    BadInterfaceName {
        /// The text.
        found: String,
    },
    /// A path that no file can have: empty, or with a control character.
    BadPath,
    /// Text that cannot be what belongs there, of a kind that has no more to say about it.
    Malformed {
        /// The text.
        found: String,
        /// What belongs there.
        expected: Kind,
    },
    /// A note that is too long or has control characters.
    BadNote {
        /// Its length in bytes.
        bytes: usize,
    },
}

/// Why no machine has an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// `0.0.0.0` or `::`.
    Unspecified,
    /// A group of machines.
    Multicast,
    /// Every machine of a network.
    Broadcast,
}
