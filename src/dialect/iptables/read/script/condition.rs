//! Conditions of a script that can be told without a machine: comparisons of what is known, and patterns.

use crate::dialect::iptables::read::word::Word;

/// Whether a command `test` or `[` with these arguments succeeds; `None` where that is not known.
pub(super) fn test(arguments: &[Word<'_>]) -> Option<bool> {
    let end = arguments.last().map(|word| &*word.text);
    let arguments =
        if matches!(end, Some("]" | "]]")) { &arguments[..arguments.len() - 1] } else { arguments };
    if arguments.iter().any(|word| !word.known) {
        return None;
    }
    let words: Vec<&str> = arguments.iter().map(|word| &*word.text).collect();
    compare(&words)
}

fn compare(words: &[&str]) -> Option<bool> {
    let numbers = |one: &str, other: &str| Some((one.parse::<i64>().ok()?, other.parse::<i64>().ok()?));
    match words {
        ["!", rest @ ..] => compare(rest).map(|holds| !holds),
        [] => Some(false),
        ["-n", text] | [text] if !text.starts_with('-') || *text == "-" => Some(!text.is_empty()),
        ["-z", text] => Some(text.is_empty()),
        [one, "=" | "==", other] => Some(one == other),
        [one, "!=", other] => Some(one != other),
        [one, "-eq", other] => numbers(one, other).map(|(one, other)| one == other),
        [one, "-ne", other] => numbers(one, other).map(|(one, other)| one != other),
        [one, "-lt", other] => numbers(one, other).map(|(one, other)| one < other),
        [one, "-le", other] => numbers(one, other).map(|(one, other)| one <= other),
        [one, "-gt", other] => numbers(one, other).map(|(one, other)| one > other),
        [one, "-ge", other] => numbers(one, other).map(|(one, other)| one >= other),
        _ => None,
    }
}

/// Whether a text fits a pattern of `*`, `?` and other characters, which stand for themselves; `None` where the pattern
/// has more than that.
pub(super) fn fits(text: &str, pattern: &str) -> Option<bool> {
    if pattern.contains(['[', ']', '\\', '(', ')']) {
        return None;
    }
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut in_pattern) = (0, 0);
    // Where the last star stood, and what it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some('*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(&one) if one == '?' || one == text[at] => (at, in_pattern) = (at + 1, in_pattern + 1),
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, in_pattern) = (*taken, *place + 1);
                }
                None => return Some(false),
            },
        }
    }
    Some(pattern[in_pattern..].iter().all(|one| *one == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_compared() {
        for (text, expected) in [
            ("yes = yes", Some(true)),
            ("yes == no", Some(false)),
            ("yes != no", Some(true)),
            ("! yes = yes", Some(false)),
            ("2 -gt 1", Some(true)),
            ("a -gt 1", None),
            ("-n x", Some(true)),
            ("-z x", Some(false)),
            ("x", Some(true)),
            ("-f x", None),
            ("a = b -o c = c", None),
        ] {
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!(compare(&words), expected, "{text}");
        }
        assert_eq!(compare(&["-n", ""]), Some(false));
        assert_eq!(compare(&["-z", ""]), Some(true));
    }

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (text, pattern, expected) in [
            ("start", "start", Some(true)),
            ("start", "st*t", Some(true)),
            ("start", "*", Some(true)),
            ("start", "s??rt", Some(true)),
            ("start", "stop", Some(false)),
            ("start", "*x", Some(false)),
            ("", "*", Some(true)),
            ("y", "[Yy]", None),
        ] {
            assert_eq!(fits(text, pattern), expected, "{text} {pattern}");
        }
        let long = "a".repeat(2000);
        assert_eq!(fits(&long, &"*a".repeat(200).replace("*a", "*a*")), Some(true));
    }
}
