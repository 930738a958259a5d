//! What is said about a command line that makes no sense.
//!
//! Clap finds the mistakes and knows them as data; its own sentences exist in English only.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::help::{Heading, choices, heading_line, value_name};
use super::{Lang, say};
use crate::report::escape::visible;

/// A message about a failure with its label in front, coloured.
#[must_use]
pub fn error(message: &str, lang: Lang) -> String {
    let style = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
    let label = say!(lang, "error:", "错误：");
    let gap = match lang {
        Lang::En => " ",
        Lang::Zh => "",
    };
    format!("{style}{label}{style:#}{gap}{message}")
}

/// The line that says how to call a command, given clap's.
#[must_use]
pub fn usage(clap: &str, lang: Lang) -> String {
    let bold = Style::new().bold();
    let label = heading_line(Heading::Usage, lang);
    let gap = match lang {
        Lang::En => " ",
        Lang::Zh => "",
    };
    let call = clap.trim_start_matches("Usage:").trim();
    let call = call.replace("[OPTIONS]", &format!("[{}]", value_name("OPTIONS", lang)));
    format!("{bold}{label}{bold:#}{gap}{call}\n")
}

/// What is wrong with a command line, what may have been meant, and where to read on.
#[must_use]
pub fn message(error: &Error, lang: Lang) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let page = error.render().ansi().to_string();
        return say!(lang, "a command is required\n\n{page}", "缺少命令\n\n{page}").trim_end().to_owned();
    }
    let mut message = mistake(error, lang);
    if let Some(values) = strings(error, ContextKind::ValidValue).filter(|values| !values.is_empty()) {
        let _ = write!(message, "\n  {}", choices(&values, lang));
    }
    let tips = tips(error, lang);
    if !tips.is_empty() {
        message.push('\n');
    }
    for tip in tips {
        message += &say!(lang, "\n  tip: {tip}", "\n  提示：{tip}");
    }
    if let Some(ContextValue::StyledStr(clap)) = error.get(ContextKind::Usage) {
        let _ = write!(message, "\n\n{}", usage(&clap.to_string(), lang).trim_end());
    }
    message + &say!(lang, "\n\nFor more information, try '--help'.", "\n\n更多信息见 --help。")
}

fn mistake(error: &Error, lang: Lang) -> String {
    let argument = text(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    let command = text(error, ContextKind::InvalidSubcommand);
    let number = |kind| match error.get(kind) {
        Some(ContextValue::Number(number)) => *number,
        _ => 0,
    };
    match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => {
            say!(lang, "'{argument}' needs a value", "“{argument}”需要一个值")
        }
        ErrorKind::InvalidValue => {
            say!(lang, "invalid value '{value}' for '{argument}'", "“{argument}”的值“{value}”无效")
        }
        ErrorKind::ValueValidation => {
            let cause =
                std::error::Error::source(error).map(|cause| visible(&cause.to_string())).unwrap_or_default();
            say!(
                lang,
                "invalid value '{value}' for '{argument}': {cause}",
                "“{argument}”的值“{value}”无效：{cause}"
            )
        }
        ErrorKind::UnknownArgument => {
            say!(lang, "unexpected argument '{argument}'", "无法识别的参数“{argument}”")
        }
        ErrorKind::InvalidSubcommand => {
            say!(lang, "there is no command '{command}'", "没有“{command}”这个命令")
        }
        ErrorKind::MissingSubcommand => say!(lang, "'{command}' needs a command", "“{command}”之后缺少命令"),
        ErrorKind::NoEquals => {
            say!(lang, "'{argument}' takes its value after an equals sign", "“{argument}”的值须写在等号之后")
        }
        ErrorKind::TooManyValues => {
            say!(
                lang,
                "'{value}' is one value too many for '{argument}'",
                "“{argument}”不再接受更多的值，“{value}”是多余的"
            )
        }
        ErrorKind::TooFewValues => {
            let (least, actual) = (number(ContextKind::MinValues), number(ContextKind::ActualNumValues));
            say!(
                lang,
                "'{argument}' needs at least {least} values, not {actual}",
                "“{argument}”至少需要 {least} 个值，现有 {actual} 个"
            )
        }
        ErrorKind::WrongNumberOfValues => {
            let (expected, actual) =
                (number(ContextKind::ExpectedNumValues), number(ContextKind::ActualNumValues));
            say!(
                lang,
                "'{argument}' needs {expected} values, not {actual}",
                "“{argument}”需要 {expected} 个值，现有 {actual} 个"
            )
        }
        ErrorKind::ArgumentConflict => conflict(error, &argument, lang),
        ErrorKind::MissingRequiredArgument => {
            let missing = list(&strings(error, ContextKind::InvalidArg).unwrap_or_default(), lang);
            say!(lang, "required, but missing: {missing}", "缺少必需的参数：{missing}")
        }
        ErrorKind::InvalidUtf8 => say!(lang, "an argument is not valid UTF-8", "有参数不是有效的 UTF-8 文本"),
        // None left that a command line can bring about; clap may add some.
        _ => say!(lang, "the command line makes no sense", "无法理解该命令行"),
    }
}

fn conflict(error: &Error, argument: &str, lang: Lang) -> String {
    let prior = strings(error, ContextKind::PriorArg).unwrap_or_default();
    if prior.is_empty() || prior == [argument] {
        return say!(lang, "'{argument}' cannot be given twice", "“{argument}”不能重复使用");
    }
    let prior = list(&prior, lang);
    say!(lang, "'{argument}' cannot be used together with {prior}", "“{argument}”不能与{prior}同时使用")
}

/// What may have been meant.
fn tips(error: &Error, lang: Lang) -> Vec<String> {
    let mut tips = Vec::new();
    if let Some(names) = strings(error, ContextKind::SuggestedArg) {
        let names = list(&names, lang);
        tips.push(say!(lang, "there is a similar argument: {names}", "有一个相近的参数：{names}"));
    }
    if let Some(names) = strings(error, ContextKind::SuggestedSubcommand) {
        let names = list(&names, lang);
        tips.push(say!(lang, "there is a similar command: {names}", "有相近的命令：{names}"));
    }
    if let Some(names) = strings(error, ContextKind::SuggestedValue) {
        let names = list(&names, lang);
        tips.push(say!(lang, "there is a similar value: {names}", "有一个相近的值：{names}"));
    }
    if let Some(ContextValue::StyledStrs(sentences)) = error.get(ContextKind::Suggested) {
        tips.extend(sentences.iter().filter_map(|sentence| suggestion(&sentence.to_string(), lang)));
    }
    tips
}

/// One of the suggestions that clap has as a sentence only. Another version of clap may word it otherwise; it
/// is left out then.
fn suggestion(sentence: &str, lang: Lang) -> Option<String> {
    let quoted: Vec<&str> = sentence.split('\'').skip(1).step_by(2).collect();
    let [first, ..] = quoted[..] else { return None };
    let first = visible(first);
    if sentence.starts_with("to pass ") {
        Some(say!(
            lang,
            "to pass '{first}' as a value, put '--' before it",
            "若要把“{first}”作为值传入，请在它之前写上 --"
        ))
    } else if sentence.starts_with("subcommand ") {
        Some(say!(
            lang,
            "'{first}' is a command; leave out the '--' before it",
            "“{first}”是命令；请去掉它之前的 --"
        ))
    } else if sentence.ends_with(" exists") {
        Some(say!(lang, "there is '{first}'", "可以写成“{first}”"))
    } else {
        None
    }
}

fn text(error: &Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => visible(text),
        _ => String::new(),
    }
}

fn strings(error: &Error, kind: ContextKind) -> Option<Vec<String>> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(vec![visible(text)]),
        ContextValue::Strings(texts) => Some(texts.iter().map(|text| visible(text)).collect()),
        _ => None,
    }
}

fn list(names: &[String], lang: Lang) -> String {
    match lang {
        Lang::En => names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", "),
        Lang::Zh => names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join("、"),
    }
}
