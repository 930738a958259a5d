//! Writing and reading back.

use ftpfw::deployment::read;
use ftpfw::dialect::{Dialect, Loading, nftables, write};
use ftpfw::flow::{Shape, grant};
use ftpfw::ruleset::Ruleset;
use proptest::prelude::*;

use crate::deployments::deployment;

/// The rules with the comments that nft can hold (of any other the writer makes one that it can), and with their
/// conditions in one order.
fn plain(mut ruleset: Ruleset) -> Ruleset {
    for rule in ruleset.chains.iter_mut().flat_map(|chain| &mut chain.rules) {
        let holds =
            |text: &str| text.len() <= 100 && !text.contains(|c: char| c.is_control() || "\"\\'".contains(c));
        rule.comment = rule.comment.take().filter(|text| holds(text));
        rule.matches.sort_by_cached_key(|condition| format!("{condition:?}"));
    }
    ruleset
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_generated_reads_back(spec in deployment()) {
        let yaml = spec.to_yaml();
        let reading = read("ftpfw.yaml", yaml.as_bytes(), Some(Dialect::Nftables));
        // What is valid for pf may not be for nftables.
        let Some(deployment) = reading.deployment else { return Err(TestCaseError::reject("invalid")) };
        for firewall in &deployment.firewalls {
            for (shape, loading) in [(Shape::Complete, Loading::Replace), (Shape::Fragment, Loading::Join)] {
                let granted = grant(&deployment, firewall, shape).ruleset;
                for file in write(&granted, Dialect::Nftables, loading, "wall") {
                    let read_back = nftables::read(&file.text, 0, &mut |_| None);
                    prop_assert_eq!(&read_back.problems, &[], "{}\n{}", yaml, file.text);
                    let (read_back, granted) = (read_back.ruleset.without_origins(), granted.clone());
                    prop_assert_eq!(plain(read_back), plain(granted), "{}\n{}", yaml, file.text);
                }
            }
        }
    }
}
