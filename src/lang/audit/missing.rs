//! What is required and not let through.

use super::Words;
use crate::audit::CellVerdict;
use crate::audit::missing::{Connection, Message, Part};
use crate::deployment::Side;
use crate::lang::{Lang, say};
use crate::ruleset::trace::Verdict;

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    let what = packets(message, lang);
    let families = message.families.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let what = say!(lang, "{what} ({families})", "{what}（{families}）");
    let title = match (message.extent, message.banned) {
        (_, true) => say!(
            lang,
            "{what} from some sources are turned away, like everything else that they send",
            "部分来源的{what}被拒之门外，与其发送的其他数据包一样"
        ),
        (CellVerdict::Conditional, _) => say!(
            lang,
            "whether {what} pass depends on something that cannot be told from the rules",
            "{what}能否通过，取决于规则集中无法判定的条件"
        ),
        (CellVerdict::Partly, _) => {
            say!(lang, "some of {what} are not let through", "部分{what}未被放行")
        }
        _ => say!(lang, "{what} are not let through", "{what}未被放行"),
    };
    let label = match message.verdict {
        Verdict::Reject => say!(lang, "rejects them", "在此被拒绝（reject）"),
        Verdict::Unknown => say!(lang, "asks what cannot be told", "此处的条件无法判定"),
        Verdict::Drop | Verdict::Accept => say!(lang, "drops them", "在此被丢弃（drop）"),
    };
    Words { title, label, help: None }
}

fn packets(message: &Message, lang: Lang) -> String {
    let into = match (message.side, message.connection) {
        (Side::Server, Connection::Active) | (Side::Client, Connection::Control | Connection::Passive) => {
            say!(lang, "out", "出站")
        }
        _ => say!(lang, "in", "入站"),
    };
    match (message.connection, message.part) {
        (Connection::Control, Part::Opening) => {
            say!(lang, "the first packets of control connections ({into})", "控制连接的首个数据包（{into}）")
        }
        (Connection::Control, Part::Later) => {
            say!(lang, "later packets of control connections ({into})", "控制连接的后续数据包（{into}）")
        }
        (Connection::Control, Part::Replies) => {
            say!(lang, "the replies of control connections", "控制连接的应答数据包")
        }
        (Connection::Passive, Part::Opening) => say!(
            lang,
            "the first packets of passive data connections ({into})",
            "被动模式数据连接的首个数据包（{into}）"
        ),
        (Connection::Passive, Part::Later) => say!(
            lang,
            "later packets of passive data connections ({into})",
            "被动模式数据连接的后续数据包（{into}）"
        ),
        (Connection::Passive, Part::Replies) => {
            say!(lang, "the replies of passive data connections", "被动模式数据连接的应答数据包")
        }
        (Connection::Active, Part::Opening) => say!(
            lang,
            "the first packets of active data connections ({into})",
            "主动模式数据连接的首个数据包（{into}）"
        ),
        (Connection::Active, Part::Later) => say!(
            lang,
            "later packets of active data connections ({into})",
            "主动模式数据连接的后续数据包（{into}）"
        ),
        (Connection::Active, Part::Replies) => {
            say!(lang, "the replies of active data connections", "主动模式数据连接的应答数据包")
        }
    }
}
