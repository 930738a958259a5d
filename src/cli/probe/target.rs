//! Which addresses are probed.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};

use super::Arguments;
use crate::cli::deployment::load_with_source;
use crate::cli::{Console, Failure};
use crate::deployment::{Deployment, Reading};
use crate::flow::dialled_servers;
use crate::lang;
use crate::packet::Family;

/// The server as it is dialled.
pub(super) struct Target {
    /// One address of each family at most.
    pub(super) servers: Vec<IpAddr>,
    /// What else is the same server.
    pub(super) aliases: Vec<IpAddr>,
    /// The name that it was asked for by.
    pub(super) name: Option<String>,
}

/// The deployment and the server; `None` when the deployment was only to be printed.
pub(super) fn find(
    arguments: &Arguments,
    console: &mut Console,
) -> Result<Option<(Reading, Deployment, Target)>, Failure> {
    let resolved = arguments.host.as_deref().map(|host| resolve(host, console)).transpose()?;
    let mut declared = arguments.deployment.clone();
    // What else is said of the service makes up the deployment; where nothing is, it is a service as usual.
    if let Some(addresses) = &resolved
        && declared.server.is_empty()
        && (declared.is_by_options() || !declared.is_declared())
    {
        declared.server = addresses.iter().map(ToString::to_string).collect();
    }
    let Some((reading, deployment)) = load_with_source(&declared, console)? else {
        return Ok(None);
    };
    let known = dialled_servers(&deployment);
    let candidates = resolved.as_ref().unwrap_or(&known);
    let wanted = |family: &Family| arguments.family.is_none_or(|only| only == *family);
    let servers: Vec<IpAddr> = Family::ALL
        .into_iter()
        .filter(wanted)
        .filter_map(|family| candidates.iter().copied().find(|&address| Family::of(address) == family))
        .collect();
    if servers.is_empty() {
        return Err(Failure::NoAnswer(lang::probe::no_address(arguments.family, console.lang())));
    }
    let advertised = deployment.service.advertised_address.map(IpAddr::from);
    let aliases = candidates.iter().chain(&known).copied().chain(advertised).collect();
    let name = arguments.host.clone().filter(|host| host.parse::<IpAddr>().is_err());
    Ok(Some((reading, deployment, Target { servers, aliases, name })))
}

/// All addresses of a name, in the order of the resolver.
fn resolve(host: &str, console: &Console) -> Result<Vec<IpAddr>, Failure> {
    // An IPv6 address may come as URLs have it.
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let found =
        (host, 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect::<Vec<_>>());
    let found = found.and_then(|found| {
        if found.is_empty() { Err(io::Error::from(io::ErrorKind::NotFound)) } else { Ok(found) }
    });
    found.map_err(|error| Failure::NoAnswer(lang::probe::unknown_host(host, &error, console.lang())))
}
