//! What a sweep of all ports saw, from both ends.

use super::evidence::error;
use crate::lang::{Lang, say};
use crate::probe::sweep::{Arrived, Failure, Outcome, Run, Sweep};
use crate::report::document::Document;

/// Adds what was seen in one family.
pub(super) fn describe(document: &mut Document, sweep: &Sweep, lang: Lang) {
    let family = sweep.family;
    document
        .heading(2, say!(lang, "Every port, from both ends: {family}", "从两端逐一测试每个端口：{family}"));
    if let Some(failure) = &sweep.failure {
        document.paragraph(self::failure(failure, lang));
    }
    if sweep.passive.iter().any(|(_, outcome)| *outcome != Outcome::Untried) {
        let headers = vec![
            say!(lang, "passive ports", "被动端口"),
            say!(lang, "count", "数量"),
            say!(lang, "what happened", "结果"),
        ];
        document.table(headers, sweep.runs().iter().map(|run| row(*run, lang)).collect());
    }
    if !sweep.active.is_empty() {
        let headers =
            vec![say!(lang, "active, to port", "主动，到端口"), say!(lang, "what happened", "结果")];
        let row = |&(port, outcome): &(u16, Arrived)| vec![port.to_string(), arrived(outcome, lang)];
        document.table(headers, sweep.active.iter().map(row).collect());
    }
}

fn row(run: Run, lang: Lang) -> Vec<String> {
    let Run { first, last, .. } = run;
    let ports = if first == last { first.to_string() } else { format!("{first}-{last}") };
    let count = u32::from(last) - u32::from(first) + 1;
    vec![ports, count.to_string(), outcome(run.outcome, lang)]
}

/// What became of a port, as both ends tell it.
pub(super) fn outcome(outcome: Outcome, lang: Lang) -> String {
    match outcome {
        Outcome::Open => say!(lang, "open: the connection reached the responder", "开放：连接到达了响应端"),
        Outcome::WrongHost => say!(
            lang,
            "the connection opened, and reached another machine or program than the responder: look at the translation",
            "连接已建立，但到达的不是响应端，而是其他机器或程序：请检查地址转换"
        ),
        Outcome::Silent { arrived: Some(false) } => say!(
            lang,
            "dropped on the way there: the SYN left here and did not arrive at the responder",
            "去程被丢弃：SYN 已从本机发出，但没有到达响应端"
        ),
        Outcome::Silent { arrived: Some(true) } => say!(
            lang,
            "dropped on the way back: the SYN arrived at the responder, and its answer was lost",
            "回程被丢弃：SYN 到达了响应端，但其应答丢失"
        ),
        Outcome::Silent { arrived: None } => say!(
            lang,
            "dropped: nothing came back, and the responder's system does not tell whether the SYN arrived",
            "被丢弃：没有任何回应，且响应端的系统无法得知 SYN 是否到达"
        ),
        Outcome::Rejected(number) => {
            let error = error(number);
            say!(
                lang,
                "rejected by a firewall on the way, or by this machine: {error}",
                "被途中的防火墙或本机拒绝：{error}"
            )
        }
        Outcome::Refused => say!(
            lang,
            "refused: a firewall answers with a reset or port-unreachable, the connection is led to another machine, or the \
             responder was started with another range",
            "被拒绝：某个防火墙以 RST 或端口不可达作答，连接被引向了另一台机器，或响应端启动时使用了不同的端口范围"
        ),
        Outcome::RateLimited => say!(
            lang,
            "dropped or rejected: nothing came back, but ICMP errors, of which few are sent, answered for other ports; --jobs 1 \
             tells which",
            "被丢弃或拒绝：没有回应，但其他端口收到了 ICMP 错误，而这类错误的发送速率有限；--jobs 1 可加以区分"
        ),
        Outcome::Untried => say!(lang, "not tried", "未尝试"),
    }
}

/// The name of an outcome in machine-readable output.
pub(super) fn outcome_id(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "open",
        Outcome::WrongHost => "wrong-host",
        Outcome::Silent { arrived: Some(false) } => "syn-lost",
        Outcome::Silent { arrived: Some(true) } => "answer-lost",
        Outcome::Silent { arrived: None } => "dropped",
        Outcome::Rejected(_) => "rejected",
        Outcome::Refused => "refused",
        Outcome::RateLimited => "rate-limited",
        Outcome::Untried => "untried",
    }
}

/// What became of an active data connection, as both ends tell it.
pub(super) fn arrived(arrived: Arrived, lang: Lang) -> String {
    match arrived {
        Arrived::From(port) => {
            say!(lang, "arrived, from the server's port {port}", "已到达，来自服务器的端口 {port}")
        }
        Arrived::Elsewhere => say!(
            lang,
            "the responder connected, and not to this machine: something in between answers, or translates",
            "响应端已连接，但对方不是本机：途中有设备代为应答或转换地址"
        ),
        Arrived::Silent => say!(
            lang,
            "dropped: the responder sent its SYN, and nothing arrived here",
            "被丢弃：响应端发出了 SYN，但没有到达本机"
        ),
        Arrived::Failed(number) => {
            let error = error(number);
            say!(lang, "the responder's system reports {error}", "响应端的系统报告 {error}")
        }
    }
}

/// The name of that in machine-readable output.
pub(super) fn arrived_id(arrived: Arrived) -> &'static str {
    match arrived {
        Arrived::From(_) => "arrived",
        Arrived::Elsewhere => "elsewhere",
        Arrived::Silent => "dropped",
        Arrived::Failed(_) => "failed",
    }
}

/// Why there is no more to tell.
pub(super) fn failure(failure: &Failure, lang: Lang) -> String {
    match failure {
        Failure::NoControl => say!(
            lang,
            "There is no control connection to sweep by: see the verdict on A1 and P1.",
            "没有可用于扫描的控制连接：见 A1 和 P1 的结论。"
        ),
        Failure::NoResponder => say!(
            lang,
            "What answers there is no ftpfw respond. Stop the FTP server, run ftpfw respond in its place, and sweep again.",
            "应答者不是 ftpfw respond。请停止 FTP 服务器，在原处运行 ftpfw respond，然后重新扫描。"
        ),
        Failure::WrongToken => say!(
            lang,
            "The responder has another token: it prints its own when it starts.",
            "响应端的令牌不同：它在启动时会输出自己的令牌。"
        ),
        Failure::Busy => say!(
            lang,
            "Another sweep from this address goes on at the responder: wait for its end, and sweep again.",
            "响应端正在处理来自同一地址的另一次扫描：请等其结束后重新扫描。"
        ),
        Failure::Lost(_) => say!(
            lang,
            "The control connection was lost before the sweep was done.",
            "扫描完成之前控制连接中断。"
        ),
    }
}

/// The name of that in machine-readable output.
pub(super) fn failure_id(failure: &Failure) -> &'static str {
    match failure {
        Failure::NoControl => "no-control",
        Failure::NoResponder => "no-responder",
        Failure::WrongToken => "wrong-token",
        Failure::Busy => "busy",
        Failure::Lost(_) => "lost",
    }
}

/// That a sweep goes on.
#[must_use]
pub fn sweeping(lang: Lang) -> String {
    say!(lang, "every port of the range", "端口范围内的每个端口")
}

/// A sweep needs a token.
#[must_use]
pub fn no_token(variable: &str, lang: Lang) -> String {
    say!(
        lang,
        "--sweep needs the token that ftpfw respond printed: in the environment as {variable}, or in a file named with \
         --token-file",
        "--sweep 需要 ftpfw respond 输出的令牌：放在环境变量 {variable} 中，或写入文件并用 --token-file 指定"
    )
}
