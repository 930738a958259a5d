//! `probe` and `respond`: what they print, how they end, what they never tell.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::runner::{Run, english_lines, ftpfw, has_chinese, run};

/// A password that has to be nowhere in what is printed.
const PASSWORD: &str = "xyzzy-plugh-42";

/// A server on loopback that sends `greeting` to each client and then answers commands by `answer`, until the client
/// leaves. Its port.
fn scripted(greeting: &'static [u8], answer: fn(&str) -> &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(&stream, greeting, answer));
        }
    });
    port
}

fn serve(mut stream: &TcpStream, greeting: &[u8], answer: fn(&str) -> &'static str) {
    // A client that has seen enough is no failure of the server.
    let _ = stream.write_all(greeting);
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let answer = answer(&line);
        if !answer.is_empty() && stream.write_all(format!("{answer}\r\n").as_bytes()).is_err() {
            return;
        }
    }
}

/// Accepts every login and refuses everything else.
fn refusing(line: &str) -> &'static str {
    match line.split(' ').next().unwrap_or_default() {
        "USER" => "331 Password required.",
        "PASS" => "230 Logged in.",
        "TYPE" => "200 Type set.",
        "QUIT" => "221 Goodbye.",
        _ => "502 Command not implemented.",
    }
}

/// Refuses every login.
fn strict(line: &str) -> &'static str {
    match line.split(' ').next().unwrap_or_default() {
        "USER" => "331 Password required.",
        "PASS" => "530 Login incorrect.",
        "QUIT" => "221 Goodbye.",
        _ => "530 Please log in.",
    }
}

fn probe(port: u16, options: &str) -> Command {
    ftpfw(&format!("probe --server 127.0.0.1 --control {port} --pasv 30000-30009 {options}"))
}

fn json(run: &Run) -> Value {
    let value = serde_json::from_str(&run.stdout).expect("JSON");
    let schema = include_str!("../../docs/schema/probe.json");
    let schema: Value = serde_json::from_str(schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}\n{value:#}");
    value
}

fn conclusions(value: &Value) -> Vec<&str> {
    value["conclusions"].as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

/// A port that nobody listens on: it was free a moment ago, and is not handed out again soon.
fn unused_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    listener.local_addr().expect("an address").port()
}

#[test]
fn mistakes_are_told_in_both_languages() {
    for (options, said, chinese) in [
        ("--timeout soon", "--timeout: 'soon'", "--timeout：“soon”"),
        ("--timeout 0", "--timeout: '0'", "--timeout：“0”"),
        ("--timeout inf", "--timeout: 'inf'", "--timeout：“inf”"),
        ("--jobs 0", "--jobs: '0'", "--jobs：“0”"),
        ("--burst -1", "'-1'", "“-1”"),
        ("--from server", "'server'", "“server”"),
        ("--insecure --ca x.pem", "'--insecure'", "“--insecure”"),
        ("--family ipv6", "no IPv6 address", "没有 IPv6 地址"),
        ("--user bob", "no password for 'bob'", "缺少“bob”的密码"),
        ("--password-file /nonexistent", "cannot read /nonexistent", "无法读取 /nonexistent"),
        ("--ca /nonexistent", "cannot read /nonexistent", "无法读取 /nonexistent"),
        ("--sweep", "FTPFW_TOKEN", "FTPFW_TOKEN"),
        ("--token-file x", "--sweep", "--sweep"),
        ("--explain-with", "no rule set", "没有可审计的规则集"),
        ("--explain-with /nonexistent", "cannot read /nonexistent", "无法读取 /nonexistent"),
    ] {
        let english = run(&mut probe(21, options));
        assert_eq!((english.code, english.stdout.as_str()), (Some(2), ""), "{options}");
        assert!(english.stderr.contains(said) && !has_chinese(&english.stderr), "{}", english.stderr);
        let zh = run(probe(21, options).args(["--lang", "zh"]));
        assert!(zh.stderr.contains(chinese), "{}", zh.stderr);
        assert_eq!(english_lines(&zh.stderr), Vec::<&str>::new());
    }
}

#[test]
fn a_port_where_nobody_listens_is_a_blocked_flow() {
    let port = unused_port();
    let text = run(&mut probe(port, "--timeout 2"));
    assert_eq!((text.code, text.stderr.as_str()), (Some(1), ""));
    for said in ["error[CONTROL_REFUSED]", "ECONNREFUSED (", "blocked: refused", "--> 127.0.0.1:"] {
        assert!(text.stdout.contains(said), "{said}: {}", text.stdout);
    }
    let value = json(&run(&mut probe(port, "--timeout 2 --format json")));
    assert_eq!(conclusions(&value), ["CONTROL_REFUSED"]);
    let opening = &value["flows"][0];
    assert_eq!(
        (&opening["flow"], &opening["verdict"], &opening["cause"]),
        (&"A1".into(), &"blocked".into(), &"refused".into())
    );
    assert_eq!(opening["evidence"]["error"], "ECONNREFUSED");
    // The rules to add are those that `generate --fragment` writes.
    let rules = value["mends"][0]["rules"].as_array().expect("rules");
    let generated = run(&mut ftpfw(&format!(
        "generate --fragment --server 127.0.0.1 --control {port} --pasv 30000-30009"
    )))
    .stdout;
    for rule in rules {
        let rule = rule["rule"].as_str().expect("a rule");
        assert!(generated.contains(rule), "{rule}\n{generated}");
    }
}

#[test]
fn a_refused_login_allows_no_conclusion_and_tells_no_password() {
    let port = scripted(b"220 ready\r\n", strict);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\nnot this\n")).expect("a file");
    let file = file.display();
    for options in [
        format!("--user bob --password-file {file}"),
        format!("--user bob --password-file {file} --format json"),
        format!("--user bob --password-file {file} --lang zh"),
    ] {
        let found = run(&mut probe(port, &options));
        assert_eq!((found.code, found.stderr.as_str()), (Some(3), ""), "{}", found.stdout);
        assert!(found.stdout.contains("LOGIN_FAILED") && found.stdout.contains("530 Login incorrect."));
        assert!(!found.stdout.contains(PASSWORD), "{}", found.stdout);
    }
    let by_environment = run(probe(port, "--user bob").env("FTPFW_PASSWORD", PASSWORD));
    assert_eq!(by_environment.code, Some(3));
    assert!(!(by_environment.stdout + &by_environment.stderr).contains(PASSWORD));
    let broken = run(probe(port, "--user bob").env("FTPFW_PASSWORD", format!("{PASSWORD}\r\nDELE x")));
    assert_eq!(broken.code, Some(2), "a password is one line");
    assert!(!broken.stderr.contains(PASSWORD), "{}", broken.stderr);
}

#[test]
fn a_hostile_banner_does_not_act() {
    let port = scripted(b"421-\x1b[2J\x07\xe2\x80\xaecod.exe\r\n421 \x9b31m\xff gone\r\n", refusing);
    for lang in ["en", "zh"] {
        let found = run(&mut probe(port, &format!("--lang {lang} --timeout 2")));
        assert_eq!(found.code, Some(3), "{}", found.stdout);
        assert!(found.stdout.contains("\\u{1b}[2J\\u{7}\\u{202e}cod.exe"), "{}", found.stdout);
        let acts = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
        assert!(!found.stdout.contains(acts), "{:?}", found.stdout);
    }
    // JSON carries it as it is, and escapes what JSON escapes.
    let found = run(&mut probe(port, "--format json --timeout 2"));
    assert!(!found.stdout.contains('\u{1b}'), "{:?}", found.stdout);
    json(&found);
}

#[test]
fn what_is_no_ftp_server_allows_no_conclusion_about_data() {
    let port = scripted(b"SSH-2.0-OpenSSH_9.9\r\n", |_| "");
    let value = json(&run(&mut probe(port, "--format json --timeout 1")));
    assert_eq!(conclusions(&value), ["NOT_FTP"]);
    let data = value["flows"].as_array().expect("flows").iter().filter(|flow| flow["flow"] == "P3");
    assert!(data.into_iter().all(|flow| flow["verdict"] == "inconclusive"), "{value:#}");
}

#[test]
fn ctrl_c_prints_what_is_known() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let mut command = probe(port, "--timeout 120 --format json");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program that starts");
    // It is under way now, and waits for a greeting that never comes.
    let (_held, _) = listener.accept().expect("a connection");
    interrupt(&child);
    let output = child.wait_with_output().expect("an end");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let found = Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
    assert_eq!(found.code, Some(3), "{found:?}");
    let value = json(&found);
    assert_eq!(value["interrupted"], true);
    assert_eq!(value["flows"].as_array().map(Vec::len), Some(8), "{value:#}");
}

/// A responder while it runs, and the deployment that it serves.
struct Responder {
    child: Child,
    /// The options that declare it.
    deployment: String,
    /// Its passive ports.
    range: (u16, u16),
    /// What it printed when it began.
    told: Vec<String>,
}

impl Responder {
    /// Begins with ports of its own for each `number`, and with `token` unless it is to make one up. Returns when it
    /// listens, which it says.
    fn start(number: u16, token: Option<&str>) -> Self {
        // Below what systems hand out to outgoing connections; another for each run of the tests.
        let first =
            20_000 + u16::try_from(std::process::id() % 100).expect("a small number") * 100 + number * 20;
        let (control, last) = (first + 15, first + 9);
        let deployment =
            format!("--server 127.0.0.1 --control {control} --pasv {first}-{last} --active-port ephemeral");
        let mut command = ftpfw(&format!("respond --for 5m {deployment}"));
        if let Some(token) = token {
            command.env("FTPFW_TOKEN", token);
        }
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program that starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let told = lines.take(if token.is_some() { 2 } else { 3 }).collect();
        Self { child, deployment, range: (first, last), told }
    }

    fn probe(&self, options: &str) -> Command {
        ftpfw(&format!("probe {} {options}", self.deployment))
    }

    /// Ends it by Ctrl-C.
    fn end(self) -> (Option<i32>, String) {
        interrupt(&self.child);
        let output = self.child.wait_with_output().expect("an end");
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    }
}

#[test]
fn a_responder_passes_all_eight_flows() {
    let responder = Responder::start(0, Some("a token"));
    for (lang, summary) in [("en", "flows: 8 pass, 0 blocked"), ("zh", "流：8 个通过，0 个阻断")] {
        let found = run(&mut responder.probe(&format!("--lang {lang}")));
        assert_eq!((found.code, found.stderr.as_str()), (Some(0), ""), "{}", found.stdout);
        assert!(found.stdout.contains(summary), "{}", found.stdout);
        assert_eq!(has_chinese(&found.stdout), lang == "zh");
    }
    let value = json(&run(&mut responder.probe("--format json --policy")));
    assert_eq!(conclusions(&value), ["BOUNCE_SAFE"]);
    let flows = value["flows"].as_array().expect("flows");
    let named: Vec<&str> = flows.iter().filter_map(|flow| flow["flow"].as_str()).collect();
    assert_eq!(named, ["A1", "A2", "A3", "A4", "P1", "P2", "P3", "P4"]);
    assert!(flows.iter().all(|flow| flow["verdict"] == "pass"), "{value:#}");
    let (code, told) = responder.end();
    assert_eq!(code, Some(0));
    assert!(told.contains(": a session begins\n") && told.contains(": the session ends\n"), "{told}");
}

#[test]
fn a_sweep_tries_every_port_with_the_token_that_was_printed() {
    let responder = Responder::start(1, None);
    let token = responder.told[2].rsplit(' ').next().expect("a token");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, token).expect("a file");
    let swept = run(&mut responder.probe(&format!("--sweep --token-file {} --format json", file.display())));
    assert_eq!(swept.code, Some(0), "{}", swept.stdout);
    let value = json(&swept);
    let passive = value["sweep"][0]["passive"].as_array().expect("runs");
    assert_eq!((passive.len(), &passive[0]["outcome"]), (1, &"open".into()), "{value:#}");
    assert_eq!(value["sweep"][0]["active"][0]["outcome"], "arrived");
    let wrong = run(responder.probe("--sweep --format json").env("FTPFW_TOKEN", "another"));
    assert_eq!(wrong.code, Some(3), "{}", wrong.stdout);
    assert_eq!(json(&wrong)["sweep"][0]["failure"], "wrong-token");
    let none = run(&mut responder.probe("--sweep"));
    assert_eq!((none.code, none.stdout.as_str()), (Some(2), ""));
    assert!(none.stderr.contains("FTPFW_TOKEN"), "{}", none.stderr);
    responder.end();
}

#[test]
fn ports_that_the_responder_lacks_are_a_finding_with_the_rules_to_add() {
    let responder = Responder::start(2, Some("a token"));
    // As if a firewall refused the last ports.
    let (first, last) = responder.range;
    let wider = responder.deployment.replace(&format!("{first}-{last}"), &format!("{first}-{}", last + 3));
    let found = run(ftpfw(&format!("probe {wider} --sweep --format json")).env("FTPFW_TOKEN", "a token"));
    assert_eq!(found.code, Some(1), "{}", found.stdout);
    let value = json(&found);
    let outcomes: Vec<&str> = value["sweep"][0]["passive"]
        .as_array()
        .expect("runs")
        .iter()
        .filter_map(|run| run["outcome"].as_str())
        .collect();
    assert_eq!(outcomes, ["open", "refused"]);
    assert_eq!(value["mends"][0]["flow"], "P3");
    responder.end();
}

#[test]
fn what_cannot_be_listened_on_is_told_all_at_once() {
    let responder = Responder::start(3, Some("a token"));
    let again = run(&mut ftpfw(&format!("respond {}", responder.deployment)));
    assert_eq!((again.code, again.stdout.as_str()), (Some(2), ""));
    let (first, last) = responder.range;
    let said = [format!("{first}-{last}"), "EADDRINUSE (".to_owned(), "ss -tanp".to_owned()];
    assert!(said.iter().all(|said| again.stderr.contains(said)), "{}", again.stderr);
    assert_eq!(again.stderr.lines().count(), 1, "{}", again.stderr);
    responder.end();
    for (options, said, chinese) in [
        ("--server 203.0.113.9", "none of the declared addresses", "没有部署中声明的任何服务器地址"),
        ("--server 203.0.113.9 --listen 203.0.113.9", "no address of this machine", "不是本机的地址"),
        ("--server 127.0.0.1 --listen 0.0.0.0", "no address of this machine", "不是本机的地址"),
        ("--server 127.0.0.1 --for 2d", "--for: '2d'", "--for：“2d”"),
        ("--server 127.0.0.1 --sessions 0", "--sessions: '0'", "--sessions：“0”"),
    ] {
        let options = format!("respond --pasv 30000-30009 {options}");
        let english = run(&mut ftpfw(&options));
        assert_eq!((english.code, english.stdout.as_str()), (Some(2), ""), "{options}");
        assert!(english.stderr.contains(said), "{}", english.stderr);
        let zh = run(ftpfw(&options).args(["--lang", "zh"]));
        assert!(zh.stderr.contains(chinese), "{}", zh.stderr);
        assert_eq!(english_lines(&zh.stderr), Vec::<&str>::new());
    }
}

#[test]
fn rule_sets_are_held_against_what_was_seen() {
    let responder = Responder::start(4, Some("a token"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("closed.nft");
    let closed = "table inet t {\n chain input {\n  type filter hook input priority 0; policy drop;\n }\n}\n";
    std::fs::write(&file, closed).expect("a file");
    let options = format!("--format json --explain-with {}", file.display());
    let found = run(&mut responder.probe(&options));
    // What is seen counts.
    assert_eq!(found.code, Some(0), "{}", found.stdout);
    let value = json(&found);
    let opening = &value["prediction"].as_array().expect("flows")[0];
    assert_eq!(
        (&opening["predicted"], &opening["observed"]),
        (&"blocked".into(), &"pass".into()),
        "{value:#}"
    );
    assert_eq!((&opening["agreement"], &opening["firewall"]), (&"not-in-force".into(), &"firewall".into()));
    for (lang, said) in [("en", "policy drop"), ("zh", "规则集的预测")] {
        let text = run(&mut responder.probe(&format!("--lang {lang} --explain-with {}", file.display())));
        assert!(text.stdout.contains(said), "{}", text.stdout);
    }
    responder.end();
}

fn interrupt(child: &Child) {
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(id, Signal::SIGINT).expect("a signal");
}
