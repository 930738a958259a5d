//! What a machine is set to that does not suit FTP.

use super::Words;
use crate::audit::machine::Message;
use crate::lang::{Lang, say};

pub(super) fn words(message: Message, lang: Lang) -> Words {
    match message {
        Message::Forgets { after, least } => Words {
            title: say!(
                lang,
                "connections are forgotten after {after} seconds of silence, and so is the control connection of a longer transfer",
                "连接静默 {after} 秒后即被遗忘，传输时间更长时控制连接也是如此"
            ),
            label: say!(lang, "less than {least} seconds", "小于 {least} 秒"),
            help: None,
        },
    }
}
