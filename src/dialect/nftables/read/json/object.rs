//! Commands and the objects that they are about.

use serde_json::Value;

use super::super::problem::{Expected, Problem};
use super::super::syntax::RuleText;
use super::super::tables::{Helper, Place, Table, TableKey};
use super::super::text::{HookName, adopt, helper_family, hook};
use super::expression::elements;
use super::{Reader, entry, list, text};
use crate::ruleset::{BaseChain, Origin, Policy, TableFamily};

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Insert,
    Replace,
    Delete,
    Destroy,
    Flush,
    Rename,
}

impl Reader<'_> {
    /// Carries out a command, or adds a bare object.
    pub(super) fn command(&mut self, value: &Value, origin: Origin) {
        let Some((key, inner)) = entry(value) else { return self.not_understood(value, origin) };
        let verb = match key {
            "add" | "create" => Verb::Add,
            "insert" => Verb::Insert,
            "replace" => Verb::Replace,
            "delete" => Verb::Delete,
            "destroy" => Verb::Destroy,
            "flush" => Verb::Flush,
            "rename" => Verb::Rename,
            "metainfo" | "list" | "reset" => return,
            _ => return self.object(Verb::Add, key, inner, origin),
        };
        match entry(inner) {
            Some((kind, object)) => self.object(verb, kind, object, origin),
            None => self.not_understood(value, origin),
        }
    }

    fn object(&mut self, verb: Verb, kind: &str, object: &Value, origin: Origin) {
        if kind == "ruleset" && verb == Verb::Flush {
            self.tables.flush(family(text(object, "family")));
            return;
        }
        let table = if kind == "table" { "name" } else { "table" };
        let named = text(object, "family");
        let Some(family) = family(named) else {
            // Said once, of the table.
            if kind == "table" {
                self.problems.push(origin, Problem::OtherFamily { family: named.to_owned() });
            }
            return;
        };
        let key = (family, text(object, table).to_owned());
        let done = match kind {
            "table" => self.table(verb, &key, object),
            "chain" => self.chain(verb, &key, object, origin),
            "rule" => self.rule(verb, &key, object, origin),
            "set" | "map" | "meter" | "element" => self.set(verb, kind, &key, object, origin),
            "ct helper" => {
                helper(self.tables.existing(&key, origin, self.problems), verb, object);
                Ok(())
            }
            "flowtable" | "counter" | "quota" | "limit" | "ct timeout" | "ct expectation" | "secmark"
            | "synproxy" | "tunnel" => Ok(()),
            _ => Err(Problem::UnknownStatement { text: kind.to_owned() }),
        };
        if let Err(problem) = done {
            self.problems.push(origin, problem);
        }
    }

    fn table(&mut self, verb: Verb, key: &TableKey, object: &Value) -> Result<(), Problem> {
        match verb {
            Verb::Delete | Verb::Destroy => {
                let known = self.tables.delete(key) || verb == Verb::Destroy;
                known.then_some(()).ok_or_else(|| Problem::UnknownTable { name: key.1.clone() })
            }
            Verb::Flush => {
                self.tables.table(key).flush();
                Ok(())
            }
            _ => {
                let flags = object.get("flags").map(list).unwrap_or_default();
                self.tables.table(key).dormant |= flags.iter().any(|flag| flag == "dormant");
                Ok(())
            }
        }
    }

    fn chain(&mut self, verb: Verb, key: &TableKey, object: &Value, origin: Origin) -> Result<(), Problem> {
        let name = text(object, "name");
        let base = base_chain(object).unwrap_or_else(|problem| {
            self.problems.push(origin, problem);
            None
        });
        let table = self.tables.existing(key, origin, self.problems);
        let known = match verb {
            Verb::Delete | Verb::Destroy => table.delete_chain(name) || verb == Verb::Destroy,
            Verb::Rename => table.rename_chain(name, text(object, "newname")),
            Verb::Flush => table.existing_chain(name).map(|chain| chain.rules.clear()).is_some(),
            _ => {
                let chain = table.chain(name);
                chain.base = base.or(chain.base);
                true
            }
        };
        known.then_some(()).ok_or_else(|| Problem::UnknownChain { name: name.to_owned() })
    }

    fn rule(&mut self, verb: Verb, key: &TableKey, object: &Value, origin: Origin) -> Result<(), Problem> {
        let number = |field: &str| object.get(field).and_then(Value::as_u64);
        let handle = number("handle");
        let name = text(object, "chain");
        let statements = object.get("expr").map(list).unwrap_or_default();
        let statements = self.statements(statements, origin);
        let table = self.tables.existing(key, origin, self.problems);
        adopt(&mut self.orphans, table);
        let unknown_rule =
            || Problem::UnknownRule { place: format!("handle {}", handle.unwrap_or_default()) };
        if matches!(verb, Verb::Delete | Verb::Destroy) {
            let chain = table.existing_chain(name);
            let deleted = chain.zip(handle).is_some_and(|(chain, handle)| chain.delete(handle));
            return (deleted || verb == Verb::Destroy).then_some(()).ok_or_else(unknown_rule);
        }
        if !table.has_chain(name) {
            self.problems.push(origin, Problem::UnknownChain { name: name.to_owned() });
        }
        let place = match (verb, number("index"), handle) {
            (Verb::Insert, Some(index), _) => Place::BeforeIndex(index),
            (Verb::Insert, None, Some(handle)) => Place::BeforeHandle(handle),
            (Verb::Insert, None, None) => Place::First,
            (Verb::Replace, _, Some(handle)) => Place::Instead(handle),
            (_, Some(index), _) => Place::AfterIndex(index),
            _ => Place::Last,
        };
        let comment = object.get("comment").and_then(Value::as_str).map(str::to_owned);
        let rule = RuleText { statements, comment, origin, handle };
        table.chain(name).place(rule, place).then_some(()).ok_or_else(unknown_rule)
    }

    fn set(
        &mut self,
        verb: Verb,
        kind: &str,
        key: &TableKey,
        object: &Value,
        origin: Origin,
    ) -> Result<(), Problem> {
        let name = text(object, "name");
        let unknown = || Problem::UnknownSet { name: name.to_owned() };
        let members = match object.get("elem") {
            Some(value) => {
                elements(value).ok_or_else(|| Problem::UnknownStatement { text: format!("{kind} {name}") })?
            }
            None => [].into(),
        };
        let table = self.tables.existing(key, origin, self.problems);
        match (kind, verb) {
            ("element", Verb::Delete | Verb::Destroy) => {
                table.sets.get_mut(name).ok_or_else(unknown)?.delete(&members);
            }
            ("element", _) => table.sets.get_mut(name).ok_or_else(unknown)?.add(&members),
            (_, Verb::Delete) => {
                table.sets.remove(name).ok_or_else(unknown)?;
            }
            (_, Verb::Destroy) => {
                table.sets.remove(name);
            }
            (_, Verb::Flush) => table.sets.get_mut(name).ok_or_else(unknown)?.flush(),
            _ => table.sets.entry(name.to_owned()).or_default().add(&members),
        }
        Ok(())
    }
}

fn family(name: &str) -> Option<TableFamily> {
    match name {
        "ip" => Some(TableFamily::Ip),
        "ip6" => Some(TableFamily::Ip6),
        "inet" => Some(TableFamily::Inet),
        _ => None,
    }
}

fn base_chain(object: &Value) -> Result<Option<BaseChain>, Problem> {
    let name = text(object, "hook");
    if name.is_empty() {
        return Ok(None);
    }
    let hook = match hook(name) {
        Some(HookName::Modelled(hook)) => hook,
        Some(HookName::Other) => return Err(Problem::OtherHook { hook: name.to_owned() }),
        None => return Err(Problem::Unexpected { found: name.to_owned(), expected: Expected::Hook }),
    };
    let priority =
        object.get("prio").and_then(Value::as_i64).and_then(|priority| i32::try_from(priority).ok());
    let policy = if text(object, "policy") == "drop" { Policy::Drop } else { Policy::Accept };
    let nat = text(object, "type") == "nat";
    Ok(Some(BaseChain { hook, priority: priority.unwrap_or_default(), policy, nat }))
}

fn helper(table: &mut Table, verb: Verb, object: &Value) {
    let name = text(object, "name");
    if matches!(verb, Verb::Delete | Verb::Destroy) {
        table.helpers.retain(|helper| helper.name != name);
        return;
    }
    let family = helper_family(text(object, "l3proto"));
    table.helpers.push(Helper { name: name.to_owned(), kernel: text(object, "type").to_owned(), family });
}
