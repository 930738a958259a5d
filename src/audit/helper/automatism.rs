//! Kernels that attach helpers by themselves.
//!
//! Up to Linux 4.6 a loaded helper was attached to every connection to its ports. Since 4.7 that is off unless the
//! sysctl `net.netfilter.nf_conntrack_helper` turns it on (commit 3bb398d925ec), and 6.0 has removed the sysctl and the
//! automatism with it (commit b118509076b3).

use crate::packet::{PortRange, PortSet};
use crate::ruleset::{Fact, Host, Origin};

/// The first version in which the automatism is off by default.
const OFF_BY_DEFAULT: (u32, u32) = (4, 7);
/// The first version without it.
const REMOVED: (u32, u32) = (6, 0);

const MODULE: &str = "nf_conntrack_ftp";
const SYSCTL: &str = "net.netfilter.nf_conntrack_helper";
const DEFAULT_PORT: u16 = 21;

/// Whether a kernel attaches the FTP helper to control connections by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Automatism {
    /// It does.
    Works,
    /// It does not.
    Never,
    /// It does if it is older than 4.7, or older than 6.0 and told to by the sysctl.
    DependsOnKernel,
    /// It does if the module is loaded.
    DependsOnModule,
}

/// What expects a kernel to attach the helper by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hint {
    /// The module is loaded.
    Module,
    /// The module is told the control ports.
    Ports(String),
    /// The sysctl is on.
    Sysctl,
}

/// Whether the kernel of `host` attaches the helper to connections to `port` by itself.
pub(super) fn automatism(host: &Host, port: u16) -> Automatism {
    let ports = host.parameter_ports(MODULE, "ports");
    let ports =
        ports.unwrap_or_else(|| std::iter::once(PortRange::single(DEFAULT_PORT)).collect::<PortSet>());
    let module = host.has_module(MODULE);
    if module == Some(false) || !ports.contains(port) {
        return Automatism::Never;
    }
    let sysctl = host.sysctl_number(SYSCTL).map(|value| value != 0);
    match (host.kernel, sysctl) {
        (_, Some(false)) => Automatism::Never,
        (Some(kernel), _) if kernel >= REMOVED => Automatism::Never,
        (Some(kernel), None) if kernel >= OFF_BY_DEFAULT => Automatism::Never,
        (Some(_), _) if module == Some(true) => Automatism::Works,
        (Some(_), _) => Automatism::DependsOnModule,
        (None, _) => Automatism::DependsOnKernel,
    }
}

/// Whether it surely does.
pub(in crate::audit) fn attaches_itself(host: &Host, port: u16) -> bool {
    automatism(host, port) == Automatism::Works
}

/// What on `host` expects that it does, and where it is said.
pub(super) fn hints(host: &Host) -> Vec<(Hint, Option<Origin>)> {
    let mut hints = Vec::new();
    for module in [MODULE, "nf_nat_ftp"] {
        if let Some(&origin) = host.modules.get(module)
            && hints.is_empty()
        {
            hints.push((Hint::Module, origin));
        }
    }
    if let Some(Fact { value, origin }) = host.parameter(MODULE, "ports") {
        hints.push((Hint::Ports(value.clone()), *origin));
    }
    if host.sysctl_number(SYSCTL).is_some_and(|value| value != 0) {
        hints.push((Hint::Sysctl, host.sysctl(SYSCTL).and_then(|fact| fact.origin)));
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_decides_and_then_the_sysctl_and_the_module() {
        let host = |kernel, sysctl: Option<&str>, loaded: bool| {
            let mut host = Host { kernel, ..Host::default() };
            if let Some(value) = sysctl {
                host.set_sysctl(SYSCTL, value, None);
            }
            if loaded {
                host.load_module(MODULE, None);
            }
            host
        };
        for (kernel, sysctl, loaded, expected) in [
            (Some((3, 10)), None, true, Automatism::Works),
            (Some((3, 10)), None, false, Automatism::DependsOnModule),
            (Some((3, 10)), Some("0"), true, Automatism::Never),
            (Some((4, 6)), None, true, Automatism::Works),
            (Some((4, 7)), None, true, Automatism::Never),
            (Some((5, 15)), Some("1"), true, Automatism::Works),
            (Some((6, 0)), Some("1"), true, Automatism::Never),
            (None, Some("1"), true, Automatism::DependsOnKernel),
            (None, None, false, Automatism::DependsOnKernel),
        ] {
            assert_eq!(
                automatism(&host(kernel, sysctl, loaded), 21),
                expected,
                "{kernel:?} {sysctl:?} {loaded}"
            );
        }
        let mut other = host(Some((3, 10)), None, true);
        assert_eq!(automatism(&other, 2121), Automatism::Never);
        other.set_parameter(MODULE, "ports", "21,2121", None);
        assert_eq!(automatism(&other, 2121), Automatism::Works);
    }
}
