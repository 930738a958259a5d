//! Pure-FTPd.

use super::{Location, Purpose, Remark, SettingsGuide, Step, Subject, facts};
use crate::deployment::{Deployment, Service, Software, Tls};
use crate::packet::Family;

/// The guide for Pure-FTPd.
pub(super) fn guide(deployment: &Deployment) -> SettingsGuide {
    let service = &deployment.service;
    let modes = service.modes;
    let range = service.passive_ports.filter(|_| modes.passive);
    let mut steps = Vec::new();
    steps.extend(one_family(service).map(|line| Step::lines(Purpose::Families, [line])));
    steps.push(Step::lines(Purpose::ControlPort, [format!("Bind ,{}", service.control_port)]));
    if !modes.passive {
        // Despite its name, the option does nothing but refuse passive mode.
        steps.push(Step::lines(Purpose::PassiveMode, ["NATmode yes"]));
    }
    steps.extend(range.map(|range| {
        Step::lines(Purpose::PassiveRange, [format!("PassivePortRange {} {}", range.first(), range.last())])
    }));
    let advertised = facts::advertised(deployment);
    steps.extend(
        advertised
            .map(|address| Step::lines(Purpose::AdvertisedAddress, [format!("ForcePassiveIP {address}")])),
    );
    steps.push(Step::lines(Purpose::Encryption, [format!("TLS {}", encryption(service.tls))]));
    steps.extend(
        service
            .max_sessions
            .map(|count| Step::lines(Purpose::MaxSessions, [format!("MaxClientsNumber {count}")])),
    );

    let mut remarks = vec![Remark::Apply("systemctl restart pure-ftpd"), Remark::PureFtpdDebian];
    remarks.extend(range.map(|range| {
        let users = range.count() / 2;
        Remark::PureFtpdHalf { users, wanted: service.max_sessions.filter(|&wanted| wanted > users) }
    }));
    if modes.active {
        remarks.push(Remark::PureFtpdSources { implicit: service.tls == Tls::Implicit });
    } else {
        remarks.push(Remark::ModesStay { active: true, passive: false });
    }
    remarks.extend(advertised.map(|_| Remark::PasvOnly));
    if service.tls == Tls::Implicit {
        remarks.push(Remark::PureFtpdImplicit);
    }
    if service.tls != Tls::None {
        remarks.push(Remark::Certificate("/etc/ssl/private/pure-ftpd.pem"));
    }
    SettingsGuide {
        subject: Subject::Server(Software::PureFtpd),
        places: vec![
            Location::File { system: "Debian", path: "/etc/pure-ftpd/conf/" },
            Location::File { system: "Red Hat", path: "/etc/pure-ftpd/pure-ftpd.conf" },
        ],
        steps,
        remarks,
    }
}

/// Pure-FTPd listens in both families unless told otherwise.
fn one_family(service: &Service) -> Option<&'static str> {
    match (facts::listens(service, Family::Ipv4), facts::listens(service, Family::Ipv6)) {
        (true, false) => Some("IPV4Only yes"),
        (false, true) => Some("IPV6Only yes"),
        _ => None,
    }
}

/// 2 would still allow plaintext data connections.
fn encryption(tls: Tls) -> u8 {
    match tls {
        Tls::None => 0,
        Tls::Explicit => 1,
        Tls::ExplicitRequired | Tls::Implicit => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_standard_case() {
        assert_eq!(
            sample::lines(&guide(&sample::standard())),
            ["IPV4Only yes", "Bind ,21", "PassivePortRange 60000 60020", "TLS 0"]
        );
    }

    #[test]
    fn passive_mode_can_be_switched_off_and_active_mode_cannot() {
        let active = sample::lines(&guide(&sample::active_only()));
        assert_eq!(active, ["IPV4Only yes", "Bind ,21", "NATmode yes", "TLS 0"]);
        let stays = Remark::ModesStay { active: true, passive: false };
        assert!(guide(&sample::passive_only()).remarks.contains(&stays));
    }

    #[test]
    fn a_range_too_small_for_the_sessions_is_said() {
        let mut deployment = sample::standard();
        deployment.service.max_sessions = Some(20);
        let half = Remark::PureFtpdHalf { users: 10, wanted: Some(20) };
        assert!(guide(&deployment).remarks.contains(&half));
    }
}
