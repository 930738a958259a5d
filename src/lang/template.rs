//! The deployment file that `ftpfw init` prints.

use std::fmt::Write as _;

use super::field::describe;
use super::{Lang, say};
use crate::deployment::shape::FieldId;

/// A commented deployment file to start from. It is valid as it stands, without a warning.
#[must_use]
pub fn deployment(lang: Lang) -> String {
    let mut text = String::new();
    comment(&mut text, 0, &introduction(lang));
    for &(indentation, field, yaml) in FIELDS {
        if indentation == 0 {
            text.push('\n');
        }
        comment(&mut text, indentation, &describe(field, lang));
        let _ = writeln!(text, "{:indentation$}{yaml}", "");
    }
    text.push('\n');
    comment(&mut text, 2, &gateway(lang));
    text
}

/// The lines of the template in their order: how deep, which field the comment above is about, the line.
/// What few need is commented out.
const FIELDS: &[(usize, FieldId, &str)] = &[
    (0, FieldId::Version, "version: 1"),
    (0, FieldId::Service, "service:"),
    (2, FieldId::ServiceName, "name: ftp"),
    (2, FieldId::ServiceAddresses, "addresses: [203.0.113.10, \"2001:db8::10\"]"),
    (2, FieldId::ControlPort, "control_port: 21"),
    (2, FieldId::Tls, "tls: none"),
    (2, FieldId::Modes, "modes: [active, passive]"),
    (2, FieldId::Active, "active:"),
    (4, FieldId::SourcePort, "source_port: 20"),
    (2, FieldId::Passive, "passive:"),
    (4, FieldId::PassivePorts, "ports: 30000-30019"),
    (4, FieldId::AdvertisedAddress, "# advertised_address: 203.0.113.10"),
    (2, FieldId::Software, "software: vsftpd"),
    (2, FieldId::MaxSessions, "max_sessions: 10"),
    (0, FieldId::Clients, "clients:"),
    (2, FieldId::ClientAddresses, "addresses: [any]"),
    (2, FieldId::ClientPorts, "ports: 1024-65535"),
    (0, FieldId::Firewalls, "firewalls:"),
    (2, FieldId::FirewallName, "- name: ftp-host"),
    (4, FieldId::Side, "side: server"),
    (4, FieldId::Place, "place: host"),
    (4, FieldId::Dialect, "dialect: nftables"),
    (4, FieldId::Strategy, "strategy: static"),
    (4, FieldId::Egress, "egress: restricted"),
    (4, FieldId::Rulesets, "rulesets: [/etc/nftables.conf]"),
    (4, FieldId::AlsoAllow, "also_allow:"),
    (6, FieldId::AllowProtocol, "- proto: tcp"),
    (8, FieldId::AllowFrom, "from: [192.0.2.0/24]"),
    (8, FieldId::AllowTo, "to: self"),
    (8, FieldId::AllowPort, "port: 22"),
    (8, FieldId::AllowNote, "note: ssh from the office"),
];

fn introduction(lang: Lang) -> String {
    say!(
        lang,
        "One FTP service, its clients, and the firewalls between them.\n\
         Put in your own addresses and ports; what has a default may be left out.\n\
         `ftpfw explain` says what must be open, `ftpfw generate` writes the rule sets.",
        "一个 FTP 服务、它的客户端，以及两者之间的防火墙。\n\
         请改为实际的地址和端口；有默认值的字段可以省略。\n\
         `ftpfw explain` 说明需要放行什么，`ftpfw generate` 生成规则集。"
    )
}

/// A second firewall, commented out: what a gateway has beside a host.
fn gateway(lang: Lang) -> String {
    let title = say!(
        lang,
        "A gateway in front of the server that translates its address would be declared so:",
        "位于服务器之前、做地址转换的网关可如下声明："
    );
    let fields = [
        ("interfaces", FieldId::Interfaces, "{ outside: eth0, inside: eth1 }"),
        ("nat", FieldId::Nat, "{ public: 203.0.113.10, private: 10.0.0.10 }"),
    ];
    let mut text = format!("{title}\n- name: edge\n  side: server\n  place: gateway\n");
    for (name, field, value) in fields {
        let _ = writeln!(text, "  # {}\n  {name}: {value}", describe(field, lang));
    }
    text
}

fn comment(text: &mut String, indentation: usize, words: &str) {
    for line in words.lines() {
        let _ = writeln!(text, "{:indentation$}# {line}", "");
    }
}
