//! Words, and how `iptables-restore` divides a line into them.

use std::borrow::Cow;

use crate::ruleset::Origin;

/// A word of a command, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Word<'t> {
    /// The word as the program gets it, without quotes.
    pub(super) text: Cow<'t, str>,
    /// Where it stands.
    pub(super) origin: Origin,
    /// Whether that is all of it: `false` where a script has something there that only a shell can tell.
    pub(super) known: bool,
}

impl Word<'_> {
    /// Whether it may name an option, rather than be the argument of one.
    pub(super) fn is_option(&self) -> bool {
        self.text == "!" || (self.text.len() > 1 && self.text.starts_with('-'))
    }
}

/// Divides a line into words as `iptables-restore` does: blanks separate, double quotes join, and a backslash
/// takes the next byte as it is between them only. `origin` is that of the line.
///
/// # Errors
///
/// Where a quote opens that is never closed; the rest of the line is its word then.
pub(super) fn divide<'t>(line: &'t str, origin: Origin, words: &mut Vec<Word<'t>>) -> Result<(), Origin> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if is_blank(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        let mut quotes = 0_usize;
        let mut escaped = false;
        let mut open = None;
        while at < bytes.len() && (open.is_some() || !is_blank(bytes[at])) {
            match bytes[at] {
                b'"' => {
                    open = if open.is_some() { None } else { Some(at) };
                    quotes += 1;
                }
                b'\\' if open.is_some() => {
                    escaped = true;
                    at += 1;
                }
                _ => {}
            }
            at += 1;
        }
        at = at.min(bytes.len());
        let raw = &line[start..at];
        let text = if quotes == 0 {
            Cow::Borrowed(raw)
        } else {
            match raw.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
                Some(inner) if quotes == 2 && !escaped => Cow::Borrowed(inner),
                _ => Cow::Owned(unquote(raw)),
            }
        };
        words.push(Word { text, origin: part(origin, start, at), known: true });
        if let Some(quote) = open {
            return Err(part(origin, quote, at));
        }
    }
    Ok(())
}

/// The bytes from `start` to `end` of a line that begins at `origin`.
pub(super) fn part(origin: Origin, start: usize, end: usize) -> Origin {
    Origin { start: origin.start + offset(start), end: origin.start + offset(end), ..origin }
}

/// An offset in a text. Texts of more than 4 GiB have no exact positions.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

fn unquote(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let (mut quoted, mut escaped) = (false, false);
    for character in raw.chars() {
        match character {
            _ if escaped => {
                text.push(character);
                escaped = false;
            }
            '"' => quoted = !quoted,
            '\\' if quoted => escaped = true,
            _ => text.push(character),
        }
    }
    text
}

/// Writes a word so that it can be read again: in quotes where it needs them.
pub(super) fn push_quoted(into: &mut String, text: &str) {
    if !text.is_empty() && !text.contains([' ', '\t', '"', '\\']) {
        into.push_str(text);
        return;
    }
    into.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            into.push('\\');
        }
        into.push(character);
    }
    into.push('"');
}
