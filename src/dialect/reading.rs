//! What reading a rule set comes to, whatever its dialect.

use crate::ruleset::{Host, Origin, Ruleset};

/// A rule set as it was read, and what could not be understood of its text.
///
/// What is not understood is never skipped and never fatal: it is reported here and stands in the rule set as an
/// opaque condition or an unknown action, and the rest is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// What the text means.
    pub ruleset: Ruleset,
    /// What it says of the machine that the rules are on.
    pub host: Host,
    /// What is wrong with the text, in its order.
    pub problems: Vec<Problem>,
}

/// Something in the text of a rule set that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// What.
    pub kind: ProblemKind,
}

/// What was not understood, by the dialect that it occurs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// In a text for iptables or ipset.
    Iptables(super::iptables::Problem),
    /// In a text for nft.
    Nftables(super::nftables::Problem),
    /// In a text for pf.
    Pf(super::pf::Problem),
    /// In a text about sysctls or modules.
    Host(super::host::Problem),
    /// In a text for firewalld or ufw.
    Frontend(super::frontend::Problem),
}
