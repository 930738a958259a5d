//! What several guides ask of a deployment.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::Remark;
use crate::deployment::{ActiveSource, Deployment, Nat, Place, Service, Side, Strategy};
use crate::packet::Family;

/// Whether the server listens in `family`.
pub(super) fn listens(service: &Service, family: Family) -> bool {
    service.addresses.iter().any(|&address| Family::of(address) == family)
}

/// The address that the reply to `PASV` has to name: the declared one, or the public address of a gateway that
/// translates. A helper rewrites the reply itself.
pub(super) fn advertised(deployment: &Deployment) -> Option<Ipv4Addr> {
    if !deployment.service.modes.passive {
        return None;
    }
    let translated = || {
        server_nats(deployment, Some(Strategy::Static)).find_map(|nat| match nat.public {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
    };
    deployment.service.advertised_address.or_else(translated)
}

/// An address at which clients reach the server.
pub(super) fn reachable(deployment: &Deployment) -> Option<IpAddr> {
    let addresses = &deployment.service.addresses;
    let declared = deployment
        .families()
        .find_map(|family| addresses.iter().copied().find(|&address| Family::of(address) == family))
        .or_else(|| addresses.first().copied())?;
    // The outermost gateway comes first in the file, so translation starts from the last.
    let nats: Vec<Nat> = server_nats(deployment, None).collect();
    Some(nats.iter().rev().fold(declared, |address, nat| {
        if nat.private == IpNet::from(address) { nat.public } else { address }
    }))
}

/// The translations at the gateways of the server's side, of one strategy or of any, outermost first.
fn server_nats(deployment: &Deployment, strategy: Option<Strategy>) -> impl Iterator<Item = Nat> {
    deployment
        .firewalls
        .iter()
        .filter(move |firewall| {
            firewall.side == Side::Server
                && firewall.place == Place::Gateway
                && strategy.is_none_or(|strategy| firewall.strategy == strategy)
        })
        .filter_map(|firewall| firewall.nat)
}

/// The source port that RFC 959 asks for: the one below the control port.
pub(super) fn below_control(service: &Service) -> u16 {
    service.control_port.saturating_sub(1)
}

/// The remark for a program that opens active data connections from ephemeral ports only, where the deployment
/// says otherwise.
pub(super) fn only_ephemeral(service: &Service) -> Option<Remark> {
    match &service.active_source {
        ActiveSource::Ports(ports) if service.modes.active => Some(Remark::OnlyEphemeral(ports.clone())),
        _ => None,
    }
}

/// The remark for a program that cannot switch modes off, where the deployment wants one off.
pub(super) fn modes_stay(service: &Service) -> Option<Remark> {
    let modes = service.modes;
    (!modes.active || !modes.passive)
        .then_some(Remark::ModesStay { active: !modes.active, passive: !modes.passive })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_translating_gateway_gives_the_address_to_advertise_and_to_connect_to() {
        let deployment = sample::behind_nat();
        assert_eq!(advertised(&deployment), Some(Ipv4Addr::new(198, 51, 100, 5)));
        assert_eq!(reachable(&deployment), Some(IpAddr::from([198, 51, 100, 5])));
    }

    #[test]
    fn without_translation_nothing_is_advertised() {
        assert_eq!(advertised(&sample::standard()), None);
        assert_eq!(reachable(&sample::standard()), Some(IpAddr::from([203, 0, 113, 10])));
    }

    #[test]
    fn a_helper_rewrites_the_reply_itself() {
        let mut deployment = sample::behind_nat();
        deployment.firewalls[0].strategy = Strategy::Helper;
        assert_eq!(advertised(&deployment), None);
    }
}
