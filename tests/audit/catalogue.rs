//! The examples of the catalogue are read without complaint, but for those that are about what cannot be read. The lab
//! has nft and iptables load them; for pf there is nothing but this.

use ftpfw::audit::{ExampleDialect, RuleId, entry};
use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};

/// The findings whose wrong examples are no rules.
const UNREADABLE: [&str; 2] = ["FTP043", "FTP044"];

fn problems(dialect: ExampleDialect, text: &str) -> Option<usize> {
    let format = match dialect {
        ExampleDialect::Iptables if text.contains("2001:db8:") => Format::Ip6tables,
        ExampleDialect::Iptables => Format::Iptables,
        ExampleDialect::Nftables => Format::Nft,
        ExampleDialect::PfOpenbsd => Format::PfOpenbsd,
        ExampleDialect::PfFreebsd => Format::PfFreebsd,
        ExampleDialect::Sysctl => Format::Sysctl,
        ExampleDialect::Modprobe => Format::Modprobe,
        ExampleDialect::Deployment => return None,
    };
    let text = Text { name: "example".to_owned(), content: text.to_owned() };
    Some(read(vec![(text, format)], &mut |_| None).problems.len())
}

#[test]
fn examples_are_read_without_complaint() {
    let mut tried = 0;
    for &rule in RuleId::ALL {
        for example in entry(rule).examples {
            for (text, right) in [(&example.wrong, false), (&example.right, true)] {
                let Some(problems) = problems(example.dialect, text) else { continue };
                let unreadable = !right && UNREADABLE.contains(&rule.id());
                assert_eq!(problems > 0, unreadable, "{}, {}:\n{text}", rule.id(), example.dialect.id());
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}
