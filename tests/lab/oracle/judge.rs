//! Whether the tracer and the kernel agree, and the smallest case in which they do not.

use std::fmt::Write as _;
use std::process::Command;

use ftpfw::packet::{Budget, Membership, Packet, PacketSet, Space};
use ftpfw::ruleset::Ruleset;
use ftpfw::ruleset::evaluate::{Question, accepted};
use ftpfw::ruleset::trace::{Path, Trace, Tracer, Verdict};

use super::draft::Draft;
use super::place::{INTERFACES, route};
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
        let (path, packet, trace) = follow(&tracer, &probe.packet);
        let differs = differs(&seen, probe.number, path, &trace);
        if let Some(report) = differs.or_else(|| symbolic.differs(path, &packet, trace.verdict)) {
            let report = format!("{report}\n{probe}\n{}", told(&trace, &reading.ruleset));
            faults.push(Fault::Verdict { probe: index, report });
        }
    }
    faults
}

/// Follows a packet to where the box's routes take it, which translation may change.
fn follow(tracer: &Tracer<'_>, packet: &Packet) -> (Path, Packet, Trace) {
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
    let translated = straight.2.packet.destination;
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

    /// Where the set says another thing than the tracer, with whom the kernel agrees. Which destinations are local is
    /// the one thing that a packet tells and its set does not.
    fn differs(&self, path: Path, packet: &Packet, verdict: Verdict) -> Option<String> {
        let &(_, must, may) = self.sets.iter().find(|(known, ..)| *known == path)?;
        let never = if verdict == Verdict::Accept { may.complement() } else { must };
        let wrong = self.space.membership(never, packet) != Membership::Never;
        wrong.then(|| {
            format!("on the {} path, the kernel and the tracer agree, and the set does not", path.id())
        })
    }
}

/// What is different, if anything is.
fn differs(seen: &Seen, number: u32, path: Path, trace: &Trace) -> Option<String> {
    let (here, there) = match path {
        Path::Input => (&seen.inside, &seen.outside),
        Path::Forward | Path::Output => (&seen.outside, &seen.inside),
    };
    let arrived = here.contains(&number);
    let astray = there.contains(&number);
    let agreed = match trace.verdict {
        Verdict::Accept => arrived && !astray,
        Verdict::Drop | Verdict::Reject => !arrived && !astray,
        // The rule sets have nothing in them that is not modelled.
        Verdict::Unknown => false,
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
