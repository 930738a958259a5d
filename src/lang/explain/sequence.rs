//! Both modes as a sequence diagram in text.
//!
//! What is said stands behind the lines, where its width does not matter: Chinese characters take two columns.

use super::mode_name;
use crate::deployment::{Deployment, Tls};
use crate::flow::{FlowId, Mode};
use crate::lang::{Lang, say};
use crate::packet::{PortRange, PortSet};

/// The width between the two ends.
const WIDTH: usize = 38;

/// A line of a diagram.
struct Step {
    flow: FlowId,
    client: String,
    server: String,
    meaning: String,
}

/// The diagrams of the modes on offer.
pub(super) fn diagrams(deployment: &Deployment, lang: Lang) -> String {
    let modes = deployment.service.modes;
    let mut diagrams = Vec::new();
    if modes.active {
        diagrams.push(diagram(Mode::Active, &active(deployment, lang), lang));
    }
    if let Some(range) = deployment.service.passive_ports.filter(|_| modes.passive) {
        diagrams.push(diagram(Mode::Passive, &passive(deployment, range, lang), lang));
    }
    diagrams.join("\n\n")
}

fn diagram(mode: Mode, steps: &[Step], lang: Lang) -> String {
    let name = mode_name(mode, lang);
    let (client, server) = (say!(lang, "client", "客户端"), say!(lang, "server", "服务器"));
    let mut lines = vec![format!("{name}: {client} | {server}")];
    for Step { flow, client, server, meaning } in steps {
        let from_client = flow.sender() == crate::flow::End::Client;
        let (tail, head) = if from_client { ("", ">") } else { ("<", "") };
        let label = format!(" {flow} ");
        let used = client.len() + server.len() + label.len() + 1;
        let dashes = WIDTH.saturating_sub(used).max(4);
        let left = "-".repeat(dashes / 2);
        let right = "-".repeat(dashes - dashes / 2);
        lines.push(format!("  |{client} {tail}{left}{label}{right}{head} {server}|  {meaning}"));
    }
    lines.join("\n")
}

fn active(deployment: &Deployment, lang: Lang) -> Vec<Step> {
    let mut steps = control(deployment, [FlowId::A1, FlowId::A2], lang);
    let control = format!(":{}", deployment.service.control_port);
    let data = port(&deployment.service.active_source.ports());
    let step = |flow, client: &str, server: &str, meaning| Step {
        flow,
        client: client.to_owned(),
        server: server.to_owned(),
        meaning,
    };
    let clients = deployment.clients.ports;
    steps.extend([
        step(
            FlowId::A1,
            ":p",
            &control,
            say!(
                lang,
                "PORT or EPRT: \"connect to my port q\" (q within {clients})",
                "PORT 或 EPRT：“请连接我的端口 q”（q 属于 {clients}）"
            ),
        ),
        step(
            FlowId::A2,
            ":p",
            &control,
            say!(lang, "200, after LIST, RETR or STOR 150", "应答 200；收到 LIST、RETR 或 STOR 后应答 150"),
        ),
        step(
            FlowId::A3,
            ":q",
            &data,
            say!(lang, "SYN: the server opens the data connection", "SYN：服务器建立数据连接"),
        ),
        step(
            FlowId::A4,
            ":q",
            &data,
            say!(lang, "SYN-ACK, then acknowledgements and uploads", "SYN-ACK，随后是确认和上传的数据"),
        ),
        step(FlowId::A3, ":q", &data, say!(lang, "listings and downloads", "目录列表和下载的数据")),
        step(FlowId::A2, ":p", &control, say!(lang, "226: done", "226：传输完成")),
    ]);
    steps
}

fn passive(deployment: &Deployment, range: PortRange, lang: Lang) -> Vec<Step> {
    let mut steps = control(deployment, [FlowId::P1, FlowId::P2], lang);
    let control = format!(":{}", deployment.service.control_port);
    let step = |flow, client: &str, server: &str, meaning| Step {
        flow,
        client: client.to_owned(),
        server: server.to_owned(),
        meaning,
    };
    steps.extend([
        step(FlowId::P1, ":p", &control, say!(lang, "PASV or EPSV", "PASV 或 EPSV")),
        step(
            FlowId::P2,
            ":p",
            &control,
            say!(
                lang,
                "227 or 229: \"connect to my port r\" (r within {range})",
                "227 或 229：“请连接我的端口 r”（r 属于 {range}）"
            ),
        ),
        step(
            FlowId::P3,
            ":q",
            ":r",
            say!(lang, "SYN: the client opens the data connection", "SYN：客户端建立数据连接"),
        ),
        step(
            FlowId::P4,
            ":q",
            ":r",
            say!(lang, "SYN-ACK, then listings and downloads", "SYN-ACK，随后是目录列表和下载的数据"),
        ),
        step(FlowId::P3, ":q", ":r", say!(lang, "acknowledgements and uploads", "确认和上传的数据")),
        step(FlowId::P2, ":p", &control, say!(lang, "226: done", "226：传输完成")),
    ]);
    steps
}

/// How the control connection begins, the same in both modes.
fn control(deployment: &Deployment, [request, reply]: [FlowId; 2], lang: Lang) -> Vec<Step> {
    let service = &deployment.service;
    let step = |flow, meaning| Step {
        flow,
        client: ":p".to_owned(),
        server: format!(":{}", service.control_port),
        meaning,
    };
    let mut steps = vec![step(
        request,
        say!(lang, "SYN: the client opens the control connection", "SYN：客户端建立控制连接"),
    )];
    match service.tls {
        Tls::Implicit => {
            steps.push(step(request, say!(lang, "TLS handshake, before anything else", "首先进行 TLS 握手")));
            steps.push(step(reply, say!(lang, "220, encrypted", "220（已加密）")));
        }
        Tls::Explicit | Tls::ExplicitRequired => {
            steps.push(step(reply, "220".to_owned()));
            steps.push(step(
                request,
                say!(
                    lang,
                    "AUTH TLS and handshake: unreadable from here on",
                    "AUTH TLS 及握手：此后内容不可读"
                ),
            ));
        }
        Tls::None => steps.push(step(reply, "220".to_owned())),
    }
    steps.push(step(request, say!(lang, "USER, PASS", "USER、PASS")));
    steps
}

/// A port set as short as a diagram wants it.
fn port(ports: &PortSet) -> String {
    match ports.ranges() {
        [range] if range.count() == 1 => format!(":{range}"),
        [range] => format!(":{range}"),
        [first, ..] => format!(":{first}.."),
        [] => String::new(),
    }
}
