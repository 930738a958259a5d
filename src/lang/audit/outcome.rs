//! That nothing works from end to end.

use super::Words;
use crate::audit::Session;
use crate::audit::outcome::Message;
use crate::flow::Mode;
use crate::lang::{Lang, say};

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    let stuck: Vec<String> = message
        .stuck
        .iter()
        .map(|(family, session)| match session {
            Session::Plain => say!(lang, "{family} without TLS", "{family}，无 TLS"),
            Session::Tls => say!(lang, "{family} with TLS", "{family}，有 TLS"),
        })
        .collect();
    let blocks: Vec<String> = message
        .blocks
        .iter()
        .map(|(mode, firewall, flow)| match mode {
            Mode::Active => {
                say!(lang, "active mode stops at {firewall} ({flow})", "主动模式止于 {firewall}（{flow}）")
            }
            Mode::Passive => {
                say!(lang, "passive mode stops at {firewall} ({flow})", "被动模式止于 {firewall}（{flow}）")
            }
        })
        .collect();
    let (stuck, blocks) = match lang {
        Lang::En => (stuck.join(", "), blocks.join(", ")),
        Lang::Zh => (stuck.join("；"), blocks.join("，")),
    };
    Words {
        title: say!(
            lang,
            "no mode works from end to end ({stuck}): {blocks}",
            "没有任何模式能够端到端连通（{stuck}）：{blocks}"
        ),
        // At a rule, or at the modes that the deployment declares.
        label: if message.blocks.windows(2).all(|pair| pair[0].1 == pair[1].1) {
            say!(lang, "stops here", "止于此处")
        } else {
            say!(lang, "no mode passes all firewalls", "没有模式能通过全部防火墙")
        },
        help: None,
    }
}
