//! Whether the tracer and the kernel agree, and the smallest case in which they do not.

use std::fmt::Write as _;
use std::process::Command;

use ftpfw::packet::{Budget, Membership, Packet, PacketSet, Space};
use ftpfw::ruleset::evaluate::{Question, accepted};
use ftpfw::ruleset::trace::{Path, Trace, Tracer, Verdict};
use ftpfw::ruleset::{Action, Endpoint, NewAddress, Ruleset};

use super::draft::Draft;
use super::place::{BOX, INTERFACES, address, route};
use super::probe::Probe;
use super::range::{Range, Seen};
use crate::command::run;

/// What is wrong with one rule set.
pub(crate) type Faults = Vec<Fault>;

/// Something that the program and the kernel see differently.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The readers find fault with a text that the real program has loaded.
    Unread(String),
    /// A packet, by its number, arrives and should not, or the reverse.
    Verdict {
        /// Which.
        probe: usize,
        /// Both sides of it.
        report: String,
    },
}

/// Loads a rule set, sends packets, and says where the tracer disagrees with what happens.
pub(crate) fn judge(range: &mut Range, draft: &Draft, probes: &[Probe]) -> Faults {
    Draft::clear(draft.backend, range);
    range.target.enter(|| run(Command::new("conntrack").arg("-F")));
    for sent in probes.iter().flat_map(|probe| &probe.prelude) {
        range.send(sent);
    }
    range.seen();
    draft.load(range);
    for probe in probes {
        range.send(&probe.sent);
    }
    let seen = range.seen();

    let reading = draft.read();
    let problems = reading.problems.iter().map(|problem| Fault::Unread(format!("{problem:?}")));
    let mut faults: Faults = problems.collect();
    let tracer = Tracer::new(&reading.ruleset);
    let symbolic = Symbolic::new(&reading.ruleset);
    for (index, probe) in probes.iter().enumerate() {
        let (path, packet, trace) = follow(&tracer, &reading.ruleset, &probe.packet);
        let differs = differs(&seen, probe.number, path, &trace);
        let accepted = arrived(&seen, probe.number, path);
        if let Some(report) = differs.or_else(|| symbolic.differs(path, &packet, accepted)) {
            let report = format!("{report}\n{probe}\n{}", told(&trace, &reading.ruleset));
            faults.push(Fault::Verdict { probe: index, report });
        }
    }
    faults
}

/// Follows a packet to where the box's routes take it, which translation may change.
fn follow(tracer: &Tracer<'_>, ruleset: &Ruleset, packet: &Packet) -> (Path, Packet, Trace) {
    let along = |destination| {
        let mut packet = packet.clone();
        let out = route(destination);
        packet.out_interface = out.map_or(String::new(), |network| INTERFACES[network].to_owned());
        let path = match (packet.in_interface.as_str(), out) {
            ("", _) => Path::Output,
            (_, None) => Path::Input,
            (_, Some(_)) => Path::Forward,
        };
        let trace = tracer.trace(&packet, path);
        (path, packet, trace)
    };
    let straight = along(packet.destination);
    // One of several is in the same network as the others; the machine's own is as good as another of its own.
    let open = straight.2.met.iter().flat_map(|met| &ruleset.chains[met.chain].rules[met.rule].actions);
    let mut open = open.filter_map(|action| match action {
        Action::Translate(translation) if translation.end == Endpoint::Destination => match &translation.to {
            NewAddress::OneOf(addresses) => addresses.nets().first().map(ipnet::IpNet::addr),
            NewAddress::Own => Some(address(packet.family(), 0, BOX)),
            NewAddress::Same | NewAddress::One(_) => None,
        },
        _ => None,
    });
    let translated = open.next_back().unwrap_or(straight.2.packet.destination);
    if route(translated) == route(packet.destination) { straight } else { along(translated) }
}

/// The packets that go through, all at once.
struct Symbolic {
    space: Space,
    /// For each path, those that must go through and those that may.
    sets: Vec<(Path, PacketSet, PacketSet)>,
}

impl Symbolic {
    fn new(ruleset: &Ruleset) -> Self {
        let mut space = Space::new(Budget::default());
        let set = |path| {
            let question = Question::about(path, PacketSet::FULL);
            let set = accepted(ruleset, question, &mut space).expect("a small rule set");
            let (must, may) = (space.must(set), space.may(set));
            (path, must.expect("a small set"), may.expect("a small set"))
        };
        let sets = Path::ALL.into_iter().map(set).collect();
        Self { space, sets }
    }

    /// Where the set says another thing than the kernel. Which destinations are local is
    /// the one thing that a packet tells and its set does not.
    fn differs(&self, path: Path, packet: &Packet, accepted: bool) -> Option<String> {
        let &(_, must, may) = self.sets.iter().find(|(known, ..)| *known == path)?;
        let never = if accepted { may.complement() } else { must };
        let wrong = self.space.membership(never, packet) != Membership::Never;
        wrong.then(|| {
            format!("on the {} path, the tracer does not contradict the kernel, and the set does", path.id())
        })
    }
}

/// Whether a probe has arrived where its path leads.
fn arrived(seen: &Seen, number: u32, path: Path) -> bool {
    if path == Path::Input { seen.inside.contains(&number) } else { seen.outside.contains(&number) }
}

/// What is different, if anything is.
fn differs(seen: &Seen, number: u32, path: Path, trace: &Trace) -> Option<String> {
    let there = if path == Path::Input { &seen.outside } else { &seen.inside };
    let arrived = arrived(seen, number, path);
    let astray = there.contains(&number);
    let agreed = match trace.verdict {
        Verdict::Accept => arrived && !astray,
        Verdict::Drop | Verdict::Reject => !arrived && !astray,
        // The rule sets have nothing in them that is not modelled but what translations leave open.
        Verdict::Unknown => !astray && !trace.doubts.is_empty(),
    };
    (!agreed).then(|| {
        let what = match (arrived, astray) {
            (true, _) => "lets it through",
            (false, true) => "sends it another way",
            (false, false) => "does not",
        };
        format!("on the {} path, the tracer says {}, and the kernel {what}", path.id(), trace.verdict.id())
    })
}

/// What the tracer says, with the rules in words.
fn told(trace: &Trace, ruleset: &Ruleset) -> String {
    let mut told =
        format!("decided by {:?}, leaves as {:?}, doubts {:?}", trace.by, trace.packet, trace.doubts);
    for met in &trace.met {
        let chain = &ruleset.chains[met.chain];
        let _ = write!(told, "\n  in {} {}: {:?}", chain.table.name, chain.name, chain.rules[met.rule]);
    }
    told
}

/// The smallest rule set and, where it is about one, the packet with which a fault stays.
pub(crate) fn shrink(range: &mut Range, draft: &Draft, probes: &[Probe], fault: &Fault) -> String {
    let mut draft = draft.clone();
    let probes: Vec<Probe> = match fault {
        Fault::Unread(_) => Vec::new(),
        Fault::Verdict { probe, .. } => vec![probes[*probe].clone()],
    };
    // By itself the packet may fare otherwise: then it takes all of them.
    let Some(mut report) = only(judge(range, &draft, &probes)) else {
        return format!("{fault:?}\nonly together with other packets, and\n{}", whole(&draft));
    };
    loop {
        let step = draft.smaller().find_map(|smaller| {
            let said = only(judge(range, &smaller, &probes))?;
            Some((smaller, said))
        });
        let Some(found) = step else { break };
        (draft, report) = found;
    }
    format!("{report}\n{}", whole(&draft))
}

/// What a fault says.
fn only(faults: Faults) -> Option<String> {
    faults.into_iter().next().map(|fault| match fault {
        Fault::Unread(problem) => problem,
        Fault::Verdict { report, .. } => report,
    })
}

fn whole(draft: &Draft) -> String {
    draft.texts().into_iter().map(|(_, text)| text).collect()
}
