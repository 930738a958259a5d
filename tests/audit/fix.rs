//! Mends: each removes its finding and adds none, in every form of text.

use std::collections::BTreeSet;

use ftpfw::audit::{Audit, Finding, Level, Request, Subject, Trials, audit};
use ftpfw::deployment::{self, Deployment};
use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Collection, Text, read};
use ftpfw::report::patch::unified;

use crate::{audited, every_case};

/// The findings whose mend is always safe in the cases of this folder.
const MENDED: [&str; 4] = ["FTP004", "FTP005", "FTP012", "FTP021"];

/// The findings about helpers and translation whose own mend is safe wherever they are an error.
const MENDED_ALONE: [&str; 11] = [
    "FTP009", "FTP010", "FTP013", "FTP014", "FTP015", "FTP016", "FTP017", "FTP018", "FTP028", "FTP030",
    "FTP031",
];

/// Cases of them with rules that ask for more than can be written in other words: another program wrote them, or the
/// address is that of an interface.
const LEFT_TO_PEOPLE: [&str; 2] = ["FTP028/docker.wrong.rules", "FTP028/interface.wrong.conf"];

#[test]
fn what_a_helper_or_translation_gets_wrong_has_a_mend_of_its_own() {
    let (mut left, mut mended) = (Vec::new(), BTreeSet::new());
    for case in every_case() {
        let mut found = audited(&case);
        let subjects = vec![Subject { firewall: &case.deployment.firewalls[0], rules: &case.rules }];
        let request = Request { deployment: &case.deployment, subjects, strict: false };
        Trials::new(&request, &audit).of_each(&mut found);
        let own = found.findings.iter().filter(|finding| finding.rule.id() == case.finding);
        for finding in own.filter(|finding| MENDED_ALONE.contains(&finding.rule.id())) {
            if finding.fix.as_ref().is_some_and(|fix| fix.tried.is_some()) {
                mended.insert(finding.rule.id());
            } else if finding.level == Level::Error {
                left.push(format!("{}/{}", case.finding, case.name));
            }
        }
    }
    assert_eq!(left, LEFT_TO_PEOPLE);
    assert_eq!(mended.into_iter().collect::<Vec<_>>(), MENDED_ALONE);
}

/// How many findings there are of each kind.
fn ids(audit: &Audit) -> Vec<&'static str> {
    let mut ids: Vec<&str> = audit.findings.iter().map(|finding| finding.rule.id()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_patch_removes_what_it_mends_and_adds_nothing() {
    for case in every_case() {
        let before = audited(&case);
        let subjects = vec![Subject { firewall: &case.deployment.firewalls[0], rules: &case.rules }];
        let request = Request { deployment: &case.deployment, subjects, strict: false };
        let patch = Trials::new(&request, &audit).mend(0, &before);
        let name = format!("{}/{}", case.finding, case.name);
        let is_error = |finding: &&Finding| finding.level == Level::Error;
        let grave = before.findings.iter().filter(is_error).any(|finding| finding.rule.id() == case.finding);
        if grave && MENDED.contains(&case.finding.as_str()) {
            assert!(patch.mended.iter().any(|id| id.id() == case.finding), "{name}: {before:?}");
        }
        let text = unified(&case.rules.texts, &patch.texts);
        assert_eq!(text.is_empty(), patch.mended.is_empty(), "{name}");
        // Not what the mend believes that it wrote, but what the patch makes of the files.
        let patched: Vec<Text> = case.rules.texts.iter().map(|file| patched(file, &text)).collect();
        let rules = case.rules.read_again(&patched);
        let subjects = vec![Subject { rules: &rules, ..request.subjects[0] }];
        let after = audit(&Request { subjects, ..request.clone() });
        let mut expected = ids(&before);
        for id in &patch.mended {
            let place = expected.iter().position(|known| *known == id.id()).expect("a finding");
            expected.remove(place);
        }
        // That no mode works any more goes with what was mended.
        for id in ids(&after) {
            let place = expected.iter().position(|known| *known == id);
            assert!(place.is_some_and(|place| expected.remove(place) == id), "{name}: {id}\n{text}");
        }
    }
}

/// A file after a unified diff, the way `patch -p1` reads one.
fn patched(file: &Text, patch: &str) -> Text {
    let old: Vec<&str> = file.content.split_inclusive('\n').collect();
    let (mut content, mut at, mut meant) = (String::new(), 0, false);
    for line in patch.lines() {
        if let Some(name) = line.strip_prefix("--- a/") {
            meant = name == file.name;
        } else if let Some(hunk) = line.strip_prefix("@@ -").filter(|_| meant) {
            let start: usize =
                hunk.split([',', ' ']).next().and_then(|number| number.parse().ok()).expect("a line");
            let start = start.saturating_sub(1);
            content.extend(old[at..start].iter().copied());
            at = start;
        } else if meant && !line.starts_with("+++ ") {
            let (kind, rest) = line.split_at_checked(1).expect("a kind");
            match kind {
                "+" => content.extend([rest, "\n"]),
                "-" => at += 1,
                _ => {
                    assert_eq!(old[at].trim_end_matches('\n'), rest);
                    content += old[at];
                    at += 1;
                }
            }
        }
    }
    content.extend(old[at..].iter().copied());
    Text { name: file.name.clone(), content }
}

const DEPLOYMENT: &str = "\
version: 1
service:
  name: files
  addresses: [203.0.113.10]
  passive: { ports: 30000-30019 }
  modes: [passive]
  user: anonymous
firewalls:
  - { name: host, side: server, place: host, dialect: iptables, egress: open }
";

fn deployed(yaml: &str) -> Deployment {
    deployment::read("deployment.yaml", yaml.as_bytes(), None).deployment.expect("a deployment")
}

/// The lines that mends add to a rule set and remove from it.
fn lines(content: &str) -> Vec<String> {
    let text = Text { name: "rules".to_owned(), content: content.to_owned() };
    let format = Format::recognize(&text.name, content).expect("a format");
    let rules: Collection = read(vec![(text, format)], &mut |_| None);
    let deployment = deployed(DEPLOYMENT);
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
    let request = Request { deployment: &deployment, subjects, strict: false };
    let patch = Trials::new(&request, &audit).mend(0, &audit(&request));
    let text = unified(&rules.texts, &patch.texts);
    let changes = text.lines().enumerate().skip(2).filter(|(_, line)| line.starts_with(['+', '-']));
    // Each with the line before it.
    let before = |at: usize| text.lines().nth(at - 1).unwrap_or_default().trim();
    changes.map(|(at, line)| format!("{} | {line}", before(at))).collect()
}

/// A rule set after the mend of one of its findings and no other.
fn mended_alone(content: &str, id: &str) -> String {
    let text = Text { name: "rules".to_owned(), content: content.to_owned() };
    let format = Format::recognize(&text.name, content).expect("a format");
    let rules: Collection = read(vec![(text, format)], &mut |_| None);
    let deployment = deployed(DEPLOYMENT);
    let subjects = vec![Subject { firewall: &deployment.firewalls[0], rules: &rules }];
    let request = Request { deployment: &deployment, subjects, strict: false };
    let mut found = audit(&request);
    Trials::new(&request, &audit).of_each(&mut found);
    let meant = found.findings.iter().find(|finding| finding.rule.id() == id).expect("the finding");
    let texts = meant.fix.as_ref().and_then(|fix| fix.tried.as_ref()).expect("a safe mend");
    texts[0].content.clone()
}

/// The rule for passive data connections, as iptables has it after the name of the chain.
const IPTABLES: &str = "-d 203.0.113.10 -p tcp --sport 1024:65535 --dport 30000:30019 --syn -m conntrack --ctstate NEW -m comment --comment \"ftpfw P3\" -j ACCEPT";

/// The same in nft.
const NFT: &str = "ip daddr 203.0.113.10 tcp sport 1024-65535 tcp dport 30000-30019 tcp flags & (fin | syn | rst | ack) == syn ct state new accept comment \"ftpfw P3\"";

#[test]
fn a_rule_comes_before_the_one_that_drops() {
    let rules = "\
*filter
:INPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp --dport 21 -j ACCEPT
-A INPUT -j LOG
-A INPUT -j REJECT
COMMIT
";
    assert_eq!(lines(rules), [format!("-A INPUT -j LOG | +-A INPUT {IPTABLES}")]);
}

#[test]
fn a_rule_that_comes_too_late_is_moved() {
    let rules = "\
*filter
:INPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp --dport 21 -j ACCEPT
-A INPUT -j REJECT
-A INPUT -p tcp --dport 30000:30019 -j ACCEPT
COMMIT
";
    let after = mended_alone(rules, "FTP026");
    let lines: Vec<&str> = after.lines().skip(3).collect();
    let moved = ["-A INPUT -p tcp --dport 30000:30019 -j ACCEPT", "-A INPUT -j REJECT", "COMMIT"];
    assert_eq!(lines[1..], moved, "{lines:#?}");
}

/// What the writer of a dialect does not know to say, because nothing is generated with it, is not lost.
#[test]
fn a_rule_that_is_moved_keeps_all_that_it_asks() {
    let iptables = "-A INPUT -p tcp -m multiport --dports 30000:30019 -m addrtype --dst-type LOCAL -j ACCEPT";
    let nft = "tcp dport 30000-30019 fib daddr type local accept";
    let rules = [
        format!(
            "*filter\n:INPUT ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -p tcp --dport 21 -j ACCEPT\n-A INPUT -j REJECT\n{iptables}\nCOMMIT\n"
        ),
        format!(
            "table inet filter {{\n\tchain input {{\n\t\ttype filter hook input priority 0;\n\t\tct state established accept\n\t\ttcp dport 21 accept\n\t\treject\n\t\t{nft}\n\t}}\n}}\n"
        ),
    ];
    for (rules, moved) in rules.iter().zip([iptables, nft]) {
        let after = mended_alone(rules, "FTP026");
        let words: Vec<&str> = after.lines().map(str::trim).collect();
        let place = words.iter().position(|line| *line == moved);
        let reject = words.iter().position(|line| line.ends_with("REJECT") || *line == "reject");
        assert!(place.is_some() && place < reject, "{after}");
    }
}

/// Rules of two tables that both drop: one rule for each.
#[test]
fn every_table_that_drops_gets_a_rule() {
    let rules = "\
table ip one { chain input { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 21 accept; }; }
table ip two { chain input { type filter hook input priority 5; policy drop; ct state established accept; tcp dport 21 accept; }; }
";
    let added = lines(rules);
    assert_eq!(
        added.iter().filter(|line| line.contains(&format!("accept; {NFT};"))).count(),
        2,
        "{added:#?}"
    );
}

#[test]
fn a_rule_goes_into_the_chain_that_drops() {
    let rules = "\
*filter
:INPUT ACCEPT [0:0]
:closed - [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp --dport 21 -j ACCEPT
-A INPUT -p tcp -j closed
-A closed -s 192.0.2.1/32 -j RETURN
-A closed -j DROP
COMMIT
";
    assert_eq!(lines(rules), [format!("-A closed -s 192.0.2.1/32 -j RETURN | +-A closed {IPTABLES}")]);
}

/// A chain that several rules send packets to is not opened for all of them.
#[test]
fn a_chain_that_drops_for_others_too_is_left_alone() {
    let rules = "\
*filter
:INPUT ACCEPT [0:0]
:banned - [0:0]
:logged - [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -s 192.0.2.0/24 -j banned
-A INPUT -p tcp --dport 21 -j ACCEPT
-A INPUT -p tcp -j logged
-A banned -j logged
-A logged -j LOG
-A logged -j DROP
COMMIT
";
    assert_eq!(lines(rules), [format!("-A INPUT -p tcp --dport 21 -j ACCEPT | +-A INPUT {IPTABLES}")]);
}

#[test]
fn a_rule_is_met_even_where_a_goto_leaves_the_chain() {
    let rules = "\
*filter
:INPUT DROP [0:0]
:services - [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -g services
-A services -p tcp --dport 21 -j ACCEPT
COMMIT
";
    let established = "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT";
    assert_eq!(lines(rules), [format!("{established} | +-A INPUT {IPTABLES}")]);
}

#[test]
fn a_chain_without_rules_gets_its_first() {
    let rules = "*filter\n:INPUT DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
    let added = lines(rules);
    assert_eq!(added.len(), 4, "{added:#?}");
    assert!(added.iter().all(|line| line.contains("+-A INPUT ")), "{added:#?}");
}

#[test]
fn a_script_is_continued_in_its_own_words() {
    let rules = "\
#!/bin/sh
IPT=/sbin/iptables
$IPT -P INPUT DROP
$IPT -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
  $IPT -A INPUT -p tcp --dport 21 -j ACCEPT # control
";
    let control = "$IPT -A INPUT -p tcp --dport 21 -j ACCEPT # control";
    assert_eq!(lines(rules), [format!("{control} | +  $IPT -A INPUT {IPTABLES}")]);
}

#[test]
fn what_a_loop_or_a_condition_made_is_left_to_people() {
    let rules = "\
#!/bin/sh
iptables -P INPUT DROP
iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
for port in 21 22; do
    iptables -A INPUT -p tcp --dport $port -j ACCEPT
done
";
    assert!(lines(rules).is_empty());
    let conditional = "\
#!/bin/sh
iptables -P INPUT DROP
iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
if [ -e /etc/ftp ]; then
    iptables -A INPUT -p tcp --dport 21 -j ACCEPT
fi
";
    assert!(lines(conditional).is_empty());
    let inserted = "iptables -P INPUT DROP\niptables -I INPUT -p tcp --dport 21 -j ACCEPT\n";
    assert!(lines(inserted).is_empty());
}

#[test]
fn nft_has_three_ways_to_say_a_rule() {
    let block = "\
table inet filter {
  chain input {
    type filter hook input priority 0; policy accept;
    ct state established accept
    tcp dport 21 accept
    reject
  }
}
";
    assert_eq!(lines(block), [format!("tcp dport 21 accept | +    {NFT}")]);
    let flat = "\
add table inet filter
add chain inet filter input { type filter hook input priority 0; policy drop; }
add rule inet filter input ct state established accept
add rule inet filter input tcp dport 21 accept
";
    let last = "add rule inet filter input tcp dport 21 accept";
    assert_eq!(lines(flat), [format!("{last} | +add rule inet filter input {NFT}")]);
    let one_line = "table inet filter { chain input { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 21 accept; }; }\n";
    let added = lines(one_line);
    assert_eq!(added.len(), 2, "{added:#?}");
    assert!(added[1].contains(&format!("tcp dport 21 accept; {NFT}; }}")), "{added:#?}");
}

#[test]
fn the_last_rule_of_pf_decides() {
    let rules = "\
set skip on lo
block all
pass in proto tcp to 203.0.113.10 port 21
pass out
block in from 192.0.2.0/24
";
    let rule = "pass in inet proto tcp from any port 1024:65535 to 203.0.113.10 port 30000:30019 flags S/SA keep state";
    assert_eq!(lines(rules), [format!("block all | +{rule}")]);
}
