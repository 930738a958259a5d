//! lftp.

use super::{Client, Mode, Target};
use crate::deployment::Tls;
use crate::explain::settings::{Location, Purpose, SettingsGuide, Step, Subject};

pub(super) fn guide(target: &Target) -> SettingsGuide {
    let mut steps: Vec<Step> = target
        .modes(|mode| {
            // The later line would win, so the alternative is a comment.
            let line = match mode {
                Mode::Passive => "set ftp:passive-mode on",
                Mode::Active if target.modes.passive => "# set ftp:passive-mode off",
                Mode::Active => "set ftp:passive-mode off",
            };
            Step::lines(mode.purpose(), [line])
        })
        .collect();
    steps.extend(target.ports.map(|ports| {
        Step::lines(Purpose::ClientPorts, [format!("set ftp:port-range {}-{}", ports.first(), ports.last())])
    }));
    let encryption: &[&str] = match target.tls {
        Tls::None => &["set ftp:ssl-allow off"],
        Tls::Explicit | Tls::ExplicitRequired => &["set ftp:ssl-force on", "set ftp:ssl-protect-data on"],
        // The scheme of the address says it.
        Tls::Implicit => &["set ftp:ssl-protect-data on"],
    };
    steps.push(Step::lines(Purpose::Encryption, encryption.iter().copied()));
    steps.push(Step::lines(Purpose::Server, [format!("open -u NAME {}", target.url())]));
    SettingsGuide {
        subject: Subject::Client(Client::Lftp),
        places: vec![Location::OwnPrompt],
        steps,
        remarks: target.control_elsewhere().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::settings::sample;

    #[test]
    fn the_standard_case() {
        assert_eq!(
            sample::lines(&guide(&Target::of(&sample::standard()))),
            [
                "set ftp:passive-mode on",
                "# set ftp:passive-mode off",
                "set ftp:ssl-allow off",
                "open -u NAME ftp://203.0.113.10/",
            ]
        );
    }

    #[test]
    fn a_mode_that_is_not_on_offer_is_not_chosen() {
        let lines = sample::lines(&guide(&Target::of(&sample::active_only())));
        assert_eq!(lines[0], "set ftp:passive-mode off");
    }
}
