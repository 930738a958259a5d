//! The `FileZilla` client.

use super::{Client, Mode, Target};
use crate::deployment::Tls;
use crate::explain::settings::{Purpose, SettingsGuide, Step, Subject, Value};

pub(super) fn guide(target: &Target) -> SettingsGuide {
    let mut steps = vec![
        Step::field(Purpose::Server, "File > Site Manager... > General > Host", Value::text(&target.address)),
        Step::field(
            Purpose::ControlPort,
            "File > Site Manager... > General > Port",
            Value::text(&target.port),
        ),
        Step::field(
            Purpose::Encryption,
            "File > Site Manager... > General > Encryption",
            Value::text(encryption(target.tls)),
        ),
    ];
    steps.extend(target.modes(|mode| {
        let label = if mode == Mode::Passive { "Passive" } else { "Active" };
        Step::field(
            mode.purpose(),
            "File > Site Manager... > Transfer Settings > Transfer mode",
            Value::text(label),
        )
    }));
    if let Some(ports) = target.ports.filter(|_| target.modes.active) {
        steps.push(Step::field(
            Purpose::ClientPorts,
            "Edit > Settings... > Connection > FTP > Active mode > Limit local ports used by FileZilla",
            Value::text(&ports),
        ));
    }
    SettingsGuide {
        subject: Subject::Client(Client::Filezilla),
        places: Vec::new(),
        steps,
        remarks: target.control_elsewhere().into_iter().collect(),
    }
}

fn encryption(tls: Tls) -> &'static str {
    match tls {
        Tls::None => "Only use plain FTP (insecure)",
        Tls::Explicit | Tls::ExplicitRequired => "Require explicit FTP over TLS",
        Tls::Implicit => "Require implicit FTP over TLS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::settings::sample;

    #[test]
    fn passive_only() {
        assert_eq!(
            sample::fields(&guide(&Target::of(&sample::passive_only()))),
            [
                ("File > Site Manager... > General > Host", Value::text("203.0.113.10")),
                ("File > Site Manager... > General > Port", Value::text("21")),
                (
                    "File > Site Manager... > General > Encryption",
                    Value::text("Only use plain FTP (insecure)")
                ),
                ("File > Site Manager... > Transfer Settings > Transfer mode", Value::text("Passive")),
            ]
        );
    }
}
