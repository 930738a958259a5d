//! Shell scripts.

use std::fmt::Write as _;

use super::super::Problem;
use super::{check, problems, reading, render};

#[test]
fn commands_and_variables() {
    check(
        r#"#!/bin/sh
# The firewall of the FTP server.
IPT=/sbin/iptables
IPT6=$(which ip6tables)
export PASV="60000:60020" SERVER=192.0.2.10
$IPT -F; $IPT -X
$IPT -P INPUT DROP
${IPT} -N FTP 2>/dev/null
$IPT -A INPUT -p tcp -d $SERVER --dport 21 \
     -j FTP   # the control connection
$IPT -A FTP -m comment --comment 'say "ftp"' -j ACCEPT
$IPT -A INPUT -p tcp -d ${SERVER} --dport "${PASV}" -j ACCEPT
"$IPT6" -t raw -A PREROUTING -p tcp --dport ${CONTROL:-21} -j CT --helper ftp
sudo iptables -I INPUT -i lo -j ACCEPT
"#,
        r#"filter INPUT drop
 iif lo -> accept
 tcp dst 192.0.2.10 dport 21 -> jump FTP
 tcp dst 192.0.2.10 dport 60000-60020 -> accept
filter FTP -
 -> accept # say "ftp"
6 raw PREROUTING accept
 tcp dport 21 -> helper ftp"#,
    );
}

#[test]
fn the_service_is_not_the_program() {
    check("iptables -P INPUT DROP\n/etc/init.d/iptables save\n", "filter INPUT drop\n");
}

#[test]
fn loops() {
    check(
        "NETS=\"10.0.0.0/8 192.0.2.0/24\"\nfor ipt in iptables ip6tables; do\n  for port in 20 21\n  do $ipt -A INPUT -p tcp --dport $port -j ACCEPT; done\ndone\n\
         for net in $NETS; do iptables -A OUTPUT -d $net -j DROP; done\nfor x in $(true); do :; done\nfor none in; do iptables -A INPUT -j DROP; done\n",
        "filter INPUT accept
 tcp dport 20 -> accept
 tcp dport 21 -> accept
filter OUTPUT accept
 dst 10.0.0.0/8 -> drop
 dst 192.0.2.0/24 -> drop
6 filter INPUT accept
 tcp dport 20 -> accept
 tcp dport 21 -> accept",
    );
}

#[test]
fn a_session_with_prompts_and_a_here_document() {
    check(
        "root@gw:~# iptables -P INPUT DROP\n[root@gw ~]# iptables -A INPUT -j ACCEPT\n$ sudo ip6tables -A INPUT -j DROP\n\
         iptables-restore <<EOF\n*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\nEOF\niptables -L -n -v | grep ACCEPT\n",
        "filter INPUT drop\n -> accept\n6 filter INPUT accept\n -> drop\nnat POSTROUTING accept\n -> snat interface",
    );
}

#[test]
fn words_in_braces_are_several() {
    check(
        "for p in {21,990} {30000..30001}; do iptables -A INPUT -p tcp --dport $p -j ACCEPT; done\n\
         for p in '{1..2}' {a..b} \"{3,4}\"; do iptables -A INPUT -m comment --comment $p; done\n",
        "filter INPUT accept\n tcp dport 21 -> accept\n tcp dport 990 -> accept\n tcp dport 30000 -> accept\n \
         tcp dport 30001 -> accept\n -> # {1..2}\n -> # {a..b}\n -> # {3,4}",
    );
}

#[test]
fn a_here_document_may_add_to_what_is_there() {
    check(
        "iptables -P INPUT DROP\niptables -N X\niptables -A INPUT -p tcp -j X\niptables -A X -j DROP\n\
         iptables-restore -n <<EOF\n*filter\n:X -\n-A INPUT -p udp -j ACCEPT\n-A X -j ACCEPT\nCOMMIT\nEOF\n",
        "filter INPUT drop\n tcp -> jump X\n udp -> accept\nfilter X -\n -> accept",
    );
}

#[test]
fn a_rule_is_added_unless_it_is_there() {
    check(
        "iptables -C INPUT -j DROP || iptables -A INPUT -j DROP\niptables -C INPUT -j DROP || iptables -A INPUT -j DROP\niptables -N X && iptables -A INPUT -j X || exit 1\n",
        "filter INPUT accept\n -> drop\n -> jump X\nfilter X -",
    );
}

#[test]
fn what_only_a_shell_can_tell_is_opaque() {
    let text = "iptables -A INPUT -s $OFFICE -p tcp --dport $(cat port) -j ACCEPT
if [ -n \"$PASSIVE\" ]; then
  iptables -A INPUT -p tcp --dport 60000:60020 -j ACCEPT
else
  iptables -A INPUT -j DROP
fi
[ -f x ] && iptables -A INPUT -j DROP
case \"$MODE\" in
  strict|closed) iptables -A FORWARD -j DROP ;;
  *) echo usage ;;
esac
iptables -A INPUT -j $ACTION
$FW -A INPUT -i lo -j ACCEPT
";
    let reading = reading(text);
    assert_eq!(
        render(&reading.ruleset),
        "filter INPUT accept
 <-s $OFFICE> tcp <-m tcp --dport \"$(cat port)\"> -> accept
 tcp dport 60000-60020 <[ -n \"$PASSIVE\" ]> -> accept
 !<[ -n \"$PASSIVE\" ]> -> drop
 <[ -f x ]> -> drop
 -> <-j $ACTION>
 iif lo -> accept
filter FORWARD accept
 <case \"$MODE\" in strict> -> drop
"
    );
    let found = problems(&reading);
    assert!(found.contains(&Problem::Variable("OFFICE".to_owned())));
    assert!(found.contains(&Problem::Substitution("$(cat port)".to_owned())));
    assert!(found.contains(&Problem::Condition("[ -n \"$PASSIVE\" ]".to_owned())));
    for problem in &reading.problems {
        assert!(
            text.get(problem.origin.start as usize..problem.origin.end as usize)
                .is_some_and(|at| !at.is_empty())
        );
    }
}

#[test]
fn functions_run_where_they_are_called() {
    check(
        "allow() {\n  for port in \"$@\"; do iptables -A INPUT -p tcp --dport $port -j ACCEPT; done\n}\n\
         from() { local net=$1; shift; iptables -A INPUT -s \"$net\" -p $1 --dport ${2} -j ACCEPT; { return; }; iptables -A INPUT -j DROP; }\n\
         function never { iptables -F; iptables -P INPUT ACCEPT; }\n\
         iptables -P INPUT DROP\nallow 21 30000:30019\nfrom 192.0.2.0/24 udp 53 && allow 22\n",
        "filter INPUT drop
 tcp dport 21 -> accept
 tcp dport 30000-30019 -> accept
 src 192.0.2.0/24 udp dport 53 -> accept
 tcp dport 22 -> accept",
    );
}

#[test]
fn what_never_ends_is_left() {
    for text in [
        "again() { again; again; }\nagain\niptables -A INPUT -j DROP\n",
        "a() { b; }\nb() { a $1$1; }\na x\niptables -A INPUT -j DROP\n",
    ] {
        let reading = reading(text);
        assert_eq!(render(&reading.ruleset), "filter INPUT accept\n -> drop\n", "{text}");
        assert!(problems(&reading).contains(&Problem::TooLong), "{text}");
    }
}

/// An init script is read as if the machine were starting.
#[test]
fn a_script_that_does_what_it_is_called_with_is_started() {
    let text = "\
start() { iptables -P INPUT DROP; iptables -A INPUT -p tcp --dport 21 -j ACCEPT; }
stop() { iptables -F; iptables -P INPUT ACCEPT; }
case \"$1\" in
  start) start ;;
  stop|off) stop ;;
  restart) $0 stop; $0 start ;;
  watch) while true; do iptables -L; done ;;
  *) echo usage; exit 1 ;;
esac
exit 0
iptables -A INPUT -j DROP
";
    let reading = reading(text);
    assert_eq!(render(&reading.ruleset), "filter INPUT drop\n tcp dport 21 -> accept\n");
    assert_eq!(problems(&reading), [Problem::Started]);
}

#[test]
fn what_is_known_decides() {
    check(
        "FTP=yes IPV6=no COUNT=3\niptables -P INPUT DROP\n\
         if [ \"$FTP\" = yes ]; then iptables -A INPUT -p tcp --dport 21 -j ACCEPT; else iptables -F; fi\n\
         if [ $IPV6 = yes ]; then ip6tables -P INPUT DROP\nelif test $COUNT -gt 2; then iptables -A INPUT -p tcp --dport 22 -j ACCEPT; \
         elif [ -f x ]; then iptables -A INPUT -j DROP; else iptables -F; fi\n\
         [ -n \"$FTP\" ] && iptables -A INPUT -p tcp --dport 990 -j ACCEPT\n[ -z \"$FTP\" ] || iptables -A INPUT -p tcp --dport 989 -j ACCEPT\n\
         case $FTP in y*) iptables -A INPUT -p tcp --dport 20 -j ACCEPT ;; *) iptables -F ;; esac\n",
        "filter INPUT drop
 tcp dport 21 -> accept
 tcp dport 22 -> accept
 tcp dport 990 -> accept
 tcp dport 989 -> accept
 tcp dport 20 -> accept",
    );
}

/// What may be taken out is there unless that happens, and a policy that may be set ends the chain if it is.
#[test]
fn what_may_happen_is_not_certain() {
    let reading = reading(
        "iptables -A INPUT -p tcp --dport 21 -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
if [ -f a ]; then
  iptables -P INPUT DROP
  iptables -D INPUT -p tcp --dport 21 -j ACCEPT
  iptables -F OUTPUT
fi
iptables -A OUTPUT -j DROP
if grep -q x y; then iptables -F; iptables -X; iptables -R INPUT 1 -j LOG; fi
[ -f b ] && iptables -P INPUT ACCEPT
iptables -A INPUT -p tcp --dport 23 -j ACCEPT
",
    );
    assert_eq!(
        render(&reading.ruleset),
        "filter INPUT accept
 <grep -q x y> ->
 tcp dport 21 !<[ -f a ]> !<grep -q x y> !<grep -q x y> -> accept
 tcp dport 22 !<grep -q x y> -> accept
 tcp dport 23 -> accept
 <[ -f b ]> -> accept
 <[ -f a ]> -> drop
filter OUTPUT accept
 !<grep -q x y> -> drop
"
    );
}

#[test]
fn shells_count_and_calculate() {
    check(
        "MIN=30000\nMAX=$((MIN + 2))\niptables -A INPUT -p tcp --dport $MIN:$MAX -j ACCEPT\n\
         for p in $(seq $MIN $((${MIN}+1))) `seq 2`; do iptables -A INPUT -p tcp --dport $p -j DROP; done\n\
         PORTS=(21 22)\nPORTS+=( 990 )\nfor p in \"${PORTS[@]}\"; do iptables -A INPUT -p udp --dport $p -j DROP; done\n\
         i=0\nwhile [ $i -lt 2 ]; do iptables -A OUTPUT -p tcp --dport $((80 + i)) -j DROP; i=$((i+1)); done\n\
         until [ $i -eq 0 ]; do i=$((i - 1)); iptables -A OUTPUT -p udp --dport $i -j DROP; done\n",
        "filter INPUT accept
 tcp dport 30000-30002 -> accept
 tcp dport 30000 -> drop
 tcp dport 30001 -> drop
 tcp dport 1 -> drop
 tcp dport 2 -> drop
 udp dport 21 -> drop
 udp dport 22 -> drop
 udp dport 990 -> drop
filter OUTPUT accept
 tcp dport 80 -> drop
 tcp dport 81 -> drop
 udp dport 1 -> drop
 udp dport 0 -> drop",
    );
}

#[test]
fn positions_are_those_of_the_commands() {
    let text =
        "#!/bin/sh\nfor p in 20 21; do\n  iptables -A INPUT -p tcp \\\n    --dport $p -j ACCEPT\ndone\n";
    let reading = reading(text);
    for rule in &reading.ruleset.chains[0].rules {
        let origin = rule.origin.expect("read");
        assert_eq!(origin.line, 3);
        let slice = &text[origin.start as usize..origin.end as usize];
        assert_eq!(slice, "iptables -A INPUT -p tcp \\\n    --dport $p -j ACCEPT");
    }
}

#[test]
fn loops_within_loops_end() {
    let mut text = "X='1 2 3 4 5 6 7 8 9 10'\n".to_owned();
    for depth in 0..20 {
        writeln!(text, "for v{depth} in $X; do").expect("a string");
    }
    text += "iptables -A INPUT -j DROP\n";
    text += &"done\n".repeat(20);
    text += "iptables -A OUTPUT -j DROP\n";
    let reading = reading(&text);
    assert!(problems(&reading).contains(&Problem::TooLong));
    assert!(reading.ruleset.chains.iter().any(|chain| chain.name == "OUTPUT"));
}
