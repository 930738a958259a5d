//! What `explain` says.

mod facts;
mod flow;
mod json;
mod sequence;

pub use flow::why;
pub use json::json;

use super::{Lang, say, settings};
use crate::deployment::{Firewall, Place, Side, Strategy};
use crate::explain::settings::{clients, server};
use crate::explain::{Explanation, FirewallFlows, Preference};
use crate::flow::Mode;
use crate::report::document::Document;

/// The whole of `explain` as a document.
#[must_use]
pub fn document(explanation: &Explanation<'_>, lang: Lang) -> Document {
    let mut document = Document::default();
    let deployment = explanation.deployment;
    let name = &deployment.service.name;
    document.heading(
        1,
        say!(lang, "FTP service \"{name}\": what has to pass", "FTP 服务“{name}”：必须放行的流量"),
    );
    document.paragraph(say!(
        lang,
        "The state is that of a flow's first packet; its later packets are ESTABLISHED. A flow that is ESTABLISHED \
         from the start only answers: data, acknowledgements, replies.",
        "状态指该流第一个数据包的状态，其后的数据包均为 ESTABLISHED。一开始就是 ESTABLISHED 的流只用于应答：\
         数据、确认和应答码。"
    ));
    for known in &explanation.firewalls {
        firewall(&mut document, known, lang);
    }
    modes(&mut document, explanation, lang);
    document.heading(2, say!(lang, "What else matters", "其他要点"));
    document.list(explanation.facts.iter().map(|fact| facts::fact(fact, lang)).collect());
    document.heading(2, say!(lang, "What happens on the wire", "连接的建立过程"));
    document.code(sequence::diagrams(deployment, lang));
    document.heading(2, say!(lang, "Server settings", "服务器设置"));
    for guide in server(deployment) {
        document.blocks.extend(settings::blocks(&guide, lang));
    }
    document.heading(2, say!(lang, "Client settings", "客户端设置"));
    for guide in clients(deployment) {
        document.blocks.extend(settings::blocks(&guide, lang));
    }
    document
}

fn firewall(document: &mut Document, known: &FirewallFlows<'_>, lang: Lang) {
    let title = title(known.firewall, lang);
    document.heading(2, title);
    let headers = [
        say!(lang, "flow", "流"),
        say!(lang, "dir", "方向"),
        say!(lang, "proto", "协议"),
        say!(lang, "source", "源"),
        say!(lang, "destination", "目的"),
        say!(lang, "state", "状态"),
        say!(lang, "why", "原因"),
    ];
    document.table(headers.to_vec(), flow::rows(known, lang));
    document.list(flow::remarks(known, lang));
}

/// What a firewall is, in a line.
#[must_use]
pub fn title(firewall: &Firewall, lang: Lang) -> String {
    let name = &firewall.name;
    let place = match (firewall.side, firewall.place) {
        (Side::Server, Place::Host) => say!(lang, "on the server itself", "位于服务器本机"),
        (Side::Server, Place::Gateway) => say!(lang, "gateway in front of the server", "服务器前的网关"),
        (Side::Client, Place::Host) => say!(lang, "on the client itself", "位于客户端本机"),
        (Side::Client, Place::Gateway) => say!(lang, "gateway in front of the clients", "客户端前的网关"),
    };
    let strategy = match firewall.strategy {
        Strategy::Static => say!(lang, "declared ports open", "静态放行声明的端口"),
        Strategy::Helper if firewall.dialect.is_pf() => {
            say!(lang, "data connections by ftp-proxy", "由 ftp-proxy 放行数据连接")
        }
        Strategy::Helper => {
            say!(lang, "data connections by conntrack helper", "由 连接跟踪助手放行数据连接")
        }
    };
    let dialect = firewall.dialect.id();
    say!(
        lang,
        "Firewall \"{name}\": {place} ({dialect}, {strategy})",
        "防火墙“{name}”：{place}（{dialect}，{strategy}）"
    )
}

/// The name of a mode in running text.
#[must_use]
pub fn mode_name(mode: Mode, lang: Lang) -> String {
    match mode {
        Mode::Active => say!(lang, "active mode", "主动模式"),
        Mode::Passive => say!(lang, "passive mode", "被动模式"),
    }
}

fn modes(document: &mut Document, explanation: &Explanation<'_>, lang: Lang) {
    let service = &explanation.deployment.service;
    let clients = explanation.deployment.clients.ports;
    document.heading(2, say!(lang, "Which mode suits whose firewall", "哪种模式适合谁的防火墙"));
    let headers = vec![
        say!(lang, "mode", "模式"),
        say!(lang, "the server's firewall", "服务器一侧的防火墙"),
        say!(lang, "the clients' firewall", "客户端一侧的防火墙"),
    ];
    let mut rows = Vec::new();
    if service.modes.active {
        let source = service.active_source.ports();
        rows.push(vec![
            mode_name(Mode::Active, lang),
            say!(
                lang,
                "easy: one port in; data connections only go out, from port {source}",
                "容易：只需放行一个入站端口；数据连接只出站，源端口 {source}"
            ),
            say!(
                lang,
                "hard: has to accept connections from outside to ports {clients}, which the client picks at random",
                "困难：必须接受外部发起的、到端口 {clients} 的连接，端口由客户端随机选取"
            ),
        ]);
    }
    if let Some(range) = service.passive_ports.filter(|_| service.modes.passive) {
        let count = range.count();
        rows.push(vec![
            mode_name(Mode::Passive, lang),
            say!(
                lang,
                "harder: has to accept connections to the passive range {range} ({count} ports) as well",
                "较难：还必须接受到被动端口范围 {range}（共 {count} 个端口）的连接"
            ),
            say!(
                lang,
                "easy: both connections go out, nothing comes in but replies",
                "容易：两个连接都是出站，入站只有应答"
            ),
        ]);
    }
    document.table(headers, rows);
    document.paragraph(preference(explanation.preference, lang));
}

/// Which mode to prefer, and why.
#[must_use]
pub fn preference(preference: Preference, lang: Lang) -> String {
    match preference {
        Preference::OnlyOneOnOffer(mode) => {
            let mode = mode_name(mode, lang);
            say!(
                lang,
                "The service offers only {mode}, so clients have to be set to it.",
                "该服务只提供{mode}，客户端必须设为该模式。"
            )
        }
        Preference::ActiveIsImpossible => say!(
            lang,
            "Use passive mode: a translating gateway in front of the clients makes active mode impossible.",
            "请使用被动模式：客户端前的网关做地址转换，主动模式无法工作。"
        ),
        Preference::EasierForClients => say!(
            lang,
            "Prefer passive mode: there is one server's firewall to open, and it is yours to open; \
             the clients' firewalls are many and usually let only outgoing connections through. \
             Keep active mode for clients that know nothing else.",
            "优先使用被动模式：需要开放的只是服务器一侧的防火墙，由您掌握；客户端一侧的防火墙为数众多，\
             通常只允许出站连接。主动模式留给不支持被动模式的客户端。"
        ),
    }
}
