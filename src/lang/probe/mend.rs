//! The rules that let a blocked flow through.

use crate::lang::{Lang, say};
use crate::probe::Mend;
use crate::report::document::Document;
use crate::ruleset::Hook;

/// Adds the rules, firewall by firewall.
pub(super) fn rules(document: &mut Document, mends: &[Mend], lang: Lang) {
    if mends.is_empty() {
        return;
    }
    document.heading(2, say!(lang, "Rules that let it through", "可使其通过的规则"));
    document.paragraph(say!(
        lang,
        "From here it cannot be seen which of the declared firewalls lacks its rules; each has to have these. ftpfw \
         generate writes the rule sets as a whole.",
        "从本机无法看出是哪一台防火墙缺少规则；每一台都必须具备以下规则。ftpfw generate 可生成完整的规则集。"
    ));
    for mend in mends {
        let (firewall, dialect, flow, family) = (&mend.firewall, mend.dialect.id(), mend.flow, mend.family);
        document.paragraph(say!(
            lang,
            "{firewall} ({dialect}), {flow} in {family}:",
            "{firewall}（{dialect}），{family} 的流 {flow}："
        ));
        document.code(lines(mend));
    }
}

/// The rules, each group below a comment that says where it belongs.
fn lines(mend: &Mend) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut last: Option<Hook> = None;
    for (hook, rule) in &mend.rules {
        if last.replace(*hook) != Some(*hook) {
            lines.push(format!("# {}", hook.id()));
        }
        lines.push(rule.clone());
    }
    lines.join("\n")
}
