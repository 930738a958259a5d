//! What `demo` says between its parts.

use super::{Lang, say};

/// The heading above the built-in deployment.
#[must_use]
pub fn deployment(lang: Lang) -> String {
    say!(lang, "A deployment", "部署示例")
}

/// What it is.
#[must_use]
pub fn introduction(lang: Lang) -> String {
    say!(
        lang,
        "This is built into the program. A file like it (ftpfw init writes one to start from) is all that \
         ftpfw needs to know. Below: what ftpfw explain and ftpfw generate make of it, and what ftpfw audit says of a rule set with faults.",
        "这份部署内置于程序中。ftpfw 只需要这样一个文件（可用 ftpfw init 生成初稿）。\
         以下是 ftpfw explain 和 ftpfw generate 据此给出的结果，以及 ftpfw audit 对一份有误规则集的审计。"
    )
}

/// The heading above the rule set of a firewall.
#[must_use]
pub fn rule_set(firewall: &str, dialect: &str, lang: Lang) -> String {
    say!(lang, "The rule set of {firewall} ({dialect})", "防火墙 {firewall} 的规则集（{dialect}）")
}

/// The heading above a rule set with faults.
#[must_use]
pub fn faulty(firewall: &str, lang: Lang) -> String {
    say!(lang, "A rule set for {firewall} with faults", "防火墙 {firewall} 的一份有误规则集")
}

/// The heading above the patch for it.
#[must_use]
pub fn mended(lang: Lang) -> String {
    say!(
        lang,
        "The patch of ftpfw audit --fix, and what is left",
        "ftpfw audit --fix 给出的补丁及其后的审计结果"
    )
}
