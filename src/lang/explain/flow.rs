//! The flows at one firewall: a table row for each, with the reason.

use crate::deployment::{Firewall, Place};
use crate::explain::FirewallFlows;
use crate::flow::{Endpoint, Flow, FlowId, FlowState, Note};
use crate::lang::{Lang, say};
use crate::packet::AddressSet;
use crate::ruleset::Direction;

/// The rows of the table. What differs between the families only in its addresses shares a row.
pub(super) fn rows(known: &FirewallFlows<'_>, lang: Lang) -> Vec<Vec<String>> {
    let mut rows: Vec<Flow> = Vec::new();
    for flow in &known.flows {
        let twin = rows
            .iter_mut()
            .find(|row| row.id == flow.id && row.state == flow.state && row.notes == flow.notes);
        match twin {
            Some(row) => {
                join(&mut row.source, &flow.source);
                join(&mut row.destination, &flow.destination);
            }
            None => rows.push(flow.clone()),
        }
    }
    rows.iter().map(|flow| row(flow, known.firewall, lang)).collect()
}

fn join(endpoint: &mut Endpoint, other: &Endpoint) {
    let union = |a: &AddressSet, b: &AddressSet| a.nets().iter().chain(b.nets()).copied().collect();
    endpoint.outside = match (&endpoint.outside, &other.outside) {
        (None, None) => None,
        (own, others) => Some(union(
            own.as_ref().unwrap_or(&endpoint.addresses),
            others.as_ref().unwrap_or(&other.addresses),
        )),
    };
    endpoint.addresses = union(&endpoint.addresses, &other.addresses);
}

fn row(flow: &Flow, firewall: &Firewall, lang: Lang) -> Vec<String> {
    vec![
        flow.id.to_string(),
        direction(flow.direction, firewall.place, lang),
        "TCP".to_owned(),
        endpoint(&flow.source, lang),
        endpoint(&flow.destination, lang),
        state(flow.state, lang),
        why(flow, firewall, lang),
    ]
}

fn direction(direction: Direction, place: Place, lang: Lang) -> String {
    match (place, direction) {
        (Place::Host, Direction::In) => say!(lang, "in", "入站"),
        (Place::Host, Direction::Out) => say!(lang, "out", "出站"),
        (Place::Gateway, Direction::In) => say!(lang, "forwarded, in", "转发，向内"),
        (Place::Gateway, Direction::Out) => say!(lang, "forwarded, out", "转发，向外"),
    }
}

fn endpoint(endpoint: &Endpoint, lang: Lang) -> String {
    let ports = &endpoint.ports;
    let addresses = addresses(&endpoint.addresses, lang);
    match &endpoint.outside {
        None => say!(lang, "{addresses} port {ports}", "{addresses} 端口 {ports}"),
        Some(outside) => {
            let outside = self::addresses(outside, lang);
            say!(
                lang,
                "{addresses} port {ports} (outside: {outside})",
                "{addresses} 端口 {ports}（外部为 {outside}）"
            )
        }
    }
}

fn addresses(addresses: &AddressSet, lang: Lang) -> String {
    if addresses.families().all(|family| addresses.is_any(family)) {
        say!(lang, "any", "任意")
    } else {
        addresses.to_string()
    }
}

fn state(state: FlowState, lang: Lang) -> String {
    match state {
        FlowState::New => say!(lang, "NEW, then ESTABLISHED", "NEW，之后 ESTABLISHED"),
        FlowState::Related => say!(lang, "RELATED, then ESTABLISHED", "RELATED，之后 ESTABLISHED"),
        FlowState::Established => say!(lang, "ESTABLISHED only", "仅 ESTABLISHED"),
    }
}

/// Why `flow` has to pass `firewall`, and what it takes there.
#[must_use]
pub fn why(flow: &Flow, firewall: &Firewall, lang: Lang) -> String {
    let mut text = reason(flow.id, lang);
    for note in &flow.notes {
        let separator = say!(lang, " ", "");
        text.push_str(&separator);
        text.push_str(&self::note(*note, firewall, lang));
    }
    text
}

fn reason(id: FlowId, lang: Lang) -> String {
    match id {
        FlowId::A1 | FlowId::P1 => {
            say!(lang, "The client opens the control connection.", "客户端建立控制连接。")
        }
        FlowId::A2 | FlowId::P2 => {
            say!(lang, "The server answers commands.", "服务器应答命令。")
        }
        FlowId::A3 => say!(
            lang,
            "The server opens the data connection to the port that PORT or EPRT named.",
            "服务器向 PORT 或 EPRT 所指定的端口建立数据连接。"
        ),
        FlowId::A4 => {
            say!(lang, "The client acknowledges data, and sends uploads.", "客户端确认数据，上传时发送数据。")
        }
        FlowId::P3 => say!(
            lang,
            "The client opens the data connection to the port that the reply to PASV or EPSV named.",
            "客户端向 PASV 或 EPSV 应答中给出的端口建立数据连接。"
        ),
        FlowId::P4 => say!(
            lang,
            "The server acknowledges data, and sends listings and downloads.",
            "服务器确认数据，发送目录列表和下载内容。"
        ),
    }
}

fn note(note: Note, firewall: &Firewall, lang: Lang) -> String {
    match note {
        Note::PortNamesPrivateAddress => say!(
            lang,
            "CANNOT WORK here: this gateway hides the client's address, PORT names the hidden one, and the \
             server cannot reach it. Use passive mode, or a helper without TLS.",
            "在此无法工作：本网关隐藏了客户端地址，而 PORT 给出的正是被隐藏的地址，服务器无法到达。\
             请使用被动模式，或在不用 TLS 时使用助手。"
        ),
        Note::DestinationTranslated => say!(
            lang,
            "The gateway translates the destination address and keeps the port.",
            "网关转换目的地址，端口保持不变。"
        ),
        Note::SourceTranslated => say!(
            lang,
            "The gateway translates the source address as the packet leaves.",
            "数据包离开时，网关转换源地址。"
        ),
        Note::Expected if firewall.dialect.is_pf() => say!(
            lang,
            "ftp-proxy reads the control connection and lets exactly this connection through.",
            "ftp-proxy 读取控制连接，仅放行这一条连接。"
        ),
        Note::Expected => say!(
            lang,
            "The helper reads the control connection and expects exactly this connection.",
            "助手读取控制连接，并预期这一条连接。"
        ),
        Note::BlindedByTls => say!(
            lang,
            "Under TLS no helper can read the port: it has to be open beforehand.",
            "启用 TLS 后助手读不到端口号，因此端口必须事先放行。"
        ),
    }
}
