//! What does not go with the kind of TLS.

use super::Words;
use crate::audit::tls::Message;
use crate::deployment::Tls;
use crate::lang::{Lang, say};

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    match message {
        Message::ExplicitPort { port, open } => Words {
            title: say!(
                lang,
                "implicit TLS starts on port {port}, which is closed, while port {open} is open",
                "隐式 TLS 使用端口 {port}，该端口未放行，放行的却是端口 {open}"
            ),
            label: say!(lang, "opens {open}, not {port}", "放行的是 {open}，而不是 {port}"),
            help: Some(say!(
                lang,
                "accept new TCP connections to port {port} in place of {open}; or, if the server starts in plaintext, declare `tls: explicit` and `control_port: {open}`",
                "把放行的端口由 {open} 改为 {port}；如果服务器先以明文开始会话，则声明 `tls: explicit` 和 `control_port: {open}`"
            )),
        },
        Message::ImplicitPorts { ports, tls } => Words {
            title: match tls {
                Tls::None => say!(
                    lang,
                    "ports of implicit TLS are open ({ports}), and the service has no TLS",
                    "放行了隐式 TLS 的端口（{ports}），而服务未启用 TLS"
                ),
                _ => say!(
                    lang,
                    "ports of implicit TLS are open ({ports}), and the service has explicit TLS, which does not use them",
                    "放行了隐式 TLS 的端口（{ports}），而服务提供的是显式 TLS，用不到它们"
                ),
            },
            label: say!(lang, "lets {ports} in", "放行了 {ports}"),
            help: Some(say!(
                lang,
                "remove {ports} from the rule; if something else listens there, declare it under `also_allow`",
                "从规则中删去 {ports}；如果另有服务监听这些端口，请在 `also_allow` 中声明"
            )),
        },
        Message::Plaintext { families, user } => {
            let families = families.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Words {
                title: match user {
                    Some(user) => say!(
                        lang,
                        "the password of {user} crosses public networks in the clear ({families})",
                        "{user} 的口令以明文穿越公共网络（{families}）"
                    ),
                    None => say!(
                        lang,
                        "passwords cross public networks in the clear ({families})",
                        "口令以明文穿越公共网络（{families}）"
                    ),
                },
                label: say!(lang, "without TLS, from public addresses", "无 TLS，且客户端为公网地址"),
                help: user.is_none().then(|| {
                    say!(
                        lang,
                        "require TLS with `tls: explicit-required`, in the server and here; or declare `user: anonymous` if there are no passwords",
                        "在服务器上强制使用 TLS，并在此声明 `tls: explicit-required`；如果没有口令登录，请声明 `user: anonymous`"
                    )
                }),
            }
        }
    }
}
