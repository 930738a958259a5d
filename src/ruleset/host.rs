//! What the machine that a rule set is on is set to: its kernel, its sysctls, its modules.

use std::collections::BTreeMap;

use super::Origin;
use crate::packet::{PortRange, PortSet};

/// What is known of the machine that a rule set is on. What is not in here is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// The major and minor version of its kernel.
    pub kernel: Option<(u32, u32)>,
    /// Its sysctls, by the names that [`sysctl_name`] gives them, blanks in a value being one space.
    pub sysctls: BTreeMap<String, Fact>,
    /// The modules that its kernel has loaded, by the names that [`module_name`] gives them, each with where that is
    /// said. Others may be loaded too, unless `all_modules`.
    pub modules: BTreeMap<String, Option<Origin>>,
    /// Whether `modules` are all that matter, so that one that is not among them is not loaded.
    pub all_modules: bool,
    /// The parameters of modules, by the name of the module and that of the parameter.
    pub module_parameters: BTreeMap<(String, String), Fact>,
    /// pf: after how many seconds without a packet it forgets a connection, by the names of `set timeout`.
    pub timeouts: BTreeMap<String, Fact>,
}

/// A value, and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The value.
    pub value: String,
    /// Where it stands in a text that was read with the rules; `None` for one that a deployment declares.
    pub origin: Option<Origin>,
}

impl Host {
    /// Takes over what `later` says; where both say something, `later` holds.
    pub fn merge(&mut self, later: Self) {
        self.kernel = later.kernel.or(self.kernel);
        self.sysctls.extend(later.sysctls);
        if later.all_modules {
            self.modules = later.modules;
            self.all_modules = true;
        } else {
            self.modules.extend(later.modules);
        }
        self.module_parameters.extend(later.module_parameters);
        self.timeouts.extend(later.timeouts);
    }

    /// Sets a sysctl, in any of the spellings of its name.
    pub fn set_sysctl(&mut self, name: &str, value: &str, origin: Option<Origin>) {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        self.sysctls.insert(sysctl_name(name), Fact { value, origin });
    }

    /// Notes that a module is loaded.
    pub fn load_module(&mut self, name: &str, origin: Option<Origin>) {
        self.modules.insert(module_name(name), origin);
    }

    /// Sets a parameter of a module.
    pub fn set_parameter(&mut self, module: &str, parameter: &str, value: &str, origin: Option<Origin>) {
        let key = (module_name(module), parameter.replace('-', "_"));
        self.module_parameters.insert(key, Fact { value: value.to_owned(), origin });
    }

    /// A sysctl, by its name with dots.
    #[must_use]
    pub fn sysctl(&self, name: &str) -> Option<&Fact> {
        self.sysctls.get(name)
    }

    /// A sysctl that is a whole number.
    #[must_use]
    pub fn sysctl_number(&self, name: &str) -> Option<i64> {
        self.sysctl(name)?.value.parse().ok()
    }

    /// A sysctl that is a range of ports, such as `net.ipv4.ip_local_port_range`: two numbers.
    #[must_use]
    pub fn sysctl_range(&self, name: &str) -> Option<PortRange> {
        let (first, last) = self.sysctl(name)?.value.split_once(' ')?;
        PortRange::new(first.parse().ok()?, last.parse().ok()?)
    }

    /// The ports that the kernel gives to no outgoing connection of its own accord
    /// (`net.ipv4.ip_local_reserved_ports`, which counts for IPv6 too).
    #[must_use]
    pub fn reserved_ports(&self) -> Option<PortSet> {
        let ports = &self.sysctl("net.ipv4.ip_local_reserved_ports")?.value;
        ports
            .split([',', ' '])
            .filter(|item| !item.is_empty())
            .map(|item| {
                let (first, last) = item.split_once('-').unwrap_or((item, item));
                PortRange::new(first.parse().ok()?, last.parse().ok()?)
            })
            .collect()
    }

    /// Whether a module is loaded; `None` where that is not known.
    #[must_use]
    pub fn has_module(&self, name: &str) -> Option<bool> {
        let loaded = |name: &str| self.modules.contains_key(name);
        // The one uses symbols of the other, so that neither `modprobe` nor the kernel loads it alone.
        let implied = name == "nf_conntrack_ftp" && loaded("nf_nat_ftp");
        if loaded(name) || implied { Some(true) } else { self.all_modules.then_some(false) }
    }

    /// A parameter of a module.
    #[must_use]
    pub fn parameter(&self, module: &str, parameter: &str) -> Option<&Fact> {
        self.module_parameters.get(&(module.to_owned(), parameter.to_owned()))
    }

    /// A parameter that is a list of ports, such as `ports` of `nf_conntrack_ftp`: numbers with commas between them.
    #[must_use]
    pub fn parameter_ports(&self, module: &str, parameter: &str) -> Option<PortSet> {
        let ports = &self.parameter(module, parameter)?.value;
        ports.split(',').map(|port| port.trim().parse().ok().map(PortRange::single)).collect()
    }

    /// A parameter that is switched on or off: `1`, `y`, `0`, `n` (`kstrtobool` of the kernel).
    #[must_use]
    pub fn parameter_switch(&self, module: &str, parameter: &str) -> Option<bool> {
        match self.parameter(module, parameter)?.value.as_str() {
            "1" | "y" | "Y" => Some(true),
            "0" | "n" | "N" => Some(false),
            _ => None,
        }
    }
}

/// The name of a sysctl with dots between its parts, in whichever way it is written: `net.ipv4.ip_forward`,
/// `net/ipv4/ip_forward`, `/proc/sys/net/ipv4/ip_forward`. A dot within a part, as in the name of a VLAN's
/// interface, becomes a slash (sysctl(8)).
#[must_use]
pub fn sysctl_name(name: &str) -> String {
    let name = name.strip_prefix("/proc/sys/").unwrap_or(name);
    // The first of the two signs separates; the other one stands for it within a part.
    if name.find(['.', '/']).is_some_and(|at| name[at..].starts_with('/')) {
        let swap = |sign| match sign {
            '/' => '.',
            '.' => '/',
            other => other,
        };
        name.chars().map(swap).collect()
    } else {
        name.to_owned()
    }
}

/// The name of a module as the kernel has it: with underscores for hyphens (modprobe(8)), and today's name where
/// the module was called otherwise before Linux 2.6.20 and still answers to that.
#[must_use]
pub fn module_name(name: &str) -> String {
    match name.replace('-', "_").as_str() {
        "ip_conntrack_ftp" => "nf_conntrack_ftp".to_owned(),
        "ip_nat_ftp" => "nf_nat_ftp".to_owned(),
        other => other.to_owned(),
    }
}

/// The two numbers at the start of what `uname -r` prints, such as `6.1.0-13-amd64`.
#[must_use]
pub fn kernel_version(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once('.')?;
    let minor = rest.len() - rest.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
    let number = |digits: &str| {
        let fits = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| digits.parse().ok()).flatten()
    };
    (!text.contains(char::is_control)).then_some(())?;
    Some((number(major)?, number(rest.get(..minor)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysctls_have_one_name() {
        let name = "net.ipv4.ip_forward";
        for spelling in [name, "net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_forward"] {
            assert_eq!(sysctl_name(spelling), name);
        }
        let vlan = "net.ipv4.conf.eth0/100.rp_filter";
        for spelling in [vlan, "net/ipv4/conf/eth0.100/rp_filter"] {
            assert_eq!(sysctl_name(spelling), vlan);
        }
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        let mut host = Host::default();
        assert_eq!(host.reserved_ports(), None);
        host.set_sysctl("net.ipv4.ip_local_port_range", "32768\t60999", None);
        host.set_sysctl("net.ipv4.ip_local_reserved_ports", "8080,9148-9150", None);
        host.set_sysctl("net/netfilter/nf_conntrack_helper", " 0 ", None);
        host.set_parameter("nf-conntrack-ftp", "ports", "21,2121", None);
        host.set_parameter("nf_conntrack_ftp", "loose", "Y", None);
        let range = |first, last| PortRange::new(first, last).expect("a range");
        assert_eq!(host.sysctl_range("net.ipv4.ip_local_port_range"), Some(range(32768, 60999)));
        assert_eq!(host.reserved_ports().map(|ports| ports.to_string()).as_deref(), Some("8080, 9148-9150"));
        assert_eq!(host.sysctl_number("net.netfilter.nf_conntrack_helper"), Some(0));
        let ports = host.parameter_ports("nf_conntrack_ftp", "ports");
        assert_eq!(ports.map(|ports| ports.to_string()).as_deref(), Some("21, 2121"));
        assert_eq!(host.parameter_switch("nf_conntrack_ftp", "loose"), Some(true));
        host.set_sysctl("net.ipv4.ip_local_reserved_ports", "", None);
        assert_eq!(host.reserved_ports(), Some(PortSet::default()));
    }

    #[test]
    fn a_module_is_missing_only_where_all_are_known() {
        let mut host = Host::default();
        assert_eq!(host.has_module("nf_conntrack_ftp"), None);
        host.load_module("ip_nat_ftp", None);
        assert_eq!(host.has_module("nf_nat_ftp"), Some(true));
        assert_eq!(host.has_module("nf_conntrack_ftp"), Some(true));
        assert_eq!(host.has_module("nf_conntrack_sip"), None);
        host.all_modules = true;
        assert_eq!(host.has_module("nf_conntrack_sip"), Some(false));
    }

    #[test]
    fn the_later_value_holds() {
        let mut host = Host { kernel: Some((5, 10)), ..Host::default() };
        host.set_sysctl("a.b", "1", None);
        host.load_module("x", None);
        let mut later = Host { all_modules: true, ..Host::default() };
        later.set_sysctl("a.b", "2", None);
        host.merge(later);
        assert_eq!(host.sysctl_number("a.b"), Some(2));
        assert_eq!(host.kernel, Some((5, 10)));
        assert_eq!(host.has_module("x"), Some(false));
    }
}
