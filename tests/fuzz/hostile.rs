//! Inputs that are made to be too much: nested, cyclic, multiplying, long. Each is read in proportion to its length.

use std::fmt::Write as _;

use crate::measure::allocated;
use crate::targets;

/// What each byte of such an input may allocate. Most take less than a hundredth of it; what multiplies is stopped by
/// limits that are constants.
const FACTOR: usize = 2048;

/// What limits that are constants may come to.
const CONSTANT: usize = 3 << 29;

fn check(target: targets::Target, name: &str, text: &str) {
    let bytes = allocated(|| target(text.as_bytes()));
    assert!(bytes < CONSTANT + FACTOR * text.len(), "{name}: {bytes} bytes for {}", text.len());
}

/// `count` lines, made of their numbers.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut all, number| {
        let _ = writeln!(all, "{}", line(number));
        all
    })
}

/// Definitions each of which holds the one before twice.
fn doubling(depth: usize, first: &str, next: impl Fn(usize) -> String) -> String {
    format!("{first}\n{}", lines(depth, |number| next(number + 1)))
}

const MANY: usize = 1000;

#[test]
fn iptables() {
    let cases = [
        ("long line", format!("-A INPUT -s {}1.1.1.1 -j DROP", "10.0.0.1,".repeat(MANY * 10))),
        ("long name", format!("-A {} -j DROP", "x".repeat(1 << 20))),
        ("no newline", "x".repeat(1 << 20)),
        ("not", format!("-A INPUT {} -j DROP", "! ".repeat(MANY * 10))),
        ("quotes", format!("-A INPUT -m comment --comment {}", "\"a\\".repeat(MANY * 10))),
        (
            "chain of chains",
            lines(MANY, |number| format!("-N c{number}"))
                + &lines(MANY, |number| format!("-A c{number} -j c{}", number + 1)),
        ),
        ("cycle", lines(MANY, |number| format!("-A c{} -j c{}", number % 7, (number + 1) % 7))),
        ("ports", format!("-A INPUT -p tcp -m multiport --dports {}21 -j DROP", "1:2,".repeat(MANY * 10))),
    ];
    for (name, text) in cases {
        check(targets::iptables, name, &text);
    }
}

#[test]
fn scripts() {
    let value = "x ".repeat(MANY);
    let cases = [
        (
            "loops in loops",
            format!(
                "{}iptables -A INPUT -s $a -j DROP\n{}",
                "for a in 1 2 3 4 5 6 7 8 9\ndo ".repeat(64),
                "done\n".repeat(64)
            ),
        ),
        ("one word a thousand times", format!("A=\"{value}\"\niptables -A INPUT {}\n", "$A ".repeat(MANY))),
        (
            "one item a thousand times",
            format!("A=\"{value}\"\nfor a in {}; do x; done\n", "$A ".repeat(MANY)),
        ),
        (
            "one quoted word a thousand times",
            format!(
                "A=\"{value}\"\niptables -A INPUT -m comment --comment \"{}\" -j DROP\n",
                "$A".repeat(MANY)
            ),
        ),
        ("doubling", doubling(MANY, "A=x", |_| "A=\"$A $A\"".to_owned())),
        (
            "conditions on many rules",
            format!("if {}; then\n{}fi\n", "x".repeat(1 << 19), "iptables -A INPUT -j DROP\n".repeat(MANY)),
        ),
        ("conditions within conditions", "if x; then iptables -A INPUT -j DROP\n".repeat(MANY)),
        (
            "one case of many",
            format!(
                "case {} in\n{}esac\n",
                "x".repeat(1 << 19),
                "a) iptables -A INPUT -j DROP;;\n".repeat(MANY)
            ),
        ),
        (
            "else and else",
            format!("if x; then y\n{}fi\n", "elif z; then iptables -A INPUT -j DROP\n".repeat(MANY)),
        ),
        (
            "commands within conditions",
            format!(
                "{}{}iptables -A INPUT -j DROP\n",
                "if [ -f x ]; then ".repeat(MANY * 20),
                "x\n".repeat(MANY * 20)
            ),
        ),
        (
            "functions that call two others",
            lines(40, |number| format!("f{number}() {{ f{0} $1$1; f{0} x; }}", number + 1)) + "f0 x\n",
        ),
        ("what flushes in vain", "iptables -A INPUT -j DROP\nx && iptables -F\n".repeat(MANY)),
        ("a loop without end", "while true; do iptables -A INPUT -j DROP; done\n".to_owned()),
        (
            "sums",
            format!("A=$(({}1))\niptables -A INPUT -p tcp --dport $A -j DROP\n", "(1+".repeat(MANY * 10)),
        ),
        ("brackets", "$(".repeat(1 << 19)),
        ("braces", "${".repeat(1 << 19)),
        ("documents", "iptables-restore <<E\n*filter\n".repeat(MANY)),
        (
            "sets",
            format!(
                "ipset create a hash:ip\n{}",
                "ipset add a 10.0.0.0-10.0.0.255\niptables -A INPUT -m set --match-set a src -j DROP\n"
                    .repeat(MANY / 4)
            ),
        ),
        ("no newline", "iptables ".repeat(1 << 17)),
    ];
    for (name, text) in cases {
        check(targets::iptables_script, name, &text);
    }
}

#[test]
fn sets() {
    let add = |number: usize| format!("add a 10.{}.{}.1", number / 250, number % 250);
    let cases = [
        (
            "large intervals",
            format!(
                "create a hash:ip,port,ip\n{}",
                "add a 0.0.0.1-255.255.255.254,0-65535,0.0.0.1-255.255.255.254\n".repeat(MANY)
            ),
        ),
        (
            "members of members",
            format!(
                "create all list:set\ncreate a list:set\nadd all a\n{}",
                "add a all\nadd all all\n".repeat(MANY)
            ),
        ),
        (
            "one member many times",
            format!("create b hash:ip\nadd b 10.0.0.1\ncreate all list:set\n{}", "add all b\n".repeat(MANY)),
        ),
        (
            "a large member many times",
            format!(
                "create a hash:ip\n{}create all list:set\n{}",
                lines(MANY, add),
                "add all a\n".repeat(MANY)
            ),
        ),
        (
            "a long line",
            format!(
                "create a hash:{}\nadd a {}",
                "ip,".repeat(1 << 18),
                "10.0.0.1-10.0.0.2,".repeat(1 << 16)
            ),
        ),
        (
            "removed one by one",
            format!(
                "create all list:set\n{}{}",
                lines(MANY, |number| format!("add all m{number}")),
                lines(MANY, |number| format!("del all m{number}"))
            ),
        ),
    ];
    for (name, text) in cases {
        check(targets::ipset, name, &text);
    }
}

#[test]
fn nft() {
    let rule =
        |rule: &str| format!("table ip t {{ chain c {{ type filter hook input priority 0; {rule} }} }}");
    let twice = |open: &str, close: &str, leaf: &str| {
        doubling(40, &format!("define a0 = {leaf}"), |number| {
            format!("define a{number} = {open} $a{}, $a{} {close}", number - 1, number - 1)
        })
    };
    let large = format!("define a = {{ {} }}\n", "1, ".repeat(MANY));
    let cases = [
        ("braces", rule(&format!("tcp dport {}", "{".repeat(1 << 17)))),
        ("parentheses", rule(&format!("tcp dport {}", "(".repeat(1 << 17)))),
        ("blocks", "table ip t { chain c { ".repeat(MANY)),
        ("jumps to blocks", rule(&"jump { ".repeat(MANY))),
        ("sets of sets", format!("{}\n{}", twice("{", "}", "{ 1 }"), rule("tcp dport $a40 accept"))),
        ("sets of empty sets", format!("{}\n{}", twice("{", "}", "{ }"), rule("tcp dport $a40 accept"))),
        ("lists of lists", format!("{}\n{}", twice("(", ")", "1"), rule("tcp dport $a40 accept"))),
        ("lists of states", format!("{}\n{}", twice("(", ")", "new"), rule("ct state $a40 accept"))),
        (
            "concatenations",
            format!(
                "{}\n{}",
                twice("(", ")", "1").replace(',', " ."),
                rule("ip saddr . tcp dport $a40 accept")
            ),
        ),
        (
            "bits",
            format!(
                "{}\n{}",
                twice("(", ")", "1").replace(',', " |"),
                rule("meta mark & $a40 == $a40 accept")
            ),
        ),
        (
            "elements",
            format!(
                "{}\ntable ip t {{ set s {{ type inet_service; elements = $a40 }} }}\ndelete element ip t s $a40",
                twice("{", "}", "{ 1 }")
            ),
        ),
        ("a map", format!("{}\n{}", twice("{", "}", "{ 1 : accept }"), rule("tcp dport vmap $a40"))),
        ("prefixes", format!("{}\n{}", twice("(", ")", "10.0.0.1"), rule("dnat to $a40"))),
        ("one set in many rules", format!("{large}{}", rule(&"tcp dport $a accept;".repeat(MANY / 4)))),
        (
            "one set in one set",
            format!("{large}{}", rule(&format!("tcp dport {{ {} }} accept", "$a, ".repeat(MANY)))),
        ),
        ("one set in unknown rules", format!("{large}{}", rule(&"tcp nothing $a accept;".repeat(MANY)))),
        (
            "elements after elements",
            format!(
                "table ip t {{ set s {{ type inet_service; }} }}\n{}",
                lines(MANY, |number| format!("add element ip t s {{ {number} }}"))
            ),
        ),
        (
            "elements without elements",
            format!(
                "table ip t {{ set s {{ type inet_service; elements = {{ {} }} }} }}\n{}",
                "1, ".repeat(MANY),
                lines(MANY, |number| format!("delete element ip t s {{ {number} }}"))
            ),
        ),
        ("inserted rules", format!("{}\n{}", rule(""), "insert rule ip t c drop\n".repeat(MANY * 2))),
        ("included by itself", format!("{}include \"self\"\ninclude \"self\"\n", "# nothing\n".repeat(MANY))),
        ("a long line", rule(&format!("log prefix \"{}\" accept", "x".repeat(1 << 20)))),
        ("continued lines", "\\\n".repeat(1 << 19)),
        ("no newline", "x ".repeat(1 << 19)),
    ];
    for (name, text) in cases {
        check(targets::nft, name, &text);
    }
}

#[test]
fn nft_json() {
    let rule = |value: &str| {
        format!(
            "{{\"nftables\":[{{\"rule\":{{\"family\":\"ip\",\"table\":\"t\",\"chain\":\"c\",\"expr\":[{value}]}}}}]}}"
        )
    };
    let cases = [
        ("lists", rule(&"[".repeat(1 << 19))),
        ("objects", rule(&"{\"set\":[".repeat(100))),
        ("closed", rule(&format!("{}1{}", "{\"set\":[".repeat(40), "]}".repeat(40)))),
        (
            "wide",
            rule(&format!(
                "{{\"match\":{{\"op\":\"==\",\"left\":{{\"payload\":{{\"protocol\":\"tcp\",\"field\":\"dport\"}}}},\"right\":{{\"set\":[{}1]}}}}}}",
                "1,".repeat(MANY)
            )),
        ),
        ("many objects", format!("{{\"nftables\":[{}{{}}]}}", "{\"rule\":{}},\n".repeat(MANY))),
        ("a long text", rule(&format!("\"{}\"", "x".repeat(1 << 20)))),
    ];
    for (name, text) in cases {
        check(targets::nft_json, name, &text);
    }
}

#[test]
fn pf() {
    let many = |word: &str| format!("{{ {} }}", format!("{word} ").repeat(1000));
    let cases = [
        (
            "a thousand million combinations",
            format!(
                "pass in on {} proto tcp from {} port {} to {} port {}\n",
                many("em0"),
                many("10.0.0.1"),
                many("21"),
                many("10.0.0.2"),
                many("22")
            ),
        ),
        (
            "distinct combinations",
            format!(
                "pass in on {{ {} }} proto tcp from {{ {} }} port {{ {} }} to {{ {} }}\n",
                lines(1000, |number| format!("em{number}")).replace('\n', " "),
                lines(1000, |number| format!("10.0.{}.{}", number / 250, 2 * (number % 125)))
                    .replace('\n', " "),
                lines(1000, |number| format!("{}", 2 * number)).replace('\n', " "),
                lines(1000, |number| format!("! 10.1.{}.{}", number / 250, 2 * (number % 125)))
                    .replace('\n', " "),
            ),
        ),
        ("doubling", doubling(60, "a = x", |_| "a = \"$a $a\"".to_owned()) + "pass from { $a }\n"),
        (
            "one macro a thousand times",
            format!("a = \"{}\"\n{}", "10.0.0.1 ".repeat(MANY), "pass from { $a }\n".repeat(MANY)),
        ),
        ("braces", format!("pass from {}", "{ ".repeat(1 << 18))),
        ("parentheses", format!("pass from {}", "( ".repeat(1 << 18))),
        ("anchors", "anchor a {\n".repeat(MANY * 2)),
        ("anchors with rules", "anchor a in on em0 {\npass\n".repeat(MANY)),
        ("quotes", "'\"".repeat(1 << 19)),
        ("open quotes", "pass label \"x\n".repeat(MANY * 2)),
        ("open lists", "pass from { 10.0.0.1\n".repeat(MANY * 2)),
        (
            "exceptions",
            format!(
                "table <t> {{ 0/0 {} }}\n{}",
                lines(MANY, |number| format!("!10.{}.{}.1", number / 250, number % 250)).replace('\n', " "),
                "pass from <t>\n".repeat(1000)
            ),
        ),
        (
            "exceptions over IPv6",
            format!(
                "table <t> {{ ::/0 {} }}\npass from <t>\n",
                lines(MANY, |number| format!("!2001:db8:{number:x}::1")).replace('\n', " ")
            ),
        ),
        (
            "included by itself",
            format!(
                "{}include \"self\"\ninclude \"self\"\nload anchor a from \"self\"\n",
                "# nothing\n".repeat(MANY)
            ),
        ),
        ("tables from files", lines(MANY, |number| format!("table <t{number}> file \"self\""))),
        ("continued lines", "\\\n".repeat(1 << 19)),
        ("no newline", "pass ".repeat(1 << 18)),
    ];
    for (name, text) in cases {
        check(targets::pf_openbsd, name, &text);
        check(targets::pf_freebsd, name, &text);
    }
}

/// Rules that a packet, or all of them, can go round in.
#[test]
fn evaluation() {
    let twice = |count: usize| {
        lines(count, |number| format!("-A c{number} -j c{}\n-A c{number} -j c{}", number + 1, number + 1))
    };
    let packets = "\n--\nhook=input src=10.0.0.1 dst=10.0.0.2 proto=tcp sport=1024 dport=21 state=new\n";
    let declared = |count: usize| lines(count, |number| format!("-N c{number}"));
    let cases = [
        ("a way twice through each chain", format!("{}-A INPUT -j c0\n{}", declared(61), twice(60))),
        (
            "a long way",
            format!(
                "{}-A INPUT -j c0\n{}",
                declared(MANY + 1),
                lines(MANY, |number| format!("-A c{number} -j c{}", number + 1))
            ),
        ),
        (
            "round and round",
            format!(
                "{}-A INPUT -j c0\n{}",
                declared(7),
                lines(700, |number| format!("-A c{} -j c{}", number % 7, (number + 1) % 7))
            ),
        ),
        ("many questions", lines(1000, |number| format!("-A INPUT -m recent --name r{number} -j DROP"))),
        (
            "many questions that decide nothing",
            lines(1000, |number| format!("-A INPUT -m recent --name r{number} -j RETURN")),
        ),
    ];
    for (name, rules) in cases {
        check(targets::evaluate, name, &format!("iptables\n{rules}{packets}"));
    }
}
