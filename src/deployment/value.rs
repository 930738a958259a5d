//! Reading one value: a word, a port, an address, a name.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use ipnet::IpNet;

use super::check::{At, Check, closest};
use super::node::Value;
use super::problem::{Unusable, ValueProblem};
use super::shape::{Kind, VERSION, Words};
use crate::packet::{Family, PortRange};
use crate::ruleset::kernel_version;

/// The longest name of a service: with the prefix and suffix of a chain within 29 bytes, all that iptables takes.
const MAX_SERVICE_NAME: usize = 15;
/// The longest name of a firewall.
const MAX_FIREWALL_NAME: usize = 40;
/// The longest name of a network interface on Linux (`IFNAMSIZ` less the final NUL).
const MAX_INTERFACE_NAME: usize = 15;
/// The longest note, in bytes.
pub const MAX_NOTE: usize = 100;

/// How a file spells [`SourcePort::Ephemeral`].
pub(super) const EPHEMERAL: &str = "ephemeral";

/// Where active data connections come from, as one value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum SourcePort {
    /// This port.
    Port(u16),
    /// Whichever port the operating system picks.
    Ephemeral,
}

impl Check {
    /// The version of the format, which is only checked.
    pub(super) fn version(&mut self, at: &At<'_>) -> Option<()> {
        match &at.node.value {
            Value::Integer(version) if *version == i128::from(VERSION) => Some(()),
            Value::Integer(found) => {
                self.bad(at, ValueProblem::UnsupportedVersion { found: found.to_string() })
            }
            Value::Number(found) => self.bad(at, ValueProblem::UnsupportedVersion { found: found.clone() }),
            _ => self.other_type(at, Kind::Version),
        }
    }

    /// One of the words that stand for `values`.
    pub(super) fn word<T: Copy>(
        &mut self,
        at: &At<'_>,
        words: Words,
        values: &[T],
        id: fn(T) -> &'static str,
    ) -> Option<T> {
        let text = self.text(at, Kind::Word(words))?;
        values.iter().copied().find(|&value| id(value) == text).or_else(|| {
            let known = words.all();
            let suggestion = closest(text, &known);
            self.bad(at, ValueProblem::UnknownWord { found: text.to_owned(), suggestion, known })
        })
    }

    /// A port.
    pub(super) fn port(&mut self, at: &At<'_>) -> Option<u16> {
        self.port_of_kind(at, Kind::Port)
    }

    /// A port, or `ephemeral`.
    pub(super) fn source_port(&mut self, at: &At<'_>) -> Option<SourcePort> {
        match &at.node.value {
            Value::Text(text) if text == EPHEMERAL => Some(SourcePort::Ephemeral),
            Value::Text(text) => {
                let suggestion = closest(text, &[EPHEMERAL]);
                match suggestion {
                    Some(_) => {
                        let known = vec![EPHEMERAL];
                        self.bad(at, ValueProblem::UnknownWord { found: text.clone(), suggestion, known })
                    }
                    None => self.bad(at, ValueProblem::NotAPort { found: text.clone() }),
                }
            }
            _ => self.port_of_kind(at, Kind::SourcePort).map(SourcePort::Port),
        }
    }

    fn port_of_kind(&mut self, at: &At<'_>, kind: Kind) -> Option<u16> {
        match &at.node.value {
            Value::Integer(number) => self.port_number(at, *number),
            Value::Text(text) if kind == Kind::Port => {
                self.bad(at, ValueProblem::NotAPort { found: text.clone() })
            }
            Value::Text(text) => self.bad(at, ValueProblem::NotAPortRange { found: text.clone() }),
            _ => self.other_type(at, kind),
        }
    }

    fn port_number(&mut self, at: &At<'_>, number: i128) -> Option<u16> {
        match u16::try_from(number) {
            Ok(port) if port > 0 => Some(port),
            _ => self.bad(at, ValueProblem::PortOutOfRange { found: number.to_string() }),
        }
    }

    /// A port, or a range such as `60000-60020`.
    pub(super) fn port_range(&mut self, at: &At<'_>) -> Option<PortRange> {
        let Value::Text(text) = &at.node.value else {
            return self.port_of_kind(at, Kind::PortRange).map(PortRange::single);
        };
        let Some((first, last)) =
            range_ends(text, "-").or_else(|| port_digits(text).map(|port| (port, port)))
        else {
            // As iptables, pf and people write ranges. The longer separators contain no shorter one.
            let separators = ["..", ":", "-", "\u{2013}", "\u{2014}", "~", "to", ","];
            let spaced: String = text.split_whitespace().collect();
            let problem = match separators.into_iter().find_map(|separator| range_ends(&spaced, separator)) {
                Some((first, last)) => {
                    ValueProblem::RangeSeparator { found: text.clone(), meant: format!("{first}-{last}") }
                }
                None => ValueProblem::NotAPortRange { found: text.clone() },
            };
            return self.bad(at, problem);
        };
        let first = self.port_number(at, first)?;
        let last = self.port_number(at, last)?;
        match PortRange::new(first, last) {
            Some(range) => Some(range),
            None => self.bad(at, ValueProblem::ReversedRange { first, last }),
        }
    }

    /// A number of at least 1.
    pub(super) fn count(&mut self, at: &At<'_>) -> Option<u32> {
        match &at.node.value {
            Value::Integer(number) => match u32::try_from(*number) {
                Ok(count) if count > 0 => Some(count),
                _ => self.bad(at, ValueProblem::CountOutOfRange { found: number.to_string() }),
            },
            _ => self.other_type(at, Kind::Count),
        }
    }

    /// The address of a machine.
    pub(super) fn address(&mut self, at: &At<'_>) -> Option<IpAddr> {
        let text = self.text(at, Kind::Address)?;
        self.address_text(at, text)
    }

    /// An IPv4 address of a machine.
    pub(super) fn ipv4_address(&mut self, at: &At<'_>) -> Option<Ipv4Addr> {
        let text = self.text(at, Kind::Ipv4Address)?;
        match self.address_text(at, text)? {
            IpAddr::V4(address) => Some(address),
            address @ IpAddr::V6(_) => self.bad(at, ValueProblem::AdvertisedIpv6 { address }),
        }
    }

    fn address_text(&mut self, at: &At<'_>, text: &str) -> Option<IpAddr> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return match unusable(address) {
                Some(why) => self.bad(at, ValueProblem::UnusableAddress { address, why }),
                None => Some(address),
            };
        }
        let problem = match text.parse::<IpNet>() {
            Ok(net) => ValueProblem::PrefixNotAddress { found: text.to_owned(), address: net.addr() },
            Err(_) if is_host_name(text) => ValueProblem::HostName { found: text.to_owned() },
            Err(_) => ValueProblem::NotAnAddress { found: text.to_owned() },
        };
        self.bad(at, problem)
    }

    /// An address or a prefix.
    pub(super) fn network(&mut self, at: &At<'_>) -> Option<IpNet> {
        let text = self.text(at, Kind::Network)?;
        if let Ok(address) = text.parse::<IpAddr>() {
            return match unusable(address) {
                Some(why) => self.bad(at, ValueProblem::UnusableAddress { address, why }),
                None => Some(address.into()),
            };
        }
        match text.parse::<IpNet>() {
            Ok(net) if net.addr() == net.network() => Some(net),
            Ok(net) => self.bad(at, ValueProblem::HostBits { network: net.trunc(), address: net.addr() }),
            Err(_) if is_host_name(text) => self.bad(at, ValueProblem::HostName { found: text.to_owned() }),
            Err(_) => self.bad(at, ValueProblem::NotANetwork { found: text.to_owned() }),
        }
    }

    /// The name of a service.
    pub(super) fn service_name(&mut self, at: &At<'_>) -> Option<String> {
        let name = self.text(at, Kind::ServiceName)?;
        let fits = (1..=MAX_SERVICE_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        self.only_if(fits, at, name, |found| ValueProblem::BadServiceName { found })
    }

    /// The name of a firewall.
    pub(super) fn firewall_name(&mut self, at: &At<'_>) -> Option<String> {
        let name = self.text(at, Kind::FirewallName)?;
        let fits = (1..=MAX_FIREWALL_NAME).contains(&name.len())
            && !name.starts_with(['.', '-'])
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        self.only_if(fits, at, name, |found| ValueProblem::BadFirewallName { found })
    }

    /// The name of a network interface.
    pub(super) fn interface_name(&mut self, at: &At<'_>) -> Option<String> {
        let name = self.text(at, Kind::InterfaceName)?;
        let fits = (1..=MAX_INTERFACE_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:@-".contains(&byte));
        self.only_if(fits, at, name, |found| ValueProblem::BadInterfaceName { found })
    }

    /// The path of a file.
    pub(super) fn file_path(&mut self, at: &At<'_>) -> Option<PathBuf> {
        let path = self.text(at, Kind::FilePath)?;
        let fits = !path.is_empty() && !path.contains(char::is_control);
        self.only_if(fits, at, path, |_| ValueProblem::BadPath).map(PathBuf::from)
    }

    /// A remark.
    pub(super) fn note(&mut self, at: &At<'_>) -> Option<String> {
        let note = self.text(at, Kind::Note)?;
        let fits = note.len() <= MAX_NOTE && !note.contains(char::is_control);
        self.only_if(fits, at, note, |note| ValueProblem::BadNote { bytes: note.len() })
    }

    /// The name of whoever logs in.
    pub(super) fn user_name(&mut self, at: &At<'_>) -> Option<String> {
        self.text_that(at, Kind::UserName, |name| !name.is_empty() && !name.contains(char::is_control))
    }

    /// The major and minor version of a kernel.
    pub(super) fn kernel_version(&mut self, at: &At<'_>) -> Option<(u32, u32)> {
        let text = self.text(at, Kind::KernelVersion)?;
        kernel_version(text).or_else(|| self.malformed(at, text, Kind::KernelVersion))
    }

    /// The name of a sysctl.
    pub(super) fn sysctl_name(&mut self, at: &At<'_>) -> Option<String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@-".contains(&byte);
        self.text_that(at, Kind::SysctlName, |name| !name.is_empty() && name.bytes().all(fits))
    }

    /// The name of a module or of a parameter.
    pub(super) fn module_name(&mut self, at: &At<'_>) -> Option<String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        self.text_that(at, Kind::ModuleName, |name| !name.is_empty() && name.bytes().all(fits))
    }

    /// What a sysctl or a parameter is set to.
    pub(super) fn setting(&mut self, at: &At<'_>) -> Option<String> {
        match &at.node.value {
            Value::Integer(number) => Some(number.to_string()),
            Value::Text(_) => self.text_that(at, Kind::Setting, |text| {
                // sysctl(8) prints tabs between numbers.
                !text.contains(|character: char| character.is_control() && character != '\t')
            }),
            _ => self.other_type(at, Kind::Setting),
        }
    }

    /// The name of a finding.
    pub(super) fn rule_id(&mut self, at: &At<'_>) -> Option<String> {
        self.text_that(at, Kind::RuleId, is_rule_id)
    }

    /// A sentence that is not blank.
    pub(super) fn reason(&mut self, at: &At<'_>) -> Option<String> {
        self.text_that(at, Kind::Reason, |text| !text.trim().is_empty() && !text.contains(char::is_control))
    }

    fn text_that(&mut self, at: &At<'_>, kind: Kind, fits: impl Fn(&str) -> bool) -> Option<String> {
        let text = self.text(at, kind)?;
        if fits(text) { Some(text.to_owned()) } else { self.malformed(at, text, kind) }
    }

    fn malformed<T>(&mut self, at: &At<'_>, found: &str, expected: Kind) -> Option<T> {
        self.bad(at, ValueProblem::Malformed { found: found.to_owned(), expected })
    }

    /// Text of any kind.
    pub(super) fn text<'a>(&mut self, at: &At<'a>, expected: Kind) -> Option<&'a str> {
        match &at.node.value {
            Value::Text(text) => Some(text),
            _ => self.other_type(at, expected),
        }
    }

    fn only_if(
        &mut self,
        fits: bool,
        at: &At<'_>,
        text: &str,
        problem: fn(String) -> ValueProblem,
    ) -> Option<String> {
        if fits { Some(text.to_owned()) } else { self.bad(at, problem(text.to_owned())) }
    }

    fn bad<T>(&mut self, at: &At<'_>, problem: ValueProblem) -> Option<T> {
        self.report(at, problem);
        None
    }

    fn other_type<T>(&mut self, at: &At<'_>, expected: Kind) -> Option<T> {
        self.wrong_type(at, expected);
        None
    }
}

/// Whether `text` has the form of the name of a finding: `FTP` and three digits.
#[must_use]
pub fn is_rule_id(text: &str) -> bool {
    text.strip_prefix("FTP")
        .is_some_and(|number| number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The two numbers of a range.
fn range_ends(text: &str, separator: &str) -> Option<(i128, i128)> {
    let (first, last) = text.split_once(separator)?;
    Some((port_digits(first)?, port_digits(last)?))
}

/// The number that digits stand for. Not with leading zeros, which some programs take for octal.
fn port_digits(text: &str) -> Option<i128> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A number too long to be read is no port in any case.
    (digits && (text == "0" || !text.starts_with('0'))).then(|| text.parse().unwrap_or(i128::MAX))
}

/// Whether `text` looks like the name of a machine (RFC 1123 §2.1), and not like an address gone wrong.
fn is_host_name(text: &str) -> bool {
    let letters = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    letters && text.len() <= 253 && text.bytes().all(allowed)
}

/// Why no machine has `address`, if so.
fn unusable(address: IpAddr) -> Option<Unusable> {
    match address {
        _ if address.is_unspecified() => Some(Unusable::Unspecified),
        _ if address.is_multicast() => Some(Unusable::Multicast),
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some(Unusable::Broadcast),
        _ => None,
    }
}

/// The families of some addresses, without duplicates, IPv4 first.
pub(super) fn families(addresses: &[IpAddr]) -> Vec<Family> {
    Family::ALL
        .into_iter()
        .filter(|family| addresses.iter().any(|&address| Family::of(address) == *family))
        .collect()
}
