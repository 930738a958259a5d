//! Translations.

use ipnet::IpNet;

use super::super::syntax::{Expr, Nat, NatKind};
use super::field::Kind;
use super::value::{self, span};
use crate::packet::{Family, PortRange};
use crate::ruleset::{Action, Endpoint, NewAddress, Translation};

/// What a translation maps from, if its target depends on the packet.
pub(super) fn mapped(nat: &Nat) -> Option<(&Expr, &Expr)> {
    match (&nat.address, &nat.port) {
        (Some(Expr::Map(parts)), None) | (None, Some(Expr::Map(parts))) => Some((&parts.0, &parts.1)),
        _ => None,
    }
}

/// The translation whose target is what the map has.
pub(super) fn with_target(nat: &Nat, target: &Expr) -> Nat {
    let (address, port) = match (target, &nat.port) {
        (Expr::Concat(parts), None) => match parts.as_ref() {
            [address, port] => (Some(address.clone()), Some(port.clone())),
            _ => (Some(target.clone()), None),
        },
        (_, Some(_)) => (None, Some(target.clone())),
        _ => (Some(target.clone()), None),
    };
    Nat { address, port, ..nat.clone() }
}

/// The family of the packets that are translated, where that is said.
pub(super) fn family(nat: &Nat) -> Option<Family> {
    nat.address.as_ref().and_then(family_of).or(nat.family)
}

/// The action, if it is one that is modelled. `words` are those of the rule.
pub(super) fn action(nat: &Nat, words: &str) -> Option<Action> {
    let end = match nat.kind {
        NatKind::Source | NatKind::Masquerade => Endpoint::Source,
        NatKind::Destination | NatKind::Redirect => Endpoint::Destination,
    };
    if let (true, Some(Expr::Prefix(base, length))) = (nat.netmap, &nat.address) {
        let Expr::Address(address) = **base else { return None };
        return Some(Action::MoveNetwork { end, network: IpNet::new(address, *length).ok()? });
    }
    let ports = match &nat.port {
        None => None,
        Some(expr) => Some(port_range(expr)?),
    };
    let to = match &nat.address {
        None if nat.kind == NatKind::Redirect => NewAddress::Own,
        None => NewAddress::Same,
        Some(expr) => addresses(expr)?,
    };
    let single = ports.is_none_or(|range| range.count() == 1);
    let address = match to {
        NewAddress::Same => None,
        NewAddress::One(address) => Some(address),
        NewAddress::OneOf(_) | NewAddress::Own => {
            return Some(open(Translation { end, to, ports, words: words.to_owned() }));
        }
    };
    Some(match end {
        Endpoint::Source => Action::SourceNat { address, ports },
        Endpoint::Destination if single => {
            Action::DestinationNat { address, port: ports.map(PortRange::first) }
        }
        Endpoint::Destination => open(Translation { end, to, ports, words: words.to_owned() }),
    })
}

fn open(translation: Translation) -> Action {
    Action::Translate(Box::new(translation))
}

fn addresses(expr: &Expr) -> Option<NewAddress> {
    let family = family_of(expr)?;
    let set = value::addresses(family, vec![span(Kind::Destination(family), expr).ok()?]);
    Some(match set.nets() {
        [one] if one.prefix_len() == one.max_prefix_len() => NewAddress::One(one.addr()),
        _ => NewAddress::OneOf(set),
    })
}

fn family_of(expr: &Expr) -> Option<Family> {
    match expr {
        Expr::Address(address) => Some(Family::of(*address)),
        Expr::Prefix(base, _) => family_of(base),
        Expr::Range(ends) => family_of(&ends.0),
        _ => None,
    }
}

fn port_range(expr: &Expr) -> Option<PortRange> {
    let (first, last) = span(Kind::DestinationPort, expr).ok()?;
    PortRange::new(u16::try_from(first).ok()?, u16::try_from(last).ok()?)
}
