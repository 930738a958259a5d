//! curl.

use super::{Client, Mode, Target};
use crate::deployment::Tls;
use crate::explain::settings::{Location, SettingsGuide, Step, Subject};

pub(super) fn guide(target: &Target) -> SettingsGuide {
    let steps = target.modes(|mode| Step::lines(mode.purpose(), [command(target, mode)])).collect();
    SettingsGuide {
        subject: Subject::Client(Client::Curl),
        places: vec![Location::CommandLine],
        steps,
        remarks: Vec::new(),
    }
}

fn command(target: &Target, mode: Mode) -> String {
    let mut words = vec!["curl".to_owned()];
    words.push(match (mode, target.ports) {
        (Mode::Passive, _) => "--ftp-pasv".to_owned(),
        (Mode::Active, None) => "--ftp-port -".to_owned(),
        // Without an address before the colon it is the control connection's; `-:` is refused.
        (Mode::Active, Some(ports)) => format!("--ftp-port :{}-{}", ports.first(), ports.last()),
    });
    words.extend(target.ports.map(|ports| format!("--local-port {}-{}", ports.first(), ports.last())));
    if matches!(target.tls, Tls::Explicit | Tls::ExplicitRequired) {
        words.push("--ssl-reqd".to_owned());
    }
    // The brackets of an IPv6 address mean something to some shells.
    words.push(format!("--user NAME '{}'", target.url()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::settings::sample;
    use crate::packet::PortRange;

    #[test]
    fn the_standard_case() {
        assert_eq!(
            sample::lines(&guide(&Target::of(&sample::standard()))),
            [
                "curl --ftp-pasv --user NAME 'ftp://203.0.113.10/'",
                "curl --ftp-port - --user NAME 'ftp://203.0.113.10/'",
            ]
        );
    }

    #[test]
    fn tls_ports_and_ipv6() {
        let mut deployment = sample::active_only();
        deployment.service.addresses = vec!["2001:db8::10".parse().expect("an address")];
        deployment.service.control_port = 2121;
        deployment.service.tls = Tls::ExplicitRequired;
        deployment.clients.ports = PortRange::new(40000, 40100).expect("in order");
        assert_eq!(
            sample::lines(&guide(&Target::of(&deployment))),
            [
                "curl --ftp-port :40000-40100 --local-port 40000-40100 --ssl-reqd --user NAME 'ftp://[2001:db8::10]:2121/'"
            ]
        );
    }
}
