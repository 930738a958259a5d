//! What is let through beyond what is required.

use super::Words;
use crate::audit::broad::{Kind, Message};
use crate::deployment::Side;
use crate::lang::{Lang, say};
use crate::packet::{Family, PortRange, PortSet};
use crate::ruleset::Direction;

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    let label = match (&message.kind, message.policy) {
        (Kind::NearlyAll { translated: true, .. }, _) => say!(lang, "translates them all", "在此全部转换"),
        (_, true) => say!(lang, "lets them through", "默认放行"),
        (_, false) => say!(lang, "lets them through", "在此放行"),
    };
    Words { title: title(message, lang), label, help: help(message, lang) }
}

fn title(message: &Message, lang: Lang) -> String {
    match &message.kind {
        Kind::SourcePort(ports) => {
            let ports = list(ports);
            say!(
                lang,
                "whoever connects from source port {ports} is let in, to ports that FTP does not need",
                "凡源端口为 {ports} 的连接一律放行入站，且可到达 FTP 并不需要的端口"
            )
        }
        Kind::NearlyAll { ports, translated: true, .. } => {
            let ports = list(ports);
            say!(
                lang,
                "ports {ports} are translated to the server and let through",
                "端口 {ports} 全部转换到服务器并放行"
            )
        }
        Kind::NearlyAll { ports, clients_only: true, .. } => {
            let ports = list(ports);
            say!(
                lang,
                "nearly all TCP ports are open to the clients: {ports}",
                "几乎所有 TCP 端口都对客户端开放：{ports}"
            )
        }
        Kind::NearlyAll { ports, .. } => {
            let ports = list(ports);
            say!(lang, "nearly all TCP ports are open: {ports}", "几乎所有 TCP 端口都已开放：{ports}")
        }
        Kind::HighToHigh => say!(
            lang,
            "any port above 1023 may connect to any other, in both directions",
            "双向均允许任意 1023 以上的端口互相连接"
        ),
        Kind::Wider { ports, addresses } => wider(message, ports, *addresses, lang),
        Kind::Related { ports, .. } => {
            let ports = list(ports);
            say!(
                lang,
                "what the FTP helper expects is let through to ports {ports} too",
                "FTP 助手预期的连接，连端口 {ports} 也一并放行"
            )
        }
        Kind::Stateless(ports) => {
            let ports = list(ports);
            match message.direction {
                Direction::Out => say!(
                    lang,
                    "whatever leaves from port {ports} is let out, new connections too",
                    "凡从端口 {ports} 发出的数据包一律放行，新建连接也不例外"
                ),
                Direction::In => say!(
                    lang,
                    "whatever comes from port {ports} is let in, without a connection that it would answer",
                    "凡来自端口 {ports} 的数据包一律放行入站，并不要求它属于已有的连接"
                ),
            }
        }
        Kind::DataPort(ports) => {
            let ports = list(ports);
            say!(
                lang,
                "connections to port {ports} of the server are let through, where nothing listens",
                "放行了到服务器 {ports} 端口的连接，而该端口无人监听"
            )
        }
        Kind::Udp(ports) => {
            let ports = list(ports);
            say!(
                lang,
                "UDP to port {ports} is let through, and FTP uses TCP only",
                "放行了到端口 {ports} 的 UDP，而 FTP 只使用 TCP"
            )
        }
        Kind::Undeclared => say!(
            lang,
            "packets are let through that neither FTP nor `also_allow` needs",
            "放行了 FTP 和 `also_allow` 都不需要的数据包"
        ),
        Kind::UndeclaredElsewhere(count) => say!(
            lang,
            "and {count} more rules or policies let packets through that are not declared",
            "另有 {count} 条规则或默认策略放行了未声明的数据包"
        ),
    }
}

fn wider(message: &Message, ports: &PortSet, addresses: bool, lang: Lang) -> String {
    let (beyond, required) = (list(ports), list(&message.required));
    let towards_server = (message.side == Side::Server) == (message.direction == Direction::In);
    if !towards_server && !ports.is_empty() {
        return say!(
            lang,
            "active data connections are let through to ports {beyond}, where no client listens ({required})",
            "主动模式数据连接可到达端口 {beyond}，而客户端并不在那里监听（应为 {required}）"
        );
    }
    match (ports.is_empty(), addresses) {
        (false, false) => say!(
            lang,
            "ports {beyond} are open beyond those that FTP needs ({required})",
            "除 FTP 所需端口（{required}）外，还开放了端口 {beyond}"
        ),
        (false, true) => say!(
            lang,
            "ports {beyond} are open beyond those that FTP needs ({required}), and to undeclared addresses",
            "除 FTP 所需端口（{required}）外还开放了端口 {beyond}，且涉及未声明的地址"
        ),
        (true, _) => match (message.side, message.direction) {
            (Side::Server, Direction::In) => {
                say!(
                    lang,
                    "the ports of FTP are open to addresses, or of hosts, that are not declared",
                    "FTP 的端口对未声明的地址开放，或开放到了未声明的主机"
                )
            }
            (Side::Client, Direction::Out) => say!(
                lang,
                "FTP connections are let out to other servers than the declared one",
                "放行了到其他服务器（而非所声明的服务器）的 FTP 连接"
            ),
            (_, Direction::In) => say!(
                lang,
                "active data connections are let in from other addresses than the server's",
                "放行了并非来自该服务器的主动模式数据连接"
            ),
            (_, Direction::Out) => say!(
                lang,
                "active data connections are let out to addresses that are not declared",
                "放行了到未声明地址的主动模式数据连接"
            ),
        },
    }
}

/// The concrete mend, where there is more to say than the catalogue does.
fn help(message: &Message, lang: Lang) -> Option<String> {
    let ports = list(&message.required);
    let whole = |family: Family| message.peers.is_any(family);
    let peers = match (message.peers.families().all(whole), message.direction) {
        (true, _) => String::new(),
        (false, Direction::In) => say!(lang, " from {}", "来自 {}、", message.peers),
        (false, Direction::Out) => say!(lang, " to {}", "到 {}、", message.peers),
    };
    match (&message.kind, message.direction) {
        (Kind::NearlyAll { .. } | Kind::Wider { .. }, _) if message.required.is_empty() => None,
        (Kind::NearlyAll { translated: true, .. }, _) => Some(say!(
            lang,
            "translate and accept only the destination ports {ports}",
            "只转换并放行目的端口 {ports}"
        )),
        (Kind::NearlyAll { .. }, _) if message.policy => Some(say!(
            lang,
            "set the policy to drop, and accept only the destination ports {ports}, beside what else is needed",
            "把默认策略改为丢弃，除其他必需的流量外，只放行目的端口 {ports}"
        )),
        (Kind::NearlyAll { .. } | Kind::Wider { .. }, _) => Some(say!(
            lang,
            "accept only TCP{peers} with destination port {ports}",
            "只放行{peers}目的端口为 {ports} 的 TCP 连接"
        )),
        (Kind::Related { .. }, _) if !message.required.is_empty() => Some(say!(
            lang,
            "accept RELATED of the helper `ftp` only to the ports {ports}, and other RELATED only for ICMP",
            "对 `ftp` 助手的 RELATED 只放行到端口 {ports}，其余 RELATED 只放行 ICMP"
        )),
        (Kind::Undeclared | Kind::UndeclaredElsewhere(_), _) => Some(say!(
            lang,
            "narrow or remove the rule, or declare the traffic under `also_allow`",
            "收紧或删除该规则；若确有需要，在 `also_allow` 中声明"
        )),
        _ => None,
    }
}

/// A list of ports, cut where it becomes unreadable.
fn list(ports: &PortSet) -> String {
    const MOST: usize = 6;
    let shown: Vec<String> = ports.ranges().iter().take(MOST).map(PortRange::to_string).collect();
    let dots = if ports.ranges().len() > MOST { ", …" } else { "" };
    shown.join(", ") + dots
}
