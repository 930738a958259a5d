//! Whether anything works from end to end (FTP047).

use super::crossing::Session;
use super::end_to_end::{Blocked, Works};
use super::finding::{self, Finding};
use super::matrix::CellVerdict;
use super::{Request, RuleId};
use crate::flow::{FlowId, Mode};
use crate::packet::Family;

/// No declared mode works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// In which families and sessions.
    pub stuck: Vec<(Family, Session)>,
    /// Where each mode is blocked: the mode, the firewall, the flow.
    pub blocks: Vec<(Mode, String, FlowId)>,
}

/// FTP047: no declared mode works. One finding for all families and sessions that are blocked at the same places.
pub(super) fn nothing_works(_: &Request<'_>, works: &[Works]) -> Vec<Finding> {
    let mut findings: Vec<(Message, Vec<&Blocked>)> = Vec::new();
    for one in works {
        let (family, session) = (one.family, one.session);
        let modes: Vec<&Works> =
            works.iter().filter(|other| (other.family, other.session) == (family, session)).collect();
        // Each is seen with its first mode.
        let is_first = modes.first().is_some_and(|first| first.mode == one.mode);
        let Some(blocks) = modes.iter().map(|works| block(works)).collect::<Option<Vec<_>>>() else {
            continue;
        };
        if !is_first {
            continue;
        }
        let named: Vec<(Mode, String, FlowId)> =
            blocks.iter().map(|(mode, block)| (*mode, block.firewall.clone(), block.flow)).collect();
        if let Some((known, _)) = findings.iter_mut().find(|(known, _)| known.blocks == named) {
            known.stuck.push((family, session));
        } else {
            let message = Message { stuck: vec![(family, session)], blocks: named };
            findings.push((message, blocks.into_iter().map(|(_, block)| block).collect()));
        }
    }
    findings.into_iter().map(|(message, blocks)| finding(message, &blocks)).collect()
}

/// Where a mode is blocked; `None` of one that works, if only for some packets.
fn block(works: &Works) -> Option<(Mode, &Blocked)> {
    let blocked = works.blocked_by.as_ref()?;
    (blocked.extent == CellVerdict::Blocked).then_some((works.mode, blocked))
}

fn finding(message: Message, blocks: &[&Blocked]) -> Finding {
    let mut finding = Finding::new(RuleId::FTP047, finding::Message::Outcome(message));
    finding.flows = blocks.iter().map(|block| block.flow).collect();
    let first = blocks.first().map(|block| block.firewall.clone());
    if blocks.iter().all(|block| Some(&block.firewall) == first.as_ref()) {
        finding.firewall = first;
        for place in blocks.iter().filter_map(|block| block.by) {
            if !finding.places.contains(&place) {
                finding.places.push(place);
            }
        }
    }
    finding.declared = vec!["service.modes".to_owned()];
    finding
}

#[cfg(test)]
mod tests {
    use super::super::tests::audited_all;
    use super::*;
    use crate::audit::Level;
    use crate::deployment::{Deployment, Firewall, Place, Side};
    use crate::flow::sample::standard;
    use crate::flow::{Shape, grant};
    use crate::ruleset::Ruleset;

    /// A server whose firewall grants one mode, and clients whose gateway grants the other.
    fn between(modes: [(bool, bool); 2]) -> (Deployment, Vec<Ruleset>) {
        let mut deployment = standard();
        let server = deployment.firewalls.remove(0);
        let client = Firewall {
            name: "office".to_owned(),
            side: Side::Client,
            place: Place::Gateway,
            ..server.clone()
        };
        deployment.firewalls = vec![server, client];
        let granted = deployment.firewalls.iter().zip(modes).map(|(firewall, (active, passive))| {
            let mut partial = deployment.clone();
            partial.service.modes.active = active;
            partial.service.modes.passive = passive;
            grant(&partial, firewall, Shape::Complete).ruleset
        });
        let granted = granted.collect();
        (deployment, granted)
    }

    #[test]
    fn a_mode_for_each_side_is_none_for_both() {
        let (deployment, rulesets) = between([(true, false), (false, true)]);
        let audit = audited_all(&deployment, rulesets);
        let found: Vec<&Finding> =
            audit.findings.iter().filter(|finding| finding.rule == RuleId::FTP047).collect();
        let [Finding { message: finding::Message::Outcome(message), firewall: None, level, .. }] = found[..]
        else {
            panic!("{found:#?}");
        };
        assert_eq!(*level, Level::Error);
        assert_eq!(message.stuck, [(Family::Ipv4, Session::Plain), (Family::Ipv6, Session::Plain)]);
        let expected = [
            (Mode::Active, "office".to_owned(), FlowId::A3),
            (Mode::Passive, "ftp-host".to_owned(), FlowId::P3),
        ];
        assert_eq!(message.blocks, expected);
    }

    #[test]
    fn one_mode_that_works_is_enough() {
        for modes in [[(true, true), (false, true)], [(true, false), (true, false)]] {
            let (deployment, rulesets) = between(modes);
            let audit = audited_all(&deployment, rulesets);
            assert!(audit.findings.iter().all(|finding| finding.rule != RuleId::FTP047), "{modes:?}");
        }
    }
}
