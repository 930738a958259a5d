//! Deployments declared by options.

use ftpfw::deployment::{self, ActiveSource, CommandLine, Modes, Place, Reading, Side, read_command_line};
use ftpfw::dialect::Dialect;
use ftpfw::lang::{Lang, problem};

use crate::assert_golden;

fn simple() -> CommandLine {
    CommandLine {
        server: vec!["203.0.113.10".into()],
        pasv: Some("30000-30019".into()),
        ..CommandLine::default()
    }
}

fn golden(name: &str, reading: &Reading) {
    for lang in Lang::ALL {
        assert_golden!(format!("command_line__{name}__{}", lang.id()), problem::report(reading, lang, false));
    }
}

/// The text underlined for each problem.
fn underlined(reading: &Reading) -> Vec<&str> {
    let spans = reading.problems.iter().filter_map(|problem| reading.source.span(&problem.place));
    spans.map(|span| &reading.source.text[span]).collect()
}

#[test]
fn a_server_and_a_range_are_enough() {
    let deployment = read_command_line(&simple()).deployment.expect("a deployment");
    assert_eq!(deployment.service.modes, Modes { active: true, passive: true });
    let [firewall] = deployment.firewalls.as_slice() else { panic!("one firewall") };
    assert_eq!(
        (firewall.name.as_str(), firewall.side, firewall.place),
        ("firewall", Side::Server, Place::Host)
    );
    assert_eq!(firewall.dialect, Dialect::Nftables);
}

#[test]
fn options_say_what_a_file_does() {
    let line = CommandLine {
        server: vec!["203.0.113.10,2001:db8::10".into()],
        control: Some("2121".into()),
        active_port: Some("20,2120".into()),
        client: vec!["192.0.2.0/24".into(), "2001:db8:1::/48".into()],
        client_ports: Some("32768-60999".into()),
        advertised: Some("203.0.113.10".into()),
        software: Some("vsftpd".into()),
        place: Some("gateway".into()),
        dialect: Some("iptables".into()),
        outside: Some("eth0".into()),
        inside: Some("eth1".into()),
        public: Some("203.0.113.10".into()),
        private: Some("10.0.0.5".into()),
        egress: Some("open".into()),
        ..simple()
    };
    let file = r#"
version: 1
service:
  addresses: [203.0.113.10, "2001:db8::10"]
  control_port: 2121
  active: { source_port: [20, 2120] }
  passive: { ports: 30000-30019, advertised_address: 203.0.113.10 }
  software: vsftpd
clients:
  addresses: [192.0.2.0/24, "2001:db8:1::/48"]
  ports: 32768-60999
firewalls:
  - name: firewall
    side: server
    place: gateway
    dialect: iptables
    interfaces: { outside: eth0, inside: eth1 }
    nat: { public: 203.0.113.10, private: 10.0.0.5 }
    egress: open
"#;
    let reading = read_command_line(&line);
    assert_eq!(reading.problems, []);
    assert_eq!(reading.deployment, Some(crate::valid::accepted(file)));
}

#[test]
fn active_alone_needs_no_range() {
    let line = CommandLine { pasv: None, active: true, active_port: Some("ephemeral".into()), ..simple() };
    let deployment = read_command_line(&line).deployment.expect("a deployment");
    assert_eq!(deployment.service.modes, Modes { active: true, passive: false });
    assert_eq!(deployment.service.active_source, ActiveSource::Ephemeral);
}

#[test]
fn without_a_range_or_a_mode_the_range_is_asked_for() {
    let reading = read_command_line(&CommandLine { pasv: None, ..simple() });
    assert_eq!(reading.deployment, None);
    golden("no-range", &reading);
}

#[test]
fn the_argument_at_fault_is_underlined() {
    let line = CommandLine {
        server: vec!["203.0.113.10,ftp.example.net".into()],
        pasv: Some("30000:30019".into()),
        control: Some("70000".into()),
        dialect: Some("nft".into()),
        private: Some("10.0.0.5".into()),
        ..simple()
    };
    let reading = read_command_line(&line);
    assert_eq!(reading.deployment, None);
    let mut texts = underlined(&reading);
    texts.sort_unstable();
    // The address is on a host, and has no public one to go with it.
    assert_eq!(texts, ["10.0.0.5", "10.0.0.5", "30000:30019", "70000", "ftp.example.net", "nft"]);
    golden("several", &reading);
}

#[test]
fn a_dialect_beside_a_file_is_checked_alone() {
    assert_eq!(deployment::read_dialect("pf-openbsd").ok(), Some(Dialect::PfOpenbsd));
    let reading = deployment::read_dialect("pf-opnbsd").expect_err("no such dialect");
    assert_eq!(underlined(&reading), ["pf-opnbsd"]);
    golden("dialect", &reading);
}

#[test]
fn hostile_arguments_are_shown_harmless() {
    let line = CommandLine { tls: Some("\u{1b}[2J\nnone".into()), ..simple() };
    let message = problem::report(&read_command_line(&line), Lang::En, false);
    assert!(message.chars().all(|c| !c.is_control() || c == '\n'), "{message:?}");
}

#[test]
fn each_field_has_its_option_for_a_position() {
    let line = CommandLine {
        server: vec!["203.0.113.10,2001:db8::10".into()],
        active: true,
        passive: true,
        client: vec!["192.0.2.0/24".into()],
        ..simple()
    };
    let reading = read_command_line(&line);
    let option = |path: &str| reading.position(path).and_then(|position| position.option);
    assert_eq!(option("service.passive.ports").as_deref(), Some("--pasv 30000-30019"));
    assert_eq!(option("service.addresses").as_deref(), Some("--server 203.0.113.10,2001:db8::10"));
    assert_eq!(option("clients.addresses").as_deref(), Some("--client 192.0.2.0/24"));
    assert_eq!(option("service.modes").as_deref(), Some("--active"));
    for not_given in ["service.control_port", "firewalls[0].side", "firewalls[0].name", "version"] {
        assert_eq!(reading.position(not_given), None, "{not_given}");
    }
}
