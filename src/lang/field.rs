//! What the fields of a deployment file mean: for the JSON Schema, the template and the documentation.

use super::{Lang, say};
use crate::deployment::shape::FieldId;

/// What a field means, its unit and its default, in one or two sentences without the last full stop.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table: one arm for each field")]
pub fn describe(field: FieldId, lang: Lang) -> String {
    match field {
        FieldId::Version => say!(lang, "Version of this format: 1", "本格式的版本：1"),
        FieldId::Service => say!(lang, "The FTP service", "FTP 服务"),
        FieldId::ServiceName => say!(
            lang,
            "A short name for chains and anchors: at most 15 letters, digits, - and _; default ftp",
            "用于链和锚点的短名称：至多 15 个字符，可含字母、数字、- 和 _；默认 ftp"
        ),
        FieldId::ServiceAddresses => say!(
            lang,
            "The server's IP addresses, IPv4 or IPv6, at least one",
            "服务器的 IP 地址（IPv4 或 IPv6），至少一个"
        ),
        FieldId::ControlPort => say!(
            lang,
            "TCP port of the control connection; default 21, or 990 with implicit TLS",
            "控制连接的 TCP 端口；默认 21，隐式 TLS 时为 990"
        ),
        FieldId::Tls => say!(
            lang,
            "Encryption: none, explicit (AUTH TLS is allowed), explicit-required, or implicit; default none",
            "加密方式：none、explicit（允许 AUTH TLS）、explicit-required 或 implicit；默认 none"
        ),
        FieldId::Modes => say!(
            lang,
            "Data connection modes on offer: active, passive; default both",
            "提供的数据连接模式：active（主动）、passive（被动）；默认两者都提供"
        ),
        FieldId::Active => {
            say!(lang, "Active mode: the server opens the data connection", "主动模式：由服务器发起数据连接")
        }
        FieldId::SourcePort => say!(
            lang,
            "Port that the server opens data connections from: a port, a list, or ephemeral; default the control port minus one",
            "服务器发起数据连接的源端口：端口号、端口号列表或 ephemeral；默认为控制端口减一"
        ),
        FieldId::Passive => {
            say!(lang, "Passive mode: the client opens the data connection", "被动模式：由客户端发起数据连接")
        }
        FieldId::PassivePorts => say!(
            lang,
            "TCP ports that the server listens on for data, as set in the server; required with passive mode",
            "服务器监听数据连接的 TCP 端口范围，应与服务器的设置一致；提供被动模式时必填"
        ),
        FieldId::AdvertisedAddress => say!(
            lang,
            "IPv4 address that the reply to PASV names, when the server sits behind NAT; default the server's own",
            "服务器位于 NAT 之后时，PASV 应答中给出的 IPv4 地址；默认为服务器自身的地址"
        ),
        FieldId::Software => say!(
            lang,
            "Server program, for advice on its settings: vsftpd, proftpd, pure-ftpd, filezilla-server, serv-u or iis",
            "服务器软件，用于给出设置建议：vsftpd、proftpd、pure-ftpd、filezilla-server、serv-u 或 iis"
        ),
        FieldId::MaxSessions => say!(
            lang,
            "How many sessions the service carries at once; checks the size of the passive range",
            "同时会话数上限；用于检查被动模式端口范围的大小"
        ),
        FieldId::ForeignAddresses => say!(
            lang,
            "Whether the server takes data connections with another address than the control connection's: refused or allowed; default refused",
            "服务器是否接受地址与控制连接不同的数据连接：refused（拒绝）或 allowed（允许）；默认 refused"
        ),
        FieldId::User => say!(
            lang,
            "Whom clients log in as; anonymous says that nobody sends a password",
            "客户端登录所用的用户名；anonymous 表示无人发送密码"
        ),
        FieldId::Clients => say!(lang, "Who connects to the service", "服务的使用者"),
        FieldId::ClientAddresses => say!(
            lang,
            "Addresses of the clients: any, or addresses and prefixes such as 192.0.2.0/24; default any",
            "客户端的地址：any，或地址和网段（如 192.0.2.0/24）；默认 any"
        ),
        FieldId::ClientPorts => say!(
            lang,
            "TCP ports that clients connect from, and listen on in active mode; default 1024-65535",
            "客户端发起连接以及在主动模式下监听所用的 TCP 端口；默认 1024-65535"
        ),
        FieldId::Firewalls => say!(
            lang,
            "The firewalls between the clients and the server, at least one",
            "客户端与服务器之间的防火墙，至少一个"
        ),
        FieldId::FirewallName => say!(
            lang,
            "A unique name, also that of the files generated: at most 40 letters, digits, ., - and _",
            "唯一的名称，也用作所生成文件的名称：至多 40 个字符，可含字母、数字、.、- 和 _"
        ),
        FieldId::Side => say!(
            lang,
            "Whose end it protects: server or client",
            "保护哪一端：server（服务器）或 client（客户端）"
        ),
        FieldId::Place => say!(
            lang,
            "Where it runs: host (on the server or client itself) or gateway (it forwards the packets)",
            "运行位置：host（服务器或客户端本机）或 gateway（转发数据包的网关）"
        ),
        FieldId::Dialect => say!(
            lang,
            "Language of its rule set: iptables, nftables, pf-openbsd or pf-freebsd; default nftables",
            "规则集所用的语言：iptables、nftables、pf-openbsd 或 pf-freebsd；默认 nftables"
        ),
        FieldId::Strategy => say!(
            lang,
            "How data connections pass: static (the declared ports are open) or helper (conntrack helper or ftp-proxy, plaintext only); default static",
            "放行数据连接的方式：static（静态开放声明的端口）或 helper（连接跟踪助手或 ftp-proxy，仅限明文）；默认 static"
        ),
        FieldId::Interfaces => say!(lang, "Its network interfaces, for gateways", "网络接口，用于网关"),
        FieldId::Outside => say!(lang, "Interface towards the other side", "朝向另一端的接口"),
        FieldId::Inside => say!(lang, "Interface towards the protected side", "朝向受保护一端的接口"),
        FieldId::Nat => say!(lang, "What it translates, for gateways that do", "地址转换，用于做 NAT 的网关"),
        FieldId::NatPublic => say!(lang, "Address on the outside", "外侧地址"),
        FieldId::NatPrivate => say!(
            lang,
            "What that stands for on the inside: the server's address, or the network of the clients",
            "其对应的内侧地址：服务器的地址，或客户端所在的网段"
        ),
        FieldId::Egress => say!(
            lang,
            "What may leave the protected side: restricted (FTP and also_allow) or open (every new connection); default restricted",
            "允许哪些流量离开受保护的一端：restricted（仅 FTP 和 also_allow）或 open（所有新连接）；默认 restricted"
        ),
        FieldId::Rulesets => {
            say!(lang, "Files that audit reads when none is named", "未指定文件时 audit 所读取的规则集文件")
        }
        FieldId::Host => say!(
            lang,
            "What its machine is set to, where no sysctl or modprobe file says it",
            "所在主机的系统设置，供没有 sysctl 或 modprobe 文件时使用"
        ),
        FieldId::Kernel => say!(
            lang,
            "Version of its Linux kernel in quotes, as uname -r prints it: \"6.1\"",
            "Linux 内核版本，须加引号，即 uname -r 的输出：\"6.1\""
        ),
        FieldId::Sysctls => say!(
            lang,
            "Sysctls with their values, such as net.ipv4.ip_local_port_range: 32768 60999",
            "sysctl 及其值，例如 net.ipv4.ip_local_port_range: 32768 60999"
        ),
        FieldId::Modules => say!(
            lang,
            "All conntrack and NAT helper modules that are loaded, such as nf_conntrack_ftp; default not known",
            "已加载的全部连接跟踪和 NAT 助手模块，例如 nf_conntrack_ftp；默认未知"
        ),
        FieldId::ModuleOptions => say!(
            lang,
            "Modules with their parameters, such as nf_conntrack_ftp: {{ ports: 2121 }}",
            "内核模块及其参数，例如 nf_conntrack_ftp: {{ ports: 2121 }}"
        ),
        FieldId::Ignore => {
            say!(lang, "Findings that audit leaves out", "audit 不报告的检查项")
        }
        FieldId::IgnoreRule => {
            say!(lang, "Name of the finding, such as FTP032", "检查项编号，例如 FTP032")
        }
        FieldId::IgnoreFirewall => say!(
            lang,
            "The firewall that it is left out for; default every one",
            "不报告该项的防火墙；默认为所有防火墙"
        ),
        FieldId::IgnoreReason => {
            say!(lang, "Why it is left out, for whoever reads the file", "不报告的原因，供阅读本文件的人参考")
        }
        FieldId::AlsoAllow => {
            say!(lang, "Other traffic that is meant to pass, replies included", "其他应放行的流量（含应答）")
        }
        FieldId::AllowProtocol => {
            say!(lang, "Protocol: tcp, udp, icmp or icmpv6", "协议：tcp、udp、icmp 或 icmpv6")
        }
        FieldId::AllowFrom => say!(
            lang,
            "Who opens the connection: any, self (the firewall's machine), or addresses and prefixes; default any",
            "连接的发起方：any、self（防火墙所在主机），或地址和网段；默认 any"
        ),
        FieldId::AllowTo => say!(
            lang,
            "Whom it is opened to: self (the firewall's machine), any, or addresses and prefixes; default self",
            "连接的目标：self（防火墙所在主机）、any，或地址和网段；默认 self"
        ),
        FieldId::AllowPort => say!(
            lang,
            "Destination ports, for tcp and udp: a port, a range, or a list of them; default every port",
            "目的端口，用于 tcp 和 udp：端口号、端口范围或其列表；默认所有端口"
        ),
        FieldId::AllowNote => say!(
            lang,
            "What it is for, at most 100 bytes; becomes a comment in the rule set",
            "用途说明，最长 100 字节；会写入规则集的注释"
        ),
    }
}
