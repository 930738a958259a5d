//! Mends: how the rules have to change for a finding to go away.
//!
//! [`proposed`] says what to change, at little cost: the rules that `generate` would write for what is missing, where the
//! packet is decided. Whether a mend is safe, that is removes the finding and adds none, is not argued but tried:
//! [`Trials`] change the texts, read them again, and audit what came of it.

mod addition;
mod apply;
mod broad;
mod chain;
mod helper;
mod missing;
mod nat;
mod related;
#[cfg(test)]
mod tests;
mod text;
mod trial;

pub use trial::{Patch, Trials};

use super::broad::{Kind, Message as BroadMessage};
use super::context::Context;
use super::finding::{Finding, Message};
use super::nat::Message as NatMessage;
use super::shadow::Cause;
use super::{Place, RuleId};
use crate::deployment::{Firewall, Strategy};
use crate::dialect::collection::Text;
use crate::dialect::{self, Dialect};
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Chain, Hook, Rule, Ruleset, System};

/// Changes of a rule set that mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The changes; all places are those before any of them.
    pub edits: Vec<Edit>,
    /// The texts after it, once it has been tried and found to be safe.
    pub tried: Option<Vec<Text>>,
}

impl Fix {
    /// A mend that has not been tried.
    fn new(edits: Vec<Edit>) -> Self {
        Self { edits, tried: None }
    }
}

/// One change of a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A new rule.
    Insert {
        /// The chain, by its place in [`Ruleset::chains`].
        chain: usize,
        /// The rule that it comes before; `None` is the end of the chain.
        before: Option<usize>,
        /// The rule.
        rule: Written,
    },
    /// Other rules instead of one.
    Replace {
        /// The one.
        at: RuleRef,
        /// The others; none where it is of no use.
        by: Vec<Written>,
    },
    /// Chains that are not there yet, with the objects that their rules name.
    Add {
        /// The text that they go into, by its number.
        text: usize,
        /// The chains and objects.
        part: Ruleset,
    },
}

/// A rule and how its dialect says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The rule.
    pub rule: Rule,
    /// Its lines, without what names the chain.
    pub lines: Vec<String>,
}

impl Written {
    /// A rule that was read, and then changed. `None` where the dialect's writer, which is made for generated rules, does
    /// not know how to say it.
    fn altered(rule: Rule, chain: &Chain, dialect: Dialect) -> Option<Self> {
        let lines = dialect::rule_lines(&rule, chain, dialect);
        dialect::says(&lines, &rule, chain, dialect).then_some(Self { rule, lines })
    }
}

impl Edit {
    /// A new rule in front of all that were read from the same words as the rule at `before`.
    fn insertion(
        ruleset: &Ruleset,
        (chain, before): (usize, Option<usize>),
        rule: Rule,
        dialect: Dialect,
    ) -> Option<Self> {
        let lines = dialect::rule_lines(&rule, ruleset.chains.get(chain)?, dialect);
        Self::inserted(ruleset, (chain, before), Written { rule, lines })
    }

    fn inserted(ruleset: &Ruleset, (chain, before): (usize, Option<usize>), rule: Written) -> Option<Self> {
        let rules = &ruleset.chains.get(chain)?.rules;
        let before = before.map(|at| {
            let origin = rules.get(at).and_then(|rule| rule.origin);
            let alike =
                rules.iter().take(at).rev().take_while(|rule| origin.is_some() && rule.origin == origin);
            at - alike.count()
        });
        Some(Self::Insert { chain, before, rule })
    }

    /// The chain that it changes, if it changes one.
    #[must_use]
    pub fn chain(&self) -> Option<usize> {
        match self {
            Self::Insert { chain, .. } => Some(*chain),
            Self::Replace { at, .. } => Some(at.chain),
            Self::Add { .. } => None,
        }
    }
}

/// What mends a finding, where that can be said in rules.
pub(super) fn proposed(context: &mut Context<'_>, finding: &Finding) -> Option<Fix> {
    match &finding.message {
        Message::Missing(message) => missing::mend(context, message).ok()?,
        Message::Broad(BroadMessage { kind: Kind::Related { named, .. }, .. }) => {
            related::mend(context, finding, *named)
        }
        Message::Broad(message) => broad::mend(context, finding, message).ok()?,
        Message::Shadow(message) => moved(context, finding, message.cause),
        Message::Family(_) | Message::Helper(_) | Message::Nat(_) if is_opened(context, finding.rule) => {
            missing::mend_flows(context, &finding.flows).ok()?
        }
        Message::Helper(message) => helper::mend(context, finding, message),
        Message::Nat(NatMessage::Remapped { private, range, .. }) => {
            nat::mend(context, finding, *private, *range)
        }
        Message::Nat(NatMessage::Twice { .. }) => helper::without(context, finding),
        _ => None,
    }
}

/// Whether a finding is gone once what its flows need is let through, in the way that the deployment has chosen.
fn is_opened(context: &Context<'_>, rule: RuleId) -> bool {
    let by_helper = context.firewall().strategy == Strategy::Helper;
    match rule {
        RuleId::FTP012 | RuleId::FTP025 | RuleId::FTP027 => true,
        RuleId::FTP009 | RuleId::FTP010 => !by_helper,
        RuleId::FTP013 => by_helper,
        _ => false,
    }
}

/// A rule that never decides, in front of the first that does instead.
fn moved(context: &Context<'_>, finding: &Finding, cause: Cause) -> Option<Fix> {
    let &Place::Rule(at) = finding.places.first()? else { return None };
    let ruleset = context.ruleset();
    let others = finding.places[1..].iter().filter_map(|place| match place {
        Place::Rule(rule) => Some(*rule),
        _ => None,
    });
    let first = others.filter(|rule| rule.chain == at.chain).min()?;
    if cause != Cause::Earlier || first >= at {
        return None;
    }
    let (rule, chain) = (context.rule(Place::Rule(at))?.clone(), &ruleset.chains[at.chain]);
    let rule = match text::words(ruleset, at, &context.subject.rules.texts) {
        // It may ask for more than the writer of its dialect knows to say.
        Some(words) => Written { rule, lines: vec![words] },
        None => Written::altered(rule, chain, dialect_of(ruleset, at.chain, context.firewall())?)?,
    };
    let before = Edit::inserted(ruleset, (at.chain, Some(first.rule)), rule)?;
    Some(Fix::new(vec![before, Edit::Replace { at, by: Vec::new() }]))
}

/// The dialect of the chain at `index`.
fn dialect_of(ruleset: &Ruleset, index: usize, firewall: &Firewall) -> Option<Dialect> {
    let translates = |hook| matches!(hook, Hook::PfNat | Hook::PfRdr);
    let mut hooks = ruleset.chains.iter().filter_map(|chain| Some(chain.base?.hook));
    Some(match ruleset.chains.get(index)?.table.system {
        System::Iptables => Dialect::Iptables,
        System::Nftables => Dialect::Nftables,
        System::Pf if firewall.dialect.is_pf() => firewall.dialect,
        System::Pf if hooks.any(translates) => Dialect::PfFreebsd,
        System::Pf => Dialect::PfOpenbsd,
    })
}
