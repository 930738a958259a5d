//! What is not understood of a text about sysctls or modules, in words.

use crate::dialect::host::Problem;
use crate::lang::problem::{Words, excerpt};
use crate::lang::{Lang, say};

/// What was found, what was expected, and how to mend it.
#[must_use]
pub fn words(problem: &Problem, lang: Lang) -> Words {
    let (Problem::Sysctl(line) | Problem::Modprobe(line)) = problem;
    let line = excerpt(line);
    let label = match problem {
        Problem::Sysctl(_) => {
            say!(lang, "expected the name of a sysctl, `=` and its value", "应为 sysctl 名称、`=` 及其值")
        }
        Problem::Modprobe(_) => say!(
            lang,
            "expected the name of a module, or `options` and other commands of modprobe.d",
            "应为模块名，或 `options` 等 modprobe.d 命令"
        ),
    };
    Words {
        title: say!(lang, "{line} is not understood", "无法识别 {line}"),
        label,
        related: None,
        help: None,
    }
}
