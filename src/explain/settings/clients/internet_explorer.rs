//! Internet Explorer, whose setting Windows Explorer obeys too.

use super::{Client, Mode, Target};
use crate::explain::settings::{Purpose, Remark, SettingsGuide, Step, Subject, Value};

/// The option that chooses the mode.
pub const USE_PASSIVE_FTP: &str =
    "Tools > Internet Options > Advanced > Use Passive FTP (for firewall and DSL modem compatibility)";
/// Where the server is named.
pub const ADDRESS_BAR: &str = "Address bar";

pub(super) fn guide(target: &Target) -> SettingsGuide {
    let without_tls = target.without_tls();
    let mut steps = Vec::new();
    if without_tls != Some(Remark::CannotEncrypt) {
        steps.extend(target.modes(|mode| {
            Step::field(mode.purpose(), USE_PASSIVE_FTP, Value::on_when(mode == Mode::Passive))
        }));
        steps.push(Step::field(Purpose::Server, ADDRESS_BAR, Value::text(&target.url())));
    }
    let mut remarks = vec![Remark::ExplorerToo];
    remarks.extend(without_tls);
    SettingsGuide { subject: Subject::Client(Client::InternetExplorer), places: Vec::new(), steps, remarks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::settings::sample;

    #[test]
    fn the_option_follows_the_modes_on_offer() {
        let option = |deployment: crate::deployment::Deployment| {
            let fields = sample::fields(&guide(&Target::of(&deployment)));
            fields
                .into_iter()
                .filter(|(path, _)| *path == USE_PASSIVE_FTP)
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        };
        assert_eq!(option(sample::passive_only()), [Value::On]);
        assert_eq!(option(sample::active_only()), [Value::Off]);
        assert_eq!(option(sample::standard()), [Value::On, Value::Off]);
    }
}
