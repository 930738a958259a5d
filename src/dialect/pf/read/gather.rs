//! The statements of a text and of those that it includes, in order, with the macros expanded.

use std::path::{Path, PathBuf};

use super::super::{Expected, Problem};
use super::MAX_DEPTH;
use super::cursor::{Cursor, Fault};
use super::lex::{Kind, Lexer, Line, Macros, Span, Token, too_deep, value};
use crate::ruleset::Origin;

/// How many files are read in all. Files that include each other twice, and so on, would never end.
const MAX_FILES: u32 = 1000;

/// How many bytes they may have in all.
const MAX_BYTES: usize = 32 << 20;

/// A statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// Which text it stands in.
    pub(super) text: u32,
    /// Its tokens; at least one.
    pub(super) tokens: Vec<Token>,
    /// The comment directly above it, if it is one of ours.
    pub(super) comment: Option<String>,
    /// Whether a macro or a file is missing, so that nobody knows what it says; that is reported already.
    pub(super) broken: bool,
}

impl Statement {
    /// Where it stands: the first to the last token.
    pub(super) fn origin(&self) -> Origin {
        let span = |token: Option<&Token>| token.map_or(Span { start: 0, end: 0, line: 1 }, |one| one.span);
        span(self.tokens.first()).to(span(self.tokens.last())).origin(self.text)
    }
}

/// What comes of a text.
#[derive(Debug)]
pub(super) enum Event {
    /// A statement other than those that only concern the reading.
    Statement(Statement),
    /// What follows is the text of the anchor with this path, loaded from a file.
    Enter(String),
    /// That text ends here.
    Leave,
}

/// Reads texts, and those that they include.
pub(super) struct Gather<'f> {
    /// Gives the text of a file.
    pub(super) files: &'f mut dyn FnMut(&str) -> Option<String>,
    macros: Macros,
    /// The files that are being read, outermost first.
    open: Vec<PathBuf>,
    /// How many texts were read.
    texts: u32,
    /// How many bytes the files among them had.
    bytes: usize,
    pub(super) events: Vec<Event>,
    pub(super) problems: Vec<(Origin, Problem)>,
}

impl<'f> Gather<'f> {
    pub(super) fn new(files: &'f mut dyn FnMut(&str) -> Option<String>) -> Self {
        Self {
            files,
            macros: Macros::default(),
            open: Vec::new(),
            texts: 0,
            bytes: 0,
            events: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Adds the statements of a text.
    pub(super) fn text(&mut self, text: &str) {
        let number = self.texts;
        self.texts += 1;
        let mut lexer = Lexer::new(text);
        let mut comment = None;
        while let Some(line) = lexer.next(&mut self.macros) {
            let above = comment.take();
            match line {
                Line::Blank => {}
                Line::Comment(text) => comment = Some(text).filter(|text| text.starts_with("ftpfw")),
                Line::Statement(tokens) => {
                    let broken = tokens.iter().any(|token| matches!(token.kind, Kind::Undefined(_)));
                    let statement = Statement { text: number, tokens, comment: above, broken };
                    if let Err((span, problem)) = self.statement(statement) {
                        self.problems.push((span.origin(number), problem));
                    }
                }
            }
        }
        let problems = lexer.problems.drain(..).map(|(span, problem)| (span.origin(number), problem));
        self.problems.extend(problems);
    }

    fn statement(&mut self, mut statement: Statement) -> Result<(), Fault> {
        // `pfctl -vsr` prints counters below each rule, and `-vvsr` a number in front of it.
        let Some(first) = statement.tokens.first() else { return Ok(()) };
        if first.text().starts_with('[') {
            return Ok(());
        }
        if matches!(&first.kind, Kind::Word(word) if word.starts_with('@')) && statement.tokens.len() > 1 {
            statement.tokens.remove(0);
        }
        if let Some(span) = too_deep(&statement.tokens) {
            statement.broken = true;
            self.events.push(Event::Statement(statement));
            return Err((span, Problem::TooDeep));
        }
        let tokens = std::mem::take(&mut statement.tokens);
        let mut cursor = Cursor::new(&tokens);
        if tokens.get(1).is_some_and(|second| second.is_sign("=")) {
            self.define(&tokens)
        } else if cursor.eat_word("include") {
            let result = self.include(&mut cursor);
            if result.is_err() {
                // Nobody knows what it would add.
                self.events.push(Event::Statement(Statement { tokens, broken: true, ..statement }));
            }
            result
        } else if cursor.eat_word("load") {
            self.load(&mut cursor)
        } else {
            statement.tokens = tokens;
            self.events.push(Event::Statement(statement));
            Ok(())
        }
    }

    /// `name = value ...`
    fn define(&mut self, tokens: &[Token]) -> Result<(), Fault> {
        let mut cursor = Cursor::new(tokens);
        let name = cursor.text(Expected::Text)?.text().to_owned();
        cursor.sign("=")?;
        let fault = cursor.fault(Expected::MacroValue);
        let rest = tokens.get(2..).unwrap_or_default();
        if rest.is_empty() {
            return Err(fault);
        }
        if rest.iter().any(|token| matches!(token.kind, Kind::Undefined(_))) {
            // Reported already. Without a value it is missing wherever it is used, too.
            return Ok(());
        }
        let value = value(rest).ok_or((fault.0, Problem::TooMuchExpansion))?;
        self.macros.define(name, value);
        Ok(())
    }

    /// `include "path"`
    fn include(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let path = cursor.text(Expected::Path)?;
        self.file(path)
    }

    /// `load anchor "name" from "path"`, which knows no macros of ours, nor do we of its.
    fn load(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.word("anchor")?;
        let name = cursor.path(Expected::Anchor)?;
        cursor.word("from")?;
        let path = cursor.text(Expected::Path)?;
        let own = self.macros.set_aside();
        let entered = self.events.len();
        self.events.push(Event::Enter(name));
        let result = self.file(path);
        if result.is_ok() {
            self.events.push(Event::Leave);
        } else {
            // Nothing is known of an anchor whose file is not there.
            self.events.truncate(entered);
        }
        self.macros.restore(own);
        result
    }

    fn file(&mut self, token: &Token) -> Result<(), Fault> {
        let path = token.text().to_owned();
        if self.open.iter().any(|open| open == Path::new(&path)) {
            return Err((token.span, Problem::CircularFile { path }));
        }
        if self.open.len() >= MAX_DEPTH || self.texts >= MAX_FILES {
            return Err((token.span, Problem::TooManyFiles));
        }
        let Some(text) = (self.files)(&path) else {
            return Err((token.span, Problem::MissingFile { path }));
        };
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > MAX_BYTES {
            return Err((token.span, Problem::TooManyFiles));
        }
        self.open.push(path.into());
        self.text(&text);
        self.open.pop();
        Ok(())
    }
}
