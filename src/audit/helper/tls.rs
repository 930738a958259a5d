//! FTP011: encrypted sessions whose data connections depend on what reads control connections.

use super::{Data, Message, reading, verdict, with_packets};
use crate::audit::context::Context;
use crate::audit::crossing::Session;
use crate::audit::finding::{self, Finding};
use crate::audit::matrix::CellVerdict;
use crate::audit::{Place, RuleId};
use crate::packet::TooComplex;

/// FTP011: TLS hides the data ports from a helper or from ftp-proxy.
pub(in crate::audit) fn encrypted(context: &mut Context<'_>) -> Result<Vec<Finding>, TooComplex> {
    if !context.offers(Session::Tls) {
        return Ok(Vec::new());
    }
    let mut data = Data::default();
    for family in context.families() {
        for flow in context.data_flows(family) {
            if context.depends_on_helper(flow, family) {
                data.add(flow, family);
            }
        }
    }
    let Some(&family) = data.families.first() else { return Ok(Vec::new()) };
    let message = Message::Encrypted {
        data: data.clone(),
        proxy: context.firewall().dialect.is_pf(),
        always: !context.offers(Session::Plain),
    };
    let mut finding = context.finding(RuleId::FTP011, finding::Message::Helper(message));
    finding.places = reading(context, family).map(Place::Rule).into_iter().collect();
    finding.demanded_by = vec!["service.tls"];
    with_packets(context, finding, &data, |context| context.if_new.clone()).map(|finding| vec![finding])
}

impl Context<'_> {
    /// Whether the rules let these data connections through because a helper expects them, and not all of them
    /// otherwise.
    pub(in crate::audit) fn depends_on_helper(
        &self,
        flow: crate::flow::FlowId,
        family: crate::packet::Family,
    ) -> bool {
        self.helped.contains(&family)
            && verdict(&self.if_expected, flow, family) == CellVerdict::Open
            && verdict(&self.if_new, flow, family) != CellVerdict::Open
    }
}
