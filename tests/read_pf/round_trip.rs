//! What `generate` builds, written and read back.

use ftpfw::deployment;
use ftpfw::dialect::pf::{Flavour, read_anchor};
use ftpfw::dialect::{Dialect, Loading, write};
use ftpfw::flow::{Shape, grant};
use proptest::prelude::*;

use crate::deployments::deployment as random;

fn assert_round_trips(yaml: &str) {
    let reading = deployment::read("random.yaml", yaml.as_bytes(), None);
    let deployment = reading.deployment.unwrap_or_else(|| panic!("{yaml}\n{:#?}", reading.problems));
    for firewall in &deployment.firewalls {
        for dialect in [Dialect::PfOpenbsd, Dialect::PfFreebsd] {
            for shape in [Shape::Complete, Shape::Fragment] {
                let mut firewall = firewall.clone();
                firewall.dialect = dialect;
                let ruleset = grant(&deployment, &firewall, shape).ruleset;
                let loading = if shape == Shape::Complete { Loading::Replace } else { Loading::Join };
                let files = write(&ruleset, dialect, loading, "rules");
                let text = &files[0].text;
                let flavour = if dialect == Dialect::PfOpenbsd { Flavour::Openbsd } else { Flavour::Freebsd };
                // A fragment does not say which anchor it is loaded into.
                let anchor = ruleset.chains.first().map_or("", |chain| chain.table.name.as_str());
                let reading = read_anchor(text, anchor, flavour, &mut |_| None);
                assert_eq!(reading.problems, [], "{text}");
                for rule in reading.ruleset.chains.iter().flat_map(|chain| &chain.rules) {
                    let origin = rule.origin.expect("it was read");
                    let piece = &text[origin.start as usize..origin.end as usize];
                    let line = text.lines().nth(origin.line as usize - 1);
                    assert_eq!(Some(piece), line, "a rule takes its whole line");
                }
                assert_eq!(reading.ruleset.without_origins(), ruleset, "{text}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_generated_reads_back(spec in random()) {
        assert_round_trips(&spec.to_yaml());
    }
}
