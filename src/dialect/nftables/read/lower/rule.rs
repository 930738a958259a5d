//! A rule as it is written to rules of the model.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::problem::Problem;
use super::super::source::Problems;
use super::super::syntax::{Comparison, Element, Expr, Nat, RuleText, Statement, Verdict};
use super::condition::{Conditions, Known, Limits, View};
use super::value::Gap;
use super::{mark, nat};
use crate::packet::Family;
use crate::ruleset::{Action, Match, Origin, Rule, TableFamily};

/// What a rule as it is written amounts to.
#[derive(Default)]
pub(super) struct Made {
    /// The rules in its place. They are several where it matches again after an action, and where a map chooses between
    /// verdicts or targets.
    pub(super) rules: Vec<Rule>,
    /// Chains of our own, by name, for what follows an action that changes what the conditions before it ask about: they
    /// cannot be asked again.
    pub(super) continuations: Vec<(String, Vec<Rule>)>,
}

/// What `text` amounts to.
pub(super) fn rules(text: &RuleText, view: &View, limits: &mut Limits, problems: &mut Problems) -> Made {
    let family = match view.family {
        TableFamily::Ip => Some(Family::Ipv4),
        TableFamily::Ip6 => Some(Family::Ipv6),
        TableFamily::Inet => None,
    };
    let mut making = Making {
        text,
        conditions: Conditions { view, limits },
        problems,
        known: Known { family, protocol: None },
        matches: Vec::new(),
        actions: Vec::new(),
        made: Made::default(),
        rest: &[],
        ended: false,
    };
    for (index, (statement, origin)) in text.statements.iter().enumerate() {
        making.rest = &text.statements[index..];
        if making.ended {
            break;
        }
        making.statement(statement, *origin);
    }
    if !making.ended {
        making.finish();
    }
    making.made
}

/// The statement of an action that changes what one of the conditions asks about.
fn changed(action: &Action, conditions: &[Match]) -> Option<&'static str> {
    let (statement, asks): (_, fn(&Match) -> bool) = match action {
        Action::SetMark(_) => ("meta mark set", |condition| matches!(condition, Match::Mark(_))),
        Action::SetConnMark(_) => ("ct mark set", |condition| matches!(condition, Match::ConnMark(_))),
        Action::Notrack => ("notrack", |condition| matches!(condition, Match::State(_))),
        _ => return None,
    };
    conditions.iter().any(|condition| mentions(condition, asks)).then_some(statement)
}

fn mentions(condition: &Match, asks: fn(&Match) -> bool) -> bool {
    match condition {
        Match::Not(inner) => mentions(inner, asks),
        Match::AnyOf(alternatives) => alternatives.iter().flatten().any(|inner| mentions(inner, asks)),
        other => asks(other),
    }
}

/// A rule in the making.
struct Making<'a> {
    text: &'a RuleText,
    conditions: Conditions<'a>,
    problems: &'a mut Problems,
    known: Known,
    matches: Vec<Match>,
    actions: Vec<Action>,
    made: Made,
    /// The statements that are still to come, the present one among them.
    rest: &'a [(Statement, Origin)],
    /// Whether a map has made the last rules already.
    ended: bool,
}

impl Making<'_> {
    fn statement(&mut self, statement: &Statement, origin: Origin) {
        match statement {
            Statement::Match { key, comparison, value } => self.compare(key, *comparison, value, origin),
            Statement::Condition(text) => {
                self.before_match();
                self.matches.push(Match::Opaque(text.clone()));
            }
            Statement::VerdictMap { key, map } => self.verdict_map(key, map, origin),
            Statement::Nat(nat) => self.translate(nat, origin),
            Statement::Verdict(verdict) => {
                let action = self.verdict(verdict, origin);
                self.actions.extend(action);
            }
            Statement::Reject => self.actions.push(Action::Reject),
            Statement::Notrack => self.actions.push(Action::Notrack),
            Statement::AssignHelper(name) => self.actions.push(Action::AssignHelper(name.to_string())),
            Statement::SetMark(value) => {
                self.actions.extend(mark::assigned("meta mark", value).map(Action::SetMark));
            }
            Statement::SetConnMark(value) => {
                self.actions.extend(mark::assigned("ct mark", value).map(Action::SetConnMark));
            }
            Statement::Update { condition, .. } => {
                if let Some(condition) = condition {
                    self.before_match();
                    self.matches.push(Match::Opaque(condition.clone()));
                }
            }
            Statement::Unknown(text) => self.actions.push(Action::Unknown(text.clone())),
        }
    }

    /// What was done before a condition is done whether the condition holds or not.
    fn before_match(&mut self) {
        if let Some(changed) = self.actions.iter().find_map(|action| changed(action, &self.matches)) {
            let origin = self.text.origin;
            // A chain of our own is not left by what leaves the rule's.
            let leaves = |(statement, _): &(Statement, Origin)| {
                matches!(
                    statement,
                    Statement::VerdictMap { .. } | Statement::Verdict(Verdict::Return | Verdict::Goto(_))
                )
            };
            if self.rest.iter().any(leaves) {
                self.problems.push(origin, Problem::NotModelled { text: changed.to_owned() });
                self.actions.push(Action::Unknown(format!("{changed} ({})", origin.line)));
                self.finish();
                self.ended = true;
                return;
            }
            // No name in a text has a space.
            let name = format!("{} {} {}", origin.text, origin.start, self.made.continuations.len());
            self.actions.push(Action::Jump(name.clone()));
            self.finish();
            self.made.continuations.push((name, Vec::new()));
        } else if !self.actions.is_empty() {
            let matches = self.matches.clone();
            let actions = std::mem::take(&mut self.actions);
            self.push(matches, actions);
        }
    }

    fn push(&mut self, matches: Vec<Match>, actions: Vec<Action>) {
        let rule = Rule {
            matches: matches.into(),
            actions: actions.into(),
            quick: true,
            comment: self.text.comment.as_deref().map(Into::into),
            origin: Some(self.text.origin),
        };
        match self.made.continuations.last_mut() {
            Some((_, rules)) => rules.push(rule),
            None => self.made.rules.push(rule),
        }
    }

    fn finish(&mut self) {
        let (matches, actions) = (std::mem::take(&mut self.matches), std::mem::take(&mut self.actions));
        self.push(matches, actions);
    }

    fn compare(&mut self, key: &Expr, comparison: Comparison, value: &Expr, origin: Origin) {
        self.before_match();
        let compared = self.conditions.compare(key, comparison, value, &mut self.known, &mut self.matches);
        if let Err(gap) = compared {
            self.report(gap, key, origin);
        }
    }

    fn report(&mut self, gap: Gap, key: &Expr, origin: Origin) {
        let problem = match gap {
            Gap::Opaque => return,
            Gap::Value(value) => Problem::UnknownValue { field: key.to_string(), value },
            Gap::Set(name) => Problem::UnknownSet { name },
            Gap::TooLarge => Problem::TooLarge,
        };
        self.problems.push(origin, problem);
    }

    fn verdict(&mut self, verdict: &Verdict, origin: Origin) -> Option<Action> {
        Some(match verdict {
            Verdict::Accept => Action::Accept,
            Verdict::Drop => Action::Drop,
            Verdict::Continue => return None,
            Verdict::Return => Action::Return,
            Verdict::Jump(chain) | Verdict::Goto(chain)
                if !self.conditions.view.chains.contains(chain.as_ref()) =>
            {
                self.problems.push(origin, Problem::UnknownChain { name: chain.to_string() });
                Action::Unknown(verdict.to_string())
            }
            Verdict::Jump(chain) => Action::Jump(chain.to_string()),
            Verdict::Goto(chain) => Action::Goto(chain.to_string()),
            Verdict::Queue(text) => Action::Unknown(text.to_string()),
        })
    }

    /// One rule for each verdict that the map has, for all packets together that it has it for. Keys are disjoint,
    /// so that the order does not matter, but for the one that stands for all others.
    fn verdict_map(&mut self, key: &Expr, map: &Expr, origin: Origin) {
        self.before_match();
        let groups = match self.groups(map) {
            Ok(groups) => groups,
            Err(gap) => {
                self.report(gap, key, origin);
                self.actions.push(Action::Unknown(format!("{key} vmap {map}")));
                return;
            }
        };
        self.conditions.imply(key, &mut self.known, &mut self.matches);
        for group in groups {
            let action = match &group.value {
                Expr::Verdict(verdict) => self.verdict(verdict, origin),
                other => Some(Action::Unknown(other.to_string())),
            };
            self.chosen(key, &group, action.into_iter().collect(), origin);
        }
        self.ended = true;
    }

    /// A rule for the packets of a group.
    fn chosen(&mut self, key: &Expr, group: &Group, actions: Vec<Action>, origin: Origin) {
        let (known, matches) = (self.known, self.matches.clone());
        self.compare(key, group.comparison, &group.keys, origin);
        self.known = known;
        let matches = std::mem::replace(&mut self.matches, matches);
        self.push(matches, actions);
    }

    /// The elements of a map by what it has for them.
    fn groups(&mut self, map: &Expr) -> Result<Vec<Group>, Gap> {
        let elements: Rc<[Element]> = match map {
            Expr::Set(elements) => Rc::clone(elements),
            Expr::Named(name) => self.conditions.elements(name)?,
            _ => return Err(Gap::Opaque),
        };
        let mut index: HashMap<&Expr, usize> = HashMap::new();
        let mut groups: Vec<(&Expr, Vec<Element>)> = Vec::new();
        let mut others = None;
        for element in elements.iter() {
            let value = element.value.as_ref().ok_or(Gap::Opaque)?;
            if element.key == Expr::Any {
                others = Some(value);
                continue;
            }
            let at = *index.entry(value).or_insert(groups.len());
            if at == groups.len() {
                groups.push((value, Vec::new()));
            }
            if let Some((_, keys)) = groups.get_mut(at) {
                keys.push(Element { key: element.key.clone(), value: None });
            }
        }
        let mut made: Vec<Group> = Vec::new();
        for (value, keys) in groups {
            let keys = Expr::Set(keys.into());
            made.push(Group { keys, comparison: Comparison::Equal, value: value.clone() });
        }
        if let Some(value) = others {
            let named = elements.iter().filter(|element| element.key != Expr::Any);
            let keys =
                Expr::Set(named.map(|element| Element { key: element.key.clone(), value: None }).collect());
            made.push(Group { keys, comparison: Comparison::NotEqual, value: value.clone() });
        }
        Ok(made)
    }

    fn translate(&mut self, nat: &Nat, origin: Origin) {
        if let Some((key, map)) = nat::mapped(nat) {
            self.before_match();
            if let Ok(groups) = self.groups(map) {
                self.imply_family(nat.family);
                self.conditions.imply(key, &mut self.known, &mut self.matches);
                for group in groups {
                    let action = self.translation(&nat::with_target(nat, &group.value), origin);
                    self.chosen(key, &group, vec![action], origin);
                }
                self.ended = true;
                return;
            }
        }
        if self.conditions.view.family == TableFamily::Inet {
            self.imply_family(nat::family(nat));
        }
        let action = self.translation(nat, origin);
        self.actions.push(action);
    }

    /// Packets of another family pass a translation untouched.
    fn imply_family(&mut self, family: Option<Family>) {
        if let Some(family) = family
            && self.known.family != Some(family)
        {
            self.before_match();
            self.known.family = Some(family);
            self.matches.push(Match::Family(family));
        }
    }

    fn translation(&mut self, nat: &Nat, origin: Origin) -> Action {
        let shown = |expr: &Option<Expr>| expr.as_ref().map(ToString::to_string).unwrap_or_default();
        let colon = if nat.port.is_some() { ":" } else { "" };
        let text = format!("{} to {}{colon}{}", nat.kind.keyword(), shown(&nat.address), shown(&nat.port));
        nat::action(nat, &text).unwrap_or_else(|| {
            self.problems.push(origin, Problem::NotModelled { text: text.clone() });
            Action::Unknown(text)
        })
    }
}

/// The elements of a map that have the same value.
struct Group {
    /// Their keys, as a set.
    keys: Expr,
    /// `Equal`, or `NotEqual` for all packets that have none of the keys.
    comparison: Comparison,
    value: Expr,
}
