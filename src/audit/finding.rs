//! What an audit finds.

use super::context::milder;
use super::{
    Fix, RuleId, broad, capacity, entry, family, helper, machine, missing, nat, outcome, pf, range, shadow,
    syntax, tls,
};
use crate::flow::FlowId;
use crate::packet::{Packet, Part};
use crate::ruleset::Origin;
use crate::ruleset::trace::{Path, RuleRef};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Good to know.
    Info,
    /// It works, but not as well or as safely as it should.
    Warning,
    /// Something does not work, or is open that must not be.
    Error,
}

impl Level {
    /// The three, the worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Info];

    /// The name in files and machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something wrong, at one firewall or with the deployment as a whole.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What of the catalogue.
    pub rule: RuleId,
    /// How bad, here.
    pub level: Level,
    /// The firewall, unless it is about the deployment.
    pub firewall: Option<String>,
    /// The flows that it is about.
    pub flows: Vec<FlowId>,
    /// What was found, as data.
    pub message: Message,
    /// Where: the place at fault first. Empty for what is missing altogether.
    pub places: Vec<Place>,
    /// The fields of the deployment at fault, or that bear on it, such as `firewalls[0].host.sysctls.net.ipv4.ip_forward`:
    /// the one at fault first, where no place in the rules is.
    pub declared: Vec<String>,
    /// The fields of the deployment that demand otherwise, such as `service.passive.ports`.
    pub demanded_by: Vec<&'static str>,
    /// The packets that it is about.
    pub packets: Option<Packets>,
    /// One of them, which `trace` confirms.
    pub sample: Option<Sample>,
    /// How to mend it, where that can be said in rules.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding of which nothing more is said yet, at the level of the catalogue.
    pub(super) fn new(rule: RuleId, message: Message) -> Self {
        Self {
            rule,
            level: entry(rule).level(),
            firewall: None,
            flows: Vec::new(),
            message,
            places: Vec::new(),
            declared: Vec::new(),
            demanded_by: Vec::new(),
            packets: None,
            sample: None,
            fix: None,
        }
    }

    /// The same, one level milder.
    pub(super) fn milder(self) -> Self {
        Self { level: milder(self.level), ..self }
    }
}

/// A place in what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A rule.
    Rule(RuleRef),
    /// The policy of a base chain, by its place in [`Ruleset::chains`](crate::ruleset::Ruleset::chains).
    Policy(usize),
    /// A stretch of a text.
    Text(Origin),
}

/// Packets, in a few parts that a person can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packets {
    /// The larger part of them.
    pub parts: Vec<Part>,
    /// How many more parts there are, at most.
    pub left_out: u64,
}

/// A packet and its way through the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The way.
    pub path: Path,
    /// The packet, as it arrives.
    pub packet: Packet,
}

/// What was found, by family of findings; `lang` makes sentences of it.
#[derive(Debug, Clone)]
pub enum Message {
    /// A family was forgotten.
    Family(family::Message),
    /// Something is wrong with a conntrack helper, or ftp-proxy.
    Helper(helper::Message),
    /// Something required is not let through.
    Missing(missing::Message),
    /// Translation gets something wrong.
    Nat(nat::Message),
    /// ftp-proxy is not set up as it has to be.
    Pf(pf::Message),
    /// An accept rule never decides.
    Shadow(shadow::Message),
    /// More is let through than is required.
    Broad(broad::Message),
    /// About the passive range as it is declared.
    Range(range::Message),
    /// A range or a table is too small.
    Capacity(capacity::Message),
    /// About encryption.
    Tls(tls::Message),
    /// About the settings of a machine.
    Machine(machine::Message),
    /// About the text of a rule set.
    Syntax(syntax::Message),
    /// About what works from end to end.
    Outcome(outcome::Message),
}
