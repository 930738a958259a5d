//! What is taken out of a generated rule set is put back by a mend.

use super::Trials;
use crate::audit::{Audit, Message, Request, Subject, audit};
use crate::deployment::{Deployment, Strategy};
use crate::dialect::collection::{Collection, Text, read};
use crate::dialect::{Dialect, Format, Loading, write};
use crate::flow::sample::every;
use crate::flow::{Shape, grant};
use crate::packet::Family;

/// The generated rule set of the first firewall, as files.
fn files(deployment: &Deployment) -> Vec<(Text, Format)> {
    let firewall = &deployment.firewalls[0];
    let ruleset = grant(deployment, firewall, Shape::Complete).ruleset;
    let format = |family| match (firewall.dialect, family) {
        (Dialect::Iptables, Some(Family::Ipv6)) => Format::Ip6tables,
        (Dialect::Iptables, _) => Format::Iptables,
        (Dialect::Nftables, _) => Format::Nft,
        (Dialect::PfOpenbsd, _) => Format::PfOpenbsd,
        (Dialect::PfFreebsd, _) => Format::PfFreebsd,
    };
    let files = write(&ruleset, firewall.dialect, Loading::Replace, "rules").into_iter();
    files.map(|file| (Text { name: file.name, content: file.text }, format(file.family))).collect()
}

/// `files` without one line that lets something through, in every way.
fn mutants(files: &[(Text, Format)]) -> Vec<Vec<(Text, Format)>> {
    let mut mutants = Vec::new();
    for (at, (text, _)) in files.iter().enumerate() {
        // Without the only rule of a chain, nft and pf have no chain to put one into.
        let words = ["-j ACCEPT", "-j DNAT", "-j SNAT", " accept comment", "pass "];
        for (number, line) in text.content.lines().enumerate() {
            if !words.iter().any(|word| line.contains(word)) || line.starts_with('#') {
                continue;
            }
            let kept = text.content.lines().enumerate().filter(|(other, _)| *other != number);
            let mut mutant = files.to_vec();
            mutant[at].0.content = kept.fold(String::new(), |text, (_, line)| text + line + "\n");
            mutants.push(mutant);
        }
    }
    mutants
}

fn request<'a>(deployment: &'a Deployment, rules: &'a Collection) -> Request<'a> {
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules }];
    Request { deployment, subjects, strict: false }
}

fn missing(audit: &Audit) -> usize {
    audit.findings.iter().filter(|finding| matches!(finding.message, Message::Missing(_))).count()
}

#[test]
fn a_rule_taken_out_of_a_generated_rule_set_is_put_back() {
    let (mut tried, mut failed) = (0, Vec::new());
    for deployment in every().into_iter().step_by(397) {
        let firewall = &deployment.firewalls[0];
        if firewall.strategy == Strategy::Helper {
            continue;
        }
        for mutant in mutants(&files(&deployment)) {
            let rules = read(mutant, &mut |_| None);
            let request = request(&deployment, &rules);
            let before = audit(&request);
            if missing(&before) == 0 {
                continue;
            }
            tried += 1;
            let patch = Trials::new(&request, &audit).mend(0, &before);
            if missing(&patch.audit) > 0 {
                let texts: Vec<&str> = rules.texts.iter().map(|text| text.content.as_str()).collect();
                let left: Vec<_> =
                    patch.audit.findings.iter().map(|f| (&f.message, &f.places, &f.fix)).collect();
                failed.push(format!("{firewall:?}\n{}\n{left:?}", texts.concat()));
            }
        }
    }
    assert!(tried >= 50, "{tried}");
    assert!(
        failed.is_empty(),
        "{} of {tried} are not mended, such as\n{}",
        failed.len(),
        failed.join("\n=====\n")
    );
}
