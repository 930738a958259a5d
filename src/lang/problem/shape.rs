//! Fields that are unknown, missing, twice there or of the wrong type, in words.

use super::kind::{each_item, expected, found, should_be};
use super::{Words, excerpt, quoted};
use crate::deployment::problem::{Found, ShapeProblem};
use crate::deployment::shape::Kind;
use crate::lang::{Lang, say};

pub(super) fn words(problem: &ShapeProblem, lang: Lang) -> Words {
    match problem {
        ShapeProblem::UnknownField { name, suggestion, known } => {
            let name = excerpt(name);
            let known = quoted(known, lang);
            Words::new(
                say!(lang, "there is no field {name}", "未知字段 {name}"),
                say!(lang, "expected one of {known}", "应为以下之一：{known}"),
            )
            .maybe_help(suggestion.map(|meant| say!(lang, "did you mean `{meant}`?", "是否想写 `{meant}`？")))
        }
        ShapeProblem::KeyNotText { found: what } => {
            let what = found(what, lang);
            Words::new(
                say!(lang, "{what} stands where the name of a field belongs", "字段名的位置出现了{what}"),
                say!(lang, "expected the name of a field", "应为字段名"),
            )
        }
        ShapeProblem::DuplicateField { name } => Words::new(
            say!(lang, "the field `{name}` is there twice", "字段 `{name}` 重复"),
            say!(lang, "expected only once", "应只出现一次"),
        )
        .related(say!(lang, "first here", "首次出现于此"))
        .help(say!(lang, "keep one of the two", "请保留其中一个")),
        ShapeProblem::MissingField { name, expected: kind } => {
            let what = expected(*kind, lang);
            let help = match kind {
                Kind::Version => say!(lang, "add `version: 1`", "请添加 `version: 1`"),
                Kind::Mapping(_) => say!(lang, "`{name}` is {what}", "`{name}` 是{what}"),
                _ => say!(lang, "add `{name}`: {what}", "请添加 `{name}`：{what}"),
            };
            Words::new(
                say!(lang, "the field `{name}` is missing", "缺少字段 `{name}`"),
                say!(lang, "expected a field `{name}`", "此处应有字段 `{name}`"),
            )
            .help(help)
        }
        ShapeProblem::WrongType { found: what, expected: kind } => {
            let said = found(what, lang);
            let title = match what {
                Found::Nothing => say!(lang, "no value", "没有值"),
                _ => say!(lang, "wrong type: {said}", "类型错误：{said}"),
            };
            Words::new(title, should_be(*kind, lang)).maybe_help(type_help(what, *kind, lang))
        }
        ShapeProblem::NotAList { found: what, expected: kind } => {
            let what = found(what, lang);
            Words::new(
                say!(lang, "wrong type: {what}", "类型错误：{what}"),
                say!(lang, "expected a list", "应为列表"),
            )
            .help(each_item(*kind, lang))
        }
        ShapeProblem::EmptyList { expected: kind } => Words::new(
            say!(lang, "the list is empty", "列表为空"),
            say!(lang, "expected at least one item", "至少应有一项"),
        )
        .help(each_item(*kind, lang)),
        ShapeProblem::DuplicateItem { item } => {
            let item = excerpt(item);
            Words::new(
                say!(lang, "{item} is in the list twice", "{item} 在列表中重复"),
                say!(lang, "expected only once", "应只出现一次"),
            )
            .related(say!(lang, "first here", "首次出现于此"))
            .help(say!(lang, "remove one of the two", "请删除其中一项"))
        }
    }
}

/// What usually leads to a wrong type.
fn type_help(found: &Found, expected: Kind, lang: Lang) -> Option<String> {
    let text = matches!(
        expected,
        Kind::ServiceName
            | Kind::FirewallName
            | Kind::InterfaceName
            | Kind::FilePath
            | Kind::Note
            | Kind::UserName
            | Kind::ModuleName
            | Kind::Setting
            | Kind::Reason
    );
    match found {
        Found::Number(_) if expected == Kind::KernelVersion => Some(say!(
            lang,
            "write it in quotes: as numbers, 5.10 and 5.1 are the same",
            "请加引号：作为数字时，5.10 与 5.1 相同"
        )),
        Found::Number(value) if text => {
            let value = super::excerpt(&format!("\"{value}\""));
            Some(say!(lang, "write it in quotes to make it text: {value}", "如需文本，请加引号：{value}"))
        }
        Found::Boolean(value) if text => Some(say!(
            lang,
            "write it in quotes to make it text: `\"{value}\"`",
            "如需文本，请加引号：`\"{value}\"`"
        )),
        Found::Text(value) if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() => {
            Some(say!(lang, "write the number without quotes", "请去掉数字的引号"))
        }
        Found::Tagged(_) => Some(say!(lang, "remove the tag", "请删除标签")),
        Found::Nothing => Some(say!(lang, "give it a value, or remove the field", "请填写值，或删除该字段")),
        _ => None,
    }
}
