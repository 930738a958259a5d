//! What a deployment says of things that rules leave to the machine.
//!
//! A gateway that shows a public address has it on its outside, and the network that it shows it for is that of its
//! inside. And what is required arrives by the interface that leads back to where it came from.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Subject;
use crate::deployment::{Deployment, Nat, Place, Side};
use crate::dialect::collection::Collection;
use crate::packet::{AddressSet, Family};
use crate::ruleset::{
    Action, AddressType, Chain, Direction, Endpoint, Interface, Match, NewAddress, Rule, Ruleset,
};

/// pf: the group of the interfaces that a default route leads to.
const EGRESS: &str = "egress";

/// The rules of a firewall with what the deployment says of their conditions filled in.
#[must_use]
pub fn as_deployed<'a>(deployment: &Deployment, subject: &Subject<'a>) -> Cow<'a, Collection> {
    let known = Known { deployment, subject };
    let ruleset = &subject.rules.ruleset;
    let any = ruleset.chains.iter().any(|chain| {
        let translates = translates(ruleset, chain);
        chain
            .rules
            .iter()
            .flat_map(|rule| &rule.matches)
            .any(|condition| known.is_open(condition, translates))
            || chain.rules.iter().any(|rule| known.hides_behind(rule).is_some() || known.bans(rule))
    });
    if !any {
        return Cow::Borrowed(subject.rules);
    }
    let mut rules = subject.rules.clone();
    for index in 0..rules.ruleset.chains.len() {
        let translates = translates(ruleset, &ruleset.chains[index]);
        for rule in &mut rules.ruleset.chains[index].rules {
            let bans = known.bans(rule);
            for condition in &mut rule.matches {
                *condition = match known.not_own(condition).filter(|_| bans) {
                    Some(others) => others,
                    None => known.filled(condition, translates),
                };
            }
            if let Some(public) = known.hides_behind(rule) {
                rule.actions.replace(|action| hidden_behind(action, public));
            }
        }
    }
    Cow::Owned(rules)
}

/// Whether a chain belongs to the translations of netfilter, where packets still have the addresses that they came
/// with.
fn translates(ruleset: &Ruleset, chain: &Chain) -> bool {
    ruleset.chains_of(&chain.table).any(|other| other.base.is_some_and(|base| base.nat))
}

struct Known<'s, 'a> {
    deployment: &'s Deployment,
    subject: &'s Subject<'a>,
}

impl Known<'_, '_> {
    fn is_open(&self, condition: &Match, translates: bool) -> bool {
        match condition {
            Match::Not(inner) => self.is_open(inner, translates),
            Match::AnyOf(alternatives) => {
                alternatives.iter().flatten().any(|inner| self.is_open(inner, translates))
            }
            other => {
                by_way_back(other).is_some()
                    || self.addresses(other, translates).is_some()
                    || self.interface(other).is_some()
            }
        }
    }

    /// The condition, with what it is known to hold for as another way to meet it, or as what it never holds for.
    fn filled(&self, condition: &Match, translates: bool) -> Match {
        match condition {
            Match::Not(inner) => self.filled(inner, translates).negated(),
            Match::AnyOf(alternatives) => {
                let all = |all: &Vec<Match>| all.iter().map(|one| self.filled(one, translates)).collect();
                Match::AnyOf(alternatives.iter().map(all).collect())
            }
            other => match (by_way_back(other), self.addresses(other, translates)) {
                (Some(true), _) => Match::AnyOf(vec![vec![other.clone()], vec![]]),
                (Some(false), _) => Match::AnyOf(vec![vec![other.clone(), Match::AnyOf(vec![])]]),
                (None, Some(Addresses { are, never })) => {
                    let unless = never.into_iter().map(Match::negated);
                    let open = std::iter::once(other.clone()).chain(unless).collect();
                    Match::AnyOf(std::iter::once(open).chain(are.map(|known| vec![known])).collect())
                }
                (None, None) => self.interface(other).unwrap_or_else(|| other.clone()),
            },
        }
    }

    /// Whether a rule turns away what is on a list that is not at hand.
    fn bans(&self, rule: &Rule) -> bool {
        let refuses = |action: &Action| matches!(action, Action::Drop | Action::Reject);
        rule.actions.iter().any(refuses) && rule.matches.iter().any(|one| self.not_own(one).is_some())
    }

    /// pf: a condition on such a list, on the server itself, without what it sends: nobody bans the server that the
    /// firewall is for.
    fn not_own(&self, condition: &Match) -> Option<Match> {
        let Match::Opaque(words) = condition else { return None };
        let firewall = self.subject.firewall;
        if (firewall.side, firewall.place) != (Side::Server, Place::Host) || !is_source_list(words) {
            return None;
        }
        let own = self.deployment.service.addresses.iter().copied().map(IpNet::from);
        let own = Match::Source(own.collect());
        let arrives = Match::Direction(Direction::In);
        Some(Match::AnyOf(vec![vec![condition.clone(), own.negated()], vec![condition.clone(), arrives]]))
    }

    /// pf: the outside, where a condition asks for the group of the interfaces that a default route leads to
    /// (ifconfig(8)).
    fn interface(&self, condition: &Match) -> Option<Match> {
        let firewall = self.subject.firewall;
        let outside = firewall.outside.as_ref().filter(|_| firewall.dialect.is_pf())?;
        let is_group = |interface: &Interface| *interface == Interface::named(EGRESS);
        match condition {
            Match::InInterface(interface) if is_group(interface) => {
                Some(Match::InInterface(Interface::named(outside.as_str())))
            }
            Match::OutInterface(interface) if is_group(interface) => {
                Some(Match::OutInterface(Interface::named(outside.as_str())))
            }
            _ => None,
        }
    }

    /// The public address, where a rule hides sources behind an address of the machine's own. With pf, where that is of
    /// its family; netfilter translates to an address what is of the address's family.
    fn hides_behind(&self, rule: &Rule) -> Option<IpAddr> {
        let firewall = self.subject.firewall;
        let public = firewall.nat?.public;
        let family = Family::of(public);
        let fits = rule.matches.iter().any(|condition| match condition {
            Match::Family(own) => *own == family,
            Match::Source(set) | Match::Destination(set) => set.families().all(|own| own == family),
            _ => false,
        });
        let hides = rule.actions.iter().any(|action| hidden_behind(action, public).is_some());
        (hides && (fits || !firewall.dialect.is_pf())).then_some(public)
    }

    /// What is known of addresses that a condition leaves to the machine.
    fn addresses(&self, condition: &Match, translates: bool) -> Option<Addresses> {
        let firewall = self.subject.firewall;
        let nat = firewall.nat?;
        match condition {
            Match::DestinationType(AddressType::Local) if translates => {
                let public = [nat.public].into_iter().collect();
                Some(Addresses { are: Some(Match::Destination(public)), never: None })
            }
            Match::Opaque(words) => {
                let (end, host) = words.split_once(' ')?;
                let (are, never) =
                    self.of_interface(host.trim_start_matches('(').trim_end_matches(')'), nat)?;
                let at: fn(AddressSet) -> Match = match end {
                    "from" => Match::Source,
                    "to" => Match::Destination,
                    _ => return None,
                };
                Some(Addresses { are: are.map(at), never: never.map(at) })
            }
            _ => None,
        }
    }

    /// pf: the addresses that an interface has, or those of its network, and addresses that are surely not among them.
    /// What is translated is neither the machine's own nor in another network than that of the inside.
    fn of_interface(&self, host: &str, nat: Nat) -> Option<(Option<AddressSet>, Option<AddressSet>)> {
        let firewall = self.subject.firewall;
        let (name, part) = host.split_once(':').unwrap_or((host, ""));
        if name.is_empty() || !name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_') {
            return None;
        }
        let is_outside = firewall.outside.as_deref() == Some(name) || name == EGRESS;
        let is_inside = firewall.inside.as_deref() == Some(name);
        let (public, private) = ([nat.public].into_iter().collect(), [nat.private].into_iter().collect());
        match part {
            "" | "0" => Some((is_outside.then_some(public), Some(private))),
            "network" if !is_inside => Some((None, Some(private))),
            "network" if firewall.side == Side::Client => Some((Some(private), None)),
            _ => None,
        }
    }
}

/// What is known of addresses that rules leave open.
struct Addresses {
    /// They are these, perhaps among others.
    are: Option<Match>,
    /// They are none of these.
    never: Option<Match>,
}

/// An action that hides sources behind an address of the machine's own, with this address.
fn hidden_behind(action: &Action, public: IpAddr) -> Option<Action> {
    let ports = match action {
        Action::SourceNat { address: None, ports } => *ports,
        Action::Translate(translation)
            if (translation.end, &translation.to) == (Endpoint::Source, &NewAddress::Own) =>
        {
            translation.ports
        }
        _ => return None,
    };
    Some(Action::SourceNat { address: Some(public), ports })
}

/// pf: whether a condition asks if a source is in a table that is not at hand.
fn is_source_list(words: &str) -> bool {
    words.strip_prefix("from <").is_some_and(|rest| rest.ends_with('>'))
}

/// Whether a condition asks if a packet came in by an interface that leads back to its source, or if there is any way
/// back: `Some(true)` if it holds when there is, `Some(false)` if it holds when there is none.
pub(super) fn by_way_back(condition: &Match) -> Option<bool> {
    let Match::Opaque(words) = condition else { return None };
    let words: Vec<&str> = words.split_whitespace().filter(|&word| word != ".").collect();
    match words.as_slice() {
        ["-m", "rpfilter", options @ ..] => Some(!options.contains(&"--invert")),
        ["fib", flags @ .., "oif", "missing" | "0"] if flags.contains(&"saddr") => Some(false),
        ["fib", flags @ .., "oif", "exists"] if flags.contains(&"saddr") => Some(true),
        ["fib", flags @ .., "oif", "!=", "missing" | "0"] if flags.contains(&"saddr") => Some(true),
        ["fib", flags @ .., "oif", "!=", "exists"] if flags.contains(&"saddr") => Some(false),
        ["from", "urpf-failed" | "no-route"] => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_a_way_back_is_known_by_its_words() {
        for (words, expected) in [
            ("-m rpfilter --invert", Some(false)),
            ("-m rpfilter --loose --validmark --invert", Some(false)),
            ("-m rpfilter", Some(true)),
            ("fib saddr . mark . iif oif missing", Some(false)),
            ("fib saddr . iif oif 0", Some(false)),
            ("fib saddr oif != 0", Some(true)),
            ("fib saddr . iif oif exists", Some(true)),
            ("from urpf-failed", Some(false)),
            ("fib daddr . iif oif missing", None),
            ("fib saddr type local", None),
            ("-m recent --rcheck", None),
        ] {
            assert_eq!(by_way_back(&Match::Opaque(words.to_owned())), expected, "{words}");
        }
    }
}
