//! From statements to rules.

use ipnet::IpNet;

use super::super::{Expected, Problem};
use super::MAX_DEPTH;
use super::cursor::{Cursor, Fault, words};
use super::filter::{Body, filter};
use super::gather::{Event, Statement};
use super::lex::{Kind, Token};
use super::part::Parts;
use super::place::{Places, Section};
use super::table::Tables;
use super::translation::translation;
use crate::dialect::pf::Flavour;
use crate::packet::{AddressSet, Family};
use crate::ruleset::{Action, Direction, Fact, Host, Interface, Match, Origin, Rule, Ruleset};

/// Settings that do not change which packets pass.
const SETTINGS: [&str; 16] = [
    "debug",
    "fail-policy",
    "fingerprints",
    "hostid",
    "keepcounters",
    "limit",
    "loginterface",
    "optimization",
    "prio",
    "reassemble",
    "require-order",
    "ruleset-optimization",
    "state-defaults",
    "state-policy",
    "syncookies",
    "tos",
];

/// Statements that shape or clean up traffic, and pass it.
const WITHOUT_VERDICT: [&str; 8] =
    ["altq", "dummynet", "dummynet-anchor", "pipe", "queue", "scrub", "scrub-anchor", "table"];

/// Words that may follow `anchor` where it has no name.
const ANCHOR_PARTS: [&str; 10] = ["in", "out", "on", "quick", "log", "inet", "inet6", "proto", "from", "to"];

/// What has been entered and not left.
enum Level {
    /// A file that is loaded into an anchor.
    File,
    /// An anchor's braces, opened here.
    Braces(Origin),
}

/// Makes rules of statements.
pub(super) struct Interpreter<'a> {
    flavour: Flavour,
    tables: &'a Tables,
    /// What `block` alone does (`set block-policy`).
    rejects: bool,
    skipped: Vec<String>,
    host: Host,
    places: Places,
    /// What has been entered, outermost first, and the anchor around it.
    levels: Vec<(Level, String)>,
    /// The anchor that rules go to now.
    path: String,
    /// How many anchors without a name there were.
    nameless: usize,
    problems: Vec<(Origin, Problem)>,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(flavour: Flavour, tables: &'a Tables, root: &str) -> Self {
        Self {
            flavour,
            tables,
            rejects: false,
            skipped: Vec::new(),
            host: Host::default(),
            places: Places::new(root),
            levels: Vec::new(),
            path: root.to_owned(),
            nameless: 0,
            problems: Vec::new(),
        }
    }

    /// What became of the statements.
    pub(super) fn finish(mut self) -> (Ruleset, Host, Vec<(Origin, Problem)>) {
        while self.leave() {}
        let ruleset = Ruleset {
            skipped_interfaces: self.skipped,
            helper_objects: Vec::new(),
            chains: self.places.chains(),
        };
        (ruleset, self.host, self.problems)
    }

    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::Enter(name) => {
                let path = self.absolute(&name);
                self.enter(Level::File, path);
            }
            Event::Leave => {
                while matches!(self.levels.last(), Some((Level::Braces(_), _))) {
                    self.leave();
                }
                self.leave();
            }
            Event::Statement(statement) => {
                if let Err((span, problem)) = self.statement(&statement) {
                    self.problems.push((span.origin(statement.text), problem));
                    self.opaque(&statement);
                }
            }
        }
    }

    /// Goes into an anchor.
    fn enter(&mut self, level: Level, path: String) {
        // It is known from now on, if only to be empty.
        self.places.rules(&path, Section::Filter);
        self.levels.push((level, std::mem::replace(&mut self.path, path)));
    }

    /// Goes out of what was entered last, if anything was. An anchor that is left like this was not closed.
    fn leave(&mut self) -> bool {
        let Some((level, path)) = self.levels.pop() else { return false };
        self.path = path;
        if let Level::Braces(origin) = level {
            self.problems.push((origin, Problem::Unclosed { sign: '{' }));
        }
        true
    }

    /// The path of an anchor from the main rule set.
    fn absolute(&self, name: &str) -> String {
        let mut path: Vec<&str> = match name.strip_prefix('/') {
            Some(_) => Vec::new(),
            None => self.path.split('/').filter(|part| !part.is_empty()).collect(),
        };
        for part in name.split('/') {
            match part {
                "" => {}
                ".." => drop(path.pop()),
                part => path.push(part),
            }
        }
        path.join("/")
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), Fault> {
        let mut cursor = Cursor::new(&statement.tokens);
        let Some(first) = cursor.peek() else { return Ok(()) };
        let word = first.text();
        match word {
            "}" => return self.close(first),
            "anchor" => return self.anchor(statement, &[Section::Filter]),
            _ if statement.broken => {
                // What is missing is reported where it is missing.
                if is_rule(word) {
                    self.opaque(statement);
                }
                return Ok(());
            }
            _ if WITHOUT_VERDICT.contains(&word) => {}
            "no" if cursor.second().is_some_and(|second| second.is_word("scrub")) => {}
            "pass" | "block" | "match" => return self.filter(statement),
            "nat" | "rdr" | "binat" | "no" => return self.translation(statement),
            "nat-anchor" => return self.anchor(statement, &[Section::Nat]),
            "rdr-anchor" => return self.anchor(statement, &[Section::Rdr]),
            "binat-anchor" => return self.anchor(statement, &[Section::BinatOut, Section::BinatIn]),
            "set" => return self.set(&mut cursor, statement.text),
            "antispoof" => return self.antispoof(statement),
            _ => return Err((first.span, Problem::UnknownStatement { word: word.to_owned() })),
        }
        Ok(())
    }

    fn push(&mut self, section: Section, statement: &Statement, (matches, actions): Body, quick: bool) {
        let rule = Rule {
            matches: matches.into(),
            actions: actions.into(),
            quick,
            comment: statement.comment.as_deref().map(Into::into),
            origin: Some(statement.origin()),
        };
        let path = std::mem::take(&mut self.path);
        self.places.rules(&path, section).push(rule);
        self.path = path;
    }

    /// A statement of which nothing is known but that it may decide.
    fn opaque(&mut self, statement: &Statement) {
        let first = statement.tokens.first().map_or("", Token::text);
        if !is_rule(first) {
            return;
        }
        let words = words(&statement.tokens);
        let quick = statement.tokens.iter().any(|token| token.is_word("quick"));
        let second = statement.tokens.get(1).map_or("", Token::text);
        let is_translation = self.flavour == Flavour::Freebsd;
        let section = match if first == "no" { second } else { first } {
            "nat" if is_translation => Section::Nat,
            "rdr" if is_translation => Section::Rdr,
            "binat" if is_translation => Section::BinatOut,
            _ => Section::Filter,
        };
        self.push(
            section,
            statement,
            (vec![Match::Opaque(words.clone())], vec![Action::Unknown(words)]),
            quick,
        );
    }

    fn filter(&mut self, statement: &Statement) -> Result<(), Fault> {
        let mut cursor = Cursor::new(&statement.tokens);
        let mut parts = Parts::new(self.tables);
        let (bodies, quick) = filter(&mut cursor, &mut parts, self.rejects)?;
        self.remarks(statement, parts);
        for body in bodies {
            self.push(Section::Filter, statement, body, quick);
        }
        Ok(())
    }

    fn translation(&mut self, statement: &Statement) -> Result<(), Fault> {
        let mut cursor = Cursor::new(&statement.tokens);
        if self.flavour == Flavour::Openbsd
            && let Some(first) = cursor.peek()
        {
            return Err((first.span, Problem::TranslationRule { word: first.text().to_owned() }));
        }
        let mut parts = Parts::new(self.tables);
        let rules = translation(&mut cursor, &mut parts)?;
        self.remarks(statement, parts);
        for (section, body) in rules {
            // The first translation that matches counts.
            self.push(section, statement, body, true);
        }
        Ok(())
    }

    /// Reports what is wrong with a rule that can be read.
    fn remarks(&mut self, statement: &Statement, parts: Parts<'_>) {
        let whole = statement.origin();
        if parts.draft.lacks_protocol() {
            self.problems.push((whole, Problem::PortsWithoutProtocol));
        }
        let own = parts.problems.into_iter().map(|(span, problem)| (span.origin(statement.text), problem));
        self.problems.extend(own);
    }

    /// `anchor "name" ...`, and the rules that follow where it ends in a brace.
    fn anchor(&mut self, statement: &Statement, sections: &[Section]) -> Result<(), Fault> {
        let opens = statement.tokens.last().is_some_and(|last| last.is_sign("{"));
        let length = statement.tokens.len() - usize::from(opens);
        let tokens = statement.tokens.get(..length).unwrap_or_default();
        let mut cursor = Cursor::new(tokens);
        cursor.next();
        let has_name = cursor.peek().is_some_and(|token| match &token.kind {
            Kind::Quoted(_) => true,
            Kind::Word(word) => !ANCHOR_PARTS.contains(&word.as_str()),
            Kind::Sign(sign) => *sign == "/",
            Kind::Undefined(_) => false,
        });
        let name = match has_name.then(|| cursor.path(Expected::Anchor)) {
            Some(Ok(name)) => name,
            // Its rules belong together, whatever it is called.
            _ if opens => {
                self.nameless += 1;
                format!("_{}", self.nameless)
            }
            Some(Err(fault)) => return Err(fault),
            None => return Err(cursor.fault(Expected::Anchor)),
        };
        let too_deep = self.levels.len() >= MAX_DEPTH;
        let path = if too_deep { self.path.clone() } else { self.absolute(&name) };
        let mut parts = Parts::new(self.tables);
        let read = if statement.broken { Ok(()) } else { parts.read(&mut cursor, "") };
        let faulty = statement.broken || read.is_err();
        for &section in sections {
            let matches = if faulty {
                vec![Match::Opaque(words(tokens))]
            } else {
                parts.draft.matches(section.hook(), false)
            };
            let body = (matches, vec![Action::Anchor(path.clone())]);
            self.push(section, statement, body, parts.draft.quick);
        }
        self.remarks(statement, parts);
        if let Err((span, problem)) = read {
            self.problems.push((span.origin(statement.text), problem));
        }
        if opens {
            if too_deep {
                self.problems.push((statement.origin(), Problem::TooDeep));
            }
            self.enter(Level::Braces(statement.origin()), path);
        }
        Ok(())
    }

    fn close(&mut self, brace: &Token) -> Result<(), Fault> {
        if !matches!(self.levels.last(), Some((Level::Braces(_), _))) {
            return Err((brace.span, Problem::Unopened));
        }
        if let Some((_, path)) = self.levels.pop() {
            self.path = path;
        }
        Ok(())
    }

    /// `set option value`
    fn set(&mut self, cursor: &mut Cursor<'_>, text: u32) -> Result<(), Fault> {
        cursor.next();
        if cursor.eat_word("skip") {
            cursor.word("on")?;
            let names = cursor.list(|cursor| Ok(cursor.text(Expected::Interface)?.text().to_owned()))?;
            self.skipped.extend(names);
        } else if cursor.eat_word("block-policy") {
            self.rejects = cursor.eat_word("return");
            if !self.rejects {
                cursor.word("drop")?;
            }
        } else if cursor.eat_word("timeout") {
            // `set optimization` changes them too, to no less than five hours for an established connection.
            let timeouts = cursor.list(|cursor| {
                let name = cursor.text(Expected::Setting)?;
                let span = cursor.peek().map_or(name.span, |value| name.span.to(value.span));
                let value = cursor.number(u32::MAX.into())?.to_string();
                Ok((name.text().to_owned(), Fact { value, origin: Some(span.origin(text)) }))
            })?;
            self.host.timeouts.extend(timeouts);
        } else {
            let fault = cursor.fault(Expected::Setting);
            let known = cursor.next().is_some_and(|option| SETTINGS.contains(&option.text()));
            return if known { Ok(()) } else { Err(fault) };
        }
        cursor.end()
    }

    /// `antispoof quick for { em0 }`: what comes in elsewhere and claims to be from the network of an interface,
    /// or from this machine itself.
    fn antispoof(&mut self, statement: &Statement) -> Result<(), Fault> {
        let mut cursor = Cursor::new(&statement.tokens);
        cursor.next();
        let mut quick = false;
        while let Some(token) = cursor.peek().filter(|token| !token.is_word("for")) {
            if cursor.eat_word("log") {
                cursor.skip_parentheses()?;
            } else if cursor.eat_word("quick") {
                quick = true;
            } else {
                return Err((token.span, cursor.fault(Expected::Word("for")).1));
            }
        }
        cursor.word("for")?;
        let names = cursor.list(|cursor| {
            // In parentheses: its addresses at the moment.
            let dynamic = cursor.eat_sign("(");
            let name = cursor.text(Expected::Interface)?.text().to_owned();
            if dynamic {
                cursor.sign(")")?;
            }
            Ok((name, dynamic))
        })?;
        let family = match (cursor.eat_word("inet"), cursor.eat_word("inet6")) {
            (true, _) => Some(Family::Ipv4),
            (_, true) => Some(Family::Ipv6),
            _ => None,
        };
        if cursor.eat_word("label") {
            cursor.text(Expected::Text)?;
        }
        cursor.end()?;
        let arriving = Match::Direction(Direction::In);
        for (name, dynamic) in names {
            let elsewhere = Match::InInterface(Interface::named(name.clone())).negated();
            let of_family = family.map(Match::Family);
            let mut block = |conditions: Vec<Match>| {
                let matches = [arriving.clone()].into_iter().chain(conditions).collect();
                self.push(Section::Filter, statement, (matches, vec![Action::Drop]), quick);
            };
            if name == "lo0" {
                let own = ["127.0.0.0/8", "::1/128"].iter().filter_map(|net| net.parse::<IpNet>().ok());
                let own: AddressSet = own.collect();
                let own = family.map_or_else(|| own.clone(), |family| own.of(family));
                block(vec![elsewhere, Match::Source(own)]);
                continue;
            }
            let written = |part: &str| {
                let words = format!("{name}{part}");
                Match::Opaque(if dynamic { format!("from ({words})") } else { format!("from {words}") })
            };
            block([elsewhere].into_iter().chain(of_family.clone()).chain([written(":network")]).collect());
            block(of_family.into_iter().chain([written("")]).collect());
        }
        Ok(())
    }
}

/// Whether a statement that starts with this word may decide on packets; one that starts with a word that is not
/// known may.
fn is_rule(word: &str) -> bool {
    !WITHOUT_VERDICT.contains(&word) && !["set", "}"].contains(&word)
}
