//! Rates and amounts, in one spelling.

use super::super::problem::Expected;
use super::Cursor;
use super::cursor::Parsed;

/// How many packets nft lets through at once where nothing is said.
const DEFAULT_BURST: u64 = 5;

/// A rate: `limit rate over 10/second burst 20 packets`, from behind `limit`.
pub(super) fn rate(cursor: &mut Cursor<'_>) -> Parsed<String> {
    cursor.keyword("rate")?;
    let over = cursor.accept("over");
    cursor.accept("until");
    let amount = cursor.number()?;
    // `10/second` is three tokens, `10 mbytes/second` two.
    cursor.accept_symbol(b'/');
    let word = cursor.word(Expected::Value)?;
    let (unit, time) = word.split_once('/').unwrap_or(("packets", word));
    let burst = if cursor.accept("burst") {
        let burst = cursor.number()?;
        Some((burst, cursor.word(Expected::Value)?))
    } else {
        None
    };
    Ok(rate_text(&Rate { over, amount, unit, time, burst }))
}

/// A rate.
pub(in super::super) struct Rate<'a> {
    pub(in super::super) over: bool,
    pub(in super::super) amount: u64,
    pub(in super::super) unit: &'a str,
    pub(in super::super) time: &'a str,
    pub(in super::super) burst: Option<(u64, &'a str)>,
}

/// The text of a rate. A burst that nft assumes is not said.
pub(in super::super) fn rate_text(rate: &Rate<'_>) -> String {
    let Rate { over, amount, unit, time, burst } = rate;
    let over = if *over { "over " } else { "" };
    let unit = if *unit == "packets" { String::new() } else { format!(" {unit}") };
    let burst = match burst {
        None | Some((DEFAULT_BURST, "packets") | (0, _)) => String::new(),
        Some((burst, unit)) => format!(" burst {burst} {unit}"),
    };
    format!("limit rate {over}{amount}{unit}/{time}{burst}")
}

/// An amount: `quota over 10 mbytes`, from behind `quota`.
pub(super) fn quota(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let over = cursor.accept("over");
    cursor.accept("until");
    let amount = cursor.number()?;
    let unit = cursor.word(Expected::Value)?;
    if cursor.accept("used") {
        cursor.number()?;
        cursor.word(Expected::Value)?;
    }
    Ok(quota_text(over, amount, unit))
}

/// The text of an amount.
pub(in super::super) fn quota_text(over: bool, amount: u64, unit: &str) -> String {
    let over = if over { "over " } else { "" };
    format!("quota {over}{amount} {unit}")
}
