//! What an audit prints as JSON is as its schema says.

use ftpfw::audit::baseline::Baseline;
use ftpfw::audit::suppress::suppress;
use ftpfw::audit::{Request, Subject, audit};
use ftpfw::deployment;
use ftpfw::lang::audit::{Sources, json};
use ftpfw::lang::{Lang, trace};
use ftpfw::ruleset::trace::spec;
use serde_json::Value;

use crate::{Case, every_case};

/// The JSON of a case, with all findings or, from a baseline, with all of them suppressed.
fn printed(case: &Case, lang: Lang, suppressed: bool) -> Value {
    let yaml = deployment::print(&case.deployment);
    let reading = deployment::read("deployment.yaml", yaml.as_bytes(), None);
    let subjects = vec![Subject { firewall: &case.deployment.firewalls[0], rules: &case.rules }];
    let request = Request { deployment: &case.deployment, subjects, strict: false };
    let mut result = audit(&request);
    let baseline = suppressed.then(|| Baseline::of(&result.findings, &request));
    suppress(&mut result, &request, baseline.as_ref());
    let subject = trace::Subject { ruleset: &case.rules.ruleset, texts: &case.rules.texts };
    let rules = [(case.deployment.firewalls[0].name.as_str(), subject)];
    json(&result, Sources { rules: &rules, deployment: &reading, baseline: Some("baseline.json") }, lang)
}

#[test]
fn every_case_is_printed_as_the_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/schema/audit.json")).expect("a schema in JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    for case in every_case() {
        for lang in Lang::ALL {
            let value = printed(&case, lang, false);
            let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{}/{}: {faults:#?}", case.finding, case.name);
            for finding in value["findings"].as_array().expect("findings") {
                let message = finding["message"].as_str().expect("a message");
                assert_eq!(message.is_ascii(), lang == Lang::En, "{message}");
                assert!(finding.get("suppressed").is_none());
            }
        }
    }
}

#[test]
fn what_a_baseline_records_is_suppressed() {
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/schema/audit.json")).expect("a schema in JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    for case in every_case() {
        let (all, value) = (printed(&case, Lang::En, false), printed(&case, Lang::En, true));
        assert!(validator.is_valid(&value), "{}/{}", case.finding, case.name);
        let findings = value["findings"].as_array().expect("findings");
        assert_eq!(findings.len(), all["findings"].as_array().expect("findings").len());
        assert!(findings.iter().all(|finding| finding["suppressed"]["by"] == "baseline"));
        assert_eq!(value["summary"]["suppressed"], findings.len());
        assert_eq!((&value["summary"]["error"], &value["summary"]["warning"]), (&0.into(), &0.into()));
        assert_eq!(value["matrix"], all["matrix"]);
    }
}

#[test]
fn a_trace_reads_every_sample() {
    for case in every_case() {
        let value = printed(&case, Lang::En, false);
        for cell in value["matrix"].as_array().expect("cells") {
            let sample = &cell["uncovered"]["sample"];
            if sample.is_null() {
                continue;
            }
            let (path, packet) = spec::parse(&sample.to_string()).expect("a packet");
            assert_eq!(sample, &Value::Object(spec::fields(path, &packet)), "{}", case.name);
        }
    }
}
