#!/bin/sh
# FTP over TLS on a port of its own, with a range that meets the ephemeral ports up to 60999.
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -p tcp -m tcp --dport 2121 -m state --state NEW -j ACCEPT
iptables -A INPUT -p tcp -m multiport --dports 60000:62000 -j ACCEPT
