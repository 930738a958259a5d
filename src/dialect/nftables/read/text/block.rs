//! Blocks: a table with what is in it, a chain with its rules.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::lex::Kind;
use super::super::problem::{Expected, Problem};
use super::super::syntax::{Expr, RuleText};
use super::super::tables::Table;
use super::Cursor;
use super::cursor::{Failed, Orphans, Parsed};
use crate::ruleset::{BaseChain, Hook, Policy, priority};

impl Cursor<'_> {
    /// Reads lines up to the brace that closes a block. Variables that are defined in it end with it.
    pub(super) fn block(&mut self, mut line: impl FnMut(&mut Self) -> Parsed<()>) -> Parsed<()> {
        self.symbol("{")?;
        self.scopes.push(HashMap::new());
        loop {
            self.skip_ends();
            match self.kind() {
                Kind::Symbol(b'}') => {
                    self.next();
                    break;
                }
                Kind::Eof => {
                    self.unexpected(Expected::Text("}"));
                    break;
                }
                _ => {}
            }
            match self.definition() {
                Ok(true) => self.end(),
                Ok(false) => match line(self) {
                    Ok(()) => self.end(),
                    Err(Failed) => self.skip_statement(),
                },
                Err(Failed) => self.skip_statement(),
            }
        }
        self.scopes.pop();
        Ok(())
    }

    /// A table's block.
    pub(super) fn table_block(&mut self, table: &mut Table) -> Parsed<()> {
        self.block(|inside| inside.table_line(table))
    }

    fn table_line(&mut self, table: &mut Table) -> Parsed<()> {
        match self.text() {
            "chain" => {
                self.next();
                let name = self.word(Expected::Name)?.to_owned();
                table.chain(&name);
                self.chain_block(table, &name)
            }
            "set" | "map" | "meter" => {
                self.next();
                let name = self.word(Expected::Name)?.to_owned();
                self.set_block(table.sets.entry(name).or_default())
            }
            "ct" if self.second_text() == "helper" => {
                self.next();
                self.next();
                let name = self.word(Expected::Name)?.to_owned();
                self.helper_block(table, name)
            }
            "flowtable" | "counter" | "quota" | "limit" | "secmark" | "synproxy" | "ct" | "comment" => {
                // Nothing that a verdict depends on.
                self.skip_statement();
                Ok(())
            }
            "flags" => {
                self.next();
                loop {
                    let flag = self.word(Expected::Text("dormant"))?;
                    table.dormant |= flag == "dormant";
                    if !self.accept_symbol(b',') {
                        return Ok(());
                    }
                }
            }
            _ => Err(self.unexpected(Expected::TablePart)),
        }
    }

    /// A chain's block.
    pub(super) fn chain_block(&mut self, table: &mut Table, name: &str) -> Parsed<()> {
        self.block(|inside| inside.chain_line(table, name))
    }

    fn chain_line(&mut self, table: &mut Table, name: &str) -> Parsed<()> {
        match (self.kind(), self.text()) {
            (Kind::Word, "type") => {
                let base = self.base_chain()?;
                table.chain(name).base = base;
                Ok(())
            }
            (Kind::Word, "policy") => {
                self.next();
                let policy = self.policy()?;
                if let Some(base) = &mut table.chain(name).base {
                    base.policy = policy;
                }
                Ok(())
            }
            (Kind::Word, "flags" | "comment" | "devices") => {
                self.skip_statement();
                Ok(())
            }
            _ => {
                let rule = self.rule();
                adopt(&mut self.orphans, table);
                table.chain(name).rules.push_back(rule);
                Ok(())
            }
        }
    }

    /// `type filter hook input priority filter - 5`, with the policy that nft assumes.
    fn base_chain(&mut self) -> Parsed<Option<BaseChain>> {
        self.next();
        if !matches!(self.text(), "filter" | "nat" | "route") {
            return Err(self.unexpected(Expected::ChainType));
        }
        let nat = self.is("nat");
        self.next();
        self.keyword("hook")?;
        let origin = self.here();
        let name = self.word(Expected::Hook)?;
        if self.accept("device") {
            self.computed()?;
        } else if self.accept("devices") {
            self.symbol("=")?;
            self.value()?;
        }
        self.keyword("priority")?;
        let priority = self.priority()?;
        match hook(name) {
            Some(HookName::Modelled(hook)) => {
                Ok(Some(BaseChain { hook, priority, policy: Policy::Accept, nat }))
            }
            Some(HookName::Other) => {
                self.problem(origin, Problem::OtherHook { hook: name.to_owned() });
                Ok(None)
            }
            None => Err(self
                .problem(origin, Problem::Unexpected { found: name.to_owned(), expected: Expected::Hook })),
        }
    }

    /// A priority: a number, or a name with an offset.
    fn priority(&mut self) -> Parsed<i32> {
        let mut total = 0_i64;
        let mut sign = 1;
        if self.accept_symbol(b'-') {
            sign = -1;
        } else {
            self.accept_symbol(b'+');
        }
        loop {
            let origin = self.here();
            let term = if self.kind() == Kind::Variable {
                self.variable()?
            } else {
                super::atom(self.word(Expected::Priority)?)
            };
            let Some(value) = priority_value(&term) else {
                let found = term.to_string();
                return Err(self.problem(origin, Problem::Unexpected { found, expected: Expected::Priority }));
            };
            total += sign * value;
            if self.accept_symbol(b'-') {
                sign = -1;
            } else if self.accept_symbol(b'+') {
                sign = 1;
            } else {
                return i32::try_from(total).map_err(|_| self.unexpected(Expected::Priority));
            }
        }
    }

    fn policy(&mut self) -> Parsed<Policy> {
        let policy = if self.kind() == Kind::Variable {
            self.variable()?.to_string()
        } else {
            match self.text() {
                word @ ("accept" | "drop") => {
                    self.next();
                    word.to_owned()
                }
                _ => return Err(self.unexpected(Expected::Policy)),
            }
        };
        match policy.as_str() {
            "accept" => Ok(Policy::Accept),
            "drop" => Ok(Policy::Drop),
            _ => Err(self.unexpected(Expected::Policy)),
        }
    }

    /// A chain that is written where its name could stand: `jump { ... }`.
    pub(super) fn anonymous_chain(&mut self) -> Parsed<Rc<str>> {
        let name: Rc<str> = format!("__chain{}", self.anonymous).into();
        self.anonymous += 1;
        let mut rules: Vec<RuleText> = Vec::new();
        self.block(|inside| {
            rules.push(inside.rule());
            Ok(())
        })?;
        self.orphans.push((name.to_string(), rules));
        Ok(name)
    }

    /// A rule out of nowhere; the chains that are written in it are added to `orphans`.
    pub(in super::super) fn detached_rule(
        &mut self,
        anonymous: &mut usize,
        orphans: &mut Orphans,
    ) -> RuleText {
        self.anonymous = *anonymous;
        let rule = self.rule();
        *anonymous = self.anonymous;
        orphans.append(&mut self.orphans);
        rule
    }
}

/// Gives a table the chains that were written in its rules.
pub(in super::super) fn adopt(orphans: &mut Orphans, table: &mut Table) {
    for (name, rules) in orphans.drain(..) {
        table.chain(&name).rules.extend(rules);
    }
}

/// A hook that nft knows.
pub(in super::super) enum HookName {
    Modelled(Hook),
    Other,
}

/// The hook of this name.
pub(in super::super) fn hook(name: &str) -> Option<HookName> {
    Some(match name {
        "prerouting" => HookName::Modelled(Hook::Prerouting),
        "input" => HookName::Modelled(Hook::Input),
        "forward" => HookName::Modelled(Hook::Forward),
        "output" => HookName::Modelled(Hook::Output),
        "postrouting" => HookName::Modelled(Hook::Postrouting),
        "ingress" | "egress" => HookName::Other,
        _ => return None,
    })
}

/// The number that a priority's name stands for.
fn priority_value(term: &Expr) -> Option<i64> {
    let name = match term {
        Expr::Number(number) => return i64::try_from(*number).ok(),
        Expr::Word(name) => name,
        _ => return None,
    };
    Some(i64::from(match name.as_ref() {
        "raw" => priority::RAW,
        "mangle" => priority::MANGLE,
        "dstnat" => priority::DESTINATION_NAT,
        "filter" => priority::FILTER,
        "security" => priority::SECURITY,
        "srcnat" => priority::SOURCE_NAT,
        // A variable may hold a negative number.
        other => other.parse().ok()?,
    }))
}
