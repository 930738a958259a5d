//! Where a run writes, and in which language and dress.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Stderr, StdoutLock, Write};

use anstream::AutoStream;
use anstream::ColorChoice;

use super::{Exit, Failure};
use crate::lang::{self, Lang};
use crate::report::text::Dress;

/// Columns of a text that does not go to a terminal.
const WIDTH_OF_FILES: usize = 100;
/// Below this no table is readable, whatever the terminal says of itself.
const LEAST_WIDTH: usize = 40;

/// Standard output and standard error of a run.
///
/// Data goes to the one, messages to the other. What standard output cannot take is a [`Failure`]; what
/// standard error cannot take is lost, since there is nowhere left to say so.
pub struct Console {
    lang: Lang,
    out: AutoStream<StdoutLock<'static>>,
    err: AutoStream<Stderr>,
}

impl Console {
    /// The console of a run with these arguments, the first of which is the name of the program.
    ///
    /// Language and colour have to be known before the arguments are parsed, since the messages about
    /// wrong arguments depend on them. A wrong value counts as none here and is an error later.
    #[must_use]
    pub fn new(arguments: &[OsString]) -> Self {
        let lang =
            option(arguments, "--lang").and_then(|name| Lang::ALL.into_iter().find(|lang| lang.id() == name));
        let color = option(arguments, "--color")
            .and_then(|name| Color::ALL.into_iter().find(|color| color.id() == name));
        let choice = color.unwrap_or_default().into();
        Self {
            lang: lang.unwrap_or_else(locale),
            out: AutoStream::new(io::stdout().lock(), choice),
            err: AutoStream::new(io::stderr(), choice),
        }
    }

    /// The language to speak.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The command line in the language of this console and for its width.
    pub(super) fn command(&self) -> clap::Command {
        super::command(self.lang, self.dress().width.min(WIDTH_OF_FILES))
    }

    /// How texts on standard output are to be laid out.
    #[must_use]
    pub fn dress(&self) -> Dress {
        let terminal = terminal_size::terminal_size_of(io::stdout());
        Dress {
            width: terminal.map_or(WIDTH_OF_FILES, |(width, _)| usize::from(width.0).max(LEAST_WIDTH)),
            color: self.out.current_choice() != ColorChoice::Never,
        }
    }

    /// Writes data to standard output.
    ///
    /// # Errors
    ///
    /// What the operating system says when it does not take all of it.
    pub fn print(&mut self, data: &str) -> io::Result<()> {
        self.out.write_all(data.as_bytes())?;
        self.out.flush()
    }

    /// Writes a message to standard error.
    pub fn note(&mut self, message: &str) {
        let _ = writeln!(self.err, "{message}");
    }

    /// Whether somebody watches standard error.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.err.as_inner().is_terminal()
    }

    /// Whether messages may be coloured.
    #[must_use]
    pub fn colors_messages(&self) -> bool {
        self.err.current_choice() != ColorChoice::Never
    }

    /// Says why a run failed, and how the process is to end.
    pub fn report(&mut self, failure: &Failure) -> Exit {
        if let Some(message) = failure.message(self.lang) {
            let message = lang::usage::error(&message, self.lang);
            self.note(&message);
        }
        Exit::Unusable
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Color {
    /// On a terminal, unless the environment objects (`NO_COLOR`, `TERM=dumb`).
    #[default]
    Auto,
    /// Into files and pipes as well.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// The name that `--color` takes.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// The value of the last `name VALUE` or `name=VALUE` before a `--`.
fn option<'a>(arguments: &'a [OsString], name: &str) -> Option<&'a str> {
    let arguments: Vec<&str> = arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .filter_map(|argument| argument.to_str())
        .collect();
    let separate = arguments.windows(2).filter(|pair| pair[0] == name).map(|pair| pair[1]);
    let joined = arguments.iter().filter_map(|argument| argument.strip_prefix(name)?.strip_prefix('='));
    joined.chain(separate).next_back()
}

/// The language of the messages by the environment: the first variable that is set and not empty decides
/// (POSIX.1-2024, Base Definitions, 8.2).
fn locale() -> Lang {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty())
        .as_deref()
        .and_then(OsStr::to_str)
        .map_or(Lang::default(), Lang::of_locale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn options_are_found_in_both_spellings() {
        assert_eq!(option(&arguments("ftpfw --lang zh explain"), "--lang"), Some("zh"));
        assert_eq!(option(&arguments("ftpfw explain --lang=zh"), "--lang"), Some("zh"));
        assert_eq!(option(&arguments("ftpfw explain --language=zh"), "--lang"), None);
        assert_eq!(option(&arguments("ftpfw explain --lang"), "--lang"), None);
    }

    #[test]
    fn nothing_after_two_dashes_is_an_option() {
        assert_eq!(option(&arguments("ftpfw explain -- --lang zh"), "--lang"), None);
    }
}
