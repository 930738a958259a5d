//! Where packets come from and go to: addresses, networks, ranges, tables, names.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

use super::super::{Expected, Problem};
use super::cursor::{Cursor, Fault};
use super::lex::{Kind, Token};
use super::table::Tables;
use crate::packet::AddressSet;
use crate::ruleset::{AddressType, Match};

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `from`.
    Source,
    /// `to`.
    Destination,
}

impl End {
    /// The word that stands before it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Source => "from",
            Self::Destination => "to",
        }
    }

    fn addresses(self, set: AddressSet) -> Match {
        match self {
            Self::Source => Match::Source(set),
            Self::Destination => Match::Destination(set),
        }
    }

    fn own(self) -> Match {
        match self {
            Self::Source => Match::SourceType(AddressType::Local),
            Self::Destination => Match::DestinationType(AddressType::Local),
        }
    }
}

/// What one word or so says of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// Every address.
    Any,
    /// Addresses of one family.
    Nets(Vec<IpNet>),
    /// A table.
    Table(String),
    /// This machine's own addresses: those at the time of loading, or in parentheses those of the moment.
    Own {
        /// Whether it is those of the moment.
        dynamic: bool,
    },
    /// Addresses that only the machine itself knows: an interface, a host's name, a route.
    Named {
        /// Whether they are those of the moment: of an interface in parentheses.
        dynamic: bool,
    },
}

/// One host or a list of them, as what it asks of a packet: nothing, or one condition.
///
/// `pfctl` makes a rule for each element. As these rules differ in nothing else, one that asks for any of the
/// elements is the same, negated elements included.
pub(super) fn hosts(cursor: &mut Cursor<'_>, end: End, tables: &Tables) -> Result<Option<Match>, Fault> {
    let mut any = false;
    let mut nets: Vec<IpNet> = Vec::new();
    let mut others: Vec<Vec<Match>> = Vec::new();
    cursor.list(|cursor| {
        let start = cursor.position();
        let at = cursor.peek().map(|token| token.span);
        let not = cursor.eat_sign("!");
        let host = host(cursor)?;
        let opaque = |words: String| Match::Opaque(format!("{} {words}", end.word()));
        match host {
            Host::Any => any |= !not,
            Host::Nets(own) if not => {
                // The rule is of the family of its address.
                let set: AddressSet = own.into_iter().collect();
                for family in set.families() {
                    others.push(vec![Match::Family(family), end.addresses(set.of(family)).negated()]);
                }
            }
            Host::Nets(own) => nets.extend(own),
            Host::Table(name) => match (
                tables
                    .get(&name)
                    .map_err(|problem| (at.unwrap_or_else(|| cursor.fault(Expected::Address).0), problem))?,
                not,
            ) {
                (Some(set), true) => others.push(vec![end.addresses(set.clone()).negated()]),
                (Some(set), false) => nets.extend(set.nets()),
                // Shown with the number of its addresses by `pfctl -v`.
                (None, true) => others.push(vec![opaque(format!("<{name}>")).negated()]),
                (None, false) => others.push(vec![opaque(format!("<{name}>"))]),
            },
            Host::Own { dynamic: true } if not => others.push(vec![end.own().negated()]),
            Host::Own { .. } if !not => others.push(vec![end.own()]),
            Host::Named { dynamic: true } if not => {
                others.push(vec![opaque(cursor.words_since(start + 1)).negated()]);
            }
            // Without parentheses there is a rule for each address, each of which lets all others through.
            Host::Own { .. } | Host::Named { .. } => others.push(vec![opaque(cursor.words_since(start))]),
        }
        Ok(())
    })?;
    if any {
        return Ok(None);
    }
    let nets =
        (!nets.is_empty() || others.is_empty()).then(|| vec![end.addresses(nets.into_iter().collect())]);
    Ok(any_of(nets.into_iter().chain(others).collect()))
}

/// One condition that asks for any of several; `None` where there are none to ask for.
pub(super) fn any_of(mut alternatives: Vec<Vec<Match>>) -> Option<Match> {
    match alternatives.as_mut_slice() {
        [] => None,
        [one] if one.len() == 1 => one.pop(),
        _ => Some(Match::AnyOf(alternatives)),
    }
}

/// One host.
pub(super) fn host(cursor: &mut Cursor<'_>) -> Result<Host, Fault> {
    if cursor.eat_sign("<") {
        let name = table_name(cursor)?;
        return Ok(Host::Table(name));
    }
    if cursor.eat_sign("(") {
        let is_self = cursor.peek().is_some_and(|token| token.is_word("self"));
        cursor.text(Expected::Interface)?;
        while cursor.eat_sign("/") {
            cursor.number(128)?;
        }
        cursor.sign(")")?;
        let masked = cursor.eat_sign("/");
        if masked {
            cursor.number(128)?;
        }
        return Ok(if is_self && !masked {
            Host::Own { dynamic: true }
        } else {
            Host::Named { dynamic: true }
        });
    }
    let token = cursor.text(Expected::Address)?;
    match &token.kind {
        Kind::Word(word) if word == "any" => return Ok(Host::Any),
        Kind::Word(word) if word == "self" => return Ok(Host::Own { dynamic: false }),
        Kind::Word(word) if word == "route" => {
            cursor.text(Expected::Text)?;
            return Ok(Host::Named { dynamic: false });
        }
        _ => {}
    }
    address(cursor, token)
}

/// The name of a table and the bracket after it. `pfctl -v` adds the number of addresses.
pub(super) fn table_name(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let name = cursor.text(Expected::Table)?.text();
    let name = name.split(':').next().unwrap_or_default().to_owned();
    cursor.sign(">")?;
    Ok(name)
}

/// What follows the first word of an address: the length of its prefix, or the end of a range.
pub(super) fn address(cursor: &mut Cursor<'_>, token: &Token) -> Result<Host, Fault> {
    let word = token.text();
    let parsed: Option<IpAddr> = word.parse().ok();
    if cursor.eat_sign("-") {
        let last = cursor.text(Expected::Address)?;
        let Some((from, to)) = parsed.zip(last.text().parse().ok()) else {
            // Names at the ends of a range are refused by pfctl too.
            let found = Some(last.text().to_owned());
            return Err((last.span, Problem::Unexpected { found, expected: Expected::Address }));
        };
        let reversed = (token.span.to(last.span), Problem::ReversedRange);
        return range(from, to).map(Host::Nets).ok_or(reversed);
    }
    let length = if cursor.eat_sign("/") {
        let fault = cursor.fault(Expected::PrefixLength);
        Some((cursor.number(128).map_err(|_| fault.clone())?, fault))
    } else {
        None
    };
    let short = parsed.is_none().then(|| short_address(word)).flatten();
    let (address, implied) = match (parsed, short) {
        (Some(address), _) => (address, None),
        (None, Some((address, implied))) => (IpAddr::V4(address), Some(implied)),
        (None, None) if word == "localhost" && length.is_none() => {
            let both = [Ipv4Addr::LOCALHOST.into(), IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)];
            return Ok(Host::Nets(both.into_iter().map(IpNet::from).collect()));
        }
        (None, None) => return Ok(Host::Named { dynamic: false }),
    };
    let net = match (length, implied) {
        (Some((length, fault)), _) => {
            let length = u8::try_from(length).unwrap_or(u8::MAX);
            IpNet::new(address, length).map_err(|_| fault)?
        }
        (None, Some(implied)) => IpNet::new(address, implied).unwrap_or_else(|_| address.into()),
        (None, None) => address.into(),
    };
    Ok(Host::Nets(vec![net]))
}

/// An IPv4 address without its last bytes (`10/8`), and the length of the prefix that it stands for without one:
/// that of its class, or what was written where that is longer (`inet_net_pton(3)`).
fn short_address(word: &str) -> Option<(Ipv4Addr, u8)> {
    let mut bytes = [0_u8; 4];
    let mut count = 0_u8;
    for part in word.split('.') {
        *bytes.get_mut(usize::from(count))? = part.parse().ok()?;
        count += 1;
    }
    let class = match bytes.first()? {
        0..128 => 8,
        128..192 => 16,
        192..224 => 24,
        224..240 => 4,
        240.. => 32,
    };
    Some((Ipv4Addr::from(bytes), class.max(count * 8)))
}

/// The networks from one address to another; `None` where they are of two families or in the wrong order.
fn range(from: IpAddr, to: IpAddr) -> Option<Vec<IpNet>> {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) if from <= to => {
            Some(Ipv4Subnets::new(from, to, 0).map(|net: Ipv4Net| net.into()).collect())
        }
        (IpAddr::V6(from), IpAddr::V6(to)) if from <= to => {
            Some(Ipv6Subnets::new(from, to, 0).map(|net: Ipv6Net| net.into()).collect())
        }
        _ => None,
    }
}
