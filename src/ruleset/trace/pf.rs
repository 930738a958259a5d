//! The way through pf: translation, then the last rule that matches, as the packet arrives and as it leaves.

use super::condition::{Answers, Meeting};
use super::{Decider, Path, Question, RuleRef, Tracer, Verdict, Way, translate};
use crate::packet::{Packet, State};
use crate::ruleset::{Action, Direction, Hook, Policy, Rule};

/// Follows the packet of `way` through the directions of `path`.
pub(super) fn follow(
    tracer: &Tracer<'_>,
    path: Path,
    answers: &Answers,
    way: &mut Way,
) -> Result<(), Question> {
    let Some((_, base)) = tracer.bases_at(Hook::PfFilter).next() else { return Ok(()) };
    let directions: &[Direction] = match path {
        Path::Input => &[Direction::In],
        Path::Forward => &[Direction::In, Direction::Out],
        Path::Output => &[Direction::Out],
    };
    // The state that the first packet left lets the others through before any rule is asked.
    if way.packet.state == State::Established {
        return Ok(());
    }
    for &direction in directions {
        let interface = match direction {
            Direction::In => &way.packet.in_interface,
            Direction::Out => &way.packet.out_interface,
        };
        let skipped = |name: &String| name == interface || is_group(name, interface);
        if tracer.ruleset.skipped_interfaces.iter().any(skipped) {
            continue;
        }
        let packet = way.packet.clone();
        let original = packet.clone();
        let tags = Vec::new();
        let mut walk = Walk { tracer, path, answers, direction, original, packet, way, decision: None, tags };
        walk.translate(match direction {
            Direction::In => Hook::PfRdr,
            Direction::Out => Hook::PfNat,
        })?;
        for (index, _) in tracer.bases_at(Hook::PfFilter) {
            if walk.filter(index)? {
                break;
            }
        }
        let Walk { packet, decision, .. } = walk;
        way.packet = packet;
        let (accepts, by) = match decision {
            Some((accepts, place)) => (accepts, Decider::Rule(place)),
            None => (base.policy == Policy::Accept, Decider::Nothing),
        };
        way.by = by;
        match (accepts, by) {
            (true, Decider::Rule(place)) => {
                let rule = &tracer.ruleset.chains[place.chain].rules[place.rule];
                apply(rule, &mut way.packet);
            }
            (true, _) => {}
            (false, Decider::Rule(place)) => {
                let rule = &tracer.ruleset.chains[place.chain].rules[place.rule];
                way.verdict =
                    if rule.actions.contains(&Action::Reject) { Verdict::Reject } else { Verdict::Drop };
                return Ok(());
            }
            (false, _) => {
                way.verdict = Verdict::Drop;
                return Ok(());
            }
        }
    }
    Ok(())
}

/// An interface is in the group of its driver: `em0` in `em`, `lo0` in `lo`.
fn is_group(group: &str, interface: &str) -> bool {
    interface
        .strip_prefix(group)
        .is_some_and(|unit| !unit.is_empty() && unit.bytes().all(|b| b.is_ascii_digit()))
}

struct Walk<'a, 'w> {
    tracer: &'a Tracer<'a>,
    path: Path,
    answers: &'a Answers,
    direction: Direction,
    original: Packet,
    packet: Packet,
    way: &'w mut Way,
    /// The last rule that matched, and whether it passes the packet.
    decision: Option<(bool, RuleRef)>,
    tags: Vec<String>,
}

impl Walk<'_, '_> {
    fn meets(&mut self, rule: &Rule, place: RuleRef, hook: Hook) -> Result<bool, Question> {
        let meeting = Meeting {
            packet: &self.packet,
            original: &self.original,
            state: self.packet.state,
            hook,
            direction: Some(self.direction),
            path: self.path,
            tags: &self.tags,
        };
        let ask = |words| Question { words, asked_by: place };
        let met = meeting.meets_all(&rule.matches, self.answers).map_err(ask)?;
        if !met {
            self.way.passes(rule, place, |condition| meeting.meets(condition, self.answers) == Ok(true));
        }
        Ok(met)
    }

    /// The first translation rule that matches counts.
    fn translate(&mut self, hook: Hook) -> Result<(), Question> {
        let tracer = self.tracer;
        for (index, _) in tracer.bases_at(hook) {
            for (position, rule) in tracer.ruleset.chains[index].rules.iter().enumerate() {
                let place = RuleRef { chain: index, rule: position };
                if self.meets(rule, place, hook)? {
                    self.way.met.push(place);
                    apply(rule, &mut self.packet);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Goes through the rules, and says whether one of them ended it.
    fn filter(&mut self, index: usize) -> Result<bool, Question> {
        let tracer = self.tracer;
        for (position, rule) in tracer.ruleset.chains[index].rules.iter().enumerate() {
            let place = RuleRef { chain: index, rule: position };
            if !self.meets(rule, place, Hook::PfFilter)? {
                continue;
            }
            self.way.met.push(place);
            for action in &rule.actions {
                match action {
                    Action::Accept => self.decision = Some((true, place)),
                    Action::Drop | Action::Reject => self.decision = Some((false, place)),
                    Action::Unknown(words) => {
                        let ask = |words| Question { words, asked_by: place };
                        self.decision = Some((self.answers.ask(words).map_err(ask)?, place));
                    }
                    Action::Tag(tag) => self.tags.push(tag.clone()),
                    _ => {}
                }
            }
            if rule.quick && self.decision.is_some_and(|(_, last)| last == place) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn apply(rule: &Rule, packet: &mut Packet) {
    for action in &rule.actions {
        translate(action, packet);
    }
}
