//! What is wrong with the passive range.

use super::Words;
use crate::audit::range::Message;
use crate::lang::{Lang, say};

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    Words { title: title(message, lang), label: label(message, lang), help: help(message, lang) }
}

fn title(message: &Message, lang: Lang) -> String {
    match message {
        Message::Refused { software, range } => {
            let name = software.name();
            say!(
                lang,
                "{name} refuses the passive range {range} and does not start",
                "{name} 不接受被动模式端口范围 {range}，会拒绝启动"
            )
        }
        Message::Replaced { software, range, taken } => {
            let name = software.name();
            say!(
                lang,
                "set to {range}, {name} takes the passive ports {taken}",
                "按 {range} 配置时，{name} 实际使用的被动模式端口为 {taken}"
            )
        }
        Message::Default { range, software: Some(software) } => {
            let name = software.name();
            say!(
                lang,
                "{range} is what {name} takes when no passive range is set",
                "{range} 是 {name} 在未设定被动模式端口范围时使用的端口"
            )
        }
        Message::Default { range, software: None } => say!(
            lang,
            "{range} is what some servers take when no passive range is set",
            "{range} 是一些服务器在未设定被动模式端口范围时使用的端口"
        ),
        Message::Half { range } => say!(
            lang,
            "the passive range {range} holds half of all ports or more",
            "被动模式端口范围 {range} 占全部端口的一半或更多"
        ),
        Message::Ephemeral { shared, ephemeral, known: true, .. } => say!(
            lang,
            "outgoing connections of the server take ports from {ephemeral}, passive ones among them: {shared}",
            "服务器的外发连接从 {ephemeral} 中选取源端口，其中包括被动模式端口：{shared}"
        ),
        Message::Ephemeral { shared, ephemeral, known: false, .. } => say!(
            lang,
            "outgoing connections of the server may take passive ports, {shared}: which ports they take is not known, {ephemeral} is what Linux has by default",
            "服务器的外发连接可能占用被动模式端口 {shared}：其临时端口范围未知，Linux 默认为 {ephemeral}"
        ),
        Message::Listener { ports, note: Some(note) } => say!(
            lang,
            "passive ports are declared for something else too ({note}): {ports}",
            "部分被动模式端口同时声明给了其他用途（{note}）：{ports}"
        ),
        Message::Listener { ports, note: None } => say!(
            lang,
            "passive ports are declared for something else too: {ports}",
            "部分被动模式端口同时声明给了其他用途：{ports}"
        ),
        Message::Sip { ports } => say!(
            lang,
            "the passive range holds the SIP ports {ports}, whose traffic many gateways rewrite",
            "被动模式端口范围包含 SIP 端口 {ports}，许多网关会改写这些端口上的流量"
        ),
        Message::Privileged { ports } => say!(
            lang,
            "the passive range holds privileged ports, {ports}",
            "被动模式端口范围包含特权端口 {ports}"
        ),
        Message::Surplus { range, enough, sessions } => {
            let count = range.count();
            match sessions {
                Some(sessions) => say!(
                    lang,
                    "the passive range has {count} ports; {enough} are enough for {sessions} sessions",
                    "被动模式端口范围共有 {count} 个端口；{sessions} 个会话只需 {enough} 个"
                ),
                None => say!(
                    lang,
                    "the passive range has {count} ports; {enough} are enough for a small service",
                    "被动模式端口范围共有 {count} 个端口；小型服务只需 {enough} 个"
                ),
            }
        }
    }
}

fn label(message: &Message, lang: Lang) -> String {
    match message {
        Message::Refused { .. } => say!(lang, "not accepted by the server", "服务器不接受"),
        Message::Replaced { taken, .. } => say!(lang, "in effect: {taken}", "实际生效：{taken}"),
        Message::Default { .. } => say!(lang, "a default", "此为默认值"),
        Message::Half { .. } => say!(lang, "too wide for tight rules", "范围过宽，规则无法收紧"),
        Message::Ephemeral { .. } => say!(lang, "not reserved", "未预留"),
        Message::Listener { ports, .. } => say!(lang, "both hold {ports}", "两者都包含 {ports}"),
        Message::Sip { ports } | Message::Privileged { ports } => say!(lang, "holds {ports}", "包含 {ports}"),
        Message::Surplus { enough, .. } => say!(lang, "{enough} would do", "{enough} 个即可满足需要"),
    }
}

fn help(message: &Message, lang: Lang) -> Option<String> {
    Some(match message {
        Message::Ephemeral { reserve, .. } => {
            let reserve = reserve.to_string().replace(", ", ",");
            say!(
                lang,
                "set `net.ipv4.ip_local_reserved_ports = {reserve}` in a file under /etc/sysctl.d on the server, and declare it under `host.sysctls`; or choose a range below 32768, such as 30000-30019",
                "在服务器 /etc/sysctl.d 下的文件中设置 `net.ipv4.ip_local_reserved_ports = {reserve}`，并在 `host.sysctls` 中声明；也可以改用 32768 以下的范围，例如 30000-30019"
            )
        }
        Message::Surplus { sessions: None, .. } => say!(
            lang,
            "declare `service.max_sessions` if there are more than 10 sessions at once; else shrink the range in the server, then in every firewall",
            "若同时会话数超过 10，请声明 `service.max_sessions`；否则先在服务器上缩小范围，再收窄各防火墙"
        ),
        _ => return None,
    })
}
