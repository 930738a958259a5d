//! The deployments under test.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::backend::Backend;
use crate::plan::{CLIENT_PRIVATE_NETWORK, Family, Plan, Side};
use crate::topology::Host;
use crate::transfer::{Mode, Transfer};
use crate::vsftpd::PASSIVE_PORTS;

/// What the firewall is called in its deployment, and so in its files.
pub(crate) const FIREWALL: &str = "edge";

/// The ports that clients connect from and listen on, as declared. Narrower than what clients could use, so
/// that there are ports on either side to be refused.
pub(crate) const CLIENT_PORTS: RangeInclusive<u16> = 20000..=60999;

/// Where the firewall runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the server or the client itself.
    Host,
    /// On the gateway.
    Gateway,
    /// On the gateway, which translates IPv4 addresses.
    Nat,
    /// Likewise, and the server names its public address in the reply to `PASV`.
    NatAdvertised,
}

/// How data connections come to be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// The declared ports are open.
    Static,
    /// A conntrack helper expects them.
    Helper,
}

/// One deployment with one firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scenario {
    /// Whose end the firewall protects.
    pub(crate) side: Side,
    /// Where it runs.
    pub(crate) place: Place,
    /// How it lets data connections through.
    pub(crate) strategy: Strategy,
}

impl Scenario {
    /// The addresses to build the topology with.
    pub(crate) fn plan(self) -> Plan {
        Plan { side: self.side, nat: self.translates() }
    }

    /// The machine that the firewall runs on.
    pub(crate) fn firewall(self) -> Host {
        match (self.place, self.side) {
            (Place::Host, Side::Server) => Host::Server,
            (Place::Host, Side::Client) => Host::Client,
            _ => Host::Gateway,
        }
    }

    fn translates(self) -> bool {
        matches!(self.place, Place::Nat | Place::NatAdvertised)
    }

    /// The address that the server names in the reply to `PASV` instead of its own.
    pub(crate) fn advertised(self) -> Option<IpAddr> {
        (self.place == Place::NatAdvertised).then(|| self.plan().service(Family::V4))
    }

    /// Whether the firewall lets this transfer through.
    pub(crate) fn lets_through(self, transfer: Transfer) -> bool {
        let translated = |side| self.plan().translates(transfer.family, side);
        match self.strategy {
            // The client names its private address, which the server refuses to connect to.
            Strategy::Static => !(transfer.mode.is_active() && translated(Side::Client)),
            // The helper takes the public address for that of a third party, and expects nothing.
            Strategy::Helper => {
                !(transfer.mode == Mode::Pasv && translated(Side::Server) && self.advertised().is_some())
            }
        }
    }

    /// The deployment file.
    pub(crate) fn deployment(self, backend: Backend) -> String {
        let plan = self.plan();
        let (side, place, strategy) = self.words();
        let addresses = Family::ALL.map(|family| format!("\"{}\"", plan.service(family))).join(", ");
        let clients = [(Family::V4, 32), (Family::V6, 128)]
            .map(|(family, length)| format!("\"{}/{length}\"", plan.client(family)))
            .join(", ");
        let tls = match self.strategy {
            Strategy::Static => "explicit",
            Strategy::Helper => "none",
        };
        let advertised =
            self.advertised().map_or(String::new(), |address| format!("\n    advertised_address: {address}"));
        let mut yaml = format!(
            "\
version: 1
service:
  name: files
  addresses: [{addresses}]
  tls: {tls}
  modes: [active, passive]
  active: {{ source_port: 20 }}
  passive:
    ports: {}-{}{advertised}
clients:
  addresses: [{clients}]
  ports: {}-{}
firewalls:
  - name: {FIREWALL}
    side: {side}
    place: {place}
    dialect: {}
    strategy: {strategy}
    egress: restricted
",
            PASSIVE_PORTS.start(),
            PASSIVE_PORTS.end(),
            CLIENT_PORTS.start(),
            CLIENT_PORTS.end(),
            backend.dialect(),
        );
        if self.place != Place::Host {
            yaml.push_str("    interfaces: { outside: outside, inside: inside }\n");
        }
        if self.translates() {
            let (public, private) = match self.side {
                Side::Server => (plan.service(Family::V4), plan.server(Family::V4).to_string()),
                Side::Client => (plan.visible_client(Family::V4), CLIENT_PRIVATE_NETWORK.to_owned()),
            };
            let _ = writeln!(yaml, "    nat: {{ public: {public}, private: {private} }}");
        }
        yaml
    }

    /// Side, place and strategy as a deployment spells them.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        let side = match self.side {
            Side::Server => "server",
            Side::Client => "client",
        };
        let place = match self.place {
            Place::Host => "host",
            _ => "gateway",
        };
        let strategy = match self.strategy {
            Strategy::Static => "static",
            Strategy::Helper => "helper",
        };
        (side, place, strategy)
    }
}
