//! The dialect-neutral rule set: tables, base chains, user chains, rules.
//!
//! One value says what a rule set of any dialect means, so that everything else (writing it out, reading it
//! back, evaluating it) is written once. netfilter's terms are used where the dialects share an idea; what
//! only pf has is marked so.

mod announced;
pub mod difference;
pub mod evaluate;
mod host;
mod jump;
mod masquerade;
mod matching;
mod order;
mod rule;
mod sources;
pub mod trace;
mod translation;

pub use host::{Fact, Host, kernel_version, module_name, sysctl_name};
pub use jump::{BrokenJump, broken_jumps};
pub use matching::{
    AddressType, CtDirection, CtStatus, Direction, IcmpMatch, Interface, Masked, Match, States, TcpFlags,
};
pub use rule::{Action, Actions, Origin, Rule};
pub use translation::{Endpoint, NewAddress, Translation, translated_end};

use crate::packet::Family;

/// How deep chains are followed into one another. nft refuses more than 16; iptables loads any depth that does not
/// loop, and a text may hold loops all the same.
const MAX_DEPTH: usize = 256;

/// A rule set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ruleset {
    /// pf: interfaces whose packets are not filtered at all (`set skip on`).
    pub skipped_interfaces: Vec<String>,
    /// The objects that nftables rules assign conntrack helpers with.
    pub helper_objects: Vec<HelperObject>,
    /// The chains, those of one table next to each other.
    pub chains: Vec<Chain>,
}

impl Ruleset {
    /// The tables that the chains are in, each once, in order.
    #[must_use]
    pub fn tables(&self) -> Vec<&Table> {
        let mut tables: Vec<&Table> = Vec::new();
        for chain in &self.chains {
            if !tables.contains(&&chain.table) {
                tables.push(&chain.table);
            }
        }
        tables
    }

    /// Whether there is neither a base chain nor a rule in it, so that it says nothing about any packet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chains.iter().all(|chain| chain.base.is_none() && chain.rules.is_empty())
    }

    /// The chains of one table, in order.
    pub fn chains_of<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = &'a Chain> {
        self.chains.iter().filter(move |chain| chain.table == *table)
    }

    /// Whether both are the same rules, wherever they come from and whatever is said of them: a glance that spares
    /// comparing what they mean.
    #[must_use]
    pub fn has_the_rules_of(&self, other: &Self) -> bool {
        let same_rule =
            |(a, b): (&Rule, &Rule)| (&a.matches, &a.actions, a.quick) == (&b.matches, &b.actions, b.quick);
        let same_chain = |(a, b): (&Chain, &Chain)| {
            (&a.table, &a.name, a.base, a.rules.len()) == (&b.table, &b.name, b.base, b.rules.len())
                && a.rules.iter().zip(&b.rules).all(same_rule)
        };
        self.skipped_interfaces == other.skipped_interfaces
            && self.helper_objects == other.helper_objects
            && self.chains.len() == other.chains.len()
            && self.chains.iter().zip(&other.chains).all(same_chain)
    }

    /// The same rules without where they come from, so that rule sets can be compared by what they mean.
    #[must_use]
    pub fn without_origins(mut self) -> Self {
        for rule in self.chains.iter_mut().flat_map(|chain| &mut chain.rules) {
            rule.origin = None;
        }
        self
    }
}

/// Which packets a table sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableFamily {
    /// IPv4: `iptables`, and nftables' `ip`.
    Ip,
    /// IPv6: `ip6tables`, and nftables' `ip6`.
    Ip6,
    /// Both: nftables' `inet`, and pf.
    Inet,
}

impl TableFamily {
    /// The table family that sees only packets of `family`.
    #[must_use]
    pub fn of(family: Family) -> Self {
        match family {
            Family::Ipv4 => Self::Ip,
            Family::Ipv6 => Self::Ip6,
        }
    }

    /// Whether a table of this kind sees packets of `family`.
    #[must_use]
    pub fn sees(self, family: Family) -> bool {
        self == Self::Inet || self == Self::of(family)
    }

    /// The name that nft uses.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
            Self::Inet => "inet",
        }
    }
}

/// The program that a table belongs to. A machine may have a `filter` of iptables beside an `ip filter` of nft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// `iptables` and `ip6tables`.
    Iptables,
    /// `nft`.
    Nftables,
    /// `pfctl`.
    Pf,
}

/// A table: a name space of chains.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Table {
    /// Whose it is: tables of different programs have nothing to do with each other, whatever their names.
    pub system: System,
    /// Which packets it sees.
    pub family: TableFamily,
    /// Its name: `filter`, `nat`, `raw` with iptables, any with nftables, the anchor's path with pf
    /// (empty for the main rule set).
    pub name: String,
}

impl Table {
    /// pf: whether it is that of the anchor at `path`. A path that ends in `/*` is every anchor right below it.
    #[must_use]
    pub fn is_in_anchor(&self, path: &str) -> bool {
        match path.strip_suffix("/*") {
            Some(above) => self
                .name
                .strip_prefix(above)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|name| !name.contains('/')),
            None => self.name == path,
        }
    }
}

/// pf: whether an anchor is filled by ftp-proxy(8), with rules for the data connections that it expects: in the terms of
/// this model those that are related, with the helper `ftp`.
#[must_use]
pub fn is_of_ftp_proxy(anchor: &str) -> bool {
    anchor == "ftp-proxy" || anchor.starts_with("ftp-proxy/")
}

/// A list of rules, entered from a hook or from another chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Where it lives.
    pub table: Table,
    /// Its name, unique in its table.
    pub name: String,
    /// What makes it a base chain; `None` for a chain that only other rules enter.
    pub base: Option<BaseChain>,
    /// The rules, in order.
    pub rules: Vec<Rule>,
}

/// How a base chain is attached to the path of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseChain {
    /// Where on the path.
    pub hook: Hook,
    /// Before or after others at the same hook: lower runs first.
    pub priority: i32,
    /// Whether it translates addresses: then only the first packet of a connection enters it.
    pub nat: bool,
    /// What happens to packets that no rule decides.
    pub policy: Policy,
}

impl BaseChain {
    /// Whether it runs before connection tracking, which looks at packets at prerouting and output, or may: at the same
    /// priority that is not known.
    #[must_use]
    pub fn is_before_conntrack(self) -> bool {
        matches!(self.hook, Hook::Prerouting | Hook::Output) && self.priority <= priority::CONNTRACK
    }

    /// The chain as it is where it runs before connection tracking, and where it runs after. The two differ where it has
    /// the priority of connection tracking itself: then the one that was loaded last runs first, and connection
    /// tracking is loaded with the first rule that needs it.
    fn beside_conntrack(self) -> [Self; 2] {
        if !matches!(self.hook, Hook::Prerouting | Hook::Output) || self.priority != priority::CONNTRACK {
            return [self; 2];
        }
        [-1, 1].map(|step| Self { priority: self.priority + step, ..self })
    }
}

/// A point on a packet's path where rules are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// As it arrives, before routing.
    Prerouting,
    /// For this machine.
    Input,
    /// Through this machine.
    Forward,
    /// From this machine.
    Output,
    /// As it leaves, after routing.
    Postrouting,
    /// pf's filter rules: once as a packet arrives, once as it leaves; the last match counts unless `quick`.
    PfFilter,
    /// FreeBSD's pf: `nat` rules, as a packet leaves, before the filter rules; the first match counts.
    PfNat,
    /// FreeBSD's pf: `rdr` rules, as a packet arrives, before the filter rules; the first match counts.
    PfRdr,
}

impl Hook {
    /// The name that the dialect it belongs to uses, in lower case.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
            Self::PfFilter => "filter",
            Self::PfNat => "nat",
            Self::PfRdr => "rdr",
        }
    }
}

/// netfilter's priorities, as nft names them (`nft(8)`, "priority").
pub mod priority {
    /// `raw`: before connection tracking.
    pub const RAW: i32 = -300;
    /// Where connection tracking itself happens: what runs earlier sees no connection.
    pub const CONNTRACK: i32 = -200;
    /// `mangle`: after connection tracking, before destination NAT.
    pub const MANGLE: i32 = -150;
    /// `dstnat`.
    pub const DESTINATION_NAT: i32 = -100;
    /// `filter`.
    pub const FILTER: i32 = 0;
    /// `security`.
    pub const SECURITY: i32 = 50;
    /// `srcnat`.
    pub const SOURCE_NAT: i32 = 100;
}

/// What happens to packets that no rule of a base chain decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// They go on.
    Accept,
    /// They are discarded.
    Drop,
}

/// An object that nftables rules assign conntrack helpers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperObject {
    /// The table it is in.
    pub table: Table,
    /// The name that rules refer to.
    pub name: String,
    /// The kernel's name of the helper, such as `ftp`.
    pub helper: String,
    /// The family that it serves (`l3proto`); without one, the families that its table sees.
    pub family: Option<Family>,
}

/// A chain that a base chain of somebody else's has to enter for it to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The table that both are in; with pf, the one that evaluates the anchor.
    pub table: Table,
    /// The hook of the base chain.
    pub hook: Hook,
    /// The chain to jump to; with pf, the anchor to evaluate.
    pub chain: String,
}
