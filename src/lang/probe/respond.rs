//! What `respond` says.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use super::evidence::error as named;
use crate::lang::{Lang, failure, say};
use crate::packet::{PortRange, PortSet};
use crate::probe::plan::Secret;
use crate::probe::respond::{BindError, Event, Options};
use crate::report::escape::visible;

/// Where it listens, for how long, and the token if nobody else knows it yet.
#[must_use]
pub fn listening(addresses: &[SocketAddr], options: &Options, token: Option<&Secret>, lang: Lang) -> String {
    let mut lines: Vec<String> = addresses
        .iter()
        .map(|address| match options.passive_ports {
            Some(range) => say!(
                lang,
                "listening at {address} and at the passive ports {range}",
                "正在监听 {address} 和被动端口 {range}"
            ),
            None => say!(lang, "listening at {address}", "正在监听 {address}"),
        })
        .collect();
    let seconds = options.duration.as_secs();
    lines.push(say!(lang, "until Ctrl-C, or for {seconds} s", "直到按下 Ctrl-C，或经过 {seconds} 秒"));
    if let Some(token) = token {
        let token = token.reveal();
        lines.push(say!(
            lang,
            "token for probe --sweep, as FTPFW_TOKEN: {token}",
            "供 probe --sweep 使用的令牌（FTPFW_TOKEN）：{token}"
        ));
    }
    lines.join("\n") + "\n"
}

/// The deployment declares TLS.
#[must_use]
pub fn no_tls(lang: Lang) -> String {
    say!(
        lang,
        "note: this end speaks no TLS; encrypted sessions that are declared cannot be probed against it",
        "提示：本端不支持 TLS；部署中声明的加密会话无法在此探测"
    )
}

/// No declared address is one of this machine.
#[must_use]
pub fn not_here(declared: &[IpAddr], lang: Lang) -> String {
    let declared: Vec<String> = declared.iter().map(ToString::to_string).collect();
    let declared = declared.join(match lang {
        Lang::En => ", ",
        Lang::Zh => "、",
    });
    say!(
        lang,
        "this machine has none of the declared addresses of the server ({declared}): run it there, or name an address of \
         this machine with --listen",
        "本机没有部署中声明的任何服务器地址（{declared}）：请在服务器上运行，或用 --listen 指定本机的地址"
    )
}

/// An address to listen at is none of this machine.
#[must_use]
pub fn not_own(text: &str, lang: Lang) -> String {
    let text = visible(text);
    say!(
        lang,
        "--listen: '{text}' is no address of this machine (one of its own has to be named, not 0.0.0.0 or ::)",
        "--listen：“{text}”不是本机的地址（须指定本机自身的某个地址，不能是 0.0.0.0 或 ::）"
    )
}

/// What cannot be listened on, and how to mend it: one for each address and reason.
#[must_use]
pub fn unbound(errors: &[BindError], lang: Lang) -> Vec<String> {
    let mut groups: BTreeMap<(IpAddr, Option<i32>), Vec<&BindError>> = BTreeMap::new();
    for error in errors {
        groups.entry((error.address.ip(), error.error.raw_os_error())).or_default().push(error);
    }
    groups.values().filter_map(|group| Some(problem(group, &group.first()?.error, lang))).collect()
}

/// What one address and reason have in common.
fn problem(group: &[&BindError], error: &io::Error, lang: Lang) -> String {
    let address = group.first().map(|first| first.address.ip().to_string()).unwrap_or_default();
    let ports = group.iter().map(|one| one.address.port());
    let ports: PortSet = ports.map(|port| PortRange::between(port, port)).collect();
    let reason = error.raw_os_error().map_or_else(|| failure::reason(error, lang), named);
    let mend = mend(error, &ports, lang);
    say!(
        lang,
        "cannot listen at {address}, port {ports}: {reason}; {mend}",
        "无法监听 {address} 的端口 {ports}：{reason}；{mend}"
    )
}

fn mend(error: &io::Error, ports: &PortSet, lang: Lang) -> String {
    let first = ports.ranges().first().map_or(0, |range| range.first());
    match error.kind() {
        ErrorKind::PermissionDenied => say!(
            lang,
            "ports below 1024 need root, or the capability CAP_NET_BIND_SERVICE (setcap cap_net_bind_service+ep ftpfw)",
            "1024 以下的端口需要 root 权限，或 CAP_NET_BIND_SERVICE 能力（setcap cap_net_bind_service+ep ftpfw）"
        ),
        ErrorKind::AddrInUse => say!(
            lang,
            "something has it already: ss -tanp 'sport = :{first}' shows what; stop that, or probe it instead",
            "该端口已被占用：ss -tanp 'sport = :{first}' 可显示占用者；请将其停止，或直接探测它"
        ),
        ErrorKind::AddrNotAvailable => {
            say!(lang, "this machine does not have that address", "本机没有该地址")
        }
        _ => say!(
            lang,
            "if it is the number of open files, raise the limit (ulimit -n) or declare a narrower range",
            "若是打开的文件过多，请提高限制（ulimit -n）或声明较小的端口范围"
        ),
    }
}

/// Listening came to an end before its time.
#[must_use]
pub fn broken(error: &io::Error, lang: Lang) -> String {
    let reason = failure::reason(error, lang);
    say!(lang, "listening failed: {reason}", "监听失败：{reason}")
}

/// Something that happened.
#[must_use]
pub fn event(event: &Event, lang: Lang) -> String {
    match event {
        Event::Connected(peer) => say!(lang, "{peer}: a session begins", "{peer}：会话开始"),
        Event::Stranger(peer) => {
            say!(lang, "{peer}: turned away, no declared client", "{peer}：已拒绝，不是声明的客户端")
        }
        Event::Full(peer) => say!(lang, "{peer}: turned away, too many sessions", "{peer}：已拒绝，会话过多"),
        Event::Transferred(peer, reply) => {
            let reply = visible(reply);
            say!(lang, "{peer}: a transfer ends: {reply}", "{peer}：传输结束：{reply}")
        }
        Event::Swept(peer) => say!(lang, "{peer}: a sweep begins", "{peer}：扫描开始"),
        Event::Left(peer) => say!(lang, "{peer}: the session ends", "{peer}：会话结束"),
    }
}
