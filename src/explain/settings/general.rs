//! What any server program has to be told.

use super::{Purpose, SettingsGuide, Step, Subject, Value, facts};
use crate::deployment::{ActiveSource, Deployment};

/// The guide for a server whose program is not named.
pub(super) fn guide(deployment: &Deployment) -> SettingsGuide {
    let service = &deployment.service;
    let modes = service.modes;
    let mut steps = vec![
        Step::value(Purpose::ControlPort, Value::text(&service.control_port)),
        Step::value(Purpose::Encryption, Value::Tls(service.tls)),
        Step::value(Purpose::ActiveMode, Value::on_when(modes.active)),
    ];
    if modes.active {
        let source = match &service.active_source {
            ActiveSource::Ports(ports) => Value::text(ports),
            ActiveSource::Ephemeral => Value::Ephemeral,
        };
        steps.push(Step::value(Purpose::ActiveSource, source));
    }
    steps.push(Step::value(Purpose::PassiveMode, Value::on_when(modes.passive)));
    let range = service.passive_ports.filter(|_| modes.passive);
    steps.extend(range.map(|range| Step::value(Purpose::PassiveRange, Value::text(&range))));
    let advertised = facts::advertised(deployment);
    steps.extend(advertised.map(|address| Step::value(Purpose::AdvertisedAddress, Value::text(&address))));
    steps.extend(service.max_sessions.map(|count| Step::value(Purpose::MaxSessions, Value::text(&count))));
    let remarks = advertised.map(|_| super::Remark::PasvOnly).into_iter().collect();
    SettingsGuide { subject: Subject::AnyServer, places: Vec::new(), steps, remarks }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::deployment::Tls;

    #[test]
    fn the_standard_case() {
        let steps: Vec<Step> = vec![
            Step::value(Purpose::ControlPort, Value::text(&21)),
            Step::value(Purpose::Encryption, Value::Tls(Tls::None)),
            Step::value(Purpose::ActiveMode, Value::On),
            Step::value(Purpose::ActiveSource, Value::text(&20)),
            Step::value(Purpose::PassiveMode, Value::On),
            Step::value(Purpose::PassiveRange, Value::text("60000-60020")),
        ];
        assert_eq!(guide(&sample::standard()).steps, steps);
    }

    #[test]
    fn a_mode_that_is_not_on_offer_is_switched_off() {
        assert!(guide(&sample::passive_only()).steps.contains(&Step::value(Purpose::ActiveMode, Value::Off)));
        assert!(guide(&sample::active_only()).steps.contains(&Step::value(Purpose::PassiveMode, Value::Off)));
    }
}
