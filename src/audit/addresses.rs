//! What a deployment says of addresses that rules leave to the machine: a gateway that shows a public address has it
//! on its outside, and the network that it shows it for is that of its inside.

use std::borrow::Cow;

use super::Subject;
use crate::deployment::{Nat, Side};
use crate::dialect::collection::Collection;
use crate::packet::AddressSet;
use crate::ruleset::{AddressType, Chain, Match, Ruleset};

/// The rules of a firewall with the addresses filled in that the deployment declares.
#[must_use]
pub fn as_deployed<'a>(subject: &Subject<'a>) -> Cow<'a, Collection> {
    let Some(nat) = subject.firewall.nat else { return Cow::Borrowed(subject.rules) };
    let known = Known { subject, nat };
    let ruleset = &subject.rules.ruleset;
    let any = ruleset.chains.iter().any(|chain| {
        let translates = translates(ruleset, chain);
        chain
            .rules
            .iter()
            .flat_map(|rule| &rule.matches)
            .any(|condition| known.is_open(condition, translates))
    });
    if !any {
        return Cow::Borrowed(subject.rules);
    }
    let mut rules = subject.rules.clone();
    for index in 0..rules.ruleset.chains.len() {
        let translates = translates(ruleset, &ruleset.chains[index]);
        for rule in &mut rules.ruleset.chains[index].rules {
            for condition in &mut rule.matches {
                *condition = known.filled(condition, translates);
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
    subject: &'s Subject<'a>,
    nat: Nat,
}

impl Known<'_, '_> {
    fn is_open(&self, condition: &Match, translates: bool) -> bool {
        match condition {
            Match::Not(inner) => self.is_open(inner, translates),
            Match::AnyOf(alternatives) => {
                alternatives.iter().flatten().any(|inner| self.is_open(inner, translates))
            }
            other => self.addresses(other, translates).is_some(),
        }
    }

    /// The condition, with the addresses that it is known to hold for as another way to meet it.
    fn filled(&self, condition: &Match, translates: bool) -> Match {
        match condition {
            Match::Not(inner) => self.filled(inner, translates).negated(),
            Match::AnyOf(alternatives) => {
                let all = |all: &Vec<Match>| all.iter().map(|one| self.filled(one, translates)).collect();
                Match::AnyOf(alternatives.iter().map(all).collect())
            }
            other => match self.addresses(other, translates) {
                Some(known) => Match::AnyOf(vec![vec![other.clone()], vec![known]]),
                None => other.clone(),
            },
        }
    }

    fn addresses(&self, condition: &Match, translates: bool) -> Option<Match> {
        let public = || [self.nat.public].into_iter().collect::<AddressSet>();
        let firewall = self.subject.firewall;
        match condition {
            Match::DestinationType(AddressType::Local) if translates => Some(Match::Destination(public())),
            // pf: the addresses of an interface, and the network that it is in.
            Match::Opaque(words) => {
                let (end, host) = words.split_once(' ')?;
                let host = host.trim_start_matches('(').trim_end_matches(')');
                let outside = firewall.outside.as_deref() == Some(host) || host == "egress";
                let network =
                    host.strip_suffix(":network").map(|name| Some(name) == firewall.inside.as_deref());
                let set = if outside {
                    public()
                } else if network == Some(true) && firewall.side == Side::Client {
                    [self.nat.private].into_iter().collect()
                } else {
                    return None;
                };
                match end {
                    "from" => Some(Match::Source(set)),
                    "to" => Some(Match::Destination(set)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
