//! A family that was forgotten.

use super::Words;
use crate::audit::family::Message;
use crate::lang::{Lang, say};

pub(super) fn words(message: Message, lang: Lang) -> Words {
    let title = match message {
        Message::Open { filtered: true } => say!(
            lang,
            "every port is open over IPv6, while IPv4 is filtered",
            "IPv6 上所有端口都是开放的，而 IPv4 有过滤"
        ),
        Message::Open { filtered: false } => say!(
            lang,
            "no rule that was read filters IPv6, while IPv4 is filtered: every port is open there unless rules for IPv6 \
             stand elsewhere",
            "读到的规则都不过滤 IPv6，而 IPv4 有过滤：除非另有 IPv6 规则，否则所有端口都是开放的"
        ),
        Message::Closed => say!(
            lang,
            "FTP passes over IPv4 only: over IPv6 none of its connections is let through",
            "FTP 只能通过 IPv4 访问：IPv6 上的连接全部未被放行"
        ),
    };
    let label = say!(lang, "drops them over IPv6", "IPv6 数据包在此被拦下");
    Words { title, label, help: None }
}
