//! Requests that a server should refuse. None of them is followed by a transfer, so that nothing is ever sent to a third
//! party.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::observation::{Method, Policy, PolicyCheck};
use super::transfer::port_command;
use super::visit::Ready;

/// Addresses of nobody (RFC 5737, RFC 3849).
const NOBODY: (Ipv4Addr, Ipv6Addr) =
    (Ipv4Addr::new(192, 0, 2, 1), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
/// A port that no FTP client listens on.
const PRIVILEGED: u16 = 1023;
/// A port that clients listen on.
const HIGH: u16 = 40_001;

/// Makes the checks, each in a session of its own that `enter` opens.
pub(super) fn check(mut enter: impl FnMut() -> Option<Ready>) -> Vec<PolicyCheck> {
    let policies = [Policy::PrivilegedPort, Policy::ForeignAddress, Policy::PasvAfterEpsvAll];
    let mut checks = Vec::new();
    for policy in policies {
        let Some(Ready { mut control, .. }) = enter() else { return checks };
        let own = control.own_address();
        let method = if own.is_ipv4() { Method::Port } else { Method::Eprt };
        let nobody: IpAddr = if own.is_ipv4() { NOBODY.0.into() } else { NOBODY.1.into() };
        let command = match policy {
            Policy::PrivilegedPort => port_command(method, SocketAddr::new(own, PRIVILEGED)),
            Policy::ForeignAddress => port_command(method, SocketAddr::new(nobody, HIGH)),
            Policy::PasvAfterEpsvAll => {
                // A server that does not know the command promises nothing.
                if own.is_ipv6() || !control.ask("EPSV ALL").is_positive() {
                    control.quit();
                    continue;
                }
                Method::Pasv.id().to_owned()
            }
        };
        let exchange = control.ask(&command);
        checks.push(PolicyCheck { policy, exchange });
        control.quit();
    }
    checks
}
