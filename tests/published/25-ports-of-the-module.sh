#!/bin/sh
# Two control ports told to the module, which uses them only to attach helpers by itself.
cat > /etc/modprobe.d/ftp.conf <<CONF
options nf_conntrack_ftp ports=732,733
CONF
modprobe -r nf_conntrack_ftp; modprobe nf_conntrack_ftp
for port in 732 733; do
    iptables -A INPUT -p tcp --dport $port -m state --state NEW -j ACCEPT
done
iptables -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
iptables -P INPUT DROP
