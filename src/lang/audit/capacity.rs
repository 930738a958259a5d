//! What is too small.

use super::Words;
use crate::audit::capacity::Message;
use crate::deployment::Software;
use crate::lang::{Lang, say};

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    match message {
        Message::Ports { range, sessions, carries, software } => {
            let count = range.count();
            let title = match software {
                Some(software) => {
                    let name = software.name();
                    say!(
                        lang,
                        "{count} passive ports carry {carries} sessions at once with {name}, and {sessions} are declared",
                        "使用 {name} 时，{count} 个被动模式端口只能同时支撑 {carries} 个会话，而声明的会话数为 {sessions}"
                    )
                }
                None => say!(
                    lang,
                    "{count} passive ports may be too few for {sessions} sessions: that depends on the server program, which is not declared",
                    "{count} 个被动模式端口可能不足以支撑 {sessions} 个会话：这取决于服务器软件，而部署中未声明"
                ),
            };
            let needed = match software {
                Some(Software::PureFtpd) => sessions.saturating_mul(2),
                _ => *sessions,
            };
            Words {
                title,
                label: say!(lang, "{count} ports", "{count} 个端口"),
                help: Some(say!(
                    lang,
                    "give the server at least {needed} passive ports, then open them in every firewall; or lower its limit of sessions",
                    "为服务器准备至少 {needed} 个被动模式端口，再在各防火墙上放行；或者调低服务器的会话上限"
                )),
            }
        }
        Message::Overflow { range, sessions, software } => {
            let (name, count) = (software.name(), range.count());
            Words {
                title: match sessions {
                    Some(sessions) => say!(
                        lang,
                        "{name} takes ports outside {range} when its {count} ports are taken, and {sessions} sessions are declared",
                        "{range} 的 {count} 个端口用尽时，{name} 会使用范围外的端口，而声明的会话数为 {sessions}"
                    ),
                    None => say!(
                        lang,
                        "{name} takes ports outside {range} when its {count} ports are taken",
                        "{range} 的 {count} 个端口用尽时，{name} 会使用范围外的端口"
                    ),
                },
                label: say!(lang, "{count} ports", "{count} 个端口"),
                help: None,
            }
        }
        Message::Connections { holds, sessions, needed } => Words {
            title: say!(
                lang,
                "connection tracking holds {holds} connections; {sessions} sessions have {needed} open at once, and leave more in TIME_WAIT",
                "连接跟踪表只能容纳 {holds} 个连接；{sessions} 个会话就有 {needed} 个并发连接，此外还有 TIME_WAIT 条目"
            ),
            label: say!(lang, "less than {needed}", "小于 {needed}"),
            help: None,
        },
        Message::Expectations { holds, sessions } => Words {
            title: say!(
                lang,
                "connection tracking expects {holds} data connections at most; each of {sessions} sessions can have one pending",
                "连接跟踪最多容纳 {holds} 个期望连接；{sessions} 个会话中的每一个都可能有一个待建立的数据连接"
            ),
            label: say!(lang, "less than {sessions}", "小于 {sessions}"),
            help: Some(say!(
                lang,
                "set `net.netfilter.nf_conntrack_expect_max` to {sessions} or more, or open a static passive range in place of the helper",
                "把 `net.netfilter.nf_conntrack_expect_max` 设为不小于 {sessions} 的值，或改用静态的被动模式端口范围代替助手"
            )),
        },
    }
}
