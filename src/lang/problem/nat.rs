//! What is wrong with address translation, in words.

use super::Words;
use crate::deployment::problem::NatProblem;
use crate::lang::{Lang, say};

#[expect(clippy::too_many_lines, reason = "a table: one arm for each problem")]
pub(super) fn words(problem: &NatProblem, lang: Lang) -> Words {
    match problem {
        NatProblem::OnHost => Words::new(
            say!(lang, "address translation on a host", "主机上声明了地址转换"),
            say!(lang, "expected on gateways only", "仅网关可以声明"),
        )
        .help(say!(
            lang,
            "a host forwards nothing that could be translated: remove `nat`, or declare `place: gateway`",
            "主机不转发流量，无从转换：请删除 `nat`，或声明 `place: gateway`"
        )),
        NatProblem::SameAddress { address } => Words::new(
            say!(lang, "{address} is translated to itself", "{address} 被转换为其自身"),
            say!(lang, "expected two different addresses", "两个地址应不同"),
        )
        .related(say!(lang, "the address on the outside", "外侧地址"))
        .help(say!(lang, "remove `nat` if nothing is translated", "若不做地址转换，请删除 `nat`")),
        NatProblem::Families => Words::new(
            say!(lang, "the two addresses are of different families", "两个地址属于不同的地址族"),
            say!(lang, "expected the family of the other", "应与另一地址的地址族相同"),
        )
        .related(say!(lang, "the address on the outside", "外侧地址"))
        .help(say!(lang, "write two IPv4 or two IPv6 addresses", "请同为 IPv4 地址，或同为 IPv6 地址")),
        NatProblem::ServerPrefix { private } => Words::new(
            say!(
                lang,
                "the public address of the server stands for the whole network {private}",
                "服务器的公网地址对应了整个网段 {private}"
            ),
            say!(lang, "expected `private` to be one address", "`private` 应为单个地址"),
        )
        .help(say!(
            lang,
            "write the address that the server itself has on the inside",
            "请写服务器在内侧的实际地址"
        )),
        NatProblem::OtherServer { public, private } => Words::new(
            say!(
                lang,
                "neither {public} nor {private} is an address of the server",
                "{public} 和 {private} 都不是服务器的地址"
            ),
            say!(lang, "expected an address of the server", "其中之一应为服务器的地址"),
        )
        .related(say!(lang, "the addresses of the server", "服务器的地址"))
        .help(say!(
            lang,
            "`service.addresses` names the server as clients see it or as it sees itself; one of the two has to be translated here",
            "`service.addresses` 应为客户端所见或服务器自身的地址；此处转换的应是其中之一"
        )),
        NatProblem::OtherClients { private, clients } => Words::new(
            say!(
                lang,
                "{private} is translated, and the clients are {clients}",
                "转换的是 {private}，而客户端为 {clients}"
            ),
            say!(lang, "expected a network of the clients", "应为客户端所在的网段"),
        )
        .related(say!(lang, "the clients", "客户端"))
        .help(say!(
            lang,
            "declare in `clients.addresses` the addresses that clients have themselves, before translation",
            "`clients.addresses` 应声明客户端自身的地址，即转换之前的地址"
        )),
        NatProblem::NotAdvertised { public, private } => Words::new(
            say!(
                lang,
                "the server will tell clients to connect to its private address {private}",
                "服务器会让客户端连接其私网地址 {private}"
            ),
            say!(
                lang,
                "expected `service.passive.advertised_address: {public}`",
                "应声明 `service.passive.advertised_address: {public}`"
            ),
        )
        .help(say!(
            lang,
            "make the server name {public} in its reply to `PASV`, and declare it as `service.passive.advertised_address`; without TLS `strategy: helper` does it on the way",
            "请让服务器在 `PASV` 应答中使用 {public}，并声明为 `service.passive.advertised_address`；未启用 TLS 时也可用 `strategy: helper` 在途中改写"
        )),
        NatProblem::AdvertisedUnderHelper { public } => Words::new(
            say!(
                lang,
                "the server names {public} itself, and the helper on this gateway expects its private address",
                "服务器自行给出 {public}，而本网关上的助手期望看到其私网地址"
            ),
            say!(
                lang,
                "expected a server without `service.passive.advertised_address`",
                "此时不应声明 `service.passive.advertised_address`"
            ),
        )
        .help(say!(
            lang,
            "the helper takes {public} for the address of a third party, and lets no connection to it through: have the server name its own address, which the helper edits, or declare `strategy: static`",
            "助手会把 {public} 视为第三方地址，不放行到该地址的数据连接：请让服务器给出自身地址，由助手改写，或声明 `strategy: static`"
        )),
        NatProblem::AdvertisedDiffers { advertised, public } => Words::new(
            say!(
                lang,
                "the server tells clients to connect to {advertised}, and this gateway translates {public}",
                "服务器让客户端连接 {advertised}，而本网关转换的是 {public}"
            ),
            say!(lang, "expected the same address in both places", "两处的地址应相同"),
        )
        .help(say!(
            lang,
            "declare {public} as `service.passive.advertised_address` and set it in the server, or translate {advertised}",
            "请将 {public} 声明为 `service.passive.advertised_address` 并在服务器上设置，或改为转换 {advertised}"
        )),
        NatProblem::ActiveClients { passive, tls } => {
            let words = Words::new(
                say!(
                    lang,
                    "active mode cannot work through this translation: `PORT` names an address that the server cannot reach",
                    "主动模式无法通过此地址转换：`PORT` 携带的地址服务器无法访问"
                ),
                say!(lang, "clients behind it have to use passive mode", "其后的客户端只能使用被动模式"),
            );
            match (tls.encrypts(), *passive) {
                (false, false) => words.help(say!(
                    lang,
                    "declare `strategy: helper`, which rewrites `PORT`, or offer passive mode too",
                    "请声明 `strategy: helper` 以改写 `PORT`，或同时提供被动模式"
                )),
                (false, true) => words.help(say!(
                    lang,
                    "declare `strategy: helper`, which rewrites `PORT`, or leave it to passive mode",
                    "请声明 `strategy: helper` 以改写 `PORT`，或只使用被动模式"
                )),
                (true, true) => words.help(say!(
                    lang,
                    "a helper could rewrite `PORT`, but not inside TLS: set the clients to passive mode",
                    "助手可以改写 `PORT`，但无法处理 TLS 加密的会话：请将客户端设为被动模式"
                )),
                (true, false) => words.help(say!(
                    lang,
                    "a helper could rewrite `PORT`, but not inside TLS: offer passive mode too",
                    "助手可以改写 `PORT`，但无法处理 TLS 加密的会话：请同时提供被动模式"
                )),
            }
        }
    }
}
