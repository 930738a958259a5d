//! vsftpd.

use super::{Location, Purpose, Remark, SettingsGuide, Step, Subject, facts};
use crate::deployment::{ActiveSource, Deployment, Service, Software, Tls};
use crate::packet::Family;

/// The guide for vsftpd.
pub(super) fn guide(deployment: &Deployment) -> SettingsGuide {
    let service = &deployment.service;
    let mut steps = vec![
        Step::lines(Purpose::Families, listen(service)),
        Step::lines(Purpose::ControlPort, [format!("listen_port={}", service.control_port)]),
        Step::lines(Purpose::ActiveMode, [format!("port_enable={}", yes(service.modes.active))]),
    ];
    if service.modes.active {
        steps.push(Step::lines(Purpose::ActiveSource, active_source(service)));
    }
    steps.push(Step::lines(Purpose::PassiveMode, [format!("pasv_enable={}", yes(service.modes.passive))]));
    if let Some(range) = service.passive_ports.filter(|_| service.modes.passive) {
        steps.push(Step::lines(
            Purpose::PassiveRange,
            [format!("pasv_min_port={}", range.first()), format!("pasv_max_port={}", range.last())],
        ));
    }
    let advertised = facts::advertised(deployment);
    steps.extend(
        advertised
            .map(|address| Step::lines(Purpose::AdvertisedAddress, [format!("pasv_address={address}")])),
    );
    steps.push(Step::lines(Purpose::Encryption, encryption(service.tls).iter().copied()));
    steps.extend(
        service.max_sessions.map(|count| Step::lines(Purpose::MaxSessions, [format!("max_clients={count}")])),
    );

    let mut remarks = vec![Remark::Apply("systemctl restart vsftpd")];
    if let Some(range) = service.passive_ports.filter(|_| service.modes.passive) {
        remarks.extend([Remark::VsftpdRange, Remark::VsftpdExhausted(range)]);
    }
    remarks.extend(one_source(service));
    remarks.extend(advertised.map(|_| Remark::PasvOnly));
    if service.tls != Tls::None {
        remarks.extend([
            Remark::Certificate("rsa_cert_file, rsa_private_key_file"),
            Remark::SessionReuse("require_ssl_reuse=NO"),
        ]);
    }
    SettingsGuide {
        subject: Subject::Server(Software::Vsftpd),
        places: vec![
            Location::File { system: "Debian", path: "/etc/vsftpd.conf" },
            Location::File { system: "Red Hat", path: "/etc/vsftpd/vsftpd.conf" },
        ],
        steps,
        remarks,
    }
}

/// An IPv6 listener takes IPv4 connections as well, and the two options exclude each other.
fn listen(service: &Service) -> [&'static str; 2] {
    if facts::listens(service, Family::Ipv6) {
        ["listen=NO", "listen_ipv6=YES"]
    } else {
        ["listen=YES", "listen_ipv6=NO"]
    }
}

fn active_source(service: &Service) -> Vec<String> {
    match lowest_source(service) {
        Some(port) => vec!["connect_from_port_20=YES".to_owned(), format!("ftp_data_port={port}")],
        None => vec!["connect_from_port_20=NO".to_owned()],
    }
}

fn lowest_source(service: &Service) -> Option<u16> {
    match &service.active_source {
        ActiveSource::Ports(ports) => ports.ranges().first().map(|range| range.first()),
        ActiveSource::Ephemeral => None,
    }
}

fn one_source(service: &Service) -> Option<Remark> {
    let ActiveSource::Ports(declared) = &service.active_source else { return None };
    let used = lowest_source(service)?;
    (service.modes.active && *declared != used.into())
        .then(|| Remark::VsftpdOneSource { declared: declared.clone(), used })
}

fn encryption(tls: Tls) -> &'static [&'static str] {
    match tls {
        Tls::None => &["ssl_enable=NO"],
        Tls::Explicit => &["ssl_enable=YES", "force_local_logins_ssl=NO", "force_local_data_ssl=NO"],
        Tls::ExplicitRequired => {
            &["ssl_enable=YES", "force_local_logins_ssl=YES", "force_local_data_ssl=YES"]
        }
        Tls::Implicit => &["ssl_enable=YES", "implicit_ssl=YES"],
    }
}

fn yes(on: bool) -> &'static str {
    if on { "YES" } else { "NO" }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_standard_case() {
        assert_eq!(
            sample::lines(&guide(&sample::standard())),
            [
                "listen=YES",
                "listen_ipv6=NO",
                "listen_port=21",
                "port_enable=YES",
                "connect_from_port_20=YES",
                "ftp_data_port=20",
                "pasv_enable=YES",
                "pasv_min_port=60000",
                "pasv_max_port=60020",
                "ssl_enable=NO",
            ]
        );
    }

    #[test]
    fn a_mode_that_is_not_on_offer_is_switched_off() {
        let passive = sample::lines(&guide(&sample::passive_only()));
        assert!(passive.contains(&"port_enable=NO".to_owned()));
        assert!(!passive.iter().any(|line| line.starts_with("connect_from_port_20")));
        let active = sample::lines(&guide(&sample::active_only()));
        assert!(active.contains(&"pasv_enable=NO".to_owned()));
        assert!(!active.iter().any(|line| line.starts_with("pasv_min_port")));
    }

    #[test]
    fn nat_tls_ipv6_and_a_session_limit_add_their_lines() {
        let mut deployment = sample::behind_nat();
        deployment.service.tls = Tls::Implicit;
        deployment.service.max_sessions = Some(20);
        deployment.service.addresses.push("2001:db8::10".parse().expect("an address"));
        let guide = guide(&deployment);
        let lines = sample::lines(&guide);
        for line in ["listen_ipv6=YES", "pasv_address=198.51.100.5", "implicit_ssl=YES", "max_clients=20"] {
            assert!(lines.contains(&line.to_owned()), "{line} is missing from {lines:?}");
        }
        assert!(guide.remarks.contains(&Remark::PasvOnly));
    }

    #[test]
    fn of_several_source_ports_one_is_used_and_said() {
        let mut deployment = sample::standard();
        deployment.service.active_source =
            ActiveSource::Ports([20, 989].into_iter().map(crate::packet::PortRange::single).collect());
        let guide = guide(&deployment);
        assert!(sample::lines(&guide).contains(&"ftp_data_port=20".to_owned()));
        assert!(
            guide.remarks.iter().any(|remark| matches!(remark, Remark::VsftpdOneSource { used: 20, .. }))
        );
    }
}
