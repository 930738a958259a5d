//! What is required and not let through.

use super::Words;
use crate::audit::CellVerdict;
use crate::audit::missing::{Connection, Message, Part, Untranslated};
use crate::deployment::Side;
use crate::lang::{Lang, say};
use crate::ruleset::trace::Verdict;

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    let what = connections(message.connection, message.side, lang);
    let families: Vec<String> = message.families.iter().map(ToString::to_string).collect();
    let what = match lang {
        Lang::En => format!("{} {what}", families.join(" and ")),
        Lang::Zh => format!("{what}（{}）", families.join("、")),
    };
    if let Some(missing) = message.untranslated {
        return untranslated(missing, &what, message.extent, lang);
    }
    let title = match message.extent {
        _ if message.banned => banned(&what, lang),
        CellVerdict::Conditional => conditional(&what, message.part, lang),
        CellVerdict::Partly => partly(&what, message.part, lang),
        CellVerdict::Blocked | CellVerdict::Open => blocked(&what, message.part, lang),
    };
    let label = match message.verdict {
        Verdict::Reject => say!(lang, "rejects them", "在此被拒绝（reject）"),
        Verdict::Unknown => say!(lang, "asks what the rules alone do not tell", "此处的条件仅凭规则无法判定"),
        Verdict::Drop | Verdict::Accept => say!(lang, "drops them", "在此被丢弃（drop）"),
    };
    Words { title, label, help: None }
}

fn untranslated(missing: Untranslated, what: &str, extent: CellVerdict, lang: Lang) -> Words {
    let what = match extent {
        CellVerdict::Partly => say!(lang, "some {what}", "部分{what}"),
        _ => what.to_owned(),
    };
    let label = say!(lang, "lets them through as they are", "在此原样放行");
    match missing {
        Untranslated::Source(public) => Words {
            title: say!(
                lang,
                "{what} leave with their private source: nothing translates it to {public}",
                "{what}带着私网源地址离开：没有规则将源地址转换为 {public}"
            ),
            label,
            help: Some(say!(
                lang,
                "Translate the source to {public} where they leave.",
                "在出口处将源地址转换为 {public}。"
            )),
        },
        Untranslated::Destination(nat) => {
            let (public, private) = (nat.public, nat.private.addr());
            Words {
                title: say!(
                    lang,
                    "{what} are not translated: nothing leads them from {public} to {private}",
                    "{what}未做地址转换：没有规则将其从 {public} 引向 {private}"
                ),
                label,
                help: Some(say!(
                    lang,
                    "Translate {public} to {private} for the control port and the whole passive range, without naming a port.",
                    "将发往 {public} 控制端口和整个被动模式端口范围的数据包转换到 {private}，不要写目标端口。"
                )),
            }
        }
    }
}

fn connections(connection: Connection, side: Side, lang: Lang) -> String {
    match (connection, side) {
        (Connection::Control, Side::Server) => {
            say!(lang, "control connections from clients", "客户端发起的控制连接")
        }
        (Connection::Control, Side::Client) => {
            say!(lang, "control connections to the server", "通往服务器的控制连接")
        }
        (Connection::Passive, Side::Server) => {
            say!(lang, "passive data connections from clients", "客户端发起的被动模式数据连接")
        }
        (Connection::Passive, Side::Client) => {
            say!(lang, "passive data connections to the server", "通往服务器的被动模式数据连接")
        }
        (Connection::Active, Side::Server) => {
            say!(lang, "active data connections to clients", "通往客户端的主动模式数据连接")
        }
        (Connection::Active, Side::Client) => {
            say!(lang, "active data connections from the server", "服务器发起的主动模式数据连接")
        }
    }
}

fn banned(what: &str, lang: Lang) -> String {
    say!(
        lang,
        "{what} are turned away for some sources, like everything else that they send",
        "{what}：部分来源被拒之门外，与其发送的其他数据包一样"
    )
}

fn conditional(what: &str, part: Part, lang: Lang) -> String {
    match part {
        Part::Opening => say!(
            lang,
            "whether {what} are let through depends on what the rules alone do not tell",
            "{what}能否放行，仅凭规则无法判定"
        ),
        Part::Later => say!(
            lang,
            "{what}: whether packets after the first are let through depends on what the rules alone do not tell",
            "{what}：首个数据包之后的数据包能否放行，仅凭规则无法判定"
        ),
        Part::Replies => say!(
            lang,
            "{what}: whether the replies are let through depends on what the rules alone do not tell",
            "{what}：应答数据包能否放行，仅凭规则无法判定"
        ),
    }
}

fn partly(what: &str, part: Part, lang: Lang) -> String {
    match part {
        Part::Opening => say!(lang, "{what} are let through in part only", "{what}只有一部分被放行"),
        Part::Later => say!(
            lang,
            "{what}: packets after the first are let through in part only",
            "{what}：首个数据包之后的数据包只有一部分被放行"
        ),
        Part::Replies => {
            say!(
                lang,
                "{what}: the replies are let through in part only",
                "{what}：应答数据包只有一部分被放行"
            )
        }
    }
}

fn blocked(what: &str, part: Part, lang: Lang) -> String {
    match part {
        Part::Opening => say!(lang, "{what} are not let through", "{what}未被放行"),
        Part::Later => say!(
            lang,
            "{what}: packets after the first are not let through",
            "{what}：首个数据包之后的数据包未被放行"
        ),
        Part::Replies => say!(lang, "{what}: the replies are not let through", "{what}：应答数据包未被放行"),
    }
}
