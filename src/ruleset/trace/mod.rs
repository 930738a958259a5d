//! What a rule set does with one packet: the verdict, and every rule that the packet meets on the way.
//!
//! A rule may ask something that is not modelled. Then every answer is tried, the same words having the same
//! answer everywhere: if all lead to one verdict, that is the verdict, otherwise it is unknown.

mod condition;
mod netfilter;
mod pf;
pub mod spec;

use self::condition::Answers;
pub(super) use self::condition::{is_of_connection, of_template};
pub use self::netfilter::{ANNOUNCED_TRANSLATED, BEFORE_CONNTRACK};
use super::order::Order;
use super::sources::SourceIndex;
use super::translation::{Doubt, moved, translates};
use super::{Action, Endpoint, Hook, Match, Rule, Ruleset, announced};
use crate::packet::{Packet, Payload};

/// The way of a packet through the machine that the rule set is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Path {
    /// To this machine: prerouting, then input. pf: in.
    Input,
    /// Through it: prerouting, forward, postrouting. pf: in on one interface, out on the other.
    Forward,
    /// From it: output, then postrouting. pf: out.
    Output,
}

impl Path {
    /// The three.
    pub const ALL: [Self; 3] = [Self::Input, Self::Forward, Self::Output];

    /// The hooks of netfilter that packets pass on this way, in order.
    #[must_use]
    pub fn hooks(self) -> &'static [Hook] {
        match self {
            Self::Input => &[Hook::Prerouting, Hook::Input],
            Self::Forward => &[Hook::Prerouting, Hook::Forward, Hook::Postrouting],
            Self::Output => &[Hook::Output, Hook::Postrouting],
        }
    }

    /// Whether packets pass a hook on this way; those of pf they always do.
    #[must_use]
    pub fn passes(self, hook: Hook) -> bool {
        matches!(hook, Hook::PfFilter | Hook::PfNat | Hook::PfRdr) || self.hooks().contains(&hook)
    }

    /// The name of the hook that it is named after.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
        }
    }
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It goes through.
    Accept,
    /// It is discarded silently.
    Drop,
    /// It is discarded, and its sender told.
    Reject,
    /// That depends on something that is not modelled.
    Unknown,
}

impl Verdict {
    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Drop => "drop",
            Self::Reject => "reject",
            Self::Unknown => "unknown",
        }
    }
}

/// A rule of a rule set, by its place in [`Ruleset::chains`] and in [`Chain::rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef {
    /// The chain.
    pub chain: usize,
    /// The rule in it.
    pub rule: usize,
}

/// What decided on a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decider {
    /// A rule.
    Rule(RuleRef),
    /// The policy of a base chain.
    Policy {
        /// The chain.
        chain: usize,
    },
    /// Nothing: no rule set sees the packet, or pf knows its connection.
    Nothing,
}

/// What a rule set does with one packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What becomes of it.
    pub verdict: Verdict,
    /// What decided; for an unknown verdict, the first rule that asks what is not modelled.
    pub by: Decider,
    /// The rules that match it, in the order that it meets them. For an unknown verdict, those that it meets if no
    /// unmodelled condition holds.
    pub met: Vec<RuleRef>,
    /// The rules that would accept it but for one condition, in the order that it passes them.
    pub near: Vec<NearMiss>,
    /// The unmodelled conditions that the verdict depends on, in the words of the rules.
    pub doubts: Vec<String>,
    /// The packet as it leaves: translated, marked.
    pub packet: Packet,
}

/// A rule that would accept a packet but for one condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NearMiss {
    /// The rule.
    pub rule: RuleRef,
    /// The condition that does not hold, by its place in [`Rule::matches`].
    pub condition: usize,
}

/// How many ways through the rules are tried before a verdict counts as unknown.
const MAX_WAYS: usize = 1024;

/// A rule set prepared for following packets through it.
#[derive(Debug)]
pub struct Tracer<'a> {
    ruleset: &'a Ruleset,
    order: Order<'a>,
    translates_sources: bool,
    translates_destinations: bool,
    /// Whether control connections may be translated.
    translates_announcing: bool,
    /// The rules by their sources, where those that are missed by one condition are not asked for.
    sources: Option<SourceIndex>,
}

/// One way of a packet through the rules.
#[derive(Debug, Clone)]
struct Way {
    verdict: Verdict,
    by: Decider,
    met: Vec<RuleRef>,
    near: Vec<NearMiss>,
    packet: Packet,
}

impl Way {
    /// Remembers `rule`, which does not match, if that is for one condition only.
    fn passes(&mut self, rule: &Rule, place: RuleRef, holds: impl Fn(&Match) -> bool) {
        if !rule.actions.contains(&Action::Accept) {
            return;
        }
        let mut missed = rule.matches.iter().enumerate().filter(|(_, condition)| !holds(condition));
        if let (Some((condition, _)), None) = (missed.next(), missed.next()) {
            self.near.push(NearMiss { rule: place, condition });
        }
    }
}

/// A condition that is not modelled and has no answer yet, and the rule that asks it.
#[derive(Debug)]
struct Question {
    words: String,
    asked_by: RuleRef,
}

impl<'a> Tracer<'a> {
    /// Prepares `ruleset`.
    #[must_use]
    pub fn new(ruleset: &'a Ruleset) -> Self {
        Self {
            ruleset,
            order: Order::of(ruleset),
            translates_sources: translates(ruleset, Endpoint::Source),
            translates_destinations: translates(ruleset, Endpoint::Destination),
            translates_announcing: announced::may_be_translated(ruleset),
            sources: None,
        }
    }

    /// Prepares `ruleset` for many packets, of which no [near misses](Trace::near) are told: so it need not look at every
    /// rule of a long chain.
    #[must_use]
    pub fn without_near_misses(ruleset: &'a Ruleset) -> Self {
        Self { sources: Some(SourceIndex::of(ruleset)), ..Self::new(ruleset) }
    }

    fn tells_near_misses(&self) -> bool {
        self.sources.is_none()
    }

    /// Follows `packet` along `path`.
    #[must_use]
    pub fn trace(&self, packet: &Packet, path: Path) -> Trace {
        let mut open = vec![Answers::default()];
        let mut first: Option<Way> = None;
        let mut question: Option<Question> = None;
        let mut ways = 0;
        while let Some(answers) = open.pop() {
            let way = match self.way(packet, path, &answers) {
                Ok(way) => way,
                Err(asked) => {
                    // The way on which no unmodelled condition holds is followed first.
                    open.push(answers.with(&asked.words, true));
                    open.push(answers.with(&asked.words, false));
                    question.get_or_insert(asked);
                    continue;
                }
            };
            ways += 1;
            let differs = first.as_ref().is_some_and(|known| known.verdict != way.verdict);
            if differs || ways >= MAX_WAYS {
                let doubts = answers.words().collect();
                let Way { by, met, near, packet, .. } = first.unwrap_or(way);
                let by = question.map_or(by, |asked| Decider::Rule(asked.asked_by));
                return Trace { verdict: Verdict::Unknown, by, met, near, doubts, packet };
            }
            first.get_or_insert(way);
        }
        match first {
            Some(Way { verdict, by, met, near, packet }) => {
                Trace { verdict, by, met, near, doubts: Vec::new(), packet }
            }
            None => self.untouched(packet),
        }
    }

    fn untouched(&self, packet: &Packet) -> Trace {
        debug_assert!(self.ruleset.chains.iter().all(|chain| chain.base.is_none()), "a way ends");
        Trace {
            verdict: Verdict::Accept,
            by: Decider::Nothing,
            met: Vec::new(),
            near: Vec::new(),
            doubts: Vec::new(),
            packet: packet.clone(),
        }
    }

    fn way(&self, packet: &Packet, path: Path, answers: &Answers) -> Result<Way, Question> {
        let mut way = Way {
            verdict: Verdict::Accept,
            by: Decider::Nothing,
            met: Vec::new(),
            near: Vec::new(),
            packet: packet.clone(),
        };
        netfilter::follow(self, path, answers, &mut way)?;
        if way.verdict == Verdict::Accept {
            pf::follow(self, path, answers, &mut way)?;
        }
        Ok(way)
    }

    fn rule(&self, place: RuleRef) -> &'a Rule {
        &self.ruleset.chains[place.chain].rules[place.rule]
    }
}

/// What is not known of a packet because a rule that translated it left it open.
#[derive(Debug, Clone, Copy, Default)]
struct Doubts<'a> {
    source: Option<Doubt<'a>>,
    destination: Option<Doubt<'a>>,
}

/// Translates `packet` as `action` says, if it is a translation. The address of the interface that the packet leaves
/// by stays as it is: no rule after it can name it.
fn translate(action: &Action, packet: &mut Packet) {
    match action {
        Action::DestinationNat { address, port } => {
            packet.destination = address.unwrap_or(packet.destination);
            if let Payload::Tcp { destination_port, .. } | Payload::Ports { destination_port, .. } =
                &mut packet.payload
            {
                *destination_port = port.unwrap_or(*destination_port);
            }
        }
        Action::SourceNat { address: Some(address), .. } if address.is_ipv4() == packet.source.is_ipv4() => {
            packet.source = *address;
        }
        Action::MoveNetwork { end: Endpoint::Source, network } => {
            packet.source = moved(packet.source, *network);
        }
        Action::MoveNetwork { end: Endpoint::Destination, network } => {
            packet.destination = moved(packet.destination, *network);
        }
        _ => {}
    }
}
