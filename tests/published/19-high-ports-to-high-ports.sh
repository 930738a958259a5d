#!/bin/sh
# The four kinds of packet of each mode without state, high ports to high ports among them, and then the module.
IPT="/sbin/iptables"
$IPT -P INPUT DROP
$IPT -P OUTPUT DROP
$IPT -A INPUT -p tcp --sport 1024:65535 --dport 21 -j ACCEPT
$IPT -A OUTPUT -p tcp --sport 21 --dport 1024:65535 -j ACCEPT
$IPT -A OUTPUT -p tcp --sport 20 --dport 1024:65535 -j ACCEPT
$IPT -A INPUT -p tcp --sport 1024:65535 --dport 20 -j ACCEPT
$IPT -A INPUT -p tcp --sport 1024:65535 --dport 1024:65535 -j ACCEPT
$IPT -A OUTPUT -p tcp --sport 1024:65535 --dport 1024:65535 -j ACCEPT
/sbin/modprobe ip_conntrack_ftp
$IPT -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
$IPT -A OUTPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
