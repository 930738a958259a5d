//! Whole configurations, as people have them.

use super::{check, check_freebsd};

#[test]
fn an_openbsd_gateway_with_ftp_proxy() {
    check(
        r#"
        # A small office.
        ext_if = "em0"
        int_if = "em1"
        tcp_services = "{ ssh, domain }"
        table <rfc1918> const { 10/8, 172.16/12, 192.168.0.0/16 }

        set block-policy return
        set loginterface egress
        set skip on lo

        match in all scrub (no-df random-id)
        match out on egress inet from !(egress:network) to any nat-to (egress:0)

        block log
        block in quick from urpf-failed label uRPF
        antispoof quick for { lo $int_if }

        anchor "ftp-proxy/*"
        pass in quick on $int_if inet proto tcp to port ftp divert-to 127.0.0.1 port 8021
        pass out quick
        pass in on $int_if inet
        pass in on $ext_if inet proto tcp to ($ext_if) port $tcp_services
        block drop in quick on $ext_if from <rfc1918>
        "#,
        "skip lo
        in ->
        out oif=egress inet !?from (egress:network)? -> snat=self ports 50001-65535
        -> reject
        in ?from urpf-failed? -> reject quick
        in !iif=lo ?from lo:network? -> drop quick
        in ?from lo? -> drop quick
        in !iif=em1 ?from em1:network? -> drop quick
        in ?from em1? -> drop quick
        -> anchor=ftp-proxy/*
        in iif=em1 inet tcp dport=[21] syn -> divert=127.0.0.1 port 8021 accept quick
        out (!tcp | syn) -> accept quick
        in iif=em1 inet (!tcp | syn) -> accept
        in iif=em0 inet ?to (em0)? tcp dport=[22, 53] syn -> accept
        in iif=em0 from=[10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16] -> drop quick",
    );
}

#[test]
fn a_freebsd_ftp_server_and_gateway() {
    check_freebsd(
        r#"
        ext_if="vtnet0"
        jail = "10.0.0.5"
        set skip on lo0
        scrub in all
        nat-anchor "ftp-proxy/*"
        rdr-anchor "ftp-proxy/*"
        nat on $ext_if from 10.0.0.0/24 to any -> ($ext_if)
        rdr on $ext_if proto tcp from any to ($ext_if) port { 21, 60000:60020 } -> $jail
        rdr pass on vtnet1 proto tcp from any to any port 21 -> 127.0.0.1 port 8021
        block in all
        anchor "ftp-proxy/*"
        pass out all keep state
        pass in on $ext_if proto tcp from any to $jail port { 21 60000:60020 } flags S/SA keep state
        "#,
        "skip lo0
        nat: -> anchor=ftp-proxy/*
        nat: oif=vtnet0 from=[10.0.0.0/24] -> snat=self ports 50001-65535
        rdr: -> anchor=ftp-proxy/*
        rdr: iif=vtnet0 ?to (vtnet0)? tcp dport=[21, 60000-60020] -> dnat=10.0.0.5
        rdr: iif=vtnet1 tcp dport=[21] -> dnat=127.0.0.1 port 8021 skip-filter
        in -> drop
        -> anchor=ftp-proxy/*
        out (!tcp | syn) -> accept
        in iif=vtnet0 to=[10.0.0.5] tcp dport=[21, 60000-60020] syn -> accept",
    );
}

#[test]
fn macos_as_it_comes() {
    check_freebsd(
        r#"
        scrub-anchor "com.apple/*"
        nat-anchor "com.apple/*"
        rdr-anchor "com.apple/*"
        dummynet-anchor "com.apple/*"
        anchor "com.apple/*"
        load anchor "com.apple" from "/etc/apple"
        "#,
        "nat: -> anchor=com.apple/*
        rdr: -> anchor=com.apple/*
        -> anchor=com.apple/*
        com.apple filter: -> anchor=com.apple/200.AirDrop/*
        com.apple filter: -> anchor=com.apple/250.ApplicationFirewall/*",
    );
}
