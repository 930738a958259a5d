//! Commands, carried out in order: what a text says from its first line to its last.

use super::super::lex::Kind;
use super::super::problem::{Expected, Problem};
use super::super::syntax::{Expr, RuleText};
use super::super::tables::{Place, TableKey, Tables};
use super::Cursor;
use super::block::adopt;
use super::cursor::{Failed, Parsed, Variable};
use crate::ruleset::TableFamily;

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Insert,
    Replace,
    Delete,
    /// Like `Delete`, but what is not there is no problem.
    Destroy,
    Flush,
    Rename,
    /// Shows something or waits for something.
    Look,
}

/// What a table is named with, where its family is one that is read.
pub(super) type Named = Option<TableKey>;

impl Cursor<'_> {
    /// Carries out all commands.
    pub(in super::super) fn run(&mut self, tables: &mut Tables) {
        loop {
            self.skip_ends();
            if self.kind() == Kind::Eof {
                return;
            }
            if self.kind() == Kind::Symbol(b'}') {
                self.unexpected(Expected::Command);
                self.next();
                continue;
            }
            match self.command(tables) {
                Ok(()) => self.end(),
                Err(Failed) => self.skip_statement(),
            }
        }
    }

    fn command(&mut self, tables: &mut Tables) -> Parsed<()> {
        if self.definition()? {
            return Ok(());
        }
        let verb = match self.text() {
            "add" | "create" => Verb::Add,
            "insert" => Verb::Insert,
            "replace" => Verb::Replace,
            "delete" => Verb::Delete,
            "destroy" => Verb::Destroy,
            "flush" => Verb::Flush,
            "rename" => Verb::Rename,
            "list" | "reset" | "monitor" | "describe" | "export" | "import" => Verb::Look,
            "table" | "chain" | "rule" | "set" | "map" | "element" | "flowtable" | "counter" | "quota"
            | "limit" | "ct" | "secmark" | "synproxy" => return self.object(Verb::Add, tables),
            _ => return Err(self.unexpected(Expected::Command)),
        };
        self.next();
        if verb == Verb::Look {
            self.skip_statement();
            return Ok(());
        }
        self.object(verb, tables)
    }

    fn object(&mut self, verb: Verb, tables: &mut Tables) -> Parsed<()> {
        let object = self.text();
        match object {
            "ruleset" if verb == Verb::Flush => {
                self.next();
                let family = self.family();
                tables.flush(family.and_then(Result::ok));
                Ok(())
            }
            "table" => self.table(verb, tables),
            "chain" => self.chain_command(verb, tables),
            "set" | "map" | "meter" => self.set_command(verb, tables),
            "element" => self.element_command(verb, tables),
            "ct" if self.second_text() == "helper" => self.helper_command(verb, tables),
            "flowtable" | "counter" | "quota" | "limit" | "ct" | "secmark" | "synproxy" | "counters"
            | "quotas" => {
                // Nothing that a verdict depends on.
                self.skip_statement();
                Ok(())
            }
            "rule" => {
                self.next();
                self.rule_command(verb, tables)
            }
            // `add filter input tcp dport 22 accept`: the word may be left out.
            _ if self.kind() == Kind::Word && matches!(verb, Verb::Add | Verb::Insert | Verb::Replace) => {
                self.rule_command(verb, tables)
            }
            _ => Err(self.unexpected(Expected::Command)),
        }
    }

    /// `define`, `redefine` or `undefine`; whether it was one.
    pub(super) fn definition(&mut self) -> Parsed<bool> {
        let (again, keyword) = match self.text() {
            keyword @ ("define" | "undefine") => (false, keyword),
            keyword @ "redefine" => (true, keyword),
            _ => return Ok(false),
        };
        if self.kind() != Kind::Word {
            return Ok(false);
        }
        self.next();
        let origin = self.here();
        let name = self.word(Expected::Name)?.to_owned();
        if keyword == "undefine" {
            let known = self.scopes.iter_mut().rev().any(|scope| scope.remove(&name).is_some());
            return if known {
                Ok(true)
            } else {
                Err(self.problem(origin, Problem::UnknownVariable { name }))
            };
        }
        self.symbol("=")?;
        self.deepest = 0;
        let before = self.size();
        let value = self.definition_value()?;
        let (depth, size) = (self.deepest + 1, self.size() - before);
        let Some(scope) = self.scopes.last_mut() else { return Ok(true) };
        let before = scope.insert(name.clone(), Variable { value, depth, size });
        if before.is_some() && !again {
            self.problem(origin, Problem::AlreadyDefined { name });
        }
        Ok(true)
    }

    fn definition_value(&mut self) -> Parsed<Expr> {
        // A priority may be negative.
        if self.accept_symbol(b'-') {
            let number = self.number()?;
            return Ok(Expr::Word(format!("-{number}").into()));
        }
        self.value()
    }

    /// A family, if one is named: one that is read, or the name of another.
    fn family(&mut self) -> Option<Result<TableFamily, &'static str>> {
        let family = match self.text() {
            "ip" => Ok(TableFamily::Ip),
            "ip6" => Ok(TableFamily::Ip6),
            "inet" => Ok(TableFamily::Inet),
            "arp" => Err("arp"),
            "bridge" => Err("bridge"),
            "netdev" => Err("netdev"),
            _ => return None,
        };
        if self.kind() != Kind::Word {
            return None;
        }
        self.next();
        Some(family)
    }

    /// A table's family and name. One of a family that is not read is skipped with the whole statement.
    pub(super) fn table_key(&mut self) -> Parsed<Named> {
        let origin = self.here();
        let family = match self.family() {
            None => TableFamily::Ip,
            Some(Ok(family)) => family,
            Some(Err(family)) => {
                self.problem(origin, Problem::OtherFamily { family: family.to_owned() });
                self.skip_statement();
                return Ok(None);
            }
        };
        Ok(Some((family, self.word(Expected::Table)?.to_owned())))
    }

    fn table(&mut self, verb: Verb, tables: &mut Tables) -> Parsed<()> {
        self.next();
        let origin = self.here();
        let Some(key) = self.table_key()? else { return Ok(()) };
        match verb {
            Verb::Delete | Verb::Destroy => {
                if !tables.delete(&key) && verb == Verb::Delete {
                    return Err(self.problem(origin, Problem::UnknownTable { name: key.1 }));
                }
                Ok(())
            }
            Verb::Flush => {
                tables.existing(&key, origin, self.problems).flush();
                Ok(())
            }
            _ => {
                let table = tables.table(&key);
                if self.kind() == Kind::Symbol(b'{') { self.table_block(table) } else { Ok(()) }
            }
        }
    }

    fn chain_command(&mut self, verb: Verb, tables: &mut Tables) -> Parsed<()> {
        self.next();
        let origin = self.here();
        let Some(key) = self.table_key()? else { return Ok(()) };
        let name = self.word(Expected::Name)?.to_owned();
        let table = tables.existing(&key, origin, self.problems);
        let known = match verb {
            Verb::Delete | Verb::Destroy => table.delete_chain(&name) || verb == Verb::Destroy,
            Verb::Flush => match table.existing_chain(&name) {
                Some(chain) => {
                    chain.rules.clear();
                    true
                }
                None => false,
            },
            Verb::Rename => {
                let new = self.word(Expected::Name)?;
                table.rename_chain(&name, new)
            }
            _ => {
                table.chain(&name);
                if self.kind() == Kind::Symbol(b'{') {
                    self.chain_block(table, &name)?;
                }
                true
            }
        };
        if known { Ok(()) } else { Err(self.problem(origin, Problem::UnknownChain { name })) }
    }

    fn rule_command(&mut self, verb: Verb, tables: &mut Tables) -> Parsed<()> {
        let origin = self.here();
        let Some(key) = self.table_key()? else { return Ok(()) };
        let name = self.word(Expected::Name)?.to_owned();
        let mut place = if verb == Verb::Insert { Place::First } else { Place::Last };
        let mut shown = String::new();
        if let (Kind::Word, word @ ("handle" | "position" | "index")) = (self.kind(), self.text()) {
            self.next();
            let number = self.number()?;
            shown = format!("{word} {number}");
            place = match (verb, word) {
                (Verb::Insert, "index") => Place::BeforeIndex(number),
                (Verb::Insert, _) => Place::BeforeHandle(number),
                (Verb::Add, "index") => Place::AfterIndex(number),
                (Verb::Add, _) => Place::AfterHandle(number),
                _ => Place::Instead(number),
            };
        }
        if matches!(verb, Verb::Delete | Verb::Destroy) {
            let table = tables.existing(&key, origin, self.problems);
            let Some(chain) = table.existing_chain(&name) else {
                return Err(self.problem(origin, Problem::UnknownChain { name }));
            };
            let deleted = matches!(place, Place::Instead(handle) if chain.delete(handle));
            return if deleted || verb == Verb::Destroy {
                Ok(())
            } else {
                Err(self.problem(origin, Problem::UnknownRule { place: shown }))
            };
        }
        let rule = self.rule();
        let table = tables.existing(&key, origin, self.problems);
        adopt(&mut self.orphans, table);
        if !table.has_chain(&name) {
            self.problem(origin, Problem::UnknownChain { name: name.clone() });
        }
        if !table.chain(&name).place(rule, place) {
            return Err(self.problem(origin, Problem::UnknownRule { place: shown }));
        }
        Ok(())
    }

    /// A rule, from its first statement to the end of the line.
    pub(super) fn rule(&mut self) -> RuleText {
        let mark = self.mark();
        let body = self.body();
        RuleText {
            statements: body.statements,
            comment: body.comment,
            origin: self.since(mark),
            handle: None,
        }
    }

    fn set_command(&mut self, verb: Verb, tables: &mut Tables) -> Parsed<()> {
        self.next();
        let origin = self.here();
        let Some(key) = self.table_key()? else { return Ok(()) };
        let name = self.word(Expected::Name)?.to_owned();
        let table = tables.existing(&key, origin, self.problems);
        let known = match verb {
            Verb::Delete | Verb::Destroy => table.sets.remove(&name).is_some() || verb == Verb::Destroy,
            Verb::Flush => table.sets.get_mut(&name).is_some_and(|set| {
                set.flush();
                true
            }),
            _ => {
                let set = table.sets.entry(name.clone()).or_default();
                if self.kind() == Kind::Symbol(b'{') {
                    self.set_block(set)?;
                }
                true
            }
        };
        if known { Ok(()) } else { Err(self.problem(origin, Problem::UnknownSet { name })) }
    }

    fn element_command(&mut self, verb: Verb, tables: &mut Tables) -> Parsed<()> {
        self.next();
        let origin = self.here();
        let Some(key) = self.table_key()? else { return Ok(()) };
        let name = self.word(Expected::Name)?.to_owned();
        let elements = self.elements()?;
        let table = tables.existing(&key, origin, self.problems);
        let Some(set) = table.sets.get_mut(&name) else {
            return Err(self.problem(origin, Problem::UnknownSet { name }));
        };
        match verb {
            Verb::Delete | Verb::Destroy => set.delete(&elements),
            _ => set.add(&elements),
        }
        Ok(())
    }

    fn helper_command(&mut self, verb: Verb, tables: &mut Tables) -> Parsed<()> {
        self.next();
        self.next();
        let origin = self.here();
        let Some(key) = self.table_key()? else { return Ok(()) };
        let name = self.word(Expected::Name)?.to_owned();
        let table = tables.existing(&key, origin, self.problems);
        if matches!(verb, Verb::Delete | Verb::Destroy) {
            table.helpers.retain(|helper| helper.name != name);
            return Ok(());
        }
        self.helper_block(table, name)
    }
}
