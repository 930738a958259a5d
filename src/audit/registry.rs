//! The findings by their ids: for each its text in the catalogue and what looks for it.

use super::context::Context;
use super::end_to_end::Works;
use super::finding::Finding;
use super::{
    Request, Subject, broad, capacity, family, helper, machine, missing, nat, outcome, pf, range, shadow,
    syntax, tls,
};
use crate::packet::TooComplex;

/// What looks for a finding.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// At each firewall by itself.
    Firewall(fn(&mut Context<'_>) -> Result<Vec<Finding>, TooComplex>),
    /// In what was read of each firewall, without an evaluation of its rules.
    Text(fn(&Request<'_>, &Subject<'_>) -> Vec<Finding>),
    /// The same, from what is evaluated already.
    Plain(fn(&Context<'_>) -> Vec<Finding>),
    /// In the deployment as a whole.
    Service(fn(&Request<'_>, &[Works]) -> Vec<Finding>),
}

macro_rules! registry {
    ($($id:ident => $kind:ident $check:path,)*) => {
        /// The id of a finding. Ids are never used again nor renumbered.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "see rules/catalogue")]
        pub enum RuleId { $($id,)* }

        impl RuleId {
            /// Every finding, in the order of the ids.
            pub const ALL: &'static [Self] = &[$(Self::$id,)*];

            /// The id in reports.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$id => stringify!($id),)* }
            }

            /// The text in the catalogue.
            pub(super) fn text(self) -> &'static str {
                match self {
                    $(Self::$id => include_str!(concat!("../../rules/catalogue/", stringify!($id), ".yaml")),)*
                }
            }
        }

        /// What looks for each finding.
        pub(super) const CHECKS: &[Check] = &[$(Check::$kind($check),)*];
    };
}

registry! {
    FTP001 => Firewall broad::source_port,
    FTP002 => Firewall broad::nearly_all_ports,
    FTP003 => Firewall broad::high_to_high,
    FTP004 => Firewall missing::control,
    FTP005 => Firewall missing::passive_data,
    FTP006 => Firewall broad::surplus,
    FTP007 => Service range::invalid,
    FTP008 => Service range::unset,
    FTP009 => Firewall helper::not_attached,
    FTP010 => Firewall helper::relied_on_kernel,
    FTP011 => Firewall helper::encrypted,
    FTP012 => Firewall helper::not_accepted,
    FTP013 => Firewall helper::only_new,
    FTP014 => Plain helper::before_conntrack,
    FTP015 => Plain helper::matched_instead,
    FTP016 => Plain helper::other_family,
    FTP017 => Plain helper::wrong_chain,
    FTP018 => Plain helper::other_port,
    FTP019 => Firewall broad::related,
    FTP020 => Service helper::third_party,
    FTP021 => Firewall missing::active_data,
    FTP022 => Firewall broad::stateless_replies,
    FTP023 => Firewall broad::data_port,
    FTP024 => Firewall broad::udp,
    FTP025 => Firewall family::forgotten,
    FTP026 => Firewall shadow::unreached,
    FTP027 => Firewall nat::leaves_out,
    FTP028 => Firewall nat::remaps,
    FTP029 => Firewall nat::names_private_address,
    FTP030 => Firewall nat::translates_twice,
    FTP031 => Plain helper::before_seqadj_fix,
    FTP032 => Service range::ephemeral,
    FTP033 => Service range::occupied,
    FTP034 => Service capacity::sessions,
    FTP035 => Service capacity::overflow,
    FTP036 => Plain capacity::tracking,
    FTP037 => Firewall tls::ports,
    FTP038 => Firewall pf::half_wired,
    FTP039 => Firewall pf::static_beside_proxy,
    FTP040 => Service tls::plaintext,
    FTP041 => Plain helper::unverified_sources,
    FTP042 => Text machine::timeout,
    FTP043 => Text syntax::compat,
    FTP044 => Text syntax::ports,
    FTP045 => Plain helper::superfluous,
    FTP046 => Service range::surplus,
    FTP047 => Service outcome::nothing_works,
}

impl RuleId {
    /// The finding with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.id() == id)
    }
}
