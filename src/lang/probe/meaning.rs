//! What each conclusion means for whoever runs the server or a firewall.

use crate::lang::{Lang, say};
use crate::probe::conclusion::Kind;

/// What a conclusion means, in sentences.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table: one arm for each conclusion")]
pub fn meaning(kind: Kind, lang: Lang) -> String {
    match kind {
        Kind::OwnEgressBlocked => say!(
            lang,
            "No packet left: a route, a policy or a rule of this machine's own firewall prohibits the connection. Nothing is known of \
             the firewalls beyond it.",
            "没有任何数据包发出：本机的路由、策略或本机防火墙的规则禁止了该连接。本机之外的防火墙情况尚不清楚。"
        ),
        Kind::ControlFiltered => say!(
            lang,
            "Somewhere between this machine and the server a firewall drops the SYN or the answer to it; or nobody has \
             the address.",
            "本机与服务器之间的某个防火墙丢弃了 SYN 或其应答；也可能该地址无人使用。"
        ),
        Kind::ControlRejected => say!(
            lang,
            "An ICMP message came back: a firewall with a rejecting rule, or a router without a route. The error tells which \
             kind of message it was; the last router before a machine that is off answers so too, after about three seconds.",
            "收到了 ICMP 消息：来自带有拒绝规则的防火墙，或没有路由的路由器。错误码说明消息的种类；\
             若目标主机未开机，最后一跳路由器约三秒后也会这样回应。"
        ),
        Kind::ControlRefused => say!(
            lang,
            "A reset came back (or ICMP port-unreachable, which looks the same). Either no server listens on this port, or a \
             firewall answers in its place: one on the way, or this machine's own. From a reset these cannot be told apart.",
            "收到了 RST（或表现相同的 ICMP 端口不可达）。要么没有服务器监听该端口，要么是防火墙代为应答，可能在途中，也可能就在本机。仅凭 RST 无法区分。"
        ),
        Kind::NoGreeting => say!(
            lang,
            "TCP passes. The server may expect TLS from the first byte (implicit TLS), may still wait for a DNS or ident lookup of \
             this client that a firewall drops, or a proxy has taken the connection in its place.",
            "TCP 是通的。服务器可能等待客户端先开始 TLS（隐式 TLS），可能仍在等待被防火墙丢弃的反向 DNS 或 ident 查询，\
             也可能是代理代为接受了连接。"
        ),
        Kind::NotFtp => say!(
            lang,
            "The first bytes are not a reply of FTP: another service has the port, or something on the way garbles \
             the control connection.",
            "最先收到的内容不是 FTP 应答：该端口上运行着别的服务，或途中有设备破坏了控制连接。"
        ),
        Kind::ServerFull => say!(
            lang,
            "A limit of the server itself is reached, or this client is not admitted. This is no firewall's doing, and nothing is known \
             about data connections.",
            "达到了服务器自身的上限，或该客户端不被接纳。这不是防火墙所致，数据连接的情况尚不清楚。"
        ),
        Kind::TlsUnavailable => say!(
            lang,
            "The deployment declares TLS, and the server refuses it or fails at it. A firewall that looks into FTP may also \
             remove AUTH TLS, so that it can go on reading.",
            "部署声明了 TLS，而服务器拒绝或无法完成。会检查 FTP 内容的防火墙也可能去除 AUTH TLS，以便继续读取明文。"
        ),
        Kind::CertificateRejected => say!(
            lang,
            "The connection was given up before the login: whoever answered could not prove to be the server. It may be a \
             self-signed certificate, another name, or somebody in between.",
            "在登录之前放弃了连接：对方无法证明自己就是该服务器。可能是自签名证书、名称不符，或存在中间人。"
        ),
        Kind::TlsRequired => say!(
            lang,
            "The server takes no login, or no data connection, without TLS, although plain sessions are declared. With \
             encrypted sessions only, no helper can open ports: the passive range has to be open beforehand.",
            "部署声明了明文会话，但服务器不接受未加密的登录或数据连接。若只有加密会话，助手便无法开放端口：被动端口范围必须事先放行。"
        ),
        Kind::LoginFailed => say!(
            lang,
            "The control connection works. Servers do not open data connections before a login, so that nothing is known about them.",
            "控制连接可用。服务器在登录之前不会建立数据连接，因此数据连接的情况尚不清楚。"
        ),
        Kind::ControlLost => say!(
            lang,
            "TCP passes, and the session ends or hangs in the middle: the server has trouble of its own, or a firewall on the way \
             reads the control connection, or forgets it too soon.",
            "TCP 是通的，但会话中途结束或停滞：可能是服务器自身的问题，也可能是途中的防火墙在读取控制连接，或过早遗忘了该连接。"
        ),
        Kind::RangeFiltered => say!(
            lang,
            "The control connection works, and the server listens on this port at this very moment. So a firewall drops the SYN \
             of flow P3, or the answer to it (P4), and no helper opens the port.",
            "控制连接可用，且服务器此刻正监听该端口。因此是某个防火墙丢弃了流 P3 的 SYN 或其应答（P4），也没有助手开放该端口。"
        ),
        Kind::RangePartlyFiltered => say!(
            lang,
            "A firewall has a narrower range open, or translates a narrower one, than the server uses: some transfers work, others \
             do not, as chance has it.",
            "防火墙放行或转换的端口范围小于服务器使用的范围：传输时而成功时而失败，全凭运气。"
        ),
        Kind::HelperOnly => say!(
            lang,
            "A helper reads the replies of plain sessions and opens the port that they name. Under TLS there is nothing for it to read, \
             and no rule has the range open.",
            "助手读取明文会话的应答并开放其中的端口。TLS 之下它什么也读不到，又没有规则放行该端口范围。"
        ),
        Kind::NewOnlyWithHelper => say!(
            lang,
            "A helper expects the data connection, so that its first packet is RELATED, and the rule for the range accepts NEW only. \
             That packet is lost and the expectation with it; the SYN that follows a second later is NEW, and passes. Each plain \
             transfer takes a second longer; where the firewall rejects instead of dropping, it fails.",
            "助手已预期该数据连接，因此其首个数据包的状态为 RELATED，而端口范围的规则只放行 NEW。该数据包连同预期一起失效；\
             一秒后重传的 SYN 状态为 NEW，得以通过。每次明文传输都会多耗一秒；若防火墙是拒绝而非丢弃，传输则会失败。"
        ),
        Kind::RangeRejectedAdmin => say!(
            lang,
            "An ICMP message answers the SYN to a port on which the server listens: a firewall has a rule that rejects it. Where \
             the sender of the message is known, it is named.",
            "服务器正监听该端口，而 SYN 得到的是 ICMP 消息：某个防火墙有拒绝它的规则。若能得知消息的发送者，会一并列出。"
        ),
        Kind::RejectOrDead => say!(
            lang,
            "Either a firewall (this machine's own, or one on the way) answers with a reset or port-unreachable, or the connection leads to another machine than the one \
             that offered the port (translation), or the server has closed its listener again.",
            "可能是防火墙（本机的或途中的）以 RST 或端口不可达作答，可能是地址转换把连接引向了另一台机器，也可能是服务器已关闭该监听。"
        ),
        Kind::RejectRateLimited => say!(
            lang,
            "Linux sends only about one ICMP error a second to the same peer after the first few, so that of many \
             rejected connections at once most seem to be dropped. Refused and silent ports count as rejected here, both.",
            "Linux 在最初几个之后，对同一对端每秒只发送约一个 ICMP 错误，因此同时被拒绝的多个连接大多看似被丢弃。\
             此处被拒绝的端口和无回应的端口一并视为被拒绝。"
        ),
        Kind::BadAdvertisedAddr => say!(
            lang,
            "The data connection opens at the address of the control connection, but the reply names another: a private one, or one \
             that is not the server's. Clients that use EPSV, or ignore that address, do not notice; the others connect to nowhere.",
            "使用控制连接的地址可以建立数据连接，但应答给出的是另一个地址：私有地址，或不属于该服务器的地址。\
             使用 EPSV 或忽略该地址的客户端不受影响，其余客户端则无法连接。"
        ),
        Kind::RangeOverflow => say!(
            lang,
            "Firewalls that have the declared range open stop transfers over the other ports. Some servers (ProFTPD, pyftpdlib) leave \
             their range when it is used up; or the server's setting is wider than the declaration.",
            "只放行声明范围的防火墙会阻断其余端口上的传输。有些服务器（ProFTPD、pyftpdlib）在端口用尽时会超出范围；\
             也可能服务器的设置比声明的更宽。"
        ),
        Kind::ConfigMismatch => say!(
            lang,
            "The server's setting does not say what the deployment says (or is not in force: a typing error, a reversed range, \
             no restart). Firewalls that have the declared range open stop every passive transfer.",
            "服务器的设置与部署不一致（或未生效：拼写错误、范围颠倒、未重启）。只放行声明范围的防火墙会阻断所有被动传输。"
        ),
        Kind::NatRewrite => say!(
            lang,
            "In plain sessions the ports are outside the declared range, under TLS inside: a helper of a translating gateway chooses \
             ports of its own. It cannot do so under TLS.",
            "明文会话中端口超出声明的范围，TLS 会话中则在范围内：某个做地址转换的网关上的助手另选了端口。TLS 之下它无法这样做。"
        ),
        Kind::PassiveDisabled => say!(
            lang,
            "Passive mode is declared, and the server refuses PASV and EPSV. Clients behind a firewall of their own mostly cannot \
             use anything else.",
            "部署声明了被动模式，但服务器拒绝 PASV 和 EPSV。位于防火墙之后的客户端大多只能使用被动模式。"
        ),
        Kind::ActiveBlocked => say!(
            lang,
            "The server took the command that names this machine's port, and its connection (flow A3) never came: either the \
             server's firewalls do not let it out, or those of this end do not let it in. A 425 at once means a refusal on the way, \
             one after many seconds a drop.",
            "服务器接受了指明本机端口的命令，但其连接（流 A3）始终没有到达：要么服务器一侧的防火墙不允许其发出，\
             要么本端的防火墙不允许其进入。立即返回 425 说明途中被拒绝，过了许多秒才返回则说明被丢弃。"
        ),
        Kind::PortDisabled => say!(
            lang,
            "Active mode is declared, and the server refuses PORT and EPRT with this machine's own address.",
            "部署声明了主动模式，但服务器拒绝带有本机自身地址的 PORT 和 EPRT。"
        ),
        Kind::NatNoAlg => say!(
            lang,
            "A gateway translates this machine's address, and nothing rewrites the address in the command. The server refuses an \
             address that is not its client's, and is right to (RFC 2577). Active mode does not work from here.",
            "网关转换了本机的地址，却没有设备改写命令中的地址。服务器拒绝不属于其客户端的地址，这是正确的做法（RFC 2577）。\
             从这里无法使用主动模式。"
        ),
        Kind::DataPeerMismatch => say!(
            lang,
            "The source of the server's connections is translated to another address than clients know it by. Firewalls and clients \
             that compare the two, as they should, turn it away.",
            "服务器发起的连接被转换成了客户端所不认识的源地址。会比较两者的防火墙和客户端（本应如此）会拒绝它。"
        ),
        Kind::ActiveSourceMismatch => say!(
            lang,
            "Rules that name the declared source port, at either end, do not match these connections. ProFTPD from 1.3.7 on, for one, \
             takes any port.",
            "两端按声明的源端口编写的规则匹配不到这些连接。例如 ProFTPD 自 1.3.7 起使用任意端口。"
        ),
        Kind::AlgInterference => say!(
            lang,
            "Something on the way reads the control connection and did not like the command: an application layer gateway, a helper, \
             or an inspecting firewall. Servers answer with a refusal; they do not fall silent.",
            "途中有设备读取控制连接并对该命令作出了干预：应用层网关、助手或深度检测防火墙。服务器会以拒绝应答，而不会沉默。"
        ),
        Kind::TlsReuseRequired => say!(
            lang,
            "Firewalls let the data connection through. The server accepts only data connections that resume the session of the \
             control connection, a protection against port stealing (RFC 4217 §15.2.6), and clients that cannot do so fail.",
            "防火墙放行了数据连接。服务器只接受复用控制连接会话的数据连接，以防端口窃用（RFC 4217 §15.2.6）；做不到的客户端会失败。"
        ),
        Kind::DataTlsFailed => say!(
            lang,
            "Firewalls let the data connection through, and what runs over it is not the TLS that was agreed on.",
            "防火墙放行了数据连接，但其上并未建立约定的 TLS。"
        ),
        Kind::FamilyGap => say!(
            lang,
            "Clients try IPv6 first where both ends have it, and meet what works in IPv4 only as a delay or a failure. The rules of one \
             family are often forgotten.",
            "两端都有 IPv6 时客户端会优先使用它；只在 IPv4 中可用的服务会表现为延迟或失败。某一地址族的规则常被遗漏。"
        ),
        Kind::RangeTooSmall => say!(
            lang,
            "Each passive transfer holds a port of its own for a while. When many ask at once the server refuses, or offers ports outside its \
             range, which firewalls stop.",
            "每个被动传输都会占用一个端口一段时间。并发过多时，服务器会拒绝，或给出超出范围、会被防火墙阻断的端口。"
        ),
        Kind::BounceSafe => say!(
            lang,
            "The server cannot be used to open connections to others (RFC 2577 §3).",
            "无法利用该服务器向他人发起连接（RFC 2577 §3）。"
        ),
        Kind::BounceRisk => say!(
            lang,
            "Whoever may log in can have the server open connections to other machines and to their services, from behind the firewalls \
             (the FTP bounce attack, RFC 2577 §3). No transfer was started.",
            "任何能够登录的人都可以让服务器从防火墙内部向其他机器的服务发起连接（FTP 反弹攻击，RFC 2577 §3）。探测未启动任何传输。"
        ),
        Kind::EpsvAllIgnored => say!(
            lang,
            "After EPSV ALL a server has to refuse PASV, PORT and EPRT (RFC 2428 §4): firewalls that translate may stop reading the \
             control connection then.",
            "EPSV ALL 之后服务器必须拒绝 PASV、PORT 和 EPRT（RFC 2428 §4）：做地址转换的防火墙此后可以不再读取控制连接。"
        ),
        Kind::TransferFailed => say!(
            lang,
            "Firewalls let everything through that was needed up to here; the server's last reply, if there is one, says why it ended. \
             Permissions, quotas and missing files are the usual reasons; without a reply, a server that hangs.",
            "到此为止所需的数据包防火墙都已放行；若服务器有最后一条应答，它会说明原因，通常是权限、配额或文件不存在；若没有应答，则可能是服务器挂起。"
        ),
    }
}
