//! Accept rules that never decide.

use super::Words;
use crate::audit::shadow::{Cause, Message};
use crate::lang::{Lang, say};

pub(super) fn words(message: &Message, lang: Lang) -> Words {
    let title = match message.cause {
        Cause::Earlier => say!(
            lang,
            "an accept rule never sees the packets that it is meant for: earlier rules decide on them",
            "放行规则永远匹配不到它所针对的数据包：前面的规则已先行裁决"
        ),
        Cause::Later => say!(
            lang,
            "a pass rule without `quick` never decides: later rules match the same packets, and the last match counts",
            "未加 `quick` 的 pass 规则从不生效：后面的规则也匹配这些数据包，而以最后匹配的规则为准"
        ),
        Cause::NotEntered => say!(
            lang,
            "an accept rule stands in a chain that no packet enters",
            "放行规则所在的链没有任何数据包进入"
        ),
    };
    let label = say!(lang, "never decides", "从不生效");
    let help = match (message.cause, message.is_pf) {
        (Cause::NotEntered, _) => Some(say!(
            lang,
            "jump to its chain from a base chain, before the rules that drop, or move the rule there",
            "在基链中丢弃数据包的规则之前跳转到该链，或把规则移到那里"
        )),
        (Cause::Later, _) => Some(say!(
            lang,
            "mark the rule `quick`, or move it behind the rules that block",
            "给该规则加上 `quick`，或移到阻断规则之后"
        )),
        (Cause::Earlier, true) => Some(say!(
            lang,
            "move the rule above the `quick` rules that decide first, and mark it `quick` too",
            "把该规则移到先行裁决的 `quick` 规则之前，并同样加上 `quick`"
        )),
        (Cause::Earlier, false) => None,
    };
    Words { title, label, help }
}
