//! Shell scripts made of `iptables` commands.
//!
//! Commands are carried out in order, with the variables that the script sets and the loops over words that it
//! has. What only a shell can tell is reported; a rule under a condition has that condition as an opaque one.

mod arithmetic;
mod branch;
mod condition;
mod expand;
mod facts;
mod function;
mod token;

use std::collections::{HashMap, HashSet};

use self::expand::{Arguments, Unknowns, Value, Variables, name_length};
use self::token::{Kind, Token, tokens};
use super::Input;
use super::command::Verb;
use super::log::Log;
use super::problem::Problem;
use super::rule::{self, Argument};
use super::save::Save;
use super::set::Sets;
use super::tables::Tables;
use super::word::Word;
use crate::packet::Family;
use crate::ruleset::{Host, Match, Origin};

/// How many tokens loops may repeat.
const REPEATED: usize = 2_000_000;

/// How many conditions of the script's own all rules together may have. Each rule has a copy.
const GUARDS: usize = 200_000;

/// How much of a condition's text tells it from others.
const LONGEST_GUARD: usize = 1024;

/// A script on its way.
struct Script<'a> {
    input: Input<'a>,
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    tables: &'a mut Tables,
    host: &'a mut Host,
    log: &'a mut Log,
    variables: Variables,
    /// Where the commands of each function begin.
    functions: HashMap<String, usize>,
    /// The sets, where the script itself makes some.
    sets: Option<Sets>,
    blocks: Vec<Block>,
    /// Whether the last command succeeded; `None` where that is not known.
    status: Option<bool>,
    /// The words of the last command, as a condition for the next.
    last: Origin,
    /// How many tokens may still be read.
    fuel: usize,
    /// Whether that was not enough.
    is_exhausted: bool,
    /// How many conditions rules may still have.
    guards: usize,
    /// The conditions that are reported, by where they stand.
    reported: HashSet<(u32, u32)>,
}

/// A part of the script that ends in a word of its own.
struct Block {
    kind: BlockKind,
    /// What has to hold for its commands to run, and where the script says so.
    guards: Vec<(Match, Origin)>,
    /// Whether what stands around it never runs.
    is_in_dead: bool,
}

impl Block {
    /// Whether its commands never run.
    fn is_dead(&self) -> bool {
        self.is_in_dead || matches!(&self.guards[..], [(condition, _)] if *condition == rule::NEVER)
    }
}

enum BlockKind {
    /// Up to `}` or `)`.
    Group,
    If {
        /// Whether a branch before this one, or this one, runs for certain; `None` where that is not known of one of them.
        settled: Option<bool>,
    },
    /// `while` and `until`, and `for`, if how often they run is not known.
    Once,
    /// `while` and `until` with a condition that is known.
    While {
        /// Where they begin.
        start: usize,
    },
    For {
        variable: String,
        items: std::vec::IntoIter<Value>,
        body: usize,
    },
    Case {
        word: String,
        /// What the word comes to, if that is known.
        value: Option<String>,
        /// Whether the patterns of a branch come next.
        pattern: bool,
        /// Whether a branch before runs for certain.
        taken: bool,
    },
    /// The commands of a function.
    Call {
        /// Where the script goes on.
        back: usize,
        /// What the script, or the function around it, was called with.
        outer: Option<Arguments>,
    },
}

/// Reads a script.
pub(super) fn read(text: &str, input: Input<'_>, tables: &mut Tables, host: &mut Host, log: &mut Log) {
    let tokens = tokens(text, input.number);
    let fuel = tokens.len() + REPEATED;
    let last = Origin { text: input.number, line: 1, start: 0, end: 0 };
    let mut script = Script {
        input,
        text,
        tokens,
        at: 0,
        tables,
        host,
        log,
        variables: Variables::default(),
        functions: HashMap::new(),
        sets: None,
        blocks: Vec::new(),
        status: Some(true),
        last,
        fuel,
        is_exhausted: false,
        guards: GUARDS,
        reported: HashSet::new(),
    };
    script.assume_start();
    script.run();
}

impl<'a> Script<'a> {
    fn run(&mut self) {
        let mut guard = None;
        while let Some(&token) = self.tokens.get(self.at) {
            let before = self.at;
            match token.kind {
                Kind::Word => self.command(token, guard.take()),
                Kind::Unclosed => {
                    let first = self.slice(token.origin).chars().next().map_or(0, char::len_utf8);
                    let end = token.origin.start + super::word::offset(first);
                    self.log.report(Origin { end, ..token.origin }, Problem::Quote);
                    self.at += 1;
                }
                Kind::And | Kind::Or => {
                    self.at += 1;
                    let on_success = token.kind == Kind::And;
                    match self.status {
                        Some(succeeded) if succeeded != on_success => {
                            self.simple_end();
                        }
                        Some(_) => {}
                        None => {
                            let condition =
                                Match::Opaque(guard_text(self.slice(self.last).trim(), self.last));
                            let condition = if on_success { condition } else { condition.negated() };
                            guard = Some((condition, self.last));
                        }
                    }
                }
                Kind::Open => self.open(Vec::new()),
                Kind::Close => self.close_group(),
                Kind::CaseEnd => {
                    if let Some(Block { kind: BlockKind::Case { pattern, .. }, .. }) = self.blocks.last_mut()
                    {
                        *pattern = true;
                    }
                    self.at += 1;
                }
                Kind::End | Kind::Pipe | Kind::Here => {
                    guard = None;
                    self.at += 1;
                }
            }
            let used = self.at.saturating_sub(before).max(1);
            let Some(fuel) = self.fuel.checked_sub(used) else {
                self.log.report(token.origin, Problem::TooLong);
                // The rest is read, but no loop is repeated and no function called any more.
                self.is_exhausted = true;
                self.fuel = self.tokens.len();
                continue;
            };
            self.fuel = fuel;
        }
    }

    fn slice(&self, origin: Origin) -> &'a str {
        self.text.get(origin.start as usize..origin.end as usize).unwrap_or_default()
    }

    /// Goes to the end of this simple command.
    fn simple_end(&mut self) -> usize {
        while self.tokens.get(self.at).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Here)) {
            self.at += 1;
        }
        self.at
    }

    /// Goes past this word of the shell's, and takes what stands before it as a condition.
    fn until(&mut self, word: &str) -> (String, Origin) {
        let start = self.at;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            if token.kind == Kind::Word && self.slice(token.origin) == word {
                break;
            }
        }
        let origin = self.tokens.get(start).map_or(self.last, |token| token.origin);
        let end = self.tokens.get(self.at.saturating_sub(1)).map_or(origin.end, |token| token.origin.start);
        let origin = Origin { end: end.max(origin.start), ..origin };
        let text = self.slice(origin).trim_end_matches([' ', ';', '\n', '\r', '\t']);
        let place = Origin { end: origin.start + super::word::offset(text.len()), ..origin };
        (guard_text(text, place), place)
    }

    fn begin(&mut self, kind: BlockKind, guards: Vec<(Match, Origin)>) {
        let is_in_dead = self.is_dead();
        self.blocks.push(Block { kind, guards, is_in_dead });
    }

    fn open(&mut self, guards: Vec<(Match, Origin)>) {
        self.begin(BlockKind::Group, guards);
        self.at += 1;
    }

    fn close_group(&mut self) {
        self.at += 1;
        match self.blocks.last() {
            Some(Block { kind: BlockKind::Group, .. }) => drop(self.blocks.pop()),
            Some(Block { kind: BlockKind::Call { .. }, .. }) => self.leave(),
            _ => {}
        }
    }

    fn command(&mut self, token: Token, guard: Option<(Match, Origin)>) {
        if self.slice(token.origin) != "esac" && self.begin_branch(token.origin) {
            return;
        }
        match self.slice(token.origin) {
            "!" | "then" | "do" | "time" => self.at += 1,
            "{" => self.open(Vec::new()),
            "}" => self.close_group(),
            "if" => self.begin_if(),
            "elif" | "else" => self.otherwise(self.slice(token.origin) == "elif"),
            "fi" => self.pop(|kind| matches!(kind, BlockKind::If { .. })),
            "while" | "until" => self.begin_while(),
            "for" => self.begin_loop(),
            "done" => self.end_loop(),
            "case" => self.begin_case(),
            "esac" => self.pop(|kind| matches!(kind, BlockKind::Case { .. })),
            "function" => {
                self.at += 1;
                self.function();
            }
            word if !word.ends_with('=')
                && self.tokens.get(self.at + 1).is_some_and(|next| next.kind == Kind::Open) =>
            {
                self.function();
            }
            _ => self.simple(token, guard),
        }
    }

    fn pop(&mut self, is_kind: impl Fn(&BlockKind) -> bool) {
        self.at += 1;
        if self.blocks.last().is_some_and(|block| is_kind(&block.kind)) {
            self.blocks.pop();
        }
    }

    fn begin_loop(&mut self) {
        let start = self.tokens[self.at].origin;
        self.at += 1;
        let name = self.tokens.get(self.at).map(|token| self.slice(token.origin)).unwrap_or_default();
        self.at += 1;
        let mut words = Vec::new();
        let mut unknowns = Unknowns::new();
        while let Some(&token) = self.tokens.get(self.at) {
            self.at += 1;
            match (token.kind, self.slice(token.origin)) {
                (Kind::Word, "in") if words.is_empty() => {}
                (Kind::Word, "do") => break,
                (Kind::Word, raw) => self.variables.expand(raw, token.origin, &mut words, &mut unknowns),
                _ => {}
            }
        }
        if !unknowns.is_empty() || name_length(name) != name.len() || name.is_empty() {
            self.variables.set(name, Value { text: format!("${name}"), known: false });
            self.begin(BlockKind::Once, Vec::new());
            // Whatever uses the variable is reported; the same rule twice is the same rule.
            return;
        }
        let items: Vec<Value> =
            words.into_iter().map(|word| Value { text: word.text.into_owned(), known: word.known }).collect();
        let mut items = items.into_iter();
        match items.next() {
            Some(first) => {
                self.variables.set(name, first);
                let kind = BlockKind::For { variable: name.to_owned(), items, body: self.at };
                self.begin(kind, Vec::new());
            }
            None => {
                // Nothing to loop over, so that the body never runs.
                self.begin(BlockKind::Once, vec![(rule::NEVER, start)]);
            }
        }
    }

    fn end_loop(&mut self) {
        self.at += 1;
        let Some(block) = self.blocks.last_mut() else { return };
        match &mut block.kind {
            BlockKind::While { start } => {
                self.at = *start;
                self.blocks.pop();
            }
            BlockKind::For { variable, items, body } => match items.next().filter(|_| !self.is_exhausted) {
                Some(value) => {
                    self.variables.set(variable, value);
                    self.at = *body;
                }
                None => drop(self.blocks.pop()),
            },
            BlockKind::Once => drop(self.blocks.pop()),
            _ => {}
        }
    }

    /// A simple command: assignments, a name, arguments.
    fn simple(&mut self, first: Token, guard: Option<(Match, Origin)>) {
        let start = self.at;
        let end = self.simple_end();
        if self.is_dead() {
            self.status = Some(true);
            return;
        }
        self.array(end);
        let mut words: Vec<Word<'_>> = Vec::new();
        let mut unknowns = Unknowns::new();
        let mut document = None;
        for index in start..end {
            let Token { kind, origin } = self.tokens[index];
            let raw = self.slice(origin);
            if kind == Kind::Here {
                document = Some(origin);
                continue;
            }
            if words
                .first()
                .is_none_or(|name| matches!(&*name.text, "export" | "local" | "readonly" | "declare"))
                && let Some((name, value)) = raw.split_once('=')
                && name_length(name) == name.len()
                && !name.is_empty()
            {
                let value = self.variables.value(value);
                self.modules_variable(name, &value, origin);
                self.variables.set(name, value);
                continue;
            }
            let before = words.len();
            self.variables.expand(raw, origin, &mut words, &mut unknowns);
            let length: usize = words[before..].iter().map(|word| word.text.len()).sum();
            self.fuel = self.fuel.saturating_sub(length / 16);
        }
        let last = self.tokens[end.max(start + 1) - 1].origin;
        let last = if document.is_some() { first.origin } else { last };
        let origin = Origin { end: last.end.max(first.origin.end), ..first.origin };
        self.last = origin;
        self.note_facts(&words, origin, guard.as_ref());
        self.status = self.execute(&words, unknowns, document, origin, guard);
    }

    /// The list that is assigned where the words of a command end in `NAME=` and a bracket follows.
    fn array(&mut self, end: usize) {
        let Some([name, open]) = end.checked_sub(1).and_then(|last| self.tokens.get(last..=end)) else {
            return;
        };
        let (is_list, raw) =
            (open.kind == Kind::Open && open.origin.start == name.origin.end, self.slice(name.origin));
        let Some(name) = raw.strip_suffix('=').filter(|_| is_list) else { return };
        let more = name.strip_suffix('+');
        let name = more.unwrap_or(name);
        let (mut words, mut unknowns) = (Vec::new(), Unknowns::new());
        self.at = end + 1;
        while let Some(&token) = self.tokens.get(self.at).filter(|token| token.kind != Kind::Close) {
            if token.kind == Kind::Word {
                self.variables.expand(self.slice(token.origin), token.origin, &mut words, &mut unknowns);
            }
            self.at += 1;
        }
        self.at += 1;
        let words = words.into_iter().map(|word| (word.text.into_owned(), word.known));
        self.variables.set_list(name, words, more.is_some());
    }

    /// Carries out a command. Says whether it succeeds, if that is known.
    fn execute(
        &mut self,
        words: &[Word<'_>],
        unknowns: Unknowns,
        document: Option<Origin>,
        origin: Origin,
        guard: Option<(Match, Origin)>,
    ) -> Option<bool> {
        if self.call(words, origin, guard.as_ref()) {
            return Some(true);
        }
        let Some((name, arguments)) = words.split_first() else { return Some(true) };
        let (folder, program) = name.text.rsplit_once('/').unwrap_or(("", &name.text));
        let family = match program {
            // The service of that name, as in `/etc/init.d/iptables save`.
            _ if folder.rsplit_once('.').is_some_and(|(_, ending)| ending == "d") => return Some(true),
            "sudo" | "doas" | "exec" | "command" | "nice" | "env" | "busybox" => {
                let skipped = arguments.iter().take_while(|word| word.text.starts_with('-')).count();
                return self.execute(&arguments[skipped..], unknowns, document, origin, guard);
            }
            "iptables" | "iptables-legacy" | "iptables-nft" => Family::Ipv4,
            "ip6tables" | "ip6tables-legacy" | "ip6tables-nft" => Family::Ipv6,
            "ipset" => {
                let texts: Vec<&str> = words.iter().map(|word| &*word.text).collect();
                let input = self.input;
                let changed = self.sets.get_or_insert_with(|| input.sets.clone()).apply(&texts);
                if words.iter().all(|word| word.known) && changed.is_err() {
                    self.log.report(origin, Problem::SetLine(self.slice(origin).to_owned()));
                }
                return Some(true);
            }
            "." | "source" => {
                let file = arguments.first().map(|word| word.text.to_string()).unwrap_or_default();
                self.log.report(origin, Problem::File(file));
                return Some(true);
            }
            _ if program.ends_with("tables-restore") || program.ends_with("tables-legacy-restore") => {
                let keeps = arguments.iter().any(|word| matches!(&*word.text, "-n" | "--noflush"));
                self.restore(program, keeps, document, origin);
                return Some(true);
            }
            "[" | "[[" | "test" => return condition::test(arguments),
            "grep" | "egrep" | "which" => return None,
            "shift" => {
                let number = arguments.first().map_or(Ok(1), |number| number.text.parse());
                self.variables.shift(number.unwrap_or(usize::MAX));
                return Some(true);
            }
            "return" if guard.is_none() => {
                self.leave();
                return Some(true);
            }
            "exit" if guard.is_none() => {
                self.exit();
                return Some(true);
            }
            _ if !name.known && arguments.first().is_some_and(|first| is_verb(&first.text)) => {
                if name.text.contains('6') { Family::Ipv6 } else { Family::Ipv4 }
            }
            _ => return Some(true),
        };
        let own = |(at, _): &(Origin, Problem)| name.known || *at != name.origin;
        for (at, problem) in unknowns.into_iter().filter(own) {
            self.log.report(at, problem);
        }
        self.iptables(arguments, family, origin, guard.as_ref())
    }

    fn iptables(
        &mut self,
        arguments: &[Word<'_>],
        family: Family,
        origin: Origin,
        guard: Option<&(Match, Origin)>,
    ) -> Option<bool> {
        let sets = self.sets.as_ref().unwrap_or(self.input.sets);
        let mut command = rule::command(arguments, family, sets, self.log);
        if !matches!(command.verb, Verb::Nothing | Verb::Check) {
            let mut conditions = Vec::new();
            for (condition, place) in self.blocks.iter().flat_map(|block| &block.guards).chain(guard) {
                let Some(left) = self.guards.checked_sub(1) else {
                    // The rule's own words stand for the conditions that are left out.
                    self.log.report(origin, Problem::TooLong);
                    conditions.push(Match::Opaque(guard_text(self.slice(origin), origin)));
                    break;
                };
                self.guards = left;
                conditions.push(condition.clone());
                if *condition != rule::NEVER && self.reported.insert((place.start, place.end)) {
                    self.log.report(*place, Problem::Condition(self.slice(*place).to_owned()));
                }
            }
            command.guards = conditions;
        }
        let name = command.table.unwrap_or(Argument { text: "filter", origin, known: true });
        if !name.known {
            return None;
        }
        if self.tables.is_exhausted() {
            self.log.report(origin, Problem::TooManyChanges);
            return None;
        }
        let table = self.tables.table(family, name, self.log);
        Some(self.tables.apply(table, command, origin, self.log))
    }

    /// `iptables-restore`, which reads what stands in the script after it, or a file that is not at hand.
    fn restore(&mut self, program: &str, keeps: bool, document: Option<Origin>, origin: Origin) {
        let Some(lines) = document else {
            self.log.report(origin, Problem::File(self.slice(origin).to_owned()));
            return;
        };
        let family = if program.starts_with("ip6") { Family::Ipv6 } else { Family::Ipv4 };
        let text = self.slice(lines);
        Save::new(self.input, family, self.tables, self.log).keeping(keeps).read(text, lines);
    }
}

/// The text of a condition, which every rule under it has a copy of. Of a long one, the beginning and its place.
fn guard_text(text: &str, place: Origin) -> String {
    if text.len() <= LONGEST_GUARD {
        return text.to_owned();
    }
    let end = (0..=LONGEST_GUARD).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}... @{}", &text[..end], place.start)
}

/// Whether an argument says what iptables is to do.
fn is_verb(text: &str) -> bool {
    matches!(text, "-A" | "-I" | "-D" | "-R" | "-P" | "-N" | "-F" | "-X" | "-Z" | "-E" | "-t" | "-C")
}
