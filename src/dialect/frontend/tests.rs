//! Verdicts of ufw 0.36.2 and firewalld 1.3.3 on these, as they were seen.

use super::{Frontend, Problem};
use crate::dialect::Format;
use crate::dialect::collection::{Text, read};
use crate::dialect::reading::ProblemKind;

/// What is said of the ports in a text.
fn faults(content: &str, format: Format) -> Vec<Problem> {
    assert_eq!(Format::recognize("-", content), Some(format), "{content}");
    let text = Text { name: "-".to_owned(), content: content.to_owned() };
    let collection = read(vec![(text, format)], &mut |_| None);
    assert!(collection.empty.is_empty());
    let mut problems = collection.problems.into_iter();
    let frontend = if format == Format::Ufw { Frontend::Ufw } else { Frontend::Firewalld };
    let first = problems.next().map(|problem| problem.kind);
    assert_eq!(first, Some(ProblemKind::Frontend(Problem::NotEvaluated(frontend))), "{content}");
    problems
        .map(|problem| match problem.kind {
            ProblemKind::Frontend(problem) => problem,
            other => panic!("{content}: {other:?}"),
        })
        .collect()
}

#[test]
fn ufw_takes_ranges_with_a_colon_and_a_protocol() {
    let range = |found: &str| vec![Problem::Range { frontend: Frontend::Ufw, found: found.to_owned() }];
    let no_protocol = || vec![Problem::NoProtocol(Frontend::Ufw)];
    for (rule, expected) in [
        ("allow 30000:30019/tcp", vec![]),
        ("allow 30000:30019", no_protocol()),
        ("allow 30000-30019/tcp", range("30000-30019")),
        ("allow 21", vec![]),
        ("allow ftp", vec![]),
        ("allow 20,21/tcp", vec![]),
        ("allow 20,21", no_protocol()),
        ("limit 30000:30019", no_protocol()),
        ("allow proto tcp from any to any port 30000:30019", vec![]),
        ("allow from any to any port 30000:30019", no_protocol()),
        ("allow from any to any port 30000-30019 proto tcp", range("30000-30019")),
        ("allow in on eth0 to any port 21,30000:30019 proto tcp comment 'FTP 1-2'", vec![]),
        ("insert 1 allow from 192.0.2.0/24 to any port 21", vec![]),
        ("default deny incoming", vec![]),
    ] {
        for prefix in ["ufw", "sudo ufw", "/usr/sbin/ufw --force"] {
            assert_eq!(faults(&format!("#!/bin/sh\n{prefix} {rule}\n"), Format::Ufw), expected, "{rule}");
        }
    }
    let status =
        "Status: active\n\nTo                         Action      From\n--\n21/tcp  ALLOW  Anywhere\n";
    assert_eq!(faults(status, Format::Ufw), []);
}

#[test]
fn firewalld_takes_ranges_with_a_hyphen_and_a_protocol() {
    let range = |found: &str| vec![Problem::Range { frontend: Frontend::Firewalld, found: found.to_owned() }];
    let no_protocol = || vec![Problem::NoProtocol(Frontend::Firewalld)];
    for (options, expected) in [
        ("--add-port=30000-30019/tcp", vec![]),
        ("--permanent --add-port=30000:30019/tcp", range("30000:30019")),
        ("--permanent --add-port 30000:30019/tcp", range("30000:30019")),
        ("--add-port=30000-30019", no_protocol()),
        ("--add-port=21", no_protocol()),
        ("--add-service=ftp", vec![]),
        (
            "--add-rich-rule='rule family=\"ipv4\" port port=\"30000:30019\" protocol=\"tcp\" accept'",
            range("30000:30019"),
        ),
        ("--add-rich-rule='rule family=ipv4 port port=30000-30019 protocol=tcp accept'", vec![]),
        ("--reload", vec![]),
    ] {
        assert_eq!(
            faults(&format!("sudo firewall-cmd {options}\n"), Format::Firewalld),
            expected,
            "{options}"
        );
    }
    let zone = |port: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone>\n  <service name=\"ssh\"/>\n  {port}\n</zone>\n"
        )
    };
    for (port, expected) in [
        ("<port protocol=\"tcp\" port=\"30000-30019\"/>", vec![]),
        ("<port protocol=\"tcp\" port=\"30000:30019\"/>", range("30000:30019")),
        ("<port port=\"30000-30019\"/>", no_protocol()),
        (
            "<rule family=\"ipv4\"><port port=\"30000:30019\" protocol=\"tcp\"/><accept/></rule>",
            range("30000:30019"),
        ),
    ] {
        assert_eq!(faults(&zone(port), Format::Firewalld), expected, "{port}");
    }
    let listed = "public (active)\n  target: default\n  interfaces: eth0\n  services: ftp ssh\n  ports: 30000-30019/tcp\n";
    assert_eq!(faults(listed, Format::Firewalld), []);
}

#[test]
fn rules_beside_such_commands_are_what_is_read() {
    let script = "#!/bin/sh\nufw disable\niptables -P INPUT DROP\n";
    assert_eq!(Format::recognize("-", script), Some(Format::Iptables));
}

#[test]
fn each_fault_is_where_it_stands() {
    let content = format!("#!/bin/sh\n\n{}", "ufw allow 1:2\n".repeat(20_000));
    let text = Text { name: "-".to_owned(), content };
    let problems = read(vec![(text.clone(), Format::Ufw)], &mut |_| None).problems;
    assert_eq!(problems.len(), 20_001);
    for (problem, line) in problems[1..].iter().zip(3..) {
        let place = problem.origin.start as usize..problem.origin.end as usize;
        assert_eq!((problem.origin.line, &text.content[place]), (line, "1:2"));
    }
}
