#!/bin/sh
# Helpers for everything by a switch that kernels since 6.0 do not have.
modprobe nf_conntrack_ftp
echo 1 > /proc/sys/net/netfilter/nf_conntrack_helper
sysctl -w net.netfilter.nf_conntrack_helper=1
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
iptables -A INPUT -p tcp --dport 21 -j ACCEPT
