//! The JSON Schema accepts what the program accepts.

use std::fs;
use std::path::Path;

use ftpfw::deployment::shape::FieldId;
use ftpfw::deployment::{self, json_schema, print};
use ftpfw::lang::{Lang, field, template};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::valid::{EVERYTHING, SMALL};

fn validator() -> Validator {
    let schema = json_schema(|id| field::describe(id, Lang::En));
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a valid schema")
}

fn as_json(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).expect("YAML")
}

#[test]
fn the_schema_is_one() {
    for lang in Lang::ALL {
        let schema = json_schema(|id| field::describe(id, lang));
        assert!(jsonschema::meta::is_valid(&schema));
        crate::assert_golden!(format!("deployment__schema__{}", lang.id()), format!("{schema:#}"));
    }
}

#[test]
fn what_the_program_accepts_the_schema_accepts() {
    let validator = validator();
    let mut texts: Vec<String> =
        vec![SMALL.into(), EVERYTHING.into(), include_str!("../../rules/demo/ftpfw.yaml").into()];
    texts.extend(Lang::ALL.map(template::deployment));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deployment/bad");
    let bad = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| fs::read_to_string(entry.expect("an entry").path()));
    // Some of the bad ones have warnings only.
    texts.extend(bad.map(|text| text.expect("text")));
    let mut accepted = 0;
    for text in texts {
        if let Some(deployment) = deployment::read("x.yaml", text.as_bytes(), None).deployment {
            accepted += 1;
            let errors: Vec<String> =
                validator.iter_errors(&as_json(&text)).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0], "{text}");
            assert!(validator.is_valid(&as_json(&print(&deployment))), "{text}");
        }
    }
    assert!(accepted > 15, "only {accepted}");
}

#[test]
fn structural_mistakes_are_refused() {
    let validator = validator();
    let valid = as_json(EVERYTHING);
    assert!(validator.is_valid(&valid));
    let mistakes = [
        ("/version", json!(2)),
        ("/version", json!("1")),
        ("/service", json!(null)),
        ("/service/addresses", json!([])),
        ("/service/addresses", json!(["ftp.example.net"])),
        ("/service/addresses", json!(["203.0.113.10/32"])),
        ("/service/control_port", json!(0)),
        ("/service/control_port", json!(65536)),
        ("/service/control_port", json!("21")),
        ("/service/tls", json!(true)),
        ("/service/modes", json!(["passive", "passive"])),
        ("/service/active/source_port", json!(["ephemeral"])),
        ("/service/passive/ports", json!("60000:60020")),
        ("/service/passive/advertised_address", json!("2001:db8::10")),
        ("/service/colour", json!("blue")),
        ("/service/max_sessions", json!(0)),
        ("/clients/addresses", json!(["self"])),
        ("/firewalls", json!([])),
        ("/firewalls/0/name", json!("../x")),
        ("/firewalls/0/place", json!("router")),
        ("/firewalls/0/nat", json!({ "public": "198.51.100.5" })),
        ("/firewalls/0/rulesets", json!("/etc/nftables.conf")),
        ("/firewalls/0/also_allow/0/to", json!(["self"])),
        ("/firewalls/0/also_allow/0/proto", json!("gre")),
        ("/firewalls/0/host/kernel", json!(6.1)),
        ("/firewalls/0/host/kernel", json!("6")),
        ("/firewalls/0/host/sysctls", json!({ "net ipv4": 1 })),
        ("/firewalls/0/host/sysctls", json!({ "net.ipv4.ip_forward": true })),
        ("/firewalls/0/host/module_options", json!({ "nf_conntrack_ftp": 21 })),
        ("/service/foreign_addresses", json!("refuse")),
        ("/service/user", json!("")),
        ("/ignore/0/rule", json!("FTP1")),
        ("/ignore/0/reason", json!(" ")),
        ("/ignore", json!([{ "rule": "FTP001" }])),
    ];
    for (pointer, value) in mistakes {
        let mut wrong = valid.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        match wrong.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => wrong.pointer_mut(parent).expect("a parent")[name] = value.clone(),
        }
        assert!(!validator.is_valid(&wrong), "{pointer}: {value}");
        let text = serde_yaml::to_string(&wrong).expect("YAML");
        assert!(deployment::read("x.yaml", text.as_bytes(), None).deployment.is_none(), "{pointer}: {value}");
    }
}

#[test]
fn every_field_is_described_in_both_languages() {
    for &id in FieldId::ALL {
        let [en, zh] = Lang::ALL.map(|lang| field::describe(id, lang));
        assert!(en.is_ascii(), "{en}");
        assert!(zh.chars().any(|c| matches!(c, '\u{4e00}'..='\u{9fff}')) && zh != en, "{zh}");
    }
}
