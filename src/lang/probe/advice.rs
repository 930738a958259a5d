//! What to do about each conclusion.

use crate::lang::{Lang, say};
use crate::probe::conclusion::Kind;

/// What to do, in sentences.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table: one arm for each conclusion")]
pub fn advice(kind: Kind, lang: Lang) -> String {
    match kind {
        Kind::OwnEgressBlocked => say!(
            lang,
            "See where ip route get leads for the server's address and mend that route, or the rules for outgoing packets in this \
             machine's own firewall; or probe from another machine.",
            "用 ip route get 查看通往服务器地址的路由并加以修正，或修改本机防火墙的出站规则；也可换一台机器探测。"
        ),
        Kind::ControlFiltered => say!(
            lang,
            "On each firewall before the server accept new TCP connections to the control port, and established replies; a gateway that \
             translates has to forward the port as well. ftpfw generate writes these rules.",
            "在服务器之前的每台防火墙上放行到控制端口的新建 TCP 连接及其应答；做地址转换的网关还须转发该端口。ftpfw generate 可生成这些规则。"
        ),
        Kind::ControlRejected => say!(
            lang,
            "Put a rule that accepts new TCP connections to the control port before the one that rejects; if the network or host is reported \
             unreachable, look at the routes first.",
            "在拒绝规则之前加入放行到控制端口的新建 TCP 连接的规则；若报告网络或主机不可达，应先检查路由。"
        ),
        Kind::ControlRefused => say!(
            lang,
            "See on the server whether something listens on the port (ss -ltn). If so, look for a rule that rejects with tcp-reset, \
             on the way and among this machine's own rules for outgoing packets; if not, \
             start the server, or ftpfw respond in its place.",
            "在服务器上查看该端口是否有程序监听（ss -ltn）。若有，在途中的防火墙和本机的出站规则中查找以 tcp-reset 拒绝的规则；若没有，启动服务器，或以 ftpfw respond 代替。"
        ),
        Kind::NoGreeting => say!(
            lang,
            "If this is the port of implicit TLS, declare tls: implicit. Otherwise turn off ident and reverse lookups in the server, or have the \
             firewall reject port 113 instead of dropping it, and look for a proxy on the way.",
            "若这是隐式 TLS 的端口，请声明 tls: implicit。否则请在服务器上关闭 ident 和反向解析，或让防火墙拒绝而非丢弃 113 端口，\
             并检查途中是否有代理。"
        ),
        Kind::NotFtp => say!(
            lang,
            "See which program has the port on the server, and whether service.control_port is right.",
            "查看服务器上占用该端口的程序，并核对 service.control_port。"
        ),
        Kind::ServerFull => say!(
            lang,
            "Raise the limit (for all clients, and for each address) or probe at another time. Pure-FTPd admits half as many users as its passive \
             range has ports.",
            "提高上限（总数和每个地址的上限），或换个时间探测。Pure-FTPd 接纳的用户数为被动端口数的一半。"
        ),
        Kind::TlsUnavailable => say!(
            lang,
            "Turn on TLS in the server, or declare service.tls as it is; if the server offers it elsewhere, turn off the inspection of FTP on \
             the firewall in between.",
            "在服务器上启用 TLS，或按实际情况声明 service.tls；若服务器在别处提供 TLS，请关闭途中防火墙的 FTP 检测。"
        ),
        Kind::CertificateRejected => say!(
            lang,
            "Give the name that is in the certificate with --host, the certificate that signed it with --ca; --insecure goes on without knowing who \
             answers.",
            "用 --host 指定证书中的名称，用 --ca 指定签发者的证书；--insecure 会在不知对方身份的情况下继续。"
        ),
        Kind::TlsRequired => say!(
            lang,
            "Declare tls: explicit-required, so that every firewall is judged and written for encrypted sessions.",
            "请声明 tls: explicit-required，使各防火墙都按加密会话来检查和生成。"
        ),
        Kind::LoginFailed => say!(
            lang,
            "Say with --user who logs in, and the password in --password-file or FTPFW_PASSWORD.",
            "用 --user 指定登录用户，密码放在 --password-file 文件或 FTPFW_PASSWORD 中。"
        ),
        Kind::ControlLost => say!(
            lang,
            "See the server's log for this session; if it knows of no reason, turn off the inspection of FTP on the firewalls in \
             between and look at their time-outs.",
            "查看服务器在该会话中的日志；若其中没有原因，请关闭途中防火墙的 FTP 检测，并检查其超时设置。"
        ),
        Kind::RangeFiltered => say!(
            lang,
            "Accept new TCP connections from the clients to the whole passive range on each firewall before the server, and established replies; \
             a gateway that translates has to forward the range, each port to itself.",
            "在服务器之前的每台防火墙上放行客户端到整个被动端口范围的新建 TCP 连接及其应答；做地址转换的网关须转发该范围，端口保持不变。"
        ),
        Kind::RangePartlyFiltered => say!(
            lang,
            "Make the range the same everywhere: in the server, in the accepting rules and in the translation of every gateway. ftpfw probe --sweep \
             against ftpfw respond tries each port.",
            "让各处的范围一致：服务器设置、放行规则、各网关的转换规则。ftpfw probe --sweep 配合 ftpfw respond 可逐个端口测试。"
        ),
        Kind::HelperOnly => say!(
            lang,
            "Open the passive range by a rule (strategy: static); the helper is not needed then.",
            "用规则放行被动端口范围（strategy: static）；此后便不再需要助手。"
        ),
        Kind::NewOnlyWithHelper => say!(
            lang,
            "Accept RELATED beside NEW in the rule for the range, or do away with its match on the state; or remove the helper, which a static range \
             does not need.",
            "让端口范围的规则同时放行 RELATED 和 NEW，或去掉对状态的匹配；也可移除助手，固定端口范围并不需要它。"
        ),
        Kind::RangeRejectedAdmin => say!(
            lang,
            "Accept new TCP connections from the clients to the passive range, before the rule that rejects.",
            "在拒绝规则之前放行客户端到被动端口范围的新建 TCP 连接。"
        ),
        Kind::RejectOrDead => say!(
            lang,
            "Look for a rule that rejects with tcp-reset or port-unreachable on the firewalls before the server, then for a gateway that forwards \
             the control port and not the range.",
            "先在服务器之前的防火墙上查找以 tcp-reset 或端口不可达拒绝的规则，再检查是否有网关只转发了控制端口而没有转发该范围。"
        ),
        Kind::RejectRateLimited => say!(
            lang,
            "Probe with --jobs 1 to see each port for itself: about a second for each.",
            "用 --jobs 1 探测可逐个确认端口，每个端口约需一秒。"
        ),
        Kind::BadAdvertisedAddr => say!(
            lang,
            "Set the public address in the server (vsftpd pasv_address, ProFTPD MasqueradeAddress, Pure-FTPd -P) and declare it as \
             service.passive.advertised_address.",
            "在服务器上设置公网地址（vsftpd 为 pasv_address，ProFTPD 为 MasqueradeAddress，Pure-FTPd 为 -P），\
             并在 service.passive.advertised_address 中声明。"
        ),
        Kind::RangeOverflow => say!(
            lang,
            "Compare the server's passive range with service.passive.ports; if they agree, it is too small for the sessions that there are: widen it in \
             the server and in every firewall.",
            "核对服务器的被动端口范围与 service.passive.ports；若两者一致，则说明对现有会话而言过小：请在服务器和每台防火墙上一并扩大。"
        ),
        Kind::ConfigMismatch => say!(
            lang,
            "Set the passive range in the server as service.passive.ports declares it, and restart the server; or declare what the server uses, and \
             generate the rules anew.",
            "按 service.passive.ports 设置服务器的被动端口范围并重启；或按服务器实际使用的范围声明，再重新生成规则。"
        ),
        Kind::NatRewrite => say!(
            lang,
            "Forward the passive range one to one at the gateway, and take its helper away.",
            "在网关上一对一转发被动端口范围，并移除其助手。"
        ),
        Kind::PassiveDisabled => say!(
            lang,
            "Turn passive mode on in the server (vsftpd: pasv_enable=YES), or declare modes: [active].",
            "在服务器上启用被动模式（vsftpd：pasv_enable=YES），或声明 modes: [active]。"
        ),
        Kind::ActiveBlocked => say!(
            lang,
            "At the server: let new connections from its data port to the clients' ports leave. At this end: let them in to the ports that clients \
             listen on, or do without active mode.",
            "服务器一侧：允许从其数据端口到客户端端口的新建连接发出。本端：允许它们进入客户端监听的端口，或放弃主动模式。"
        ),
        Kind::PortDisabled => say!(
            lang,
            "Turn active mode on in the server (vsftpd: port_enable=YES), or declare modes: [passive].",
            "在服务器上启用主动模式（vsftpd：port_enable=YES），或声明 modes: [passive]。"
        ),
        Kind::NatNoAlg => say!(
            lang,
            "Use passive mode. In plain sessions a helper on the translating gateway would rewrite the address; under TLS nothing can.",
            "请使用被动模式。明文会话中，做地址转换的网关上的助手可以改写该地址；TLS 之下则无能为力。"
        ),
        Kind::DataPeerMismatch => say!(
            lang,
            "Translate the source of the server's data connections to the address at which clients reach it, keeping the port.",
            "将服务器数据连接的源地址转换为客户端访问它所用的地址，并保持端口不变。"
        ),
        Kind::ActiveSourceMismatch => say!(
            lang,
            "Declare the port that the server uses under service.active.source_port (ephemeral, if it changes), and generate the rules anew.",
            "在 service.active.source_port 中声明服务器实际使用的端口（若不固定则为 ephemeral），并重新生成规则。"
        ),
        Kind::AlgInterference => say!(
            lang,
            "Turn off the inspection of FTP (ALG, helper, fixup) on the firewalls in between, and open the ports by rules; or use TLS, which it cannot \
             read.",
            "关闭途中防火墙的 FTP 检测（ALG、助手、fixup），改用规则放行端口；或使用其无法读取的 TLS。"
        ),
        Kind::TlsReuseRequired => say!(
            lang,
            "Use clients that resume the session, or give up the demand in the server (vsftpd: require_ssl_reuse=NO; ProFTPD: TLSOptions \
             NoSessionReuseRequired). No firewall needs a change.",
            "使用能复用会话的客户端，或在服务器上取消该要求（vsftpd：require_ssl_reuse=NO；ProFTPD：TLSOptions NoSessionReuseRequired）。\
             防火墙无需改动。"
        ),
        Kind::DataTlsFailed => say!(
            lang,
            "See the server's log for this session; compare its settings for the protection of data (PROT P).",
            "查看服务器在该会话中的日志，并核对其数据保护（PROT P）的设置。"
        ),
        Kind::FamilyGap => say!(
            lang,
            "Bring the rules of the family that fails into line with those of the other, or withdraw its address from DNS.",
            "让不通的地址族的规则与另一族一致，或从 DNS 中撤下该地址。"
        ),
        Kind::RangeTooSmall => say!(
            lang,
            "Widen the passive range in the server, in the deployment and in every firewall: two ports for each session at once are enough.",
            "在服务器、部署和每台防火墙上扩大被动端口范围：每个并发会话两个端口即可。"
        ),
        Kind::BounceSafe => say!(lang, "Leave it so.", "保持现状即可。"),
        Kind::BounceRisk => say!(
            lang,
            "Turn this off in the server (vsftpd: port_promiscuous=NO; ProFTPD: AllowForeignAddress off; Serv-U, IIS and others have the like), and \
             restrict what may leave the server to its data port.",
            "在服务器上关闭此功能（vsftpd：port_promiscuous=NO；ProFTPD：AllowForeignAddress off；Serv-U、IIS 等也有类似设置），\
             并将服务器的出站连接限制为其数据端口。"
        ),
        Kind::EpsvAllIgnored => say!(
            lang,
            "Nothing to do for the firewalls; a newer server may behave.",
            "防火墙无需改动；较新的服务器版本可能已修正。"
        ),
        Kind::TransferFailed => say!(
            lang,
            "Read the reply; with --read-only the probe uploads nothing.",
            "请查看应答；使用 --read-only 时探测不会上传任何内容。"
        ),
    }
}
