//! Rule sets as people publish them for FTP, written out.

use super::check;

#[test]
fn ports_20_and_21_and_a_module_that_attaches_nothing() {
    check(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n\
         -A INPUT -p tcp -m multiport --dports 20,21 -j ACCEPT\n-A OUTPUT -p tcp -m tcp --sport 20 -j ACCEPT\n\
         -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT\nCOMMIT\n",
        "filter INPUT drop
 tcp dport 20-21 -> accept
 state established,related -> accept
filter FORWARD drop
filter OUTPUT drop
 tcp sport 20 -> accept",
    );
}

#[test]
fn a_gateway_that_translates_control_and_range() {
    check(
        "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
         -A PREROUTING -i eth0 -p tcp --dport 21 -j DNAT --to-destination 10.0.0.5:21\n\
         -A PREROUTING -i eth0 -p tcp --dport 30000:31000 -j DNAT --to-destination 10.0.0.5:30000-31000\n\
         -A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n\
         *filter\n:FORWARD DROP [0:0]\n-A FORWARD -d 10.0.0.5/32 -p tcp -m multiport --dports 21,30000:31000 -j ACCEPT\n\
         -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n",
        "nat PREROUTING accept
 iif eth0 tcp dport 21 -> dnat 10.0.0.5 21
 iif eth0 tcp dport 30000-31000 -> dnat 10.0.0.5
nat POSTROUTING accept
 oif eth0 -> snat interface
filter FORWARD drop
 dst 10.0.0.5 tcp dport 21,30000-31000 -> accept
 state established,related -> accept",
    );
}

#[test]
fn a_helper_and_what_it_expects() {
    check(
        "iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n\
         iptables -A INPUT -m conntrack --ctstate RELATED -m helper --helper ftp -p tcp --dport 1024: -j ACCEPT\n\
         iptables -A INPUT -p tcp --dport 21 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT\niptables -P INPUT DROP\n",
        "raw PREROUTING accept
 tcp dport 21 -> helper ftp
filter INPUT drop
 state related helper ftp tcp dport 1024-65535 -> accept
 tcp dport 21 state established,new -> accept",
    );
}

#[test]
fn a_module_and_a_sysctl_of_old_kernels() {
    check(
        "modprobe nf_conntrack_ftp\necho 1 > /proc/sys/net/netfilter/nf_conntrack_helper\n\
         iptables -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n\
         iptables -A INPUT -p tcp --dport 21 -m state --state NEW -j ACCEPT\n",
        "filter INPUT accept
 state established,related -> accept
 tcp dport 21 state new -> accept",
    );
}

#[test]
fn a_control_port_that_is_shadowed() {
    check(
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p icmp -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n\
         -A INPUT -j REJECT --reject-with icmp-host-prohibited\n-A INPUT -p tcp -m state --state NEW -m tcp --dport 21 -j ACCEPT\n\
         -A OUTPUT -p tcp --sport 20 -j ACCEPT\nCOMMIT\n",
        "filter INPUT accept
 icmp -> accept
 iif lo -> accept
 -> reject
 tcp state new dport 21 -> accept
filter OUTPUT accept
 tcp sport 20 -> accept",
    );
}

#[test]
fn ranges_static_and_too_wide() {
    check(
        "iptables -A INPUT -p tcp --dport 49152:65534 -j ACCEPT\n\
         iptables -A INPUT -p tcp --dport 2121 -m state --state NEW -j ACCEPT\n\
         iptables -A INPUT -p tcp --match multiport --dports 60000:62000 -j ACCEPT\n\
         iptables -A INPUT -p tcp --sport 1024:65535 --dport 1024:65535 -j ACCEPT\n",
        "filter INPUT accept
 tcp dport 49152-65534 -> accept
 tcp dport 2121 state new -> accept
 tcp dport 60000-62000 -> accept
 tcp sport 1024-65535 dport 1024-65535 -> accept",
    );
}

#[test]
fn the_hole_by_source_port_20() {
    check(
        "iptables -A INPUT -p tcp --sport 20 -j ACCEPT\niptables -A INPUT -p tcp --sport ftp-data --dport 1024: ! --syn -j ACCEPT\n",
        "filter INPUT accept\n tcp sport 20 -> accept\n tcp sport 20 dport 1024-65535 !syn -> accept",
    );
}

#[test]
fn the_helper_in_the_wrong_table() {
    check(
        "iptables -A INPUT -p tcp --dport 21 -j CT --helper ftp",
        "filter INPUT accept\n tcp dport 21 -> helper ftp",
    );
}

#[test]
fn an_ufw_like_policy() {
    check(
        "*filter\n:INPUT DROP [0:0]\n:ufw-before-input - [0:0]\n:ufw-user-input - [0:0]\n:ufw-logging-deny - [0:0]\n\
         -A INPUT -j ufw-before-input\n-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
         -A ufw-before-input -j ufw-user-input\n-A ufw-user-input -p tcp -m multiport --dports 20,21,43257 -j ACCEPT\n\
         -A ufw-user-input -p udp -m multiport --dports 20,21,43257 -j ACCEPT\n\
         -A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix \"[UFW BLOCK] \"\nCOMMIT\n",
        "filter INPUT drop
 -> jump ufw-before-input
filter ufw-before-input -
 state established,related -> accept
 -> jump ufw-user-input
filter ufw-user-input -
 tcp dport 20-21,43257 -> accept
 udp dport 20-21,43257 -> accept
filter ufw-logging-deny -
 <-m limit --limit 3/min --limit-burst 10> ->",
    );
}
