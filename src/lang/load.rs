//! Why there is no deployment to read.

use std::io;

use super::failure::reason;
use super::{Lang, say};
use crate::report::escape::visible;

/// A file named along with options that take its place.
#[must_use]
pub fn file_and_options(lang: Lang) -> String {
    say!(
        lang,
        "a deployment file and options that declare one do not go together; beside a file only --dialect has a meaning",
        "部署文件不能与声明部署的选项同时使用；与文件同用的只有 --dialect"
    )
}

/// Options that declare a deployment, without the one that it cannot do without.
#[must_use]
pub fn options_without_server(lang: Lang) -> String {
    say!(
        lang,
        "a deployment declared by options needs the server: add --server ADDR",
        "用选项声明部署时必须指明服务器：请添加 --server 地址"
    )
}

/// No file and no options.
#[must_use]
pub fn nothing_declared(file_name: &str, lang: Lang) -> String {
    say!(
        lang,
        "no deployment: there is no {file_name} in this folder or any above it\n\n\
         ftpfw init -o {file_name}\n    writes one to start from\n\
         ftpfw explain --server 203.0.113.10 --pasv 30000-30019\n    does without a file",
        "没有部署：当前目录及其上级目录中都没有 {file_name}\n\n\
         ftpfw init -o {file_name}\n    写出一份模板\n\
         ftpfw explain --server 203.0.113.10 --pasv 30000-30019\n    不用文件，直接声明"
    )
}

/// A file that the operating system does not give out.
#[must_use]
pub fn unreadable(name: &str, error: &io::Error, lang: Lang) -> String {
    let (name, reason) = (visible(name), reason(error, lang));
    say!(lang, "cannot read {name}: {reason}", "无法读取 {name}：{reason}")
}
