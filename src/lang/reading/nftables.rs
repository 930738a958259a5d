//! What is not understood of a text for nft, in words.

use crate::dialect::nftables::{Expected, Problem};
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
        Problem::Unexpected { found, .. } if found.is_empty() => {
            say!(lang, "the statement ends too early", "语句不完整")
        }
        Problem::Unexpected { found, .. } => {
            let found = excerpt(found);
            say!(lang, "{found} cannot stand here", "此处不能出现 {found}")
        }
        Problem::OpenQuote => say!(lang, "a quotation mark is not closed", "引号未闭合"),
        Problem::UnknownStatement { text } => {
            let text = excerpt(text);
            say!(lang, "{text} is not understood", "无法识别 {text}")
        }
        Problem::UnknownValue { field, value } => {
            let (field, value) = (excerpt(field), excerpt(value));
            say!(lang, "{value} is no value of {field}", "{value} 不是 {field} 的有效值")
        }
        Problem::NotModelled { text } => {
            let text = excerpt(text);
            say!(
                lang,
                "what {text} does depends on more than the packet",
                "{text} 的结果不只取决于数据包本身"
            )
        }
        Problem::Compat { text } => {
            let text = excerpt(text);
            say!(lang, "{text} is an extension of iptables", "{text} 是 iptables 的扩展")
        }
        Problem::ManagedByIptables => say!(lang, "iptables manages this table", "此表由 iptables 管理"),
        Problem::UnknownVariable { name } => {
            let name = excerpt(name);
            say!(lang, "the variable {name} is not defined", "变量 {name} 未定义")
        }
        Problem::AlreadyDefined { name } => {
            let name = excerpt(name);
            say!(lang, "the variable {name} is defined already", "变量 {name} 已有定义")
        }
        Problem::UnknownTable { name } => {
            let name = excerpt(name);
            say!(lang, "there is no table {name}", "表 {name} 不存在")
        }
        Problem::UnknownChain { name } => {
            let name = excerpt(name);
            say!(lang, "there is no chain {name}", "链 {name} 不存在")
        }
        Problem::UnknownSet { name } => {
            let name = excerpt(name);
            say!(lang, "there is no set or map {name}", "集合或映射 {name} 不存在")
        }
        Problem::UnknownRule { place } => {
            let place = excerpt(place);
            say!(lang, "there is no rule with {place}", "没有 {place} 对应的规则")
        }
        Problem::NotIncluded { path } => {
            let path = excerpt(path);
            say!(lang, "the file {path} cannot be read", "无法读取文件 {path}")
        }
        Problem::TooManyIncludes => {
            say!(lang, "files include each other too often", "文件包含的层数或数量过多")
        }
        Problem::NestedTooDeep => say!(lang, "nested too deeply", "嵌套层数过多"),
        Problem::TooLarge => say!(lang, "too large to be read", "内容过大，无法读取"),
        Problem::OtherFamily { family } => {
            let family = excerpt(family);
            say!(lang, "tables of the family {family} are left out", "已忽略地址族为 {family} 的表")
        }
        Problem::OtherHook { hook } => {
            let hook = excerpt(hook);
            say!(lang, "the hook {hook} is left out", "已忽略钩子 {hook}")
        }
        Problem::NotJson { .. } => say!(lang, "this is not JSON", "这不是有效的 JSON"),
    }
}

fn label(problem: &Problem, lang: Lang) -> String {
    match problem {
        Problem::Unexpected { expected: what, .. } => {
            let what = expected(*what, lang);
            say!(lang, "expected {what}", "应为{what}")
        }
        Problem::OpenQuote => say!(lang, "opened here", "从此处开始"),
        Problem::UnknownStatement { .. } | Problem::UnknownValue { .. } => {
            say!(lang, "taken for a condition that may hold or not", "视为可能成立也可能不成立的条件")
        }
        Problem::NotModelled { .. } | Problem::Compat { .. } => {
            say!(lang, "taken for something that may let a packet through or not", "视为可能放行也可能不放行")
        }
        Problem::ManagedByIptables => {
            say!(lang, "nft does not show all of its rules", "nft 无法完整显示其中的规则")
        }
        Problem::UnknownVariable { .. } => {
            say!(lang, "expected a variable defined before", "应为此前已定义的变量")
        }
        Problem::AlreadyDefined { .. } => say!(lang, "defined again here", "此处重复定义"),
        Problem::UnknownTable { .. } => say!(lang, "expected a table made before", "应为此前已创建的表"),
        Problem::UnknownChain { .. } => say!(lang, "expected a chain of this table", "应为本表中的链"),
        Problem::UnknownSet { .. } => {
            say!(lang, "expected a set or map of this table", "应为本表中的集合或映射")
        }
        Problem::UnknownRule { .. } => say!(lang, "expected a rule of this chain", "应为此链中的规则"),
        Problem::NotIncluded { .. } => say!(lang, "expected a file that exists", "应为存在的文件"),
        Problem::TooManyIncludes | Problem::NestedTooDeep | Problem::TooLarge => {
            say!(lang, "reading stops here", "读取到此为止")
        }
        Problem::OtherFamily { .. } | Problem::OtherHook { .. } => {
            say!(lang, "not part of the answers", "不计入分析结果")
        }
        Problem::NotJson { message } => message.clone(),
    }
}

fn help(problem: &Problem, lang: Lang) -> Option<String> {
    Some(match problem {
        Problem::UnknownStatement { .. } => say!(
            lang,
            "answers that depend on it say so; `nft -c -f` tells whether nft itself takes the rule",
            "依赖它的结论会注明；可用 `nft -c -f` 检查 nft 本身是否接受该规则"
        ),
        Problem::UnknownValue { .. } => {
            say!(lang, "names of services can be written as port numbers", "服务名可以改写为端口号")
        }
        Problem::Compat { .. } | Problem::ManagedByIptables => say!(
            lang,
            "read these rules from `iptables-save` and `ip6tables-save` instead",
            "请改为读取 `iptables-save` 和 `ip6tables-save` 的输出"
        ),
        Problem::UnknownVariable { name } => {
            say!(lang, "define it first: `define {name} = ...`", "请先定义：`define {name} = ...`")
        }
        Problem::AlreadyDefined { name } => {
            say!(
                lang,
                "to change it on purpose, write `redefine {name} = ...`",
                "如需修改，请写 `redefine {name} = ...`"
            )
        }
        Problem::UnknownTable { .. } | Problem::UnknownChain { .. } => say!(
            lang,
            "if it is in the kernel already, read the output of `nft list ruleset` instead",
            "如果它已在内核中，请改为读取 `nft list ruleset` 的输出"
        ),
        Problem::OtherFamily { .. } => say!(
            lang,
            "its chains do not see IP packets where the other tables filter them",
            "其中的链不在其他表过滤 IP 数据包的位置上"
        ),
        Problem::OtherHook { .. } => say!(
            lang,
            "its rules decide about packets before or after those that are modelled",
            "其规则在所建模的钩子之前或之后处理数据包"
        ),
        Problem::NotJson { .. } => {
            say!(lang, "print it anew: `nft -j list ruleset`", "请重新输出：`nft -j list ruleset`")
        }
        _ => return None,
    })
}

fn expected(what: Expected, lang: Lang) -> String {
    match what {
        Expected::Text(text) => format!("`{text}`"),
        Expected::Command => say!(lang, "a command or a table", "命令或表"),
        Expected::Name => say!(lang, "a name", "名称"),
        Expected::Table => say!(lang, "a table's name", "表名"),
        Expected::TablePart => {
            say!(lang, "a chain, a set or another part of a table", "链、集合或表的其他组成部分")
        }
        Expected::ObjectPart => say!(lang, "a property of the object", "该对象的属性"),
        Expected::Value => say!(lang, "a value", "值"),
        Expected::Number => say!(lang, "a whole number", "整数"),
        Expected::ChainType => say!(lang, "`filter`, `nat` or `route`", "`filter`、`nat` 或 `route`"),
        Expected::Hook => say!(lang, "a hook such as `input`", "钩子，例如 `input`"),
        Expected::Priority => {
            say!(lang, "a priority such as `filter` or `-150`", "优先级，例如 `filter` 或 `-150`")
        }
        Expected::Policy => say!(lang, "`accept` or `drop`", "`accept` 或 `drop`"),
        Expected::End => say!(lang, "the end of the statement", "语句结束"),
        Expected::RulesetObject => {
            say!(lang, "an object with the list `nftables`", "含有 `nftables` 列表的对象")
        }
    }
}
