//! Addresses, tables, macros.

use super::check;

#[test]
fn addresses() {
    for (written, meant) in [
        ("any", ""),
        ("192.0.2.1", "from=[192.0.2.1] "),
        ("192.0.2.77/24", "from=[192.0.2.0/24] "),
        ("10/8", "from=[10.0.0.0/8] "),
        ("172.16/12", "from=[172.16.0.0/12] "),
        ("192.168", "from=[192.168.0.0/24] "),
        ("10.1", "from=[10.1.0.0/16] "),
        ("2001:db8::/32", "from=[2001:db8::/32] "),
        ("::1", "from=[::1] "),
        ("localhost", "from=[127.0.0.1, ::1] "),
        ("192.0.2.1 - 192.0.2.6", "from=[192.0.2.1, 192.0.2.2/31, 192.0.2.4/31, 192.0.2.6] "),
        ("{ 10/8, 192.0.2.1 { ::1 } }", "from=[10.0.0.0/8, 192.0.2.1, ::1] "),
        ("! 10/8", "(inet !from=[10.0.0.0/8]) "),
        ("{ 10/8 !10.1/16 }", "(from=[10.0.0.0/8] | inet !from=[10.1.0.0/16]) "),
        ("{ any 10/8 }", ""),
        ("self", "from=self "),
        ("(self)", "from=self "),
        ("! (self)", "!from=self "),
        ("! self", "?from ! self? "),
        ("em0", "?from em0? "),
        ("(em0)", "?from (em0)? "),
        ("(em0:0)/24", "?from (em0:0)/24? "),
        ("em0:network", "?from em0:network? "),
        ("! (em0)", "!?from (em0)? "),
        ("! any", "from=[] "),
        ("! egress:network", "?from ! egress:network? "),
        ("ftp.example.org", "?from ftp.example.org? "),
        ("{ 10/8 em0 }", "(from=[10.0.0.0/8] | ?from em0?) "),
    ] {
        check(&format!("block from {written}"), &format!("{meant}-> drop"));
        let to = meant.replace("from", "to");
        check(&format!("block to {written}"), &format!("{to}-> drop"));
    }
}

#[test]
fn tables() {
    let rule = "block from <t>\n";
    check(
        &format!("table <t> {{ 10/8 !10.1/16, 10.1.2.0/24 }}\n{rule}"),
        "from=[10.0.0.0/16, 10.1.2.0/24, 10.2.0.0/15, 10.4.0.0/14, 10.8.0.0/13, 10.16.0.0/12, 10.32.0.0/11, 10.64.0.0/10, 10.128.0.0/9] -> drop",
    );
    check(&format!("{rule}table <t> const {{ 192.0.2.1 }}"), "from=[192.0.2.1] -> drop");
    check(
        &format!("table <t> persist file \"/etc/spammers\" {{ ::1 }}\n{rule}"),
        "from=[192.0.2.1, 198.51.100.0/30, 198.51.100.4/31, 198.51.100.6, 198.51.100.8/29, 198.51.100.16/28, 198.51.100.32/27, 198.51.100.64/26, 198.51.100.128/25, ::1] -> drop",
    );
    check(&format!("table <t> {{}}\n{rule}"), "from=[] -> drop");
    for unknown in
        ["table <t> persist", "table <t> file \"/etc/named\"", "table <t> { 10/8 mail.example.org }", ""]
    {
        check(&format!("{unknown}\n{rule}"), "?from <t>? -> drop");
    }
    check("block from ! <t:12>", "!?from <t>? -> drop");
    check("table <t> { 10/8 }\nblock from ! <t>", "!from=[10.0.0.0/8] -> drop");
    check("table <t> { 10/8 }\nblock from { <t> 192.0.2.1 }", "from=[10.0.0.0/8, 192.0.2.1] -> drop");
}

#[test]
fn macros() {
    check("ext = \"em0\"\nblock in on $ext", "in iif=em0 -> drop");
    check("ext = em0\nblock in from $ext:network", "in ?from em0:network? -> drop");
    check(
        "a = 192.0.2.1\nb = 192.0.2.2\nboth = \"{\" $a $b \"}\"\nblock from $both",
        "from=[192.0.2.1, 192.0.2.2] -> drop",
    );
    check(
        "ports = \"{ ftp, 60000:60020 }\"\nblock proto tcp to port $ports",
        "tcp dport=[21, 60000-60020] -> drop",
    );
    check(
        "hosts = \"192.0.2.1, 192.0.2.2\"\nblock from { $hosts, 192.0.2.3 }",
        "from=[192.0.2.1, 192.0.2.2/31] -> drop",
    );
    check("x = in\nblock $x label \"$x\"", "in -> drop");
    check("a = 10.0.0.0/8\nblock from $a", "from=[10.0.0.0/8] -> drop");
    check("a = 192.0.2.1\nblock from !$a", "(inet !from=[192.0.2.1]) -> drop");
    check("ext = em0\nblock from ($ext)", "?from (em0)? -> drop");
    check("net = \"10.0.0.0\"\nblock from $net/8", "from=[10.0.0.0/8] -> drop");
}
