#!/bin/bash
# Functions with arguments, lists, arithmetic, and decisions on what the script itself says.
FTP=yes IPV6=no COUNT=3
MIN=30000
MAX=$((MIN + 2))
PORTS=(21 22)
PORTS+=( 990 )
declare -a MORE=(8000 8001)
readonly IPT="iptables -w"
add() {
	local table=$1 chain=$2
	shift 2
	$IPT -t "$table" -C "$chain" "$@" 2>/dev/null || $IPT -t "$table" -A "$chain" "$@"
}
allow() {
	for port in "$@"; do iptables -A INPUT -p tcp --dport $port -j ACCEPT; done
}
from() {
	local net=$1
	shift
	iptables -A INPUT -s "$net" -p $1 --dport ${2} -j ACCEPT
	return
	iptables -A INPUT -j DROP
}
function never { iptables -F; iptables -P INPUT ACCEPT; }
main() {
	iptables -P INPUT DROP
	iptables -F
	add filter INPUT -p tcp --dport 7 -j ACCEPT
	add filter INPUT -p tcp --dport 7 -j ACCEPT
	add raw PREROUTING -p tcp --dport 21 -j CT --helper ftp
	allow 21 $MIN:$MAX
	from 192.0.2.0/24 udp 53 && allow 22
	for p in $(seq $MIN $((${MIN}+1))) `seq 2`; do iptables -A INPUT -p tcp --dport $p -j DROP; done
	for p in "${PORTS[@]}" ${MORE[*]}; do iptables -A INPUT -p udp --dport $p -j DROP; done
	if [ "$FTP" = yes ]; then iptables -A INPUT -p tcp --dport 121 -j ACCEPT; else iptables -F; fi
	if [ $IPV6 = yes ]; then
		ip6tables -P INPUT DROP
	elif test $COUNT -gt 2; then
		iptables -A INPUT -p tcp --dport 122 -j ACCEPT
	else
		iptables -F
	fi
	[[ -n "$FTP" ]] && iptables -A INPUT -p tcp --dport 1990 -j ACCEPT
	[ -z "$FTP" ] || iptables -A INPUT -p tcp --dport 989 -j ACCEPT
	case $FTP in
		y*|Y*) iptables -A INPUT -p tcp --dport 20 -j ACCEPT ;;
		*) iptables -F ;;
	esac
	i=0
	while [ $i -lt 3 ]; do
		iptables -A INPUT -p tcp --dport $((40000+i)) -j ACCEPT
		i=$((i+1))
	done
	until [ $i -eq 0 ]; do i=$((i - 1)); iptables -A INPUT -p udp --dport $((10 * (i + 1))) -j ACCEPT; done
}
main "$@"
exit 0
iptables -F
