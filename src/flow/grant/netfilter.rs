//! Granting with netfilter: iptables and nftables, whose rule sets have the same structure.

use super::base::{icmp_errors, listener_discovery, neighbour_discovery};
use super::{Grant, Request, Shape, accept, addresses, also_comment, flow_comment, rule, tcp_between};
use crate::deployment::{AlsoAllow, Egress, Firewall, Party, Place, Side};
use crate::dialect::Dialect;
use crate::flow::passage::{Translation, passages};
use crate::flow::{Channel, Connection, Endpoint};
use crate::packet::{AddressSet, Family, Protocol};
use crate::ruleset::{
    Action, Attachment, BaseChain, Chain, Direction, HelperObject, Hook, Interface, Match, Policy, Rule,
    Ruleset, States, System, Table, TableFamily, priority,
};

/// The kernel's name of the FTP helper (`nf_conntrack_ftp`).
const FTP_HELPER: &str = "ftp";

/// The nftables table of a complete policy. A table of our own: loading it leaves everybody else's alone.
const OWN_TABLE: &str = "ftpfw";

/// The nftables table that a fragment joins: the one of `/etc/nftables.conf` as distributions ship it.
/// A chain can only be entered from within its table.
const JOINED_TABLE: &str = "filter";

pub(super) fn grant(request: &Request<'_>) -> Grant {
    // iptables keeps the families apart, in a file for each; nftables has tables for both.
    let parts: Vec<(TableFamily, Vec<Family>)> = match (request.firewall.dialect, request.shape) {
        (Dialect::Iptables, Shape::Complete) => one_each(&Family::ALL),
        (Dialect::Iptables, Shape::Fragment) => one_each(&request.families),
        _ => vec![(TableFamily::Inet, request.families.clone())],
    };
    let mut grant = Grant { ruleset: Ruleset::default(), attachments: Vec::new(), proxies: Vec::new() };
    for (table_family, families) in parts {
        let mut part = Part { request, table_family, families, grant: &mut grant };
        part.filter();
        part.helper();
        part.nat();
    }
    grant
}

fn one_each(families: &[Family]) -> Vec<(TableFamily, Vec<Family>)> {
    families.iter().map(|&family| (TableFamily::of(family), vec![family])).collect()
}

/// The chains for one table family.
struct Part<'a> {
    request: &'a Request<'a>,
    table_family: TableFamily,
    families: Vec<Family>,
    grant: &'a mut Grant,
}

impl Part<'_> {
    fn firewall(&self) -> &Firewall {
        self.request.firewall
    }

    fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.request.connections.iter().filter(|connection| self.families.contains(&connection.family))
    }

    /// iptables has tables by purpose; nftables has the one that everything goes into.
    fn table(&self, purpose: &str) -> Table {
        let name = match (self.firewall().dialect, self.request.shape) {
            (Dialect::Iptables, _) => purpose,
            (_, Shape::Complete) => OWN_TABLE,
            (_, Shape::Fragment) => JOINED_TABLE,
        };
        let system = match self.firewall().dialect {
            Dialect::Iptables => System::Iptables,
            _ => System::Nftables,
        };
        Table { system, family: self.table_family, name: name.to_owned() }
    }

    fn filter(&mut self) {
        match self.request.shape {
            Shape::Complete => {
                for hook in [Hook::Input, Hook::Forward, Hook::Output] {
                    let rules = self.complete_rules(hook);
                    self.base_chain("filter", hook, priority::FILTER, Policy::Drop, rules);
                }
            }
            Shape::Fragment => {
                for hook in [Hook::Input, Hook::Forward, Hook::Output] {
                    let rules = self.fragment_rules(hook);
                    self.user_chain("filter", hook, rules);
                }
            }
        }
    }

    fn base_chain(&mut self, purpose: &str, hook: Hook, priority: i32, policy: Policy, rules: Vec<Rule>) {
        let name = match self.firewall().dialect {
            Dialect::Iptables => hook.id().to_uppercase(),
            _ if purpose == "filter" => hook.id().to_owned(),
            _ => self.request.chain_name(suffix(purpose, hook)),
        };
        let base = Some(BaseChain { hook, priority, nat: purpose == "nat", policy });
        self.grant.ruleset.chains.push(Chain { table: self.table(purpose), name, base, rules });
    }

    fn user_chain(&mut self, purpose: &str, hook: Hook, rules: Vec<Rule>) {
        if rules.is_empty() {
            return;
        }
        let (table, name) = (self.table(purpose), self.request.chain_name(suffix(purpose, hook)));
        self.grant.attachments.push(Attachment { table: table.clone(), hook, chain: name.clone() });
        self.grant.ruleset.chains.push(Chain { table, name, base: None, rules });
    }

    /// Rules that only attach a helper or translate. They accept nothing, so that with nftables even a
    /// fragment can have a base chain of its own for them; iptables has only the built-in ones.
    fn side_chain(&mut self, purpose: &str, hook: Hook, priority: i32, rules: Vec<Rule>) {
        if rules.is_empty() {
            return;
        }
        match (self.firewall().dialect, self.request.shape) {
            (Dialect::Iptables, Shape::Fragment) => self.user_chain(purpose, hook, rules),
            _ => self.base_chain(purpose, hook, priority, Policy::Accept, rules),
        }
    }

    // ---- filtering -----------------------------------------------------------------------------------

    /// The directions in which FTP packets pass `hook` at this firewall.
    fn directions(&self, hook: Hook) -> &'static [Direction] {
        match (self.firewall().place, hook) {
            (Place::Host, Hook::Input) => &[Direction::In],
            (Place::Host, Hook::Output) => &[Direction::Out],
            (Place::Gateway, Hook::Forward) => &[Direction::In, Direction::Out],
            _ => &[],
        }
    }

    fn complete_rules(&self, hook: Hook) -> Vec<Rule> {
        let mut rules = Vec::new();
        match hook {
            Hook::Input => {
                rules.push(accept(
                    vec![Match::InInterface(Interface::named("lo"))],
                    "ftpfw loopback".to_owned(),
                ));
            }
            Hook::Output => {
                rules.push(accept(
                    vec![Match::OutInterface(Interface::named("lo"))],
                    "ftpfw loopback".to_owned(),
                ));
            }
            _ => {}
        }
        let directions = self.directions(hook);
        let passing = self.connections().flat_map(|connection| {
            directions.iter().flat_map(move |&direction| connection.flows_going(direction))
        });
        let established = flow_comment(passing).replacen("ftpfw", "ftpfw established", 1);
        rules.push(accept(vec![Match::State(States::ESTABLISHED)], established));

        for family in self.policy_families() {
            let mut errors = icmp_errors(family);
            errors.push(Match::State(States::RELATED));
            rules.push(accept(errors, "ftpfw icmp errors".to_owned()));
            if family == Family::Ipv6 && hook != Hook::Forward {
                rules.push(accept(neighbour_discovery(), "ftpfw neighbour discovery".to_owned()));
                rules.push(accept(listener_discovery(), "ftpfw listener discovery".to_owned()));
            }
        }
        for &direction in directions {
            for connection in self.connections().filter(|connection| connection.direction == direction) {
                rules.push(self.opening_rule(connection));
            }
        }
        for allowed in &self.firewall().also_allow {
            rules.extend(self.also_allowed(hook, allowed));
        }
        rules.extend(self.open_egress(hook));
        rules
    }

    fn fragment_rules(&self, hook: Hook) -> Vec<Rule> {
        let mut rules = Vec::new();
        for &direction in self.directions(hook) {
            if direction == Direction::Out && self.firewall().egress == Egress::Open {
                // Whatever leaves is let through already.
                continue;
            }
            for connection in self.connections() {
                rules.push(self.established_rule(connection, direction));
                if connection.direction == direction {
                    rules.push(self.opening_rule(connection));
                }
            }
        }
        rules
    }

    /// The families that a complete policy speaks of: both, or with iptables the one of this table.
    fn policy_families(&self) -> Vec<Family> {
        match self.table_family {
            TableFamily::Ip => vec![Family::Ipv4],
            TableFamily::Ip6 => vec![Family::Ipv6],
            TableFamily::Inet => Family::ALL.to_vec(),
        }
    }

    /// The first packet of a connection.
    fn opening_rule(&self, connection: &Connection) -> Rule {
        let mut matches = self.interfaces(connection.direction);
        matches.extend(tcp_between(connection.family, &connection.source, &connection.destination));
        matches.push(Match::SYN);
        if connection.expected {
            // Related packets are let through only if it was the FTP helper that expected them, and only to
            // the declared ports: an expectation alone can be made to name any port.
            matches.push(Match::State(States::RELATED));
            matches.push(Match::Helper(FTP_HELPER.to_owned()));
        } else {
            matches.push(Match::State(States::NEW));
        }
        accept(matches, flow_comment(&connection.openers))
    }

    /// The later packets of a connection that go in `direction`.
    fn established_rule(&self, connection: &Connection, direction: Direction) -> Rule {
        let (source, destination) = if direction == connection.direction {
            (&connection.source, &connection.destination)
        } else {
            (&connection.destination, &connection.source)
        };
        let mut matches = self.interfaces(direction);
        matches.extend(tcp_between(connection.family, source, destination));
        matches.push(Match::State(States::ESTABLISHED));
        accept(matches, flow_comment(connection.flows_going(direction)))
    }

    /// The interfaces that packets in `direction` pass, as far as they are declared.
    fn interfaces(&self, direction: Direction) -> Vec<Match> {
        let (outside, inside) = (self.firewall().outside.clone(), self.firewall().inside.clone());
        let (from, to) = match (self.firewall().place, direction) {
            (Place::Host, Direction::In) => (outside, None),
            (Place::Host, Direction::Out) => (None, outside),
            (Place::Gateway, Direction::In) => (outside, inside),
            (Place::Gateway, Direction::Out) => (inside, outside),
        };
        let from = from.map(|name| Match::InInterface(Interface::named(name)));
        from.into_iter().chain(to.map(|name| Match::OutInterface(Interface::named(name)))).collect()
    }

    /// The rules of a complete policy for other traffic that is meant to pass `hook`.
    fn also_allowed(&self, hook: Hook, allowed: &AlsoAllow) -> Vec<Rule> {
        let passes = match (&allowed.from, &allowed.to) {
            (Party::ThisHost, _) => Hook::Output,
            (_, Party::ThisHost) => Hook::Input,
            _ => Hook::Forward,
        };
        if hook != passes {
            return Vec::new();
        }
        let any = AddressSet::any();
        let of = |party: &Party, family| match party {
            Party::ThisHost => any.of(family),
            Party::Addresses(addresses) => addresses.of(family),
        };
        let mut rules = Vec::new();
        for family in self.policy_families().into_iter().filter(|&family| allowed.protocol.runs_over(family))
        {
            let (from, to) = (of(&allowed.from, family), of(&allowed.to, family));
            if from.is_empty() || to.is_empty() {
                continue;
            }
            let mut matches = addresses(family, &from, &to);
            matches.push(Match::Protocol(allowed.protocol));
            matches.extend(allowed.ports.clone().map(Match::DestinationPort));
            if allowed.protocol == Protocol::Tcp {
                matches.push(Match::SYN);
            }
            matches.push(Match::State(States::NEW));
            rules.push(accept(matches, also_comment(allowed)));
        }
        rules
    }

    /// The rules of a complete policy for whatever else may leave.
    fn open_egress(&self, hook: Hook) -> Option<Rule> {
        if self.firewall().egress == Egress::Restricted {
            return None;
        }
        let mut matches = match hook {
            Hook::Output => Vec::new(),
            Hook::Forward if self.firewall().place == Place::Gateway => self.interfaces(Direction::Out),
            _ => return None,
        };
        matches.push(Match::State(States::NEW));
        Some(accept(matches, "ftpfw egress open".to_owned()))
    }

    // ---- helper --------------------------------------------------------------------------------------

    /// Attaches the helper to the control connection, and to no other.
    fn helper(&mut self) {
        if !self.request.connections.iter().any(|connection| connection.expected) {
            return;
        }
        // A connection from this machine does not pass prerouting.
        let hook = match (self.firewall().side, self.firewall().place) {
            (Side::Client, Place::Host) => Hook::Output,
            _ => Hook::Prerouting,
        };
        let object = match self.firewall().dialect {
            Dialect::Iptables => FTP_HELPER.to_owned(),
            _ => self.request.chain_name(""),
        };
        let rules: Vec<Rule> = self
            .connections()
            .filter(|connection| connection.openers.iter().all(|id| id.channel() == Channel::Control))
            .map(|connection| {
                // Before translation, so that the addresses are those that the packet arrives with: the
                // destination from outside, the source from inside.
                let (source, destination) = (&connection.source, &as_outside(&connection.destination));
                let mut matches = self.interfaces(connection.direction);
                matches.retain(|known| hook == Hook::Output || matches!(known, Match::InInterface(_)));
                matches.extend(tcp_between(connection.family, source, destination));
                Rule {
                    matches: matches.into(),
                    actions: [Action::AssignHelper(object.clone())].into(),
                    quick: true,
                    comment: Some(flow_comment(&connection.openers).into()),
                    origin: None,
                }
            })
            .collect();
        if self.firewall().dialect == Dialect::Nftables && !rules.is_empty() {
            let table = self.table("raw");
            let helper = FTP_HELPER.to_owned();
            self.grant.ruleset.helper_objects.push(HelperObject {
                table,
                name: object,
                helper,
                family: None,
            });
        }
        // nftables assigns to the connection, which exists only after priority -200; iptables' raw table
        // makes a template for it.
        let priority = match self.firewall().dialect {
            Dialect::Iptables => priority::RAW,
            _ => priority::MANGLE,
        };
        self.side_chain("raw", hook, priority, rules);
    }

    // ---- translation ---------------------------------------------------------------------------------

    fn nat(&mut self) {
        let (mut destination_rules, mut source_rules) = (Vec::new(), Vec::new());
        // The helper has what it expects translated like the control connection that it belongs to.
        for connection in self.connections().filter(|connection| !connection.expected) {
            for passage in passages(connection, self.firewall()) {
                let mut matches = self.interfaces(connection.direction);
                let (rules, action) = match passage.translation {
                    Some(Translation::Destination { private, .. }) => {
                        // Where it leaves is not known yet.
                        matches.retain(|known| matches!(known, Match::InInterface(_)));
                        (
                            &mut destination_rules,
                            Action::DestinationNat { address: Some(private), port: None },
                        )
                    }
                    Some(Translation::Source { public }) => {
                        matches.retain(|known| matches!(known, Match::OutInterface(_)));
                        let ports = self.request.translated_ports();
                        (&mut source_rules, Action::SourceNat { address: Some(public), ports })
                    }
                    None => continue,
                };
                let destination = passage.arriving_destination();
                matches.extend(tcp_between(connection.family, &passage.source, &destination));
                rules.push(rule(matches, action, flow_comment(&connection.openers)));
            }
        }
        self.side_chain("nat", Hook::Prerouting, priority::DESTINATION_NAT, destination_rules);
        self.side_chain("nat", Hook::Postrouting, priority::SOURCE_NAT, source_rules);
    }
}

/// An endpoint by the addresses that it has outside of the firewall.
fn as_outside(endpoint: &Endpoint) -> Endpoint {
    let addresses = endpoint.outside.clone().unwrap_or_else(|| endpoint.addresses.clone());
    Endpoint { addresses, ..endpoint.clone() }
}

/// The end of the name of a chain of ours.
fn suffix(purpose: &str, hook: Hook) -> &'static str {
    match (purpose, hook) {
        ("raw", _) => "-helper",
        (_, Hook::Prerouting) => "-dnat",
        (_, Hook::Postrouting) => "-snat",
        (_, Hook::Input) => "-in",
        (_, Hook::Output) => "-out",
        _ => "-fwd",
    }
}
