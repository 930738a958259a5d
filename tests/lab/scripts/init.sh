#!/bin/sh
# As init scripts are: what they are called with decides.
IPT="/sbin/iptables"
WAN=eth0
PASV_MIN=30000
PASV_MAX=30019
TCP_PORTS="22 80 443"

start() {
	echo "Starting the firewall"
	$IPT -F
	$IPT -X
	$IPT -P INPUT DROP
	$IPT -P FORWARD DROP
	$IPT -P OUTPUT ACCEPT
	$IPT -A INPUT -i lo -j ACCEPT
	$IPT -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
	for p in $TCP_PORTS; do
		$IPT -A INPUT -p tcp --dport $p -j ACCEPT
	done
	$IPT -A INPUT -i $WAN -p tcp --dport 21 -m state --state NEW -j ACCEPT
	$IPT -A INPUT -i $WAN -p tcp --dport ${PASV_MIN}:${PASV_MAX} -m state --state NEW -j ACCEPT
}

stop() {
	$IPT -F
	$IPT -P INPUT ACCEPT
	$IPT -P FORWARD ACCEPT
}

case "$1" in
	start) start ;;
	stop) stop ;;
	restart) stop; start ;;
	*) echo "Usage: $0 {start|stop|restart}"; exit 1 ;;
esac
exit 0
