//! What each conclusion says, in a few words.

use crate::lang::{Lang, say};
use crate::probe::conclusion::Kind;

/// What was found, without a full stop.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table: one arm for each conclusion")]
pub fn title(kind: Kind, lang: Lang) -> String {
    match kind {
        Kind::OwnEgressBlocked => {
            say!(lang, "this machine itself turns the connection away", "本机自身拦截了该连接")
        }
        Kind::ControlFiltered => say!(lang, "nothing answers at the control port", "控制端口没有任何回应"),
        Kind::ControlRejected => {
            say!(lang, "the control connection is rejected on the way", "控制连接在途中被拒绝")
        }
        Kind::ControlRefused => say!(lang, "the control port refuses connections", "控制端口拒绝连接"),
        Kind::NoGreeting => say!(
            lang,
            "the control connection opens, and no greeting follows",
            "控制连接已建立，但服务器没有发出欢迎信息"
        ),
        Kind::NotFtp => say!(lang, "what answers is no FTP server", "应答者不是 FTP 服务器"),
        Kind::ServerFull => say!(lang, "the server turns further clients away", "服务器不再接纳更多客户端"),
        Kind::TlsUnavailable => {
            say!(lang, "the server does not speak TLS as declared", "服务器未按声明提供 TLS")
        }
        Kind::CertificateRejected => {
            say!(lang, "the server's certificate is not trusted", "服务器的证书不受信任")
        }
        Kind::TlsRequired => say!(lang, "the server demands TLS", "服务器要求使用 TLS"),
        Kind::LoginFailed => say!(lang, "the login was refused", "登录被拒绝"),
        Kind::ControlLost => say!(
            lang,
            "the control connection is lost before anything is transferred",
            "控制连接在传输任何内容之前中断"
        ),
        Kind::RangeFiltered => say!(
            lang,
            "nothing answers at the passive port that the server offers",
            "服务器给出的被动端口没有任何回应"
        ),
        Kind::RangePartlyFiltered => say!(
            lang,
            "only some ports of the passive range can be reached",
            "被动端口范围中只有一部分端口可以到达"
        ),
        Kind::HelperOnly => say!(
            lang,
            "passive mode works in plain sessions, and not under TLS",
            "被动模式在明文会话中可用，在 TLS 会话中不可用"
        ),
        Kind::NewOnlyWithHelper => say!(
            lang,
            "a helper and a rule for state NEW are in each other's way",
            "助手与只放行 NEW 状态的规则相互冲突"
        ),
        Kind::RangeRejectedAdmin => {
            say!(
                lang,
                "connections to the passive port are rejected on the way",
                "到被动端口的连接在途中被拒绝"
            )
        }
        Kind::RejectOrDead => say!(
            lang,
            "the passive port that the server has just offered refuses connections",
            "服务器刚给出的被动端口拒绝连接"
        ),
        Kind::RejectRateLimited => {
            say!(lang, "silence among rejections is no sign of a drop", "拒绝之中夹杂的无回应并不表示丢弃")
        }
        Kind::BadAdvertisedAddr => say!(
            lang,
            "the reply to PASV names an address that clients cannot use",
            "PASV 应答给出了客户端无法使用的地址"
        ),
        Kind::RangeOverflow => say!(
            lang,
            "some passive ports that the server offers are outside the declared range",
            "服务器给出的部分被动端口超出了声明的范围"
        ),
        Kind::ConfigMismatch => say!(
            lang,
            "every passive port that the server offers is outside the declared range",
            "服务器给出的被动端口全部超出了声明的范围"
        ),
        Kind::NatRewrite => say!(
            lang,
            "something on the way rewrites the ports of plain replies",
            "途中有设备改写了明文应答中的端口"
        ),
        Kind::PassiveDisabled => say!(lang, "the server refuses passive mode", "服务器拒绝被动模式"),
        Kind::ActiveBlocked => {
            say!(lang, "the server's data connection does not arrive", "服务器发起的数据连接没有到达")
        }
        Kind::PortDisabled => say!(lang, "the server refuses active mode", "服务器拒绝主动模式"),
        Kind::NatNoAlg => say!(
            lang,
            "the address in PORT is not the one that the server sees",
            "PORT 中的地址与服务器看到的地址不同"
        ),
        Kind::DataPeerMismatch => say!(
            lang,
            "the data connection comes from another address than the server's",
            "数据连接来自服务器以外的地址"
        ),
        Kind::ActiveSourceMismatch => say!(
            lang,
            "active data connections come from another port than declared",
            "主动模式数据连接的源端口与声明不符"
        ),
        Kind::AlgInterference => say!(
            lang,
            "the control connection breaks at a command that names a port",
            "控制连接在发出带端口的命令后中断"
        ),
        Kind::TlsReuseRequired => say!(
            lang,
            "the server wants the data connection to resume the TLS session",
            "服务器要求数据连接复用控制连接的 TLS 会话"
        ),
        Kind::DataTlsFailed => say!(lang, "TLS fails on the data connection", "数据连接上的 TLS 失败"),
        Kind::FamilyGap => {
            say!(lang, "what works in one address family does not in the other", "两个地址族的结果不同")
        }
        Kind::RangeTooSmall => say!(
            lang,
            "the passive range does not suffice for as many sessions at once",
            "被动端口范围不足以承载这么多并发会话"
        ),
        Kind::BounceSafe => say!(
            lang,
            "the server refuses PORT to third parties and to privileged ports",
            "服务器拒绝指向第三方或特权端口的 PORT"
        ),
        Kind::BounceRisk => say!(
            lang,
            "the server accepts PORT to third parties or to privileged ports",
            "服务器接受指向第三方或特权端口的 PORT"
        ),
        Kind::EpsvAllIgnored => {
            say!(lang, "the server obeys PASV after EPSV ALL", "服务器在 EPSV ALL 之后仍执行 PASV")
        }
        Kind::TransferFailed => {
            say!(lang, "a transfer failed, though its data connection opened", "数据连接已建立，但传输失败")
        }
    }
}
