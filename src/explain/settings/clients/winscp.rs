//! `WinSCP`.

use super::{Client, Mode, Target};
use crate::deployment::Tls;
use crate::explain::settings::{Purpose, SettingsGuide, Step, Subject, Value};

pub(super) fn guide(target: &Target) -> SettingsGuide {
    let mut steps = vec![
        Step::field(Purpose::Server, "Login > Host name", Value::text(&target.address)),
        Step::field(Purpose::ControlPort, "Login > Port number", Value::text(&target.port)),
        Step::field(
            Purpose::Encryption,
            "Login > File protocol: FTP > Encryption",
            Value::text(encryption(target.tls)),
        ),
    ];
    steps.extend(target.modes(|mode| {
        let value = Value::on_when(mode == Mode::Passive);
        Step::field(mode.purpose(), "Login > Advanced... > Connection > Passive mode", value)
    }));
    if let Some(ports) = target.ports.filter(|_| target.modes.active) {
        steps.push(Step::field(
            Purpose::ClientPorts,
            "Preferences > Network > Limit listening ports to",
            Value::text(&ports),
        ));
    }
    SettingsGuide {
        subject: Subject::Client(Client::Winscp),
        places: Vec::new(),
        steps,
        remarks: target.control_elsewhere().into_iter().collect(),
    }
}

fn encryption(tls: Tls) -> &'static str {
    match tls {
        Tls::None => "No encryption",
        Tls::Explicit | Tls::ExplicitRequired => "TLS/SSL Explicit encryption",
        Tls::Implicit => "TLS/SSL Implicit encryption",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::settings::sample;
    use crate::packet::PortRange;

    #[test]
    fn active_only_from_few_ports() {
        let mut deployment = sample::active_only();
        deployment.clients.ports = PortRange::new(40000, 40100).expect("in order");
        let fields = sample::fields(&guide(&Target::of(&deployment)));
        assert_eq!(
            fields[3..],
            [
                ("Login > Advanced... > Connection > Passive mode", Value::Off),
                ("Preferences > Network > Limit listening ports to", Value::text("40000-40100")),
            ]
        );
    }
}
