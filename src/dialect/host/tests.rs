//! What is read of files about sysctls and modules, and of scripts that set the same.

use crate::dialect::Format;
use crate::dialect::collection::{Collection, Text, read};
use crate::dialect::reading::ProblemKind;

use super::Problem;

fn collect(texts: &[(&str, &str)]) -> Collection {
    let text = |(name, content): &(&str, &str)| {
        let format = Format::recognize(name, content).expect("a format");
        (Text { name: (*name).to_owned(), content: (*content).to_owned() }, format)
    };
    read(texts.iter().map(text).collect(), &mut |_| None)
}

/// What is known from a script, of which everything is understood.
fn script(text: &str) -> Collection {
    let collection = collect(&[("fw.sh", &format!("#!/bin/sh\niptables -P INPUT DROP\n{text}\n"))]);
    assert_eq!(collection.problems, [], "{text}");
    collection
}

/// The values of sysctls, by their names.
fn sysctls(collection: &Collection) -> Vec<(&str, &str)> {
    collection.host.sysctls.iter().map(|(name, fact)| (name.as_str(), fact.value.as_str())).collect()
}

#[test]
fn sysctl_files_and_listings() {
    let text = "# ports\n; too\nnet.ipv4.ip_forward=1\n-net/ipv4/conf/eth0.5/rp_filter = 2\n\
                net.ipv4.ip_local_port_range = 32768\t60999\r\nkernel.hostname = a = b\n\
                net.ipv4.ip_local_reserved_ports =\n-net.ipv4.tcp_syncookies\n";
    let collection = collect(&[("sysctl.conf", text)]);
    assert_eq!(collection.problems, []);
    assert_eq!(
        sysctls(&collection),
        [
            ("kernel.hostname", "a = b"),
            ("net.ipv4.conf.eth0/5.rp_filter", "2"),
            ("net.ipv4.ip_forward", "1"),
            ("net.ipv4.ip_local_port_range", "32768 60999"),
            ("net.ipv4.ip_local_reserved_ports", ""),
        ]
    );
    let origin = collection.host.sysctls["net.ipv4.ip_forward"].origin.expect("an origin");
    assert_eq!((origin.text, origin.line), (0, 3));
    assert_eq!(&text[origin.start as usize..origin.end as usize], "net.ipv4.ip_forward=1");
}

#[test]
fn what_sets_no_sysctl_is_reported() {
    let text = "net.ipv4.ip_forward 1\nnet.ipv4.conf.*.rp_filter = 1\n= 2\nnet.ipv4.ip_forward = 0\n";
    let collection = collect(&[("sysctl.conf", text)]);
    let found: Vec<_> =
        collection.problems.iter().map(|problem| (problem.origin.line, &problem.kind)).collect();
    let problem = |line: &str| ProblemKind::Host(Problem::Sysctl(line.to_owned()));
    assert_eq!(
        found,
        [
            (1, &problem("net.ipv4.ip_forward 1")),
            (2, &problem("net.ipv4.conf.*.rp_filter = 1")),
            (3, &problem("= 2")),
        ]
    );
    assert_eq!(sysctls(&collection), [("net.ipv4.ip_forward", "0")]);
}

#[test]
fn files_of_modprobe_set_parameters_and_load_nothing() {
    let text = "# ftp\noptions nf_conntrack_ftp ports=21,2121 loose\nsoftdep a pre: b\nblacklist c\nalias d e\n\
                install nf_nat_ftp /sbin/modprobe --ignore-install nf_nat_ftp x=1 && true y=2\n\
                options nf-conntrack-sip \\\n  ports=5060\n";
    let collection = collect(&[("ftp.conf", text)]);
    assert_eq!(collection.problems, []);
    let host = &collection.host;
    assert!(host.modules.is_empty());
    let ports = host.parameter_ports("nf_conntrack_ftp", "ports");
    assert_eq!(ports.map(|ports| ports.to_string()).as_deref(), Some("21, 2121"));
    assert_eq!(host.parameter_switch("nf_conntrack_ftp", "loose"), Some(true));
    assert_eq!(host.parameter("nf_nat_ftp", "x").map(|fact| fact.value.as_str()), Some("1"));
    assert_eq!(host.parameter("nf_nat_ftp", "y"), None);
    let continued = host.parameter("nf_conntrack_sip", "ports").expect("the parameter");
    assert_eq!((continued.value.as_str(), continued.origin.map(|origin| origin.line)), ("5060", Some(7)));
}

#[test]
fn lists_of_modules_load_them() {
    let collection = collect(&[("/etc/modules", "# at boot\nnf-conntrack-ftp ports=2121\nloop\n")]);
    assert_eq!(collection.problems, []);
    assert_eq!(collection.host.has_module("nf_conntrack_ftp"), Some(true));
    assert_eq!(collection.host.has_module("nf_nat_ftp"), None);
    assert_eq!(
        collection.host.module_parameters.keys().collect::<Vec<_>>(),
        [&("nf_conntrack_ftp".to_owned(), "ports".to_owned())]
    );
    let listed = "Module                  Size  Used by\nnf_conntrack 172032 2 nf_nat,nf_conntrack_ftp\n";
    let listing = collect(&[("-", listed)]);
    assert_eq!(listing.problems, []);
    assert_eq!(listing.host.has_module("nf_conntrack"), Some(true));
    assert_eq!(listing.host.has_module("nf_conntrack_ftp"), Some(false));
}

#[test]
fn what_is_no_module_is_reported() {
    let collection = collect(&[("/etc/modules", "nf_conntrack_ftp\nwhat is this\noptions\n")]);
    let lines: Vec<u32> = collection.problems.iter().map(|problem| problem.origin.line).collect();
    assert_eq!(lines, [2]);
}

#[test]
fn scripts_load_modules() {
    let collection = script(
        "MODPROBE=/sbin/modprobe\n$MODPROBE ip_conntrack_ftp ports=21,2121\nmodprobe -a nf_nat_ftp nf_nat\n\
         sudo modprobe -q x_tables\nmodprobe -r gone\ninsmod /lib/modules/nf_nat_tftp.ko.xz ports=69\n\
         IPTABLES_MODULES=\"nf_nat_sip nf_nat_pptp\"\nfor m in one two; do modprobe $m; done",
    );
    let names: Vec<&str> = collection.host.modules.keys().map(String::as_str).collect();
    let expected = [
        "nf_conntrack_ftp",
        "nf_nat",
        "nf_nat_ftp",
        "nf_nat_pptp",
        "nf_nat_sip",
        "nf_nat_tftp",
        "one",
        "two",
        "x_tables",
    ];
    assert_eq!(names, expected);
    assert!(!collection.host.all_modules);
    let ports = collection.host.parameter_ports("nf_conntrack_ftp", "ports");
    assert_eq!(ports.map(|ports| ports.to_string()).as_deref(), Some("21, 2121"));
}

#[test]
fn scripts_set_sysctls() {
    let collection = script(
        "echo 1 > /proc/sys/net/netfilter/nf_conntrack_helper\nsysctl -w net.ipv4.ip_forward=1\n\
         sysctl -q net/ipv4/tcp_syncookies=1\nP=/proc/sys/net/ipv4\n\
         echo \"32768 60999\" >$P/ip_local_port_range; echo hello\necho 1 > /tmp/x",
    );
    assert_eq!(
        sysctls(&collection),
        [
            ("net.ipv4.ip_forward", "1"),
            ("net.ipv4.ip_local_port_range", "32768 60999"),
            ("net.ipv4.tcp_syncookies", "1"),
            ("net.netfilter.nf_conntrack_helper", "1"),
        ]
    );
    let origin = collection.host.sysctls["net.ipv4.ip_forward"].origin.map(|origin| origin.line);
    assert_eq!(origin, Some(4));
}

#[test]
fn what_a_script_may_have_changed_is_not_known() {
    let helper = "net.netfilter.nf_conntrack_helper";
    let set = "echo 1 > /proc/sys/net/netfilter/nf_conntrack_helper";
    for change in [
        format!("if [ -e /x ]; then sysctl -w {helper}=0; fi"),
        format!("[ -e /x ] && sysctl -w {helper}=0"),
        format!("sysctl -w {helper}=$1"),
    ] {
        assert_eq!(script(set).host.sysctl_number(helper), Some(1));
        assert_eq!(script(&format!("{set}\n{change}")).host.sysctl(helper), None, "{change}");
        assert_eq!(script(&format!("{change}\n{set}")).host.sysctl_number(helper), Some(1), "{change}");
    }
    // A function changes something where it is called.
    let stop = format!("{set}\nstop() {{\nsysctl -w {helper}=0\n}}\n");
    assert_eq!(script(&stop).host.sysctl_number(helper), Some(1));
    assert_eq!(script(&format!("{stop}stop\n")).host.sysctl_number(helper), Some(0));
    assert_eq!(
        script("if [ -e /x ]; then modprobe nf_conntrack_ftp; fi").host.has_module("nf_conntrack_ftp"),
        None
    );
}

#[test]
fn of_several_texts_the_later_one_holds() {
    let collection = collect(&[
        ("sysctl.conf", "net.ipv4.ip_forward=0\n"),
        ("rules.v4", "*filter\n-A INPUT -j ACCEPT\nCOMMIT\n"),
        ("99-ftp.conf", "net.ipv4.ip_forward=1\n"),
        ("/etc/modules", "nf_conntrack_ftp\n"),
    ]);
    assert_eq!(collection.problems, []);
    assert_eq!(collection.ruleset.chains.iter().map(|chain| chain.rules.len()).sum::<usize>(), 1);
    let fact = &collection.host.sysctls["net.ipv4.ip_forward"];
    assert_eq!((fact.value.as_str(), fact.origin.map(|origin| origin.text)), ("1", Some(2)));
    assert_eq!(collection.host.has_module("nf_conntrack_ftp"), Some(true));
}
