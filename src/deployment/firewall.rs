//! Reading a firewall.

use std::collections::HashMap;
use std::path::PathBuf;

use super::allow;
use super::check::{At, Check, Mapping, optional, or};
use super::host;
use super::model::{AlsoAllow, Egress, Firewall, Place, Side, Strategy};
use super::nat;
use super::problem::FirewallProblem;
use super::service::{ClientsDraft, Draft, field, list};
use super::shape::{self, FieldId, Words};
use crate::dialect::Dialect;

/// What the firewalls have to fit to.
pub(super) struct Surroundings<'a, 'd> {
    /// The service, if it is a mapping at all.
    pub service: Option<&'d Draft<'a>>,
    /// The clients, if they are a mapping at all.
    pub clients: Option<&'d ClientsDraft<'a>>,
    /// The dialect that every firewall is taken to have, whatever the file says.
    pub dialect: Option<Dialect>,
}

/// Reads the firewalls. `None` if one could not be read.
pub(super) fn read_all(
    check: &mut Check,
    at: &At<'_>,
    around: &Surroundings<'_, '_>,
) -> Option<Vec<Firewall>> {
    let items = check.items(at, field(shape::ROOT, FieldId::Firewalls)?)?;
    let mappings: Vec<Option<Mapping<'_>>> =
        items.iter().map(|at| check.mapping(at, shape::FIREWALL)).collect();
    let mut names = Names::new();
    let mut firewalls = Vec::new();
    let mut complete = true;
    for mapping in &mappings {
        let firewall = mapping.as_ref().and_then(|fields| read(check, fields, around, &mut names));
        complete &= firewall.is_some();
        firewalls.extend(firewall);
    }
    complete.then_some(firewalls)
}

fn read<'a>(
    check: &mut Check,
    fields: &Mapping<'a>,
    around: &Surroundings<'_, '_>,
    names: &mut Names<'a>,
) -> Option<Firewall> {
    let name = fields.get(FieldId::FirewallName).and_then(|at| read_name(check, at, names));
    let side = fields.get(FieldId::Side).and_then(|at| check.word(at, Words::Side, &Side::ALL, Side::id));
    let place =
        fields.get(FieldId::Place).and_then(|at| check.word(at, Words::Place, &Place::ALL, Place::id));
    let dialect = or(fields.get(FieldId::Dialect), Dialect::Nftables, |at| {
        check.word(at, Words::Dialect, &Dialect::ALL, Dialect::id)
    });
    let dialect = around.dialect.or(dialect);
    let strategy = or(fields.get(FieldId::Strategy), Strategy::Static, |at| {
        check.word(at, Words::Strategy, &Strategy::ALL, Strategy::id)
    });
    let egress = or(fields.get(FieldId::Egress), Egress::Restricted, |at| {
        check.word(at, Words::Egress, &Egress::ALL, Egress::id)
    });
    let interfaces = Interfaces::read(check, fields.get(FieldId::Interfaces));
    let nat = optional(fields.get(FieldId::Nat), |at| nat::read(check, at));

    if let (Some(place), Some(Egress::Open), Some(interfaces)) = (place, egress, &interfaces) {
        check_egress(check, fields, place, interfaces);
    }
    if let Some(Strategy::Helper) = strategy {
        check_helper(check, fields, around.service);
        if let (Some(dialect), Some(place), Some(side), Some(interfaces)) =
            (dialect, place, side, &interfaces)
            && dialect.is_pf()
        {
            check_proxy(check, fields, place, side, interfaces);
        }
    }
    if let Some(at) = fields.get(FieldId::Nat) {
        let firewall = nat::Position { at, side, place, strategy, dialect };
        nat::check(check, &firewall, nat.as_ref().ok().and_then(Option::as_ref), around);
    }
    let also_allow = read_allows(check, fields, place);
    let rulesets = read_rulesets(check, fields);
    let host = host::read(check, fields.get(FieldId::Host));
    let interfaces = interfaces?;
    Some(Firewall {
        name: name?,
        side: side?,
        place: place?,
        dialect: dialect?,
        strategy: strategy?,
        outside: interfaces.outside,
        inside: interfaces.inside,
        nat: nat.ok()?.map(|read| read.nat),
        egress: egress?,
        rulesets,
        also_allow,
        host: host?,
    })
}

/// The names so far, each with its place, by their lower-case spelling: names are file names, and some file
/// systems ignore case.
type Names<'a> = HashMap<String, (At<'a>, String)>;

fn read_name<'a>(check: &mut Check, at: &At<'a>, names: &mut Names<'a>) -> Option<String> {
    let name = check.firewall_name(at)?;
    let (first, other) = names.entry(name.to_ascii_lowercase()).or_insert_with(|| (at.clone(), name.clone()));
    if first.place() != at.place() {
        let by_case = *other != name;
        check.report_pair(at, first, FirewallProblem::DuplicateName { name: name.clone(), by_case });
    }
    Some(name)
}

fn read_rulesets(check: &mut Check, fields: &Mapping<'_>) -> Vec<PathBuf> {
    match (fields.get(FieldId::Rulesets), field(shape::FIREWALL, FieldId::Rulesets)) {
        (Some(at), Some(field)) => list(check, at, field, |check, at| check.file_path(at))
            .into_iter()
            .map(|(_, path)| path)
            .collect(),
        _ => Vec::new(),
    }
}

fn read_allows(check: &mut Check, fields: &Mapping<'_>, place: Option<Place>) -> Vec<AlsoAllow> {
    match (fields.get(FieldId::AlsoAllow), field(shape::FIREWALL, FieldId::AlsoAllow)) {
        (Some(at), Some(field)) => list(check, at, field, |check, at| allow::read(check, at, place))
            .into_iter()
            .map(|(_, entry)| entry)
            .collect(),
        _ => Vec::new(),
    }
}

/// The interfaces of a firewall.
struct Interfaces {
    outside: Option<String>,
    inside: Option<String>,
}

impl Interfaces {
    /// Reads them. `None` if they are wrong.
    fn read(check: &mut Check, at: Option<&At<'_>>) -> Option<Self> {
        let Some(at) = at else { return Some(Self { outside: None, inside: None }) };
        let fields = check.mapping(at, shape::INTERFACES)?;
        let outside = optional(fields.get(FieldId::Outside), |at| check.interface_name(at));
        let inside = optional(fields.get(FieldId::Inside), |at| check.interface_name(at));
        let (outside, inside) = (outside.ok()?, inside.ok()?);
        if let (Some(name), Some(at), Some(first), true) =
            (&inside, fields.get(FieldId::Inside), fields.get(FieldId::Outside), inside == outside)
        {
            check.report_pair(at, first, FirewallProblem::SameInterface { name: name.clone() });
        }
        Some(Self { outside, inside })
    }

    /// The first of `wanted` that is not declared.
    fn missing(&self, wanted: &[&'static str]) -> Option<&'static str> {
        let declared =
            |name: &str| if name == "inside" { self.inside.is_some() } else { self.outside.is_some() };
        wanted.iter().copied().find(|name| !declared(name))
    }
}

/// A gateway has to know which way out is.
fn check_egress(check: &mut Check, fields: &Mapping<'_>, place: Place, interfaces: &Interfaces) {
    if place == Place::Gateway
        && let Some(interface) = interfaces.missing(&["inside", "outside"])
    {
        check.report(
            fields.get_or_self(FieldId::Egress),
            FirewallProblem::OpenEgressWithoutInterface { interface },
        );
    }
}

/// A helper reads the control connection, so that has to be readable.
fn check_helper(check: &mut Check, fields: &Mapping<'_>, service: Option<&Draft<'_>>) {
    let (Some(service), at) = (service, fields.get_or_self(FieldId::Strategy)) else { return };
    if let Some(tls) = service.tls.filter(|tls| tls.encrypts()) {
        let other = service.fields.get_or_self(FieldId::Tls);
        check.report_pair(at, other, FirewallProblem::HelperWithTls { tls });
    }
}

/// ftp-proxy gets the control connections that pf diverts to it where they come in.
fn check_proxy(check: &mut Check, fields: &Mapping<'_>, place: Place, side: Side, interfaces: &Interfaces) {
    let at = fields.get_or_self(FieldId::Strategy);
    if place == Place::Host {
        check.report(at, FirewallProblem::ProxyOnHost);
        return;
    }
    // Without the interface the proxy would serve whoever can reach the firewall.
    let incoming = match side {
        Side::Client => "inside",
        Side::Server => "outside",
    };
    if let Some(interface) = interfaces.missing(&[incoming]) {
        check.report(at, FirewallProblem::ProxyWithoutInterface { interface, side });
    }
}
