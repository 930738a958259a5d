//! Random deployments, every one of them valid.
//!
//! The choices are made independently of each other, and [`DeploymentSpec::settle`] then takes back those that contradict
//! others. So no draw is thrown away, and a failing case shrinks field by field.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// A deployment.
#[derive(Debug, Clone)]
pub(crate) struct DeploymentSpec {
    service: ServiceSpec,
    clients: ClientsSpec,
    firewalls: Vec<FirewallSpec>,
}

/// The FTP service. What is `None` or empty is left to its default.
#[derive(Debug, Clone)]
struct ServiceSpec {
    name: Option<String>,
    addresses: Vec<IpAddr>,
    control_port: Option<u16>,
    tls: &'static str,
    active: bool,
    passive: bool,
    source: Source,
    range: (u16, u16),
    advertised: Option<Ipv4Addr>,
    software: Option<&'static str>,
    max_sessions: Option<u32>,
}

/// Where active data connections come from.
#[derive(Debug, Clone)]
enum Source {
    Default,
    Ephemeral,
    Ports(Vec<u16>),
}

/// The clients.
#[derive(Debug, Clone)]
struct ClientsSpec {
    /// None is `any`.
    networks: Vec<IpNet>,
    ports: Option<(u16, u16)>,
}

/// A firewall.
#[derive(Debug, Clone)]
pub(crate) struct FirewallSpec {
    name: String,
    side: &'static str,
    place: &'static str,
    dialect: &'static str,
    strategy: &'static str,
    outside: Option<String>,
    inside: Option<String>,
    egress: &'static str,
    nat: Option<NatSpec>,
    also_allow: Vec<AllowSpec>,
}

/// A translation.
#[derive(Debug, Clone)]
enum NatSpec {
    /// Drawn, but not fitted to the service and the clients yet.
    Wanted { reversed: bool },
    /// Between these.
    Between { public: IpAddr, private: IpNet },
}

/// Other traffic.
#[derive(Debug, Clone)]
struct AllowSpec {
    protocol: &'static str,
    /// Whether the firewall itself is the destination rather than the source, where it is an end at all.
    inbound: bool,
    forwarded: bool,
    from: Vec<IpNet>,
    to: Vec<IpNet>,
    ports: Vec<(u16, u16)>,
    note: Option<String>,
}

impl FirewallSpec {
    /// Its name, for `--firewall`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its dialect, as the deployment spells it.
    pub(crate) fn dialect(&self) -> &str {
        self.dialect
    }
}

impl DeploymentSpec {
    /// Its firewalls.
    pub(crate) fn firewalls(&self) -> &[FirewallSpec] {
        &self.firewalls
    }

    /// The deployment file.
    pub(crate) fn to_yaml(&self) -> String {
        let mut yaml = "version: 1\nservice:\n".to_owned();
        let service = &self.service;
        field(&mut yaml, 2, "name", service.name.as_deref().map(quoted));
        field(&mut yaml, 2, "addresses", Some(list(service.addresses.iter().map(quoted))));
        field(&mut yaml, 2, "control_port", service.control_port);
        field(&mut yaml, 2, "tls", Some(service.tls));
        let modes = [("active", service.active), ("passive", service.passive)];
        let modes = modes.into_iter().filter(|(_, offered)| *offered).map(|(mode, _)| mode.to_owned());
        field(&mut yaml, 2, "modes", Some(list(modes)));
        if service.active {
            let source = match &service.source {
                Source::Default => None,
                Source::Ephemeral => Some("ephemeral".to_owned()),
                Source::Ports(ports) => Some(list(ports.iter().map(ToString::to_string))),
            };
            field(&mut yaml, 2, "active", source.map(|source| format!("{{ source_port: {source} }}")));
        }
        if service.passive {
            field(&mut yaml, 2, "passive", Some(""));
            field(&mut yaml, 4, "ports", Some(range(service.range)));
            field(&mut yaml, 4, "advertised_address", service.advertised);
        }
        field(&mut yaml, 2, "software", service.software);
        field(&mut yaml, 2, "max_sessions", service.max_sessions);

        yaml.push_str("clients:\n");
        let networks = &self.clients.networks;
        let any = networks.is_empty().then(|| "[any]".to_owned());
        field(&mut yaml, 2, "addresses", any.or_else(|| Some(list(networks.iter().map(quoted)))));
        field(&mut yaml, 2, "ports", self.clients.ports.map(range));

        yaml.push_str("firewalls:\n");
        for firewall in &self.firewalls {
            firewall.write(&mut yaml);
        }
        yaml
    }
}

impl FirewallSpec {
    fn write(&self, yaml: &mut String) {
        let _ = writeln!(yaml, "  - name: {}", quoted(&self.name));
        for (name, value) in [
            ("side", self.side),
            ("place", self.place),
            ("dialect", self.dialect),
            ("strategy", self.strategy),
            ("egress", self.egress),
        ] {
            field(yaml, 4, name, Some(value));
        }
        if self.outside.is_some() || self.inside.is_some() {
            field(yaml, 4, "interfaces", Some(""));
            field(yaml, 6, "outside", self.outside.as_deref().map(quoted));
            field(yaml, 6, "inside", self.inside.as_deref().map(quoted));
        }
        if let Some(NatSpec::Between { public, private }) = &self.nat {
            field(
                yaml,
                4,
                "nat",
                Some(format!("{{ public: {}, private: {} }}", quoted(public), quoted(private))),
            );
        }
        if !self.also_allow.is_empty() {
            field(yaml, 4, "also_allow", Some(""));
        }
        for allow in &self.also_allow {
            let _ = writeln!(yaml, "      - proto: {}", allow.protocol);
            let party = |networks: &[IpNet], is_self: bool| match networks {
                _ if is_self => "self".to_owned(),
                [] => "any".to_owned(),
                networks => list(networks.iter().map(quoted)),
            };
            field(yaml, 8, "from", Some(party(&allow.from, !allow.forwarded && !allow.inbound)));
            field(yaml, 8, "to", Some(party(&allow.to, !allow.forwarded && allow.inbound)));
            let ports =
                (!allow.ports.is_empty()).then(|| list(allow.ports.iter().map(|&ports| range(ports))));
            field(yaml, 8, "port", ports);
            field(yaml, 8, "note", allow.note.as_deref().map(quoted));
        }
    }
}

/// One line of a block mapping, if there is a value.
fn field(yaml: &mut String, indent: usize, name: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        let line = format!("{:indent$}{name}: {}", "", value.to_string());
        let _ = writeln!(yaml, "{}", line.trim_end());
    }
}

/// A scalar that is text, whatever it looks like.
fn quoted(value: &(impl ToString + ?Sized)) -> String {
    format!("\"{}\"", value.to_string().replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn range((first, last): (u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// Random valid deployments.
pub(crate) fn deployment() -> impl Strategy<Value = DeploymentSpec> {
    (service(), clients(), vec(firewall(), 1..4)).prop_map(|(service, clients, firewalls)| {
        let mut deployment = DeploymentSpec { service, clients, firewalls };
        deployment.settle();
        deployment
    })
}

prop_compose! {
    fn service()(
        name in option::of("[A-Za-z0-9_-]{1,15}"),
        addresses in btree_set(address(), 1..4),
        control_port in option::of(select(vec![21, 989, 990, 1021, 2121, 30021])),
        tls in select(vec!["none", "none", "explicit", "explicit-required", "implicit"]),
        (active, passive) in any::<(bool, bool)>(),
        source in source(),
        range in ports(1024),
        advertised in option::of(any::<u8>().prop_map(|host| Ipv4Addr::new(198, 51, 100, host))),
        software in option::of(select(
            vec!["vsftpd", "proftpd", "pure-ftpd", "filezilla-server", "serv-u", "iis"]
        )),
        max_sessions in option::of(1_u32..1000),
    ) -> ServiceSpec {
        let addresses = addresses.into_iter().collect();
        ServiceSpec {
            name, addresses, control_port, tls, active, passive, source, range, advertised, software, max_sessions,
        }
    }
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        2 => Just(Source::Default),
        1 => Just(Source::Ephemeral),
        2 => btree_set(1_u16.., 1..20).prop_map(|ports| Source::Ports(ports.into_iter().collect())),
    ]
}

prop_compose! {
    fn clients()(networks in networks(), ports in option::of(ports(1))) -> ClientsSpec {
        ClientsSpec { networks, ports }
    }
}

prop_compose! {
    fn firewall()(
        name in "[A-Za-z0-9_][A-Za-z0-9._-]{0,20}",
        side in select(vec!["server", "client"]),
        place in select(vec!["host", "gateway"]),
        dialect in select(
            vec!["nftables", "nftables", "nftables", "iptables", "iptables", "pf-openbsd", "pf-freebsd"]
        ),
        strategy in select(vec!["static", "helper"]),
        outside in option::of(interface()),
        inside in option::of(interface()),
        egress in select(vec!["restricted", "open"]),
        nat in option::of(any::<bool>().prop_map(|reversed| NatSpec::Wanted { reversed })),
        also_allow in vec(allow(), 0..4),
    ) -> FirewallSpec {
        FirewallSpec { name, side, place, dialect, strategy, outside, inside, egress, nat, also_allow }
    }
}

prop_compose! {
    fn allow()(
        protocol in select(vec!["tcp", "udp", "icmp", "icmpv6"]),
        (inbound, forwarded) in any::<(bool, bool)>(),
        from in networks(),
        to in networks(),
        ports in btree_set(ports(1), 0..18),
        // What may have a meaning in a rule set, and must not break out of a comment there.
        note in option::of("[ -~äÖ漢]{0,33}"),
    ) -> AllowSpec {
        let ports = ports.into_iter().collect();
        AllowSpec { protocol, inbound, forwarded, from, to, ports, note }
    }
}

/// A name that Linux would give an interface.
fn interface() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}"
}

/// A range of ports, single ones among them.
fn ports(lowest: u16) -> impl Strategy<Value = (u16, u16)> {
    let length = prop_oneof![Just(0), 0_u16..50, Just(u16::MAX)];
    (lowest.., length).prop_map(|(first, length)| (first, first.saturating_add(length)))
}

/// A server's address: few of them, so that they meet in the details.
fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (1_u8..9).prop_map(|host| Ipv4Addr::new(203, 0, 113, host).into()),
        (1_u16..9).prop_map(|host| Ipv6Addr::new(0x2001, 0xdb8, 5, 0, 0, 0, 0, host).into()),
    ]
}

/// Networks of either family, without duplicates; none of them is `any`.
fn networks() -> impl Strategy<Value = Vec<IpNet>> {
    let ipv4 =
        (any::<u32>(), 8_u8..=32).prop_map(|(bits, length)| (IpAddr::V4(Ipv4Addr::from(bits)), length));
    let ipv6 = (any::<u64>(), 16_u8..=128).prop_map(|(bits, length)| {
        // Within 2000::/3, where addresses are handed out.
        let bits = 0x2000_u128 << 112 | u128::from(bits) << 61 | u128::from(bits);
        (IpAddr::V6(Ipv6Addr::from(bits)), length)
    });
    let network = prop_oneof![ipv4, ipv6]
        .prop_filter_map("no such prefix", |(address, length)| IpNet::new(address, length).ok())
        .prop_map(|network| network.trunc())
        .prop_filter("nobody has such an address", |network| {
            !network.addr().is_unspecified() && !network.addr().is_multicast()
        });
    btree_set(network, 0..5).prop_map(|networks| networks.into_iter().collect())
}

impl DeploymentSpec {
    /// Takes back what contradicts other choices.
    fn settle(&mut self) {
        self.service.settle();
        let served =
            |network: &IpNet| self.service.addresses.iter().any(|address| same_family(*address, *network));
        if !self.clients.networks.iter().any(served) {
            self.clients.networks.clear();
        }
        let mut translating = Vec::new();
        for (index, firewall) in self.firewalls.iter_mut().enumerate() {
            // Names are unique, even to a file system that ignores case.
            let _ = write!(firewall.name, "{index}");
            firewall.settle(&self.service);
            // One translation a side is as much as the fitting below understands.
            if let Some(NatSpec::Wanted { reversed }) = firewall.nat {
                firewall.nat = (firewall.place == "gateway" && !translating.contains(&firewall.side))
                    .then(|| firewall.fit_nat(&self.service, &self.clients, reversed))
                    .flatten();
            }
            if let Some(NatSpec::Between { public, .. }) = firewall.nat {
                translating.push(firewall.side);
                if let (IpAddr::V4(public), Some(advertised), "server") =
                    (public, &mut self.service.advertised, firewall.side)
                {
                    *advertised = public;
                }
            }
        }
    }
}

impl ServiceSpec {
    fn settle(&mut self) {
        self.passive |= !self.active;
        let contains = |port: u16| self.range.0 <= port && port <= self.range.1;
        // The usual control ports are below every range.
        let unfit = self.control_port.is_some_and(|port| contains(port) || contains(port - 1));
        if unfit || (self.tls == "implicit" && self.control_port == Some(21)) {
            self.control_port = None;
        }
        if let Source::Ports(ports) = &mut self.source {
            ports.retain(|&port| !contains(port));
            if ports.is_empty() {
                self.source = Source::Ephemeral;
            }
        }
        self.advertised = self.advertised.filter(|address| self.passive && address.octets()[3] > 0);
    }
}

impl FirewallSpec {
    fn settle(&mut self, service: &ServiceSpec) {
        let gateway = self.place == "gateway";
        let pf = self.dialect.starts_with("pf");
        if service.tls != "none" || (pf && !gateway) {
            self.strategy = "static";
        }
        if self.outside == self.inside {
            self.inside = None;
        }
        if gateway && (self.egress == "open" || (pf && self.strategy == "helper")) {
            self.outside.get_or_insert_with(|| "wan0".to_owned());
            self.inside.get_or_insert_with(|| "lan0".to_owned());
        }
        for allow in &mut self.also_allow {
            allow.settle(gateway);
        }
    }

    /// A translation for the declared server or clients, if there is one.
    fn fit_nat(&self, service: &ServiceSpec, clients: &ClientsSpec, reversed: bool) -> Option<NatSpec> {
        if self.side == "server" {
            let declared = *service.addresses.first()?;
            let other: IpAddr = match declared {
                IpAddr::V4(_) => Ipv4Addr::new(10, 0, 0, 5).into(),
                IpAddr::V6(_) => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 5).into(),
            };
            let (public, private) = if reversed { (declared, other) } else { (other, declared) };
            return Some(NatSpec::Between { public, private: private.into() });
        }
        if !service.passive && self.strategy == "static" {
            // Then no mode would be left.
            return None;
        }
        let declared = clients.networks.iter().copied();
        let served =
            |network: &IpNet| service.addresses.iter().any(|address| same_family(*address, *network));
        let private = declared.clone().find(served).or_else(|| "192.168.0.0/16".parse().ok())?;
        // The declared clients alone, or a network that has more in it.
        let private = if reversed { private } else { private.supernet().unwrap_or(private) };
        let public = match private {
            IpNet::V4(_) => Ipv4Addr::new(198, 51, 100, 7).into(),
            IpNet::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 7).into(),
        };
        Some(NatSpec::Between { public, private })
    }
}

impl AllowSpec {
    fn settle(&mut self, gateway: bool) {
        self.forwarded &= gateway;
        for networks in [&mut self.from, &mut self.to] {
            match self.protocol {
                "icmp" => networks.retain(|network| network.addr().is_ipv4()),
                "icmpv6" => networks.retain(|network| network.addr().is_ipv6()),
                _ => {}
            }
        }
        if self.protocol.starts_with("icmp") {
            self.ports.clear();
        }
        let meet = |from: &IpNet| self.to.iter().any(|to| same_family(to.addr(), *from));
        if !self.to.is_empty() && !self.from.iter().any(meet) {
            self.from.clear();
        }
    }
}

fn same_family(address: IpAddr, network: IpNet) -> bool {
    address.is_ipv4() == network.addr().is_ipv4()
}
