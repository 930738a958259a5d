//! Lines, comments, files, anchors, places.

use std::fmt::Write as _;

use super::{Flavour, check, check_freebsd, file, problems, read_anchor, read_as, show};

#[test]
fn lines_go_on() {
    check("block in \\\n  on em0 # here\n\n# pass in\nblock out", "in iif=em0 -> drop\nout -> drop");
    check("# not this \\\nblock in\nblock out", "out -> drop");
    check(
        "block from {\n  10/8 # private\n  192.0.2.1,\n}\r\nblock out\r\n",
        "from=[10.0.0.0/8, 192.0.2.1] -> drop\nout -> drop",
    );
    check("a = \"{ 10/8,\n  192.0.2.1 }\"\nblock from $a", "from=[10.0.0.0/8, 192.0.2.1] -> drop");
}

#[test]
fn comments_of_ours_belong_to_the_rule_below() {
    let reading =
        read_as(Flavour::Openbsd, "# ftpfw P1 P2\npass in\n# ftpfw lost\n\npass out\n# theirs\npass\n");
    let comments: Vec<Option<&str>> =
        reading.ruleset.chains[0].rules.iter().map(|rule| rule.comment.as_deref()).collect();
    assert_eq!(comments, [Some("ftpfw P1 P2"), None, None]);
}

#[test]
fn anchors() {
    check("anchor \"ftp-proxy/*\"", "-> anchor=ftp-proxy/*");
    check("anchor ftp in quick on em0 proto tcp", "in iif=em0 tcp -> anchor=ftp quick");
    check(
        "anchor \"a\" on em0 {\n  block in\n  anchor {\n    block out\n  }\n}\nblock",
        "(in iif=em0 | out oif=em0) -> anchor=a\n-> drop\na filter: in -> drop\na filter: -> anchor=a/_1\na/_1 filter: out -> drop",
    );
    check(
        "anchor a {\n}\nanchor b/c {\nanchor ../d\nanchor /e\n}",
        "-> anchor=a\n-> anchor=b/c\na filter: nothing\nb/c filter: -> anchor=b/d\nb/c filter: -> anchor=e",
    );
    check_freebsd(
        "nat-anchor \"x\"\nrdr-anchor \"x\"\nbinat-anchor x\nanchor x\nload anchor x from \"/etc/anchor.conf\"",
        "binat-out: -> anchor=x\nnat: -> anchor=x\nrdr: -> anchor=x\nbinat-in: -> anchor=x\n-> anchor=x\n\
         x nat: oif=em0 from=[10.0.0.0/8] -> snat=192.0.2.9 ports 50001-65535\nx filter: in from=[192.0.2.1] -> drop",
    );
}

#[test]
fn a_text_for_an_anchor_is_the_base() {
    let reading = read_anchor("block\nanchor x {\nblock in\n}\n", "/own/", Flavour::Openbsd, &mut file);
    let chains = &reading.ruleset.chains;
    assert_eq!((chains[0].table.name.as_str(), chains[0].base.is_some()), ("own", true));
    assert_eq!((chains[1].table.name.as_str(), chains[1].base.is_some()), ("own/x", false));
}

#[test]
fn includes_share_macros() {
    check("web = 80\ninclude \"/etc/web.conf\"\nblock", "in tcp dport=[80] syn -> accept\n-> drop");
    let reading = read_as(Flavour::Openbsd, "web = 80\ninclude \"/etc/web.conf\"\nblock");
    let texts: Vec<u32> =
        reading.ruleset.chains[0].rules.iter().map(|rule| rule.origin.expect("read").text).collect();
    assert_eq!(texts, [1, 0]);
    // What is loaded into an anchor does not know them.
    let reading = read_as(Flavour::Openbsd, "web = 80\nload anchor x from \"/etc/web.conf\"");
    assert_eq!(reading.problems.len(), 1);
}

#[test]
fn antispoof() {
    check(
        "antispoof quick for { lo0 em0 } inet",
        "in !iif=lo0 from=[127.0.0.0/8] -> drop quick\nin !iif=em0 inet ?from em0:network? -> drop quick\nin inet ?from em0? -> drop quick",
    );
    check(
        "antispoof log for (em0) label \"x\"",
        "in !iif=em0 ?from (em0:network)? -> drop\nin ?from (em0)? -> drop",
    );
}

#[test]
fn a_rule_is_where_its_words_are() {
    let text = "ext = em0\n\npass in on $ext \\\n proto tcp to port { 21 # ftp\n 990 } # all\n  block out \n";
    let reading = read_as(Flavour::Openbsd, text);
    assert_eq!(reading.problems, []);
    let places: Vec<(u32, &str)> = reading.ruleset.chains[0]
        .rules
        .iter()
        .map(|rule| {
            let origin = rule.origin.expect("read");
            (origin.line, &text[origin.start as usize..origin.end as usize])
        })
        .collect();
    assert_eq!(places, [(3, "pass in on $ext \\\n proto tcp to port { 21 # ftp\n 990 }"), (6, "block out")]);
}

#[test]
fn what_pfctl_prints_is_read() {
    check(
        "@0 block drop in log quick on ! em0 inet from 10.0.0.0/24 to any\n  [ Evaluations: 7  Packets: 0  Bytes: 0  States: 0  ]\n  [ Inserted: uid 0 pid 1 State Creations: 0 ]\n\
         @1 pass in on em0 inet proto tcp from <friends:2> to 192.0.2.1 port = ftp flags S/SA keep state (source-track rule, max-src-conn 10)\n\
         anchor \"ftp-proxy/*\" all\nblock return-icmp(port-unr, port-unr) in inet6 all\npass out all flags S/SA modulate state allow-opts label \"x\"\n",
        "in !iif=em0 inet from=[10.0.0.0/24] -> drop quick\n\
         in iif=em0 inet ?from <friends>? to=[192.0.2.1] tcp dport=[21] syn ?max-src-conn 10? -> accept\n\
         -> anchor=ftp-proxy/*\nin inet6 -> reject\nout (!tcp | syn) -> accept",
    );
    check_freebsd(
        "nat on em0 inet from 10.0.0.0/8 to any -> (em0) round-robin\nrdr pass on em1 inet proto tcp from any to any port = ftp -> 127.0.0.1 port 8021\nno nat on em0 proto carp all",
        "nat: oif=em0 inet from=[10.0.0.0/8] -> snat=self ports 50001-65535\nnat: oif=em0 112 -> accept\n\
         rdr: iif=em1 inet tcp dport=[21] -> dnat=127.0.0.1 port 8021 skip-filter",
    );
}

#[test]
fn macros_that_double_each_other_end() {
    let mut text = "a0 = xxxxxxxx\n".to_owned();
    for step in 1..64 {
        let _ = writeln!(text, "a{step} = $a{0} $a{0}", step - 1);
    }
    text += "block from $a63\npass out no state\n";
    assert!(!problems(Flavour::Openbsd, &text).is_empty());
    assert!(show(&read_as(Flavour::Openbsd, &text).ruleset).ends_with("out -> stateless accept\n"));
}
