//! Reading the service and its clients.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::check::{At, Check, Mapping, Reported, optional, or};
use super::model::{ActiveSource, Clients, ForeignAddresses, Modes, Service, Software, Tls};
use super::node::Value;
use super::problem::ServiceProblem;
use super::range::{LINUX_EPHEMERAL, enough_ports};
use super::shape::{self, Field, FieldId, Words};
use super::value::{EPHEMERAL, SourcePort, families};
use crate::packet::{AddressSet, Family, PortRange, PortSet};

/// The control port by the book (RFC 959 §8).
const CONTROL: u16 = 21;
/// The control port of implicit TLS (IANA `ftps`).
const CONTROL_IMPLICIT: u16 = 990;
/// The ports that clients connect from unless declared.
const CLIENT_PORTS: (u16, u16) = (1024, 65535);

/// The service as far as it can be read. `None` is a field that is wrong, and reported.
pub(super) struct Draft<'a> {
    /// The fields.
    pub fields: Mapping<'a>,
    name: Option<String>,
    /// The addresses that can be read.
    pub addresses: Vec<IpAddr>,
    control_port: Option<u16>,
    /// Whether and how sessions are encrypted.
    pub tls: Option<Tls>,
    /// The modes on offer.
    pub modes: Option<Modes>,
    active_source: Option<ActiveSource>,
    passive_ports: Result<Option<PortRange>, Reported>,
    /// The address that the reply to `PASV` names.
    pub advertised_address: Result<Option<Ipv4Addr>, Reported>,
    software: Result<Option<Software>, Reported>,
    max_sessions: Result<Option<u32>, Reported>,
    foreign_addresses: Option<ForeignAddresses>,
    user: Result<Option<String>, Reported>,
}

impl<'a> Draft<'a> {
    /// Reads the service.
    pub(super) fn read(check: &mut Check, at: &At<'a>) -> Option<Self> {
        let fields = check.mapping(at, shape::SERVICE)?;
        let active = fields.get(FieldId::Active).and_then(|at| check.mapping(at, shape::ACTIVE));
        let passive = fields.get(FieldId::Passive).and_then(|at| check.mapping(at, shape::PASSIVE));
        let within =
            |mapping: &Option<Mapping<'a>>, id| mapping.as_ref().and_then(|mapping| mapping.get(id)).cloned();
        let source_at = within(&active, FieldId::SourcePort);
        let ports_at = within(&passive, FieldId::PassivePorts);
        let advertised_at = within(&passive, FieldId::AdvertisedAddress);

        let tls =
            or(fields.get(FieldId::Tls), Tls::None, |at| check.word(at, Words::Tls, &Tls::ALL, Tls::id));
        let usual_port = if tls == Some(Tls::Implicit) { CONTROL_IMPLICIT } else { CONTROL };
        let control_port = or(fields.get(FieldId::ControlPort), usual_port, |at| check.port(at));
        let modes = read_modes(check, &fields);
        let draft = Self {
            name: or(fields.get(FieldId::ServiceName), "ftp".to_owned(), |at| check.service_name(at)),
            addresses: read_addresses(check, &fields),
            control_port,
            tls,
            modes,
            active_source: read_source(check, &fields, source_at.as_ref(), modes, control_port),
            passive_ports: optional(ports_at.as_ref(), |at| check.port_range(at)),
            advertised_address: optional(advertised_at.as_ref(), |at| check.ipv4_address(at)),
            software: optional(fields.get(FieldId::Software), |at| {
                check.word(at, Words::Software, &Software::ALL, Software::id)
            }),
            max_sessions: optional(fields.get(FieldId::MaxSessions), |at| check.count(at)),
            foreign_addresses: or(fields.get(FieldId::ForeignAddresses), ForeignAddresses::Refused, |at| {
                check.word(at, Words::ForeignAddresses, &ForeignAddresses::ALL, ForeignAddresses::id)
            }),
            user: optional(fields.get(FieldId::User), |at| check.user_name(at)),
            fields,
        };
        draft.check_modes(check, source_at.as_ref(), ports_at.as_ref(), passive.as_ref());
        draft.check_tls(check);
        if let (Some(at), Ok(Some(range))) = (&ports_at, draft.passive_ports) {
            draft.check_range(check, at, source_at.as_ref(), range);
        }
        if let Some(at) = &source_at {
            draft.check_software(check, at);
        }
        Some(draft)
    }

    /// The service, if every field of it could be read.
    pub(super) fn finish(self) -> Option<Service> {
        Some(Service {
            name: self.name?,
            addresses: self.addresses,
            control_port: self.control_port?,
            tls: self.tls?,
            modes: self.modes?,
            active_source: self.active_source?,
            passive_ports: self.passive_ports.ok()?,
            advertised_address: self.advertised_address.ok()?,
            software: self.software.ok()?,
            max_sessions: self.max_sessions.ok()?,
            foreign_addresses: self.foreign_addresses?,
            user: self.user.ok()?,
        })
    }

    fn check_modes(
        &self,
        check: &mut Check,
        source: Option<&At<'_>>,
        ports: Option<&At<'_>>,
        passive: Option<&Mapping<'_>>,
    ) {
        let Some(modes) = self.modes else { return };
        if modes.passive && ports.is_none() {
            // An unreadable `passive` has been reported already.
            let at = match (passive, self.fields.get(FieldId::Passive)) {
                (Some(mapping), _) => Some(&mapping.at),
                (None, None) => Some(self.fields.get_or_self(FieldId::Modes)),
                (None, Some(_)) => None,
            };
            if let Some(at) = at {
                let at = At { path: format!("{}.passive.ports", self.fields.at.path), ..at.clone() };
                check.report_key(&at, ServiceProblem::PassiveWithoutRange);
            }
        }
        let mode = |mode| ServiceProblem::ModeNotOffered { mode };
        if let (false, Some(at)) = (modes.active, source) {
            check.report_key(at, mode("active"));
        }
        if let (false, Some(mapping)) = (modes.passive, passive) {
            check.report_key(&mapping.at, mode("passive"));
        }
    }

    fn check_tls(&self, check: &mut Check) {
        let at = self.fields.get_or_self(FieldId::ControlPort);
        match (self.tls, self.control_port) {
            (Some(Tls::Implicit), Some(CONTROL)) => check.report(at, ServiceProblem::ImplicitTlsOn21),
            (Some(tls), Some(CONTROL_IMPLICIT)) if tls != Tls::Implicit => {
                check.report(at, ServiceProblem::PlainOn990 { tls });
            }
            _ => {}
        }
    }

    fn check_range(&self, check: &mut Check, at: &At<'_>, source: Option<&At<'_>>, range: PortRange) {
        if !self.modes.is_some_and(|modes| modes.passive) {
            return;
        }
        if let Some(port) = self.control_port.filter(|&port| range.contains(port)) {
            check.report_pair(
                at,
                self.fields.get(FieldId::ControlPort).unwrap_or(at),
                ServiceProblem::RangeHoldsControlPort { port, range },
            );
        }
        if self.modes.is_some_and(|modes| modes.active)
            && let Some(ActiveSource::Ports(ports)) = &self.active_source
            && let Some(overlap) = ports.overlap(range)
        {
            let port = overlap.first();
            check.report_pair(at, source.unwrap_or(at), ServiceProblem::RangeHoldsSourcePort { port, range });
        }
        if range.first() < 1024 {
            check.report(at, ServiceProblem::RangeBelow1024 { range });
        }
        if let Some(overlap) = range.intersection(LINUX_EPHEMERAL) {
            check.report(at, ServiceProblem::RangeEphemeral { range, overlap });
        }
        let sessions = self.max_sessions.ok().flatten();
        let enough = enough_ports(sessions);
        if range.count() > enough {
            check.report(at, ServiceProblem::RangeWide { range, enough, sessions });
        }
    }

    fn check_software(&self, check: &mut Check, source: &At<'_>) {
        let ephemeral = matches!(self.software, Ok(Some(Software::FilezillaServer | Software::Proftpd)));
        let active = self.modes.is_some_and(|modes| modes.active);
        if let (true, true, Ok(Some(software)), Some(ActiveSource::Ports(_)), Some(at)) =
            (ephemeral, active, self.software, &self.active_source, self.fields.get(FieldId::Software))
        {
            check.report_pair(source, at, ServiceProblem::SourcePortIsEphemeral { software });
        }
    }
}

/// The items of a list, as far as they can be read, with the way to each.
pub(super) fn list<'a, T>(
    check: &mut Check,
    at: &At<'a>,
    field: Field,
    read: impl Fn(&mut Check, &At<'a>) -> Option<T>,
) -> Vec<(At<'a>, T)> {
    let items = check.items(at, field).unwrap_or_default();
    items.into_iter().filter_map(|at| read(check, &at).map(|value| (at, value))).collect()
}

/// The row of the schema for `id`.
pub(super) fn field(shape: &'static [Field], id: FieldId) -> Option<Field> {
    shape.iter().copied().find(|field| field.id == id)
}

fn read_addresses(check: &mut Check, fields: &Mapping<'_>) -> Vec<IpAddr> {
    let (Some(at), Some(field)) =
        (fields.get(FieldId::ServiceAddresses), field(shape::SERVICE, FieldId::ServiceAddresses))
    else {
        return Vec::new();
    };
    let (items, addresses): (Vec<At<'_>>, Vec<IpAddr>) =
        list(check, at, field, |check, at| check.address(at)).into_iter().unzip();
    check.duplicates(&items, &addresses, ToString::to_string);
    addresses
}

fn read_modes(check: &mut Check, fields: &Mapping<'_>) -> Option<Modes> {
    let both = Modes { active: true, passive: true };
    let (Some(at), Some(field)) = (fields.get(FieldId::Modes), field(shape::SERVICE, FieldId::Modes)) else {
        return Some(both);
    };
    let before = check.count_problems();
    // Whether passive, which reads well enough for two modes.
    let read = |check: &mut Check, at: &At<'_>| {
        check.word(at, Words::Mode, &[false, true], |passive| if passive { "passive" } else { "active" })
    };
    let (items, passive): (Vec<At<'_>>, Vec<bool>) = list(check, at, field, read).into_iter().unzip();
    check.duplicates(&items, &passive, |&passive| (if passive { "passive" } else { "active" }).to_owned());
    let modes = Modes { active: passive.contains(&false), passive: passive.contains(&true) };
    (check.count_problems() == before).then_some(modes)
}

fn read_source(
    check: &mut Check,
    fields: &Mapping<'_>,
    at: Option<&At<'_>>,
    modes: Option<Modes>,
    control_port: Option<u16>,
) -> Option<ActiveSource> {
    let (Some(at), Some(field)) = (at, field(shape::ACTIVE, FieldId::SourcePort)) else {
        return match control_port? {
            1 if modes?.active => {
                check.report(fields.get_or_self(FieldId::ControlPort), ServiceProblem::NoPortBelowControl);
                None
            }
            // RFC 959 §3.2: the default data port is the one next to the control port. With control
            // port 1 and no active mode it is never used.
            port => Some(ActiveSource::Ports(PortSet::from(port.saturating_sub(1).max(1)))),
        };
    };
    let items = check.items(at, field)?;
    let before = check.count_problems();
    let (items, sources): (Vec<At<'_>>, Vec<SourcePort>) = items
        .into_iter()
        .filter_map(|item| {
            // `ephemeral` is no port among others.
            let port = if matches!(at.node.value, Value::List(_)) {
                check.port(&item).map(SourcePort::Port)
            } else {
                check.source_port(&item)
            };
            port.map(|source| (item, source))
        })
        .unzip();
    check.duplicates(&items, &sources, |source| match source {
        SourcePort::Port(port) => port.to_string(),
        SourcePort::Ephemeral => EPHEMERAL.to_owned(),
    });
    if check.count_problems() > before {
        return None;
    }
    let range = |source: SourcePort| match source {
        SourcePort::Port(port) => Some(PortRange::single(port)),
        SourcePort::Ephemeral => None,
    };
    // `ephemeral` stands alone.
    let ports: Option<PortSet> = sources.into_iter().map(range).collect();
    Some(ports.map_or(ActiveSource::Ephemeral, ActiveSource::Ports))
}

/// The clients as far as they can be read.
pub(super) struct ClientsDraft<'a> {
    /// Where their addresses are declared, if they are.
    pub at: Option<At<'a>>,
    /// Their addresses, each with its place.
    pub items: Vec<(At<'a>, AddressSet)>,
    /// All their addresses; empty when none can be read.
    pub addresses: AddressSet,
    ports: Option<PortRange>,
}

impl<'a> ClientsDraft<'a> {
    /// Reads the clients; without `at`, those that there are when none are declared.
    pub(super) fn read(check: &mut Check, at: Option<&At<'a>>) -> Option<Self> {
        let usual_ports = PortRange::new(CLIENT_PORTS.0, CLIENT_PORTS.1)?;
        let Some(at) = at else {
            return Some(Self {
                at: None,
                items: Vec::new(),
                addresses: AddressSet::any(),
                ports: Some(usual_ports),
            });
        };
        let fields = check.mapping(at, shape::CLIENTS)?;
        let ports = or(fields.get(FieldId::ClientPorts), usual_ports, |at| check.port_range(at));
        let at = fields.get(FieldId::ClientAddresses).cloned();
        let (Some(some_at), Some(field)) = (&at, field(shape::CLIENTS, FieldId::ClientAddresses)) else {
            return Some(Self { at, items: Vec::new(), addresses: AddressSet::any(), ports });
        };
        let items = list(check, some_at, field, read_network_or_any);
        let (places, sets): (Vec<At<'_>>, Vec<AddressSet>) = items.iter().cloned().unzip();
        check.duplicates(&places, &sets, ToString::to_string);
        let addresses = sets.iter().flat_map(|set| set.nets().iter().copied()).collect();
        Some(Self { at, items, addresses, ports })
    }

    /// The clients, if every field could be read.
    pub(super) fn finish(self) -> Option<Clients> {
        Some(Clients { addresses: self.addresses, ports: self.ports? })
    }
}

fn read_network_or_any(check: &mut Check, at: &At<'_>) -> Option<AddressSet> {
    match &at.node.value {
        Value::Text(text) if text == "any" => Some(AddressSet::any()),
        _ => check.network(at).map(|net: IpNet| [net].into_iter().collect()),
    }
}

/// Whether clients and server can reach each other at all, and what part of the clients cannot.
pub(super) fn check_families(check: &mut Check, service: &Draft<'_>, clients: &ClientsDraft<'_>) {
    let served = families(&service.addresses);
    let Some(at) = &clients.at else { return };
    let Some(first) = clients.addresses.families().next() else { return };
    if served.is_empty() {
        return;
    }
    let server_at = service.fields.get_or_self(FieldId::ServiceAddresses);
    if !clients.addresses.families().any(|family| served.contains(&family)) {
        check.report_pair(at, server_at, ServiceProblem::NoCommonFamily { clients: first });
        return;
    }
    for (at, addresses) in &clients.items {
        // `any` means whoever can reach the server, not a promise to serve both families.
        if *addresses == AddressSet::any() {
            continue;
        }
        for family in Family::ALL.into_iter().filter(|family| !served.contains(family)) {
            if addresses.families().any(|other| other == family) {
                check.report_pair(at, server_at, ServiceProblem::FamilyNotServed { family });
            }
        }
    }
}
