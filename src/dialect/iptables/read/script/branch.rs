//! `if`, `case` and `while`: what runs, where that is known.

use super::condition::{fits, test};
use super::expand::{Arguments, Unknowns};
use super::token::Kind;
use super::{Block, BlockKind, Problem, Script, guard_text, rule};
use crate::dialect::iptables::read::word::Word;
use crate::ruleset::{Match, Origin};

/// What an init script is told when the machine starts.
const START: &str = "start";

/// How the argument of a script is written where it decides.
const ARGUMENT: [&str; 4] = ["$1", "\"$1\"", "${1}", "\"${1}\""];

impl Script<'_> {
    /// Takes a script that does different things by what it is called with as called with `start`.
    pub(super) fn assume_start(&mut self) {
        let words = |at: usize| {
            self.tokens.get(at).filter(|token| token.kind == Kind::Word).map(|token| self.slice(token.origin))
        };
        let decides = |at: usize| {
            words(at) == Some("case") && words(at + 1).is_some_and(|word| ARGUMENT.contains(&word))
        };
        let Some(at) = (0..self.tokens.len()).find(|&at| decides(at)) else { return };
        let ends = |next: usize| {
            self.tokens.get(next).is_some_and(|token| matches!(token.kind, Kind::Close | Kind::Pipe))
        };
        let mut places = at..self.tokens.len();
        if places.any(|at| words(at).is_some_and(|word| word.trim_matches('"') == START) && ends(at + 1)) {
            let origin = self.tokens[at + 1].origin;
            self.variables.arguments = Some(Arguments::new([(START.to_owned(), true)]));
            self.log.report(origin, Problem::Started);
        }
    }

    pub(super) fn begin_if(&mut self) {
        self.at += 1;
        let (condition, settled) = self.condition("then");
        let guards = guards(condition, settled);
        self.begin(BlockKind::If { settled }, guards);
    }

    /// `while` and `until`.
    pub(super) fn begin_while(&mut self) {
        let start = self.at;
        let is_until = self.tokens.get(start).is_some_and(|token| self.slice(token.origin) == "until");
        self.at += 1;
        let (condition, holds) = self.condition("do");
        let holds = holds.map(|holds| holds != is_until).filter(|_| !self.is_exhausted && !self.is_dead());
        let kind = if holds == Some(true) { BlockKind::While { start } } else { BlockKind::Once };
        self.begin(kind, guards(condition, holds));
    }

    /// What stands before `then` or `do`, and whether it holds if that is known.
    fn condition(&mut self, word: &str) -> ((String, Origin), Option<bool>) {
        let start = self.at;
        let condition = self.until(word);
        (condition, self.holds(start, self.at.saturating_sub(1)))
    }

    /// Whether the one command between two places succeeds, if that is known.
    fn holds(&self, start: usize, end: usize) -> Option<bool> {
        let mut tokens = self.tokens.get(start..end)?;
        while let Some((last, rest)) = tokens.split_last()
            && last.kind == Kind::End
        {
            tokens = rest;
        }
        let (mut words, mut unknowns): (Vec<Word<'_>>, _) = (Vec::new(), Unknowns::new());
        for token in tokens {
            if token.kind != Kind::Word {
                return None;
            }
            self.variables.expand(self.slice(token.origin), token.origin, &mut words, &mut unknowns);
        }
        let (name, arguments) = words.split_first()?;
        match &*name.text {
            "!" => {
                let (name, arguments) = arguments.split_first()?;
                matches!(&*name.text, "[" | "[[" | "test").then(|| test(arguments))?.map(|holds| !holds)
            }
            "[" | "[[" | "test" => test(arguments),
            "true" | ":" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// `elif` and `else`.
    pub(super) fn otherwise(&mut self, with_condition: bool) {
        self.at += 1;
        let origin = self.last;
        let next = with_condition.then(|| self.condition("then"));
        let Some(Block { kind: BlockKind::If { settled }, guards: known, .. }) = self.blocks.last_mut()
        else {
            return;
        };
        match (*settled, next) {
            (Some(true), _) => *known = vec![(rule::NEVER, origin)],
            (Some(false), Some((condition, holds))) => {
                *settled = holds;
                *known = guards(condition, holds);
            }
            (Some(false), None) => {
                *settled = Some(true);
                known.clear();
            }
            (None, next) => {
                if let Some((condition, _)) = known.last_mut() {
                    *condition = condition.clone().negated();
                }
                known.extend(next.map(|((text, origin), _)| (Match::Opaque(text), origin)));
            }
        }
    }

    pub(super) fn begin_case(&mut self) {
        self.at += 1;
        let (word, _) = self.until("in");
        let value = self.variables.value(&word);
        let kind =
            BlockKind::Case { word, value: value.known.then_some(value.text), pattern: true, taken: false };
        self.begin(kind, Vec::new());
    }

    /// The patterns of a branch, up to the bracket that ends them. False if this is not the place for any.
    pub(super) fn begin_branch(&mut self, origin: Origin) -> bool {
        let Some(Block { kind: BlockKind::Case { pattern: true, .. }, .. }) = self.blocks.last() else {
            return false;
        };
        let mut patterns = Vec::new();
        while let Some(token) = self.tokens.get(self.at).filter(|token| token.kind != Kind::Close) {
            if token.kind == Kind::Word {
                patterns.push(self.variables.value(self.slice(token.origin)));
            }
            self.at += 1;
        }
        self.at += 1;
        let text = guard_text(self.slice(origin), origin);
        let Some(Block { kind: BlockKind::Case { word, value, pattern, taken }, guards, .. }) =
            self.blocks.last_mut()
        else {
            return false;
        };
        *pattern = false;
        let holds = value.as_ref().and_then(|value| {
            let fit = |pattern: &super::Value| pattern.known.then(|| fits(value, &pattern.text))?;
            let all: Vec<Option<bool>> = patterns.iter().map(fit).collect();
            if all.contains(&Some(true)) {
                Some(true)
            } else {
                all.into_iter().collect::<Option<Vec<bool>>>().map(|_| false)
            }
        });
        *guards = match holds {
            _ if *taken => vec![(rule::NEVER, origin)],
            Some(true) => {
                *taken = true;
                Vec::new()
            }
            Some(false) => vec![(rule::NEVER, origin)],
            None => vec![(Match::Opaque(format!("case {word} in {text}")), origin)],
        };
        true
    }
}

/// What has to hold for a branch to run.
fn guards((text, origin): (String, Origin), holds: Option<bool>) -> Vec<(Match, Origin)> {
    match holds {
        Some(true) => Vec::new(),
        Some(false) => vec![(rule::NEVER, origin)],
        None => vec![(Match::Opaque(text), origin)],
    }
}
