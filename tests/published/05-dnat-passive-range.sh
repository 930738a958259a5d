#!/bin/sh
# A gateway that hands the control port and the passive range to a server inside, and forwards neither.
SERVER=10.0.0.5
WAN=eth0
echo 1 > /proc/sys/net/ipv4/ip_forward
iptables -P FORWARD DROP
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -t nat -A PREROUTING -i $WAN -p tcp --dport 21 -j DNAT --to-destination $SERVER:21
iptables -t nat -A PREROUTING -i $WAN -p tcp --dport 30000:31000 -j DNAT --to-destination $SERVER
iptables -t nat -A POSTROUTING -o $WAN -j MASQUERADE
