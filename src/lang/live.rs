//! What cannot be read of the machine that the program runs on.

use std::io;
use std::path::PathBuf;

use super::failure::{read, reason};
use super::{Lang, say};
use crate::report::escape::visible;

/// Something that may hold rules, and could not be read.
#[derive(Debug)]
pub enum Trouble {
    /// A program that is not installed.
    Missing {
        /// Which.
        program: &'static str,
    },
    /// A program that cannot be run.
    NotStarted {
        /// With its arguments.
        command: String,
        /// Why.
        error: io::Error,
    },
    /// A program that fails.
    Failed {
        /// With its arguments.
        command: String,
        /// What it says.
        said: String,
    },
    /// A program that does not end.
    TooLong {
        /// With its arguments.
        command: String,
    },
    /// A program that prints without end.
    TooMuch {
        /// With its arguments.
        command: String,
    },
    /// A program whose output is not what it should be.
    NotUnderstood {
        /// With its arguments.
        command: &'static str,
    },
    /// A file.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// What could not be read, and why.
#[must_use]
pub fn trouble(trouble: &Trouble, lang: Lang) -> String {
    match trouble {
        Trouble::Missing { program } => say!(
            lang,
            "there may be rules that only {program} lists, and it is not installed",
            "可能存在只有 {program} 才能列出的规则，但未安装该程序"
        ),
        Trouble::NotStarted { command, error } => {
            let reason = reason(error, lang);
            say!(lang, "cannot run {command}: {reason}", "无法运行 {command}：{reason}")
        }
        Trouble::Failed { command, said } => {
            let said = visible(said).replace('\n', " ");
            say!(lang, "{command} fails: {said}", "{command} 运行失败：{said}")
        }
        Trouble::TooLong { command } => {
            say!(lang, "{command} takes too long, and was stopped", "{command} 耗时过长，已停止")
        }
        Trouble::TooMuch { command } => {
            say!(lang, "{command} prints too much, and was stopped", "{command} 输出过多，已停止")
        }
        Trouble::NotUnderstood { command } => {
            say!(lang, "the output of {command} is not what it should be", "{command} 的输出不符合预期")
        }
        Trouble::Unreadable { path, error } => read(path, error, lang),
    }
}

/// There is nothing to audit.
#[must_use]
pub fn nothing(lang: Lang) -> String {
    say!(
        lang,
        "none of the rules in force here can be read; that needs root",
        "无法读取本机生效的任何规则；读取规则需要 root 权限"
    )
}

/// Everything passes.
#[must_use]
pub fn no_rules(lang: Lang) -> String {
    say!(lang, "no rules are in force here: everything passes", "本机没有生效的规则：一切数据包均可通过")
}

/// Files are named beside `--live`.
#[must_use]
pub fn and_files(lang: Lang) -> String {
    say!(
        lang,
        "--live reads the rules in force here; files of rules do not go with it",
        "--live 读取本机生效的规则，不能与规则文件同时使用"
    )
}
