//! What `generate` writes reads back as what was written.

use ftpfw::deployment::read;
use ftpfw::dialect::iptables::{self, Input, Sets};
use ftpfw::dialect::{Dialect, Loading, write};
use ftpfw::flow::{Shape, grant};
use ftpfw::packet::{Family, PortSet};
use ftpfw::ruleset::{IcmpMatch, Match, Rule, Ruleset, TableFamily};
use proptest::prelude::*;

use crate::deployments::deployment;

/// The rules of one family, in a form that what iptables can say in one rule has no influence on. The table tells the
/// family, an option names one ICMP type or fifteen ports, a comment has no quotes; and the order of conditions, and of
/// rules next to each other that do the same, makes no difference.
fn comparable(mut ruleset: Ruleset, family: Family) -> Ruleset {
    ruleset.chains.retain(|chain| chain.table.family == TableFamily::of(family));
    for chain in &mut ruleset.chains {
        let mut rules: Vec<Rule> = chain.rules.drain(..).map(plain).flat_map(one_for_each_value).collect();
        for rule in &mut rules {
            rule.matches.sort_by_cached_key(|matching| format!("{matching:?}"));
        }
        for alike in rules.chunk_by(|a, b| a.actions == b.actions && a.comment == b.comment) {
            let mut alike = alike.to_vec();
            alike.sort_by_cached_key(|rule| format!("{:?}", rule.matches));
            chain.rules.append(&mut alike);
        }
    }
    ruleset
}

fn plain(mut rule: Rule) -> Rule {
    let matches = std::mem::take(&mut rule.matches).into_iter();
    rule.matches = matches.filter(|matching| !matches!(matching, Match::Family(_))).collect();
    rule.comment =
        rule.comment.filter(|text| !text.contains(|c: char| c.is_control() || "\"\\'".contains(c)));
    rule
}

/// A rule for each ICMP type and for each range of ports.
fn one_for_each_value(mut rule: Rule) -> Vec<Rule> {
    let matches = std::mem::take(&mut rule.matches);
    let mut rules = vec![rule];
    for matching in &matches {
        let values = values(matching);
        rules = rules
            .iter()
            .flat_map(|start| {
                values.iter().map(|value| {
                    let mut rule = start.clone();
                    rule.require([value.clone()]);
                    rule
                })
            })
            .collect();
    }
    rules
}

fn values(matching: &Match) -> Vec<Match> {
    let each = |ports: &PortSet, kind: fn(PortSet) -> Match| {
        ports.ranges().iter().map(|range| kind(PortSet::from(*range))).collect()
    };
    match matching {
        Match::SourcePort(ports) => each(ports, Match::SourcePort),
        Match::DestinationPort(ports) => each(ports, Match::DestinationPort),
        Match::Icmp(icmp) => {
            icmp.types.iter().map(|kind| Match::Icmp(IcmpMatch { types: [*kind].into(), ..*icmp })).collect()
        }
        other => vec![other.clone()],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_generated_reads_back(spec in deployment()) {
        let yaml = spec.to_yaml();
        let reading = read("ftpfw.yaml", yaml.as_bytes(), Some(Dialect::Iptables));
        // What is valid for pf may not be for iptables.
        let Some(deployment) = reading.deployment else { return Err(TestCaseError::reject("invalid")) };
        let sets = Sets::default();
        for firewall in &deployment.firewalls {
            for (shape, loading) in [(Shape::Complete, Loading::Replace), (Shape::Fragment, Loading::Join)] {
                let granted = grant(&deployment, firewall, shape).ruleset;
                for file in write(&granted, Dialect::Iptables, loading, "wall") {
                    let family = file.family.expect("iptables has a file for each family");
                    let input = Input { number: 0, family, table: "filter", sets: &sets };
                    let read_back = iptables::read(&file.text, input);
                    prop_assert_eq!(&read_back.problems, &[], "{}\n{}", yaml, file.text);
                    let read_back = comparable(read_back.ruleset.without_origins(), family);
                    prop_assert_eq!(read_back, comparable(granted.clone(), family), "{}\n{}", yaml, file.text);
                    let guessed = iptables::family_of(&file.text);
                    prop_assert!(guessed.is_none_or(|guessed| guessed == family), "{guessed:?}\n{}", file.text);
                }
            }
        }
    }
}
