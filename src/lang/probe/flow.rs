//! The verdict on each flow: a table for each address and kind of session.

use super::Report;
use super::evidence::brief;
use crate::audit::Session;
use crate::flow::{Channel, End, FlowId, Mode};
use crate::lang::audit::session_name;
use crate::lang::{Lang, say};
use crate::packet::{Family, PortRange};
use crate::probe::conclusion::{Cause, FlowVerdict, Verdict};
use crate::probe::plan::Plan;
use crate::report::document::Document;

/// Adds the tables.
pub(super) fn tables(document: &mut Document, report: &Report<'_>, lang: Lang) {
    let flows = &report.conclusions.flows;
    let mut shown: Vec<(Family, Session)> = Vec::new();
    for first in flows {
        let key = (first.family, first.session);
        if shown.contains(&key) {
            continue;
        }
        shown.push(key);
        document.heading(2, heading(report.plan, key, lang));
        let own = flows.iter().filter(|flow| (flow.family, flow.session) == key);
        document.table(headers(lang), own.map(|flow| row(flow, report.plan, lang)).collect());
    }
}

fn heading(plan: &Plan, (family, session): (Family, Session), lang: Lang) -> String {
    let session = session_name(session, lang);
    match plan.servers.iter().find(|&&server| Family::of(server) == family) {
        Some(&server) => say!(lang, "{family}, {session}: {server}", "{family}，{session}：{server}"),
        None => say!(lang, "{family}, {session}", "{family}，{session}"),
    }
}

fn headers(lang: Lang) -> Vec<String> {
    vec![
        say!(lang, "flow", "流"),
        say!(lang, "from", "来源"),
        say!(lang, "to", "目的"),
        say!(lang, "verdict", "结论"),
        say!(lang, "evidence", "依据"),
    ]
}

fn row(flow: &FlowVerdict, plan: &Plan, lang: Lang) -> Vec<String> {
    let sender = flow.flow.sender();
    vec![
        flow.flow.to_string(),
        endpoint(flow.flow, sender, plan, lang),
        endpoint(flow.flow, sender.other(), plan, lang),
        verdict(flow.verdict, lang),
        brief(flow, lang),
    ]
}

/// An end of a flow, with its declared ports.
fn endpoint(flow: FlowId, end: End, plan: &Plan, lang: Lang) -> String {
    let ports = match (end, flow.channel(), flow.mode()) {
        (End::Client, _, _) => plan.client_ports.to_string(),
        (End::Server, Channel::Control, _) => plan.control_port.to_string(),
        (End::Server, Channel::Data, Mode::Active) => plan.active_source.ports().to_string(),
        (End::Server, Channel::Data, Mode::Passive) => {
            plan.passive_ports.unwrap_or(PortRange::ANY).to_string()
        }
    };
    match end {
        End::Client => say!(lang, "client {ports}", "客户端 {ports}"),
        End::Server => say!(lang, "server {ports}", "服务器 {ports}"),
    }
}

/// A verdict in a word or two.
pub(super) fn verdict(verdict: Verdict, lang: Lang) -> String {
    match verdict {
        Verdict::Pass => say!(lang, "pass", "通过"),
        Verdict::Blocked(None) => say!(lang, "blocked", "阻断"),
        Verdict::Blocked(Some(Cause::Dropped)) => say!(lang, "blocked: dropped", "阻断：丢弃"),
        Verdict::Blocked(Some(Cause::Rejected)) => say!(lang, "blocked: rejected", "阻断：拒绝（ICMP）"),
        Verdict::Blocked(Some(Cause::Refused)) => say!(lang, "blocked: refused", "阻断：拒绝（RST）"),
        Verdict::Inconclusive => say!(lang, "inconclusive", "无法判断"),
        Verdict::Skipped => say!(lang, "not tried", "未尝试"),
    }
}
