#!/bin/sh
# Active data connections may leave from any port up to 20; and so may anybody come in who sends from there.
iptables -P INPUT DROP
iptables -P OUTPUT DROP
iptables -A INPUT -p tcp --dport 21 -j ACCEPT
iptables -A OUTPUT -p tcp --sport 21 -m state --state ESTABLISHED -j ACCEPT
iptables -A OUTPUT -p tcp --sport 1:20 -j ACCEPT
iptables -A INPUT -p tcp --sport 1:20 -j ACCEPT
