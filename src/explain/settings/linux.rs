//! The Linux kernel under the server.

use super::{Location, Purpose, Remark, SettingsGuide, Step, Subject};
use crate::deployment::{Deployment, Place, Side, Software};
use crate::packet::PortRange;

/// The guide for the kernel, when the passive range overlaps the ports that it gives to outgoing connections.
pub(super) fn guide(deployment: &Deployment) -> Option<SettingsGuide> {
    let service = &deployment.service;
    if !service.modes.passive || runs_elsewhere(deployment) {
        return None;
    }
    let range = service.passive_ports?;
    // The default of net.ipv4.ip_local_port_range, which holds for IPv6 too.
    let overlap = range.intersection(PortRange::new(32768, 60999)?)?;
    Some(SettingsGuide {
        subject: Subject::Linux,
        places: vec![Location::File { system: "Linux", path: "/etc/sysctl.d/60-ftp.conf" }],
        steps: vec![Step::lines(
            Purpose::ReservePorts,
            [format!("net.ipv4.ip_local_reserved_ports = {range}")],
        )],
        remarks: vec![Remark::ReserveWhy(overlap), Remark::ReserveList, Remark::Apply("sysctl --system")],
    })
}

/// Whether the server's system is known not to be Linux.
fn runs_elsewhere(deployment: &Deployment) -> bool {
    deployment.service.software == Some(Software::Iis)
        || deployment.firewalls.iter().any(|firewall| {
            firewall.side == Side::Server && firewall.place == Place::Host && firewall.dialect.is_pf()
        })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn an_overlapping_range_is_reserved() {
        let guide = guide(&sample::standard()).expect("60000-60020 overlaps");
        assert_eq!(sample::lines(&guide), ["net.ipv4.ip_local_reserved_ports = 60000-60020"]);
    }

    #[test]
    fn nothing_is_reserved_where_nothing_overlaps() {
        let mut deployment = sample::standard();
        deployment.service.passive_ports = PortRange::new(30000, 30099);
        assert_eq!(guide(&deployment), None);
        assert_eq!(guide(&sample::active_only()), None);
    }

    #[test]
    fn other_systems_are_left_alone() {
        let mut deployment = sample::standard();
        deployment.service.software = Some(Software::Iis);
        assert_eq!(guide(&deployment), None);
    }
}
