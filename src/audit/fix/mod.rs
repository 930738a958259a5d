//! Mends: how the rules have to change for a finding to go away.
//!
//! [`proposed`] says what to change, at little cost: the rules that `generate` would write for what is missing, where the
//! packet is decided. Whether a mend is safe, that is removes the finding and adds none, is not argued but tried:
//! [`Trials`] change the texts, read them again, and audit what came of it.

mod apply;
mod broad;
mod missing;
#[cfg(test)]
mod tests;
mod text;
mod trial;

pub use trial::{Patch, Trials};

use super::context::Context;
use super::finding::{Finding, Message};
use super::shadow::Cause;
use super::{Place, RuleId};
use crate::deployment::Firewall;
use crate::dialect::collection::Text;
use crate::dialect::{self, Dialect};
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Hook, Rule, Ruleset, System};

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
}

/// A rule and how its dialect says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The rule.
    pub rule: Rule,
    /// Its lines, without what names the chain.
    pub lines: Vec<String>,
}

impl Edit {
    /// A new rule in front of all that were read from the same words as the rule at `before`.
    fn insertion(
        ruleset: &Ruleset,
        (chain, before): (usize, Option<usize>),
        rule: Rule,
        dialect: Dialect,
    ) -> Option<Self> {
        let rules = &ruleset.chains.get(chain)?.rules;
        let before = before.map(|at| {
            let origin = rules.get(at).and_then(|rule| rule.origin);
            let alike =
                rules.iter().take(at).rev().take_while(|rule| origin.is_some() && rule.origin == origin);
            at - alike.count()
        });
        let lines = dialect::rule_lines(&rule, ruleset.chains.get(chain)?, dialect);
        Some(Self::Insert { chain, before, rule: Written { rule, lines } })
    }

    /// The chain that it changes.
    #[must_use]
    pub fn chain(&self) -> usize {
        match self {
            Self::Insert { chain, .. } => *chain,
            Self::Replace { at, .. } => at.chain,
        }
    }
}

/// What mends a finding, where that can be said in rules.
pub(super) fn proposed(context: &mut Context<'_>, finding: &Finding) -> Option<Fix> {
    match &finding.message {
        Message::Missing(message) => missing::mend(context, message).ok()?,
        Message::Broad(message) => broad::mend(context, finding, message).ok()?,
        Message::Shadow(message) => moved(context, finding, message.cause),
        Message::Family(_) | Message::Helper(_) | Message::Nat(_) if OPENED.contains(&finding.rule) => {
            missing::mend_flows(context, &finding.flows).ok()?
        }
        _ => None,
    }
}

/// The findings that are gone once what their flows need is let through.
const OPENED: [RuleId; 4] = [RuleId::FTP012, RuleId::FTP013, RuleId::FTP025, RuleId::FTP027];

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
    let rule = context.rule(Place::Rule(at))?.clone();
    let dialect = dialect_of(ruleset, at.chain, context.firewall())?;
    let before = Edit::insertion(ruleset, (at.chain, Some(first.rule)), rule, dialect)?;
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
