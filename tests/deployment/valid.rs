//! Deployments that are accepted, and what they are read as.

use ftpfw::deployment::{
    self, ActiveSource, Deployment, Egress, ForeignAddresses, Modes, Party, Place, Severity, Side, Software,
    Strategy, Tls,
};
use ftpfw::dialect::Dialect;
use ftpfw::lang::{Lang, template};
use ftpfw::packet::{AddressSet, PortRange, Protocol};

/// The least that a deployment is made of.
pub(crate) const SMALL: &str = "\
version: 1
service:
  addresses: [203.0.113.10]
  passive: { ports: 30000-30019 }
firewalls:
  - name: ftp-host
    side: server
    place: host
";

/// The deployment of the design, with every field that there is.
pub(crate) const EVERYTHING: &str = r#"
version: 1
service:
  name: files
  addresses: [203.0.113.10, "2001:db8::10"]
  control_port: 21
  tls: none
  modes: [active, passive]
  active: { source_port: 20 }
  passive:
    ports: 60000-60020
    advertised_address: 198.51.100.5
  software: vsftpd
  max_sessions: 20
  foreign_addresses: allowed
  user: anonymous
clients:
  addresses: [any]
  ports: 1024-65535
firewalls:
  - name: ftp-host
    side: server
    place: gateway
    dialect: nftables
    strategy: static
    interfaces: { outside: eth0, inside: eth1 }
    nat: { public: 198.51.100.5, private: 203.0.113.10 }
    egress: restricted
    rulesets: [/etc/nftables.conf]
    also_allow:
      - { proto: tcp, from: [10.0.0.0/8], port: 22, to: self, note: ssh from the office }
    host:
      kernel: 6.1.0-13-amd64
      sysctls:
        net/ipv4/ip_local_port_range: "32768\t60999"
        net.netfilter.nf_conntrack_helper: 0
      modules: [nf-conntrack-ftp]
      module_options: { nf_conntrack_ftp: { ports: "21,2121", loose: 0 } }
ignore:
  - { rule: FTP032, firewall: ftp-host, reason: "the old clients: until May" }
  - { rule: FTP001, reason: known }
"#;

/// The deployment of a text without errors.
pub(crate) fn accepted(text: &str) -> Deployment {
    let reading = deployment::read("valid.yaml", text.as_bytes(), None);
    reading.deployment.unwrap_or_else(|| panic!("errors: {:#?}", reading.problems))
}

#[test]
fn what_is_left_out_has_its_default() {
    let deployment = accepted(SMALL);
    let service = &deployment.service;
    assert_eq!(service.name, "ftp");
    assert_eq!(service.control_port, 21);
    assert_eq!(service.tls, Tls::None);
    assert_eq!(service.modes, Modes { active: true, passive: true });
    assert_eq!(service.active_source, ActiveSource::Ports(20.into()));
    assert_eq!(service.passive_ports, PortRange::new(30000, 30019));
    assert_eq!((service.advertised_address, service.software, service.max_sessions), (None, None, None));
    assert_eq!(deployment.clients.addresses, AddressSet::any());
    assert_eq!(Some(deployment.clients.ports), PortRange::new(1024, 65535));
    let [firewall] = deployment.firewalls.as_slice() else { panic!("one firewall") };
    assert_eq!((firewall.side, firewall.place), (Side::Server, Place::Host));
    assert_eq!((firewall.dialect, firewall.strategy), (Dialect::Nftables, Strategy::Static));
    assert_eq!((firewall.egress, firewall.nat), (Egress::Restricted, None));
    assert_eq!((service.foreign_addresses, &service.user), (ForeignAddresses::Refused, &None));
    assert_eq!(firewall.host.has_module("nf_conntrack_ftp"), None);
    assert_eq!(deployment.ignore, []);
}

#[test]
fn every_field_is_read() {
    let deployment = accepted(EVERYTHING);
    assert_eq!(deployment.service.software, Some(Software::Vsftpd));
    assert_eq!(deployment.service.max_sessions, Some(20));
    let firewall = &deployment.firewalls[0];
    assert_eq!(firewall.outside.as_deref(), Some("eth0"));
    assert_eq!(firewall.inside.as_deref(), Some("eth1"));
    assert_eq!(firewall.nat.map(|nat| nat.private.to_string()).as_deref(), Some("203.0.113.10/32"));
    assert_eq!(firewall.rulesets, [std::path::PathBuf::from("/etc/nftables.conf")]);
    let [entry] = firewall.also_allow.as_slice() else { panic!("one entry") };
    assert_eq!(entry.protocol, Protocol::Tcp);
    assert_eq!(
        entry.from,
        Party::Addresses(["10.0.0.0/8".parse::<ipnet::IpNet>().expect("a prefix")].into_iter().collect())
    );
    assert_eq!(entry.to, Party::ThisHost);
    assert_eq!(entry.ports, Some(22.into()));
    assert_eq!(entry.note.as_deref(), Some("ssh from the office"));
    assert_eq!(deployment.service.foreign_addresses, ForeignAddresses::Allowed);
    assert!(deployment.service.is_anonymous());
    let host = &firewall.host;
    assert_eq!(host.kernel, Some((6, 1)));
    assert_eq!(host.sysctl_range("net.ipv4.ip_local_port_range"), PortRange::new(32768, 60999));
    assert_eq!(host.sysctl_number("net.netfilter.nf_conntrack_helper"), Some(0));
    assert_eq!(host.has_module("nf_conntrack_ftp"), Some(true));
    assert_eq!(host.has_module("nf_conntrack_sip"), Some(false));
    assert_eq!(host.parameter_switch("nf_conntrack_ftp", "loose"), Some(false));
    let ignored: Vec<_> = deployment.ignore.iter().map(|one| (&*one.rule, one.firewall.as_deref())).collect();
    assert_eq!(ignored, [("FTP032", Some("ftp-host")), ("FTP001", None)]);
    assert_eq!(deployment.ignore[0].reason, "the old clients: until May");
}

#[test]
fn the_ports_of_implicit_tls_are_990_and_989() {
    let deployment = accepted(&SMALL.replace("  passive", "  tls: implicit\n  passive"));
    assert_eq!(deployment.service.control_port, 990);
    assert_eq!(deployment.service.active_source, ActiveSource::Ports(989.into()));
}

#[test]
fn one_value_may_stand_for_a_list_of_one() {
    let listed = SMALL.replace("  passive", "  modes: [passive]\n  passive");
    let bare = listed.replace("[203.0.113.10]", "203.0.113.10").replace("[passive]", "passive");
    assert_eq!(accepted(&bare), accepted(&listed));
}

#[test]
fn source_ports_are_a_port_a_list_or_ephemeral() {
    let source = |value: &str| {
        accepted(&SMALL.replace("  passive", &format!("  active: {{ source_port: {value} }}\n  passive")))
            .service
            .active_source
    };
    assert_eq!(source("2020"), ActiveSource::Ports(2020.into()));
    assert_eq!(source("[20, 2, 3]").ports().to_string(), "2-3, 20");
    assert_eq!(source("ephemeral"), ActiveSource::Ephemeral);
}

#[test]
fn a_dialect_given_beside_the_file_is_that_of_every_firewall() {
    let reading = deployment::read("valid.yaml", SMALL.as_bytes(), Some(Dialect::PfOpenbsd));
    assert_eq!(
        reading.deployment.map(|deployment| deployment.firewalls[0].dialect),
        Some(Dialect::PfOpenbsd)
    );
    // It meets the same checks as one in the file.
    let helper = format!("{SMALL}    strategy: helper\n");
    assert!(deployment::read("valid.yaml", helper.as_bytes(), None).deployment.is_some());
    assert!(deployment::read("valid.yaml", helper.as_bytes(), Some(Dialect::PfOpenbsd)).deployment.is_none());
}

#[test]
fn the_template_is_valid_without_a_remark() {
    for lang in Lang::ALL {
        let text = template::deployment(lang);
        let reading = deployment::read("ftpfw.yaml", text.as_bytes(), None);
        assert_eq!(reading.problems, [], "{text}");
        assert!(reading.deployment.is_some());
        crate::assert_golden!(format!("deployment__template__{}", lang.id()), text);
    }
}

#[test]
fn what_the_template_comments_out_is_valid_too() {
    for lang in Lang::ALL {
        let text = template::deployment(lang);
        let (used, unused) =
            text.split_once("\n\n  # ").and_then(|_| text.rsplit_once("\n\n")).expect("a last part");
        // Its first line is prose, and its own comments stay comments.
        let gateway: Vec<String> = unused.lines().skip(1).map(|line| line.replacen("# ", "", 1)).collect();
        let used = used.replace("# advertised_address", "advertised_address");
        let text = format!("{used}\n{}\n", gateway.join("\n"));
        let reading = deployment::read("ftpfw.yaml", text.as_bytes(), None);
        assert_eq!(reading.problems, [], "{text}");
        assert_eq!(reading.deployment.map(|deployment| deployment.firewalls.len()), Some(2));
    }
}

#[test]
fn the_demo_is_the_standard_case() {
    let text = include_str!("../../rules/demo/ftpfw.yaml");
    let reading = deployment::read("rules/demo/ftpfw.yaml", text.as_bytes(), None);
    assert_eq!(reading.count(Severity::Error), 0);
    let deployment = reading.deployment.expect("a deployment");
    assert_eq!(deployment.service.passive_ports, PortRange::new(60000, 60020));
    let positions: Vec<_> =
        deployment.firewalls.iter().map(|firewall| (firewall.side, firewall.place)).collect();
    assert_eq!(
        positions,
        [
            (Side::Server, Place::Host),
            (Side::Server, Place::Gateway),
            (Side::Client, Place::Gateway),
            (Side::Client, Place::Host)
        ]
    );
}

#[test]
fn each_field_has_a_position() {
    let reading = deployment::read("valid.yaml", EVERYTHING.as_bytes(), None);
    let cases = [
        ("service.passive.ports", Some((11, "60000-60020"))),
        ("service.addresses", Some((5, "addresses"))),
        ("service.addresses[1]", Some((5, "\"2001:db8::10\""))),
        ("service.active.source_port[0]", Some((9, "20"))),
        ("firewalls[0].nat", Some((27, "nat"))),
        ("firewalls[0].host.sysctls.net.ipv4.ip_local_port_range", Some((35, "\"32768\\t60999\""))),
        ("firewalls[0].host.module_options.nf_conntrack_ftp.loose", Some((38, "0"))),
        ("firewalls[1].name", None),
        ("ignore[1].reason", Some((41, "known"))),
        ("service.passive.port", None),
        ("service.control", None),
    ];
    for (path, expected) in cases {
        let position = reading.position(path);
        let found = position.map(|position| {
            assert_eq!(position.option, None);
            (position.line, &reading.source.text[position.span])
        });
        assert_eq!(found, expected, "{path}");
    }
    assert_eq!(reading.position("ignore[1]").map(|position| (position.line, position.column)), Some((41, 5)));
    // What is left out is nowhere.
    let small = deployment::read("valid.yaml", SMALL.as_bytes(), None);
    assert_eq!(small.position("service.control_port"), None);
}
