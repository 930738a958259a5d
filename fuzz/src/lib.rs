//! What the fuzz targets do with an input, and what they hold the library to. `tests/fuzz/` does the same with every
//! file of the corpus.

use ftpfw::deployment;
use ftpfw::dialect::Format;
use ftpfw::dialect::collection::{Collection, Text, read};
use ftpfw::lang::Lang;
use ftpfw::lang::problem::report as report_deployment;
use ftpfw::lang::reading::report;
use ftpfw::lang::trace::spec_error;
use ftpfw::packet::{Budget, Membership, Packet, PacketSet, Space};
use ftpfw::ruleset::Origin;
use ftpfw::ruleset::evaluate::{Question, accepted};
use ftpfw::ruleset::trace::{Path, Tracer, Verdict, spec};

/// What takes an input.
pub type Target = fn(&[u8]);

/// Every target, by its name, which is that of its corpus too.
pub const TARGETS: [(&str, Target); 10] = [
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
