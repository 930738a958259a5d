//! What is wrong with the text of a rule set.

use super::Words;
use crate::audit::syntax::{Fault, Message, Syntax};
use crate::lang::problem::excerpt;
use crate::lang::{Lang, say};

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    match message {
        Message::Compat { count, text } => {
            let text = excerpt(text);
            Words {
                title: match count {
                    1 => say!(
                        lang,
                        "nft shows a rule of iptables only in part: {text}",
                        "nft 未能完整显示一条 iptables 规则：{text}"
                    ),
                    _ => say!(
                        lang,
                        "nft shows rules of iptables only in part, in {count} places: {text}",
                        "nft 未能完整显示 iptables 规则，共 {count} 处：{text}"
                    ),
                },
                label: say!(lang, "what it does is not in the listing", "输出中看不出它的作用"),
                help: None,
            }
        }
        Message::Ports { syntax, fault } => ports(*syntax, fault, lang),
    }
}

fn ports(syntax: Syntax, fault: &Fault, lang: Lang) -> Words {
    let name = match syntax {
        Syntax::Iptables => "iptables",
        Syntax::Nftables => "nft",
        Syntax::Pf => "pfctl",
        Syntax::Firewalld => "firewalld",
        Syntax::Ufw => "ufw",
    };
    match fault {
        Fault::NoProtocol => {
            let protocol = match syntax {
                Syntax::Iptables => "`-p tcp`",
                Syntax::Nftables => "`tcp dport`",
                Syntax::Pf => "`proto tcp`",
                Syntax::Firewalld | Syntax::Ufw => "`/tcp`",
            };
            Words {
                title: say!(
                    lang,
                    "the rule asks for ports and names no protocol, so that {name} does not load it",
                    "规则限定了端口，却未指定协议，{name} 不会加载"
                ),
                label: say!(lang, "expected {protocol}", "应写明 {protocol}"),
                help: Some(say!(lang, "write {protocol}", "请写明 {protocol}")),
            }
        }
        Fault::Range { found, meant } => Words {
            title: say!(
                lang,
                "`{found}` is no range of ports to {name}, which does not load it",
                "`{found}` 不是 {name} 的端口范围写法，{name} 不会加载"
            ),
            label: say!(lang, "expected `{meant}`", "应为 `{meant}`"),
            help: Some(say!(lang, "write `{meant}`", "请改写为 `{meant}`")),
        },
    }
}
