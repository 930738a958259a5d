//! What an audit of the rule sets predicts, beside what the probe saw.

use ipnet::IpNet;

use super::conclusion::{Conclusion, Conclusions, FlowVerdict, Kind, Verdict};
use super::observation::{Method, Observation};
use crate::audit::{Audit, CellVerdict, Outlook, RuleId, Session};
use crate::deployment::Deployment;
use crate::flow::FlowId;
use crate::packet::{AddressSet, Family};

/// One flow, foretold and seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// What the rule sets let through.
    pub predicted: Outlook,
    /// What the probe saw.
    pub observed: Verdict,
    /// Whether the two fit together.
    pub agreement: Agreement,
}

/// Whether what was foretold and what was seen fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    /// They do.
    Agree,
    /// One of them says nothing for certain.
    Undecided,
    /// The rules let through what was blocked: there is another firewall on the path, or these rules are not loaded.
    AnotherFirewall,
    /// The rules block what passed: they are not loaded, or the packets go another way.
    NotInForce,
}

impl Agreement {
    /// The name in machine-readable output.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Undecided => "undecided",
            Self::AnotherFirewall => "another-firewall",
            Self::NotInForce => "not-in-force",
        }
    }
}

/// `deployment` for this client alone: what the rules do with others says nothing about what the probe saw.
#[must_use]
pub fn narrowed(deployment: &Deployment, seen: &Observation) -> Deployment {
    let locals =
        seen.visits.iter().filter_map(|visit| visit.control.local).map(|local| IpNet::from(local.ip()));
    let clients = &deployment.clients.addresses;
    let own: AddressSet = locals.filter(|address| clients.contains(address)).collect();
    // A family in which the probe has no declared address, or reached nobody, is left as it is declared.
    let of = |family| if own.of(family).is_empty() { clients.of(family) } else { own.of(family) };
    let nets: Vec<IpNet> = Family::ALL.into_iter().flat_map(|family| of(family).nets().to_vec()).collect();
    let mut narrowed = deployment.clone();
    narrowed.clients.addresses = nets.into_iter().collect();
    narrowed
}

/// What `audit` foretold, for each flow of which the probe has a verdict.
#[must_use]
pub fn compare(audit: &Audit, conclusions: &Conclusions) -> Vec<Prediction> {
    let compared = conclusions.flows.iter().filter_map(|one| {
        let predicted = outlook(audit, one, one.flow)?.clone();
        let agreement = agreement(audit, conclusions, one, &predicted);
        Some(Prediction { predicted, observed: one.verdict, agreement })
    });
    compared.collect()
}

fn outlook<'a>(audit: &'a Audit, one: &FlowVerdict, flow: FlowId) -> Option<&'a Outlook> {
    audit
        .outlook
        .iter()
        .find(|outlook| (outlook.flow, outlook.family, outlook.session) == (flow, one.family, one.session))
}

fn agreement(audit: &Audit, conclusions: &Conclusions, one: &FlowVerdict, predicted: &Outlook) -> Agreement {
    // A connection that does not open is seen alike whether its opening or its answer is lost.
    let answer = FlowId::ALL.into_iter().find(|flow| flow.answers() == Some(one.flow));
    let answered = answer.and_then(|flow| outlook(audit, one, flow)).map(|outlook| outlook.verdict);
    let worst = answered.map_or(predicted.verdict, |answered| answered.max(predicted.verdict));
    match (worst, one.verdict) {
        (CellVerdict::Open, Verdict::Pass)
        | (CellVerdict::Blocked, Verdict::Blocked(_))
        | (CellVerdict::Partly, Verdict::Pass | Verdict::Blocked(_)) => Agreement::Agree,
        // The first packet is dropped, and its repetition passes.
        (CellVerdict::Blocked, Verdict::Pass) if stalls(conclusions, one) => Agreement::Agree,
        (CellVerdict::Open, Verdict::Blocked(_)) if is_by_pasv_alone(audit, conclusions, one) => {
            Agreement::Agree
        }
        (CellVerdict::Open, Verdict::Blocked(_)) => Agreement::AnotherFirewall,
        (CellVerdict::Blocked, Verdict::Pass) => Agreement::NotInForce,
        (CellVerdict::Conditional, _) | (_, Verdict::Inconclusive | Verdict::Skipped) => Agreement::Undecided,
    }
}

/// Whether data connections of this family and session were seen to stall.
fn stalls(conclusions: &Conclusions, one: &FlowVerdict) -> bool {
    concerning(conclusions, one).any(|known| known.kind == Kind::NewOnlyWithHelper)
}

/// Whether the audit has found what blocks the data connections of `PASV` and not those of `EPSV`, of which its verdicts
/// know nothing: the reply names an address that a helper takes for somebody else's.
fn is_by_pasv_alone(audit: &Audit, conclusions: &Conclusions, one: &FlowVerdict) -> bool {
    audit.findings.iter().any(|finding| finding.rule == RuleId::FTP030)
        && one.session == Session::Plain
        && concerning(conclusions, one)
            .any(|known| known.method == Some(Method::Pasv) && known.flows.contains(&one.flow))
}

/// What was concluded from sessions like that of `one`.
fn concerning<'a>(
    conclusions: &'a Conclusions,
    one: &FlowVerdict,
) -> impl Iterator<Item = &'a Conclusion> + use<'a> {
    let (family, session) = (one.family, one.session);
    conclusions.conclusions.iter().filter(move |known| {
        known.family.is_none_or(|own| own == family) && known.session.is_none_or(|own| own == session)
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::*;
    use crate::flow::sample;
    use crate::probe::conclusion::Cause;
    use crate::probe::observation::{Dial, Visit};

    const FAMILY: Family = Family::Ipv4;
    const SESSION: Session = Session::Plain;

    fn predicted(flow: FlowId, verdict: CellVerdict) -> Outlook {
        Outlook { flow, family: FAMILY, session: SESSION, verdict, firewall: None }
    }

    fn agreement_of(opening: CellVerdict, answering: CellVerdict, observed: Verdict) -> Agreement {
        let outlook = vec![predicted(FlowId::P3, opening), predicted(FlowId::P4, answering)];
        let audit = Audit { outlook, ..Audit::default() };
        let flow = FlowVerdict {
            flow: FlowId::P3,
            family: FAMILY,
            session: SESSION,
            verdict: observed,
            evidence: None,
        };
        let conclusions = Conclusions { flows: vec![flow], conclusions: Vec::new() };
        compare(&audit, &conclusions)[0].agreement
    }

    #[test]
    fn the_rules_are_believed_where_they_explain_what_was_seen() {
        use CellVerdict::{Blocked, Conditional, Open, Partly};
        let dropped = Verdict::Blocked(Some(Cause::Dropped));
        assert_eq!(agreement_of(Open, Open, Verdict::Pass), Agreement::Agree);
        assert_eq!(agreement_of(Blocked, Blocked, dropped), Agreement::Agree);
        assert_eq!(agreement_of(Open, Blocked, dropped), Agreement::Agree, "the answer was lost");
        assert_eq!(agreement_of(Partly, Partly, dropped), Agreement::Agree);
        assert_eq!(agreement_of(Open, Open, dropped), Agreement::AnotherFirewall);
        assert_eq!(agreement_of(Blocked, Blocked, Verdict::Pass), Agreement::NotInForce);
        assert_eq!(agreement_of(Conditional, Conditional, dropped), Agreement::Undecided);
        assert_eq!(agreement_of(Open, Open, Verdict::Inconclusive), Agreement::Undecided);
    }

    #[test]
    fn a_probe_from_inside_the_clients_is_predicted_for_its_own_address() {
        let mut deployment = sample::standard();
        deployment.clients.addresses =
            sample::CLIENTS.iter().map(|net| net.parse::<IpNet>().expect("a net")).collect();
        let server = "10.0.0.5:21".parse().expect("an address");
        let visit = |local: &str| {
            let local = Some(local.parse().expect("an address"));
            let dial = Dial { peer: server, local, took: Duration::ZERO, outcome: Ok(()), icmp: None };
            Visit::new(server, SESSION, dial)
        };
        let seen = |local| Observation { visits: vec![visit(local)], interrupted: false };
        let inside = narrowed(&deployment, &seen("192.168.7.9:40000")).clients.addresses;
        assert_eq!(
            inside.of(Family::Ipv4),
            ["192.168.7.9".parse::<IpAddr>().expect("an address")].into_iter().collect()
        );
        assert_eq!(inside.of(Family::Ipv6), deployment.clients.addresses.of(Family::Ipv6));
        let outside = narrowed(&deployment, &seen("192.0.2.1:40000"));
        assert_eq!(outside, deployment);
    }
}
