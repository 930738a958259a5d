//! The ICMP message that ended an attempt to connect.

use std::net::{IpAddr, SocketAddr};

use crate::lang::{Lang, say};
use crate::probe::observation::IcmpError;

/// Who sent it, and what it says. `local` is this end of the connection.
pub(super) fn told(error: &IcmpError, local: Option<SocketAddr>, lang: Lang) -> String {
    let IcmpError { from, kind, code } = error;
    let number = match from {
        IpAddr::V4(_) => format!("ICMP {kind}/{code}"),
        IpAddr::V6(_) => format!("ICMPv6 {kind}/{code}"),
    };
    let said = meaning(error, lang).map_or(number.clone(), |meaning| match lang {
        Lang::En => format!("{meaning} ({number})"),
        Lang::Zh => format!("{meaning}（{number}）"),
    });
    if local.is_some_and(|local| local.ip() == *from) {
        say!(lang, "{said}, sent by this machine itself ({from})", "{said}，由本机（{from}）发出")
    } else {
        say!(lang, "{said}, sent by {from}", "{said}，由 {from} 发出")
    }
}

/// What it says (RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3.1).
fn meaning(error: &IcmpError, lang: Lang) -> Option<String> {
    Some(match (error.from, error.kind, error.code) {
        (IpAddr::V4(_), 3, 0 | 6) | (IpAddr::V6(_), 1, 0) => {
            say!(lang, "no route to the network", "没有通往该网络的路由")
        }
        (IpAddr::V4(_), 3, 1 | 7) | (IpAddr::V6(_), 1, 3) => say!(lang, "host unreachable", "主机不可达"),
        (IpAddr::V4(_), 3, 2) => say!(lang, "protocol unreachable", "协议不可达"),
        (IpAddr::V4(_), 3, 3) | (IpAddr::V6(_), 1, 4) => say!(lang, "port unreachable", "端口不可达"),
        (IpAddr::V4(_), 3, 9) => {
            say!(lang, "network administratively prohibited", "网络被管理策略禁止")
        }
        (IpAddr::V4(_), 3, 10) => say!(lang, "host administratively prohibited", "主机被管理策略禁止"),
        (IpAddr::V4(_), 3, 13) | (IpAddr::V6(_), 1, 1) => {
            say!(lang, "administratively prohibited", "被管理策略禁止")
        }
        (IpAddr::V6(_), 1, 5) => say!(lang, "source address fails a policy", "源地址不符合策略"),
        (IpAddr::V6(_), 1, 6) => say!(lang, "reject route to the destination", "目的地的路由为拒绝"),
        _ => return None,
    })
}
