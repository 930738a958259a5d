//! What both ends say together; whole sweeps run in the lab.

use super::agent::Seen;
use super::knock::Knock;
use super::{Outcome, Run, Sweep, judged};
use crate::packet::Family;

fn outcomes(knocks: &[Knock], seen: &Seen) -> Vec<Outcome> {
    let knocks: Vec<(u16, Knock)> = (60_000..).zip(knocks.iter().copied()).collect();
    judged(&knocks, seen).into_iter().map(|(_, outcome)| outcome).collect()
}

fn seen(knocked: Option<&[u16]>) -> Seen {
    Seen { reached: [60_001].into(), knocked: knocked.map(|ports| ports.iter().copied().collect()) }
}

#[test]
fn silence_is_explained_by_the_other_end() {
    let knocks = [Knock::Silent, Knock::Silent, Knock::Silent, Knock::Proven, Knock::Unproven];
    let silent = |arrived| Outcome::Silent { arrived };
    assert_eq!(
        outcomes(&knocks, &seen(Some(&[60_002]))),
        [silent(Some(false)), silent(Some(true)), silent(Some(true)), Outcome::Open, Outcome::WrongHost]
    );
    assert_eq!(outcomes(&knocks, &seen(None))[..2], [silent(None), silent(Some(true))]);
}

#[test]
fn silence_among_errors_is_no_drop() {
    let knocks = [Knock::Error(113), Knock::Silent, Knock::Silent, Knock::SilentAgain];
    let expected = [
        Outcome::Rejected(113),
        Outcome::Silent { arrived: Some(true) },
        Outcome::RateLimited,
        Outcome::Silent { arrived: Some(false) },
    ];
    assert_eq!(outcomes(&knocks, &seen(Some(&[]))), expected);
    let knocks = [Knock::Refused, Knock::Proven, Knock::Silent];
    assert_eq!(
        outcomes(&knocks, &seen(Some(&[]))),
        [Outcome::Refused, Outcome::Open, Outcome::RateLimited],
        "port-unreachable reads like a reset"
    );
}

#[test]
fn ports_in_a_row_go_together() {
    let passive = vec![(65_533, Outcome::Open), (65_534, Outcome::Open), (65_535, Outcome::Refused)];
    let sweep = Sweep { family: Family::Ipv4, passive, active: Vec::new(), failure: None };
    let run = |first, last, outcome| Run { first, last, outcome };
    assert_eq!(sweep.runs(), [run(65_533, 65_534, Outcome::Open), run(65_535, 65_535, Outcome::Refused)]);
    assert!(!sweep.is_clear());
}
