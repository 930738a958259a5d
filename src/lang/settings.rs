//! The settings that go with a deployment, said to people.

use serde_json::{Value as Json, json};

use super::{Lang, say};
use crate::deployment::Tls;
use crate::explain::settings::{
    ADDRESS_BAR, ALLOW_PASSIVE, Location, Purpose, Remark, Setting, SettingsGuide, Subject, USE_PASSIVE_FTP,
    Value,
};
use crate::report::document::Block;

/// A guide as parts of a document: a heading, where the settings are, the settings, and remarks.
#[must_use]
pub fn blocks(guide: &SettingsGuide, lang: Lang) -> Vec<Block> {
    let mut blocks = vec![Block::Heading { level: 3, text: subject(guide.subject, lang) }];
    if !guide.places.is_empty() {
        blocks.push(Block::Paragraph(places(&guide.places, lang)));
    }
    blocks.extend(table(guide, lang));
    blocks.extend(code(guide, lang));
    if !guide.remarks.is_empty() {
        blocks.push(Block::List(guide.remarks.iter().map(|item| remark(item, lang)).collect()));
    }
    blocks
}

/// A guide as data; `text` and `remarks` are in `lang`, all else is the same in every language.
#[must_use]
pub fn json(guide: &SettingsGuide, lang: Lang) -> Json {
    let steps: Vec<Json> = guide
        .steps
        .iter()
        .map(|step| {
            let (id, text) = (step.purpose.id(), purpose(step.purpose, lang));
            match &step.setting {
                Setting::Lines(lines) => json!({ "purpose": id, "text": text, "lines": lines }),
                Setting::Field { path, value } => {
                    json!({ "purpose": id, "text": text, "field": path, "value": neutral(value) })
                }
                Setting::Value(value) => json!({ "purpose": id, "text": text, "value": neutral(value) }),
            }
        })
        .collect();
    json!({
        "subject": guide.subject.id(),
        "title": subject(guide.subject, lang),
        "places": guide.places.iter().map(|&item| place(item, lang)).collect::<Vec<_>>(),
        "steps": steps,
        "remarks": guide.remarks.iter().map(|item| remark(item, lang)).collect::<Vec<_>>(),
    })
}

/// The dialog fields and bare values of a guide.
fn table(guide: &SettingsGuide, lang: Lang) -> Option<Block> {
    let mut headers = vec![say!(lang, "What for", "用途"), say!(lang, "Value", "取值")];
    let fields = guide.steps.iter().any(|step| matches!(step.setting, Setting::Field { .. }));
    if fields {
        headers.insert(1, say!(lang, "Field", "字段"));
    }
    let rows: Vec<Vec<String>> = guide
        .steps
        .iter()
        .filter_map(|step| {
            let what = purpose(step.purpose, lang);
            match &step.setting {
                Setting::Field { path, value: held } => {
                    Some(vec![what, field(path, lang), value(held, lang)])
                }
                Setting::Value(held) => Some(vec![what, value(held, lang)]),
                Setting::Lines(_) => None,
            }
        })
        .collect();
    (!rows.is_empty()).then_some(Block::Table { headers, rows })
}

/// The lines of a guide, each group under a comment that says what it is for. A single group needs none.
fn code(guide: &SettingsGuide, lang: Lang) -> Option<Block> {
    let groups: Vec<(Purpose, &[String])> = guide
        .steps
        .iter()
        .filter_map(|step| match &step.setting {
            Setting::Lines(lines) => Some((step.purpose, lines.as_slice())),
            Setting::Field { .. } | Setting::Value(_) => None,
        })
        .collect();
    let text = match groups.as_slice() {
        [] => return None,
        [(_, lines)] => lines.join("\n"),
        several => {
            let comment = guide.subject.comment();
            let said = several
                .iter()
                .map(|(what, lines)| format!("{comment} {}\n{}", purpose(*what, lang), lines.join("\n")));
            said.collect::<Vec<_>>().join("\n\n")
        }
    };
    Some(Block::Code(text))
}

/// Whom a guide is for.
#[must_use]
pub fn subject(subject: Subject, lang: Lang) -> String {
    match subject {
        Subject::Server(software) => {
            let name = software.name();
            say!(lang, "Server: {name}", "服务器：{name}")
        }
        Subject::AnyServer => say!(lang, "Server: what to tell it", "服务器：需要的设置"),
        Subject::Linux => say!(lang, "The server's kernel, if it is Linux", "服务器的内核（如果是 Linux）"),
        Subject::Client(client) => {
            let name = client.name();
            say!(lang, "Client: {name}", "客户端：{name}")
        }
    }
}

fn places(places: &[Location], lang: Lang) -> String {
    let separator = say!(lang, ", or ", "，或 ");
    let list = places.iter().map(|&item| place(item, lang)).collect::<Vec<_>>().join(&separator);
    say!(lang, "Where: {list}.", "位置：{list}。")
}

fn place(place: Location, lang: Lang) -> String {
    match place {
        Location::File { system, path } => say!(lang, "{path} ({system})", "{path}（{system}）"),
        Location::Dialog(root) => say!(lang, "the dialog {root}", "对话框 {root}"),
        Location::AdministratorPrompt(folder) => {
            say!(lang, "a command prompt of an administrator, in {folder}", "管理员命令提示符，目录 {folder}")
        }
        Location::CommandLine => say!(lang, "the command line", "命令行"),
        Location::OwnPrompt => say!(lang, "the program's own prompt", "程序自己的提示符"),
    }
}

/// What a setting is for.
#[must_use]
pub fn purpose(purpose: Purpose, lang: Lang) -> String {
    match purpose {
        Purpose::Families => say!(lang, "address families to listen in", "监听的地址族"),
        Purpose::ControlPort => say!(lang, "control port", "控制端口"),
        Purpose::Encryption => say!(lang, "encryption", "加密"),
        Purpose::ActiveMode => say!(lang, "active mode", "主动模式"),
        Purpose::ActiveSource => say!(lang, "source port of active data connections", "主动数据连接的源端口"),
        Purpose::PassiveMode => say!(lang, "passive mode", "被动模式"),
        Purpose::PassiveRange => say!(lang, "passive port range", "被动端口范围"),
        Purpose::AdvertisedAddress => {
            say!(lang, "address named in the reply to PASV", "PASV 应答中通告的地址")
        }
        Purpose::MaxSessions => say!(lang, "sessions at once", "同时会话数"),
        Purpose::ReservePorts => say!(lang, "ports reserved for the server", "为服务器保留的端口"),
        Purpose::Apply => say!(lang, "restart", "重启服务"),
        Purpose::Server => say!(lang, "server", "服务器"),
        Purpose::UsePassive => say!(lang, "in passive mode", "使用被动模式"),
        Purpose::UseActive => say!(lang, "in active mode", "使用主动模式"),
        Purpose::ClientPorts => say!(lang, "the client's data ports", "客户端的数据端口"),
    }
}

fn value(value: &Value, lang: Lang) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::On => say!(lang, "on", "开"),
        Value::Off => say!(lang, "off", "关"),
        Value::Tls(Tls::None) => say!(lang, "no TLS", "不使用 TLS"),
        Value::Tls(Tls::Explicit) => say!(lang, "explicit TLS, optional", "显式 TLS，可选"),
        Value::Tls(Tls::ExplicitRequired) => say!(lang, "explicit TLS, required", "显式 TLS，必须使用"),
        Value::Tls(Tls::Implicit) => say!(lang, "implicit TLS", "隐式 TLS"),
        Value::Ephemeral => say!(lang, "any, chosen by the system", "由系统任意选择"),
    }
}

fn neutral(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::On => json!(true),
        Value::Off => json!(false),
        Value::Tls(tls) => json!(tls.id()),
        Value::Ephemeral => json!("ephemeral"),
    }
}

/// The labels on the way to a field. They are what the program shows; Chinese ones are added where it is known
/// to have them.
fn field(path: &str, lang: Lang) -> String {
    let chinese = match path {
        ADDRESS_BAR => "地址栏",
        ALLOW_PASSIVE => "域 > 设置 > 高级 > 允许被动模式数据传输",
        USE_PASSIVE_FTP => "工具 > Internet 选项 > 高级 > 使用被动 FTP",
        _ => return path.to_owned(),
    };
    match lang {
        Lang::En => path.to_owned(),
        Lang::Zh => format!("{path}（{chinese}）"),
    }
}

/// What an administrator has to know besides.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table: one arm for each remark")]
pub fn remark(remark: &Remark, lang: Lang) -> String {
    match remark {
        Remark::Apply(command) => {
            say!(lang, "Takes effect after: {command}", "执行后生效：{command}")
        }
        Remark::PasvOnly => say!(
            lang,
            "The advertised address serves PASV alone: the reply to EPSV names no address, so it needs none.",
            "通告地址只对 PASV 起作用：EPSV 的应答不含地址，因此不需要它。"
        ),
        Remark::Certificate(options) => {
            say!(lang, "TLS needs a certificate and its key: {options}.", "TLS 需要证书及其私钥：{options}。")
        }
        Remark::CertificateDialog(path) => {
            say!(lang, "TLS needs a certificate, chosen under {path}.", "TLS 需要证书，在 {path} 中选择。")
        }
        Remark::SessionReuse(line) => say!(
            lang,
            "The data connection has to resume the TLS session of the control connection. A client that does not \
             fails after the data connection opened, which no firewall rule mends; {line} waives the demand.",
            "数据连接必须恢复控制连接的 TLS 会话。做不到的客户端会在数据连接建立之后失败，这不是防火墙规则能解决的；{line} 可取消这一要求。"
        ),
        Remark::TlsStays => say!(
            lang,
            "Explicit TLS stays on offer beside plaintext: there is no choice without it. A helper cannot follow the \
             clients that use it.",
            "除明文外始终提供显式 TLS，没有不含 TLS 的选项。使用 TLS 的客户端，连接跟踪助手无法跟踪。"
        ),
        Remark::ModesStay { active, passive } => modes_stay(*active, *passive, lang),
        Remark::OnlyEphemeral(declared) => say!(
            lang,
            "Active data connections always leave from a port that the system picks, never from {declared}: declare \
             source_port: ephemeral, or the firewalls block them.",
            "主动数据连接总是从系统任选的端口发出，不会使用 {declared}：请声明 source_port: ephemeral，否则会被防火墙拦截。"
        ),
        Remark::VsftpdOneSource { declared, used } => say!(
            lang,
            "vsftpd opens active data connections from one port: {used} of the declared {declared}.",
            "vsftpd 的主动数据连接只用一个源端口：在声明的 {declared} 中取 {used}。"
        ),
        Remark::VsftpdRange => say!(
            lang,
            "vsftpd does not report an unusable range: a minimum outside of 1025-65535 counts as 1024, and a maximum \
             below the minimum as 65535, which opens far more ports than the firewalls do.",
            "vsftpd 不会报告无效的端口范围：最小值不在 1025-65535 之内时按 1024 处理，最大值小于最小值时按 65535 处理，\
             实际使用的端口会远多于防火墙放行的端口。"
        ),
        Remark::VsftpdExhausted(range) => {
            let count = range.count();
            say!(
                lang,
                "A passive transfer holds its port until it ends, so {range} carries {count} at once; beyond that \
                 vsftpd ends the session with 500 OOPS.",
                "每个被动传输在结束前一直占用其端口，因此 {range} 最多同时承载 {count} 个传输；超出时 vsftpd 以 500 OOPS 结束会话。"
            )
        }
        Remark::ProftpdRootRevoke(port) => say!(
            lang,
            "From version 1.3.7 on, only RootRevoke off makes ProFTPD use source port {port}; the price is that \
             sessions keep the means to become root again. Without the line, declare source_port: ephemeral.",
            "从 1.3.7 版起，只有 RootRevoke off 才能让 ProFTPD 使用源端口 {port}，代价是会话保留重新取得 root 权限的能力。\
             不写这一行时，请声明 source_port: ephemeral。"
        ),
        Remark::ProftpdEphemeral(port) => say!(
            lang,
            "Ephemeral source ports are the default from version 1.3.7 on, as long as no RootRevoke line says \
             otherwise; earlier versions use {port}.",
            "从 1.3.7 版起默认使用临时源端口（没有 RootRevoke 行另作规定时）；更早的版本使用 {port}。"
        ),
        Remark::ProftpdSource { declared, below } => say!(
            lang,
            "ProFTPD cannot open active data connections from {declared}: only from {below}, the port below the \
             control port, with RootRevoke off, or from ephemeral ports. Declare one of these.",
            "ProFTPD 无法从 {declared} 发起主动数据连接：只能用控制端口减一的 {below}（配合 RootRevoke off），或临时端口。请声明其中之一。"
        ),
        Remark::ProftpdOnePort => say!(
            lang,
            "ProFTPD does not start with a range of one port: declare at least two.",
            "端口范围只有一个端口时 ProFTPD 无法启动：请至少声明两个端口。"
        ),
        Remark::ProftpdExhausted(range) => say!(
            lang,
            "When all of {range} are taken, ProFTPD silently hands out a port outside of it, which the firewalls \
             block: leave room.",
            "{range} 全部被占用时，ProFTPD 会悄悄改用范围之外的端口，而该端口会被防火墙拦截：请留有余量。"
        ),
        Remark::ProftpdModule => say!(
            lang,
            "On Debian, TLS is in the package proftpd-mod-crypto, and /etc/proftpd/modules.conf has to load mod_tls.c.",
            "在 Debian 上，TLS 由软件包 proftpd-mod-crypto 提供，并需在 /etc/proftpd/modules.conf 中加载 mod_tls.c。"
        ),
        Remark::PureFtpdHalf { users, wanted: None } => say!(
            lang,
            "Pure-FTPd admits at most half as many users as the range has ports, here {users}; the next one is \
             turned away at login with 421.",
            "Pure-FTPd 允许的用户数最多为端口数的一半，此处为 {users}；再有用户登录会收到 421 被拒绝。"
        ),
        Remark::PureFtpdHalf { users, wanted: Some(wanted) } => say!(
            lang,
            "Pure-FTPd admits at most half as many users as the range has ports, here {users} and not the {wanted} \
             declared; the next one is turned away at login with 421. Widen the range.",
            "Pure-FTPd 允许的用户数最多为端口数的一半，此处为 {users}，达不到声明的 {wanted}；再有用户登录会收到 421 被拒绝。请扩大端口范围。"
        ),
        Remark::PureFtpdSources { implicit } => {
            let first = if *implicit { "989, 20" } else { "20" };
            say!(
                lang,
                "The source port of active data connections cannot be set: Pure-FTPd tries {first}, 2, 3, 4, 5, 6, \
                 10, 14, 16, then lets the system pick. A firewall that restricts what leaves has to allow those.",
                "主动数据连接的源端口无法设置：Pure-FTPd 依次尝试 {first}、2、3、4、5、6、10、14、16，最后由系统选择。\
                 限制出站的防火墙必须放行这些端口。"
            )
        }
        Remark::PureFtpdDebian => say!(
            lang,
            "On Debian each setting is a file in that folder, named like it and holding the value: Bind holds ,21 \
             for example.",
            "在 Debian 上，每项设置是该目录下的一个同名文件，内容为其取值，例如文件 Bind 的内容为 ,21。"
        ),
        Remark::PureFtpdImplicit => say!(
            lang,
            "Implicit TLS is decided when Pure-FTPd is compiled (--with-implicittls); distributions build it without.",
            "隐式 TLS 在编译 Pure-FTPd 时决定（--with-implicittls），发行版的软件包通常不包含。"
        ),
        Remark::FilezillaHolds(range) => {
            let count = range.count();
            say!(
                lang,
                "A passive port stays reserved for the same client for four minutes: one client can start {count} \
                 transfers in that time, then gets 425.",
                "被动端口会为同一客户端保留四分钟：一个客户端在此期间最多发起 {count} 次传输，之后会收到 425。"
            )
        }
        Remark::SourceUnknown(software) => {
            let name = software.name();
            say!(
                lang,
                "No setting of {name} is known that fixes the source port of active data connections: see in a packet \
                 capture which it uses, and declare that.",
                "尚不知 {name} 有固定主动数据连接源端口的设置：请抓包查看它使用的端口，并据此声明。"
            )
        }
        Remark::ServUVersions => say!(
            lang,
            "[7+] marks the Management Console of version 7 and later, [≤ 6] the Administrator of older versions; \
             labels may differ a little between releases.",
            "[7+] 指 7 及更高版本的管理控制台，[≤ 6] 指更早版本的管理程序；各版本的标签可能略有不同。"
        ),
        Remark::IisSite => say!(
            lang,
            "SITE stands for the name of the FTP site. If it listens at the control port already, leave that line out.",
            "SITE 代表 FTP 站点的名称。如果站点已在监听该控制端口，请略去那一行。"
        ),
        Remark::IisServerWide => say!(
            lang,
            "The passive range holds for all FTP sites of the server and has to lie within 1025-65535; it takes \
             effect when the FTP service restarts.",
            "被动端口范围对服务器上的所有 FTP 站点有效，必须在 1025-65535 之内；重启 FTP 服务后生效。"
        ),
        Remark::IisImplicitPort(port) => say!(
            lang,
            "IIS decides by the port: implicit TLS at 990, explicit TLS at every other. At {port} it does not do \
             what is declared.",
            "IIS 由端口决定方式：990 为隐式 TLS，其他端口均为显式 TLS。在端口 {port} 上，它的行为与声明不符。"
        ),
        Remark::ReserveWhy(overlap) => say!(
            lang,
            "Linux gives outgoing connections ports from 32768-60999, so one of {overlap} may be taken when the \
             server needs it; reserved ports are left alone.",
            "Linux 从 32768-60999 中为出站连接分配端口，服务器需要 {overlap} 中的端口时可能已被占用；保留的端口不会被分配。"
        ),
        Remark::ReserveList => say!(
            lang,
            "The setting is one comma-separated list for the whole system: keep what other files have put there.",
            "该设置是全系统共用的一个逗号分隔列表：请保留其他文件已写入的内容。"
        ),
        Remark::ControlElsewhere(ports) => say!(
            lang,
            "The control connection leaves from a port that the system picks: what it picks from has to lie within \
             {ports}.",
            "控制连接的源端口由系统选择：系统的选择范围必须在 {ports} 之内。"
        ),
        Remark::NeverPassive => say!(
            lang,
            "It has active mode only. quote PASV does not change that: the server goes passive, but the program \
             still waits for a connection.",
            "它只有主动模式。quote PASV 也不能改变这一点：服务器进入被动模式，而程序仍在等待连接。"
        ),
        Remark::NoCommonMode => say!(
            lang,
            "It cannot transfer anything here, since the service does not offer active mode: use another client.",
            "该服务不提供主动模式，因此无法用它传输任何数据：请换用其他客户端。"
        ),
        Remark::PlaintextOnly => say!(
            lang,
            "It has no TLS: passwords and files cross the network in plaintext.",
            "它不支持 TLS：密码和文件以明文在网络上传输。"
        ),
        Remark::CannotEncrypt => say!(
            lang,
            "It has no TLS, which the service demands: use another client.",
            "它不支持 TLS，而该服务要求使用 TLS：请换用其他客户端。"
        ),
        Remark::ExplorerToo => say!(
            lang,
            "Windows Explorer (File Explorer) obeys the same setting; browsers of today no longer speak FTP.",
            "Windows 资源管理器（文件资源管理器）遵循同一设置；如今的浏览器已不再支持 FTP。"
        ),
    }
}

fn modes_stay(active: bool, passive: bool, lang: Lang) -> String {
    let mode = match (active, passive) {
        (true, false) => say!(lang, "active mode", "主动模式"),
        (false, true) => say!(lang, "passive mode", "被动模式"),
        _ => say!(lang, "either mode", "这两种模式"),
    };
    say!(
        lang,
        "There is no setting that refuses {mode}: the firewalls alone stop its data connections, and a client that \
         tries it waits for nothing.",
        "没有拒绝{mode}的设置：其数据连接只能由防火墙拦截，尝试使用它的客户端会白白等待。"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::{ActiveSource, Deployment, Software};
    use crate::explain::settings::{self, sample};
    use crate::packet::PortRange;

    fn has_cjk(text: &str) -> bool {
        text.chars().any(|c| ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c))
    }

    /// Deployments that together call for every remark.
    fn deployments() -> Vec<Deployment> {
        let mut all = Vec::new();
        for base in [sample::standard(), sample::passive_only(), sample::active_only(), sample::behind_nat()]
        {
            for software in Software::ALL.into_iter().map(Some).chain([None]) {
                for tls in Tls::ALL {
                    let mut deployment = base.clone();
                    deployment.service.software = software;
                    deployment.service.tls = tls;
                    all.push(deployment.clone());
                    deployment.service.active_source = ActiveSource::Ephemeral;
                    deployment.service.max_sessions = Some(20);
                    all.push(deployment.clone());
                    deployment.service.active_source =
                        ActiveSource::Ports([20, 989].into_iter().map(PortRange::single).collect());
                    deployment.service.passive_ports =
                        deployment.service.passive_ports.map(|_| PortRange::single(30000));
                    deployment.clients.ports = PortRange::new(40000, 40100).expect("in order");
                    all.push(deployment);
                }
            }
        }
        all
    }

    fn guides() -> Vec<SettingsGuide> {
        let all = deployments();
        all.iter().flat_map(|one| settings::server(one).into_iter().chain(settings::clients(one))).collect()
    }

    #[test]
    fn every_sentence_is_said_in_both_languages() {
        let check = |en: String, zh: String| {
            assert!(!has_cjk(&en), "not English: {en}");
            assert!(has_cjk(&zh), "not Chinese: {zh}");
        };
        for item in Purpose::ALL {
            check(purpose(item, Lang::En), purpose(item, Lang::Zh));
        }
        for guide in guides() {
            check(subject(guide.subject, Lang::En), subject(guide.subject, Lang::Zh));
            if !guide.places.is_empty() {
                check(places(&guide.places, Lang::En), places(&guide.places, Lang::Zh));
            }
            for item in &guide.remarks {
                check(remark(item, Lang::En), remark(item, Lang::Zh));
            }
            for block in blocks(&guide, Lang::En) {
                assert!(!has_cjk(&format!("{block:?}")), "not English: {block:?}");
            }
            assert!(!has_cjk(&json(&guide, Lang::En).to_string()));
        }
    }

    #[test]
    fn a_guide_has_at_most_one_table_one_block_of_code_and_a_handful_of_remarks() {
        for guide in guides() {
            let blocks = blocks(&guide, Lang::En);
            let count = |wanted: fn(&Block) -> bool| blocks.iter().filter(|&block| wanted(block)).count();
            assert!(count(|block| matches!(block, Block::Table { .. })) <= 1);
            assert!(count(|block| matches!(block, Block::Code(_))) <= 1);
            assert!(
                guide.remarks.len() <= 7,
                "{:?} has too many remarks: {:?}",
                guide.subject,
                guide.remarks
            );
        }
    }

    #[test]
    fn the_rows_of_a_table_are_as_wide_as_its_head() {
        for guide in guides() {
            for block in blocks(&guide, Lang::Zh) {
                if let Block::Table { headers, rows } = block {
                    assert!(rows.iter().all(|row| row.len() == headers.len()));
                }
            }
        }
    }

    #[test]
    fn the_code_of_a_guide_says_what_each_group_is_for() {
        let mut deployment = sample::passive_only();
        deployment.service.software = Some(Software::Proftpd);
        let guide = &settings::server(&deployment)[0];
        let code = code(guide, Lang::En).expect("lines");
        let Block::Code(text) = code else { panic!("not code: {code:?}") };
        assert_eq!(
            text,
            "# address families to listen in\nUseIPv6 off\n\n# control port\nPort 21\n\n# active mode\n\
             <Limit PORT EPRT>\n  DenyAll\n</Limit>\n\n# passive port range\nPassivePorts 60000 60020"
        );
    }

    #[test]
    fn data_is_the_same_in_every_language_but_for_its_sentences() {
        let mut deployment = sample::standard();
        deployment.service.software = Some(Software::ServU);
        let guide = &settings::server(&deployment)[0];
        let (en, zh) = (json(guide, Lang::En), json(guide, Lang::Zh));
        assert_eq!(en["subject"], "serv-u");
        assert_eq!(en["steps"][2]["value"], true);
        assert_eq!(en["steps"][3]["value"], "60000-60020");
        for key in ["purpose", "field", "value"] {
            assert_eq!(en["steps"][3][key], zh["steps"][3][key]);
        }
    }
}
