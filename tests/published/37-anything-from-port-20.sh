#!/bin/sh
# A client that lets in whatever comes from port 20, and has no say in who sends from there.
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m state --state ESTABLISHED -j ACCEPT
iptables -A INPUT -p tcp --sport 20 -j ACCEPT
