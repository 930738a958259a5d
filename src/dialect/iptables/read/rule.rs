//! A command of iptables, word by word: its options, the matches that they belong to, and what they come to.

use super::command::{self, Command, Verb};
use super::extension::{self, Extension, Opt, Style};
use super::log::Log;
use super::problem::Problem;
use super::set::Sets;
use super::target::{Marks, Target};
use super::value::{self, Fault};
use super::word::{Word, push_quoted};
use crate::packet::{Family, Protocol};
use crate::ruleset::{Action, Interface, Match, Origin, Rule, States};

/// The argument of an option.
#[derive(Debug, Clone, Copy)]
pub(super) struct Argument<'w> {
    /// What it is.
    pub(super) text: &'w str,
    /// Where it stands.
    pub(super) origin: Origin,
    /// Whether that is all of it.
    pub(super) known: bool,
}

/// A match that the rule has loaded.
pub(super) struct Loaded {
    /// Which.
    pub(super) extension: &'static Extension,
    /// Its options, where they make one condition.
    pub(super) text: String,
    /// Where that condition stands among those of the rule.
    pub(super) place: usize,
    /// Whether that condition is negated.
    pub(super) negated: bool,
    /// What it comes to, as long as none of its options is left that could change that.
    pub(super) modelled: Vec<Match>,
    /// Whether there was such an option.
    pub(super) modified: bool,
    /// The places of its conditions on the connection: where there is none, they do not hold, negated or not.
    pub(super) on_connection: Vec<usize>,
    /// Whether the connection states that it asks for, if it does, include one of packets without a connection.
    pub(super) without_connection: Option<bool>,
}

/// A command that is being read.
pub(super) struct Draft<'w, 't, 'c> {
    pub(super) family: Family,
    pub(super) sets: &'c Sets,
    pub(super) log: &'c mut Log,
    words: &'w [Word<'t>],
    at: usize,
    /// The argument that is joined to the name of its option.
    inline: Option<&'w str>,
    /// Whether `!` stands before the option.
    pub(super) negated: bool,
    pub(super) matches: Vec<Match>,
    pub(super) comment: Option<String>,
    pub(super) loaded: Vec<Loaded>,
    protocol: Option<Protocol>,
    /// Where the first condition on ports stands.
    pub(super) on_ports: Option<Origin>,
    target: Option<Target<'w>>,
    pub(super) verb: Verb<'w>,
    pub(super) chain: Option<Argument<'w>>,
    pub(super) table: Option<Argument<'w>>,
    pub(super) only: Option<Family>,
}

/// Reads the words after the name of the program, for a rule set of `family`.
pub(super) fn command<'w>(words: &'w [Word<'_>], family: Family, sets: &Sets, log: &mut Log) -> Command<'w> {
    let mut draft = Draft {
        family,
        sets,
        log,
        words,
        at: 0,
        inline: None,
        negated: false,
        matches: Vec::with_capacity(8),
        comment: None,
        loaded: Vec::new(),
        protocol: None,
        on_ports: None,
        target: None,
        verb: Verb::Nothing,
        chain: None,
        table: None,
        only: None,
    };
    while draft.at < words.len() {
        draft.word();
    }
    draft.finish()
}

impl<'w> Draft<'w, '_, '_> {
    fn word(&mut self) {
        let word = &self.words[self.at];
        self.at += 1;
        if word.text == "!" {
            self.negated = !self.negated;
            return;
        }
        let text: &'w str = &word.text;
        let name = self.divide(text);
        let understood = match name.strip_prefix("--") {
            _ if !word.known || !word.is_option() => {
                if word.known {
                    self.log.report(word.origin, Problem::Stray(text.to_owned()));
                }
                self.push(Match::Opaque(text.to_owned()));
                true
            }
            Some(bare) => self.long(bare),
            None => self.short(name),
        };
        if !understood {
            self.unknown(name, word.origin);
        }
        self.negated = false;
    }

    /// Divides `--name=value` and `-nvalue`, as getopt does.
    fn divide(&mut self, text: &'w str) -> &'w str {
        self.inline = None;
        match text.as_bytes() {
            [b'-', b'-', _, ..] => match text.split_once('=') {
                Some((name, value)) => {
                    self.inline = Some(value);
                    name
                }
                None => text,
            },
            [b'-', letter, _, ..] if letter.is_ascii() => {
                self.inline = Some(&text[2..]);
                &text[..2]
            }
            _ => text,
        }
    }

    /// The options that need no match or target.
    fn short(&mut self, name: &str) -> bool {
        let family = self.family;
        match name {
            "-s" => self
                .condition("", "-s", |text| value::addresses(text, family).map(|set| set.map(Match::Source))),
            "-d" => self.condition("", "-d", |text| {
                value::addresses(text, family).map(|set| set.map(Match::Destination))
            }),
            "-i" => self.condition("", "-i", |text| Ok(interface(text).map(Match::InInterface))),
            "-o" => self.condition("", "-o", |text| Ok(interface(text).map(Match::OutInterface))),
            "-p" => self.protocol(),
            "-f" => self.push(Match::Opaque("-f".to_owned())),
            "-m" => self.load(),
            "-j" => self.jump(false),
            "-g" => self.jump(true),
            _ => return self.administrative(name),
        }
        true
    }

    /// An option with two dashes: of a match or target that the rule names, or one that has a short form. getopt
    /// also takes the beginning of a name, where no other begins so.
    fn long(&mut self, bare: &str) -> bool {
        if self.extended(bare) {
            return true;
        }
        let short =
            |bare: &str| command::LONG.iter().find(|(long, _)| *long == bare).map(|(_, short)| *short);
        if let Some(short) = short(bare) {
            return self.short(short);
        }
        let extensions = self.loaded.iter().map(|loaded| loaded.extension);
        let extensions = extensions
            .chain(self.protocol.and_then(of_protocol))
            .chain(self.target.as_ref().and_then(|target| target.extension));
        let options = extensions.flat_map(|extension| extension.options).map(|opt| opt.name);
        let mut candidates = options
            .chain(command::LONG.iter().map(|(long, _)| *long))
            .filter(|candidate| !bare.is_empty() && candidate.starts_with(bare));
        let Some(first) = candidates.next() else { return false };
        if candidates.any(|other| other != first && (short(other).is_none() || short(other) != short(first)))
        {
            return false;
        }
        self.extended(first) || short(first).is_some_and(|short| self.short(short))
    }

    /// The options of the target and of the matches that the rule names, the latest first, and of its protocol.
    fn extended(&mut self, bare: &str) -> bool {
        if let Some(opt) = self.target.as_ref().and_then(|target| target.option(bare)) {
            let arguments = self.arguments(opt);
            if let Some(target) = &mut self.target {
                target.push(opt.name, &arguments);
            }
            return true;
        }
        let find = |extension: &'static Extension| extension.options.iter().find(|opt| opt.name == bare);
        for index in (0..self.loaded.len()).rev() {
            if let Some(opt) = find(self.loaded[index].extension) {
                if opt.meaning.is_port() {
                    self.on_ports =
                        self.on_ports.or(self.words.get(self.at.wrapping_sub(1)).map(|word| word.origin));
                }
                self.option(index, opt);
                return true;
            }
        }
        let Some(extension) = self.protocol.and_then(of_protocol) else { return false };
        let Some(opt) = find(extension) else { return false };
        self.add(extension);
        self.option(self.loaded.len() - 1, opt);
        true
    }

    /// An option that nothing named so far has. It takes what follows, up to the next option.
    fn unknown(&mut self, name: &str, origin: Origin) {
        let mut text = String::from(name);
        if let Some(value) = self.inline.take() {
            text.push('=');
            text.push_str(value);
        }
        while let Some(word) = self.words.get(self.at).filter(|word| !word.is_option()) {
            text.push(' ');
            push_quoted(&mut text, &word.text);
            self.at += 1;
        }
        match &mut self.target {
            // It may be a target that somebody else's module provides.
            Some(target) if target.extension.is_none() => target.push_unknown(&text),
            _ => {
                self.log.report(origin, Problem::Option(name.to_owned()));
                self.push(Match::Opaque(text));
            }
        }
    }

    // ---- arguments -----------------------------------------------------------------------------------

    /// The next argument of the option that is being read. Old rules have the `!` before it, not before the option.
    pub(super) fn argument(&mut self) -> Option<Argument<'w>> {
        let last = self.words.get(self.at.wrapping_sub(1))?;
        if let Some(text) = self.inline.take() {
            return Some(Argument { text, origin: last.origin, known: last.known });
        }
        let mut word = self.words.get(self.at);
        if word.is_some_and(|word| word.text == "!") {
            self.negated = !self.negated;
            self.at += 1;
            word = self.words.get(self.at);
        }
        let Some(word) = word else {
            self.log.report(last.origin, Problem::MissingArgument(last.text.to_string()));
            return None;
        };
        self.at += 1;
        Some(Argument { text: &word.text, origin: word.origin, known: word.known })
    }

    /// The next word, if it is a number: some options take one.
    pub(super) fn optional_number(&mut self) -> Option<Argument<'w>> {
        let word = self.words.get(self.at)?;
        if !word.known || !word.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.argument()
    }

    /// The next word, if it does not begin an option.
    pub(super) fn optional_argument(&mut self) -> Option<Argument<'w>> {
        if self.inline.is_none() {
            self.words.get(self.at).filter(|word| !word.is_option())?;
        }
        self.argument()
    }

    /// Options joined to one without arguments: `-nvL` lists.
    pub(super) fn joined(&mut self) {
        if self.inline.take().is_some_and(|joined| joined.contains('L')) {
            self.optional_argument();
        }
    }

    /// All arguments of an option.
    pub(super) fn arguments(&mut self, opt: &Opt) -> Vec<Argument<'w>> {
        (0..opt.arity).map_while(|_| self.argument()).collect()
    }

    // ---- conditions ----------------------------------------------------------------------------------

    /// Adds a condition, negated if `!` says so.
    pub(super) fn push(&mut self, matching: Match) {
        let negated = std::mem::take(&mut self.negated);
        self.matches.push(if negated { matching.negated() } else { matching });
    }

    /// Adds what `parse` makes of the option's argument: a condition, or `None` for one that always holds.
    pub(super) fn condition(
        &mut self,
        module: &str,
        option: &str,
        parse: impl FnOnce(&str) -> Result<Option<Match>, Fault>,
    ) {
        let matching = self.parsed(module, option, parse);
        match matching {
            Some(matching) => self.push(matching),
            None if self.negated => self.matches.push(NEVER),
            None => {}
        }
    }

    /// What `parse` makes of the option's argument; opaque where that is nothing.
    pub(super) fn parsed(
        &mut self,
        module: &str,
        option: &str,
        parse: impl FnOnce(&str) -> Result<Option<Match>, Fault>,
    ) -> Option<Match> {
        let Some(argument) = self.argument() else { return Some(opaque(module, option, &[])) };
        if argument.known {
            match parse(argument.text) {
                Ok(matching) => return matching,
                Err(fault) => self.log.report(argument.origin, fault.problem(option, argument.text)),
            }
        }
        Some(opaque(module, option, &[argument]))
    }

    fn protocol(&mut self) {
        let mut protocol = None;
        self.condition("", "-p", |text| {
            protocol = value::protocol(text)?;
            Ok(protocol.map(Match::Protocol))
        });
        self.protocol = protocol;
    }

    /// `-m`: the match whose options may follow.
    fn load(&mut self) {
        self.negated = false;
        let Some(argument) = self.argument() else { return };
        if let Some(extension) = extension::matching(argument.text).filter(|_| argument.known) {
            self.add(extension);
            return;
        }
        // Which arguments its options have is not known: all that follows, up to an option that is.
        let mut text = format!("-m {}", argument.text);
        while let Some(word) = self.words.get(self.at) {
            if word.known && matches!(&*word.text, "-s" | "-d" | "-i" | "-o" | "-p" | "-m" | "-j" | "-g") {
                break;
            }
            let negates_known = word.text == "!"
                && self
                    .words
                    .get(self.at + 1)
                    .is_some_and(|next| matches!(&*next.text, "-s" | "-d" | "-i" | "-o" | "-p"));
            if negates_known {
                break;
            }
            text.push(' ');
            push_quoted(&mut text, &word.text);
            self.at += 1;
        }
        if argument.known {
            self.log.report(argument.origin, Problem::Match(argument.text.to_owned()));
        }
        self.matches.push(Match::Opaque(text));
    }

    fn add(&mut self, extension: &'static Extension) {
        let place = self.matches.len();
        if extension.style != Style::Each {
            // Its options are still to come.
            self.matches.push(Match::Opaque(String::new()));
        }
        self.loaded.push(Loaded {
            extension,
            text: String::new(),
            place,
            negated: false,
            modelled: Vec::new(),
            modified: false,
            on_connection: Vec::new(),
            without_connection: None,
        });
    }

    // ---- the target and the end ----------------------------------------------------------------------

    fn jump(&mut self, goto: bool) {
        let Some(argument) = self.argument() else { return };
        self.target = Some(Target::new(argument, goto));
    }

    fn finish(mut self) -> Command<'w> {
        self.join_conditions();
        if let (None, Some(origin)) = (self.protocol, self.on_ports) {
            self.log.report(origin, Problem::PortsWithoutProtocol);
        }
        let mut actions = Vec::new();
        let mut jump = None;
        let mut unknown_marks = Marks::default();
        if let Some(target) = &self.target {
            actions =
                target.actions(self.family, self.chain.map(|chain| chain.text), &self.matches, self.log);
            unknown_marks = target.unknown_marks(&actions);
            if let [Action::Jump(_) | Action::Goto(_)] = &actions[..] {
                jump = Some(target.name);
            }
        }
        Command {
            verb: self.verb,
            chain: self.chain,
            table: self.table,
            guards: Vec::new(),
            only: self.only,
            jump,
            unknown_marks,
            rule: Rule {
                matches: self.matches.into(),
                actions: actions.into(),
                // With netfilter the first rule that decides is the one that counts.
                quick: true,
                comment: self.comment.map(Into::into),
                origin: None,
            },
        }
    }

    /// Finishes the conditions that several options make together.
    fn join_conditions(&mut self) {
        for loaded in std::mem::take(&mut self.loaded) {
            if loaded.extension.style != Style::Each {
                let mut modelled = loaded.modelled.into_iter();
                if let Some(first) = modelled.next().filter(|_| !loaded.modified) {
                    self.matches[loaded.place] = first;
                    self.matches.extend(modelled);
                } else {
                    let whole = Match::Opaque(format!("-m {}{}", loaded.extension.name, loaded.text));
                    self.matches[loaded.place] = if loaded.negated { whole.negated() } else { whole };
                }
            }
            if loaded.on_connection.is_empty() {
                continue;
            }
            let without = States::INVALID.union(States::UNTRACKED);
            match loaded.without_connection {
                None => self.matches.push(Match::State(without).negated()),
                // Asked for one of these states too, the kernel lets the rest of the match be.
                Some(true) => {
                    for place in loaded.on_connection {
                        let matching = std::mem::replace(&mut self.matches[place], NEVER);
                        self.matches[place] = Match::AnyOf(vec![vec![Match::State(without)], vec![matching]]);
                    }
                }
                Some(false) => {}
            }
        }
    }
}

/// What no packet matches.
pub(super) const NEVER: Match = Match::AnyOf(Vec::new());

/// A condition that is not modelled.
pub(super) fn opaque(module: &str, option: &str, arguments: &[Argument<'_>]) -> Match {
    let mut text = String::new();
    if !module.is_empty() {
        text.push_str("-m ");
        text.push_str(module);
        text.push_str(" --");
    }
    text.push_str(option);
    for argument in arguments {
        text.push(' ');
        push_quoted(&mut text, argument.text);
    }
    Match::Opaque(text)
}

/// An interface; `None` is every one.
fn interface(text: &str) -> Option<Interface> {
    let (name, prefix) = match text.strip_suffix('+') {
        Some(start) => (start, true),
        None => (text, false),
    };
    (!name.is_empty()).then(|| Interface { name: name.into(), prefix })
}

/// The match whose options a rule may have by its protocol alone.
fn of_protocol(protocol: Protocol) -> Option<&'static Extension> {
    extension::matching(match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Icmp => "icmp",
        Protocol::Icmpv6 => "icmp6",
        Protocol::DCCP => "dccp",
        Protocol::SCTP => "sctp",
        Protocol::UDPLITE => "udplite",
        Protocol::Other(50) => "esp",
        Protocol::Other(51) => "ah",
        Protocol::Other(135) => "mh",
        Protocol::Other(_) => return None,
    })
}
