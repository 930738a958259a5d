//! The parts of a rule, by the words that they start with.

use std::collections::BTreeSet;

use super::super::{Expected, Problem};
use super::address::{End, any_of, host, hosts};
use super::cursor::{Cursor, Fault};
use super::draft::{Draft, Flags, Keep, On};
use super::names;
use super::pool::{Pool, choices, pool};
use super::port::ports;
use super::table::Tables;
use crate::packet::Family;
use crate::ruleset::{Action, Direction, IcmpMatch, Interface, Match, TcpFlags};

/// The flags in the order of their bits in the header.
const FLAGS: [(char, u8); 8] =
    [('F', 1), ('S', 2), ('R', 4), ('P', 8), ('A', 16), ('U', 32), ('E', 64), ('W', 128)];

/// Options of `keep state` that limit how many states a rule keeps.
const LIMITS: [&str; 5] = ["max", "max-src-nodes", "max-src-states", "max-src-conn", "max-src-conn-rate"];

/// Translation that a rule asks for; what becomes of it depends on the rest of the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Translation {
    /// `nat-to`.
    Source(Pool),
    /// `rdr-to`.
    Destination(Pool),
    /// `binat-to`.
    Both(Pool),
}

/// What the parts of a rule are read with.
pub(super) struct Parts<'a> {
    pub(super) tables: &'a Tables,
    /// What is wrong with the rule, where the rest of it can still be read.
    pub(super) problems: Vec<Fault>,
    pub(super) draft: Draft,
    pub(super) translations: Vec<Translation>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(tables: &'a Tables) -> Self {
        Self { tables, problems: Vec::new(), draft: Draft::default(), translations: Vec::new() }
    }

    /// Reads parts up to the end, or to `stop`.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_>, stop: &str) -> Result<(), Fault> {
        while let Some(token) = cursor.peek() {
            if token.is_sign(stop) {
                return Ok(());
            }
            let start = cursor.position();
            cursor.next();
            let word = token.text();
            if token.is_sign("!") {
                self.negated(cursor)?;
            } else if !self.selection(word, cursor)? && !self.option(word, cursor, start)? {
                let found = Some(word.to_owned());
                return Err((token.span, Problem::Unexpected { found, expected: Expected::RulePart }));
            }
        }
        Ok(())
    }

    /// What says which packets the rule is about by their addresses. Whether `word` does.
    fn selection(&mut self, word: &str, cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
        match word {
            "in" => self.draft.direction = Some(Direction::In),
            "out" => self.draft.direction = Some(Direction::Out),
            "quick" => self.draft.quick = true,
            "log" => cursor.skip_parentheses()?,
            "on" => self.on(cursor)?,
            "inet" => self.draft.family = Some(Family::Ipv4),
            "inet6" => self.draft.family = Some(Family::Ipv6),
            "proto" => self.protocols(cursor)?,
            "all" => {}
            "from" => (self.draft.source, self.draft.source_port) = self.end(cursor, End::Source)?,
            "to" => {
                (self.draft.destination, self.draft.destination_port) = self.end(cursor, End::Destination)?;
            }
            "flags" => self.draft.flags = flags(cursor)?,
            "icmp-type" => self.icmp(cursor, Family::Ipv4)?,
            "icmp6-type" => self.icmp(cursor, Family::Ipv6)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Any other part. Whether `word` starts one.
    fn option(&mut self, word: &str, cursor: &mut Cursor<'_>, start: usize) -> Result<bool, Fault> {
        match word {
            "keep" | "modulate" | "synproxy" => {
                cursor.word("state")?;
                self.draft.keep = Keep::State;
                self.state_options(cursor)?;
            }
            "no" => {
                cursor.word("state")?;
                self.draft.keep = Keep::Nothing;
            }
            "user" | "group" => {
                comparison(cursor)?;
                self.opaque(cursor, start);
            }
            "os" => {
                cursor.list(|cursor| cursor.text(Expected::Text).map(|_| ()))?;
                self.opaque(cursor, start);
            }
            "tos" | "dscp" | "prio" | "probability" | "max-pkt-size" => {
                cursor.text(Expected::Text)?;
                self.opaque(cursor, start);
            }
            "max-pkt-rate" => {
                cursor.text(Expected::Text)?;
                cursor.sign("/")?;
                cursor.text(Expected::Text)?;
                self.opaque(cursor, start);
            }
            "fragment" | "once" => self.opaque(cursor, start),
            "tag" => {
                let name = cursor.text(Expected::Text)?.text().to_owned();
                self.draft.actions.push(Action::Tag(name));
            }
            "tagged" => {
                let name = cursor.text(Expected::Text)?.text().to_owned();
                self.draft.others.push(Match::Tagged(name));
            }
            "received-on" => {
                let interface = interfaces(cursor)?;
                self.draft.others.extend(interface);
            }
            "nat-to" => self.translations.push(Translation::Source(pool(cursor, self.tables)?)),
            "rdr-to" => self.translations.push(Translation::Destination(pool(cursor, self.tables)?)),
            "binat-to" => self.translations.push(Translation::Both(pool(cursor, self.tables)?)),
            "af-to" => {
                if !cursor.eat_word("inet") {
                    cursor.word("inet6")?;
                }
                if cursor.eat_word("from") {
                    pool(cursor, self.tables)?;
                    if cursor.eat_word("to") {
                        pool(cursor, self.tables)?;
                    }
                }
                self.draft.unknown = Some(Action::Unknown(cursor.words_since(start)));
            }
            "divert-to" => self.divert_to(cursor, start)?,
            "divert-packet" => {
                cursor.word("port")?;
                cursor.text(Expected::Port)?;
                self.draft.unknown = Some(Action::Unknown(cursor.words_since(start)));
            }
            _ => return without_verdict(word, cursor),
        }
        Ok(true)
    }

    /// What may follow an exclamation mark.
    fn negated(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        if cursor.eat_word("tagged") {
            let name = cursor.text(Expected::Text)?.text().to_owned();
            self.draft.others.push(Match::Tagged(name).negated());
        } else if cursor.eat_word("received-on") {
            let interface = interfaces(cursor)?;
            self.draft.others.extend(interface.map(Match::negated));
        } else {
            return Err(cursor.fault(Expected::Word("tagged")));
        }
        Ok(())
    }

    fn opaque(&mut self, cursor: &Cursor<'_>, start: usize) {
        self.draft.others.push(Match::Opaque(cursor.words_since(start)));
    }

    /// `on em0`, `on ! em0`, `on { em0 em1 }`, `on rdomain 1`.
    fn on(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let not = cursor.eat_sign("!");
        if cursor.eat_word("rdomain") {
            let domain = Match::Opaque(format!("on rdomain {}", cursor.number(255)?));
            self.draft.others.push(if not { domain.negated() } else { domain });
            return Ok(());
        }
        let elements = cursor.list(|cursor| {
            let not = not || cursor.eat_sign("!");
            let name = cursor.text(Expected::Interface)?;
            let is_any = name.is_word("any");
            Ok(On { not, interface: (!is_any).then(|| Interface::named(name.text())) })
        })?;
        self.draft.on.extend(elements);
        Ok(())
    }

    fn protocols(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let protocols = cursor.list(|cursor| {
            let name = cursor.text(Expected::Protocol)?;
            let unknown = Problem::UnknownName { of: Expected::Protocol, name: name.text().to_owned() };
            names::protocol(name.text()).ok_or((name.span, unknown))
        })?;
        self.draft.protocols.extend(protocols);
        Ok(())
    }

    /// What follows `from` or `to`: addresses, ports, the system that the packet comes from.
    fn end(&mut self, cursor: &mut Cursor<'_>, end: End) -> Result<(Option<Match>, Option<Match>), Fault> {
        let has_port = |cursor: &Cursor<'_>| cursor.peek().is_some_and(|token| token.is_word("port"));
        let addresses = if has_port(cursor) { None } else { hosts(cursor, end, self.tables)? };
        let ports =
            if cursor.eat_word("port") { Some(ports(cursor, end, &mut self.problems)?) } else { None };
        Ok((addresses, ports))
    }

    /// Types and codes; those with the same code are one condition.
    fn icmp(&mut self, cursor: &mut Cursor<'_>, family: Family) -> Result<(), Fault> {
        let mut any = false;
        let mut by_code: Vec<(Option<u8>, BTreeSet<u8>)> = Vec::new();
        cursor.list(|cursor| {
            let token = cursor.text(Expected::IcmpType)?;
            if token.is_word("any") {
                any = true;
                return Ok(());
            }
            let unknown = Problem::UnknownName { of: Expected::IcmpType, name: token.text().to_owned() };
            let kind = names::icmp_type(family, token.text()).ok_or((token.span, unknown))?;
            let code = if cursor.eat_word("code") {
                let token = cursor.text(Expected::IcmpCode)?;
                let unknown = Problem::UnknownName { of: Expected::IcmpCode, name: token.text().to_owned() };
                Some(names::icmp_code(family, kind, token.text()).ok_or((token.span, unknown))?)
            } else {
                None
            };
            match by_code.iter_mut().find(|(known, _)| *known == code) {
                Some((_, types)) => _ = types.insert(kind),
                None => by_code.push((code, BTreeSet::from([kind]))),
            }
            Ok(())
        })?;
        if !any {
            let conditions = by_code.into_iter().map(|(code, types)| IcmpMatch {
                family,
                types: types.into_iter().collect(),
                code,
            });
            self.draft.icmp.extend(conditions);
        }
        Ok(())
    }

    /// `(max 100, max-src-conn-rate 5/10, overload <t> flush global, if-bound, tcp.established 60, ...)`. Limits
    /// decide whether a packet passes; the rest does not.
    fn state_options(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        if !cursor.peek().is_some_and(|token| token.is_sign("(")) {
            return Ok(());
        }
        let mut options = cursor.clone();
        cursor.skip_parentheses()?;
        options.next();
        while options.position() < cursor.position() {
            let start = options.position();
            let Some(token) = options.next() else { break };
            if LIMITS.contains(&token.text()) {
                options.text(Expected::Text)?;
                if options.eat_sign("/") {
                    options.text(Expected::Text)?;
                }
                self.draft.others.push(Match::Opaque(options.words_since(start)));
            }
        }
        Ok(())
    }

    fn divert_to(&mut self, cursor: &mut Cursor<'_>, start: usize) -> Result<(), Fault> {
        let address = cursor.text(Expected::Address)?.text().to_owned();
        cursor.word("port")?;
        let port = cursor.text(Expected::Port)?;
        let unknown = Problem::UnknownName { of: Expected::Port, name: port.text().to_owned() };
        let port = names::port(port.text()).ok_or((port.span, unknown))?;
        match address.parse() {
            Ok(address) => self.draft.actions.push(Action::Divert { address, port }),
            Err(_) => self.draft.unknown = Some(Action::Unknown(cursor.words_since(start))),
        }
        Ok(())
    }
}

/// Parts that change neither whether the packet passes nor what later rules see. Whether `word` starts one.
fn without_verdict(word: &str, cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
    match word {
        "allow-opts" | "divert-reply" | "fastroute" => {}
        "label" | "rtable" | "ridentifier" | "min-ttl" | "max-mss" | "set-tos" => {
            cursor.text(Expected::Text)?;
        }
        "queue" | "dnqueue" | "dnpipe" => {
            if cursor.peek().is_some_and(|token| token.is_sign("(")) {
                cursor.skip_parentheses()?;
            } else {
                cursor.text(Expected::Text)?;
            }
        }
        "scrub" => cursor.skip_parentheses()?,
        "set" => {
            if cursor.peek().is_some_and(|token| token.is_sign("(")) {
                cursor.skip_parentheses()?;
            } else {
                cursor.text(Expected::Text)?;
                if cursor.peek().is_some_and(|token| token.is_sign("(")) {
                    cursor.skip_parentheses()?;
                } else {
                    cursor.text(Expected::Text)?;
                }
            }
        }
        // By which way the packet goes on is not asked here.
        "route-to" | "reply-to" | "dup-to" => {
            cursor.list(|cursor| {
                if cursor.peek().is_some_and(|token| token.is_sign("(")) {
                    cursor.skip_parentheses()
                } else {
                    host(cursor).map(|_| ())
                }
            })?;
            choices(cursor)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Interfaces that a packet came in by; `None` for any.
fn interfaces(cursor: &mut Cursor<'_>) -> Result<Option<Match>, Fault> {
    let alternatives = cursor.list(|cursor| {
        let name = cursor.text(Expected::Interface)?;
        Ok(vec![Match::InInterface(Interface::named(name.text()))])
    })?;
    Ok(any_of(alternatives))
}

/// `any`, or the flags that have to be set, a slash, and those that are looked at.
fn flags(cursor: &mut Cursor<'_>) -> Result<Flags, Fault> {
    if cursor.eat_word("any") {
        return Ok(Flags::Any);
    }
    let first = cursor.peek();
    let value = if cursor.peek().is_some_and(|token| token.is_sign("/")) { 0 } else { flag_bits(cursor)? };
    cursor.sign("/")?;
    let last = cursor.peek();
    let mask = flag_bits(cursor)?;
    if value & !mask != 0 {
        let span = first.zip(last).map(|(first, last)| first.span.to(last.span));
        return Err(span.map_or_else(|| cursor.fault(Expected::Flags), |span| (span, Problem::FlagsNeverSet)));
    }
    Ok(Flags::These(TcpFlags { mask, value }))
}

fn flag_bits(cursor: &mut Cursor<'_>) -> Result<u8, Fault> {
    let fault = cursor.fault(Expected::Flags);
    let text = cursor.text(Expected::Flags)?.text();
    let mut bits = 0;
    for character in text.chars() {
        let flag = FLAGS.iter().find(|(name, _)| *name == character);
        bits |= flag.map(|(_, bit)| *bit).ok_or_else(|| fault.clone())?;
    }
    Ok(bits)
}

/// Names or numbers of users, with operators as for ports.
fn comparison(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    cursor.list(|cursor| {
        let _ = ["=", "!=", "<=", ">=", "<", ">"].iter().any(|sign| cursor.eat_sign(sign));
        cursor.text(Expected::Text)?;
        if ["><", "<>"].iter().any(|sign| cursor.eat_sign(sign)) {
            cursor.text(Expected::Text)?;
        }
        Ok(())
    })?;
    Ok(())
}
