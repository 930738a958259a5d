//! Which interfaces a firewall has, and in which families its rules attach the FTP helper.
//!
//! A deployment may leave the interfaces open, and rules name them all the same. Then the ones are meant with which the
//! rules let most of the required packets through.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::crossing::{Crossing, FTP_HELPER, Interfaces, Moment, Session, Site};
use super::matrix::Judged;
use super::{Request, Subject, proxy, some_clients};
use crate::deployment::Place;
use crate::flow::Channel;
use crate::packet::{AddressSet, Family, PacketSet, Space, TooComplex};
use crate::ruleset::evaluate::{Evaluator, Question};
use crate::ruleset::trace::{BEFORE_CONNTRACK, Path};
use crate::ruleset::{Match, Ruleset};

/// How many interfaces of a rule set are tried.
const MOST_INTERFACES: usize = 6;

/// What a rule set lets through of everything that may be required.
pub(super) struct Survey<'a> {
    request: &'a Request<'a>,
    subject: &'a Subject<'a>,
    evaluator: &'a Evaluator<'a>,
    candidates: Vec<Candidate>,
    /// Per kind, the required packets that are let through, and any others.
    accepted: HashMap<Kind, PacketSet>,
    /// Per way, the control connections' first packets by which the helper is attached.
    helped: HashMap<Path, PacketSet>,
}

/// What is asked about together. A long list of rules is mostly about packets of one kind, and of the others its end is
/// all that has to be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Kind {
    path: Path,
    moment: Moment,
    expected: bool,
}

impl Kind {
    fn of(crossing: &Crossing) -> Self {
        let Crossing { path, moment, expected, .. } = *crossing;
        Self { path, moment, expected }
    }
}

/// Interfaces that may be meant, and what is required with them.
struct Candidate {
    interfaces: Interfaces,
    /// pf: the families in which the rules hand control connections to ftp-proxy.
    proxied: Vec<Family>,
    /// If a helper read every session.
    if_expected: Vec<Crossing>,
    /// If none read any.
    if_new: Vec<Crossing>,
}

/// What is known of a firewall's place.
pub(super) struct Situation {
    pub(super) interfaces: Interfaces,
    /// The families in which the rules attach the helper to every control connection, or hand it to ftp-proxy.
    pub(super) helped: Vec<Family>,
    /// Those in which they do so for some clients only, and for which.
    pub(super) some_clients: Vec<(Family, AddressSet)>,
    /// The required packets if a helper read every session, and what becomes of them.
    pub(super) if_expected: Vec<Judged>,
    /// The same if none read any.
    pub(super) if_new: Vec<Judged>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(
        request: &'a Request<'a>,
        subject: &'a Subject<'a>,
        evaluator: &'a Evaluator<'a>,
        space: &mut Space,
    ) -> Result<Self, TooComplex> {
        let mut candidates = Vec::new();
        for interfaces in candidates_of(subject) {
            let site =
                Site { deployment: request.deployment, firewall: subject.firewall, interfaces: &interfaces };
            let proxied = proxy::taken_up(site, &subject.rules.ruleset, space)?;
            let if_expected = site.crossings(Session::Plain, true, &proxied, space)?;
            let if_new = site.crossings(Session::Tls, false, &proxied, space)?;
            candidates.push(Candidate { interfaces, proxied, if_expected, if_new });
        }
        let mut survey = Self {
            request,
            subject,
            evaluator,
            candidates,
            accepted: HashMap::new(),
            helped: HashMap::new(),
        };
        let kinds: BTreeSet<Kind> = survey.crossings().map(Kind::of).collect();
        for kind in kinds {
            let within = survey.all(|crossing| Kind::of(crossing) == kind, space)?;
            let through = evaluator.accepted_at_least(Question::about(kind.path, within), space)?;
            survey.accepted.insert(kind, through);
        }
        for path in Path::ALL {
            let is_meant = |crossing: &Crossing| crossing.path == path && is_first_of_control(crossing);
            let within = survey.all(is_meant, space)?;
            let attached = evaluator.helped(Question::about(path, within), FTP_HELPER, space)?;
            survey.helped.insert(path, attached);
        }
        Ok(survey)
    }

    /// What any candidate requires.
    fn crossings(&self) -> impl Iterator<Item = &Crossing> {
        self.candidates.iter().flat_map(|one| one.if_expected.iter().chain(&one.if_new))
    }

    /// All such packets that any candidate requires.
    fn all(&self, which: impl Fn(&Crossing) -> bool, space: &mut Space) -> Result<PacketSet, TooComplex> {
        let wanted = self.crossings().filter(|crossing| which(crossing));
        let sets: HashSet<PacketSet> = wanted.map(|crossing| crossing.packets).collect();
        space.union_all(sets)
    }

    /// The interfaces with which most is let through, and what that is.
    pub(super) fn situation(self, space: &mut Space) -> Result<Situation, TooComplex> {
        let mut best: Option<(usize, usize)> = None;
        for (index, candidate) in self.candidates.iter().enumerate() {
            let mut score = 0;
            for crossing in candidate.if_expected.iter().chain(&candidate.if_new) {
                let through = self.let_through(crossing);
                score += usize::from(space.is_subset(crossing.packets, through)?);
            }
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, index));
            }
        }
        let (_, index) = best.unwrap_or_default();
        let candidate = &self.candidates[index];
        let mut families = candidate.proxied.clone();
        let mut partly: Vec<(Family, AddressSet)> = Vec::new();
        // netfilter's helper; pf has none but ftp-proxy.
        for family in self.request.deployment.families().filter(|_| !self.subject.firewall.dialect.is_pf()) {
            let mut all = true;
            let mut some: Option<AddressSet> = None;
            let own = candidate.if_new.iter().filter(|crossing| crossing.family == family);
            for crossing in own.filter(|crossing| is_first_of_control(crossing)) {
                let attached = self.helped.get(&crossing.path).copied().unwrap_or(PacketSet::EMPTY);
                // In whichever order chains and connection tracking were loaded.
                let orders = [
                    space.assume(attached, BEFORE_CONNTRACK, false)?,
                    space.assume(attached, BEFORE_CONNTRACK, true)?,
                ];
                let attached = space.intersection_all(orders)?;
                let attached = space.undenied(attached)?;
                if attached.is_empty() {
                    (all, some) = (false, None);
                    break;
                }
                // Who is turned away needs no helper.
                let through = space.undenied(self.let_through(crossing))?;
                let served = space.intersection(crossing.packets, through)?;
                all &= !served.is_empty() && space.is_subset(served, attached)?;
                let clients = if all { None } else { some_clients::of(served, attached, space)? };
                some = match (some, clients) {
                    (Some(known), Some(clients)) => Some(known.intersection(&clients)),
                    (known, clients) => known.or(clients),
                };
            }
            if all {
                families.push(family);
            } else if let Some(clients) = some.filter(|clients| !clients.is_empty()) {
                partly.push((family, clients));
            }
        }
        let if_expected = self.judged(&candidate.if_expected, space)?;
        let if_new = self.judged(&candidate.if_new, space)?;
        let interfaces = candidate.interfaces.clone();
        Ok(Situation { interfaces, helped: families, some_clients: partly, if_expected, if_new })
    }

    fn let_through(&self, crossing: &Crossing) -> PacketSet {
        self.accepted.get(&Kind::of(crossing)).copied().unwrap_or(PacketSet::EMPTY)
    }

    fn judged(&self, crossings: &[Crossing], space: &mut Space) -> Result<Vec<Judged>, TooComplex> {
        let mut all: Vec<(PacketSet, Judged)> = Vec::with_capacity(crossings.len());
        for crossing in crossings {
            let through = if crossing.onward.is_full() {
                self.let_through(crossing)
            } else {
                let Crossing { path, packets: within, onward, .. } = *crossing;
                self.evaluator.accepted_at_least(Question { path, within, onward }, space)?
            };
            let through = proxy::complete(crossing, self.subject, through, space)?;
            // The same packets stand behind several flows.
            let known = all
                .iter()
                .find(|(known, judged)| (*known, judged.crossing.packets) == (through, crossing.packets));
            let judged = match known {
                Some((_, judged)) => Judged { crossing: crossing.clone(), ..*judged },
                None => Judged::new(crossing.clone(), through, space)?,
            };
            all.push((through, judged));
        }
        Ok(all.into_iter().map(|(_, judged)| judged).collect())
    }
}

fn is_first_of_control(crossing: &Crossing) -> bool {
    crossing.opens() && crossing.flow.channel() == Channel::Control
}

/// The interfaces that may be meant: those declared, or those that the rules name.
fn candidates_of(subject: &Subject<'_>) -> Vec<Interfaces> {
    let named = names(&subject.rules.ruleset);
    let options = |declared: &Option<String>, usual: &str| match declared {
        Some(name) => vec![name.clone()],
        None => std::iter::once(usual.to_owned())
            .chain(named.iter().filter(|name| *name != usual).cloned())
            .collect::<Vec<_>>(),
    };
    let outside = options(&subject.firewall.outside, "eth0");
    if subject.firewall.place == Place::Host {
        return outside.into_iter().map(|outside| Interfaces { outside, inside: String::new() }).collect();
    }
    let inside = options(&subject.firewall.inside, "eth1");
    let pairs = outside.iter().flat_map(|outside| {
        inside.iter().map(move |inside| Interfaces { outside: outside.clone(), inside: inside.clone() })
    });
    pairs.filter(|pair| pair.outside != pair.inside).collect()
}

/// The interfaces that rules name, loopback left out.
fn names(ruleset: &Ruleset) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let rules = ruleset.chains.iter().flat_map(|chain| &chain.rules);
    let mut open: Vec<&Match> = rules.flat_map(|rule| rule.matches.iter()).collect();
    while let Some(condition) = open.pop() {
        match condition {
            Match::InInterface(interface) | Match::OutInterface(interface) => {
                // One of those whose names start so.
                let suffix = if interface.prefix { "0" } else { "" };
                let name = format!("{}{suffix}", interface.name);
                if !name.starts_with("lo") && names.len() < MOST_INTERFACES {
                    names.insert(name);
                }
            }
            Match::Not(inner) => open.push(inner),
            Match::AnyOf(alternatives) => open.extend(alternatives.iter().flatten()),
            _ => {}
        }
    }
    names
}
