//! The kernel as oracle: what [`Tracer`] says of a packet is what the kernel does with it.
//!
//! Random rule sets ([`iptables`], [`nft`]) are loaded by the real programs into a network namespace, and the same
//! texts are read by the readers. Random packets next to the rules' boundaries ([`probe`]) are sent through ([`range`]):
//! opening connections, belonging to them, related to them, and fitting none. A packet that arrives and one that the
//! tracer accepts have to be the same packets, and the set of all that goes through ([`ftpfw::ruleset::evaluate`]) has
//! to hold them. Related are ICMP errors, and data connections that the helper has come to expect.
//!
//! A disagreement is made small before it is reported: rules are taken away as long as it stays.
//!
//! | variable | what it sets |
//! |---|---|
//! | `FTPFW_ORACLE_SEED` | where chance begins |
//! | `FTPFW_ORACLE_RULESETS` | how many rule sets each back end gets |

mod dice;
mod draft;
pub(crate) mod frame;
mod helper;
mod iptables;
mod judge;
mod nft;
pub(crate) mod place;
mod probe;
pub(crate) mod range;
mod translated;
mod written;

use std::env;

use self::dice::Dice;
use self::draft::Draft;
use self::judge::{judge, shrink};
use self::probe::{Probe, Quiver};
use self::range::Range;
use crate::backend::Backend;
use crate::require::require;

/// Where chance begins, unless the environment says otherwise.
const SEED: u64 = 0x0f79_f001;

/// How many rule sets each back end gets, unless the environment says otherwise.
const RULESETS: u64 = 200;

/// How many rule sets each back end gets by itself for each that it gets together with another.
const SHARE: u64 = 10;

/// How many packets each rule set gets.
const PROBES: u32 = 400;

#[test]
fn nft_agrees() {
    agree(Backend::Nft);
}

#[test]
fn nft_and_iptables_nft_agree() {
    agree_together(Backend::IptablesNft);
}

#[test]
fn nft_and_iptables_legacy_agree() {
    agree_together(Backend::IptablesLegacy);
}

#[test]
fn iptables_nft_agrees() {
    agree(Backend::IptablesNft);
}

#[test]
fn iptables_legacy_agrees() {
    agree(Backend::IptablesLegacy);
}

#[test]
fn nft_helpers_agree() {
    helper::agree(Backend::Nft);
}

#[test]
fn iptables_nft_helpers_agree() {
    helper::agree(Backend::IptablesNft);
}

#[test]
fn iptables_legacy_helpers_agree() {
    helper::agree(Backend::IptablesLegacy);
}

/// Holds the tracer against the kernel.
fn agree(backend: Backend) {
    agree_on(setting("FTPFW_ORACLE_RULESETS", RULESETS), |dice| match backend {
        Backend::Nft => nft::draft(dice),
        Backend::IptablesNft | Backend::IptablesLegacy => iptables::draft(backend, dice),
    });
}

/// Holds the tracer against the kernel where rules of nft and of iptables are loaded at once.
fn agree_together(backend: Backend) {
    agree_on(setting("FTPFW_ORACLE_RULESETS", RULESETS).div_ceil(SHARE), |dice| {
        let mut draft = nft::draft(dice);
        draft.backend = backend;
        draft.tables.extend(iptables::draft(backend, dice).tables);
        draft
    });
}

fn agree_on(rulesets: u64, drawn: impl Fn(&mut Dice) -> Draft) {
    require();
    let seed = setting("FTPFW_ORACLE_SEED", SEED);
    let mut range = Range::new();
    for number in 0..rulesets {
        // Each rule set has a seed of its own, so that a report names the one to begin with.
        let seed = seed.wrapping_add(number);
        let mut dice = Dice::new(seed);
        let draft = drawn(&mut dice);
        let mut quiver = Quiver::new(&mut dice);
        let probes: Vec<Probe> = (0..PROBES).map(|number| quiver.draw(number)).collect();
        let faults = judge(&mut range, &draft, &probes);
        if let Some(fault) = faults.first() {
            let small = shrink(&mut range, &draft, &probes, fault);
            panic!(
                "rule set {number} of {rulesets} ({} faults); again with FTPFW_ORACLE_SEED={seed} \
                 FTPFW_ORACLE_RULESETS=1\n{small}",
                faults.len()
            );
        }
    }
}

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    let Ok(text) = env::var(name) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{name}={text}: not a number"))
}
