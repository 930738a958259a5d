//! What is wrong with a conntrack helper, or with ftp-proxy.

use super::Words;
use crate::audit::helper::{Automatism, Cause, Data, Hint, Limit, Message, Misnamed};
use crate::flow::Mode;
use crate::lang::{Lang, say};
use crate::packet::Family;
use crate::ruleset::{Hook, priority};

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    match message {
        Message::NotAttached { data, partly } => not_attached(data, *partly, lang),
        Message::Automatic { data, hints, automatism, kernel } => {
            automatic(data, hints, *automatism, *kernel, lang)
        }
        Message::Encrypted { data, proxy, always } => encrypted(data, *proxy, *always, lang),
        Message::NotAccepted { data } => Words {
            title: say!(
                lang,
                "the helper announces {}, and no rule accepts them as RELATED or by their ports",
                "助手已登记{}，但没有规则按 RELATED 状态或按端口放行",
                connections(data, lang)
            ),
            label: say!(lang, "their RELATED packets end here", "RELATED 数据包止于此处"),
            help: None,
        },
        Message::OnlyNew { data, rejected } => only_new(data, *rejected, lang),
        Message::Ineffective { cause, families } => ineffective(cause, families, lang),
        Message::Misnamed(misnamed) => misnamed_match(misnamed, lang),
        Message::LooseHelper => Words {
            title: say!(
                lang,
                "`loose=1` lets the helper expect data connections with hosts other than the two of the session",
                "`loose=1` 使助手登记与会话双方以外的主机之间的数据连接"
            ),
            label: say!(lang, "third parties are let in", "第三方因此得以进入"),
            help: Some(say!(
                lang,
                "Set `options nf_conntrack_ftp loose=0`, and load the module anew.",
                "改为 `options nf_conntrack_ftp loose=0`，并重新加载模块。"
            )),
        },
        Message::LooseServer => Words {
            title: say!(
                lang,
                "the server accepts data connections with hosts other than the client (FTP bounce)",
                "服务器接受与客户端以外的主机建立数据连接（FTP 反弹）"
            ),
            label: String::new(),
            help: None,
        },
        Message::BeforeSeqadjFix { kernel } => Words {
            title: say!(
                lang,
                "Linux {} may lose track of TCP sequence numbers: nftables sets the helper after destination NAT",
                "Linux {} 可能算错 TCP 序列号：nftables 在目的地址转换之后才设置助手",
                version(*kernel)
            ),
            label: say!(
                lang,
                "safe from 6.18 on, or where the fix has been ported back",
                "6.18 起或已移植修复的内核才可靠"
            ),
            help: None,
        },
        Message::Unverified { gateway } => unverified(*gateway, lang),
        Message::Superfluous { proxy } => superfluous(*proxy, lang),
    }
}

/// Data connections by their modes and families.
fn connections(data: &Data, lang: Lang) -> String {
    let modes: Vec<String> = data
        .flows
        .iter()
        .map(|flow| match flow.mode() {
            Mode::Active => say!(lang, "active", "主动模式"),
            Mode::Passive => say!(lang, "passive", "被动模式"),
        })
        .collect();
    let families = families(&data.families);
    let joined = modes.join(&say!(lang, " and ", "和"));
    say!(lang, "{joined} data connections ({families})", "{joined}数据连接（{families}）")
}

fn families(families: &[Family]) -> String {
    families.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn version((major, minor): (u32, u32)) -> String {
    format!("{major}.{minor}")
}

fn not_attached(data: &Data, partly: bool, lang: Lang) -> Words {
    let data = connections(data, lang);
    if partly {
        return Words {
            title: say!(
                lang,
                "{data} rely on RELATED, and the helper is attached to only some of the control connections",
                "{data}依赖 RELATED 状态，而助手只指派给了部分控制连接"
            ),
            label: say!(lang, "leaves out some clients or servers", "遗漏了部分客户端或服务器"),
            help: None,
        };
    }
    Words {
        title: say!(
            lang,
            "{data} rely on RELATED, and no rule attaches a helper that would make them so",
            "{data}依赖 RELATED 状态，但没有规则指派助手，它们不会成为 RELATED"
        ),
        label: say!(lang, "no first packet is RELATED here", "首包在此不会是 RELATED"),
        help: None,
    }
}

fn automatic(
    data: &Data,
    hints: &[Hint],
    automatism: Automatism,
    kernel: Option<(u32, u32)>,
    lang: Lang,
) -> Words {
    let data = connections(data, lang);
    let named: Vec<String> = hints
        .iter()
        .map(|hint| match hint {
            Hint::Module => {
                say!(lang, "the loaded module nf_conntrack_ftp", "已加载的 nf_conntrack_ftp 模块")
            }
            Hint::Ports(ports) => say!(lang, "its `ports={ports}`", "其参数 `ports={ports}`"),
            Hint::Sysctl => say!(
                lang,
                "the sysctl net.netfilter.nf_conntrack_helper",
                "sysctl net.netfilter.nf_conntrack_helper"
            ),
        })
        .collect();
    let hints = named.join(&say!(lang, " and ", "和"));
    let kernel = kernel.map(version).unwrap_or_default();
    let title = match automatism {
        Automatism::Never if kernel.is_empty() => say!(
            lang,
            "{data} rely on {hints}, which does not attach the helper to these control connections",
            "{data}依赖{hints}，而这不会把助手指派给这些控制连接"
        ),
        Automatism::Never => say!(
            lang,
            "{data} rely on {hints}, which does not attach the helper on Linux {kernel}",
            "{data}依赖{hints}，而在 Linux {kernel} 上这不会指派助手"
        ),
        Automatism::Works if hints.is_empty() => say!(
            lang,
            "{data} work only because Linux {kernel} attaches the helper by itself, which 4.7 and later do not",
            "{data}能用，只因 Linux {kernel} 会自动指派助手；4.7 起默认不再如此"
        ),
        Automatism::Works => say!(
            lang,
            "{data} work only because Linux {kernel} attaches the helper by itself ({hints}), which ends with 6.0 at the latest",
            "{data}能用，只因 Linux {kernel} 会自动指派助手（{hints}）；最迟到 6.0 便不再如此"
        ),
        Automatism::DependsOnModule => say!(
            lang,
            "{data} rely on {hints}: Linux {kernel} attaches the helper if nf_conntrack_ftp is loaded, which is not known",
            "{data}依赖{hints}：Linux {kernel} 在加载了 nf_conntrack_ftp 时才会指派助手，而是否加载并不清楚"
        ),
        Automatism::DependsOnKernel => say!(
            lang,
            "{data} rely on {hints}; the kernel is not known, and only one before 4.7, or before 6.0 with the sysctl on, attaches the helper by itself",
            "{data}依赖{hints}；内核版本未知，而只有 4.7 之前的内核，或 6.0 之前且打开该 sysctl 的内核，才会自动指派助手"
        ),
    };
    Words {
        title, label: say!(lang, "expects the kernel to attach it", "指望内核自动指派"), help: None
    }
}

fn encrypted(data: &Data, proxy: bool, always: bool, lang: Lang) -> Words {
    let data = connections(data, lang);
    let reader =
        if proxy { say!(lang, "ftp-proxy", "ftp-proxy") } else { say!(lang, "the helper", "助手") };
    let title = if always {
        say!(
            lang,
            "every session is encrypted, so {reader} announces none of the {data}, and nothing else lets them through",
            "所有会话都加密，{reader}无从登记{data}，又没有其他规则放行"
        )
    } else {
        say!(
            lang,
            "under TLS {reader} announces none of the {data}, and nothing else lets them through",
            "启用 TLS 时{reader}无从登记{data}，又没有其他规则放行"
        )
    };
    let label = say!(lang, "cannot read encrypted sessions", "读不到加密会话的内容");
    Words { title, label, help: None }
}

fn only_new(data: &Data, rejected: bool, lang: Lang) -> Words {
    let data = connections(data, lang);
    if rejected {
        return Words {
            title: say!(
                lang,
                "the helper makes {data} RELATED, only NEW is accepted, and the reject refuses each of them at once",
                "助手使{data}成为 RELATED，而规则只放行 NEW：每个连接都立即被 REJECT 拒绝"
            ),
            label: say!(lang, "rejects the RELATED packet", "拒绝 RELATED 首包"),
            help: None,
        };
    }
    Words {
        title: say!(
            lang,
            "the helper makes {data} RELATED and only NEW is accepted: each of them stalls for a second, until its first packet is sent again",
            "助手使{data}成为 RELATED，而规则只放行 NEW：每个连接都要停顿一秒，直到首包重传"
        ),
        label: say!(lang, "drops the RELATED packet", "丢弃 RELATED 首包"),
        help: None,
    }
}

/// A rule in a chain that runs before connection tracking, or at its priority.
fn too_early(hook: Hook, priority: i32, lang: Lang) -> Words {
    let hook = hook.id();
    let help = say!(
        lang,
        "Move the rule to a chain with a priority above -200: `type filter hook {hook} priority mangle`.",
        "把规则移到优先级高于 -200 的链中：`type filter hook {hook} priority mangle`。"
    );
    if priority == priority::CONNTRACK {
        return Words {
            title: say!(
                lang,
                "the helper is set at {hook} priority -200, that of connection tracking, and is not unless that comes first",
                "助手设置于 {hook} 优先级 -200，与连接跟踪的优先级相同；连接跟踪未必先执行，若不先执行，助手便不起作用"
            ),
            label: say!(lang, "which comes first depends on what was loaded first", "先后取决于加载次序"),
            help: Some(help),
        };
    }
    Words {
        title: say!(
            lang,
            "the helper is set at {hook} priority {priority}, before connection tracking (-200), and so not at all",
            "助手设置于 {hook} 优先级 {priority}，早于连接跟踪（-200），因而不起作用"
        ),
        label: say!(lang, "there is no connection yet", "此时尚无连接"),
        help: Some(help),
    }
}

fn ineffective(cause: &Cause, of: &[Family], lang: Lang) -> Words {
    let of = families(of);
    match cause {
        Cause::BeforeConntrack { hook, priority } => too_early(*hook, *priority, lang),
        Cause::UnknownObject { name } => Words {
            title: say!(
                lang,
                "`ct helper set \"{name}\"` names an object that its table does not have, so nft refuses the whole file",
                "`ct helper set \"{name}\"` 引用的对象在所在的表中不存在，nft 会拒绝整个文件"
            ),
            label: say!(lang, "no such object", "对象不存在"),
            help: Some(say!(
                lang,
                "Declare it in the same table: `ct helper {name} {{ type \"ftp\" protocol tcp; }}`.",
                "在同一张表中声明：`ct helper {name} {{ type \"ftp\" protocol tcp; }}`。"
            )),
        },
        Cause::OutsideRaw { table } => Words {
            title: say!(
                lang,
                "the CT target stands in the table {table}: the kernel takes it in raw only, and refuses all of {table}",
                "CT 目标位于 {table} 表：内核只允许它出现在 raw 表中，因此会拒绝整张 {table} 表"
            ),
            label: say!(lang, "belongs into the raw table", "应放在 raw 表中"),
            help: None,
        },
        Cause::WrongChain { hook, right } => Words {
            title: say!(
                lang,
                "the helper is attached at {}, which control connections do not pass here: they pass {}",
                "助手在 {} 处指派，而控制连接在这里不经过该处，经过的是 {}",
                hook.id(),
                right.id()
            ),
            label: say!(lang, "meets no control connection", "遇不到任何控制连接"),
            help: Some(say!(
                lang,
                "Move the rule to the {} chain. Then log in anew: control connections that exist do not get the helper.",
                "把规则移到 {} 链，然后重新登录：已有的控制连接不会补上助手。",
                right.id()
            )),
        },
        Cause::Family(limit) => {
            let what = match limit {
                Limit::Table => say!(lang, "its table", "规则所在的表"),
                Limit::Object(name) => say!(lang, "the object {name} (l3proto)", "对象 {name}（l3proto）"),
                Limit::Rule => say!(lang, "the rule itself", "规则本身"),
            };
            Words {
                title: say!(
                    lang,
                    "no helper is attached to control connections over {of}, which {what} leaves out",
                    "{of} 上的控制连接没有助手：{what}不包括 {of}"
                ),
                label: say!(lang, "not for {of}", "不适用于 {of}"),
                help: None,
            }
        }
        Cause::Port { named, control } => Words {
            title: say!(
                lang,
                "the helper is attached to connections to port {named}, and control connections go to {control}",
                "助手指派给了到端口 {named} 的连接，而控制连接的端口是 {control}"
            ),
            label: say!(lang, "not the control port {control}", "不是控制端口 {control}"),
            help: None,
        },
        Cause::Translated { before: true, right } => Words {
            title: say!(
                lang,
                "the helper rule names the server's private address, and stands before destination NAT, where packets still have {right}",
                "助手规则写的是服务器的私网地址，但它位于目的地址转换之前，此处的目的地址仍是 {right}"
            ),
            label: say!(lang, "never matches before DNAT", "在 DNAT 之前不会匹配"),
            help: Some(say!(lang, "Match {right} here.", "此处应匹配 {right}。")),
        },
        Cause::Translated { before: false, right } => Words {
            title: say!(
                lang,
                "the helper rule names the public address, and stands after destination NAT, where packets have {right}",
                "助手规则写的是公网地址，但它位于目的地址转换之后，此处的目的地址已是 {right}"
            ),
            label: say!(lang, "never matches after DNAT", "在 DNAT 之后不会匹配"),
            help: Some(say!(lang, "Match {right} here.", "此处应匹配 {right}。")),
        },
    }
}

fn misnamed_match(Misnamed { name, kernel }: &Misnamed, lang: Lang) -> Words {
    match kernel {
        Some(kernel) => Words {
            title: say!(
                lang,
                "`ct helper \"{name}\"` matches nothing: that is the name of an object, the helper's own is `{kernel}`",
                "`ct helper \"{name}\"` 不匹配任何连接：这是对象名，助手本身的名称是 `{kernel}`"
            ),
            label: say!(lang, "never holds", "永不成立"),
            help: Some(say!(lang, "Write `ct helper \"{kernel}\"`.", "改为 `ct helper \"{kernel}\"`。")),
        },
        None => Words {
            title: say!(
                lang,
                "`ct helper \"{name}\"` asks for a helper and attaches none: `set` is missing",
                "`ct helper \"{name}\"` 只是查询助手，并未指派：缺少 `set`"
            ),
            label: say!(lang, "matches; it attaches nothing", "只匹配，不指派"),
            help: None,
        },
    }
}

fn unverified(gateway: bool, lang: Lang) -> Words {
    let label = say!(lang, "no reverse path filter", "没有反向路径过滤");
    let title = if gateway {
        say!(
            lang,
            "the helper believes source addresses that nothing verifies: rp_filter is off and no rule drops forged ones",
            "助手相信未经校验的源地址：rp_filter 已关闭，也没有规则丢弃伪造的源地址"
        )
    } else {
        say!(
            lang,
            "the helper believes source addresses that this host does not verify: rp_filter is off, which matters if it has several interfaces",
            "助手相信本机未校验的源地址：rp_filter 已关闭；若本机有多个网络接口，便有风险"
        )
    };
    Words { title, label, help: None }
}

fn superfluous(proxy: bool, lang: Lang) -> Words {
    if proxy {
        return Words {
            title: say!(
                lang,
                "ftp-proxy is not needed: the rules let every data connection through without it",
                "不需要 ftp-proxy：没有它，规则也放行全部数据连接"
            ),
            label: say!(lang, "hands sessions to it all the same", "仍把会话交给它"),
            help: None,
        };
    }
    Words {
        title: say!(
            lang,
            "the helper is not needed: the rules let every data connection through as NEW",
            "不需要助手：规则已将全部数据连接作为 NEW 放行"
        ),
        label: say!(lang, "attaches it all the same", "仍在指派"),
        help: None,
    }
}
