//! `FileZilla` Server 1.x.

use super::{Location, Purpose, Remark, SettingsGuide, Step, Subject, Value, facts};
use crate::deployment::{Deployment, Software, Tls};
use crate::packet::Family;

const PASSIVE_PAGE_RANGE: &str = "FTP and FTP over TLS (FTPS) > Passive mode > Use custom port range";
const PASSIVE_PAGE_HOST: &str = "FTP and FTP over TLS (FTPS) > Passive mode > Use the following host";

/// The guide for `FileZilla` Server.
pub(super) fn guide(deployment: &Deployment) -> SettingsGuide {
    let service = &deployment.service;
    let range = service.passive_ports.filter(|_| service.modes.passive);
    let any = [(Family::Ipv4, "0.0.0.0"), (Family::Ipv6, "::")];
    let addresses: Vec<&str> = any
        .into_iter()
        .filter_map(|(family, address)| facts::listens(service, family).then_some(address))
        .collect();
    let mut steps = vec![
        Step::field(Purpose::Families, "Server listeners > Address", Value::text(&addresses.join(", "))),
        Step::field(Purpose::ControlPort, "Server listeners > Port", Value::text(&service.control_port)),
        Step::field(Purpose::Encryption, "Server listeners > Protocol", Value::text(protocol(service.tls))),
    ];
    steps.extend(
        range.map(|range| Step::field(Purpose::PassiveRange, PASSIVE_PAGE_RANGE, Value::text(&range))),
    );
    let advertised = facts::advertised(deployment);
    steps
        .extend(advertised.map(|address| {
            Step::field(Purpose::AdvertisedAddress, PASSIVE_PAGE_HOST, Value::text(&address))
        }));

    let mut remarks = Vec::new();
    remarks.extend(facts::only_ephemeral(service));
    remarks.extend(facts::modes_stay(service));
    remarks.extend(range.map(Remark::FilezillaHolds));
    remarks.extend(advertised.map(|_| Remark::PasvOnly));
    if service.tls == Tls::None {
        remarks.push(Remark::TlsStays);
    } else {
        remarks.push(Remark::CertificateDialog("FTP and FTP over TLS (FTPS) > Connection Security"));
    }
    SettingsGuide {
        subject: Subject::Server(Software::FilezillaServer),
        places: vec![Location::Dialog("Server > Configure...")],
        steps,
        remarks,
    }
}

/// The label of the choice; there is none for plaintext alone.
fn protocol(tls: Tls) -> &'static str {
    match tls {
        Tls::None | Tls::Explicit => "Explicit FTP over TLS and insecure plain FTP",
        Tls::ExplicitRequired => "Require explicit FTP over TLS",
        Tls::Implicit => "Implicit FTP over TLS (deprecated)",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_standard_case() {
        let guide = guide(&sample::standard());
        assert_eq!(
            sample::fields(&guide),
            [
                ("Server listeners > Address", Value::text("0.0.0.0")),
                ("Server listeners > Port", Value::text("21")),
                ("Server listeners > Protocol", Value::text("Explicit FTP over TLS and insecure plain FTP")),
                (PASSIVE_PAGE_RANGE, Value::text("60000-60020")),
            ]
        );
        assert!(guide.remarks.contains(&Remark::OnlyEphemeral(20.into())));
    }

    #[test]
    fn a_mode_that_is_not_on_offer_cannot_be_switched_off() {
        let stays = Remark::ModesStay { active: true, passive: false };
        assert!(guide(&sample::passive_only()).remarks.contains(&stays));
        assert!(
            !sample::fields(&guide(&sample::active_only()))
                .iter()
                .any(|(path, _)| *path == PASSIVE_PAGE_RANGE)
        );
    }
}
