//! What translation in front of a server gets wrong.

use super::Words;
use crate::audit::nat::Message;
use crate::lang::{Lang, say};

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    match message {
        Message::Incomplete { nat, untranslated, unforwarded } => {
            let (public, private) = (nat.public, nat.private.addr());
            let title = match (untranslated, unforwarded) {
                (Some(ports), None) => say!(
                    lang,
                    "the control port of {public} leads to {private}, and ports {ports} do not",
                    "{public} 的控制端口已转换到 {private}，端口 {ports} 却没有"
                ),
                (Some(ports), Some(others)) => say!(
                    lang,
                    "ports {ports} of {public} do not lead to {private}, and ports {others} are not let through after translation",
                    "{public} 的端口 {ports} 未转换到 {private}，端口 {others} 转换后又未被放行"
                ),
                (None, ports) => {
                    let ports = ports.as_ref().map(ToString::to_string).unwrap_or_default();
                    say!(
                        lang,
                        "ports {ports} of {public} lead to {private}, but what is translated is not let through",
                        "{public} 的端口 {ports} 已转换到 {private}，但转换后的数据包未被放行"
                    )
                }
            };
            let label = if untranslated.is_some() {
                say!(lang, "where they end instead", "数据包止步于此")
            } else {
                say!(lang, "stops them after translation", "转换后的数据包在此被拦下")
            };
            Words { title, label, help: None }
        }
        Message::Remapped { private, range, outside } => {
            let title = say!(
                lang,
                "ports {outside} lead to other port numbers on {private}, where clients were told one of {range}",
                "端口 {outside} 被转换到 {private} 的其他端口，而客户端得知的端口号在 {range} 之内"
            );
            let label = say!(lang, "changes the port", "此处改变了端口号");
            let help = say!(
                lang,
                "translate ports {range} to {private} without naming a port, so that each keeps its number; \
                 publish them from a container as {range}:{range}",
                "将端口 {range} 转换到 {private} 时不要写目标端口，使每个端口号保持不变；容器则按 {range}:{range} 发布"
            );
            Words { title, label, help: Some(help) }
        }
        Message::PrivateAddress { nat, plain, encrypted } => {
            let (public, private) = (nat.public, nat.private.addr());
            let title = match (plain, encrypted) {
                (true, true) => say!(
                    lang,
                    "the reply to PASV names {private}: no helper rewrites it, and none could read it under TLS",
                    "PASV 的 227 应答会给出 {private}：没有助手改写它，启用 TLS 后助手也无法读取"
                ),
                (true, false) => say!(
                    lang,
                    "the reply to PASV names {private}, and no helper rewrites it",
                    "PASV 的 227 应答会给出 {private}，且没有助手改写它"
                ),
                _ => say!(
                    lang,
                    "under TLS the reply to PASV names {private}, which no helper can rewrite",
                    "启用 TLS 后，PASV 的 227 应答会给出 {private}，助手无法改写"
                ),
            };
            let help = say!(
                lang,
                "have the server name {public}, and declare it as `advertised_address: {public}`; \
                 clients that use EPSV, whose reply has no address, are not affected",
                "让服务器通告 {public}，并声明 `advertised_address: {public}`；使用 EPSV 的客户端不受影响，其应答不含地址"
            );
            Words { title, label: String::new(), help: Some(help) }
        }
        Message::Twice { advertised } => {
            let title = say!(
                lang,
                "the server names {advertised} in its reply to PASV, and the helper takes that for somebody else's address",
                "服务器在 227 应答中已给出 {advertised}，助手会把它当作第三方地址"
            );
            let label = say!(lang, "attaches the helper", "此处附加助手");
            Words { title, label, help: None }
        }
    }
}
