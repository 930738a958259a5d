//! What is generated lets everything through, and has no finding.

use super::{Audit, CellVerdict, Finding, Level, Request, RuleId, Subject, audit};
use crate::deployment::{Deployment, Side, Strategy};
use crate::dialect::collection::Collection;
use crate::flow::sample::every;
use crate::flow::{Channel, Mode, Shape, flows, grant};
use crate::ruleset::Ruleset;

/// Audits `ruleset` on the first firewall of `deployment`.
pub(super) fn audited(deployment: &Deployment, ruleset: Ruleset) -> Audit {
    audited_all(deployment, vec![ruleset])
}

/// Audits `rulesets` on the firewalls of `deployment`, in their order.
pub(super) fn audited_all(deployment: &Deployment, rulesets: Vec<Ruleset>) -> Audit {
    let collections: Vec<Collection> =
        rulesets.into_iter().map(|ruleset| Collection { ruleset, ..Collection::default() }).collect();
    let subjects = deployment.firewalls.iter().zip(&collections);
    let subjects = subjects.map(|(firewall, rules)| Subject { firewall, rules }).collect();
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

/// Whether a finding is about what the deployment declares, and no rules would mend it: a note about a field, or that
/// no mode can work, whatever the rules are.
fn is_about_the_deployment(finding: &Finding, possible: bool) -> bool {
    let note = finding.level == Level::Info && finding.places.is_empty() && !finding.declared.is_empty();
    note || (finding.rule == RuleId::FTP047 && !possible)
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
        let flows = flows(&deployment, firewall);
        let possible = deployment.families().all(|family| {
            let works = |mode: Mode| {
                let mut own =
                    flows.iter().filter(|flow| flow.family == family && flow.id.mode() == mode).peekable();
                own.peek().is_some() && own.all(crate::flow::Flow::is_possible)
            };
            works(Mode::Active) || works(Mode::Passive)
        });
        let audit = audited(&deployment, grant(&deployment, firewall, Shape::Complete).ruleset);
        let findings: Vec<&Finding> =
            audit.findings.iter().filter(|finding| !is_about_the_deployment(finding, possible)).collect();
        assert!(findings.is_empty(), "{findings:#?}\n{firewall:?}\n{:?}", deployment.service);
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
