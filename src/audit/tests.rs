//! What is generated lets everything through, and has no finding.

use super::{Audit, CellVerdict, Request, Subject, audit};
use crate::deployment::{Deployment, Side, Strategy};
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
        if blind {
            continue;
        }
        let audit = audited(&deployment, grant(&deployment, firewall, Shape::Complete).ruleset);
        assert!(audit.findings.is_empty(), "{:#?}\n{firewall:?}\n{:?}", audit.findings, deployment.service);
    }
}

#[test]
fn without_the_anchor_of_ftp_proxy_data_connections_are_blocked() {
    let proxied = every().into_iter().step_by(7).filter(|deployment| {
        deployment.firewalls[0].dialect.is_pf() && deployment.firewalls[0].strategy == Strategy::Helper
    });
    for deployment in proxied {
        let firewall = &deployment.firewalls[0];
        let mut ruleset = grant(&deployment, firewall, Shape::Complete).ruleset;
        for chain in &mut ruleset.chains {
            chain.rules.retain(|rule| !super::proxy::enters_anchor(rule));
        }
        // A proxy that listens on the public address itself shows by its anchor only.
        if firewall.nat.is_some() && firewall.side == Side::Server {
            continue;
        }
        for cell in audited(&deployment, ruleset).matrix {
            let open = cell.verdict == CellVerdict::Open;
            assert_eq!(open, cell.flow.channel() == Channel::Control, "{cell:?}\n{firewall:?}");
        }
    }
}
