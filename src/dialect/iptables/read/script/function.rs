//! Functions of a script: their commands run where they are called, with what they are called with.

use super::expand::Arguments;
use super::token::Kind;
use super::{Block, BlockKind, Problem, Script};
use crate::dialect::iptables::read::word::Word;
use crate::ruleset::{Match, Origin};

/// How deep calls are followed into one another.
const DEEPEST: usize = 32;

impl Script<'_> {
    /// The definition of a function.
    pub(super) fn function(&mut self) {
        let name = self.tokens.get(self.at).map(|token| self.slice(token.origin).to_owned());
        self.at += 1;
        while !self.is_word("{")
            && self.tokens.get(self.at).is_some_and(|token| {
                matches!(token.kind, Kind::Open | Kind::Close) || self.slice(token.origin).trim().is_empty()
            })
        {
            self.at += 1;
        }
        if !self.is_word("{") {
            return;
        }
        self.at += 1;
        if let Some(name) = name {
            self.functions.insert(name, self.at);
        }
        let mut depth = 1_usize;
        while depth > 0 && self.at < self.tokens.len() {
            if self.is_word("{") {
                depth += 1;
            } else if self.is_word("}") {
                depth -= 1;
            }
            self.at += 1;
        }
    }

    /// Whether the next token is this word.
    fn is_word(&self, word: &str) -> bool {
        self.tokens
            .get(self.at)
            .is_some_and(|token| token.kind == Kind::Word && self.slice(token.origin) == word)
    }

    /// Goes on in a function, if it is one that is called. Says whether it is.
    pub(super) fn call(
        &mut self,
        words: &[Word<'_>],
        origin: Origin,
        guard: Option<&(Match, Origin)>,
    ) -> bool {
        let Some((name, arguments)) = words.split_first() else { return false };
        let Some(&body) = self.functions.get(&*name.text).filter(|_| name.known) else { return false };
        let calls = self.blocks.iter().filter(|block| matches!(block.kind, BlockKind::Call { .. }));
        if self.is_exhausted || calls.count() >= DEEPEST {
            self.log.report(origin, Problem::TooLong);
            return true;
        }
        let own = Arguments::new(arguments.iter().map(|word| (word.text.to_string(), word.known)));
        let outer = self.variables.arguments.replace(own);
        let kind = BlockKind::Call { back: self.at, outer };
        self.begin(kind, guard.into_iter().cloned().collect());
        self.at = body;
        true
    }

    /// The end of the function that was called last, if that is for certain: nothing that stands around this place in it
    /// depends on anything.
    pub(super) fn leave(&mut self) {
        let call = self.blocks.iter().rposition(|block| matches!(block.kind, BlockKind::Call { .. }));
        let Some(call) = call else { return };
        let is_certain = |block: &Block| block.guards.is_empty();
        if !self.blocks[call + 1..].iter().all(is_certain) {
            return;
        }
        self.blocks.truncate(call + 1);
        if let Some(Block { kind: BlockKind::Call { back, outer }, .. }) = self.blocks.pop() {
            self.variables.arguments = outer;
            self.at = back;
        }
    }

    /// The end of the script, if that is for certain.
    pub(super) fn exit(&mut self) {
        if self.blocks.iter().all(|block| block.guards.is_empty()) {
            self.at = self.tokens.len();
        }
    }

    /// Whether what stands here never runs.
    pub(super) fn is_dead(&self) -> bool {
        self.blocks.last().is_some_and(Block::is_dead)
    }
}
