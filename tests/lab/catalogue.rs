//! The examples of the catalogue: the real programs take every one that is not about what they refuse.

use ftpfw::audit::{ExampleDialect, RuleId, entry};

use crate::backend::{Backend, Loader};
use crate::namespace::Namespace;
use crate::owned::folder;
use crate::require::require;

/// The findings whose wrong examples are no rules that a program would take: that is what they are about. Of FTP017 it is
/// the first of iptables.
const REFUSED: [(&str, &str, usize); 4] = [
    ("FTP017", "iptables", 0),
    ("FTP043", "nftables", 0),
    ("FTP044", "iptables", 0),
    ("FTP044", "nftables", 0),
];

#[test]
fn nft_takes_the_examples() {
    check(ExampleDialect::Nftables, Backend::Nft);
}

#[test]
fn iptables_nft_takes_the_examples() {
    check(ExampleDialect::Iptables, Backend::IptablesNft);
}

#[test]
fn iptables_legacy_takes_the_examples() {
    check(ExampleDialect::Iptables, Backend::IptablesLegacy);
}

fn check(dialect: ExampleDialect, backend: Backend) {
    require();
    let loader = Loader::new(backend);
    let (mut tried, mut faults) = (0, Vec::new());
    for &rule in RuleId::ALL {
        let examples = entry(rule).examples;
        for (place, example) in examples.iter().filter(|example| example.dialect == dialect).enumerate() {
            let refused = REFUSED.contains(&(rule.id(), dialect.id(), place));
            for (kind, text, meant) in [("wrong", &example.wrong, !refused), ("right", &example.right, true)]
            {
                tried += 1;
                let outcome = load(&loader, dialect, text);
                if outcome.is_ok() != meant {
                    let said = outcome.err().unwrap_or_else(|| "taken".to_owned());
                    faults.push(format!("{}, {kind} example {place}: {said}\n{text}", rule.id()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(tried > 30, "{tried}");
}

/// Loads an example, in a namespace of its own.
fn load(loader: &Loader, dialect: ExampleDialect, text: &str) -> Result<(), String> {
    let namespace = Namespace::new("catalogue");
    let folder = folder("catalogue");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    if dialect == ExampleDialect::Nftables {
        write("rules", text);
        return loader.execute(&namespace, folder.path(), "nft -f rules");
    }
    // Of a table with a few rules only those are shown.
    let whole = text.lines().any(|line| line.starts_with('*'));
    write("rules", &if whole { text.to_owned() } else { format!("*filter\n{text}COMMIT\n") });
    let family = if text.contains("2001:db8:") { "ip6" } else { "ip" };
    loader.execute(&namespace, folder.path(), &format!("{family}tables-restore < rules"))
}
