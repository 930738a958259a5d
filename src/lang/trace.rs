//! What `trace` says.

use super::{Lang, say};
use crate::dialect::collection::Text;
use crate::report::document::Document;
use crate::report::escape::visible;
use crate::ruleset::trace::spec::{Expected, SpecError};
use crate::ruleset::trace::{ANNOUNCED_TRANSLATED, BEFORE_CONNTRACK, Decider, RuleRef, Trace, Verdict};
use crate::ruleset::{
    AddressType, CtDirection, CtStatus, Direction, Hook, Interface, Match, Policy, Ruleset,
};

/// How long the text of a rule gets, in characters.
const RULE_LENGTH: usize = 160;

/// How many rules are named that nearly accept a packet.
const MOST_NEAR: usize = 5;

/// A rule set and the texts that it was read from, by name.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The rules.
    pub ruleset: &'a Ruleset,
    /// The texts, in the order that origins count them.
    pub texts: &'a [Text],
}

impl Subject<'_> {
    /// The text of a rule, on one line, and where it stands.
    #[must_use]
    pub fn rule(&self, place: RuleRef) -> Option<(&str, u32, String)> {
        let origin = self.ruleset.chains.get(place.chain)?.rules.get(place.rule)?.origin?;
        let text = self.texts.get(usize::try_from(origin.text).ok()?)?;
        let (start, end) = (usize::try_from(origin.start).ok()?, usize::try_from(origin.end).ok()?);
        let words: Vec<&str> = text.content.get(start..end)?.split_whitespace().collect();
        let line: String = words.join(" ").chars().take(RULE_LENGTH).collect();
        Some((&text.name, origin.line, visible(&line)))
    }

    /// `rules.v4:12`, or the place of a rule that was not read.
    #[must_use]
    pub fn place(&self, place: RuleRef) -> String {
        match self.rule(place) {
            Some((name, line, _)) => format!("{}:{line}", visible(name)),
            None => format!("#{}.{}", place.chain + 1, place.rule + 1),
        }
    }

    /// The chain, by table and name.
    #[must_use]
    pub fn chain(&self, index: usize) -> String {
        self.ruleset.chains.get(index).map_or(String::new(), |chain| {
            let table = &chain.table;
            let words = [table.family.id(), &table.name, &chain.name];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            visible(&words.join(" "))
        })
    }

    fn is_of_pf(&self, index: usize) -> bool {
        let base = self.ruleset.chains.get(index).and_then(|chain| chain.base);
        base.is_some_and(|base| base.hook == Hook::PfFilter)
    }

    fn quoted(&self, place: RuleRef) -> String {
        let chain = self.chain(place.chain);
        match self.rule(place) {
            Some((_, _, text)) => format!("{} [{chain}]: {text}", self.place(place)),
            None => format!("{} [{chain}]", self.place(place)),
        }
    }
}

/// What becomes of a packet, rule by rule.
#[must_use]
pub fn document(trace: &Trace, subject: Subject<'_>, lang: Lang) -> Document {
    let mut document = Document::default();
    document.heading(1, verdict(trace.verdict, lang));
    document.paragraph(decision(trace, subject, lang));
    if !trace.met.is_empty() {
        document.heading(2, say!(lang, "The rules that match it, in order", "依次匹配的规则"));
        document.list(trace.met.iter().map(|&place| subject.quoted(place)).collect());
    }
    if trace.verdict != Verdict::Accept {
        let near = trace.near.iter().filter_map(|miss| {
            let rule = subject.ruleset.chains.get(miss.rule.chain)?.rules.get(miss.rule.rule)?;
            let missed = rule.matches.get(miss.condition).filter(|missed| is_telling(missed))?;
            let wanted = condition(missed, lang);
            let quoted = subject.quoted(miss.rule);
            Some(say!(lang, "{quoted} (it wants {wanted})", "{quoted}（要求{wanted}）"))
        });
        let near: Vec<String> = near.take(MOST_NEAR).collect();
        if !near.is_empty() {
            let title =
                say!(lang, "Rules that would accept it but for one condition", "仅差一个条件便会放行的规则");
            document.heading(2, title);
            document.list(near);
        }
    }
    if !trace.doubts.is_empty() {
        document.heading(2, say!(lang, "It depends on", "取决于"));
        document.list(trace.doubts.iter().map(|words| doubt(words, lang)).collect());
    }
    document
}

/// The policy of a base chain as a rule of its own: `policy drop [inet filter input]`.
#[must_use]
pub fn policy(subject: Subject<'_>, chain: usize) -> String {
    let policy = subject.ruleset.chains.get(chain).and_then(|chain| chain.base).map(|base| base.policy);
    let word = if policy == Some(Policy::Drop) { "drop" } else { "accept" };
    format!("policy {word} [{}]", subject.chain(chain))
}

fn verdict(verdict: Verdict, lang: Lang) -> String {
    match verdict {
        Verdict::Accept => say!(lang, "ACCEPT: the packet goes through", "ACCEPT：数据包通过"),
        Verdict::Drop => say!(lang, "DROP: the packet is discarded silently", "DROP：数据包被静默丢弃"),
        Verdict::Reject => {
            say!(
                lang,
                "REJECT: the packet is discarded, and its sender told",
                "REJECT：数据包被拒绝，并通知发送方"
            )
        }
        Verdict::Unknown => say!(lang, "UNKNOWN: that cannot be told", "UNKNOWN：无法判定"),
    }
}

fn decision(trace: &Trace, subject: Subject<'_>, lang: Lang) -> String {
    match (trace.by, trace.verdict) {
        (Decider::Rule(place), Verdict::Unknown) => {
            let quoted = subject.quoted(place);
            say!(
                lang,
                "{quoted} asks something that the rules alone do not tell, and the verdict depends on it.",
                "{quoted} 的条件无法仅凭规则判定，而结论取决于它。"
            )
        }
        (Decider::Rule(place), _) => {
            let quoted = subject.quoted(place);
            say!(lang, "Decided by {quoted}", "由以下规则决定：{quoted}")
        }
        (Decider::Policy { chain }, Verdict::Accept) if subject.is_of_pf(chain) => {
            say!(
                lang,
                "No rule decides, and pf passes what no rule decides.",
                "没有规则作出决定，而 pf 放行未经规则决定的数据包。"
            )
        }
        (Decider::Policy { chain }, Verdict::Accept) => {
            let chain = subject.chain(chain);
            say!(
                lang,
                "No rule decides, and the policy of chain [{chain}] accepts.",
                "没有规则作出决定，链 [{chain}] 的默认策略为放行。"
            )
        }
        (Decider::Policy { chain }, _) => {
            let chain = subject.chain(chain);
            say!(
                lang,
                "No rule accepts it, and the policy of chain [{chain}] drops the rest.",
                "没有规则放行它，链 [{chain}] 的默认策略将其丢弃。"
            )
        }
        (Decider::Nothing, Verdict::Accept) => {
            say!(
                lang,
                "No rule is asked, and what no rule decides passes.",
                "没有规则适用，未经规则决定的数据包一律通过。"
            )
        }
        (Decider::Nothing, _) => say!(lang, "No rule passes it.", "没有规则放行它。"),
    }
}

/// Whether it helps to know that a packet misses a rule by this condition alone. Rules for replies and for the
/// loopback interface are missed by every new packet from outside.
fn is_telling(condition: &Match) -> bool {
    match condition {
        Match::State(_) | Match::Opaque(_) => false,
        Match::InInterface(interface) | Match::OutInterface(interface) => &*interface.name != "lo",
        _ => true,
    }
}

/// A condition of a rule in words.
fn condition(condition: &Match, lang: Lang) -> String {
    match condition {
        Match::Family(family) => family.to_string(),
        Match::Direction(Direction::In) => say!(lang, "an arriving packet", "入方向的数据包"),
        Match::Direction(Direction::Out) => say!(lang, "a leaving packet", "出方向的数据包"),
        Match::InInterface(interface) => {
            let name = interface_name(interface);
            say!(lang, "in interface {name}", "入接口 {name}")
        }
        Match::OutInterface(interface) => {
            let name = interface_name(interface);
            say!(lang, "out interface {name}", "出接口 {name}")
        }
        Match::Source(set) => say!(lang, "source {set}", "源地址 {set}"),
        Match::Destination(set) => say!(lang, "destination {set}", "目的地址 {set}"),
        Match::SourceType(kind) => {
            let kind = address_type(*kind, lang);
            say!(lang, "as source {kind}", "源地址为{kind}")
        }
        Match::DestinationType(kind) => {
            let kind = address_type(*kind, lang);
            say!(lang, "as destination {kind}", "目的地址为{kind}")
        }
        Match::Protocol(protocol) => say!(lang, "protocol {protocol}", "协议 {protocol}"),
        Match::SourcePort(set) => say!(lang, "source port {set}", "源端口 {set}"),
        Match::DestinationPort(set) => say!(lang, "destination port {set}", "目的端口 {set}"),
        Match::TcpFlags(flags) => {
            let (mask, value) = (flags.mask, flags.value);
            say!(lang, "TCP flags {value:#04x} of {mask:#04x}", "TCP 标志 {value:#04x}（掩码 {mask:#04x}）")
        }
        Match::Icmp(icmp) => {
            let types: Vec<String> = icmp.types.iter().map(u8::to_string).collect();
            let types = types.join(", ");
            say!(lang, "ICMP type {types}", "ICMP 类型 {types}")
        }
        Match::State(states) => {
            let names = states.names().join(", ");
            say!(lang, "state {names}", "状态 {names}")
        }
        Match::CtDirection(CtDirection::Original) => {
            say!(lang, "a packet of the opener", "连接发起方的数据包")
        }
        Match::CtDirection(CtDirection::Reply) => say!(lang, "a reply", "应答方向的数据包"),
        Match::CtStatus(status) => ct_status(*status, lang),
        Match::CtOriginalSource(set) => say!(lang, "original source {set}", "原始源地址 {set}"),
        Match::CtOriginalDestination(set) => say!(lang, "original destination {set}", "原始目的地址 {set}"),
        Match::CtOriginalDestinationPort(set) => {
            say!(lang, "original destination port {set}", "原始目的端口 {set}")
        }
        Match::Helper(name) if name.is_empty() => say!(lang, "no conntrack helper", "没有连接跟踪助手"),
        Match::Helper(name) => say!(lang, "conntrack helper {name}", "连接跟踪助手 {name}"),
        Match::Mark(wanted) => {
            let (value, mask) = (wanted.value, wanted.mask);
            say!(lang, "mark {value:#x}/{mask:#x}", "标记 {value:#x}/{mask:#x}")
        }
        Match::ConnMark(wanted) => {
            let (value, mask) = (wanted.value, wanted.mask);
            say!(lang, "connection mark {value:#x}/{mask:#x}", "连接标记 {value:#x}/{mask:#x}")
        }
        Match::Tagged(tag) => {
            let tag = visible(tag);
            say!(lang, "tag {tag}", "标签 {tag}")
        }
        Match::Not(inner) => {
            let inner = self::condition(inner, lang);
            say!(lang, "anything but {inner}", "除{inner}以外")
        }
        Match::AnyOf(_) => say!(lang, "one of its alternatives", "其若干备选条件之一"),
        Match::Opaque(words) => visible(words),
    }
}

fn doubt(words: &str, lang: Lang) -> String {
    if words == ANNOUNCED_TRANSLATED {
        return say!(
            lang,
            "whether the control connection was translated: then this one is translated alike, and no rule is asked",
            "控制连接是否经过地址转换：若是，此连接按同样方式转换，不再查询任何规则"
        );
    }
    if words == BEFORE_CONNTRACK {
        return say!(
            lang,
            "whether the chain runs before connection tracking, whose priority it has: that depends on which of the two \
             was loaded first; give the chain another priority",
            "该链的优先级与连接跟踪相同，是否先于连接跟踪执行取决于二者的加载顺序；请为该链改用其他优先级"
        );
    }
    visible(words)
}

fn ct_status(status: CtStatus, lang: Lang) -> String {
    match status {
        CtStatus::Expected => say!(lang, "an expected connection", "预期的连接"),
        CtStatus::SeenReply => say!(lang, "a connection that has been answered", "已有应答的连接"),
        CtStatus::Assured => say!(lang, "an assured connection", "状态为 ASSURED 的连接"),
        CtStatus::Confirmed => say!(lang, "a confirmed connection", "状态为 CONFIRMED 的连接"),
        CtStatus::SourceNat => say!(lang, "a connection whose source was translated", "源地址已转换的连接"),
        CtStatus::DestinationNat => {
            say!(lang, "a connection whose destination was translated", "目的地址已转换的连接")
        }
    }
}

fn interface_name(interface: &Interface) -> String {
    let more = if interface.prefix { "*" } else { "" };
    format!("{}{more}", visible(&interface.name))
}

fn address_type(kind: AddressType, lang: Lang) -> String {
    match kind {
        AddressType::Local => say!(lang, "an address of this machine", "本机地址"),
        AddressType::Broadcast => say!(lang, "a broadcast address", "广播地址"),
        AddressType::Multicast => say!(lang, "a multicast address", "组播地址"),
        AddressType::Unicast => say!(lang, "a unicast address", "单播地址"),
    }
}

/// Why a description is none of a packet.
#[must_use]
pub fn spec_error(error: &SpecError, lang: Lang) -> String {
    match error {
        SpecError::Syntax { column } => say!(
            lang,
            "column {column}: expected a JSON object, or pairs such as hook=input proto=tcp src=198.51.100.7 dport=21",
            "第 {column} 列：应为 JSON 对象，或形如 hook=input proto=tcp src=198.51.100.7 dport=21 的键值对"
        ),
        SpecError::UnknownField(name) => {
            let (name, fields) = (visible(name), crate::ruleset::trace::spec::FIELDS.join(", "));
            say!(
                lang,
                "there is no field '{name}'; the fields are {fields}",
                "没有字段“{name}”；可用的字段有 {fields}"
            )
        }
        SpecError::Missing(field) => say!(lang, "the field '{field}' is missing", "缺少字段“{field}”"),
        SpecError::Value { field, found, expected } => {
            let (found, expected) = (visible(found), self::expected(*expected, lang));
            say!(
                lang,
                "{field}: found '{found}', expected {expected}",
                "{field}：值为“{found}”，应为{expected}"
            )
        }
        SpecError::Families => say!(
            lang,
            "addresses, family and protocol have to be all IPv4 or all IPv6",
            "地址、地址族和协议必须同属 IPv4，或同属 IPv6"
        ),
        SpecError::NotOfThisKind { field, protocol } => {
            say!(
                lang,
                "{field}: packets of protocol {protocol} have none",
                "{field}：协议 {protocol} 的数据包没有此字段"
            )
        }
    }
}

fn expected(expected: Expected, lang: Lang) -> String {
    match expected {
        Expected::Words(words) => {
            let words = words.join(", ");
            say!(lang, "one of {words}", "以下之一：{words}")
        }
        Expected::Address => say!(lang, "an IP address", " IP 地址"),
        Expected::Port => say!(lang, "a port from 0 to 65535", " 0 至 65535 的端口"),
        Expected::Byte => say!(lang, "a number from 0 to 255", " 0 至 255 的数字"),
        Expected::Flags => say!(lang, "letters out of FSRPAUEC", " FSRPAUEC 中的字母"),
        Expected::Text => say!(lang, "text", "文本"),
        Expected::Protocol => {
            say!(lang, "tcp, udp, icmp, icmpv6 or a number", " tcp、udp、icmp、icmpv6 或协议号")
        }
    }
}
