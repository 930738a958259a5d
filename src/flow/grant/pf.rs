//! Granting with pf, which filters a forwarded packet twice: as it arrives and as it leaves.
//!
//! OpenBSD translates in the filter rules, which match on the addresses before their own translation. FreeBSD
//! translates in rules of its own, before the filter rules, which see the result (`pf.conf(5)` of each).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::base::{listener_discovery, neighbour_discovery};
use super::{Grant, Proxy, Request, Shape, accept, also_comment, flow_comment, rule, tcp_between};
use crate::deployment::{AlsoAllow, Egress, Party, Place};
use crate::dialect::Dialect;
use crate::flow::passage::{Translation, passages};
use crate::flow::{Connection, Endpoint};
use crate::packet::{AddressSet, Family, PortSet, Protocol};
use crate::ruleset::{
    Action, AddressType, Attachment, BaseChain, Chain, Direction, Hook, Interface, Match, Policy, Rule,
    Ruleset, System, Table, TableFamily,
};

/// Where ftp-proxy(8) puts the rules for data connections.
const PROXY_ANCHOR: &str = "ftp-proxy/*";

/// Where ftp-proxy(8) listens unless told otherwise.
const PROXY_PORT: u16 = 8021;

pub(super) fn grant(request: &Request<'_>) -> Grant {
    let mut rules = Rules::new(request);
    if request.shape == Shape::Complete {
        rules.base();
    }
    // ftp-proxy itself adds the rules for each data connection that it expects.
    for connection in request.connections.iter().filter(|connection| !connection.expected) {
        match request.firewall.place {
            Place::Host => rules.on_host(connection),
            Place::Gateway if rules.proxied => rules.through_proxy(connection),
            Place::Gateway => rules.through_gateway(connection),
        }
    }
    if request.shape == Shape::Complete {
        let (forwarded, own): (Vec<_>, Vec<_>) = request
            .firewall
            .also_allow
            .iter()
            .partition(|allowed| allowed.from != Party::ThisHost && allowed.to != Party::ThisHost);
        // What is forwarded comes last: its rules keep it from this machine's own addresses.
        for allowed in own.into_iter().chain(forwarded) {
            rules.also_allow(allowed);
        }
        rules.open_egress();
    }
    rules.finish()
}

/// The rules as they come together.
struct Rules<'a> {
    request: &'a Request<'a>,
    /// Whether data connections go through ftp-proxy.
    proxied: bool,
    /// Whether translation has rules of its own, before the filter rules.
    translates_first: bool,
    nat: Vec<Rule>,
    rdr: Vec<Rule>,
    filter: Vec<Rule>,
    proxies: Vec<Proxy>,
}

impl<'a> Rules<'a> {
    fn new(request: &'a Request<'a>) -> Self {
        Self {
            request,
            proxied: request.connections.iter().any(|connection| connection.expected),
            translates_first: request.firewall.dialect == Dialect::PfFreebsd,
            nat: Vec::new(),
            rdr: Vec::new(),
            filter: Vec::new(),
            proxies: Vec::new(),
        }
    }

    /// Drop by default, and let through what IPv6 needs. ICMP errors about known connections pass with their
    /// state.
    fn base(&mut self) {
        self.filter.push(Rule { quick: false, ..rule(Vec::new(), Action::Drop, "ftpfw default".to_owned()) });
        self.filter.push(accept(neighbour_discovery(), "ftpfw neighbour discovery".to_owned()));
        self.filter.push(accept(listener_discovery(), "ftpfw listener discovery".to_owned()));
    }

    /// A filter rule that lets packets arrive or leave by `interface`.
    fn pass(&mut self, direction: Direction, interface: Option<&String>, rest: Vec<Match>, comment: String) {
        self.filter_rule(Action::Accept, direction, interface, rest, comment);
    }

    /// A filter rule that does not.
    fn block(&mut self, direction: Direction, interface: Option<&String>, rest: Vec<Match>, comment: String) {
        self.filter_rule(Action::Drop, direction, interface, rest, comment);
    }

    fn filter_rule(
        &mut self,
        action: Action,
        direction: Direction,
        interface: Option<&String>,
        rest: Vec<Match>,
        comment: String,
    ) {
        let mut matches = vec![Match::Direction(direction)];
        matches.extend(interface.cloned().map(|name| match direction {
            Direction::In => Match::InInterface(Interface::named(name)),
            Direction::Out => Match::OutInterface(Interface::named(name)),
        }));
        matches.extend(rest);
        self.filter.push(rule(matches, action, comment));
    }

    /// Has the filter rule that came last do something before it passes the packet.
    fn also_do(&mut self, action: Option<Action>) {
        if let Some(rule) = self.filter.last_mut() {
            let all: Vec<Action> = action.into_iter().chain(rule.actions.iter().cloned()).collect();
            rule.actions = all.into();
        }
    }

    /// The interfaces that the packets of a gateway arrive and leave by.
    fn interfaces(&self, direction: Direction) -> (Option<&'a String>, Option<&'a String>) {
        let firewall = self.request.firewall;
        let (outside, inside) = (firewall.outside.as_ref(), firewall.inside.as_ref());
        match direction {
            Direction::In => (outside, inside),
            Direction::Out => (inside, outside),
        }
    }

    /// Whether the packets that `connection` opens with leave freely anyway.
    fn leaves_freely(&self, connection: &Connection) -> bool {
        self.request.shape == Shape::Fragment
            && self.request.firewall.egress == Egress::Open
            && connection.direction == Direction::Out
    }

    /// A connection that ends on this machine: one rule, and state does the rest.
    fn on_host(&mut self, connection: &Connection) {
        if self.leaves_freely(connection) {
            return;
        }
        let matches = opening(connection.family, &connection.source, &connection.destination);
        let interface = self.request.firewall.outside.as_ref();
        self.pass(connection.direction, interface, matches, connection_comment(connection));
    }

    /// A connection that passes a gateway, translated where it has to be.
    fn through_gateway(&mut self, connection: &Connection) {
        let family = connection.family;
        let comment = connection_comment(connection);
        let (arrival, departure) = self.interfaces(connection.direction);
        for passage in passages(connection, self.request.firewall) {
            let (source, destination) = (&passage.source, &passage.destination);
            let (arriving, leaving) = (passage.arriving_destination(), passage.leaving_source());
            let translate = passage.translation.map(|translation| match translation {
                Translation::Destination { private, .. } => {
                    Action::DestinationNat { address: Some(private), port: None }
                }
                Translation::Source { public } => {
                    Action::SourceNat { address: Some(public), ports: self.request.translated_ports() }
                }
            });
            if self.translates_first {
                if let Some(action) = translate {
                    self.translation(action, connection, source, &arriving);
                }
                self.pass(Direction::In, arrival, opening(family, source, destination), comment.clone());
                self.pass(Direction::Out, departure, opening(family, &leaving, destination), comment.clone());
            } else {
                self.pass(Direction::In, arrival, opening(family, source, &arriving), comment.clone());
                let (on_arrival, on_departure) = match translate {
                    Some(Action::SourceNat { .. }) => (None, translate),
                    _ => (translate, None),
                };
                self.also_do(on_arrival);
                self.pass(Direction::Out, departure, opening(family, source, destination), comment.clone());
                self.also_do(on_departure);
            }
        }
    }

    /// FreeBSD: a translation rule.
    fn translation(
        &mut self,
        action: Action,
        connection: &Connection,
        source: &Endpoint,
        destination: &Endpoint,
    ) {
        let (arrival, departure) = self.interfaces(connection.direction);
        let (interface, rules) = match action {
            Action::SourceNat { .. } => {
                (departure.map(|name| Match::OutInterface(Interface::named(name.as_str()))), &mut self.nat)
            }
            _ => (arrival.map(|name| Match::InInterface(Interface::named(name.as_str()))), &mut self.rdr),
        };
        let mut matches: Vec<Match> = interface.into_iter().collect();
        matches.extend(tcp_between(connection.family, source, destination));
        rules.push(rule(matches, action, connection_comment(connection)));
    }

    /// A control connection that ftp-proxy takes up on the gateway, and continues in a connection of its own.
    fn through_proxy(&mut self, connection: &Connection) {
        let family = connection.family;
        let comment = connection_comment(connection);
        let (arrival, departure) = self.interfaces(connection.direction);
        let loopback = match family {
            Family::Ipv4 => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Family::Ipv6 => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        let mut transparent = false;
        for passage in passages(connection, self.request.firewall) {
            let (source, arriving) = (&passage.source, passage.arriving_destination());
            if let Some(Translation::Destination { public, private }) = passage.translation {
                // In front of a server with another address the proxy listens on the public one.
                let port = self.request.deployment.service.control_port;
                let six = if family == Family::Ipv6 { "-6 " } else { "" };
                let arguments = format!("{six}-R {private} -P {port} -b {public} -p {port}");
                self.proxies.push(Proxy { family, arguments });
                self.pass(Direction::In, arrival, opening(family, source, &arriving), comment.clone());
            } else {
                transparent = true;
                if self.translates_first {
                    let action = Action::DestinationNat { address: Some(loopback), port: Some(PROXY_PORT) };
                    self.translation(action, connection, source, &arriving);
                    let proxy = Endpoint {
                        addresses: [loopback].into_iter().collect(),
                        ports: PortSet::from(PROXY_PORT),
                        ..arriving
                    };
                    self.pass(Direction::In, arrival, opening(family, source, &proxy), comment.clone());
                } else {
                    self.pass(Direction::In, arrival, opening(family, source, &arriving), comment.clone());
                    self.also_do(Some(Action::Divert { address: loopback, port: PROXY_PORT }));
                }
            }
            // The proxy's own connection, from an address and port of this machine.
            let anywhere =
                Endpoint { addresses: AddressSet::any().of(family), ports: PortSet::any(), ..source.clone() };
            let mut matches = opening(family, &anywhere, &passage.destination);
            matches.insert(1, Match::SourceType(AddressType::Local));
            self.pass(Direction::Out, departure, matches, comment.clone());
        }
        if transparent {
            let arguments = if family == Family::Ipv6 { "-6" } else { "" }.to_owned();
            self.proxies.push(Proxy { family, arguments });
        }
    }

    /// Other traffic that is meant to pass.
    fn also_allow(&mut self, allowed: &AlsoAllow) {
        let any = AddressSet::any();
        let of = |party: &Party, family| match party {
            Party::ThisHost => any.of(family),
            Party::Addresses(addresses) => addresses.of(family),
        };
        for family in Family::ALL.into_iter().filter(|&family| allowed.protocol.runs_over(family)) {
            let (from, to) = (of(&allowed.from, family), of(&allowed.to, family));
            if from.is_empty() || to.is_empty() {
                continue;
            }
            let mut matches = vec![Match::Family(family)];
            if allowed.from == Party::ThisHost {
                matches.push(Match::SourceType(AddressType::Local));
            } else if !from.is_any(family) {
                matches.push(Match::Source(from.clone()));
            }
            if allowed.to == Party::ThisHost {
                matches.push(Match::DestinationType(AddressType::Local));
            } else if !to.is_any(family) {
                matches.push(Match::Destination(to.clone()));
            }
            matches.push(Match::Protocol(allowed.protocol));
            matches.extend(allowed.ports.clone().map(Match::DestinationPort));
            if allowed.protocol == Protocol::Tcp {
                matches.push(Match::PF_SYN);
            }
            let forwarded = allowed.from != Party::ThisHost && allowed.to != Party::ThisHost;
            if allowed.from != Party::ThisHost {
                if forwarded && to.is_any(family) {
                    let own = with(&matches, Match::DestinationType(AddressType::Local));
                    self.block(Direction::In, None, own, also_comment(allowed));
                }
                self.pass(Direction::In, None, matches.clone(), also_comment(allowed));
            }
            if allowed.to != Party::ThisHost {
                if forwarded && from.is_any(family) {
                    let own = with(&matches, Match::SourceType(AddressType::Local));
                    self.block(Direction::Out, None, own, also_comment(allowed));
                }
                self.pass(Direction::Out, None, matches, also_comment(allowed));
            }
        }
    }

    /// Whatever else may leave.
    fn open_egress(&mut self) {
        let firewall = self.request.firewall;
        if firewall.egress == Egress::Restricted {
            return;
        }
        let comment = || "ftpfw egress open".to_owned();
        let opens = || vec![Match::pf_syn_if_tcp()];
        match firewall.place {
            Place::Host => self.pass(Direction::Out, firewall.outside.as_ref(), opens(), comment()),
            Place::Gateway => {
                // Through this machine, not into it.
                let own = vec![Match::DestinationType(AddressType::Local)];
                self.block(Direction::In, firewall.inside.as_ref(), own, comment());
                self.pass(Direction::In, firewall.inside.as_ref(), opens(), comment());
                self.pass(Direction::Out, firewall.outside.as_ref(), opens(), comment());
            }
        }
    }

    fn finish(self) -> Grant {
        let own = match self.request.shape {
            Shape::Complete => String::new(),
            Shape::Fragment => self.request.chain_name(""),
        };
        let (mut chains, mut attachments) = (Vec::new(), Vec::new());
        let sections = [
            (Hook::PfNat, "nat", self.nat),
            (Hook::PfRdr, "rdr", self.rdr),
            (Hook::PfFilter, "filter", self.filter),
        ];
        for (hook, name, mut rules) in sections {
            let proxy = (self.proxied && (hook == Hook::PfFilter || self.translates_first))
                .then(|| PROXY_ANCHOR.to_owned());
            match self.request.shape {
                Shape::Complete => {
                    // Before the rules that pass, and after the one that drops by default.
                    let place = rules.iter().take_while(|rule| *rule.actions == [Action::Drop]).count();
                    rules.splice(place..place, proxy.map(anchor));
                }
                Shape::Fragment => {
                    let ours = (!rules.is_empty()).then(|| own.clone());
                    attachments.extend(proxy.into_iter().chain(ours).map(|chain| Attachment {
                        table: Table { system: System::Pf, family: TableFamily::Inet, name: String::new() },
                        hook,
                        chain,
                    }));
                }
            }
            if !rules.is_empty() {
                let table = Table { system: System::Pf, family: TableFamily::Inet, name: own.clone() };
                // pf passes what no rule matches.
                let base = Some(BaseChain {
                    hook,
                    priority: 0,
                    nat: hook != Hook::PfFilter,
                    policy: Policy::Accept,
                });
                chains.push(Chain { table, name: name.to_owned(), base, rules });
            }
        }
        let skipped_interfaces = match self.request.shape {
            Shape::Complete => vec!["lo".to_owned()],
            // An anchor cannot set options.
            Shape::Fragment => Vec::new(),
        };
        let ruleset = Ruleset { skipped_interfaces, helper_objects: Vec::new(), chains };
        Grant { ruleset, attachments, proxies: self.proxies }
    }
}

/// `matches` with one more about an address, and about every packet of a connection, not only its first.
fn with(matches: &[Match], more: Match) -> Vec<Match> {
    let is_before = |known: &Match| match known {
        Match::Family(_) => true,
        Match::Source(_) => matches!(more, Match::DestinationType(_)),
        _ => false,
    };
    let place = matches.iter().take_while(|known| is_before(known)).count();
    let mut matches: Vec<Match> =
        matches.iter().filter(|known| !matches!(known, Match::TcpFlags(_))).cloned().collect();
    matches.insert(place, more);
    matches
}

/// The first packet of a connection over TCP.
fn opening(family: Family, source: &Endpoint, destination: &Endpoint) -> Vec<Match> {
    let mut matches = tcp_between(family, source, destination);
    matches.push(Match::PF_SYN);
    matches
}

fn anchor(name: String) -> Rule {
    Rule { quick: false, ..rule(Vec::new(), Action::Anchor(name), "ftpfw ftp-proxy".to_owned()) }
}

/// State lets the replies through, so one rule serves all flows of a connection.
fn connection_comment(connection: &Connection) -> String {
    flow_comment(connection.openers.iter().chain(&connection.replies))
}
