//! The way through pf: translation, then the last rule that matches, as the packet arrives and as it leaves.

use super::condition::{Answers, Meeting, Translated};
use super::{Decider, Doubts, Path, Question, RuleRef, Tracer, Verdict, Way, translate};
use crate::packet::{Packet, State};
use crate::ruleset::translation::hides_source;
use crate::ruleset::{Action, Direction, Hook, Policy, Rule, is_of_ftp_proxy};

/// How deep anchors may be entered from each other; pf's own limit is as high.
const MAX_DEPTH: usize = 64;

/// Follows the packet of `way` through the directions of `path`.
pub(super) fn follow(
    tracer: &Tracer<'_>,
    path: Path,
    answers: &Answers,
    way: &mut Way,
) -> Result<(), Question> {
    let has = |hook| tracer.order.at(hook).next().is_some();
    if !has(Hook::PfFilter) && !has(Hook::PfRdr) && !has(Hook::PfNat) {
        return Ok(());
    }
    let directions: &[Direction] = match path {
        Path::Input => &[Direction::In],
        Path::Forward => &[Direction::In, Direction::Out],
        Path::Output => &[Direction::Out],
    };
    // The state that the first packet left lets the others through before any rule is asked.
    if way.packet.state == State::Established {
        return Ok(());
    }
    let (mut tag, mut own_source) = (None, false);
    for &direction in directions {
        let interface = match direction {
            Direction::In => &way.packet.in_interface,
            Direction::Out => &way.packet.out_interface,
        };
        if tracer.ruleset.skipped_interfaces.iter().any(|name| is_meant(name, interface)) {
            continue;
        }
        let packet = way.packet.clone();
        let original = packet.clone();
        let mut walk = Walk {
            tracer,
            path,
            answers,
            direction,
            original,
            packet,
            way,
            tag,
            own_source,
            decision: None,
            pending: None,
            decided: 0,
            ended: false,
        };
        if !walk.translate()? {
            for (index, _) in tracer.order.at(Hook::PfFilter) {
                walk.rules(index, 0)?;
            }
        }
        let Walk { mut packet, decision, pending, tag: last_tag, own_source: is_own, .. } = walk;
        (tag, own_source) = (last_tag, is_own);
        if let Some((verdict, place)) = decision {
            (way.verdict, way.by) = (verdict, Decider::Rule(place));
        } else if let Some((chain, base)) = tracer.order.at(Hook::PfFilter).next() {
            let verdict = if base.policy == Policy::Accept { Verdict::Accept } else { Verdict::Drop };
            (way.verdict, way.by) = (verdict, Decider::Policy { chain });
        }
        if let Some(place) = pending {
            for action in &tracer.rule(place).actions {
                translate(action, &mut packet);
                own_source = hides_source(action).unwrap_or(own_source);
            }
        }
        way.packet = packet;
        if way.verdict != Verdict::Accept {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether `name` is that of the interface, or of the group of its driver: `em0` is in `em`.
fn is_meant(name: &str, interface: &str) -> bool {
    name == interface || name == interface.trim_end_matches(|digit: char| digit.is_ascii_digit())
}

struct Walk<'a, 'w> {
    tracer: &'a Tracer<'a>,
    path: Path,
    answers: &'a Answers,
    direction: Direction,
    original: Packet,
    packet: Packet,
    way: &'w mut Way,
    /// A packet has one tag at a time, and keeps it on its way.
    tag: Option<String>,
    /// Whether its source has become an address of the machine's own.
    own_source: bool,
    /// What the last rule that matched says.
    decision: Option<(Verdict, RuleRef)>,
    /// The rule whose translation takes effect if it remains the last that matched.
    pending: Option<RuleRef>,
    /// How many rules have decided so far: `match` rules do not count.
    decided: usize,
    /// Whether a rule with `quick` has matched.
    ended: bool,
}

impl<'a> Walk<'a, '_> {
    fn meets(&mut self, rule: &Rule, place: RuleRef, hook: Hook) -> Result<bool, Question> {
        let meeting = Meeting {
            packet: &self.packet,
            original: &self.original,
            state: self.packet.state,
            templated: false,
            hook,
            direction: Some(self.direction),
            path: self.path,
            doubts: Doubts::default(),
            translated: Translated::default(),
            own_source: self.own_source,
            tag: self.tag.as_deref(),
        };
        let ask = |words| Question { words, asked_by: place };
        let met = meeting.meets_all(&rule.matches, self.answers).map_err(ask)?;
        if !met && self.tracer.tells_near_misses() {
            self.way.passes(rule, place, |condition| meeting.meets(condition, self.answers) == Ok(true));
        }
        Ok(met)
    }

    /// FreeBSD: the first translation rule that matches counts; one with `no` ends its own kind only. Says whether
    /// the filter rules are not asked any more.
    fn translate(&mut self) -> Result<bool, Question> {
        let hook = match self.direction {
            Direction::In => Hook::PfRdr,
            Direction::Out => Hook::PfNat,
        };
        for (index, _) in self.tracer.order.at(hook) {
            let Some(place) = self.first(index, hook, 0)? else { continue };
            let rule = self.tracer.rule(place);
            self.way.met.push(place);
            if *rule.actions == [Action::Accept] {
                continue;
            }
            for action in &rule.actions {
                match action {
                    Action::Tag(name) => self.tag = Some(name.clone()),
                    Action::Unknown(words) => {
                        // What it becomes is not known; that it is translated is all there is to say.
                        self.answers.ask(words).map_err(|words| Question { words, asked_by: place })?;
                    }
                    other => self.translated(other),
                }
            }
            let skips = rule.actions.contains(&Action::SkipFilter);
            if skips {
                self.decision = Some((Verdict::Accept, place));
            }
            return Ok(skips);
        }
        Ok(false)
    }

    /// The first rule of a chain, or of the anchors in it, that matches.
    fn first(&mut self, index: usize, hook: Hook, depth: usize) -> Result<Option<RuleRef>, Question> {
        let tracer = self.tracer;
        for (position, rule) in tracer.ruleset.chains[index].rules.iter().enumerate() {
            let place = RuleRef { chain: index, rule: position };
            if !self.meets(rule, place, hook)? {
                continue;
            }
            let [Action::Anchor(path)] = &*rule.actions else { return Ok(Some(place)) };
            for inner in self.anchor(path, place, depth)?.unwrap_or_default() {
                if let Some(found) = self.first(inner, hook, depth + 1)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// The filter rules of a chain, in order: each that matches takes the place of the one before.
    fn rules(&mut self, index: usize, depth: usize) -> Result<(), Question> {
        let tracer = self.tracer;
        for (position, rule) in tracer.ruleset.chains[index].rules.iter().enumerate() {
            if self.ended {
                return Ok(());
            }
            let place = RuleRef { chain: index, rule: position };
            if !self.meets(rule, place, Hook::PfFilter)? {
                continue;
            }
            self.way.met.push(place);
            if let [Action::Anchor(path)] = &*rule.actions {
                self.enter(path, rule.quick, place, depth)?;
            } else {
                self.apply(rule, place)?;
                self.ended |= rule.quick;
            }
        }
        Ok(())
    }

    /// Evaluates an anchor as if its rules stood here. With `quick`, that was all if any of them decided.
    fn enter(&mut self, path: &str, quick: bool, place: RuleRef, depth: usize) -> Result<(), Question> {
        let before = self.decided;
        if let Some(chains) = self.anchor(path, place, depth)? {
            for chain in chains {
                self.rules(chain, depth + 1)?;
            }
        } else {
            // A program that fills an anchor means its rules to be final, as ftp-proxy does.
            self.decision = Some((Verdict::Accept, place));
            self.pending = None;
            self.ended = true;
        }
        self.ended |= quick && self.decided > before;
        Ok(())
    }

    fn apply(&mut self, rule: &Rule, place: RuleRef) -> Result<(), Question> {
        let mut decision = None;
        for action in &rule.actions {
            match action {
                Action::Accept => decision = Some(Verdict::Accept),
                Action::Drop => decision = Some(Verdict::Drop),
                Action::Reject => decision = Some(Verdict::Reject),
                Action::Unknown(words) => {
                    let ask = |words| Question { words, asked_by: place };
                    let accepts = self.answers.ask(words).map_err(ask)?;
                    decision = Some(if accepts { Verdict::Accept } else { Verdict::Drop });
                }
                Action::Tag(name) => self.tag = Some(name.clone()),
                _ => {}
            }
        }
        if let Some(verdict) = decision {
            self.decision = Some((verdict, place));
            self.pending = Some(place);
            self.decided += 1;
        } else {
            // `match`: its translation takes effect at once, and later rules see the packet as it then is.
            for action in &rule.actions {
                self.translated(action);
            }
        }
        Ok(())
    }

    /// Translates the packet at once.
    fn translated(&mut self, action: &Action) {
        translate(action, &mut self.packet);
        self.own_source = hides_source(action).unwrap_or(self.own_source);
    }

    /// The chains of the anchors that a rule enters, those with the name of the chain that it is in. `None` if what
    /// somebody else fills the anchor with is taken to pass the packet; none of them if it is taken not to.
    fn anchor(&self, path: &str, from: RuleRef, depth: usize) -> Result<Option<Vec<usize>>, Question> {
        let chains: &'a [_] = &self.tracer.ruleset.chains;
        let inside: Vec<usize> =
            (0..chains.len()).filter(|&index| chains[index].table.is_in_anchor(path)).collect();
        if !inside.is_empty() && depth < MAX_DEPTH {
            let name = &chains[from.chain].name;
            return Ok(Some(inside.into_iter().filter(|&index| chains[index].name == *name).collect()));
        }
        let passes = if is_of_ftp_proxy(path) {
            self.packet.state == State::Related && self.packet.helper.as_deref() == Some("ftp")
        } else {
            let words = format!("anchor \"{path}\"");
            self.answers.ask(&words).map_err(|words| Question { words, asked_by: from })?
        };
        Ok(if passes { None } else { Some(Vec::new()) })
    }
}
