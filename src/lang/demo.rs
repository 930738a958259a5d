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
         ftpfw needs to know. Below: what ftpfw explain and ftpfw generate make of it, what ftpfw audit says of a rule set with faults, and a probe.",
        "这份部署内置于程序中。ftpfw 只需要这样一个文件（可用 ftpfw init 生成初稿）。\
         以下是 ftpfw explain 和 ftpfw generate 据此给出的结果，ftpfw audit 对一份有误规则集的审计，以及一次探测。"
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

/// The heading above the probe.
#[must_use]
pub fn probe(lang: Lang) -> String {
    say!(lang, "A probe of ftpfw respond, on this machine", "在本机探测 ftpfw respond")
}

/// What is probed.
#[must_use]
pub fn responder(lang: Lang) -> String {
    say!(
        lang,
        "ftpfw respond stands in for an FTP server, and ftpfw probe opens real connections to it, on loopback: \
         control and data, active and passive.",
        "ftpfw respond 代替 FTP 服务器，ftpfw probe 在环回接口上与其建立真实的连接：控制与数据，主动与被动。"
    )
}

/// There is nothing to listen at.
#[must_use]
pub fn no_loopback(lang: Lang) -> String {
    say!(
        lang,
        "Left out: this environment lets nobody listen on loopback.",
        "已略过：此环境不允许在环回接口上监听。"
    )
}
