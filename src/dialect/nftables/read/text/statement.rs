//! Statements: the parts of a rule.

use std::rc::Rc;

use super::super::lex::Kind;
use super::super::problem::{Expected, Problem};
use super::super::syntax::{BitOperator, Comparison, Expr, NatKind, Statement, Verdict};
use super::Cursor;
use super::cursor::{Failed, Parsed};
use super::limit;
use crate::ruleset::Origin;

/// The field of the priority in a queue.
const PRIORITY: &str = "meta priority";

/// The statements of a rule, each with its place, and its comment.
pub(super) struct Body {
    pub(super) statements: Vec<(Statement, Origin)>,
    pub(super) comment: Option<String>,
}

/// A statement, if it has a meaning here: counters and logs have none.
pub(super) type Read = Parsed<Option<Statement>>;

impl Cursor<'_> {
    /// The statements up to the end of the rule. One that cannot be read becomes a condition that may hold or not;
    /// reading goes on at the next verdict.
    pub(super) fn body(&mut self) -> Body {
        let mut body = Body { statements: Vec::new(), comment: None };
        while !self.at_end() {
            let mark = self.mark();
            if self.accept("comment") {
                match self.word(Expected::Value) {
                    Ok(comment) => body.comment = Some(comment.to_owned()),
                    Err(Failed) => self.skip_statement(),
                }
                continue;
            }
            match self.statement() {
                Ok(statement) => {
                    let origin = self.since(mark);
                    body.statements.extend(statement.map(|statement| (statement, origin)));
                }
                Err(Failed) => self.recover(mark, &mut body),
            }
        }
        // There may be a million of them.
        body.statements.shrink_to_fit();
        body
    }

    /// Takes the text from `mark` to the next verdict for a condition; without a verdict, for one as well.
    fn recover(&mut self, mark: usize, body: &mut Body) {
        self.rewind(mark);
        self.next();
        let mut open = 0_usize;
        let decides = loop {
            match self.kind() {
                Kind::Eof => break false,
                Kind::End | Kind::Symbol(b'}') if open == 0 => break false,
                Kind::Symbol(b'{') => open += 1,
                Kind::Symbol(b'}') => open -= 1,
                Kind::Word if open == 0 && (is_verdict(self.text()) || self.is("comment")) => {
                    break is_verdict(self.text());
                }
                _ => {}
            }
            self.next();
        };
        let (text, origin) = (self.words_since(mark), self.since(mark));
        body.statements.push((Statement::Condition(text.clone()), origin));
        if !decides {
            body.statements.push((Statement::Unknown(text), origin));
        }
    }

    fn statement(&mut self) -> Read {
        if let Some(verdict) = self.verdict() {
            return Ok(Some(Statement::Verdict(verdict?)));
        }
        if self.kind() == Kind::Word {
            match self.text() {
                "reject" => return self.reject(),
                "queue" => return self.queue(),
                "counter" => return self.counter(),
                "log" => return self.log(),
                "last" => return self.options(&["used"]),
                "limit" => return self.limit(),
                "quota" => return self.quota(),
                "notrack" => return Ok(Some(self.notrack())),
                "dnat" => return self.nat(NatKind::Destination),
                "snat" => return self.nat(NatKind::Source),
                "redirect" => return self.nat(NatKind::Redirect),
                "masquerade" => return self.nat(NatKind::Masquerade),
                "tproxy" | "synproxy" | "fwd" => return Ok(Some(self.rest(Statement::Unknown))),
                "dup" => return self.duplicate(),
                "reset" if self.second_text() == "tcp" => return self.strip_option(),
                "add" | "update" | "delete" if matches!(self.second(), Kind::Reference) => {
                    return self.update();
                }
                "set" if matches!(self.second_text(), "add" | "update" | "delete") => return self.update(),
                "flow" if matches!(self.second_text(), "add" | "offload") => {
                    self.flow();
                    return Ok(None);
                }
                "meter" => return Ok(Some(self.meter())),
                "xt" => return Ok(Some(self.compat())),
                "ct" => {
                    if let Some(statement) = self.connection_statement() {
                        return statement;
                    }
                }
                _ => {}
            }
        }
        self.matching()
    }

    /// A verdict, if the next token begins one.
    pub(super) fn verdict(&mut self) -> Option<Parsed<Verdict>> {
        if self.kind() != Kind::Word {
            return None;
        }
        let verdict = match self.text() {
            "accept" => Verdict::Accept,
            "drop" => Verdict::Drop,
            "continue" => Verdict::Continue,
            "return" => Verdict::Return,
            "jump" => return Some(self.chain().map(Verdict::Jump)),
            "goto" => return Some(self.chain().map(Verdict::Goto)),
            "queue" => {
                let Ok(Some(Statement::Unknown(text))) = self.queue() else { return Some(Err(Failed)) };
                return Some(Ok(Verdict::Queue(text.into())));
            }
            _ => return None,
        };
        self.next();
        Some(Ok(verdict))
    }

    /// The chain that a verdict names, or holds.
    fn chain(&mut self) -> Parsed<Rc<str>> {
        self.next();
        match self.kind() {
            Kind::Symbol(b'{') => self.nested(Self::anonymous_chain),
            Kind::Variable => match self.variable()? {
                Expr::Word(name) => Ok(name),
                _ => Err(self.unexpected(Expected::Name)),
            },
            _ => Ok(self.word(Expected::Name)?.into()),
        }
    }

    fn notrack(&mut self) -> Statement {
        self.next();
        Statement::Notrack
    }

    fn reject(&mut self) -> Read {
        self.next();
        if self.accept("with") {
            self.word(Expected::Value)?;
            if !self.accept("reset") {
                self.accept("type");
                self.concatenation()?;
            }
        }
        Ok(Some(Statement::Reject))
    }

    fn queue(&mut self) -> Read {
        let mark = self.mark();
        self.next();
        loop {
            if self.accept("num") || self.accept("to") {
                self.computed()?;
                if self.accept("map") {
                    self.concatenation()?;
                }
            } else if self.accept("flags")
                || self.accept("bypass")
                || self.accept("fanout")
                || self.accept_symbol(b',')
            {
                // Read.
            } else {
                return Ok(Some(Statement::Unknown(self.words_since(mark))));
            }
        }
    }

    fn counter(&mut self) -> Read {
        self.next();
        if self.accept("name") {
            self.object_name()?;
            return Ok(None);
        }
        while self.accept("packets") || self.accept("bytes") {
            self.number()?;
        }
        Ok(None)
    }

    /// The name of an object, or a map that gives one.
    fn object_name(&mut self) -> Parsed<String> {
        let mark = self.mark();
        self.computed()?;
        if self.accept("map") {
            self.concatenation()?;
        }
        Ok(self.words_since(mark))
    }

    fn log(&mut self) -> Read {
        self.next();
        while self.kind() == Kind::Word {
            match self.text() {
                "flags" => {
                    self.next();
                    // `flags tcp sequence,options`, `flags ip options`, `flags all`.
                    let of = self.word(Expected::Value)?;
                    if matches!(of, "tcp" | "ip") {
                        self.value()?;
                    }
                }
                "prefix" | "level" | "group" | "snaplen" | "queue-threshold" => {
                    self.next();
                    self.concatenation()?;
                }
                _ => break,
            }
        }
        Ok(None)
    }

    /// A statement of no effect here, with options that have a value each.
    fn options(&mut self, options: &[&str]) -> Read {
        self.next();
        while self.kind() == Kind::Word && options.contains(&self.text()) {
            self.next();
            self.word(Expected::Value)?;
        }
        Ok(None)
    }

    fn limit(&mut self) -> Read {
        let mark = self.mark();
        self.next();
        if self.accept("name") {
            self.object_name()?;
            return Ok(Some(Statement::Condition(self.words_since(mark).replace('"', ""))));
        }
        Ok(Some(Statement::Condition(limit::rate(self)?)))
    }

    fn quota(&mut self) -> Read {
        let mark = self.mark();
        self.next();
        if self.accept("name") {
            self.object_name()?;
            return Ok(Some(Statement::Condition(self.words_since(mark).replace('"', ""))));
        }
        Ok(Some(Statement::Condition(limit::quota(self)?)))
    }

    /// `reset tcp option NAME`: the packet loses an option that nothing here asks about.
    fn strip_option(&mut self) -> Read {
        self.next();
        self.next();
        self.keyword("option")?;
        self.word(Expected::Name)?;
        Ok(None)
    }

    /// The rest of the rule as one statement.
    fn rest(&mut self, statement: impl FnOnce(String) -> Statement) -> Statement {
        let mark = self.mark();
        self.skip_statement();
        statement(self.words_since(mark))
    }

    /// A copy of the packet goes elsewhere.
    fn duplicate(&mut self) -> Read {
        self.next();
        self.keyword("to")?;
        self.computed()?;
        if self.accept("device") {
            self.computed()?;
        }
        Ok(None)
    }

    /// Elements that packets add to a set: `add @set { ip saddr timeout 1m }`.
    fn update(&mut self) -> Read {
        let mark = self.mark();
        let older = self.accept("set");
        self.next();
        let mut set = String::new();
        if !older {
            self.next().trim_start_matches('@').clone_into(&mut set);
        }
        let braced = self.accept_symbol(b'{');
        self.computed()?;
        let mut conditional = false;
        loop {
            match (self.kind(), self.text()) {
                (Kind::Word, "timeout" | "expires" | "comment") => {
                    self.next();
                    self.word(Expected::Value)?;
                }
                (Kind::Word, "counter") => {
                    self.counter()?;
                }
                (Kind::Word, "limit" | "quota" | "ct") => {
                    conditional = true;
                    self.statement()?;
                }
                (Kind::Symbol(b':'), _) => {
                    self.next();
                    self.computed()?;
                }
                _ => break,
            }
        }
        if braced {
            self.symbol("}")?;
        }
        if older {
            self.next().trim_start_matches('@').clone_into(&mut set);
        }
        let condition = conditional.then(|| self.words_since(mark));
        Ok(Some(Statement::Update { set: set.into(), condition }))
    }

    /// `flow add @table`.
    fn flow(&mut self) {
        self.next();
        self.next();
        self.next();
    }

    fn meter(&mut self) -> Statement {
        let mark = self.mark();
        while !matches!(self.kind(), Kind::Symbol(b'{')) && !self.at_end() {
            self.next();
        }
        if self.accept_symbol(b'{') {
            self.skip_statement_inside();
        }
        Statement::Condition(self.words_since(mark))
    }

    /// Skips to the brace that closes the one just opened, and past it.
    fn skip_statement_inside(&mut self) {
        while self.kind() == Kind::End || !self.at_end() {
            self.skip_statement();
            if self.kind() == Kind::End {
                self.next();
            }
        }
        self.accept_symbol(b'}');
    }

    /// What nft shows of an extension of iptables: `xt match "state"`, `xt target "CT"`.
    fn compat(&mut self) -> Statement {
        let mark = self.mark();
        self.next();
        let target = self.is("target") || self.is("watcher");
        self.next();
        if !self.at_end() {
            self.next();
        }
        let text = self.words_since(mark).replace('"', "");
        self.problem(self.since(mark), Problem::Compat { text: text.clone() });
        if target { Statement::Unknown(text) } else { Statement::Condition(text) }
    }

    /// A statement about connection tracking that is no comparison.
    fn connection_statement(&mut self) -> Option<Read> {
        let mark = self.mark();
        self.next();
        let subject = self.next();
        if self.accept("set") {
            let read = match subject {
                "helper" => self.word(Expected::Name).map(|name| Some(Statement::AssignHelper(name.into()))),
                "mark" => self.assigned().map(|value| Some(Statement::SetConnMark(value))),
                _ => self.assigned().map(|_| None),
            };
            return Some(read);
        }
        if subject == "count" {
            let over = if self.accept("over") { "over " } else { "" };
            return Some(
                self.number().map(|count| Some(Statement::Condition(format!("ct count {over}{count}")))),
            );
        }
        self.rewind(mark);
        None
    }

    /// The value that is assigned.
    fn assigned(&mut self) -> Parsed<Expr> {
        let value = self.computed()?;
        if self.accept("map") {
            let map = self.concatenation()?;
            return Ok(Expr::Map(Rc::new((value, map))));
        }
        if self.kind() == Kind::Symbol(b',') {
            while self.accept_symbol(b',') {
                self.concatenation()?;
            }
        }
        Ok(value)
    }

    /// A comparison, a verdict map, or an assignment.
    fn matching(&mut self) -> Read {
        let mark = self.mark();
        let begins = matches!(self.kind(), Kind::Symbol(b'(')) || self.field().is_some();
        self.rewind(mark);
        if !begins {
            let text = self.text().to_owned();
            return Err(self.problem(self.here(), Problem::UnknownStatement { text }));
        }
        let key = self.computed()?;
        if self.accept("vmap") {
            let map = self.concatenation()?;
            return Ok(Some(Statement::VerdictMap { key, map }));
        }
        if key == Expr::Field(PRIORITY.into()) {
            return self.queue_priority(mark);
        }
        if self.accept("set") {
            return self.assignment(&key, mark);
        }
        let comparison = self.comparison();
        let value = self.value()?;
        // `tcp flags syn / fin,syn,rst,ack`: the flags after the slash are looked at.
        if self.accept_symbol(b'/') {
            let looked_at = self.value()?;
            let key = Expr::Bits(BitOperator::And, [key, looked_at].into());
            let comparison = if comparison == Comparison::Implicit { Comparison::Equal } else { comparison };
            return Ok(Some(Statement::Match { key, comparison, value }));
        }
        Ok(Some(Statement::Match { key, comparison, value }))
    }

    /// The rest of a statement on the priority in a queue: a class with a colon in it, or a word.
    fn queue_priority(&mut self, mark: usize) -> Read {
        let sets = self.accept("set");
        self.comparison();
        self.value()?;
        if self.accept_symbol(b':') {
            self.word(Expected::Value)?;
        }
        Ok((!sets).then(|| Statement::Condition(self.words_since(mark))))
    }

    fn comparison(&mut self) -> Comparison {
        let comparison = match (self.kind(), self.text()) {
            (Kind::Equal, _) | (Kind::Word, "eq") => Comparison::Equal,
            (Kind::NotEqual, _) | (Kind::Word, "ne") => Comparison::NotEqual,
            (Kind::Symbol(b'!'), _) => Comparison::NoneOf,
            (Kind::Symbol(b'<'), _) | (Kind::Word, "lt") => Comparison::Less,
            (Kind::Symbol(b'>'), _) | (Kind::Word, "gt") => Comparison::Greater,
            (Kind::LessOrEqual, _) | (Kind::Word, "le") => Comparison::LessOrEqual,
            (Kind::GreaterOrEqual, _) | (Kind::Word, "ge") => Comparison::GreaterOrEqual,
            _ => return Comparison::Implicit,
        };
        self.next();
        comparison
    }

    fn assignment(&mut self, key: &Expr, mark: usize) -> Read {
        let value = self.assigned()?;
        let Expr::Field(field) = key else { return Err(self.unexpected(Expected::Value)) };
        Ok(assignment(field, value, || self.words_since(mark)))
    }
}

/// Whether a word decides what becomes of a packet.
fn is_verdict(word: &str) -> bool {
    matches!(
        word,
        "accept"
            | "drop"
            | "continue"
            | "return"
            | "jump"
            | "goto"
            | "queue"
            | "reject"
            | "dnat"
            | "snat"
            | "redirect"
            | "masquerade"
    )
}

/// An assignment to a field.
pub(in super::super) fn assignment(
    field: &str,
    value: Expr,
    text: impl FnOnce() -> String,
) -> Option<Statement> {
    match field {
        "meta mark" => Some(Statement::SetMark(value)),
        "ct mark" => Some(Statement::SetConnMark(value)),
        // A packet with another address or port: what later rules see is not known.
        _ if field.starts_with("ether") => None,
        _ if field.ends_with("addr") || field.ends_with("sport") || field.ends_with("dport") => {
            Some(Statement::Unknown(text()))
        }
        _ => None,
    }
}
