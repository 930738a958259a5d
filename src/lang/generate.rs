//! The header of a generated file: what it is, and how exactly to put it to work.

use super::{Lang, explain, say};
use crate::deployment::{Deployment, Firewall, Party, Place};
use crate::dialect::{Dialect, Usage};
use crate::flow::{Proxy, Shape};
use crate::packet::Protocol;
use crate::report::wrap::wrap;

/// How wide the sentences of a header get, in columns.
const WIDTH: usize = 96;

/// What a header speaks of.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// The deployment that the rules serve.
    pub deployment: &'a Deployment,
    /// The firewall that they are for.
    pub firewall: &'a Firewall,
    /// Whether they stand alone.
    pub shape: Shape,
    /// The name of the file.
    pub file: &'a str,
    /// How it is put to work.
    pub usage: &'a Usage,
    /// The proxies that it relies on.
    pub proxies: &'a [Proxy],
}

/// The header as comment lines, which are the same in every dialect. Commands are indented by five spaces, so
/// that they can be told from sentences.
#[must_use]
pub fn header(about: &Header<'_>, lang: Lang) -> String {
    let mut lines = vec![
        about.file.to_owned(),
        explain::title(about.firewall, lang),
        service(about, lang),
        String::new(),
    ];
    match about.shape {
        Shape::Complete => complete(&mut lines, about, lang),
        Shape::Fragment => fragment(&mut lines, about, lang),
    }
    proxies(&mut lines, about, lang);
    let mut text = String::new();
    for line in lines {
        // Commands and lines to copy are indented, and stay whole.
        let wrapped = if line.is_empty() || line.starts_with(' ') { vec![line] } else { wrap(&line, WIDTH) };
        for part in wrapped {
            text += format!("# {part}").trim_end();
            text.push('\n');
        }
    }
    text
}

fn service(about: &Header<'_>, lang: Lang) -> String {
    let service = &about.deployment.service;
    let (name, control, tls) = (&service.name, service.control_port, service.tls.id());
    let mut text = say!(
        lang,
        "FTP service \"{name}\": control port {control}, TLS {tls}",
        "FTP 服务“{name}”：控制端口 {control}，TLS {tls}"
    );
    if service.modes.active {
        let source = service.active_source.ports();
        text += &say!(lang, ", active from port {source}", "，主动模式源端口 {source}");
    }
    if let Some(range) = service.passive_ports.filter(|_| service.modes.passive) {
        text += &say!(lang, ", passive range {range}", "，被动端口范围 {range}");
    }
    text
}

fn commands(lines: &mut Vec<String>, commands: &[String]) {
    lines.extend(commands.iter().map(|command| format!("    {command}")));
}

fn complete(lines: &mut Vec<String>, about: &Header<'_>, lang: Lang) {
    lines.push(say!(
        lang,
        "A whole policy: what is not allowed here is dropped. Check it, then load it:",
        "完整策略：未在此放行的一律丢弃。先检查，再加载："
    ));
    commands(lines, &about.usage.load);
    match about.firewall.dialect {
        Dialect::Iptables => lines.push(say!(
            lang,
            "It replaces the tables that it names; the other address family has a file of its own.",
            "它会替换文件中出现的表；另一地址族使用单独的文件。"
        )),
        Dialect::Nftables => lines.push(say!(
            lang,
            "It replaces table inet ftpfw and leaves other tables alone; what another table drops stays dropped.",
            "它替换 inet ftpfw 表，不触动其他表；其他表丢弃的数据包仍会被丢弃。"
        )),
        Dialect::PfOpenbsd | Dialect::PfFreebsd => {
            lines.push(say!(lang, "It replaces the whole rule set.", "它会替换整个规则集。"));
        }
    }
    let managed = about
        .firewall
        .also_allow
        .iter()
        .any(|allowed| allowed.to == Party::ThisHost && allowed.protocol == Protocol::Tcp);
    if !managed {
        lines.push(say!(
            lang,
            "CAUTION: no way in for administration is declared, not even ssh. Declare it under also_allow first, \
             or this locks you out.",
            "注意：未声明任何管理入口，连 ssh 也没有。请先在 also_allow 中声明，否则您会被锁在门外。"
        ));
    }
    if about.firewall.place == Place::Gateway {
        let switches = match about.firewall.dialect {
            Dialect::Iptables | Dialect::Nftables => "net.ipv4.ip_forward, net.ipv6.conf.all.forwarding",
            Dialect::PfOpenbsd | Dialect::PfFreebsd => "net.inet.ip.forwarding, net.inet6.ip6.forwarding",
        };
        lines.push(say!(
            lang,
            "The machine has to forward packets (sysctl: {switches}).",
            "本机必须开启转发（sysctl：{switches}）。"
        ));
    }
}

fn fragment(lines: &mut Vec<String>, about: &Header<'_>, lang: Lang) {
    lines.push(say!(
        lang,
        "Only the FTP part, for a policy that exists. It accepts; dropping the rest is up to that policy. \
         Check it, then load it:",
        "仅含 FTP 部分，供现有策略使用。它只负责放行，其余流量的丢弃由现有策略负责。先检查，再加载："
    ));
    commands(lines, &about.usage.load);
    match about.firewall.dialect {
        Dialect::PfOpenbsd | Dialect::PfFreebsd => {
            lines.push(say!(
                lang,
                "It is loaded into an anchor. /etc/pf.conf has to evaluate it, before any block rule with \"quick\"; \
                 translation anchors stand with the translation rules:",
                "它被加载到一个锚点。/etc/pf.conf 必须在任何带 quick 的 block 规则之前引用该锚点；\
                 转换锚点放在转换规则处："
            ));
            for line in &about.usage.lines {
                lines.push(format!("  {line}"));
            }
        }
        Dialect::Iptables | Dialect::Nftables => {
            if about.firewall.dialect == Dialect::Nftables {
                lines.push(say!(
                    lang,
                    "The chains join table inet filter, because a chain can only be entered from its own table, and an \
                     accept in another table would not overrule a drop in that one. If your base chains are in another \
                     table or have other names, change both here and below.",
                    "这些链加入 inet filter 表：链只能从同一张表内跳转进入，而另一张表中的 accept 不能推翻此表中的 drop。\
                     如果您的基础链在别的表中或名称不同，请在此处和下面一并修改。"
                ));
            }
            lines.push(say!(
                lang,
                "Then have the base chains enter them, once, before the first rule that drops or rejects:",
                "然后让基础链跳转进入，只需一次，位置在第一条丢弃或拒绝规则之前："
            ));
            commands(lines, &about.usage.attach);
            lines.push(match about.firewall.dialect {
                Dialect::Nftables => say!(
                    lang,
                    "or for good, in the file that the policy is loaded from. This file has to be included there \
                     before the table, so that the chains exist:",
                    "或者写入加载策略所用的文件，永久生效。本文件须在该表之前 include，使这些链已经存在："
                ),
                _ => say!(
                    lang,
                    "or for good, in the file that the policy is loaded from, after it declares these chains:",
                    "或者写入加载策略所用的文件，放在声明这些链之后，永久生效："
                ),
            });
            for line in &about.usage.lines {
                lines.push(format!("  {line}"));
            }
        }
    }
}

fn proxies(lines: &mut Vec<String>, about: &Header<'_>, lang: Lang) {
    if about.proxies.is_empty() {
        return;
    }
    lines.push(say!(
        lang,
        "ftp-proxy(8) has to run on this machine, one process for each address family:",
        "本机必须运行 ftp-proxy(8)，每个地址族一个进程："
    ));
    for proxy in about.proxies {
        lines.push(format!("    ftp-proxy {}", proxy.arguments).trim_end().to_owned());
    }
    lines.push(say!(
        lang,
        "The server then sees the connections come from this machine.",
        "此后服务器看到的连接都来自本机。"
    ));
}
