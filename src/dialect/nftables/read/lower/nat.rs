//! Translations.

use std::net::IpAddr;

use super::super::syntax::{Expr, Nat, NatKind};
use super::field::Kind;
use super::value::span;
use crate::packet::{Family, PortRange};
use crate::ruleset::Action;

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
    match &nat.address {
        Some(Expr::Address(address)) => Some(Family::of(*address)),
        _ => nat.family,
    }
}

/// The action, if it is one that is modelled.
pub(super) fn action(nat: &Nat) -> Option<Action> {
    let address = match &nat.address {
        None => None,
        Some(expr) => Some(single_address(expr)?),
    };
    let ports = match &nat.port {
        None => None,
        Some(expr) => Some(port_range(expr)?),
    };
    match nat.kind {
        NatKind::Source | NatKind::Masquerade => Some(Action::SourceNat { address, ports }),
        NatKind::Destination | NatKind::Redirect => {
            let port = match ports {
                None => None,
                Some(range) => Some((range.count() == 1).then_some(range.first())?),
            };
            Some(Action::DestinationNat { address, port })
        }
    }
}

fn single_address(expr: &Expr) -> Option<IpAddr> {
    match expr {
        Expr::Address(address) => Some(*address),
        Expr::Prefix(base, length) => {
            let address = single_address(base)?;
            let whole = if address.is_ipv4() { 32 } else { 128 };
            (*length == whole).then_some(address)
        }
        Expr::Range(ends) if ends.0 == ends.1 => single_address(&ends.0),
        _ => None,
    }
}

fn port_range(expr: &Expr) -> Option<PortRange> {
    let (first, last) = span(Kind::DestinationPort, expr).ok()?;
    PortRange::new(u16::try_from(first).ok()?, u16::try_from(last).ok()?)
}
