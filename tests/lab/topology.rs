//! The three machines: a client, a gateway and a server, and the two networks between them.
//!
//! ```text
//!         if the inside is the server's end:  outside ┌─────────┐ inside
//! client eth0 ────────────────────────────────────────┤ gateway ├──────────────── eth0 server
//!         if it is the client's end:           inside └─────────┘ outside
//! ```
//!
//! Where the gateway does not translate, the networks route to each other. Where it does, the outside has no
//! route to the inside's IPv4 network, as in the world.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::process::Command;

use crate::command::run;
use crate::cpu::Confinement;
use crate::namespace::Namespace;
use crate::plan::{Family, Plan, Side};

/// One of the machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// Where curl and lftp run.
    Client,
    /// In between.
    Gateway,
    /// Where vsftpd runs.
    Server,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "the client",
            Self::Gateway => "the gateway",
            Self::Server => "the server",
        })
    }
}

/// The fixed link-layer addresses, by interface.
const CLIENT_MAC: &str = "02:00:00:00:00:0a";
const SERVER_MAC: &str = "02:00:00:00:00:05";

/// The ports that the client listens on for active data connections.
pub(crate) const CLIENT_LISTENING_PORTS: RangeInclusive<u16> = 20000..=39999;

/// The ports that the client's kernel gives to connections: others, so that none is in use when its turn comes.
const CLIENT_EPHEMERAL_PORTS: &str = "40000 60999";

/// The mark that the lab's own probes carry, for routing; also the number of the routing table.
pub(crate) const PROBE_MARK: u32 = 7;

/// The machines, up and connected.
#[derive(Debug)]
pub(crate) struct Topology {
    /// Their addresses.
    pub(crate) plan: Plan,
    client: Namespace,
    gateway: Namespace,
    server: Namespace,
    /// For the length of the topology's life, so the last to go.
    _confinement: Confinement,
}

impl Topology {
    /// Builds it; every packet that the plan allows for gets through.
    ///
    /// # Panics
    ///
    /// When the system refuses any part of it.
    pub(crate) fn new(plan: Plan) -> Self {
        let confinement = Confinement::new();
        let topology = Self {
            plan,
            client: Namespace::new("client"),
            gateway: Namespace::new("gateway"),
            server: Namespace::new("server"),
            _confinement: confinement,
        };
        for host in [&topology.client, &topology.gateway, &topology.server] {
            // No duplicate address detection: it would keep the addresses from use for a second.
            host.set(&[
                ("ipv6/conf/all/accept_dad", "0"),
                ("ipv6/conf/default/accept_dad", "0"),
                ("ipv4/conf/all/rp_filter", "0"),
                ("ipv4/conf/default/rp_filter", "0"),
            ]);
        }
        topology.client.set(&[("ipv4/ip_local_port_range", CLIENT_EPHEMERAL_PORTS)]);
        topology.gateway.set(&[("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1")]);
        topology.connect();
        topology.address();
        topology
    }

    /// One of the machines.
    pub(crate) fn host(&self, host: Host) -> &Namespace {
        match host {
            Host::Client => &self.client,
            Host::Gateway => &self.gateway,
            Host::Server => &self.server,
        }
    }

    /// The gateway's interfaces, the client's end first.
    fn gateway_interfaces(&self) -> [&'static str; 2] {
        match self.plan.side {
            Side::Server => ["outside", "inside"],
            Side::Client => ["inside", "outside"],
        }
    }

    /// Sets how large packets may be that the gateway sends towards one of the others.
    ///
    /// # Panics
    ///
    /// When `ip` refuses.
    pub(crate) fn set_mtu(&self, towards: Host, bytes: u16) {
        let [to_client, to_server] = self.gateway_interfaces();
        let interface = if towards == Host::Client { to_client } else { to_server };
        self.gateway.configure(&format!("link set {interface} mtu {bytes}\n"));
    }

    /// Lays the two veth pairs.
    fn connect(&self) {
        let [to_client, to_server] = self.gateway_interfaces();
        for (host, mac, port) in
            [(&self.client, CLIENT_MAC, to_client), (&self.server, SERVER_MAC, to_server)]
        {
            let (host, gateway) = (host.name(), self.gateway.name());
            run(Command::new("ip").args([
                "link", "add", "name", "eth0", "address", mac, "netns", host, "type", "veth", "peer", "name",
                port, "netns", gateway,
            ]));
        }
    }

    /// Gives out addresses and routes.
    fn address(&self) {
        let plan = self.plan;
        let [to_client, to_server] = self.gateway_interfaces();
        let mut client = Batch::new("eth0");
        let mut server = Batch::new("eth0");
        let mut gateway = Batch::new(to_client);
        gateway.up(to_server);
        for family in Family::ALL {
            client.address("eth0", plan.client(family));
            client.undeclared_address("eth0", plan.undeclared_client(family));
            server.address("eth0", plan.server(family));
            server.undeclared_address("eth0", plan.undeclared_server(family));
            gateway.address(to_client, plan.gateway_of_client(family));
            gateway.address(to_server, plan.gateway_of_server(family));
            // The fence of a probe passes by the declared addresses only, so only their neighbour entries are
            // sure to be complete when it counts; see `crate::reach`.
            gateway.neighbour(to_client, plan.undeclared_client(family), CLIENT_MAC);
            gateway.neighbour(to_server, plan.undeclared_server(family), SERVER_MAC);
            if plan.translates(family, Side::Server) {
                gateway.address(to_client, plan.service(family));
                client.route_for_probes(plan.gateway_of_client(family));
            } else {
                client.default_route(plan.gateway_of_client(family));
            }
            if plan.translates(family, Side::Client) {
                server.route_for_probes(plan.gateway_of_server(family));
            } else {
                server.default_route(plan.gateway_of_server(family));
            }
        }
        self.gateway.configure(&gateway.commands);
        self.client.configure(&client.commands);
        self.server.configure(&server.commands);
    }

    /// Forgets what the machines know of their neighbours, as if they had just started. Loading a rule set
    /// is followed by this, or one that blocks neighbour discovery would pass for minutes.
    ///
    /// # Panics
    ///
    /// When `ip` refuses.
    pub(crate) fn forget_neighbours(&self) {
        for host in [&self.client, &self.gateway, &self.server] {
            host.configure("neighbour flush all\n");
        }
    }
}

/// Commands for `ip -batch`, one a line.
struct Batch {
    commands: String,
}

impl Batch {
    /// Begins by bringing up loopback and one more interface.
    fn new(interface: &str) -> Self {
        let mut batch = Self { commands: String::new() };
        batch.up("lo");
        batch.up(interface);
        batch
    }

    fn line(&mut self, line: &str) {
        self.commands.push_str(line);
        self.commands.push('\n');
    }

    fn up(&mut self, interface: &str) {
        self.line(&format!("link set {interface} up"));
    }

    fn address(&mut self, interface: &str, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.line(&format!("address add {address}/24 dev {interface}")),
            IpAddr::V6(address) => self.line(&format!("address add {address}/64 dev {interface} nodad")),
        }
    }

    /// An address that the kernel picks for no connection by itself.
    fn undeclared_address(&mut self, interface: &str, address: IpAddr) {
        match address {
            // The second address of an IPv4 network is a secondary one.
            IpAddr::V4(_) => self.address(interface, address),
            IpAddr::V6(address) => {
                self.line(&format!("address add {address}/64 dev {interface} nodad preferred_lft 0"));
            }
        }
    }

    fn neighbour(&mut self, interface: &str, address: IpAddr, mac: &str) {
        self.line(&format!("neighbour add {address} lladdr {mac} dev {interface} nud permanent"));
    }

    fn default_route(&mut self, gateway: IpAddr) {
        self.line(&format!("route add default via {gateway}"));
    }

    /// A default route for probes alone: they stand for a neighbour on the outside who knows the way to
    /// the inside.
    fn route_for_probes(&mut self, gateway: IpAddr) {
        self.line(&format!("rule add fwmark {PROBE_MARK} lookup {PROBE_MARK}"));
        self.line(&format!("route add default via {gateway} table {PROBE_MARK}"));
    }
}
