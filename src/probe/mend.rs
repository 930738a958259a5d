//! The rules that let a blocked flow through, as `generate` would write them.

use super::conclusion::{Conclusions, FlowVerdict, Kind, Verdict};
use crate::audit::Session;
use crate::deployment::{Deployment, Firewall, Place, Side, Strategy};
use crate::dialect::{Dialect, rule_lines};
use crate::flow::{Connection, FlowId, connections, flows, rules_for};
use crate::packet::Family;
use crate::ruleset::{BaseChain, Chain, Hook, Policy, System, Table, TableFamily};

/// What a firewall has to let through for a connection that was seen to be blocked. Which of the declared firewalls
/// lacks it, the probe cannot see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// The firewall.
    pub firewall: String,
    /// What its rules are written in.
    pub dialect: Dialect,
    /// The flow that opens the connection.
    pub flow: FlowId,
    /// The family.
    pub family: Family,
    /// The rules: where each belongs, and its text.
    pub rules: Vec<(Hook, String)>,
}

/// The rules for every flow that `conclusions` call blocked, firewall by firewall.
#[must_use]
pub fn mends(deployment: &Deployment, conclusions: &Conclusions) -> Vec<Mend> {
    let mut mends: Vec<Mend> = Vec::new();
    for firewall in &deployment.firewalls {
        let blocked = conclusions.flows.iter().filter(|one| matches!(one.verdict, Verdict::Blocked(_)));
        for one in blocked.filter(|one| may_be_at_fault(firewall, one, conclusions)) {
            // No helper reads an encrypted session: only declared ports help there.
            let strategy = match one.session {
                Session::Plain => firewall.strategy,
                Session::Tls => Strategy::Static,
            };
            let firewall = Firewall { strategy, ..firewall.clone() };
            let mend = mend(deployment, &firewall, one.flow, one.family);
            if !mend.rules.is_empty() && !mends.iter().any(|known| says_all_of(known, &mend)) {
                mends.push(mend);
            }
        }
    }
    mends
}

/// Whether rules of `firewall` may lack what stops a flow. What this machine itself turns away has come no further, and an
/// address that a translation has made wrong is mended by no filter.
fn may_be_at_fault(firewall: &Firewall, one: &FlowVerdict, conclusions: &Conclusions) -> bool {
    let explained = |kind: Kind| {
        conclusions.conclusions.iter().any(|known| {
            known.kind == kind
                && known.flows.contains(&one.flow)
                && known.family.is_none_or(|family| family == one.family)
                && known.session.is_none_or(|session| session == one.session)
        })
    };
    let is_here = || firewall.side == Side::Client && firewall.place == Place::Host;
    !explained(Kind::NatNoAlg) && (!explained(Kind::OwnEgressBlocked) || is_here())
}

/// Whether `known` has every rule of `mend`: the control connection of both modes is the same.
fn says_all_of(known: &Mend, mend: &Mend) -> bool {
    (&known.firewall, known.family) == (&mend.firewall, mend.family)
        && mend.rules.iter().all(|rule| known.rules.contains(rule))
}

fn mend(deployment: &Deployment, firewall: &Firewall, flow: FlowId, family: Family) -> Mend {
    let own: Vec<Connection> = connections(&flows(deployment, firewall))
        .into_iter()
        .filter(|connection| connection.family == family && connection.openers.contains(&flow))
        .collect();
    let dialect = firewall.dialect;
    let lines = rules_for(deployment, firewall, &own).into_iter().flat_map(|(hook, rule)| {
        let lines = rule_lines(&rule, &chain_at(hook, dialect), dialect);
        lines.into_iter().map(move |line| (hook, line))
    });
    Mend { firewall: firewall.name.clone(), dialect, flow, family, rules: lines.collect() }
}

/// An empty base chain at `hook`, since a rule is written differently in different ones.
fn chain_at(hook: Hook, dialect: Dialect) -> Chain {
    let (system, family) = match dialect {
        Dialect::Iptables => (System::Iptables, TableFamily::Ip),
        Dialect::Nftables => (System::Nftables, TableFamily::Inet),
        Dialect::PfOpenbsd | Dialect::PfFreebsd => (System::Pf, TableFamily::Inet),
    };
    let base = BaseChain { hook, priority: 0, nat: false, policy: Policy::Accept };
    let table = Table { system, family, name: String::new() };
    Chain { table, name: String::new(), base: Some(base), rules: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::sample;
    use crate::probe::conclusion::{Cause, Conclusion, Evidence};

    fn blocked(flow: FlowId, session: Session) -> Conclusions {
        let verdict = Verdict::Blocked(Some(Cause::Dropped));
        let flows = vec![FlowVerdict { flow, family: Family::Ipv4, session, verdict, evidence: None }];
        Conclusions { flows, conclusions: Vec::new() }
    }

    #[test]
    fn a_blocked_range_is_mended_by_the_rule_that_generate_writes() {
        for dialect in Dialect::ALL {
            let mut deployment = sample::standard();
            deployment.firewalls[0].dialect = dialect;
            let mends = mends(&deployment, &blocked(FlowId::P3, Session::Plain));
            let [mend] = mends.as_slice() else { panic!("{mends:?}") };
            let names_range = |(_, line): &(Hook, String)| line.contains("60000") && line.contains("60020");
            assert!(mend.rules.iter().any(names_range), "{mend:?}");
        }
    }

    #[test]
    fn no_helper_is_proposed_where_tls_blinds_it() {
        let mut deployment = sample::standard();
        deployment.firewalls[0].strategy = Strategy::Helper;
        let helped = |session| {
            let mends = mends(&deployment, &blocked(FlowId::P3, session));
            mends.iter().flat_map(|mend| &mend.rules).any(|(_, line)| line.contains("related"))
        };
        assert!(helped(Session::Plain));
        assert!(!helped(Session::Tls));
    }

    #[test]
    fn no_rule_elsewhere_mends_what_this_machine_turns_away() {
        let mut found = blocked(FlowId::P1, Session::Plain);
        found.conclusions.push(Conclusion {
            kind: Kind::OwnEgressBlocked,
            family: Some(Family::Ipv4),
            session: None,
            method: None,
            flows: vec![FlowId::A1, FlowId::P1],
            ports: Vec::new(),
            evidence: Evidence::default(),
        });
        let mut deployment = sample::standard();
        assert_eq!(mends(&deployment, &found), [], "a firewall of the server");
        deployment.firewalls[0].side = Side::Client;
        assert_eq!(mends(&deployment, &found).len(), 1, "one on the client itself");
        found.conclusions[0].kind = Kind::NatNoAlg;
        assert_eq!(mends(&deployment, &found), [], "no filter rule translates");
        found.conclusions[0].family = Some(Family::Ipv6);
        assert_eq!(
            mends(&deployment, &found).len(),
            1,
            "what is wrong in one family says nothing of the other"
        );
    }

    #[test]
    fn nothing_is_mended_that_is_not_blocked() {
        assert_eq!(mends(&sample::standard(), &Conclusions::default()), []);
    }
}
