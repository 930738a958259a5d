//! Hostile text made harmless.
//!
//! Notes, names and rule comments come from files that somebody else may have written; printed raw they
//! could move the cursor, rename the window or show a different text than they hold.

use std::fmt::Write as _;

use serde_json::Value;

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

/// `value` as JSON for people and programs: what would act on a terminal is escaped as JSON escapes it, and means the same.
#[must_use]
pub fn json(value: &Value) -> String {
    let mut shown = String::new();
    // Outside of strings there is nothing that acts but line ends.
    for character in format!("{value:#}\n").chars() {
        if acts(character) && character != '\n' {
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
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
    fn json_means_the_same_and_does_not_act() {
        let value = serde_json::json!({ "reply": ["a\u{1b}[2J\u{9b}b\n\u{202e}\u{7f}", "数据"] });
        let shown = json(&value);
        assert!(shown.chars().all(|character| character == '\n' || !acts(character)), "{shown:?}");
        assert!(shown.contains("\\u009b") && shown.contains("数据"), "{shown}");
        assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON"), value);
    }

    #[test]
    fn an_escape_sequence_is_shown() {
        assert_eq!(visible("a\u{1b}[2Jb\nc\r\u{9b}"), "a\\u{1b}[2Jb\nc\\u{d}\\u{9b}");
        assert_eq!(visible("\u{202e}gnp.exe"), "\\u{202e}gnp.exe");
        assert_eq!(visible("数据连接 → 客户端"), "数据连接 → 客户端");
    }
}
