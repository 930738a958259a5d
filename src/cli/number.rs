//! Numbers on the command line. They are text to clap, whose complaints exist in English only.

use std::time::Duration;

use super::Failure;
use crate::lang::{self, Lang};

/// The most that is asked of anybody at once.
const MOST: u16 = 1000;
/// The least and the most seconds that a step may take.
const SECONDS: (f64, f64) = (0.01, 600.0);

/// The most seconds that anybody listens.
const LONGEST: u64 = 24 * 60 * 60;

/// A number of things, at least one.
pub(super) fn count(option: &str, text: &str, lang: Lang) -> Result<u16, Failure> {
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| Failure::NoAnswer(lang::probe::no_count(option, text, MOST, lang)))
}

/// A stretch of time: `90`, `90s`, `10m`, `2h`.
pub(super) fn duration(option: &str, text: &str, lang: Lang) -> Result<Duration, Failure> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("", 1)];
    let read = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds).filter(|seconds| (1..=LONGEST).contains(seconds))
    });
    let duration = read.map(Duration::from_secs);
    duration.ok_or_else(|| Failure::NoAnswer(lang::probe::no_duration(option, text, lang)))
}

/// A number of seconds, such as `2.5`.
pub(super) fn seconds(option: &str, text: &str, lang: Lang) -> Result<Duration, Failure> {
    let (least, most) = SECONDS;
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    let seconds = number.map(Duration::from_secs_f64);
    seconds.ok_or_else(|| Failure::NoAnswer(lang::probe::no_seconds(option, text, SECONDS, lang)))
}
