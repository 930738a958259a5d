//! Serv-U. Its Management Console came with version 7; older versions have other dialogs.

use super::{Purpose, Remark, SettingsGuide, Step, Subject, Value, facts};
use crate::deployment::{Deployment, Software, Tls};

const PASV_RANGE_7: &str = "[7+] Global > Limits & Settings > Settings > Network Settings > PASV Port Range";
const PASV_RANGE_UP_TO_6: &str = "[≤ 6] Local Server > Settings > Advanced > PASV port range";
/// Passive mode, up to version 6.
pub const ALLOW_PASSIVE: &str = "[≤ 6] Domain > Settings > Advanced > Allow passive mode data transfers";

const REFUSE_PASSIVE_7: &str =
    "[7+] Domain > Limits & Settings > FTP Settings > PASV, EPSV > Edit > Disable command";
const REFUSE_ACTIVE_7: &str =
    "[7+] Domain > Limits & Settings > FTP Settings > PORT, EPRT > Edit > Disable command";
const ADVERTISED_7: &str = "[7+] Domain > Domain Details > Listeners > PASV IP Address or Domain Name";
const ADVERTISED_UP_TO_6: &str =
    "[≤ 6] Domain > Settings > Advanced > Allow passive mode data transfers > Use IP";

/// The guide for Serv-U.
pub(super) fn guide(deployment: &Deployment) -> SettingsGuide {
    let service = &deployment.service;
    let modes = service.modes;
    let mut steps = vec![
        Step::field(
            Purpose::ControlPort,
            "Domain > Domain Details > Listeners > Port",
            Value::text(&service.control_port),
        ),
        Step::field(Purpose::Encryption, "Domain > Domain Details > Listeners", Value::Tls(service.tls)),
    ];
    if !modes.active {
        steps.push(Step::field(Purpose::ActiveMode, REFUSE_ACTIVE_7, Value::On));
    }
    if !modes.passive {
        steps.push(Step::field(Purpose::PassiveMode, REFUSE_PASSIVE_7, Value::On));
    }
    steps.push(Step::field(Purpose::PassiveMode, ALLOW_PASSIVE, Value::on_when(modes.passive)));
    if let Some(range) = service.passive_ports.filter(|_| modes.passive) {
        for path in [PASV_RANGE_7, PASV_RANGE_UP_TO_6] {
            steps.push(Step::field(Purpose::PassiveRange, path, Value::text(&range)));
        }
    }
    let advertised = facts::advertised(deployment);
    if let Some(address) = advertised {
        for path in [ADVERTISED_7, ADVERTISED_UP_TO_6] {
            steps.push(Step::field(Purpose::AdvertisedAddress, path, Value::text(&address)));
        }
    }
    steps.extend(service.max_sessions.map(|count| {
        Step::field(
            Purpose::MaxSessions,
            "[7+] Global > Limits & Settings > Limits > Connection",
            Value::text(&count),
        )
    }));

    let mut remarks = vec![Remark::ServUVersions];
    if modes.active {
        remarks.push(Remark::SourceUnknown(Software::ServU));
    }
    remarks.extend(advertised.map(|_| Remark::PasvOnly));
    if service.tls != Tls::None {
        remarks.push(Remark::CertificateDialog("Limits & Settings > Encryption"));
    }
    SettingsGuide { subject: Subject::Server(Software::ServU), places: Vec::new(), steps, remarks }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_standard_case() {
        assert_eq!(
            sample::fields(&guide(&sample::standard())),
            [
                ("Domain > Domain Details > Listeners > Port", Value::text("21")),
                ("Domain > Domain Details > Listeners", Value::Tls(Tls::None)),
                (ALLOW_PASSIVE, Value::On),
                (PASV_RANGE_7, Value::text("60000-60020")),
                (PASV_RANGE_UP_TO_6, Value::text("60000-60020")),
            ]
        );
    }

    #[test]
    fn a_mode_that_is_not_on_offer_is_switched_off() {
        assert!(sample::fields(&guide(&sample::passive_only())).contains(&(REFUSE_ACTIVE_7, Value::On)));
        let active = sample::fields(&guide(&sample::active_only()));
        assert!(active.contains(&(REFUSE_PASSIVE_7, Value::On)));
        assert!(active.contains(&(ALLOW_PASSIVE, Value::Off)));
    }
}
