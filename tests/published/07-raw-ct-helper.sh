#!/bin/sh
# The helper attached where it has to be, and related connections accepted for its sake only.
modprobe nf_conntrack_ftp
iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
iptables -A INPUT -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT
iptables -A INPUT -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT
