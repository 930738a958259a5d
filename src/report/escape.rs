//! Hostile text made harmless.
//!
//! Notes, names and rule comments come from files that somebody else may have written; printed raw they
//! could move the cursor, rename the window or show a different text than they hold.

use std::fmt::Write as _;

/// `text` with every character that acts instead of being seen written out as `\u{1b}`, newlines kept.
///
/// Beside the control characters of Unicode these are the line and paragraph separators and the characters
/// that reorder their surroundings (CVE-2021-42574).
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) && character != '\n' {
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_is_shown() {
        assert_eq!(visible("a\u{1b}[2Jb\nc\r\u{9b}"), "a\\u{1b}[2Jb\nc\\u{d}\\u{9b}");
        assert_eq!(visible("\u{202e}gnp.exe"), "\\u{202e}gnp.exe");
        assert_eq!(visible("数据连接 → 客户端"), "数据连接 → 客户端");
    }
}
