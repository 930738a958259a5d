//! What an audit prints as JSON is as its schema says.

use ftpfw::audit::baseline::Baseline;
use ftpfw::audit::suppress::suppress;
use ftpfw::audit::{Audit, Request, Subject, audit};
use ftpfw::deployment;
use ftpfw::lang::audit::{Sources, json};
use ftpfw::lang::{Lang, trace};
use ftpfw::ruleset::trace::spec;
use serde_json::Value;

use crate::{Case, every_case};

fn printed(case: &Case, result: &Audit, lang: Lang) -> Value {
    let yaml = deployment::print(&case.deployment);
    let reading = deployment::read("deployment.yaml", yaml.as_bytes(), None);
    let subject = trace::Subject { ruleset: &case.rules.ruleset, texts: &case.rules.texts };
    let rules = [(case.deployment.firewalls[0].name.as_str(), subject)];
    json(result, Sources { rules: &rules, deployment: &reading, baseline: Some("baseline.json") }, lang)
}

fn findings(value: &Value) -> &[Value] {
    value["findings"].as_array().expect("findings")
}

#[test]
fn every_case_is_printed_as_the_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/schema/audit.json")).expect("a schema in JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let validate = |case: &Case, value: &Value| {
        let faults: Vec<String> = validator.iter_errors(value).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}/{}: {faults:#?}", case.finding, case.name);
    };
    for case in every_case() {
        let subjects = vec![Subject { firewall: &case.deployment.firewalls[0], rules: &case.rules }];
        let request = Request { deployment: &case.deployment, subjects, strict: false };
        let mut result = audit(&request);
        for lang in Lang::ALL {
            let value = printed(&case, &result, lang);
            validate(&case, &value);
            samples_are_packets(&case, &value);
            for finding in findings(&value) {
                let message = finding["message"].as_str().expect("a message");
                let chinese = message.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign));
                assert_eq!(chinese, lang == Lang::Zh, "{message}");
                assert!(finding.get("suppressed").is_none());
            }
        }
        let all = printed(&case, &result, Lang::En);
        let baseline = Baseline::of(&result.findings, &request);
        assert_eq!(Baseline::read(&baseline.write()).expect("a baseline"), baseline);
        suppress(&mut result, &request, Some(&baseline));
        let value = printed(&case, &result, Lang::En);
        validate(&case, &value);
        assert_eq!(findings(&value).len(), findings(&all).len());
        assert!(findings(&value).iter().all(|finding| finding["suppressed"]["by"] == "baseline"));
        assert_eq!(value["summary"]["suppressed"], findings(&all).len());
        assert_eq!((&value["summary"]["error"], &value["summary"]["warning"]), (&0.into(), &0.into()));
        assert_eq!(value["matrix"], all["matrix"]);
    }
}

/// A trace reads every sample, as the packet that it is.
fn samples_are_packets(case: &Case, value: &Value) {
    let of_findings = findings(value).iter().map(|finding| &finding["sample"]);
    let cells = value["matrix"].as_array().expect("cells").iter();
    let of_cells = cells.map(|cell| &cell["uncovered"]["sample"]);
    for sample in of_findings.chain(of_cells).filter(|sample| !sample.is_null()) {
        let (path, packet) = spec::parse(&sample.to_string()).expect("a packet");
        assert_eq!(Value::from(spec::fields(path, &packet)), *sample, "{}", case.name);
    }
}
