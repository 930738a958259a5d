//! Values that cannot be used, in words.

use super::kind::should_be;
use super::{Words, excerpt, quoted};
use crate::deployment::problem::{Unusable, ValueProblem};
use crate::deployment::shape::Kind;
use crate::deployment::{MAX_NOTE, is_rule_id};
use crate::lang::{Lang, say};

#[expect(clippy::too_many_lines, reason = "a table: one arm for each problem")]
pub(super) fn words(problem: &ValueProblem, lang: Lang) -> Words {
    match problem {
        ValueProblem::UnsupportedVersion { found } => {
            let found = excerpt(found);
            Words::new(
                say!(lang, "version {found} of the format is not known", "不支持格式版本 {found}"),
                should_be(Kind::Version, lang),
            )
            .help(say!(
                lang,
                "this program reads version 1; a later version needs a later program",
                "本程序读取版本 1；更高版本需要更新的程序"
            ))
        }
        ValueProblem::UnknownWord { found, suggestion, known } => {
            let found = excerpt(found);
            let known = quoted(known, lang);
            Words::new(
                say!(lang, "{found} has no meaning here", "无法识别 {found}"),
                say!(lang, "expected {known}", "应为 {known}"),
            )
            .maybe_help(suggestion.map(|meant| say!(lang, "did you mean `{meant}`?", "是否想写 `{meant}`？")))
        }
        ValueProblem::PortOutOfRange { found } => {
            let help = if found == "0" {
                say!(
                    lang,
                    "port 0 leaves the choice to the operating system; write the port that is really used",
                    "端口 0 表示由操作系统选择；请写实际使用的端口"
                )
            } else {
                say!(lang, "a port has 16 bits; check the number", "端口号为 16 位；请核对数字")
            };
            let found = excerpt(found);
            Words::new(
                say!(lang, "{found} is no port", "{found} 不是有效的端口号"),
                should_be(Kind::Port, lang),
            )
            .help(help)
        }
        ValueProblem::NotAPort { found } => not_a_port(found, Kind::Port, lang),
        ValueProblem::NotAPortRange { found } => not_a_port(found, Kind::PortRange, lang),
        ValueProblem::RangeSeparator { found, meant } => {
            let found = excerpt(found);
            let meant = excerpt(meant);
            Words::new(
                say!(lang, "the range {found} is not written with a `-` alone", "端口范围 {found} 的写法有误"),
                should_be(Kind::PortRange, lang),
            )
            .help(say!(lang, "write {meant}", "请写作 {meant}"))
        }
        ValueProblem::ReversedRange { first, last } => Words::new(
            say!(
                lang,
                "the range {first}-{last} ends below its start",
                "端口范围 {first}-{last} 的起止颠倒"
            ),
            say!(lang, "expected the lower port first", "较小的端口号应在前"),
        )
        .help(say!(lang, "write {last}-{first}", "请写作 {last}-{first}")),
        ValueProblem::CountOutOfRange { found } => {
            let found = excerpt(found);
            Words::new(
                say!(lang, "{found} is out of range", "{found} 超出取值范围"),
                say!(lang, "expected a whole number from 1 to 4294967295", "应为 1 至 4294967295 的整数"),
            )
        }
        ValueProblem::PrefixNotAddress { found, address } => {
            let found = excerpt(found);
            Words::new(
                say!(lang, "{found} is a prefix, not an address", "{found} 是网段，不是单个地址"),
                should_be(Kind::Address, lang),
            )
            .help(say!(lang, "write the address alone: {address}", "请只写地址：{address}"))
        }
        ValueProblem::HostName { found } => {
            let found = excerpt(found);
            Words::new(
                say!(lang, "{found} is a name, not an address", "{found} 是主机名，不是 IP 地址"),
                should_be(Kind::Address, lang),
            )
            .help(say!(
                lang,
                "write the address that the name resolves to: a firewall would look the name up once, when the rules are loaded, and never again",
                "请写该名称解析出的地址：防火墙只在加载规则时解析一次名称，之后不再更新"
            ))
        }
        ValueProblem::NotAnAddress { found } => {
            let found = excerpt(found);
            Words::new(say!(lang, "{found} is no IP address", "{found} 不是 IP 地址"), should_be(Kind::Address, lang))
                .help(address_help(lang))
        }
        ValueProblem::NotANetwork { found } => {
            let found = excerpt(found);
            Words::new(
                say!(lang, "{found} is neither an IP address nor a prefix", "{found} 既不是 IP 地址也不是网段"),
                should_be(Kind::Network, lang),
            )
            .help(address_help(lang))
        }
        ValueProblem::UnusableAddress { address, why } => unusable(&address.to_string(), *why, lang),
        ValueProblem::AdvertisedIpv6 { address } => Words::new(
            say!(lang, "{address} is an IPv6 address", "{address} 是 IPv6 地址"),
            should_be(Kind::Ipv4Address, lang),
        )
        .help(say!(
            lang,
            "the reply to `PASV` has room for IPv4 only (RFC 959), and the reply to `EPSV` names no address (RFC 2428): leave the field out for IPv6",
            "`PASV` 的应答只能携带 IPv4 地址（RFC 959），`EPSV` 的应答不含地址（RFC 2428）：IPv6 无需此字段"
        )),
        ValueProblem::HostBits { network, address } => Words::new(
            say!(
                lang,
                "{address} has bits set beyond the prefix length of {network}",
                "地址 {address} 在网段 {network} 的前缀长度之外仍有非零位"
            ),
            say!(lang, "expected a network or an address", "应为网段或单个地址"),
        )
        .help(say!(
            lang,
            "write {network} for the network, or {address} for the machine",
            "表示整个网段请写 {network}，表示单台主机请写 {address}"
        )),
        ValueProblem::BadServiceName { found } => bad_name(found, Kind::ServiceName, lang).help(say!(
            lang,
            "the name becomes part of the names of chains and anchors, which are short",
            "该名称会用于链和锚点的名称，因此长度受限"
        )),
        ValueProblem::BadFirewallName { found } => bad_name(found, Kind::FirewallName, lang).help(say!(
            lang,
            "the name becomes the name of the files generated for the firewall",
            "该名称会用作所生成文件的文件名"
        )),
        ValueProblem::BadInterfaceName { found } => bad_name(found, Kind::InterfaceName, lang),
        ValueProblem::Malformed { found, expected } => {
            let meant = Some(found.trim().to_uppercase())
                .filter(|meant| *expected == Kind::RuleId && is_rule_id(meant))
                .map(|meant| say!(lang, "did you mean `{meant}`?", "是否想写 `{meant}`？"));
            let title = if found.trim().is_empty() {
                say!(lang, "blank text", "文本为空白")
            } else {
                let found = excerpt(found);
                say!(lang, "{found} does not belong here", "{found} 的格式有误")
            };
            Words::new(title, should_be(*expected, lang)).maybe_help(meant)
        }
        ValueProblem::BadNote { bytes } => Words::new(
            say!(
                lang,
                "the note has {bytes} bytes or a control character",
                "备注长 {bytes} 字节，或含有控制字符"
            ),
            say!(
                lang,
                "expected one line of at most {MAX_NOTE} bytes",
                "应为单行文本，最长 {MAX_NOTE} 字节"
            ),
        )
        .help(say!(
            lang,
            "the note becomes a comment in the rule set",
            "备注会写入规则集的注释"
        )),
        ValueProblem::BadPath => Words::new(
            say!(lang, "the path is empty or has a control character", "路径为空或含有控制字符"),
            should_be(Kind::FilePath, lang),
        ),
    }
}

fn bad_name(found: &str, kind: Kind, lang: Lang) -> Words {
    let found = excerpt(found);
    Words::new(say!(lang, "the name {found} cannot be used", "名称 {found} 不可用"), should_be(kind, lang))
}

fn not_a_port(found: &str, kind: Kind, lang: Lang) -> Words {
    let digits = !found.is_empty() && found.bytes().all(|byte| byte.is_ascii_digit());
    let service = match found {
        "ftp" => Some(21),
        "ftp-data" => Some(20),
        "ftps" => Some(990),
        "ftps-data" => Some(989),
        _ => None,
    };
    let found = excerpt(found);
    Words::new(say!(lang, "{found} is no port", "{found} 不是有效的端口号"), should_be(kind, lang))
        .maybe_help(match service {
            Some(port) => Some(say!(lang, "write the number: {port}", "请写数字：{port}")),
            None => digits.then(|| say!(lang, "write the number without quotes", "请去掉数字的引号")),
        })
}

fn unusable(address: &str, why: Unusable, lang: Lang) -> Words {
    let title = match why {
        Unusable::Unspecified => {
            say!(
                lang,
                "{address} stands for no machine in particular",
                "{address} 是未指定地址，不代表任何主机"
            )
        }
        Unusable::Multicast => say!(lang, "{address} is a multicast address", "{address} 是组播地址"),
        Unusable::Broadcast => say!(lang, "{address} is the broadcast address", "{address} 是广播地址"),
    };
    let words = Words::new(title, say!(lang, "expected the address of a machine", "应为主机地址"));
    match why {
        Unusable::Unspecified => words.help(say!(
            lang,
            "write the address that clients connect to, not the one that the server listens on",
            "请写客户端所连接的地址，而不是服务器监听的地址"
        )),
        Unusable::Multicast | Unusable::Broadcast => words.help(say!(
            lang,
            "FTP runs over TCP, between two machines",
            "FTP 基于 TCP，只在两台主机之间进行"
        )),
    }
}

fn address_help(lang: Lang) -> String {
    say!(
        lang,
        "an IPv4 address is four numbers of 0 to 255 without leading zeros, an IPv6 address has no brackets and no `%` zone",
        "IPv4 地址由四个 0 至 255 的数字组成且无前导零；IPv6 地址不带方括号和 `%` 区域标识"
    )
}
