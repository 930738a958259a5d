//! The tables at the head of a report: every flow at every firewall, and what works from end to end.

use crate::audit::{Audit, Cell, CellVerdict, Session, Works};
use crate::flow::{FlowId, Mode};
use crate::lang::{Lang, say};
use crate::report::document::Document;

/// The tables of an audit. `place` names where something is blocked.
#[must_use]
pub fn document(audit: &Audit, place: impl Fn(&Works) -> Option<String>, lang: Lang) -> Document {
    let mut document = Document::default();
    if !audit.matrix.is_empty() {
        document.table(headers(audit, lang), rows(&audit.matrix, lang));
    }
    if !audit.end_to_end.is_empty() {
        let headers = vec![
            say!(lang, "end to end", "端到端"),
            say!(lang, "family", "地址族"),
            say!(lang, "session", "会话"),
            say!(lang, "works", "是否可用"),
        ];
        document
            .table(headers, audit.end_to_end.iter().map(|works| row(works, place(works), lang)).collect());
    }
    document
}

/// The declared flows, in order.
fn flows(matrix: &[Cell]) -> Vec<FlowId> {
    FlowId::ALL.into_iter().filter(|flow| matrix.iter().any(|cell| cell.flow == *flow)).collect()
}

fn headers(audit: &Audit, lang: Lang) -> Vec<String> {
    let mut headers = vec![say!(lang, "firewall", "防火墙"), say!(lang, "family", "地址族")];
    headers.extend(flows(&audit.matrix).into_iter().map(|flow| flow.id().to_owned()));
    headers
}

fn rows(matrix: &[Cell], lang: Lang) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut last = None;
    for first in matrix {
        let key = (&first.firewall, first.family);
        let seen = rows.iter().any(|row| row[0] == *first.firewall && row[1] == first.family.to_string());
        if last == Some(key) || seen {
            continue;
        }
        last = Some(key);
        let mut row = vec![first.firewall.clone(), first.family.to_string()];
        row.extend(flows(matrix).into_iter().map(|flow| {
            let own = |cell: &&Cell| (&cell.firewall, cell.family) == key && cell.flow == flow;
            matrix.iter().find(own).map_or(String::new(), |cell| verdict(cell.verdict, lang))
        }));
        rows.push(row);
    }
    rows
}

fn row(works: &Works, place: Option<String>, lang: Lang) -> Vec<String> {
    let answer = match &works.blocked_by {
        None if works.conditional => say!(lang, "conditionally", "视条件而定"),
        None => say!(lang, "yes", "是"),
        Some(blocked) => {
            let (firewall, flow) = (&blocked.firewall, blocked.flow);
            let answer = if blocked.extent == CellVerdict::Partly {
                say!(lang, "not always: {flow} at {firewall}", "并非总是：{flow} 部分止于 {firewall}")
            } else {
                say!(lang, "no: {flow} at {firewall}", "否：{flow} 止于 {firewall}")
            };
            match place {
                Some(place) => say!(lang, "{answer}, {place}", "{answer}，{place}"),
                None => answer,
            }
        }
    };
    vec![mode(works.mode, lang), works.family.to_string(), session(works.session, lang), answer]
}

/// The verdict on a flow, in a word.
pub(in crate::lang) fn verdict(verdict: CellVerdict, lang: Lang) -> String {
    match verdict {
        CellVerdict::Open => say!(lang, "open", "放行"),
        CellVerdict::Conditional => say!(lang, "conditional", "视条件"),
        CellVerdict::Partly => say!(lang, "partly", "部分"),
        CellVerdict::Blocked => say!(lang, "blocked", "阻断"),
    }
}

/// The name of a mode.
pub(super) fn mode(mode: Mode, lang: Lang) -> String {
    match mode {
        Mode::Active => say!(lang, "active mode", "主动模式"),
        Mode::Passive => say!(lang, "passive mode", "被动模式"),
    }
}

/// The name of a kind of session.
pub(in crate::lang) fn session(session: Session, lang: Lang) -> String {
    match session {
        Session::Plain => say!(lang, "plaintext", "明文"),
        Session::Tls => say!(lang, "TLS", "TLS"),
    }
}
