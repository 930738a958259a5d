//! Reading address translation, and whether FTP gets through it.

use std::net::IpAddr;

use super::check::{At, Check};
use super::firewall::Surroundings;
use super::model::{Nat, Place, Side, Strategy};
use super::problem::NatProblem;
use super::service::Draft;
use super::shape::{self, FieldId};
use crate::dialect::Dialect;
use crate::packet::{AddressSet, Family};

/// The firewall that translates, as far as it could be read.
pub(super) struct Position<'a, 'd> {
    /// Its `nat`.
    pub at: &'d At<'a>,
    /// Whose end it protects.
    pub side: Option<Side>,
    /// Where it runs.
    pub place: Option<Place>,
    /// How it lets data connections through.
    pub strategy: Option<Strategy>,
    /// What its rule sets are written in.
    pub dialect: Option<Dialect>,
}

/// Address translation and the way to its two halves.
pub(super) struct Read<'a> {
    /// What is translated.
    pub nat: Nat,
    public_at: At<'a>,
    private_at: At<'a>,
}

/// Reads the two addresses.
pub(super) fn read<'a>(check: &mut Check, at: &At<'a>) -> Option<Read<'a>> {
    let fields = check.mapping(at, shape::NAT)?;
    let public = fields.get(FieldId::NatPublic).and_then(|at| check.address(at));
    let private = fields.get(FieldId::NatPrivate).and_then(|at| check.network(at));
    let (public, private) = (public?, private?);
    let private_at = fields.get_or_self(FieldId::NatPrivate).clone();
    let public_at = fields.get_or_self(FieldId::NatPublic).clone();
    if Family::of(public) != Family::of_net(&private) {
        check.report_pair(&private_at, &public_at, NatProblem::Families);
        return None;
    }
    if private.addr() == public && private.prefix_len() == private.max_prefix_len() {
        check.report_pair(&private_at, &public_at, NatProblem::SameAddress { address: public });
        return None;
    }
    Some(Read { nat: Nat { public, private }, public_at, private_at })
}

/// Whether translation suits the firewall, the service and the clients.
pub(super) fn check(
    check: &mut Check,
    firewall: &Position<'_, '_>,
    read: Option<&Read<'_>>,
    around: &Surroundings<'_, '_>,
) {
    if firewall.place == Some(Place::Host) {
        check.report_key(firewall.at, NatProblem::OnHost);
        return;
    }
    let Some(read) = read else { return };
    match (firewall.side, around.service) {
        (Some(Side::Server), Some(service)) => check_server(check, firewall, read, service),
        (Some(Side::Client), Some(service)) => check_clients(check, firewall, read, service, around),
        _ => {}
    }
}

fn check_server(check: &mut Check, firewall: &Position<'_, '_>, read: &Read<'_>, service: &Draft<'_>) {
    let Nat { public, private } = read.nat;
    if private.prefix_len() < private.max_prefix_len() {
        check.report(&read.private_at, NatProblem::ServerPrefix { private });
        return;
    }
    let private = private.addr();
    let addresses = &service.addresses;
    if !addresses.is_empty() && !addresses.contains(&public) && !addresses.contains(&private) {
        let other = service.fields.get_or_self(FieldId::ServiceAddresses);
        check.report_pair(firewall.at, other, NatProblem::OtherServer { public, private });
        return;
    }
    if !service.modes.is_some_and(|modes| modes.passive) {
        return;
    }
    match (service.advertised_address, public, private) {
        (Ok(Some(advertised)), IpAddr::V4(_), _) if IpAddr::V4(advertised) != public => {
            check.report(&read.public_at, NatProblem::AdvertisedDiffers { advertised, public });
        }
        // ftp-proxy knows the server by its connection, whatever address the reply names.
        (Ok(Some(_)), IpAddr::V4(public), _)
            if firewall.strategy == Some(Strategy::Helper)
                && firewall.dialect.is_some_and(|d| !d.is_pf()) =>
        {
            check.report(firewall.at, NatProblem::AdvertisedUnderHelper { public });
        }
        // A helper rewrites the reply; with a static range nothing does.
        (Ok(None), IpAddr::V4(public), IpAddr::V4(private))
            if firewall.strategy == Some(Strategy::Static) =>
        {
            check.report(firewall.at, NatProblem::NotAdvertised { public, private });
        }
        _ => {}
    }
}

fn check_clients(
    check: &mut Check,
    firewall: &Position<'_, '_>,
    read: &Read<'_>,
    service: &Draft<'_>,
    around: &Surroundings<'_, '_>,
) {
    if let Some(clients) = around.clients
        && let Some(at) = &clients.at
        && !clients.addresses.is_empty()
        && clients.addresses.intersection(&AddressSet::from_iter([read.nat.private])).is_empty()
    {
        let kind = NatProblem::OtherClients { private: read.nat.private, clients: clients.addresses.clone() };
        check.report_pair(&read.private_at, at, kind);
    }
    if let (Some(Strategy::Static), Some(modes), Some(tls)) = (firewall.strategy, service.modes, service.tls)
        && modes.active
    {
        check.report(firewall.at, NatProblem::ActiveClients { passive: modes.passive, tls });
    }
}
