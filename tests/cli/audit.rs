//! `audit`: inputs, exit codes, suppressions.

use std::fs::{self, File};
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::runner::{Run, assert_snapshot, ftpfw, has_chinese, printed, run};

const DEPLOYMENT: &str = "\
version: 1
service:
  name: files
  addresses: [203.0.113.10]
  passive: { ports: 30000-30019 }
  user: anonymous
clients: { addresses: [any] }
firewalls:
  - { name: host, side: server, place: host, dialect: iptables, egress: open, rulesets: [edge.rules.v4] }
";

/// A rule that turns half of the range away.
const RULES: &str = "\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 30010:30019 -j DROP
-A INPUT -p tcp -m tcp --dport 21 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 30000:30019 -j ACCEPT
COMMIT
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder, "ftpfw.yaml", DEPLOYMENT);
    write(&folder, "edge.rules.v4", RULES);
    folder
}

fn write(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).expect("a file");
}

fn audit(folder: &TempDir, arguments: &str) -> Run {
    run(ftpfw(&format!("audit {arguments}")).current_dir(folder.path()))
}

fn json(folder: &TempDir, arguments: &str) -> Value {
    serde_json::from_str(&audit(folder, &format!("--format json {arguments}")).stdout).expect("JSON")
}

/// The ids of the findings, and for those that are suppressed by what.
fn found(value: &Value) -> Vec<(&str, Option<&str>)> {
    let findings = value["findings"].as_array().expect("findings").iter();
    findings
        .map(|finding| (finding["rule"].as_str().expect("an id"), finding["suppressed"]["by"].as_str()))
        .collect()
}

fn idle(value: &Value) -> Vec<(&str, &str, Option<u64>)> {
    let idle = value["idle_suppressions"].as_array().expect("suppressions").iter();
    idle.map(|idle| {
        let text = |field: &str| idle[field].as_str().expect("a word");
        (text("by"), text("why"), idle["location"]["line"].as_u64())
    })
    .collect()
}

#[test]
fn a_finding_points_at_the_rule_and_at_what_demands_otherwise() {
    let folder = folder();
    let value = json(&folder, "");
    assert_eq!(found(&value), [("FTP005", None)]);
    let finding = &value["findings"][0];
    assert_eq!(finding["location"], serde_json::json!({ "file": "edge.rules.v4", "line": 6, "column": 1 }));
    let demanded = serde_json::json!({
        "path": "service.passive.ports", "file": "ftpfw.yaml", "line": 5, "option": null
    });
    assert_eq!(finding["demanded_by"], demanded);
    assert_eq!(finding["sample"]["dport"], 30010);
    let text = audit(&folder, "").stdout;
    assert!(text.contains("--> edge.rules.v4:6:1\n"), "{text}");
}

#[test]
fn exit_codes_follow_the_worst_level() {
    let folder = folder();
    assert_eq!(audit(&folder, "").code, Some(1));
    for (limit, code) in [("error", 1), ("warning", 1), ("info", 1), ("never", 0)] {
        assert_eq!(audit(&folder, &format!("--fail-on {limit}")).code, Some(code), "{limit}");
    }
    // A rule that depends on what nobody knows is a warning.
    write(&folder, "edge.rules.v4", &RULES.replace("--dport 30010", "-m unknown --what --dport 30010"));
    for (limit, code) in [("error", 0), ("warning", 1), ("info", 1), ("never", 0)] {
        let run = audit(&folder, &format!("--fail-on {limit}"));
        assert_eq!(run.code, Some(code), "{limit}: {}", run.stdout);
    }
    assert_eq!(audit(&folder, "ftpfw.yaml missing.rules.v4").code, Some(2));
    assert_eq!(audit(&folder, "--live edge.rules.v4").code, Some(2));
}

/// One line that is refused keeps the whole file from loading, whether its rule matters or not.
#[test]
fn a_file_that_would_not_load_allows_no_conclusion() {
    let folder = folder();
    let rules = RULES.replace("-A INPUT -p tcp -m tcp --dport 30010:30019 -j DROP\n", "");
    for (name, text, code) in [
        ("right.rules.v4", rules.clone(), 0),
        ("typo.rules.v4", rules.replace("COMMIT", "-A INPUT -p tcp --dprot 22 -j ACCEPT\nCOMMIT"), 3),
        (
            "set.rules.v4",
            rules.replace("COMMIT", "-A INPUT -m set --match-set office src -j ACCEPT\nCOMMIT"),
            0,
        ),
        (
            "typo.nft",
            "table inet filter {\nchain input {\ntype filter hook input priority 0; policy drop;\n\
             ct state established accept\ntcp dport { 21, 30000-30019 } accept\ntcp dport 22 acept\n}\n}\n"
                .to_owned(),
            3,
        ),
    ] {
        write(&folder, name, &text);
        let run = audit(&folder, &format!("ftpfw.yaml {name}"));
        assert_eq!(run.code, Some(code), "{name}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.stderr.contains(&format!("{name} as it stands")), code == 3, "{name}: {}", run.stderr);
    }
}

/// What firewalld or ufw makes of its own files is not guessed: the answer is open, and only the ports are checked.
#[test]
fn files_of_firewalld_and_ufw_leave_the_answer_open() {
    let folder = folder();
    write(&folder, "public.xml", "<zone>\n  <port protocol=\"tcp\" port=\"30000:30019\"/>\n</zone>\n");
    write(&folder, "setup.sh", "ufw allow 21/tcp\nufw allow 30000:30019\n");
    for (name, meant) in [("public.xml", "`30000-30019`"), ("setup.sh", "`/tcp`")] {
        let run = audit(&folder, &format!("ftpfw.yaml {name}"));
        assert_eq!(run.code, Some(3), "{name}: {}", run.stdout);
        assert!(run.stderr.contains("nft -j list ruleset"), "{name}: {}", run.stderr);
        assert!(
            run.stdout.contains("warning[FTP044]") && run.stdout.contains(meant),
            "{name}: {}",
            run.stdout
        );
        assert!(
            run.stdout.contains("conditionally") && !run.stdout.contains("yes"),
            "{name}: {}",
            run.stdout
        );
    }
}

#[test]
fn a_file_without_any_rule_allows_no_conclusion() {
    let folder = folder();
    write(&folder, "empty.rules.v4", "");
    write(&folder, "garbage.nft", "\u{1}\u{2}} what { is ; this\n");
    for (name, from) in [("empty.rules.v4", "iptables"), ("garbage.nft", "nft")] {
        let run = audit(&folder, &format!("{name} --from {from}"));
        assert_eq!(run.code, Some(3), "{}", run.stdout);
        assert!(run.stderr.contains(&format!("{name} has neither a rule nor a chain")), "{}", run.stderr);
    }
}

#[test]
fn rule_sets_of_a_deployment_stand_beside_it() {
    let folder = folder();
    let file = folder.path().join("ftpfw.yaml");
    let run = run(ftpfw(&format!("audit --format json {}", file.display())).current_dir("/"));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let value: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(found(&value), [("FTP005", None)]);
}

#[test]
fn rules_come_from_standard_input_and_several_files_too() {
    let folder = folder();
    let rules = File::open(folder.path().join("edge.rules.v4")).expect("the rules");
    let run = run(ftpfw("audit --format json ftpfw.yaml -").current_dir(folder.path()).stdin(rules));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let value: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(value["findings"][0]["location"]["file"], "-");
    // The set that a rule asks comes from another file.
    write(&folder, "edge.rules.v4", &RULES.replace("--dport 30010:30019", "-m set --match-set bad dst"));
    write(&folder, "sets.ipset", "create bad bitmap:port range 30000-30100\nadd bad 30011\n");
    let value = json(&folder, "ftpfw.yaml edge.rules.v4 sets.ipset");
    assert_eq!(value["findings"][0]["sample"]["dport"], 30011);
}

#[test]
fn a_deployment_ignores_with_a_reason() {
    let folder = folder();
    let ignoring = "ignore:\n  - { rule: FTP005, firewall: host, reason: in the works }\n";
    write(&folder, "ftpfw.yaml", &format!("{DEPLOYMENT}{ignoring}"));
    let value = json(&folder, "");
    assert_eq!(found(&value), [("FTP005", Some("deployment"))]);
    assert_eq!(value["findings"][0]["suppressed"]["reason"], "in the works");
    assert_eq!(idle(&value), []);
    let run = audit(&folder, "--fail-on info");
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(run.stdout.ends_with("no findings (suppressed: 1)\n"), "{}", run.stdout);
    // One that leaves nothing out is a warning at its place.
    let more = "  - { rule: FTP004, reason: fixed long ago }\n";
    write(&folder, "ftpfw.yaml", &format!("{DEPLOYMENT}{ignoring}{more}"));
    assert_eq!(idle(&json(&folder, "")), [("deployment", "unused", Some(12))]);
    assert_eq!(audit(&folder, "").code, Some(0));
    assert_eq!(audit(&folder, "--fail-on warning").code, Some(1));
    for lang in ["en", "zh"] {
        let text = audit(&folder, &format!("--lang {lang}")).stdout;
        assert!(text.contains("--> ftpfw.yaml:12:"), "{text}");
        assert_snapshot(&format!("audit_suppressed.{lang}"), &text);
        assert_eq!(has_chinese(&text), lang == "zh");
    }
}

#[test]
fn comments_in_rule_sets_ignore_where_they_stand() {
    let folder = folder();
    let rule = "-A INPUT -p tcp -m tcp --dport 30010:30019 -j DROP";
    let comment = "ftpfw: ignore FTP005 in the works";
    let commented =
        format!("-A INPUT -p tcp -m tcp --dport 30010:30019 -m comment --comment \"{comment}\" -j DROP");
    // What replaces the rule; whether the finding is left out.
    let cases = [
        (format!("{rule} # {comment}"), true),
        (commented, true),
        (format!("# {comment}\n{rule}"), true),
        (format!("# {comment}\n# and another comment\n\n{rule}"), true),
        (format!("# {comment}\n-A INPUT -p icmp -j ACCEPT\n{rule}"), false),
        (format!("{rule}\n# {comment}"), false),
    ];
    for (lines, left_out) in cases {
        write(&folder, "edge.rules.v4", &RULES.replace(rule, &lines));
        let value = json(&folder, "");
        assert_eq!(found(&value), [("FTP005", left_out.then_some("comment"))], "{lines}");
        assert_eq!(idle(&value).is_empty(), left_out, "{lines}");
        if left_out {
            assert_eq!(value["findings"][0]["suppressed"]["reason"], "in the works", "{lines}");
        }
    }
    // At the head it counts for all of the firewall.
    write(&folder, "edge.rules.v4", &format!("# Rules\n# {comment}\n{RULES}"));
    assert_eq!(found(&json(&folder, "")), [("FTP005", Some("comment"))]);
    // Without a reason, or with an id that there is not, it does not count, and that is said.
    for (faulty, why) in [("ftpfw: ignore FTP005", "no-reason"), ("ftpfw: ignore FTP999 so", "unknown-rule")]
    {
        write(&folder, "edge.rules.v4", &format!("# {faulty}\n{RULES}"));
        let value = json(&folder, "");
        assert_eq!(found(&value), [("FTP005", None)]);
        assert_eq!(idle(&value), [("comment", why, Some(1))]);
    }
}

#[test]
fn comments_of_every_dialect_are_read() {
    let folder = folder();
    let ignore = "ftpfw: ignore FTP005 in the works";
    let nft = |rule: &str| {
        format!(
            "table ip t {{\n  chain i {{\n    type filter hook input priority 0; policy accept;\n    {rule}\n  }}\n}}\n"
        )
    };
    let json_rule = format!(
        "{{\"nftables\": [{{\"table\": {{\"family\": \"ip\", \"name\": \"t\"}}}}, {{\"chain\": {{\"family\": \"ip\", \
         \"table\": \"t\", \"name\": \"i\", \"type\": \"filter\", \"hook\": \"input\", \"prio\": 0, \"policy\": \
         \"accept\"}}}}, {{\"rule\": {{\"family\": \"ip\", \"table\": \"t\", \"chain\": \"i\", \"comment\": \"{ignore}\", \
         \"expr\": [{{\"match\": {{\"op\": \"==\", \"left\": {{\"payload\": {{\"protocol\": \"tcp\", \"field\": \
         \"dport\"}}}}, \"right\": 30011}}}}, {{\"drop\": null}}]}}}}]}}"
    );
    for (name, text) in [
        ("a.nft", nft(&format!("tcp dport 30010-30019 drop comment \"{ignore}\""))),
        ("b.nft", nft(&format!("tcp dport {{\n 30010,\n 30011 }} drop # {ignore}"))),
        ("c.json", json_rule),
        ("d.pf.conf", format!("pass\nblock in quick proto tcp to port 30010:30019 label \"{ignore}\"\n")),
        ("e.pf.conf", format!("pass\n# {ignore}\nblock in quick proto tcp to port 30010:30019\n")),
    ] {
        write(&folder, name, &text);
        let run = audit(&folder, &format!("--format json --fail-on never ftpfw.yaml {name}"));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{name}: {}", run.stdout);
        let value: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let found: Vec<_> = found(&value).into_iter().filter(|(rule, _)| *rule == "FTP005").collect();
        assert!(!found.is_empty(), "{name}");
        assert!(found.iter().all(|found| *found == ("FTP005", Some("comment"))), "{name}: {found:?}");
        assert_eq!(idle(&value), [], "{name}");
    }
}

#[test]
fn only_new_findings_fail_against_a_baseline() {
    let folder = folder();
    let run = audit(&folder, "--write-baseline known.json");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(audit(&folder, "--baseline known.json").code, Some(0));
    // Lines and counters move, and it is still the same.
    let moved = RULES.replacen("-A INPUT -p tcp", "-A INPUT -p icmp -j ACCEPT\n\n[5:6] -A  INPUT -p tcp", 1);
    write(&folder, "edge.rules.v4", &moved);
    let value = json(&folder, "--baseline known.json");
    assert_eq!(found(&value), [("FTP005", Some("baseline"))]);
    assert_eq!((idle(&value), value["findings"][0]["location"]["line"].as_u64()), (vec![], Some(8)));
    // Another fault is new.
    let worse = RULES.replace("--dport 21 -j ACCEPT", "--dport 21 -j DROP");
    write(&folder, "edge.rules.v4", &worse);
    let value = json(&folder, "--baseline known.json");
    assert_eq!(found(&value), [("FTP004", None), ("FTP047", None), ("FTP005", Some("baseline"))]);
    assert_eq!(audit(&folder, "--baseline known.json").code, Some(1));
    // A wider one is not the same.
    write(&folder, "edge.rules.v4", &RULES.replace("30010", "30005"));
    let value = json(&folder, "--baseline known.json");
    assert_eq!(found(&value), [("FTP005", None)]);
    assert_eq!(idle(&value), [("baseline", "unused", None)]);
    // A baseline is written anew with what an older one knows, and replaced as a whole.
    write(&folder, "edge.rules.v4", &worse);
    assert_eq!(audit(&folder, "--baseline known.json --write-baseline known.json").code, Some(0));
    let value = json(&folder, "--baseline known.json");
    assert_eq!(found(&value), ["FTP004", "FTP005", "FTP047"].map(|rule| (rule, Some("baseline"))));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 3);
}

#[test]
fn what_is_no_baseline_is_refused() {
    let folder = folder();
    for text in ["", "[]", "{\"version\": 2, \"findings\": []}", "{\"version\": 1, \"findings\": [{}]}"] {
        write(&folder, "known.json", text);
        let run = audit(&folder, "--baseline known.json");
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{text}");
        assert!(run.stderr.contains("known.json:"), "{}", run.stderr);
    }
    assert_eq!(audit(&folder, "--baseline gone.json").code, Some(2));
}

#[test]
fn a_suppression_of_what_was_not_looked_at_is_not_idle() {
    let folder = folder();
    let two = DEPLOYMENT.to_owned()
        + "  - { name: edge, side: server, place: gateway, dialect: iptables }\n\
           ignore:\n  - { rule: FTP004, firewall: edge, reason: so }\n  - { rule: FTP021, reason: so }\n";
    write(&folder, "ftpfw.yaml", &two);
    assert_eq!(idle(&json(&folder, "--firewall host")), []);
}

#[test]
fn the_schemas_are_printed_as_they_are_published() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    for name in ["audit", "diff", "explain"] {
        let published = fs::read_to_string(folder.join(format!("{name}.json"))).expect("a schema");
        assert_eq!(printed(&format!("schema {name}")), published);
        let schema = serde_json::from_str(&published).expect("JSON");
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
    }
    assert_eq!(printed("schema"), printed("schema deployment"));
}
