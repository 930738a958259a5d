//! What `probe` and `respond` say before anything happens.

use std::io;
use std::path::Path;

use crate::lang::{Lang, say};
use crate::packet::Family;
use crate::report::escape::visible;

/// A number is expected.
#[must_use]
pub fn no_count(option: &str, text: &str, most: u16, lang: Lang) -> String {
    let text = visible(text);
    say!(
        lang,
        "{option}: '{text}' is no number from 1 to {most}",
        "{option}：“{text}”不是 1 到 {most} 之间的整数"
    )
}

/// A number of seconds is expected.
#[must_use]
pub fn no_seconds(option: &str, text: &str, (least, most): (f64, f64), lang: Lang) -> String {
    let text = visible(text);
    say!(
        lang,
        "{option}: '{text}' is no number of seconds from {least} to {most}, such as 2.5",
        "{option}：“{text}”不是 {least} 到 {most} 之间的秒数，例如 2.5"
    )
}

/// A stretch of time is expected.
#[must_use]
pub fn no_duration(option: &str, text: &str, lang: Lang) -> String {
    let text = visible(text);
    say!(
        lang,
        "{option}: '{text}' is no time: a number of seconds, or one with s, m or h behind it, up to 24h",
        "{option}：“{text}”不是时长：应为秒数，或带 s、m、h 后缀的数字，最多 24h"
    )
}

/// A name has no address.
#[must_use]
pub fn unknown_host(host: &str, error: &io::Error, lang: Lang) -> String {
    let (host, error) = (visible(host), visible(&error.to_string()));
    say!(
        lang,
        "--host: no address is found for '{host}' ({error})",
        "--host：找不到“{host}”的地址（{error}）"
    )
}

/// There is no address to probe.
#[must_use]
pub fn no_address(family: Option<Family>, lang: Lang) -> String {
    match family {
        Some(family) => say!(
            lang,
            "the server has no {family} address: leave --family out, or name the server with --host",
            "服务器没有 {family} 地址：请去掉 --family，或用 --host 指定服务器"
        ),
        None => say!(
            lang,
            "the server has no address to probe: name it with --host",
            "没有可探测的服务器地址：请用 --host 指定服务器"
        ),
    }
}

/// A user or password that cannot be sent.
#[must_use]
pub fn login_with_line_break(lang: Lang) -> String {
    say!(
        lang,
        "the user or the password has a line break in it, which FTP cannot carry",
        "用户名或密码中含有换行符，FTP 无法传送"
    )
}

/// There is no password, and nobody to ask.
#[must_use]
pub fn no_password(user: &str, variable: &str, lang: Lang) -> String {
    let user = visible(user);
    say!(
        lang,
        "no password for '{user}': put it in the first line of a file and name that with --password-file, or in the \
         environment as {variable}",
        "缺少“{user}”的密码：请写入文件的第一行并用 --password-file 指定该文件，或放在环境变量 {variable} 中"
    )
}

/// The rule sets that the deployment names are of no use here.
#[must_use]
pub fn no_prediction(reason: &str, lang: Lang) -> String {
    say!(
        lang,
        "no prediction from the rule sets that the deployment names: {reason}",
        "无法根据部署中声明的规则集作出预测：{reason}"
    )
}

/// The certificates that are to be believed are of no use.
#[must_use]
pub fn unusable_trust(path: Option<&Path>, words: &str, lang: Lang) -> String {
    let words = visible(words);
    match path {
        Some(path) => {
            let path = visible(&path.display().to_string());
            say!(
                lang,
                "--ca: {path} holds no usable certificate: {words}",
                "--ca：{path} 中没有可用的证书：{words}"
            )
        }
        None => say!(
            lang,
            "the certificates that this system believes cannot be used ({words}): name others with --ca, or give --insecure",
            "无法使用本系统信任的证书（{words}）：请用 --ca 指定其他证书，或使用 --insecure"
        ),
    }
}

/// What a password is asked for with.
#[must_use]
pub fn password_prompt(user: &str, lang: Lang) -> String {
    let user = visible(user);
    say!(lang, "Password of '{user}': ", "“{user}”的密码：")
}
