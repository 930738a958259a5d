//! What a probe is at.

use std::net::SocketAddr;

use crate::audit::Session;
use crate::lang::audit::session_name;
use crate::lang::{Lang, say};
use crate::probe::Step;

/// A step that begins.
#[must_use]
pub fn step(server: SocketAddr, session: Session, step: Step, lang: Lang) -> String {
    let session = session_name(session, lang);
    let step = match step {
        Step::Enter => say!(lang, "control connection", "控制连接"),
        Step::Transfer(method) => {
            let method = method.id();
            say!(lang, "transfer by {method}", "以 {method} 传输")
        }
        Step::Policy => say!(lang, "policy", "策略检查"),
        Step::Burst => say!(lang, "many sessions at once", "并发会话"),
    };
    say!(lang, "{server}, {session}: {step}", "{server}，{session}：{step}")
}
