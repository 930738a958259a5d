//! Deployments for the tests of the guides.

use super::{Setting, SettingsGuide, Value};
use crate::deployment::{
    ActiveSource, Clients, Deployment, Egress, Firewall, ForeignAddresses, Modes, Nat, Place, Service, Side,
    Strategy, Tls,
};
use crate::dialect::Dialect;
use crate::packet::{AddressSet, PortRange};
use crate::ruleset::Host;

/// The standard case: control port 21, active source port 20, passive ports 60000-60020.
pub(crate) fn standard() -> Deployment {
    Deployment {
        service: Service {
            name: "files".to_owned(),
            addresses: vec![[203, 0, 113, 10].into()],
            control_port: 21,
            tls: Tls::None,
            modes: Modes { active: true, passive: true },
            active_source: ActiveSource::Ports(20.into()),
            passive_ports: PortRange::new(60000, 60020),
            advertised_address: None,
            software: None,
            max_sessions: None,
            foreign_addresses: ForeignAddresses::Refused,
            user: None,
        },
        clients: Clients {
            addresses: AddressSet::any(),
            ports: PortRange::new(1024, 65535).expect("in order"),
        },
        firewalls: Vec::new(),
        ignore: Vec::new(),
    }
}

/// The standard case without active mode.
pub(crate) fn passive_only() -> Deployment {
    let mut deployment = standard();
    deployment.service.modes.active = false;
    deployment
}

/// The standard case without passive mode.
pub(crate) fn active_only() -> Deployment {
    let mut deployment = standard();
    deployment.service.modes.passive = false;
    deployment.service.passive_ports = None;
    deployment
}

/// The standard case with the server behind a gateway that translates.
pub(crate) fn behind_nat() -> Deployment {
    let mut deployment = standard();
    deployment.service.addresses = vec![[10, 0, 0, 5].into()];
    deployment.firewalls = vec![Firewall {
        name: "edge".to_owned(),
        side: Side::Server,
        place: Place::Gateway,
        dialect: Dialect::Nftables,
        strategy: Strategy::Static,
        outside: None,
        inside: None,
        nat: Some(Nat {
            public: [198, 51, 100, 5].into(),
            private: std::net::IpAddr::from([10, 0, 0, 5]).into(),
        }),
        egress: Egress::Restricted,
        rulesets: Vec::new(),
        also_allow: Vec::new(),
        host: Host::default(),
    }];
    deployment
}

/// All lines of a guide.
pub(crate) fn lines(guide: &SettingsGuide) -> Vec<String> {
    guide
        .steps
        .iter()
        .filter_map(|step| match &step.setting {
            Setting::Lines(lines) => Some(lines.clone()),
            Setting::Field { .. } | Setting::Value(_) => None,
        })
        .flatten()
        .collect()
}

/// All fields of a guide.
pub(crate) fn fields(guide: &SettingsGuide) -> Vec<(&'static str, Value)> {
    guide
        .steps
        .iter()
        .filter_map(|step| match &step.setting {
            Setting::Field { path, value } => Some((*path, value.clone())),
            Setting::Lines(_) | Setting::Value(_) => None,
        })
        .collect()
}
