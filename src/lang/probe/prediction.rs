//! What the rule sets lead to expect, beside what was seen.

use super::flow::verdict;
use crate::audit::CellVerdict;
use crate::lang::audit::{cell_verdict, session_name};
use crate::lang::{Lang, say};
use crate::probe::prediction::{Agreement, Prediction};
use crate::report::document::Document;

/// What rule sets lead to expect of one flow, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foretold {
    /// Both, and whether they fit together.
    pub prediction: Prediction,
    /// The rule or policy that decides, where the flow is not open: `rules.v4:12`.
    pub by: Option<String>,
}

/// Adds the table of the flows that open connections (what answers them fares alike), and what it suggests where the two
/// disagree.
pub(super) fn table(document: &mut Document, foretold: &[Foretold], lang: Lang) {
    document.heading(2, say!(lang, "What the rule sets lead to expect", "规则集的预测"));
    let headers = vec![
        say!(lang, "flow", "流"),
        say!(lang, "family", "地址族"),
        say!(lang, "session", "会话"),
        say!(lang, "predicted", "预测"),
        say!(lang, "observed", "观察"),
        say!(lang, "agreement", "是否一致"),
    ];
    let rows = foretold.iter().filter(|one| one.prediction.predicted.flow.opens()).map(|one| row(one, lang));
    document.table(headers, rows.collect());
    for disagreement in [Agreement::AnotherFirewall, Agreement::NotInForce] {
        let mut flows: Vec<&str> = foretold
            .iter()
            .filter(|one| one.prediction.agreement == disagreement && one.prediction.predicted.flow.opens())
            .map(|one| one.prediction.predicted.flow.id())
            .collect();
        flows.sort_unstable();
        flows.dedup();
        if !flows.is_empty() {
            let (flows, suggestion) = (flows.join(", "), suggestion(disagreement, lang));
            document.paragraph(say!(lang, "{flows}: {suggestion}", "{flows}：{suggestion}"));
        }
    }
}

fn row(one: &Foretold, lang: Lang) -> Vec<String> {
    let Prediction { predicted, observed, agreement } = &one.prediction;
    vec![
        predicted.flow.to_string(),
        predicted.family.to_string(),
        session_name(predicted.session, lang),
        expected(one, lang),
        verdict(*observed, lang),
        agreement_in_short(*agreement, lang),
    ]
}

/// The verdict of the rule sets, and who decides.
fn expected(one: &Foretold, lang: Lang) -> String {
    let predicted = &one.prediction.predicted;
    let verdict = cell_verdict(predicted.verdict, lang);
    match (predicted.verdict, &predicted.firewall, &one.by) {
        (CellVerdict::Open, _, _) | (_, None, _) => verdict,
        (_, Some(firewall), None) => say!(lang, "{verdict} at {firewall}", "{verdict}，位于 {firewall}"),
        (_, Some(firewall), Some(by)) => {
            say!(lang, "{verdict} at {firewall}, {by}", "{verdict}，位于 {firewall}，{by}")
        }
    }
}

fn agreement_in_short(agreement: Agreement, lang: Lang) -> String {
    match agreement {
        Agreement::Agree => say!(lang, "yes", "是"),
        Agreement::Undecided => say!(lang, "undecided", "无法判断"),
        Agreement::AnotherFirewall | Agreement::NotInForce => say!(lang, "NO", "否"),
    }
}

/// What it means that the two agree or not, in a sentence.
pub(super) fn suggestion(agreement: Agreement, lang: Lang) -> String {
    match agreement {
        Agreement::Agree => {
            say!(lang, "The rule sets explain what was seen.", "规则集可以解释观察到的结果。")
        }
        Agreement::Undecided => say!(
            lang,
            "The prediction or the observation says nothing for certain.",
            "预测或观察结果本身无法确定。"
        ),
        Agreement::AnotherFirewall => say!(
            lang,
            "The rule sets let through what was blocked. Another firewall is on the way that is not declared or whose rules were \
             not given, these rules are not loaded, or the server itself is at fault.",
            "规则集放行的流量实际被阻断。途中另有未声明或未提供规则的防火墙，或这些规则并未加载，或问题出在服务器自身。"
        ),
        Agreement::NotInForce => say!(
            lang,
            "The rule sets block what passed. These rules are not loaded, or the packets do not go through this firewall.",
            "规则集阻断的流量实际通过了。这些规则并未加载，或数据包没有经过该防火墙。"
        ),
    }
}
