//! What the command line says when it cannot do its work.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::{Lang, say};
use crate::report::escape::visible;

/// Standard output does not take what is written to it.
#[must_use]
pub fn output(error: &io::Error, lang: Lang) -> String {
    let reason = reason(error, lang);
    say!(lang, "cannot write to standard output: {reason}", "无法写入标准输出：{reason}")
}

/// A file or directory cannot be written.
#[must_use]
pub fn write(path: &Path, error: &io::Error, lang: Lang) -> String {
    let (path, reason) = (shown(path), reason(error, lang));
    say!(lang, "cannot write {path}: {reason}", "无法写入 {path}：{reason}")
}

/// A file cannot be read.
#[must_use]
pub fn read(path: &Path, error: &io::Error, lang: Lang) -> String {
    let (path, reason) = (shown(path), reason(error, lang));
    say!(lang, "cannot read {path}: {reason}", "无法读取 {path}：{reason}")
}

/// A rule set whose format neither its content nor its name tells.
#[must_use]
pub fn unknown_format(path: &Path, lang: Lang) -> String {
    let path = shown(path);
    say!(
        lang,
        "{path}: neither the content nor the name tells what kind of rule set it is; say it with --from",
        "{path}：无法从内容或文件名判断规则集的格式；请用 --from 指明"
    )
}

/// A rule set that is larger than any is, or has no end.
#[must_use]
pub fn too_large(path: &Path, most: u64, lang: Lang) -> String {
    let (path, most) = (shown(path), most >> 20);
    say!(
        lang,
        "{path}: larger than {most} MiB, which no rule set is; nothing of it was read",
        "{path}：超过 {most} MiB，不可能是规则集；未读取任何内容"
    )
}

/// A rule set that is compressed.
#[must_use]
pub fn compressed(path: &Path, lang: Lang) -> String {
    let path = shown(path);
    say!(
        lang,
        "{path}: is compressed; unpack it first, and pass it on with `-` for standard input if you like",
        "{path}：是压缩文件；请先解压，也可通过标准输入传入（文件名写 `-`）"
    )
}

/// A rule set in UTF-16.
#[must_use]
pub fn utf16(path: &Path, lang: Lang) -> String {
    let path = shown(path);
    say!(
        lang,
        "{path}: is in UTF-16, which no firewall reads; save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)",
        "{path}：编码为 UTF-16，任何防火墙都不读取；请另存为 UTF-8（`iconv -f UTF-16 -t UTF-8`）"
    )
}

/// The description of a packet is none.
#[must_use]
pub fn packet(words: &str, lang: Lang) -> String {
    say!(lang, "no packet: {words}", "数据包描述有误：{words}")
}

/// A file that was to be written from scratch is there already.
#[must_use]
pub fn exists(path: &Path, lang: Lang) -> String {
    let path = shown(path);
    say!(
        lang,
        "{path} exists already, and is left as it is; name another file, or remove it first",
        "{path} 已经存在，未作改动；请换一个文件名，或先删除该文件"
    )
}

/// A firewall is asked for that is not declared.
#[must_use]
pub fn unknown_firewall(name: &str, declared: &[String], lang: Lang) -> String {
    let name = visible(name);
    if declared.is_empty() {
        return say!(
            lang,
            "no firewall is named '{name}': the deployment declares none",
            "没有名为“{name}”的防火墙：该部署未声明任何防火墙"
        );
    }
    let declared = visible(&declared.join(match lang {
        Lang::En => ", ",
        Lang::Zh => "、",
    }));
    say!(
        lang,
        "no firewall is named '{name}'; the deployment declares: {declared}",
        "没有名为“{name}”的防火墙；该部署声明的防火墙有：{declared}"
    )
}

/// No rule set is named, on the command line or by the deployment.
#[must_use]
pub fn no_rulesets(lang: Lang) -> String {
    say!(
        lang,
        "no rule set to audit: name files after the deployment, or declare them under firewalls[].rulesets",
        "没有可审计的规则集：请在部署文件之后指定规则文件，或在 firewalls[].rulesets 中声明"
    )
}

/// Rule sets are named, and there is more than one firewall that they may be of.
#[must_use]
pub fn which_firewall(declared: &[String], lang: Lang) -> String {
    if declared.is_empty() {
        return say!(
            lang,
            "the deployment declares no firewall that the rule sets may be of",
            "该部署未声明任何防火墙，无法确定规则集属于哪一个"
        );
    }
    let declared = visible(&declared.join(match lang {
        Lang::En => ", ",
        Lang::Zh => "、",
    }));
    say!(
        lang,
        "say with --firewall whose rule sets these are; the deployment declares: {declared}",
        "请用 --firewall 指明规则集属于哪个防火墙；该部署声明的防火墙有：{declared}"
    )
}

/// A file is no baseline.
#[must_use]
pub fn baseline(path: &Path, error: &serde_json::Error, lang: Lang) -> String {
    let path = shown(path);
    let place = format!("{}:{}", error.line(), error.column());
    say!(
        lang,
        "{path}:{place}: this is no baseline of this version; --write-baseline writes one",
        "{path}:{place}：这不是此版本的基线文件；可用 --write-baseline 写出"
    )
}

/// A finding that the catalogue does not have.
#[must_use]
pub fn unknown_rule(id: &str, lang: Lang) -> String {
    let id = visible(id);
    say!(
        lang,
        "the catalogue has no finding '{id}'; ftpfw rule lists those that it has, such as FTP005",
        "目录中没有编号“{id}”；运行 ftpfw rule 可列出全部编号，例如 FTP005"
    )
}

/// A file that has been written.
#[must_use]
pub fn written(path: &Path, lang: Lang) -> String {
    let path = shown(path);
    say!(lang, "wrote {path}", "已写入 {path}")
}

/// Why the operating system refused. What it says itself is in the language of its C library's locale, which need not be
/// the one chosen here, so that the common reasons are said anew.
#[must_use]
pub fn reason(error: &io::Error, lang: Lang) -> String {
    match error.kind() {
        ErrorKind::NotFound => say!(lang, "no such file or directory", "文件或目录不存在"),
        ErrorKind::PermissionDenied => say!(lang, "permission denied", "权限不足"),
        ErrorKind::AlreadyExists => say!(lang, "it exists already", "已经存在"),
        ErrorKind::IsADirectory => say!(lang, "it is a directory", "这是一个目录"),
        ErrorKind::NotADirectory => {
            say!(lang, "a part of the path is not a directory", "路径中有一部分不是目录")
        }
        ErrorKind::DirectoryNotEmpty => {
            say!(lang, "it is a directory that is not empty", "这是一个非空的目录")
        }
        ErrorKind::ReadOnlyFilesystem => say!(lang, "the file system is read-only", "文件系统是只读的"),
        ErrorKind::StorageFull => say!(lang, "no space is left on the device", "设备上没有剩余空间"),
        ErrorKind::QuotaExceeded => say!(lang, "the disk quota is exceeded", "已超出磁盘配额"),
        ErrorKind::FileTooLarge => say!(lang, "the file is too large", "文件过大"),
        ErrorKind::InvalidFilename => {
            say!(lang, "the file name is not valid or too long", "文件名无效或过长")
        }
        // Error number and all: better than nothing, and what to search for.
        _ => say!(lang, "{error}", "系统错误：{error}"),
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}
