//! The audit says of every row of the matrix what the kernel makes of it; the lab has the same rows.

use std::collections::BTreeSet;

use ftpfw::audit::{Request, Session, Subject, audit};
use ftpfw::deployment;
use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Text, read};
use ftpfw::flow::Mode;

use crate::helper_matrix::{At, ROWS, Row};

/// The findings that the rows tell of.
const CONCERNED: [&str; 12] = [
    "FTP004", "FTP005", "FTP009", "FTP010", "FTP011", "FTP012", "FTP013", "FTP014", "FTP016", "FTP017",
    "FTP021", "FTP045",
];

/// The deployment of a row.
fn deployment(row: &Row, dialect: &str) -> String {
    let (side, place) = match row.at {
        At::Server => ("server", "host"),
        At::Client => ("client", "host"),
        At::Router => ("server", "gateway"),
        At::Masquerade => ("client", "gateway"),
    };
    let (servers, clients, more) = match row.at {
        // The outside has no IPv6 then: it would not be translated.
        At::Masquerade => {
            ("198.51.100.5", "192.168.7.10", "\n    nat: { public: 198.51.100.1, private: 192.168.7.0/24 }")
        }
        _ => ("10.0.0.5, \"2001:db8:2::5\"", "198.51.100.10, \"2001:db8:1::10\"", ""),
    };
    let interfaces = match row.at {
        At::Server | At::Client => "",
        At::Router | At::Masquerade => "\n    interfaces: { outside: outside, inside: inside }",
    };
    let tls = if row.tls { "explicit" } else { "none" };
    format!(
        "version: 1\nservice:\n  name: files\n  addresses: [{servers}]\n  tls: {tls}\n  modes: [active, passive]\n  \
         passive: {{ ports: 30000-30009 }}\n  user: anonymous\nclients: {{ addresses: [{clients}] }}\nfirewalls:\n  \
         - name: edge\n    side: {side}\n    place: {place}\n    dialect: {dialect}\n    egress: open{interfaces}{more}\n"
    )
}

#[test]
fn the_audit_reproduces_the_matrix() {
    for row in ROWS {
        let iptables = vec![
            (Text { name: "rules.v4".to_owned(), content: row.iptables() }, Format::Iptables),
            (Text { name: "rules.v6".to_owned(), content: row.iptables() }, Format::Ip6tables),
        ];
        let nft = vec![(Text { name: "rules.nft".to_owned(), content: row.nft() }, Format::Nft)];
        for (dialect, texts) in [("iptables", iptables), ("nftables", nft)] {
            let told = format!("{}, {dialect}", row.name);
            let rules = read(texts, &mut |_| None);
            assert!(rules.problems.is_empty(), "{told}: {:?}", rules.problems);
            let yaml = deployment(row, dialect);
            let reading = deployment::read("row.yaml", yaml.as_bytes(), None);
            let deployment = reading.deployment.unwrap_or_else(|| panic!("{told}: {:?}", reading.problems));
            let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
            let found = audit(&Request { deployment: &deployment, subjects, strict: false });
            let session = if row.tls { Session::Tls } else { Session::Plain };
            for works in found.end_to_end.iter().filter(|works| works.session == session) {
                let expected = if works.mode == Mode::Active { row.active } else { row.passive };
                assert_eq!(works.works, expected, "{told}: {works:?}");
                assert!(!works.conditional, "{told}: {works:?}");
            }
            let ids = found.findings.iter().map(|finding| finding.rule.id());
            let ids: BTreeSet<&str> = ids.filter(|id| CONCERNED.contains(id)).collect();
            assert_eq!(ids, row.findings.iter().copied().collect(), "{told}");
        }
    }
}
