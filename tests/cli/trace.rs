//! `trace`: one packet through rule sets.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::runner::{assert_snapshot, ftpfw, has_chinese, run};

/// The passive range is opened but for its last ports, a counter is in the way, and 22 depends on a limit.
const RULES: &str = "\
*filter
:INPUT DROP [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m comment --comment \"control connection\"
-A INPUT -s 198.51.100.0/24 -p tcp --dport 21 -j ACCEPT
-A INPUT -s 198.51.100.0/24 -p tcp --dport 60000:60010 -j ACCEPT
-A INPUT -p tcp --dport 22 -m limit --limit 3/min -j ACCEPT
COMMIT
";

fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("rules.v4"), RULES).expect("a file");
    folder
}

fn packet(port: u16) -> String {
    format!("hook=input,proto=tcp,src=198.51.100.7,sport=40000,dst=203.0.113.10,dport={port},iif=eth0")
}

#[test]
fn a_drop_is_explained_in_words_to_act_on() {
    let folder = folder();
    for lang in ["en", "zh"] {
        let command = format!("--lang {lang} trace rules.v4 --packet {}", packet(60015));
        let run = run(ftpfw(&command).current_dir(folder.path()));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        assert_eq!(has_chinese(&run.stdout), lang == "zh");
        // The rule that nearly accepts it is named by file and line.
        assert!(run.stdout.contains("rules.v4:6"), "{}", run.stdout);
        assert!(run.stdout.contains("60000-60010"), "{}", run.stdout);
        assert_snapshot(&format!("trace_drop.{lang}"), &run.stdout);
    }
}

#[test]
fn what_only_the_machine_knows_is_inconclusive() {
    let folder = folder();
    let run = run(ftpfw(&format!("trace rules.v4 --packet {}", packet(22))).current_dir(folder.path()));
    assert_eq!(run.code, Some(3));
    assert!(run.stdout.contains("UNKNOWN") && run.stdout.contains("limit"), "{}", run.stdout);
}

#[test]
fn json_names_file_line_and_rule() {
    let folder = folder();
    let command = format!("trace rules.v4 --format json --packet {}", packet(21));
    let run = run(ftpfw(&command).current_dir(folder.path()));
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(answer["verdict"], "accept");
    assert_eq!(answer["by"]["file"], "rules.v4");
    assert_eq!(answer["by"]["line"], 5);
    let rule = answer["by"]["rule"].as_str().expect("text");
    // What is quoted is what stands in that line.
    assert_eq!(RULES.lines().nth(4), Some(rule));
    assert_eq!(answer["rules"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_batch_answers_line_by_line() {
    let folder = folder();
    let lines = [
        r#"{"hook":"input","family":"ipv4","proto":"tcp","src":"198.51.100.7","sport":1,"dst":"203.0.113.10","dport":21}"#,
        r#"{"hook":"input","proto":"tcp","src":"192.0.2.1","dst":"203.0.113.10","dport":21}"#,
        r#"{"hook":"sideways"}"#,
        r#"{"hook":"input","proto":"tcp","src":"192.0.2.1","dst":"203.0.113.10","dport":21,"state":"established"}"#,
    ];
    let mut command = ftpfw("trace rules.v4 --batch");
    command.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a program that starts");
    child.stdin.take().expect("a pipe").write_all(lines.join("\n").as_bytes()).expect("a reader");
    let output = child.wait_with_output().expect("an end");
    // One line was no packet.
    assert_eq!(output.status.code(), Some(2));
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let verdicts: Vec<Option<&str>> = answers.iter().map(|answer| answer["verdict"].as_str()).collect();
    assert_eq!(verdicts, [Some("accept"), Some("drop"), None, Some("accept")]);
    assert_eq!(answers[1]["by"]["rule"], "policy drop [ip filter INPUT]");
    assert!(answers[2]["error"].as_str().expect("an error").contains("hook"));
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = folder();
    fs::write(folder.path().join("prose"), "hello\n").expect("a file");
    let cases = [
        ("trace nowhere.nft --packet hook=input", "nowhere.nft"),
        ("trace prose --packet hook=input", "--from"),
        ("trace rules.v4 --packet hook=input,colour=red", "colour"),
    ];
    for (arguments, named) in cases {
        let run = run(ftpfw(arguments).current_dir(folder.path()));
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments}");
        assert!(run.stderr.contains(named), "{}", run.stderr);
    }
}

#[test]
fn what_stands_beside_the_rules_is_read_with_them() {
    let folder = folder();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("sysctl.conf", "net.ipv4.ip_forward = 1\nnet.ipv4.ip_forward 1\n");
    write("ftp.conf", "options nf_conntrack_ftp loose=1\nwhat is this\n");
    for lang in ["en", "zh"] {
        let command = format!("--lang {lang} trace rules.v4 sysctl.conf ftp.conf --packet {}", packet(21));
        let run = run(ftpfw(&command).current_dir(folder.path()));
        assert_eq!(run.code, Some(0));
        for line in ["sysctl.conf:2:1", "ftp.conf:2:1", "what is this"] {
            assert!(run.stderr.contains(line), "{}", run.stderr);
        }
        assert!(!run.stderr.contains("ftp.conf:1"), "{}", run.stderr);
        assert_eq!(has_chinese(&run.stderr), lang == "zh");
    }
}

#[test]
fn jumps_that_lead_nowhere_are_told_and_followed_once() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("loop.nft");
    let text = "table ip f {\n chain input { type filter hook input priority 0; policy drop; jump a; }\n \
                chain a { jump b; }\n chain b { goto a; }\n}\n";
    fs::write(&path, text).expect("a file");
    let packet = "hook=input proto=tcp src=192.0.2.1 dst=198.51.100.1 sport=4000 dport=21";
    for (lang, told) in [("en", "closes a loop of chains"), ("zh", "使链形成循环")] {
        let run = run(ftpfw("trace").arg(&path).args(["--packet", packet, "--lang", lang]));
        assert_eq!(run.code, Some(3), "the verdict is unknown");
        assert!(run.stderr.contains(told) && run.stderr.contains("loop.nft:4"), "{}", run.stderr);
        assert!(run.stdout.lines().count() < 30, "{}", run.stdout);
    }
}
