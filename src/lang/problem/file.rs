//! What is wrong with a file as text, in words.

use super::{Words, excerpt};
use crate::deployment::problem::FileProblem;
use crate::deployment::{MAX_BRACKETS, MAX_DEPTH, MAX_VALUES};
use crate::lang::{Lang, say, yaml};

pub(super) fn words(problem: &FileProblem, lang: Lang) -> Words {
    match problem {
        FileProblem::TooLarge => Words::new(
            say!(lang, "the file is larger than 1 MiB", "文件大于 1 MiB"),
            say!(lang, "expected at most 1 MiB", "不得超过 1 MiB"),
        )
        .help(say!(
            lang,
            "a deployment takes a few kilobytes; is this the right file?",
            "部署文件通常只有几 KB；请确认文件是否正确"
        )),
        FileProblem::NotUtf8 { byte, utf16 } => Words::new(
            say!(lang, "the byte 0x{byte:02x} is not UTF-8", "字节 0x{byte:02x} 不是 UTF-8 编码"),
            say!(lang, "expected UTF-8 text", "应为 UTF-8 文本"),
        )
        .help(if *utf16 {
            say!(lang, "the file is UTF-16; save it as UTF-8", "文件编码为 UTF-16；请另存为 UTF-8")
        } else {
            say!(lang, "save the file as UTF-8", "请将文件另存为 UTF-8")
        }),
        FileProblem::ControlCharacter { character } => {
            let code = u32::from(*character);
            Words::new(
                say!(lang, "the character U+{code:04X} is not allowed", "不允许出现字符 U+{code:04X}"),
                say!(lang, "expected printable text", "应为可打印文本"),
            )
            .help(say!(lang, "remove the character", "请删除该字符"))
        }
        FileProblem::TooManyBrackets => Words::new(
            say!(lang, "more than {MAX_BRACKETS} opening brackets", "左括号超过 {MAX_BRACKETS} 个"),
            say!(lang, "one too many", "自此处起超出上限"),
        )
        .help(say!(
            lang,
            "write lists and mappings in block style, with `-` and indentation",
            "请改用块样式（`-` 与缩进）书写列表和映射"
        )),
        FileProblem::TagDirective => Words::new(
            say!(lang, "a `%TAG` directive", "出现 `%TAG` 指令"),
            say!(lang, "expected none: no field has a tag", "不应出现：没有任何字段使用标签"),
        )
        .help(say!(lang, "remove the line", "请删除该行")),
        FileProblem::TooDeep => Words::new(
            say!(lang, "values nested more than {MAX_DEPTH} deep", "嵌套超过 {MAX_DEPTH} 层"),
            say!(lang, "one level too deep", "此处超出层数上限"),
        )
        .help(say!(
            lang,
            "no field of a deployment lies deeper than 6 levels; `ftpfw init` prints a file to start from",
            "部署文件的字段最深为 6 层；`ftpfw init` 可输出模板文件"
        )),
        FileProblem::TooManyValues => Words::new(
            say!(
                lang,
                "more than {MAX_VALUES} values once aliases are expanded",
                "展开别名后的值超过 {MAX_VALUES} 个"
            ),
            say!(lang, "one too many", "自此处起超出上限"),
        )
        .help(say!(
            lang,
            "write out the few values that are meant instead of aliases of aliases",
            "请直接写出所需的值，不要使用层层引用的别名"
        )),
        FileProblem::Tab => yaml::tab(lang),
        FileProblem::Syntax { message } => yaml::words(message, lang),
        FileProblem::SecondDocument => Words::new(
            say!(lang, "a second document starts here", "此处开始第二个文档"),
            say!(lang, "expected the end of the file", "文件应在此之前结束"),
        )
        .help(say!(
            lang,
            "keep one deployment in each file, without a further `---`",
            "每个文件只保存一个部署，不要再出现 `---`"
        )),
        FileProblem::Empty => Words::new(
            say!(lang, "the file declares nothing", "文件没有任何内容"),
            say!(lang, "expected a deployment", "应为部署声明"),
        )
        .help(say!(
            lang,
            "`ftpfw init` prints a commented deployment to start from",
            "`ftpfw init` 可输出带注释的部署模板"
        )),
    }
}

/// The words of the parser, where they are not known here.
pub(in crate::lang) fn parser(message: &str, lang: Lang) -> Words {
    let message = excerpt(message);
    Words::new(
        say!(lang, "this is not YAML: {message}", "YAML 语法错误：{message}"),
        say!(lang, "the parser stopped here", "解析在此处中止"),
    )
}
