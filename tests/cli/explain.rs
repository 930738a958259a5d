//! `explain` and its formats.

use serde_json::Value;

use crate::runner::{ftpfw, has_chinese, printed, run};

const SIMPLE: &str = "--server 203.0.113.10 --pasv 30000-30019";

#[test]
fn json_is_as_its_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/schema/explain.json")).expect("a schema in JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let servers = ["vsftpd", "proftpd", "pure-ftpd", "filezilla-server", "serv-u", "iis"];
    let mut cases: Vec<String> = servers.iter().map(|name| format!("{SIMPLE} --software {name}")).collect();
    cases.extend(
        ["none", "explicit", "explicit-required", "implicit"].map(|tls| format!("{SIMPLE} --tls {tls}")),
    );
    cases.push(format!(
        "{SIMPLE} --side client --place gateway --strategy helper --public 198.51.100.1 --private 10.0.0.0/8"
    ));
    cases.push("--server 10.0.0.5 --pasv 30000-30019 --place gateway --public 198.51.100.1 --private 10.0.0.5 --active-port ephemeral".to_owned());
    for case in cases {
        for lang in ["en", "zh"] {
            let run = run(&mut ftpfw(&format!("--lang {lang} explain --format json {case}")));
            let value: Value = serde_json::from_str(&run.stdout).expect("JSON");
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{case}: {errors:#?}");
            let why = value["firewalls"][0]["flows"][0]["why"].as_str().expect("a reason");
            assert_eq!(has_chinese(why), lang == "zh", "{why}");
        }
    }
}

#[test]
fn the_standard_case_has_the_eight_flows() {
    let text = printed(&format!("explain --format json {SIMPLE}"));
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let flows: Vec<String> = value["firewalls"][0]["flows"]
        .as_array()
        .expect("flows")
        .iter()
        .map(|flow| {
            format!(
                "{} {} {}:{} -> {}:{} {}",
                flow["flow"].as_str().expect("a name"),
                flow["direction"].as_str().expect("a direction"),
                flow["source"]["addresses"][0].as_str().expect("an address"),
                flow["source"]["ports"][0],
                flow["destination"]["addresses"][0].as_str().expect("an address"),
                flow["destination"]["ports"][0],
                flow["state"].as_str().expect("a state"),
            )
        })
        .collect();
    assert_eq!(
        flows,
        [
            "A1 in 0.0.0.0/0:[1024,65535] -> 203.0.113.10/32:[21,21] new",
            "A2 out 203.0.113.10/32:[21,21] -> 0.0.0.0/0:[1024,65535] established",
            "A3 out 203.0.113.10/32:[20,20] -> 0.0.0.0/0:[1024,65535] new",
            "A4 in 0.0.0.0/0:[1024,65535] -> 203.0.113.10/32:[20,20] established",
            "P1 in 0.0.0.0/0:[1024,65535] -> 203.0.113.10/32:[21,21] new",
            "P2 out 203.0.113.10/32:[21,21] -> 0.0.0.0/0:[1024,65535] established",
            "P3 in 0.0.0.0/0:[1024,65535] -> 203.0.113.10/32:[30000,30019] new",
            "P4 out 203.0.113.10/32:[30000,30019] -> 0.0.0.0/0:[1024,65535] established",
        ]
    );
}

#[test]
fn what_people_read_is_in_their_language() {
    use crate::runner::assert_snapshot;
    for lang in ["en", "zh"] {
        let text = printed(&format!("--lang {lang} explain {SIMPLE} --software serv-u"));
        for id in ["A1", "A2", "A3", "A4", "P1", "P2", "P3", "P4"] {
            assert!(text.contains(&format!("│ {id}")), "{id}");
        }
        assert_eq!(has_chinese(&text), lang == "zh");
        assert_snapshot(&format!("explain_standard.{lang}"), &text);
    }
}

#[test]
fn translation_that_active_mode_does_not_survive_is_said() {
    let arguments =
        format!("explain {SIMPLE} --side client --place gateway --public 198.51.100.1 --private 10.0.0.0/8");
    let text = run(&mut ftpfw(&arguments)).stdout;
    assert!(text.contains("A3, A4: CANNOT WORK here"), "{text}");
    assert!(text.contains("Use passive mode: a translating gateway"), "{text}");
}
