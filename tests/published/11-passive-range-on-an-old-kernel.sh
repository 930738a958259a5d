#!/bin/sh
# Enterprise Linux 6: the passive range for one network, and for a partner a helper that attached itself in those days.
modprobe nf_conntrack_ftp
sed -i 's/^IPTABLES_MODULES=.*/IPTABLES_MODULES="nf_conntrack_ftp"/' /etc/sysconfig/iptables-config
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -s 192.0.2.0/24 -p tcp -m state --state NEW -m tcp --dport 21 -j ACCEPT
iptables -A INPUT -s 198.51.100.7 -p tcp -m state --state NEW -m tcp --dport 21 -j ACCEPT
iptables -A INPUT -s 192.0.2.0/24 -p tcp -m state --state NEW -m tcp --dport 10030:10059 -j ACCEPT
/etc/init.d/iptables save
