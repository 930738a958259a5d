//! Arithmetic of the shell (POSIX.1-2024, "Shell Command Language", 2.6.4), and the program seq.

/// How deep brackets may be nested.
const DEEPEST: usize = 32;

/// The most numbers that seq counts.
const MOST_COUNTED: i64 = 1024;

/// What an expression of whole numbers comes to, once its variables have been put in. `None` where it is no such one.
pub(super) fn calculate(text: &str) -> Option<i64> {
    let mut rest = text;
    let value = sum(&mut rest, 0)?;
    rest.trim().is_empty().then_some(value)
}

fn sum(rest: &mut &str, depth: usize) -> Option<i64> {
    let mut value = product(rest, depth)?;
    while let Some(sign) = sign(rest, &['+', '-']) {
        let other = product(rest, depth)?;
        value = if sign == '+' { value.checked_add(other)? } else { value.checked_sub(other)? };
    }
    Some(value)
}

fn product(rest: &mut &str, depth: usize) -> Option<i64> {
    let mut value = number(rest, depth)?;
    while let Some(sign) = sign(rest, &['*', '/', '%']) {
        let other = number(rest, depth)?;
        value = match sign {
            '*' => value.checked_mul(other)?,
            '/' => value.checked_div(other)?,
            _ => value.checked_rem(other)?,
        };
    }
    Some(value)
}

fn number(rest: &mut &str, depth: usize) -> Option<i64> {
    if sign(rest, &['-']).is_some() {
        return (depth < DEEPEST).then(|| number(rest, depth + 1))??.checked_neg();
    }
    if sign(rest, &['(']).is_some() {
        let value = (depth < DEEPEST).then(|| sum(rest, depth + 1))??;
        return sign(rest, &[')']).map(|_| value);
    }
    *rest = rest.trim_start();
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, after) = rest.split_at(length);
    *rest = after;
    // A number that begins with 0 is octal.
    match digits.strip_prefix('0').filter(|octal| !octal.is_empty()) {
        Some(octal) => i64::from_str_radix(octal, 8).ok(),
        None => digits.parse().ok(),
    }
}

/// Takes one of these signs from the beginning.
fn sign(rest: &mut &str, signs: &[char]) -> Option<char> {
    let trimmed = rest.trim_start();
    let first = trimmed.chars().next().filter(|first| signs.contains(first))?;
    *rest = &trimmed[1..];
    Some(first)
}

/// The numbers that `seq` prints with these arguments, separated by blanks (seq(1)): first, increment, last.
pub(super) fn count(arguments: &[&str]) -> Option<String> {
    let numbers: Vec<i64> =
        arguments.iter().map(|argument| argument.parse().ok()).collect::<Option<Vec<i64>>>()?;
    let (first, step, last) = match numbers[..] {
        [last] => (1, 1, last),
        [first, last] => (first, 1, last),
        [first, step, last] if step != 0 => (first, step, last),
        _ => return None,
    };
    let steps = last.checked_sub(first)?.checked_div(step)?;
    if steps >= MOST_COUNTED || (last - first).signum() * step.signum() < 0 {
        return (steps < MOST_COUNTED).then(String::new);
    }
    let all: Vec<String> = (0..=steps).map(|number| (first + number * step).to_string()).collect();
    Some(all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_calculated_as_a_shell_does() {
        for (text, expected) in [
            ("30000 + 19", Some(30019)),
            ("2*(3+4)-1", Some(13)),
            ("7 / 2 % 2", Some(1)),
            ("-3 + 010", Some(5)),
            ("1 /0", None),
            ("1 +", None),
            ("x + 1", None),
            ("1 << 2", None),
            ("9223372036854775807 + 1", None),
        ] {
            assert_eq!(calculate(text), expected, "{text}");
        }
        assert_eq!(calculate(&"(".repeat(100_000)), None);
        assert_eq!(calculate(&"-".repeat(100_000)), None);
    }

    #[test]
    fn numbers_are_counted_as_seq_does() {
        for (arguments, expected) in [
            (&["3"][..], Some("1 2 3")),
            (&["30000", "30002"], Some("30000 30001 30002")),
            (&["1", "2", "6"], Some("1 3 5")),
            (&["3", "-1", "1"], Some("3 2 1")),
            (&["3", "1"], Some("")),
            (&["1", "2000"], None),
            (&["a"], None),
            (&[], None),
        ] {
            assert_eq!(count(arguments).as_deref(), expected, "{arguments:?}");
        }
    }
}
