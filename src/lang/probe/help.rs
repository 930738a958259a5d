//! The help on `probe` and `respond`.

use crate::lang::{Lang, say};

/// What an argument of `command` means, in one sentence without a full stop.
#[must_use]
pub fn argument(command: &str, id: &str, lang: Lang) -> Option<String> {
    match command {
        "probe" => of_probe(id, lang),
        "respond" => of_respond(id, lang),
        _ => None,
    }
}

fn of_probe(id: &str, lang: Lang) -> Option<String> {
    Some(match id {
        "host" => say!(
            lang,
            "The server's name or address, where it is not the declared one; a name serves for the certificate too",
            "服务器的名称或地址（与声明的地址不同时）；名称也用于核对证书"
        ),
        "end" => say!(
            lang,
            "The end that is probed from; the other end is the server, or ftpfw respond in its place",
            "从哪一端探测；另一端是服务器，或代替它的 ftpfw respond"
        ),
        "user" => say!(
            lang,
            "Who logs in; by default the user of the deployment, or else anonymous",
            "登录用户；默认为部署中声明的用户，否则为 anonymous"
        ),
        "password_file" => say!(
            lang,
            "The file whose first line is the password; otherwise FTPFW_PASSWORD of the environment, or a question",
            "首行为密码的文件；省略时取环境变量 FTPFW_PASSWORD，或当面询问"
        ),
        "insecure" => say!(
            lang,
            "Believe every certificate: the connection is encrypted, to whoever answers",
            "信任任何证书：连接仍然加密，但不核实对方身份"
        ),
        "ca" => say!(
            lang,
            "Believe the certificates that one of these signed (PEM), instead of those that the system believes",
            "只信任由此文件（PEM）中的证书签发的证书，而不使用系统的信任列表"
        ),
        "ccc" => say!(
            lang,
            "In TLS sessions, give up the encryption of the control connection after the login (CCC), so that helpers on the way can read it",
            "在 TLS 会话中，登录后放弃控制连接的加密（CCC），使途中的助手可以读取命令"
        ),
        "read_only" => say!(
            lang,
            "Upload nothing; otherwise a small file with a name of its own is stored, fetched and removed",
            "不上传任何内容；否则会上传、取回并删除一个专用名称的小文件"
        ),
        "policy" => say!(
            lang,
            "Also check that the server refuses PORT to third parties and to privileged ports, and PASV after EPSV ALL",
            "另外检查服务器是否拒绝指向第三方或特权端口的 PORT，以及 EPSV ALL 之后的 PASV"
        ),
        "burst" => say!(
            lang,
            "Also open so many sessions that ask for a passive port at once, to see whether the range suffices",
            "另外同时打开指定数目的会话并请求被动端口，以查看端口范围是否够用"
        ),
        "family" => say!(lang, "Probe only this address family", "只探测该地址族"),
        "timeout" => say!(
            lang,
            "How many seconds a connection attempt or a reply may take, such as 2.5",
            "一次连接尝试或一次应答最多等待的秒数，例如 2.5"
        ),
        "jobs" => say!(
            lang,
            "How many connections are attempted at once; by default all; 1 tries one after the other, a second apart after ICMP errors",
            "同时尝试的连接数；默认不限；为 1 时逐个尝试，遇到 ICMP 错误后间隔一秒"
        ),
        "sweep" => say!(
            lang,
            "Try every port of the passive range, from both ends; the other end has to be ftpfw respond",
            "从两端逐一测试被动范围的每个端口；另一端须为 ftpfw respond"
        ),
        "token_file" => say!(
            lang,
            "The file whose first line is the token that ftpfw respond printed; otherwise FTPFW_TOKEN of the environment",
            "首行为 ftpfw respond 所输出令牌的文件；省略时取环境变量 FTPFW_TOKEN"
        ),
        "explain_with" => say!(
            lang,
            "Set beside what is seen what these rule sets, which apply together, lead to expect; without values, those that the deployment names",
            "将观察结果与这些共同生效的规则集的预测并列；不带值时使用部署中声明的规则集"
        ),
        "firewall" => say!(
            lang,
            "Whose rule sets --explain-with names, where several firewalls are declared",
            "声明了多台防火墙时，指明 --explain-with 的规则集属于哪一台"
        ),
        "format" => say!(
            lang,
            "How to write it: as text for a terminal, or as JSON for programs",
            "输出格式：供终端阅读的文本，或供程序处理的 JSON"
        ),
        _ => return None,
    })
}

fn of_respond(id: &str, lang: Lang) -> Option<String> {
    Some(match id {
        "listen" => say!(
            lang,
            "Listen at this address of this machine (may be repeated); by default at the declared ones that this machine has",
            "在本机的该地址上监听（可重复使用）；默认为声明的地址中属于本机的那些"
        ),
        "token_file" => say!(
            lang,
            "The file whose first line is the token that a sweep has to prove; otherwise FTPFW_TOKEN of the environment, or a new one, which is printed",
            "首行为令牌的文件，扫描方须证明持有该令牌；省略时取环境变量 FTPFW_TOKEN，否则生成新的令牌并输出"
        ),
        "end_after" => say!(
            lang,
            "How long to listen: seconds, or 90s, 10m, 2h",
            "监听多久：秒数，或 90s、10m、2h 这样的写法"
        ),
        "sessions" => say!(lang, "How many sessions are served at once", "同时服务的会话数"),
        _ => return None,
    })
}

/// What stands below the arguments.
#[must_use]
pub fn epilogue(command: &str, lang: Lang) -> Option<String> {
    Some(match command {
        "probe" => say!(
            lang,
            "Exit codes: 0 every flow that was tried passes; 1 a flow is blocked, or something else is at fault; 2 bad usage; \
             3 inconclusive, or interrupted.\n\n\
             It connects to the server's addresses only, never to one that a reply names. Ctrl-C ends it in order, with what is known by then.",
            "退出码：0 尝试过的流全部通过；1 有流被阻断，或存在其他故障；2 用法错误；3 无法得出结论，或被中断。\n\n\
             它只连接服务器的地址，从不连接应答中给出的其他地址。按 Ctrl-C 会有序结束，并输出已知的结果。"
        ),
        "respond" => say!(
            lang,
            "It gives no access to files, and opens connections only to those who ask for them. Ports below 1024 need root, or \
             CAP_NET_BIND_SERVICE. Ctrl-C ends it.",
            "它不提供任何文件访问，且只向请求者本身发起连接。1024 以下的端口需要 root 或 CAP_NET_BIND_SERVICE。按 Ctrl-C 结束。"
        ),
        _ => return None,
    })
}
