//! `ProFTPD`.

use super::{Location, Purpose, Remark, SettingsGuide, Step, Subject, facts};
use crate::deployment::{ActiveSource, Deployment, Service, Software, Tls};
use crate::packet::Family;

/// The guide for `ProFTPD`.
pub(super) fn guide(deployment: &Deployment) -> SettingsGuide {
    let service = &deployment.service;
    let modes = service.modes;
    let range = service.passive_ports.filter(|_| modes.passive);
    let ipv6 = if facts::listens(service, Family::Ipv6) { "on" } else { "off" };
    let mut steps = vec![
        Step::lines(Purpose::Families, [format!("UseIPv6 {ipv6}")]),
        Step::lines(Purpose::ControlPort, [format!("Port {}", service.control_port)]),
    ];
    let source = source(service);
    if !modes.active {
        steps.push(Step::lines(Purpose::ActiveMode, deny("PORT EPRT")));
    } else if source == Source::BelowControl {
        steps.push(Step::lines(Purpose::ActiveSource, ["RootRevoke off"]));
    }
    if !modes.passive {
        steps.push(Step::lines(Purpose::PassiveMode, deny("PASV EPSV")));
    }
    steps.extend(range.map(|range| {
        Step::lines(Purpose::PassiveRange, [format!("PassivePorts {} {}", range.first(), range.last())])
    }));
    let advertised = facts::advertised(deployment);
    steps
        .extend(advertised.map(|address| {
            Step::lines(Purpose::AdvertisedAddress, [format!("MasqueradeAddress {address}")])
        }));
    if service.tls != Tls::None {
        steps.push(Step::lines(Purpose::Encryption, encryption(service.tls).iter().copied()));
    }
    steps.extend(
        service
            .max_sessions
            .map(|count| Step::lines(Purpose::MaxSessions, [format!("MaxInstances {count}")])),
    );

    let mut remarks = vec![Remark::Apply("systemctl restart proftpd")];
    if modes.active {
        remarks.push(source_remark(service, source));
    }
    if let Some(range) = range {
        let single = range.count() == 1;
        remarks.push(if single { Remark::ProftpdOnePort } else { Remark::ProftpdExhausted(range) });
    }
    remarks.extend(advertised.map(|_| Remark::PasvOnly));
    if service.tls != Tls::None {
        remarks.extend([
            Remark::ProftpdModule,
            Remark::Certificate("TLSRSACertificateFile, TLSRSACertificateKeyFile"),
            Remark::SessionReuse("TLSOptions NoSessionReuseRequired"),
        ]);
    }
    SettingsGuide {
        subject: Subject::Server(Software::Proftpd),
        places: vec![
            Location::File { system: "Debian", path: "/etc/proftpd/proftpd.conf" },
            Location::File { system: "Red Hat", path: "/etc/proftpd.conf" },
        ],
        steps,
        remarks,
    }
}

/// Where `ProFTPD` can be made to open data connections from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    BelowControl,
    Ephemeral,
    /// The declared ports are neither.
    Impossible,
}

fn source(service: &Service) -> Source {
    match &service.active_source {
        ActiveSource::Ephemeral => Source::Ephemeral,
        ActiveSource::Ports(ports) if *ports == facts::below_control(service).into() => Source::BelowControl,
        ActiveSource::Ports(_) => Source::Impossible,
    }
}

fn source_remark(service: &Service, source: Source) -> Remark {
    let below = facts::below_control(service);
    match source {
        Source::BelowControl => Remark::ProftpdRootRevoke(below),
        Source::Ephemeral => Remark::ProftpdEphemeral(below),
        Source::Impossible => Remark::ProftpdSource { declared: service.active_source.ports(), below },
    }
}

fn deny(commands: &str) -> [String; 3] {
    [format!("<Limit {commands}>"), "  DenyAll".to_owned(), "</Limit>".to_owned()]
}

fn encryption(tls: Tls) -> &'static [&'static str] {
    match tls {
        Tls::None => &[],
        Tls::Explicit => &["TLSEngine on", "TLSRequired off"],
        Tls::ExplicitRequired => &["TLSEngine on", "TLSRequired on"],
        Tls::Implicit => &["TLSEngine on", "TLSRequired on", "TLSOptions UseImplicitSSL"],
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
            ["UseIPv6 off", "Port 21", "RootRevoke off", "PassivePorts 60000 60020"]
        );
    }

    #[test]
    fn a_mode_that_is_not_on_offer_is_switched_off() {
        assert_eq!(
            sample::lines(&guide(&sample::passive_only())),
            [
                "UseIPv6 off",
                "Port 21",
                "<Limit PORT EPRT>",
                "  DenyAll",
                "</Limit>",
                "PassivePorts 60000 60020"
            ]
        );
        assert_eq!(
            sample::lines(&guide(&sample::active_only())),
            ["UseIPv6 off", "Port 21", "RootRevoke off", "<Limit PASV EPSV>", "  DenyAll", "</Limit>"]
        );
    }

    #[test]
    fn the_source_port_follows_the_control_port_or_is_ephemeral() {
        let mut deployment = sample::standard();
        deployment.service.control_port = 2121;
        assert!(matches!(guide(&deployment).remarks[1], Remark::ProftpdSource { below: 2120, .. }));
        deployment.service.active_source = ActiveSource::Ephemeral;
        assert_eq!(guide(&deployment).remarks[1], Remark::ProftpdEphemeral(2120));
        assert!(!sample::lines(&guide(&deployment)).contains(&"RootRevoke off".to_owned()));
    }
}
