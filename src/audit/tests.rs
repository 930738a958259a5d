//! What is generated lets everything through, and has no finding.

use super::{Audit, CellVerdict, Request, Subject, audit};
use crate::deployment::{Deployment, Strategy};
use crate::dialect::collection::Collection;
use crate::flow::sample::every;
use crate::flow::{Channel, Shape, flows, grant};
use crate::ruleset::Ruleset;

/// Audits `ruleset` on the first firewall of `deployment`.
pub(super) fn audited(deployment: &Deployment, ruleset: Ruleset) -> Audit {
    let rules = Collection { ruleset, ..Collection::default() };
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
    audit(&Request { deployment, subjects, strict: false })
}

/// Every so many of the deployments: they differ in turn in everything that matters.
fn deployments() -> impl Iterator<Item = Deployment> {
    every().into_iter().step_by(23)
}

#[test]
fn a_generated_rule_set_lets_every_flow_through_that_can_be() {
    for deployment in deployments() {
        let firewall = &deployment.firewalls[0];
        if firewall.strategy == Strategy::Helper && firewall.dialect.is_pf() {
            continue;
        }
        let audit = audited(&deployment, grant(&deployment, firewall, Shape::Complete).ruleset);
        assert!(audit.too_complex.is_empty());
        let flows = flows(&deployment, firewall);
        for cell in &audit.matrix {
            let flow = flows.iter().find(|flow| (flow.id, flow.family) == (cell.flow, cell.family));
            let blind = firewall.strategy == Strategy::Helper
                && deployment.service.tls.encrypts()
                && cell.flow.channel() == Channel::Data;
            let possible = !blind && flow.is_some_and(crate::flow::Flow::is_possible);
            let open = cell.verdict == CellVerdict::Open;
            assert_eq!(open, possible, "{cell:?}\n{firewall:?}\n{:?}", deployment.service);
        }
    }
}

#[test]
fn a_generated_rule_set_has_no_finding() {
    for deployment in deployments() {
        let firewall = &deployment.firewalls[0];
        // Encrypted sessions and helpers do not go together, whatever the rules are.
        let blind = firewall.strategy == Strategy::Helper && deployment.service.tls.encrypts();
        if blind || firewall.strategy == Strategy::Helper && firewall.dialect.is_pf() {
            continue;
        }
        let audit = audited(&deployment, grant(&deployment, firewall, Shape::Complete).ruleset);
        assert!(audit.findings.is_empty(), "{:#?}\n{firewall:?}\n{:?}", audit.findings, deployment.service);
    }
}
