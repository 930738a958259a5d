//! Reading the other traffic that a firewall is to let pass.

use super::check::{At, Check, Mapping, optional};
use super::model::{AlsoAllow, Party, Place};
use super::node::Value;
use super::problem::FirewallProblem;
use super::service::{field, list};
use super::shape::{self, FieldId, Kind, Words};
use crate::packet::{AddressSet, PortSet, Protocol};

/// Reads one entry. `None` if it is wrong.
pub(super) fn read(check: &mut Check, at: &At<'_>, place: Option<Place>) -> Option<AlsoAllow> {
    let fields = check.mapping(at, shape::ALSO_ALLOW)?;
    let protocol = fields
        .get(FieldId::AllowProtocol)
        .and_then(|at| check.word(at, Words::Protocol, &Protocol::NAMED, Protocol::id));
    let from = match fields.get(FieldId::AllowFrom) {
        Some(at) => read_party(check, at, FieldId::AllowFrom),
        None => Some(Party::Addresses(AddressSet::any())),
    };
    let to = match fields.get(FieldId::AllowTo) {
        Some(at) => read_party(check, at, FieldId::AllowTo),
        None => Some(Party::ThisHost),
    };
    let ports = optional(fields.get(FieldId::AllowPort), |at| read_ports(check, at));
    let note = optional(fields.get(FieldId::AllowNote), |at| check.note(at));
    if let (Some(protocol), Some(at)) =
        (protocol.filter(|protocol| !protocol.has_ports()), fields.get(FieldId::AllowPort))
    {
        check.report_key(at, FirewallProblem::PortWithoutPorts { protocol });
    }
    let (protocol, from, to) = (protocol?, from?, to?);
    check_ends(check, &fields, protocol, &from, &to, place);
    Some(AlsoAllow { protocol, from, to, ports: ports.ok()?, note: note.ok()? })
}

fn read_party(check: &mut Check, at: &At<'_>, id: FieldId) -> Option<Party> {
    // One end or the other is a property of the packet, so `self` is no address among others.
    if let Value::Text(text) = &at.node.value
        && text == "self"
    {
        return Some(Party::ThisHost);
    }
    let items = check.items(at, field(shape::ALSO_ALLOW, id)?)?;
    let before = check.count_problems();
    let mut places = Vec::new();
    let mut sets: Vec<AddressSet> = Vec::new();
    for item in items {
        let set = match &item.node.value {
            Value::Text(text) if text == "any" => Some(AddressSet::any()),
            Value::Text(text) if text == "self" => {
                check.report(&item, FirewallProblem::SelfInList);
                None
            }
            Value::Text(_) => check.network(&item).map(|net| [net].into_iter().collect()),
            _ => {
                check.wrong_type(&item, Kind::Party);
                None
            }
        };
        if let Some(set) = set {
            places.push(item);
            sets.push(set);
        }
    }
    check.duplicates(&places, &sets, ToString::to_string);
    let addresses = sets.iter().flat_map(|set| set.nets().iter().copied()).collect();
    (check.count_problems() == before).then_some(Party::Addresses(addresses))
}

fn read_ports(check: &mut Check, at: &At<'_>) -> Option<PortSet> {
    let before = check.count_problems();
    let field = field(shape::ALSO_ALLOW, FieldId::AllowPort)?;
    let (places, ranges): (Vec<At<'_>>, Vec<_>) =
        list(check, at, field, |check, at| check.port_range(at)).into_iter().unzip();
    check.duplicates(&places, &ranges, ToString::to_string);
    (check.count_problems() == before).then(|| ranges.into_iter().collect())
}

/// Whether such traffic can exist, and passes the firewall.
fn check_ends(
    check: &mut Check,
    fields: &Mapping<'_>,
    protocol: Protocol,
    from: &Party,
    to: &Party,
    place: Option<Place>,
) {
    let from_at = fields.get_or_self(FieldId::AllowFrom);
    let to_at = fields.get_or_self(FieldId::AllowTo);
    match (from, to) {
        (Party::ThisHost, Party::ThisHost) => check.report(from_at, FirewallProblem::SelfToSelf),
        (Party::Addresses(_), Party::Addresses(_)) if place == Some(Place::Host) => {
            check.report(to_at, FirewallProblem::ForwardOnHost);
        }
        (Party::Addresses(from), Party::Addresses(to))
            if from.families().all(|one| to.families().all(|other| one != other)) =>
        {
            check.report_pair(
                to_at,
                from_at,
                FirewallProblem::EndsApart { from: from.clone(), to: to.clone() },
            );
        }
        _ => {}
    }
    for (party, at) in [(from, from_at), (to, to_at)] {
        if let Party::Addresses(addresses) = party
            && !addresses.families().any(|family| protocol.runs_over(family))
        {
            check.report(at, FirewallProblem::ProtocolFamily { protocol });
        }
    }
}
