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

impl Problem {
    /// Whether the program that the text is for would refuse it, as far as its syntax is known here. nft, pfctl and
    /// iptables-restore then load nothing of a file.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        use super::{iptables, nftables, pf};
        match &self.kind {
            // Matches may be installed that iptables itself does not have.
            ProblemKind::Iptables(problem) => matches!(
                problem,
                iptables::Problem::Line(_)
                    | iptables::Problem::Quote
                    | iptables::Problem::Table(_)
                    | iptables::Problem::Policy(_)
                    | iptables::Problem::NoChain
                    | iptables::Problem::Option(_)
                    | iptables::Problem::Stray(_)
                    | iptables::Problem::MissingArgument(_)
                    | iptables::Problem::Argument { .. }
                    | iptables::Problem::PortsWithoutProtocol
            ),
            // Tables, chains and sets may be there before.
            ProblemKind::Nftables(problem) => matches!(
                problem,
                nftables::Problem::Unexpected { .. }
                    | nftables::Problem::OpenQuote
                    | nftables::Problem::UnknownStatement { .. }
                    | nftables::Problem::UnknownValue { .. }
                    | nftables::Problem::UnknownVariable { .. }
                    | nftables::Problem::AlreadyDefined { .. }
                    | nftables::Problem::NotJson { .. }
            ),
            ProblemKind::Pf(problem) => matches!(
                problem,
                pf::Problem::UnknownStatement { .. }
                    | pf::Problem::Unexpected { .. }
                    | pf::Problem::UndefinedMacro { .. }
                    | pf::Problem::Unclosed { .. }
                    | pf::Problem::Unopened
                    | pf::Problem::UnknownName { .. }
                    | pf::Problem::ReversedRange
                    | pf::Problem::PortsWithoutProtocol
                    | pf::Problem::TranslationRule { .. }
            ),
            ProblemKind::Host(_) | ProblemKind::Frontend(_) => false,
        }
    }
}
