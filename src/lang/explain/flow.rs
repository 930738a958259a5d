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
        let translated = |flow: &Flow| (flow.source.outside.is_some(), flow.destination.outside.is_some());
        let twin = rows
            .iter_mut()
            .find(|row| row.id == flow.id && row.state == flow.state && translated(row) == translated(flow));
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
    if let (Some(own), Some(others)) = (&endpoint.outside, &other.outside) {
        endpoint.outside = Some(union(own, others));
    }
    endpoint.addresses = union(&endpoint.addresses, &other.addresses);
}

fn row(flow: &Flow, firewall: &Firewall, lang: Lang) -> Vec<String> {
    vec![
        flow.id.to_string(),
        direction(flow.direction, firewall.place, lang),
        "TCP".to_owned(),
        endpoint(&flow.source, lang),
        endpoint(&flow.destination, lang),
        state(flow.state),
        reason(flow.id, lang),
    ]
}

fn direction(direction: Direction, place: Place, lang: Lang) -> String {
    match (place, direction) {
        (Place::Host, Direction::In) => say!(lang, "in", "入站"),
        (Place::Host, Direction::Out) => say!(lang, "out", "出站"),
        (Place::Gateway, Direction::In) => say!(lang, "fwd in", "转发入"),
        (Place::Gateway, Direction::Out) => say!(lang, "fwd out", "转发出"),
    }
}

fn endpoint(endpoint: &Endpoint, lang: Lang) -> String {
    let ports = &endpoint.ports;
    let addresses = addresses(&endpoint.addresses, lang);
    match &endpoint.outside {
        None => say!(lang, "{addresses}\nport {ports}", "{addresses}\n端口 {ports}"),
        Some(outside) => {
            let outside = self::addresses(outside, lang);
            say!(
                lang,
                "{addresses}\nport {ports}\n(outside {outside})",
                "{addresses}\n端口 {ports}\n（外部为 {outside}）"
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

fn state(state: FlowState) -> String {
    state.id().to_uppercase()
}

/// What there is to say about the flows of the table beyond their reasons: each note once, with its flows.
pub(super) fn remarks(known: &FirewallFlows<'_>, lang: Lang) -> Vec<String> {
    let mut notes: Vec<Note> = known.flows.iter().flat_map(|flow| flow.notes.iter().copied()).collect();
    notes.sort_unstable();
    notes.dedup();
    let remark = |note: Note| {
        let mut ids: Vec<&str> =
            known.flows.iter().filter(|flow| flow.notes.contains(&note)).map(|flow| flow.id.id()).collect();
        ids.dedup();
        let (ids, text) = (ids.join(", "), self::note(note, known.firewall, lang));
        say!(lang, "{ids}: {text}", "{ids}：{text}")
    };
    notes.into_iter().map(remark).collect()
}

/// Why `flow` has to pass, and what it takes at `firewall`, in sentences.
#[must_use]
pub fn why(flow: &Flow, firewall: &Firewall, lang: Lang) -> String {
    let mut text = reason(flow.id, lang);
    for note in &flow.notes {
        let note = self::note(*note, firewall, lang);
        text += &say!(lang, "; {note}", "；{note}");
    }
    text
}

fn reason(id: FlowId, lang: Lang) -> String {
    match id {
        FlowId::A1 | FlowId::P1 => {
            say!(lang, "the client opens the control connection", "客户端建立控制连接")
        }
        FlowId::A2 | FlowId::P2 => say!(lang, "the server answers commands", "服务器应答命令"),
        FlowId::A3 => say!(
            lang,
            "the server opens the data connection to the port in PORT or EPRT",
            "服务器向 PORT 或 EPRT 给出的端口建立数据连接"
        ),
        FlowId::A4 => say!(lang, "the client answers on the data connection", "客户端在数据连接上应答"),
        FlowId::P3 => say!(
            lang,
            "the client opens the data connection to the port that PASV or EPSV got",
            "客户端向 PASV 或 EPSV 得到的端口建立数据连接"
        ),
        FlowId::P4 => say!(lang, "the server answers on the data connection", "服务器在数据连接上应答"),
    }
}

fn note(note: Note, firewall: &Firewall, lang: Lang) -> String {
    match note {
        Note::PortNamesPrivateAddress => say!(
            lang,
            "CANNOT WORK here. This gateway hides the clients' addresses, PORT and EPRT name the hidden ones, and the \
             server cannot reach them. Use passive mode, or a helper without TLS",
            "在此无法工作。本网关隐藏了客户端的地址，而 PORT 和 EPRT 给出的正是被隐藏的地址，服务器无法到达。\
             请使用被动模式，或在不启用 TLS 时使用助手"
        ),
        Note::DestinationTranslated => say!(
            lang,
            "the gateway translates the destination address, and keeps every port",
            "网关转换目的地址，端口一律保持不变"
        ),
        Note::SourceTranslated => say!(
            lang,
            "the gateway translates the source address as packets leave",
            "数据包离开时，网关转换源地址"
        ),
        Note::Expected if firewall.dialect.is_pf() => say!(
            lang,
            "ftp-proxy reads the control connection and lets exactly this connection through",
            "ftp-proxy 读取控制连接，只放行这一条连接"
        ),
        Note::Expected => say!(
            lang,
            "the helper reads the control connection and expects exactly this connection",
            "助手读取控制连接，只预期这一条连接"
        ),
        Note::BlindedByTls => say!(
            lang,
            "under TLS nothing on the way can read the port, so it has to be open beforehand",
            "启用 TLS 后途中读不到端口号，因此端口必须事先放行"
        ),
    }
}
