//! A firewall under audit: its required packets, what its rule set makes of them, and how to ask for more.

use std::collections::HashMap;

use super::crossing::{Crossing, Interfaces, Session, Site, merged};
use super::finding::{Finding, Level, Message, Packets, Sample};
use super::helper::{attaches_itself, passes_when_sent_again};
use super::matrix::{Cell, CellVerdict, Judged, Uncovered, verdict};
use super::survey::{Situation, Survey};
use super::{Place, Request, RuleId, Subject};
use crate::deployment::Firewall;
use crate::flow::{FlowId, Mode};
use crate::packet::{AddressSet, Description, Family, PacketSet, Part, Space, TooComplex};
use crate::ruleset::evaluate::Evaluator;
use crate::ruleset::trace::{Decider, Path, Trace, Tracer, Verdict};
use crate::ruleset::{Host, Rule, Ruleset};

/// How many parts of a set are described.
const PARTS: usize = 8;

/// A firewall under audit.
pub(super) struct Context<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) subject: &'a Subject<'a>,
    /// Where every packet set of this firewall lives.
    pub(super) space: Space,
    /// Its rules, for questions about sets of packets.
    pub(super) evaluator: Evaluator<'a>,
    pub(super) tracer: Tracer<'a>,
    /// The interfaces, declared or as the rules suggest.
    pub(super) interfaces: Interfaces,
    /// What its machine is set to.
    pub(super) host: Host,
    /// The families in which a helper or ftp-proxy reads every control connection.
    pub(super) helped: Vec<Family>,
    /// Those of them in which the rules see to that. In the others the kernel attaches the helper by itself.
    pub(super) helped_by_rules: Vec<Family>,
    /// The families in which a helper reads those of some clients only, and of which.
    pub(super) some_clients: Vec<(Family, AddressSet)>,
    /// What the rules make of every packet that is required.
    pub(super) judged: Vec<Judged>,
    /// What they would make of them if a helper read every session, bans aside.
    pub(super) if_expected: Vec<Judged>,
    /// What they would make of them if none read any, bans aside.
    pub(super) if_new: Vec<Judged>,
    /// What is known of sets that are not let through: the same one stands behind several flows, and findings.
    uncovered: HashMap<(PacketSet, PacketSet, Path), Uncovered>,
    /// The verdicts.
    pub(super) matrix: Vec<Cell>,
    /// Whether what is not let through is so for its sources only, by the packets.
    pub(super) bans: HashMap<PacketSet, bool>,
    /// What is too broad, once that is known: its findings are decided together.
    pub(super) broad: Option<Vec<Finding>>,
}

impl<'a> Context<'a> {
    /// Evaluates the rules.
    pub(super) fn new(request: &'a Request<'a>, subject: &'a Subject<'a>) -> Result<Self, TooComplex> {
        let mut space = Space::default();
        let evaluator = Evaluator::new(&subject.rules.ruleset);
        let Situation { interfaces, helped: helped_by_rules, some_clients, if_expected, if_new } =
            Survey::new(request, subject, &evaluator, &mut space)?.situation(&mut space)?;
        let host = subject.host();
        let helped = if attaches_itself(&host, request.deployment.service.control_port) {
            request.deployment.families().collect()
        } else {
            helped_by_rules.clone()
        };
        let mut context = Self {
            request,
            subject,
            space,
            evaluator,
            tracer: Tracer::without_near_misses(&subject.rules.ruleset),
            interfaces,
            host,
            helped,
            helped_by_rules,
            some_clients,
            judged: Vec::new(),
            if_expected: Vec::new(),
            if_new: Vec::new(),
            uncovered: HashMap::new(),
            matrix: Vec::new(),
            bans: HashMap::new(),
            broad: None,
        };
        // What a helper changes, it does for those who are served at all.
        context.if_expected = context.bans_aside(if_expected.clone())?;
        context.if_new = context.bans_aside(if_new.clone())?;
        context.judged = context.required(&if_expected, &if_new)?;
        context.matrix = context.cells()?;
        Ok(context)
    }

    /// What the rules make of these packets if nobody were turned away because of where they come from.
    pub(super) fn bans_aside(&mut self, mut all: Vec<Judged>) -> Result<Vec<Judged>, TooComplex> {
        for one in &mut all {
            if self.is_banned(one)? {
                (one.closed, one.doubtful) = (PacketSet::EMPTY, PacketSet::EMPTY);
            }
        }
        Ok(all)
    }

    pub(super) fn firewall(&self) -> &'a Firewall {
        self.subject.firewall
    }

    pub(super) fn ruleset(&self) -> &'a Ruleset {
        &self.subject.rules.ruleset
    }

    /// Whether a helper reads the control connections of such sessions.
    pub(super) fn is_helped(&self, family: Family, session: Session) -> bool {
        session == Session::Plain && self.helped.contains(&family)
    }

    /// What is required in the sessions that the service offers, of what is made of it if a helper read all of them, and
    /// if none did.
    fn required(&mut self, if_expected: &[Judged], if_new: &[Judged]) -> Result<Vec<Judged>, TooComplex> {
        let mut required: Vec<Judged> = Vec::new();
        for &session in Session::offered(self.request.deployment.service.tls) {
            for family in self.request.deployment.families() {
                let helped = self.is_helped(family, session);
                for flow in FlowId::ALL {
                    let again = helped && passes_when_sent_again(self, flow, family)?;
                    let source = if helped && !again { if_expected } else { if_new };
                    let of_flow =
                        |judged: &&Judged| judged.crossing.family == family && judged.crossing.flow == flow;
                    let own = match self.if_expected_by_some((if_expected, if_new), flow, family, session)? {
                        Some(own) if !helped => own,
                        _ => source.iter().filter(of_flow).cloned().collect(),
                    };
                    for mut judged in own {
                        judged.crossing.sessions = vec![session];
                        required.push(judged);
                    }
                }
            }
        }
        Ok(merged(required))
    }

    fn cells(&mut self) -> Result<Vec<Cell>, TooComplex> {
        let modes = self.request.deployment.service.modes;
        let declared = |flow: &FlowId| match flow.mode() {
            Mode::Active => modes.active,
            Mode::Passive => modes.passive,
        };
        let families: Vec<Family> = self.request.deployment.families().collect();
        let mut cells = Vec::new();
        for flow in FlowId::ALL.into_iter().filter(declared) {
            for &family in &families {
                cells.push(self.cell(flow, family)?);
            }
        }
        Ok(cells)
    }

    fn cell(&mut self, flow: FlowId, family: Family) -> Result<Cell, TooComplex> {
        let offered = Session::offered(self.request.deployment.service.tls);
        let own = |flow: FlowId| self.of(flow, family);
        let mut answer = verdict(&own(flow), offered);
        // A reply means nothing without what it answers.
        let mut at_fault = flow;
        if let Some(opener) = flow.answers() {
            let opening = verdict(&own(opener), offered);
            if opening > answer {
                (answer, at_fault) = (opening, opener);
            }
        }
        let mut uncovered = None;
        if answer != CellVerdict::Open {
            let judged: Vec<Judged> = self.of(at_fault, family).cloned().collect();
            uncovered = Some(self.uncovered(&judged)?);
        }
        Ok(Cell { firewall: self.firewall().name.clone(), flow, family, verdict: answer, uncovered })
    }

    /// What is required of one flow in one family.
    pub(super) fn of(&self, flow: FlowId, family: Family) -> impl Iterator<Item = &Judged> + Clone {
        let is_meant =
            move |judged: &&Judged| judged.crossing.flow == flow && judged.crossing.family == family;
        self.judged.iter().filter(is_meant)
    }

    /// Whether a flow works in one kind of session, for all but banned sources; a reply works no better than what it
    /// answers.
    pub(super) fn verdict_in(
        &mut self,
        flow: FlowId,
        family: Family,
        session: Session,
    ) -> Result<CellVerdict, TooComplex> {
        let mut worst = None;
        for flow in [Some(flow), flow.answers()].into_iter().flatten() {
            let judged: Vec<Judged> = self.of(flow, family).cloned().collect();
            let judged = self.bans_aside(judged)?;
            worst = worst.max(Some(verdict(&judged.iter(), &[session])));
        }
        Ok(worst.unwrap_or(CellVerdict::Blocked))
    }

    /// The first packets of control connections, if they went to another port.
    pub(super) fn control_at(&mut self, port: u16) -> Result<Vec<Crossing>, TooComplex> {
        let mut deployment = self.request.deployment.clone();
        deployment.service.control_port = port;
        let site = Site { deployment: &deployment, firewall: self.firewall(), interfaces: &self.interfaces };
        let mut first: Vec<Crossing> = Vec::new();
        for crossing in site.crossings(Session::Tls, false, &[], &mut self.space)? {
            let known = |other: &Crossing| other.family == crossing.family;
            if crossing.opens() && !crossing.is_data() && !first.iter().any(known) {
                first.push(crossing);
            }
        }
        Ok(first)
    }

    /// What decides on a flow that does not pass.
    pub(super) fn blocker(&mut self, flow: FlowId, family: Family, session: Session) -> Option<Place> {
        let judged = self
            .of(flow, family)
            .find(|judged| judged.crossing.sessions.contains(&session) && !judged.doubtful.is_empty())?
            .clone();
        let uncovered = self.uncovered(&[judged]).ok()?;
        place(uncovered.by)
    }

    /// What of these packets is not let through.
    pub(super) fn uncovered(&mut self, judged: &[Judged]) -> Result<Uncovered, TooComplex> {
        // What is worst is told first.
        let kinds: [fn(&Judged) -> PacketSet; 3] =
            [|judged| judged.closed, |judged| judged.doubtful, |judged| judged.bannable];
        let worst = kinds.into_iter().find_map(|kind| {
            let sampled = judged.iter().find(|judged| !kind(judged).is_empty())?;
            Some((kind, sampled))
        });
        let Some((kind, sampled)) = worst else {
            return Ok(Uncovered {
                packets: None,
                sample: None,
                verdict: Verdict::Drop,
                by: Decider::Nothing,
            });
        };
        let set = self.space.union_all(judged.iter().map(kind))?;
        let (one, path) = (kind(sampled), sampled.crossing.path);
        if let Some(known) = self.uncovered.get(&(set, one, path)) {
            return Ok(known.clone());
        }
        let packets = self.packets(set)?;
        let sample = self.sample(one, path)?;
        let (verdict, by) = sample.as_ref().map_or((Verdict::Drop, Decider::Nothing), |sample| {
            let Trace { verdict, by, .. } = self.tracer.trace(&sample.packet, sample.path);
            (verdict, by)
        });
        let uncovered = Uncovered { packets: Some(packets), sample, verdict, by };
        self.uncovered.insert((set, one, path), uncovered.clone());
        Ok(uncovered)
    }

    /// A set as people are shown it: by addresses, protocol and ports.
    pub(super) fn packets(&mut self, set: PacketSet) -> Result<Packets, TooComplex> {
        let Some(groups) = self.space.by_source(set)? else {
            let shape = self.space.endpoints(set)?;
            let Description { parts, left_out, .. } = self.space.describe(shape, PARTS)?;
            return Ok(Packets { parts, left_out });
        };
        let mut all = Packets { parts: Vec::new(), left_out: 0 };
        for (sources, set) in groups {
            let room = PARTS - all.parts.len();
            if room == 0 {
                all.left_out += 1;
                continue;
            }
            let shape = self.space.endpoints(set)?;
            let Description { parts, left_out, .. } = self.space.describe(shape, room)?;
            all.left_out += left_out;
            all.parts.extend(parts.into_iter().map(|part| Part { source: sources.clone(), ..part }));
        }
        Ok(all)
    }

    /// One packet of a set.
    pub(super) fn sample(&mut self, set: PacketSet, path: Path) -> Result<Option<Sample>, TooComplex> {
        Ok(self.space.sample(set)?.map(|packet| Sample { path, packet }))
    }

    /// A finding at this firewall, at the level of the catalogue.
    pub(super) fn finding(&self, rule: RuleId, message: Message) -> Finding {
        Finding { firewall: Some(self.firewall().name.clone()), ..Finding::new(rule, message) }
    }

    /// The rule at a place.
    pub(super) fn rule(&self, place: Place) -> Option<&'a Rule> {
        let Place::Rule(place) = place else { return None };
        self.ruleset().chains.get(place.chain)?.rules.get(place.rule)
    }
}

/// Where a decision was made.
pub(super) fn place(by: Decider) -> Option<Place> {
    match by {
        Decider::Rule(rule) => Some(Place::Rule(rule)),
        Decider::Policy { chain } => Some(Place::Policy(chain)),
        Decider::Nothing => None,
    }
}

/// The level below.
pub(super) fn milder(level: Level) -> Level {
    match level {
        Level::Error => Level::Warning,
        Level::Warning | Level::Info => Level::Info,
    }
}
