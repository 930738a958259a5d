//! What is wrong about ftp-proxy.

use super::Words;
use crate::audit::pf::Message;
use crate::lang::{Lang, say};
use crate::ruleset::Hook;

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    match message {
        Message::NoRedirect => {
            let title = say!(
                lang,
                "the anchor of ftp-proxy is evaluated, but no rule hands it the control connections",
                "规则集执行 ftp-proxy 的锚点，却没有规则把控制连接交给它"
            );
            let label = say!(lang, "stays empty", "此锚点始终为空");
            Words { title, label, help: None }
        }
        Message::NoAnchor { missing } => {
            let anchors = missing.iter().map(|&hook| anchor(hook)).collect::<Vec<_>>().join(", ");
            let title = say!(
                lang,
                "control connections go to ftp-proxy, and the rules that it adds are not evaluated: {anchors} missing",
                "控制连接已交给 ftp-proxy，它添加的规则却不会被执行：缺少 {anchors}"
            );
            let label = say!(lang, "hands them to the proxy", "此处交给代理");
            let help = say!(
                lang,
                "add {anchors}, each in its section and before the rules that could decide first",
                "添加 {anchors}，各自放在所属部分，并位于可能先行裁决的规则之前"
            );
            Words { title, label, help: Some(help) }
        }
        Message::AnchorTooLate => {
            let title = say!(
                lang,
                "the data connections that ftp-proxy expects are decided on before its anchor",
                "ftp-proxy 预期的数据连接在到达其锚点之前就已被裁决"
            );
            let label = say!(lang, "comes too late", "位置过于靠后");
            let help = say!(
                lang,
                "move the anchor above the rules with `quick` that block, and evaluate it in both directions",
                "把锚点移到带 `quick` 的阻断规则之前，并使其在两个方向上都生效"
            );
            Words { title, label, help: Some(help) }
        }
        Message::ForEverybody => {
            let title = say!(
                lang,
                "ftp-proxy serves everybody: connections from outside are handed to it too",
                "ftp-proxy 对所有人开放：来自外部的连接也会交给它"
            );
            let label = say!(lang, "is not limited to the inside", "未限定为内侧");
            let help = say!(
                lang,
                "name the inside interface and the clients' network in the rule: `on em1 ... from 192.168.1.0/24`",
                "在规则中写明内侧接口和客户端网络：`on em1 ... from 192.168.1.0/24`"
            );
            Words { title, label, help: Some(help) }
        }
        Message::StaticRange { ports } => {
            let title = say!(
                lang,
                "ports {ports} are open all the time, while ftp-proxy opens just what each session needs",
                "端口 {ports} 始终开放，而 ftp-proxy 已按会话逐个放行所需端口"
            );
            let label = say!(lang, "serves no transfer", "对传输毫无作用");
            Words { title, label, help: None }
        }
    }
}

/// How the anchor is written in a section.
fn anchor(section: Hook) -> &'static str {
    match section {
        Hook::PfNat => "nat-anchor \"ftp-proxy/*\"",
        Hook::PfRdr => "rdr-anchor \"ftp-proxy/*\"",
        _ => "anchor \"ftp-proxy/*\"",
    }
}
