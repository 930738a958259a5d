//! What is settled before the YAML parser sees a file: that it is text, of a size and with a structure
//! that the parser gets through in little time and memory. Linear in the size of the file.

use super::problem::{FileProblem, Place};

/// The size that a file may have, in bytes: 1 MiB.
pub const MAX_BYTES: usize = 1 << 20;

/// How many `[` and `{` a file may have, wherever they stand. The parser's time grows with the square of
/// how deep they nest: 10000 cost it some 30 ms, 100000 half a minute. Counting all of them bounds the
/// depth without knowing which stand in quotes or comments, which only the parser can tell for certain.
pub const MAX_BRACKETS: usize = 10_000;

/// The text of a file, or why it is refused and where.
///
/// A byte order mark is taken off, so that it counts neither as a byte nor as a column.
pub(super) fn check(bytes: &[u8]) -> Result<&str, (FileProblem, Place)> {
    if bytes.len() > MAX_BYTES {
        return Err((FileProblem::TooLarge, Place::Whole));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        // In the text that is shown, the replacement character stands there.
        let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
        (FileProblem::NotUtf8 { byte, utf16 }, (at..end).into())
    })?;
    match forbidden_character(text).or_else(|| tag_directive(text)).or_else(|| one_bracket_too_many(text)) {
        Some(refusal) => Err(refusal),
        None => Ok(text),
    }
}

/// The first character that YAML allows nowhere (YAML 1.2 §5.1). The parser refuses it as well, but does not say where.
fn forbidden_character(text: &str) -> Option<(FileProblem, Place)> {
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
            && c != '\u{feff}'
    };
    let (at, character) = text.char_indices().find(|&(_, c)| !allowed(c))?;
    Some((FileProblem::ControlCharacter { character }, (at..at + character.len_utf8()).into()))
}

/// The first line with a `%TAG` directive: nothing in a deployment has use for one, and the parser takes
/// time that grows with the square of their number.
fn tag_directive(text: &str) -> Option<(FileProblem, Place)> {
    const DIRECTIVE: &str = "%TAG";
    let at = if text.starts_with(DIRECTIVE) {
        0
    } else {
        // A lone carriage return ends a line too (YAML 1.2 §5.4).
        ['\n', '\r'].iter().filter_map(|end| text.find(&format!("{end}{DIRECTIVE}"))).min()? + 1
    };
    Some((FileProblem::TagDirective, (at..at + DIRECTIVE.len()).into()))
}

fn one_bracket_too_many(text: &str) -> Option<(FileProblem, Place)> {
    let (at, _) = text.match_indices(['[', '{']).nth(MAX_BRACKETS)?;
    Some((FileProblem::TooManyBrackets, (at..at + 1).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_taken_off() {
        assert_eq!(check(b"\xef\xbb\xbfversion: 1"), Ok("version: 1"));
    }

    #[test]
    fn the_size_is_bounded() {
        assert!(check(&vec![b'#'; MAX_BYTES]).is_ok());
        assert_eq!(check(&vec![b'#'; MAX_BYTES + 1]), Err((FileProblem::TooLarge, Place::Whole)));
    }

    #[test]
    fn the_bad_byte_is_found() {
        let refusal = check(b"a: \xff");
        assert_eq!(refusal, Err((FileProblem::NotUtf8 { byte: 0xff, utf16: false }, (3..6).into())));
        assert!(matches!(check(b"\xff\xfea\0"), Err((FileProblem::NotUtf8 { utf16: true, .. }, _))));
    }

    #[test]
    fn control_characters_are_found_and_line_ends_are_none() {
        assert!(check("a: 1\r\n\tb: é\u{2028}".as_bytes()).is_ok());
        for character in ['\0', '\u{1b}', '\u{7f}', '\u{9b}', '\u{feff}', '\u{ffff}'] {
            let refusal = check(format!("a: {character}").as_bytes()).map(str::len);
            let span = 3..3 + character.len_utf8();
            assert_eq!(refusal, Err((FileProblem::ControlCharacter { character }, span.into())));
        }
    }

    #[test]
    fn tag_directives_and_floods_of_brackets_are_refused() {
        assert_eq!(check(b"a\n%TAG ! x\n"), Err((FileProblem::TagDirective, (2..6).into())));
        assert!(check("[".repeat(MAX_BRACKETS).as_bytes()).is_ok());
        let text = "{".repeat(MAX_BRACKETS + 1);
        let refusal = check(text.as_bytes());
        assert_eq!(refusal, Err((FileProblem::TooManyBrackets, (MAX_BRACKETS..MAX_BRACKETS + 1).into())));
    }
}
