//! The `ftp` command of Windows, which knows active mode only.

use super::{Client, Mode, Target};
use crate::explain::settings::{Location, Remark, SettingsGuide, Step, Subject};

pub(super) fn guide(target: &Target) -> SettingsGuide {
    let usable = target.modes.active && !matches!(target.without_tls(), Some(Remark::CannotEncrypt));
    let mut steps = Vec::new();
    if usable {
        let open = format!("open {} {}", target.address, target.port);
        steps.push(Step::lines(Mode::Active.purpose(), [open]));
    }
    let mut remarks = Vec::new();
    if !target.modes.active {
        remarks.push(Remark::NoCommonMode);
    }
    remarks.push(Remark::NeverPassive);
    remarks.extend(target.without_tls());
    SettingsGuide {
        subject: Subject::Client(Client::FtpExe),
        places: if usable { vec![Location::OwnPrompt] } else { Vec::new() },
        steps,
        remarks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::Tls;
    use crate::explain::settings::sample;

    #[test]
    fn the_standard_case() {
        let guide = guide(&Target::of(&sample::standard()));
        assert_eq!(sample::lines(&guide), ["open 203.0.113.10 21"]);
        assert_eq!(guide.remarks, [Remark::NeverPassive]);
    }

    #[test]
    fn it_cannot_use_what_it_does_not_know() {
        let guide_passive = guide(&Target::of(&sample::passive_only()));
        assert!(guide_passive.steps.is_empty());
        assert!(guide_passive.remarks.contains(&Remark::NoCommonMode));

        let mut deployment = sample::standard();
        deployment.service.tls = Tls::ExplicitRequired;
        let guide_tls = guide(&Target::of(&deployment));
        assert!(guide_tls.steps.is_empty());
        assert!(guide_tls.remarks.contains(&Remark::CannotEncrypt));
    }
}
