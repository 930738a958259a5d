//! What is not understood of a text for iptables or ipset, in words.

use crate::dialect::iptables::{Expected, Problem};
use crate::lang::problem::{Words, excerpt};
use crate::lang::{Lang, say};

/// What was found, what was expected, and how to mend it.
#[must_use]
pub fn words(problem: &Problem, lang: Lang) -> Words {
    Words {
        title: title(problem, lang),
        label: label(problem, lang),
        related: None,
        help: help(problem, lang),
    }
}

fn title(problem: &Problem, lang: Lang) -> String {
    match problem {
        Problem::Line(text) | Problem::SetLine(text) | Problem::Stray(text) => {
            let text = excerpt(text);
            say!(lang, "{text} is not understood", "无法识别 {text}")
        }
        Problem::Quote => {
            say!(lang, "a quotation mark or bracket is not closed", "引号或括号未闭合")
        }
        Problem::Table(name) => {
            let name = excerpt(name);
            say!(lang, "iptables has no table {name}", "iptables 没有名为 {name} 的表")
        }
        Problem::TableAgain(name) => {
            let name = excerpt(name);
            say!(lang, "the table {name} is given again", "表 {name} 重复出现")
        }
        Problem::NoCommit(name) => {
            let name = excerpt(name);
            say!(lang, "the table {name} has no `COMMIT`", "表 {name} 缺少 `COMMIT`")
        }
        Problem::Chain(name) => {
            let name = excerpt(name);
            say!(lang, "there is no chain {name}", "链 {name} 不存在")
        }
        Problem::Policy(policy) => {
            let policy = excerpt(policy);
            say!(lang, "{policy} is no policy of this chain", "{policy} 不是此链可用的默认策略")
        }
        Problem::NoSuchRule(chain) => {
            let chain = excerpt(chain);
            say!(lang, "the chain {chain} has no such rule", "链 {chain} 中没有这条规则")
        }
        Problem::NoChain => say!(lang, "no chain is named", "未指定链"),
        Problem::Option(option) => {
            let option = excerpt(option);
            say!(lang, "the option {option} is not known here", "此处无法识别选项 {option}")
        }
        Problem::MissingArgument(option) => {
            let option = excerpt(option);
            say!(lang, "the option {option} has no argument", "选项 {option} 缺少参数")
        }
        Problem::Argument { option, found, .. } => {
            let (option, found) = (excerpt(option), excerpt(found));
            say!(lang, "{option} does not take {found}", "{found} 不是 {option} 的有效参数")
        }
        Problem::PortsWithoutProtocol => {
            say!(lang, "ports in a rule that names no protocol", "规则中有端口条件，但未指定协议")
        }
        Problem::Match(name) => {
            let name = excerpt(name);
            say!(lang, "the match {name} is not known", "无法识别匹配模块 {name}")
        }
        Problem::Target(name) => {
            let name = excerpt(name);
            say!(lang, "{name} is neither a known target nor a chain", "{name} 既不是已知的目标，也不是链")
        }
        Problem::HostName(name) => {
            let name = excerpt(name);
            say!(lang, "the address of {name} is not known here", "此处无法得知 {name} 的地址")
        }
        Problem::Service(name) => {
            let name = excerpt(name);
            say!(lang, "the port of the service {name} is not known here", "此处无法得知服务 {name} 的端口")
        }
        Problem::Set(name) => {
            let name = excerpt(name);
            say!(lang, "the contents of the set {name} are not at hand", "没有集合 {name} 的内容")
        }
        Problem::SetContents(name) => {
            let name = excerpt(name);
            say!(lang, "what the set {name} matches is not known", "无法确定集合 {name} 匹配的内容")
        }
        Problem::Variable(name) => {
            let name = excerpt(name);
            say!(lang, "the value of the variable {name} is not known", "变量 {name} 的值未知")
        }
        Problem::Substitution(text) => {
            let text = excerpt(text);
            say!(lang, "only a shell can tell the value of {text}", "{text} 的值只有运行 shell 才能得知")
        }
        Problem::Condition(text) => {
            let text = excerpt(text);
            say!(lang, "commands depend on {text}", "命令是否执行取决于 {text}")
        }
        Problem::Started => {
            say!(lang, "this script does what it is called with", "此脚本的行为取决于调用参数")
        }
        Problem::File(name) => {
            let name = excerpt(name);
            say!(lang, "{name} loads what is not part of this text", "{name} 会加载此文本之外的内容")
        }
        Problem::TooLong => say!(lang, "this script expands to too much", "此脚本展开后的内容过多"),
        Problem::TooManyChanges => {
            say!(lang, "too many rules are changed within their chains", "在链的中间增删的规则过多")
        }
    }
}

fn label(problem: &Problem, lang: Lang) -> String {
    match problem {
        Problem::Argument { expected, .. } => {
            let expected = self::expected(*expected, lang);
            say!(lang, "expected {expected}", "应为{expected}")
        }
        Problem::PortsWithoutProtocol => {
            say!(lang, "expected `-p tcp` or `-p udp`", "应同时指定 `-p tcp` 或 `-p udp`")
        }
        Problem::NoCommit(_) => {
            say!(lang, "`iptables-restore` does not load it", "`iptables-restore` 不会加载此表")
        }
        Problem::TableAgain(_) => say!(lang, "replaces what was there before", "会取代之前的内容"),
        Problem::Policy(_) => {
            say!(lang, "expected ACCEPT or DROP, of a built-in chain", "内建链的默认策略应为 ACCEPT 或 DROP")
        }
        Problem::Table(_) => {
            say!(
                lang,
                "expected filter, nat, mangle, raw or security",
                "应为 filter、nat、mangle、raw 或 security"
            )
        }
        Problem::Condition(_) => {
            say!(lang, "taken as something that may hold or not", "视为可能成立，也可能不成立")
        }
        Problem::Started => say!(lang, "taken as called with `start`", "视为以 `start` 为参数调用"),
        Problem::TooLong | Problem::TooManyChanges => {
            say!(lang, "what follows is read only in part", "其后的内容未完整读取")
        }
        Problem::Line(_) | Problem::SetLine(_) => say!(lang, "this line is left out", "此行未计入"),
        Problem::NoSuchRule(_) => say!(lang, "this command has no effect", "此命令不起作用"),
        _ => say!(lang, "taken as something that may match or not", "视为可能匹配，也可能不匹配"),
    }
}

fn help(problem: &Problem, lang: Lang) -> Option<String> {
    Some(match problem {
        Problem::Set(_) => say!(
            lang,
            "add the output of `ipset save` to the files",
            "请把 `ipset save` 的输出一并作为输入文件"
        ),
        Problem::HostName(_) => say!(
            lang,
            "write the address, or read the output of `iptables-save`",
            "请改写为地址，或改用 `iptables-save` 的输出"
        ),
        Problem::Service(_) => say!(lang, "write the number of the port", "请改写为端口号"),
        Problem::Variable(_)
        | Problem::Substitution(_)
        | Problem::Condition(_)
        | Problem::File(_)
        | Problem::TooLong
        | Problem::TooManyChanges => say!(
            lang,
            "run the script and read the output of `iptables-save`",
            "请运行脚本，然后改用 `iptables-save` 的输出"
        ),
        Problem::NoCommit(_) => {
            say!(lang, "end the table with a line `COMMIT`", "请在该表末尾加上一行 `COMMIT`")
        }
        Problem::Chain(_) => say!(
            lang,
            "declare it with `:NAME - [0:0]`, or make it with `-N NAME`",
            "请用 `:链名 - [0:0]` 声明，或用 `-N 链名` 创建"
        ),
        Problem::Option(_) => say!(
            lang,
            "name its match or its protocol before it, with `-m` or `-p`",
            "请先用 `-m` 或 `-p` 指定它所属的匹配模块或协议"
        ),
        _ => return None,
    })
}

fn expected(expected: Expected, lang: Lang) -> String {
    match expected {
        Expected::Address => {
            say!(lang, "addresses or networks of the table's family", "与该表同一地址族的地址或网段")
        }
        Expected::AddressRange => {
            say!(lang, "a range of addresses of the table's family", "与该表同一地址族的地址范围")
        }
        Expected::Protocol => say!(lang, "the name or number of a protocol", "协议名称或编号"),
        Expected::Ports => {
            say!(lang, "a port or an ascending range of ports", "端口号，或由小到大的端口范围")
        }
        Expected::TcpFlags => say!(lang, "names of TCP flags", "TCP 标志的名称"),
        Expected::IcmpType => {
            say!(lang, "an ICMP type of the table's family", "与该表同一地址族的 ICMP 类型")
        }
        Expected::States => say!(lang, "names of connection states", "连接状态的名称"),
        Expected::CtStatuses => {
            say!(
                lang,
                "NONE, EXPECTED, SEEN_REPLY, ASSURED or CONFIRMED",
                "NONE、EXPECTED、SEEN_REPLY、ASSURED 或 CONFIRMED"
            )
        }
        Expected::Direction => say!(lang, "ORIGINAL or REPLY", " ORIGINAL 或 REPLY"),
        Expected::Mark => say!(lang, "a number, with a mask or without", "数值，可带掩码"),
        Expected::SetDirections => {
            say!(lang, "src or dst for each dimension of the set", "与集合各维度对应的 src 或 dst")
        }
        Expected::Translation => say!(
            lang,
            "an address of the table's family, with a port or without",
            "与该表同一地址族的地址，可带端口"
        ),
        Expected::RuleNumber => say!(lang, "the number of a rule", "规则序号"),
    }
}
