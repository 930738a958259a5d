//! What does not fit together about the service, in words.

use super::Words;
use crate::deployment::problem::ServiceProblem;
use crate::deployment::{Software, Tls};
use crate::lang::{Lang, say};
use crate::packet::{Family, PortRange};

#[expect(clippy::too_many_lines, reason = "a table: one arm for each problem")]
pub(super) fn words(problem: &ServiceProblem, lang: Lang) -> Words {
    match problem {
        ServiceProblem::PassiveWithoutRange => Words::new(
            say!(lang, "passive mode is on offer without a port range", "提供被动模式，但未声明端口范围"),
            say!(lang, "expected the passive ports of the server", "应声明服务器的被动模式端口范围"),
        )
        .help(say!(
            lang,
            "declare `service.passive.ports` (`--pasv`), for example 30000-30019, and set the same range in the server; or offer active mode only, with `service.modes: [active]` (`--active`)",
            "请声明 `service.passive.ports`（`--pasv`），例如 30000-30019，并在服务器上设置相同的范围；若只提供主动模式，请设置 `service.modes: [active]`（`--active`）"
        )),
        ServiceProblem::ModeNotOffered { mode } => Words::new(
            match lang {
                Lang::En => format!("a setting of {mode} mode, which is not on offer"),
                Lang::Zh => format!("声明了{}的设置，但未提供该模式", mode_zh(mode)),
            },
            say!(lang, "this has no effect", "该设置不起作用"),
        )
        .help(say!(
            lang,
            "add `{mode}` to `service.modes`, or remove the setting",
            "请将 `{mode}` 加入 `service.modes`，或删除该设置"
        )),
        ServiceProblem::NoPortBelowControl => Words::new(
            say!(
                lang,
                "active data connections come from the port below the control port, and there is none below 1",
                "主动模式的数据连接默认使用控制端口减一的源端口，而端口 1 之下没有端口"
            ),
            say!(lang, "expected a declared source port", "应显式声明源端口"),
        )
        .help(say!(
            lang,
            "declare `service.active.source_port`: a port, a list of ports, or `ephemeral`",
            "请声明 `service.active.source_port`：端口号、端口号列表，或 `ephemeral`"
        )),
        ServiceProblem::ImplicitTlsOn21 => Words::new(
            say!(lang, "implicit TLS on port 21", "在端口 21 上使用隐式 TLS"),
            say!(lang, "expected port 990", "应为端口 990"),
        )
        .help(say!(
            lang,
            "clients start in plaintext on port 21 and with TLS on port 990; declare `tls: explicit`, or port 990",
            "客户端在端口 21 上以明文开始会话，在端口 990 上以 TLS 开始会话；请声明 `tls: explicit`，或改用端口 990"
        )),
        ServiceProblem::PlainOn990 { tls } => {
            let title = if *tls == Tls::None {
                say!(lang, "plaintext FTP on port 990", "在端口 990 上使用明文 FTP")
            } else {
                say!(lang, "explicit TLS on port 990", "在端口 990 上使用显式 TLS")
            };
            Words::new(title, say!(lang, "expected another port, such as 21", "应为其他端口，如 21")).help(say!(
                lang,
                "clients start with TLS on port 990; declare `tls: implicit`, or another port",
                "客户端在端口 990 上直接以 TLS 开始会话；请声明 `tls: implicit`，或改用其他端口"
            ))
        }
        ServiceProblem::NoCommonFamily { clients } => {
            let (clients, server) = (*clients, other(*clients));
            Words::new(
                say!(
                    lang,
                    "the clients have {clients} addresses only, the server {server} addresses only",
                    "客户端只有 {clients} 地址，服务器只有 {server} 地址"
                ),
                say!(lang, "expected addresses of one family in common", "双方至少应有一个共同的地址族"),
            )
            .related(say!(lang, "the addresses of the server", "服务器的地址"))
            .help(say!(
                lang,
                "declare an {clients} address of the server, or {server} addresses of the clients",
                "请声明服务器的 {clients} 地址，或客户端的 {server} 地址"
            ))
        }
        ServiceProblem::FamilyNotServed { family } => Words::new(
            say!(lang, "the server has no {family} address", "服务器没有 {family} 地址"),
            say!(lang, "these clients cannot reach it", "这些客户端无法访问服务器"),
        )
        .related(say!(lang, "the addresses of the server", "服务器的地址"))
        .help(say!(
            lang,
            "declare an {family} address of the server, or remove these clients",
            "请声明服务器的 {family} 地址，或删除这些客户端"
        )),
        ServiceProblem::SourcePortIsEphemeral { software } => {
            let name = software.name();
            let words = Words::new(
                say!(
                    lang,
                    "{name} usually opens active data connections from an ephemeral port",
                    "{name} 通常使用临时端口作为主动模式数据连接的源端口"
                ),
                say!(lang, "expected `ephemeral`", "应为 `ephemeral`"),
            )
            .related(say!(lang, "the server program", "服务器软件"));
            if matches!(software, Software::Proftpd) {
                words.help(say!(
                    lang,
                    "right for ProFTPD before 1.3.7, and with `RootRevoke off`; otherwise write `ephemeral`",
                    "ProFTPD 1.3.7 之前的版本或设置了 `RootRevoke off` 时无误；否则请写 `ephemeral`"
                ))
            } else {
                words.help(say!(lang, "write `source_port: ephemeral`", "请写 `source_port: ephemeral`"))
            }
        }
        ServiceProblem::RangeHoldsControlPort { port, range } => Words::new(
            say!(
                lang,
                "the passive range {range} holds the control port {port}",
                "被动模式端口范围 {range} 包含控制端口 {port}"
            ),
            say!(lang, "expected a range without {port}", "端口范围不应包含 {port}"),
        )
        .related(say!(lang, "the control port", "控制端口"))
        .help(say!(
            lang,
            "the server listens there already; choose a range apart from it, such as 30000-30019",
            "服务器已在该端口监听；请选用与之错开的范围，如 30000-30019"
        )),
        ServiceProblem::RangeHoldsSourcePort { port, range } => Words::new(
            say!(
                lang,
                "the passive range {range} holds port {port}, where active data connections come from",
                "被动模式端口范围 {range} 包含主动模式数据连接的源端口 {port}"
            ),
            say!(lang, "expected a range without {port}", "端口范围不应包含 {port}"),
        )
        .related(say!(lang, "the source of active data connections", "主动模式数据连接的源端口"))
        .help(say!(
            lang,
            "choose a range apart from it, such as 30000-30019",
            "请选用与之错开的范围，如 30000-30019"
        )),
        ServiceProblem::RangeBelow1024 { range } => Words::new(
            say!(
                lang,
                "the passive range {range} starts below 1024",
                "被动模式端口范围 {range} 的起点低于 1024"
            ),
            say!(lang, "expected ports from 1024 on", "端口号应不小于 1024"),
        )
        .help(say!(
            lang,
            "ProFTPD and Pure-FTPd refuse such a range and vsftpd replaces it; choose one within 20000-32767",
            "ProFTPD 和 Pure-FTPd 会拒绝此类范围，vsftpd 会自行更改；请在 20000-32767 内选取"
        )),
        ServiceProblem::RangeEphemeral { range, overlap } => Words::new(
            say!(
                lang,
                "the passive range {range} meets the ephemeral ports of Linux in {overlap}",
                "被动模式端口范围 {range} 与 Linux 的临时端口在 {overlap} 重叠"
            ),
            say!(lang, "expected a range apart from 32768-60999", "端口范围应避开 32768-60999"),
        )
        .help(say!(
            lang,
            "an outgoing connection may hold a port that the server wants: choose a range within 20000-32767, or reserve this one with `sysctl net.ipv4.ip_local_reserved_ports={range}`",
            "外出连接可能占用服务器所需的端口：请在 20000-32767 内选取范围，或执行 `sysctl net.ipv4.ip_local_reserved_ports={range}` 预留该范围"
        )),
        ServiceProblem::RangeWide { range, enough, sessions } => range_wide(*range, *enough, *sessions, lang),
    }
}

fn range_wide(range: PortRange, enough: u32, sessions: Option<u32>, lang: Lang) -> Words {
    let count = range.count();
    let words = Words::new(
        say!(lang, "the passive range has {count} ports", "被动模式端口范围共有 {count} 个端口"),
        say!(lang, "{enough} would do", "{enough} 个即可满足需要"),
    );
    match sessions {
        Some(sessions) => words.help(say!(
            lang,
            "{sessions} sessions take two ports each at most; every port more is open for nothing",
            "{sessions} 个会话每个至多占用两个端口；多余的端口只会徒增暴露面"
        )),
        None => words.help(say!(
            lang,
            "a small service needs at most 20; declare `service.max_sessions` if it carries more than 10 sessions at once",
            "小型服务至多需要 20 个；若同时会话数超过 10，请声明 `service.max_sessions`"
        )),
    }
}

fn mode_zh(mode: &str) -> &'static str {
    if mode == "active" { "主动模式" } else { "被动模式" }
}

fn other(family: Family) -> Family {
    match family {
        Family::Ipv4 => Family::Ipv6,
        Family::Ipv6 => Family::Ipv4,
    }
}
