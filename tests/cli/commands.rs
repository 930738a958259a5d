//! `explain`, `generate` and `demo`: which parts of a deployment they are about.

use std::fs::File;

use crate::runner::{ftpfw, run};

const DEPLOYMENT: &str = "rules/demo/ftpfw.yaml";

/// What a command about the demo deployment prints, its warnings left aside.
fn printed(command: &str, options: &str) -> String {
    let run = run(&mut ftpfw(&format!("{command} {DEPLOYMENT} {options}")));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout
}

#[test]
fn only_the_named_firewalls_are_shown() {
    let both = printed("explain", "--firewall ftp-host --firewall office");
    assert!(
        both.contains("\"ftp-host\"") && both.contains("\"office\"") && !both.contains("\"edge\""),
        "{both}"
    );
    let one = printed("generate", "--firewall laptop");
    assert!(one.starts_with("# laptop.nft\n") && !one.contains("ftp-host"), "{one}");
}

#[test]
fn a_firewall_that_is_not_declared_is_a_mistake() {
    for command in ["explain", "generate"] {
        let english = run(&mut ftpfw(&format!("{command} {DEPLOYMENT} --firewall edgy")));
        assert_eq!((english.code, english.stdout.as_str()), (Some(2), ""));
        assert!(english.stderr.contains("'edgy'") && english.stderr.contains("edge"), "{}", english.stderr);
        let chinese = run(&mut ftpfw(&format!("{command} {DEPLOYMENT} --firewall edgy --lang zh")));
        assert!(chinese.stderr.contains("没有名为“edgy”的防火墙"), "{}", chinese.stderr);
    }
}

#[test]
fn a_family_picks_among_the_files_of_iptables() {
    let ipv6 = printed("generate", "--firewall edge --family ipv6");
    assert!(ipv6.starts_with("# edge.rules.v6\n") && !ipv6.contains("edge.rules.v4"), "{ipv6}");
    assert_eq!(
        printed("generate", "--firewall laptop --family ipv6"),
        printed("generate", "--firewall laptop")
    );
}

#[test]
fn complete_is_the_default_shape() {
    assert_eq!(printed("generate", ""), printed("generate", "--complete"));
    assert_ne!(printed("generate", ""), printed("generate", "--fragment"));
}

#[test]
fn output_is_the_same_every_time() {
    for command in ["explain", "generate"] {
        assert_eq!(printed(command, ""), printed(command, ""));
    }
}

#[test]
fn json_is_json_and_says_its_version() {
    for lang in ["en", "zh"] {
        let json = printed("explain", &format!("--format json --lang {lang}"));
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["version"], 1);
    }
}

#[test]
fn a_deployment_comes_from_standard_input_too() {
    let file = File::open(DEPLOYMENT).expect("the demo deployment");
    assert_eq!(run(ftpfw("explain -").stdin(file)).stdout, printed("explain", ""));
}

#[test]
fn the_demo_shows_all_of_explain() {
    let demo = run(&mut ftpfw("demo"));
    assert_eq!(demo.code, Some(0));
    assert!(demo.stdout.contains(&printed("explain", "")));
    for name in ["ftp-host.nft", "edge.rules.v4", "edge.rules.v6", "office.pf.conf", "laptop.nft"] {
        assert!(demo.stdout.contains(&format!("# {name}\n")), "{name}");
    }
}

#[test]
fn the_demo_finds_the_faults_of_a_rule_set_and_mends_them() {
    for (lang, nothing) in [("en", "no findings"), ("zh", "未发现问题")] {
        let demo = run(ftpfw("demo").args(["--lang", lang]));
        let (before, after) = demo.stdout.split_once("--- a/faulty.nft").expect("a patch");
        let (after, _) = after.split_once("ftpfw respond").expect("a probe");
        for rule in ["[FTP001]", "[FTP005]", "[FTP024]"] {
            assert!(before.contains(rule) && !after.contains(rule), "{rule}");
        }
        assert!(!before.contains(nothing) && after.contains(&format!("\n{nothing}\n")), "{after}");
    }
}

#[test]
fn the_demo_ends_with_a_probe_that_passes() {
    for (lang, summary) in [("en", "flows: 8 pass, 0 blocked"), ("zh", "流：8 个通过，0 个阻断")] {
        let demo = run(ftpfw("demo").args(["--lang", lang]));
        let last = demo.stdout.lines().last().expect("a line");
        assert!(last.starts_with(summary), "{}", demo.stdout);
        assert!(demo.stdout.contains("[BOUNCE_SAFE]"), "{}", demo.stdout);
    }
}
