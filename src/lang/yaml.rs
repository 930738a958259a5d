//! What the YAML parser does not understand, in words of our own.

use super::problem::Words;
use super::{Lang, problem, say};

/// The words for a message of libyaml, its position taken off.
pub(super) fn words(message: &str, lang: Lang) -> Words {
    mistake(message).map_or_else(|| problem::parser(message, lang), |mistake| say_mistake(mistake, lang))
}

/// The words for a tab in the indentation, for which libyaml has several messages.
pub(super) fn tab(lang: Lang) -> Words {
    say_mistake(Mistake::Tab, lang)
}

#[expect(clippy::too_many_lines, reason = "a table: one arm for each mistake")]
fn say_mistake(mistake: Mistake, lang: Lang) -> Words {
    let (title, label, help) = match mistake {
        Mistake::Tab => (
            say!(lang, "a tab in the indentation", "缩进中出现制表符"),
            say!(lang, "expected spaces", "应为空格"),
            Some(say!(lang, "YAML is indented with spaces only", "YAML 只能用空格缩进")),
        ),
        Mistake::Start => (
            say!(lang, "a value cannot start with this character", "值不能以该字符开头"),
            say!(lang, "expected a value", "应为值"),
            Some(say!(lang, "write the value in quotes", "请将该值放在引号中")),
        ),
        Mistake::Colon => (
            say!(lang, "a `:` where no field can start", "`:` 出现在不能开始字段的位置"),
            say!(lang, "expected the end of the value", "值应在此之前结束"),
            Some(say!(
                lang,
                "each field is a line `name: value` (is a `:` missing in the line above?); a value with `: ` in it, or an IPv6 address, goes in quotes",
                "每个字段独占一行，写作 `名称: 值`（上一行是否漏写了 `:`？）；含 `: ` 的值或 IPv6 地址应放在引号中"
            )),
        ),
        Mistake::NoColon => (
            say!(lang, "a field without `:`", "字段缺少 `:`"),
            say!(lang, "expected `:` and a value", "此处之前应有 `:` 和值"),
            Some(say!(
                lang,
                "write `name: value`, with a space after the colon",
                "请写作 `名称: 值`，冒号后加空格"
            )),
        ),
        Mistake::Quote => (
            say!(lang, "quotes are opened and not closed", "引号未闭合"),
            say!(lang, "expected the closing quote before this", "此处之前应有右引号"),
            Some(say!(lang, "close the quotes", "请补上右引号")),
        ),
        Mistake::Escape => (
            say!(lang, "an unknown escape in double quotes", "双引号中出现未知的转义序列"),
            say!(lang, "expected an escape such as `\\n`", "应为 `\\n` 之类的转义序列"),
            Some(say!(
                lang,
                "write `\\\\` for a backslash, or use single quotes",
                "反斜杠请写作 `\\\\`，或改用单引号"
            )),
        ),
        Mistake::Bracket(bracket) => (
            say!(lang, "a list or mapping in brackets does not go on here", "括号中的列表或映射在此中断"),
            say!(lang, "expected `,` or `{bracket}`", "应为 `,` 或 `{bracket}`"),
            Some(say!(
                lang,
                "separate items with `,` and close every bracket; an IPv6 address in brackets goes in quotes",
                "请用 `,` 分隔各项并闭合括号；括号中的 IPv6 地址应放在引号中"
            )),
        ),
        Mistake::Item => (
            say!(lang, "a list does not go on here", "列表在此中断"),
            say!(lang, "expected `-`", "应为 `-`"),
            Some(say!(lang, "indent all items of a list alike", "列表各项的缩进应相同")),
        ),
        Mistake::Key => (
            say!(lang, "a mapping does not go on here", "映射在此中断"),
            say!(lang, "expected a field", "应为字段"),
            Some(say!(lang, "indent all fields of a mapping alike", "同一映射中各字段的缩进应相同")),
        ),
        Mistake::Value => {
            (say!(lang, "a value is missing", "缺少值"), say!(lang, "expected a value", "应为值"), None)
        }
        Mistake::Misplaced => (
            say!(lang, "a list or mapping cannot start here", "列表或映射不能从此处开始"),
            say!(lang, "expected on a line of its own", "应另起一行"),
            Some(say!(lang, "put it on the next line, indented", "请移到下一行并缩进")),
        ),
        Mistake::Anchor => (
            say!(lang, "this stands for nothing: there is no such anchor", "引用的锚点不存在"),
            say!(lang, "expected a value", "应为值"),
            Some(say!(lang, "a value that starts with `*` goes in quotes", "以 `*` 开头的值应放在引号中")),
        ),
        Mistake::AnchorName => (
            say!(lang, "`&` or `*` without a name", "`&` 或 `*` 之后缺少名称"),
            say!(lang, "expected a letter or a digit", "应为字母或数字"),
            Some(say!(
                lang,
                "a value that starts with `&` or `*` goes in quotes",
                "以 `&` 或 `*` 开头的值应放在引号中"
            )),
        ),
        Mistake::Block => (
            say!(lang, "`|` or `>` is followed by more than it takes", "`|` 或 `>` 之后有多余内容"),
            say!(lang, "expected the end of the line", "此处应换行"),
            Some(say!(
                lang,
                "a value that starts with `|` or `>` goes in quotes",
                "以 `|` 或 `>` 开头的值应放在引号中"
            )),
        ),
        Mistake::Tag => (
            say!(lang, "a tag that cannot be read", "无法解析的标签"),
            say!(lang, "expected a value without a tag", "应为不带标签的值"),
            Some(say!(lang, "a value that starts with `!` goes in quotes", "以 `!` 开头的值应放在引号中")),
        ),
        Mistake::Directive => (
            say!(lang, "a line with `%` that cannot be read", "无法解析以 `%` 开头的行"),
            say!(lang, "expected none", "不应出现"),
            Some(say!(lang, "remove the line", "请删除该行")),
        ),
        Mistake::Document => (
            say!(lang, "the document ends too early", "文档提前结束"),
            say!(lang, "expected more of what was started", "此前的内容尚未结束"),
            Some(say!(lang, "remove `---` or `...`", "请删除 `---` 或 `...`")),
        ),
    };
    Words { title, label, related: Some(say!(lang, "started here", "从此处开始")), help }
}

/// What people do wrong that libyaml has words for.
#[derive(Clone, Copy)]
enum Mistake {
    Tab,
    Start,
    Colon,
    NoColon,
    Quote,
    Escape,
    Bracket(char),
    Item,
    Key,
    Value,
    Misplaced,
    Anchor,
    AnchorName,
    Block,
    Tag,
    Directive,
    Document,
}

/// The mistake behind a message of libyaml 0.2 (`scanner.c`, `parser.c`).
fn mistake(message: &str) -> Option<Mistake> {
    Some(match message {
        "found a tab character that violates indentation"
        | "found a tab character where an indentation space is expected" => Mistake::Tab,
        "found character that cannot start any token" => Mistake::Start,
        "mapping values are not allowed in this context" | "found unexpected ':'" => Mistake::Colon,
        "could not find expected ':'" => Mistake::NoColon,
        "found unexpected end of stream" => Mistake::Quote,
        "found unknown escape character"
        | "did not find expected hexadecimal number"
        | "found invalid Unicode character escape code" => Mistake::Escape,
        "did not find expected ',' or ']'" => Mistake::Bracket(']'),
        "did not find expected ',' or '}'" => Mistake::Bracket('}'),
        "did not find expected '-' indicator" => Mistake::Item,
        "did not find expected key" => Mistake::Key,
        "did not find expected node content" => Mistake::Value,
        "block sequence entries are not allowed in this context"
        | "mapping keys are not allowed in this context" => Mistake::Misplaced,
        "unknown anchor" => Mistake::Anchor,
        "did not find expected alphabetic or numeric character" => Mistake::AnchorName,
        "did not find expected comment or line break" | "found an indentation indicator equal to 0" => {
            Mistake::Block
        }
        "did not find the expected '>'"
        | "did not find expected tag URI"
        | "did not find expected '!'"
        | "did not find URI escaped octet"
        | "found an incorrect leading UTF-8 octet"
        | "found an incorrect trailing UTF-8 octet"
        | "did not find expected whitespace or line break"
        | "found undefined tag handle" => Mistake::Tag,
        "found unknown directive name"
        | "could not find expected directive name"
        | "found unexpected non-alphabetical character"
        | "did not find expected whitespace"
        | "did not find expected version number"
        | "did not find expected digit or '.' character"
        | "found extremely long version number"
        | "found duplicate %YAML directive"
        | "found incompatible YAML document" => Mistake::Directive,
        "found unexpected document indicator" | "did not find expected <document start>" => Mistake::Document,
        _ => return None,
    })
}
