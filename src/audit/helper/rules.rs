//! FTP014, FTP016, FTP017, FTP018: rules that attach the helper, and why they do not attach it to the control
//! connections.

use super::{Data, Message, level_if};
use crate::audit::context::Context;
use crate::audit::crossing::FTP_HELPER;
use crate::audit::finding::{self, Finding};
use crate::audit::{Place, RuleId};
use crate::deployment::{self, Side};
use crate::flow::views;
use crate::packet::{AddressSet, Family, PortSet};
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Action, BaseChain, Hook, Match, Rule, Ruleset, System, priority};

/// Why a rule attaches no helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// nftables: its chain runs before connection tracking.
    BeforeConntrack {
        /// Where.
        hook: Hook,
        /// When.
        priority: i32,
    },
    /// iptables: it is in another table than raw, and the kernel refuses that.
    OutsideRaw {
        /// In which.
        table: String,
    },
    /// nftables: there is no such object in the table, and the kernel refuses that.
    UnknownObject {
        /// Its name.
        name: String,
    },
    /// Control connections do not pass this hook.
    WrongChain {
        /// The hook.
        hook: Hook,
        /// One that they pass.
        right: Hook,
    },
    /// It leaves out a family.
    Family(Limit),
    /// It names other ports than the control port.
    Port {
        /// These.
        named: PortSet,
        /// The control port.
        control: u16,
    },
    /// It names the server's address as it is on the other side of destination NAT.
    Translated {
        /// Whether it sees packets before they are translated.
        before: bool,
        /// What it should name.
        right: AddressSet,
    },
}

/// What leaves out a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// The table.
    Table,
    /// The helper object of this name.
    Object(String),
    /// The rule's own conditions.
    Rule,
}

impl Cause {
    fn id(&self) -> RuleId {
        match self {
            Self::BeforeConntrack { .. } => RuleId::FTP014,
            Self::UnknownObject { .. } => RuleId::FTP015,
            Self::Family(_) => RuleId::FTP016,
            Self::OutsideRaw { .. } | Self::WrongChain { .. } => RuleId::FTP017,
            Self::Port { .. } | Self::Translated { .. } => RuleId::FTP018,
        }
    }

    /// Whether the kernel takes the rule at all.
    fn is_refused(&self) -> bool {
        matches!(self, Self::OutsideRaw { .. } | Self::UnknownObject { .. })
    }
}

/// A rule that attaches no helper, and why.
pub(super) struct Fault {
    pub(super) place: RuleRef,
    pub(super) cause: Cause,
    pub(super) families: Vec<Family>,
}

/// FTP014: the chain runs before connection tracking.
pub(in crate::audit) fn before_conntrack(context: &Context<'_>) -> Vec<Finding> {
    findings(context, RuleId::FTP014)
}

/// FTP016: a family is left out.
pub(in crate::audit) fn other_family(context: &Context<'_>) -> Vec<Finding> {
    findings(context, RuleId::FTP016)
}

/// FTP017: the chain is one that control connections do not pass, or the table is not raw.
pub(in crate::audit) fn wrong_chain(context: &Context<'_>) -> Vec<Finding> {
    findings(context, RuleId::FTP017)
}

/// FTP018: the port or, with destination NAT, the address is not that of the control connection.
pub(in crate::audit) fn other_port(context: &Context<'_>) -> Vec<Finding> {
    findings(context, RuleId::FTP018)
}

/// The findings about rules with faults of one kind.
pub(super) fn findings(context: &Context<'_>, rule: RuleId) -> Vec<Finding> {
    let wanting = context.wanting();
    let faults = faults(context).into_iter().filter(|fault| fault.cause.id() == rule);
    let finding = |Fault { place, cause, families }: Fault| {
        let matters = cause.is_refused() || families.iter().any(|family| wanting.families.contains(family));
        let message = Message::Ineffective { cause, families };
        let mut finding = context.finding(rule, finding::Message::Helper(message));
        finding.level = level_if(matters, finding.level);
        finding.places = vec![Place::Rule(place)];
        finding.flows.clone_from(&wanting.flows);
        finding
    };
    faults.map(finding).collect()
}

/// The rules that should attach the helper to the control connections of a family that has none, and do not.
pub(super) fn faults(context: &Context<'_>) -> Vec<Fault> {
    let (wanting, relying) = (context.wanting(), context.relying());
    let mut faults: Vec<Fault> = Vec::new();
    for family in context.families() {
        let mut of_family: Vec<(RuleRef, Cause)> = helper_rules(context.ruleset())
            .filter_map(|place| Some((place, cause(context, place, family)?)))
            .filter(|(_, cause)| cause.is_refused() || !context.helped.contains(&family))
            .filter(|(_, cause)| is_concerned(cause, family, &wanting, &relying))
            .collect();
        // A rule for the other family is at fault only if this one has none of its own.
        if of_family.iter().any(|(_, cause)| !matches!(cause, Cause::Family(_))) {
            of_family.retain(|(_, cause)| !matches!(cause, Cause::Family(_)));
        }
        for (place, cause) in of_family {
            match faults.iter_mut().find(|known| known.place == place && known.cause == cause) {
                Some(known) => known.families.push(family),
                None => faults.push(Fault { place, cause, families: vec![family] }),
            }
        }
    }
    faults
}

/// Whether the cause is worth saying where these data connections need a helper. A rule for another port or chain may
/// be there for another service, or for another role of the machine.
fn is_concerned(cause: &Cause, family: Family, wanting: &Data, relying: &Data) -> bool {
    match cause {
        Cause::OutsideRaw { .. } | Cause::UnknownObject { .. } | Cause::BeforeConntrack { .. } => true,
        Cause::WrongChain { .. } => wanting.families.contains(&family),
        Cause::Family(_) | Cause::Port { .. } | Cause::Translated { .. } => {
            relying.families.contains(&family)
        }
    }
}

/// The rules that attach the FTP helper, or an object that is not there.
pub(super) fn helper_rules(ruleset: &Ruleset) -> impl Iterator<Item = RuleRef> {
    places(ruleset).filter(|(place, rule)| attached(ruleset, *place, rule)).map(|(place, _)| place)
}

/// Every rule, and its place.
pub(super) fn places(ruleset: &Ruleset) -> impl Iterator<Item = (RuleRef, &Rule)> {
    ruleset.chains.iter().enumerate().flat_map(|(chain, one)| {
        one.rules.iter().enumerate().map(move |(rule, one)| (RuleRef { chain, rule }, one))
    })
}

fn attached(ruleset: &Ruleset, place: RuleRef, rule: &Rule) -> bool {
    rule.actions.iter().any(|action| {
        let Action::AssignHelper(name) = action else { return false };
        match object(ruleset, place, name) {
            Some(object) => object.helper == FTP_HELPER,
            None => is_nft(ruleset, place) || name == FTP_HELPER,
        }
    })
}

fn is_nft(ruleset: &Ruleset, place: RuleRef) -> bool {
    ruleset.chains[place.chain].table.system == System::Nftables
}

fn object<'a>(ruleset: &'a Ruleset, place: RuleRef, name: &str) -> Option<&'a crate::ruleset::HelperObject> {
    let table = &ruleset.chains[place.chain].table;
    ruleset.helper_objects.iter().find(|object| object.table == *table && object.name == name)
}

/// Why a rule does not attach the helper to the control connections of a family. `None` if nothing speaks against it,
/// or if it is about other servers or some clients only.
pub(super) fn cause(context: &Context<'_>, place: RuleRef, family: Family) -> Option<Cause> {
    let ruleset = context.ruleset();
    let chain = &ruleset.chains[place.chain];
    let rule = &chain.rules[place.rule];
    let name = rule.actions.iter().find_map(|action| match action {
        Action::AssignHelper(name) => Some(name),
        _ => None,
    })?;
    let object = object(ruleset, place, name);
    match chain.table.system {
        System::Iptables if chain.table.name != "raw" => {
            return Some(Cause::OutsideRaw { table: chain.table.name.clone() });
        }
        System::Nftables if object.is_none() => {
            return Some(Cause::UnknownObject { name: name.clone() });
        }
        _ => {}
    }
    if !chain.table.family.sees(family) {
        return Some(Cause::Family(Limit::Table));
    }
    if let Some(object) = object.filter(|object| object.family.is_some_and(|only| only != family)) {
        return Some(Cause::Family(Limit::Object(object.name.clone())));
    }
    if rule.matches.iter().any(|condition| excludes(condition, family)) {
        return Some(Cause::Family(Limit::Rule));
    }
    let bases = ruleset.bases_of(place.chain);
    let hooks = control_hooks(context);
    let Some(base) = bases.iter().find(|base| hooks.contains(&base.hook)) else {
        return bases.first().map(|base| Cause::WrongChain { hook: base.hook, right: hooks[0] });
    };
    if object.is_some() && base.is_before_conntrack() {
        return Some(Cause::BeforeConntrack { hook: base.hook, priority: base.priority });
    }
    other_end(context, rule, *base, family)
}

/// Whether a condition holds for no packet of the family.
fn excludes(condition: &Match, family: Family) -> bool {
    match condition {
        Match::Family(only) => *only != family,
        Match::Source(set) | Match::Destination(set) => set.families().all(|other| other != family),
        _ => false,
    }
}

/// The hooks that the first packets of control connections pass; the best one to attach a helper at first.
fn control_hooks(context: &Context<'_>) -> [Hook; 2] {
    let firewall = context.firewall();
    match (firewall.place, firewall.side) {
        (deployment::Place::Gateway, _) => [Hook::Prerouting, Hook::Forward],
        (deployment::Place::Host, Side::Server) => [Hook::Prerouting, Hook::Input],
        (deployment::Place::Host, Side::Client) => [Hook::Output, Hook::Postrouting],
    }
}

/// Whether a rule names another port than that of the control connection, or the server's address as it is on the
/// other side of destination NAT.
fn other_end(context: &Context<'_>, rule: &Rule, base: BaseChain, family: Family) -> Option<Cause> {
    let control = context.request.deployment.service.control_port;
    for condition in &rule.matches {
        if let Match::DestinationPort(named) | Match::CtOriginalDestinationPort(named) = condition
            && !named.contains(control)
        {
            return Some(Cause::Port { named: named.clone(), control });
        }
    }
    let firewall = context.firewall();
    let nat = firewall.nat.filter(|nat| firewall.side == Side::Server && Family::of(nat.public) == family)?;
    let public = std::iter::once(nat.public).collect();
    let private = std::iter::once(nat.private).collect();
    let before = is_before_translation(base);
    let views = views(context.request.deployment, firewall);
    let seen = if before { &views.outside.servers } else { &views.filter.servers };
    let (right, wrong): (AddressSet, AddressSet) = if before { (public, private) } else { (private, public) };
    let names_wrong = |condition: &Match| match condition {
        Match::Destination(named) => {
            named.intersection(seen).is_empty() && !named.intersection(&wrong).is_empty()
        }
        _ => false,
    };
    rule.matches.iter().any(names_wrong).then_some(Cause::Translated { before, right })
}

/// Whether destinations are as they came when packets meet the chain.
pub(super) fn is_before_translation(base: BaseChain) -> bool {
    base.hook == Hook::Prerouting && base.priority < priority::DESTINATION_NAT
}
