//! What an administrator asks beside the flows: which mode to prefer, what TLS and translation change, and
//! which settings go with a deployment.

pub mod settings;

use std::net::IpAddr;

use crate::deployment::{Deployment, Firewall, Nat, Side, Strategy, Tls};
use crate::flow::{Flow, Mode, flows};
use crate::packet::PortSet;

/// All that `explain` says of a deployment, as data.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    /// What is explained.
    pub deployment: &'a Deployment,
    /// What has to pass each firewall, in the order of the deployment.
    pub firewalls: Vec<FirewallFlows<'a>>,
    /// Which mode to prefer, and why.
    pub preference: Preference,
    /// What else there is to know, most important first.
    pub facts: Vec<Fact>,
}

/// What has to pass one firewall.
#[derive(Debug, Clone)]
pub struct FirewallFlows<'a> {
    /// The firewall.
    pub firewall: &'a Firewall,
    /// The flows, in the order of their ids.
    pub flows: Vec<Flow>,
}

/// Which mode to prefer, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preference {
    /// The service offers only this one.
    OnlyOneOnOffer(Mode),
    /// Passive: a translating gateway of the clients' side makes active mode impossible.
    ActiveIsImpossible,
    /// Passive: the clients' firewalls then need nothing but outgoing connections.
    EasierForClients,
}

impl Preference {
    /// The mode to prefer.
    #[must_use]
    pub fn mode(self) -> Mode {
        match self {
            Self::OnlyOneOnOffer(mode) => mode,
            Self::ActiveIsImpossible | Self::EasierForClients => Mode::Passive,
        }
    }
}

/// Something to know about the deployment as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Passwords and files cross the network unencrypted.
    Plaintext,
    /// With this kind of TLS no firewall can read the control connection.
    TlsBlindsHelpers(Tls),
    /// Helpers read the control connection, which has to stay unencrypted for that.
    HelperReads {
        /// The firewall that relies on one.
        firewall: String,
        /// Whether it is ftp-proxy instead of a conntrack helper.
        proxy: bool,
    },
    /// A gateway in front of the server translates.
    ServerNat {
        /// The gateway.
        firewall: String,
        /// What it translates.
        nat: Nat,
        /// The address that the reply to `PASV` names, if it is declared.
        advertised: Option<IpAddr>,
        /// Whether a helper edits that reply instead.
        helper: bool,
    },
    /// A gateway in front of the clients translates.
    ClientNat {
        /// The gateway.
        firewall: String,
        /// What it translates.
        nat: Nat,
        /// Whether a helper mends the addresses in `PORT` and `EPRT`.
        helper: bool,
    },
    /// The port of active data connections is a source port: nothing listens on it.
    ActivePortIsASource(PortSet),
    /// FTP never uses UDP.
    NoUdp,
}

/// Explains `deployment`, or only those of its firewalls that `chosen` picks.
#[must_use]
pub fn explain(deployment: &Deployment, chosen: impl Fn(&Firewall) -> bool) -> Explanation<'_> {
    let all: Vec<FirewallFlows<'_>> = deployment
        .firewalls
        .iter()
        .map(|firewall| FirewallFlows { firewall, flows: flows(deployment, firewall) })
        .collect();
    let preference = preference(deployment, &all);
    let firewalls: Vec<_> = all.into_iter().filter(|known| chosen(known.firewall)).collect();
    let facts = facts(deployment);
    Explanation { deployment, firewalls, preference, facts }
}

fn preference(deployment: &Deployment, firewalls: &[FirewallFlows<'_>]) -> Preference {
    let modes = deployment.service.modes;
    if !modes.passive {
        Preference::OnlyOneOnOffer(Mode::Active)
    } else if !modes.active {
        Preference::OnlyOneOnOffer(Mode::Passive)
    } else if firewalls.iter().flat_map(|known| &known.flows).any(|flow| !flow.is_possible()) {
        Preference::ActiveIsImpossible
    } else {
        Preference::EasierForClients
    }
}

fn facts(deployment: &Deployment) -> Vec<Fact> {
    let service = &deployment.service;
    let mut facts = Vec::new();
    facts.push(if service.tls.encrypts() { Fact::TlsBlindsHelpers(service.tls) } else { Fact::Plaintext });
    for firewall in &deployment.firewalls {
        let (name, helper) = (firewall.name.clone(), firewall.strategy == Strategy::Helper);
        if helper {
            facts.push(Fact::HelperReads { firewall: name.clone(), proxy: firewall.dialect.is_pf() });
        }
        facts.extend(firewall.nat.map(|nat| match firewall.side {
            Side::Server => Fact::ServerNat {
                firewall: name,
                nat,
                advertised: service.advertised_address.map(IpAddr::V4),
                helper,
            },
            Side::Client => Fact::ClientNat { firewall: name, nat, helper },
        }));
    }
    if service.modes.active {
        facts.push(Fact::ActivePortIsASource(service.active_source.ports()));
    }
    facts.push(Fact::NoUdp);
    facts
}
