//! What becomes of data connections under a conntrack helper and without one: the rules of one firewall, and whether
//! passive and active transfers then work. The audit has to say so, and the lab to see it.

use std::fmt::Write as _;

/// Where the rules are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// On the FTP server.
    Server,
    /// On the client.
    Client,
    /// On a router in front of the server.
    Router,
    /// On a router in front of the client that translates its IPv4 addresses.
    Masquerade,
}

/// One firewall and what it makes of transfers.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "a row of a table")]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) at: At,
    /// The hook at which the helper is attached.
    helper: Option<&'static str>,
    /// The rules for what comes in, or through.
    incoming: &'static [Rule],
    /// The rules for what goes out, everything else being dropped. `None` lets everything out.
    outgoing: Option<&'static [Rule]>,
    /// Whether sessions are encrypted.
    pub(crate) tls: bool,
    /// Whether passive transfers work.
    pub(crate) passive: bool,
    /// Whether active transfers work.
    pub(crate) active: bool,
    /// Whether passive transfers begin only after their first packet has been sent again.
    #[allow(dead_code, reason = "only the lab can tell")]
    pub(crate) stalls: bool,
    /// What an audit finds of what is about helpers or missing.
    #[allow(dead_code, reason = "the lab does not audit")]
    pub(crate) findings: &'static [&'static str],
    /// What a probe concludes from sessions of both kinds.
    #[allow(dead_code, reason = "only the lab can tell")]
    pub(crate) conclusions: &'static [&'static str],
}

/// A rule, as iptables and as nft have it.
type Rule = (&'static str, &'static str);

const ESTABLISHED: Rule = ("-m conntrack --ctstate ESTABLISHED -j ACCEPT", "ct state established accept");
const RELATED: Rule =
    ("-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "ct state established,related accept");
const CONTROL: Rule =
    ("-p tcp -m tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT", "tcp dport 21 ct state new accept");
const SCOPED: Rule = (
    "-p tcp -m tcp --dport 1024:65535 -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT",
    "ct state related ct helper \"ftp\" tcp dport 1024-65535 accept",
);
const RANGE: Rule = ("-p tcp -m tcp --dport 30000:30009 -j ACCEPT", "tcp dport 30000-30009 accept");
const RANGE_NEW: Rule = (
    "-p tcp -m tcp --dport 30000:30009 -m conntrack --ctstate NEW -j ACCEPT",
    "tcp dport 30000-30009 ct state new accept",
);
const OTHER_SOURCE: Rule =
    ("-p tcp -m tcp --sport 989 -m conntrack --ctstate NEW -j ACCEPT", "tcp sport 989 ct state new accept");
const FROM_INSIDE: Rule = ("-i inside -o outside -j ACCEPT", "iifname inside oifname outside accept");
const REJECT: Rule = ("-p tcp -j REJECT --reject-with tcp-reset", "meta l4proto tcp reject with tcp reset");
/// Neighbour discovery, without which there is no IPv6.
const NEIGHBOURS: Rule = ("-p ipv6-icmp -j ACCEPT", "meta l4proto ipv6-icmp accept");

const LOOPBACK_IN: Rule = ("-i lo -j ACCEPT", "iif lo accept");
const LOOPBACK_OUT: Rule = ("-o lo -j ACCEPT", "oif lo accept");

const SERVER: Row = Row {
    name: "",
    at: At::Server,
    helper: None,
    incoming: &[ESTABLISHED, CONTROL],
    outgoing: None,
    tls: false,
    passive: true,
    active: true,
    stalls: false,
    findings: &[],
    conclusions: &[],
};
const HELPED: Row = Row { helper: Some("prerouting"), ..SERVER };
const CLIENT: Row = Row { at: At::Client, incoming: &[RELATED], ..SERVER };
const MASQUERADE: Row = Row { at: At::Masquerade, incoming: &[FROM_INSIDE, RELATED], ..SERVER };

/// The matrix.
pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "related without a helper",
        incoming: &[RELATED, CONTROL],
        passive: false,
        findings: &["FTP005", "FTP009"],
        conclusions: &["RANGE_FILTERED"],
        ..SERVER
    },
    Row {
        name: "related with a helper",
        incoming: &[RELATED, CONTROL],
        conclusions: &["HELPER_ONLY"],
        ..HELPED
    },
    Row {
        name: "a helper and established only",
        passive: false,
        findings: &["FTP012"],
        conclusions: &["RANGE_FILTERED"],
        ..HELPED
    },
    Row {
        name: "a helper and what it expects",
        incoming: &[ESTABLISHED, CONTROL, SCOPED],
        conclusions: &["HELPER_ONLY"],
        ..HELPED
    },
    Row {
        name: "a helper under TLS",
        incoming: &[ESTABLISHED, CONTROL, SCOPED],
        tls: true,
        passive: false,
        findings: &["FTP011"],
        conclusions: &["HELPER_ONLY"],
        ..HELPED
    },
    Row { name: "a static range", incoming: &[ESTABLISHED, CONTROL, RANGE], ..SERVER },
    Row { name: "a static range under TLS", incoming: &[ESTABLISHED, CONTROL, RANGE], tls: true, ..SERVER },
    Row {
        name: "another source port let out",
        incoming: &[ESTABLISHED, CONTROL, RANGE],
        outgoing: Some(&[ESTABLISHED, OTHER_SOURCE]),
        active: false,
        findings: &["FTP021"],
        conclusions: &["ACTIVE_BLOCKED"],
        ..SERVER
    },
    Row {
        name: "a helper and related let out",
        incoming: &[RELATED, CONTROL],
        outgoing: Some(&[RELATED]),
        conclusions: &["HELPER_ONLY"],
        ..HELPED
    },
    Row {
        name: "a helper and a range for new only",
        incoming: &[ESTABLISHED, CONTROL, RANGE_NEW],
        stalls: true,
        findings: &["FTP013"],
        conclusions: &["NEW_ONLY_WITH_HELPER"],
        ..HELPED
    },
    Row {
        name: "a helper and a range for new only, the rest rejected",
        incoming: &[ESTABLISHED, CONTROL, RANGE_NEW, REJECT],
        passive: false,
        findings: &["FTP013"],
        conclusions: &["NEW_ONLY_WITH_HELPER"],
        ..HELPED
    },
    Row {
        name: "a client without a helper",
        active: false,
        findings: &["FTP009", "FTP021"],
        conclusions: &["ACTIVE_BLOCKED"],
        ..CLIENT
    },
    Row {
        name: "a client with the helper where its packets do not pass",
        helper: Some("prerouting"),
        active: false,
        findings: &["FTP017", "FTP021"],
        conclusions: &["ACTIVE_BLOCKED"],
        ..CLIENT
    },
    Row { name: "a client with a helper", helper: Some("output"), conclusions: &["HELPER_ONLY"], ..CLIENT },
    Row {
        name: "a client with a helper under TLS",
        helper: Some("output"),
        tls: true,
        active: false,
        findings: &["FTP011"],
        conclusions: &["HELPER_ONLY"],
        ..CLIENT
    },
    Row {
        name: "a router without a helper",
        at: At::Router,
        incoming: &[RELATED, CONTROL],
        passive: false,
        active: false,
        findings: &["FTP005", "FTP009", "FTP021"],
        conclusions: &["RANGE_FILTERED", "ACTIVE_BLOCKED"],
        ..SERVER
    },
    Row {
        name: "a router with a helper",
        at: At::Router,
        incoming: &[RELATED, CONTROL],
        helper: Some("prerouting"),
        conclusions: &["HELPER_ONLY"],
        ..SERVER
    },
    Row { name: "masquerading without a helper", active: false, conclusions: &["NAT_NO_ALG"], ..MASQUERADE },
    Row {
        name: "masquerading with a helper",
        helper: Some("prerouting"),
        conclusions: &["NAT_NO_ALG"],
        ..MASQUERADE
    },
    Row {
        name: "masquerading with a helper under TLS",
        helper: Some("prerouting"),
        tls: true,
        active: false,
        conclusions: &["NAT_NO_ALG"],
        ..MASQUERADE
    },
];

impl Row {
    /// The rules for `iptables-restore`, and the same for `ip6tables-restore`.
    pub(crate) fn iptables(&self) -> String {
        let mut text = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n".to_owned();
        if let Some(hook) = self.helper {
            let hook = hook.to_uppercase();
            let _ = writeln!(text, "-A {hook} -p tcp -m tcp --dport 21 -j CT --helper ftp");
        }
        text.push_str("COMMIT\n");
        if self.at == At::Masquerade {
            text.push_str(
                "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o outside -j MASQUERADE\nCOMMIT\n",
            );
        }
        let output = if self.outgoing.is_some() { "DROP" } else { "ACCEPT" };
        let _ = writeln!(text, "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT {output} [0:0]");
        let _ = writeln!(text, "-A INPUT {}\n-A INPUT {}", LOOPBACK_IN.0, NEIGHBOURS.0);
        let chain = if self.forwards() { "FORWARD" } else { "INPUT" };
        for (rule, _) in self.incoming {
            let _ = writeln!(text, "-A {chain} {rule}");
        }
        for (rule, _) in self.outgoing.into_iter().flatten().chain([&NEIGHBOURS, &LOOPBACK_OUT]) {
            let _ = writeln!(text, "-A OUTPUT {rule}");
        }
        text.push_str("COMMIT\n");
        text
    }

    /// The same rules for nft.
    pub(crate) fn nft(&self) -> String {
        let mut text = "table inet filter {\n".to_owned();
        if let Some(hook) = self.helper {
            let _ = write!(
                text,
                "\tct helper ftp-standard {{\n\t\ttype \"ftp\" protocol tcp;\n\t}}\n\
                 \tchain helper {{\n\t\ttype filter hook {hook} priority mangle; policy accept;\n\
                 \t\ttcp dport 21 ct helper set \"ftp-standard\"\n\t}}\n"
            );
        }
        if self.at == At::Masquerade {
            text.push_str(
                "\tchain postrouting {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n\
                 \t\toifname outside meta nfproto ipv4 masquerade\n\t}\n",
            );
        }
        let mut chain = |hook: &str, rules: &[&Rule]| {
            let _ = writeln!(
                text,
                "\tchain {hook} {{\n\t\ttype filter hook {hook} priority filter; policy drop;"
            );
            for (_, rule) in rules {
                let _ = writeln!(text, "\t\t{rule}");
            }
            text.push_str("\t}\n");
        };
        let own: Vec<&Rule> = vec![&NEIGHBOURS, &LOOPBACK_IN];
        let incoming: Vec<&Rule> = self.incoming.iter().collect();
        if self.forwards() {
            chain("input", &own);
            chain("forward", &incoming);
        } else {
            chain("input", &[own, incoming].concat());
        }
        if let Some(outgoing) = self.outgoing {
            let outgoing: Vec<&Rule> = outgoing.iter().chain([&NEIGHBOURS, &LOOPBACK_OUT]).collect();
            chain("output", &outgoing);
        }
        text.push_str("}\n");
        text
    }

    fn forwards(&self) -> bool {
        matches!(self.at, At::Router | At::Masquerade)
    }
}
