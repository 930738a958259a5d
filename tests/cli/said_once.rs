//! `audit`: what is a finding is not said as a problem of the deployment or of the rule set too.

use std::fs;

use tempfile::TempDir;

use crate::runner::{ftpfw, has_chinese, run};

const DEPLOYMENT: &str = "\
version: 1
service:
  name: files
  addresses: [203.0.113.10]
  user: anonymous
  passive: { ports: 60000-60020 }
firewalls:
  - { name: host, side: server, place: host, dialect: iptables, egress: open }
";

const RULES: &str = "\
*filter
:INPUT DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 21 -j ACCEPT
-A INPUT -m tcp --dport 60000:60020 -j ACCEPT
COMMIT
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ftpfw.yaml"), DEPLOYMENT).expect("a file");
    fs::write(folder.path().join("rules.v4"), RULES).expect("a file");
    folder
}

#[test]
fn an_audit_says_it_as_a_finding() {
    let folder = folder();
    for lang in ["en", "zh"] {
        let command = format!("--lang {lang} audit ftpfw.yaml rules.v4");
        let run = run(ftpfw(&command).current_dir(folder.path()));
        // Beside the findings there is only what they do not say: that nothing follows from them.
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert_eq!(run.code, Some(3));
        assert_eq!((has_chinese(&run.stdout), has_chinese(&run.stderr)), (lang == "zh", lang == "zh"));
        for finding in ["[FTP032]", "[FTP044]", "[FTP046]"] {
            assert_eq!(run.stdout.matches(finding).count(), 1, "{finding}\n{}", run.stdout);
        }
        // Where the rules are not at fault, the line of the deployment is shown.
        assert_eq!(run.stdout.matches("ftpfw.yaml:6:21").count(), 2, "{}", run.stdout);
        assert!(run.stdout.contains("rules.v4:6:"), "{}", run.stdout);
    }
}

#[test]
fn other_commands_say_it_as_a_problem() {
    let folder = folder();
    let explained = run(ftpfw("explain").current_dir(folder.path()));
    assert!(explained.stderr.contains("32768-60999") && explained.stderr.contains("20 would do"));
    let packet = "hook=input,proto=tcp,src=198.51.100.7,sport=40000,dst=203.0.113.10,dport=60001";
    let traced = run(ftpfw(&format!("trace rules.v4 --packet {packet}")).current_dir(folder.path()));
    assert!(traced.stderr.contains("rules.v4:6:"), "{}", traced.stderr);
}
