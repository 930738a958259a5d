//! What does not fit together about a firewall, in words.

use super::{Words, excerpt, nat, quoted};
use crate::deployment::Side;
use crate::deployment::problem::FirewallProblem;
use crate::lang::{Lang, say};
use crate::packet::Protocol;

#[expect(clippy::too_many_lines, reason = "a table: one arm for each problem")]
pub(super) fn words(problem: &FirewallProblem, lang: Lang) -> Words {
    match problem {
        FirewallProblem::DuplicateName { name, by_case } => {
            let words = Words::new(
                say!(lang, "two firewalls are named `{name}`", "两个防火墙同名：`{name}`"),
                say!(lang, "expected a name of its own", "名称应唯一"),
            )
            .related(say!(lang, "the first of the two", "首次使用于此"));
            if *by_case {
                words.help(say!(
                    lang,
                    "the names become file names, and some file systems do not tell upper from lower case",
                    "名称会用作文件名，而部分文件系统不区分大小写"
                ))
            } else {
                words.help(say!(lang, "rename one of the two", "请修改其中一个名称"))
            }
        }
        FirewallProblem::HelperWithTls { tls } => {
            let tls = tls.id();
            Words::new(
                say!(
                    lang,
                    "a helper reads the control connection, and `tls: {tls}` lets sessions encrypt it",
                    "连接跟踪助手需要读取控制连接，而 `tls: {tls}` 允许会话加密控制连接"
                ),
                say!(lang, "expected `static`", "应为 `static`"),
            )
            .related(say!(lang, "the kind of TLS", "TLS 类型"))
            .help(say!(
                lang,
                "once a session is encrypted the helper sees no `PORT` and no `PASV`, and no data connection gets through: declare `strategy: static`, or `tls: none`",
                "会话一旦加密，助手便看不到 `PORT` 和 `PASV`，数据连接无法通过：请声明 `strategy: static`，或 `tls: none`"
            ))
        }
        FirewallProblem::ProxyOnHost => Words::new(
            say!(
                lang,
                "the helper of pf is ftp-proxy, which serves forwarded connections only",
                "pf 的助手是 ftp-proxy，只处理转发的连接"
            ),
            say!(lang, "expected `static` on a host", "主机上应为 `static`"),
        )
        .help(say!(
            lang,
            "declare `strategy: static`, or `place: gateway`",
            "请声明 `strategy: static`，或 `place: gateway`"
        )),
        FirewallProblem::ProxyWithoutInterface { interface, side } => {
            let from = match (side, lang) {
                (Side::Client, Lang::En) => "the clients behind it",
                (Side::Client, Lang::Zh) => "其后的客户端",
                (Side::Server, Lang::En) => "the clients in front of it",
                (Side::Server, Lang::Zh) => "其前的客户端",
            };
            Words::new(
                say!(
                    lang,
                    "ftp-proxy is to serve {from}, and the interface that they come in by is not declared",
                    "ftp-proxy 要服务于{from}，但未声明其连接进入的接口"
                ),
                say!(lang, "expected `interfaces.{interface}`", "应声明 `interfaces.{interface}`"),
            )
            .help(say!(
                lang,
                "declare `interfaces: {{ {interface}: em0 }}` with the name of the interface; without it anyone who reaches the firewall could use the proxy",
                "请以实际接口名声明 `interfaces: {{ {interface}: em0 }}`；否则任何能访问防火墙的人都可使用该代理"
            ))
        }
        FirewallProblem::OpenEgressWithoutInterface { interface } => Words::new(
            say!(
                lang,
                "everything may leave, and the interface that says what leaving is is not declared",
                "放行全部外出连接，但未声明用以判断方向的接口"
            ),
            say!(lang, "expected `interfaces.{interface}`", "应声明 `interfaces.{interface}`"),
        )
        .help(say!(
            lang,
            "declare both `interfaces.outside` and `interfaces.inside`, or `egress: restricted`",
            "请同时声明 `interfaces.outside` 和 `interfaces.inside`，或声明 `egress: restricted`"
        )),
        FirewallProblem::SameInterface { name } => Words::new(
            say!(lang, "both sides are on interface `{name}`", "内外两侧使用同一接口 `{name}`"),
            say!(lang, "expected another interface", "应为另一个接口"),
        )
        .related(say!(lang, "the other side", "另一侧"))
        .help(say!(
            lang,
            "leave both out if the machine has one interface",
            "若设备只有一个接口，请都不声明"
        )),
        FirewallProblem::Nat(problem) => nat::words(problem, lang),
        FirewallProblem::NotDeclared { name, suggestion, known } => {
            let name = excerpt(name);
            let known = quoted(&known.iter().map(String::as_str).collect::<Vec<_>>(), lang);
            Words::new(
                say!(lang, "no firewall is named {name}", "没有名为 {name} 的防火墙"),
                say!(lang, "expected one of {known}", "应为以下之一：{known}"),
            )
            .maybe_help(
                suggestion
                    .as_ref()
                    .map(|meant| say!(lang, "did you mean `{meant}`?", "是否想写 `{meant}`？")),
            )
        }
        FirewallProblem::SelfToSelf => Words::new(
            say!(lang, "traffic from the machine to itself", "从本机到本机的流量"),
            say!(lang, "expected one end at most to be `self`", "至多一端可为 `self`"),
        )
        .help(say!(
            lang,
            "it goes over loopback, which is always open; name the other end, or remove the entry",
            "此类流量经由环回接口，始终放行；请写明另一端，或删除该项"
        )),
        FirewallProblem::SelfInList => Words::new(
            say!(lang, "`self` is one item of a list", "列表中出现 `self`"),
            say!(lang, "expected an address or a prefix", "应为地址或网段"),
        )
        .help(say!(lang, "write a second entry for `self` alone", "请为 `self` 单独写一项")),
        FirewallProblem::ForwardOnHost => Words::new(
            say!(
                lang,
                "traffic between other machines, and a host forwards none",
                "其他主机之间的流量，而主机不做转发"
            ),
            say!(lang, "expected `self` at one end", "应有一端为 `self`"),
        )
        .help(say!(
            lang,
            "write `to: self` or `from: self`, or declare `place: gateway`",
            "请写 `to: self` 或 `from: self`，或声明 `place: gateway`"
        )),
        FirewallProblem::PortWithoutPorts { protocol } => {
            let protocol = protocol.id();
            Words::new(
                say!(lang, "{protocol} has no ports", "{protocol} 没有端口"),
                say!(lang, "expected only with tcp and udp", "仅用于 tcp 和 udp"),
            )
            .help(say!(lang, "remove the port", "请删除端口"))
        }
        FirewallProblem::ProtocolFamily { protocol } => {
            let (name, family, instead) = match protocol {
                Protocol::Icmpv6 => ("icmpv6", "IPv6", "icmp"),
                _ => ("icmp", "IPv4", "icmpv6"),
            };
            Words::new(
                say!(lang, "{name} runs over {family} only", "{name} 仅用于 {family}"),
                say!(lang, "expected {family} addresses", "应为 {family} 地址"),
            )
            .help(say!(lang, "write `proto: {instead}`", "请写 `proto: {instead}`"))
        }
        FirewallProblem::EndsApart { from, to } => Words::new(
            say!(
                lang,
                "the two ends have no address family in common: {from} and {to}",
                "两端没有共同的地址族：{from} 与 {to}"
            ),
            say!(lang, "expected the family of the other end", "应与另一端的地址族相同"),
        )
        .related(say!(lang, "the other end", "另一端"))
        .help(say!(lang, "write an entry for each family", "请为每个地址族单独写一项")),
    }
}
