//! What is not understood of a text for pf, in words.

use crate::dialect::pf::{Expected, Problem};
use crate::lang::problem::Words;
use crate::lang::{Lang, say};

/// What was found, what was expected, and how to mend it.
#[must_use]
pub fn words(problem: &Problem, lang: Lang) -> Words {
    let title = title(problem, lang);
    Words { title, label: label(problem, lang), related: None, help: help(problem, lang) }
}

fn title(problem: &Problem, lang: Lang) -> String {
    match problem {
        Problem::UnknownStatement { word } => {
            say!(lang, "no statement starts with `{word}`", "没有以 `{word}` 开头的语句")
        }
        Problem::Unexpected { found: Some(found), .. } => {
            say!(lang, "`{found}` cannot stand here", "此处不能出现 `{found}`")
        }
        Problem::Unexpected { found: None, .. } => {
            say!(lang, "the statement ends too early", "语句不完整")
        }
        Problem::UndefinedMacro { name } => {
            say!(lang, "the macro `{name}` is not defined", "宏 `{name}` 未定义")
        }
        Problem::Unclosed { sign } => say!(lang, "`{sign}` is not closed", "`{sign}` 未闭合"),
        Problem::Unopened => say!(lang, "`}}` closes nothing", "`}}` 没有对应的左括号"),
        Problem::UnknownName { of, name } => {
            let of = expected(*of, lang);
            say!(lang, "`{name}` is not known as {of}", "无法将 `{name}` 识别为{of}")
        }
        Problem::ReversedRange => {
            say!(lang, "the range ends before it starts", "范围的终点小于起点，或两端不属于同一地址族")
        }
        Problem::FlagsNeverSet => {
            say!(lang, "a flag has to be set that is not looked at", "要求置位的标志不在检查范围内")
        }
        Problem::PortsWithoutProtocol => {
            say!(lang, "ports without a protocol that has them", "指定了端口，但未指定支持端口的协议")
        }
        Problem::TranslationRule { word } => {
            say!(lang, "`{word}` is not a statement of OpenBSD's pf", "`{word}` 不是 OpenBSD pf 的语句")
        }
        Problem::MissingFile { path } => {
            say!(lang, "the file `{path}` cannot be read", "无法读取文件 `{path}`")
        }
        Problem::CircularFile { path } => {
            say!(lang, "the file `{path}` includes itself", "文件 `{path}` 循环包含自身")
        }
        Problem::TooManyFiles => say!(lang, "too many files", "文件数量过多"),
        Problem::TooDeep => say!(lang, "nested too deeply", "嵌套层数过多"),
        Problem::TooMuchExpansion => {
            say!(lang, "the macros expand to too much text", "宏展开后的文本过大")
        }
        Problem::TooManyAddresses => {
            say!(lang, "the rules refer to too many addresses of tables", "规则引用的表中地址过多")
        }
    }
}

/// What has to stand at the place.
fn label(problem: &Problem, lang: Lang) -> String {
    let what = match problem {
        Problem::Unexpected { expected: what, .. } | Problem::UnknownName { of: what, .. } => {
            expected(*what, lang)
        }
        Problem::UnknownStatement { .. } => say!(lang, "a statement of pf", "pf 语句"),
        Problem::UndefinedMacro { .. } => say!(lang, "a macro defined above", "在此之前定义的宏"),
        Problem::Unclosed { sign: '{' } => say!(lang, "`}}` further on", "与之对应的 `}}`"),
        Problem::Unclosed { sign } => say!(lang, "another `{sign}` further on", "与之对应的 `{sign}`"),
        Problem::Unopened => say!(lang, "an anchor with `{{` above", "在此之前带有 `{{` 的 anchor"),
        Problem::ReversedRange => {
            say!(lang, "the lower end first, and both of one family", "起点不大于终点，且两端属于同一地址族")
        }
        Problem::FlagsNeverSet => {
            say!(lang, "only flags that follow the slash as well", "斜杠前的标志均应出现在斜杠之后")
        }
        Problem::PortsWithoutProtocol => {
            say!(lang, "`proto tcp` or `proto udp`", "`proto tcp` 或 `proto udp`")
        }
        Problem::TranslationRule { .. } => {
            say!(
                lang,
                "`match` or `pass` with `nat-to` or `rdr-to`",
                "带有 `nat-to` 或 `rdr-to` 的 `match` 或 `pass` 规则"
            )
        }
        Problem::MissingFile { .. } => say!(lang, "a file that can be read", "可读取的文件"),
        Problem::CircularFile { .. } => say!(lang, "another file", "其他文件"),
        Problem::TooManyFiles => say!(lang, "at most 1000 files", "最多 1000 个文件"),
        Problem::TooDeep => say!(lang, "at most 64 levels", "最多 64 层"),
        Problem::TooMuchExpansion => say!(lang, "at most 16 MiB in all", "合计不超过 16 MiB"),
        Problem::TooManyAddresses => {
            say!(lang, "at most 4 million networks in all rules", "所有规则合计不超过 400 万个网段")
        }
    };
    say!(lang, "expected {what}", "应为{what}")
}

fn help(problem: &Problem, lang: Lang) -> Option<String> {
    Some(match problem {
        Problem::TranslationRule { .. } => say!(
            lang,
            "for a rule set of FreeBSD or macOS, say `--from pf-freebsd`",
            "如果这是 FreeBSD 或 macOS 的规则集，请使用 `--from pf-freebsd`"
        ),
        Problem::UnknownName { of: Expected::Port, .. } => {
            say!(lang, "write the port as a number", "请将端口写为数字")
        }
        Problem::UndefinedMacro { name } => say!(
            lang,
            "define it above with `{name} = \"...\"`; macros of another file need an `include`",
            "请在此之前用 `{name} = \"...\"` 定义该宏；其他文件中的宏需通过 `include` 引入"
        ),
        Problem::MissingFile { .. } => say!(
            lang,
            "what the file would add is not known; read the rule set where its files are",
            "无法得知该文件的内容；请在文件所在的系统上读取规则集"
        ),
        Problem::Unexpected { .. }
        | Problem::UnknownStatement { .. }
        | Problem::UnknownName { .. }
        | Problem::FlagsNeverSet => say!(
            lang,
            "until then the rule counts as one that may do anything",
            "修正之前，该规则的作用按未知处理"
        ),
        _ => return None,
    })
}

/// What a statement has to go on with.
fn expected(what: Expected, lang: Lang) -> String {
    match what {
        Expected::Word(word) => format!("`{word}`"),
        Expected::End => say!(lang, "the end of the statement", "语句结尾"),
        Expected::Interface => say!(lang, "an interface", "网络接口"),
        Expected::Address => say!(lang, "an address", "地址"),
        Expected::PrefixLength => say!(lang, "the length of a prefix", "前缀长度"),
        Expected::Port => say!(lang, "a port", "端口"),
        Expected::Protocol => say!(lang, "a protocol", "协议"),
        Expected::IcmpType => say!(lang, "an ICMP type", "ICMP 类型"),
        Expected::IcmpCode => say!(lang, "an ICMP code", "ICMP 代码"),
        Expected::Flags => say!(lang, "TCP flags such as `S/SA`", "TCP 标志（例如 `S/SA`）"),
        Expected::Table => say!(lang, "the name of a table", "表名"),
        Expected::Anchor => say!(lang, "the name of an anchor", "anchor 名称"),
        Expected::Path => say!(lang, "the path of a file", "文件路径"),
        Expected::Number { limit } => say!(lang, "a number up to {limit}", "不超过 {limit} 的数字"),
        Expected::Text => say!(lang, "a word", "一个词"),
        Expected::RulePart => say!(lang, "a part of a filter rule", "过滤规则的组成部分"),
        Expected::Setting => say!(lang, "an option of `set`", "`set` 的选项"),
        Expected::MacroValue => say!(lang, "the value of the macro", "宏的值"),
    }
}
