//! What a verdict or a conclusion rests on.

use std::time::Duration;

use super::{errno, icmp};
use crate::flow::Channel;
use crate::lang::{Lang, say};
use crate::probe::conclusion::{Cause, Evidence, FlowVerdict, Verdict};

/// How many characters of a line of a reply are shown.
const LONGEST_LINE: usize = 200;
/// How many lines of a reply are shown.
const MOST_LINES: usize = 5;

/// In a few words, for a cell of a table: no more than the rest of the row does not say.
pub(super) fn brief(flow: &FlowVerdict, lang: Lang) -> String {
    let Some(evidence) = &flow.evidence else { return String::new() };
    let mut parts = Vec::new();
    // The server's reply named the port, and is not the reason that nothing was reached there.
    let attempt = flow.flow.channel() == Channel::Data && evidence.peer.is_some();
    match evidence.errno {
        None if attempt => {
            let silence = flow.verdict == Verdict::Blocked(Some(Cause::Dropped));
            parts.extend(silence.then(|| say!(lang, "no answer", "没有回应")));
        }
        Some(number) => parts.push(errno::name(number).map_or_else(|| error(number), str::to_owned)),
        // The last line of a reply of several is the one that ends it.
        None if flow.verdict != Verdict::Pass => parts.extend(evidence.reply.last().map(|line| cut(line))),
        None => {}
    }
    parts.extend(evidence.took.map(milliseconds));
    if flow.flow.channel() == Channel::Data {
        let port = evidence.peer.map(|peer| peer.port());
        parts.extend(port.map(|port| say!(lang, "port {port}", "端口 {port}")));
    }
    parts.join(match lang {
        Lang::En => ", ",
        Lang::Zh => "，",
    })
}

/// All of it: what to call each line, and what it says.
pub(super) fn notes(evidence: &Evidence, lang: Lang) -> Vec<(String, String)> {
    let mut notes = Vec::new();
    if let Some(number) = evidence.errno {
        notes.push((say!(lang, "error", "错误码"), error(number)));
    }
    if let Some(told) = &evidence.icmp {
        notes.push((say!(lang, "because", "原因"), icmp::told(told, evidence.local, lang)));
    }
    if let Some(took) = evidence.took {
        notes.push((say!(lang, "after", "耗时"), milliseconds(took)));
    }
    if let Some(local) = evidence.local {
        notes.push((say!(lang, "this end", "本端"), local.to_string()));
    }
    if let Some(peer) = evidence.peer {
        notes.push((say!(lang, "other end", "对端"), peer.to_string()));
    }
    if let Some(command) = &evidence.command {
        notes.push((say!(lang, "command", "命令"), cut(command)));
    }
    for line in evidence.reply.iter().take(MOST_LINES) {
        notes.push((say!(lang, "reply", "应答"), cut(line)));
    }
    if let Some(more) = evidence.reply.len().checked_sub(MOST_LINES).filter(|&more| more > 0) {
        notes
            .push((say!(lang, "reply", "应答"), say!(lang, "(and {more} more lines)", "（另有 {more} 行）")));
    }
    notes
}

/// An error by its name and number.
pub(super) fn error(number: i32) -> String {
    errno::name(number).map_or_else(|| format!("errno {number}"), |name| format!("{name} ({number})"))
}

/// A time in milliseconds, as exactly as is of interest.
pub(super) fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") }
}

/// A line of the other end, which may be of any length.
fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}
