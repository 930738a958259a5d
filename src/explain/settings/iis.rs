//! The FTP service of IIS 7 and later.

use super::{Location, Purpose, Remark, SettingsGuide, Step, Subject, facts};
use crate::deployment::{Deployment, Software, Tls};

/// The port that IIS takes for implicit TLS.
const IMPLICIT: u16 = 990;

/// The guide for IIS.
pub(super) fn guide(deployment: &Deployment) -> SettingsGuide {
    let service = &deployment.service;
    let modes = service.modes;
    let range = service.passive_ports.filter(|_| modes.passive);
    let mut steps = vec![Step::lines(
        Purpose::ControlPort,
        [format!(
            "{SITES} \"/+[name='SITE'].bindings.[protocol='ftp',bindingInformation='*:{}:']\" {COMMIT}",
            service.control_port
        )],
    )];
    let policy = policy(service.tls);
    steps.push(Step::lines(
        Purpose::Encryption,
        ["controlChannelPolicy", "dataChannelPolicy"]
            .map(|name| site(&format!("security.ssl.{name}:{policy}"))),
    ));
    if !modes.active {
        steps.push(Step::lines(Purpose::ActiveMode, ["PORT", "EPRT"].map(deny)));
    }
    if !modes.passive {
        steps.push(Step::lines(Purpose::PassiveMode, ["PASV", "EPSV"].map(deny)));
    }
    steps.extend(range.map(|range| {
        let (low, high) = (range.first(), range.last());
        Step::lines(
            Purpose::PassiveRange,
            [format!("appcmd set config -section:system.ftpServer/firewallSupport /lowDataChannelPort:{low} /highDataChannelPort:{high} {COMMIT}")],
        )
    }));
    let advertised = facts::advertised(deployment);
    steps.extend(advertised.map(|address| {
        Step::lines(
            Purpose::AdvertisedAddress,
            [site(&format!("firewallSupport.externalIp4Address:{address}"))],
        )
    }));
    steps.extend(service.max_sessions.map(|count| {
        Step::lines(Purpose::MaxSessions, [site(&format!("connections.maxConnections:{count}"))])
    }));
    steps.push(Step::lines(Purpose::Apply, ["net stop ftpsvc", "net start ftpsvc"]));

    let mut remarks = vec![Remark::IisSite];
    remarks.extend(range.map(|_| Remark::IisServerWide));
    if modes.active {
        remarks.push(Remark::SourceUnknown(Software::Iis));
    }
    if (service.tls == Tls::Implicit) != (service.control_port == IMPLICIT) {
        remarks.push(Remark::IisImplicitPort(service.control_port));
    }
    remarks.extend(advertised.map(|_| Remark::PasvOnly));
    if service.tls != Tls::None {
        remarks.push(Remark::CertificateDialog("IIS Manager > SITE > FTP SSL Settings"));
    }
    SettingsGuide {
        subject: Subject::Server(Software::Iis),
        places: vec![Location::AdministratorPrompt(r"%windir%\System32\inetsrv")],
        steps,
        remarks,
    }
}

const SITES: &str = "appcmd set config -section:system.applicationHost/sites";
const COMMIT: &str = "/commit:apphost";

/// The command for a setting of one site.
fn site(setting: &str) -> String {
    format!("{SITES} \"/[name='SITE'].ftpServer.{setting}\" {COMMIT}")
}

/// The command that refuses an FTP command.
fn deny(command: &str) -> String {
    format!(
        "{SITES} \"/+[name='SITE'].ftpServer.security.commandFiltering.[command='{command}',allowed='False']\" {COMMIT}"
    )
}

/// IIS demands TLS unless told otherwise.
fn policy(tls: Tls) -> &'static str {
    match tls {
        Tls::None | Tls::Explicit => "SslAllow",
        Tls::ExplicitRequired | Tls::Implicit => "SslRequire",
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
            [
                "appcmd set config -section:system.applicationHost/sites \"/+[name='SITE'].bindings.[protocol='ftp',bindingInformation='*:21:']\" /commit:apphost",
                "appcmd set config -section:system.applicationHost/sites \"/[name='SITE'].ftpServer.security.ssl.controlChannelPolicy:SslAllow\" /commit:apphost",
                "appcmd set config -section:system.applicationHost/sites \"/[name='SITE'].ftpServer.security.ssl.dataChannelPolicy:SslAllow\" /commit:apphost",
                "appcmd set config -section:system.ftpServer/firewallSupport /lowDataChannelPort:60000 /highDataChannelPort:60020 /commit:apphost",
                "net stop ftpsvc",
                "net start ftpsvc",
            ]
        );
    }

    #[test]
    fn a_mode_that_is_not_on_offer_is_switched_off() {
        let passive = sample::lines(&guide(&sample::passive_only()));
        assert!(passive.contains(&deny("PORT")) && passive.contains(&deny("EPRT")));
        let active = sample::lines(&guide(&sample::active_only()));
        assert!(active.contains(&deny("PASV")) && active.contains(&deny("EPSV")));
        assert!(!active.iter().any(|line| line.contains("lowDataChannelPort")));
    }

    #[test]
    fn implicit_tls_needs_its_own_port() {
        let mut deployment = sample::standard();
        deployment.service.tls = Tls::Implicit;
        assert!(guide(&deployment).remarks.contains(&Remark::IisImplicitPort(21)));
    }
}
