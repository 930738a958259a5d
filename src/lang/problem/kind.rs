//! The types of values, in words.

use super::quoted;
use crate::deployment::problem::Found;
use crate::deployment::shape::Kind;
use crate::lang::{Lang, say};

/// That a value of a type belongs here.
pub(super) fn should_be(kind: Kind, lang: Lang) -> String {
    let (what, gap) = (expected(kind, lang), gap(kind, lang));
    say!(lang, "expected {what}", "应为{gap}{what}")
}

/// That a value of a type belongs into each place of a list.
pub(super) fn each_item(kind: Kind, lang: Lang) -> String {
    let (what, gap) = (expected(kind, lang), gap(kind, lang));
    say!(lang, "each item of the list is {what}", "列表的每一项为{gap}{what}")
}

/// The space that Chinese takes before a Latin letter.
fn gap(kind: Kind, lang: Lang) -> &'static str {
    if expected(kind, lang).starts_with(|first: char| first.is_ascii()) { " " } else { "" }
}

/// What a value of a type is.
pub(super) fn expected(kind: Kind, lang: Lang) -> String {
    match kind {
        Kind::Version => say!(lang, "the number 1", "数字 1"),
        Kind::ServiceName => say!(
            lang,
            "a name of 1 to 15 letters, digits, `-` and `_`",
            "由字母、数字、`-` 和 `_` 组成的 1 至 15 个字符的名称"
        ),
        Kind::FirewallName => say!(
            lang,
            "a name of 1 to 40 letters, digits, `.`, `-` and `_`, not starting with `.` or `-`",
            "由字母、数字、`.`、`-` 和 `_` 组成的 1 至 40 个字符的名称，且不以 `.` 或 `-` 开头"
        ),
        Kind::InterfaceName => say!(
            lang,
            "the name of a network interface: 1 to 15 letters, digits and `_.:@-`",
            "网络接口名称：1 至 15 个字符，可含字母、数字和 `_.:@-`"
        ),
        Kind::FilePath => say!(lang, "the path of a file", "文件路径"),
        Kind::Note => say!(lang, "text of one line, at most 100 bytes", "单行文本，最长 100 字节"),
        Kind::Port => say!(lang, "a port, 1 to 65535", "端口号，1 至 65535"),
        Kind::PortRange => {
            say!(lang, "a port or a range such as 30000-30019", "端口号，或端口范围（如 30000-30019）")
        }
        Kind::SourcePort => {
            say!(lang, "a port, a list of ports, or `ephemeral`", "端口号、端口号列表，或 `ephemeral`")
        }
        Kind::Count => say!(lang, "a whole number of at least 1", "不小于 1 的整数"),
        Kind::Address => say!(lang, "an IP address", "IP 地址"),
        Kind::Ipv4Address => say!(lang, "an IPv4 address", "IPv4 地址"),
        Kind::Network => {
            say!(lang, "an IP address, or a prefix such as 10.0.0.0/8", "IP 地址，或网段（如 10.0.0.0/8）")
        }
        Kind::NetworkOrAny => say!(
            lang,
            "`any`, an IP address, or a prefix such as 10.0.0.0/8",
            "`any`、IP 地址，或网段（如 10.0.0.0/8）"
        ),
        Kind::Party => say!(
            lang,
            "`self`, `any`, an IP address, or a prefix such as 10.0.0.0/8",
            "`self`、`any`、IP 地址，或网段（如 10.0.0.0/8）"
        ),
        Kind::Word(words) => {
            let words = quoted(&words.all(), lang);
            say!(lang, "one of {words}", "以下之一：{words}")
        }
        Kind::UserName => say!(lang, "the name of a user", "用户名"),
        Kind::KernelVersion => {
            say!(
                lang,
                "a version of Linux in quotes, such as \"6.1\"",
                "带引号的 Linux 内核版本（如 \"6.1\"）"
            )
        }
        Kind::SysctlName => {
            say!(
                lang,
                "the name of a sysctl such as `net.ipv4.ip_forward`",
                "sysctl 名称（如 `net.ipv4.ip_forward`）"
            )
        }
        Kind::ModuleName => {
            say!(lang, "a name of letters, digits, `-` and `_`", "由字母、数字、`-` 和 `_` 组成的名称")
        }
        Kind::Setting => say!(lang, "a whole number or one line of text", "整数或单行文本"),
        Kind::RuleId => say!(lang, "the name of a finding, FTP000 to FTP999", "检查项编号，FTP000 至 FTP999"),
        Kind::Reason => say!(lang, "text of one line that is not blank", "非空的单行文本"),
        Kind::Entries(key, value) => {
            let (key, gap, value) = (expected(*key, lang), gap(*key, lang), expected(*value, lang));
            say!(lang, "a mapping from {key} to {value}", "映射，键为{gap}{key}，值为{value}")
        }
        Kind::Mapping(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let names = quoted(&names, lang);
            say!(lang, "a mapping with the fields {names}", "含有字段 {names} 的映射")
        }
    }
}

/// What a value is that has the wrong type.
pub(super) fn found(found: &Found, lang: Lang) -> String {
    match found {
        Found::Nothing => say!(lang, "nothing", "空值"),
        Found::Boolean(value) => say!(lang, "the boolean `{value}`", "布尔值 `{value}`"),
        Found::Number(value) => {
            let value = super::excerpt(value);
            say!(lang, "the number {value}", "数字 {value}")
        }
        Found::Text(value) => {
            let value = super::excerpt(value);
            say!(lang, "the text {value}", "文本 {value}")
        }
        Found::List => say!(lang, "a list", "列表"),
        Found::Mapping => say!(lang, "a mapping", "映射"),
        Found::Tagged(tag) => {
            let tag = super::excerpt(&format!("!{tag}"));
            say!(lang, "a value with the tag {tag}", "带标签 {tag} 的值")
        }
    }
}
