//! What `--help`, the manual pages and the completions say.
//!
//! A table: commands and arguments by their names, each in every language. A test walks the command line and
//! demands an entry for everything on it.

use super::{Lang, say};

/// What the program or one of its commands does, in one sentence without a full stop.
#[must_use]
pub fn about(command: &str, lang: Lang) -> Option<String> {
    Some(match command {
        "ftpfw" => say!(
            lang,
            "FTP through firewalls: from one declared deployment, what must be open and what to write",
            "让 FTP 穿过防火墙：依据一份部署文件，说明要放行什么，并生成规则集"
        ),
        "explain" => say!(
            lang,
            "Explain what every declared firewall must let through, which mode to prefer, and the settings to go with it",
            "说明各防火墙必须放行什么、哪种模式更合适，以及与之配套的服务器和客户端设置"
        ),
        "generate" => say!(
            lang,
            "Write the rule sets of the declared firewalls: exactly the required packets, nothing else",
            "为部署中的防火墙生成规则集：只放行必需的数据包，不多也不少"
        ),
        "trace" => say!(
            lang,
            "Follow one packet through rule sets: the verdict, and every rule that it meets",
            "让一个数据包依次经过规则集：给出结论，以及它匹配的每条规则"
        ),
        "audit" => say!(
            lang,
            "Find what rule sets fail to let through, what they let through beyond need, and what works end to end",
            "审计规则集：缺少哪些放行，哪些放行过宽，端到端是否可用"
        ),
        "diff" => say!(
            lang,
            "Show what one rule set lets through and another does not; their dialects may differ",
            "显示一个规则集放行而另一个不放行的数据包；两者可以是不同的语言"
        ),
        "probe" => say!(
            lang,
            "Open real control and data connections from here, and say which flow is blocked, and by what kind of filter",
            "从本机建立真实的控制连接和数据连接，说明哪个流被阻断，以及是哪一类过滤所致"
        ),
        "respond" => say!(
            lang,
            "Be the other end for probe where no FTP server runs (yet): answer at the control port and at every passive port",
            "在没有（或尚无）FTP 服务器的地方充当 probe 的另一端：在控制端口和每个被动端口上应答"
        ),
        "rule" => say!(
            lang,
            "Print what the catalogue says of a finding: why it matters, wrong and right, how to mend it",
            "输出某类问题的说明：为何重要、正误示例、如何修正"
        ),
        "init" => say!(
            lang,
            "Print a commented deployment file to start from",
            "输出一份带注释的部署文件，供修改使用"
        ),
        "demo" => say!(
            lang,
            "Show everything on a deployment that is built in: needs no root, no network, no files",
            "用内置的部署演示全部功能：无需 root 权限、网络或任何文件"
        ),
        "schema" => say!(
            lang,
            "Print the JSON Schema of the deployment file, or of what a command prints as JSON",
            "输出部署文件的 JSON Schema，或某个命令的 JSON 输出的 JSON Schema"
        ),
        "completions" => say!(lang, "Print the completion script for a shell", "输出指定 shell 的补全脚本"),
        "man" => say!(lang, "Print a manual page in roff format", "输出 roff 格式的手册页"),
        "help" => say!(lang, "Print help on the program or on a command", "显示本程序或某个命令的帮助"),
        _ => return None,
    })
}

/// What an argument of `command` means, in one sentence without a full stop.
#[must_use]
pub fn argument(command: &str, id: &str, lang: Lang) -> Option<String> {
    of_audit(command, id, lang)
        .or_else(|| super::probe::argument(command, id, lang))
        .or_else(|| of_others(command, id, lang))
}

/// Those of `audit` and of its catalogue.
fn of_audit(command: &str, id: &str, lang: Lang) -> Option<String> {
    Some(match (command, id) {
        ("rule", "id") => say!(
            lang,
            "The id of the finding, such as FTP005; without it, the list of all",
            "问题编号，例如 FTP005；省略时列出全部"
        ),
        ("audit", "rulesets") => say!(
            lang,
            "The rule sets of one firewall, which apply together, with - for standard input; those that the deployment names unless given",
            "某一防火墙的规则集，共同生效，- 表示标准输入；省略时使用部署中声明的规则集"
        ),
        ("audit", "firewall") => {
            say!(lang, "Only this firewall (may be repeated)", "只审计该防火墙（可重复使用）")
        }
        ("audit", "strict") => say!(
            lang,
            "Report everything accepted beyond the declared traffic",
            "报告声明的流量之外被放行的一切"
        ),
        ("audit", "fix") => say!(
            lang,
            "Print a patch that mends what can be mended safely, instead of the report",
            "不输出报告，改为输出补丁，修正能够安全修正的问题"
        ),
        ("audit", "fail_on") => {
            say!(lang, "The level of findings from which the exit code is 1", "发现达到该级别时退出码为 1")
        }
        ("audit", "live") => say!(
            lang,
            "Audit the rules in force on this machine, and its settings; needs root, changes nothing",
            "审计本机生效的规则和设置；需要 root 权限，不做任何改动"
        ),
        ("audit", "baseline") => say!(
            lang,
            "The findings of an earlier audit, which are left out: only new ones fail",
            "先前审计所记录的问题，将被忽略：只有新问题会导致失败"
        ),
        ("audit", "write_baseline") => say!(
            lang,
            "Record the findings in this file, for --baseline, and fail for none of them",
            "将发现的问题记录到该文件，供 --baseline 使用，且不因其失败"
        ),
        _ => return None,
    })
}

/// Those of all other commands.
fn of_others(command: &str, id: &str, lang: Lang) -> Option<String> {
    Some(match (command, id) {
        ("generate", "firewall") => say!(
            lang,
            "Write only for this firewall; may be given several times",
            "只为指定的防火墙生成；可多次使用"
        ),
        ("diff", "a") => say!(lang, "A rule set", "一个规则集"),
        ("diff", "b") => say!(lang, "The rule set to compare it with", "与之比较的规则集"),
        ("diff", "state") => {
            say!(lang, "The connection state of the packets that are compared", "所比较的数据包的连接状态")
        }
        ("trace", "ruleset") => say!(
            lang,
            "Rule sets that apply together: files of iptables-save, nft, pf or ipset, of sysctls and modules too, or - for standard input",
            "共同生效的规则集：iptables-save、nft、pf 或 ipset 的文件，也可加上 sysctl 和内核模块的文件，或用 - 表示标准输入"
        ),
        ("trace", "packet") => say!(
            lang,
            "The packet, as JSON or as pairs: 'hook=input proto=tcp src=198.51.100.7 sport=40000 dst=203.0.113.10 dport=21'",
            "数据包，用 JSON 或键值对描述：'hook=input proto=tcp src=198.51.100.7 sport=40000 dst=203.0.113.10 dport=21'"
        ),
        ("trace", "batch") => say!(
            lang,
            "Read packets from standard input, a JSON object in each line, and write a JSON verdict for each",
            "从标准输入读取数据包，每行一个 JSON 对象，并逐行输出 JSON 结论"
        ),
        ("audit" | "trace" | "diff", "from") => say!(
            lang,
            "The format of the rule sets, where neither their content nor their name tells",
            "规则集的格式，用于无法从内容或文件名判断时"
        ),
        ("schema", "of") => say!(
            lang,
            "The deployment file, or the command whose --format json is described",
            "部署文件（deployment），或要说明其 --format json 输出的命令"
        ),
        ("audit" | "diff" | "trace", "format") => say!(
            lang,
            "How to write it: as text for a terminal, or as JSON for programs",
            "输出格式：供终端阅读的文本，或供程序处理的 JSON"
        ),
        (_, "firewall") => say!(
            lang,
            "Explain only this firewall; may be given several times",
            "只说明指定的防火墙；可多次使用"
        ),
        (_, "format") => say!(
            lang,
            "How to write it: as text for a terminal, as Markdown, or as JSON for programs",
            "输出格式：供终端阅读的文本、Markdown，或供程序处理的 JSON"
        ),
        (_, "complete") => say!(
            lang,
            "Write whole rule sets that drop by default and replace what the firewall has now",
            "生成完整的规则集：默认丢弃，并替换防火墙现有的规则"
        ),
        (_, "fragment") => say!(
            lang,
            "Write only the part for FTP, to be slotted into rules that exist; its header says where",
            "只生成与 FTP 有关的部分，嵌入现有的规则；嵌入的位置见文件头部的说明"
        ),
        (_, "family") => say!(
            lang,
            "Write only for this address family, in dialects that keep a file for each (iptables)",
            "只生成指定地址族的文件，适用于两个地址族分开存放的规则语言（iptables）"
        ),
        ("generate", "output") => say!(
            lang,
            "Write files into this directory, each replaced as a whole, instead of to standard output",
            "写入该目录中的文件（每个文件整体替换），而不写到标准输出"
        ),
        (_, "output") => say!(
            lang,
            "Write to this file, which must not exist yet, instead of to standard output",
            "写入该文件（文件必须尚不存在），而不写到标准输出"
        ),
        (_, "shell") => say!(lang, "The shell to complete in", "要补全的 shell"),
        (_, "topic") => say!(lang, "The command; without it, the program itself", "命令名；省略时指本程序"),
        (_, "lang") => say!(
            lang,
            "The language of all messages; by default that of the locale (LC_ALL, LC_MESSAGES, LANG)",
            "所有信息使用的语言；默认取决于区域设置（LC_ALL、LC_MESSAGES、LANG）"
        ),
        (_, "color") => say!(
            lang,
            "When to colour the output; auto heeds NO_COLOR and colours only on terminals",
            "何时使用彩色输出；auto 遵循 NO_COLOR，且仅在终端上使用彩色"
        ),
        (_, "help") => say!(lang, "Print this help", "显示本帮助"),
        (_, "version") => say!(lang, "Print the version", "显示版本"),
        _ => return deployment_argument(id, lang),
    })
}

/// What an argument means that says which deployment a command is about.
fn deployment_argument(id: &str, lang: Lang) -> Option<String> {
    Some(match id {
        "deployment" => say!(
            lang,
            "The deployment file, or - for standard input; by default ftpfw.yaml in this folder or a parent",
            "部署文件，- 表示标准输入；默认为当前目录或上级目录中的 ftpfw.yaml"
        ),
        "print_deployment" => say!(
            lang,
            "Print the deployment file that these options amount to, and do nothing else",
            "只输出与这些选项等价的部署文件，不做其他操作"
        ),
        "server" => say!(lang, "The addresses of the FTP server", "FTP 服务器的地址"),
        "pasv" => {
            say!(lang, "The passive port range, such as 60000-60020", "被动端口范围，例如 60000-60020")
        }
        "control" => say!(
            lang,
            "The port of the control connection; 21 by default, 990 with implicit TLS",
            "控制连接的端口；默认 21，隐式 TLS 时为 990"
        ),
        "active" => say!(lang, "Active mode is on offer", "提供主动模式"),
        "passive" => say!(
            lang,
            "Passive mode is on offer; without --active and --passive both are",
            "提供被动模式；--active 和 --passive 均未给出时，两种模式都提供"
        ),
        "active_port" => say!(
            lang,
            "The port that active data connections come from: 20 by default, a list, or ephemeral",
            "主动模式数据连接的源端口：默认 20，可以是列表或 ephemeral"
        ),
        "advertised" => say!(
            lang,
            "The address that the reply to PASV names, where it is not the server's own",
            "PASV 应答中给出的地址（与服务器自身地址不同时）"
        ),
        "tls" => say!(
            lang,
            "The kind of TLS: none (the default), explicit, explicit-required or implicit",
            "TLS 类型：none（默认）、explicit、explicit-required 或 implicit"
        ),
        "software" => say!(
            lang,
            "The server program, for advice on its settings, such as vsftpd or serv-u",
            "服务器软件，用于给出设置建议，例如 vsftpd 或 serv-u"
        ),
        "client" => say!(
            lang,
            "The addresses of the clients: any (the default), or prefixes such as 192.0.2.0/24",
            "客户端的地址：any（默认），或 192.0.2.0/24 这样的网段"
        ),
        "client_ports" => say!(
            lang,
            "The ports that clients use at their end; 1024-65535 by default",
            "客户端一侧使用的端口；默认 1024-65535"
        ),
        "side" => say!(
            lang,
            "Whose end the firewall protects: server (the default) or client",
            "防火墙保护哪一端：server（默认）或 client"
        ),
        "place" => say!(
            lang,
            "Where the firewall runs: host (the default), or gateway, where packets are forwarded",
            "防火墙的位置：host（默认，即主机本身），或转发数据包的 gateway"
        ),
        "dialect" => say!(
            lang,
            "The language of the rule sets: iptables, nftables, pf-openbsd or pf-freebsd; goes with a file too",
            "规则集所用的语言：iptables、nftables、pf-openbsd 或 pf-freebsd；也可与部署文件一起使用"
        ),
        "strategy" => say!(
            lang,
            "How data connections are let through: static (the default), or helper, which follows the control connection",
            "数据连接的放行方式：static（默认，固定端口范围），或跟踪控制连接的 helper"
        ),
        "outside" => say!(lang, "The gateway's interface towards the other side", "网关朝向外侧的接口"),
        "inside" => {
            say!(lang, "The gateway's interface towards the protected side", "网关朝向受保护一侧的接口")
        }
        "public" => {
            say!(lang, "The public address of a gateway that translates", "做地址转换的网关的公网地址")
        }
        "private" => say!(
            lang,
            "What the public address stands for: the server's own address, or the network of the clients",
            "公网地址所代表的内网地址：服务器自身的地址，或客户端所在的网段"
        ),
        "egress" => say!(
            lang,
            "What may leave: restricted (the default), only what is declared, or open",
            "允许外出的流量：restricted（默认，仅限已声明的流量）或 open"
        ),
        _ => return None,
    })
}

/// What stands below the arguments in the help of a command: examples, the exit codes.
#[must_use]
pub fn epilogue(command: &str, lang: Lang) -> Option<String> {
    Some(match command {
        "ftpfw" => say!(
            lang,
            "Exit codes: 0 all well; 1 findings; 2 bad usage, or files that cannot be read or written; 3 inconclusive.\n\n\
             To see everything at work: ftpfw demo\n\
             To begin: ftpfw init -o ftpfw.yaml",
            "退出码：0 一切正常；1 发现问题；2 用法错误，或文件无法读写；3 无法得出结论。\n\n\
             查看全部功能的演示：ftpfw demo\n\
             开始使用：ftpfw init -o ftpfw.yaml"
        ),
        "audit" => say!(
            lang,
            "A finding to live with is left out by an entry under ignore in the deployment, by a comment in the rule \
             set, at its head or with the rule at fault, such as\n\n\
             # ftpfw: ignore FTP032 clients are trusted\n\n\
             or by a baseline. What leaves nothing out any more is reported.",
            "可接受的问题可以忽略：在部署文件的 ignore 中列出；在规则集的开头或有问题的规则处写注释，例如\n\n\
             # ftpfw: ignore FTP032 客户端可信\n\n\
             或使用基线文件。不再起作用的忽略项会被报告。"
        ),
        _ => return super::probe::epilogue(command, lang),
    })
}

/// The placeholder of a value, given its English name.
#[must_use]
pub fn value_name(name: &str, lang: Lang) -> String {
    let translated = match name {
        "DEPLOYMENT" => "部署文件",
        "ADDR" => "地址",
        "PORT" => "端口",
        "RANGE" => "端口范围",
        "KIND" => "类型",
        "CIDR" => "网段",
        "SIDE" | "END" => "哪一端",
        "PLACE" => "位置",
        "DIALECT" => "规则语言",
        "STRATEGY" => "方式",
        "IF" => "接口",
        "EGRESS" => "范围",
        "NAME" => "名称",
        "FORMAT" => "格式",
        "FAMILY" => "地址族",
        "DIR" => "目录",
        "FILE" => "文件",
        "COMMAND" => "命令",
        "LANG" => "语言",
        "WHEN" => "时机",
        "OPTIONS" => "选项",
        "LEVEL" => "级别",
        "HOST" => "主机",
        "USER" => "用户",
        "SECONDS" => "秒数",
        "TIME" => "时长",
        "COUNT" => "数目",
        "RULESET" => "规则集",
        "OF" => "对象",
        other => other,
    };
    match lang {
        Lang::En => name.to_owned(),
        Lang::Zh => translated.to_owned(),
    }
}

/// A part of a help text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heading {
    /// How to call it.
    Usage,
    /// The commands.
    Commands,
    /// The arguments without a name.
    Arguments,
    /// The command's own options.
    Options,
    /// The options that say in place of a deployment file what it would.
    SimpleDeployment,
    /// The options of every command.
    GlobalOptions,
}

/// The heading of a part.
#[must_use]
pub fn heading(heading: Heading, lang: Lang) -> String {
    match heading {
        Heading::Usage => say!(lang, "Usage", "用法"),
        Heading::Commands => say!(lang, "Commands", "命令"),
        Heading::Arguments => say!(lang, "Arguments", "参数"),
        Heading::Options => say!(lang, "Options", "选项"),
        Heading::SimpleDeployment => {
            say!(lang, "A simple deployment, in place of a file", "简单的部署，代替部署文件")
        }
        Heading::GlobalOptions => say!(lang, "Options of every command", "通用选项"),
    }
}

/// A heading as it stands above its part.
#[must_use]
pub fn heading_line(part: Heading, lang: Lang) -> String {
    let heading = heading(part, lang);
    say!(lang, "{heading}:", "{heading}：")
}

/// The note on the values that an argument takes.
#[must_use]
pub fn choices(names: &[String], lang: Lang) -> String {
    let list = names.join(match lang {
        Lang::En => ", ",
        Lang::Zh => "、",
    });
    say!(lang, "[possible values: {list}]", "[可选值：{list}]")
}

/// The note on the value that an argument has when it is not given.
#[must_use]
pub fn default(value: &str, lang: Lang) -> String {
    say!(lang, "[default: {value}]", "[默认值：{value}]")
}

/// The heading of a section of a manual page, given its English name.
#[must_use]
pub fn manual_section(name: &str, lang: Lang) -> String {
    let translated = match name {
        "NAME" => "名称",
        "SYNOPSIS" => "概要",
        "DESCRIPTION" => "描述",
        "OPTIONS" => "选项",
        "SUBCOMMANDS" => "命令",
        "EXTRA" => "备注",
        "VERSION" => "版本",
        other => other,
    };
    match (lang, name) {
        (Lang::En, "EXTRA") => "NOTES".to_owned(),
        (Lang::En, "SUBCOMMANDS") => "COMMANDS".to_owned(),
        (Lang::En, _) => name.to_owned(),
        (Lang::Zh, _) => translated.to_owned(),
    }
}
