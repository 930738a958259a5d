//! The conntrack helper for FTP, and ftp-proxy of pf: whether they read the control connections on which the rules
//! count, and whether the rules let in what they announce.
//!
//! A helper is a property of the rules: one that no rule attaches to a connection does nothing, whichever module is
//! loaded. [`automatism`] knows the kernels that were different.

mod automatism;
mod kernel;
mod matching;
mod related;
mod rules;
mod superfluous;
mod third_party;
mod tls;

pub(super) use automatism::attaches_itself;
pub(super) use kernel::{before_seqadj_fix, unverified_sources};
pub(super) use matching::matched_instead;
pub(super) use related::{not_accepted, not_attached, only_new, passes_when_sent_again, relied_on_kernel};
pub(super) use rules::{before_conntrack, other_family, other_port, wrong_chain};
pub(super) use superfluous::superfluous;
pub(super) use third_party::third_party;
pub(super) use tls::encrypted;

pub use automatism::{Automatism, Hint};
pub use matching::Misnamed;
pub use rules::{Cause, Limit};

use super::context::{Context, milder};
use super::crossing::Session;
use super::finding::{Finding, Level};
use super::matrix::{CellVerdict, Judged};
use super::proxy::enters_anchor;
use crate::deployment::Strategy;
use crate::flow::{Channel, FlowId};
use crate::packet::{Family, TooComplex};
use crate::ruleset::trace::RuleRef;
use crate::ruleset::{Action, Match, Rule};

/// What is wrong with a helper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The rules count on RELATED, and no rule attaches the helper.
    NotAttached {
        /// The data connections that count on it.
        data: Data,
        /// Whether there is a rule that attaches it to some of the control connections.
        partly: bool,
    },
    /// The kernel is expected to attach the helper by itself.
    Automatic {
        /// The data connections that count on it.
        data: Data,
        /// What expects it to.
        hints: Vec<Hint>,
        /// What the kernel does.
        automatism: Automatism,
        /// The kernel's version, where it is known.
        kernel: Option<(u32, u32)>,
    },
    /// Data connections of encrypted sessions depend on a program that reads control connections.
    Encrypted {
        /// These data connections.
        data: Data,
        /// Whether that is ftp-proxy, and not a conntrack helper.
        proxy: bool,
        /// Whether every session is encrypted.
        always: bool,
    },
    /// What the helper expects is not let through.
    NotAccepted {
        /// The data connections.
        data: Data,
    },
    /// What the helper expects is let through only as new.
    OnlyNew {
        /// The data connections.
        data: Data,
        /// Whether the related packet is rejected, and not just dropped.
        rejected: bool,
    },
    /// A rule does not attach the helper as it should.
    Ineffective {
        /// Why.
        cause: Cause,
        /// The families in which it does not.
        families: Vec<Family>,
    },
    /// A rule matches a helper in a way that never holds.
    Misnamed(Misnamed),
    /// The helper expects data connections with third parties.
    LooseHelper,
    /// The server takes data connections with third parties.
    LooseServer,
    /// The kernel loses track of sequence numbers where nftables attaches the helper after translation.
    BeforeSeqadjFix {
        /// The kernel's version.
        kernel: (u32, u32),
    },
    /// Nothing verifies source addresses.
    Unverified {
        /// Whether packets are forwarded.
        gateway: bool,
    },
    /// The rules let every data connection through without it.
    Superfluous {
        /// Whether it is ftp-proxy.
        proxy: bool,
    },
}

/// Data connections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Data {
    /// The flows that open them: `A3`, `P3`.
    pub flows: Vec<FlowId>,
    /// Their families.
    pub families: Vec<Family>,
}

impl Data {
    fn add(&mut self, flow: FlowId, family: Family) {
        if !self.flows.contains(&flow) {
            self.flows.push(flow);
        }
        if !self.families.contains(&family) {
            self.families.push(family);
        }
    }

    fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }
}

/// The first packets of the data connections of one flow in one family.
fn openers(judged: &[Judged], flow: FlowId, family: Family) -> impl Iterator<Item = &Judged> {
    judged.iter().filter(move |judged| {
        let crossing = &judged.crossing;
        crossing.opens() && crossing.flow == flow && crossing.family == family
    })
}

/// The verdict on them, unknown bans aside. Blocked where there is no way for any.
fn verdict(judged: &[Judged], flow: FlowId, family: Family) -> CellVerdict {
    let mut verdicts: Vec<CellVerdict> = openers(judged, flow, family).map(Judged::unless_banned).collect();
    verdicts.sort_unstable();
    match (verdicts.first(), verdicts.last()) {
        (Some(best), Some(worst)) if best < worst && *worst == CellVerdict::Blocked => CellVerdict::Partly,
        (_, Some(&worst)) => worst,
        (_, None) => CellVerdict::Blocked,
    }
}

impl Context<'_> {
    /// The families of the deployment.
    fn families(&self) -> Vec<Family> {
        self.request.deployment.families().collect()
    }

    /// The flows that open the data connections of the declared modes, as far as there is a way for them.
    fn data_flows(&self, family: Family) -> Vec<FlowId> {
        // Where clients are translated there is no way for active ones but by a helper: reading the deployment says so,
        // unless it counts on one.
        let by_helper = self.firewall().strategy == Strategy::Helper;
        let possible = |flow: &FlowId| {
            let of = |judged| openers(judged, *flow, family).next().is_some();
            of(&self.if_new) || (by_helper && of(&self.if_expected))
        };
        let opens_data = |flow: &FlowId| flow.channel() == Channel::Data && flow.opens();
        FlowId::ALL.into_iter().filter(opens_data).filter(possible).collect()
    }

    /// Whether the service offers such sessions.
    fn offers(&self, session: Session) -> bool {
        Session::offered(self.request.deployment.service.tls).contains(&session)
    }

    /// Whether control connections get through at all.
    fn has_control(&self, family: Family) -> bool {
        let control =
            FlowId::ALL.into_iter().filter(|flow| flow.channel() == Channel::Control && flow.opens());
        control.into_iter().any(|flow| verdict(&self.if_new, flow, family) != CellVerdict::Blocked)
    }

    /// The data connections of plain sessions without a helper that the rules do not let through by themselves, of
    /// which `which` holds, given the verdict on them as new connections and as expected ones.
    fn unaided(&self, which: impl Fn(CellVerdict, CellVerdict) -> bool) -> Data {
        let mut data = Data::default();
        if !self.offers(Session::Plain) {
            return data;
        }
        for family in self.families() {
            if self.helped.contains(&family) || !self.has_control(family) {
                continue;
            }
            for flow in self.data_flows(family) {
                let as_new = verdict(&self.if_new, flow, family);
                let as_expected = verdict(&self.if_expected, flow, family);
                if as_new != CellVerdict::Open && which(as_new, as_expected) {
                    data.add(flow, family);
                }
            }
        }
        data
    }

    /// Those that the rules let through if a helper expects them, and not at all otherwise.
    fn relying(&self) -> Data {
        self.unaided(|as_new, as_expected| {
            as_new == CellVerdict::Blocked && as_expected != CellVerdict::Blocked
        })
    }

    /// Those that need a helper, whether the rules would then let them through or not.
    fn wanting(&self) -> Data {
        self.unaided(|_, _| true)
    }
}

/// The level of a fault that keeps data connections from working, if it does.
fn level_if(matters: bool, level: Level) -> Level {
    if matters { level } else { milder(level) }
}

/// Shows the packets of these data connections that do not get through, from one of the two views of them.
fn with_packets(
    context: &mut Context<'_>,
    mut finding: Finding,
    data: &Data,
    from: impl Fn(&Context<'_>) -> Vec<Judged>,
) -> Result<Finding, TooComplex> {
    let meant = |judged: &Judged| {
        let crossing = &judged.crossing;
        crossing.opens()
            && data.flows.contains(&crossing.flow)
            && data.families.contains(&crossing.family)
            && !judged.doubtful.is_empty()
    };
    let judged: Vec<Judged> = from(context).into_iter().filter(meant).collect();
    let uncovered = context.uncovered(&judged)?;
    finding.packets = uncovered.packets;
    finding.sample = uncovered.sample;
    finding.flows.clone_from(&data.flows);
    Ok(finding)
}

/// The rule that has the control connections read: one that attaches the helper, or hands them to ftp-proxy.
fn reading(context: &Context<'_>, family: Family) -> Option<RuleRef> {
    if !context.firewall().dialect.is_pf() {
        return rules::helper_rules(context.ruleset())
            .find(|&place| rules::cause(context, place, family).is_none());
    }
    let control = context.request.deployment.service.control_port;
    let other_port =
        |condition: &Match| matches!(condition, Match::DestinationPort(ports) if !ports.contains(control));
    let hands_over = |rule: &Rule| {
        let locally = |action: &Action| match action {
            Action::Divert { address, .. } | Action::DestinationNat { address: Some(address), .. } => {
                address.is_loopback()
            }
            _ => false,
        };
        rule.actions.iter().any(locally) && !rule.matches.iter().any(other_port)
    };
    // A reverse proxy listens where the connections arrive, and only its anchor tells of it.
    rules::places(context.ruleset())
        .find(|(_, rule)| hands_over(rule))
        .or_else(|| rules::places(context.ruleset()).find(|(_, rule)| enters_anchor(rule)))
        .map(|(place, _)| place)
}
