//! What the fuzz targets do with an input, and what they hold the library to. `tests/fuzz/` does the same with every
//! file of the corpus.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ftpfw::audit::Session;
use ftpfw::deployment;
use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Collection, Text, read};
use ftpfw::flow::FlowId;
use ftpfw::lang::Lang;
use ftpfw::lang::probe::{self, Report};
use ftpfw::lang::problem::report as report_deployment;
use ftpfw::lang::reading::report;
use ftpfw::lang::trace::spec_error;
use ftpfw::packet::{Budget, Membership, Packet, PacketSet, PortRange, Space};
use ftpfw::probe::conclude;
use ftpfw::probe::observation::{
    DataConnection, Dial, DialError, Exchange, Halt, Method, Observation, Offer, Reply, Stage, Transfer,
    Trouble, Visit, Work,
};
use ftpfw::probe::plan::{Login, Plan};
use ftpfw::probe::reply::{Parser, address_of_pasv, port_of_epsv};
use ftpfw::probe::respond::command;
use ftpfw::report::{escape, text as layout};
use ftpfw::ruleset::Origin;
use ftpfw::ruleset::evaluate::{Question, accepted};
use ftpfw::ruleset::trace::{Path, Tracer, Verdict, spec};

/// What takes an input.
pub type Target = fn(&[u8]);

/// Every target, by its name, which is that of its corpus too.
pub const TARGETS: [(&str, Target); 12] = [
    ("iptables", iptables),
    ("iptables_script", iptables_script),
    ("ipset", ipset),
    ("nft", nft),
    ("nft_json", nft_json),
    ("pf_openbsd", pf_openbsd),
    ("pf_freebsd", pf_freebsd),
    ("deployment", deployment),
    ("packet", packet),
    ("evaluate", evaluate),
    ("replies", replies),
    ("commands", commands),
];

/// `iptables-save` and its like, as rules of either family.
pub fn iptables(data: &[u8]) {
    rules(Format::Iptables, &text(data));
    rules(Format::Ip6tables, &text(data));
}

/// Scripts of commands.
pub fn iptables_script(data: &[u8]) {
    rules(Format::Iptables, &format!("#!/bin/sh\n{}", text(data)));
}

/// `ipset save`, with rules that look into the sets of the seeds.
pub fn ipset(data: &[u8]) {
    let rules: String = ["src", "dst,src", "src,dst,dst"]
        .iter()
        .flat_map(|ends| {
            ["a", "b", "all"].map(|set| format!("-A INPUT -m set --match-set {set} {ends} -j DROP\n"))
        })
        .collect();
    let named = |name: &str, content: String| Text { name: name.to_owned(), content };
    collection(&[(named("sets", text(data)), Format::Ipset), (named("rules", rules), Format::Iptables)]);
}

/// Texts for nft.
pub fn nft(data: &[u8]) {
    rules(Format::Nft, &text(data));
}

/// JSON of nft.
pub fn nft_json(data: &[u8]) {
    rules(Format::NftJson, &text(data));
}

/// `pf.conf` of OpenBSD.
pub fn pf_openbsd(data: &[u8]) {
    rules(Format::PfOpenbsd, &text(data));
}

/// `pf.conf` of FreeBSD.
pub fn pf_freebsd(data: &[u8]) {
    rules(Format::PfFreebsd, &text(data));
}

/// Deployment files: what is printed reads back as what was read.
pub fn deployment(data: &[u8]) {
    let reading = deployment::read("ftpfw.yaml", data, None);
    assert_eq!(reading, deployment::read("ftpfw.yaml", data, None), "read twice");
    for lang in Lang::ALL {
        assert_eq!(report_deployment(&reading, lang, false).is_empty(), reading.problems.is_empty());
    }
    // To find a place the text is read again, so not every one of a thousand is looked for.
    for problem in reading.problems.iter().take(50) {
        if let Some(span) = reading.source.span(&problem.place) {
            assert!(reading.source.text.get(span.clone()).is_some(), "{span:?} of {problem:?}");
        }
    }
    if let Some(read) = &reading.deployment {
        let printed = deployment::print(read);
        let again = deployment::read("printed.yaml", printed.as_bytes(), None);
        assert_eq!(again.deployment.as_ref(), Some(read), "{printed}");
    }
}

/// Packets, one a line.
pub fn packet(data: &[u8]) {
    for line in text(data).lines() {
        match spec::parse(line) {
            Ok((path, packet)) => {
                assert_eq!(
                    spec::parse(&format!(" {line}\t")),
                    Ok((path, packet)),
                    "blanks around mean nothing"
                );
            }
            Err(error) => assert!(Lang::ALL.iter().all(|lang| !spec_error(&error, *lang).is_empty())),
        }
    }
}

/// Rules of the format that the first line names, and packets on the lines after `--`. What a trace says of a packet
/// lies in the set of those that go through.
pub fn evaluate(data: &[u8]) {
    let text = text(data);
    let Some((name, rest)) = text.split_once('\n') else { return };
    let Some(format) = Format::ALL.into_iter().find(|format| format.id() == name.trim()) else { return };
    let (content, packets) = rest.split_once("\n--\n").unwrap_or((rest, ""));
    let collection = load(&[(Text { name: "rules".to_owned(), content: content.to_owned() }, format)]);
    let tracer = Tracer::new(&collection.ruleset);
    let packets: Vec<(Path, Packet)> = packets.lines().filter_map(|line| spec::parse(line).ok()).collect();
    for (path, packet) in &packets {
        let _ = tracer.trace(packet, *path);
    }
    for path in Path::ALL {
        let mut space = Space::new(Budget { nodes: 1 << 16, steps: 1 << 20 });
        let Ok(set) = accepted(&collection.ruleset, Question::about(path, PacketSet::FULL), &mut space)
        else {
            continue;
        };
        let (Ok(may), Ok(must)) = (space.may(set), space.must(set)) else { continue };
        let ways = packets.iter().filter(|(way, _)| *way == path).map(|(_, packet)| packet.clone());
        let mut samples: Vec<Packet> = ways.collect();
        for set in [must, may.complement()] {
            samples.extend(space.sample(set).ok().flatten());
        }
        for packet in &samples {
            agree(&tracer, path, packet, [may, must], &space, content);
        }
    }
}

/// What goes through whatever is not modelled is never said to be dropped; what never does is never said to go through.
fn agree(tracer: &Tracer<'_>, path: Path, packet: &Packet, sets: [PacketSet; 2], space: &Space, text: &str) {
    let [may, must] = sets.map(|set| space.membership(set, packet));
    let verdict = tracer.trace(packet, path).verdict;
    let stopped = matches!(verdict, Verdict::Drop | Verdict::Reject);
    let wrong =
        (must == Membership::Always && stopped) || (may == Membership::Never && verdict == Verdict::Accept);
    assert!(!wrong, "{verdict:?}, may {may:?}, must {must:?}: {path:?} {packet:#?}\n{text}");
}

/// What an FTP server sends: the same replies in whatever pieces it arrives, and a report that shows them does not act.
pub fn replies(data: &[u8]) {
    let (whole, pieces) = (said([data]), said(data.chunks(3)));
    assert_eq!(whole, pieces, "in pieces");
    let plan = plan();
    let seen = Observation { visits: vec![visit(&plan, &whole)], interrupted: false };
    let conclusions = conclude(&plan, &seen);
    assert_eq!(conclusions.flows.len(), FlowId::ALL.len());
    let report = Report {
        plan: &plan,
        conclusions: &conclusions,
        mends: &[],
        sweeps: None,
        foretold: None,
        interrupted: false,
    };
    for lang in Lang::ALL {
        let dress = layout::Dress { width: 100, color: false };
        let mut shown = layout::render(&probe::document(&report, lang), dress);
        shown += &escape::json(&probe::json(&report, lang));
        for conclusion in &conclusions.conclusions {
            shown += &probe::diagnostic(conclusion, &report, lang, false);
        }
        assert!(shown.chars().all(|character| character == '\n' || !character.is_control()), "{shown:?}");
    }
}

/// What clients send to a responder: the same lines in whatever pieces they arrive, and no address that is not in them.
pub fn commands(data: &[u8]) {
    let (whole, pieces) = (asked([data]), asked(data.chunks(3)));
    assert_eq!(whole, pieces, "in pieces");
    for line in whole.iter().flatten() {
        let (command, argument) = command::parted(line);
        assert_eq!(command, command.to_ascii_uppercase());
        for address in [command::port(argument), command::eprt(argument)].into_iter().flatten() {
            let port = address.port();
            let low = (port % 256).to_string();
            assert!(argument.contains(&port.to_string()) || argument.contains(&low), "{argument}: {address}");
        }
    }
}

/// The replies up to the first that is none.
fn said<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Reply, Trouble>> {
    let mut parser = Parser::default();
    let mut replies: Vec<Result<Reply, Trouble>> = Vec::new();
    for piece in pieces {
        // As much as is read at once.
        for piece in piece.chunks(4096) {
            parser.push(piece);
            while replies.last().is_none_or(Result::is_ok)
                && let Some(reply) = parser.next_reply()
            {
                replies.push(reply);
            }
        }
    }
    replies
}

/// The lines up to the first that is too long.
fn asked<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<String, ()>> {
    let mut reader = command::Lines::default();
    let mut lines: Vec<Result<String, ()>> = Vec::new();
    for piece in pieces {
        for piece in piece.chunks(1024) {
            reader.push(piece);
            while lines.last().is_none_or(Result::is_ok)
                && let Some(line) = reader.next_line()
            {
                lines.push(line);
            }
        }
    }
    lines
}

fn plan() -> Plan {
    let server = IpAddr::from([203, 0, 113, 10]);
    let passive_ports = Some(PortRange::between(60_000, 60_020));
    Plan {
        passive_ports,
        policy: true,
        samples: 1,
        ..Plan::plain(vec![server], 21, Login::new("anonymous", "guest"))
    }
}

/// A session in which these are the server's answers, one after the other: the greeting, then those to requests for data
/// connections, to listings over them, and at their end.
fn visit(plan: &Plan, replies: &[Result<Reply, Trouble>]) -> Visit {
    let server = SocketAddr::new(plan.servers[0], plan.control_port);
    let dial = |port, outcome| Dial {
        peer: SocketAddr::new(server.ip(), port),
        local: None,
        took: Duration::from_millis(1),
        outcome,
        icmp: None,
    };
    let mut visit = Visit::new(server, Session::Plain, dial(plan.control_port, Ok(())));
    let mut exchanges = replies.iter().cloned().enumerate().map(|(number, reply)| Exchange {
        command: (number > 0).then(|| "LIST".to_owned()),
        reply,
        took: Duration::from_millis(1),
    });
    visit.exchanges.extend(exchanges.next());
    if let Some(Exchange { reply: Err(trouble), .. }) = visit.exchanges.last() {
        visit.halt = Some(Halt { stage: Stage::Greeting, trouble: Some(trouble.clone()) });
    }
    for method in Method::ALL.into_iter().cycle() {
        let Some(request) = exchanges.next() else { return visit };
        let offered = match &request.reply {
            Ok(reply) if method == Method::Pasv => address_of_pasv(reply).unzip(),
            Ok(reply) if method == Method::Epsv => (None, port_of_epsv(reply)),
            _ => (None, None),
        };
        let (address, port) = offered;
        let attempt =
            port.map(|port| dial(port, if port % 2 == 0 { Ok(()) } else { Err(DialError::TimedOut) }));
        let mut transfer = Transfer::new(method, Work::List, request.clone());
        transfer.data = Some(match attempt.clone() {
            Some(attempt) => DataConnection::Dialled { advertised: address, attempts: vec![attempt] },
            None => DataConnection::Awaited { listener: server, arrivals: Vec::new() },
        });
        transfer.command = exchanges.next();
        transfer.completion = exchanges.next();
        visit.transfers.push(transfer);
        visit.offers.push(Offer { method, exchange: request, address, port, dial: attempt });
    }
    visit
}

/// An input as the program takes it from a file.
fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

fn rules(format: Format, content: &str) {
    let name = "rules".to_owned();
    collection(&[(Text { name, content: content.to_owned() }, format)]);
}

/// Reads texts, twice, and checks that each problem and rule is where it is said to be and can be spoken of.
fn collection(texts: &[(Text, Format)]) {
    let read = load(texts);
    let again = load(texts);
    assert_eq!((&read.ruleset, &read.problems), (&again.ruleset, &again.problems), "read twice");
    let rules = read.ruleset.chains.iter().flat_map(|chain| &chain.rules).filter_map(|rule| rule.origin);
    let problems = read.problems.iter().map(|problem| problem.origin);
    check_origins(&read, rules.chain(problems).collect());
    for lang in Lang::ALL {
        assert_eq!(report(&read, lang, false).is_empty(), read.problems.is_empty());
    }
}

/// Every origin is a part of its text, and on the line that it says; but what is missing after a quoted text of several
/// lines is said to be on the first of them.
fn check_origins(collection: &Collection, mut origins: Vec<Origin>) {
    origins.sort_by_key(|origin| (origin.text, origin.start));
    let (mut text, mut counted, mut line) = (0, 0, 1);
    for origin in origins {
        let content = &collection.texts[origin.text as usize].content;
        if origin.text != text {
            (text, counted, line) = (origin.text, 0, 1);
        }
        let (start, end) = (origin.start as usize, origin.end as usize);
        assert!(content.get(start..end).is_some(), "{origin:?}");
        line += content[counted..start].matches('\n').count();
        counted = start;
        assert!(
            origin.line as usize == line || (start == end && (origin.line as usize) < line),
            "{origin:?}, line {line}"
        );
    }
}

/// Reads texts beside which there are two files: `self`, which includes the first of them, and `addresses`.
fn load(texts: &[(Text, Format)]) -> Collection {
    let main = texts.first().map(|(text, _)| text.clone());
    read(texts.to_vec(), &mut |path| match path {
        "self" => main.clone().map(|text| vec![text]),
        "addresses" => {
            let content = "192.0.2.1\n! 192.0.2.2 # comment\n198.51.100.0/24\n".to_owned();
            Some(vec![Text { name: path.to_owned(), content }])
        }
        _ => None,
    })
}
