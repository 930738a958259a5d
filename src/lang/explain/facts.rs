//! What else there is to know about a deployment.

use crate::deployment::Tls;
use crate::explain::Fact;
use crate::lang::{Lang, say};

/// One fact, in a sentence or three.
pub(super) fn fact(fact: &Fact, lang: Lang) -> String {
    match fact {
        Fact::Plaintext => say!(
            lang,
            "No TLS: passwords and files cross the network in plain sight.",
            "未启用 TLS：口令和文件在网络上以明文传输。"
        ),
        Fact::TlsBlindsHelpers(tls) => tls_blinds(*tls, lang),
        Fact::HelperReads { firewall, proxy: false } => say!(
            lang,
            "\"{firewall}\" relies on the conntrack helper, which has to be attached by a rule: loading the module \
             has attached nothing since Linux 4.7. A client that starts TLS loses its data connections there.",
            "“{firewall}”依赖 连接跟踪助手，该助手必须由规则指派：自 Linux 4.7 起，仅加载模块不再起作用。\
             客户端一旦启用 TLS，数据连接将在此中断。"
        ),
        Fact::HelperReads { firewall, proxy: true } => say!(
            lang,
            "\"{firewall}\" relies on ftp-proxy, which has to run there and answers in the client's or server's place. \
             The server sees the gateway's address instead of the client's. A client that starts TLS is refused.",
            "“{firewall}”依赖 ftp-proxy，必须在该机上运行，由它代替客户端或服务器通信。\
             服务器看到的是网关地址而非客户端地址。启用 TLS 的客户端会被拒绝。"
        ),
        Fact::ServerNat { firewall, nat, advertised, helper } => {
            let (public, private) = (nat.public, nat.private.addr());
            let translated = say!(
                lang,
                "\"{firewall}\" shows {public} in place of {private}. It has to translate the control port and the whole \
                 passive range, each port to itself, since the server tells clients the port number.",
                "“{firewall}”对外以 {public} 代替 {private}。控制端口和整个被动端口范围都必须一一对应转换，\
                 因为端口号由服务器告知客户端。"
            );
            let separator = say!(lang, " ", "");
            let named = match (advertised, helper) {
                (Some(address), true) => say!(
                    lang,
                    "The helper edits the address in the reply to PASV, and takes {address}, which the server puts there \
                     itself, for a third party's: let the server name its own address.",
                    "PASV 应答中的地址由助手改写；服务器自行填入的 {address} 会被助手视为第三方地址：请让服务器给出自身地址。"
                ),
                (None, true) => say!(
                    lang,
                    "The helper edits the address in the reply to PASV.",
                    "PASV 应答中的地址由助手改写。"
                ),
                (Some(address), false) => say!(
                    lang,
                    "The server has to name {address} in its replies to PASV; EPSV names no address.",
                    "服务器在 PASV 应答中必须给出 {address}；EPSV 不含地址。"
                ),
                (None, false) if nat.public.is_ipv4() => say!(
                    lang,
                    "Nothing tells the server to name {public} in its replies to PASV: declare \
                     service.passive.advertised_address. Only clients that use EPSV or ignore that address will do.",
                    "服务器不知道应在 PASV 应答中给出 {public}：请声明 service.passive.advertised_address。\
                     否则只有使用 EPSV 或忽略该地址的客户端可用。"
                ),
                (None, false) => {
                    say!(
                        lang,
                        "IPv6 clients use EPSV, which names no address.",
                        "IPv6 客户端使用 EPSV，其中不含地址。"
                    )
                }
            };
            translated + &separator + &named
        }
        Fact::ClientNat { firewall, nat, helper: false } => {
            let public = nat.public;
            say!(
                lang,
                "\"{firewall}\" shows {public} in place of its clients. Passive mode does not mind. In active mode PORT \
                 names an address that the server cannot reach; only a helper on that gateway mends it, and not under TLS.",
                "“{firewall}”对外以 {public} 代替其客户端。被动模式不受影响。主动模式下，PORT 给出的地址服务器无法到达，\
                 只有该网关上的助手能够纠正，且在 TLS 下无效。"
            )
        }
        Fact::ClientNat { firewall, nat, helper: true } => {
            let public = nat.public;
            say!(
                lang,
                "\"{firewall}\" shows {public} in place of its clients; its helper puts that address into PORT and EPRT.",
                "“{firewall}”对外以 {public} 代替其客户端；助手会把该地址写入 PORT 和 EPRT。"
            )
        }
        Fact::ActivePortIsASource(ports) => say!(
            lang,
            "Active data connections come from port {ports} of the server: a source port, on which nothing listens. \
             No rule has to accept new connections to it, and a rule that accepts by it alone lets anybody in who \
             picks it.",
            "主动模式的数据连接来自服务器的端口 {ports}：这是源端口，没有程序在其上监听。无需放行到该端口的新连接；\
             仅凭该源端口放行的规则，会让任何使用此源端口的人进入。"
        ),
        Fact::NoUdp => say!(
            lang,
            "FTP is TCP only: nothing has to be open for UDP.",
            "FTP 只用 TCP：无需开放任何 UDP 端口。"
        ),
    }
}

fn tls_blinds(tls: Tls, lang: Lang) -> String {
    match tls {
        Tls::None | Tls::Explicit => say!(
            lang,
            "Clients may start TLS (AUTH TLS). From then on no firewall can read PORT, PASV or their replies: the \
             data ports have to be open by declaration, and an address in them cannot be corrected on the way.",
            "客户端可以启用 TLS（AUTH TLS）。此后防火墙读不到 PORT、PASV 及其应答：数据端口必须按声明静态放行，\
             其中的地址也无法在途中改写。"
        ),
        Tls::ExplicitRequired => say!(
            lang,
            "Every session starts TLS (AUTH TLS). No firewall can read PORT, PASV or their replies: the data ports \
             have to be open by declaration, and an address in them cannot be corrected on the way.",
            "每个会话都启用 TLS（AUTH TLS）。防火墙读不到 PORT、PASV 及其应答：数据端口必须按声明静态放行，\
             其中的地址也无法在途中改写。"
        ),
        Tls::Implicit => say!(
            lang,
            "The control connection is encrypted from its first byte. No firewall can read PORT, PASV or their \
             replies: the data ports have to be open by declaration, and an address in them cannot be corrected on the way.",
            "控制连接从第一个字节起就加密。防火墙读不到 PORT、PASV 及其应答：数据端口必须按声明静态放行，\
             其中的地址也无法在途中改写。"
        ),
    }
}
