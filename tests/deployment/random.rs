//! Random deployment files: those that are accepted must print, read back, and meet the schema.

use ftpfw::deployment::{self, json_schema, print};
use ftpfw::lang::{Lang, field};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// A field that is there or not, with one of these values.
fn field(name: &'static str, values: &'static [&'static str]) -> BoxedStrategy<String> {
    let some = select(values).prop_map(move |value| format!("{name}: {value}"));
    prop_oneof![Just(String::new()), some].boxed()
}

/// A mapping in braces of the fields that are there.
fn mapping(fields: Vec<BoxedStrategy<String>>) -> BoxedStrategy<String> {
    let join = |fields: Vec<String>| {
        fields.into_iter().filter(|field| !field.is_empty()).collect::<Vec<_>>().join(", ")
    };
    fields.prop_map(move |fields| format!("{{ {} }}", join(fields))).boxed()
}

fn required(name: &'static str, values: &'static [&'static str]) -> BoxedStrategy<String> {
    select(values).prop_map(move |value| format!("{name}: {value}")).boxed()
}

fn nested(name: &'static str, value: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let some = value.prop_map(move |value| format!("{name}: {value}"));
    prop_oneof![Just(String::new()), some].boxed()
}

fn service() -> BoxedStrategy<String> {
    mapping(vec![
        field("name", &["ftp", "x-1", "\"007\"", "\"true\"", "_"]),
        required("addresses", &["203.0.113.10", "[203.0.113.10, \"2001:db8::10\"]", "\"2001:DB8:0::10\""]),
        field("control_port", &["21", "2121", "990", "1", "65535"]),
        field("tls", &["none", "explicit", "explicit-required", "implicit"]),
        field("modes", &["active", "[passive]", "[passive, active]"]),
        nested("active", mapping(vec![field("source_port", &["20", "[20, 2, 3]", "ephemeral", "[2020]"])])),
        nested(
            "passive",
            mapping(vec![
                required("ports", &["30000-30019", "60000-60020", "1024", "\"40000\""]),
                field("advertised_address", &["198.51.100.5"]),
            ]),
        ),
        field("software", &["vsftpd", "filezilla-server", "proftpd", "iis"]),
        field("max_sessions", &["1", "20", "4294967295"]),
        field("foreign_addresses", &["refused", "allowed"]),
        field("user", &["anonymous", "\"12\"", "\"o'neill: x\""]),
    ])
}

fn also_allow() -> BoxedStrategy<String> {
    let ends: &[&str] = &[
        "any",
        "self",
        "10.0.0.0/8",
        "[192.0.2.1, 10.0.0.0/8]",
        "\"2001:db8::/32\"",
        "[0.0.0.0/0, \"::/0\"]",
    ];
    mapping(vec![
        required("proto", &["tcp", "udp", "icmp", "icmpv6"]),
        field("from", ends),
        field("to", ends),
        field("port", &["22", "1024-65535", "[80, 443, 8000-8080]", "[1-2, 2-3]", "1-65535"]),
        field("note", &["ssh from the office", "\"# no: comment\"", "\"\\\\ 'é' \\\"\"", "\"\"", "\"12\""]),
    ])
}

fn firewall(name: &'static str) -> BoxedStrategy<String> {
    mapping(vec![
        Just(format!("name: {name}")).boxed(),
        required("side", &["server", "client"]),
        required("place", &["host", "gateway"]),
        field("dialect", &["iptables", "nftables", "pf-openbsd", "pf-freebsd"]),
        field("strategy", &["static", "helper"]),
        field(
            "interfaces",
            &["{ outside: eth0, inside: eth1 }", "{ inside: \"1.2\" }", "{ outside: wlan0@x }", "{}"],
        ),
        field(
            "nat",
            &[
                "{ public: 203.0.113.10, private: 10.0.0.5 }",
                "{ public: 198.51.100.5, private: 203.0.113.10/32 }",
                "{ public: 198.51.100.7, private: 10.0.0.0/8 }",
                "{ public: \"2001:db8::99\", private: \"fd00::/64\" }",
            ],
        ),
        field("egress", &["restricted", "open"]),
        field(
            "host",
            &[
                "{}",
                "{ kernel: \"5.10\", modules: [] }",
                "{ kernel: 6.1.0-13-amd64, modules: [nf_nat_ftp, nf-conntrack-ftp] }",
                "{ sysctls: { net.ipv4.ip_local_port_range: 32768 60999, net/ipv4/ip_forward: 1, a: \"\" } }",
                "{ module_options: { nf_conntrack_ftp: { ports: \"21,2121\", loose: 0 }, on: { off: no }, x: {} } }",
            ],
        ),
        field("rulesets", &["[]", "[/etc/nftables.conf]", "[\"a b\", \"- c\", ~x, .]"]),
        nested(
            "also_allow",
            proptest::collection::vec(also_allow(), 0..3)
                .prop_map(|all| format!("[{}]", all.join(", ")))
                .boxed(),
        ),
    ])
}

fn file() -> impl Strategy<Value = String> {
    let clients = mapping(vec![
        field(
            "addresses",
            &["any", "[any]", "192.0.2.0/24", "[10.0.0.0/9, 10.128.0.0/9, \"2001:db8:1::/48\"]", "0.0.0.0/0"],
        ),
        field("ports", &["1024-65535", "32768-60999", "5000"]),
    ]);
    let firewalls = subsequence(vec!["edge", "ftp-host", "a.b_c"], 1..=2)
        .prop_flat_map(|names| names.into_iter().map(firewall).collect::<Vec<_>>());
    let ignore =
        field("ignore", &["[]", "[{ rule: FTP001, reason: \"- x: 'y'\" }, { rule: FTP002, reason: '1' }]"]);
    (service(), nested("clients", clients), firewalls, ignore).prop_map(
        |(service, clients, firewalls, ignore)| {
            let firewalls = firewalls.join("\n  - ");
            format!("version: 1\nservice: {service}\n{clients}\nfirewalls:\n  - {firewalls}\n{ignore}\n")
        },
    )
}

#[test]
fn accepted_files_print_read_back_and_meet_the_schema() {
    let schema = json_schema(|id| field::describe(id, Lang::En));
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a valid schema");
    let meets = |yaml: &str| serde_yaml::from_str(yaml).is_ok_and(|value| validator.is_valid(&value));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(2_000));
    let accepted = std::cell::Cell::new(0);
    let result = runner.run(&file(), |text| {
        let reading = deployment::read("random.yaml", text.as_bytes(), None);
        prop_assert!(
            reading.deployment.is_some() || reading.count(deployment::Severity::Error) > 0,
            "{}",
            text
        );
        if let Some(deployment) = reading.deployment {
            accepted.set(accepted.get() + 1);
            let printed = print(&deployment);
            let again = deployment::read("printed.yaml", printed.as_bytes(), None);
            prop_assert_eq!(
                again.deployment.as_ref(),
                Some(&deployment),
                "{}\n{:#?}",
                printed,
                again.problems
            );
            prop_assert!(meets(&text), "{}", text);
            prop_assert!(meets(&printed), "{}", printed);
        }
        Ok(())
    });
    result.expect("every case holds");
    assert!(accepted.get() > 50, "only {} accepted", accepted.get());
}
