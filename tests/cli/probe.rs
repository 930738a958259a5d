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

fn interrupt(child: &Child) {
    let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    kill(id, Signal::SIGINT).expect("a signal");
}
